//! The official table as text: box characters, merged headers, cells that findings name marked.
//!
//! Three shapes, by the width there is: as printed; with row groups as lines of their own, which is
//! narrower; or just the marked cells, one a line. Which cells there are and which are merged says
//! [`crate::form::sheet`]; drawing and the width of Chinese are the `tabled` crate's.

use std::collections::BTreeMap;

use tabled::builder::Builder;
use tabled::settings::object::Cell as At;
use tabled::settings::peaker::PriorityMax;
use tabled::settings::themes::BorderCorrection;
use tabled::settings::{Alignment, Color, Span, Style, Width};

use super::terminal::{Terminal, plain};
use crate::form::sheet::{Holds, Sheet, Slot};
use crate::form::{CellId, Column, Layout, Row, Severity, Table};
use crate::report::{Cell, CellValue};

/// The cells to mark, with the gravity of what is said of them.
pub(super) type Marks = BTreeMap<CellId, Severity>;

/// The cells of a report.
pub(super) type Cells = BTreeMap<CellId, Cell>;

/// Below so many columns of the terminal for each column of values, cells would be cut.
const NARROWEST_COLUMN: usize = 6;
/// What labels need at least.
const NARROWEST_LABEL: usize = 14;
/// From here on labels and their groups stand side by side as on paper; below, the labels would be
/// so narrow that a row takes many lines.
const SIDE_BY_SIDE: usize = 140;
/// From here on the cells of a table of one line stand side by side.
const ONE_LINE: usize = 100;
/// Text in a cell is cut here.
const LONGEST_TEXT: usize = 24;

/// A table with the cells of a report, drawn; ends with a line break.
pub(super) fn draw(table: &Table, cells: &Cells, marks: &Marks, terminal: Terminal) -> String {
    let values = Values { table, cells, marks };
    let columns = table.columns.len();
    if terminal.width < NARROWEST_LABEL + NARROWEST_COLUMN * columns.min(7) {
        return values.list();
    }
    let as_printed = match table.layout {
        Layout::Line => terminal.width >= ONE_LINE,
        Layout::Rows => terminal.width >= SIDE_BY_SIDE,
    };
    let sheet = if as_printed { Sheet::on_paper(table) } else { Sheet::narrow(table) };
    drawn(&sheet, &values, !as_printed, terminal)
}

/// The values of one table.
struct Values<'r> {
    table: &'r Table,
    cells: &'r Cells,
    marks: &'r Marks,
}

impl Values<'_> {
    /// What stands in a cell, and its mark.
    fn of(&self, row: &Row, column: &Column) -> (String, Option<Severity>) {
        let id = self.table.cell(row, column);
        let mark = self.marks.get(&id).copied();
        let text = match self.cells.get(&id) {
            None => "缺".to_owned(),
            Some(cell) => match &cell.value {
                CellValue::Number(number) => number.to_string(),
                CellValue::Blank => String::new(),
                CellValue::Placeholder | CellValue::Text(_) => cut(&plain(cell.raw.trim())),
            },
        };
        (format!("{text}{}", sign(mark)), mark)
    }

    /// The marked cells, one a line.
    fn list(&self) -> String {
        let mut lines = String::new();
        for (row, column) in self.table.cells() {
            if self.marks.contains_key(&self.table.cell(row, column)) {
                let (text, _) = self.of(row, column);
                lines += &format!("  {} · {}: {text}\n", row.label, column.label);
            }
        }
        lines
    }
}

