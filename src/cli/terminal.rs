//! What the place we print to can show: width and colour. And what it must never be shown: control
//! characters out of files, which could move the cursor, retitle the window or hide a line.

use std::fmt::Write as _;
use std::io::IsTerminal;

/// Columns where there is no terminal: a file, a pipe.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// The place we print to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terminal {
    /// Columns of a line.
    pub(super) width: usize,
    /// Whether colour is understood and wanted.
    pub(super) colour: bool,
}

impl Terminal {
    /// Standard output as it is.
    pub(super) fn of_stdout() -> Self {
        let stdout = std::io::stdout();
        if !stdout.is_terminal() {
            return Self { width: WIDTH_WITHOUT_TERMINAL, colour: false };
        }
        let columns = rustix::termios::tcgetwinsize(&stdout).map(|size| usize::from(size.ws_col));
        let width = columns.ok().filter(|columns| *columns > 0).unwrap_or(80);
        Self { width, colour: !crate::config::no_color() }
    }

    /// The text in this style, if styles are shown.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self.colour {
            true => format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()),
            false => text.to_owned(),
        }
    }
}

/// How a text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "1;31",
            Self::Yellow => "33",
            Self::Green => "32",
        }
    }
}

/// A text of unknown origin on one line: white space as blanks, every other control character and
/// those that turn the direction of writing spelled out.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if is_unsafe(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// The same for a line of JSON, whose strings may hold any character from U+0020 on.
pub(super) fn plain_json(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        // All of them lie below U+10000, so one escape is enough. Writing to a String cannot fail.
        match is_unsafe(c) && write!(shown, "\\u{:04x}", u32::from(c)).is_ok() {
            true => {}
            false => shown.push(c),
        }
    }
    shown
}

/// C0 and C1 controls, DEL, and the marks, embeddings, overrides and isolates of Unicode's
/// bidirectional algorithm.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        let hostile = "a\u{1b}]0;x\u{7}b\u{9b}2Jc\u{202e}d\u{7f}\r\ne";
        let shown = plain(hostile);
        assert_eq!(shown, "a\\u{1b}]0;x\\u{7}b\\u{9b}2Jc\\u{202e}d\\u{7f}  e");
        assert!(!shown.chars().any(is_unsafe));
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({ "unit": "a\u{9b}2J\u{202e}b\u{1b}" });
        let line = plain_json(&value.to_string());
        assert!(!line.chars().any(is_unsafe), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }

    #[test]
    fn without_colour_there_are_no_escapes() {
        let terminal = Terminal { width: 80, colour: false };
        assert_eq!(terminal.paint(Style::Red, "x"), "x");
    }
}
