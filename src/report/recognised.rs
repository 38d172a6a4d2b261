//! What is not certain in the tables of a scan, whatever its characters say: a rule that was not found
//! on the image moves a figure into a cell that is not its own, or leaves a cell out.
//!
//! A value is certain only if it has a cell to itself, as tall as its row, beside one label that is surely
//! its row's, and where the column has its cells in most other rows, and if no figure of its row is left over. A blank is certain only
//! if no figure stands above or below it that no row took: a line that is no rule may part the two.

use std::collections::{BTreeMap, BTreeSet};

use super::normalise::trim;
use super::number;
use super::{Cell, CellValue, FoundSection, Report};
use crate::document::{Block, Document, GridCell, doubtful_text};
use crate::form::{CellId, Id};

/// So many cells of a column show where it stands.
const ENOUGH: usize = 3;

/// A row of a table of the document: the table from 1, the row from 1.
type RowAt = (usize, usize);

/// Marks the values of a recognised document that may stand elsewhere, and the tables that are no more
/// than pictures. `unsure`: tables and rows of the form that may be other rows.
pub(super) fn doubt(report: &mut Report, document: &Document, unsure: &BTreeSet<(&Id, Id)>) {
    let found: BTreeSet<usize> = report.tables.iter().flat_map(|t| t.grids.clone()).collect();
    note_unread_tables(&mut report.sections, document, &found);
    let rows = rows(document);
    let mut taken: BTreeMap<RowAt, Vec<usize>> = BTreeMap::new();
    for cell in report.cells.values() {
        taken.entry(at(cell)).or_default().push(cell.place.column);
    }
    let row_of = |cell: &Cell| rows.get(&at(cell)).map(Vec::as_slice).unwrap_or_default();
    let taken_of = |cell: &Cell| taken.get(&at(cell)).map(Vec::as_slice).unwrap_or_default();
    let own = |cell: &Cell| {
        let place = cell.place.column;
        let is_shared = taken_of(cell).iter().filter(|column| **column == place).count() > 1;
        row_of(cell).iter().find(|own| own.column + 1 == place && !is_shared).copied()
    };
    let incomplete: BTreeSet<RowAt> =
        report.cells.values().filter(|cell| own(cell).is_none()).map(at).collect();
    // Where cells were lost, the others were shared out in some way: that shows no column's place.
    let whole = report.cells.iter().filter(|(_, cell)| !incomplete.contains(&at(cell)));
    let usual = usual_columns(whole);
    let seen = |id: &CellId, cell: &Cell| {
        let Some(own) = own(cell) else { return Some(String::new()) };
        let is_tall = row_of(cell).iter().any(|other| other.row_span < own.row_span);
        let is_elsewhere = match usual.get(&(cell.place.table, &*id.table, &*id.column)) {
            Some(usual) => *usual != cell.place.column,
            // Those beside a lost cell may be others than they seem.
            None => incomplete.contains(&at(cell)),
        };
        let is_over = has_more_figures(row_of(cell), taken_of(cell));
        let is_shared = has_taller_label(row_of(cell), taken_of(cell), own);
        let is_parted = cell.value == CellValue::Blank && {
            let (table, row) = at(cell);
            let beside = [row.checked_sub(1), row.checked_add(1)].into_iter().flatten();
            let others = beside.map(|row| (table, row)).filter(|row| !taken.contains_key(row));
            let mut others = others.filter_map(|row| rows.get(&row)).flatten();
            others.any(|other| other.column == own.column && is_figure(&other.text))
        };
        let is_unsure = unsure.contains(&(&id.table, id.row.clone()));
        let may_be_other = is_tall || is_elsewhere || is_over || is_shared || is_parted;
        (may_be_other || is_unsure || is_scrap(cell)).then(|| own.text.clone())
    };
    let doubtful: Vec<(CellId, String)> = report
        .cells
        .iter()
        .filter(|(_, cell)| !cell.doubtful)
        .filter_map(|(id, cell)| Some((id.clone(), seen(id, cell)?)))
        .collect();
    for (id, seen) in doubtful {
        if let Some(cell) = report.cells.get_mut(&id) {
            cell.doubtful = true;
            cell.raw = doubtful_text(&[trim(&seen)]);
            cell.value = CellValue::Text(cell.raw.clone());
        }
    }
}

