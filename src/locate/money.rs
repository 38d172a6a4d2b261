//! Money in 元 where 万元 are due, or the other way round. No equation binds such a figure; what is odd
//! about it is a limit, or last year's figure. So the slip is looked for in what failed: it is named
//! where the failure would be gone with the figure in the other unit.

use rust_decimal::Decimal;

use super::slip::{self, Slip};
use super::words;
use super::{Cause, Repair};
use crate::check::Finding;
use crate::form::{CellId, Forms, Kind};
use crate::report::{CellValue, Report};

/// The repairs that a finding may call for: each of its cells with money whose unit the form fixes, taken
/// for 元.
pub fn in_yuan(report: &Report, forms: &Forms, finding: &Finding) -> Vec<Repair> {
    finding.cells.iter().filter_map(|cell| repair(report, forms, cell)).collect()
}

fn repair(report: &Report, forms: &Forms, id: &CellId) -> Option<Repair> {
    let table = report.form_of(&id.table, forms)?.table(&id.table)?;
    let (row, column) = (table.row(&id.row)?, table.column(&id.column)?);
    let cell = report.cells.get(id)?;
    let is_fixed = row.kind_in(column) == Kind::Amount && row.unit_in(column).is_some();
    let CellValue::Number(read) = cell.value else { return None };
    let is_typed = is_fixed && cell.own_unit.is_none() && !read.is_zero();
    let repaired = read.checked_div(Decimal::from(slip::YUAN))?.normalize();
    is_typed.then(|| Repair { cell: id.clone(), read: Some(read), repaired })
}

/// The cause that such a repair is.
pub fn cause(id: u32, report: &Report, forms: &Forms, repair: Repair) -> Cause {
    let cells = vec![repair];
    let form = cells.first().and_then(|repair| report.form_of(&repair.cell.table, forms));
    let told = form.map(|form| words::Told {
        form,
        cells: &cells,
        alternatives: &[],
        slip: Some(Slip::Unit),
        certain: false,
        acts: &[],
    });
    let message = told.as_ref().map(words::sentence).unwrap_or_default();
    let slip = Some(Slip::Unit.id().into());
    Cause { id, cells, alternatives: Vec::new(), slip, certain: false, message }
}
