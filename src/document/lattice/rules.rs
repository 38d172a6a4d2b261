//! Ruling lines of a page: snapped to each other, joined, and sorted into tables.
//!
//! Programs draw a border as one line, as one line per cell side, as dashes, or as a thin filled
//! rectangle, and the same edge differs by a point between rows.

use std::collections::BTreeMap;

use super::page::{Page, Rule};

/// Rules nearer to each other than this are one rule.
const SNAP: f64 = 2.0;
/// Collinear rules with a gap no larger than this are one rule.
const GAP: f64 = 3.0;
/// A rule that misses another by no more than this meets it.
const REACH: f64 = 3.0;
/// Edges of one table nearer than this are one edge: double borders.
const SAME_EDGE: f64 = 4.0;
/// Shorter rules are strokes of a drawing, ticks or dots.
const SHORTEST: f64 = 5.0;
/// More rules than a page of a report has; such a page is a drawing.
const MOST_RULES: usize = 4_000;

/// The rules of one table.
#[derive(Debug, Default)]
pub(super) struct Ruling {
    pub(super) horizontal: Vec<Rule>,
    pub(super) vertical: Vec<Rule>,
    /// Edges of columns, from the left.
    pub(super) xs: Vec<f64>,
    /// Edges of rows, from the top.
    pub(super) ys: Vec<f64>,
}

/// The horizontal rules of a page, whole; none for a drawing.
pub(super) fn horizontal(page: &Page) -> Vec<Rule> {
    let rules = joined(&page.horizontal);
    if rules.len() > MOST_RULES { Vec::new() } else { rules }
}

/// Tables of a page: sets of rules that meet, with two columns or rows at least.
pub(super) fn tables(page: &Page) -> Vec<Ruling> {
    let horizontal = joined(&page.horizontal);
    let vertical = joined(&page.vertical);
    if horizontal.len() + vertical.len() > MOST_RULES {
        return Vec::new();
    }
    let mut tables: Vec<Ruling> =
        components(&horizontal, &vertical).into_iter().filter_map(Ruling::completed).collect();
    tables.sort_by(|a, b| first(&a.ys).total_cmp(&first(&b.ys)));
    tables
}

fn first(edges: &[f64]) -> f64 {
    edges.first().copied().unwrap_or_default()
}

/// Snaps rules of one direction and joins those that touch.
fn joined(rules: &[Rule]) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    rules.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut joined: Vec<Rule> = Vec::new();
    for cluster in clusters(&rules, SNAP, |r| r.at) {
        let at = f64::midpoint(
            cluster.first().map_or(0.0, |r| r.at),
            cluster.last().map_or(0.0, |r| r.at),
        );
        let mut spans = cluster.to_vec();
        spans.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut current: Option<Rule> = None;
        for span in spans {
            match &mut current {
                Some(rule) if span.from <= rule.to + GAP => rule.to = rule.to.max(span.to),
                _ => joined.extend(current.replace(Rule { at, ..span })),
            }
        }
        joined.extend(current);
    }
    joined.retain(|r| r.to - r.from >= SHORTEST);
    joined
}

/// Runs of sorted things no farther than `within` from the first of the run.
fn clusters<T>(sorted: &[T], within: f64, at: impl Fn(&T) -> f64) -> Vec<&[T]> {
    let mut runs = Vec::new();
    let mut rest = sorted;
    while let Some(start) = rest.first() {
        let limit = at(start) + within;
        let length = rest.iter().take_while(|thing| at(thing) <= limit).count();
        let (run, more) = rest.split_at(length.max(1));
        runs.push(run);
        rest = more;
    }
    runs
}

