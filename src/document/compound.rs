//! Compound files (OLE, MS-CFB), opened as programs have written them: whether one is whole, and
//! the slips of its sector table that no reader but ours would mind.

use std::borrow::Cow;
use std::io::Cursor;

use cfb::CompoundFile;

use super::Refusal;

/// The first bytes of every compound file.
pub(super) const SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Sector numbers from here on are marks: end of chain, free, FAT.
const FIRST_MARK: u32 = 0xFFFF_FFFA;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// Sectors of the table that the header lists: 7 MB of file with sectors of 512 bytes.
const LISTED: usize = 109;

/// A compound file in memory.
pub(super) type Compound<'b> = CompoundFile<Cursor<Cow<'b, [u8]>>>;

/// Opens a compound file.
pub(super) fn open(bytes: &[u8]) -> Result<Compound<'_>, Refusal> {
    if is_cut_off(bytes) {
        return Err(Refusal::Incomplete("compound file is shorter than its sector table".into()));
    }
    CompoundFile::open(Cursor::new(with_unused_sectors_free(bytes))).map_err(damaged)
}

/// What is wrong when a stream cannot be read.
pub(super) fn damaged(error: std::io::Error) -> Refusal {
    Refusal::Damaged(format!("compound file: {error}"))
}

/// Whether the sector table links sectors beyond the end of the file; the last one may be short.
fn is_cut_off(bytes: &[u8]) -> bool {
    let Some(sectors) = Sectors::of(bytes) else { return true };
    sectors.tables().any(|(first, start)| {
        let Some(start) = start else { return true };
        sectors.entries(start).enumerate().any(|(entry, next)| {
            let is_link = next != 0 && next < FIRST_MARK;
            let next = usize::try_from(next).unwrap_or(usize::MAX);
            is_link && (!sectors.is_there(first + entry) || !sectors.is_there(next))
        })
    })
}

/// Some programs mark the sectors beyond the end of the file as ends of chains instead of as free.
/// Nothing links to them, but the library takes the table to be longer than the file.
fn with_unused_sectors_free(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut mended = Cow::Borrowed(bytes);
    let Some(sectors) = Sectors::of(bytes) else { return mended };
    for (first, start) in sectors.tables() {
        let Some(start) = start else { continue };
        for (entry, next) in sectors.entries(start).enumerate() {
            if next == END_OF_CHAIN && !sectors.is_there(first + entry) {
                let at = start + 4 * entry;
                if let Some(mark) = mended.to_mut().get_mut(at..at + 4) {
                    mark.fill(0xFF);
                }
            }
        }
    }
    mended
}

/// The sectors of a file and their table.
struct Sectors<'b> {
    bytes: &'b [u8],
    /// Bytes of one.
    size: usize,
}

impl<'b> Sectors<'b> {
    /// `None` where the header itself is not complete.
    fn of(bytes: &'b [u8]) -> Option<Self> {
        let shift = bytes.get(..512)?.get(30..32)?;
        let shift = u16::from_le_bytes(shift.try_into().ok()?);
        Some(Self { bytes, size: if shift == 12 { 4096 } else { 512 } })
    }

    fn start(&self, number: usize) -> Option<usize> {
        let start = number.checked_add(1).and_then(|n| n.checked_mul(self.size))?;
        (start < self.bytes.len()).then_some(start)
    }

    fn is_there(&self, number: usize) -> bool {
        self.start(number).is_some()
    }

    /// The sectors that hold the table: the number of the first sector each tells of, and where it
    /// begins, `None` beyond the end of the file.
    fn tables(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let listed = numbers(self.bytes, 76, LISTED).take_while(|&n| n < FIRST_MARK);
        listed.enumerate().map(|(index, table)| {
            let start = usize::try_from(table).ok().and_then(|n| self.start(n));
            (index * (self.size / 4), start)
        })
    }

    /// What the table says in one of its sectors: for each sector the next of its chain, or a mark.
    fn entries(&self, start: usize) -> impl Iterator<Item = u32> {
        numbers(self.bytes, start, self.size / 4)
    }
}

/// `count` little-endian numbers from `at`, as far as there are bytes.
fn numbers(bytes: &[u8], at: usize, count: usize) -> impl Iterator<Item = u32> {
    let from = bytes.get(at..).unwrap_or_default();
    from.chunks_exact(4)
        .take(count)
        .map(|word| word.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn unused_sectors_marked_as_ends_of_chains_are_no_lack() {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/WordDocument").unwrap().write_all(&[7; 5000]).unwrap();
        let mut bytes = file.into_inner().into_inner();
        let sectors = Sectors::of(&bytes).unwrap();
        let (_, start) = sectors.tables().next().unwrap();
        let last = start.unwrap() + 4 * (sectors.size / 4 - 1);
        bytes[last..last + 4].copy_from_slice(&END_OF_CHAIN.to_le_bytes());
        assert!(CompoundFile::open(Cursor::new(bytes.clone())).is_err());
        let mut content = Vec::new();
        let mut opened = open(&bytes).unwrap();
        opened.open_stream("/WordDocument").unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content, [7; 5000]);
        let half = bytes.len() / 2;
        assert!(matches!(open(&bytes[..half]), Err(Refusal::Incomplete(_))));
    }
}
