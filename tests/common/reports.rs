//! Consistent reports made from any form, faults put into them, and an evaluation of the forms'
//! equations that shares no code with the program.
#![allow(clippy::as_conversions, reason = "small numbers of a test")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot set up should panic")]
#![allow(dead_code, reason = "tests and benches use different parts")]

use std::collections::BTreeMap;

use gouji::check::{self, Finding, Policy};
use gouji::document::Source;
use gouji::form::expr::{Condition, Operator, Term};
use gouji::form::{Body, CellId, Form, Forms, Id, Instance, Kind, Severity};
use gouji::locate::{self, Cause, Evidence};
use gouji::report::{Cell, CellValue, FoundTable, Place, Report};
use rust_decimal::Decimal;

/// Repeatable randomness (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A figure as offices report them: mostly nothing, often a few, sometimes many.
    fn figure(&mut self) -> Decimal {
        let figure = match self.below(10) {
            0..=4 => 0,
            5..=7 => 1 + self.below(9),
            8 => 10 + self.below(90),
            _ => 100 + self.below(900),
        };
        Decimal::from(figure)
    }
}

/// A report on one form with all its tables, every cell blank, without its text.
pub(crate) fn empty(form: &Form) -> Report {
    let cells = form.tables.iter().flat_map(|t| t.cells().map(|(r, c)| t.cell(r, c)));
    Report {
        unit: Some("青塘镇人民政府".into()),
        title: Some(format!("{}年{}", form.from, form.title)),
        cells: cells.map(|id| (id, cell(CellValue::Blank))).collect(),
        ..of_cells(form, [])
    }
}

/// A report on one form with all its tables and these cells as printed; it lacks all others.
pub(crate) fn of_cells<'a>(
    form: &Form,
    cells: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Report {
    let read = |(text, printed): (&str, &str)| {
        let id = id(text);
        let table = form.table(&id.table).unwrap_or_else(|| panic!("{text}: no such table"));
        let (row, column) = (table.row(&id.row).unwrap(), table.column(&id.column).unwrap());
        let cell = Cell::read(row, column, printed);
        (id, cell)
    };
    let found = |id: &Id| FoundTable { table: id.clone(), form: form.id.clone(), grids: vec![1] };
    Report {
        kind: form.title.clone(),
        form: Some(form.id.clone()),
        unit: None,
        spellings: Vec::new(),
        year: Some(form.from),
        title: None,
        period: None,
        published: None,
        sections: Vec::new(),
        tables: form.tables.iter().map(|t| found(&t.id)).collect(),
        cells: cells.into_iter().map(read).collect(),
        missing_rows: Vec::new(),
        unknown_rows: Vec::new(),
        heading_values: Vec::new(),
        sublabels_lost: Vec::new(),
        years_named: Vec::new(),
        text: Vec::new(),
        source: Source::Text,
    }
}

fn cell(value: CellValue) -> Cell {
    Cell {
        value,
        raw: String::new(),
        unit: None,
        own_unit: None,
        place: Place::default(),
        doubtful: false,
    }
}

pub(crate) fn id(text: &str) -> CellId {
    let mut parts = text.split('.').map(Id::from);
    let mut next = || parts.next().unwrap();
    CellId { table: next(), row: next(), column: next() }
}

pub(crate) fn number(report: &Report, cell: &CellId) -> Decimal {
    match report.cells.get(cell).map(|c| &c.value) {
        Some(CellValue::Number(number)) => *number,
        _ => Decimal::ZERO,
    }
}

pub(crate) fn set(report: &mut Report, cell: &CellId, value: Decimal) {
    report.cells.get_mut(cell).unwrap().value = CellValue::Number(value);
}

pub(crate) fn blank(report: &mut Report, cell: &CellId) {
    report.cells.get_mut(cell).unwrap().value = CellValue::Blank;
}

/// One equation whose failure is an error, in the directions in which it is.
pub(crate) struct Rule<'f> {
    pub(crate) instance: &'f Instance,
    pub(crate) less: bool,
    pub(crate) greater: bool,
}

pub(crate) fn rules(form: &Form) -> Vec<Rule<'_>> {
    let mut rules = Vec::new();
    for check in &form.checks {
        let Body::Equation(equation) = &check.body else { continue };
        let error = |own: Option<Severity>| own.unwrap_or(check.severity) == Severity::Error;
        let (less, greater) = (error(equation.if_less), error(equation.if_greater));
        if less || greater {
            rules.extend(equation.instances.iter().map(|instance| Rule {
                instance,
                less,
                greater,
            }));
        }
    }
    rules
}

fn value(term: &Term<CellId>, of: &dyn Fn(&CellId) -> Decimal) -> Decimal {
    match term {
        Term::Number(number) => *number,
        Term::Cell(cell) => of(cell),
        Term::Add(a, b) => value(a, of) + value(b, of),
        Term::Subtract(a, b) => value(a, of) - value(b, of),
        Term::Multiply(a, b) => value(a, of) * value(b, of),
        Term::Sum(parts) => parts.iter().map(|p| value(p, of)).sum(),
        Term::Max(parts) => parts.iter().map(|p| value(p, of)).max().unwrap(),
    }
}

