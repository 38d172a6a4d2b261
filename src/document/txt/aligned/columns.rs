//! The columns of a table made of blanks.

use super::super::cell_text;
use super::tokens::{Line, Token};
use crate::document::characters::UNITS;

/// Columns by which a token may miss its place and still mean it.
const SLACK: usize = 1;

/// Blanks between what may be one column with rows out of line.
const ECHO: usize = 2;

/// Rows of figures too few to show all columns when some cells are blank.
const FEW_ROWS: usize = 2;

/// No table has more columns than so many times the cells of its fullest row.
const MOST_EMPTY: usize = 2;

/// Where one column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    start: usize,
    end: usize,
}

/// The columns of a table: first labels, which merge and overflow, then the rest.
#[derive(Debug)]
pub(super) struct Columns {
    labels: Vec<usize>,
    values: Vec<Column>,
    /// Free tokens that share a column with another of their row, and columns whose figures do not stand
    /// under each other: signs of wrong widths, or that blanks only part the cells.
    pub(super) stray: usize,
}

impl Columns {
    /// The columns of these rows.
    pub(super) fn of(rows: &[Line]) -> Self {
        let data: Vec<&Line> = rows.iter().filter(|row| row.figures() > 0).collect();
        let values = merged(data.iter().flat_map(|row| free_figures(row)).collect());
        let values = without_echoes(values, &data);
        let first_figure = values.first().map_or(usize::MAX, |column| column.start);
        let labels = label_starts(&data, first_figure);
        let units = if labels.len() > 1 { Vec::new() } else { unit_columns(&data, first_figure) };
        let mut values = [units, values].concat();
        values.sort_by_key(|column| column.start);
        let values = if data.len() <= FEW_ROWS {
            with_empty_columns(values, header_starts(rows, &labels))
        } else {
            values
        };
        let loose = values.iter().filter(|column| !is_aligned(column, &data)).count();
        let most = data.iter().map(|row| row.tokens.len()).max().unwrap_or(0);
        let beyond = values.len().saturating_sub(MOST_EMPTY * most);
        let stray = data.iter().map(|row| collisions(row, &values)).sum::<usize>() + loose + beyond;
        Self { labels, values, stray }
    }

    /// How badly the widths assumed fit: they make tokens collide, or columns without need.
    pub(super) fn misfit(&self) -> usize {
        self.stray + self.values.len()
    }

    /// Whether labels stand in several columns, so that one covers an unknown number of them.
    pub(super) fn labels_nest(&self) -> bool {
        self.labels.len() > 1
    }

    /// The cells of a row in order, and whether each is surely in its column.
    pub(super) fn cells(&self, row: &Line) -> (Vec<String>, bool) {
        let text = |token: &Token| cell_text(&token.text);
        let indent = row.tokens.first().map_or(0, |token| token.start);
        let merged = self.labels.iter().filter(|start| **start + SLACK < indent).count();
        let mut cells = vec![String::new(); merged];
        let has_unit = row.tokens.iter().skip(1).any(|token| UNITS.contains(&token.text.trim()));
        let header = row.figures() == 0 && row.tokens.len() > 1 && !has_unit;
        let labels = if header { self.header_labels(row) } else { self.row_labels(row) };
        cells.extend(row.tokens.iter().take(labels).map(text));
        let tokens = row.tokens.get(labels..).unwrap_or_default();
        if self.stray > 0 || tokens.len() > self.values.len() {
            cells.extend(tokens.iter().map(text));
            return (cells, false);
        }
        let (places, sure) = self.places(tokens);
        if header && !sure {
            cells.extend(tokens.iter().map(text));
            return (cells, false);
        }
        let mut values = vec![String::new(); self.values.len()];
        for (token, place) in tokens.iter().zip(places) {
            if let Some(value) = values.get_mut(place) {
                *value = text(token);
            }
        }
        if header {
            while values.last().is_some_and(String::is_empty) {
                values.pop();
            }
        }
        cells.extend(values);
        (cells, sure)
    }

    /// How many tokens at the start of a row are labels: one, or where labels nest all texts.
    fn row_labels(&self, row: &Line) -> usize {
        let texts = row.tokens.len() - row.figures();
        if self.labels_nest() { texts } else { texts.min(1) }
    }

