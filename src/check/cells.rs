//! How the cells are filled in: blank, placeholder, text, unit, negative, fraction, doubtful.

use std::collections::BTreeMap;

use super::{Draft, Subject, printed};
use crate::document::{Source, readings};
use crate::form::{Blank, CellId, Check, Column, Form, Kind, Row, Severity, Table, Test};
use crate::report::{Cell, CellValue};

/// A cell of the report with its row and column of the form.
type Placed<'a> = (&'a Row, &'a Column, &'a Cell);

/// A table of a form with the cells that the report has of it.
pub(super) struct Filled<'a> {
    form: &'a Form,
    table: &'a Table,
    cells: Vec<Placed<'a>>,
}

impl<'a> Filled<'a> {
    pub(super) fn of(form: &'a Form, table: &'a Table, subject: &Subject<'a>) -> Self {
        let cells = table.cells().filter_map(|(row, column)| {
            subject.report.cells.get(&table.cell(row, column)).map(|cell| (row, column, cell))
        });
        Self { form, table, cells: cells.collect() }
    }

    fn each(&self) -> impl Iterator<Item = Placed<'a>> {
        self.cells.iter().copied()
    }
}

/// Runs one test on the cells of one table.
pub(super) fn run(
    test: &Test,
    check: &Check,
    filled: &Filled<'_>,
    subject: &Subject<'_>,
) -> Vec<Draft> {
    let Filled { form, table, .. } = filled;
    match test {
        Test::Blank => blank(check, filled, subject),
        Test::Doubtful if subject.report.source == Source::Ocr => unread(check, filled, subject),
        Test::ColumnLost if subject.report.source == Source::Text => {
            doubtful(check, filled, subject)
        }
        Test::Doubtful | Test::ColumnLost => Vec::new(),
        Test::ReadingTaken => readings_taken(check, filled),
        Test::HeadingValue => heading_values(check, form, table, subject),
        _ => filled
            .each()
            .filter(|(row, column, cell)| fails(test, row, column, cell))
            .map(|(row, column, cell)| {
                let id = table.cell(row, column);
                let mut values = BTreeMap::from([
                    ("table", table.name.clone()),
                    ("row", row.name().to_owned()),
                    ("column", column.label.clone()),
                    ("text", printed(&cell.raw)),
                    ("unit", cell.own_unit.clone().unwrap_or_default()),
                    ("value", String::new()),
                ]);
                if let CellValue::Number(number) = cell.value {
                    values.insert("value", number.normalize().to_string());
                }
                Draft::new(check, id.to_string(), form.say(&check.id, &values)).with_cells([id])
            })
            .collect(),
    }
}

fn fails(test: &Test, row: &Row, column: &Column, cell: &Cell) -> bool {
    let number = match cell.value {
        CellValue::Number(number) if !cell.doubtful => Some(number),
        _ => None,
    };
    match test {
        Test::Placeholder => cell.value == CellValue::Placeholder && row.blank == Blank::Missing,
        Test::NotNumeric => matches!(cell.value, CellValue::Text(_)) && !cell.doubtful,
        Test::Unit => cell.own_unit.is_some(),
        Test::Negative => {
            !column.signed && number.is_some_and(|n| n.is_sign_negative() && !n.is_zero())
        }
        Test::NotInteger => {
            row.kind_in(column) == Kind::Count && number.is_some_and(|n| !n.is_integer())
        }
        Test::Sign => {
            !column.signed && number.is_some() && printed(&cell.raw).starts_with(['+', '＋'])
        }
        _ => false,
    }
}

/// One finding a table, and only a hint when every check could do without the blanks.
fn blank(check: &Check, filled: &Filled<'_>, subject: &Subject<'_>) -> Vec<Draft> {
    let Filled { form, table, .. } = filled;
    let blanks: Vec<_> = filled
        .each()
        .filter(|(row, _, cell)| {
            cell.value == CellValue::Blank && !cell.doubtful && row.blank == Blank::Missing
        })
        .map(|(row, column, _)| table.cell(row, column))
        .collect();
    if blanks.is_empty() {
        return Vec::new();
    }
    let harmless = !subject.undecided_by_blank.contains(&table.id);
    let severity = if harmless { Severity::Info } else { Severity::Warning };
    let says = counted(check, form, table, blanks.len());
    vec![Draft::new(check, &table.id, says).with_severity(severity).with_cells(blanks)]
}

