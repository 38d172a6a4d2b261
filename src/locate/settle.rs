//! The values that repair a given set of cells: whole numbers where counts are due, within bounds,
//! and whether there are others.
//!
//! One cell after the other: what the rules leave it, the other cells of the set still free, is an
//! interval; a value is chosen in it and the next cell follows. Where an interval is one point for
//! every cell, the repair is unique.

use super::elimination::{Relation, Row, Stop, System};
use super::search::{Change, Part, Solution, Unknown};

/// The values a cell may change to, as changes; `None`: without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: Option<i128>,
    pub(super) high: Option<i128>,
}

impl Interval {
    pub(super) fn contains(&self, change: i128) -> bool {
        self.low.is_none_or(|low| low <= change) && self.high.is_none_or(|high| change <= high)
    }

    fn is_empty(&self) -> bool {
        matches!((self.low, self.high), (Some(low), Some(high)) if low > high)
    }

    fn point(&self) -> Option<i128> {
        self.low.filter(|_| self.low == self.high)
    }

    /// The change in it that changes least.
    fn least(&self) -> i128 {
        match (self.low, self.high) {
            (Some(low), _) if low > 0 => low,
            (_, Some(high)) if high < 0 => high,
            _ => 0,
        }
    }
}

/// The values for these cells; `None`: they cannot repair the rules. `prefer` may name a change
/// where several are possible.
pub(super) fn settle(
    part: &Part<'_>,
    cells: &[usize],
    prefer: &dyn Fn(usize, &Interval) -> Option<i128>,
) -> Result<Option<Solution>, Stop> {
    let mut system = System::new(part.rules.iter().filter_map(|row| {
        let mut row = row.clone();
        row.terms.retain(|(cell, _)| cells.contains(cell));
        (!row.terms.is_empty() || row.is_broken()).then_some(row)
    }));
    let mut solution = Solution { changes: Vec::with_capacity(cells.len()) };
    for (at, cell) in cells.iter().enumerate() {
        let Some(unknown) = part.unknowns.get(*cell) else { return Ok(None) };
        let others = cells.get(at + 1..).unwrap_or_default();
        let interval = match interval(part, &system, *cell, unknown, others) {
            Ok(Some(interval)) => interval,
            Ok(None) | Err(Stop::Contradiction) => return solution.failed(part, cells),
            Err(stop) => return Err(stop),
        };
        let by = interval.point().unwrap_or_else(|| {
            prefer(*cell, &interval).unwrap_or_else(|| nearest(&interval, unknown))
        });
        system = system.changed(*cell, by)?;
        solution.changes.push(Change { cell: *cell, by, unique: interval.point().is_some() });
    }
    let holds = system.broken().next().is_none();
    if holds { Ok(Some(solution)) } else { solution.failed(part, cells) }
}

impl Solution {
    /// No values were found: surely none exist, if no choice was made on the way that could have
    /// left other cells of the set something else.
    fn failed(&self, part: &Part<'_>, cells: &[usize]) -> Result<Option<Self>, Stop> {
        let binds = |row: &Row, cell: usize| {
            row.coefficient(cell) != 0
                && cells.iter().any(|other| *other != cell && row.coefficient(*other) != 0)
        };
        let chosen = self
            .changes
            .iter()
            .any(|change| !change.unique && part.rules.iter().any(|row| binds(row, change.cell)));
        if chosen { Err(Stop::Unproven) } else { Ok(None) }
    }
}

/// The value that changes least; a value that cannot stay goes down.
fn nearest(interval: &Interval, unknown: &Unknown) -> i128 {
    let least = interval.least();
    let past = (unknown.value + least).rem_euclid(unknown.step);
    if interval.contains(least - past) { least - past } else { least - past + unknown.step }
}

/// What the rules leave one cell while the others may change as they like.
fn interval(
    part: &Part<'_>,
    system: &System,
    cell: usize,
    unknown: &Unknown,
    others: &[usize],
) -> Result<Option<Interval>, Stop> {
    let mut system = system.clone();
    for other in others {
        system = system.freed(*other, part.unknowns.get(*other).and_then(Unknown::room))?;
    }
    let mut interval = Interval { low: unknown.room().map(|room| -room), high: None };
    for row in system.rows() {
        let coefficient = row.coefficient(cell);
        if coefficient == 0 {
            if row.is_broken() {
                return Ok(None);
            }
            continue;
        }
        let bound = row.constant.checked_neg().ok_or(Stop::Overflow)?;
        let down = rounded_down(bound, coefficient);
        let up = if bound % coefficient == 0 { down } else { down + 1 };
        if row.relation == Relation::Zero || coefficient > 0 {
            interval.low = Some(interval.low.map_or(up, |low| low.max(up)));
        }
        if row.relation == Relation::Zero || coefficient < 0 {
            interval.high = Some(interval.high.map_or(down, |high| high.min(down)));
        }
    }
    let interval = stepped(interval, unknown);
    Ok((!interval.is_empty()).then_some(interval))
}

/// The greatest whole number not above a quotient.
fn rounded_down(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    if dividend % divisor != 0 && (dividend < 0) != (divisor < 0) { quotient - 1 } else { quotient }
}

/// The interval drawn in to values the cell can have.
fn stepped(interval: Interval, unknown: &Unknown) -> Interval {
    let past = |change: i128| (unknown.value + change).rem_euclid(unknown.step);
    Interval {
        low: interval.low.map(|low| match past(low) {
            0 => low,
            past => low - past + unknown.step,
        }),
        high: interval.high.map(|high| high - past(high)),
    }
}
