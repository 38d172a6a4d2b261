//! One table without rules: headers, then rows of figures.

use super::super::text::{Line, Word};
use super::columns::{self, Column, is_value};
use super::is_row;
use super::labels::{self, Label, Piece};
use crate::document::GridCell;

/// Added to the y of each page, so that lines of later pages come below.
const PAGE: f64 = 100_000.0;

/// Lines of headers and the rows under them.
#[derive(Debug, Default)]
pub(super) struct Block {
    head: Vec<Line>,
    body: Vec<Line>,
}

/// Parts a run of table lines where headers follow figures. Headers repeated after a page break go
/// on with the table before.
pub(super) fn blocks(lines: &[Line]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut current = Block::default();
    for line in lines {
        if current.is_next_head(line) {
            blocks.push(std::mem::take(&mut current));
        }
        if current.body.is_empty() && !is_row(line) {
            current.head.push(line.clone());
        } else {
            current.body.push(line.clone());
        }
    }
    blocks.push(current);
    let mut joined: Vec<Block> = Vec::new();
    for block in blocks {
        match joined.last_mut().filter(|before| before.has_head(&block.head)) {
            Some(before) => before.body.extend(block.body),
            None => joined.push(block),
        }
    }
    joined
}

fn y(line: &Line) -> f64 {
    f64::from(line.page) * PAGE + line.baseline
}

impl Block {
    /// Whether a line stands over the columns of figures and holds none: the table before it ended.
    fn is_next_head(&self, line: &Line) -> bool {
        let columns = columns::of_values(self.body.iter().filter(|l| is_row(l)));
        let Some(first) = columns.first().filter(|_| !is_row(line)) else { return false };
        line.words.iter().any(|w| w.right > first.left)
    }

    fn has_head(&self, head: &[Line]) -> bool {
        let texts = |lines: &[Line]| lines.iter().map(Line::text).collect::<Vec<String>>();
        !head.is_empty() && texts(&self.head) == texts(head)
    }

    /// The block as cells of a grid: a label's columns first, then the columns of figures.
    pub(super) fn into_cells(self) -> Vec<GridCell> {
        let rows: Vec<&Line> = self.body.iter().filter(|l| is_row(l)).collect();
        let mut columns = columns::of_values(rows.iter().copied());
        let figures = columns.clone();
        let is_label = |w: &Word| !is_value(&w.text) && !figures.iter().any(|c| c.meets(&Column::of(w)));
        let baselines: Vec<f64> = rows.iter().map(|l| y(l)).collect();
        let beside: Vec<Piece> = pieces(&self.body, &is_label);
        let edge = figures.first().map_or(f64::INFINITY, |c| c.left);
        let above = pieces(&self.head, &|_| true);
        let (mut headers, strays) = split_head(above, edge, &baselines);
        let labels = labels::assembled(beside.into_iter().chain(strays).collect(), &baselines);
        let labels_end = labels.iter().map(|l| l.reach().right).fold(f64::NEG_INFINITY, f64::max);
        let reaches: Vec<Column> = headers.iter().map(Label::reach).collect();
        columns::add_blank(&mut columns, &reaches, labels_end);
        let by_row = in_rows(labels, &baselines);
        let label_columns = by_row.iter().map(Vec::len).max().unwrap_or_default();
        let layout = Layout { columns, label_columns };
        headers.sort_by(|a, b| a.top().total_cmp(&b.top()));
        let mut cells = layout.header_cells(&headers);
        let height = cells.iter().map(|c| c.row + 1).max().unwrap_or_default();
        for (index, (line, labels)) in rows.iter().zip(&by_row).enumerate() {
            cells.extend(layout.row_cells(height + index, line, labels));
        }
        cells.sort_by_key(|c| (c.row, c.column));
        cells
    }
}

fn pieces(lines: &[Line], wanted: &dyn Fn(&Word) -> bool) -> Vec<Piece> {
    let of_line = |line: &Line| -> Vec<Piece> {
        let words = line.words.iter().filter(|w| wanted(w));
        words.map(|w| Piece { word: w.clone(), y: y(line), size: line.size }).collect()
    };
    lines.iter().flat_map(of_line).collect()
}

