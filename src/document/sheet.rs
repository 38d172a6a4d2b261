//! A sheet of a workbook before it becomes paragraphs and tables. It knows rows, columns and merged
//! areas, and no file format.
//!
//! A report typed into a workbook has everything in one sheet: title, headings and sentences in rows
//! of a single cell, and between them the tables, stacked and of different widths. So a sheet is cut:
//! an empty row ends a table, and so does a row of a single text that is no row of the table, see
//! [`Layout::is_line`]. Inside a table every place not covered by a merged cell gets a cell, also a
//! blank one, for a sheet stores only what was typed; and where a table would end with headers, the
//! blank row below them is the one nothing was typed in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::assembly::Assembly;
use super::characters::NUMERALS;
use super::line::{Line, Script};
use super::{Grid, GridCell, ILLEGIBLE, Limits, Refusal};

/// Rows and columns beyond these hold no report.
const ROWS: usize = 5_000;
/// Blank cells that were formatted are remembered up to this number: they only tell a boxed row from
/// a line of text.
const BLANKS: usize = 50_000;
/// A text longer than this is a sentence, not a label.
const LABEL_CHARS: usize = 60;

/// A sheet as the file stores it.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// By row and column; the text is empty where a cell is only formatted.
    cells: BTreeMap<(usize, usize), Shows>,
    blanks: usize,
    /// Bytes of all texts; one text of the file may stand in many cells.
    bytes: usize,
    merged: Vec<Area>,
    hidden_rows: BTreeSet<usize>,
    hidden_columns: BTreeSet<usize>,
}

/// What a cell shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shows {
    text: String,
    /// The file says that it is not surely what the program would show.
    doubtful: bool,
}

impl Shows {
    /// The same, not surely right; no blank then.
    pub(super) fn doubted(self) -> Self {
        let is_blank = self.text.trim().is_empty();
        Self { text: if is_blank { ILLEGIBLE.into() } else { self.text }, doubtful: true }
    }
}

impl From<String> for Shows {
    fn from(text: String) -> Self {
        Self { text, doubtful: false }
    }
}

/// A rectangle of places.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Area {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Sheet {
    /// Puts a cell, row and column from 0.
    ///
    /// # Errors
    /// The cell holds text and lies beyond what a report can have.
    pub(super) fn put(
        &mut self,
        row: usize,
        column: usize,
        shows: impl Into<Shows>,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let Shows { text, doubtful } = shows.into();
        let is_blank = text.trim().is_empty();
        if row >= ROWS || column >= limits.columns {
            return if is_blank {
                Ok(())
            } else {
                let (row, column) = (row.saturating_add(1), column.saturating_add(1));
                Err(Refusal::TooLarge(format!("a cell in row {row} column {column}")))
            };
        }
        if is_blank {
            self.blanks += 1;
            if self.blanks > BLANKS {
                return Ok(());
            }
        } else if self.cells.len() > BLANKS + limits.table_cells {
            return Err(Refusal::TooLarge("a sheet of too many cells".into()));
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > limits.text_bytes {
            return Err(Refusal::TooLarge(format!("a sheet of {} bytes of text", self.bytes)));
        }
        let text = if is_blank { String::new() } else { text };
        self.cells.insert((row, column), Shows { text, doubtful });
        Ok(())
    }

    /// Merges an area; both ends belong to it.
    pub(super) fn merge(&mut self, first: (usize, usize), last: (usize, usize)) {
        let end = |last: usize| last.saturating_add(1);
        let area = Area { rows: first.0..end(last.0), columns: first.1..end(last.1) };
        if !area.rows.is_empty() && !area.columns.is_empty() && self.merged.len() < BLANKS {
            self.merged.push(area);
        }
    }

    pub(super) fn hide_row(&mut self, row: usize) {
        if row < ROWS {
            self.hidden_rows.insert(row);
        }
    }

    pub(super) fn hide_columns(&mut self, columns: Range<usize>, limits: &Limits) {
        self.hidden_columns.extend(columns.start..columns.end.min(limits.columns));
    }

    /// What the sheet shows, top to bottom.
    pub(super) fn assemble(self, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
        Layout::of(self, assembly.limits)?.assemble(assembly)
    }
}

