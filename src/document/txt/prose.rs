//! Paragraphs of a text. Text copied from a PDF is broken at the width of its page, in the middle
//! of words, and at page ends by several empty lines: such lines are joined again. Titles,
//! headings, list items and indented lines begin paragraphs of their own.

use std::sync::LazyLock;

use regex::Regex;
use unicode_width::UnicodeWidthStr;

use super::super::Refusal;
use super::super::assembly::Assembly;
use super::super::characters::is_ideograph;
use super::{is_blank, section_number};

/// Columns a line must fill to have been broken by the page's edge (20 Chinese characters).
const BROKEN_WIDTH: usize = 40;
/// Broken lines a document must show before any line is joined.
const BROKEN_LINES: usize = 3;
/// Columns of the longest heading.
const HEADING_WIDTH: usize = 64;
/// Longest end of a heading that went to the next line, in characters.
const HEADING_END: usize = 4;

/// What begins a heading or an item of a list.
static MARKER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[一二三四五六七八九十]+\s*[、．.]|[（(][一二三四五六七八九十0-9０-９]{1,3}[）)]|[0-9０-９]{1,2}\s*[、．.](?:[^0-9０-９]|$)|第[一二三四五六七八九十]+[章节条部]|附件|[-•·●■◆]\s)").ok()
});

/// Collects the lines between tables.
#[derive(Debug)]
pub(super) struct Prose {
    lines: Vec<String>,
    /// Whether the document shows that its lines are broken at a page's edge.
    broken: bool,
    section: Option<u32>,
}

impl Prose {
    /// For a document of these lines.
    pub(super) fn new(lines: &[&str]) -> Self {
        let pairs = lines.iter().zip(lines.iter().skip(1));
        let broken = pairs.filter(|(line, next)| !is_blank(next) && is_cut(line, next)).count();
        Self { lines: Vec::new(), broken: broken >= BROKEN_LINES, section: None }
    }

    /// The number of the last top-level heading outside tables.
    pub(super) fn section(&self) -> Option<u32> {
        self.section
    }

    pub(super) fn push(&mut self, line: &str) {
        self.section = section_number(line).or(self.section);
        self.lines.push(line.replace('\u{2028}', "\n"));
    }

    /// Takes back the line directly above a table, if it is of one kind with the sub-headings
    /// between the table's rows: equal but for the numbers and one misspelt character.
    pub(super) fn take_heading_like(&mut self, headings: &[String]) -> Option<String> {
        let line = shape(self.lines.last()?);
        if line.is_empty() || !headings.iter().any(|heading| is_alike(&shape(heading), &line)) {
            return None;
        }
        self.lines.pop().map(|line| line.trim().to_owned())
    }

    /// Hands over what was collected, as paragraphs.
    pub(super) fn flush(&mut self, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
        let mut open = Open::default();
        let mut blanks = 0_usize;
        for line in std::mem::take(&mut self.lines) {
            if is_blank(&line) {
                blanks += 1;
            } else if self.broken && open.goes_on(blanks, &line) {
                open.join(&line);
                blanks = 0;
            } else {
                assembly.paragraph(&open.text)?;
                open = Open::new(line);
                blanks = 0;
            }
        }
        assembly.paragraph(&open.text)
    }
}

/// A paragraph that the next line may continue.
#[derive(Debug, Default)]
struct Open {
    text: String,
    /// Width of its last line.
    width: usize,
    /// It has the punctuation of a sentence; a title has none.
    sentence: bool,
    heading: bool,
}

impl Open {
    fn new(line: String) -> Self {
        let width = line.width();
        let heading =
            has_marker(&line) && width <= HEADING_WIDTH && !line.contains(['。', '；', '！', '？']);
        Self { width, sentence: has_pause(&line), heading, text: line }
    }

    /// Whether `line`, after so many empty lines, goes on with this paragraph.
    fn goes_on(&self, blanks: usize, line: &str) -> bool {
        if begins(line) {
            return false;
        }
        if self.heading {
            return blanks == 1 && self.width > BROKEN_WIDTH && is_heading_end(line);
        }
        // One empty line parts paragraphs; several are the end of a page.
        blanks != 1 && self.sentence && self.width >= BROKEN_WIDTH && ends_open(&self.text)
    }

    /// Appends a line, with a blank only between two Latin words.
    fn join(&mut self, line: &str) {
        self.width = line.width();
        self.sentence |= has_pause(line);
        let line = line.trim();
        self.text.truncate(self.text.trim_end().len());
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        if latin(self.text.chars().last()) && latin(line.chars().next()) {
            self.text.push(' ');
        }
        self.text.push_str(line);
    }
}

/// Whether a line ends in mid-sentence at the page's edge and the next goes on.
fn is_cut(line: &str, next: &str) -> bool {
    has_pause(line) && line.width() >= BROKEN_WIDTH && ends_open(line) && !begins(next)
}

fn is_heading_end(line: &str) -> bool {
    let line = line.trim();
    (2..=HEADING_END).contains(&line.chars().count())
        && line.chars().all(is_ideograph)
        && !line.starts_with(['无', '暂', '没', '略'])
}

/// Ends without the mark that ends a sentence.
fn ends_open(line: &str) -> bool {
    !line.trim_end().ends_with(['。', '；', '！', '？', '：', '.', ';', ':', '…'])
}

/// Begins a paragraph: a marker or an indent of two columns.
fn begins(line: &str) -> bool {
    has_marker(line)
        || line.starts_with(['\u{3000}', '\t'])
        || line.starts_with("  ")
        || line.starts_with("\u{a0} ")
        || line.starts_with("\u{a0}\u{a0}")
}

fn has_pause(line: &str) -> bool {
    line.contains(['，', '。', '；', '、'])
}

fn has_marker(line: &str) -> bool {
    MARKER.as_ref().is_some_and(|marker| marker.is_match(line))
}

/// A line with its numbers, Chinese and Arabic, replaced: what sub-headings have in common.
fn shape(line: &str) -> String {
    line.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| {
            if c.is_numeric() || "一二三四五六七八九十〇零百".contains(c) {
                '#'
            } else {
                c
            }
        })
        .collect()
}

fn is_alike(one: &str, other: &str) -> bool {
    let differ = one.chars().zip(other.chars()).filter(|(a, b)| a != b).count();
    one.chars().count() == other.chars().count()
        && differ <= usize::from(differ * 4 < one.chars().count())
}
