//! Exact elimination on linear rules. A [`System`] speaks of the *changes* of cells: every cell that
//! has not been freed stays as it is (change 0). Freeing a cell eliminates it: by Gauss where an
//! equation contains it, else by Fourier and Motzkin. The rows that remain follow from the rules and
//! the bounds, so a row that is broken with every other cell unchanged proves that one of its own
//! cells must change as well. That is what the search branches on, and why it misses nothing.
//!
//! Coefficients, values and changes are whole numbers (the caller scales decimals and counts in
//! steps); overflow is reported, never wrapped.

use std::rc::Rc;

/// What a row demands of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// It is zero.
    Zero,
    /// It is not negative.
    AtLeastZero,
}

impl Relation {
    /// Whether a row of this value holds.
    pub(super) fn holds(self, value: i128) -> bool {
        match self {
            Self::Zero => value == 0,
            Self::AtLeastZero => value >= 0,
        }
    }
}

/// `constant + Σ coefficient × change` is zero, or at least zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Cell and coefficient, by cell, without zeros.
    pub(super) terms: Vec<(usize, i128)>,
    pub(super) relation: Relation,
    /// The value while nothing changes.
    pub(super) constant: i128,
}

/// Why elimination stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The rules contradict each other whatever else changes.
    Contradiction,
    /// Numbers too large to compute with exactly.
    Overflow,
    /// Whole numbers were not found, and cannot be ruled out.
    Unproven,
}

impl Row {
    /// It does not hold while nothing changes.
    pub(super) fn is_broken(&self) -> bool {
        !self.relation.holds(self.constant)
    }

    pub(super) fn coefficient(&self, cell: usize) -> i128 {
        let found = self.terms.binary_search_by_key(&cell, |(c, _)| *c);
        found.ok().and_then(|at| self.terms.get(at)).map_or(0, |(_, coefficient)| *coefficient)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = usize> {
        self.terms.iter().map(|(cell, _)| *cell)
    }

    /// `times × self + other_times × other`, as small as it can be written.
    fn combined(
        &self,
        times: i128,
        other: &Self,
        other_times: i128,
        relation: Relation,
    ) -> Result<Self, Stop> {
        let sum = |a: i128, b: i128| {
            let (a, b) = (a.checked_mul(times)?, b.checked_mul(other_times)?);
            a.checked_add(b)
        };
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let (mut left, mut right) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        loop {
            let cell = match (left.peek(), right.peek()) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((cell, _)), None) | (None, Some((cell, _))) => *cell,
                (None, None) => break,
            };
            let a = left.next_if(|(c, _)| *c == cell).map_or(0, |(_, a)| *a);
            let b = right.next_if(|(c, _)| *c == cell).map_or(0, |(_, b)| *b);
            match sum(a, b).ok_or(Stop::Overflow)? {
                0 => {}
                coefficient => terms.push((cell, coefficient)),
            }
        }
        let constant = sum(self.constant, other.constant).ok_or(Stop::Overflow)?;
        Self { terms, relation, constant }.reduced()
    }

    /// Divided by what its coefficients have in common. Changes are whole numbers, so what is left
    /// over of the constant is out of reach: an equation then contradicts itself, any other row is
    /// the stricter.
    pub(super) fn reduced(mut self) -> Result<Self, Stop> {
        if self.terms.iter().any(|(_, coefficient)| coefficient.unsigned_abs() == 1) {
            return Ok(self);
        }
        let all = self.terms.iter().map(|(_, coefficient)| coefficient.unsigned_abs());
        let divisor = i128::try_from(all.fold(0, gcd)).map_err(|_| Stop::Overflow)?;
        if divisor > 1 {
            if self.relation == Relation::Zero && self.constant % divisor != 0 {
                return Err(Stop::Contradiction);
            }
            self.terms.iter_mut().for_each(|(_, coefficient)| *coefficient /= divisor);
            self.constant = self.constant.div_euclid(divisor);
        }
        Ok(self)
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Rows that must all hold.
#[derive(Debug, Clone, Default)]
pub(super) struct System {
    rows: Vec<Rc<Row>>,
}

impl System {
    pub(super) fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        Self { rows: rows.into_iter().map(Rc::new).collect() }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(AsRef::as_ref)
    }

    pub(super) fn broken(&self) -> impl Iterator<Item = &Row> {
        self.rows().filter(|row| row.is_broken())
    }

    /// The system in which a cell may change, its change eliminated. `room`: how far its value is
    /// above its lower bound, if it has one.
    pub(super) fn freed(&self, cell: usize, room: Option<i128>) -> Result<Self, Stop> {
        let (mut with, mut rows): (Vec<Rc<Row>>, Vec<Rc<Row>>) =
            self.rows.iter().cloned().partition(|row| row.coefficient(cell) != 0);
        if let Some(room) = room {
            with.push(Rc::new(Row {
                terms: vec![(cell, 1)],
                relation: Relation::AtLeastZero,
                constant: room,
            }));
        }
        let equation = |row: &&Rc<Row>| row.relation == Relation::Zero;
        let pivot = with
            .iter()
            .filter(equation)
            .min_by_key(|row| (row.coefficient(cell).unsigned_abs(), row.terms.len()));
        let new = match pivot {
            Some(pivot) => substituted(&with, pivot, cell)?,
            None => paired(&with, cell)?,
        };
        for row in new {
            match (row.terms.is_empty(), row.is_broken()) {
                (true, true) => return Err(Stop::Contradiction),
                (true, false) => {}
                (false, _) => rows.push(Rc::new(row)),
            }
        }
        Ok(Self { rows })
    }

    /// The system in which a cell has changed by this much for good.
    pub(super) fn changed(&self, cell: usize, by: i128) -> Result<Self, Stop> {
        let moved = self.rows.iter().map(|row| {
            let coefficient = row.coefficient(cell);
            if coefficient == 0 {
                return Ok(row.clone());
            }
            let step = coefficient.checked_mul(by).ok_or(Stop::Overflow)?;
            let constant = row.constant.checked_add(step).ok_or(Stop::Overflow)?;
            let terms = row.terms.iter().copied().filter(|(c, _)| *c != cell).collect();
            Ok(Rc::new(Row { terms, relation: row.relation, constant }))
        });
        Ok(Self { rows: moved.collect::<Result<_, _>>()? })
    }
}

/// Gauss: the pivot, an equation, tells the cell; it goes out of every other row.
fn substituted(with: &[Rc<Row>], pivot: &Rc<Row>, cell: usize) -> Result<Vec<Row>, Stop> {
    let own = pivot.coefficient(cell);
    with.iter()
        .filter(|row| !Rc::ptr_eq(row, pivot))
        .map(|row| {
            let times = own.checked_abs().ok_or(Stop::Overflow)?;
            let other = row.coefficient(cell).checked_mul(-own.signum()).ok_or(Stop::Overflow)?;
            row.combined(times, pivot, other, row.relation)
        })
        .collect()
}

/// Fourier and Motzkin: every lower bound of the cell with every upper bound.
fn paired(with: &[Rc<Row>], cell: usize) -> Result<Vec<Row>, Stop> {
    let (lower, upper): (Vec<&Rc<Row>>, Vec<&Rc<Row>>) =
        with.iter().partition(|row| row.coefficient(cell) > 0);
    let mut new = Vec::with_capacity(lower.len() * upper.len());
    for low in lower {
        for high in &upper {
            let times = high.coefficient(cell).checked_neg().ok_or(Stop::Overflow)?;
            new.push(low.combined(times, high, low.coefficient(cell), Relation::AtLeastZero)?);
        }
    }
    Ok(new)
}
