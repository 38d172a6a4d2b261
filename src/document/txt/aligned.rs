//! Columns made of blanks: every cell begins (or every figure stands) below the one above it, as
//! far as there is room. A Chinese character takes two columns. A label too long for its column
//! pushes the cells after it to the right, one blank apart, until blanks have caught up.
//!
//! A first pass finds the lines of the table, a second the columns from the tokens that were not
//! pushed, a third gives each token its column: by position where it stands free, by order where
//! it was pushed. Blank cells between and after figures come out as empty cells; so do the places
//! of merged labels before a row's first token.

mod columns;
mod tokens;

use super::super::assembly::grid_of_rows;
use super::super::{Columns as Meaning, Grid};
use super::{Found, Numbering, Table, has_field, is_blank, is_prose};
use columns::Columns;
use tokens::{Line, Widths};

/// Empty lines that may stand between two rows.
const GAP: usize = 2;
/// Lines of one token that may stand together between two rows.
const HEADINGS: usize = 3;
/// Rows with one figure one blank after the label that make a table without any wider gap.
const PLAIN_ROWS: usize = 5;
/// Longest line, in bytes, that is looked at.
const LONGEST: usize = 2_000;

/// Takes the table that begins at the first line, if one does.
pub(super) fn take(lines: &[&str], section: Option<u32>) -> Found {
    let region = region(lines, section);
    let found = lines.get(..region).unwrap_or_default();
    if !is_table(found) {
        return Found::NoTable(region.max(1));
    }
    let narrow: Vec<Line> = rows(found, Widths::Narrow);
    let wide: Vec<Line> = rows(found, Widths::Wide);
    // Quotation marks and the like are one column wide in some programs and two in others.
    let (of_narrow, of_wide) = (Columns::of(&narrow), Columns::of(&wide));
    let (rows, columns) =
        if of_wide.misfit() < of_narrow.misfit() { (wide, of_wide) } else { (narrow, of_narrow) };
    Found::Table(table(&rows, &columns), region)
}

/// How many lines from the first belong together: rows, and sub-headings (or rows without any
/// figure) directly between rows. It ends with a row: a line below may be a signature.
fn region(lines: &[&str], section: Option<u32>) -> usize {
    let mut numbering = Numbering::after(section);
    let mut end = 0;
    let mut at = 0;
    let (mut headings, mut gap) = (0, 0);
    let mut has_figures = false;
    while let Some(line) = lines.get(at) {
        at += 1;
        if is_blank(line) {
            gap += 1;
            if gap > GAP || headings > 0 || end == 0 {
                break;
            }
            continue;
        }
        let kind = kind(line);
        let next_section = kind != Kind::Figures && numbering.is_next_section(line);
        has_figures |= kind == Kind::Figures;
        // Lines of headers may stand apart too, above all figures.
        let is_header = kind == Kind::Header && !has_figures;
        let far = gap > 0 && kind != Kind::Figures && !is_header;
        if kind == Kind::Text || next_section || far {
            break;
        }
        if kind == Kind::Heading {
            headings += 1;
            if headings > HEADINGS || end == 0 {
                break;
            }
        } else {
            (headings, end) = (0, at);
        }
        gap = 0;
        numbering.pass(line);
    }
    end
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Several tokens, the last a figure.
    Figures,
    /// Several tokens: a header.
    Header,
    /// One token.
    Heading,
    /// No line of a table.
    Text,
}

fn kind(line: &str) -> Kind {
    if line.len() > LONGEST || line.contains('\t') || is_prose(line) {
        return Kind::Text;
    }
    let tokens = Line::of(line, Widths::Narrow);
    match (tokens.tokens.len(), tokens.figures()) {
        (_, 0) if has_field(line) => Kind::Text,
        (0, _) => Kind::Text,
        (1, 0) => Kind::Heading,
        (1, _) => Kind::Text,
        (_, 0) => Kind::Header,
        _ => Kind::Figures,
    }
}

/// Prose copied from a PDF has blanks too, and lines that happen to end in a figure. A table has
/// several rows of figures set apart by gaps.
fn is_table(lines: &[&str]) -> bool {
    let lines = rows(lines, Widths::Narrow);
    let rows = || lines.iter().filter(|line| line.figures() > 0);
    let set_apart = rows().filter(|line| line.figures() > 1 || line.has_gap()).count();
    let of_many = rows().any(|line| line.figures() > 2);
    set_apart >= 2 || (of_many && lines.len() > 1) || rows().count() >= PLAIN_ROWS
}

fn rows(lines: &[&str], widths: Widths) -> Vec<Line> {
    lines.iter().filter(|line| !is_blank(line)).map(|line| Line::of(line, widths)).collect()
}

fn table(rows: &[Line], columns: &Columns) -> Table {
    let mut exact = !columns.labels_nest() && columns.stray == 0;
    let mut texts = Vec::with_capacity(rows.len());
    let mut headings = Vec::new();
    for row in rows {
        let (cells, sure) = columns.cells(row);
        exact &= sure;
        if let [only] = row.tokens.as_slice() {
            headings.push(only.text.trim().to_owned());
        }
        texts.push(cells);
    }
    let meaning = if exact { Meaning::Exact } else { Meaning::Ordinal };
    let grid: Grid = grid_of_rows(texts, meaning);
    Table { grid, headings }
}
