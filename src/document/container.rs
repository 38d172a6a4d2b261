//! Zip containers (docx, xlsx, odt, ofd, bundles): bytes in, unpacked parts out, within [`Limits`].
//!
//! Nothing is ever written to disk, so a member's name is only a key and needs no cleaning. A size
//! the directory declares is checked before the first byte is unpacked, and what is unpacked may
//! not exceed it: a bomb that lies about its size is damaged, one that does not is too large.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::{Limits, Refusal};

/// Below this size the ratio of unpacked to packed is not judged: repetitive XML packs well.
const RATIO_FROM: u64 = 1 << 20;

/// "End of central directory": its signature, its length without comment, the longest comment.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const MAX_COMMENT: usize = 0xFFFF;

/// An open zip container.
pub(crate) struct Container<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'a Limits,
}

impl<'a> Container<'a> {
    /// Reads the directory. Without its end the file is incomplete.
    pub(crate) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, Refusal> {
        let declared = declared_entries(bytes)
            .ok_or_else(|| Refusal::Incomplete("zip directory is missing".into()))?;
        if declared > limits.entries {
            return Err(Refusal::TooLarge(format!("zip container of {declared} members")));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(refusal)?;
        if archive.has_duplicate_names() {
            return Err(Refusal::Damaged("two members of the zip container share a name".into()));
        }
        Ok(Self { archive, limits })
    }

    /// The names as stored, in the order of the directory; in any encoding.
    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.archive.file_names_raw()
    }

    /// Whether any member needs a password.
    pub(crate) fn is_encrypted(&self) -> bool {
        (0..self.archive.len())
            .filter_map(|index| self.archive.by_index_data(index).ok())
            .any(|member| member.encrypted())
    }

    /// The unpacked bytes of a part, `None` if there is no such part. Letter case and the direction
    /// of slashes do not matter, as part names of OOXML are compared.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(index) = self.find(name) else {
            return Ok(None);
        };
        let member = self.archive.by_index(index).map_err(refusal)?;
        unpack(member, name, self.limits).map(Some)
    }

    /// The files, in the order of the directory: index and name, decoded. Archives of Chinese
    /// programs have names in GBK without saying so.
    pub(crate) fn files(&self) -> Vec<(usize, String)> {
        let names = self.names().map(|raw| match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
        });
        // A backslash parts folders too, but only after decoding: it is the second byte of many
        // characters.
        let names = names.map(|name| name.replace('\\', "/")).enumerate();
        names.filter(|(_, name)| !name.ends_with('/')).collect()
    }

    /// The size a file declares to unpack to.
    pub(crate) fn declared(&self, index: usize) -> u64 {
        self.archive.by_index_data(index).map_or(0, |member| member.size())
    }

    /// The unpacked bytes of a file, by its index in [`Container::files`].
    pub(crate) fn file(&mut self, index: usize, name: &str) -> Result<Vec<u8>, Refusal> {
        let member = self.archive.by_index(index).map_err(refusal)?;
        unpack(member, name, self.limits)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.archive
            .index_for_name_raw(name.as_bytes())
            .or_else(|| self.names().position(|stored| same_name(stored, name)))
    }
}

fn same_name(stored: &[u8], name: &str) -> bool {
    let stored = stored.iter().map(|&b| if b == b'\\' { b'/' } else { b.to_ascii_lowercase() });
    stored.eq(name.bytes().map(|b| b.to_ascii_lowercase()))
}

/// The number of members the directory's end declares; zip64 counts as 65,535.
fn declared_entries(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(END_LENGTH + MAX_COMMENT);
    let tail = bytes.get(from..)?;
    let at = tail.windows(END_SIGNATURE.len()).rposition(|window| window == END_SIGNATURE)?;
    let count = tail.get(at..at + END_LENGTH)?.get(10..12)?;
    Some(usize::from(u16::from_le_bytes(count.try_into().ok()?)))
}

