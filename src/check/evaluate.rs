//! A condition on the cells of a report: holds, does not hold, or cannot be told.
//!
//! Blanks follow the contract ("In equations"): in a sum with a stated total a blank total or a
//! blank breakdown is a finding of its own and leaves the equation undecided; other blank parts
//! count as zero. In every other condition a blank leaves it undecided, but `sum` and `max` leave
//! blanks out. Text leaves everything undecided. Arithmetic is exact; an overflow is undecided.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::Outcome;
use crate::form::expr::{Condition, Operator, Term};
use crate::form::{Blank, CellId, Forms, Instance};
use crate::report::{CellValue, Report};

/// What an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Number(Decimal),
    Blank,
    /// Text, or a figure recognised from a scan that is not sure.
    Unclear,
    /// The document has no such cell.
    Absent,
}

/// Why a condition cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// A cell is not in the document.
    Absent,
    /// A cell holds no clear number.
    Unclear,
    /// Cells are blank.
    Blank,
    /// The stated total is blank over parts that are not zero: a finding of its own.
    TotalBlank(Decimal),
    /// The parts are blank under a total that is not zero: a finding of its own.
    BreakdownBlank(Decimal),
    /// A cell in it was reported as a blank total.
    Spoiled,
    /// Figures of units that are not known may make up the difference.
    UnitsOpen,
    /// The figures are too large to compute with.
    Overflow,
}

impl Why {
    /// For `--all`.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Absent => "a cell of it is not in the document",
            Self::Unclear => "a cell of it holds no clear number",
            Self::Blank => "cells of it are blank",
            Self::TotalBlank(_) => "its total is blank",
            Self::BreakdownBlank(_) => "its parts are blank",
            Self::Spoiled => "a cell of it is a blank total",
            Self::UnitsOpen => "figures of units that are not known may make up the difference",
            Self::Overflow => "the figures are too large",
        }
    }
}

/// What became of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    Holds,
    /// It does not hold; the two sides, where it is one comparison.
    Fails(Option<(Decimal, Decimal)>),
    Undecided(Why),
}

impl Judged {
    /// The outcome of the check it is of.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Holds => Outcome::Pass,
            Self::Fails(_) => Outcome::Fail,
            Self::Undecided(why) => Outcome::Undecided { because: why.text().into() },
        }
    }
}

