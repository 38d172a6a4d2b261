//! Kinds of characters that readers tell apart.

/// The Chinese numerals of headings and their numbers, up to ten.
pub(super) const NUMERALS: &str = "一二三四五六七八九十";

/// Units a number may carry: counters of the forms first, money last. Longer ones before those they
/// end with.
pub(crate) const UNITS: [&str; 24] = [
    "人次", "件次", "万元", "千元", "亿元", "件", "条", "份", "次", "篇", "项", "个", "期", "宗",
    "起", "例", "人", "户", "家", "部", "本", "册", "元", "场",
];

/// Whether a character is one of the CJK Unified Ideographs, without the extensions.
pub(super) fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}
