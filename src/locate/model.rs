//! A report as linear rules: every equation that can be told and whose failure is an error, in the
//! direction in which it is one, on scaled whole numbers; split into parts that share no cell.
//!
//! What is not linear (conditions with `or`, `=>`, products of cells …) cannot be told from here;
//! the part it stands in is left alone, so that nothing is claimed that is not proven.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use super::elimination::{Relation, Row};
use super::search::Unknown;
use crate::check::{Decided, Decisions, Policy};
use crate::form::expr::{Condition, Operator, Term};
use crate::form::{CellId, Form, Forms, Kind, Severity};
use crate::report::{CellValue, Report};

/// A cell that equations speak of, or that cannot be right as it is.
pub(super) struct Variable<'a> {
    pub(super) id: CellId,
    pub(super) read: Option<Decimal>,
    pub(super) form: &'a Form,
    pub(super) kind: Kind,
    /// Table, row and column of the form: its order.
    position: (usize, usize, usize),
    /// The table, by index of [`Model::grids`].
    pub(super) grid: usize,
}

impl Variable<'_> {
    /// What equations take it for.
    pub(super) fn value(&self) -> Decimal {
        self.read.unwrap_or_default()
    }

    /// Row and column in its grid.
    pub(super) fn place(&self) -> (usize, usize) {
        let (_, row, column) = self.position;
        (row, column)
    }
}

/// `None`: the form has no such cell; `Some(None)`: the report has not.
type Says<'a> = Option<Option<&'a CellValue>>;

/// What the cells of a table say, by row and column of the form.
pub(super) struct Grid<'a> {
    rows: Vec<Vec<Says<'a>>>,
}

impl Grid<'_> {
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The number of a cell, 0 where it is blank; `Some(None)`: it has text. `None`: there is no such cell.
    pub(super) fn number(&self, (row, column): (usize, usize)) -> Option<Option<Decimal>> {
        let value = (*self.rows.get(row)?.get(column)?)?;
        Some(match value {
            Some(CellValue::Number(number)) => Some(*number),
            Some(CellValue::Text(_)) => None,
            Some(CellValue::Blank | CellValue::Placeholder) | None => Some(Decimal::ZERO),
        })
    }

    /// Whether a cell is the only one without a number in a row that is filled in otherwise; in a table of
    /// one column, among rows that are. Or its row is the only one with such cells.
    pub(super) fn is_gap(&self, row: usize) -> bool {
        let lone = self.rows.iter().all(|row| row.iter().flatten().flatten().count() <= 1);
        let gaps = |row: &Vec<Says<'_>>| {
            let values = row.iter().flatten().flatten();
            values.filter(|value| !matches!(value, CellValue::Number(_))).count()
        };
        let all: usize = self.rows.iter().map(gaps).sum();
        let in_row = if lone { all } else { self.rows.get(row).map_or(0, gaps) };
        in_row == 1 || (!lone && in_row == all)
    }
}

/// An equation whose failure is, in some direction, a warning.
pub(super) struct Soft {
    /// By index.
    pub(super) equation: usize,
    /// The variables in it.
    cells: Vec<usize>,
}

impl Soft {
    /// Whether one of these variables stands in it.
    pub(super) fn concerns(&self, mut cells: impl Iterator<Item = usize>) -> bool {
        cells.any(|cell| self.cells.contains(&cell))
    }
}

/// A rule and the equation it comes from, by index.
struct Bound {
    row: Row,
    equation: usize,
}

/// A report as cells and rules.
pub(super) struct Model<'a> {
    pub(super) variables: Vec<Variable<'a>>,
    pub(super) unknowns: Vec<Unknown>,
    rules: Vec<Bound>,
    /// Equations that are warnings.
    pub(super) soft: Vec<Soft>,
    /// The tables of the report.
    pub(super) grids: Vec<Grid<'a>>,
    /// Cells of rules that cannot be told linearly.
    opaque: BTreeSet<usize>,
    /// What 1 is.
    scale: i128,
}

/// Cells and rules that have nothing to do with the others, and need repair.
#[derive(Debug)]
pub(super) struct Component {
    /// Indices into [`Model::variables`], in form order; rows name cells by their place in here.
    pub(super) cells: Vec<usize>,
    pub(super) unknowns: Vec<Unknown>,
    pub(super) rules: Vec<Row>,
    /// Of each rule, the equation it comes from.
    pub(super) equations: Vec<usize>,
}

