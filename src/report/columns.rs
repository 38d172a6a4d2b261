//! Which cell of a row stands in which column of the form.
//!
//! Where the row has just as many values as the form has columns, they are these in the order the
//! headers tell, see `headers`. Else the headers above tell; and where there are none, the run of
//! cells that holds all figures. Where empty cells have left no trace, nothing tells: every column of
//! the row may have any of its values.

use super::align::{Gaps, align};
use super::headers::Order;
use super::lines::{Line, LineCell};
use super::table::{ALIKE, Placed, Template};
use super::{number, values};
use crate::document::Columns;
use crate::form::labels::{LabelId, Likeness};
use crate::form::{Column, Kind};

impl Template<'_> {
    /// Whether every row shows one value only: then it is the column the form names for that.
    pub(super) fn only_lone_values(&self, placed: &[Placed<'_>]) -> bool {
        self.table.columns.len() > 1
            && self.table.columns.iter().any(|c| c.lone)
            && placed.iter().filter(|p| !p.row.heading).all(|p| p.after_label().len() <= 1)
    }

    /// The cell of the document for each column of a row, one of those `placed`.
    pub(super) fn values<'a>(
        &self,
        lines: &'a [Line<'a>],
        placed: &[Placed<'a>],
        place: &Placed<'a>,
        next: usize,
        columns: &[&Column],
        lone: bool,
    ) -> Vec<values::Found<'a>> {
        let order = self.column_order(lines, placed, place, columns);
        let Order::Told(sequence) = &order else {
            return self.values_in_order(
                lines,
                place,
                next,
                columns,
                lone,
                order == Order::Unknown,
            );
        };
        let shown: Vec<&Column> =
            sequence.iter().filter_map(|column| columns.get(*column)).copied().collect();
        let values = self.values_in_order(lines, place, next, &shown, lone, false);
        let mut seated: Vec<(usize, values::Found<'_>)> =
            sequence.iter().copied().zip(values).collect();
        seated.sort_by_key(|(column, _)| *column);
        seated.into_iter().map(|(_, value)| value).collect()
    }

    /// The cell of the document for each column of a row, where the columns stand in this order; or
    /// in one that is unknown.
    fn values_in_order<'a>(
        &self,
        lines: &'a [Line<'a>],
        place: &Placed<'a>,
        next: usize,
        columns: &[&Column],
        lone: bool,
        is_order_unknown: bool,
    ) -> Vec<values::Found<'a>> {
        let unit_word = |c: &&LineCell<'_>| number::is_unit(&c.cell.text);
        let mut found: Vec<&LineCell<'a>> = place.after_label();
        // A column of units before the figures, after what merged labels left of theirs.
        let surplus = found.len().saturating_sub(columns.len());
        let first = found
            .iter()
            .position(|c| !c.is_blank())
            .filter(|at| *at < surplus || place.line.columns != Columns::Exact);
        let own_unit = match first.and_then(|at| Some((at, *found.get(at)?))) {
            Some((at, unit)) if unit_word(&unit) => {
                found.drain(..=at);
                Some(unit.cell.text.as_str())
            }
            _ => None,
        };
        if place.line.columns != Columns::Exact {
            self.continue_row(lines, place, next, columns.len(), &mut found);
            drop_surplus_blanks(&mut found, columns.len());
        }
        let last = place.line.cells.last().map_or(0, |c| c.cell.column + c.cell.column_span);
        let value = |cell: Option<&LineCell<'a>>, among: &[&LineCell<'a>]| values::Found {
            grid: place.line.grid,
            row: place.line.row,
            after: last,
            cell: cell.map(|c| c.cell),
            unit: own_unit,
            among: among.iter().filter(|c| !c.is_blank()).map(|c| c.cell.text.as_str()).collect(),
        };
        // Nothing tells which cells of a row that lacks some are there.
        let lacks_some = found.len() < columns.len();
        let too_few = match place.line.columns {
            Columns::Exact => false,
            Columns::Ordinal => lacks_some && filled(&found) > 0,
            Columns::Filled => lacks_some,
        };
        let in_any_order = is_order_unknown && filled(&found) > 0;
        if !lone && (too_few || in_any_order) {
            return columns.iter().map(|_| value(None, &found)).collect();
        }
        let chosen: Vec<Option<&LineCell<'a>>> = if found.len() == columns.len() {
            found.into_iter().map(Some).collect()
        } else if lone {
            columns.iter().map(|c| found.first().copied().filter(|_| c.lone)).collect()
        } else if let Some(only) = only_value(&found).filter(|_| columns.len() == 1) {
            vec![Some(only)]
        } else if let Some(mapped) = self.by_header(lines, place, columns) {
            mapped
        } else {
            let chosen = window(&found, columns.len());
            let is_cut = figures(chosen.iter().flatten()) < figures(&found);
            let in_any_place = fits_in_several_places(&found, columns.len());
            // Nor what the figures of a row are that has too few or too many.
            if lacks_some && filled(&found) > 0 || is_cut || in_any_place {
                return columns.iter().map(|_| value(None, &found)).collect();
            }
            chosen
        };
        let is_shared = |cell: &&LineCell<'a>| {
            let seats = chosen.iter().flatten().filter(|other| std::ptr::eq(**other, *cell));
            let is_taller = cell.cell.row < place.line.row || cell.end() > place.end();
            !cell.is_blank() && (seats.count() > 1 || is_taller)
        };
        let seat = |cell: &Option<&LineCell<'a>>| match cell {
            Some(cell) if is_shared(cell) => value(Some(cell), &[cell]),
            cell => value(*cell, &[]),
        };
        chosen.iter().map(seat).collect()
    }

    /// Plain text sometimes breaks a row in two: values without a label right after a row that
    /// lacks just these belong to it.
    fn continue_row<'a>(
        &self,
        lines: &'a [Line<'a>],
        place: &Placed<'a>,
        next: usize,
        wanted: usize,
        found: &mut Vec<&LineCell<'a>>,
    ) {
        for line in lines.get(place.at + 1..next).unwrap_or_default() {
            let fits = found.len() + line.cells.len() <= wanted;
            if line.grid != place.line.grid && !found.is_empty() && !fits {
                break;
            }
            let header = line.cells.iter().any(|c| {
                let mut labels = self.labels.columns.iter().chain(&self.labels.rows);
                labels.any(|l| c.likeness().best(l) >= ALIKE)
            });
            if !fits || header || !line.has_values_after(None) {
                break;
            }
            found.extend(line.cells.iter());
        }
    }

    /// The cells of a row under the headers of its columns, looked for upwards in the same table.
    fn by_header<'a>(
        &self,
        lines: &'a [Line<'a>],
        place: &Placed<'a>,
        columns: &[&Column],
    ) -> Option<Vec<Option<&'a LineCell<'a>>>> {
        if place.line.columns != Columns::Exact {
            return None;
        }
        let line = lines.get(place.at)?;
        let start = place.label_cell().map_or(0, |c| c.cell.column + 1);
        let before = lines.get(..place.at)?;
        let others = before.iter().rposition(|l| l.grid != line.grid).map_or(0, |last| last + 1);
        let above = before.get(others..)?;
        let words = above.iter().filter(|l| !l.has_figures()).flat_map(|l| &l.cells);
        let headers: Vec<&LineCell<'_>> = words.filter(|c| c.is_wordy()).collect();
        let mut spans: Vec<(usize, usize, &Likeness)> = headers
            .iter()
            .filter(|c| c.cell.column + c.cell.column_span > start)
            .map(|c| (c.cell.column, c.cell.column + c.cell.column_span, c.likeness()))
            .collect();
        spans.sort_by_key(|(from, to, _)| (*from, *to));
        let labels: Vec<&[LabelId]> = columns.iter().filter_map(|c| self.labels_of(c)).collect();
        let gaps = Gaps { found: 0.0, expected: 0.0 };
        let like = |i: usize, j: usize| {
            let (_, _, likeness) = spans.get(i)?;
            Some(likeness.best(labels.get(j)?)).filter(|l| *l >= ALIKE)
        };
        let (pairs, _) = align(spans.len(), labels.len(), gaps, like, |_| 0.0);
        if pairs.len() < columns.len() {
            return None;
        }
        let under = |(i, _): &(usize, usize)| {
            let (from, to, _) = spans.get(*i)?;
            let overlap = |c: &&LineCell<'_>| {
                let end = c.cell.column + c.cell.column_span;
                end.min(*to).saturating_sub(c.cell.column.max(*from))
            };
            let is_under = |c: &&LineCell<'_>| c.cell.column >= start && overlap(c) > 0;
            let own = line.cells.iter().filter(is_under).rev().max_by_key(overlap);
            let reaches_down = |c: &&LineCell<'_>| c.end() > line.row && is_under(c);
            own.or_else(|| above.iter().rev().flat_map(|l| &l.cells).find(reaches_down))
        };
        Some(pairs.iter().map(under).collect())
    }

    /// The labels of a column.
    pub(super) fn labels_of(&self, column: &Column) -> Option<&[LabelId]> {
        let index = self.table.columns.iter().position(|own| own.id == column.id)?;
        self.labels.columns.get(index).map(Vec::as_slice)
    }

    /// The unit of money the document's own header gives a column, where the form gives none.
    pub(super) fn header_unit(
        &self,
        lines: &[Line<'_>],
        place: &Placed<'_>,
        column: &Column,
    ) -> Option<&'static str> {
        if column.kind != Kind::Amount || place.row.unit_in(column).is_some() {
            return None;
        }
        let labels = self.labels_of(column)?;
        let above = lines.get(..place.at)?.iter().rev().take_while(|l| l.grid == place.line.grid);
        let header = above
            .flat_map(|l| &l.cells)
            .find(|c| c.is_wordy() && c.likeness().best(labels) >= ALIKE)?;
        number::money_in(&header.cell.text)
    }
}

