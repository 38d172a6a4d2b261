//! Is a folder on this machine's own disk? WAL needs shared memory between processes, which no
//! network file system gives: databases there are corrupted sooner or later (B29).

use std::io;
use std::path::{Path, PathBuf};

/// `f_type` of file systems that another machine, a hypervisor or a user-space program serves:
/// NFS, SMB, SMB2, CIFS, FUSE, 9P, AFS, Coda, NCP, Ceph, Lustre, vboxsf.
/// <https://man7.org/linux/man-pages/man2/statfs.2.html>
const FOREIGN: &[u32] = &[
    0x6969,
    0x517b,
    0xfe53_4d42,
    0xff53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x5346_414f,
    0x7375_7245,
    0x564c,
    0x00c3_6400,
    0x0bd0_0bd0,
    0x786f_4256,
];

/// A mount point and the name of its file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) point: PathBuf,
    pub(super) file_system: String,
}

/// The mount `folder` lies on, when it is not local.
pub(super) fn network_mount(folder: &Path) -> io::Result<Option<Mount>> {
    let magic = rustix::fs::statfs(folder)?.f_type;
    if !is_foreign(i128::from(magic)) {
        return Ok(None);
    }
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mount = mount_of(&table, &folder.canonicalize()?).unwrap_or_else(|| Mount {
        point: folder.to_path_buf(),
        file_system: format!("file system {magic:#x}"),
    });
    // NTFS and exFAT on a local disk come through FUSE as well.
    Ok(if mount.file_system == "fuseblk" { None } else { Some(mount) })
}

/// The kernel's type is 32 bits wide and comes sign-extended on some machines.
fn is_foreign(magic: i128) -> bool {
    FOREIGN.iter().any(|known| i128::from(*known) == magic & 0xffff_ffff)
}

/// The mount of `/proc/self/mountinfo` that `path` lies on: the last of those with the longest mount
/// point. <https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html>
fn mount_of(table: &str, path: &Path) -> Option<Mount> {
    table
        .lines()
        .filter_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let point = PathBuf::from(unescape(before.split(' ').nth(4)?));
            let file_system = after.split(' ').next()?.to_owned();
            path.starts_with(&point).then_some(Mount { point, file_system })
        })
        .max_by_key(|mount| mount.point.components().count())
}

/// Blanks in mount points are written as `\040`.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
35 22 0:40 / /srv/drop\\040box rw,relatime shared:20 - cifs //nas/reports rw,vers=3.0
36 22 0:41 / /srv rw,relatime - nfs4 server:/export rw
37 22 0:42 / /srv rw,relatime master:3 - fuseblk /dev/sdb1 rw
";

    #[test]
    fn the_longest_and_last_mount_point_counts() {
        let mount = |path: &str| mount_of(TABLE, Path::new(path)).unwrap();
        assert_eq!(mount("/var/lib/gouji").file_system, "ext4");
        assert_eq!(mount("/srv/drop box/db").file_system, "cifs");
        assert_eq!(mount("/srv/drop box/db").point, Path::new("/srv/drop box"));
        assert_eq!(mount("/srv/drop").file_system, "fuseblk");
        assert_eq!(mount("/srvx").file_system, "ext4");
    }

    /// B29.
    #[test]
    fn network_file_systems_are_known_by_their_type_however_wide_it_comes() {
        assert!(is_foreign(0x6969));
        assert!(is_foreign(0xff53_4d42));
        assert!(is_foreign(i128::from(0xff53_4d42_u32.cast_signed())));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert!(!is_foreign(local), "{local:#x}");
        }
    }

    #[test]
    fn a_folder_of_this_machine_is_local() {
        assert_eq!(network_mount(&std::env::temp_dir()).unwrap(), None);
    }
}
