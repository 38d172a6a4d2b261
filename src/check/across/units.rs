//! A summary beside the reports of the units it counts (domain: cross-agency rules).
//!
//! What a unit says in a cell is known, or not: it has not handed in, its report lacks the cell or says
//! no clear number there, or says money in another unit. As long as some unit's figure is not known,
//! nothing can be told where the known ones add up to less than the summary: the rest may make it up.
//! Where they add up to more, it is wrong all the same, unless the figures may be negative.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::super::evaluate::{Facts, Judged, Operand, Why};
use super::super::{Draft, Findings, Outcome, Policy, Subject, Tried, finish, subject, values};
use super::{Across, is_here, rules, said};
use crate::form::across::{Body, Placed};
use crate::form::{CellId, Form, Forms, Instance, Kind, Severity};
use crate::report::{Cell, CellValue, Report};

/// So many units a sentence names; more would not be read.
const NAMED: usize = 20;
/// So many units it names with their figures.
const PARTS: usize = 8;

/// The cells of a report.
type Cells = BTreeMap<CellId, Cell>;

/// A unit that a summary counts.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// As sentences name it.
    pub name: &'a str,
    /// What it has handed in for the year of the summary.
    pub handed_in: Option<HandedIn<'a>>,
}

/// The reports of a unit for one year.
#[derive(Debug, Clone)]
pub struct HandedIn<'a> {
    /// The cells of the one that counts.
    pub counts: &'a Cells,
    /// Those of the others.
    pub others: Vec<&'a Cells>,
}

/// Runs the rules on a summary and its units. Where no unit has handed in, there is nothing to say.
pub fn summed(report: &Report, units: &[Unit<'_>], forms: &Forms, policy: &Policy) -> Findings {
    let has_any = units.iter().any(|unit| unit.handed_in.is_some());
    let Some((main, subject)) = subject(report, forms).filter(|_| has_any) else {
        return Findings::default();
    };
    let facts = Facts::of(report, forms);
    let mut summary =
        Summary { subject, facts, units, wrong: BTreeSet::new(), compared: BTreeSet::new() };
    let (mut tried, mut drafts) = (Vec::new(), Vec::new());
    for (form, rule) in rules(&summary.subject) {
        let Body::Units(instances) = &rule.body else { continue };
        for instance in instances.iter().filter(|i| is_here(report, form, &i.table)) {
            let Some(sum) = summary.sum(form, instance) else { continue };
            let judged = summary.judge(&sum);
            let (outcome, place) = (judged.outcome(), instance.place.clone());
            tried.push(Tried { rule: rule.id.clone(), place, outcome });
            summary.compared.insert(sum.cell);
            if let Judged::Fails(sides) = judged {
                summary.wrong.insert(sum.cell);
                drafts.push(summary.failed(form, rule, instance, sides, &sum));
            }
        }
    }
    // Those of the form that is due: once, whatever forms the tables follow.
    for (form, rule) in rules(&summary.subject).into_iter().filter(|(form, _)| form.id == main.id) {
        let draft = match rule.body {
            Body::UnitsMissing => summary.missing(form, rule),
            Body::UnitsSeveral => summary.several(form, rule),
            Body::Units(_) | Body::Years(_) | Body::Text(_) | Body::Copied { .. } => continue,
        };
        let outcome = if draft.is_some() { Outcome::Fail } else { Outcome::Pass };
        tried.push(Tried { rule: rule.id.clone(), place: "report".into(), outcome });
        drafts.extend(draft);
    }
    Findings { findings: finish(drafts, policy), tried, stated: Vec::new() }
}

/// A summary and its units while they are compared.
struct Summary<'a> {
    subject: Subject<'a>,
    facts: Facts<'a>,
    units: &'a [Unit<'a>],
    /// The cells that are compared, and those of them that are not the sum.
    compared: BTreeSet<&'a CellId>,
    wrong: BTreeSet<&'a CellId>,
}

/// What the units say in one cell.
struct Sum<'a> {
    cell: &'a CellId,
    /// Each unit that says a number, in their order.
    parts: Vec<(&'a str, Decimal)>,
    /// Some unit's figure is not known.
    is_open: bool,
    /// The figures cannot be negative.
    is_count: bool,
}

