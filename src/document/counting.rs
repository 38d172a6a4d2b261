//! Automatic numbering: the labels lists show although they stand nowhere in the text. How they are
//! counted, for the formats of Word; what a file says about its lists is told by its reader.
//!
//! There are *abstract* lists of nine levels and *numbered* lists (what paragraphs name) that refer to
//! one. Lists of one abstract list go on counting together, unless one of them says where it starts,
//! which holds once, at its first paragraph.

use std::collections::{HashMap, HashSet};

use super::numerals::numeral;

/// Levels of a list.
pub(super) const LEVELS: usize = 9;

/// A list and a level of it, either of which may be left to the style below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reference {
    /// 0 takes a style's numbering away.
    pub(super) list: Option<i64>,
    /// From 0.
    pub(super) level: Option<usize>,
}

impl Reference {
    /// What this one leaves open, taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self { list: self.list.or(other.list), level: self.level.or(other.level) }
    }
}

/// All lists of a document, and how far each has counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbering {
    pub(super) abstract_lists: HashMap<i64, AbstractList>,
    pub(super) lists: HashMap<i64, List>,
    /// By abstract list: the number each level showed last.
    counts: HashMap<i64, [Option<u32>; LEVELS]>,
    /// Lists and levels whose own start is used up.
    started: HashSet<(i64, usize)>,
}

/// What lists are like.
#[derive(Debug, Clone, Default)]
pub(super) struct AbstractList {
    pub(super) levels: [Level; LEVELS],
    /// The numbering style that has the levels instead.
    pub(super) style: Option<String>,
}

/// A numbered list: what it has of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    pub(super) abstract_id: i64,
    pub(super) levels: [Option<Level>; LEVELS],
    /// Where its levels start, if it says so.
    pub(super) starts: [Option<u32>; LEVELS],
}

/// One level of a list.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) start: u32,
    /// A name of `ST_NumberFormat`, see [`numeral`].
    pub(super) format: String,
    /// `%1、`: `%n` stands for the number of level n.
    pub(super) text: String,
    pub(super) suffix: Suffix,
    /// Restarts when this level (from 1) or one above it counts; `Some(0)`: never.
    pub(super) restart: Option<usize>,
    /// All numbers are shown as decimal.
    pub(super) legal: bool,
    /// The paragraph style this level belongs to.
    pub(super) style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 0,
            format: "decimal".into(),
            text: String::new(),
            suffix: Suffix::Gap,
            restart: None,
            legal: false,
            style: None,
        }
    }
}

/// What stands between label and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    /// A tab or a space.
    Gap,
    Nothing,
}

impl Numbering {
    /// Gives lists that leave their levels to a numbering style the list of that style.
    /// `list_of` tells which list a style names.
    pub(super) fn follow_styles(&mut self, list_of: impl Fn(&str) -> Option<i64>) {
        let abstract_lists = &self.abstract_lists;
        let lists = &self.lists;
        let followed: Vec<(i64, i64)> = lists
            .iter()
            .filter_map(|(&id, list)| {
                let style = abstract_lists.get(&list.abstract_id)?.style.as_deref()?;
                let target = lists.get(&list_of(style)?)?;
                Some((id, target.abstract_id))
            })
            .collect();
        for (id, abstract_id) in followed {
            if let Some(list) = self.lists.get_mut(&id) {
                list.abstract_id = abstract_id;
            }
        }
    }

    /// Counts one paragraph and returns its label with the gap after it; `None` without numbering.
    /// `style` is the paragraph's style: a level may belong to it.
    pub(super) fn label(&mut self, reference: Reference, style: Option<&str>) -> Option<String> {
        let id = reference.list.filter(|&id| id != 0)?;
        let list = self.lists.get(&id)?;
        let abstract_list = self.abstract_lists.get(&list.abstract_id)?;
        let own_level = || {
            abstract_list
                .levels
                .iter()
                .position(|l| l.style.is_some() && l.style.as_deref() == style)
        };
        let index = reference.level.or_else(own_level).unwrap_or(0);
        let levels: [&Level; LEVELS] = std::array::from_fn(|i| level_of(list, abstract_list, i));
        let level = *levels.get(index)?;

        let counts = self.counts.entry(list.abstract_id).or_default();
        let override_start = list.starts.get(index).copied().flatten();
        let first = override_start.filter(|_| self.started.insert((id, index)));
        let count = counts.get_mut(index)?;
        *count = Some(match (first, *count) {
            (Some(start), _) => start,
            (None, Some(last)) => last.saturating_add(1),
            (None, None) => override_start.unwrap_or(level.start),
        });
        for (deeper, count) in counts.iter_mut().enumerate().skip(index + 1) {
            let restart = levels.get(deeper).and_then(|l| l.restart).unwrap_or(deeper);
            if index < restart {
                *count = None;
            }
        }
        Some(written(level, &levels, counts))
    }
}

fn level_of<'a>(list: &'a List, abstract_list: &'a AbstractList, index: usize) -> &'a Level {
    static NONE: std::sync::LazyLock<Level> = std::sync::LazyLock::new(Level::default);
    let own = list.levels.get(index).and_then(Option::as_ref);
    own.or_else(|| abstract_list.levels.get(index)).unwrap_or(&NONE)
}

/// The label as shown. A level not counted yet shows where it would start.
fn written(level: &Level, levels: &[&Level; LEVELS], counts: &[Option<u32>; LEVELS]) -> String {
    let mut label = String::new();
    if level.format == "bullet" {
        label.push_str(&bullet(&level.text));
    } else {
        let mut template = level.text.chars().peekable();
        while let Some(c) = template.next() {
            let of = template.peek().and_then(|d| d.to_digit(10)).filter(|d| c == '%' && *d > 0);
            let Some(index) = of.and_then(|d| usize::try_from(d - 1).ok()) else {
                label.push(c);
                continue;
            };
            template.next();
            let count = counts.get(index).copied().flatten();
            if let Some(shown) = levels.get(index) {
                let format = if level.legal { "decimal" } else { &shown.format };
                label.push_str(&numeral(format, count.unwrap_or(shown.start)));
            }
        }
    }
    // A bullet must not grow together with a figure ("-12"), nor a number that ends in a digit.
    let joins = level.format == "bullet" || label.ends_with(|c: char| c.is_ascii_digit());
    if !label.is_empty() && (joins || level.suffix == Suffix::Gap) {
        label.push(' ');
    }
    label
}

/// Bullets of symbol fonts are letters or private characters that mean something else in any other
/// font; they are shown as the bullet they look like.
fn bullet(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{E000}'..='\u{F8FF}' | 'a'..='z' | 'A'..='Z' | '0'..='9' => '•',
            _ => c,
        })
        .collect()
}
