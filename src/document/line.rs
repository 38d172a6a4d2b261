//! The text of one paragraph while its runs are read.

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

/// A paragraph under way.
#[derive(Default)]
pub(super) struct Line {
    text: String,
    /// Some text stands on the line, not above or below it.
    has_baseline: bool,
    /// Fields begun and not ended; `true` while in the instruction.
    fields: Vec<bool>,
    /// What hangs on the paragraph and is shown beside it: text boxes, pictures.
    pub(super) beside: Vec<Block>,
}

impl Line {
    /// Adds text of one run.
    ///
    /// Raised digits never become part of a figure: `10²` is not 102. In a report a raised mark
    /// right after a digit is a note mark (an exponent is not: figures are counts), so it is
    /// dropped; elsewhere (`m²`) it stays, in characters that are no digits. A paragraph raised as
    /// a whole is a slip of formatting and is taken as plain.
    pub(super) fn push(&mut self, text: &str, script: Script) {
        if self.fields.contains(&true) || text.is_empty() {
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

    /// A field character: `begin`, `separate` or `end`. Only what stands between `separate` and
    /// `end` is shown.
    pub(super) fn field(&mut self, kind: &str) {
        match kind {
            "begin" => self.fields.push(true),
            "separate" => {
                if let Some(in_instruction) = self.fields.last_mut() {
                    *in_instruction = false;
                }
            }
            "end" => drop(self.fields.pop()),
            _ => {}
        }
    }

    /// Whether white space that follows would be superfluous: after a space, and at the start.
    pub(super) fn is_at_space(&self) -> bool {
        self.text.is_empty() || self.text.ends_with(' ')
    }

    /// Puts the label of automatic numbering before the text.
    pub(super) fn begin_with(&mut self, label: &str) {
        self.text.insert_str(0, label);
    }

    /// The text as shown.
    pub(super) fn into_text(self) -> String {
        if self.has_baseline {
            self.text
        } else {
            self.text.chars().map(|c| back(back(c, &RAISED), &LOWERED)).collect()
        }
    }

    fn ends_in_digit(&self) -> bool {
        self.text.ends_with(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c))
    }
}

const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
const LOWERED: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];

/// Characters note marks are made of: `2`, `[2]`, `（注2）`, `②`, `*`.
fn is_note_mark(c: char) -> bool {
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
