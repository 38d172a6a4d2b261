//! One look at a folder: every regular file below it, with its [`Stamp`]. The truth about a folder;
//! events only say when to look.
//!
//! Names are bytes. Folders are opened relative to their parent and without following symbolic
//! links, so nothing outside the folder is ever listed. Links, FIFOs, sockets and devices are counted
//! and left alone: opening a FIFO would wait for ever. Ten thousand files cost some 20 ms.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::ignore::is_ignored;
use super::obstacle::{Obstacle, Owner};
use super::{Identity, Stamp};

/// Folders within folders; deeper ones are reported as unseen. Each costs one file handle.
const DEPTH: usize = 64;

/// What a look found.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Regular files that are not ignored. Paths are dear to compare, so they are in no order.
    pub files: HashMap<PathBuf, Stamp>,
    /// The folder itself and those below it.
    pub folders: BTreeMap<PathBuf, Identity>,
    /// What could not be listed. Files below such a folder are neither there nor gone.
    pub unseen: BTreeMap<PathBuf, Obstacle>,
    /// Links, FIFOs, sockets and devices, which are never opened.
    pub irregular: Vec<PathBuf>,
}

/// Looks at everything below `root`, except ignored names and the paths in `leave_out`.
///
/// # Errors
/// The folder itself cannot be opened.
pub fn scan(root: &Path, leave_out: &[PathBuf]) -> Result<Listing, Errno> {
    // The configured path may itself be a link: people put drop folders behind links.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(root, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&handle)?;
    let mut listing = Listing::default();
    listing.folders.insert(root.to_owned(), Identity::of(&stat));
    let mut open = vec![list(&handle, root, leave_out, &mut listing).map(|below| Opened {
        handle,
        path: root.to_owned(),
        below,
    })?];
    while let Some(folder) = open.last_mut() {
        let Some(name) = folder.below.pop() else {
            open.pop();
            continue;
        };
        let path = folder.path.join(&name);
        let too_deep = open.len() >= DEPTH;
        let Some(folder) = open.last() else { break };
        match enter(folder, &name, too_deep, leave_out, &mut listing) {
            Ok(Some(inner)) => open.push(inner),
            Ok(None) => {}
            Err(obstacle) => _ = listing.unseen.insert(path, obstacle),
        }
    }
    Ok(listing)
}

/// A folder being listed, and the folders in it that are still to come.
struct Opened {
    handle: OwnedFd,
    path: PathBuf,
    below: Vec<OsString>,
}

/// Opens and lists a folder inside `folder`; `None`: it is gone.
fn enter(
    folder: &Opened,
    name: &OsStr,
    too_deep: bool,
    leave_out: &[PathBuf],
    listing: &mut Listing,
) -> Result<Option<Opened>, Obstacle> {
    if too_deep {
        return Err(Obstacle::Ours(format!("more than {DEPTH} folders within folders")));
    }
    let path = folder.path.join(name);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let listed = rustix::fs::openat(&folder.handle, name, flags, Mode::empty()).and_then(|inner| {
        let identity = Identity::of(&rustix::fs::fstat(&inner)?);
        let below = list(&inner, &path, leave_out, listing)?;
        listing.folders.insert(path.clone(), identity);
        Ok(Opened { handle: inner, path: path.clone(), below })
    });
    let owner = || {
        rustix::fs::statat(&folder.handle, name, AtFlags::SYMLINK_NOFOLLOW)
            .map(|stat| owner(&stat))
            .unwrap_or(Owner { uid: 0, gid: 0, mode: 0 })
    };
    match listed {
        Ok(opened) => Ok(Some(opened)),
        // ELOOP: replaced by a link since it was listed.
        Err(Errno::LOOP) => Ok(None),
        Err(error) => match Obstacle::of(error, owner) {
            None => Ok(None),
            Some(obstacle) => Err(obstacle),
        },
    }
}

/// Adds the files of one folder to the listing and returns the names of the folders in it.
fn list(
    handle: &OwnedFd,
    path: &Path,
    leave_out: &[PathBuf],
    listing: &mut Listing,
) -> Result<Vec<OsString>, Errno> {
    let mut folders = Vec::new();
    for entry in Dir::read_from(handle)? {
        let entry = entry?;
        let name = os(entry.file_name());
        if name == "." || name == ".." || is_ignored(name) {
            continue;
        }
        let inner = path.join(name);
        if leave_out.contains(&inner) {
            continue;
        }
        // A file that is gone since the folder was read is no matter.
        let stat = match rustix::fs::statat(handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(error) => {
                let owner = || Owner { uid: 0, gid: 0, mode: 0 };
                if let Some(obstacle) = Obstacle::of(error, owner) {
                    listing.unseen.insert(inner, obstacle);
                }
                continue;
            }
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => _ = listing.files.insert(inner, Stamp::of(&stat)),
            FileType::Directory => folders.push(name.to_owned()),
            _ => listing.irregular.push(inner),
        }
    }
    Ok(folders)
}

fn os(name: &CStr) -> &OsStr {
    OsStr::from_bytes(name.to_bytes())
}

/// Owner, group and permission bits.
pub(super) fn owner(stat: &Stat) -> Owner {
    Owner { uid: stat.st_uid, gid: stat.st_gid, mode: stat.st_mode & 0o7777 }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(listing: &Listing, root: &Path) -> Vec<String> {
        let mut names: Vec<String> = listing
            .files
            .keys()
            .map(|path| path.strip_prefix(root).unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_below_a_folder_are_listed_and_junk_is_not() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("东山乡/2025")).unwrap();
        fs::create_dir_all(root.path().join("@eaDir")).unwrap();
        fs::create_dir_all(root.path().join("archive")).unwrap();
        for name in ["a.docx", "东山乡/2025/b.docx", "@eaDir/a.docx", "~$a.docx", "archive/c.docx"]
        {
            fs::write(root.path().join(name), "x").unwrap();
        }
        let listing = scan(root.path(), &[root.path().join("archive")]).unwrap();
        assert_eq!(names(&listing, root.path()), ["a.docx", "东山乡/2025/b.docx"]);
        assert_eq!(listing.folders.len(), 3, "{:?}", listing.folders);
        assert!(listing.unseen.is_empty());
    }

    #[test]
    fn links_and_fifos_are_neither_followed_nor_listed() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.docx"), "x").unwrap();
        symlink(outside.path(), root.path().join("link")).unwrap();
        symlink(outside.path().join("secret.docx"), root.path().join("link.docx")).unwrap();
        symlink(root.path(), root.path().join("loop")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path().join("pipe.docx"),
            FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        let listing = scan(root.path(), &[]).unwrap();
        assert!(listing.files.is_empty());
        assert_eq!(listing.irregular.len(), 4);
    }

    #[test]
    fn names_are_bytes() {
        let root = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(b"\xc7\xe0\xcc\xc1 \n\t-\xff\xfe.docx");
        fs::write(root.path().join(name), "x").unwrap();
        let listing = scan(root.path(), &[]).unwrap();
        assert!(listing.files.contains_key(&root.path().join(name)));
    }

    #[test]
    fn folders_too_deep_are_unseen_and_no_reason_to_stop() {
        let root = tempfile::tempdir().unwrap();
        let mut deep = root.path().to_owned();
        for _ in 0..DEPTH + 2 {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join("a.docx"), "x").unwrap();
        let listing = scan(root.path(), &[]).unwrap();
        assert_eq!(listing.files.len(), 1);
        assert_eq!(listing.unseen.len(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert_eq!(scan(Path::new("/nowhere/at/all"), &[]).unwrap_err(), Errno::NOENT);
    }
}
