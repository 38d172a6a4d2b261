//! Automatic numbering: what each level of a list shows, and how far it has counted.

use std::collections::HashMap;

use crate::document::numerals::numeral;

const LEVELS: usize = 10;
/// Characters of a label's template; no label in use is near it.
const MAX_TEMPLATE: usize = 64;
/// The name under which the numbering of headings is kept; no style is called so.
pub(super) const OUTLINE: &str = "";

/// One level of a list style.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    /// `1`, `a`, `一, 二, 三, ...`; empty: no number.
    pub(super) format: String,
    /// `%1%、`: newer files say the whole label at once.
    pub(super) template: Option<String>,
    pub(super) prefix: String,
    pub(super) suffix: String,
    /// Numbers shown: this level's and those of levels above it.
    pub(super) shown_levels: usize,
    pub(super) start: u32,
    pub(super) is_bullet: bool,
    pub(super) has_gap: bool,
}

/// The list styles of a document and their counts.
#[derive(Debug, Default)]
pub(super) struct Lists {
    styles: HashMap<String, [Level; LEVELS]>,
    /// By style: the number each level showed last.
    counts: HashMap<String, [Option<u32>; LEVELS]>,
}

impl Lists {
    pub(super) fn define(&mut self, name: String, levels: Vec<(usize, Level)>) {
        let mut all: [Level; LEVELS] = Default::default();
        for (index, level) in levels {
            if let Some(slot) = all.get_mut(index) {
                *slot = level;
            }
        }
        self.styles.insert(name, all);
    }

    /// A list begins that does not go on from another.
    pub(super) fn restart(&mut self, style: &str) {
        self.counts.remove(style);
    }

    /// Counts one item, level from 0, and returns its label with the gap after it.
    pub(super) fn label(&mut self, style: &str, index: usize, start: Option<u32>) -> String {
        let Some((levels, level)) = self.styles.get(style).and_then(|l| Some((l, l.get(index)?)))
        else {
            return String::new();
        };
        let counts = self.counts.entry(style.to_owned()).or_default();
        for (n, count) in counts.iter_mut().enumerate() {
            if n == index {
                let next = count.map_or(level.start, |last| last.saturating_add(1));
                *count = Some(start.unwrap_or(next));
            } else if n > index {
                *count = None;
            }
        }
        written(levels, level, index, counts)
    }
}

fn written(
    levels: &[Level; LEVELS],
    level: &Level,
    index: usize,
    counts: &[Option<u32>; LEVELS],
) -> String {
    if level.is_bullet {
        return "• ".into();
    }
    if level.format.is_empty() {
        return String::new();
    }
    let number = |n: usize| {
        let shown = levels.get(n).map_or("1", |level| level.format.as_str());
        let start = levels.get(n).map_or(1, |level| level.start);
        numeral(name(shown), counts.get(n).copied().flatten().unwrap_or(start))
    };
    let mut label = match &level.template {
        Some(template) => filled(template, number),
        None => {
            let first = (index + 1).saturating_sub(level.shown_levels.max(1));
            let numbers: Vec<String> = (first..=index).map(number).collect();
            format!("{}{}{}", level.prefix, numbers.join("."), level.suffix)
        }
    };
    if level.has_gap || label.ends_with(|c: char| c.is_ascii_digit()) {
        label.push(' ');
    }
    label
}

/// `%1%.%2%` with numbers for the levels.
fn filled(template: &str, number: impl Fn(usize) -> String) -> String {
    let template: String = template.chars().take(MAX_TEMPLATE).collect();
    let parts = template.split('%').enumerate();
    parts
        .map(|(n, part)| match part.parse::<usize>() {
            Ok(level) if n % 2 == 1 && level > 0 => number(level - 1),
            _ => part.to_owned(),
        })
        .collect()
}

/// The name of a format in WordprocessingML, which [`numeral`] knows.
fn name(format: &str) -> &'static str {
    match format.chars().next() {
        Some('a') => "lowerLetter",
        Some('A') => "upperLetter",
        Some('i') => "lowerRoman",
        Some('I') => "upperRoman",
        Some('一') => "chineseCountingThousand",
        Some('壹') => "chineseLegalSimplified",
        Some('壱' | '壺') => "ideographLegalTraditional",
        Some('甲') => "ideographTraditional",
        Some('子') => "ideographZodiac",
        Some('①') => "decimalEnclosedCircle",
        Some('１') => "decimalFullWidth",
        _ => "decimal",
    }
}
