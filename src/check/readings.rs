//! Cells of a scan that could be read in more than one way, or in one way and not surely, and figures
//! of a table without rules that may stand in another row: where the sums of the report leave only
//! one of the readings, that one is taken. A value that no reading gave is never made up.
//!
//! Cells that stand in a sum together are decided together. A reading is taken only if with it nothing
//! the cell stands in fails and at least one sum holds; with the other readings something does fail.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::evaluate::{Facts, Judged};
use crate::document::{Source, readings};
use crate::form::expr::{Condition, Operator};
use crate::form::{Body, CellId, Forms, Instance, Severity};
use crate::report::{self, CellValue, Report};

/// More ways to combine readings than this are not tried: so many doubts are no proof.
const MOST_WAYS: usize = 4_096;

/// Takes the readings that the sums leave.
pub(crate) fn take(report: &mut Report, forms: &Forms) {
    loop {
        let taken = Doubts::of(report, forms).decided(report, forms);
        if taken.is_empty() {
            return;
        }
        for (id, value) in taken {
            if let Some(cell) = report.cells.get_mut(&id) {
                cell.value = CellValue::Number(value);
                cell.doubtful = false;
            }
        }
    }
}

/// The doubtful cells with their readings, and the equations they stand in.
struct Doubts<'f> {
    readings: BTreeMap<CellId, BTreeSet<Decimal>>,
    equations: Vec<(&'f Instance, BTreeSet<CellId>)>,
}

impl<'f> Doubts<'f> {
    fn of(report: &Report, forms: &'f Forms) -> Self {
        let doubtful = report.cells.iter().filter(|(_, cell)| cell.doubtful);
        let readings: BTreeMap<CellId, BTreeSet<Decimal>> = doubtful
            .map(|(id, cell)| {
                let signed = signed(report, forms, id);
                let of = |text| match report::figure(text, signed) {
                    Some(number) if signed || number >= Decimal::ZERO => Some(number),
                    _ => None,
                };
                let read = match report.source {
                    Source::Ocr => readings(&cell.raw),
                    Source::Text => vec![cell.raw.as_str()],
                };
                (id.clone(), read.into_iter().filter_map(of).collect())
            })
            .filter(|(_, readings): &(_, BTreeSet<Decimal>)| !readings.is_empty())
            .collect();
        let mut equations = Vec::new();
        for instance in instances(report, forms) {
            let mut cells = Vec::new();
            instance.condition.cells(&mut cells);
            let own: BTreeSet<CellId> =
                cells.into_iter().filter(|id| readings.contains_key(*id)).cloned().collect();
            if !own.is_empty() {
                equations.push((instance, own));
            }
        }
        Self { readings, equations }
    }

    /// The first cells that can be decided: alone if one can, else those that hang together.
    fn decided(&self, report: &Report, forms: &Forms) -> BTreeMap<CellId, Decimal> {
        let facts = Facts::of(report, forms);
        let alone = self.readings.keys().map(|id| BTreeSet::from([id.clone()]));
        let together = self.components();
        let decided = alone.chain(together).find_map(|cells| self.only_way(&cells, &facts));
        decided.unwrap_or_default()
    }

    /// Sets of cells that share equations.
    fn components(&self) -> Vec<BTreeSet<CellId>> {
        let mut components: Vec<BTreeSet<CellId>> = Vec::new();
        for (_, cells) in &self.equations {
            let (met, mut apart): (Vec<_>, Vec<_>) =
                components.into_iter().partition(|set| !set.is_disjoint(cells));
            let mut joined = cells.clone();
            joined.extend(met.into_iter().flatten());
            apart.push(joined);
            components = apart;
        }
        components
    }

    /// The one combination of readings with which all equations that speak of no other doubtful cell
    /// hold, if there is one and only one.
    fn only_way(
        &self,
        cells: &BTreeSet<CellId>,
        facts: &Facts<'_>,
    ) -> Option<BTreeMap<CellId, Decimal>> {
        let own: Vec<(&Instance, &BTreeSet<CellId>)> = self
            .equations
            .iter()
            .filter(|(_, stand_in)| stand_in.is_subset(cells))
            .map(|(instance, stand_in)| (*instance, stand_in))
            .collect();
        let ways = ways(cells.iter().filter_map(|id| Some((id, self.readings.get(id)?))))?;
        let mut found = None;
        for way in ways {
            let facts = facts.assuming(&way);
            let mut summed: BTreeSet<&CellId> = BTreeSet::new();
            let mut fails = false;
            for (instance, stand_in) in &own {
                match facts.judge(instance) {
                    Judged::Fails(_) => fails = true,
                    Judged::Holds if is_sum(instance) => summed.extend(stand_in.iter()),
                    Judged::Holds | Judged::Undecided(_) => {}
                }
            }
            if fails {
                continue;
            }
            if found.is_some() || summed.len() < cells.len() {
                return None;
            }
            found = Some(way);
        }
        found
    }
}

fn is_sum(instance: &Instance) -> bool {
    matches!(instance.condition, Condition::Compare(_, Operator::Equal, _))
}

/// Every combination of readings; `None`: there are too many.
fn ways<'r>(
    cells: impl Iterator<Item = (&'r CellId, &'r BTreeSet<Decimal>)>,
) -> Option<Vec<BTreeMap<CellId, Decimal>>> {
    let mut ways: Vec<BTreeMap<CellId, Decimal>> = vec![BTreeMap::new()];
    for (id, readings) in cells {
        if ways.len() * readings.len() > MOST_WAYS {
            return None;
        }
        ways = ways
            .into_iter()
            .flat_map(|way| {
                readings.iter().map(move |reading| {
                    let mut way = way.clone();
                    way.insert(id.clone(), *reading);
                    way
                })
            })
            .collect();
    }
    Some(ways)
}

/// The equations of the tables found that a report must fulfil.
fn instances<'f>(report: &Report, forms: &'f Forms) -> Vec<&'f Instance> {
    let mut instances = Vec::new();
    for found in &report.tables {
        let Some(form) = forms.get(&found.form) else { continue };
        for check in &form.checks {
            let Body::Equation(equation) = &check.body else { continue };
            if check.severity != Severity::Error {
                continue;
            }
            instances.extend(equation.instances.iter().filter(|i| i.table == found.table));
        }
    }
    instances
}

fn signed(report: &Report, forms: &Forms, id: &CellId) -> bool {
    let table = report.form_of(&id.table, forms).and_then(|form| form.table(&id.table));
    table.and_then(|table| table.column(&id.column)).is_some_and(|column| column.signed)
}