/// A report no figure of which is certain was not checked at all.
fn doubtful(check: &Check, filled: &Filled<'_>, subject: &Subject<'_>) -> Vec<Draft> {
    let is_read = |cell: &Cell| {
        matches!(cell.value, CellValue::Number(_) | CellValue::Placeholder) && !cell.doubtful
    };
    let is_unread = !subject.report.cells.values().any(is_read);
    let severity = if is_unread { Severity::Error } else { check.severity };
    let drafts = counted_cells(check, filled, doubtful_cells(filled)).into_iter();
    drafts.map(|draft| draft.with_severity(severity)).collect()
}

/// Doubtful cells of a scan, and those of rows of which no more is known than that rows were not read.
fn unread(check: &Check, filled: &Filled<'_>, subject: &Subject<'_>) -> Vec<Draft> {
    let Filled { table, .. } = filled;
    let mut cells = doubtful_cells(filled);
    if subject.report.has_unread_rows(&table.id) {
        let missing = &subject.report.missing_rows;
        let own = missing.iter().filter(|row| row.table == table.id);
        for row in own.filter_map(|missing| table.row(&missing.row)) {
            cells.extend(table.columns_of(row).map(|column| table.cell(row, column)));
        }
    }
    counted_cells(check, filled, cells)
}

fn doubtful_cells(filled: &Filled<'_>) -> Vec<CellId> {
    let doubtful = filled.each().filter(|(_, _, cell)| cell.doubtful);
    doubtful.map(|(row, column, _)| filled.table.cell(row, column)).collect()
}

/// One finding a table, at these cells.
fn counted_cells(check: &Check, filled: &Filled<'_>, cells: Vec<CellId>) -> Vec<Draft> {
    let Filled { form, table, .. } = filled;
    if cells.is_empty() {
        return Vec::new();
    }
    let says = counted(check, form, table, cells.len());
    vec![Draft::new(check, &table.id, says).with_cells(cells)]
}

/// One finding a table, with every cell and its readings.
fn readings_taken(check: &Check, filled: &Filled<'_>) -> Vec<Draft> {
    let Filled { form, table, .. } = filled;
    let mut cells = Vec::new();
    let mut told = Vec::new();
    for (row, column, cell) in filled.each().filter(|(_, _, cell)| !cell.doubtful) {
        let readings = readings(&cell.raw);
        if let (CellValue::Number(number), false) = (&cell.value, readings.is_empty()) {
            let (row_name, column_name) = (row.name(), &column.label);
            let seen = readings.join("、");
            let number = number.normalize();
            told.push(format!("“{row_name}”行“{column_name}”列认作{number}（识别为{seen}）"));
            cells.push(table.cell(row, column));
        }
    }
    if cells.is_empty() {
        return Vec::new();
    }
    let values = BTreeMap::from([
        ("table", table.name.clone()),
        ("count", cells.len().to_string()),
        ("text", told.join("；")),
    ]);
    let says = form.say(&check.id, &values);
    vec![Draft::new(check, &table.id, says).with_cells(cells)]
}

fn counted(check: &Check, form: &Form, table: &Table, count: usize) -> String {
    form.say(
        &check.id,
        &BTreeMap::from([("table", table.name.clone()), ("count", count.to_string())]),
    )
}

fn heading_values(check: &Check, form: &Form, table: &Table, subject: &Subject<'_>) -> Vec<Draft> {
    let found = subject.report.heading_values.iter().filter(|v| v.table == table.id);
    found
        .map(|value| {
            let label = table.row(&value.label).map_or("", Row::name);
            let text = value.values.first().cloned().unwrap_or_default();
            let values = BTreeMap::from([
                ("table", table.name.clone()),
                ("row", label.to_owned()),
                ("text", printed(&text)),
            ]);
            let place = format!("{}.{}", table.id, value.label);
            Draft::new(check, place, form.say(&check.id, &values))
        })
        .collect()
}