/// The visible part of a sheet, renumbered without what is hidden.
struct Layout {
    cells: BTreeMap<(usize, usize), Shows>,
    merged: Vec<Area>,
    /// Which merged area covers a place.
    covered: BTreeMap<(usize, usize), usize>,
    kinds: Vec<Kind>,
    /// For each row the first row of a table below it with no blank row between.
    below: Vec<Option<usize>>,
}

/// What a row is, looked at by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No text. `boxed`: formatted cells.
    Blank { boxed: usize },
    /// A row of a table: several texts, or part of a cell merged downwards.
    Table,
    /// A single text.
    Single,
}

impl Layout {
    fn of(sheet: Sheet, limits: &Limits) -> Result<Self, Refusal> {
        let rows = visible(ROWS, &sheet.hidden_rows);
        let columns = visible(limits.columns, &sheet.hidden_columns);
        let at = |index: &[usize], n: usize| index.get(n).copied().unwrap_or(usize::MAX);
        let mut cells = BTreeMap::new();
        let mut merged: Vec<Area> = Vec::new();
        let mut covered = BTreeMap::new();
        let mut original = sheet.cells;
        let height = original
            .iter()
            .filter(|(_, shows)| !shows.text.is_empty())
            .map(|(&(row, _), _)| row + 1)
            .max()
            .unwrap_or(0);
        for area in sheet.merged {
            let clip = |range: &Range<usize>, index: &[usize], end: usize| {
                at(index, range.start.min(end))..at(index, range.end.min(end))
            };
            let shown = Area {
                rows: clip(&area.rows, &rows, height),
                columns: clip(&area.columns, &columns, limits.columns),
            };
            // The text of a merged area is shown as long as any part of it is.
            let text = original.remove(&(area.rows.start, area.columns.start));
            if shown.rows.is_empty() || shown.columns.is_empty() {
                continue;
            }
            let places = || {
                let across = shown.columns.clone();
                shown.rows.clone().flat_map(move |row| across.clone().map(move |c| (row, c)))
            };
            if covered.len() + shown.rows.len() * shown.columns.len() > 20 * limits.table_cells {
                return Err(Refusal::TooLarge("merged cells cover too much".into()));
            }
            cells.extend(text.map(|text| ((shown.rows.start, shown.columns.start), text)));
            if places().all(|place| !covered.contains_key(&place)) {
                covered.extend(places().map(|place| (place, merged.len())));
                merged.push(shown);
            }
        }
        for ((row, column), text) in original {
            let is_hidden =
                sheet.hidden_rows.contains(&row) || sheet.hidden_columns.contains(&column);
            let place = (at(&rows, row), at(&columns, column));
            if !is_hidden && !covered.contains_key(&place) {
                cells.insert(place, text);
            }
        }
        let mut layout = Self { cells, merged, covered, kinds: Vec::new(), below: Vec::new() };
        layout.kinds = (0..at(&rows, height)).map(|row| layout.look(row)).collect();
        let mut nearest = None;
        for (row, kind) in layout.kinds.iter().enumerate().rev() {
            layout.below.push(nearest);
            nearest = match kind {
                Kind::Table => Some(row),
                Kind::Single => nearest,
                Kind::Blank { .. } => None,
            };
        }
        layout.below.reverse();
        Ok(layout)
    }

    fn assemble(&self, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
        let mut table = 0..0;
        for row in 0..self.kinds.len() {
            let is_open = !table.is_empty();
            let joins = match self.kind(row) {
                Kind::Table => true,
                Kind::Blank { boxed } => is_open && boxed > 1,
                Kind::Single if self.is_line(row, &table) => false,
                Kind::Single => {
                    // A title as wide as the table below it looks like that table's first row.
                    if !table.clone().any(|above| self.kind(above) == Kind::Table) {
                        self.paragraphs(row, assembly)?;
                    }
                    true
                }
            };
            if joins {
                table = if is_open { table.start..row + 1 } else { row..row + 1 };
            } else {
                let closed = self.closed(std::mem::take(&mut table));
                self.grids(closed, assembly)?;
                self.paragraphs(row, assembly)?;
            }
        }
        self.grids(self.closed(table), assembly)
    }

