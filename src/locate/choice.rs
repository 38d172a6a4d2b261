//! Which of several smallest sets comes first, and which cells of it have nothing to do with each
//! other. Order among equals: a slip of the hand before a free change; fewer stated figures and
//! warnings contradicted; then the rarer coincidence; then the order of the form.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::elimination::Row;
use super::model::{Component, Grid, Model, Variable};
use super::pattern;
use super::search::{Change, Part, Solution};
use super::settle::Interval;
use super::slip::{self, Slip};
use super::{Evidence, Figure};
use crate::check::{Decisions, Finding};
use crate::form::expr::{Condition, Operator, Term};
use crate::form::{CellId, Forms};
use crate::report::{CellValue, Report};

/// What a choice depends on.
#[derive(Clone, Copy)]
pub(super) struct Choosing<'a> {
    pub(super) report: &'a Report,
    pub(super) forms: &'a Forms,
    pub(super) evidence: &'a Evidence,
    pub(super) decisions: &'a Decisions<'a>,
    pub(super) model: &'a Model<'a>,
}

/// A set of cells and their changes, judged. Cells are those of the [`Model`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// In form order.
    pub(super) changes: Vec<Change>,
    /// The slip that explains all changes together.
    pattern: Option<Slip>,
    pub(super) rank: Rank,
}

/// The smaller, the earlier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Cells changed by no recognised slip.
    free: usize,
    /// Stated figures that would not fit, and warnings there would be more (or fewer).
    contradicted: isize,
    /// How easily it is a coincidence that the slips fit.
    doubt: u32,
    /// Cells in form order.
    cells: Vec<usize>,
}

/// One fault: its likeliest explanation and the others that are as small.
pub(super) struct Fault {
    pub(super) best: Candidate,
    pub(super) alternatives: Vec<Candidate>,
    /// The slip behind the likeliest explanation, where it is one.
    pub(super) slip: Option<Slip>,
}

impl Candidate {
    pub(super) fn is_unique(&self) -> bool {
        self.changes.iter().all(|change| change.unique)
    }

    /// Whether every change of a part is among its own.
    fn includes(&self, part: &[Change]) -> bool {
        part.iter().all(|p| self.changes.iter().any(|c| (c.cell, c.by) == (p.cell, p.by)))
    }
}

impl Fault {
    /// Whether one of its cells stands in a rule of the component.
    pub(super) fn touches(&self, row: &Row, component: &Component) -> bool {
        row.cells().any(|cell| {
            let cell = component.cells.get(cell);
            self.best.changes.iter().any(|change| Some(&change.cell) == cell)
        })
    }
}

