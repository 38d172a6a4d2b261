//! One table without rules: headers, then rows of figures.

use super::super::text::{Line, Word};
use super::columns::{self, Column, Header, is_value};
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
        let lines: Vec<&Line> = self.body.iter().filter(|l| is_row(l)).collect();
        let mut columns = columns::of_values(lines.iter().copied());
        let figures = columns.clone();
        let is_label =
            |w: &Word| !is_value(&w.text) && !figures.iter().any(|c| c.meets(&Column::of(w)));
        let baselines: Vec<f64> = lines.iter().map(|l| y(l)).collect();
        let edge = figures.first().map_or(f64::INFINITY, |c| c.left);
        let (mut headers, mut beside) = split_head(pieces(&self.head, &|_| true), edge, &baselines);
        beside.extend(pieces(&self.body, &is_label));
        let labels = labels::assembled(beside, &baselines);
        let labels_end = labels.iter().map(|l| l.reach().right).fold(f64::NEG_INFINITY, f64::max);
        headers.sort_by(|a, b| b.bottom().total_cmp(&a.bottom()));
        let reaches: Vec<Header> = headers
            .iter()
            .map(|h| Header { reach: h.reach(), top: h.top(), bottom: h.bottom() })
            .collect();
        let mut own = columns::lowest(&reaches, labels_end);
        if own.len() != columns.len() {
            own.clear();
            columns::add_blank(&mut columns, &reaches, labels_end);
        }
        let rows = rows(&lines, &baselines, labels);
        let label_columns = rows.iter().map(|row| row.labels.len()).max().unwrap_or_default();
        let layout = Layout { columns, label_columns, own };
        headers.sort_by(|a, b| a.top().total_cmp(&b.top()));
        let mut cells = layout.header_cells(&headers);
        let height = cells.iter().map(|c| c.row + 1).max().unwrap_or_default();
        for (index, row) in rows.iter().enumerate() {
            cells.extend(layout.row_cells(height + index, row));
        }
        cells.sort_by_key(|c| (c.row, c.column));
        cells
    }
}

/// A row: its figures, if it has any, and its labels from the left.
#[derive(Debug)]
struct Row<'l> {
    y: f64,
    line: Option<&'l Line>,
    labels: Vec<Label>,
}

fn pieces(lines: &[Line], wanted: &dyn Fn(&Word) -> bool) -> Vec<Piece> {
    let of_line = |line: &Line| -> Vec<Piece> {
        let words = line.words.iter().filter(|w| wanted(w));
        words
            .map(|w| Piece { word: w.clone(), y: y(line), size: line.size, page: line.page })
            .collect()
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

/// Brings labels to their rows, the nearest first. What stands where a row has its label already
/// is the rest of that label, or, when it has a number of its own or stands farther off than a
/// line, the label of a row without figures.
fn rows<'l>(lines: &[&'l Line], baselines: &[f64], labels: Vec<Label>) -> Vec<Row<'l>> {
    const APART: f64 = 1.4;
    let mut rows: Vec<Row<'l>> = lines
        .iter()
        .zip(baselines)
        .map(|(line, y)| Row { y: *y, line: Some(line), labels: Vec::new() })
        .collect();
    let mut placed: Vec<(f64, usize, Label)> = labels
        .into_iter()
        .filter_map(|label| label.row(baselines).map(|(row, far)| (far, row, label)))
        .collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut bare: Vec<Row<'l>> = Vec::new();
    for (far, row, label) in placed {
        let Some(row) = rows.get_mut(row) else { continue };
        let in_place = row.labels.iter_mut().find(|own| own.reach().meets(&label.reach()));
        match in_place {
            None => row.labels.push(label),
            Some(_) if label.is_numbered() || far > APART * label.size() => {
                bare.push(Row { y: label.middle(), line: None, labels: vec![label] });
            }
            Some(own) => own.append(label),
        }
    }
    rows.extend(bare);
    rows.sort_by(|a, b| a.y.total_cmp(&b.y));
    for row in &mut rows {
        row.labels.sort_by(|a, b| a.reach().left.total_cmp(&b.reach().left));
    }
    rows
}

#[derive(Debug)]
struct Layout {
    columns: Vec<Column>,
    label_columns: usize,
    /// The lowest headers, when there is one for each column: figures set to the left or right of
    /// their column need not stand under its header.
    own: Vec<Column>,
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
        if let Some(column) = self.own.iter().position(|own| own == reach) {
            return (self.label_columns + column, self.label_columns + column + 1);
        }
        let met = |c: &Column| c.meets(reach);
        let first = self.columns.iter().position(met);
        let last = self.columns.iter().rposition(met);
        match (first, last) {
            (Some(first), Some(last)) => {
                (self.label_columns + first, self.label_columns + last + 1)
            }
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

    fn row_cells(&self, row: usize, of: &Row<'_>) -> Vec<GridCell> {
        let mut cells = Vec::new();
        for (column, label) in of.labels.iter().enumerate() {
            let last = column + 1 == of.labels.len();
            let span = if last { self.label_columns - column } else { 1 };
            cells.push(cell(row, column, span, label.text()));
        }
        for (index, column) in self.columns.iter().enumerate() {
            let words = of.line.map(|l| l.words.as_slice()).unwrap_or_default();
            let own: Vec<&Word> = words.iter().filter(|w| column.meets(&Column::of(w))).collect();
            let texts: Vec<&str> = own.iter().map(|w| w.text.as_str()).collect();
            let doubtful = own.iter().any(|w| w.doubtful);
            let value = cell(row, self.label_columns + index, 1, texts.join(" "));
            cells.push(GridCell { doubtful, ..value });
        }
        let page = of.line.map(|l| l.page).or_else(|| of.labels.first()?.page());
        for cell in &mut cells {
            cell.page = page;
        }
        cells
    }
}

fn cell(row: usize, column: usize, column_span: usize, text: String) -> GridCell {
    GridCell { row, column, row_span: 1, column_span, text, ..GridCell::default() }
}
