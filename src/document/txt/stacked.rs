//! One cell a line with nothing to mark it: a table whose cells became paragraphs. Figures in lines of
//! their own, again and again after labels, tell it from prose.
//!
//! A row is a label and the figures after it. Labels before the last one are headers or names of
//! groups: a row each. Where cells are a blank line apart, or several, each further such gap is an
//! empty cell; where there is none, empty cells may have left no trace.

use std::collections::BTreeSet;

use super::super::Columns;
use super::super::assembly::grid_of_rows;
use super::super::characters::UNITS;
use super::{Found, Table, cell_text, has_field, is_blank, is_figure, is_prose, pipes};

/// Longest label, in characters.
const LABEL: usize = 60;
/// No report has more cells; a line is looked at so many times at most.
const MOST_CELLS: usize = 1_000;
/// Labels before the first figure: a table has no more lines of headers.
const HEADERS: usize = 30;
/// Figures a table has at least, and labels followed by figures; or so many figures in a row after
/// as many labels.
const FIGURES: usize = 3;
const LABELLED: usize = 3;
const RUN: usize = 5;
/// Of so many cells that are no units one is a figure, at least.
const FEW: usize = 4;
/// A row has no more cells; more blank lines are no empty cells.
const EMPTY: usize = 15;

/// So many rows numbered one after the other have a column of numbers.
const NUMBERED: usize = 8;

/// Units in traditional characters, beside [`UNITS`].
const TRADITIONAL_UNITS: [&str; 4] = ["條", "項", "個", "萬元"];

/// What may stand between a label and its figure.
fn is_unit(text: &str) -> bool {
    UNITS.contains(&text) || TRADITIONAL_UNITS.contains(&text)
}

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
    let units = cells.iter().filter(|cell| is_unit(cell.text)).count();
    let labelled = cells.windows(2).filter(|p| matches!(p, [a, b] if !a.is_figure && b.is_figure));
    let is_labelled = figures >= FIGURES && labelled.count() >= LABELLED;
    let runs = cells.chunk_by(|a, b| a.is_figure == b.is_figure);
    let is_long = |run: &[Cell<'_>]| run.len() >= RUN;
    let is_headed = runs.collect::<Vec<_>>().windows(2).any(
        |pair| matches!(pair, [labels, figures] if is_long(labels) && is_long(figures) && figures.iter().all(|f| f.is_figure)),
    );
    // A blank cell between others is as good as a figure.
    let usual = usual_gap(&cells);
    let blanks: usize = cells.iter().map(|cell| empty(cell.gap, usual)).sum();
    let is_table = (is_labelled || is_headed) && (figures + blanks) * FEW > cells.len() - units;
    let gap = lines.iter().skip(taken).take_while(|line| is_blank(line)).count();
    // Blank lines at the end of the text part it from nothing.
    let gap = if taken + gap < lines.len() { gap } else { 0 };
    is_table.then(|| Found::Table(table(&cells, gap), taken))
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
        let is_enough = cells.len() >= MOST_CELLS || cells.len() > FEW * figures + HEADERS;
        if (is_figure && cells.is_empty()) || is_enough {
            break;
        }
        let is_cell = is_figure
            || (!pipes::is_row(text)
                && text.chars().count() <= LABEL
                && !is_prose(text)
                && !has_field(text));
        if !is_cell || line.contains('\t') || labels > HEADERS {
            break;
        }
        cells.push((Cell { text, gap: std::mem::take(&mut gap), is_figure }, taken));
    }
    cells
}

/// The table; `after`: blank lines that follow it, some of them blank cells perhaps.
fn table(cells: &[Cell<'_>], after: usize) -> Table {
    let usual = usual_gap(cells);
    let serials = serials(cells);
    let mut has_blanks = false;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| cells.get(i));
        let after_figure = before.is_some_and(|b| b.is_figure);
        let blanks = empty(cell.gap, usual);
        // One before a label may part two rows.
        has_blanks |= blanks > usize::from(!cell.is_figure);
        row.extend(std::iter::repeat_n(String::new(), blanks));
        if serials.contains(&index) {
            rows.push(std::mem::take(&mut row));
        } else if !cell.is_figure {
            // A unit stands between a label and its figure.
            let is_unit = is_unit(cell.text) && !after_figure;
            let figure_next = cells.get(index + 1).is_some_and(|next| next.is_figure);
            let numbered = index.checked_sub(1).is_some_and(|before| serials.contains(&before));
            if !(row.is_empty() || numbered || is_unit && figure_next) {
                rows.push(std::mem::take(&mut row));
            }
        }
        row.push(cell_text(cell.text));
    }
    let trailing = after.saturating_sub(usual) / (usual + 1);
    let columns = if has_blanks { Columns::Ordinal } else { Columns::Filled };
    row.extend(std::iter::repeat_n(String::new(), trailing.min(EMPTY)));
    rows.push(row);
    Table { grid: grid_of_rows(rows, columns), headings: Vec::new() }
}

/// The figures that number the rows: each right before a label, and each one more than the last. Totals may
/// count up too, but stand after the figures of their row, or as its only one.
fn serials(cells: &[Cell<'_>]) -> BTreeSet<usize> {
    let mut numbered = BTreeSet::new();
    let mut next = 1;
    for (index, pair) in cells.windows(2).enumerate() {
        let [figure, label] = pair else { continue };
        if figure.is_figure && !label.is_figure && figure.text.parse() == Ok(next) {
            numbered.insert(index);
            next += 1;
        }
    }
    let before = numbered.first().and_then(|first| cells.get(first.checked_sub(1)?));
    let is_last_of_row = before.is_some_and(|before| before.is_figure);
    let numbers: Vec<usize> = numbered.iter().copied().collect();
    let has_figures = |pair: &&[usize]| match pair {
        [one, other] => {
            cells.get(one + 1..*other).unwrap_or_default().iter().any(|cell| cell.is_figure)
        }
        _ => false,
    };
    let rows = numbers.windows(2).filter(has_figures).count();
    let is_numbering = numbered.len() >= NUMBERED && !is_last_of_row && rows * 2 >= numbered.len();
    if is_numbering { numbered } else { BTreeSet::new() }
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
