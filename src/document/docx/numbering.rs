//! Automatic numbering: the labels a list shows although they stand nowhere in the text.
//!
//! `numbering.xml` has *abstract* lists of nine levels and *numbered* lists (`w:num`, what
//! paragraphs name) that refer to one. Lists of one abstract list go on counting together, unless
//! one of them says where it starts (`w:startOverride`), which holds once, at its first paragraph.

use std::collections::{HashMap, HashSet};

use crate::document::numerals::numeral;
use crate::document::xml::{Element, Xml};
use crate::document::{Limits, Refusal};

const LEVELS: usize = 9;
/// Characters of a label's template; no label in use is near it.
const MAX_TEMPLATE: usize = 64;

/// `w:numPr`: a list and a level of it, either of which may be left to the style below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reference {
    /// `w:numId`; 0 takes a style's numbering away.
    pub(super) list: Option<i64>,
    /// `w:ilvl`, from 0.
    pub(super) level: Option<usize>,
}

impl Reference {
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self, Refusal> {
        let mut reference = Self::default();
        while let Some(element) = xml.child()? {
            match element.name() {
                "numId" => reference.list = parsed(&element),
                "ilvl" => reference.level = parsed(&element),
                _ => {}
            }
            xml.skip()?;
        }
        Ok(reference)
    }

    /// What this one leaves open, taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self { list: self.list.or(other.list), level: self.level.or(other.level) }
    }
}

/// All lists of a document, and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    abstract_lists: HashMap<i64, AbstractList>,
    lists: HashMap<i64, List>,
    /// By abstract list: the number each level showed last.
    counts: HashMap<i64, [Option<u32>; LEVELS]>,
    /// Lists and levels whose `w:startOverride` is used up.
    started: HashSet<(i64, usize)>,
}

#[derive(Debug, Default)]
struct AbstractList {
    levels: [Level; LEVELS],
    /// The numbering style that has the levels instead.
    style: Option<String>,
}

#[derive(Debug, Default)]
struct List {
    abstract_id: i64,
    levels: [Option<Level>; LEVELS],
    starts: [Option<u32>; LEVELS],
}

/// One level of a list.
#[derive(Debug, Clone)]
struct Level {
    start: u32,
    format: String,
    /// `%1、`: `%n` stands for the number of level n.
    text: String,
    suffix: Suffix,
    /// Restarts when this level (from 1) or one above it counts; `Some(0)`: never.
    restart: Option<usize>,
    /// All numbers are shown as decimal.
    legal: bool,
    /// The paragraph style this level belongs to.
    style: Option<String>,
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
enum Suffix {
    /// A tab or a space.
    Gap,
    Nothing,
}

impl Numbering {
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, Refusal> {
        let mut xml = Xml::new(text, "numbering", limits);
        let mut numbering = Self::default();
        xml.child()?;
        while let Some(element) = xml.child()? {
            match element.name() {
                "abstractNum" => {
                    let id = parsed_attribute(&element, "abstractNumId");
                    let list = abstract_list(&mut xml)?;
                    numbering.abstract_lists.extend(id.map(|id| (id, list)));
                }
                "num" => {
                    let id = parsed_attribute(&element, "numId");
                    let list = list(&mut xml)?;
                    numbering.lists.extend(id.map(|id| (id, list)));
                }
                _ => xml.skip()?,
            }
        }
        Ok(numbering)
    }

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

fn abstract_list(xml: &mut Xml<'_>) -> Result<AbstractList, Refusal> {
    let mut list = AbstractList::default();
    while let Some(element) = xml.child()? {
        match element.name() {
            "lvl" => {
                let index: Option<usize> = parsed_attribute(&element, "ilvl");
                let level = level(xml)?;
                if let Some(slot) = index.and_then(|i| list.levels.get_mut(i)) {
                    *slot = level;
                }
            }
            "numStyleLink" => {
                list.style = element.value().map(|id| id.into_owned());
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(list)
}

fn list(xml: &mut Xml<'_>) -> Result<List, Refusal> {
    let mut list = List::default();
    while let Some(element) = xml.child()? {
        match element.name() {
            "abstractNumId" => {
                list.abstract_id = parsed(&element).unwrap_or_default();
                xml.skip()?;
            }
            "lvlOverride" => {
                let index: Option<usize> = parsed_attribute(&element, "ilvl");
                level_override(xml, index.unwrap_or(LEVELS), &mut list)?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(list)
}

fn level_override(xml: &mut Xml<'_>, index: usize, list: &mut List) -> Result<(), Refusal> {
    while let Some(element) = xml.child()? {
        match element.name() {
            "startOverride" => {
                let start = parsed(&element);
                if let Some(slot) = list.starts.get_mut(index) {
                    *slot = start;
                }
                xml.skip()?;
            }
            "lvl" => {
                let level = level(xml)?;
                if let Some(slot) = list.levels.get_mut(index) {
                    *slot = Some(level);
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn level(xml: &mut Xml<'_>) -> Result<Level, Refusal> {
    let mut level = Level::default();
    level_properties(xml, &mut level)?;
    Ok(level)
}

fn level_properties(xml: &mut Xml<'_>, level: &mut Level) -> Result<(), Refusal> {
    while let Some(element) = xml.child()? {
        let value = element.value().map(|v| v.into_owned());
        match element.name() {
            "start" => level.start = parsed(&element).unwrap_or_default(),
            "numFmt" => level.format = value.unwrap_or_default(),
            "lvlText" => {
                level.text = value.unwrap_or_default().chars().take(MAX_TEMPLATE).collect();
            }
            "lvlRestart" => level.restart = parsed(&element),
            "isLgl" => level.legal = element.is_on(),
            "pStyle" => level.style = value,
            "suff" if value.as_deref() == Some("nothing") => level.suffix = Suffix::Nothing,
            // A format newer than Word 2007 stands in a choice, with an older one to fall back
            // on after it: the last word is the one to be understood.
            "AlternateContent" | "Choice" | "Fallback" => {
                level_properties(xml, level)?;
                continue;
            }
            _ => {}
        }
        xml.skip()?;
    }
    Ok(())
}

fn parsed<T: std::str::FromStr>(element: &Element<'_>) -> Option<T> {
    parsed_attribute(element, "val")
}

fn parsed_attribute<T: std::str::FromStr>(element: &Element<'_>, name: &str) -> Option<T> {
    element.attribute(name)?.trim().parse().ok()
}
