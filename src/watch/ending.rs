//! Whether a file's bytes reach their format's end. A container that stops half way is still being
//! copied, or was cut off: it waits (design.md, "A report's life").
//!
//! This looks at the frame only, and only where the format has one. Text, web pages and anything
//! unknown have no end to miss, unless zeros stand where their content is still to come. What is inside the frame is for the readers to judge.

/// What is missing at the end of these bytes; `None`: nothing that could be told.
pub(super) fn missing(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"PK\x03\x04") {
        zip(bytes)
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        compound(bytes)
    } else if head(bytes, 1024).windows(5).any(|window| window == b"%PDF-") {
        pdf(bytes)
    } else {
        zeros(bytes)
    }
}

/// Programs that copy files give them their size first and their content after; until then the rest
/// is zeros. No text and no page ends with so many.
fn zeros(bytes: &[u8]) -> Option<&'static str> {
    const MANY: usize = 64;
    let tail = tail(bytes, MANY);
    let ends = tail.len() >= MANY.min(bytes.len()) && tail.iter().all(|byte| *byte == 0);
    (ends && !bytes.is_empty()).then_some("nothing but zeros at its end")
}

/// PDF ends with `%%EOF`; programs append a few bytes, and `startxref` before it is as good a sign.
fn pdf(bytes: &[u8]) -> Option<&'static str> {
    let tail = tail(bytes, 2048);
    let ends = rfind(tail, b"%%EOF").is_some() || rfind(tail, b"startxref").is_some();
    (!ends).then_some("no %%EOF at the end of the PDF")
}

/// A zip archive (docx, xlsx, ofd, odt) ends with the "end of central directory" record, which says
/// where the directory lies; each entry of the directory says where its member lies.
fn zip(bytes: &[u8]) -> Option<&'static str> {
    const NO_END: Option<&str> = Some("the zip archive has no directory");
    // The record is 22 bytes and a comment of at most 65,535.
    let last = tail(bytes, 22 + 65_535);
    let Some(found) = rfind(last, b"PK\x05\x06") else { return NO_END };
    let end = bytes.len() - last.len() + found;
    let (Some(size), Some(offset), Some(_)) =
        (u32_at(bytes, end + 12), u32_at(bytes, end + 16), u16_at(bytes, end + 20))
    else {
        return NO_END;
    };
    if offset == u64::from(u32::MAX) || size == u64::from(u32::MAX) {
        return None; // Zip64: larger than any report; the reader will say what it thinks of it.
    }
    if offset + size > to_u64(end) {
        return Some("the directory of the zip archive points beyond its end");
    }
    members(bytes, to_usize(offset), end)
}

/// Walks the directory from `at` to `end`: each member must lie before it.
fn members(bytes: &[u8], mut at: usize, end: usize) -> Option<&'static str> {
    let directory = to_u64(at);
    while at < end && bytes.get(at..at + 4) == Some(b"PK\x01\x02") {
        let packed = u32_at(bytes, at + 20)?;
        let start = u32_at(bytes, at + 42)?;
        let unknown = u64::from(u32::MAX);
        if packed != unknown && start != unknown && start + 30 + packed > directory {
            return Some("a member of the zip archive lies beyond its end");
        }
        let lengths: usize = [28, 30, 32].iter().filter_map(|o| u16_at(bytes, at + o)).sum();
        at += 46 + lengths;
    }
    None
}

/// A compound file (doc, xls, wps, et) is sectors after a header of one sector's size; the allocation
/// table (FAT) says which are in use. The last one in use must be there, if only in part: some
/// writers do not fill it up.
fn compound(bytes: &[u8]) -> Option<&'static str> {
    const CUT: Option<&str> = Some("the compound file is shorter than its allocation table says");
    let Some(shift) = u16_at(bytes, 30) else { return CUT };
    if !(7..=16).contains(&shift) {
        return None; // Not a compound file after all; the reader will say so.
    }
    let sector = 1_usize << shift;
    for (index, fat) in fat_sectors(bytes, sector).into_iter().enumerate() {
        let start = (fat + 1) * sector;
        let Some(table) = bytes.get(start..start + sector) else { return CUT };
        let used = table.chunks_exact(4).rposition(|entry| entry != [0xff; 4]);
        if let Some(used) = used
            && (index * (sector / 4) + used + 1) * sector >= bytes.len()
        {
            return CUT;
        }
    }
    None
}

