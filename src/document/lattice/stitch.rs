//! Tables that go on over pages, made whole.

use super::Item;
use super::frame::{Cell, Fragment};
use super::rules::merged;
use super::text::{Line, joined, starts_with_ordinal};
use crate::document::{Columns, Grid, GridCell};

/// Edges of two parts of one table agree within this.
const SAME_X: f64 = 3.0;
/// Room a cell keeps beside its text, both sides together.
const PADDING: f64 = 13.0;

/// Characters that are left of a clipped text, at least.
const CLIPPED: usize = 8;

/// A thing in the order of the document.
#[derive(Debug)]
pub(super) enum Stitched {
    Line(Line),
    Table(Table),
    /// A picture; its page, if nothing else is on it.
    Picture(Option<u32>),
}

/// A ruled table, from all its pages.
#[derive(Debug)]
pub(super) struct Table {
    cells: Vec<Cell>,
    height: usize,
    left: f64,
    right: f64,
    last_page: u32,
}

/// Joins tables with nothing but a page break between them.
pub(super) fn stitch(items: impl Iterator<Item = Item>) -> Vec<Stitched> {
    let mut stitched: Vec<Stitched> = Vec::new();
    for item in items {
        match item {
            Item::Line(line) => stitched.push(Stitched::Line(line)),
            Item::Picture { page, .. } => stitched.push(Stitched::Picture(page)),
            Item::Table(fragment) => match stitched.last_mut() {
                Some(Stitched::Table(table)) if table.goes_on_in(&fragment) => {
                    table.append(fragment);
                }
                _ => stitched.push(Stitched::Table(Table::of(fragment))),
            },
        }
    }
    stitched
}

impl Table {
    fn of(fragment: Fragment) -> Self {
        Self {
            height: fragment.height,
            left: fragment.left,
            right: fragment.right,
            last_page: fragment.page,
            cells: fragment.cells,
        }
    }

    fn goes_on_in(&self, fragment: &Fragment) -> bool {
        fragment.page == self.last_page + 1
            && (self.left - fragment.left).abs() <= SAME_X
            && (self.right - fragment.right).abs() <= SAME_X
    }

    fn append(&mut self, fragment: Fragment) {
        self.last_page = fragment.page;
        let repeated = self.repeated_rows(&fragment);
        let mut cells: Vec<Cell> =
            fragment.cells.into_iter().filter(|c| c.row >= repeated).collect();
        for cell in &mut cells {
            cell.row -= repeated;
        }
        let mut height = fragment.height - repeated;
        let cut = self.is_row_cut(&cells);
        // A cell merged over rows stands left of a label of the row it goes on in.
        let label = cells
            .iter()
            .filter(|c| c.row == 0 && text(c).chars().any(char::is_alphabetic))
            .map(|c| c.left)
            .fold(f64::NEG_INFINITY, f64::max);
        let mut kept: Vec<Cell> = Vec::new();
        for mut cell in cells {
            match self.twin(&cell) {
                Some(twin) if cut || (cell.left < label && goes_on(twin, &cell)) => {
                    twin.lines.append(&mut cell.lines);
                    twin.row_span += cell.row_span - usize::from(cut);
                }
                _ => {
                    // The part of a cell below the cut is all that is left of its first row.
                    cell.row = (cell.row + self.height) - usize::from(cut);
                    kept.push(cell);
                }
            }
        }
        height -= usize::from(cut);
        self.cells.extend(kept);
        self.height += height;
    }

    /// How many rows of the fragment repeat the table's first rows: its header.
    fn repeated_rows(&self, fragment: &Fragment) -> usize {
        let mut rows = 0;
        while rows < fragment.height.min(self.height) {
            let own = row(&self.cells, rows);
            let other = row(&fragment.cells, rows);
            let words = |c: &&Cell| text(c).chars().any(char::is_alphabetic);
            if other.is_empty() || !other.iter().any(words) || !same_row(&own, &other) {
                break;
            }
            rows += 1;
        }
        // A header ends where all its cells end.
        (0..=rows)
            .rev()
            .find(|end| fragment.cells.iter().all(|c| c.row >= *end || c.row + c.row_span <= *end))
            .unwrap_or(0)
    }

