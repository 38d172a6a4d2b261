//! Compound files (OLE, MS-CFB): which program wrote them, told by the streams they hold.

use std::io::Read;

use super::Content;
use crate::document::Refusal;
use crate::document::compound::{self, Compound};

pub(super) fn content(bytes: &[u8]) -> Result<Content, Refusal> {
    let mut file = compound::open(bytes)?;
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
fn is_encrypted_word(file: &mut Compound<'_>) -> bool {
    let mut head = [0; 12];
    let read = file.open_stream("/WordDocument").and_then(|mut s| s.read_exact(&mut head));
    let [.., flags] = head;
    read.is_ok() && flags & 1 != 0
}