/// Notes in which sections a table stands that is none of those `found`; before all, in the first.
fn note_unread_tables(sections: &mut [FoundSection], document: &Document, found: &BTreeSet<usize>) {
    let mut headings = sections.iter().map(|section| section.heading.clone()).peekable();
    let mut begun: usize = 0;
    let mut number = 0;
    let mut unread = BTreeSet::new();
    for block in &document.blocks {
        match block {
            Block::Paragraph(paragraph) => {
                for line in paragraph.text.split('\n').map(trim) {
                    begun += usize::from(headings.next_if(|heading| heading == line).is_some());
                }
            }
            Block::Grid(_) => {
                number += 1;
                if !found.contains(&number) {
                    unread.insert(begun.saturating_sub(1));
                }
            }
            Block::Picture { .. } => {}
        }
    }
    drop(headings);
    for (at, section) in sections.iter_mut().enumerate() {
        section.picture |= unread.contains(&at);
    }
}

fn at(cell: &Cell) -> RowAt {
    (cell.place.table, cell.place.row)
}

/// The cells that begin in each row, of all tables.
fn rows(document: &Document) -> BTreeMap<RowAt, Vec<&GridCell>> {
    let grids = document.blocks.iter().filter_map(|block| match block {
        Block::Grid(grid) => Some(grid),
        _ => None,
    });
    let mut rows: BTreeMap<RowAt, Vec<&GridCell>> = BTreeMap::new();
    for (number, grid) in (1..).zip(grids) {
        for cell in &grid.cells {
            rows.entry((number, cell.row + 1)).or_default().push(cell);
        }
    }
    rows
}

/// In which column of a table of the document the values of a column of the form stand, where more than
/// half of these stand in one.
fn usual_columns<'c>(
    cells: impl Iterator<Item = (&'c CellId, &'c Cell)>,
) -> BTreeMap<(usize, &'c str, &'c str), usize> {
    let mut places: BTreeMap<(usize, &str, &str), BTreeMap<usize, usize>> = BTreeMap::new();
    for (id, cell) in cells {
        let column = places.entry((cell.place.table, &id.table, &id.column)).or_default();
        *column.entry(cell.place.column).or_default() += 1;
    }
    let usual = places.into_iter().filter_map(|(column, places)| {
        let all: usize = places.values().sum();
        let (place, most) = places.into_iter().max_by_key(|(_, count)| *count)?;
        (most >= ENOUGH && most * 2 > all).then_some((column, place))
    });
    usual.collect()
}

/// Whether a text is neither a figure nor a sentence: characters misread.
fn is_scrap(cell: &Cell) -> bool {
    const SENTENCE: usize = 8;
    let words = |text: &String| text.chars().filter(|c| c.is_alphabetic()).count();
    matches!(&cell.value, CellValue::Text(text) if words(text) < SENTENCE)
}

/// Whether the label beside the values of a row is taller than its value: it holds those of several rows.
/// Before it there may be labels of groups of rows, after it units.
fn has_taller_label(row: &[&GridCell], taken: &[usize], value: &GridCell) -> bool {
    let Some(first) = taken.iter().min() else { return false };
    let is_label = |text: &str| !trim(text).is_empty() && !number::is_unit(text);
    let mut labels = row.iter().filter(|cell| cell.column + 1 < *first && is_label(&cell.text));
    labels.next_back().is_some_and(|label| label.row_span > value.row_span)
}

/// Whether a figure stands among or after the values of a row that none of the form's columns took.
fn has_more_figures(row: &[&GridCell], taken: &[usize]) -> bool {
    let taken: BTreeSet<usize> = taken.iter().copied().collect();
    let Some(first) = taken.first() else { return false };
    let over = |cell: &&&GridCell| cell.column + 1 > *first && !taken.contains(&(cell.column + 1));
    row.iter().filter(over).any(|cell| is_figure(&cell.text))
}

fn is_figure(text: &str) -> bool {
    let has_figure = text.contains(|c: char| c.is_ascii_digit());
    has_figure && !text.contains(|c: char| c.is_alphabetic() && !c.is_ascii())
}
