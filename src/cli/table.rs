//! The official table as text: box characters, merged headers, cells that findings name marked.
//!
//! Three shapes, by the width there is: as printed; with row groups as lines of their own, which is
//! narrower; or just the marked cells, one a line. Drawing and the width of Chinese are the `tabled`
//! crate's; this says which cells there are and which are merged.

use std::collections::BTreeMap;

use tabled::builder::Builder;
use tabled::settings::object::Cell as At;
use tabled::settings::peaker::PriorityMax;
use tabled::settings::themes::BorderCorrection;
use tabled::settings::{Alignment, Color, Span, Style, Width};

use super::terminal::{Terminal, plain};
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
    let sheet = match table.layout {
        Layout::Line if terminal.width >= ONE_LINE => Sheet::line(&values),
        Layout::Line | Layout::Rows => Sheet::rows(&values, terminal.width >= SIDE_BY_SIDE),
    };
    sheet.drawn(terminal)
}

/// The values of one table.
struct Values<'r> {
    table: &'r Table,
    cells: &'r Cells,
    marks: &'r Marks,
}

impl Values<'_> {
    fn id(&self, row: &Row, column: &Column) -> CellId {
        CellId { table: self.table.id.clone(), row: row.id.clone(), column: column.id.clone() }
    }

    /// What stands in a cell, and its mark.
    fn of(&self, row: &Row, column: &Column) -> (String, Option<Severity>) {
        let id = self.id(row, column);
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
        for row in &self.table.rows {
            for column in columns_of(self.table, row) {
                if self.marks.contains_key(&self.id(row, column)) {
                    let (text, _) = self.of(row, column);
                    lines += &format!("  {} · {}: {text}\n", row.label, column.label);
                }
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

fn columns_of<'t>(table: &'t Table, row: &Row) -> Vec<&'t Column> {
    let has = |column: &&Column| row.columns.is_empty() || row.columns.contains(&column.id);
    table.columns.iter().filter(has).collect()
}

/// A cell of the drawing and the places it covers.
#[derive(Debug, Clone)]
struct Slot {
    row: usize,
    column: usize,
    height: usize,
    width: usize,
    text: String,
    kind: SlotKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotKind {
    Header,
    Label,
    Value(Option<Severity>),
}

/// A drawing in the making.
#[derive(Debug, Default)]
struct Sheet {
    slots: Vec<Slot>,
    height: usize,
    width: usize,
}

impl Sheet {
    fn put(&mut self, at: (usize, usize), size: (usize, usize), text: &str, kind: SlotKind) {
        let (row, column) = at;
        let (height, width) = size;
        self.slots.push(Slot { row, column, height, width, text: text.to_owned(), kind });
        self.height = self.height.max(row + height);
        self.width = self.width.max(column + width);
    }

    /// All cells in one line, the labels of rows and columns above them.
    fn line(values: &Values<'_>) -> Self {
        let table = values.table;
        let mut sheet = Self::default();
        let cells: Vec<(&Row, &Column)> = table
            .rows
            .iter()
            .flat_map(|row| columns_of(table, row).into_iter().map(move |column| (row, column)))
            .collect();
        let paths: Vec<Vec<&str>> =
            cells.iter().map(|(row, column)| row_then_column(row, column)).collect();
        let depth = sheet.headers(0, 0, &paths, &vec![1; paths.len()]);
        for (column, (row, of)) in cells.into_iter().enumerate() {
            let (text, mark) = values.of(row, of);
            sheet.put((depth, column), (1, 1), &text, SlotKind::Value(mark));
        }
        sheet
    }

    /// Headers over columns, equal ones beside each other merged; gives their height.
    fn headers(&mut self, top: usize, left: usize, paths: &[Vec<&str>], widths: &[usize]) -> usize {
        let depth = paths.iter().map(Vec::len).max().unwrap_or(0);
        for level in 0..depth {
            let mut column = left;
            let mut index = 0;
            while let (Some(path), Some(width)) = (paths.get(index), widths.get(index)) {
                let same = |other: &&Vec<&str>| other.get(..=level) == path.get(..=level);
                let merged = paths.iter().skip(index).take_while(same).count().max(1);
                let last = level + 1 == path.len();
                let run = if last { 1 } else { merged };
                let span: usize = widths.iter().skip(index).take(run).sum();
                if let Some(text) = path.get(level) {
                    let height = if last { depth - level } else { 1 };
                    self.put((top + level, column), (height, span), text, SlotKind::Header);
                    index += run;
                    column += span;
                } else {
                    index += 1;
                    column += width;
                }
            }
        }
        depth
    }

    /// A line for each row; a new header wherever the columns change.
    fn rows(values: &Values<'_>, on_paper: bool) -> Self {
        let table = values.table;
        let labels = match on_paper {
            true => 1 + table.rows.iter().map(|row| row.group.len()).max().unwrap_or(0),
            false => 1,
        };
        let most = table.rows.iter().filter(|row| !row.heading);
        let most = most.map(|row| columns_of(table, row).len()).max().unwrap_or(1);
        let mut sheet = Self::default();
        let mut header: Option<Vec<&str>> = None;
        let mut group: &[String] = &[];
        for row in &table.rows {
            let columns = columns_of(table, row);
            let ids: Vec<&str> = columns.iter().map(|column| column.id.as_str()).collect();
            if !row.heading && header.as_ref() != Some(&ids) {
                sheet.header_row(labels, &columns, most);
                header = Some(ids);
                group = &[];
            }
            if !on_paper {
                sheet.group_lines(row, group, most);
                group = &row.group;
            }
            sheet.label(row, labels, on_paper, most);
            sheet.values(values, row, labels, &columns, most);
        }
        if on_paper {
            sheet.merge_groups();
        }
        sheet
    }

    fn header_row(&mut self, labels: usize, columns: &[&Column], most: usize) {
        let paths: Vec<Vec<&str>> = columns.iter().map(|column| column_path(column)).collect();
        let top = self.height;
        let depth = self.headers(top, labels, &paths, &widths(columns.len(), most));
        self.put((top, 0), (depth, labels), "", SlotKind::Header);
    }

    /// The groups a row begins, each on a line of its own.
    fn group_lines(&mut self, row: &Row, before: &[String], most: usize) {
        let kept = row.group.iter().zip(before).take_while(|(a, b)| a == b).count();
        for (level, name) in row.group.iter().enumerate().skip(kept) {
            let text = format!("{}{name}", "  ".repeat(level));
            self.put((self.height, 0), (1, 1 + most), &text, SlotKind::Label);
        }
    }

    fn label(&mut self, row: &Row, labels: usize, on_paper: bool, most: usize) {
        let top = self.height;
        let unit = row.unit.as_deref().map(|unit| format!("（{unit}）")).unwrap_or_default();
        let label = format!("{}{unit}", row.label);
        if row.heading {
            self.put((top, 0), (1, labels + most), &label, SlotKind::Label);
        } else if on_paper {
            for (level, name) in row.group.iter().enumerate() {
                self.put((top, level), (1, 1), name, SlotKind::Label);
            }
            let level = row.group.len();
            self.put((top, level), (1, labels - level), &label, SlotKind::Label);
        } else {
            let text = format!("{}{label}", "  ".repeat(row.group.len()));
            self.put((top, 0), (1, 1), &text, SlotKind::Label);
        }
    }

    fn values(
        &mut self,
        values: &Values<'_>,
        row: &Row,
        left: usize,
        columns: &[&Column],
        most: usize,
    ) {
        if row.heading {
            return;
        }
        let line = self.height - 1;
        let mut at = left;
        for (column, width) in columns.iter().zip(widths(columns.len(), most)) {
            let (text, mark) = values.of(row, column);
            self.put((line, at), (1, width), &text, SlotKind::Value(mark));
            at += width;
        }
    }

    /// Equal group labels below each other become one.
    fn merge_groups(&mut self) {
        let mut merged: Vec<Slot> = Vec::new();
        for next in std::mem::take(&mut self.slots) {
            let above = merged.iter_mut().rev().find(|above| {
                next.kind == SlotKind::Label
                    && above.kind == SlotKind::Label
                    && above.column == next.column
                    && above.row + above.height == next.row
            });
            match above {
                Some(above) if above.text == next.text && above.width == next.width => {
                    above.height += next.height;
                }
                _ => merged.push(next),
            }
        }
        self.slots = merged;
    }

    fn drawn(&self, terminal: Terminal) -> String {
        let mut texts = vec![vec![String::new(); self.width]; self.height];
        for each in &self.slots {
            let place = texts.get_mut(each.row).and_then(|row| row.get_mut(each.column));
            if let Some(place) = place {
                *place = match each.kind {
                    SlotKind::Header if each.width == 1 && terminal.width < ONE_LINE => {
                        in_pairs(&each.text)
                    }
                    _ => each.text.clone(),
                };
            }
        }
        let mut drawn = Builder::from_iter(texts).build();
        drawn.with(Style::modern());
        for each in &self.slots {
            let at = At::new(each.row, each.column);
            if each.height > 1 {
                drawn.modify(at, Span::row(isize::try_from(each.height).unwrap_or(1)));
            }
            if each.width > 1 {
                drawn.modify(at, Span::column(isize::try_from(each.width).unwrap_or(1)));
            }
            match each.kind {
                SlotKind::Header => drawn.modify(at, Alignment::center()),
                SlotKind::Label => drawn.modify(at, Alignment::left()),
                SlotKind::Value(_) => drawn.modify(at, Alignment::right()),
            };
            if let SlotKind::Value(Some(mark)) = each.kind
                && let Some(colour) = colour(mark).filter(|_| terminal.colour)
            {
                drawn.modify(at, colour);
            }
        }
        drawn.with(BorderCorrection::span());
        drawn.with(Width::wrap(terminal.width).priority(PriorityMax::right()));
        format!("{drawn}\n")
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

/// So many columns on a sheet of `most`: the last one takes what is left.
fn widths(columns: usize, most: usize) -> Vec<usize> {
    let mut widths = vec![1; columns];
    if let Some(last) = widths.last_mut() {
        *last += most.saturating_sub(columns);
    }
    widths
}

fn column_path(column: &Column) -> Vec<&str> {
    column.group.iter().map(String::as_str).chain([column.label.as_str()]).collect()
}

fn row_then_column<'t>(row: &'t Row, column: &'t Column) -> Vec<&'t str> {
    let row = row.group.iter().map(String::as_str).chain([row.label.as_str()]);
    row.chain(column_path(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::report::Place;

    /// The cells a table can have, in its order.
    fn ids(table: &Table) -> Vec<CellId> {
        let mut ids = Vec::new();
        for row in table.rows.iter().filter(|row| !row.heading) {
            for column in columns_of(table, row) {
                ids.push(CellId {
                    table: table.id.clone(),
                    row: row.id.clone(),
                    column: column.id.clone(),
                });
            }
        }
        ids
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
