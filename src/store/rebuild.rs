//! What a new database takes over from the one whose place it takes: mails and notices. Everything else
//! is found again in the folders.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, named_params};

use super::columns::PathBytes;

/// Copies mails and notices of the database at `old` into this one. What they tell is found again by
/// the bytes of the file and the name of the unit.
pub(super) fn take_over(connection: &Connection, old: &Path) -> rusqlite::Result<()> {
    let attach = "ATTACH CAST(:old AS TEXT) AS old";
    connection.execute(attach, named_params! { ":old": PathBytes(old) })?;
    let copied = connection.execute_batch(include_str!("sql/take_over.sql"));
    if copied.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    connection.execute_batch("DETACH old")?;
    copied
}

/// The files of a database: itself, the log, the index of the log.
pub(super) fn files(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut path = OsString::from(database);
        path.push(end);
        PathBuf::from(path)
    })
}

/// Moves a database aside, with its log; nobody may have it open for writing. Returns its new place,
/// `gouji.db.2026-01-31T08-30-00` or the like.
pub(super) fn set_aside(database: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let time = now.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H-%M-%S").to_string();
    let aside = (0_u32..)
        .map(|n| {
            let mut path = database.as_os_str().to_owned();
            path.push(format!(".{time}"));
            if n > 0 {
                path.push(format!("-{n}"));
            }
            PathBuf::from(path)
        })
        .find(|path| !path.exists())
        .unwrap_or_else(|| database.with_extension("aside"));
    // The log first: a database without its log is older than it was, a log without its database is
    // never taken for another's.
    for (from, to) in files(database).into_iter().zip(files(&aside)).rev() {
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
