//! Formatting: runs of characters and of paragraphs by their place in the stream, each with a list
//! of properties (`sprm`, MS-DOC 2.6). Only properties that decide what is shown are looked at.

use std::ops::Range;

use super::fib::Fib;
use super::pieces::Modifier;
use super::row::RowFormat;
use super::styles::{self, Style, Styles};
use crate::document::Refusal;
use crate::document::bytes::Fields;
use crate::document::counting::Reference;
use crate::document::line::Script;

/// Bytes of a page of runs.
const PAGE: usize = 512;

/// All runs of a document.
pub(super) struct Formats<'a> {
    characters: Vec<Run<'a>>,
    paragraphs: Vec<Run<'a>>,
    styles: Styles,
    data: &'a [u8],
}

struct Run<'a> {
    /// Places in the stream.
    range: Range<usize>,
    properties: &'a [u8],
    /// The paragraph's style; of no meaning for characters.
    style: u16,
}

/// How a character is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CharacterFormat {
    pub(super) is_hidden: bool,
    pub(super) is_struck: bool,
    pub(super) is_deleted: bool,
    /// Not the letter it seems: a picture, a mark, part of a field.
    pub(super) is_special: bool,
    /// Too small to be seen.
    is_tiny: bool,
    pub(super) is_white: bool,
    /// What a special character stands for in another font.
    pub(super) symbol: Option<u16>,
    pub(super) script: Script,
}

/// What a paragraph is.
#[derive(Debug, Clone, Default)]
pub(super) struct ParagraphFormat {
    /// Tables it stands in.
    pub(super) depth: usize,
    /// It is the mark at the end of a row.
    pub(super) ends_row: bool,
    /// In a table within a table it ends a cell.
    pub(super) ends_inner_cell: bool,
    /// Of the row it ends.
    pub(super) row: RowFormat,
    /// The list it is numbered by.
    pub(super) numbering: Reference,
}

impl<'a> Formats<'a> {
    pub(super) fn read(
        word: &'a [u8],
        table: &'a [u8],
        data: &'a [u8],
        fib: &Fib,
    ) -> Result<Self, Refusal> {
        let read = |pages: &Range<usize>, list: List<'a>| {
            let plex = table.get(pages.clone()).map(Fields).ok_or_else(cut)?;
            let count = plex.len().saturating_sub(4) / 8;
            let mut runs = Vec::new();
            for n in 0..count {
                let number = plex.size(4 * (count + 1) + 4 * n).ok_or_else(cut)? & 0x003F_FFFF;
                let page = Fields(word).slice(number * PAGE, PAGE).ok_or_else(cut)?;
                page_runs(&Fields(page), list, &mut runs).ok_or_else(cut)?;
            }
            runs.sort_by_key(|run: &Run<'a>| run.range.start);
            Ok(runs)
        };
        Ok(Self {
            characters: read(&fib.character_pages, character_list)?,
            paragraphs: read(&fib.paragraph_pages, paragraph_list)?,
            styles: Styles::read(table, &fib.styles),
            data,
        })
    }

    pub(super) fn character(&self, at: usize, modifier: Modifier<'_>) -> CharacterFormat {
        let style = found(&self.paragraphs, at).map_or(0, |run| run.style);
        let mut style = self.styles.get(style);
        let mut format = CharacterFormat::default();
        format.follow(style);
        let own = found(&self.characters, at).map_or(&[][..], |run| run.properties);
        let more = match modifier {
            Modifier::List(list) => list,
            Modifier::Short(..) => &[],
        };
        for (code, value) in properties(own).chain(properties(more)) {
            match code {
                // sprmCIstd, sprmCFVanish, sprmCFStrike
                0x4A30 => {
                    let named = self.styles.get(Fields(value).u16(0).unwrap_or_default());
                    style.is_hidden = named.is_hidden.or(style.is_hidden);
                    style.is_struck = named.is_struck.or(style.is_struck);
                    style.script = named.script.or(style.script);
                    format.follow(style);
                }
                0x083C => format.is_hidden = is_now(value, style.is_hidden),
                0x0837 => format.is_struck = is_now(value, style.is_struck),
                _ => format.apply(code, value),
            }
        }
        match modifier {
            Modifier::Short(0x41, value) => format.is_deleted = is_on(&[value]),
            Modifier::Short(0x5C, value) => format.is_hidden = is_now(&[value], style.is_hidden),
            Modifier::Short(..) | Modifier::List(_) => {}
        }
        format
    }

    /// The format of the paragraph whose mark stands at `at`.
    pub(super) fn paragraph(&self, at: usize, modifier: Modifier<'_>) -> ParagraphFormat {
        let run = found(&self.paragraphs, at);
        let style = self.styles.get(run.map_or(0, |run| run.style));
        let mut format = ParagraphFormat::default();
        for (code, value) in properties(run.map_or(&[][..], |run| run.properties)) {
            match code {
                // Properties too many for the page: the place of the list in another stream.
                0x6645 | 0x6646 => {
                    for (code, value) in properties(self.elsewhere(value).unwrap_or_default()) {
                        format.apply(code, value);
                    }
                }
                _ => format.apply(code, value),
            }
        }
        match modifier {
            Modifier::List(list) => {
                properties(list).for_each(|(code, value)| format.apply(code, value));
            }
            Modifier::Short(0x18, value) => format.apply(0x2416, &[value]),
            Modifier::Short(0x19, value) => format.apply(0x2417, &[value]),
            Modifier::Short(..) => {}
        }
        format.numbering = format.numbering.or(style.numbering);
        format
    }

    fn elsewhere(&self, value: &[u8]) -> Option<&'a [u8]> {
        let at = Fields(value).size(0)?;
        let fields = Fields(self.data);
        fields.slice(at.checked_add(2)?, usize::from(fields.u16(at)?))
    }
}