/// The numbers of the sectors that hold the FAT: 109 in the header, the rest in a chain of sectors
/// whose last entry names the next.
fn fat_sectors(bytes: &[u8], sector: usize) -> Vec<usize> {
    let is_sector = |number: &u64| *number < 0xffff_fff0;
    let count = to_usize(u32_at(bytes, 44).unwrap_or(0));
    let mut found: Vec<usize> = (0..109)
        .filter_map(|i| u32_at(bytes, 76 + i * 4))
        .filter(is_sector)
        .map(to_usize)
        .collect();
    let mut next = u32_at(bytes, 68).filter(is_sector);
    let mut left = bytes.len() / sector;
    while let Some(number) = next
        && left > 0
    {
        let start = (to_usize(number) + 1) * sector;
        let entries = sector / 4 - 1;
        let inside = (0..entries).filter_map(|i| u32_at(bytes, start + i * 4));
        found.extend(inside.filter(is_sector).map(to_usize));
        next = u32_at(bytes, start + entries * 4).filter(is_sector);
        left -= 1;
    }
    found.truncate(count);
    found
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

fn tail(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(length)..).unwrap_or(bytes)
}

fn rfind(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(two.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u64::from(u32::from_le_bytes(four.try_into().ok()?)))
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Positions in files of at most 64 MB; what does not fit is beyond any end.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX / 1024)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn zip_file() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        for name in ["[Content_Types].xml", "word/document.xml", "word/styles.xml"] {
            zip.start_file(name, options).unwrap();
            zip.write_all(&[b'x'; 3000]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn compound_file(bytes: usize) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/WordDocument").unwrap().write_all(&vec![b'x'; bytes]).unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    /// B5.
    #[test]
    fn every_cut_of_a_zip_archive_is_seen() {
        let whole = zip_file();
        assert_eq!(missing(&whole), None);
        for length in 4..whole.len() {
            assert!(missing(&whole[..length]).is_some(), "cut at {length} of {}", whole.len());
        }
    }

    #[test]
    fn a_zip_archive_filled_up_with_zeros_in_advance_is_seen() {
        let mut whole = zip_file();
        let size = whole.len();
        whole[size / 2..].fill(0);
        assert!(missing(&whole).is_some());
    }

    #[test]
    fn a_zip_archive_whose_middle_is_missing_is_seen() {
        let mut whole = zip_file();
        whole.drain(4000..8000);
        assert!(missing(&whole).is_some());
    }

    /// B5.
    #[test]
    fn a_compound_file_is_whole_only_with_its_last_sector() {
        for size in [100, 6_000, 200_000, 9_000_000] {
            let whole = compound_file(size);
            assert_eq!(missing(&whole), None, "{size}");
            // A last sector that is there only in part counts as there: 4096 bytes in these files.
            for part in [1, 2, 3, 5, 7] {
                let length = whole.len() * part / 10;
                assert!(missing(&whole[..length]).is_some(), "{size}, cut at {length}");
            }
        }
    }

    #[test]
    fn a_pdf_ends_with_its_mark() {
        let mut pdf = b"%PDF-1.4\n".to_vec();
        pdf.extend([b'x'; 5000]);
        assert!(missing(&pdf).is_some());
        pdf.extend(b"startxref\n5009\n%%EOF\n\0\0\0");
        assert_eq!(missing(&pdf), None);
    }

    #[test]
    fn text_has_no_end_to_miss() {
        assert_eq!(missing("青塘镇2025年工作年度报告".as_bytes()), None);
        assert_eq!(missing(b"<html><body>"), None);
        assert_eq!(missing(b""), None);
    }

    #[test]
    fn a_file_that_has_its_size_and_not_yet_its_content_is_seen() {
        let text = "青塘镇2025年工作年度报告".as_bytes();
        assert!(missing(&[0; 41_000]).is_some());
        assert!(missing(&[0; 5]).is_some());
        assert!(missing(&[text, &[0; 500]].concat()).is_some());
        assert_eq!(missing(&[text, &[0; 3]].concat()), None, "UTF-16 ends with zeros too");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_after_any_beginning_are_judged_without_a_panic(
            start in proptest::sample::select(vec![
                &b"PK\x03\x04"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-1.7",
            ]),
            rest in proptest::collection::vec(proptest::num::u8::ANY, 0..2000),
            end in proptest::sample::select(vec![&b""[..], b"PK\x05\x06", b"%%EOF"]),
        ) {
            let bytes = [start, &rest, end, &rest].concat();
            missing(&bytes);
        }
    }
}
