//! Values from a file or its name, made safe to stand in a line of a mail.

/// One line without anything that moves, hides or reorders text: control characters (C0, C1), line
/// and paragraph separators, marks and overrides of writing direction, zero-width characters.
/// Runs of white space become one space.
pub(super) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .collect();
    visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Unicode's bidirectional controls (UAX 9), joiners and fillers without width, interlinear marks,
/// the byte order mark, tag characters, and what is no character at all.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{00AD}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}'
        | '\u{E0000}'..='\u{E007F}')
}

/// At most `most` characters; where more were cut off, the last is `…`.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The name of a file or unit: one line, at most 120 characters.
pub(super) fn name(text: &str) -> String {
    shorten(&one_line(text), 120)
}

/// A sentence: one line, at most 600 characters.
pub(super) fn sentence(text: &str) -> String {
    shorten(&one_line(text), 600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_controls_of_either_kind_become_spaces() {
        assert_eq!(
            one_line("青塘镇\r\nBcc: a@b.cn\u{0}\u{85}\u{9b}x\u{2028}y"),
            "青塘镇 Bcc: a@b.cn x y"
        );
    }

    #[test]
    fn a_name_that_pretends_another_extension_shows_its_own() {
        assert_eq!(name("报告\u{202e}xcod.exe"), "报告xcod.exe");
    }

    #[test]
    fn a_long_name_is_cut_by_characters_not_bytes() {
        let long = "县".repeat(500);
        assert_eq!(name(&long).chars().count(), 120);
        assert!(name(&long).ends_with('…'));
    }
}
