//! A table meant to stand in one line that a report has drawn otherwise: its blocks below each
//! other, one a row, one a table, or turned on its side.
//!
//! Where the grid is known, a value belongs to the row and the column whose headers it stands
//! right of or below: the nearest of each kind. In plain text only the order is left.

use std::collections::BTreeSet;

use super::lines::{Line, LineCell};
use super::normalise;
use super::table::{Laid, Template, count};
use super::values;
use crate::document::Columns;
use crate::form::labels::LabelId;

/// Less alike than this, a text is no header here: many are short and differ in one character.
const HEADER: f64 = 0.75;

/// What a header says: that what stands beside or below it is of this row, or of this column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Row(usize),
    Column(usize),
}

/// A header and the places it covers.
struct Head<'a> {
    names: Names,
    cell: &'a crate::document::GridCell,
}

/// The cell of the document for each row and column of the form, row by row.
struct Filling<'a> {
    cells: Vec<Option<(&'a Line<'a>, &'a LineCell<'a>)>>,
    /// For each of them how many of its headers stand above it.
    headed: Vec<usize>,
    columns: usize,
    /// Whether nothing tells the order of the rows.
    is_lost: bool,
}

impl<'a> Filling<'a> {
    fn of(template: &Template<'_>) -> Self {
        let columns = template.table.columns.len();
        let places = template.table.rows.len() * columns;
        let (cells, headed) = (vec![None; places], vec![0; places]);
        Self { cells, headed, columns, is_lost: false }
    }

    /// Puts a cell where none is yet; or a value where a blank is, which may pad a row of headers.
    fn put(&mut self, row: usize, column: usize, line: &'a Line<'a>, cell: &'a LineCell<'a>) {
        self.put_headed(0, row, column, line, cell);
    }

    /// The same of a cell with so many headers above it; with more of them it displaces one that only
    /// stands right of its headers, maybe outside the table.
    fn put_headed(
        &mut self,
        headed: usize,
        row: usize,
        column: usize,
        line: &'a Line<'a>,
        cell: &'a LineCell<'a>,
    ) {
        let at = row * self.columns + column;
        if let (Some(place), Some(known)) = (self.cells.get_mut(at), self.headed.get_mut(at))
            && place.is_none_or(|(_, old)| {
                let is_value = old.is_blank() && !cell.is_blank() && !cell.is_wordy();
                let keeps_value = old.is_blank() || !cell.is_blank();
                (headed > *known && keeps_value) || (headed == *known && is_value)
            })
        {
            *place = Some((line, cell));
            *known = headed;
        }
    }

    fn filled(&self) -> usize {
        self.cells.iter().flatten().count()
    }
}

