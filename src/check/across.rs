//! A report beside the one of the same unit and the year before. Pure: who pairs them, and what
//! becomes of a finding when one of the two changes, is for others to say.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::evaluate::{Facts, Judged, Operand, Operands};
use super::{Draft, Findings, Outcome, Policy, Subject, Tried, finish, is_for, shown, subject};
use crate::form::across::{Across, Body, Comparison, Dated};
use crate::form::expr::{Condition, Operator, Term};
use crate::form::{CellId, Form, Forms, Severity};
use crate::report::Report;

mod text;

/// The report that another is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The report of the year before.
    pub last: &'a Report,
    /// Both are surely of one unit. Else nothing weighs more than a warning.
    pub sure: bool,
}

/// A report and last year's while they are compared.
struct Years<'a> {
    subject: Subject<'a>,
    last: &'a Report,
    this_facts: Facts<'a>,
    last_facts: Facts<'a>,
}

/// Runs every rule across years of the report's forms. Reports of different kinds, or of years that
/// do not follow one another, have nothing to say to each other.
pub fn across(report: &Report, beside: &Beside<'_>, forms: &Forms, policy: &Policy) -> Findings {
    let Some((main, years)) = years(report, beside.last, forms) else {
        return Findings::default();
    };
    let mut tried = Vec::new();
    let mut drafts = Vec::new();
    for (form, rule, instance) in years.places() {
        let judged = years.judge(&instance.condition);
        let outcome = match judged {
            Judged::Holds => Outcome::Pass,
            Judged::Fails(_) => Outcome::Fail,
            Judged::Undecided(why) => Outcome::Undecided { because: why.text().into() },
        };
        tried.push(Tried { rule: rule.id.clone(), place: instance.place.clone(), outcome });
        if let Judged::Fails(sides) = judged {
            drafts.push(years.failed(form, rule, instance, sides));
        }
    }
    for rule in main.across.iter().filter(|rule| is_for(&rule.levels, rule.from, &years.subject)) {
        let Body::Test(test) = &rule.body else { continue };
        let judged = text::run(test, rule, main, &years);
        if judged.is_empty() {
            let outcome = Outcome::Undecided { because: "the text says nothing about it".into() };
            tried.push(Tried { rule: rule.id.clone(), place: "report".into(), outcome });
        }
        for text::Judged { place, draft } in judged {
            let outcome = if draft.is_some() { Outcome::Fail } else { Outcome::Pass };
            tried.push(Tried { rule: rule.id.clone(), place, outcome });
            drafts.extend(draft);
        }
    }
    let weigh = |draft: Draft| match beside.sure {
        true => draft,
        false => Draft { severity: draft.severity.min(Severity::Warning), ..draft },
    };
    let findings = finish(drafts.into_iter().map(weigh).collect(), policy);
    Findings { findings, tried, stated: Vec::new() }
}

/// What this report's cells should be by last year's report: for every equality across years with
/// one cell of this year alone on a side, that cell and the value of the other side.
pub fn carried(report: &Report, last: &Report, forms: &Forms) -> Vec<(CellId, Decimal)> {
    let Some((_, years)) = years(report, last, forms) else { return Vec::new() };
    let carried = years.places().into_iter().filter_map(|(_, _, instance)| {
        let Condition::Compare(left, Operator::Equal, right) = &instance.condition else {
            return None;
        };
        let (cell, other) = match (left, right) {
            (Term::Cell(c), other) | (other, Term::Cell(c)) if !c.last => (&c.cell, other),
            _ => return None,
        };
        let mut cells = Vec::new();
        other.cells(&mut cells);
        let only_last = cells.iter().all(|c| c.last);
        let value = only_last.then(|| years.value(other)).flatten()?;
        Some((cell.clone(), value))
    });
    carried.collect()
}

fn years<'a>(
    report: &'a Report,
    last: &'a Report,
    forms: &'a Forms,
) -> Option<(&'a Form, Years<'a>)> {
    let follows = report.year? == last.year?.checked_add(1)? && report.kind == last.kind;
    let (main, subject) = subject(report, forms).filter(|_| follows)?;
    let (this_facts, last_facts) = (Facts::of(report, forms), Facts::of(last, forms));
    Some((main, Years { subject, last, this_facts, last_facts }))
}