impl Choosing<'_> {
    /// The steps of a cell to values in the interval that are one slip away, the likeliest first.
    pub(super) fn likely(
        &self,
        component: &Component,
        part: &Part<'_>,
        place: usize,
        interval: &Interval,
    ) -> Vec<i128> {
        let cell = component.cells.get(place).copied();
        let Some((cell, variable)) = cell.and_then(|c| Some((c, self.model.variables.get(c)?)))
        else {
            return Vec::new();
        };
        let stated = self.evidence.figures.iter().filter_map(|figure| {
            let means = |meaning: &Vec<CellId>| matches!(meaning.as_slice(), [only] if *only == variable.id);
            figure.meanings.iter().any(means).then_some(figure.value)
        });
        stated
            .chain(variable.read.map(slip::meant_by).unwrap_or_default())
            .filter_map(|value| part.steps(place, self.model.change_to(cell, value)?))
            .filter(|steps| interval.contains(*steps))
            .collect()
    }

    /// The independent faults behind all smallest solutions of one component.
    pub(super) fn faults(&self, component: &Component, solutions: &[Solution]) -> Vec<Fault> {
        let mut family: Vec<Candidate> = solutions
            .iter()
            .map(|solution| {
                let own = |c: &Change| Some(Change { cell: *component.cells.get(c.cell)?, ..*c });
                self.judged(solution.changes.iter().filter_map(own).collect())
            })
            .collect();
        family.sort_by(|a, b| a.rank.cmp(&b.rank));
        let Some((best, others)) = family.split_first() else { return Vec::new() };
        let mut pieces = independent(&best.changes, component);
        while pieces.len() > 1 && !factors(&pieces, best, others) {
            merge(&mut pieces, others);
        }
        pieces.iter().map(|piece| self.fault(piece, best, others)).collect()
    }

    fn fault(&self, piece: &[Change], best: &Candidate, others: &[Candidate]) -> Fault {
        let is_all = piece.len() == best.changes.len();
        let (best, alternatives) = match is_all {
            true => (best.clone(), others.to_vec()),
            false => {
                let exchanges = exchanges(piece, best, others).into_iter();
                let mut alternatives: Vec<Candidate> = exchanges.map(|c| self.judged(c)).collect();
                alternatives.sort_by(|a, b| a.rank.cmp(&b.rank));
                (self.judged(piece.to_vec()), alternatives)
            }
        };
        Fault { slip: self.slip(&best), best, alternatives }
    }

    /// The slip that explains a set: as a whole, or the same in each of its cells.
    fn slip(&self, candidate: &Candidate) -> Option<Slip> {
        let mut each =
            candidate.changes.iter().map(|c| self.named(c).or_else(|| self.keystroke(c)));
        let first = each.next().flatten();
        candidate.pattern.or_else(|| first.filter(|_| each.all(|slip| slip == first)))
    }

    fn judged(&self, changes: Vec<Change>) -> Candidate {
        let repairs: BTreeMap<&CellId, Decimal> = changes
            .iter()
            .filter_map(|change| {
                let variable = self.model.variables.get(change.cell)?;
                Some((&variable.id, self.model.repaired(change.cell, change.by)?))
            })
            .collect();
        let pattern = self.pattern(&changes);
        let single: Vec<Option<Slip>> = match pattern {
            Some(_) => Vec::new(),
            None => changes.iter().map(|change| self.keystroke(change)).collect(),
        };
        let rank = Rank {
            free: single.iter().filter(|slip| slip.is_none()).count(),
            contradicted: self
                .contradicted(&repairs)
                .saturating_add(self.warnings(&changes, &repairs)),
            doubt: single.iter().map(|slip| slip.map_or(8, doubt)).sum(),
            cells: changes.iter().map(|change| change.cell).collect(),
        };
        Candidate { changes, pattern, rank }
    }

    /// The slip that explains all changes together.
    fn pattern(&self, changes: &[Change]) -> Option<Slip> {
        let variable = |change: &Change| self.model.variables.get(change.cell);
        let first = variable(changes.first()?)?;
        let repairs: Option<BTreeMap<(usize, usize), Decimal>> = changes
            .iter()
            .map(|change| {
                let own = variable(change).filter(|variable| variable.grid == first.grid)?;
                Some((own.place(), self.model.repaired(change.cell, change.by)?))
            })
            .collect();
        pattern::recognise(self.grid(first)?, &repairs?)
    }

    fn grid(&self, variable: &Variable<'_>) -> Option<&Grid<'_>> {
        self.model.grids.get(variable.grid)
    }

    /// The one-keystroke slip that a change undoes.
    fn keystroke(&self, change: &Change) -> Option<Slip> {
        let variable = self.model.variables.get(change.cell)?;
        let meant = self.model.repaired(change.cell, change.by)?;
        match variable.read {
            Some(read) => slip::between(meant, read, variable.kind),
            None if self.grid(variable).is_some_and(|grid| grid.is_gap(variable.place().0)) => {
                Some(Slip::Skipped)
            }
            None => (meant < Decimal::TEN).then_some(Slip::Omitted),
        }
    }

    /// A slip that tells more than the keystroke.
    fn named(&self, change: &Change) -> Option<Slip> {
        let variable = self.model.variables.get(change.cell)?;
        let meant = self.model.repaired(change.cell, change.by)?;
        if variable.value().is_zero() {
            return Some(Slip::Omitted);
        }
        // Small figures are often the same in two years.
        let telling = variable.value().abs() >= Decimal::TEN;
        if telling && self.evidence.last_year.get(&variable.id) == variable.read.as_ref() {
            return Some(Slip::LastYear);
        }
        self.counts_twice(&variable.id, variable.value(), meant).then_some(Slip::DoubleCounted)
    }

    /// Whether a total is too large by what is added to it in an equation, or twice what is due.
    fn counts_twice(&self, cell: &CellId, written: Decimal, meant: Decimal) -> bool {
        let excess = written - meant;
        let equations = &self.decisions.equations;
        if excess <= Decimal::ZERO
            || !equations.iter().any(|e| e.instance.total.as_ref() == Some(cell))
        {
            return false;
        }
        let beside = |term: &Term<CellId>| {
            let mut cells = Vec::new();
            term.cells(&mut cells);
            let value = |id: &CellId| {
                self.model.variables.iter().find(|v| v.id == *id).map(Variable::value)
            };
            matches!(term, Term::Add(..))
                && cells.contains(&cell)
                && cells.iter().any(|other| *other != cell && value(other) == Some(excess))
        };
        excess == meant
            || equations.iter().any(|e| match &e.instance.condition {
                Condition::Compare(left, Operator::Equal, right) => beside(left) || beside(right),
                _ => false,
            })
    }

    /// Stated figures that fit none of their meanings with these values in the cells.
    fn contradicted(&self, repairs: &BTreeMap<&CellId, Decimal>) -> isize {
        let may_fit = |figure: &Figure| {
            let mut sums = figure.meanings.iter().map(|cells| self.sum(cells, repairs));
            sums.any(|sum| sum.is_none_or(|sum| sum == figure.value))
        };
        self.evidence.figures.iter().map(|figure| isize::from(!may_fit(figure))).sum()
    }

    /// How many equations on these cells fail then that held, less those that hold then: equations
    /// whose failure is a warning.
    fn warnings(&self, changes: &[Change], repairs: &BTreeMap<&CellId, Decimal>) -> isize {
        let changed = || changes.iter().map(|change| change.cell);
        let soft = self.model.soft.iter().filter(|soft| soft.concerns(changed()));
        let concerned = soft.filter_map(|soft| self.decisions.equations.get(soft.equation));
        let mut owned: Option<BTreeMap<CellId, Decimal>> = None;
        let own = || repairs.iter().map(|(cell, value)| ((*cell).clone(), *value)).collect();
        concerned
            .map(|decided| {
                let values = owned.get_or_insert_with(own);
                let holds = self.decisions.holds_with(decided.instance, values);
                isize::from(decided.holds).saturating_sub(isize::from(holds))
            })
            .sum()
    }

    /// The sum of cells with these values in some of them; `None`: one holds no number.
    fn sum(&self, cells: &[CellId], repairs: &BTreeMap<&CellId, Decimal>) -> Option<Decimal> {
        cells.iter().try_fold(Decimal::ZERO, |sum, id| {
            let read = || match self.report.cells.get(id).map(|cell| &cell.value) {
                Some(CellValue::Number(number)) => Some(*number),
                _ => None,
            };
            sum.checked_add(repairs.get(id).copied().or_else(read)?)
        })
    }

    /// Whether a sentence of the text that a finding quotes is right with these values in the cells.
    pub(super) fn settles(&self, finding: &Finding, repairs: &BTreeMap<CellId, Decimal>) -> bool {
        let concerned = finding.cells.iter().any(|cell| repairs.contains_key(cell));
        let stated = finding.left.as_ref().and_then(|left| left.parse::<Decimal>().ok());
        let repairs = repairs.iter().map(|(cell, value)| (cell, *value)).collect();
        concerned
            && finding.quote.is_some()
            && stated.is_some()
            && self.sum(&finding.cells, &repairs) == stated
    }
}