    /// Whether the page break went through a row: all cells of the first row go on cells above,
    /// figures stand on one side of it only, and a label that goes on below filled its line above, or
    /// has all its lines below.
    fn is_row_cut(&mut self, cells: &[Cell]) -> bool {
        let mut pairs: Vec<(Cell, &Cell)> = Vec::new();
        for cell in cells.iter().filter(|c| c.row == 0) {
            let Some(twin) = self.twin(cell) else { return false };
            pairs.push((twin.clone(), cell));
        }
        let figures_above = pairs.iter().any(|(twin, _)| is_figure(twin));
        let figures_below = pairs.iter().any(|(_, cell)| is_figure(cell));
        // Figures under words are a row of their own under its header.
        let under_words = |(twin, cell): &(Cell, &Cell)| is_figure(cell) && !twin.lines.is_empty();
        if pairs.is_empty() || (figures_above && figures_below) || pairs.iter().any(under_words) {
            return false;
        }
        let below = |(_, cell): &&(Cell, &Cell)| !cell.lines.is_empty() && !is_figure(cell);
        // What says the same again (a unit, the name of a group) begins a row.
        if pairs.iter().filter(below).any(|(twin, cell)| text(twin) == text(cell)) {
            return false;
        }
        let mut labels =
            pairs.iter().filter(below).filter(|(twin, _)| twin.row_span == 1).peekable();
        if labels.peek().is_none() {
            // No label below: its values, or nothing at all.
            return pairs.iter().any(|(twin, _)| !twin.lines.is_empty());
        }
        // Figures without a label above, a label without figures below: its middle came below.
        let all_below = |twin: &Cell| figures_above && twin.lines.is_empty();
        labels.all(|(twin, cell)| {
            all_below(twin) || (is_full(twin) && !starts_with_ordinal(&text(cell)))
        })
    }

    /// The cell of the last row right above a cell of the first row of the next page.
    fn twin(&mut self, cell: &Cell) -> Option<&mut Cell> {
        let height = self.height;
        self.cells.iter_mut().find(|c| {
            cell.row == 0
                && c.row + c.row_span == height
                && (c.left - cell.left).abs() <= SAME_X
                && (c.right - cell.right).abs() <= SAME_X
        })
    }

    /// The table as a grid, columns matched by position.
    pub(super) fn into_grid(self) -> Grid {
        let edges = merged(self.cells.iter().flat_map(|c| [c.left, c.right]).collect(), SAME_X);
        let column = |x: f64| {
            let after = edges.partition_point(|edge| *edge < x - SAME_X);
            after.min(edges.len().saturating_sub(1))
        };
        let mut cells: Vec<GridCell> = self
            .cells
            .iter()
            .map(|cell| GridCell {
                row: cell.row,
                column: column(cell.left),
                row_span: cell.row_span.max(1),
                column_span: column(cell.right).saturating_sub(column(cell.left)).max(1),
                text: text(cell),
                page: Some(cell.page),
                doubtful: cell.lines.iter().any(Line::is_doubtful),
            })
            .collect();
        cells.sort_by_key(|c| (c.row, c.column));
        Grid { columns: Columns::Exact, cells }
    }
}

fn text(cell: &Cell) -> String {
    if is_broken_number(cell) {
        return cell.lines.iter().map(Line::text).collect();
    }
    joined(&cell.lines)
}

/// Whether lines of digits are one number too long for its narrow cell: each but the last has as
/// many digits as there is room for.
pub(super) fn is_broken_number(cell: &Cell) -> bool {
    let Some((last, full)) = cell.lines.split_last() else { return false };
    let digits = |line: &Line| {
        let text = line.text();
        let is_part = |c: char| c.is_numeric() || ",，.．".contains(c);
        text.chars().all(is_part).then(|| text.chars().count())
    };
    let Some(room) = full.first().and_then(digits) else { return false };
    let is_full = |line: &Line| {
        let width = line.right() - line.left();
        let one = width / f64::from(u32::try_from(room).unwrap_or(u32::MAX));
        digits(line) == Some(room) && cell.right - cell.left - width < one + PADDING
    };
    full.iter().all(is_full) && digits(last).is_some_and(|rest| rest <= room)
}

fn is_figure(cell: &Cell) -> bool {
    !cell.lines.is_empty() && !text(cell).chars().any(char::is_alphabetic)
}

fn row(cells: &[Cell], row: usize) -> Vec<&Cell> {
    cells.iter().filter(|c| c.row == row).collect()
}

fn same_row(a: &[&Cell], b: &[&Cell]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            (a.left - b.left).abs() <= SAME_X
                && (a.right - b.right).abs() <= SAME_X
                && is_same_or_clipped(&text(a), &text(b))
        })
}

/// A header repeated on another page may lack the end of a text it had no room for.
fn is_same_or_clipped(whole: &str, repeated: &str) -> bool {
    whole == repeated || (repeated.chars().count() >= CLIPPED && whole.starts_with(repeated))
}

/// Whether a cell merged over rows goes on below the page break.
fn goes_on(above: &Cell, below: &Cell) -> bool {
    let merged = above.row_span > 1 || below.row_span > 1;
    let rest = text(below);
    let figure_below_label = is_figure(below) && !is_figure(above);
    let is_rest = !starts_with_ordinal(&rest) && is_full(above) && !figure_below_label;
    merged && (rest.is_empty() || is_rest)
}

/// Whether the last line of a cell was as long as its width allows.
fn is_full(cell: &Cell) -> bool {
    cell.lines.last().is_some_and(|line| {
        line.right() - line.left() + line.size + PADDING >= cell.right - cell.left
    })
}