    /// The rows as tables, several where they stand side by side: parted by a blank column, figures
    /// before it and labels after it.
    fn grids(&self, rows: Range<usize>, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
        let width = rows.clone().map(|row| self.end(row)).max().unwrap_or(0);
        let (mut start, mut has_figures) = (0, false);
        for column in 1..width {
            has_figures |= self.figures(column - 1, &rows).0 > 0;
            if has_figures && !self.is_used(column - 1, &rows) && self.has_labels(column, &rows) {
                assembly.grid(self.grid(rows.clone(), start..column, assembly.limits)?)?;
                (start, has_figures) = (column, false);
            }
        }
        assembly.grid(self.grid(rows, start..width, assembly.limits)?)
    }

    /// Whether most of what a column shows are no figures.
    fn has_labels(&self, column: usize, rows: &Range<usize>) -> bool {
        let (figures, texts) = self.figures(column, rows);
        2 * figures < texts
    }

    /// How many figures a column shows, of how many texts.
    fn figures(&self, column: usize, rows: &Range<usize>) -> (usize, usize) {
        let texts = rows.clone().filter_map(|row| self.cells.get(&(row, column)));
        let texts = texts.map(|shows| shows.text.trim()).filter(|text| !text.is_empty());
        texts.fold((0, 0), |(figures, all), text| {
            (figures + usize::from(text.parse::<f64>().is_ok()), all + 1)
        })
    }

    fn is_used(&self, column: usize, rows: &Range<usize>) -> bool {
        rows.clone().any(|row| {
            self.cells.get(&(row, column)).is_some_and(|shows| !shows.text.is_empty())
                || self.covered.contains_key(&(row, column))
        })
    }

    /// A table with the blank row below it, if it ends without any figure.
    fn closed(&self, table: Range<usize>) -> Range<usize> {
        let is_figure = |(_, text): (usize, &str)| text.contains(char::is_numeric);
        let ends_with_headers =
            table.clone().next_back().is_some_and(|last| !self.texts(last).any(is_figure));
        let is_blank = matches!(self.kinds.get(table.end), Some(Kind::Blank { .. }));
        table.start..table.end + usize::from(ends_with_headers && is_blank)
    }

    fn kind(&self, row: usize) -> Kind {
        self.kinds.get(row).copied().unwrap_or(Kind::Blank { boxed: 0 })
    }

    fn look(&self, row: usize) -> Kind {
        let is_tall = |area: &Area| area.rows.len() > 1 && area.rows.contains(&row);
        let texts = self.texts(row).count();
        if texts > 1 || self.merged_in(row).any(is_tall) {
            Kind::Table
        } else if texts == 1 {
            Kind::Single
        } else {
            Kind::Blank { boxed: self.cells.range((row, 0)..(row + 1, 0)).count() }
        }
    }

    /// Whether a row of a single text stands for itself: a heading, a sentence. In a table such a row
    /// is a heading as wide as the table, or a label whose figures are blank.
    fn is_line(&self, row: usize, table: &Range<usize>) -> bool {
        let Some((column, text)) = self.texts(row).next() else {
            return false;
        };
        let below = self.below.get(row).copied().flatten();
        let above = table.clone().rev().find(|&above| self.kind(above) == Kind::Table);
        // A row whose last figures are blank seems narrower than its table.
        let Some(width) = below.into_iter().chain(above).map(|near| self.end(near)).max() else {
            return true;
        };
        let end = self.area(row, column).columns.end;
        let is_boxed = self.cells.range((row, end)..(row, width.max(end))).next().is_some();
        if is_sentence(text) || end > width {
            return true;
        }
        let start = below.into_iter().chain(above).map(|near| self.start(near)).min();
        if end == width && start.is_none_or(|start| column <= start) {
            return is_section_heading(text);
        }
        let is_label = above.is_some() && (is_boxed || end > column + 1 || below.is_some());
        !is_label || (is_section_heading(text) && !is_boxed && end == column + 1)
    }