/// A linear term on cells: coefficients and a constant.
#[derive(Default)]
struct Linear<'a> {
    terms: BTreeMap<&'a CellId, Decimal>,
    constant: Decimal,
}

impl<'a> Model<'a> {
    pub(super) fn of(
        report: &'a Report,
        forms: &'a Forms,
        policy: &Policy,
        decisions: &Decisions<'a>,
    ) -> Option<Self> {
        let all = decisions.equations.iter().enumerate();
        let in_direction =
            |severity| move |(at, decided)| (at, decided, Binding::of(decided, policy, severity));
        let binds =
            |(_, _, binding): &(usize, &Decided<'a>, Binding)| binding.below || binding.above;
        let bounds: Vec<(usize, &Decided<'a>, Binding)> =
            all.clone().map(in_direction(Severity::Error)).filter(binds).collect();
        let soft = all.map(in_direction(Severity::Warning)).filter(binds);
        let (variables, grids) = variables(report, forms, &bounds);
        let mut model = Self {
            variables,
            unknowns: Vec::new(),
            rules: Vec::new(),
            soft: Vec::new(),
            grids,
            opaque: BTreeSet::new(),
            scale: 1,
        };
        model.scale = scale(model.variables.iter().filter_map(|v| v.read))?;
        let unknowns = model.variables.iter().map(|v| unknown(v, model.scale));
        model.unknowns = unknowns.collect::<Option<_>>()?;
        let index: HashMap<&CellId, usize> =
            model.variables.iter().enumerate().map(|(at, v)| (&v.id, at)).collect();
        let mut rules = Vec::new();
        let mut opaque = BTreeSet::new();
        for (equation, decided, binding) in bounds {
            let condition = &decided.instance.condition;
            match rows(condition, binding, &index, &model.unknowns, model.scale) {
                Some(rows) => rules.extend(rows.into_iter().map(|row| Bound { row, equation })),
                None => {
                    let mut cells = Vec::new();
                    condition.cells(&mut cells);
                    opaque.extend(cells.into_iter().filter_map(|c| index.get(c)));
                }
            }
        }
        let soft = soft.map(|(equation, decided, _)| {
            let mut cells = Vec::new();
            decided.instance.condition.cells(&mut cells);
            Soft {
                equation,
                cells: cells.into_iter().filter_map(|c| index.get(c)).copied().collect(),
            }
        });
        let soft = soft.collect();
        (model.rules, model.opaque, model.soft) = (rules, opaque, soft);
        Some(model)
    }

    /// The value a cell gets by a change.
    pub(super) fn repaired(&self, cell: usize, change: i128) -> Option<Decimal> {
        let value = self.unknowns.get(cell)?.value.checked_add(change)?;
        Some(decimal(value)?.checked_div(decimal(self.scale)?)?.normalize())
    }

    /// The change that gives a cell a value.
    pub(super) fn change_to(&self, cell: usize, value: Decimal) -> Option<i128> {
        scaled(value, self.scale)?.checked_sub(self.unknowns.get(cell)?.value)
    }

    /// The parts that share no cell, of those that need repair.
    pub(super) fn components(&self) -> Vec<Component> {
        let mut part: Vec<usize> = (0..self.variables.len()).collect();
        for rule in &self.rules {
            let mut cells = rule.row.cells();
            let Some(first) = cells.next() else { continue };
            for cell in cells {
                let (a, b) = (root(&mut part, first), root(&mut part, cell));
                if let Some(slot) = part.get_mut(a.max(b)) {
                    *slot = a.min(b);
                }
            }
        }
        let roots: Vec<usize> = (0..part.len()).map(|cell| root(&mut part, cell)).collect();
        let of = |cell: usize| roots.get(cell).copied().unwrap_or(cell);
        let mut needy: BTreeSet<usize> = BTreeSet::new();
        needy.extend(
            self.rules
                .iter()
                .filter(|r| r.row.is_broken())
                .flat_map(|r| r.row.cells().next())
                .map(of),
        );
        needy.extend(
            self.unknowns
                .iter()
                .enumerate()
                .filter(|(_, u)| u.is_wrong())
                .map(|(cell, _)| of(cell)),
        );
        for cell in &self.opaque {
            needy.remove(&of(*cell));
        }
        needy.into_iter().map(|needed| self.component(|cell| of(cell) == needed)).collect()
    }

    fn component(&self, own: impl Fn(usize) -> bool) -> Component {
        let cells: Vec<usize> = (0..self.variables.len()).filter(|c| own(*c)).collect();
        let place: HashMap<usize, usize> =
            cells.iter().enumerate().map(|(at, cell)| (*cell, at)).collect();
        let own_rules = self.rules.iter().filter(|r| r.row.cells().next().is_some_and(&own));
        let (rules, equations) = own_rules
            .map(|rule| {
                let terms =
                    rule.row.terms.iter().filter_map(|(c, a)| Some((*place.get(c)?, *a))).collect();
                (Row { terms, ..rule.row.clone() }, rule.equation)
            })
            .unzip();
        let unknowns = cells.iter().filter_map(|c| self.unknowns.get(*c).copied()).collect();
        Component { cells, unknowns, rules, equations }
    }
}

fn root(part: &mut [usize], mut cell: usize) -> usize {
    while let Some(up) = part.get(cell).copied().filter(|up| *up != cell) {
        let top = part.get(up).copied().unwrap_or(up);
        if let Some(slot) = part.get_mut(cell) {
            *slot = top;
        }
        cell = top;
    }
    cell
}

/// The directions in which the failure of a rule has some severity.
#[derive(Clone, Copy)]
struct Binding {
    /// The left side must not be less.
    below: bool,
    /// The left side must not be greater.
    above: bool,
}

impl Binding {
    fn of(decided: &Decided<'_>, policy: &Policy, due: Severity) -> Self {
        let rule = &decided.check.id;
        if policy.off.contains(rule) {
            return Self { below: false, above: false };
        }
        let has = |own: Option<Severity>| {
            let severity = policy.severity.get(rule).copied();
            severity.or(own).unwrap_or(decided.check.severity) == due
        };
        Self { below: has(decided.equation.if_less), above: has(decided.equation.if_greater) }
    }
}

/// The cells of the rules, and those that cannot stay as they are, in form order; and their tables.
fn variables<'a>(
    report: &'a Report,
    forms: &'a Forms,
    bounds: &[(usize, &Decided<'a>, Binding)],
) -> (Vec<Variable<'a>>, Vec<Grid<'a>>) {
    let mut named: Vec<&CellId> = Vec::new();
    bounds.iter().for_each(|(_, decided, _)| decided.instance.condition.cells(&mut named));
    let named: std::collections::HashSet<&CellId> = named.into_iter().collect();
    let mut variables = Vec::new();
    let mut grids = Vec::new();
    for found in &report.tables {
        let Some(form) = forms.get(&found.form) else { continue };
        let Some(place) = form.tables.iter().position(|t| t.id == found.table) else { continue };
        let Some(table) = form.tables.get(place) else { continue };
        let mut grid = Grid { rows: vec![vec![None; table.columns.len()]; table.rows.len()] };
        for (at, row) in table.rows.iter().enumerate() {
            for (along, column) in table.columns.iter().enumerate().filter(|(_, c)| row.has(&c.id))
            {
                let id = table.cell(row, column);
                let cell = report.cells.get(&id);
                if let Some(place) = grid.rows.get_mut(at).and_then(|row| row.get_mut(along)) {
                    *place = Some(cell.map(|cell| &cell.value));
                }
                let Some(cell) = cell else { continue };
                let read = match &cell.value {
                    _ if cell.doubtful => continue,
                    CellValue::Number(number) => Some(*number),
                    CellValue::Blank | CellValue::Placeholder => None,
                    CellValue::Text(_) => continue,
                };
                let kind = row.kind_in(column);
                let wrong = read.is_some_and(|n| {
                    (kind == Kind::Count && !n.is_integer())
                        || (!column.signed && n < Decimal::ZERO)
                });
                if wrong || named.contains(&id) {
                    let (position, grid) = ((place, at, along), grids.len());
                    variables.push(Variable { id, read, form, kind, position, grid });
                }
            }
        }
        grids.push(grid);
    }
    variables.sort_by_key(|v| v.position);
    (variables, grids)
}

fn unknown(variable: &Variable<'_>, scale: i128) -> Option<Unknown> {
    let signed = variable
        .form
        .table(&variable.id.table)
        .and_then(|t| t.column(&variable.id.column))
        .is_some_and(|c| c.signed);
    Some(Unknown {
        value: scaled(variable.value(), scale)?,
        bounded: !signed,
        step: if variable.kind == Kind::Count { scale } else { 1 },
    })
}

/// What 1 becomes so that every figure is whole; figures no table has are refused.
fn scale(figures: impl Iterator<Item = Decimal>) -> Option<i128> {
    let places = figures.map(|n| n.normalize().scale()).max().unwrap_or(0);
    (places <= 9).then(|| 10_i128.pow(places))
}

fn scaled(value: Decimal, scale: i128) -> Option<i128> {
    let value = value.checked_mul(decimal(scale)?)?;
    let limit = decimal(1_000_000_000_000_000_000)?;
    (value.is_integer() && value.abs() <= limit).then(|| value.normalize().mantissa())
}

fn decimal(number: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(number, 0).ok()
}

/// The rows of a condition, where it is linear.
fn rows(
    condition: &Condition<CellId>,
    binding: Binding,
    index: &HashMap<&CellId, usize>,
    unknowns: &[Unknown],
    scale: i128,
) -> Option<Vec<Row>> {
    let Condition::Compare(left, operator, right) = condition else { return None };
    let mut rows = Vec::new();
    // right − left ≥ 0
    let above = matches!(operator, Operator::Equal | Operator::AtMost | Operator::Less);
    // left − right ≥ 0
    let below = matches!(operator, Operator::Equal | Operator::AtLeast | Operator::Greater);
    let strict = matches!(operator, Operator::Less | Operator::Greater);
    if !above && !below {
        return None;
    }
    let sides = [(above && binding.above, right, left), (below && binding.below, left, right)];
    for (_, greater, less) in sides.into_iter().filter(|(binds, _, _)| *binds) {
        for less in smaller_sides(less) {
            let mut row = Linear::default();
            row.add(greater, Decimal::ONE)?;
            row.add(less, Decimal::NEGATIVE_ONE)?;
            let mut row = row.row(index, unknowns, scale)?;
            if strict {
                let whole = |c: usize| unknowns.get(c).is_some_and(|u| u.step == scale);
                let ones = row.terms.iter().all(|(c, a)| a.abs() == 1 && whole(*c));
                row.constant = row.constant.checked_sub(scale).filter(|_| ones)?;
            }
            rows.push(row);
        }
    }
    if let (Operator::Equal, [only, _]) = (operator, rows.as_slice()) {
        rows = vec![Row { relation: Relation::Zero, ..only.clone() }];
    }
    Some(rows)
}

/// The terms that are all no greater when this one is not: those of a `max`.
fn smaller_sides(term: &Term<CellId>) -> Vec<&Term<CellId>> {
    match term {
        Term::Max(parts) => parts.iter().collect(),
        _ => vec![term],
    }
}

impl<'a> Linear<'a> {
    /// Adds `times × term`; `None` where that is not linear.
    fn add(&mut self, term: &'a Term<CellId>, times: Decimal) -> Option<()> {
        match term {
            Term::Number(number) => {
                self.constant = self.constant.checked_add(number.checked_mul(times)?)?;
            }
            Term::Cell(cell) => {
                let coefficient = self.terms.entry(cell).or_default();
                *coefficient = coefficient.checked_add(times)?;
            }
            Term::Add(a, b) => {
                self.add(a, times)?;
                self.add(b, times)?;
            }
            Term::Subtract(a, b) => {
                self.add(a, times)?;
                self.add(b, -times)?;
            }
            Term::Multiply(a, b) => match (a.as_ref(), b.as_ref()) {
                (Term::Number(n), other) | (other, Term::Number(n)) => {
                    self.add(other, times.checked_mul(*n)?)?;
                }
                _ => return None,
            },
            Term::Sum(parts) => {
                for part in parts {
                    self.add(part, times)?;
                }
            }
            Term::Max(_) => return None,
        }
        Some(())
    }

    /// As a row on changes: the constant is its value while nothing changes.
    fn row(
        self,
        index: &HashMap<&CellId, usize>,
        unknowns: &[Unknown],
        scale: i128,
    ) -> Option<Row> {
        let places = self.terms.values().map(|c| c.normalize().scale()).max().unwrap_or(0);
        let lift = decimal(10_i128.checked_pow(places)?)?;
        let mut constant = scaled(self.constant.checked_mul(lift)?, scale)?;
        let mut terms = Vec::with_capacity(self.terms.len());
        for (cell, coefficient) in self.terms.iter().filter(|(_, c)| !c.is_zero()) {
            let coefficient = coefficient.checked_mul(lift)?.normalize().mantissa();
            let at = *index.get(*cell)?;
            let part = unknowns.get(at)?.value.checked_mul(coefficient)?;
            constant = constant.checked_add(part)?;
            terms.push((at, coefficient));
        }
        terms.sort_unstable();
        Some(Row { terms, relation: Relation::AtLeastZero, constant })
    }
}