/// Sets of rules connected by crossing or touching; and, where a page break cuts cells merged over
/// all rows of a page, by standing beside rules of just the same height.
fn components(horizontal: &[Rule], vertical: &[Rule]) -> Vec<Ruling> {
    let mut sets = Sets::new(horizontal.len() + vertical.len());
    for (i, h) in horizontal.iter().enumerate() {
        for (j, v) in vertical.iter().enumerate() {
            let meet = |a: &Rule, b: &Rule| (a.from - REACH..=a.to + REACH).contains(&b.at);
            if meet(h, v) && meet(v, h) {
                sets.unite(i, horizontal.len() + j);
            }
        }
    }
    let mut rulings: BTreeMap<usize, Ruling> = BTreeMap::new();
    for (i, h) in horizontal.iter().enumerate() {
        rulings.entry(sets.root(i)).or_default().horizontal.push(*h);
    }
    for (j, v) in vertical.iter().enumerate() {
        rulings.entry(sets.root(horizontal.len() + j)).or_default().vertical.push(*v);
    }
    let (lone, mut rulings): (Vec<Ruling>, Vec<Ruling>) =
        rulings.into_values().partition(|ruling| ruling.horizontal.is_empty());
    for rule in lone.into_iter().flat_map(|ruling| ruling.vertical) {
        let beside = rulings.iter_mut().filter(|ruling| ruling.is_as_tall_as(&rule));
        let nearest = beside.min_by(|a, b| a.distance(&rule).total_cmp(&b.distance(&rule)));
        if let Some(ruling) = nearest {
            ruling.vertical.push(rule);
        }
    }
    rulings
}

impl Ruling {
    fn is_as_tall_as(&self, rule: &Rule) -> bool {
        let (top, bottom) = extent(&self.vertical);
        (top - rule.from).abs() <= REACH && (bottom - rule.to).abs() <= REACH
    }

    /// Whether one horizontal rule and what hangs on it are no part of a row cut by a page break: that
    /// has a rule on each side of two cells at least, all as long as each other.
    fn is_bracket(&self) -> bool {
        let is_row = self.vertical.len() > 2 && self.vertical.iter().all(|r| self.is_as_tall_as(r));
        self.horizontal.len() == 1 && !is_row
    }

    /// How far a vertical rule is from those of the table.
    fn distance(&self, rule: &Rule) -> f64 {
        self.vertical.iter().map(|own| (own.at - rule.at).abs()).fold(f64::INFINITY, f64::min)
    }

    /// Adds the sides a table may lack (open left and right sides are usual in print), and finds
    /// its edges; `None` for what is no table: a frame round one box, an underline.
    fn completed(mut self) -> Option<Self> {
        if self.horizontal.is_empty() || self.vertical.is_empty() || self.is_bracket() {
            return None;
        }
        let (left, right) = extent(&self.horizontal);
        let (top, bottom) = extent(&self.vertical);
        close(&mut self.vertical, (left, right), (top, bottom));
        close(&mut self.horizontal, (top, bottom), (left, right));
        self.xs = edges(&self.vertical);
        self.ys = edges(&self.horizontal);
        let is_table =
            self.xs.len() >= 2 && self.ys.len() >= 2 && self.xs.len() + self.ys.len() > 4;
        is_table.then_some(self)
    }
}

/// Adds a rule at each end of `across` that rules of the other direction reach and none closes.
fn close(rules: &mut Vec<Rule>, across: (f64, f64), along: (f64, f64)) {
    const OPEN: f64 = 6.0;
    for end in [across.0, across.1] {
        if rules.iter().all(|r| (r.at - end).abs() > OPEN) {
            rules.push(Rule { at: end, from: along.0, to: along.1 });
        }
    }
}

fn extent(rules: &[Rule]) -> (f64, f64) {
    let from = rules.iter().map(|r| r.from).fold(f64::INFINITY, f64::min);
    let to = rules.iter().map(|r| r.to).fold(f64::NEG_INFINITY, f64::max);
    (from, to)
}

fn edges(rules: &[Rule]) -> Vec<f64> {
    merged(rules.iter().map(|r| r.at).collect(), SAME_EDGE)
}

/// Sorted positions, those nearer than `within` to each other taken as one.
pub(super) fn merged(mut positions: Vec<f64>, within: f64) -> Vec<f64> {
    positions.sort_by(f64::total_cmp);
    clusters(&positions, within, |x| *x)
        .into_iter()
        .filter_map(|run| Some(f64::midpoint(*run.first()?, *run.last()?)))
        .collect()
}

/// Disjoint sets of numbers.
#[derive(Debug)]
pub(in crate::document) struct Sets(Vec<usize>);

impl Sets {
    pub(in crate::document) fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    pub(in crate::document) fn root(&mut self, mut of: usize) -> usize {
        while let Some(&up) = self.0.get(of).filter(|up| **up != of) {
            let above = self.0.get(up).copied().unwrap_or(up);
            if let Some(parent) = self.0.get_mut(of) {
                *parent = above;
            }
            of = above;
        }
        of
    }

    pub(in crate::document) fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.0.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }
}
