//! Lines joined to the paragraphs they were before the page was laid out.

use super::text::{Line, blank_between_letters};
use crate::document::characters::NUMERALS;

/// Where the text of the document's full lines begins and ends.
#[derive(Debug, Default)]
pub(super) struct Margins {
    left: f64,
    right: f64,
}

/// A line that ends this many sizes before the margin was ended on purpose.
const SHORT: f64 = 2.0;
/// A shorter line, in sizes, was not broken by a margin.
const SHORTEST_FULL: f64 = 12.0;
/// A line that begins this many sizes after the margin begins a paragraph.
const INDENT: f64 = 0.9;
/// Lines of one paragraph differ in size by no more than this factor.
const SAME_SIZE: f64 = 1.12;
/// Lines of one paragraph are no farther apart than this many sizes.
const PITCH: f64 = 2.6;

impl Margins {
    /// Judges by the widest lines.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a Line>) -> Self {
        let mut widths: Vec<(f64, f64)> = lines.map(|l| (l.left(), l.right())).collect();
        widths.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
        let widest = widths.first().map_or(0.0, |(left, right)| right - left);
        let full: Vec<&(f64, f64)> =
            widths.iter().take_while(|(left, right)| right - left > 0.9 * widest).collect();
        let left = full.iter().map(|l| l.0).fold(f64::INFINITY, f64::min);
        let mut rights: Vec<f64> = full.iter().map(|l| l.1).collect();
        rights.sort_by(f64::total_cmp);
        let right = rights.get(rights.len() / 2).copied().unwrap_or_default();
        Self { left, right }
    }

    pub(super) fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }
}

/// Joins lines to paragraphs.
pub(super) fn paragraphs(lines: &[Line], margins: &Margins) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut previous: Option<&Line> = None;
    for line in lines {
        let text = line.text();
        match paragraphs
            .last_mut()
            .filter(|_| previous.is_some_and(|p| continues(p, line, margins)))
        {
            Some(paragraph) => {
                blank_between_letters(paragraph, &text);
                paragraph.push_str(&text);
            }
            None => paragraphs.push(text),
        }
        previous = Some(line);
    }
    paragraphs
}

/// Whether a line goes on where the one before it stopped.
fn continues(before: &Line, line: &Line, margins: &Margins) -> bool {
    let (small, large) = (before.size.min(line.size), before.size.max(line.size));
    let near = before.page != line.page || (line.baseline - before.baseline) <= PITCH * large;
    let unbroken = f64::from(unbreakable(line)) * 0.6 * line.size;
    let full = before.right() + (SHORT * large).max(unbroken) >= margins.right
        && before.right() - before.left() >= SHORTEST_FULL * before.size;
    let indented = line.left() - margins.left > INDENT * line.size;
    let ended = || before.text().ends_with(['。', '；', '：']) && is_numbered(&line.text());
    full && near && !indented && large <= SAME_SIZE * small && !ended()
}

/// Whether a text begins with the number of a heading or of an item: `二、`, `（三）`.
fn is_numbered(text: &str) -> bool {
    let inner = text.trim_start().trim_start_matches(['（', '(']);
    let rest = inner.trim_start_matches(|c| NUMERALS.contains(c));
    rest.len() < inner.len() && rest.starts_with(['、', '）', ')', '．', '.'])
}

/// How many characters at the start of a line cannot be parted.
fn unbreakable(line: &Line) -> u32 {
    let start = line.words.first().map_or("", |w| w.text.as_str());
    let run = start.chars().take(30).take_while(|c| c.is_ascii_graphic()).count();
    u32::try_from(run).unwrap_or_default()
}