impl<'a> Years<'a> {
    fn report(&self) -> &'a Report {
        self.subject.report
    }

    /// The equations of the forms this year's tables follow, at the places of those tables, where
    /// last year's tables follow a form they are for.
    fn places(&self) -> Vec<(&'a Form, &'a Across, &'a Comparison)> {
        let report = self.report();
        let forms: BTreeSet<&str> = report.tables.iter().map(|t| t.form.as_str()).collect();
        let mut places = Vec::new();
        for form in forms.into_iter().filter_map(|id| self.subject.forms.get(id)) {
            let here = |table: &str| {
                let found = report.tables.iter().find(|t| t.table == table);
                found.is_some_and(|t| t.form == form.id)
            };
            let rules = form.across.iter().filter(|r| is_for(&r.levels, r.from, &self.subject));
            for rule in rules {
                let Body::Equation(pairs) = &rule.body else { continue };
                for pair in pairs {
                    let of_pair = |i: &&Comparison| here(&i.table) && self.follows(i, &pair.last);
                    places.extend(pair.instances.iter().filter(of_pair).map(|i| (form, rule, i)));
                }
            }
        }
        places
    }

    /// Whether last year's cells of a rule are in tables of a form.
    fn follows(&self, instance: &Comparison, form: &str) -> bool {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        cells.iter().filter(|c| c.last).all(|c| {
            let found = self.last.tables.iter().find(|t| t.table == c.cell.table);
            found.is_some_and(|t| t.form == form)
        })
    }

    fn operand(&self, dated: &Dated) -> Operand {
        let facts = if dated.last { &self.last_facts } else { &self.this_facts };
        facts.operand(&dated.cell)
    }

    fn judge(&self, condition: &Condition<Dated>) -> Judged {
        let operands = Operands { operand: &|dated| self.operand(dated) };
        match operands.judge(condition) {
            // The sides of what should have followed.
            Judged::Fails(None) => match condition {
                Condition::Implies(_, then) => operands.judge(then),
                _ => Judged::Fails(None),
            },
            judged => judged,
        }
    }

    fn value(&self, term: &Term<Dated>) -> Option<Decimal> {
        Operands { operand: &|dated| self.operand(dated) }.value(term, false).ok()
    }

    fn failed(
        &self,
        form: &Form,
        rule: &Across,
        instance: &Comparison,
        sides: Option<(Decimal, Decimal)>,
    ) -> Draft {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        let first = |last: bool| cells.iter().find(|c| c.last == last).map(|c| &c.cell);
        let (_, first_row, first_column) =
            first(false).and_then(|cell| form.names(cell)).unwrap_or_default();
        let table = form.table(&instance.table);
        let row = instance.row.as_deref().and_then(|id| table?.row(id));
        let column = instance.column.as_deref().and_then(|id| table?.column(id));
        let value = |report, last| first(last).map(|cell| shown(report, cell)).unwrap_or_default();
        let mut values = self.values();
        values.extend([
            ("table", table.map(|t| t.name.clone()).unwrap_or_default()),
            ("row", row.map_or(first_row, |r| r.name()).to_owned()),
            ("column", column.map_or(first_column, |c| c.label.as_str()).to_owned()),
            ("value", value(self.report(), false)),
            ("last_value", value(self.last, true)),
        ]);
        for (name, number) in ["left", "right", "difference"].into_iter().zip(numbers(sides)) {
            values.insert(name, number);
        }
        let this = cells.iter().filter(|c| !c.last).map(|c| c.cell.clone());
        let draft = draft(rule, instance.place.clone(), form.say(&rule.id, &values));
        Draft { sides, ..draft }.with_cells(this)
    }

    /// What every sentence may say.
    fn values(&self) -> BTreeMap<&'static str, String> {
        let year = |report: &Report| report.year.map(|y| y.to_string()).unwrap_or_default();
        BTreeMap::from([
            ("year", year(self.report())),
            ("last_year", year(self.last)),
            ("unit", self.report().unit.clone().unwrap_or_default()),
        ])
    }
}

/// Left, right and their difference; empty where a rule has no sides.
fn numbers(sides: Option<(Decimal, Decimal)>) -> [String; 3] {
    sides.map_or_else(Default::default, |(left, right)| {
        let difference = left.checked_sub(right).unwrap_or(Decimal::MAX).abs();
        [left, right, difference].map(|number| number.normalize().to_string())
    })
}

fn draft(rule: &Across, place: String, message: String) -> Draft {
    Draft {
        rule: rule.id.clone(),
        severity: rule.severity,
        place,
        sides: None,
        cells: Vec::new(),
        message,
        source: rule.source.clone(),
        quote: None,
    }
}
