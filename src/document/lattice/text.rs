//! Lines and words out of positioned glyphs.

use super::page::Glyph;
use crate::document::characters::{NUMERALS, is_ideograph};

/// Glyphs whose baselines differ by no more than this, in sizes, stand on one line.
const SAME_LINE: f64 = 0.4;
/// A gap of this many sizes parts words that need not belong together.
const WORD_GAP: f64 = 0.75;
/// A gap of this many sizes between letters or digits is a blank.
const BLANK: f64 = 0.25;
/// The same character again within this many sizes is a bold face made by drawing twice.
const TWICE: f64 = 0.12;
/// Characters with a blank drawn between them are a word spaced out, up to this many sizes.
const SPACED: f64 = 2.5;
/// Smaller by this factor and raised by this part of the size: a note mark or a square.
const RAISED_SIZE: f64 = 0.78;
const RAISED_BY: f64 = 0.15;
const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// Characters on one baseline with no wide gap between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    /// Recognised from an image, and not surely right.
    pub(super) doubtful: bool,
    /// Where its characters stand farther apart than usual.
    pub(super) gaps: Vec<Gap>,
    /// Whether its characters were parted by blanks: `总  计`.
    pub(super) spaced: bool,
}

/// A gap between two characters of a word, too narrow to tell by itself whether they are two words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    /// Bytes of the word's text before it.
    pub(super) at: usize,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Word {
    /// The two words before and after a gap.
    pub(super) fn split(&self, gap: Gap) -> Option<(Self, Self)> {
        let (before, after) = self.text.split_at_checked(gap.at)?;
        let part = |text: &str, left: f64, right: f64| Self {
            text: text.trim().to_owned(),
            left,
            right,
            doubtful: self.doubtful,
            gaps: Vec::new(),
            spaced: false,
        };
        let earlier = self.gaps.iter().filter(|g| g.at < gap.at).copied().collect();
        let before = Self { gaps: earlier, ..part(before, self.left, gap.from) };
        Some((before, part(after, gap.to, self.right)))
    }
}

/// The words on one baseline, from the left; at least one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) words: Vec<Word>,
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) page: u32,
}

impl Line {
    pub(super) fn top(&self) -> f64 {
        self.baseline - self.size
    }

    pub(super) fn left(&self) -> f64 {
        self.words.first().map_or(0.0, |w| w.left)
    }

    pub(super) fn right(&self) -> f64 {
        self.words.last().map_or(0.0, |w| w.right)
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.words.iter().any(|w| w.doubtful)
    }

    /// The words with a blank between them.
    pub(super) fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    }
}

/// Sorts glyphs into lines from the top.
pub(super) fn lines(mut glyphs: Vec<Glyph>, page: u32) -> Vec<Line> {
    glyphs.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut lines = Vec::new();
    let mut current: Vec<Glyph> = Vec::new();
    for glyph in glyphs {
        let apart = current
            .first()
            .is_some_and(|g| glyph.baseline - g.baseline > SAME_LINE * g.size.max(glyph.size));
        if apart {
            lines.extend(line(std::mem::take(&mut current), page));
        }
        current.push(glyph);
    }
    lines.extend(line(current, page));
    lines
}

fn line(mut glyphs: Vec<Glyph>, page: u32) -> Option<Line> {
    glyphs.sort_by(|a, b| a.left.total_cmp(&b.left));
    let largest = glyphs
        .iter()
        .filter(|g| !g.text.trim().is_empty())
        .max_by(|a, b| a.size.total_cmp(&b.size))?;
    let (baseline, size) = (largest.baseline, largest.size);
    let mut builder = Builder { baseline, size, ..Builder::default() };
    for (index, glyph) in glyphs.iter().enumerate() {
        let before = glyphs.get(..index).unwrap_or_default();
        if !is_drawn_twice(glyph, before) {
            builder.push(glyph);
        }
    }
    (!builder.words.is_empty()).then_some(Line { words: builder.words, baseline, size, page })
}

fn is_drawn_twice(glyph: &Glyph, before: &[Glyph]) -> bool {
    let near = TWICE * glyph.size;
    before
        .iter()
        .rev()
        .take_while(|g| glyph.left - g.left <= near)
        .any(|g| g.text == glyph.text && (g.baseline - glyph.baseline).abs() <= near)
}