/// How many of these cells hold anything.
fn filled(cells: &[&LineCell<'_>]) -> usize {
    cells.iter().filter(|c| !c.is_blank()).count()
}

/// How many of these cells hold figures.
pub(super) fn figures<'c, 'd: 'c>(cells: impl IntoIterator<Item = &'c &'c LineCell<'d>>) -> usize {
    cells.into_iter().filter(|cell| cell.is_figure()).count()
}

/// Cells without a text say nothing where their places are not known: as many texts as the row has
/// columns are its values.
pub(super) fn drop_surplus_blanks(found: &mut Vec<&LineCell<'_>>, wanted: usize) {
    if found.len() > wanted && filled(found) == wanted {
        found.retain(|c| !c.is_blank());
    }
}

/// Whether more cells than are wanted hold fewer values, and several runs of them hold all of these.
fn fits_in_several_places(found: &[&LineCell<'_>], wanted: usize) -> bool {
    let all = filled(found);
    let holds_all = |run: &&[&LineCell<'_>]| filled(run) == all;
    all > 0
        && all < wanted
        && found.len() > wanted
        && found.windows(wanted.max(1)).filter(holds_all).nth(1).is_some()
}

/// The one cell of a row that says anything.
fn only_value<'a>(found: &[&'a LineCell<'a>]) -> Option<&'a LineCell<'a>> {
    let mut filled = found.iter().filter(|c| !c.is_blank());
    filled.next().copied().filter(|_| filled.next().is_none())
}

/// The run of `wanted` cells that holds most: surplus cells are residue of merged ones, and empty.
/// Too few cells are filled up at the end.
pub(super) fn window<'a>(
    found: &[&'a LineCell<'a>],
    wanted: usize,
) -> Vec<Option<&'a LineCell<'a>>> {
    let mut chosen: &[&LineCell<'_>] = found.get(..wanted).unwrap_or(found);
    for run in found.windows(wanted.max(1)) {
        if filled(run) > filled(chosen) {
            chosen = run;
        }
    }
    let start = found.iter().position(|c| chosen.first().is_some_and(|f| std::ptr::eq(*f, *c)));
    let from = start.unwrap_or(0);
    (from..from + wanted).map(|i| found.get(i).copied()).collect()
}
