//! Running text as a browser folds it: ASCII white space becomes one blank, none at the edges of a
//! line; hard and wide blanks stay.

/// A line or cell being put together.
#[derive(Debug, Default)]
pub(super) struct Inline {
    text: String,
    /// White space since the last character, and whether a line end is in it.
    pending: Option<bool>,
    /// Characters that are part of links.
    linked: usize,
}

impl Inline {
    pub(super) fn push(&mut self, text: &str, in_link: bool) {
        for c in text.chars() {
            if c.is_ascii_whitespace() {
                self.pending = Some(self.pending.unwrap_or(false) || matches!(c, '\n' | '\r'));
                continue;
            }
            if let Some(line_end) = self.pending.take()
                && let Some(last) = self.text.chars().last()
                && last != '\n'
                && !(line_end && is_cjk(last) && is_cjk(c))
            {
                self.text.push(' ');
            }
            // Soft hyphens and zero-width marks are not shown.
            if !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}') {
                self.text.push(c);
                self.linked += usize::from(in_link);
            }
        }
    }

    /// A line break inside a cell.
    pub(super) fn line_break(&mut self) {
        self.pending = None;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Whether the last character is a digit, to which a note mark would be glued.
    pub(super) fn ends_with_digit(&self) -> bool {
        self.text.ends_with(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c))
    }

    /// Whether all of it is links.
    pub(super) fn is_link(&self) -> bool {
        self.linked > 0 && self.linked >= self.text.chars().filter(|c| !c.is_whitespace()).count()
    }

    /// The text, which begins anew.
    pub(super) fn take(&mut self) -> String {
        let text = std::mem::take(self).text;
        text.trim_matches('\n').to_owned()
    }
}

/// A line end in the source between two Chinese characters is no blank.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303F}' | '\u{3400}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
}
