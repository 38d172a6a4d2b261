//! The lists of a document (MS-DOC 2.9.131 `LSTF`, 2.9.150 `LVL`, 2.9.133 `LFO`): what numbers
//! paragraphs show. Counting: `document/counting.rs`.

use std::ops::Range;

use crate::document::bytes::Fields;
use crate::document::counting::{AbstractList, LEVELS, Level, List, Numbering, Suffix};

/// Bytes of a list's entry, of the fixed part of a level, and of an override.
const LSTF: usize = 28;
const LVLF: usize = 28;
const LFO: usize = 16;
/// Characters of a label's template; no label in use is near it.
const MAX_TEMPLATE: usize = 64;

/// The lists, as far as the file tells them; paragraphs name them by the number of their override,
/// from 1.
pub(super) fn read(table: &[u8], lists: &Range<usize>, overrides: &Range<usize>) -> Numbering {
    let mut numbering = Numbering::default();
    let fields = Fields(table);
    if lists.is_empty() || read_lists(&fields, lists.start, &mut numbering).is_none() {
        return Numbering::default();
    }
    if read_overrides(&fields, overrides.start, &mut numbering).is_none() {
        numbering.lists.clear();
    }
    numbering
}

fn read_lists(fields: &Fields<'_>, start: usize, numbering: &mut Numbering) -> Option<()> {
    let count = usize::from(fields.u16(start)?);
    let entry = |n: usize| start + 2 + LSTF * n;
    // The levels follow the entries.
    let mut at = entry(count);
    for n in 0..count {
        let is_simple = fields.u8(entry(n) + 26)? & 1 != 0;
        let mut list = AbstractList::default();
        for slot in list.levels.iter_mut().take(if is_simple { 1 } else { LEVELS }) {
            (*slot, at) = level(fields, at)?;
        }
        numbering.abstract_lists.insert(i64::from(fields.u32(entry(n))?), list);
    }
    Some(())
}

fn read_overrides(fields: &Fields<'_>, start: usize, numbering: &mut Numbering) -> Option<()> {
    let count = fields.size(start)?.min(fields.len() / LFO);
    let entry = |n: usize| start + 4 + LFO * n;
    let mut at = entry(count);
    for n in 0..count {
        let mut list = List { abstract_id: i64::from(fields.u32(entry(n))?), ..List::default() };
        at += 4;
        for _ in 0..fields.u8(entry(n) + 12)? {
            let (first, flags) = (fields.u32(at)?, fields.u32(at + 4)?);
            at += 8;
            let index = usize::try_from(flags & 0xF).ok()?;
            if flags & 0x10 != 0 {
                *list.starts.get_mut(index)? = Some(first);
            }
            if flags & 0x20 != 0 {
                let (own, after) = level(fields, at)?;
                *list.levels.get_mut(index)? = Some(own);
                at = after;
            }
        }
        numbering.lists.insert(i64::try_from(n).ok()? + 1, list);
    }
    Some(())
}

/// A level, and the place after it.
fn level(fields: &Fields<'_>, at: usize) -> Option<(Level, usize)> {
    let flags = fields.u8(at + 5)?;
    let formats = usize::from(fields.u8(at + 24)?) + usize::from(fields.u8(at + 25)?);
    let text = at + LVLF + formats;
    let length = usize::from(fields.u16(text)?);
    let units = fields.slice(text + 2, 2 * length)?;
    let level = Level {
        start: fields.u32(at)?,
        format: format(fields.u8(at + 4)?).to_owned(),
        text: template(units),
        suffix: if fields.u8(at + 15)? == 2 { Suffix::Nothing } else { Suffix::Gap },
        restart: (flags & 8 != 0).then(|| fields.u8(at + 26).map_or(0, usize::from)),
        legal: flags & 4 != 0,
        style: None,
    };
    Some((level, text + 2 + 2 * length))
}

/// A template as `numbering.xml` writes it: the number of level n is `%n`.
fn template(units: &[u8]) -> String {
    let fields = Fields(units);
    let units: Vec<u16> = (0..units.len() / 2).filter_map(|n| fields.u16(2 * n)).collect();
    let mut text = String::new();
    for c in char::decode_utf16(units).filter_map(Result::ok).take(MAX_TEMPLATE) {
        match u32::from(c) {
            level @ 0..=8 => text.push_str(&format!("%{}", level + 1)),
            _ => text.push(c),
        }
    }
    text
}

/// The name in `numbering.xml` of a number format (MS-OSHARED 2.2.1.3 `MSONFC`).
fn format(code: u8) -> &'static str {
    match code {
        1 => "upperRoman",
        2 => "lowerRoman",
        3 => "upperLetter",
        4 => "lowerLetter",
        10 => "ideographDigital",
        11 => "japaneseCounting",
        14 => "decimalFullWidth",
        16 => "japaneseLegal",
        17 => "japaneseDigitalTenThousand",
        18 => "decimalEnclosedCircle",
        19 => "decimalFullWidth2",
        22 => "decimalZero",
        23 => "bullet",
        26 => "decimalEnclosedFullstop",
        27 => "decimalEnclosedParen",
        28 => "decimalEnclosedCircleChinese",
        29 => "ideographEnclosedCircle",
        30 => "ideographTraditional",
        31 => "ideographZodiac",
        33 => "taiwaneseCounting",
        34 => "ideographLegalTraditional",
        35 => "taiwaneseCountingThousand",
        36 => "taiwaneseDigital",
        37 => "chineseCounting",
        38 => "chineseLegalSimplified",
        39 => "chineseCountingThousand",
        255 => "none",
        _ => "decimal",
    }
}
