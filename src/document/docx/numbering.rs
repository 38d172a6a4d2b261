//! `numbering.xml`: what the lists of a document are like. Counting: `document/counting.rs`.

use crate::document::counting::{AbstractList, LEVELS, Level, List, Numbering, Reference, Suffix};
use crate::document::xml::{Element, Xml};
use crate::document::{Limits, Refusal};

/// Characters of a label's template; no label in use is near it.
const MAX_TEMPLATE: usize = 64;

/// Reads `w:numPr`.
pub(super) fn reference(xml: &mut Xml<'_>) -> Result<Reference, Refusal> {
    let mut reference = Reference::default();
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

/// Reads the part `numbering`.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Numbering, Refusal> {
    let mut xml = Xml::new(text, "numbering", limits);
    let mut numbering = Numbering::default();
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
