//! The part of `styles.xml` that decides what is shown: hidden, struck and raised text, numbering.

use std::collections::HashMap;

use super::numbering::reference;
use crate::document::counting::Reference;
use crate::document::line::Script;
use crate::document::xml::{Element, Xml};
use crate::document::{Limits, Refusal};

/// A chain of `basedOn` is followed no further.
const MAX_CHAIN: usize = 16;

/// What a paragraph or character style says. `None`: it leaves that to the style below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    /// `w:vanish`: a toggle, see [`Styles::resolve`].
    vanish: Option<bool>,
    /// `w:strike`, `w:dstrike`: toggles.
    struck: Option<bool>,
    /// `w:specVanish`, `w:webHidden`.
    always_hidden: Option<bool>,
    /// Too small to be seen.
    is_tiny: Option<bool>,
    is_white: Option<bool>,
    /// Raised or lowered.
    script: Option<Script>,
    numbering: Reference,
    based_on: Option<String>,
}

/// Run properties, of a style or of a run itself.
#[derive(Debug, Clone, Default)]
pub(super) struct RunFormat {
    /// The character style.
    pub(super) style: Option<String>,
    vanish: Option<bool>,
    struck: Option<bool>,
    always_hidden: Option<bool>,
    is_tiny: Option<bool>,
    is_white: Option<bool>,
    script: Option<Script>,
    /// On a paragraph's mark: the mark is deleted or moved away, so the next paragraph follows on.
    pub(super) mark_removed: bool,
}

/// How a run looks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// Not shown, or struck out.
    pub(super) is_hidden: bool,
    pub(super) is_white: bool,
    /// Where its characters stand.
    pub(super) script: Script,
}

/// Paragraph and character styles by id, each with what it inherits.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    /// The paragraph style of paragraphs that name none.
    default_paragraph: Option<String>,
}

impl Styles {
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, Refusal> {
        let mut xml = Xml::new(text, "styles", limits);
        let mut own = HashMap::new();
        let mut default_paragraph = None;
        xml.child()?;
        while let Some(element) = xml.child()? {
            let kind = element.attribute("type");
            let id = element.attribute("styleId").filter(|_| element.name() == "style");
            // Table styles are most of the part and hide nothing that is looked for here.
            let (Some(id), false) = (id, kind.as_deref() == Some("table")) else {
                xml.leap(&element)?;
                continue;
            };
            let is_default =
                matches!(element.attribute("default").as_deref(), Some("1" | "true" | "on"));
            if is_default && kind.as_deref() == Some("paragraph") {
                default_paragraph = Some(id.clone().into_owned());
            }
            own.insert(id.into_owned(), style(&mut xml)?);
        }
        let styles = own.keys().map(|id| (id.clone(), inherited(&own, id))).collect();
        Ok(Self { styles, default_paragraph })
    }

    /// The style a paragraph of the named style follows.
    pub(super) fn paragraph(&self, named: Option<&str>) -> Option<&Style> {
        self.styles.get(named.or(self.default_paragraph.as_deref())?)
    }

    /// The numbering a style gives its paragraphs.
    pub(super) fn numbering(&self, id: &str) -> Reference {
        self.styles.get(id).map(|style| style.numbering).unwrap_or_default()
    }

    /// The id of the style a paragraph follows, named or by default.
    pub(super) fn paragraph_id<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        named.or(self.default_paragraph.as_deref())
    }

    /// How a run looks.
    pub(super) fn resolve(&self, paragraph: Option<&Style>, run: &RunFormat) -> Look {
        let character = run.style.as_deref().and_then(|id| self.styles.get(id));
        // Toggle properties of a paragraph and a character style cancel out
        // (ECMA-376 part 1, 17.7.3).
        let toggled = |own: Option<bool>, of: fn(&Style) -> Option<bool>| {
            let says = |style: Option<&Style>| style.and_then(of).unwrap_or(false);
            own.unwrap_or_else(|| says(paragraph) != says(character))
        };
        let gone = toggled(run.vanish, |s| s.vanish) || toggled(run.struck, |s| s.struck);
        let nearest = |own: Option<bool>, of: fn(&Style) -> Option<bool>| {
            own.or_else(|| character.and_then(of)).or_else(|| paragraph.and_then(of)) == Some(true)
        };
        let always = nearest(run.always_hidden, |s| s.always_hidden);
        let is_tiny = nearest(run.is_tiny, |s| s.is_tiny);
        let script = run
            .script
            .or_else(|| character.and_then(|s| s.script))
            .or_else(|| paragraph.and_then(|s| s.script));
        Look {
            is_hidden: gone || always || is_tiny,
            is_white: nearest(run.is_white, |s| s.is_white),
            script: script.unwrap_or_default(),
        }
    }
}

