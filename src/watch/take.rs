//! Taking a settled file: open it, read all of it, and make sure that it was the same file all along.
//!
//! The file may have been swapped for a link, a FIFO or another file since it was seen. It is opened
//! without following a link and without waiting, and what is open must carry the [`Stamp`] that was
//! seen, before the first byte and after the last: so nothing outside the folder can be read either,
//! whatever happens to the folders on the way to it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::obstacle::Obstacle;
use super::scan::owner;
use super::{Stamp, ending};

/// The largest file that is read.
pub const MAX_BYTES: u64 = 64 << 20;

/// What came of taking a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Take {
    /// All its bytes.
    Bytes(Vec<u8>),
    /// It cannot be taken yet.
    Wait(Obstacle),
    /// It is not what was seen any more; the next look decides.
    Changed,
    /// It is gone, or no regular file any more.
    Gone,
}

/// Takes the file at `path` if it still carries `stamp`. Blocks as long as the file system does.
pub fn take(path: &Path, stamp: &Stamp) -> Take {
    match try_take(path, stamp) {
        Ok(take) => take,
        Err(Errno::LOOP | Errno::NXIO) => Take::Gone,
        Err(error) => {
            let owner = || match rustix::fs::lstat(path) {
                Ok(stat) => owner(&stat),
                Err(_) => super::obstacle::Owner { uid: 0, gid: 0, mode: 0 },
            };
            match Obstacle::of(error, owner) {
                Some(obstacle) => Take::Wait(obstacle),
                None => Take::Gone,
            }
        }
    }
}

fn try_take(path: &Path, stamp: &Stamp) -> Result<Take, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let handle = rustix::fs::open(path, flags, Mode::empty())?;
    let before = rustix::fs::fstat(&handle)?;
    if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
        return Ok(Take::Gone);
    }
    if Stamp::of(&before) != *stamp {
        return Ok(Take::Changed);
    }
    if stamp.size > MAX_BYTES {
        return Ok(Take::Wait(Obstacle::TooLarge(stamp.size)));
    }
    let mut file = File::from(handle);
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0));
    let read = (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let after = Stamp::of(&rustix::fs::fstat(&file)?);
    if after != *stamp || u64::try_from(bytes.len()) != Ok(stamp.size) {
        return Ok(Take::Changed);
    }
    Ok(match ending::missing(&bytes) {
        Some(what) => Take::Wait(Obstacle::Incomplete(what)),
        None if bytes.is_empty() => Take::Wait(Obstacle::Empty),
        None => Take::Bytes(bytes),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn stamp(path: &Path) -> Stamp {
        Stamp::of(&rustix::fs::lstat(path).unwrap())
    }

    #[test]
    fn a_file_that_stood_still_is_taken_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(&path, "青塘镇").unwrap();
        assert_eq!(take(&path, &stamp(&path)), Take::Bytes("青塘镇".into()));
    }

    #[test]
    fn a_file_replaced_since_it_was_seen_is_left_to_the_next_look() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let seen = stamp(&path);
        fs::write(root.path().join("b.txt"), "new").unwrap();
        fs::rename(root.path().join("b.txt"), &path).unwrap();
        assert_eq!(take(&path, &seen), Take::Changed);
        fs::remove_file(&path).unwrap();
        assert_eq!(take(&path, &seen), Take::Gone);
    }

    /// T23.
    #[test]
    fn links_and_fifos_put_in_its_place_are_not_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(root.path().join("secret"), "secret").unwrap();
        let seen = stamp(&root.path().join("secret"));
        std::os::unix::fs::symlink(root.path().join("secret"), &path).unwrap();
        assert_eq!(take(&path, &seen), Take::Gone);
        fs::remove_file(&path).unwrap();
        let fifo = FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(take(&path, &seen), Take::Gone);
    }

    #[test]
    fn half_a_word_file_and_a_giant_wait() {
        let root = tempfile::tempdir().unwrap();
        let half = root.path().join("a.docx");
        fs::write(&half, b"PK\x03\x04 and no more").unwrap();
        assert!(matches!(take(&half, &stamp(&half)), Take::Wait(Obstacle::Incomplete(_))));
        let giant = root.path().join("b.docx");
        fs::File::create(&giant).unwrap().set_len(1 << 30).unwrap();
        assert_eq!(take(&giant, &stamp(&giant)), Take::Wait(Obstacle::TooLarge(1 << 30)));
    }
}
