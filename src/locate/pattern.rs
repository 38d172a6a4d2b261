//! Slips of several cells at once: a row moved by a column, a column by a row, two rows, columns or
//! cells in each other's place. Recognised from what the cells say and what would repair them.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::model::Grid;
use super::slip::Slip;

/// The slip that explains all these repairs of one table together, if there is one. They are named by
/// row and column of the grid.
pub(super) fn recognise(
    grid: &Grid<'_>,
    repairs: &BTreeMap<(usize, usize), Decimal>,
) -> Option<Slip> {
    if repairs.len() < 2 {
        return None;
    }
    let sheet = Sheet { grid, repairs };
    let rows: BTreeSet<usize> = repairs.keys().map(|(row, _)| *row).collect();
    let columns: BTreeSet<usize> = repairs.keys().map(|(_, column)| *column).collect();
    let exchanged = || (repairs.len() == 2 && sheet.exchanged()).then_some(Slip::CellsExchanged);
    match (one(&rows), one(&columns)) {
        (Some(row), _) if moved(&sheet.row(row)?) => Some(Slip::RowShifted),
        (_, Some(column)) if moved(&sheet.column(column)?) => Some(Slip::ColumnShifted),
        (None, None) => {
            if let Some((a, b)) = two(&rows)
                && swapped(&sheet.row(a)?, &sheet.row(b)?)
            {
                return Some(Slip::RowsExchanged);
            }
            let (a, b) = two(&columns)?;
            let places = (sheet.column(a)?, sheet.column(b)?);
            swapped(&places.0, &places.1).then_some(Slip::ColumnsExchanged)
        }
        _ => exchanged(),
    }
}

/// A place of a line: what it says (blank is 0) and what it should.
type Place = (Decimal, Decimal);

struct Sheet<'a> {
    grid: &'a Grid<'a>,
    repairs: &'a BTreeMap<(usize, usize), Decimal>,
}

impl Sheet<'_> {
    fn row(&self, row: usize) -> Option<Vec<Place>> {
        (0..self.grid.columns()).filter_map(|column| self.place((row, column))).collect()
    }

    fn column(&self, column: usize) -> Option<Vec<Place>> {
        (0..self.grid.rows()).filter_map(|row| self.place((row, column))).collect()
    }

    /// `None`: the form has no such cell; `Some(None)`: no number can be read there.
    fn place(&self, at: (usize, usize)) -> Option<Option<Place>> {
        let says = self.grid.number(at)?;
        Some(says.map(|says| (says, self.repairs.get(&at).copied().unwrap_or(says))))
    }

    /// Whether two cells hold each other's figure.
    fn exchanged(&self) -> bool {
        let places: Vec<Option<Place>> =
            self.repairs.keys().map(|at| self.place(*at).flatten()).collect();
        matches!(places.as_slice(), [Some(a), Some(b)]
            if a.0 == b.1 && b.0 == a.1 && !a.0.is_zero() && !b.0.is_zero())
    }
}

fn one(places: &BTreeSet<usize>) -> Option<usize> {
    places.first().copied().filter(|_| places.len() == 1)
}

fn two(places: &BTreeSet<usize>) -> Option<(usize, usize)> {
    let mut in_order = places.iter().copied();
    Some((in_order.next()?, in_order.next()?)).filter(|_| places.len() == 2)
}

/// Whether the figures that change stand one place beside where they should, in one direction.
fn moved(line: &[Place]) -> bool {
    let backwards: Vec<Place> = line.iter().rev().copied().collect();
    moved_on(line) || moved_on(&backwards)
}

/// Moved towards the end: nothing at the first place, each next one says what was due before it,
/// and what was due last is lost at the end of the line, or was nothing.
fn moved_on(line: &[Place]) -> bool {
    let changed = |place: &&Place| place.0 != place.1;
    let before = line.iter().take_while(|p| !changed(p)).count();
    let after = line.iter().rev().take_while(|p| !changed(p)).count();
    let Some(part) = line.get(before..line.len().saturating_sub(after)) else { return false };
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return false };
    let follows = part.windows(2).all(|pair| matches!(pair, [a, b] if b.0 == a.1));
    let carried = part.len() > 1 && part.iter().skip(1).any(|place| !place.0.is_zero());
    follows && carried && first.0.is_zero() && (after == 0 || last.1.is_zero())
}

/// Whether each line says what the other should.
fn swapped(a: &[Place], b: &[Place]) -> bool {
    let crossed = |a: &Place, b: &Place| a.0 == b.1 && b.0 == a.1;
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| crossed(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(says: &[i64], meant: &[i64]) -> Vec<Place> {
        says.iter().zip(meant).map(|(a, b)| (Decimal::from(*a), Decimal::from(*b))).collect()
    }

    #[test]
    fn a_row_moved_by_one_place_is_seen_in_both_directions() {
        assert!(moved(&line(&[0, 7, 0, 0], &[7, 0, 0, 7])));
        assert!(moved(&line(&[0, 3, 4, 1], &[3, 4, 1, 8])));
        assert!(moved(&line(&[4, 1, 8, 0], &[3, 4, 1, 8])));
        assert!(moved(&line(&[5, 0, 7, 5], &[5, 7, 0, 5])));
    }

    #[test]
    fn other_changes_are_no_move() {
        assert!(!moved(&line(&[0, 0, 0], &[6, 0, 6])));
        assert!(!moved(&line(&[1, 7, 0], &[7, 0, 1])));
        assert!(!moved(&line(&[3, 5], &[5, 3])));
    }
}