fn unpack(
    mut member: ZipFile<'_, Cursor<&[u8]>>,
    name: &str,
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    let (declared, packed) = (member.size(), member.compressed_size());
    if declared > limits.part_bytes {
        return Err(Refusal::TooLarge(format!("{name} unpacks to {declared} bytes")));
    }
    if declared > RATIO_FROM && declared / packed.max(1) > limits.ratio {
        return Err(Refusal::TooLarge(format!("{name}: {packed} bytes unpack to {declared}")));
    }
    // `read_to_end` zeroes what it reads into; fresh memory from `vec!` is zero already. One byte more than
    // declared shows a part that is larger.
    let declared = usize::try_from(declared).unwrap_or(usize::MAX);
    let mut bytes = vec![0; declared.saturating_add(1)];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let read = member.read(rest);
        match read.map_err(|error| Refusal::Damaged(format!("{name}: {error}")))? {
            0 => break,
            more => filled += more,
        }
    }
    if filled > declared {
        return Err(Refusal::Damaged(format!(
            "{name} is larger than the {declared} bytes declared"
        )));
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn refusal(error: ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Refusal::Encrypted
        }
        other => Refusal::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn part(bytes: &[u8], name: &str, limits: &Limits) -> Result<Option<Vec<u8>>, Refusal> {
        Container::open(bytes, limits)?.part(name)
    }

    /// Overwrites a little-endian number in the directory entry of the first member.
    fn with_entry_field(mut bytes: Vec<u8>, offset: usize, value: &[u8]) -> Vec<u8> {
        let entry = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[entry + offset..entry + offset + value.len()].copy_from_slice(value);
        bytes
    }

    #[test]
    fn parts_are_found_in_any_letter_case_and_with_backslashes() {
        let limits = Limits::default();
        let bytes = zipped(&[("Word\\Document.xml", b"1"), ("../../etc/x", b"2")]);
        assert_eq!(part(&bytes, "word/document.xml", &limits), Ok(Some(b"1".to_vec())));
        assert_eq!(part(&bytes, "../../etc/x", &limits), Ok(Some(b"2".to_vec())));
        assert_eq!(part(&bytes, "x", &limits), Ok(None));
    }

    #[test]
    fn a_container_without_its_end_is_incomplete() {
        let bytes = zipped(&[("a", b"1")]);
        let cut = &bytes[..bytes.len() - 23];
        assert!(matches!(part(cut, "a", &Limits::default()), Err(Refusal::Incomplete(_))));
    }

    #[test]
    fn what_a_part_declares_is_judged_before_it_is_unpacked() {
        let bytes = zipped(&[("a", &[b' '; 3 << 20])]);
        let limits = Limits { part_bytes: 2 << 20, ..Limits::default() };
        let refusal = part(&bytes, "a", &limits).unwrap_err();
        assert_eq!(refusal, Refusal::TooLarge("a unpacks to 3145728 bytes".into()));
        let limits = Limits { ratio: 100, ..Limits::default() };
        let refusal = part(&bytes, "a", &limits).unwrap_err();
        assert!(
            matches!(refusal, Refusal::TooLarge(what) if what.contains("bytes unpack to 3145728"))
        );
    }

    #[test]
    fn a_part_larger_than_it_declares_is_damaged() {
        let bytes = with_entry_field(zipped(&[("a", &[b' '; 5000])]), 24, &10u32.to_le_bytes());
        assert!(matches!(part(&bytes, "a", &Limits::default()), Err(Refusal::Damaged(_))));
    }

    #[test]
    fn an_encrypted_part_needs_a_password() {
        let bytes = with_entry_field(zipped(&[("a", b"1")]), 8, &1u16.to_le_bytes());
        assert!(Container::open(&bytes, &Limits::default()).unwrap().is_encrypted());
        assert_eq!(part(&bytes, "a", &Limits::default()), Err(Refusal::Encrypted));
    }

    #[test]
    fn too_many_members_are_refused_before_the_directory_is_read() {
        let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
        let parts: Vec<(&str, &[u8])> =
            names.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
        let limits = Limits { entries: 10, ..Limits::default() };
        let refusal = part(&zipped(&parts), "0", &limits).unwrap_err();
        assert_eq!(refusal, Refusal::TooLarge("zip container of 11 members".into()));
    }

    #[test]
    fn two_members_of_one_name_are_damage() {
        let mut bytes = zipped(&[("part-a", b"1"), ("part-b", b"2")]);
        while let Some(at) = bytes.windows(6).position(|w| w == b"part-b") {
            bytes[at + 5] = b'a';
        }
        assert!(matches!(part(&bytes, "part-a", &Limits::default()), Err(Refusal::Damaged(_))));
    }
}