/// A style with everything it inherits filled in.
fn inherited(own: &HashMap<String, Style>, id: &str) -> Style {
    let mut style = Style::default();
    let mut next = Some(id);
    for _ in 0..MAX_CHAIN {
        let Some(below) = next.and_then(|id| own.get(id)) else {
            break;
        };
        style.vanish = style.vanish.or(below.vanish);
        style.struck = style.struck.or(below.struck);
        style.always_hidden = style.always_hidden.or(below.always_hidden);
        style.is_tiny = style.is_tiny.or(below.is_tiny);
        style.is_white = style.is_white.or(below.is_white);
        style.script = style.script.or(below.script);
        style.numbering = style.numbering.or(below.numbering);
        next = below.based_on.as_deref();
    }
    style
}

fn style(xml: &mut Xml<'_>) -> Result<Style, Refusal> {
    let mut style = Style::default();
    while let Some(element) = xml.child()? {
        match element.name() {
            "basedOn" => {
                style.based_on = element.value().map(|id| id.into_owned());
                xml.skip()?;
            }
            "rPr" => {
                let format = run_format(xml)?;
                style.vanish = format.vanish;
                style.struck = format.struck;
                style.always_hidden = format.always_hidden;
                style.is_tiny = format.is_tiny;
                style.is_white = format.is_white;
                style.script = format.script;
            }
            "pPr" => style.numbering = paragraph_numbering(xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(style)
}

/// Reads `w:rPr`.
pub(super) fn run_format(xml: &mut Xml<'_>) -> Result<RunFormat, Refusal> {
    let mut format = RunFormat::default();
    let mut has_ground = false;
    while let Some(element) = xml.child()? {
        match element.name() {
            "rStyle" => format.style = element.value().map(|id| id.into_owned()),
            "vanish" => format.vanish = Some(element.is_on()),
            "strike" | "dstrike" => add(&mut format.struck, element.is_on()),
            "specVanish" | "webHidden" => add(&mut format.always_hidden, element.is_on()),
            "vertAlign" => format.script = Some(script(&element)),
            "position" => format.script = format.script.or(number(&element).map(Script::moved)),
            "color" => {
                let is_white = |value: &str| value.eq_ignore_ascii_case("FFFFFF");
                format.is_white = element.value().map(|value| is_white(&value));
            }
            "highlight" => has_ground = element.is_on(),
            "shd" => {
                let fill = element.attribute("fill").unwrap_or_default();
                has_ground |= !matches!(&*fill.to_ascii_lowercase(), "" | "auto" | "ffffff");
            }
            // In half points, as is the place above the line.
            "sz" => format.is_tiny = number(&element).map(|size| size <= 2),
            "del" | "moveFrom" => format.mark_removed = true,
            _ => {}
        }
        xml.skip()?;
    }
    format.is_white = format.is_white.map(|is_white| is_white && !has_ground);
    Ok(format)
}

/// One of two properties of the same effect: either does.
fn add(to: &mut Option<bool>, is_on: bool) {
    *to = Some(is_on || *to == Some(true));
}

fn script(element: &Element<'_>) -> Script {
    match element.value().as_deref() {
        Some("superscript") => Script::Raised,
        Some("subscript") => Script::Lowered,
        _ => Script::Baseline,
    }
}

fn number(element: &Element<'_>) -> Option<i32> {
    element.value()?.trim().parse().ok()
}

fn paragraph_numbering(xml: &mut Xml<'_>) -> Result<Reference, Refusal> {
    let mut numbering = Reference::default();
    while let Some(element) = xml.child()? {
        match element.name() {
            "numPr" => numbering = reference(xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(numbering)
}

impl Style {
    /// The numbering the style gives its paragraphs.
    pub(super) fn numbering(&self) -> Reference {
        self.numbering
    }
}
