//! The piece table: which bytes of the stream are the text, in which order and in which width.

use std::ops::Range;

use encoding_rs::{GB18030, WINDOWS_1252};

use super::fib::Fib;
use crate::document::Refusal;
use crate::document::bytes::Fields;

/// The text of a document.
pub(super) struct Pieces<'a> {
    word: &'a [u8],
    /// In order, without gaps.
    pieces: Vec<Piece>,
    /// Formatting that pieces refer to.
    shared: Vec<&'a [u8]>,
}

struct Piece {
    /// Character positions.
    range: Range<usize>,
    /// Where the first byte is.
    start: usize,
    /// Bytes of a character: 1 or 2.
    width: usize,
    /// Formatting of the whole piece, over that of its runs.
    modifier: u16,
}

/// One character and where its formatting is found.
pub(super) struct Character<'a> {
    pub(super) shown: char,
    /// Its place in the stream.
    pub(super) at: usize,
    /// Formatting of its piece.
    pub(super) modifier: Modifier<'a>,
}

/// What a piece adds to the formatting of all its characters.
#[derive(Debug, Clone, Copy)]
pub(super) enum Modifier<'a> {
    /// One property of the first kind: its short number and value.
    Short(u16, u8),
    /// Properties of any kind.
    List(&'a [u8]),
}

impl<'a> Pieces<'a> {
    pub(super) fn read(table: &'a [u8], fib: &Fib, word: &'a [u8]) -> Result<Self, Refusal> {
        let clx = table.get(fib.clx.clone()).ok_or_else(cut)?;
        let (shared, plex) = parts(clx).ok_or_else(cut)?;
        let plex = Fields(plex);
        // Positions of n + 1 ends, then n descriptors of 8 bytes.
        let count = plex.len().saturating_sub(4) / 12;
        let mut pieces = Vec::with_capacity(count);
        for n in 0..count {
            let piece = Piece::read(&plex, n, count).ok_or_else(cut)?;
            if word.get(piece.start..piece.end()).is_none() {
                return Err(Refusal::Incomplete("text lies beyond the end of the stream".into()));
            }
            pieces.push(piece);
        }
        let pieces = Self { word, pieces, shared };
        if pieces.end() < fib.text.end.max(fib.boxes.end) {
            return Err(Refusal::Damaged("the pieces do not hold all of the text".into()));
        }
        Ok(pieces)
    }

    fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.range.end)
    }

    /// The characters of a range of positions. Two bytes of GBK, which some programs leave in
    /// pieces of single bytes, are one character.
    pub(super) fn characters(&self, range: Range<usize>) -> impl Iterator<Item = Character<'_>> {
        self.pieces.iter().flat_map(move |piece| {
            let from = piece.range.start.max(range.start);
            let to = piece.range.end.min(range.end);
            let modifier = self.modifier(piece);
            let mut at = piece.place(from.min(to));
            let end = piece.place(to);
            std::iter::from_fn(move || {
                let rest = self.word.get(at..end)?;
                let (shown, length) = first_character(rest, piece.width)?;
                let character = Character { shown, at, modifier };
                at += length;
                Some(character)
            })
        })
    }

    fn modifier(&self, piece: &Piece) -> Modifier<'_> {
        if piece.modifier & 1 == 0 {
            let [_, value] = piece.modifier.to_le_bytes();
            Modifier::Short(piece.modifier >> 1 & 0x7F, value)
        } else {
            let index = usize::from(piece.modifier >> 1);
            Modifier::List(self.shared.get(index).copied().unwrap_or_default())
        }
    }
}

impl Piece {
    fn read(plex: &Fields<'_>, n: usize, count: usize) -> Option<Self> {
        let range = plex.size(4 * n)?..plex.size(4 * n + 4)?;
        let descriptor = 4 * (count + 1) + 8 * n;
        let place = plex.u32(descriptor + 2)?;
        let is_narrow = place & 0x4000_0000 != 0;
        let start = usize::try_from(place & 0x3FFF_FFFF).ok()?;
        let (start, width) = if is_narrow { (start / 2, 1) } else { (start, 2) };
        range.end.checked_sub(range.start)?.checked_mul(width)?.checked_add(start)?;
        Some(Self { range, start, width, modifier: plex.u16(descriptor + 6)? })
    }

    fn place(&self, position: usize) -> usize {
        self.start + position.saturating_sub(self.range.start) * self.width
    }

    fn end(&self) -> usize {
        self.place(self.range.end)
    }
}

/// The formatting pieces refer to, and the table of pieces.
fn parts(clx: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let fields = Fields(clx);
    let mut shared = Vec::new();
    let mut at = 0;
    loop {
        match fields.u8(at)? {
            1 => {
                let length = usize::from(fields.u16(at + 1)?);
                shared.push(fields.slice(at + 3, length)?);
                at += 3 + length;
            }
            2 => return Some((shared, fields.slice(at + 5, fields.size(at + 1)?)?)),
            _ => return None,
        }
    }
}

fn first_character(rest: &[u8], width: usize) -> Option<(char, usize)> {
    if width == 2 {
        let unit = |at: usize| Fields(rest).u16(at);
        let first = unit(0)?;
        let units = [first, unit(2).unwrap_or_default()];
        let decoded = char::decode_utf16(units).next()?;
        let shown = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        return Some((shown, 2 * shown.len_utf16()));
    }
    let (first, pair) = (*rest.first()?, rest.get(..2));
    if let Some(&[lead @ 0xA1..=0xF7, trail @ 0xA1..=0xFE]) = pair
        && lead != trail
    {
        let pair = [lead, trail];
        let (text, failed) = GB18030.decode_without_bom_handling(&pair);
        if let (false, Some(shown)) = (failed, text.chars().next()) {
            return Some((shown, 2));
        }
    }
    let byte = [first];
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&byte);
    Some((text.chars().next()?, 1))
}

fn cut() -> Refusal {
    Refusal::Damaged("the piece table is cut off".into())
}