    /// How many tokens at the start of a header are labels: one, if it begins before the columns.
    fn header_labels(&self, row: &Line) -> usize {
        let first = self.values.first().map_or(usize::MAX, |column| column.start);
        let start = row.tokens.first().map_or(0, |token| token.start);
        usize::from(!self.labels.is_empty() && start + SLACK < first)
    }

    /// The column of each token: its own place where it stands free, the next after a token that
    /// pushed it. As many tokens as columns fill them all.
    fn places(&self, tokens: &[Token]) -> (Vec<usize>, bool) {
        if tokens.len() == self.values.len() {
            return ((0..tokens.len()).collect(), true);
        }
        let mut places = Vec::with_capacity(tokens.len());
        let mut next = 0;
        let mut sure = true;
        for (index, token) in tokens.iter().enumerate() {
            let last = self.values.len() - (tokens.len() - index);
            let own = self.own_place(token, next, last);
            let fits = self.values.get(own).is_some_and(|column| column.fits(token));
            let pushed = self.values.get(next).is_some_and(|column| column.is_pushed(token));
            let place = if pushed || (!fits && token.gap <= 1) { next } else { own };
            sure &= fits && !pushed;
            places.push(place);
            next = place + 1;
        }
        (places, sure)
    }

    /// The nearest column from `first` to `last`.
    fn own_place(&self, token: &Token, first: usize, last: usize) -> usize {
        let candidates = self.values.iter().enumerate().skip(first).take(last + 1 - first);
        candidates
            .min_by_key(|(_, column)| column.distance(token))
            .map_or(first, |(place, _)| place)
    }
}

impl Column {
    fn distance(&self, token: &Token) -> usize {
        if token.figure && token.start < self.end && self.start < token.end {
            return 0;
        }
        self.start.abs_diff(token.start).min(self.end.abs_diff(token.end))
    }

    /// Whether what stands before the token reaches into the column and pushes the token on.
    fn is_pushed(&self, token: &Token) -> bool {
        token.gap <= 1 && token.start - token.gap > self.start
    }

    fn fits(&self, token: &Token) -> bool {
        self.distance(token) <= SLACK
    }
}

/// The figures of a row that no label pushed.
fn free_figures(row: &Line) -> impl Iterator<Item = Column> {
    row.tokens
        .iter()
        .enumerate()
        .filter(|(index, token)| token.figure && (token.gap > 1 || *index == 0))
        .map(|(_, token)| Column { start: token.start, end: token.end })
}

/// Overlapping places are one column, whether figures are set left, right or in the middle.
fn merged(mut places: Vec<Column>) -> Vec<Column> {
    places.sort_by_key(|place| place.start);
    let mut columns: Vec<Column> = Vec::new();
    for place in places {
        match columns.last_mut() {
            Some(column) if place.start < column.end => column.end = column.end.max(place.end),
            _ => columns.push(place),
        }
    }
    columns
}

/// Joins columns a few blanks apart that no row fills both: one column, with rows out of line.
fn without_echoes(columns: Vec<Column>, data: &[&Line]) -> Vec<Column> {
    // For each column, the rows that stand in it.
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); columns.len()];
    for (row, line) in data.iter().enumerate() {
        for figure in free_figures(line) {
            let column = columns.partition_point(|column| column.end <= figure.start);
            if let Some(rows) = rows.get_mut(column) {
                rows.push(row);
            }
        }
    }
    let mut kept: Vec<(Column, Vec<usize>)> = Vec::with_capacity(columns.len());
    for (column, rows) in columns.into_iter().zip(rows) {
        match kept.last_mut() {
            Some((last, taken))
                if column.start <= last.end + ECHO
                    && !rows.iter().any(|row| taken.contains(row)) =>
            {
                last.end = column.end;
                taken.extend(rows);
            }
            _ => kept.push((column, rows)),
        }
    }
    kept.into_iter().map(|(column, _)| column).collect()
}

