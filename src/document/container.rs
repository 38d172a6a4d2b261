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
    member: ZipFile<'_, Cursor<&[u8]>>,
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
    let mut bytes = Vec::with_capacity(usize::try_from(declared).unwrap_or(0));
    member
        .take(declared + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Refusal::Damaged(format!("{name}: {error}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|actual| actual > declared) {
        return Err(Refusal::Damaged(format!(
            "{name} is larger than the {declared} bytes declared"
        )));
    }
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
