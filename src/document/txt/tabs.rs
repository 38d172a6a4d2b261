//! One row a line, cells parted by tabs. A line without a tab directly between two rows is a row
//! of one cell (a sub-heading); merged cells leave no trace, so rows are usually of unequal length.

use super::super::Columns;
use super::super::assembly::grid_of_rows;
use super::{Found, Numbering, Table, cell_text, has_field, is_blank, is_prose};

/// Empty lines that may stand between two rows.
const GAP: usize = 2;
/// Lines without tabs that may stand together between two rows: sub-headings, or a torn label.
const HEADINGS: usize = 6;

/// Whether a line has a tab between two cells, not only as indentation.
pub(super) fn is_row(line: &str) -> bool {
    line.trim_start_matches('\t').contains('\t')
}

/// Takes the table that begins at the first line, which is a row.
pub(super) fn take(lines: &[&str], section: Option<u32>) -> Found {
    if lines.first().is_some_and(|line| has_field(line)) {
        return Found::NoTable(1);
    }
    let mut rows: Vec<Vec<&str>> = Vec::new();
    let mut numbering = Numbering::after(section);
    let mut taken = 0;
    loop {
        let width = rows.last().map_or(0, Vec::len);
        let rest = lines.get(taken..).unwrap_or_default();
        let Some((headings, used)) = next_row(rest, width, &numbering) else { break };
        for heading in headings {
            numbering.pass(heading);
            rows.push(vec![heading]);
        }
        let Some(row) = lines.get(taken + used - 1) else { break };
        numbering.pass(row);
        rows.push(row.split('\t').collect());
        taken += used;
    }
    let is_row = |row: &&Vec<&str>| filled(row) > 1 || (row.len() > 2 && filled(row) == 0);
    if rows.iter().filter(is_row).count() < 2 {
        return Found::NoTable(taken.max(1));
    }
    Found::Table(table(rows), taken)
}

/// The lines without tabs before the next row, and the lines used up to and with that row. A line
/// of tabs alone is a row if it has as many cells as the one above it, `width`.
fn next_row<'t>(
    lines: &[&'t str],
    width: usize,
    numbering: &Numbering,
) -> Option<(Vec<&'t str>, usize)> {
    let gap = lines.iter().take_while(|line| is_blank(line)).count();
    let headings: Vec<&str> = lines
        .iter()
        .skip(gap)
        .take(HEADINGS)
        .take_while(|line| is_heading(line) && !numbering.is_next_section(line))
        .copied()
        .collect();
    let used = gap + headings.len() + 1;
    let row = lines.get(used - 1)?;
    let near = gap == 0 || (gap <= GAP && headings.is_empty());
    let tabs = row.matches('\t').count();
    let is_blank_row = tabs > 1 && (tabs > 2 || tabs + 1 == width);
    let begins_blank = row.starts_with('\t') && (!row.trim().is_empty() || is_blank_row);
    (near && (is_row(row) || begins_blank)).then_some((headings, used))
}

fn is_heading(line: &str) -> bool {
    !line.contains('\t') && !is_blank(line) && !is_prose(line)
}

fn filled(row: &[&str]) -> usize {
    row.iter().filter(|cell| !cell.trim().is_empty()).count()
}

fn table(mut rows: Vec<Vec<&str>>) -> Table {
    // A tab after every last cell parts nothing.
    if rows.iter().all(|row| row.len() == 1 || row.last() == Some(&"")) {
        for row in rows.iter_mut().filter(|row| row.len() > 1) {
            row.pop();
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    let exact = width > 1 && rows.iter().all(|row| row.len() == width);
    let headings =
        rows.iter().filter(|row| row.len() == 1).flatten().map(|text| cell_text(text)).collect();
    let rows = rows.iter().map(|row| row.iter().map(|cell| cell_text(cell)).collect()).collect();
    Table {
        grid: grid_of_rows(rows, if exact { Columns::Exact } else { Columns::Ordinal }),
        headings,
    }
}
