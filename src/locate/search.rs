//! The smallest sets of cells whose change makes all rules hold (Fellegi and Holt, 1976), all of
//! them, proven minimal.
//!
//! For one, two, three … cells: free a cell, eliminate it, and look at what is still broken. Each
//! broken row proves that one of its cells must change as well, so it suffices to try those, in
//! turn, leaving out afterwards what has been tried. Broken rows without a common cell need a cell
//! each; where they need all that are left, every other cell is out of the question.

use super::elimination::{Relation, Row, Stop, System};

/// A cell that may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown {
    /// What it holds, scaled; blank is 0.
    pub(super) value: i128,
    /// It cannot be negative.
    pub(super) bounded: bool,
    /// Its value is a multiple of this.
    pub(super) step: i128,
}

impl Unknown {
    /// How far it may go down.
    pub(super) fn room(&self) -> Option<i128> {
        self.bounded.then_some(self.value)
    }

    /// It cannot stay as it is, whatever the equations say.
    pub(super) fn is_wrong(&self) -> bool {
        self.value % self.step != 0 || (self.bounded && self.value < 0)
    }

    /// Whether a change leads to a value it can have.
    pub(super) fn can_change_by(&self, change: i128) -> bool {
        let value = self.value.checked_add(change);
        value.is_some_and(|v| v % self.step == 0 && !(self.bounded && v < 0))
    }
}

/// Cells and the values that repair them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solution {
    /// By cell.
    pub(super) changes: Vec<Change>,
}

/// A cell and how it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) cell: usize,
    pub(super) by: i128,
    /// The rules and the changes before it leave no other value.
    pub(super) unique: bool,
}

/// The smallest sets, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// All of them.
    Sets(Vec<Solution>),
    /// There are none, or it would take too long to find and prove them.
    Nothing,
}

/// Sets tried before the search gives up: about as long as the rest of a check takes.
const WORK: u32 = 12_000;

/// Sets as small as each other that are worth telling.
const MOST: usize = 500;

/// One connected part of a report: cells and the rules that bind them.
pub(super) struct Part<'a> {
    pub(super) unknowns: &'a [Unknown],
    pub(super) rules: &'a [Row],
}

/// All smallest sets for one part; `settle` gives the values of a set of cells, if it has any.
pub(super) fn smallest(
    part: &Part<'_>,
    settle: &mut dyn FnMut(&[usize]) -> Result<Option<Solution>, Stop>,
) -> Found {
    let wrong: Vec<usize> = (0..part.unknowns.len())
        .filter(|c| part.unknown(*c).is_some_and(|u| u.is_wrong()))
        .collect();
    let mut start = System::new(part.rules.iter().cloned());
    for cell in &wrong {
        match part.freed(&start, *cell) {
            Ok(freed) => start = freed,
            Err(_) => return Found::Nothing,
        }
    }
    let cells: Vec<usize> = part.cells();
    for size in wrong.len().max(1)..=cells.len() {
        let mut search = Search {
            part,
            settle,
            cells: &cells,
            excluded: vec![false; part.unknowns.len()],
            found: Vec::new(),
            work: 0,
        };
        let mut chosen = wrong.clone();
        match search.extend(&start, &mut chosen, size - wrong.len()) {
            Err(GaveUp) => return Found::Nothing,
            Ok(()) if search.found.is_empty() => {}
            Ok(()) => return Found::Sets(search.found),
        }
    }
    Found::Nothing
}

impl Part<'_> {
    fn unknown(&self, cell: usize) -> Option<&Unknown> {
        self.unknowns.get(cell)
    }

    /// Every cell of the rules, and those that are wrong by themselves.
    fn cells(&self) -> Vec<usize> {
        let mut cells: Vec<usize> = self.rules.iter().flat_map(Row::cells).collect();
        cells.extend(
            (0..self.unknowns.len()).filter(|c| self.unknown(*c).is_some_and(|u| u.is_wrong())),
        );
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    fn freed(&self, system: &System, cell: usize) -> Result<System, Stop> {
        system.freed(cell, self.unknown(cell).and_then(Unknown::room))
    }
}

/// The bound on work is reached, or numbers are too large.
struct GaveUp;

struct Search<'s, 'p> {
    part: &'s Part<'p>,
    settle: &'s mut dyn FnMut(&[usize]) -> Result<Option<Solution>, Stop>,
    cells: &'s [usize],
    /// Cells already tried where the path branched off.
    excluded: Vec<bool>,
    found: Vec<Solution>,
    work: u32,
}

/// A broken row and the cells of it that may still be chosen.
struct Broken<'r> {
    row: &'r Row,
    candidates: Vec<usize>,
}

