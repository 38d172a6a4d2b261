//! The text of one paragraph while its runs are read.

use std::ops::Range;

use super::Block;

/// Where characters stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Script {
    /// On the line.
    #[default]
    Baseline,
    /// Above it.
    Raised,
    /// Below it.
    Lowered,
}

impl Script {
    /// Of characters moved by hand, up or down, by so many half points: as far as a note mark is.
    pub(super) fn moved(half_points: i32) -> Self {
        match half_points {
            ..=-6 => Self::Lowered,
            6.. => Self::Raised,
            _ => Self::Baseline,
        }
    }
}

/// A paragraph under way.
#[derive(Default)]
pub(super) struct Line {
    text: String,
    /// Some text stands on the line, not above or below it.
    has_baseline: bool,
    /// Fields begun and not ended.
    fields: Vec<Field>,
    /// A field shows something that the file does not hold.
    lacks_result: bool,
    /// Where the text is white.
    white: Vec<Range<usize>>,
    /// What hangs on the paragraph and is shown beside it: text boxes, pictures.
    pub(super) beside: Vec<Block>,
}

/// A field that is calculated by the program that shows it.
#[derive(Default)]
struct Field {
    /// What it is to show, and whether that is still being said.
    instruction: String,
    is_instructed: bool,
    /// The entry chosen of a list, which needs no result.
    chosen: Option<String>,
    /// Where in the text its result begins.
    start: usize,
}

impl Field {
    /// Whether it shows nothing by itself: marks for indexes, links, boxes left empty.
    fn is_silent(&self) -> bool {
        const SILENT: [&str; 14] = [
            "ADDIN",
            "ADVANCE",
            "ASK",
            "FORMCHECKBOX",
            "FORMTEXT",
            "HYPERLINK",
            "INDEX",
            "PRIVATE",
            "RD",
            "SET",
            "TA",
            "TC",
            "TOC",
            "XE",
        ];
        let kind = self.instruction.split_whitespace().next();
        kind.is_none_or(|kind| SILENT.iter().any(|silent| kind.eq_ignore_ascii_case(silent)))
    }
}

impl Line {
    /// Adds text of one run.
    ///
    /// Raised digits never become part of a figure: `10²` is not 102. In a report a raised mark
    /// right after a digit is a note mark (an exponent is not: figures are counts), so it is
    /// dropped; elsewhere (`m²`) it stays, in characters that are no digits. A paragraph raised as
    /// a whole is a slip of formatting and is taken as plain.
    pub(super) fn push(&mut self, text: &str, script: Script) {
        if text.is_empty() {
            return;
        }
        if let Some(field) = self.fields.iter_mut().rev().find(|field| !field.is_instructed) {
            if field.instruction.len() < INSTRUCTION {
                field.instruction.push_str(text);
            }
            return;
        }
        match script {
            Script::Baseline => {
                self.has_baseline |= !text.trim().is_empty();
                self.text.push_str(text);
            }
            Script::Raised if self.ends_in_digit() && text.chars().all(is_note_mark) => {}
            Script::Raised => self.text.extend(text.chars().map(|c| moved(c, &RAISED))),
            Script::Lowered => self.text.extend(text.chars().map(|c| moved(c, &LOWERED))),
        }
    }

    /// Adds text of one run that may be white. Beside text of another colour such text is not seen,
    /// whatever the ground.
    pub(super) fn push_coloured(&mut self, text: &str, script: Script, is_white: bool) {
        let start = self.text.len();
        self.push(text, script);
        if is_white && start < self.text.len() {
            self.white.push(start..self.text.len());
        }
    }

    /// The text without what is white, if any of it is not.
    fn seen(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        let mut seen = String::with_capacity(text.len());
        let mut next = 0;
        for white in &self.white {
            seen.push_str(text.get(next..white.start).unwrap_or_default());
            next = white.end;
        }
        seen.push_str(text.get(next..).unwrap_or_default());
        if seen.trim().is_empty() { text } else { seen }
    }

    /// A field character: `begin`, `separate` or `end`. Only what stands between `separate` and
    /// `end` is shown; `is_shown`: if anything there is.
    pub(super) fn field(&mut self, kind: &str, is_shown: bool) {
        match kind {
            "begin" => self.fields.push(Field { start: self.text.len(), ..Field::default() }),
            "separate" => {
                if let Some(field) = self.fields.last_mut() {
                    field.is_instructed = true;
                }
            }
            "end" => {
                let field = self.fields.pop().filter(|field| field.start == self.text.len());
                if let Some(field) = field.filter(|_| is_shown) {
                    self.without_result(field);
                }
            }
            _ => {}
        }
    }

    /// What is chosen of the list that the field begun last is.
    pub(super) fn choose(&mut self, entry: String) {
        if let Some(field) = self.fields.last_mut() {
            field.chosen = Some(entry);
        }
    }

    fn without_result(&mut self, field: Field) {
        match field.chosen {
            Some(entry) => self.push(&entry, Script::Baseline),
            None if self.is_in_instruction() => {}
            None => self.lacks_result |= !field.is_silent(),
        }
    }

    /// Notes that something is shown which the file does not hold.
    pub(super) fn lack(&mut self) {
        self.lacks_result = true;
    }

    /// Whether what comes says what a field is to show, and is not shown.
    pub(super) fn is_in_instruction(&self) -> bool {
        self.fields.iter().any(|field| !field.is_instructed)
    }

    /// Whether all it shows is something that the file does not hold.
    pub(super) fn is_unread(&self) -> bool {
        self.lacks_result && self.text.trim().is_empty()
    }

    /// Whether white space that follows would be superfluous: after a space, and at the start.
    pub(super) fn is_at_space(&self) -> bool {
        self.text.is_empty() || self.text.ends_with(' ')
    }

    /// Puts the label of automatic numbering before the text.
    pub(super) fn begin_with(&mut self, label: &str) {
        for white in &mut self.white {
            *white = white.start + label.len()..white.end + label.len();
        }
        self.text.insert_str(0, label);
    }

    /// The text as shown.
    pub(super) fn into_text(mut self) -> String {
        let text = self.seen();
        if self.has_baseline {
            text
        } else {
            text.chars().map(|c| back(back(c, &RAISED), &LOWERED)).collect()
        }
    }

    fn ends_in_digit(&self) -> bool {
        self.text.ends_with(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c))
    }
}

/// Bytes remembered of what a field is to show: its first word counts.
const INSTRUCTION: usize = 64;

const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
const LOWERED: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];

/// Digits below the line, which are no part of a figure.
pub(super) fn lowered(text: &str) -> String {
    text.chars().map(|c| moved(c, &LOWERED)).collect()
}

/// Characters note marks are made of: `2`, `[2]`, `（注2）`, `②`, `*`.
pub(super) fn is_note_mark(c: char) -> bool {
    c.is_ascii_digit()
        || c.is_whitespace()
        || matches!(c, '０'..='９' | '①'..='⑳' | '⑴'..='⒇')
        || "[]()（）［］〔〕【】注*＊※†‡,，、#＃".contains(c)
}

fn moved(c: char, digits: &[char; 10]) -> char {
    let digit = match c {
        '０'..='９' => u32::from(c).checked_sub(u32::from('０')),
        _ => c.to_digit(10),
    };
    digit.and_then(|d| digits.get(usize::try_from(d).ok()?)).copied().unwrap_or(c)
}

fn back(c: char, digits: &[char; 10]) -> char {
    let digit = digits.iter().position(|&d| d == c).and_then(|d| u32::try_from(d).ok());
    digit.and_then(|d| char::from_digit(d, 10)).unwrap_or(c)
}
