//! What a figure looks like, and which figures stand under each other.

use super::super::text::{Line, Word, starts_with_ordinal};

/// The reach of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Column {
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Column {
    pub(super) fn of(word: &Word) -> Self {
        Self { left: word.left, right: word.right }
    }

    pub(super) fn centre(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right
    }

    fn include(&mut self, other: &Self) {
        self.left = self.left.min(other.left);
        self.right = self.right.max(other.right);
    }
}

/// Units that follow a figure.
const UNITS: &str = "个件条次元万亿项份人家起例宗部篇";
/// Marks for "nothing here".
const PLACEHOLDERS: [&str; 9] = ["/", "／", "-", "—", "－", "–", "——", "--", "无"];

/// Whether a word is a figure or a mark in place of one.
pub(super) fn is_value(text: &str) -> bool {
    if PLACEHOLDERS.contains(&text) {
        return true;
    }
    let is_figure = |c: char| {
        c.is_ascii_digit()
            || ('０'..='９').contains(&c)
            || ".,，．%％+-－ ".contains(c)
            || UNITS.contains(c)
    };
    let has_digit = text.chars().any(|c| c.is_ascii_digit() || ('０'..='９').contains(&c));
    has_digit && text.chars().all(is_figure) && !starts_with_ordinal(text)
}

/// The columns of the figures in rows, from the left.
pub(super) fn of_values<'a>(rows: impl Iterator<Item = &'a Line>) -> Vec<Column> {
    let mut values: Vec<Column> =
        rows.flat_map(|l| &l.words).filter(|w| is_value(&w.text)).map(Column::of).collect();
    values.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut columns: Vec<Column> = Vec::new();
    for value in values {
        match columns.last_mut().filter(|c| c.meets(&value)) {
            Some(column) => column.include(&value),
            None => columns.push(value),
        }
    }
    columns
}

/// Whether figures of two rows stand under each other.
pub(super) fn shared(rows: &[&Line]) -> bool {
    let values = |line: &Line| of_values(std::iter::once(line));
    rows.windows(2).any(|pair| match pair {
        [a, b] => values(a).iter().any(|c| values(b).iter().any(|d| c.meets(d))),
        _ => false,
    })
}

/// A header: its reach, and the y of its first and last line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) reach: Column,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Header {
    /// Whether other headers stand below it to its left and to its right: then it may be one over
    /// several columns.
    fn has_lower_on_both_sides(&self, headers: &[Self]) -> bool {
        let mut lower = headers.iter().filter(|h| h.top > self.bottom);
        let right = |h: &Self| h.reach.centre() > self.reach.centre();
        lower.clone().any(right) && lower.any(|h| !right(h))
    }
}

/// The headers beyond the labels with no other below them, from the left.
pub(super) fn lowest(headers: &[Header], labels_end: f64) -> Vec<Column> {
    let mut lowest: Vec<Column> = headers
        .iter()
        .filter(|h| h.reach.left >= labels_end)
        .filter(|h| !headers.iter().any(|o| o.top > h.bottom && o.reach.meets(&h.reach)))
        .map(|h| h.reach)
        .collect();
    lowest.sort_by(|a, b| a.centre().total_cmp(&b.centre()));
    lowest
}

/// Adds the columns that have a header and no figure: `headers`, from the lowest, that meet no
/// column yet. One over several columns may meet none as well, but lies between near ones.
pub(super) fn add_blank(columns: &mut Vec<Column>, headers: &[Header], labels_end: f64) {
    const DUE: f64 = 0.7;
    for header in headers {
        let reach = header.reach;
        if reach.left < labels_end || columns.iter().any(|c| c.meets(&reach)) {
            continue;
        }
        let nearest = columns
            .iter()
            .map(|c| (c.centre() - reach.centre()).abs())
            .fold(f64::INFINITY, f64::min);
        if !header.has_lower_on_both_sides(headers) || nearest > DUE * pitch(columns) {
            columns.push(reach);
            columns.sort_by(|a, b| a.left.total_cmp(&b.left));
        }
    }
}

/// The usual distance of neighbouring columns, the smaller one where two are as usual.
fn pitch(columns: &[Column]) -> f64 {
    let mut steps: Vec<f64> = columns
        .windows(2)
        .filter_map(|pair| Some(pair.last()?.centre() - pair.first()?.centre()))
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