impl Search<'_, '_> {
    /// Tries every way to complete `chosen` by exactly `left` cells, or fewer.
    fn extend(
        &mut self,
        system: &System,
        chosen: &mut Vec<usize>,
        left: usize,
    ) -> Result<(), GaveUp> {
        let mut broken: Vec<Broken<'_>> = system
            .broken()
            .map(|row| Broken { row, candidates: self.allowed(row.cells(), chosen) })
            .collect();
        if broken.is_empty() && self.accept(chosen)? {
            return Ok(());
        }
        if left == 0 || broken.iter().any(|b| b.candidates.is_empty()) {
            return Ok(());
        }
        broken.sort_by_key(|b| b.candidates.len());
        let candidates = match broken.first() {
            // The rules hold with fractions only: any further cell might help.
            None => self.allowed(self.cells.iter().copied(), chosen),
            Some(first) if left == 1 => common(first, &broken),
            Some(_) => match self.worth_trying(&broken, left) {
                Some(candidates) => candidates,
                None => return Ok(()),
            },
        };
        self.branch(system, chosen, left, &candidates)
    }

    fn branch(
        &mut self,
        system: &System,
        chosen: &mut Vec<usize>,
        left: usize,
        candidates: &[usize],
    ) -> Result<(), GaveUp> {
        for cell in candidates {
            self.work += 1;
            if self.work > WORK {
                return Err(GaveUp);
            }
            match self.part.freed(system, *cell) {
                Ok(freed) => {
                    chosen.push(*cell);
                    let went = self.extend(&freed, chosen, left - 1);
                    chosen.pop();
                    went?;
                }
                Err(Stop::Contradiction) => {}
                Err(Stop::Overflow | Stop::Unproven) => return Err(GaveUp),
            }
            self.exclude(*cell, true);
        }
        candidates.iter().for_each(|cell| self.exclude(*cell, false));
        Ok(())
    }

    /// Takes the set if whole numbers repair it.
    fn accept(&mut self, chosen: &[usize]) -> Result<bool, GaveUp> {
        let mut cells = chosen.to_vec();
        cells.sort_unstable();
        let Some(solution) = (self.settle)(&cells).map_err(|_| GaveUp)? else { return Ok(false) };
        if self.found.len() == MOST {
            return Err(GaveUp);
        }
        self.found.push(solution);
        Ok(true)
    }

    fn exclude(&mut self, cell: usize, tried: bool) {
        if let Some(excluded) = self.excluded.get_mut(cell) {
            *excluded = tried;
        }
    }

    fn allowed(&self, cells: impl Iterator<Item = usize>, chosen: &[usize]) -> Vec<usize> {
        let free = |c: &usize| self.excluded.get(*c) == Some(&false) && !chosen.contains(c);
        cells.filter(free).collect()
    }

    /// The cells of one broken row to try; `None`: the broken rows need more cells than are left.
    /// Rows come with the fewest candidates first.
    fn worth_trying(&self, broken: &[Broken<'_>], left: usize) -> Option<Vec<usize>> {
        let mut owner: Vec<Option<&Row>> = vec![None; self.excluded.len()];
        let mut apart = 0_usize;
        for b in broken {
            if b.candidates.iter().all(|c| owner.get(*c).is_some_and(Option::is_none)) {
                apart += 1;
                for cell in &b.candidates {
                    if let Some(slot) = owner.get_mut(*cell) {
                        *slot = Some(b.row);
                    }
                }
            }
        }
        if apart > left {
            return None;
        }
        if apart < left {
            return broken.first().map(|b| b.candidates.clone());
        }
        // Each of the rows apart gets exactly one cell, so an equation among them tells its value.
        let fits = |cell: &usize| {
            let Some(row) = owner.get(*cell).copied().flatten() else { return false };
            self.repairs_alone(row, *cell)
        };
        let filtered = broken
            .iter()
            .map(|b| -> Vec<usize> { b.candidates.iter().copied().filter(fits).collect() });
        filtered.min_by_key(Vec::len).filter(|candidates| !candidates.is_empty())
    }

    /// Whether a cell can take the value that repairs an equation by itself.
    fn repairs_alone(&self, row: &Row, cell: usize) -> bool {
        if row.relation != Relation::Zero {
            return true;
        }
        let coefficient = row.coefficient(cell);
        let change =
            row.constant.checked_neg().filter(|c| coefficient != 0 && c % coefficient == 0);
        let unknown = self.part.unknown(cell);
        change.is_some_and(|c| unknown.is_some_and(|u| u.can_change_by(c / coefficient)))
    }
}

/// The cells that stand in every broken row.
fn common(first: &Broken<'_>, broken: &[Broken<'_>]) -> Vec<usize> {
    let everywhere = |c: &usize| broken.iter().all(|b| b.row.coefficient(*c) != 0);
    first.candidates.iter().copied().filter(everywhere).collect()
}
