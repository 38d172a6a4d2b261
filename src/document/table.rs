//! Cells of a table come to their places, and a table becomes a grid or, where it only frames
//! other content, dissolves.
//!
//! A place follows from the row alone: places left out before it (`w:gridBefore`), then spans.
//! A grid declared beside the rows is not asked; programs write it carelessly and Word does without. A cell merged
//! upwards extends the one above it that starts in the same column; one that finds none, or a wider
//! one that would cover its neighbour, stays a cell of its own. So cells never overlap.

use std::collections::BTreeMap;

use super::flow::{Flow, Piece};
use super::{Block, Columns, Grid, GridCell, ILLEGIBLE, Limits, Refusal};

/// A table that holds another and no more non-empty cells than this besides is a frame.
const FRAME_CELLS: usize = 6;

/// A row as read, before its cells have places.
#[derive(Default)]
pub(super) struct Row {
    /// Columns left out before the first cell.
    pub(super) before: usize,
    /// Deleted under change tracking, or hidden.
    pub(super) gone: bool,
    pub(super) cells: Vec<Cell>,
}

/// A cell as read.
#[derive(Default)]
pub(super) struct Cell {
    /// Columns covered (`w:gridSpan`), at least 1.
    pub(super) span: usize,
    /// Merged with cells to its left (`w:hMerge`).
    pub(super) leftward: Merge,
    /// Merged with cells above it (`w:vMerge`).
    pub(super) upward: Merge,
    /// Deleted under change tracking.
    pub(super) gone: bool,
    pub(super) flow: Flow,
}

/// How a cell takes part in a merge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Merge {
    /// Not at all.
    #[default]
    None,
    /// It is the first.
    Restart,
    /// It continues the one before; its content is not shown.
    Continue,
}

/// A table under way.
pub(super) struct Table<'a> {
    limits: &'a Limits,
    height: usize,
    /// Places covered so far.
    area: usize,
    cells: Vec<Placed>,
    /// By first column: the cell last placed there that may be extended downwards.
    open: BTreeMap<usize, usize>,
}

struct Placed {
    cell: GridCell,
    flow: Flow,
}

impl<'a> Table<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, height: 0, area: 0, cells: Vec::new(), open: BTreeMap::new() }
    }

    /// Adds a row below the others. A row without cells leaves no trace.
    pub(super) fn push(&mut self, row: Row) -> Result<(), Refusal> {
        if row.gone || row.cells.is_empty() {
            return Ok(());
        }
        let mut column = row.before;
        for cell in joined_leftward(row.cells) {
            let span = cell.span;
            let end = column.checked_add(span).filter(|&end| end <= self.limits.columns);
            let Some(end) = end else {
                let columns = self.limits.columns;
                return Err(Refusal::TooLarge(format!("a table of more than {columns} columns")));
            };
            self.place(column, span, cell)?;
            column = end;
        }
        self.height += 1;
        Ok(())
    }

    fn place(&mut self, column: usize, span: usize, cell: Cell) -> Result<(), Refusal> {
        if cell.upward == Merge::Continue && self.extend(column, span) {
            return self.covered(span);
        }
        if cell.upward == Merge::None {
            self.open.remove(&column);
        } else {
            self.open.insert(column, self.cells.len());
        }
        let place = GridCell {
            row: self.height,
            column,
            row_span: 1,
            column_span: span,
            ..GridCell::default()
        };
        self.cells.push(Placed { cell: place, flow: cell.flow });
        self.covered(span)
    }

    /// Extends the cell above into the row under way, if there is one that may.
    fn extend(&mut self, column: usize, span: usize) -> bool {
        let above = self.open.get(&column).and_then(|&index| self.cells.get_mut(index));
        match above {
            Some(Placed { cell, .. })
                if cell.row + cell.row_span == self.height && cell.column_span <= span =>
            {
                cell.row_span += 1;
                true
            }
            _ => false,
        }
    }

    fn covered(&mut self, places: usize) -> Result<(), Refusal> {
        self.area += places;
        if self.area > self.limits.table_cells {
            let cells = self.limits.table_cells;
            return Err(Refusal::TooLarge(format!("a table of more than {cells} cells")));
        }
        Ok(())
    }

    /// Puts the table into `flow`: as a grid, what its cells hold besides text after it; or, if it
    /// is a frame, only what it holds.
    pub(super) fn finish(self, flow: &mut Flow) {
        if self.cells.is_empty() {
            return;
        }
        if self.is_frame() {
            flow.pieces.extend(self.cells.into_iter().flat_map(|placed| placed.flow.pieces));
            return;
        }
        let mut beside = Vec::new();
        let cells = self
            .cells
            .into_iter()
            .map(|placed| {
                let (text, doubtful) = own_text(placed.flow, &mut beside);
                GridCell { text, doubtful, ..placed.cell }
            })
            .collect();
        flow.pieces.push(Piece::Beside(Block::Grid(Grid { columns: Columns::Exact, cells })));
        flow.pieces.extend(beside);
    }

    /// A single cell frames whatever it holds. A table around other tables is a frame if it says
    /// next to nothing itself.
    fn is_frame(&self) -> bool {
        let holds_table = |placed: &Placed| {
            placed.flow.pieces.iter().any(|p| matches!(p, Piece::Beside(Block::Grid(_))))
        };
        let says_something =
            |placed: &Placed| placed.flow.pieces.iter().any(|p| matches!(p, Piece::Own(_)));
        self.cells.len() == 1
            || (self.cells.iter().any(holds_table)
                && self.cells.iter().filter(|placed| says_something(placed)).count() <= FRAME_CELLS)
    }
}

/// Cells merged to the left become one, with the text of the first.
fn joined_leftward(cells: Vec<Cell>) -> Vec<Cell> {
    let mut joined: Vec<Cell> = Vec::with_capacity(cells.len());
    for cell in cells {
        match joined.last_mut() {
            Some(first) if cell.leftward == Merge::Continue && first.leftward != Merge::None => {
                first.span = first.span.saturating_add(cell.span);
            }
            _ => joined.push(cell),
        }
    }
    joined
}

/// The paragraphs of a cell as one text; everything else goes `beside` the table. A cell that holds
/// text boxes or pictures and nothing else says what they say, or they float elsewhere: doubtful, as is
/// one that holds only what the file does not say.
fn own_text(flow: Flow, beside: &mut Vec<Piece>) -> (String, bool) {
    let is_silent = !flow.pieces.iter().any(|piece| matches!(piece, Piece::Own(_)));
    let mut texts = Vec::new();
    let mut is_unread = false;
    for piece in flow.pieces {
        match piece {
            Piece::Own(text) => texts.push(text),
            Piece::Beside(Block::Paragraph(boxed)) if is_silent => texts.push(boxed.text),
            Piece::Beside(block) => {
                is_unread |= match &block {
                    Block::Grid(inner) => inner.cells.iter().any(|cell| !cell.text.is_empty()),
                    _ => matches!(block, Block::Picture { .. }),
                };
                beside.push(Piece::Beside(block));
            }
            Piece::Unread => is_unread = true,
        }
    }
    if is_silent && is_unread && texts.is_empty() {
        texts.push(ILLEGIBLE.to_string());
    }
    let doubtful = is_silent && !texts.is_empty();
    (texts.join("\n"), doubtful)
}
