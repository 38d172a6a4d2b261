//! One table without rules: headers, then rows of figures.

use super::super::bands::{Bands, y};
use super::super::text::{Line, Word};
use super::columns::{self, Column, Header, is_value};
use super::is_row;
use super::labels::{self, LEVEL, Label, Piece};
use crate::document::{Columns, Grid, GridCell, ILLEGIBLE};

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
            let head = current.take_next_head();
            blocks.push(std::mem::replace(&mut current, Block { head, body: Vec::new() }));
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

impl Block {
    /// Whether a line stands over the columns of figures and holds none: the table before it ended.
    fn is_next_head(&self, line: &Line) -> bool {
        if is_row(line) {
            return false;
        }
        let columns = columns::of_values(self.body.iter().filter(|l| is_row(l)));
        let Some(first) = columns.first() else { return false };
        line.words.iter().any(|w| w.right > first.left)
    }

    /// Takes the lines after the last row that stand over the next table: none that begins, or is centred,
    /// where the label above it does.
    fn take_next_head(&mut self) -> Vec<Line> {
        let after = self.body.iter().rposition(is_row).map_or(0, |last| last + 1);
        let is_rest = |pair: &[Line]| match pair {
            [above, line] => labels::is_below(above, line),
            _ => false,
        };
        let from = after.saturating_sub(1);
        let rest = self.body.get(from..).unwrap_or_default().windows(2).take_while(|p| is_rest(p));
        self.body.split_off(after + rest.count())
    }

    fn has_head(&self, head: &[Line]) -> bool {
        let texts = |lines: &[Line]| lines.iter().map(Line::text).collect::<Vec<String>>();
        !head.is_empty() && texts(&self.head) == texts(head)
    }

    /// The block as a grid: a label's columns first, then those of the figures. Where the headers
    /// do not tell the columns for certain, only the order of the figures is left.
    pub(super) fn into_grid(self, bands: &Bands) -> Grid {
        let rows_of_figures = figure_rows(&self.body);
        let lines: Vec<&Line> = rows_of_figures.iter().map(|row| &row.line).collect();
        let figures = columns::of_values(lines.iter().copied());
        let is_label =
            |w: &Word| !is_value(&w.text) && !figures.iter().any(|c| c.meets(&Column::of(w)));
        let baselines: Vec<f64> = lines.iter().map(|l| y(l)).collect();
        let edge = figures.first().map_or(f64::INFINITY, |c| c.left);
        let above = labels::assembled(pieces(&self.head, &|_| true), &baselines, bands);
        let (mut headers, mut beside) = split_head(above, edge, &baselines, bands);
        beside.extend(pieces(&self.body, &is_label));
        let labels = labels::assembled(beside, &baselines, bands);
        let reaches: Vec<Header> = headers
            .iter()
            .map(|h| Header { reach: h.reach(), top: h.top(), bottom: h.bottom() })
            .collect();
        let mut rows = rows(&lines, &baselines, labels, bands);
        for row in &mut rows {
            let own = rows_of_figures.iter().find(|own| Some(&own.line) == row.line);
            row.doubtful |= own.is_some_and(|own| own.doubtful);
        }
        let leaves = columns::leaves(&reaches, labels_end(&rows), &figures);
        let label_columns = rows.iter().map(|row| row.labels.len()).max().unwrap_or_default();
        let layout = Layout::of(figures, leaves, label_columns);
        headers.sort_by(|a, b| a.top().total_cmp(&b.top()));
        let mut cells = layout.header_cells(&headers);
        let height = cells.iter().map(|c| c.row + 1).max().unwrap_or_default();
        for (index, row) in rows.iter().enumerate() {
            cells.extend(layout.row_cells(height + index, row));
        }
        cells.sort_by_key(|c| (c.row, c.column));
        let columns = if layout.is_certain { Columns::Exact } else { Columns::Filled };
        Grid { columns, cells }
    }
}

