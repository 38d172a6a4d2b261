//! Whether a watched folder is the one it was. An unmounted share leaves an empty folder behind, and
//! an empty folder must not look like one whose files were all withdrawn (reliability.md, B14).
//!
//! Two signs: device and inode of the folder, and a marker, an empty hidden file in it. The marker
//! outlives a remount, which changes the device number of a share. It is written where gouji may
//! write, once a file in the folder has been read, and missed where it may not.

use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::Identity;

/// The name of the marker. Samba hides names with a dot from Windows.
pub const MARKER: &str = ".gouji-drop";

/// What a look found at the place of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Device and inode.
    pub identity: Identity,
    /// Whether the marker is in it.
    pub marker: bool,
    /// Files known to be in the folder.
    pub known: usize,
    /// Of these, how many are there.
    pub present: usize,
}

/// Whether what is there is the folder that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is: what is missing in it has been taken away.
    Same,
    /// It may be an empty mount point or another folder. What is in it is read as usual, but nothing
    /// is concluded from what is missing.
    Doubtful,
}

/// Judges what a look found. `before`: what the folder was at the last look in which it was itself.
pub fn judge(before: Option<Identity>, found: &Found) -> Presence {
    let most_is_there = found.present * 2 >= found.known;
    let same_device = before.is_some_and(|before| before.dev == found.identity.dev);
    let itself = before == Some(found.identity);
    // Someone put a new folder in place of the old one, and the first report in it has been read.
    let taken_over = (before.is_none() || same_device) && found.present > 0;
    match found.marker || itself || most_is_there || taken_over {
        true => Presence::Same,
        false => Presence::Doubtful,
    }
}

/// Whether the marker is in the folder.
pub fn has_marker(folder: &Path) -> bool {
    rustix::fs::statat(CWD, folder.join(MARKER), AtFlags::SYMLINK_NOFOLLOW).is_ok()
}

/// Puts the marker into the folder.
///
/// # Errors
/// The folder cannot be written to; gouji then does without.
pub fn leave_marker(folder: &Path) -> Result<(), Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
    match rustix::fs::open(folder.join(MARKER), flags, mode) {
        Ok(_) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Identity = Identity { dev: 52, ino: 1 };
    const MOUNT_POINT: Identity = Identity { dev: 8, ino: 77 };

    fn found(identity: Identity, marker: bool, known: usize, present: usize) -> Found {
        Found { identity, marker, known, present }
    }

    #[test]
    fn an_emptied_folder_is_still_the_folder() {
        assert_eq!(judge(Some(SHARE), &found(SHARE, true, 9, 0)), Presence::Same);
        assert_eq!(judge(Some(SHARE), &found(SHARE, false, 9, 0)), Presence::Same);
        assert_eq!(judge(None, &found(SHARE, true, 9, 0)), Presence::Same);
    }

    /// B14.
    #[test]
    fn an_empty_mount_point_is_not_the_share() {
        assert_eq!(judge(Some(SHARE), &found(MOUNT_POINT, false, 9, 0)), Presence::Doubtful);
        assert_eq!(judge(None, &found(MOUNT_POINT, false, 9, 0)), Presence::Doubtful);
        // Nor when someone has dropped a file into it while the share was away.
        assert_eq!(judge(Some(SHARE), &found(MOUNT_POINT, false, 9, 1)), Presence::Doubtful);
    }

    #[test]
    fn a_share_mounted_again_is_known_by_its_marker_or_its_files() {
        let again = Identity { dev: 53, ino: 1 };
        assert_eq!(judge(Some(SHARE), &found(again, true, 9, 0)), Presence::Same);
        assert_eq!(judge(Some(SHARE), &found(again, false, 9, 8)), Presence::Same);
    }

    #[test]
    fn a_folder_made_anew_is_doubted_until_a_report_in_it_has_been_read() {
        let anew = Identity { dev: 52, ino: 2 };
        assert_eq!(judge(Some(SHARE), &found(anew, false, 9, 0)), Presence::Doubtful);
        assert_eq!(judge(Some(SHARE), &found(anew, false, 10, 1)), Presence::Same);
    }

    #[test]
    fn a_first_start_takes_the_folder_as_it_is() {
        assert_eq!(judge(None, &found(SHARE, false, 0, 0)), Presence::Same);
    }
}