    fn paragraphs(&self, row: usize, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
        self.texts(row).try_for_each(|(_, text)| assembly.paragraph(text))
    }

    /// The texts that begin in a row, by column.
    fn texts(&self, row: usize) -> impl Iterator<Item = (usize, &str)> {
        self.cells
            .range((row, 0)..(row + 1, 0))
            .filter(|(_, shows)| !shows.text.is_empty())
            .map(|(&(_, column), shows)| (column, shows.text.as_str()))
    }

    fn merged_in(&self, row: usize) -> impl Iterator<Item = &Area> {
        self.covered.range((row, 0)..(row + 1, 0)).filter_map(|(_, &index)| self.merged.get(index))
    }

    /// The places a cell covers.
    fn area(&self, row: usize, column: usize) -> Area {
        let merged = self.covered.get(&(row, column)).and_then(|&index| self.merged.get(index));
        merged.cloned().unwrap_or(Area { rows: row..row + 1, columns: column..column + 1 })
    }

    /// The first column a row shows anything in.
    fn start(&self, row: usize) -> usize {
        let texts = self.texts(row).map(|(column, _)| column);
        texts.chain(self.merged_in(row).map(|area| area.columns.start)).min().unwrap_or(0)
    }

    /// The column after the last one a row shows anything in.
    fn end(&self, row: usize) -> usize {
        let texts = self.texts(row).map(|(column, _)| column + 1);
        texts.chain(self.merged_in(row).map(|area| area.columns.end)).max().unwrap_or(0)
    }

    /// Rows and columns as a table: at most one blank row at its end, no blank columns at its sides.
    fn grid(
        &self,
        mut rows: Range<usize>,
        columns: Range<usize>,
        limits: &Limits,
    ) -> Result<Grid, Refusal> {
        let is_blank = |row: usize| {
            let mut texts = self.texts(row).map(|(column, _)| column);
            let mut merged = self.covered.range((row, columns.start)..(row, columns.end));
            !texts.any(|column| columns.contains(&column)) && merged.next().is_none()
        };
        while rows.len() > 1 && is_blank(rows.end - 1) && is_blank(rows.end - 2) {
            rows.end -= 1;
        }
        let used = || columns.clone().filter(|&column| self.is_used(column, &rows));
        let (Some(start), Some(last)) = (used().next(), used().next_back()) else {
            return Ok(Grid::default());
        };
        let width = last + 1;
        if rows.len() * width > 4 * limits.table_cells {
            return Err(Refusal::TooLarge(format!("a table of {} × {width} cells", rows.len())));
        }
        let mut grid = Grid::default();
        for row in rows.clone() {
            for column in start..width {
                let area = self.area(row, column);
                let is_first =
                    area.rows.start.max(rows.start) == row && area.columns.start == column;
                if is_first {
                    let shows = self.cells.get(&(area.rows.start, column));
                    grid.cells.push(GridCell {
                        row: row - rows.start,
                        column: column - start,
                        row_span: area.rows.end.min(rows.end) - row,
                        column_span: area.columns.len(),
                        text: shows.map(|s| s.text.trim().to_owned()).unwrap_or_default(),
                        doubtful: shows.is_some_and(|s| s.doubtful),
                        ..GridCell::default()
                    });
                }
            }
        }
        Ok(grid)
    }
}

/// For each index, how many visible ones precede it; one entry more than there are.
fn visible(count: usize, hidden: &BTreeSet<usize>) -> Vec<usize> {
    let mut index = Vec::with_capacity(count + 1);
    let mut shown = 0;
    for n in 0..count {
        index.push(shown);
        shown += usize::from(!hidden.contains(&n));
    }
    index.push(shown);
    index
}

fn is_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['。', '；']) || text.chars().count() > LABEL_CHARS
}

