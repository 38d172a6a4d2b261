//! Which file systems tell of changes. inotify sees what this machine does to a file; what another
//! machine writes to a network share it never sees, and nothing says so (reliability.md, B1).

use std::path::Path;

use rustix::fs::StatFs;

/// How changes below a folder become known, beside the scan on a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The kernel's events wake the next scan.
    Events,
    /// Scans on a timer only, because of this file system.
    Polled(&'static str),
    /// Scans on a timer only, because the configuration says so.
    EventsOff,
}

impl Mode {
    /// Whether the scan is all there is because others can write unseen: such folders are looked at
    /// more often and given longer to settle.
    pub fn is_polled(self) -> bool {
        matches!(self, Self::Polled(_))
    }
}

/// File systems whose changes may come from another machine, by the magic number statfs(2) reports
/// (linux/magic.h, and the sources of each for those that are not there).
const REMOTE: &[(u64, &str)] = &[
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x0102_1997, "9p"),
    (0x786F_4256, "vboxsf"),
    (0xBACB_ACBC, "vmhgfs"),
    (0x00C3_6400, "ceph"),
    (0x5346_414F, "afs"),
    (0x6B41_4653, "kafs"),
    (0x7375_7245, "coda"),
    (0x0BD0_0BD0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636F, "ocfs2"),
    (0x564C, "ncp"),
];

/// FUSE: a local disk (ntfs-3g calls itself `fuseblk`, and has the same number) or a share (virtiofs
/// too has this number).
const FUSE: u64 = 0x6573_5546;

/// The mode for what statfs said of a folder. `device` is its `st_dev`: FUSE on a block device is a
/// local disk, and anonymous devices (shares) have the major number 0.
pub fn mode(file_system: &StatFs, device: u64, events: bool) -> Mode {
    let magic = magic(file_system);
    if magic == FUSE && rustix::fs::major(device) == 0 {
        return Mode::Polled("fuse");
    }
    match REMOTE.iter().find(|(known, _)| *known == magic) {
        Some((_, name)) => Mode::Polled(name),
        None if events => Mode::Events,
        None => Mode::EventsOff,
    }
}

/// Asks the system for the mode of one folder.
pub fn mode_of(folder: &Path, device: u64, events: bool) -> std::io::Result<Mode> {
    Ok(mode(&rustix::fs::statfs(folder)?, device, events))
}

/// The magic number, which the kernel keeps in a signed word: on 32 bits the upper ones would be
/// negative.
#[expect(clippy::as_conversions, reason = "reinterprets the kernel's word, whatever its width")]
fn magic(file_system: &StatFs) -> u64 {
    u64::from(file_system.f_type as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(magic: u64, device: u64, events: bool) -> Mode {
        let mut answer = rustix::fs::statfs("/").expect("the root is there");
        answer.f_type = magic.try_into().expect("a magic number fits");
        mode(&answer, device, events)
    }

    /// B1, B3.
    #[test]
    fn shares_are_polled_and_disks_are_watched() {
        let disk = rustix::fs::makedev(8, 1);
        let share = rustix::fs::makedev(0, 52);
        assert_eq!(of(0xEF53, disk, true), Mode::Events, "ext4");
        assert_eq!(of(0x794C_7630, share, true), Mode::Events, "overlay");
        assert_eq!(of(0x0102_1994, share, true), Mode::Events, "tmpfs");
        assert_eq!(of(0x6969, share, true), Mode::Polled("nfs"));
        assert_eq!(of(0xFF53_4D42, share, true), Mode::Polled("cifs"));
        assert_eq!(of(0xFE53_4D42, share, false), Mode::Polled("smb2"));
    }

    #[test]
    fn fuse_on_a_block_device_is_a_disk_and_else_a_share() {
        assert_eq!(of(FUSE, rustix::fs::makedev(8, 17), true), Mode::Events);
        assert_eq!(of(FUSE, rustix::fs::makedev(0, 48), true), Mode::Polled("fuse"));
    }

    #[test]
    fn events_can_be_switched_off() {
        assert_eq!(of(0xEF53, rustix::fs::makedev(8, 1), false), Mode::EventsOff);
    }
}