impl Rule<'_> {
    pub(crate) fn sides(&self) -> (&Term<CellId>, Operator, &Term<CellId>) {
        match &self.instance.condition {
            Condition::Compare(left, operator, right) => (left, *operator, right),
            _ => panic!("no comparison at {}", self.instance.place),
        }
    }

    /// Left minus right.
    pub(crate) fn difference(&self, of: &dyn Fn(&CellId) -> Decimal) -> Decimal {
        let (left, _, right) = self.sides();
        value(left, of) - value(right, of)
    }

    pub(crate) fn holds(&self, of: &dyn Fn(&CellId) -> Decimal) -> bool {
        let difference = self.difference(of);
        let (less, greater) = match self.sides().1 {
            Operator::Equal => (self.less, self.greater),
            Operator::AtMost => (false, true),
            Operator::AtLeast => (true, false),
            other => panic!("{other:?} in an error-level rule"),
        };
        !(less && difference < Decimal::ZERO || greater && difference > Decimal::ZERO)
    }

    pub(crate) fn cells(&self) -> Vec<&CellId> {
        let mut cells = Vec::new();
        self.instance.condition.cells(&mut cells);
        cells
    }
}

/// A report whose equations all hold.
pub(crate) fn sound(form: &Form, dice: &mut Dice) -> Report {
    let mut report = empty(form);
    let cells: Vec<CellId> = report.cells.keys().cloned().collect();
    for cell in &cells {
        let figure = dice.figure();
        set(&mut report, cell, figure);
    }
    let rules = rules(form);
    for _ in 0..50 {
        if rules.iter().filter(|rule| mend(rule, &mut report)).count() == 0 {
            return report;
        }
    }
    panic!("no consistent report of form {}", form.id);
}

/// Makes a rule hold by changing a total, or what stands first; tells whether it was broken.
fn mend(rule: &Rule<'_>, report: &mut Report) -> bool {
    let of = |cell: &CellId| number(report, cell);
    let (left, operator, right) = rule.sides();
    if rule.difference(&of).is_zero() || (operator != Operator::Equal && rule.holds(&of)) {
        return false;
    }
    let (l, r) = (value(left, &of), value(right, &of));
    match (left, operator, right) {
        (Term::Cell(_), Operator::AtMost, Term::Cell(cell)) => set(report, cell, l),
        (Term::Cell(cell), _, _) => set(report, cell, r),
        (Term::Add(a, b), _, _) => {
            let (Term::Cell(a), Term::Cell(b)) = (a.as_ref(), b.as_ref()) else {
                panic!("sum of sums")
            };
            if r < number(report, b) {
                set(report, b, r);
            }
            let rest = r - number(report, b);
            set(report, a, rest);
        }
        other => panic!("cannot mend {other:?}"),
    }
    true
}

/// What the program makes of a report.
pub(crate) fn inspect(report: &Report, forms: &Forms) -> (Vec<Finding>, Vec<Cause>) {
    inspect_with(report, forms, &Policy::default(), &Evidence::default())
}

pub(crate) fn inspect_with(
    report: &Report,
    forms: &Forms,
    policy: &Policy,
    evidence: &Evidence,
) -> (Vec<Finding>, Vec<Cause>) {
    let mut findings = check::check(report, forms, policy).findings;
    let causes = locate::locate(report, forms, policy, evidence, &mut findings);
    (findings, causes)
}

/// The cells that stand in error-level equations.
pub(crate) fn bound_cells(form: &Form) -> Vec<CellId> {
    let mut cells: Vec<CellId> = rules(form)
        .iter()
        .flat_map(|r| r.cells().into_iter().cloned().collect::<Vec<_>>())
        .collect();
    cells.sort();
    cells.dedup();
    cells
}

/// The figures a slip of one keystroke makes of a whole number.
pub(crate) fn slips(meant: Decimal, dice: &mut Dice) -> Vec<(&'static str, Decimal)> {
    let digits = meant.to_string().into_bytes();
    let at = dice.below(digits.len());
    let mut made = Vec::new();
    let mut changed = digits.clone();
    changed[at] = b'0' + ((digits[at] - b'0') as usize + 1 + dice.below(9)) as u8 % 10;
    made.push(("digit-changed", changed));
    if at + 1 < digits.len() {
        let mut swapped = digits.clone();
        swapped.swap(at, at + 1);
        made.push(("digits-swapped", swapped));
    }
    if digits.len() > 1 {
        let mut shorter = digits.clone();
        shorter.remove(at);
        made.push(("digit-missing", shorter));
    }
    let mut doubled = digits.clone();
    doubled.insert(at, digits[at]);
    made.push(("digit-doubled", doubled));
    let mut longer = digits;
    longer.push(b'0');
    made.push(("extra-zero", longer));
    made.into_iter()
        .map(|(slip, text)| (slip, String::from_utf8(text).unwrap().parse().unwrap()))
        .filter(|(_, written): &(_, Decimal)| *written != meant)
        .collect()
}

/// Whether a report with these values in these cells keeps every error-level rule and bound.
pub(crate) fn repaired(
    form: &Form,
    rules: &[Rule<'_>],
    report: &Report,
    values: &BTreeMap<&CellId, Decimal>,
) -> bool {
    let of = |cell: &CellId| values.get(cell).copied().unwrap_or_else(|| number(report, cell));
    values.iter().all(|(cell, value)| possible(form, cell, *value))
        && rules.iter().all(|rule| rule.holds(&of))
}

fn possible(form: &Form, cell: &CellId, value: Decimal) -> bool {
    let table = form.table(&cell.table).unwrap();
    let (row, column) = (table.row(&cell.row).unwrap(), table.column(&cell.column).unwrap());
    (column.signed || value >= Decimal::ZERO)
        && (row.kind_in(column) == Kind::Amount || value.is_integer())
}
