//! What a figure looks like, and which figures stand under each other.

use super::super::text::{Gap, Line, Word, starts_with_ordinal};

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

/// Edges within this of each other, in sizes, are one edge.
const SAME_EDGE: f64 = 0.15;
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

/// Figures right of their label, or of each other, by less than words are apart: where others stand
/// alone in the same column, they are words of their own.
pub(super) fn set_apart(lines: &[Line]) -> Vec<Line> {
    let alone: Vec<Column> = lines
        .iter()
        .flat_map(|l| &l.words)
        .filter(|w| is_value(&w.text) && w.gaps.is_empty())
        .map(Column::of)
        .collect();
    let in_column = |word: &Word, size: f64| {
        let near = |a: f64, b: f64| (a - b).abs() <= SAME_EDGE * size;
        let own = Column::of(word);
        alone.iter().any(|c| {
            near(c.left, own.left) || near(c.right, own.right) || near(c.centre(), own.centre())
        })
    };
    let parted = |line: &Line| {
        let mut words = Vec::new();
        for word in &line.words {
            let mut tail = Vec::new();
            let mut rest = word.clone();
            for gap in word.gaps.iter().rev() {
                let Some((before, after)) = rest.split(*gap) else { continue };
                if !is_value(&after.text) || !in_column(&after, line.size) {
                    break;
                }
                tail.push(after);
                rest = before;
            }
            words.push(rest);
            words.extend(tail.into_iter().rev());
        }
        Line { words, ..line.clone() }
    };
    lines.iter().map(parted).collect()
}

/// Labels right of another by less than words are apart: where the rows of other labels begin there, they
/// are words of their own.
pub(super) fn set_labels_apart(lines: &[Line]) -> Vec<Line> {
    const ROWS: usize = 3;
    const GAP: f64 = 0.4;
    let is_row = |line: &&Line| line.words.iter().skip(1).any(|w| is_value(&w.text));
    let labels = lines.iter().filter(is_row).filter_map(|line| line.words.first());
    let starts: Vec<f64> = labels.filter(|w| !is_value(&w.text)).map(|w| w.left).collect();
    let begins_rows = |x: f64, size: f64| {
        starts.iter().filter(|start| (*start - x).abs() <= SAME_EDGE * size).count() >= ROWS
    };
    let parted = |line: &Line| {
        let parts = |word: &Word| {
            let gap = |g: &&Gap| g.to - g.from > GAP * line.size && begins_rows(g.to, line.size);
            let two = word.gaps.iter().find(gap).and_then(|gap| word.split(*gap));
            two.map_or_else(|| vec![word.clone()], |(before, after)| vec![before, after])
        };
        Line { words: line.words.iter().flat_map(parts).collect(), ..line.clone() }
    };
    lines.iter().map(parted).collect()
}

/// Drops numbers that only count the rows: 1, 2, 3 … under each other, left of everything else.
pub(super) fn drop_serials(lines: &mut [Line]) {
    const FEWEST: usize = 3;
    let mut run: Vec<usize> = Vec::new();
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<(u32, Column)> = None;
    for (index, line) in lines.iter().enumerate() {
        let Some(first) = line.words.first() else { continue };
        let number = first.text.parse::<u32>().ok();
        let own = Column::of(first);
        match (last, number) {
            (Some((n, column)), Some(number)) if n + 1 == number && column.meets(&own) => {
                run.push(index);
                last = Some((number, own));
            }
            (Some((_, column)), None) if own.left > column.right => {}
            _ => {
                runs.push(std::mem::take(&mut run));
                last = number.map(|number| (number, own));
                run.extend(number.map(|_| index));
            }
        }
    }
    runs.push(run);
    let labelled = |index: &&usize| {
        let second = lines.get(**index).and_then(|l| l.words.get(1));
        second.is_some_and(|w| !is_value(&w.text))
    };
    runs.retain(|run| run.len() >= FEWEST && run.iter().any(|index| labelled(&index)));
    for index in runs.into_iter().flatten() {
        if let Some(line) = lines.get_mut(index).filter(|l| l.words.len() > 1) {
            line.words.remove(0);
        }
    }
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

/// The headers right over a column each, from the left: beyond the labels, with no other below
/// them. One over several columns may have none right below it as well; it has lower ones on both
/// sides, and lies between near columns.
pub(super) fn leaves(headers: &[Header], labels_end: f64, figures: &[Column]) -> Vec<Column> {
    const DUE: f64 = 0.7;
    let over_several = |h: &Header| {
        let far = |c: &Column| (c.centre() - h.reach.centre()).abs();
        let nearest = figures.iter().map(far).fold(f64::INFINITY, f64::min);
        h.has_lower_on_both_sides(headers)
            && !figures.iter().any(|c| c.meets(&h.reach))
            && nearest <= DUE * pitch(figures)
    };
    let mut leaves: Vec<Column> = headers
        .iter()
        .filter(|h| h.reach.left >= labels_end)
        .filter(|h| !headers.iter().any(|o| o.top > h.bottom && o.reach.meets(&h.reach)))
        .filter(|h| !over_several(h))
        .map(|h| h.reach)
        .collect();
    leaves.sort_by(|a, b| a.centre().total_cmp(&b.centre()));
    leaves
}

/// The header of each column of figures, when only one order of them is possible: figures stand
/// under their header, or, set to one side of their column, all on the same side of it. A column
/// without figures leaves its header over.
pub(super) fn seats(figures: &[Column], leaves: &[Column]) -> Option<Vec<usize>> {
    let seat = |figure: &Column, to_right: bool| {
        let mut met =
            leaves.iter().enumerate().filter(|(_, l)| l.meets(figure)).map(|(index, _)| index);
        let after = leaves.partition_point(|l| l.centre() < figure.centre());
        match (met.next(), met.next_back()) {
            (Some(only), None) => Some(only),
            (Some(first), Some(last)) => Some(if to_right { first } else { last }),
            (None, _) if to_right => after.checked_sub(1),
            (None, _) => Some(after).filter(|index| *index < leaves.len()),
        }
    };
    let in_order = |to_right: bool| {
        let seats: Vec<usize> = figures.iter().map(|f| seat(f, to_right)).collect::<Option<_>>()?;
        seats.windows(2).all(|pair| pair.first() < pair.last()).then_some(seats)
    };
    let seats = match (in_order(true), in_order(false)) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => a.or(b),
    }?;
    let free = |at: &usize| !seats.contains(at);
    (!(0..leaves.len()).filter(free).any(|at| is_crowded(leaves, at))).then_some(seats)
}

/// Whether a header stands so near to another that both may be parts of one: letters spaced out.
fn is_crowded(leaves: &[Column], at: usize) -> bool {
    const NEAR: f64 = 0.35;
    const NARROW: f64 = 0.5;
    let width = |c: &Column| c.right - c.left;
    let widest = leaves.iter().map(width).fold(0.0, f64::max);
    let near = |pair: &[Column]| {
        let [a, b] = pair else { return false };
        let (gap, narrower) = (b.left - a.right, width(a).min(width(b)));
        gap < NEAR * narrower || (gap < narrower && narrower < NARROW * widest)
    };
    let pair = |from: usize| leaves.get(from..from + 2).is_some_and(near);
    pair(at) || at.checked_sub(1).is_some_and(pair)
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
