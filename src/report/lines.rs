//! The rows of all tables of a document, one after the other, with what comparing needs.

use super::normalise::{Label, trim};
use super::number;
use crate::document::{Block, Columns, Document, GridCell};
use crate::form::labels::{Labels, Likeness};
use crate::report::CellValue;

/// One row of one table of the document.
#[derive(Debug)]
pub(super) struct Line<'d> {
    /// The table, from 1, in document order.
    pub(super) grid: usize,
    /// The row, from 0.
    pub(super) row: usize,
    /// What a column number means in it.
    pub(super) columns: Columns,
    /// The cells that begin in it, by column.
    pub(super) cells: Vec<LineCell<'d>>,
    /// The lines of text between it and the next row: some after the last row of a table.
    pub(super) below: Vec<&'d str>,
}

/// A cell that begins in a row.
#[derive(Debug)]
pub(super) struct LineCell<'d> {
    pub(super) cell: &'d GridCell,
    /// The text split for comparing.
    pub(super) label: Label,
    /// How like it is to labels of the forms; none are looked at where it is not wordy.
    pub(super) likeness: Likeness,
    /// Neither number nor blank nor placeholder, and with a letter in it.
    pub(super) wordy: bool,
}

impl Line<'_> {
    /// Whether any cell after `label` (or any at all) may be a value.
    pub(super) fn has_values_after(&self, label: Option<usize>) -> bool {
        self.cells.iter().skip(label.map_or(0, |l| l + 1)).any(|c| !c.wordy)
    }

    /// The texts joined, for looking for fingerprints.
    pub(super) fn text(&self) -> String {
        self.cells.iter().map(|c| c.label.body.as_str()).collect()
    }
}

/// No report has more table rows, and laying costs time for each; rows after that are left out.
const MOST_LINES: usize = 1_500;
/// Of the text after a table only as much may be rows of it.
const MOST_BELOW: usize = 40;
/// Nobody compares a whole paragraph with a label; what is cut off only makes it less alike.
const MOST_LABEL_CHARS: usize = 100;

/// Every table row of the document, in reading order, compared with the labels of the forms.
pub(super) fn of<'d>(document: &'d Document, labels: &Labels) -> Vec<Line<'d>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut grids = 0;
    for block in &document.blocks {
        match block {
            Block::Grid(grid) => {
                grids += 1;
                let mut cells: Vec<&GridCell> = grid.cells.iter().collect();
                cells.sort_by_key(|c| (c.row, c.column));
                let room = MOST_LINES.saturating_sub(lines.len());
                for row in cells.chunk_by(|a, b| a.row == b.row).take(room) {
                    lines.push(Line {
                        grid: grids,
                        row: row.first().map_or(0, |c| c.row),
                        columns: grid.columns,
                        cells: row.iter().map(|c| line_cell(c, labels)).collect(),
                        below: Vec::new(),
                    });
                }
            }
            Block::Paragraph(paragraph) => {
                if let Some(line) = lines.last_mut().filter(|l| l.below.len() < MOST_BELOW) {
                    line.below.extend(paragraph.text.split('\n'));
                }
            }
            Block::Picture { .. } => {}
        }
    }
    lines
}

fn line_cell<'d>(cell: &'d GridCell, labels: &Labels) -> LineCell<'d> {
    let wordy = trim(&cell.text).chars().any(char::is_alphabetic)
        && matches!(number::read(&cell.text, true, None).0, CellValue::Text(_));
    if !wordy {
        return LineCell { cell, label: Label::default(), likeness: Likeness::default(), wordy };
    }
    let start: String = cell.text.chars().take(MOST_LABEL_CHARS).collect();
    let label = Label::of(&start);
    LineCell { cell, likeness: labels.likeness(&label), label, wordy }
}
