//! Room on a disk, and when it is too little.

use std::path::Path;

use crate::watch::names::shown;

/// Free space below which the administrator should do something.
const LITTLE: u64 = 1 << 30;
/// Free space below which recording may fail at any moment.
const NONE: u64 = 64 << 20;

/// The room on the disk on which a place lies.
pub(super) struct Space {
    /// Bytes that this user may write.
    pub(super) free_bytes: u64,
    /// What to say of it, with the remedy where there is too little.
    pub(super) told: String,
}

impl Space {
    /// `None`: the system does not tell.
    pub(super) fn around(place: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(place).ok()?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let mut told = format!("{} MB free where {} lies", free_bytes >> 20, shown(place));
        if free_bytes < NONE {
            told.push_str(": nothing can be recorded soon; make room");
        }
        Some(Self { free_bytes, told })
    }

    /// Recording may fail at any moment.
    pub(super) fn is_none(&self) -> bool {
        self.free_bytes < NONE
    }

    /// The administrator should do something.
    pub(super) fn is_little(&self) -> bool {
        self.free_bytes < LITTLE
    }
}