impl CharacterFormat {
    pub(super) fn is_shown(self) -> bool {
        !(self.is_hidden || self.is_struck || self.is_tiny)
    }

    fn follow(&mut self, style: Style) {
        self.is_hidden = style.is_hidden.unwrap_or_default();
        self.is_struck = style.is_struck.unwrap_or_default();
        self.script = style.script.unwrap_or_default();
    }

    fn apply(&mut self, code: u16, value: &[u8]) {
        match code {
            // sprmCFRMarkDel, sprmCFDStrike, sprmCFSpec, sprmCSymbol, sprmCIss, sprmCHpsPos, sprmCHps,
            // sprmCIco, sprmCCv
            0x0800 => self.is_deleted = is_on(value),
            0x2A53 => self.is_struck |= is_on(value),
            0x0855 => self.is_special = is_on(value),
            0x6A09 => self.symbol = Fields(value).u16(2),
            0x2A48 => self.script = styles::script(value),
            0x4845 => {
                self.script = Fields(value)
                    .u16(0)
                    .map_or(self.script, |place| Script::moved(place.cast_signed().into()))
            }
            0x2A42 => self.is_white = value == [8],
            0x6870 => self.is_white = value == [0xFF, 0xFF, 0xFF, 0],
            0x4A43 => self.is_tiny = Fields(value).u16(0).is_some_and(|size| size <= 2),
            _ => {}
        }
    }
}

impl ParagraphFormat {
    fn apply(&mut self, code: u16, value: &[u8]) {
        let number = || Fields(value).size(0).unwrap_or_default();
        match code {
            // sprmPFInTable, sprmPItap
            0x2416 if is_on(value) => self.depth = self.depth.max(1),
            0x6649 => self.depth = number(),
            // sprmPFTtp, sprmPFInnerTtp, sprmPFInnerTableCell
            0x2417 | 0x244C => self.ends_row |= is_on(value),
            0x244B => self.ends_inner_cell = is_on(value),
            0x260A | 0x460B => styles::number(&mut self.numbering, code, value),
            _ => self.row.apply(code, value),
        }
    }
}

/// On, off, as the style says, or the opposite of it.
fn is_now(value: &[u8], by_style: Option<bool>) -> bool {
    let by_style = by_style.unwrap_or_default();
    match value.first() {
        Some(0x80) => by_style,
        Some(0x81) => !by_style,
        Some(value) => *value == 1,
        None => by_style,
    }
}

/// On, or the opposite of a style that is taken to be off.
fn is_on(value: &[u8]) -> bool {
    matches!(value.first(), Some(1 | 0x81))
}

fn found<'r, 'a>(runs: &'r [Run<'a>], at: usize) -> Option<&'r Run<'a>> {
    let next = runs.partition_point(|run| run.range.start <= at);
    let run = next.checked_sub(1).and_then(|index| runs.get(index));
    run.filter(|run| run.range.contains(&at))
}

/// Finds the style and the properties of a run on its page.
type List<'a> = fn(&Fields<'a>, usize, usize) -> Option<(u16, &'a [u8])>;

fn page_runs<'a>(page: &Fields<'a>, list: List<'a>, runs: &mut Vec<Run<'a>>) -> Option<()> {
    let count = usize::from(page.u8(PAGE - 1)?);
    for n in 0..count {
        let range = page.size(4 * n)?..page.size(4 * n + 4)?;
        let (style, properties) = list(page, n, count)?;
        runs.push(Run { range, properties, style });
    }
    Some(())
}

/// Character properties: a byte per run says where, in words; there a length and the list.
fn character_list<'a>(page: &Fields<'a>, n: usize, count: usize) -> Option<(u16, &'a [u8])> {
    let at = 2 * usize::from(page.u8(4 * (count + 1) + n)?);
    if at == 0 {
        return Some((0, &[]));
    }
    Some((0, page.slice(at + 1, usize::from(page.u8(at)?))?))
}

/// Paragraph properties: an entry of 13 bytes per run; the list begins after the style's number.
fn paragraph_list<'a>(page: &Fields<'a>, n: usize, count: usize) -> Option<(u16, &'a [u8])> {
    let at = 2 * usize::from(page.u8(4 * (count + 1) + 13 * n)?);
    if at == 0 {
        return Some((0, &[]));
    }
    let (start, length) = match page.u8(at)? {
        0 => (at + 2, 2 * usize::from(page.u8(at + 1)?)),
        words => (at + 1, 2 * usize::from(words) - 1),
    };
    Some((page.u16(start)?, page.slice(start + 2, length.saturating_sub(2))?))
}

/// The properties of a list: code and value. A list that is cut off ends early.
pub(super) fn properties(list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let fields = Fields(list);
    let mut at = 0;
    std::iter::from_fn(move || {
        let code = fields.u16(at)?;
        at += 2;
        let length = match (code, code >> 13) {
            // sprmTDefTable has a length of two bytes, one more than there are.
            (0xD608, _) => 1 + usize::from(fields.u16(at)?),
            // sprmPChgTabs: a length of 255 means that two counts tell it.
            (0xC615, _) if fields.u8(at)? == 255 => {
                let deleted = 4 * usize::from(fields.u8(at + 1)?);
                3 + deleted + 3 * usize::from(fields.u8(at + 2 + deleted)?)
            }
            (_, 0 | 1) => 1,
            (_, 2 | 4 | 5) => 2,
            (_, 3) => 4,
            (_, 7) => 3,
            _ => 1 + usize::from(fields.u8(at)?),
        };
        let value = fields.slice(at, length)?;
        at += length;
        Some((code, value))
    })
}

fn cut() -> Refusal {
    Refusal::Damaged("a page of formatting is cut off".into())
}
