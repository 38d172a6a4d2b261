//! The rows of all tables of a document, one after the other, with what comparing needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::normalise::{Label, trim};
use super::number;
use crate::document::{Block, Columns, Document, Grid, GridCell, Source, readings};
use crate::form::labels::{Compared, Labels, Likeness};
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
    /// Its text compared with the labels of the forms; `None`: it is not wordy.
    compared: Option<Arc<Compared>>,
}

impl LineCell<'_> {
    /// Whether it is neither number nor blank nor placeholder, and has a letter in it.
    pub(super) fn is_wordy(&self) -> bool {
        self.compared.is_some()
    }

    /// How like it is to labels of the forms; to none, where it is not wordy.
    pub(super) fn likeness(&self) -> &Likeness {
        static NONE: Likeness = Likeness::NONE;
        self.compared.as_ref().map_or(&NONE, |compared| &compared.likeness)
    }

    /// Its letters; empty where it is not wordy.
    pub(super) fn letters(&self) -> &str {
        self.compared.as_ref().map_or("", |compared| &compared.label.body)
    }

    /// Whether it is the same label as another text.
    pub(super) fn is_label(&self, text: &str) -> bool {
        self.compared.as_ref().is_some_and(|own| own.label == Label::of(text))
    }

    /// The row of its table after the last one it covers.
    pub(super) fn end(&self) -> usize {
        self.cell.row.saturating_add(self.cell.row_span)
    }

    /// Whether it holds a figure, or what stands for one.
    pub(super) fn is_figure(&self) -> bool {
        !self.is_wordy() && !self.is_blank()
    }

    /// Whether nothing is printed in it.
    pub(super) fn is_blank(&self) -> bool {
        trim(&self.cell.text).is_empty()
    }
}

impl Line<'_> {
    /// Whether any cell after `label` (or any at all) may be a value.
    pub(super) fn has_values_after(&self, label: Option<usize>) -> bool {
        self.cells.iter().skip(label.map_or(0, |l| l + 1)).any(|c| !c.is_wordy())
    }

    /// Whether it has anything that is no word: a line of headers has nothing.
    pub(super) fn has_figures(&self) -> bool {
        self.cells.iter().any(LineCell::is_figure)
    }

    /// The texts joined, for looking for fingerprints.
    pub(super) fn text(&self) -> String {
        self.cells.iter().map(LineCell::letters).collect()
    }
}

/// No report has more table rows, and laying costs time for each; rows after that are left out.
pub(super) const MOST_LINES: usize = 1_500;
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
                let units = match document.source {
                    Source::Ocr => columns_of_units(grid),
                    Source::Text => BTreeSet::new(),
                };
                let is_unit_misread = |c: &&GridCell| {
                    c.doubtful && units.contains(&c.column) && !number::is_unit(&c.text)
                };
                let mut cells: Vec<&GridCell> =
                    grid.cells.iter().filter(|c| !is_unit_misread(c)).collect();
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

/// The columns of a table on a scan that hold units: of what was not surely read in one, nothing is a value.
/// 件 is easily taken for 14.
fn columns_of_units(grid: &Grid) -> BTreeSet<usize> {
    /// So many show a column of units, if no figure is among them.
    const ENOUGH: usize = 4;
    let mut units: BTreeMap<usize, usize> = BTreeMap::new();
    for cell in grid.cells.iter().filter(|cell| number::is_unit(&cell.text)) {
        *units.entry(cell.column).or_default() += 1;
    }
    let has_figure = |column: usize| {
        let mut own = grid.cells.iter().filter(|cell| cell.column == column && !cell.doubtful);
        own.any(|cell| matches!(number::read(&cell.text, true, None).0, CellValue::Number(_)))
    };
    let of_units =
        units.into_iter().filter(|(column, count)| *count >= ENOUGH && !has_figure(*column));
    of_units.map(|(column, _)| column).collect()
}

fn line_cell<'d>(cell: &'d GridCell, labels: &Labels) -> LineCell<'d> {
    // The word between two readings of a figure is no letter of its text.
    let is_figure = |reading: &&str| !reading.chars().any(char::is_alphabetic);
    let figures = if cell.doubtful { readings(&cell.text) } else { Vec::new() };
    let is_misread_figure = !figures.is_empty() && figures.iter().all(is_figure);
    let wordy = !is_misread_figure && is_wordy(&cell.text);
    let end = cell.text.char_indices().nth(MOST_LABEL_CHARS).map_or(cell.text.len(), |(at, _)| at);
    let compared = wordy.then(|| labels.compare(cell.text.get(..end).unwrap_or_default()));
    LineCell { cell, compared }
}

/// Whether a text is neither number nor blank nor placeholder, and has a letter in it.
pub(super) fn is_wordy(text: &str) -> bool {
    trim(text).chars().any(char::is_alphabetic) && is_text(text)
}

/// Whether a text is neither number nor blank nor placeholder.
pub(super) fn is_text(text: &str) -> bool {
    matches!(number::read(text, true, None).0, CellValue::Text(_))
}
