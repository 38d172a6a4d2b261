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
    /// The least change, not negative, to a value it can have.
    fn rest(&self) -> i128 {
        (-self.value).rem_euclid(self.step)
    }

    /// It cannot stay as it is, whatever the equations say.
    pub(super) fn is_wrong(&self) -> bool {
        self.value % self.step != 0 || (self.bounded && self.value < 0)
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

/// Gives the values of a set of cells, if it has any.
type Settle<'s> = dyn FnMut(&[usize]) -> Result<Option<Solution>, Stop> + 's;

/// Sets tried before the search gives up: about as long as the rest of a check takes.
const WORK: u32 = 12_000;

/// Sets as small as each other that are worth telling.
const MOST: usize = 500;

/// One connected part of a report: cells and the rules that bind them.
///
/// Rules speak of *steps*, which are whole numbers: a cell changes by what makes its value possible
/// (nothing, for one that may stay) and so many steps.
pub(super) struct Part<'a> {
    unknowns: &'a [Unknown],
    pub(super) rules: Vec<Row>,
}

/// All smallest sets for one part.
pub(super) fn smallest(part: &Part<'_>, settle: &mut Settle<'_>) -> Found {
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

impl<'a> Part<'a> {
    /// `rules` speak of changes. `Err`: no whole numbers can make them hold.
    pub(super) fn of(unknowns: &'a [Unknown], rules: &[Row]) -> Result<Self, Stop> {
        let rules = rules.iter().map(|row| {
            let mut whole = Row { terms: Vec::with_capacity(row.terms.len()), ..*row };
            for (cell, coefficient) in &row.terms {
                let unknown = unknowns.get(*cell).ok_or(Stop::Overflow)?;
                let times = |factor: i128| coefficient.checked_mul(factor).ok_or(Stop::Overflow);
                let rest = times(unknown.rest())?;
                whole.constant = whole.constant.checked_add(rest).ok_or(Stop::Overflow)?;
                whole.terms.push((*cell, times(unknown.step)?));
            }
            whole.reduced()
        });
        Ok(Self { unknowns, rules: rules.collect::<Result<_, _>>()? })
    }

    fn unknown(&self, cell: usize) -> Option<&Unknown> {
        self.unknowns.get(cell)
    }

    /// How many steps a cell may go down, if there is an end.
    pub(super) fn room(&self, cell: usize) -> Option<i128> {
        let unknown = self.unknown(cell).filter(|u| u.bounded)?;
        unknown.value.checked_add(unknown.rest())?.checked_div(unknown.step)
    }

    /// The change that so many steps are.
    pub(super) fn change(&self, cell: usize, steps: i128) -> Option<i128> {
        let unknown = self.unknown(cell)?;
        unknown.step.checked_mul(steps)?.checked_add(unknown.rest())
    }

    /// The steps that a change is, if it leads to a value the cell can have.
    pub(super) fn steps(&self, cell: usize, change: i128) -> Option<i128> {
        let unknown = self.unknown(cell)?;
        let moved = change.checked_sub(unknown.rest())?;
        (moved % unknown.step == 0).then_some(moved / unknown.step)
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
        system.freed(cell, self.room(cell))
    }
}

/// The bound on work is reached, or numbers are too large.
struct GaveUp;

struct Search<'s, 'p, 'f> {
    part: &'s Part<'p>,
    settle: &'s mut Settle<'f>,
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

impl Search<'_, '_, '_> {
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
            Some(first) if left == 1 => {
                let candidates = common(first, &broken);
                match broken.iter().find(|b| b.row.relation == Relation::Zero) {
                    Some(equation) => return self.last(system, chosen, &candidates, equation.row),
                    None => candidates,
                }
            }
            Some(_) => match self.worth_trying(&broken, left) {
                Some(candidates) => candidates,
                None => return Ok(()),
            },
        };
        self.branch(system, chosen, left, &candidates)
    }

    /// Tries to complete `chosen` by one of these cells. The broken equation, which all of them stand in,
    /// tells by how much each has to change, so that nothing need be eliminated to see whether every rule
    /// holds then.
    fn last(
        &mut self,
        system: &System,
        chosen: &mut Vec<usize>,
        candidates: &[usize],
        equation: &Row,
    ) -> Result<(), GaveUp> {
        for cell in candidates {
            self.count()?;
            let Some(steps) = self.steps_alone(equation, *cell) else { continue };
            let mut hold = true;
            for row in system.rows() {
                let change = row.coefficient(*cell).checked_mul(steps).ok_or(GaveUp)?;
                let value = row.constant.checked_add(change).ok_or(GaveUp)?;
                hold &= row.relation.holds(value);
            }
            if hold {
                chosen.push(*cell);
                let accepted = self.accept(chosen);
                chosen.pop();
                accepted?;
            }
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), GaveUp> {
        self.work += 1;
        if self.work > WORK { Err(GaveUp) } else { Ok(()) }
    }

    fn branch(
        &mut self,
        system: &System,
        chosen: &mut Vec<usize>,
        left: usize,
        candidates: &[usize],
    ) -> Result<(), GaveUp> {
        for cell in candidates {
            self.count()?;
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
        row.relation != Relation::Zero || self.steps_alone(row, cell).is_some()
    }

    /// The steps by which a cell repairs an equation by itself.
    fn steps_alone(&self, equation: &Row, cell: usize) -> Option<i128> {
        let coefficient = equation.coefficient(cell);
        let due = equation.constant.checked_neg()?;
        let steps = (coefficient != 0 && due % coefficient == 0).then(|| due / coefficient)?;
        self.part.room(cell).is_none_or(|room| steps >= -room).then_some(steps)
    }
}

/// The cells that stand in every broken row.
fn common(first: &Broken<'_>, broken: &[Broken<'_>]) -> Vec<usize> {
    let everywhere = |c: &usize| broken.iter().all(|b| b.row.coefficient(*c) != 0);
    first.candidates.iter().copied().filter(everywhere).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::settle::settle;
    use super::*;

    /// Values tried by the oracle: with these systems no corner lies beyond.
    const MOST_VALUE: i128 = 16;

    fn row(terms: &[i128], relation: Relation, values: &[i128], constant: i128) -> Row {
        let terms: Vec<(usize, i128)> =
            terms.iter().copied().enumerate().filter(|(_, a)| *a != 0).collect();
        let value: i128 = terms.iter().map(|(cell, a)| a * values[*cell]).sum();
        Row { terms, relation, constant: constant + value }
    }

    fn sets(values: &[i128], rules: &[Row]) -> BTreeSet<Vec<usize>> {
        let unknowns: Vec<Unknown> =
            values.iter().map(|value| Unknown { value: *value, bounded: true, step: 1 }).collect();
        let Ok(part) = Part::of(&unknowns, rules) else { return BTreeSet::new() };
        match smallest(&part, &mut |cells| settle(&part, cells, &|_, _| Vec::new())) {
            Found::Nothing => BTreeSet::new(),
            Found::Sets(solutions) => {
                let cells = |s: &Solution| s.changes.iter().map(|c| c.cell).collect::<Vec<_>>();
                for solution in &solutions {
                    let change = |cell: usize| {
                        solution.changes.iter().find(|c| c.cell == cell).map_or(0, |c| c.by)
                    };
                    assert!(holds(rules, &change), "{solution:?}");
                }
                let sets: BTreeSet<Vec<usize>> = solutions.iter().map(cells).collect();
                assert_eq!(sets.len(), solutions.len(), "each set once");
                sets
            }
        }
    }

    fn holds(rules: &[Row], change: &dyn Fn(usize) -> i128) -> bool {
        rules.iter().all(|row| {
            let sum: i128 = row.terms.iter().map(|(cell, a)| a * change(*cell)).sum();
            match row.relation {
                Relation::Zero => row.constant + sum == 0,
                Relation::AtLeastZero => row.constant + sum >= 0,
            }
        })
    }

    /// All subsets in order of size, all values of each.
    fn oracle(values: &[i128], rules: &[Row]) -> BTreeSet<Vec<usize>> {
        for size in 1..=values.len().min(3) {
            let subsets =
                (0_u32..1 << values.len()).filter(|s| usize::try_from(s.count_ones()) == Ok(size));
            let found: BTreeSet<Vec<usize>> = subsets
                .map(|set| (0..values.len()).filter(|c| set & (1 << c) != 0).collect::<Vec<_>>())
                .filter(|set| (0..values.len()).all(|c| values[c] >= 0 || set.contains(&c)))
                .filter(|set| some_values(values, rules, set, &mut Vec::new()))
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        BTreeSet::new()
    }

    fn some_values(values: &[i128], rules: &[Row], set: &[usize], chosen: &mut Vec<i128>) -> bool {
        if chosen.len() == set.len() {
            let change = |cell: usize| {
                set.iter().position(|c| *c == cell).map_or(0, |at| chosen[at] - values[cell])
            };
            return holds(rules, &change);
        }
        (0..=MOST_VALUE).any(|value| {
            chosen.push(value);
            let works = some_values(values, rules, set, chosen);
            chosen.pop();
            works
        })
    }

    fn system() -> impl Strategy<Value = (Vec<i128>, Vec<Row>)> {
        let values = prop::collection::vec(-1_i128..3, 6);
        let terms =
            prop::collection::vec(prop_oneof![3 => Just(0_i128), 1 => Just(1), 1 => Just(-1)], 6);
        let rule = (terms, any::<bool>(), -2_i128..3);
        (values, prop::collection::vec(rule, 1..4)).prop_map(|(values, rules)| {
            let relation = |zero| if zero { Relation::Zero } else { Relation::AtLeastZero };
            let rules = rules
                .into_iter()
                .map(|(terms, zero, constant)| row(&terms, relation(zero), &values, constant))
                .filter(|row| !row.terms.is_empty())
                .collect();
            (values, rules)
        })
    }

    #[test]
    fn a_free_choice_elsewhere_does_not_hide_that_halves_are_no_answer() {
        let rule = |terms: &[(usize, i128)], constant| Row {
            terms: terms.to_vec(),
            relation: Relation::Zero,
            constant,
        };
        let rules = [rule(&[(3, -1), (5, -1)], 2), rule(&[(3, -1), (4, 1), (5, 1)], -1)];
        let found = sets(&[0, 0, -1, 0, 1, 0], &rules);
        assert_eq!(found, BTreeSet::from([vec![2, 3, 4], vec![2, 4, 5]]));
    }

    fn agrees_with_the_oracle(values: &[i128], rules: &[Row]) -> Result<(), TestCaseError> {
        let wrong = values.iter().any(|v| *v < 0) || rules.iter().any(Row::is_broken);
        prop_assume!(wrong && !rules.is_empty());
        let expected = oracle(values, rules);
        let found = sets(values, rules);
        if expected.is_empty() {
            prop_assert!(found.iter().all(|set| set.len() > 3));
        } else {
            prop_assert_eq!(found, expected);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn the_sets_are_those_of_the_oracle((values, rules) in system()) {
            agrees_with_the_oracle(&values, &rules)?;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30_000))]

        #[test]
        #[ignore = "minutes: cargo test --release --lib locate -- --ignored"]
        fn the_sets_are_those_of_the_oracle_in_tens_of_thousands((values, rules) in system()) {
            agrees_with_the_oracle(&values, &rules)?;
        }
    }

    #[test]
    fn a_whole_number_is_due_where_a_half_would_do() {
        // 2a = 3 and a + b = 4 with a = 0, b = 4: no whole number repairs the first.
        let values = [0, 4];
        let rules =
            [row(&[2, 0], Relation::Zero, &values, -3), row(&[1, 1], Relation::Zero, &values, -4)];
        assert!(sets(&values, &rules).is_empty());
    }

    #[test]
    fn too_many_answers_are_no_answer() {
        // One sum of 600 cells: each could be the one.
        let values = vec![1; 600];
        let rules = [row(&vec![1; 600], Relation::Zero, &values, -601)];
        assert!(sets(&values, &rules).is_empty());
    }
}
