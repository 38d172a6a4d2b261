//! The part of styles that decides what is shown: hidden, struck and raised text, and how lists count.

use std::collections::HashMap;

use super::lists::{Level, Lists};
use crate::document::line::Script;
use crate::document::xml::{Element, Xml};
use crate::document::{Limits, Refusal};

/// A chain of parents is followed no further.
const MAX_CHAIN: usize = 16;

/// Styles by name.
#[derive(Debug, Default)]
pub(in crate::document) struct Styles {
    styles: HashMap<String, Style>,
}

#[derive(Debug, Default)]
struct Style {
    parent: Option<String>,
    is_hidden: Option<bool>,
    is_struck: Option<bool>,
    is_white: Option<bool>,
    script: Option<Script>,
}

/// How text looks.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::document) struct Look {
    is_hidden: bool,
    is_struck: bool,
    pub(in crate::document) is_white: bool,
    pub(in crate::document) script: Script,
}

impl Look {
    pub(in crate::document) fn is_shown(self) -> bool {
        !(self.is_hidden || self.is_struck)
    }
}

impl Styles {
    /// How text of the named style looks; what the style leaves open is as `around`.
    pub(in crate::document) fn resolve(&self, name: Option<&str>, around: Look) -> Look {
        let (mut is_hidden, mut is_struck, mut is_white, mut script) = (None, None, None, None);
        let mut next = name;
        for _ in 0..MAX_CHAIN {
            let Some(style) = next.and_then(|name| self.styles.get(name)) else { break };
            is_hidden = is_hidden.or(style.is_hidden);
            is_struck = is_struck.or(style.is_struck);
            is_white = is_white.or(style.is_white);
            script = script.or(style.script);
            next = style.parent.as_deref();
        }
        Look {
            is_hidden: is_hidden.unwrap_or(around.is_hidden),
            is_struck: is_struck.unwrap_or(around.is_struck),
            is_white: is_white.unwrap_or(around.is_white),
            script: script.unwrap_or(around.script),
        }
    }
}

/// Adds the styles of a part, those of `styles.xml` or the automatic ones of `content.xml`.
pub(in crate::document) fn read(
    text: &str,
    part: &str,
    limits: &Limits,
    styles: &mut Styles,
    lists: &mut Lists,
) -> Result<(), Refusal> {
    let mut xml = Xml::new(text, part, limits);
    xml.child()?;
    while let Some(group) = xml.child()? {
        if !matches!(group.name(), "styles" | "automatic-styles") {
            xml.skip()?;
            continue;
        }
        while let Some(element) = xml.child()? {
            let name = element.attribute("name").unwrap_or_default().into_owned();
            match element.name() {
                "style" => {
                    let style = style(&element, &mut xml)?;
                    styles.styles.insert(name, style);
                }
                "list-style" => lists.define(name, levels(&mut xml)?),
                "outline-style" => lists.define(super::lists::OUTLINE.into(), levels(&mut xml)?),
                _ => xml.skip()?,
            }
        }
    }
    Ok(())
}

fn style(element: &Element<'_>, xml: &mut Xml<'_>) -> Result<Style, Refusal> {
    let parent = element.attribute("parent-style-name").map(|name| name.into_owned());
    let mut style = Style { parent, ..Style::default() };
    while let Some(properties) = xml.child()? {
        if properties.name() == "text-properties" {
            let says = |name: &str, none: &str| properties.attribute(name).map(|v| v == none);
            let is_tiny =
                |size: &str| size.trim_end_matches("pt").parse().is_ok_and(|n: f64| n <= 1.0);
            style.is_hidden = says("display", "none")
                .or(properties.attribute("font-size").map(|size| is_tiny(&size)));
            style.is_struck = says("text-line-through-style", "none")
                .or(says("text-line-through-type", "none"))
                .map(|is_none| !is_none);
            let has_ground = properties.attribute("background-color").is_some_and(|ground| {
                !matches!(&*ground.to_ascii_lowercase(), "transparent" | "#ffffff")
            });
            let colour = properties.attribute("color");
            style.is_white = colour.map(|c| c.eq_ignore_ascii_case("#ffffff") && !has_ground);
            style.script = properties.attribute("text-position").map(|place| script(&place));
        }
        xml.skip()?;
    }
    Ok(style)
}

/// `super 58%`, `sub 58%`, or a height in percent.
fn script(place: &str) -> Script {
    match place.split_ascii_whitespace().next() {
        Some("super") => Script::Raised,
        Some("sub") => Script::Lowered,
        Some(height) if height.starts_with('-') => Script::Lowered,
        Some(height) if !height.starts_with('0') => Script::Raised,
        _ => Script::Baseline,
    }
}

fn levels(xml: &mut Xml<'_>) -> Result<Vec<(usize, Level)>, Refusal> {
    let mut levels = Vec::new();
    while let Some(element) = xml.child()? {
        let text = |name: &str| element.attribute(name).map(|text| text.into_owned());
        let number = |name: &str| text(name).and_then(|text| text.parse().ok());
        let index: Option<usize> = element.attribute("level").and_then(|level| level.parse().ok());
        let mut level = Level {
            format: text("num-format").unwrap_or_default(),
            template: text("num-list-format"),
            prefix: text("num-prefix").unwrap_or_default(),
            suffix: text("num-suffix").unwrap_or_default(),
            shown_levels: element
                .attribute("display-levels")
                .and_then(|levels| levels.parse().ok())
                .unwrap_or(1),
            start: number("start-value").unwrap_or(1),
            is_bullet: element.name() == "list-level-style-bullet",
            has_gap: true,
        };
        gap(xml, &mut level)?;
        levels.extend(index.and_then(|index| index.checked_sub(1)).map(|index| (index, level)));
    }
    Ok(levels)
}

/// Whether anything stands between a label and the text.
fn gap(xml: &mut Xml<'_>, level: &mut Level) -> Result<(), Refusal> {
    while let Some(element) = xml.child()? {
        if element.attribute("label-followed-by").as_deref() == Some("nothing") {
            level.has_gap = false;
        }
        gap(xml, level)?;
    }
    Ok(())
}
