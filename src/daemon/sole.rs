//! One `gouji run` for a database: two would send every mail twice.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Claims the database for this process until the file returned is dropped, or the process dies.
///
/// The lock lies on a file beside the database: opening and closing the database itself would drop
/// the locks SQLite has on it (<https://sqlite.org/howtocorrupt.html>, 2.2).
///
/// # Errors
/// Another process has claimed it, or the file cannot be made.
pub(crate) fn claim(database: &Path) -> anyhow::Result<File> {
    let mut path = database.as_os_str().to_owned();
    path.push("-lock");
    let path = Path::new(&path);
    let cannot = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(cannot)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            _ = (&file).take(20).read_to_string(&mut holder).is_ok();
            bail!(
                "another `gouji run` (process {}) works with the database {}; stop it first",
                holder.trim(),
                database.display()
            );
        }
        Err(error) => return Err(error).with_context(cannot),
    }
    file.set_len(0).and_then(|()| file.rewind()).with_context(cannot)?;
    writeln!(file, "{}", std::process::id()).with_context(cannot)?;
    Ok(file)
}

/// The process that works with this database; `None`: none does.
pub(crate) fn holder(database: &Path) -> Option<String> {
    let mut path = database.as_os_str().to_owned();
    path.push("-lock");
    let file = File::open(path).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            _ = (&file).take(20).read_to_string(&mut holder).is_ok();
            Some(holder.trim().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_claimed_once_and_again_when_the_claim_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("gouji.db");
        let first = claim(&database).unwrap();
        let refused = claim(&database).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert_eq!(holder(&database), Some(std::process::id().to_string()));
        drop(first);
        assert_eq!(holder(&database), None);
        claim(&database).unwrap();
    }
}
