//! Drop folders: which files are there, which of them are ready, which are gone. Knows paths, times
//! and the last bytes of a file; nothing of what a file says.
//!
//! **The scan is the truth, events are hints.** A folder is looked at on start, on a timer, whenever
//! the kernel says that something happened, lost events or failed, and when a file's settling or
//! waiting time is over. Each look lists everything ([`scan`]), compares it with what was seen before
//! ([`settle`]), and reports what is news as a [`Sight`]. Nothing depends on an event arriving.
//!
//! What goes in: a [`Watched`] folder, the files already recorded with their [`Stamp`]s, and the
//! [`Answer`]s of whoever takes the files ([`take()`]). One task for each folder: a share that hangs
//! holds up nobody else. Names are bytes from end to end; [`names`] makes them fit to show.

mod ending;
mod events;
mod folder;
pub mod ignore;
pub mod mounts;
pub mod names;
pub mod obstacle;
pub mod presence;
pub mod scan;
pub mod settle;
pub mod take;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::Stat;

pub use folder::start;
pub use ignore::is_ignored;
pub use obstacle::{Held, Obstacle};
pub use settle::Settled;
pub use take::{Take, take};

/// What tells one state of a file from another without reading it. Times in nanoseconds: two writes
/// within one second must differ (reliability.md, B4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The device it lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// Last change of the content, as programs set it; nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Last change of content, owner or name, as the kernel sets it; nanoseconds since 1970.
    pub ctime_ns: i128,
}

/// Device and inode of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The device it lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
}

/// A folder to watch, with everything below it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Absolute path.
    pub path: PathBuf,
    /// How long a file must stand still; `None`: 3 s, or 10 s where the folder is polled.
    pub settle: Option<Duration>,
    /// Longest time between two looks; `None`: 60 s, or 15 s where the folder is polled.
    pub rescan: Option<Duration>,
    /// Whether to ask the kernel for events where the file system has them.
    pub events: bool,
    /// Folders and files below it that are not part of it (the archive, the database).
    pub leave_out: Vec<PathBuf>,
    /// Where each look is noted.
    pub last_look: LastLook,
}

/// The last look at a folder, for whoever wants to know that it goes on. All clones are one.
#[derive(Debug, Clone, Default)]
pub struct LastLook(Arc<Mutex<Option<Looked>>>);

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// When it ended.
    pub at: Timestamp,
    /// Regular files found.
    pub files: usize,
    /// How changes become known: in English.
    pub mode: String,
}

impl LastLook {
    /// What the last look came to; `None`: none has ended with a listing yet.
    pub fn get(&self) -> Option<Looked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, looked: Looked) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked);
    }
}

/// What is news in one folder.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The folder, as in [`Watched::path`].
    pub folder: PathBuf,
    /// Whether the folder is there.
    pub state: State,
    /// Files that are ready, each once; an [`Answer`] is expected for every one.
    pub settled: Vec<Settled>,
    /// Files that had been ready or known, and are gone.
    pub gone: Vec<PathBuf>,
    /// Everything that is there and cannot be taken yet.
    pub held: Vec<Held>,
    /// Files that the first look found are still settling.
    pub starting: bool,
}

/// Whether a drop folder is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is.
    Online,
    /// It is not, or not surely: nothing is concluded from what is missing in it.
    Offline(Offline),
}

/// Why a drop folder counts as not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Offline {
    /// Nothing has this path.
    #[error(
        "the folder does not exist; gouji waits for it: make it, mount its share, or correct [drop] \
         folders"
    )]
    Missing,
    /// Something else has this path.
    #[error("this is not a folder")]
    NotAFolder,
    /// A folder has this path, but not the one that was watched: an empty mount point, or a new
    /// folder. Files in it are read.
    #[error(
        "this is another folder than before, and its files are missing (a share that is not \
         mounted?); if it is right, create an empty file `{}` in it",
        presence::MARKER
    )]
    Replaced,
    /// The system refuses to list it.
    #[error("the folder cannot be listed: {0}")]
    Refused(String),
    /// The system does not answer.
    #[error("the file system does not answer")]
    Silent,
}

/// What became of a [`Settled`] file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which.
    pub file: Settled,
    /// What.
    pub outcome: Outcome,
}

/// What became of a file that was ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is recorded. Nothing more until it changes.
    Done,
    /// It could not be taken: try again after a while, ever more rarely.
    Held(Obstacle),
    /// Try again after this time; until then it waits for this reason, if there is one to tell.
    Again(Option<Obstacle>, Duration),
    /// gouji has moved it away itself.
    Moved,
}

impl Stamp {
    /// The stamp of what stat(2) said.
    pub fn of(stat: &Stat) -> Self {
        let ns = |seconds: i64, part| i128::from(seconds) * 1_000_000_000 + i128::from(part);
        Self {
            dev: stat.st_dev,
            ino: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime_ns: ns(stat.st_mtime, stat.st_mtime_nsec),
            ctime_ns: ns(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// When it was last written to; `None`: a time beyond all calendars.
    pub fn modified_at(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.mtime_ns).ok()
    }
}

impl Identity {
    /// The identity of what stat(2) said.
    pub fn of(stat: &Stat) -> Self {
        Self { dev: stat.st_dev, ino: stat.st_ino }
    }
}