/// The cells of a report as operands.
pub(super) struct Facts<'a> {
    report: &'a Report,
    forms: &'a Forms,
    /// Totals reported blank over parts that are not zero.
    pub(super) spoiled: BTreeSet<CellId>,
    /// Values taken instead of what the report says.
    assumed: Option<&'a BTreeMap<CellId, Decimal>>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(report: &'a Report, forms: &'a Forms) -> Self {
        Self { report, forms, spoiled: BTreeSet::new(), assumed: None }
    }

    /// The same with other values in some cells.
    pub(super) fn assuming<'b>(&self, values: &'b BTreeMap<CellId, Decimal>) -> Facts<'b>
    where
        'a: 'b,
    {
        Facts {
            report: self.report,
            forms: self.forms,
            spoiled: self.spoiled.clone(),
            assumed: Some(values),
        }
    }

    /// The same with this cell not reported as a blank total.
    pub(super) fn filled_in(mut self, cell: &CellId) -> Self {
        self.spoiled.remove(cell);
        self
    }

    pub(super) fn operand(&self, id: &CellId) -> Operand {
        if let Some(value) = self.assumed.and_then(|values| values.get(id)) {
            return Operand::Number(*value);
        }
        let Some(cell) = self.report.cells.get(id) else { return Operand::Absent };
        match &cell.value {
            _ if cell.doubtful => Operand::Unclear,
            CellValue::Number(number) => Operand::Number(*number),
            CellValue::Blank if self.blank_is_zero(id) => Operand::Number(Decimal::ZERO),
            CellValue::Blank | CellValue::Placeholder => Operand::Blank,
            CellValue::Text(_) => Operand::Unclear,
        }
    }

    fn blank_is_zero(&self, id: &CellId) -> bool {
        let table = self.report.form_of(&id.table, self.forms).and_then(|f| f.table(&id.table));
        table.and_then(|t| t.row(&id.row)).is_some_and(|r| r.blank == Blank::Zero)
    }

    /// The total left blank, if that is what is wrong with an instance.
    pub(super) fn blank_total(&self, instance: &Instance) -> Option<(CellId, Decimal)> {
        let total = instance.total.as_ref()?;
        if self.operand(total) != Operand::Blank {
            return None;
        }
        match self.sum_with_total(&instance.condition, total) {
            Judged::Undecided(Why::TotalBlank(parts)) => Some((total.clone(), parts)),
            _ => None,
        }
    }

    pub(super) fn judge(&self, instance: &Instance) -> Judged {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        if cells.iter().any(|c| self.spoiled.contains(*c) && instance.total.as_ref() != Some(*c)) {
            return Judged::Undecided(Why::Spoiled);
        }
        match &instance.total {
            Some(total) => self.sum_with_total(&instance.condition, total),
            None => self.condition(&instance.condition),
        }
    }

    pub(super) fn condition(&self, condition: &Condition<CellId>) -> Judged {
        let Condition::Compare(left, operator, right) = condition else {
            return Operands { operand: &|id| self.operand(id) }.judge(condition);
        };
        let adds = |t: &Term<CellId>| matches!(t, Term::Add(..) | Term::Subtract(..));
        let zeros = *operator == Operator::Equal && (adds(left) || adds(right));
        if zeros && self.all_blank(left, right) {
            return Judged::Undecided(Why::Blank);
        }
        Operands { operand: &|id| self.operand(id) }.compare(left, *operator, right, zeros)
    }

    fn all_blank(&self, left: &Term<CellId>, right: &Term<CellId>) -> bool {
        let mut cells = Vec::new();
        left.cells(&mut cells);
        right.cells(&mut cells);
        cells.iter().all(|c| self.operand(c) == Operand::Blank)
    }

    /// Rules (1) to (5) of the contract.
    fn sum_with_total(&self, condition: &Condition<CellId>, total: &CellId) -> Judged {
        let mut cells = Vec::new();
        condition.cells(&mut cells);
        let operands: Vec<Operand> = cells.iter().map(|c| self.operand(c)).collect();
        for (operand, why) in [(Operand::Absent, Why::Absent), (Operand::Unclear, Why::Unclear)] {
            if operands.contains(&operand) {
                return Judged::Undecided(why);
            }
        }
        let parts = || cells.iter().zip(&operands).filter(|(c, _)| **c != total).map(|(_, o)| o);
        let nothing = parts().all(|p| *p == Operand::Blank);
        let zero = Operand::Number(Decimal::ZERO);
        match self.operand(total) {
            Operand::Blank if parts().all(|p| matches!(p, Operand::Blank) || *p == zero) => {
                Judged::Undecided(Why::Blank)
            }
            Operand::Blank => {
                Judged::Undecided(Why::TotalBlank(self.parts_value(condition, total)))
            }
            Operand::Number(n) if nothing && n > Decimal::ZERO => {
                Judged::Undecided(Why::BreakdownBlank(n))
            }
            Operand::Number(n) if nothing && n < Decimal::ZERO => Judged::Undecided(Why::Blank),
            _ => self.sides(condition),
        }
    }

    /// The value of the side that is not the total.
    fn parts_value(&self, condition: &Condition<CellId>, total: &CellId) -> Decimal {
        let Condition::Compare(left, _, right) = condition else { return Decimal::ZERO };
        let is_total = |t: &Term<CellId>| matches!(t, Term::Cell(c) if c == total);
        let parts = if is_total(left) { right } else { left };
        self.value(parts, true).unwrap_or_default()
    }

    /// Both sides with blanks as zero.
    fn sides(&self, condition: &Condition<CellId>) -> Judged {
        let Condition::Compare(left, operator, right) = condition else {
            return self.condition(condition);
        };
        Operands { operand: &|id| self.operand(id) }.compare(left, *operator, right, true)
    }

    /// Whether a cell of the document holds nothing.
    pub(super) fn is_blank(&self, id: &CellId) -> bool {
        self.operand(id) == Operand::Blank
    }

    /// The value of a term; `zeros`: blanks count as zero.
    pub(super) fn value(&self, term: &Term<CellId>, zeros: bool) -> Result<Decimal, Why> {
        Operands { operand: &|id| self.operand(id) }.value(term, zeros)
    }
}

/// The cells that a condition speaks of, whatever names them, as operands.
pub(super) struct Operands<'l, C> {
    pub(super) operand: &'l dyn Fn(&C) -> Operand,
}