#[derive(Debug, Default)]
struct Builder {
    words: Vec<Word>,
    baseline: f64,
    size: f64,
    /// A blank was drawn since the last character.
    blank: bool,
}

impl Builder {
    fn push(&mut self, glyph: &Glyph) {
        let shown = glyph.text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if shown.is_empty() {
            self.blank = true;
            return;
        }
        let blank = std::mem::take(&mut self.blank);
        let gap = self.words.last().map_or(f64::INFINITY, |w| glyph.left - w.right);
        let spaced = blank && gap <= SPACED * self.size && is_letter(shown);
        let near = |word: &&mut Word| gap <= WORD_GAP * self.size || (spaced && is_spaced(word));
        let Some(word) = self.words.last_mut().filter(near) else {
            self.words.push(Word {
                text: shown.to_owned(),
                left: glyph.left,
                right: glyph.right,
                doubtful: glyph.doubtful,
                gaps: Vec::new(),
                spaced: false,
            });
            return;
        };
        word.doubtful |= glyph.doubtful;
        if gap > BLANK * self.size {
            word.spaced |= spaced;
            word.gaps.push(Gap { at: word.text.len(), from: word.right, to: glyph.left });
        }
        word.right = word.right.max(glyph.right);
        let raised = glyph.size < RAISED_SIZE * self.size
            && glyph.baseline < self.baseline - RAISED_BY * self.size;
        if raised {
            push_raised(&mut word.text, shown);
            return;
        }
        let plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c.is_numeric());
        let parted = plain(word.text.chars().last()) && plain(shown.chars().next());
        if gap > BLANK * self.size && !spaced && (blank || parted) {
            word.text.push(' ');
        }
        word.text.push_str(shown);
    }
}

/// A single ideograph that is no number.
fn is_letter(text: &str) -> bool {
    let mut chars = text.chars();
    let is_one = |c: char| is_ideograph(c) && !NUMERALS.contains(c);
    chars.next().is_some_and(is_one) && chars.next().is_none()
}

/// Whether a single ideograph after a blank may go on with a word.
fn is_spaced(word: &Word) -> bool {
    word.spaced || is_letter(&word.text)
}

/// Raised digits never become part of a figure: after one they mark a note and are dropped,
/// elsewhere (`m²`) they stay as characters that are no digits.
fn push_raised(text: &mut String, shown: &str) {
    let is_note_mark = |c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | '*');
    if text.ends_with(|c: char| c.is_ascii_digit()) && shown.chars().all(is_note_mark) {
        return;
    }
    let raised =
        |c: char| c.to_digit(10).and_then(|d| RAISED.get(usize::try_from(d).ok()?).copied());
    text.extend(shown.chars().map(|c| raised(c).unwrap_or(c)));
}

/// The lines of one cell as one text. The parts of a label broken over lines join without a blank;
/// lines of nothing but figures are never joined: two numbers in a cell are not one.
pub(super) fn joined(lines: &[Line]) -> String {
    let texts: Vec<String> = lines.iter().map(Line::text).collect();
    let has_words = texts.iter().any(|t| t.chars().any(char::is_alphabetic));
    let mut joined = String::new();
    for text in &texts {
        if !joined.is_empty() && !has_words {
            joined.push('\n');
        } else {
            blank_between_letters(&mut joined, text);
        }
        joined.push_str(text);
    }
    joined
}

/// Adds the blank that a line break stood for between two Latin words.
pub(super) fn blank_between_letters(joined: &mut String, next: &str) {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    if letter(joined.chars().last()) && letter(next.chars().next()) {
        joined.push(' ');
    }
}

/// Whether a text begins like a numbered clause: `一、`, `（三）`, `1.`, `2）`.
pub(super) fn starts_with_ordinal(text: &str) -> bool {
    let numeral = |c: char| c.is_numeric() || NUMERALS.contains(c);
    let text = text.trim_start();
    let (inner, ends): (&str, &[char]) = match text.strip_prefix(['（', '(']) {
        Some(inner) => (inner, &['）', ')']),
        None => (text, &['、', '.', '．', '）', ')']),
    };
    let rest = inner.trim_start_matches(numeral);
    let digits = inner.len() - rest.len();
    let is_decimal =
        rest.strip_prefix(['.', '．']).is_some_and(|r| r.starts_with(char::is_numeric));
    digits > 0 && rest.starts_with(ends) && !is_decimal
}
