//! Who keeps the write-ahead log from shrinking: a program that stays in a read transaction. The log
//! cannot be begun anew while somebody may still read in it, so it grows (B31).
//!
//! Such a reader holds a lock on one byte of `-shm`, by which SQLite, and anybody who asks the system,
//! knows it: also where `/proc` shows nothing of other users' programs, as in a sandboxed service.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use super::rebuild;

/// The lock byte of whoever writes.
const WRITE_LOCK: u64 = 120;
/// The lock bytes of readers in `-shm`. <https://sqlite.org/walformat.html>, 2.3.1.
const READ_LOCKS: std::ops::Range<u64> = 123..128;

/// Asks who reads. Locks of this process itself are not told.
///
/// Closing any handle of a file drops every lock the process has on it
/// (<https://sqlite.org/howtocorrupt.html>, 2.2): a witness must outlive every connection of its
/// process to the database.
#[derive(Debug)]
pub struct Witness {
    path: PathBuf,
    /// The handles of `-shm`; of one that was replaced too, because it must not be closed.
    open: Vec<File>,
}

/// A process that reads, or writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// Its number.
    pub pid: i32,
    /// The name of its program, where this process may know it.
    pub program: Option<String>,
}

impl Witness {
    /// A witness of the database at `database`.
    pub fn of(database: &Path) -> Self {
        let [_, _, path] = rebuild::files(database);
        Self { path, open: Vec::new() }
    }

    /// The processes that are in a read transaction now.
    ///
    /// # Errors
    /// `-shm` cannot be opened or asked about.
    pub fn readers(&mut self) -> io::Result<Vec<Reader>> {
        let shm = self.current()?;
        let mut readers = Vec::new();
        for start in READ_LOCKS {
            readers.extend(holder(shm, start)?);
        }
        readers.sort();
        readers.dedup();
        Ok(readers)
    }

    /// The process that writes, or keeps others from writing, now.
    ///
    /// # Errors
    /// `-shm` cannot be opened or asked about.
    pub fn writer(&mut self) -> io::Result<Option<Reader>> {
        holder(self.current()?, WRITE_LOCK)
    }

    /// The handle of the file that is at the path now.
    fn current(&mut self) -> io::Result<&File> {
        let now = rustix::fs::stat(&self.path)?;
        let same = |file: &File| {
            rustix::fs::fstat(file)
                .is_ok_and(|open| (open.st_dev, open.st_ino) == (now.st_dev, now.st_ino))
        };
        if !self.open.last().is_some_and(same) {
            self.open.push(File::open(&self.path)?);
        }
        self.open.last().ok_or_else(|| io::Error::other("BUG: no handle"))
    }
}

/// The other process that has this byte locked.
fn holder(shm: &File, start: u64) -> io::Result<Option<Reader>> {
    let wanted = Flock {
        start,
        length: 1,
        pid: None,
        typ: FlockType::WriteLock,
        offset_type: FlockOffsetType::Set,
    };
    let holder = fcntl_getlk(shm, &wanted)?.and_then(|lock| lock.pid);
    Ok(holder.map(|pid| reader(pid.as_raw_nonzero().get())))
}

fn reader(pid: i32) -> Reader {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
    Reader { pid, program: name.ok().map(|name| name.trim().to_owned()) }
}

impl std::fmt::Display for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.program {
            Some(program) => write!(f, "{program} (process {})", self.pid),
            None => write!(f, "process {0} (`ps -p {0}` tells its program)", self.pid),
        }
    }
}
