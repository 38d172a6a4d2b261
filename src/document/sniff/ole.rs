//! Compound files (OLE, MS-CFB): which program wrote them, told by the streams they hold.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::Content;
use crate::document::Refusal;

pub(super) const SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Sector numbers from here on are marks: end of chain, free, FAT.
const FIRST_MARK: u32 = 0xFFFF_FFFA;

pub(super) fn content(bytes: &[u8]) -> Result<Content, Refusal> {
    if is_cut_off(bytes) {
        return Err(Refusal::Incomplete("compound file is shorter than its sector table".into()));
    }
    let mut file = CompoundFile::open(Cursor::new(bytes))
        .map_err(|error| Refusal::Damaged(format!("compound file: {error}")))?;
    // MS-OFFCRYPTO: a docx or xlsx with a password is a compound file around the encrypted zip.
    if file.is_stream("/EncryptedPackage") {
        return Err(Refusal::Encrypted);
    }
    if file.is_stream("/WordDocument") {
        return if is_encrypted_word(&mut file) {
            Err(Refusal::Encrypted)
        } else {
            Ok(Content::Doc)
        };
    }
    Ok(if file.is_stream("/Workbook") || file.is_stream("/Book") {
        Content::Xls
    } else if file.is_stream("/PowerPoint Document") {
        Content::Ppt
    } else {
        Content::Compound
    })
}

/// The flag `fEncrypted` of the file information block (MS-DOC 2.5.2 `FibBase`, bit 8 at byte 10).
fn is_encrypted_word(file: &mut CompoundFile<Cursor<&[u8]>>) -> bool {
    let mut head = [0; 12];
    let read = file.open_stream("/WordDocument").and_then(|mut s| s.read_exact(&mut head));
    let [.., flags] = head;
    read.is_ok() && flags & 1 != 0
}

/// Whether the sector table speaks of sectors beyond the end of the file. Looks at the part of the
/// table that the header lists (7 MB of file with sectors of 512 bytes); the last sector may be short.
fn is_cut_off(bytes: &[u8]) -> bool {
    let Some(sector) = sector_bytes(bytes) else {
        return true;
    };
    let start_of = |number: usize| number.checked_add(1).and_then(|n| n.checked_mul(sector));
    let is_there = |number: usize| start_of(number).is_some_and(|start| start < bytes.len());
    let tables = numbers(bytes, 76, 109).take_while(|&n| n < FIRST_MARK);
    let mut last_used = 0;
    for (index, table) in tables.enumerate() {
        let Some(start) = usize::try_from(table).ok().and_then(start_of) else {
            return true;
        };
        if start >= bytes.len() {
            return true;
        }
        let entries = sector / 4;
        let used = numbers(bytes, start, entries)
            .enumerate()
            .filter(|&(_, next)| next != u32::MAX && next != 0)
            .last();
        if let Some((entry, _)) = used {
            last_used = index * entries + entry;
        }
    }
    !is_there(last_used)
}

/// The sector size from the header, `None` where the header itself is not complete.
fn sector_bytes(bytes: &[u8]) -> Option<usize> {
    let shift = bytes.get(..512)?.get(30..32)?;
    let shift = u16::from_le_bytes(shift.try_into().ok()?);
    Some(if shift == 12 { 4096 } else { 512 })
}

/// `count` little-endian numbers from `at`, as far as there are bytes.
fn numbers(bytes: &[u8], at: usize, count: usize) -> impl Iterator<Item = u32> {
    let from = bytes.get(at..).unwrap_or_default();
    from.chunks_exact(4)
        .take(count)
        .map(|word| word.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b)))
}
