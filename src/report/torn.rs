//! Labels that a line break has torn: plain text makes a row of each of their lines, the last one with what
//! follows the label. They are put together where that makes a label of the forms of them.

use std::borrow::Cow;

use super::lines::{MOST_LINES, is_text, is_wordy};
use crate::document::{Block, Columns, Document, Grid, GridCell};
use crate::form::labels::{Labels, SAME};

/// Lines of a label at most.
const MOST_PIECES: usize = 12;
/// Longest label, in characters.
const LONGEST: usize = 100;

/// The document with the torn labels of its plain text put together.
pub(super) fn mended<'d>(document: &'d Document, labels: &Labels) -> Cow<'d, Document> {
    let mut mended = Cow::Borrowed(document);
    let mut rows = 0;
    for (number, block) in document.blocks.iter().enumerate() {
        let Block::Grid(grid) = block else { continue };
        rows += grid.height();
        if rows > MOST_LINES {
            break;
        }
        if let Some(whole) = whole(grid, labels)
            && let Some(place) = mended.to_mut().blocks.get_mut(number)
        {
            *place = Block::Grid(whole);
        }
    }
    mended
}

/// The grid with torn labels put together, if it has any.
fn whole(grid: &Grid, labels: &Labels) -> Option<Grid> {
    let is_plain = |cell: &GridCell| cell.row_span == 1 && cell.column_span == 1;
    if grid.columns == Columns::Exact || !grid.cells.iter().all(is_plain) {
        return None;
    }
    let mut cells = grid.cells.clone();
    cells.sort_by_key(|cell| (cell.row, cell.column));
    let mut left: Vec<Vec<GridCell>> =
        cells.chunk_by(|a, b| a.row == b.row).map(<[GridCell]>::to_vec).rev().collect();
    let all = left.len();
    let mut rows: Vec<Vec<GridCell>> = Vec::with_capacity(all);
    while let Some(mut row) = left.pop() {
        while let Some((text, pieces)) = label_torn(&row, &left, labels) {
            let from = left.len() - pieces;
            if let Some(cell) = row.last_mut() {
                cell.text = text;
            }
            let rest = left.drain(from..).next().unwrap_or_default();
            let goes_on = rest.len() > 1;
            row.extend(rest.into_iter().skip(1));
            if !goes_on {
                break;
            }
        }
        rows.push(row);
    }
    (rows.len() < all).then(|| Grid { columns: grid.columns, cells: placed(rows) })
}

/// The label that the end of a row and the beginnings of so many rows after it are together; `left`: the
/// rows after it, the next one last.
fn label_torn(
    row: &[GridCell],
    left: &[Vec<GridCell>],
    labels: &Labels,
) -> Option<(String, usize)> {
    let likeness = |text: &str| labels.compare(text).likeness.most();
    let mut text = row.last().filter(|cell| is_wordy(&cell.text))?.text.clone();
    let mut best = (SAME.max(likeness(&text)), None);
    for (pieces, next) in (1..MOST_PIECES).zip(left.iter().rev()) {
        let Some(piece) = next.first().filter(|cell| is_text(&cell.text)) else { break };
        text.push_str(&piece.text);
        if text.chars().count() > LONGEST {
            break;
        }
        let whole = likeness(&text);
        if whole >= best.0 && whole > likeness(&piece.text) {
            best = (whole, Some((text.clone(), pieces)));
        }
        if next.len() > 1 {
            break;
        }
    }
    best.1
}

/// The cells of rows, numbered anew.
fn placed(rows: Vec<Vec<GridCell>>) -> Vec<GridCell> {
    let cells = rows.into_iter().enumerate().flat_map(|(row, cells)| {
        let place = move |(column, cell)| GridCell { row, column, ..cell };
        cells.into_iter().enumerate().map(place)
    });
    cells.collect()
}
