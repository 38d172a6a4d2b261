//! The values that repair a given set of cells: whole numbers within bounds, and whether there are
//! others.
//!
//! One cell after the other: what the rules leave it, the other cells of the set still free, is an
//! interval; a value is chosen in it and the next cell follows, and where that leads nowhere the
//! next value is tried. Where an interval is one point for every cell, the repair is unique.

use super::elimination::{Relation, Stop, System};
use super::search::{Change, Part, Solution};

/// The steps a cell may take; `None`: without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: Option<i128>,
    pub(super) high: Option<i128>,
}

/// Values tried before a set is given up: only rules that no form has get there.
const VALUES: u32 = 3_000;

impl Interval {
    pub(super) fn contains(&self, steps: i128) -> bool {
        self.low.is_none_or(|low| low <= steps) && self.high.is_none_or(|high| steps <= high)
    }

    fn is_empty(&self) -> bool {
        matches!((self.low, self.high), (Some(low), Some(high)) if low > high)
    }

    fn point(&self) -> Option<i128> {
        self.low.filter(|_| self.low == self.high)
    }

    /// The value in it that changes least.
    fn least(&self) -> i128 {
        match (self.low, self.high) {
            (Some(low), _) if low > 0 => low,
            (_, Some(high)) if high < 0 => high,
            _ => 0,
        }
    }

    /// All values in it, those that change less first.
    fn outwards(self) -> impl Iterator<Item = i128> {
        let least = self.least();
        let from = |first: Option<i128>, step: i128| {
            std::iter::successors(first, move |steps| steps.checked_add(step))
                .take_while(move |steps| self.contains(*steps))
        };
        let (mut up, mut down) = (from(Some(least), 1), from(least.checked_sub(1), -1));
        std::iter::from_fn(move || Some([up.next(), down.next()]).filter(|pair| *pair != [None; 2]))
            .flat_map(|pair| pair.into_iter().flatten())
    }
}

/// The values for these cells; `None`: they cannot repair the rules. `prefer` may name steps that
/// are to be tried first where several are possible.
pub(super) fn settle(
    part: &Part<'_>,
    cells: &[usize],
    prefer: &dyn Fn(usize, &Interval) -> Vec<i128>,
) -> Result<Option<Solution>, Stop> {
    let system = System::new(part.rules.iter().filter_map(|row| {
        let mut row = row.clone();
        row.terms.retain(|(cell, _)| cells.contains(cell));
        (!row.terms.is_empty() || row.is_broken()).then_some(row)
    }));
    let mut settling =
        Settling { part, prefer, left: VALUES, changes: Vec::with_capacity(cells.len()) };
    let settled = settling.settle(&system, cells)?;
    Ok(settled.then_some(Solution { changes: settling.changes }))
}

struct Settling<'a> {
    part: &'a Part<'a>,
    prefer: &'a dyn Fn(usize, &Interval) -> Vec<i128>,
    left: u32,
    changes: Vec<Change>,
}

impl Settling<'_> {
    /// Whether these cells have values, which are then the last of the changes.
    fn settle(&mut self, system: &System, cells: &[usize]) -> Result<bool, Stop> {
        let Some((cell, others)) = cells.split_first() else {
            return Ok(system.broken().next().is_none());
        };
        let interval = match interval(self.part, system, *cell, others) {
            Ok(Some(interval)) => interval,
            Ok(None) | Err(Stop::Contradiction) => return Ok(false),
            Err(stop) => return Err(stop),
        };
        let unique = interval.point().is_some();
        let preferred = if unique { Vec::new() } else { (self.prefer)(*cell, &interval) };
        for steps in preferred.into_iter().chain(interval.outwards()) {
            self.left = self.left.checked_sub(1).ok_or(Stop::Unproven)?;
            let by = self.part.change(*cell, steps).ok_or(Stop::Overflow)?;
            self.changes.push(Change { cell: *cell, by, unique });
            if self.settle(&system.changed(*cell, steps)?, others)? {
                return Ok(true);
            }
            self.changes.pop();
        }
        Ok(false)
    }
}

/// What the rules leave one cell while the others may change as they like.
fn interval(
    part: &Part<'_>,
    system: &System,
    cell: usize,
    others: &[usize],
) -> Result<Option<Interval>, Stop> {
    let mut system = system.clone();
    for other in others {
        system = system.freed(*other, part.room(*other))?;
    }
    let mut interval = Interval { low: part.room(cell).map(|room| -room), high: None };
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
    Ok((!interval.is_empty()).then_some(interval))
}

/// The greatest whole number not above a quotient.
fn rounded_down(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    if dividend % divisor != 0 && (dividend < 0) != (divisor < 0) { quotient - 1 } else { quotient }
}
