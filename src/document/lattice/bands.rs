//! Rules that part the rows of a table, whether or not any part its columns.

use super::page::{Page, Rule};
use super::rules;
use super::text::Line;

/// Added to the y of each page, so that lines of later pages come below.
const PAGE: f64 = 100_000.0;

/// The y of a line, counted through all pages.
pub(super) fn y(line: &Line) -> f64 {
    on_page(line.page, line.baseline)
}

fn on_page(page: u32, y: f64) -> f64 {
    f64::from(page) * PAGE + y
}

/// The horizontal rules of a document, their y counted through all pages.
#[derive(Debug, Default)]
pub(super) struct Bands {
    rules: Vec<Rule>,
}

impl Bands {
    /// Adds the rules of a page that has its direction.
    pub(super) fn add(&mut self, page: &Page) {
        let own = rules::horizontal(page).into_iter();
        self.rules.extend(own.map(|rule| Rule { at: on_page(page.number, rule.at), ..rule }));
    }

    /// Whether a rule passes `x` between two heights.
    pub(super) fn part(&self, x: f64, a: f64, b: f64) -> bool {
        let between = a.min(b)..a.max(b);
        self.rules.iter().any(|r| between.contains(&r.at) && r.from <= x && x <= r.to)
    }
}
