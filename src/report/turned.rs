//! Tables turned on their side: what the form has as rows stands side by side, each column of the form in a
//! row of its own. They are turned back, so that everything after this sees the table as the form has it.
//!
//! Where the grid is known it is turned as it is. In plain text a row must have just as many values as
//! labels were read before it; else nothing tells which is whose, and the table is left alone.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::{Line, LineCell, is_wordy};
use crate::document::{Block, Columns, Document, Grid, GridCell, grid_of_rows};
use crate::form::labels::{LabelId, Labels, SAME, TableLabels};

/// The document with its turned tables turned back; `None`: it has none. `lines`: its rows, compared with
/// the labels of the forms.
pub(super) fn back(document: &Document, lines: &[Line<'_>], labels: &Labels) -> Option<Document> {
    let mut number = 0;
    let mut turned: BTreeMap<usize, Vec<Grid>> = BTreeMap::new();
    let mut own = lines.chunk_by(|a, b| a.grid == b.grid).peekable();
    for (place, block) in document.blocks.iter().enumerate() {
        let Block::Grid(grid) = block else { continue };
        number += 1;
        let Some(lines) = own.next_if(|lines| lines.first().is_some_and(|l| l.grid == number))
        else {
            continue;
        };
        if let Some(grids) = turned_back(grid, lines, labels) {
            turned.insert(place, grids);
        }
    }
    if turned.is_empty() {
        return None;
    }
    let blocks =
        document.blocks.iter().enumerate().flat_map(|(place, block)| match turned.remove(&place) {
            Some(grids) => grids.into_iter().map(Block::Grid).collect(),
            None => vec![block.clone()],
        });
    let blocks = blocks.collect();
    Some(Document { blocks, meta: document.meta.clone(), ..*document })
}

/// The table turned back; of plain text with what stands before and after it in one run of lines.
fn turned_back(grid: &Grid, lines: &[Line<'_>], labels: &Labels) -> Option<Vec<Grid>> {
    let cells = lines.iter().flat_map(|line| &line.cells);
    let words: Vec<&LineCell<'_>> = cells.filter(|cell| cell.is_wordy()).collect();
    labels.tables().filter(|table| table.columns.len() > 1).find_map(|table| {
        let columns = named(&words, &table.columns);
        let half = |found: usize, of: &[Vec<LabelId>]| found >= MOST && found * 2 > of.len();
        if !half(columns.len(), &table.columns) {
            return None;
        }
        let rows = named(&words, &table.rows);
        if !half(rows.len(), &table.rows) {
            return None;
        }
        match grid.columns {
            Columns::Exact => is_turned(&rows, &columns).then(|| vec![transposed(grid)]),
            Columns::Ordinal | Columns::Filled => of_values(grid, &words, table),
        }
    })
}

/// So many rows and columns must be named at least.
const MOST: usize = 4;

/// The cells that name one of these, each label once: the first.
fn named<'g>(words: &[&LineCell<'g>], of: &[Vec<LabelId>]) -> Vec<&'g GridCell> {
    let first = |labels: &Vec<LabelId>| {
        words.iter().find(|word| word.likeness().best(labels) >= SAME).map(|word| word.cell)
    };
    of.iter().filter_map(first).collect()
}

/// Whether most rows of the form stand side by side, and most of its columns below each other.
fn is_turned(rows: &[&GridCell], columns: &[&GridCell]) -> bool {
    let distinct = |cells: &[&GridCell], place: fn(&GridCell) -> usize| {
        cells.iter().map(|cell| place(cell)).collect::<BTreeSet<usize>>().len()
    };
    let across = |cells: &[&GridCell]| distinct(cells, |cell| cell.column) * 4 > cells.len() * 3;
    let down = |cells: &[&GridCell]| distinct(cells, |cell| cell.row) * 4 > cells.len() * 3;
    across(rows) && !down(rows) && down(columns) && !across(columns)
}

fn transposed(grid: &Grid) -> Grid {
    let mut cells: Vec<GridCell> = grid.cells.clone();
    for cell in &mut cells {
        std::mem::swap(&mut cell.row, &mut cell.column);
        std::mem::swap(&mut cell.row_span, &mut cell.column_span);
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    Grid { columns: grid.columns, cells }
}

/// The table of plain text whose values stand in rows, one for each column of the form, after the labels of
/// the form's rows, each row with as many values as there are labels.
fn of_values(grid: &Grid, words: &[&LineCell<'_>], table: &TableLabels) -> Option<Vec<Grid>> {
    let is_any = |cell: &GridCell, of: &[Vec<LabelId>]| {
        let at = |word: &&LineCell<'_>| (word.cell.row, word.cell.column);
        let word = words.binary_search_by_key(&(cell.row, cell.column), at);
        let word = word.ok().and_then(|word| words.get(word));
        word.is_some_and(|word| of.iter().any(|labels| word.likeness().best(labels) >= SAME))
    };
    let rows: Vec<&[GridCell]> = grid.cells.chunk_by(|a, b| a.row == b.row).collect();
    let is_of_column = |row: &&[GridCell]| match row {
        [label, values @ ..] => {
            is_any(label, &table.columns) && !values.iter().any(|cell| is_wordy(&cell.text))
        }
        [] => false,
    };
    let is_like =
        |a: &&[GridCell], b: &&[GridCell]| a.len() == b.len() && is_of_column(a) == is_of_column(b);
    let runs = rows.chunk_by(is_like).scan(0, |next, run| {
        let from = *next;
        *next += run.len();
        Some((from, run))
    });
    let is_table = |(_, run): &(usize, &[&[GridCell]])| {
        run.len() >= MOST && run.first().is_some_and(|row| row.len() > MOST && is_of_column(row))
    };
    let (from, run) = runs.filter(is_table).last()?;
    let above = rows.get(..from)?.iter().rev();
    let heads = above.take_while(|row| row.iter().all(|cell| is_wordy(&cell.text)));
    let cells = heads.flat_map(|row| row.iter().rev());
    let mut labels: Vec<&GridCell> = cells.filter(|cell| is_any(cell, &table.rows)).collect();
    labels.reverse();
    if run.first()?.len() != labels.len() + 1 {
        return None;
    }
    let part = |cells: Vec<GridCell>| Grid { columns: grid.columns, cells };
    let first = labels.first()?.row;
    let is_before = |row: &&[GridCell]| row.first().is_some_and(|cell| cell.row < first);
    let before = part(rows.get(..rows.partition_point(is_before))?.concat());
    let after = part(rows.get(from + run.len()..)?.concat());
    let parts = [before, turned(&labels, run), after];
    Some(parts.into_iter().filter(|part| !part.cells.is_empty()).collect())
}

/// The table with these labels, and the values of a column in each row.
fn turned(labels: &[&GridCell], columns: &[&[GridCell]]) -> Grid {
    let text = |cell: Option<&GridCell>| cell.map(|cell| cell.text.clone()).unwrap_or_default();
    let row = |number: usize| columns.iter().map(move |column| text(column.get(number)));
    let head = std::iter::once(String::new()).chain(row(0)).collect();
    let rows = (1..).zip(labels).map(|(number, label)| {
        std::iter::once(label.text.clone()).chain(row(number)).collect::<Vec<String>>()
    });
    grid_of_rows(std::iter::once(head).chain(rows).collect(), Columns::Exact)
}