/// How easily a slip fits by coincidence: of the figures near another, few are its digits swapped,
/// many have one digit changed.
fn doubt(slip: Slip) -> u32 {
    match slip {
        Slip::DigitChanged => 4,
        Slip::Omitted => 5,
        Slip::DigitMissing | Slip::DigitAdded => 2,
        _ => 1,
    }
}

/// The changes of a set in groups that share no rule.
fn independent(changes: &[Change], component: &Component) -> Vec<Vec<Change>> {
    let mut pieces: Vec<Vec<Change>> = changes.iter().map(|change| vec![*change]).collect();
    for row in &component.rules {
        let stands = |piece: &Vec<Change>| {
            let cells: Vec<usize> =
                row.cells().filter_map(|cell| component.cells.get(cell).copied()).collect();
            piece.iter().any(|change| cells.contains(&change.cell))
        };
        join(&mut pieces, stands);
    }
    pieces
}

/// Makes one piece of those that belong together.
fn join(pieces: &mut Vec<Vec<Change>>, together: impl Fn(&Vec<Change>) -> bool) {
    let (mut joined, apart): (Vec<Vec<Change>>, Vec<Vec<Change>>) =
        std::mem::take(pieces).into_iter().partition(together);
    *pieces = apart;
    if !joined.is_empty() {
        let mut whole: Vec<Change> = joined.drain(..).flatten().collect();
        whole.sort_unstable();
        pieces.push(whole);
    }
    pieces.sort();
}

/// What may stand for one piece while all others stay as they are.
fn exchanges(piece: &[Change], best: &Candidate, others: &[Candidate]) -> Vec<Vec<Change>> {
    let rest: Vec<Change> =
        best.changes.iter().filter(|change| !piece.contains(change)).copied().collect();
    let is_rest = |c: &Change| rest.iter().any(|r| r.cell == c.cell);
    others
        .iter()
        .filter(|other| other.includes(&rest))
        .map(|other| other.changes.iter().filter(|c| !is_rest(c)).copied().collect())
        .collect()
}

/// Whether every solution is one choice for each piece, and every choice a solution.
fn factors(pieces: &[Vec<Change>], best: &Candidate, others: &[Candidate]) -> bool {
    let choices = pieces.iter().map(|piece| exchanges(piece, best, others).len() + 1);
    let product = choices.fold(1_usize, usize::saturating_mul);
    product == others.len() + 1
}

/// Makes one piece of those that some solution exchanges together, else of all.
fn merge(pieces: &mut Vec<Vec<Change>>, others: &[Candidate]) {
    let count = pieces.len();
    for other in others {
        let exchanged = |piece: &Vec<Change>| !other.includes(piece);
        if pieces.iter().filter(|piece| exchanged(piece)).count() > 1 {
            join(pieces, exchanged);
        }
    }
    if pieces.len() == count {
        join(pieces, |_| true);
    }
}
