//! The text of a report as far as it is compared with that of others: its sentences, made alike.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use crate::report::Report;
use crate::units;

/// Fewer characters of prose are too few to call one text the same as another.
const PROSE: usize = 100;

/// So many of the longest sentences tell which texts may be the same ([`Prose::marks`]).
const MARKS: usize = 8;

/// The sentences of a report, without white space, each year's own number and each unit's own name
/// replaced by the same sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prose(Vec<String>);

impl Prose {
    /// Of a report.
    pub fn of(report: &Report) -> Self {
        Self::of_text(&report.text, report.year.unwrap_or_default(), report.unit.as_deref())
    }

    fn of_text(paragraphs: &[String], year: i16, unit: Option<&str>) -> Self {
        let years = [(0, "〔本年〕"), (-1, "〔上年〕"), (1, "〔下年〕")];
        let years = years.map(|(by, sign)| (year.saturating_add(by).to_string(), sign));
        let units = unit.map(units::spellings).unwrap_or_default();
        let units = units.into_iter().map(|name| (name, "〔本单位〕"));
        let signs: Vec<(String, &str)> = years.into_iter().chain(units).collect();
        let cut = |paragraph: &String| {
            let text: String = paragraph.nfkc().filter(|c| !c.is_whitespace()).collect();
            let text = signs.iter().fold(text, |text, (name, sign)| match text.contains(name) {
                true => text.replace(name, sign),
                false => text,
            });
            let sentences = text.split(['。', ';', '!', '?']);
            sentences.filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        Self(paragraphs.iter().flat_map(cut).collect())
    }

    /// Whether there is enough of it to call another the same.
    pub fn is_enough(&self) -> bool {
        length(&self.0) >= PROSE
    }

    /// How much of it, in per cent of its characters, stands in the other too. `None`: there is too
    /// little of it to tell.
    pub fn share_in(&self, other: &Self) -> Option<Decimal> {
        let known: BTreeSet<&String> = other.0.iter().collect();
        let same = length(self.0.iter().filter(|sentence| known.contains(sentence)));
        let share = Decimal::from(same).checked_mul(Decimal::ONE_HUNDRED)?;
        self.is_enough().then(|| share.checked_div(Decimal::from(length(&self.0)))).flatten()
    }

    /// Its longest sentences, each once. Texts that have less than half of them in common
    /// ([`Self::may_be_same`]) are different ones, and need no closer look.
    pub fn marks(&self) -> BTreeSet<&str> {
        let mut sentences: Vec<&str> = self.0.iter().map(String::as_str).collect();
        sentences.sort_by_key(|sentence| (std::cmp::Reverse(sentence.len()), *sentence));
        sentences.dedup();
        sentences.into_iter().take(MARKS).collect()
    }

    /// Whether a text with so many marks may be the same as one that has so many of them too.
    pub fn may_be_same(marks: usize, shared: usize) -> bool {
        shared > 0 && shared.saturating_mul(2) >= marks
    }
}

fn length<'s>(sentences: impl IntoIterator<Item = &'s String>) -> usize {
    sentences.into_iter().map(|sentence| sentence.chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(text: &str, year: i16, unit: Option<&str>) -> Prose {
        Prose::of_text(&[text.to_owned()], year, unit)
    }

    #[test]
    fn the_own_year_and_unit_of_each_report_count_as_the_same_word() {
        let sentences = |year: i16, text: &str| prose(text, year, None);
        assert_eq!(
            sentences(2022, "2022 年，比2021年多。下一句"),
            sentences(2021, "2021年，比2020年多。下一句")
        );
        assert_ne!(sentences(2022, "2021年的句子"), sentences(2021, "2021年的句子"));
        assert_eq!(
            prose("青塘镇认真公开。", 2022, Some("禾川县青塘镇人民政府")),
            prose("柳荫乡认真公开。", 2022, Some("柳荫乡人民政府"))
        );
    }

    #[test]
    fn the_share_is_of_characters_and_the_marks_are_the_longest_sentences() {
        let long = "长".repeat(90);
        let one = prose(&format!("{long}。自己的句子共有九个字"), 2022, None);
        let other = prose(&format!("{long}。别人的。"), 2022, None);
        assert_eq!(one.share_in(&other).map(|s| s.round_dp(0)), Some(Decimal::from(90)));
        assert_eq!(other.share_in(&one), None, "too short to tell");
        let many: String = (1..=12).map(|n| format!("{}。", "字".repeat(n))).collect();
        let many = prose(&many, 2022, None);
        let lengths: Vec<usize> = many.marks().iter().map(|mark| mark.chars().count()).collect();
        assert_eq!(lengths, (5..=12).collect::<Vec<_>>());
        assert!(Prose::may_be_same(8, 4) && !Prose::may_be_same(8, 3) && !Prose::may_be_same(0, 0));
    }
}