impl<C> Operands<'_, C> {
    /// A blank in it leaves a condition undecided; `sum` and `max` leave blanks out.
    pub(super) fn judge(&self, condition: &Condition<C>) -> Judged {
        if let Condition::Compare(left, operator, right) = condition {
            return self.compare(left, *operator, right, false);
        }
        match self.truth(condition) {
            Ok(true) => Judged::Holds,
            Ok(false) => Judged::Fails(None),
            Err(why) => Judged::Undecided(why),
        }
    }

    /// One comparison; `zeros`: blanks count as zero.
    fn compare(&self, left: &Term<C>, operator: Operator, right: &Term<C>, zeros: bool) -> Judged {
        match (self.value(left, zeros), self.value(right, zeros)) {
            (Ok(l), Ok(r)) if operator.holds(l, r) => Judged::Holds,
            (Ok(l), Ok(r)) => Judged::Fails(Some((l, r))),
            (Err(why), _) | (_, Err(why)) => Judged::Undecided(why),
        }
    }

    /// Three-valued logic after Kleene: what is known decides as far as it can.
    fn truth(&self, condition: &Condition<C>) -> Result<bool, Why> {
        match condition {
            Condition::Or(parts) => self.any(parts, true),
            Condition::And(parts) => self.any(parts, false),
            Condition::Not(inner) => self.truth(inner).map(|t| !t),
            Condition::Implies(a, b) => match (self.truth(a), self.truth(b)) {
                (Ok(false), _) | (_, Ok(true)) => Ok(true),
                (Ok(true), b) => b,
                (Err(why), _) => Err(why),
            },
            Condition::Iff(a, b) => Ok(self.truth(a)? == self.truth(b)?),
            Condition::Compare(l, operator, r) => {
                Ok(operator.holds(self.value(l, false)?, self.value(r, false)?))
            }
        }
    }

    /// Whether any part is `wanted`, which is then the answer.
    fn any(&self, parts: &[Condition<C>], wanted: bool) -> Result<bool, Why> {
        let mut unknown = None;
        for part in parts {
            match self.truth(part) {
                Ok(truth) if truth == wanted => return Ok(wanted),
                Ok(_) => {}
                Err(why) => unknown = Some(why),
            }
        }
        unknown.map_or(Ok(!wanted), Err)
    }

    /// The value of a term; `zeros`: blanks count as zero.
    pub(super) fn value(&self, term: &Term<C>, zeros: bool) -> Result<Decimal, Why> {
        let pair = |a: &Term<C>, b: &Term<C>| Ok((self.value(a, zeros)?, self.value(b, zeros)?));
        let exact = |value: Option<Decimal>| value.ok_or(Why::Overflow);
        match term {
            Term::Number(n) => Ok(*n),
            Term::Cell(id) => match (self.operand)(id) {
                Operand::Number(n) => Ok(n),
                Operand::Blank if zeros => Ok(Decimal::ZERO),
                Operand::Blank => Err(Why::Blank),
                Operand::Unclear => Err(Why::Unclear),
                Operand::Absent => Err(Why::Absent),
            },
            Term::Add(a, b) => pair(a, b).and_then(|(a, b)| exact(a.checked_add(b))),
            Term::Subtract(a, b) => pair(a, b).and_then(|(a, b)| exact(a.checked_sub(b))),
            Term::Multiply(a, b) => pair(a, b).and_then(|(a, b)| exact(a.checked_mul(b))),
            Term::Sum(parts) => self.over(parts, zeros, Decimal::checked_add),
            Term::Max(parts) => self.over(parts, zeros, |a, b| Some(a.max(b))),
        }
    }

    /// Folds parts, blanks left out; all blank cannot be told (or is zero, where blanks are).
    fn over(
        &self,
        parts: &[Term<C>],
        zeros: bool,
        fold: impl Fn(Decimal, Decimal) -> Option<Decimal>,
    ) -> Result<Decimal, Why> {
        let mut result = None;
        for part in parts {
            match self.value(part, false) {
                Ok(value) => {
                    let so_far = result.map_or(Some(value), |r| fold(r, value));
                    result = Some(so_far.ok_or(Why::Overflow)?);
                }
                Err(Why::Blank) => {}
                Err(why) => return Err(why),
            }
        }
        result.or(zeros.then_some(Decimal::ZERO)).ok_or(Why::Blank)
    }
}
