//! Which rows of a table were surely taken for the row of the form they are. Labels misread look like those
//! of their neighbours (传真申请数, 网络申请数), and aligning gives each some row. A row is certain if its
//! label is clearly more like one row's than like every other's, or if it stands as many rows from such a
//! row as in the form: both before it and after it, where there are any.

use super::lines::Line;
use super::table::Placed;
use crate::form::{Id, Row, Table};

/// How much more a label is like one row's than like any other's.
const CLEARLY: f64 = 0.1;

/// Where a row stands among the rows of values: in the document and in the form.
#[derive(Debug, Clone, Copy)]
struct Rank {
    found: usize,
    expected: usize,
}

impl Rank {
    /// Whether as many rows of the document as of the form lie between the two.
    fn is_in_step_with(self, other: Self) -> bool {
        self.found.abs_diff(other.found) == self.expected.abs_diff(other.expected)
    }
}

/// The ids of the rows that neither label nor order make certain. `likeness` is that of a line and a row of
/// the form.
pub(super) fn unsure(
    table: &Table,
    lines: &[Line<'_>],
    placed: &[Placed<'_>],
    likeness: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Id> {
    let values: Vec<&Placed<'_>> = placed.iter().filter(|place| !place.row.heading).collect();
    let ranks = ranks(table, lines, placed, &values);
    let clear: Vec<bool> =
        values.iter().map(|place| place.named && is_clear(place, table, &likeness)).collect();
    let clear_rank = |at: &usize| ranks.get(*at).filter(|_| clear.get(*at) == Some(&true)).copied();
    let is_sure = |at: usize, own: Rank| {
        let before = (0..at).rev().find_map(|at| clear_rank(&at));
        let after = (at + 1..ranks.len()).find_map(|at| clear_rank(&at));
        let mut beside = before.into_iter().chain(after).peekable();
        beside.peek().is_some() && beside.all(|other| own.is_in_step_with(other))
    };
    let unsure = values
        .iter()
        .zip(&ranks)
        .enumerate()
        .filter(|(at, (_, rank))| clear.get(*at) != Some(&true) && !is_sure(*at, **rank));
    unsure.map(|(_, (place, _))| place.row.id.clone()).collect()
}

fn is_clear(
    place: &Placed<'_>,
    table: &Table,
    likeness: &impl Fn(usize, usize) -> Option<f64>,
) -> bool {
    let others = (0..table.rows.len()).filter(|row| *row != place.index);
    let next = others.filter_map(|row| likeness(place.at, row)).fold(0.0, f64::max);
    place.likeness - next >= CLEARLY
}

/// Where the rows of values stand.
fn ranks(
    table: &Table,
    lines: &[Line<'_>],
    placed: &[Placed<'_>],
    values: &[&Placed<'_>],
) -> Vec<Rank> {
    let headings: Vec<usize> = placed.iter().filter(|p| p.row.heading).map(|p| p.at).collect();
    let mut shown = 0;
    let found: Vec<usize> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let before = shown;
            shown += usize::from(!headings.contains(&at) && shows_values(line));
            before
        })
        .collect();
    let expected = |place: &Placed<'_>| {
        table.rows.iter().take(place.index).filter(|row: &&Row| !row.heading).count()
    };
    let rank = |place: &&Placed<'_>| Rank {
        found: found.get(place.at).copied().unwrap_or_default(),
        expected: expected(place),
    };
    values.iter().map(rank).collect()
}

fn shows_values(line: &Line<'_>) -> bool {
    line.has_values_after(line.cells.iter().rposition(|cell| cell.is_wordy()))
}
