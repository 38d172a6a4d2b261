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

    /// Cells that are all 0, but for these.
    fn cells(table: &Table, values: &[(&str, CellValue)]) -> Cells {
        let mut cells = BTreeMap::new();
        for row in table.rows.iter().filter(|row| !row.heading) {
            for column in columns_of(table, row) {
                let id = CellId {
                    table: table.id.clone(),
                    row: row.id.clone(),
                    column: column.id.clone(),
                };
                let value = values.iter().find(|(name, _)| id.to_string().ends_with(name));
                let value = value.map_or(CellValue::Number(0.into()), |(_, value)| value.clone());
                let raw = match &value {
                    CellValue::Text(text) => text.clone(),
                    CellValue::Placeholder => "/".to_owned(),
                    CellValue::Number(_) | CellValue::Blank => String::new(),
                };
                let place = Place::default();
                let cell = Cell { value, raw, unit: None, own_unit: None, place, doubtful: false };
                cells.insert(id, cell);
            }
        }
        cells
    }

    fn mark(cell: &str, severity: Severity) -> (CellId, Severity) {
        let mut parts = cell.split('.').map(str::to_owned);
        let mut part = || parts.next().unwrap();
        (CellId { table: part(), row: part(), column: part() }, severity)
    }

    fn drawn(form: &str, table: &str, values: &[(&str, CellValue)], width: usize) -> String {
        let forms = Forms::load(None).unwrap();
        let table = forms.get(form).unwrap().table(table).unwrap();
        let marks = Marks::from([
            mark("requests.result_total.total", Severity::Error),
            mark("disputes.review.total", Severity::Error),
            mark("disclosure.admin_fees.amount", Severity::Warning),
        ]);
        draw(table, &cells(table, values), &marks, Terminal { width, colour: false })
    }

    fn fits(drawing: &str, width: usize) -> bool {
        drawing.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= width)
    }

    #[test]
    fn all_tables_fit_all_widths() {
        let forms = Forms::load(None).unwrap();
        for form in forms.iter() {
            for table in &form.tables {
                for width in [40, 60, 80, 100, 120, 200] {
                    let terminal = Terminal { width, colour: false };
                    let drawing = draw(table, &cells(table, &[]), &Marks::new(), terminal);
                    assert!(fits(&drawing, width), "{} {} {width}\n{drawing}", form.id, table.id);
                }
            }
        }
    }

    #[test]
    fn the_table_of_requests_stands_as_on_paper_where_there_is_room() {
        insta::assert_snapshot!(drawn(
            "2021",
            "requests",
            &[("carried_in.total", CellValue::Blank)],
            120
        ));
    }

    #[test]
    fn on_a_narrow_terminal_groups_are_lines_of_their_own() {
        insta::assert_snapshot!(drawn("2021", "requests", &[], 80));
    }

    #[test]
    fn a_table_of_one_line_keeps_its_headers() {
        insta::assert_snapshot!(drawn("2019", "disputes", &[], 120));
        insta::assert_snapshot!(drawn("2019", "disputes", &[], 70));
    }

    #[test]
    fn columns_that_change_within_a_table_bring_a_new_header() {
        let text = CellValue::Text("5630元\u{1b}[2J".to_owned());
        insta::assert_snapshot!(drawn("2021", "disclosure", &[("admin_fees.amount", text)], 100));
    }

    #[test]
    fn where_no_table_fits_the_marked_cells_are_listed() {
        assert_eq!(drawn("2021", "requests", &[], 40), "  （七）总计 · 总计: 0*\n");
    }
}
