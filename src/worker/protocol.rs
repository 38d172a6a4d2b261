//! What goes through the pipe to a worker: the length of the name (4 bytes, little endian), the name
//! in UTF-8, the length of the file (8 bytes), the file. Back comes one JSON [`crate::inspect::Reading`].

use std::io::{self, Read};

use crate::watch::take::MAX_BYTES;

/// A name longer than this is none.
const NAME_BYTES: u32 = 64 << 10;

/// What precedes the bytes of the file.
pub(super) fn header(name: &str, length: usize) -> Vec<u8> {
    let name = name.as_bytes();
    let name = name.get(..to_usize(NAME_BYTES.into())).unwrap_or(name);
    let mut header = Vec::with_capacity(name.len() + 12);
    header.extend(u32::try_from(name.len()).unwrap_or(NAME_BYTES).to_le_bytes());
    header.extend(name);
    header.extend(u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
    header
}

/// Reads one request. The name comes back lossy, if it was cut.
///
/// # Errors
/// The pipe ended too early, or a length is beyond reason.
pub(super) fn read(from: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let name = exactly(from, u32::from_le_bytes(length).into(), NAME_BYTES.into())?;
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let bytes = exactly(from, u64::from_le_bytes(length), MAX_BYTES)?;
    Ok((String::from_utf8_lossy(&name).into_owned(), bytes))
}

fn exactly(from: &mut impl Read, length: u64, limit: u64) -> io::Result<Vec<u8>> {
    if length > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a length beyond the limit"));
    }
    let mut bytes = vec![0; to_usize(length)];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, bytes: &[u8]) -> Vec<u8> {
        [&header(name, bytes.len()), bytes].concat()
    }

    #[test]
    fn what_is_sent_arrives() {
        let sent = sent("青塘镇.docx", b"PK\x03\x04");
        let received = read(&mut sent.as_slice()).unwrap();
        assert_eq!(received, ("青塘镇.docx".to_owned(), b"PK\x03\x04".to_vec()));
    }

    #[test]
    fn a_cut_request_and_an_unreasonable_length_are_errors() {
        let whole = sent("a", b"bytes");
        for length in 0..whole.len() {
            assert!(read(&mut &whole[..length]).is_err());
        }
        let mut huge = header("a", 0);
        huge.truncate(5);
        huge.extend(u64::MAX.to_le_bytes());
        assert!(read(&mut huge.as_slice()).is_err());
    }
}
