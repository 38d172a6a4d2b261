//! Ruling lines on a raster: long runs of ink, thin for their length.

use super::ink::{Blob, Ink, Run, connected, runs_of};
use super::numbers::index;

/// Gaps a long run may have: specks of paper in a pale line. A short one may have single pixels.
const BRIDGED: u32 = 3;
/// The shortest run looked at: the height of a narrow row of a table at 300 dpi.
const SHORTEST: u32 = 24;
/// A longer line needs no other to be a rule: no stroke of a character is as long.
const LONG: u32 = 150;
/// A line is no thicker than this; a dark area is.
const THICKEST: f64 = 14.0;
/// A line is longer than this many times its thickness.
const SLENDER: f64 = 6.0;
/// Pieces of one line are no farther apart along it, and across.
const GAP: u32 = 30;
const APART: u32 = 5;
/// A short line that misses another by no more than this meets it. In a narrow row a digit almost does:
/// one as tall as a character has to touch.
const REACH: u32 = 8;
const TOUCH: u32 = 2;
/// No character in a table is taller.
const TALL: u32 = 60;

/// A line: along x (or y), `from`–`to`; across, `first`–`last`.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) from: u32,
    pub(super) to: u32,
    first: u32,
    last: u32,
    /// Where it lies, across: the middle of its ink.
    pub(super) at: f64,
    area: u32,
    /// What it is made of; rows are columns for a vertical one.
    runs: Vec<Run>,
}

/// The ruling lines of a page.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) horizontal: Vec<Bar>,
    pub(super) vertical: Vec<Bar>,
}

impl Rules {
    /// Finds the lines.
    pub(super) fn of(ink: &Ink) -> Self {
        let is_long = |bar: &Bar| bar.length() >= LONG;
        let (horizontal, flat) = bars(ink).into_iter().partition(is_long);
        let (vertical, upright) = bars(&ink.transposed()).into_iter().partition(is_long);
        let mut rules = Self { horizontal: joined(horizontal), vertical: joined(vertical) };
        rules.add_short(flat, upright);
        rules.cut_ends();
        rules
    }

    /// Adds short lines that lead from one rule to another; others are strokes of characters.
    fn add_short(&mut self, mut flat: Vec<Bar>, mut upright: Vec<Bar>) {
        loop {
            let more = taken(&mut flat, |bar| bar.between(&self.vertical));
            let taller = taken(&mut upright, |bar| bar.between(&self.horizontal));
            if more.is_empty() && taller.is_empty() {
                return;
            }
            self.horizontal.extend(more);
            self.vertical.extend(taller);
        }
    }

    /// Cuts off strokes of characters that touch the end of a rule and seem to go on with it.
    fn cut_ends(&mut self) {
        let cut = |bars: &mut Vec<Bar>, others: &[Bar]| {
            for bar in bars {
                if let Some(inner) = bar.between(others)
                    && bar.length() - inner.length() < TALL
                {
                    *bar = inner;
                }
            }
        };
        cut(&mut self.vertical, &self.horizontal);
        cut(&mut self.horizontal, &self.vertical);
    }

    /// Takes the lines out of the ink, and what blurs beside them. `tell` hears of each run.
    pub(super) fn erase(&self, ink: &mut Ink, mut tell: impl FnMut(Run)) {
        let mut erase = |run: Run| {
            ink.erase(run);
            tell(run);
        };
        for run in self.horizontal.iter().flat_map(Bar::widened) {
            erase(run);
        }
        for run in self.vertical.iter().flat_map(Bar::widened) {
            (run.from..run.to).for_each(|row| {
                erase(Run { row, from: run.row, to: run.row + 1 });
            });
        }
    }
}

impl Bar {
    fn of((blob, runs): (Blob, Vec<Run>)) -> Self {
        let weighed = runs.iter().map(|r| f64::from(r.row) * f64::from(r.to - r.from)).sum::<f64>();
        Self {
            from: blob.left,
            to: blob.right,
            first: blob.top,
            last: blob.bottom,
            at: weighed / f64::from(blob.area.max(1)) + 0.5,
            area: blob.area,
            runs,
        }
    }