/// Where the labels beside figures end.
fn labels_end(rows: &[Row<'_>]) -> f64 {
    let sure = rows.iter().filter(|row| row.line.is_some() && !row.doubtful);
    sure.flat_map(|row| &row.labels).map(|l| l.reach().right).fold(f64::NEG_INFINITY, f64::max)
}

/// The figures of one row.
#[derive(Debug)]
struct Figures {
    line: Line,
    /// Whether a figure is broken over lines: then it is not sure what belongs together.
    doubtful: bool,
}

/// The figures of each row. Lines that reach into each other are one row: figures of different
/// height, or too long for their column.
fn figure_rows(body: &[Line]) -> Vec<Figures> {
    const ENTANGLED: f64 = 0.9;
    let lines: Vec<&Line> = body.iter().filter(|l| is_row(l)).collect();
    let entangled = |a: &&Line, b: &&Line| y(b) - y(a) < ENTANGLED * a.size.min(b.size);
    let one_row = |lines: &[&Line]| {
        let main = lines.iter().max_by_key(|l| l.words.len())?;
        let mut words: Vec<Word> =
            lines.iter().flat_map(|l| &l.words).filter(|w| is_value(&w.text)).cloned().collect();
        words.sort_by(|a, b| a.left.total_cmp(&b.left));
        let broken = words
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if Column::of(a).meets(&Column::of(b))));
        let others = main.words.iter().filter(|w| !is_value(&w.text)).cloned();
        words.extend(others);
        words.sort_by(|a, b| a.left.total_cmp(&b.left));
        Some(Figures { line: Line { words, ..(*main).clone() }, doubtful: broken })
    };
    lines.chunk_by(entangled).filter_map(one_row).collect()
}

/// A row: its figures, if it has any, and its labels from the left.
#[derive(Debug)]
struct Row<'l> {
    y: f64,
    line: Option<&'l Line>,
    labels: Vec<Label>,
    /// Whether its labels may be those of another row.
    doubtful: bool,
}

impl Row<'_> {
    /// Whether it has figures and no label.
    fn is_unlabelled(&self) -> bool {
        self.line.is_some() && self.labels.is_empty()
    }

    fn page(&self) -> Option<u32> {
        self.line.map(|line| line.page)
    }
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
fn split_head(
    above: Vec<Label>,
    edge: f64,
    rows: &[f64],
    bands: &Bands,
) -> (Vec<Label>, Vec<Piece>) {
    let first = rows.first().copied().unwrap_or(f64::INFINITY);
    let mut headers = Vec::new();
    let mut strays = Vec::new();
    let tops: Vec<f64> =
        above.iter().filter(|label| label.reach().right > edge).map(Label::top).collect();
    for label in above {
        let beside = label.reach().right <= edge
            && !tops.iter().any(|top| (top - label.top()).abs() <= LEVEL * label.size())
            && first - label.bottom() <= 1.3 * label.size()
            && !bands.part(label.reach().centre(), label.bottom(), first);
        if beside { strays.extend(label.into_pieces()) } else { headers.push(label) }
    }
    (headers, strays)
}

/// Brings labels to their rows, the nearest first. What stands where a row has its label already
/// is the rest of that label, or, when it has a number of its own or stands farther off than a
/// line, the label of a row without figures.
fn rows<'l>(
    lines: &[&'l Line],
    baselines: &[f64],
    labels: Vec<Label>,
    bands: &Bands,
) -> Vec<Row<'l>> {
    const APART: f64 = 1.4;
    /// A label whose middle is farther than this from its figures may be another row's.
    const BESIDE: f64 = 0.7;
    let mut rows: Vec<Row<'l>> = lines
        .iter()
        .zip(baselines)
        .map(|(line, y)| Row { y: *y, line: Some(line), labels: Vec::new(), doubtful: false })
        .collect();
    let mut placed: Vec<(f64, Option<usize>, Label)> = labels
        .into_iter()
        .map(|label| match label.row(baselines, bands) {
            Some((row, far)) => (far, Some(row), label),
            None => (f64::INFINITY, None, label),
        })
        .collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut bare: Vec<Row<'l>> = Vec::new();
    for (far, row, label) in placed {
        let Some(row) = row.and_then(|row| rows.get_mut(row)) else {
            add_bare(&mut bare, label);
            continue;
        };
        let in_place = row.labels.iter_mut().find(|own| own.reach().meets(&label.reach()));
        match in_place {
            _ if far > APART * label.size() => add_bare(&mut bare, label),
            None => row.labels.push(label),
            Some(own) if !label.is_numbered() && own.is_near(&label) => own.append(label),
            Some(_) => add_bare(&mut bare, label),
        }
    }
    rows.extend(bare);
    rows.sort_by(|a, b| a.y.total_cmp(&b.y));
    for row in &mut rows {
        row.labels.sort_by(|a, b| a.reach().left.total_cmp(&b.reach().left));
        let far = |label: &Label| {
            label.row(baselines, bands).is_some_and(|(_, far)| far > BESIDE * label.size())
        };
        // The first of several may be that of a group of rows.
        let mut own = row.labels.iter().skip(usize::from(row.labels.len() > 1));
        row.doubtful = row.line.is_some() && own.any(far);
    }
    doubt_beside_unlabelled(doubt_bare(joined_over_page(rows)))
}

