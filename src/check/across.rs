//! A report beside others: the one of the same unit and the year before, and a summary beside those
//! of its [`units`](summed). Pure: who brings them together, and what becomes of a finding when one of
//! them changes, is for others to say.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::evaluate::{Facts, Judged, Operand, Operands};
use super::{
    Draft, Findings, Outcome, Policy, Subject, Tried, finish, is_for, shown, subject, values,
};
use crate::form::across::{Across, Body, Placed};
use crate::form::expr::{Condition, Operator, Term, Whose};
use crate::form::{CellId, Form, Forms, Instance, Severity};
use crate::report::{CellValue, Report, squeeze};

mod copied;
mod prose;
mod text;
mod units;

pub use copied::{OtherText, copied, copied_among, is_about_copies};
pub use prose::Prose;
pub use units::{HandedIn, Unit, summed};

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
        let outcome = judged.outcome();
        tried.push(Tried { rule: rule.id.clone(), place: instance.place.clone(), outcome });
        if let Judged::Fails(sides) = judged {
            drafts.push(years.failed(form, rule, instance, sides));
        }
    }
    for rule in main.across.iter().filter(|rule| is_for(&rule.levels, rule.from, &years.subject)) {
        let Body::Text(test) = &rule.body else { continue };
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
            (Term::Cell(c), other) | (other, Term::Cell(c)) if c.whose == Whose::This => {
                (&c.cell, other)
            }
            _ => return None,
        };
        let mut cells = Vec::new();
        other.cells(&mut cells);
        let only_last = cells.iter().all(|c| c.whose == Whose::Last);
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
    fn places(&self) -> Vec<(&'a Form, &'a Across, &'a Instance<Placed>)> {
        let mut places = Vec::new();
        for (form, rule) in rules(&self.subject) {
            let Body::Years(pairs) = &rule.body else { continue };
            for pair in pairs {
                let of_pair = |i: &&Instance<Placed>| {
                    is_here(self.report(), form, &i.table) && self.follows(i, &pair.last)
                };
                places.extend(pair.instances.iter().filter(of_pair).map(|i| (form, rule, i)));
            }
        }
        places
    }

    /// Whether last year's cells of a rule are in tables of a form.
    fn follows(&self, instance: &Instance<Placed>, form: &str) -> bool {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        cells.iter().filter(|c| c.whose == Whose::Last).all(|c| {
            let found = self.last.tables.iter().find(|t| t.table == c.cell.table);
            found.is_some_and(|t| t.form == form)
        })
    }

    fn operand(&self, placed: &Placed) -> Operand {
        let facts = match placed.whose {
            Whose::Last => &self.last_facts,
            Whose::This | Whose::Units => &self.this_facts,
        };
        facts.operand(&placed.cell)
    }

    fn judge(&self, condition: &Condition<Placed>) -> Judged {
        let operands = Operands { operand: &|placed| self.operand(placed) };
        match operands.judge(condition) {
            // The sides of what should have followed.
            Judged::Fails(None) => match condition {
                Condition::Implies(_, then) => operands.judge(then),
                _ => Judged::Fails(None),
            },
            judged => judged,
        }
    }

    fn value(&self, term: &Term<Placed>) -> Option<Decimal> {
        Operands { operand: &|placed| self.operand(placed) }.value(term, false).ok()
    }

    fn failed(
        &self,
        form: &Form,
        rule: &Across,
        instance: &Instance<Placed>,
        sides: Option<(Decimal, Decimal)>,
    ) -> Draft {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        let last = cells.iter().find(|c| c.whose == Whose::Last);
        let mut values = values(form, instance, sides, self.report());
        values.extend(self.values());
        values.insert("last_value", last.map(|c| shown(self.last, &c.cell)).unwrap_or_default());
        let draft = Draft::new(rule, instance.place.clone(), form.say(&rule.id, &values));
        Draft { sides, ..draft }.with_cells(instance.own_cells().cloned())
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

/// The rules across reports that are for this one, with their forms: those its tables follow.
fn rules<'a>(subject: &Subject<'a>) -> Vec<(&'a Form, &'a Across)> {
    let forms: BTreeSet<&str> = subject.report.tables.iter().map(|t| t.form.as_str()).collect();
    let forms = forms.into_iter().filter_map(|id| subject.forms.get(id));
    let rules = |form: &'a Form| form.across.iter().map(move |rule| (form, rule));
    forms.flat_map(rules).filter(|(_, r)| is_for(&r.levels, r.from, subject)).collect()
}

/// Whether a table of the report follows the form.
fn is_here(report: &Report, form: &Form, table: &str) -> bool {
    report.tables.iter().any(|found| found.table == table && found.form == form.id)
}

/// What a cell says, whatever way it is written; a blank and a placeholder say nothing.
fn said(value: &CellValue) -> Option<String> {
    match value {
        CellValue::Number(number) => Some(number.normalize().to_string()),
        CellValue::Text(text) => Some(squeeze(text)),
        CellValue::Blank | CellValue::Placeholder => None,
    }
}
