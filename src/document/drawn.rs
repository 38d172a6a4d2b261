//! Blocks as lines, for tests.

use super::{Block, Grid};

/// A paragraph's text, a table drawn in brackets, `<picture>`.
pub(super) fn shown(blocks: &[Block]) -> Vec<String> {
    let line = |block: &Block| match block {
        Block::Paragraph(paragraph) => paragraph.text.clone(),
        Block::Grid(grid) => format!("[{}]", drawn(grid)),
        Block::Picture { .. } => "<picture>".into(),
    };
    blocks.iter().map(line).collect()
}

/// `row.column+rowspan×columnspan=text`, spans of one left out.
pub(super) fn drawn(grid: &Grid) -> String {
    let cells = grid.cells.iter().map(|cell| {
        let (rows, columns) = (cell.row_span, cell.column_span);
        let spans =
            if (rows, columns) == (1, 1) { String::new() } else { format!("+{rows}×{columns}") };
        format!("{}.{}{spans}={}", cell.row, cell.column, cell.text)
    });
    cells.collect::<Vec<_>>().join(" ")
}
