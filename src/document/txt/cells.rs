//! One cell a line, as Word dumps tables to text: a cell is a line starting with a tab, an empty
//! line ends the row, a line without a tab continues the cell above it. A lone tab is an empty
//! cell: leading ones stand for labels merged from above, others for blanks. All are kept.

use super::super::Columns;
use super::super::assembly::grid_of_rows;
use super::{Found, Table, cell_text, is_blank, is_prose, section_number};

/// Empty lines that may stand between two rows.
const GAP: usize = 3;
/// Lines that may continue one cell. More are a text that lost its empty line.
const CONTINUED: usize = 12;

/// Takes the table that begins at the first line, which starts with a tab.
pub(super) fn take(lines: &[&str]) -> Found {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut taken = 0;
    loop {
        let rest = lines.get(taken..).unwrap_or_default();
        let gap = if rows.is_empty() { 0 } else { rest.iter().take_while(|l| is_blank(l)).count() };
        let (row, used) = row_of(rest.get(gap..).unwrap_or_default());
        if row.is_empty() || gap > GAP {
            break;
        }
        if rows.is_empty() && matches!(row.as_slice(), [only] if is_prose(only)) {
            return Found::NoTable(used);
        }
        rows.push(row);
        taken += gap + used;
    }
    if is_table(&rows) { Found::Table(table(rows), taken) } else { Found::NoTable(taken.max(1)) }
}

/// The cells of one row, and how many lines they take. No cells: no row begins here.
fn row_of(lines: &[&str]) -> (Vec<String>, usize) {
    let mut row: Vec<String> = Vec::new();
    let (mut used, mut continued) = (0, 0);
    for line in lines {
        match line.strip_prefix('\t') {
            Some(cell) if !cell.contains('\t') => {
                row.push(cell.to_owned());
                continued = 0;
            }
            Some(_) => break,
            None if is_blank(line) || line.contains('\t') => break,
            None if continued == CONTINUED || section_number(line).is_some() => break,
            None => {
                let Some(cell) = row.last_mut() else { break };
                cell.push('\n');
                cell.push_str(line);
                continued += 1;
            }
        }
        used += 1;
    }
    (row.iter().map(|cell| cell_text(cell)).collect(), used)
}

/// Paragraphs indented by a tab look like cells too, but are sentences.
fn is_table(rows: &[Vec<String>]) -> bool {
    let filled = rows.iter().flatten().filter(|cell| !cell.trim().is_empty());
    let prose = filled.clone().filter(|cell| is_prose(cell)).count();
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    prose * 2 < filled.count() && (widest >= 3 || (widest == 2 && rows.len() > 1))
}

fn table(rows: Vec<Vec<String>>) -> Table {
    let rows = with_torn_rows_mended(rows);
    let width = rows.first().map_or(0, Vec::len);
    let exact = width > 1 && rows.iter().all(|row| row.len() == width);
    let headings =
        rows.iter().filter_map(|row| <[String; 1]>::try_from(row.clone()).ok()).flatten().collect();
    Table {
        grid: grid_of_rows(rows, if exact { Columns::Exact } else { Columns::Ordinal }),
        headings,
    }
}

/// An empty paragraph inside a cell reads as the end of the row. A figure that stands alone
/// completes the row above when that is one cell short of the row before it.
fn with_torn_rows_mended(rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let mut mended: Vec<Vec<String>> = Vec::with_capacity(rows.len());
    for row in rows {
        let before = mended.iter().rev().nth(1).map_or(0, Vec::len);
        match (mended.last_mut(), row.as_slice()) {
            (Some(torn), [figure])
                if torn.len() > 1 && torn.len() + 1 == before && starts_with_digit(figure) =>
            {
                torn.extend(row);
            }
            _ => mended.push(row),
        }
    }
    mended
}

fn starts_with_digit(text: &str) -> bool {
    text.trim_start().starts_with(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c))
}