impl<'f> Template<'f> {
    /// Lays the table over values below or beside their headers; `None` when too few are there. With how
    /// many of its cells are, from 0 to 1.
    pub(super) fn lay_crossed(&'f self, lines: &[Line<'_>]) -> Option<(f64, Laid<'f>)> {
        let mut filling = Filling::of(self);
        for grid in lines.chunk_by(|a, b| a.grid == b.grid) {
            if grid.iter().all(|l| l.columns == Columns::Exact) {
                self.by_headers(grid, &mut filling);
            }
        }
        if filling.filled() < filling.cells.len() {
            let by_order = self.by_order(lines);
            if by_order.filled() > filling.filled() {
                filling = by_order;
            }
        }
        // One block of several is there: the others are missing. Less than that is another table.
        let filled = count(filling.filled()) / count(filling.cells.len());
        (filling.filled() >= filling.columns).then(|| (filled, self.laid(&filling)))
    }

    fn laid(&'f self, filling: &Filling<'_>) -> Laid<'f> {
        let mut laid = self.empty();
        for (row, cells) in self.table.rows.iter().zip(filling.cells.chunks(filling.columns)) {
            let Some((line, _)) = cells.iter().flatten().next() else {
                laid.missing_rows.push(row.id.clone());
                continue;
            };
            laid.note_grid(line.grid);
            let after = line.cells.last().map_or(0, |c| c.cell.column + c.cell.column_span);
            for (column, found) in self.table.columns.iter().zip(cells) {
                let line = found.map_or(*line, |(line, _)| line);
                let cell = found.map(|(_, cell)| cell.cell);
                let (grid, row_at) = (line.grid, line.row);
                let value = if filling.is_lost {
                    values::Found::lost(line)
                } else {
                    values::Found { after, cell, ..values::Found::nowhere(grid, row_at) }
                };
                laid.cells
                    .insert(self.table.cell(row, column), values::cell(row, column, &value, None));
            }
        }
        laid
    }

    /// What a cell is the header of.
    fn names(&self, cell: &LineCell<'_>) -> Option<Names> {
        if !cell.is_wordy() {
            return None;
        }
        let likest = |labels: &[Vec<LabelId>]| {
            let all = labels.iter().enumerate().map(|(n, l)| (n, cell.likeness().best(l)));
            all.filter(|(_, like)| *like >= HEADER).max_by(|a, b| a.1.total_cmp(&b.1))
        };
        match (likest(&self.labels.rows), likest(&self.labels.columns)) {
            (Some((row, a)), Some((_, b))) if a >= b => Some(Names::Row(row)),
            (Some((row, _)), None) => Some(Names::Row(row)),
            (_, Some((column, _))) => Some(Names::Column(column)),
            (None, None) => None,
        }
    }

    /// The row a line of text above a block names.
    fn row_named(&self, text: &str) -> Option<usize> {
        let text = self.all_labels.compare(text);
        let likeness = self.labels.rows.iter().map(|labels| text.likeness.best(labels)).enumerate();
        let likest = likeness.max_by(|a, b| a.1.total_cmp(&b.1));
        likest.filter(|(_, like)| *like >= HEADER).map(|(row, _)| row)
    }

    fn by_headers<'a>(&self, lines: &'a [Line<'a>], filling: &mut Filling<'a>) {
        let cells = || lines.iter().flat_map(|l| l.cells.iter().map(move |c| (l, c)));
        let heads: Vec<Head<'a>> = cells()
            .filter_map(|(_, c)| Some(Head { names: self.names(c)?, cell: c.cell }))
            .collect();
        let is_there = |kind: fn(&Head<'_>) -> bool| heads.iter().any(kind);
        if !is_there(|h| matches!(h.names, Names::Row(_)))
            || !is_there(|h| matches!(h.names, Names::Column(_)))
        {
            return;
        }
        // A word is no value, unless a letter was typed for a digit.
        let is_value = |c: &LineCell<'_>| {
            let text = normalise::trim(&c.cell.text);
            !c.is_wordy()
                || text.contains(|c: char| c.is_ascii_digit())
                || text.chars().count() == 1
        };
        for (line, cell) in cells().filter(|(_, c)| is_value(c) && self.names(c).is_none()) {
            let row = nearest(&heads, cell, |names| match names {
                Names::Row(row) => Some(row),
                Names::Column(_) => None,
            });
            let column = nearest(&heads, cell, |names| match names {
                Names::Column(column) => Some(column),
                Names::Row(_) => None,
            });
            if let (Some((row, over_row)), Some((column, over_column))) = (row, column) {
                let headed = usize::from(over_row) + usize::from(over_column);
                filling.put_headed(headed, row, column, line, cell);
            }
        }
    }

    /// Values in the order of the form: so many lines of values as it takes, each a whole number
    /// of blocks, with headers between them.
    fn by_order<'a>(&self, lines: &'a [Line<'a>]) -> Filling<'a> {
        let columns = self.table.columns.len();
        let mut filling = Filling::of(self);
        let mut headed = Vec::new();
        let mut named: Vec<usize> = Vec::new();
        let mut next = 0;
        let mut above: &[&str] = &[];
        for line in lines {
            headed.extend(above.iter().filter_map(|text| self.row_named(text)));
            above = &line.below;
            let names: Vec<Names> = line.cells.iter().filter_map(|c| self.names(c)).collect();
            let label = line.cells.iter().rposition(|c| c.is_wordy());
            let values = line.cells.get(label.map_or(0, |l| l + 1)..).unwrap_or_default();
            headed.extend(names.iter().filter_map(|n| match n {
                Names::Row(row) => Some(*row),
                Names::Column(_) => None,
            }));
            named.extend(names.iter().filter_map(|n| match n {
                Names::Column(column) => Some(*column),
                Names::Row(_) => None,
            }));
            match names.as_slice() {
                [.., Names::Column(column)] if values.len() == 1 => {
                    if let (Some(row), Some(value)) = (headed.last(), values.first()) {
                        filling.put(*row, *column, line, value);
                    }
                    continue;
                }
                _ if values.is_empty() => continue,
                _ => {}
            }
            // Plain text may have blanks after a row that are none of its cells.
            let rest = values.len() % columns;
            let surplus = values.get(values.len() - rest..).unwrap_or_default();
            let blocks = values.len() / columns;
            let known: BTreeSet<usize> = named.iter().copied().collect();
            if known.len() * 2 <= columns || blocks == 0 || !surplus.iter().all(LineCell::is_blank)
            {
                headed.clear();
                named.clear();
                continue;
            }
            // A header without values below it says nothing about those further down.
            if line.columns != Columns::Exact && headed.len() > blocks {
                headed.clear();
                named.clear();
                continue;
            }
            let rows: Vec<usize> = match headed.len().checked_sub(blocks) {
                Some(before) => headed.split_off(before),
                None => (next..next + blocks).collect(),
            };
            // Of headers on two levels that of a block below comes after those of the blocks beside it.
            filling.is_lost |= !rows.is_sorted();
            next = rows.last().map_or(next, |last| last + 1);
            headed.clear();
            // The last headers that name every column once tell their order.
            let last = named.get(named.len().saturating_sub(columns)..).unwrap_or_default();
            let is_told = (0..columns).all(|column| last.contains(&column));
            let order: Vec<usize> = if is_told { last.to_vec() } else { (0..columns).collect() };
            for (row, values) in rows.into_iter().zip(values.chunks_exact(columns)) {
                for (column, value) in order.iter().zip(values) {
                    filling.put(row, *column, line, value);
                }
            }
        }
        filling
    }
}

/// The header of one kind a cell belongs to, and whether it stands above it: the nearest to its left,
/// else the nearest above.
fn nearest(
    heads: &[Head<'_>],
    cell: &LineCell<'_>,
    of_kind: impl Fn(Names) -> Option<usize>,
) -> Option<(usize, bool)> {
    let own = cell.cell;
    let beside = |h: &&Head<'_>| {
        h.cell.row <= own.row
            && own.row < h.cell.row + h.cell.row_span
            && h.cell.column + h.cell.column_span <= own.column
    };
    let above = |h: &&Head<'_>| {
        h.cell.row + h.cell.row_span <= own.row
            && h.cell.column < own.column + own.column_span
            && own.column < h.cell.column + h.cell.column_span
    };
    let named = || heads.iter().filter(|h| of_kind(h.names).is_some());
    let left = named().filter(beside).max_by_key(|h| h.cell.column);
    let found = left.or_else(|| named().filter(above).max_by_key(|h| h.cell.row));
    found.and_then(|h| Some((of_kind(h.names)?, left.is_none())))
}