/// Parts headers from the first lines of a label that begins above its figures.
fn split_head(above: Vec<Piece>, edge: f64, rows: &[f64]) -> (Vec<Label>, Vec<Piece>) {
    let first = rows.first().copied().unwrap_or(f64::INFINITY);
    let mut headers = Vec::new();
    let mut strays = Vec::new();
    for label in labels::assembled(above, rows) {
        let beside = label.reach().right <= edge && first - label.bottom() <= 1.3 * label.size();
        if beside { strays.extend(label.into_pieces()) } else { headers.push(label) }
    }
    (headers, strays)
}

/// The labels of each row, from the left; what stands in one place is one label.
fn in_rows(labels: Vec<Label>, baselines: &[f64]) -> Vec<Vec<Label>> {
    let mut rows: Vec<Vec<Label>> = vec![Vec::new(); baselines.len()];
    for label in labels {
        let Some(row) = label.row(baselines).and_then(|index| rows.get_mut(index)) else { continue };
        match row.iter_mut().find(|own| own.reach().meets(&label.reach())) {
            Some(own) => own.append(label),
            None => row.push(label),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.reach().left.total_cmp(&b.reach().left));
    }
    rows
}

#[derive(Debug)]
struct Layout {
    columns: Vec<Column>,
    label_columns: usize,
}

impl Layout {
    /// One row for each height at which headers begin.
    fn header_cells(&self, headers: &[Label]) -> Vec<GridCell> {
        let mut cells: Vec<GridCell> = Vec::new();
        let mut row = 0;
        for tier in headers.chunk_by(|a, b| b.top() - a.top() <= 0.3 * b.size()) {
            let mut tier: Vec<&Label> = tier.iter().collect();
            tier.sort_by(|a, b| a.reach().left.total_cmp(&b.reach().left));
            let mut free = 0;
            let before = cells.len();
            for header in tier {
                let (from, to) = self.under(&header.reach());
                let from = from.max(free);
                if to > from {
                    cells.push(cell(row, from, to - from, header.text()));
                    free = to;
                }
            }
            row += usize::from(cells.len() > before);
        }
        cells
    }

    /// The columns a header stands over.
    fn under(&self, reach: &Column) -> (usize, usize) {
        let met = |c: &Column| c.meets(reach);
        let first = self.columns.iter().position(met);
        let last = self.columns.iter().rposition(met);
        match (first, last) {
            (Some(first), Some(last)) => (self.label_columns + first, self.label_columns + last + 1),
            // Between two columns, over both; or over the labels.
            _ => {
                let after = self.columns.partition_point(|c| c.centre() < reach.centre());
                if after == 0 {
                    (0, self.label_columns)
                } else {
                    let first = self.label_columns + after - 1;
                    (first, (first + 2).min(self.label_columns + self.columns.len()))
                }
            }
        }
    }

    fn row_cells(&self, row: usize, line: &Line, labels: &[Label]) -> Vec<GridCell> {
        let mut cells = Vec::new();
        for (column, label) in labels.iter().enumerate() {
            let last = column + 1 == labels.len();
            let span = if last { self.label_columns - column } else { 1 };
            cells.push(cell(row, column, span, label.text()));
        }
        for (index, column) in self.columns.iter().enumerate() {
            let words: Vec<&str> = line
                .words
                .iter()
                .filter(|w| column.meets(&Column::of(w)))
                .map(|w| w.text.as_str())
                .collect();
            cells.push(cell(row, self.label_columns + index, 1, words.join(" ")));
        }
        for cell in &mut cells {
            cell.page = Some(line.page);
        }
        cells
    }
}

fn cell(row: usize, column: usize, column_span: usize, text: String) -> GridCell {
    GridCell { row, column, row_span: 1, column_span, text, ..GridCell::default() }
}