    fn length(&self) -> u32 {
        self.to - self.from
    }

    fn is_line(&self) -> bool {
        let thickness = f64::from(self.area) / f64::from(self.length().max(1));
        thickness <= THICKEST && f64::from(self.length()) >= SLENDER * thickness
    }

    /// The part of it between the outermost of the lines of the other direction that it meets; `None`:
    /// it does not lead from one to another.
    fn between(&self, others: &[Self]) -> Option<Self> {
        let reach = if self.length() > TALL { REACH } else { TOUCH };
        let met = others.iter().filter(|other| {
            self.from <= other.last + reach
                && other.first <= self.to + reach
                && other.from <= self.last + REACH
                && self.first <= other.to + REACH
        });
        let (from, to) = met
            .fold((u32::MAX, 0), |(from, to), other| (from.min(other.first), to.max(other.last)));
        let (from, to) = (from.max(self.from), to.min(self.to));
        (to.saturating_sub(from) >= SHORTEST).then(|| self.part(from, to))
    }

    /// What of it lies from `from` to `to`.
    fn part(&self, from: u32, to: u32) -> Self {
        let cut = |run: &Run| Run { from: run.from.max(from), to: run.to.min(to), ..*run };
        let runs: Vec<Run> = self.runs.iter().map(cut).filter(|run| run.from < run.to).collect();
        let area = runs.iter().map(|run| run.to - run.from).sum();
        Self { from, to, area, runs, ..*self }
    }

    /// Its runs with a pixel more on each side.
    fn widened(&self) -> impl Iterator<Item = Run> {
        self.runs.iter().flat_map(|run| {
            (run.row.saturating_sub(1)..=run.row + 1).map(|row| Run { row, ..*run })
        })
    }

    fn append(&mut self, mut other: Self) {
        let weight = f64::from(self.area.max(1));
        let more = f64::from(other.area);
        self.at = (self.at * weight + other.at * more) / (weight + more);
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.area += other.area;
        self.runs.append(&mut other.runs);
    }
}

/// Takes out of some lines those that `make` something, and gives what it makes.
fn taken(bars: &mut Vec<Bar>, make: impl Fn(&Bar) -> Option<Bar>) -> Vec<Bar> {
    let mut made = Vec::new();
    bars.retain(|bar| {
        let new = make(bar);
        let stays = new.is_none();
        made.extend(new);
        stays
    });
    made
}

/// The lines along the rows.
fn bars(ink: &Ink) -> Vec<Bar> {
    let mut runs = Vec::new();
    for row in 0..ink.height {
        // With the row below: a line that is a pixel thin goes on there where the page is askew.
        let below = ink.row(row + 1);
        let pixels: Vec<bool> = match below.is_empty() {
            true => ink.row(row).to_vec(),
            false => ink.row(row).iter().zip(below).map(|(ink, below)| *ink || *below).collect(),
        };
        for run in runs_of(&pixels, row, BRIDGED) {
            if run.to - run.from >= LONG {
                runs.push(run);
            } else if run.to - run.from >= SHORTEST {
                let part = pixels.get(index(run.from)..index(run.to)).unwrap_or_default();
                let solid = runs_of(part, row, 1).into_iter().map(|solid| Run {
                    from: run.from + solid.from,
                    to: run.from + solid.to,
                    ..solid
                });
                runs.extend(solid.filter(|solid| solid.to - solid.from >= SHORTEST));
            }
        }
    }
    connected(runs, 1).into_iter().map(Bar::of).filter(Bar::is_line).collect()
}

/// Joins the pieces of lines that were broken by paper or a fold.
fn joined(mut bars: Vec<Bar>) -> Vec<Bar> {
    bars.sort_by_key(|bar| bar.from);
    let mut joined: Vec<Bar> = Vec::new();
    for bar in bars {
        let near = |other: &&mut Bar| {
            bar.from <= other.to + GAP && (other.at - bar.at).abs() <= f64::from(APART)
        };
        match joined.iter_mut().rev().find(near) {
            Some(other) => other.append(bar),
            None => joined.push(bar),
        }
    }
    joined
}
