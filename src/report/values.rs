//! From a cell of the document to a cell of the report.

use super::lines::Line;
use super::number;
use super::{Cell, CellValue, Place};
use crate::document::GridCell;
use crate::form::{Column, Row};

/// The text of a cell of which nothing can be read.
const NO_READING: &str = "□";

/// Where a value was looked for, and the cell that was there.
#[derive(Debug)]
pub(super) struct Found<'d> {
    /// The table of the document, from 1.
    pub(super) grid: usize,
    /// The row of that table, from 0.
    pub(super) row: usize,
    /// The column after the last one of that row, from 0: where a cell that is not there would be.
    pub(super) after: usize,
    /// The cell; `None`: the row ends before it.
    pub(super) cell: Option<&'d GridCell>,
    /// The unit that stands in a cell of its own before the value.
    pub(super) unit: Option<&'d str>,
    /// The values of the row, one of which may be this one, where nothing tells which.
    pub(super) among: Vec<&'d str>,
}

impl<'d> Found<'d> {
    pub(super) fn at(grid: usize, row: usize, cell: &'d GridCell) -> Self {
        Self { grid, row, after: cell.column, cell: Some(cell), unit: None, among: Vec::new() }
    }

    /// A value of a row whose figures may be some that lost their place.
    pub(super) fn lost(line: &Line<'_>) -> Self {
        Self { among: vec![NO_READING], ..Self::nowhere(line.grid, line.row) }
    }

    /// A value of a row whose label is all that is left of it, near this place.
    pub(super) fn nowhere(grid: usize, row: usize) -> Self {
        Self { grid, row, after: 0, cell: None, unit: None, among: Vec::new() }
    }
}

/// Reads a value. `header` is the unit the document's own header gives the column.
pub(super) fn cell(row: &Row, column: &Column, found: &Found<'_>, header: Option<&str>) -> Cell {
    let is_placed = found.among.is_empty();
    let raw = match found.cell {
        Some(cell) => cell.text.clone(),
        None => found.among.join("、"),
    };
    let fixed = row.unit_in(column);
    let doubtful = !is_placed || found.cell.is_some_and(|c| c.doubtful);
    let (value, own_unit) = if is_placed {
        number::read(&raw, column.signed, fixed)
    } else {
        (CellValue::Text(raw.clone()), None)
    };
    let value = match value {
        CellValue::Number(_) if doubtful => CellValue::Text(raw.clone()),
        value => value,
    };
    let money = |unit: &&str| number::yuan(unit).is_some();
    let converted = own_unit.as_deref().filter(money).and(fixed.filter(money));
    let unit = converted
        .or(own_unit.as_deref())
        .or(found.unit.map(super::normalise::trim))
        .or(header)
        .or(fixed)
        .map(Into::into);
    Cell {
        value,
        raw,
        unit,
        own_unit,
        place: Place {
            table: found.grid,
            row: found.row + 1,
            column: found.cell.map_or(found.after, |c| c.column) + 1,
            page: found.cell.and_then(|c| c.page),
        },
        doubtful,
    }
}