impl<'a> Summary<'a> {
    fn sum(&self, form: &'a Form, instance: &'a Instance<Placed>) -> Option<Sum<'a>> {
        let cell = instance.own_cells().next()?;
        let table = form.table(&cell.table)?;
        let (row, column) = (table.row(&cell.row)?, table.column(&cell.column)?);
        let is_free_money = row.kind_in(column) == Kind::Amount && row.unit_in(column).is_none();
        let own = self.subject.report.cells.get(cell);
        let in_unit = is_free_money.then(|| own.and_then(|cell| cell.unit.as_deref()));
        let figures = self.units.iter().map(|unit| (unit.name, figure(unit, cell, in_unit)));
        let (mut parts, mut is_open) = (Vec::new(), false);
        for (name, figure) in figures {
            match figure {
                Operand::Number(number) => parts.push((name, number)),
                Operand::Blank => {}
                Operand::Unclear | Operand::Absent => is_open = true,
            }
        }
        Some(Sum { cell, parts, is_open, is_count: !column.signed })
    }

    fn judge(&self, sum: &Sum<'_>) -> Judged {
        let left = match self.facts.operand(sum.cell) {
            Operand::Number(number) => number,
            Operand::Blank => return Judged::Undecided(Why::Blank),
            Operand::Unclear => return Judged::Undecided(Why::Unclear),
            Operand::Absent => return Judged::Undecided(Why::Absent),
        };
        let mut figures = sum.parts.iter().map(|(_, number)| *number);
        let Some(right) = figures.try_fold(Decimal::ZERO, Decimal::checked_add) else {
            return Judged::Undecided(Why::Overflow);
        };
        match sum.is_open {
            true if sum.is_count && right > left => Judged::Fails(Some((left, right))),
            true => Judged::Undecided(Why::UnitsOpen),
            false if sum.parts.is_empty() => Judged::Undecided(Why::Blank),
            false if left == right => Judged::Holds,
            false => Judged::Fails(Some((left, right))),
        }
    }

    fn failed(
        &self,
        form: &Form,
        rule: &Across,
        instance: &Instance<Placed>,
        sides: Option<(Decimal, Decimal)>,
        sum: &Sum<'_>,
    ) -> Draft {
        let mut parts: Vec<_> = sum.parts.iter().filter(|(_, n)| !n.is_zero()).collect();
        parts.sort_by_key(|(_, number)| std::cmp::Reverse(number.abs()));
        let told = parts.iter().take(PARTS).map(|(name, n)| format!("{name}{}", n.normalize()));
        let told = told.collect::<Vec<_>>().join("、");
        let told = match parts.len() {
            0 => "各单位均为0或空白".to_owned(),
            count if count > PARTS => format!("{told}等{count}个单位"),
            _ => told,
        };
        let mut values = values(form, instance, sides, self.subject.report);
        values.extend(self.values());
        values.insert("parts", told);
        let draft = Draft::new(rule, instance.place.clone(), form.say(&rule.id, &values));
        Draft { sides, ..draft }.with_cells([sum.cell.clone()])
    }

    fn missing(&self, form: &Form, rule: &Across) -> Option<Draft> {
        let values = self.values();
        let is_complete = values.get("missing").is_none_or(String::is_empty);
        (!is_complete).then(|| Draft::new(rule, "report", form.say(&rule.id, &values)))
    }

    /// Units whose reports say different things in cells that are compared. As long as the sums hold with
    /// the one that counts, it is only worth knowing.
    fn several(&self, form: &Form, rule: &Across) -> Option<Draft> {
        let differing: Vec<(&str, BTreeSet<&CellId>)> = self
            .units
            .iter()
            .filter_map(|unit| Some((unit.name, self.differing(unit.handed_in.as_ref()?))))
            .filter(|(_, cells)| !cells.is_empty())
            .collect();
        if differing.is_empty() {
            return None;
        }
        let matters = differing.iter().any(|(_, cells)| !cells.is_disjoint(&self.wrong));
        let severity = if matters { rule.severity } else { Severity::Info };
        let mut values = self.values();
        values.insert("units", listed(differing.iter().map(|(name, _)| *name)));
        let draft = Draft::new(rule, "report", form.say(&rule.id, &values));
        Some(draft.with_severity(severity))
    }

    fn differing(&self, handed_in: &HandedIn<'_>) -> BTreeSet<&'a CellId> {
        let says = |cells: &Cells, id: &CellId| cells.get(id).and_then(|cell| said(&cell.value));
        let differs = |id: &CellId| {
            let counts = says(handed_in.counts, id);
            handed_in.others.iter().any(|other| says(other, id) != counts)
        };
        self.compared.iter().copied().filter(|id| differs(id)).collect()
    }

    /// What every sentence may say: how many units there are, how many have handed in, and who has not.
    fn values(&self) -> BTreeMap<&'static str, String> {
        let missing = || self.units.iter().filter(|unit| unit.handed_in.is_none());
        let report = self.subject.report;
        BTreeMap::from([
            ("year", report.year.map(|year| year.to_string()).unwrap_or_default()),
            ("unit", report.unit.clone().unwrap_or_default()),
            ("total", self.units.len().to_string()),
            ("count", self.units.len().saturating_sub(missing().count()).to_string()),
            ("missing", listed(missing().map(|unit| unit.name))),
        ])
    }
}

/// What a unit says in a cell; money must be in the same unit of money, where the form leaves that open.
fn figure(unit: &Unit<'_>, id: &CellId, in_unit: Option<Option<&str>>) -> Operand {
    let cell = unit.handed_in.as_ref().and_then(|handed_in| handed_in.counts.get(id));
    let Some(cell) = cell else { return Operand::Absent };
    let is_in_unit = |cell: &Cell| {
        in_unit.is_none_or(|of_summary| of_summary.is_some() && cell.unit.as_deref() == of_summary)
    };
    match &cell.value {
        _ if cell.doubtful => Operand::Unclear,
        CellValue::Number(number) if number.is_zero() || is_in_unit(cell) => {
            Operand::Number(*number)
        }
        CellValue::Number(_) | CellValue::Text(_) => Operand::Unclear,
        CellValue::Blank | CellValue::Placeholder => Operand::Blank,
    }
}

/// Names as a sentence lists them.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let told = names.iter().take(NAMED).copied().collect::<Vec<_>>().join("、");
    match names.len() {
        count if count > NAMED => format!("{told}等{count}个单位"),
        _ => told,
    }
}