/// Where the columns begin by the headers, beyond the labels.
fn header_starts(rows: &[Line], labels: &[usize]) -> Vec<usize> {
    let beyond = labels.last().map_or(0, |last| last + SLACK + 1);
    let headers = rows.iter().filter(|row| row.figures() == 0 && row.tokens.len() > 1);
    let starts = headers.flat_map(|row| row.tokens.iter().map(|token| token.start));
    let mut starts: Vec<usize> = starts.filter(|start| *start >= beyond).collect();
    starts.sort_unstable();
    starts.dedup_by(|a, b| a.abs_diff(*b) <= SLACK);
    starts
}

/// Adds the columns that only have a header. Headers that were pushed stand elsewhere than their
/// columns, and tell nothing: then two columns of figures stand below one header.
fn with_empty_columns(mut columns: Vec<Column>, headers: Vec<usize>) -> Vec<Column> {
    let next = headers.iter().skip(1).copied().chain(std::iter::once(usize::MAX));
    let below: Vec<(usize, usize)> = headers
        .iter()
        .zip(next)
        .map(|(start, next)| {
            let own =
                columns.iter().filter(|c| c.start + SLACK >= *start && c.start + SLACK < next);
            (*start, own.count())
        })
        .collect();
    let all: usize = below.iter().map(|(_, count)| count).sum();
    if all == columns.len() && below.iter().all(|(_, count)| *count <= 1) {
        let empty = below.iter().filter(|(_, count)| *count == 0);
        columns.extend(empty.map(|(start, _)| Column { start: *start, end: start + 1 }));
        columns.sort_by_key(|column| column.start);
    }
    columns
}

/// Where labels begin. An indent is a label column of its own only if some row has a second text
/// that begins where indents do; else it shows a hierarchy in one column.
fn label_starts(data: &[&Line], first_figure: usize) -> Vec<usize> {
    let indents = || data.iter().filter_map(|row| row.tokens.first().filter(|token| !token.figure));
    let deepest = indents().map(|token| token.start).filter(|start| *start < first_figure).max();
    let Some(deepest) = deepest else { return Vec::new() };
    let nested = deepest > 0
        && data.iter().any(|row| {
            row.tokens
                .get(1)
                .is_some_and(|second| !second.figure && second.start <= deepest + SLACK)
        });
    if !nested {
        return vec![0];
    }
    let mut starts: Vec<usize> =
        indents().map(|token| token.start).filter(|start| *start < first_figure).collect();
    starts.sort_unstable();
    starts.dedup_by(|a, b| a.abs_diff(*b) <= SLACK);
    starts
}

/// Columns of text between the labels and the figures, e.g. of units.
fn unit_columns(data: &[&Line], first_figure: usize) -> Vec<Column> {
    let free = data
        .iter()
        .flat_map(|row| row.tokens.iter().skip(1))
        .filter(|token| !token.figure && token.gap > 1 && token.start + SLACK < first_figure);
    merged(free.map(|token| Column { start: token.start, end: token.start + 2 }).collect())
}

/// Whether most of the figures of a column begin, end or have their middle at one place.
fn is_aligned(column: &Column, data: &[&Line]) -> bool {
    const MOST: (usize, usize) = (4, 5);
    let free = data.iter().flat_map(|row| free_figures(row));
    let own = free.filter(|figure| figure.start < column.end && column.start < figure.end);
    let figures: Vec<Column> = own.collect();
    let at_one_place = |place: fn(&Column) -> usize| {
        let mut places: Vec<usize> = figures.iter().map(place).collect();
        places.sort_unstable();
        let near = |own: &usize| {
            let before = places.partition_point(|other| other + SLACK < *own);
            places.partition_point(|other| *other <= own + SLACK) - before
        };
        places.iter().map(near).max().unwrap_or(0)
    };
    let most = at_one_place(|figure| figure.start)
        .max(at_one_place(|figure| figure.end))
        .max(at_one_place(|figure| figure.start.midpoint(figure.end)));
    most * MOST.1 >= figures.len() * MOST.0
}

/// How many free figures of a row stand in a column that another of the row has taken.
fn collisions(row: &Line, columns: &[Column]) -> usize {
    let mut taken: Vec<usize> = free_figures(row)
        .filter_map(|figure| {
            columns.iter().position(|c| figure.start < c.end && c.start < figure.end)
        })
        .collect();
    let all = taken.len();
    taken.dedup();
    all - taken.len()
}
