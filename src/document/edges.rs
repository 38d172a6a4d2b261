//! Tables of formats that say where each cell ends instead of which columns it covers (Word 97, RTF).
//!
//! Rows are laid out independently, and programs round each edge by itself: what is one column on
//! the page ends some twips apart in different rows. Edges nearer than [`TOLERANCE`] are one.

use super::flow::Flow;
use super::table::{Cell, Merge, Row, Table};
use super::{Limits, Refusal};

/// Twips (a twentieth of a point); a millimetre is 57. No column is as narrow as this.
const TOLERANCE: i32 = 60;

/// A row: where it begins, and its cells.
#[derive(Default)]
pub(super) struct EdgeRow {
    pub(super) left: i32,
    /// Deleted under change tracking, or hidden.
    pub(super) gone: bool,
    pub(super) cells: Vec<EdgeCell>,
}

/// A cell: where it ends.
#[derive(Default)]
pub(super) struct EdgeCell {
    /// `None` where the file does not say.
    pub(super) right: Option<i32>,
    pub(super) leftward: Merge,
    pub(super) upward: Merge,
    pub(super) flow: Flow,
}

/// Puts the rows of one table into `flow`.
pub(super) fn place(rows: Vec<EdgeRow>, limits: &Limits, flow: &mut Flow) -> Result<(), Refusal> {
    let edges = edges(&rows);
    let column_of = |edge: i32| edges.partition_point(|&first| first <= edge).saturating_sub(1);
    let mut table = Table::new(limits);
    for row in rows {
        let before =
            if row.cells.iter().any(|cell| cell.right.is_some()) { column_of(row.left) } else { 0 };
        let mut column = before;
        let mut cells = Vec::with_capacity(row.cells.len());
        for cell in row.cells {
            let end = cell.right.map_or(0, column_of).max(column + 1);
            cells.push(Cell {
                span: end - column,
                leftward: cell.leftward,
                upward: cell.upward,
                gone: false,
                flow: cell.flow,
            });
            column = end;
        }
        table.push(Row { before, gone: row.gone, cells })?;
    }
    table.finish(flow);
    Ok(())
}

/// The first of each bundle of edges, in order.
fn edges(rows: &[EdgeRow]) -> Vec<i32> {
    let shown = rows.iter().filter(|row| !row.gone);
    let mut all: Vec<i32> = shown
        .flat_map(|row| {
            let rights = row.cells.iter().filter_map(|cell| cell.right);
            rights.chain((!row.cells.is_empty()).then_some(row.left))
        })
        .collect();
    all.sort_unstable();
    let mut firsts: Vec<i32> = Vec::new();
    for edge in all {
        if firsts.last().is_none_or(|&first| edge.saturating_sub(first) > TOLERANCE) {
            firsts.push(edge);
        }
    }
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Block;
    use crate::document::flow::Piece;

    fn row(left: i32, rights: &[i32]) -> EdgeRow {
        let cells = rights
            .iter()
            .map(|&right| EdgeCell { right: Some(right), ..EdgeCell::default() })
            .collect();
        EdgeRow { left, gone: false, cells }
    }

    fn spans(rows: Vec<EdgeRow>) -> Vec<(usize, usize, usize)> {
        let mut flow = Flow::default();
        place(rows, &Limits::default(), &mut flow).unwrap();
        match flow.pieces.pop() {
            Some(Piece::Beside(Block::Grid(grid))) => {
                grid.cells.iter().map(|c| (c.row, c.column, c.column_span)).collect()
            }
            _ => panic!("no table"),
        }
    }

    #[test]
    fn edges_a_few_twips_apart_make_no_column() {
        let rows = vec![row(-108, &[1000, 2010, 3000]), row(-100, &[2000, 2995])];
        assert_eq!(spans(rows), [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 2), (1, 2, 1)]);
    }

    #[test]
    fn a_row_that_begins_further_right_keeps_its_columns() {
        let rows = vec![row(0, &[1000, 2000, 3000]), row(1000, &[2000, 3000])];
        assert_eq!(spans(rows), [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 1, 1), (1, 2, 1)]);
    }

    #[test]
    fn cells_without_width_still_get_places_of_their_own() {
        assert_eq!(spans(vec![row(0, &[500, 500, 500])]), [(0, 0, 1), (0, 1, 1), (0, 2, 1)]);
    }
}