/// `一、…`: the number of a section, which no heading inside a table has.
fn is_section_heading(text: &str) -> bool {
    let rest = text.trim_start().trim_start_matches(|c| NUMERALS.contains(c));
    rest.len() < text.trim_start().len() && rest.starts_with(['、', '．'])
}

/// A number as a sheet shows it: fifteen digits, without the noise of binary fractions and without
/// a point where there is no fraction.
pub(super) fn number(value: f64) -> String {
    // Spreadsheets keep fifteen significant digits; formatting is exact and so is reading back.
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    let text = format!("{rounded}");
    if text == "-0" { "0".into() } else { text }
}

/// How characters of one font look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Font {
    pub(super) is_struck: bool,
    pub(super) script: Script,
}

impl Font {
    /// Adds text of a cell in this font, if it is shown.
    pub(super) fn push(self, text: &str, line: &mut Line) {
        if !self.is_struck {
            line.push(text, self.script);
        }
    }
}

/// How cells of one format look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CellFormat {
    pub(super) shown: Shown,
    pub(super) is_struck: bool,
}

/// How the format of a cell shows its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shown {
    #[default]
    Number,
    Percent,
    Date,
    /// In thousands, or with a point put among its digits: not what was typed.
    Scaled,
}

impl Shown {
    /// What a format code says (ECMA-376 part 1, 18.8.31): parts in quotes and brackets are no code.
    pub(super) fn of_code(code: &str) -> Self {
        let mut plain = String::new();
        let mut characters = code.chars();
        while let Some(c) = characters.next() {
            match c {
                '"' => drop(characters.by_ref().find(|&c| c == '"')),
                '[' => drop(characters.by_ref().find(|&c| c == ']')),
                '\\' | '_' | '*' => drop(characters.next()),
                ';' => break,
                _ => plain.push(c.to_ascii_lowercase()),
            }
        }
        if is_scaled(code) {
            Self::Scaled
        } else if plain.contains('%') {
            Self::Percent
        } else if plain.contains(['y', 'd']) && !plain.contains("general") {
            Self::Date
        } else {
            Self::Number
        }
    }

    /// What a built-in format says (18.8.30; 27 to 36 and 50 to 58 are dates in Chinese editions).
    pub(super) fn of_builtin(id: u32) -> Self {
        match id {
            9 | 10 => Self::Percent,
            14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            _ => Self::Number,
        }
    }

    /// A number as shown. `from_1904`: days count from 1904, as old Macintosh files do.
    pub(super) fn write(self, value: f64, from_1904: bool) -> Shows {
        match self {
            Self::Number => number(value).into(),
            Self::Percent => format!("{}%", number(value * 100.0)).into(),
            Self::Date => date(value, from_1904).unwrap_or_else(|| number(value)).into(),
            Self::Scaled if value == 0.0 => number(value).into(),
            Self::Scaled => Shows::default().doubted(),
        }
    }
}

/// Whether a format code divides by thousands (`0.0,`) or writes a point of its own among the digits
/// (`0!.0000`, as sums in yuan are shown in 万元).
fn is_scaled(code: &str) -> bool {
    let first = code.split(';').next().unwrap_or_default();
    let is_digit = |c: char| matches!(c, '0' | '#' | '?');
    let after_last = first.rsplit_once(is_digit).map(|(_, after)| after);
    let divides = after_last.is_some_and(|after| after.starts_with(','));
    let own_point = ["!.", "\\.", "\".\""].iter().any(|point| {
        first.split_once(point).is_some_and(|(before, after)| {
            before.ends_with(is_digit) && after.starts_with(is_digit)
        })
    });
    divides || own_point
}

fn date(value: f64, from_1904: bool) -> Option<String> {
    let days: i64 = format!("{:.0}", value.floor()).parse().ok()?;
    let days = if from_1904 { days.checked_add(1462)? } else { days };
    // Day 60 is the 29 February 1900 that never was; reports are later.
    let start = jiff::civil::date(1899, 12, 30);
    let day = start.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    (days > 60).then(|| format!("{}年{}月{}日", day.year(), day.month(), day.day()))
}

#[cfg(test)]
mod tests;
