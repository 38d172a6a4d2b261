//! Cells parted by `|` (or its wide and drawn kin), with or without outer ones, on one line or one
//! cell a line. Markdown tables are the tidy case.
//!
//! Web pages turned to text leave a bar for each column a cell spans: `| 规章 | 0 | 0 | 0 | |` or
//! `| 第二十条第（一）项 | ||||`. Segments of no width at a row's end are such residue and dropped,
//! and where a table has them, so are the segments of one blank before them; elsewhere those are
//! empty cells, as are segments of several blanks or a hard blank always. What remains is the
//! row's cells in order.

use super::super::Columns;
use super::super::assembly::grid_of_rows;
use super::{Found, Table, cell_text, is_prose, section_number};

const BARS: [char; 5] = ['|', '｜', '│', '┃', '║'];
/// Empty lines that may stand between two rows.
const GAP: usize = 2;
/// Lines one row may take, cell by cell.
const ROW_LINES: usize = 80;

/// Whether a line may be, or begin, a row.
pub(super) fn is_row(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(BARS) || line.ends_with(BARS) || (line.contains(BARS) && !is_prose(line))
}

/// Takes the table that begins at the first line.
pub(super) fn take(lines: &[&str]) -> Found {
    let mut region = Region::default();
    let mut taken = 0;
    loop {
        let rest = lines.get(taken..).unwrap_or_default();
        let gap = rest.iter().take(GAP).take_while(|line| line.trim().is_empty()).count();
        let rest = rest.get(gap..).unwrap_or_default();
        let Some(line) = rest.first() else { break };
        if is_rule(line) {
            region.ruled |= region.rows.len() == 1 && line.contains('-');
            taken += gap + 1;
            continue;
        }
        let Some((row, used)) = row_of(rest) else { break };
        region.framed |= line.trim().starts_with(BARS) || line.trim().ends_with(BARS);
        region.rows.push(row);
        taken += gap + used;
    }
    if region.is_table() {
        Found::Table(region.table(), taken)
    } else {
        Found::NoTable(taken.max(1))
    }
}

/// A line of dashes and corners between rows: `| --- | :-: |`, `+----+`, `├──┼──┤`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let dashes = line.chars().filter(|c| "-=─━═".contains(*c)).count();
    dashes >= 2
        && line.chars().all(|c| " \t:+-=─━═┌┬┐├┼┤└┴┘╔╦╗╠╬╣╚╩╝".contains(c) || BARS.contains(&c))
}

/// The segments of the row that begins here, and the lines it takes.
fn row_of(lines: &[&str]) -> Option<(Vec<String>, usize)> {
    let line = lines.first().filter(|line| is_row(line))?.trim();
    let bars = line.matches(BARS).count();
    let next = lines.get(1).map_or(0, |next| next.matches(BARS).count());
    // Rows of one line each have as many bars.
    let is_whole = bars > 1 && next == bars;
    if line.starts_with(BARS)
        && !is_whole
        && (bars == 1 || !line.ends_with(BARS))
        && let Some(row) = open_row(lines)
    {
        return Some(row);
    }
    Some((segments(line), 1))
}

/// A row that begins with a bar and goes on over the next lines, one cell on each.
/// It ends with the last line that ends in a bar before an empty line or another row.
fn open_row(lines: &[&str]) -> Option<(Vec<String>, usize)> {
    let mut text = String::new();
    let mut bars = 0;
    let mut after_bar = false;
    let mut whole: Option<(usize, usize)> = None;
    for (used, line) in (1..=ROW_LINES).zip(lines) {
        let next_row = after_bar && used > 1 && line.trim().starts_with(BARS);
        let next_part = after_bar && bars > 1 && section_number(line).is_some();
        if line.is_empty() && (after_bar || text.is_empty()) || next_row || next_part {
            break;
        }
        if used > 1 {
            text.push('\n');
        }
        text.push_str(line.trim_end());
        bars += line.matches(BARS).count();
        after_bar = line.trim_end().ends_with(BARS);
        if used > 1 && after_bar {
            whole = Some((text.len(), used));
        }
    }
    let (length, used) = whole?;
    text.truncate(length);
    Some((segments(text.trim()), used))
}

/// The texts between the bars; `\|` is no bar.
fn segments(row: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = c == '\\' && chars.peek().is_some_and(|next| BARS.contains(next));
        let c = if escaped { chars.next().unwrap_or(c) } else { c };
        if !escaped && BARS.contains(&c) {
            segments.push(String::new());
        } else if let Some(segment) = segments.last_mut() {
            segment.push(c);
        }
    }
    if row.starts_with(BARS) {
        segments.remove(0);
    }
    if row.ends_with(BARS) && !row.ends_with("\\|") {
        segments.pop();
    }
    segments
}

#[derive(Debug, Default)]
struct Region {
    rows: Vec<Vec<String>>,
    /// A line of dashes stands below the first row, as Markdown has it.
    ruled: bool,
    /// Some row has an outer bar.
    framed: bool,
}

impl Region {
    /// One line with bars in it is a list of links at the foot of a page sooner than a table.
    fn is_table(&self) -> bool {
        let rows = self.rows.iter().filter(|row| row.len() > 1).count();
        rows >= 2 || (rows == 1 && (self.framed || self.ruled))
    }

    fn table(self) -> Table {
        let residue =
            self.rows.iter().any(|row| row.len() > 1 && row.last().is_some_and(String::is_empty));
        let rows: Vec<Vec<String>> = self
            .rows
            .into_iter()
            .map(|row| if residue { without_residue(row) } else { row })
            .map(|row| row.iter().map(|cell| cell_text(cell)).collect())
            .collect();
        let width = rows.first().map_or(0, Vec::len);
        let exact = !residue && width > 1 && rows.iter().all(|row| row.len() == width);
        Table {
            grid: grid_of_rows(rows, if exact { Columns::Exact } else { Columns::Ordinal }),
            headings: Vec::new(),
        }
    }
}

fn without_residue(mut row: Vec<String>) -> Vec<String> {
    while row.len() > 1 && row.last().is_some_and(|last| last.is_empty() || last == " ") {
        row.pop();
    }
    row
}