/// Marks that need no colour.
fn sign(mark: Option<Severity>) -> &'static str {
    match mark {
        Some(Severity::Error) => "*",
        Some(Severity::Warning) => "?",
        Some(Severity::Info) | None => "",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some(_) => text.chars().take(LONGEST_TEXT).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// Draws a sheet with the terminal's characters.
fn drawn(sheet: &Sheet<'_>, values: &Values<'_>, narrow: bool, terminal: Terminal) -> String {
    let mut texts = vec![vec![String::new(); sheet.width]; sheet.height];
    for slot in &sheet.slots {
        let place = texts.get_mut(slot.row).and_then(|row| row.get_mut(slot.column));
        if let Some(place) = place {
            *place = text(slot, values, narrow, terminal);
        }
    }
    let mut drawn = Builder::from_iter(texts).build();
    drawn.with(Style::modern());
    for slot in &sheet.slots {
        let at = At::new(slot.row, slot.column);
        if slot.height > 1 {
            drawn.modify(at, Span::row(isize::try_from(slot.height).unwrap_or(1)));
        }
        if slot.width > 1 {
            drawn.modify(at, Span::column(isize::try_from(slot.width).unwrap_or(1)));
        }
        match slot.holds {
            Holds::Head(_) | Holds::Unit(_) => drawn.modify(at, Alignment::center()),
            Holds::Group(..) | Holds::Label(..) => drawn.modify(at, Alignment::left()),
            Holds::Value(..) => drawn.modify(at, Alignment::right()),
        };
        if let Holds::Value(row, column) = slot.holds
            && let Some(colour) = values.of(row, column).1.and_then(colour)
            && terminal.colour
        {
            drawn.modify(at, colour);
        }
    }
    drawn.with(BorderCorrection::span());
    drawn.with(Width::wrap(terminal.width).priority(PriorityMax::right()));
    format!("{drawn}\n")
}

/// What is printed in a slot. Where groups have lines of their own, what is in them is indented.
fn text(slot: &Slot<'_>, values: &Values<'_>, narrow: bool, terminal: Terminal) -> String {
    let indented = |text: &str, depth: usize| {
        let indent = if narrow { "  ".repeat(depth) } else { String::new() };
        format!("{indent}{text}")
    };
    match slot.holds {
        Holds::Head(head) if slot.width == 1 && slot.column > 0 && terminal.width < ONE_LINE => {
            in_pairs(head)
        }
        Holds::Head(text) | Holds::Unit(text) => text.to_owned(),
        Holds::Group(group, depth) => indented(group, depth),
        Holds::Label(row, depth) => indented(&values.table.label(row), depth),
        Holds::Value(row, column) => values.of(row, column).0,
    }
}

fn colour(mark: Severity) -> Option<Color> {
    match mark {
        Severity::Error => Some(Color::FG_RED | Color::BOLD),
        Severity::Warning => Some(Color::FG_YELLOW),
        Severity::Info => None,
    }
}

/// Two characters a line, so that what is narrow are the columns of figures and not the labels.
fn in_pairs(header: &str) -> String {
    let chars: Vec<char> = header.chars().collect();
    let pairs: Vec<String> = chars.chunks(2).map(|pair| pair.iter().collect()).collect();
    pairs.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::report::Place;

    /// The cells a table can have, in its order.
    fn ids(table: &Table) -> Vec<CellId> {
        table.cells().map(|(row, column)| table.cell(row, column)).collect()
    }

    /// A blank, a placeholder, a hostile text, a cell that is missing, and zeros.
    fn cells(table: &Table) -> Cells {
        let ids = ids(table);
        let last = ids.len() - 1;
        let value = |index: usize| match index {
            0 => (CellValue::Blank, ""),
            1 => (CellValue::Placeholder, "／"),
            index if index == last => (CellValue::Text(String::new()), "约5件\u{1b}[2J"),
            _ => (CellValue::Number(0.into()), "0"),
        };
        let cell = |(index, id)| {
            let (value, raw) = value(index);
            let raw = raw.to_owned();
            let place = Place::default();
            (id, Cell { value, raw, unit: None, own_unit: None, place, doubtful: false })
        };
        ids.into_iter().enumerate().filter(|(index, _)| *index != 2).map(cell).collect()
    }

    /// An error in the first cell, a warning in the last.
    fn marks(table: &Table) -> Marks {
        let mut ids = ids(table);
        let last = ids.pop().unwrap();
        Marks::from([(ids.swap_remove(0), Severity::Error), (last, Severity::Warning)])
    }

    fn drawn(table: &Table, width: usize) -> String {
        draw(table, &cells(table), &marks(table), Terminal { width, colour: false })
    }

    #[test]
    fn every_table_fits_every_width() {
        for form in Forms::load(None).unwrap().iter() {
            for table in &form.tables {
                for width in [20, 40, 60, 80, 100, 120, 140, 200] {
                    let drawing = drawn(table, width);
                    let widest = drawing.lines().map(unicode_width::UnicodeWidthStr::width).max();
                    // A list is a line for each cell, which the terminal may break.
                    let is_table = drawing.starts_with('┌');
                    assert!(!is_table || widest <= Some(width), "{} {width}\n{drawing}", table.id);
                    assert!(is_table || width <= 40, "{} {width}\n{drawing}", table.id);
                }
            }
        }
    }

    #[test]
    fn tables_look_as_on_paper_where_there_is_room_and_narrower_elsewhere() {
        let forms = Forms::load(None).unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../tests/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| {
            for table in &forms.get("2021").unwrap().tables {
                for width in [80, 140] {
                    let name = format!("table-{}-{width}", table.id);
                    insta::assert_snapshot!(name, drawn(table, width), "");
                }
            }
        });
    }

    #[test]
    fn where_no_table_fits_the_marked_cells_are_listed() {
        let forms = Forms::load(None).unwrap();
        let table = forms.iter().flat_map(|form| &form.tables).max_by_key(|t| t.columns.len());
        let list = drawn(table.unwrap(), 40);
        assert_eq!(list.lines().count(), 2, "{list}");
        assert!(list.ends_with(": 约5件\\u{1b}[2J?\n"), "{list}");
    }
}
