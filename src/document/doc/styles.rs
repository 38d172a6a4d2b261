//! The part of the stylesheet (MS-DOC 2.9.271 `STSH`) that decides what is shown: hidden,
//! struck and raised text, and numbering.

use std::ops::Range;

use super::runs::properties;
use crate::document::bytes::Fields;
use crate::document::counting::Reference;
use crate::document::line::Script;

/// Styles based on each other, at most.
const DEPTH: usize = 16;
/// The number of no style.
const NONE: u16 = 0x0FFF;
const PARAGRAPH: u16 = 1;
const CHARACTER: u16 = 2;

/// What a style says; nothing where it says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    pub(super) is_hidden: Option<bool>,
    pub(super) is_struck: Option<bool>,
    pub(super) script: Option<Script>,
    pub(super) numbering: Reference,
}

/// The styles of a document by their number.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<Style>);

impl Styles {
    /// Reads as many styles as the file tells.
    pub(super) fn read(table: &[u8], sheet: &Range<usize>) -> Self {
        let fields = Fields(table.get(sheet.clone()).unwrap_or_default());
        let mut own = Vec::new();
        if read_all(&fields, &mut own).is_none() {
            tracing::debug!(styles = own.len(), "the stylesheet ends early");
        }
        let of =
            |number: u16| own.get(usize::from(number)).copied().unwrap_or((NONE, Style::default()));
        let resolve = |number: usize| {
            let mut style = Style::default();
            let mut at = u16::try_from(number).unwrap_or(NONE);
            for _ in 0..DEPTH {
                let (base, below) = of(at);
                style.is_hidden = style.is_hidden.or(below.is_hidden);
                style.is_struck = style.is_struck.or(below.is_struck);
                style.script = style.script.or(below.script);
                style.numbering = style.numbering.or(below.numbering);
                at = base;
            }
            style
        };
        Self((0..own.len()).map(resolve).collect())
    }

    pub(super) fn get(&self, number: u16) -> Style {
        self.0.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// Each style's base and what it says itself.
fn read_all(fields: &Fields<'_>, styles: &mut Vec<(u16, Style)>) -> Option<()> {
    let head = usize::from(fields.u16(0)?);
    let (count, fixed) = (fields.u16(2)?, usize::from(fields.u16(4)?));
    let mut at = 2 + head;
    for _ in 0..count.min(NONE) {
        let length = usize::from(fields.u16(at)?);
        let entry = Fields(fields.slice(at + 2, length)?);
        styles.push(style(&entry, fixed).unwrap_or((NONE, Style::default())));
        at += 2 + length.next_multiple_of(2);
    }
    Some(())
}

fn style(entry: &Fields<'_>, fixed: usize) -> Option<(u16, Style)> {
    let kind = entry.u16(2)?;
    let (kind, base) = (kind & 0xF, kind >> 4);
    // The name ends with a zero of its own.
    let mut at = fixed + 2 + 2 * usize::from(entry.u16(fixed)?) + 2;
    let mut lists = Vec::new();
    while let Some(length) = entry.u16(at).map(usize::from) {
        lists.push(entry.slice(at + 2, length)?);
        at += 2 + length.next_multiple_of(2);
    }
    let (paragraph, characters): (&[u8], &[u8]) = match (kind, lists.as_slice()) {
        (PARAGRAPH, [paragraph, characters, ..]) => (paragraph.get(2..)?, characters),
        (PARAGRAPH, [paragraph]) => (paragraph.get(2..)?, &[]),
        (CHARACTER, [characters, ..]) => (&[], characters),
        _ => (&[], &[]),
    };
    let mut own = Style::default();
    for (code, value) in properties(paragraph) {
        number(&mut own.numbering, code, value);
    }
    for (code, value) in properties(characters) {
        let is_on = value.first().map(|on| *on & 1 != 0);
        match code {
            // sprmCFVanish, sprmCFStrike, sprmCIss
            0x083C => own.is_hidden = is_on,
            0x0837 => own.is_struck = is_on,
            0x2A48 => own.script = Some(script(value)),
            _ => {}
        }
    }
    Some((base, own))
}

/// Where characters stand: `sprmCIss`.
pub(super) fn script(value: &[u8]) -> Script {
    match value.first() {
        Some(1) => Script::Raised,
        Some(2) => Script::Lowered,
        _ => Script::Baseline,
    }
}

/// Takes over what a paragraph property says about numbering: `sprmPIlvl`, `sprmPIlfo`.
pub(super) fn number(numbering: &mut Reference, code: u16, value: &[u8]) {
    match code {
        0x260A => numbering.level = value.first().copied().map(usize::from),
        0x460B => {
            // Beyond these: numbering was taken away.
            let list = Fields(value).u16(0).filter(|list| *list < 0x07FF).unwrap_or(0);
            numbering.list = Some(i64::from(list));
        }
        _ => {}
    }
}
