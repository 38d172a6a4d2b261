//! Kinds of characters that readers tell apart.

/// The Chinese numerals of headings and their numbers, up to ten.
pub(super) const NUMERALS: &str = "一二三四五六七八九十";

/// Whether a character is one of the CJK Unified Ideographs, without the extensions.
pub(super) fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}
