//! One cell a line with nothing to mark it: a table whose cells became paragraphs. Figures in lines of
//! their own, again and again after labels, tell it from prose.
//!
//! A row is a label and the figures after it. Labels before the last one are headers or names of
//! groups: a row each. Where cells are a blank line apart, or several, each further such gap is an
//! empty cell.

use super::super::Columns;
use super::super::assembly::grid_of_rows;
use super::{Found, Table, cell_text, has_field, is_blank, is_figure, is_prose};

/// Longest label, in characters.
const LABEL: usize = 60;
/// Labels before the first figure: a table has no more lines of headers.
const HEADERS: usize = 30;
/// Figures a table has at least, and labels followed by figures.
const FIGURES: usize = 6;
const LABELLED: usize = 3;
/// Of so many cells one is a figure, at least.
const FEW: usize = 3;
/// A row has no more cells; more blank lines are no empty cells.
const EMPTY: usize = 15;

/// What may stand between a label and its figure: units as tables print them.
const UNITS: [&str; 17] = [
    "件", "条", "项", "个", "次", "篇", "份", "册", "期", "宗", "起", "例", "人", "人次", "元",
    "万元", "亿元",
];

/// A cell and the blank lines before it.
struct Cell<'t> {
    text: &'t str,
    gap: usize,
    is_figure: bool,
}

/// Takes the table that begins at the first line, if one does.
pub(super) fn take(lines: &[&str]) -> Option<Found> {
    let mut cells = cells(lines);
    let last = cells.iter().rposition(|(cell, _)| cell.is_figure)?;
    let (_, taken) = cells.get(last)?;
    let taken = *taken;
    cells.truncate(last + 1);
    let cells: Vec<Cell<'_>> = cells.into_iter().map(|(cell, _)| cell).collect();
    let figures = cells.iter().filter(|cell| cell.is_figure).count();
    let labelled = cells.windows(2).filter(|p| matches!(p, [a, b] if !a.is_figure && b.is_figure));
    let is_table =
        figures >= FIGURES && labelled.count() >= LABELLED && figures * FEW > cells.len();
    is_table.then(|| Found::Table(table(&cells), taken))
}

/// The lines that may be cells from the first on, each with the number of lines to its end.
fn cells<'t>(lines: &[&'t str]) -> Vec<(Cell<'t>, usize)> {
    let mut cells = Vec::new();
    let (mut gap, mut labels, mut figures) = (0, 0, 0);
    for (taken, line) in (1..).zip(lines) {
        if is_blank(line) {
            gap += 1;
            continue;
        }
        let text = line.trim();
        let is_figure = is_figure(text);
        labels = if is_figure { 0 } else { labels + 1 };
        figures += usize::from(is_figure);
        // A figure first has no label, and too few figures make no table: no need to look further.
        if (is_figure && cells.is_empty()) || cells.len() > FEW * figures + HEADERS {
            break;
        }
        let is_cell =
            is_figure || (text.chars().count() <= LABEL && !is_prose(text) && !has_field(text));
        if !is_cell || line.contains('\t') || labels > HEADERS {
            break;
        }
        cells.push((Cell { text, gap: std::mem::take(&mut gap), is_figure }, taken));
    }
    cells
}

fn table(cells: &[Cell<'_>]) -> Table {
    let usual = usual_gap(cells);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| cells.get(i));
        let after_figure = before.is_some_and(|b| b.is_figure);
        row.extend(std::iter::repeat_n(String::new(), empty(cell.gap, usual)));
        if !cell.is_figure {
            // A unit stands between a label and its figure.
            let is_unit = UNITS.contains(&cell.text) && !after_figure;
            let figure_next = cells.get(index + 1).is_some_and(|next| next.is_figure);
            if !(row.is_empty() || is_unit && figure_next) {
                rows.push(std::mem::take(&mut row));
            }
        }
        row.push(cell_text(cell.text));
    }
    rows.push(row);
    Table { grid: grid_of_rows(rows, Columns::Ordinal), headings: Vec::new() }
}

/// Blank lines between two cells, most of the time.
fn usual_gap(cells: &[Cell<'_>]) -> usize {
    let count = |gap: usize| cells.iter().skip(1).filter(|cell| cell.gap == gap).count();
    (0..=3).rev().max_by_key(|gap| count(*gap)).unwrap_or(0)
}

fn empty(gap: usize, usual: usize) -> usize {
    let more = gap.saturating_sub(usual);
    if more.is_multiple_of(usual + 1) && more / (usual + 1) <= EMPTY {
        more / (usual + 1)
    } else {
        0
    }
}
