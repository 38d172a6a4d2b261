//! Texts: UTF-16 or its lower half in BIFF8, bytes of a code page before.

use encoding_rs::{BIG5, Encoding, GB18030, SHIFT_JIS};

use super::records::Record;
use crate::document::Refusal;
use crate::document::bytes::Fields;
use crate::document::line::Line;
use crate::document::sheet::Font;

/// The fonts of a workbook.
#[derive(Debug, Default)]
pub(super) struct Fonts(Vec<Font>);

impl Fonts {
    pub(super) fn push(&mut self, font: Font) {
        self.0.push(font);
    }

    /// By the number texts and formats refer to; number 4 is none.
    pub(super) fn get(&self, number: u16) -> Font {
        let index = usize::from(if number > 4 { number - 1 } else { number });
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// A text, and from which of its units on which font.
struct Rich {
    units: Vec<u16>,
    fonts: Vec<(usize, u16)>,
}

impl Rich {
    /// What of it is shown.
    fn shown(&self, fonts: &Fonts) -> String {
        let mut line = Line::default();
        let mut push = |from: usize, to: usize, font: Font| {
            let units = self.units.get(from..to).unwrap_or_default();
            font.push(&String::from_utf16_lossy(units), &mut line);
        };
        let (mut start, mut font) = (0, Font::default());
        for &(from, next) in &self.fonts {
            let from = from.clamp(start, self.units.len());
            push(start, from, font);
            (start, font) = (from, fonts.get(next));
        }
        push(start, self.units.len(), font);
        line.into_text()
    }
}

/// The version of the file, which decides how texts are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Version {
    /// Excel 97 and later.
    Unicode,
    /// Excel 5, 95: bytes of this encoding.
    Bytes(&'static Encoding),
}

impl Version {
    /// By the number in the first record.
    pub(super) fn of(number: Option<u16>) -> Self {
        if number == Some(0x0600) { Self::Unicode } else { Self::Bytes(GB18030) }
    }

    /// CODEPAGE.
    pub(super) fn set_code_page(&mut self, page: Option<u16>) {
        let found = match page {
            Some(950) => BIG5,
            Some(932) => SHIFT_JIS,
            // Files of Chinese editions name Western pages and hold Chinese bytes all the same.
            _ => GB18030,
        };
        if let Self::Bytes(encoding) = self {
            *encoding = found;
        }
    }

    /// The text of a cell's record, its length in front, from `at` on.
    pub(super) fn text(&self, record: &Record<'_>, at: usize) -> Option<String> {
        match self {
            Self::Unicode => Pieces::at(record, at)?.string(),
            Self::Bytes(encoding) => {
                let fields = record.fields();
                let length = usize::from(fields.u16(at)?);
                let bytes = fields.0.get(at + 2..at + 2 + length)?;
                Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
            }
        }
    }

    /// The code of a FORMAT record.
    pub(super) fn format_code(&self, fields: &Fields<'_>) -> Option<String> {
        match self {
            Self::Unicode => {
                let record = Record { kind: 0, pieces: vec![fields.0] };
                Pieces::at(&record, 2)?.string()
            }
            Self::Bytes(_) => {
                Some(fields.0.get(3..)?.iter().map(|&byte| char::from(byte)).collect())
            }
        }
    }
}

/// SST: all texts of the workbook.
pub(super) fn shared(record: &Record<'_>, fonts: &Fonts) -> Result<Vec<String>, Refusal> {
    let mut pieces = Pieces::at(record, 4).ok_or_else(cut)?;
    let count = pieces.u32().ok_or_else(cut)?;
    let mut strings = Vec::new();
    for _ in 0..count {
        // Some writers count more texts than they store; cells that lack one are told apart later.
        let Some(string) = pieces.rich() else { break };
        strings.push(string.shown(fonts));
    }
    Ok(strings)
}

fn cut() -> Refusal {
    Refusal::Damaged("the texts are cut off".into())
}

/// A position in a record that goes on in others.
struct Pieces<'a> {
    rest: &'a [u8],
    next: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    fn at(record: &Record<'a>, at: usize) -> Option<Self> {
        let mut next = record.pieces.clone().into_iter();
        Some(Self { rest: next.next()?.get(at..)?, next })
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            self.rest = self.next.next()?;
        }
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.rest.len() {
            count -= self.rest.len();
            self.rest = self.next.next()?;
        }
        self.take_within(count)
    }

    fn take_within(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    fn u16(&mut self) -> Option<usize> {
        self.take(2).and_then(|bytes| Fields(bytes).u16(0)).map(usize::from)
    }

    fn u32(&mut self) -> Option<usize> {
        self.take(4).and_then(|bytes| Fields(bytes).u32(0)).and_then(|n| usize::try_from(n).ok())
    }

    fn string(&mut self) -> Option<String> {
        self.rich().map(|rich| String::from_utf16_lossy(&rich.units))
    }

    /// `XLUnicodeRichExtendedString` (MS-XLS 2.5.293). Where characters go on in a CONTINUE record,
    /// that begins with a byte which says anew how wide they are.
    fn rich(&mut self) -> Option<Rich> {
        let mut left = self.u16()?;
        let mut flags = self.take(1)?.first().copied()?;
        let runs = if flags & 8 != 0 { self.u16()? } else { 0 };
        let extension = if flags & 4 != 0 { self.u32()? } else { 0 };
        let mut units: Vec<u16> = Vec::new();
        while left > 0 {
            if self.rest.is_empty() {
                self.rest = self.next.next()?;
                flags = (flags & !1) | (self.take(1)?.first().copied()? & 1);
                continue;
            }
            let width = if flags & 1 == 0 { 1 } else { 2 };
            let count = left.min(self.rest.len() / width);
            if count == 0 {
                return None;
            }
            let characters = self.take(count * width)?;
            units.extend(characters.chunks_exact(width).map(|unit| match unit {
                [low, high] => u16::from_le_bytes([*low, *high]),
                [low] => u16::from(*low),
                _ => 0xFFFD,
            }));
            left -= count;
        }
        let mut fonts = Vec::new();
        for _ in 0..runs {
            fonts.push((self.u16()?, u16::try_from(self.u16()?).ok()?));
        }
        self.skip(extension)?;
        Some(Rich { units, fonts })
    }
}
