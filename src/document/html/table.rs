//! Rows and cells with spans, laid out on a grid as browsers do.

use super::super::{Columns, Grid, GridCell, ILLEGIBLE, Limits, Refusal};

/// Most rows and columns one cell may span. HTML allows more; no report has more.
const SPAN: usize = 100;

/// A cell as the page has it.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    /// From the attribute; 0 means down to the end of the table.
    pub(super) row_span: usize,
    pub(super) column_span: usize,
}

/// The value of a `colspan` or `rowspan` attribute as browsers take it: leading digits.
pub(super) fn span(attribute: Option<&str>, zero: usize) -> usize {
    let digits: String = attribute
        .unwrap_or_default()
        .trim_start()
        .trim_start_matches('+')
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.parse() {
        Ok(0) => zero,
        Ok(span) => SPAN.min(span),
        Err(_) if digits.is_empty() => 1,
        Err(_) => SPAN,
    }
}

/// Lays out rows. A cell goes to the first free column; spans from above take places first. A
/// span into a place already taken is cut short, so that no two cells cover one place.
pub(super) fn layout(rows: Vec<Vec<Cell>>, limits: &Limits) -> Result<Grid, Refusal> {
    let height = rows.len();
    let mut cells: Vec<GridCell> = Vec::new();
    // For each column, the first row in which it is free again.
    let mut free_from: Vec<usize> = Vec::new();
    let mut places = 0;
    for (row, texts) in rows.into_iter().enumerate() {
        let mut column = 0;
        for cell in texts {
            while free_from.get(column).is_some_and(|free| *free > row) {
                column += 1;
            }
            let below = height - row;
            let row_span = if cell.row_span == 0 { below } else { cell.row_span.min(below) };
            let wanted = cell.column_span.clamp(1, SPAN);
            let column_span = (column..column + wanted)
                .take_while(|column| free_from.get(*column).is_none_or(|free| *free <= row))
                .count();
            let end = column + column_span;
            places += row_span * column_span;
            if end > limits.columns || places > limits.table_cells {
                return Err(Refusal::TooLarge(format!(
                    "a table of {places} places, {end} columns"
                )));
            }
            if free_from.len() < end {
                free_from.resize(end, 0);
            }
            for free in free_from.iter_mut().take(end).skip(column) {
                *free = row + row_span;
            }
            cells.push(GridCell {
                row,
                column,
                row_span,
                column_span,
                doubtful: cell.text.chars().eq([ILLEGIBLE]),
                text: cell.text,
                ..GridCell::default()
            });
            column = end;
        }
    }
    Ok(Grid { columns: Columns::Exact, cells })
}