/// A label without figures right above one that may be the rest of it, or right below one that it may be the
/// rest of, need not be a row without any.
fn doubt_bare(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let is_torn = |a: &Row<'_>, b: &Row<'_>| {
        let labels = a.labels.last().zip(b.labels.last());
        labels.is_some_and(|(a, b)| !b.is_numbered() && b.reach().meets(&a.reach()) && a.is_near(b))
    };
    let torn: Vec<bool> =
        rows.windows(2).map(|pair| matches!(pair, [a, b] if is_torn(a, b))).collect();
    for (index, _) in torn.iter().enumerate().filter(|(_, is_torn)| **is_torn) {
        for row in rows.iter_mut().skip(index).take(2) {
            row.doubtful |= row.line.is_none();
        }
    }
    rows
}

/// Figures at the foot of a page whose label has all its lines on the next are one row with it.
fn joined_over_page(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let mut joined: Vec<Row<'_>> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let page = row.labels.first().and_then(Label::page);
        let is_cut = |above: &mut Row<'_>| {
            above.is_unlabelled() && row.line.is_none() && above.page().map(|p| p + 1) == page
        };
        if let Some(above) = joined.pop_if(is_cut) {
            row.line = above.line;
        }
        joined.push(row);
    }
    joined
}

/// Figures without a label that stand close to a row are perhaps its own: broken over lines, or of
/// another height. So are figures beside a label that has none.
fn doubt_beside_unlabelled(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    const CLOSE: f64 = 1.6;
    if rows.iter().all(|row| row.labels.is_empty()) {
        return rows;
    }
    let perhaps_one = |a: &Row<'_>, b: &Row<'_>| {
        let size = a.line.or(b.line).map_or(0.0, |line| line.size);
        let unlabelled = a.is_unlabelled() != b.is_unlabelled();
        let bare = a.line.is_none() || b.line.is_none();
        unlabelled && (bare || (b.y - a.y).abs() <= CLOSE * size)
    };
    let pairs: Vec<bool> =
        rows.windows(2).map(|pair| matches!(pair, [a, b] if perhaps_one(a, b))).collect();
    for (index, _) in pairs.iter().enumerate().filter(|(_, is_one)| **is_one) {
        for row in rows.iter_mut().skip(index).take(2) {
            row.doubtful = true;
        }
    }
    rows
}

/// Adds a label without figures: to a row of such labels on its line, or as a row of its own.
fn add_bare(bare: &mut Vec<Row<'_>>, label: Label) {
    let level = |row: &&mut Row<'_>| {
        (row.y - label.middle()).abs() <= 0.3 * label.size()
            && !row.labels.iter().any(|own| own.reach().meets(&label.reach()))
    };
    match bare.iter_mut().find(level) {
        Some(row) => row.labels.push(label),
        None => {
            let y = label.middle();
            bare.push(Row { y, line: None, labels: vec![label], doubtful: false });
        }
    }
}

#[derive(Debug)]
struct Layout {
    columns: Vec<Column>,
    label_columns: usize,
    /// The header of each column, when it has one: figures set to the left or right of their column
    /// need not stand under it.
    own: Vec<Column>,
    /// Whether the headers tell the columns.
    is_certain: bool,
}

impl Layout {
    fn of(figures: Vec<Column>, leaves: Vec<Column>, label_columns: usize) -> Self {
        let Some(seats) = columns::seats(&figures, &leaves) else {
            return Self { columns: figures, label_columns, own: Vec::new(), is_certain: false };
        };
        let mut columns = leaves.clone();
        for (figure, seat) in figures.into_iter().zip(seats) {
            if let Some(column) = columns.get_mut(seat) {
                *column = figure;
            }
        }
        Self { columns, label_columns, own: leaves, is_certain: true }
    }

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
            if own.is_empty() && !self.is_certain {
                continue;
            }
            let doubtful = of.doubtful || own.iter().any(|w| w.doubtful);
            let text = if of.doubtful && of.line.is_none() {
                ILLEGIBLE.to_string()
            } else {
                texts.join(" ")
            };
            let value = cell(row, self.label_columns + index, 1, text);
            cells.push(GridCell { doubtful, ..value });
        }
        let page = of.line.map(|l| l.page).or_else(|| of.labels.first()?.page());
        for cell in &mut cells {
            cell.page = page;
            // A label that may be another row's can be taken for a value.
            cell.doubtful |= of.doubtful;
        }
        cells
    }
}

fn cell(row: usize, column: usize, column_span: usize, text: String) -> GridCell {
    GridCell { row, column, row_span: 1, column_span, text, ..GridCell::default() }
}
