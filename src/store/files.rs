//! Contents, the paths they lie at, attempts to read them, and files that are not ready.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::columns::{OwnedPath, PathBytes, Seconds};
use super::rows::{FileId, FileSeen, KnownFile, KnownPath, Sha256, Waiting};
use crate::check::Verdict;
use crate::watch::Stamp;
use crate::watch::names::{file_name, shown};

/// Every path that ever had a content with a verdict.
pub(super) fn known_paths(db: &Connection) -> rusqlite::Result<Vec<KnownPath>> {
    let mut query = db.prepare_cached(include_str!("sql/known_paths.sql"))?;
    let rows = query.query_map([], |row| {
        let nanoseconds = |name| row.get::<_, i64>(name).map(i128::from);
        Ok(KnownPath {
            path: row.get::<_, OwnedPath>("path")?.0,
            stamp: Stamp {
                dev: row.get::<_, i64>("device")?.cast_unsigned(),
                ino: row.get::<_, i64>("inode")?.cast_unsigned(),
                size: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
                mtime_ns: nanoseconds("modified_ns")?,
                ctime_ns: nanoseconds("changed_ns")?,
            },
            sha256: row.get("sha256")?,
            verdict: row.get("verdict")?,
            withdrawn: row.get("withdrawn")?,
        })
    })?;
    rows.collect()
}

/// What is known about a content.
pub(super) fn known(db: &Connection, content: &Sha256) -> rusqlite::Result<Option<KnownFile>> {
    let sql = "SELECT verdict, reason, reader, attempts, lacked_program FROM files WHERE sha256 = :sha256";
    db.prepare_cached(sql)?
        .query_row(named_params! { ":sha256": content }, |row| {
            Ok(KnownFile {
                verdict: row.get("verdict")?,
                reason: row.get("reason")?,
                reader: row.get("reader")?,
                attempts: row.get("attempts")?,
                lacked_program: row.get("lacked_program")?,
            })
        })
        .optional()
}

/// The row of a content; made when it is new.
pub(super) fn content(
    tx: &Connection,
    file: &FileSeen,
    now: Timestamp,
) -> rusqlite::Result<FileId> {
    tx.prepare_cached(include_str!("sql/insert_file.sql"))?.execute(named_params! {
        ":sha256": file.sha256,
        ":name": file_name(&file.path),
        ":size_bytes": file.size.cast_signed(),
        ":modified_at": Seconds(file.modified_at),
        ":modified_ns": nanoseconds(file.modified_at.as_nanosecond()),
        ":now": Seconds(now),
    })?;
    tx.prepare_cached("SELECT id FROM files WHERE sha256 = :sha256")?
        .query_row(named_params! { ":sha256": file.sha256 }, |row| row.get("id"))
}

/// One more attempt; returns how many there were since the last verdict.
pub(super) fn begin_attempt(
    tx: &Connection,
    file: &FileSeen,
    now: Timestamp,
) -> rusqlite::Result<u32> {
    let id = content(tx, file, now)?;
    tx.prepare_cached(include_str!("sql/begin_attempt.sql"))?
        .query_row(named_params! { ":id": id, ":now": Seconds(now) }, |row| row.get("attempts"))
}

/// Notes that the path has this content now. Returns the content it had before, if another.
pub(super) fn place(
    tx: &Connection,
    file: &FileSeen,
    id: FileId,
    now: Timestamp,
) -> rusqlite::Result<Option<FileId>> {
    let before: Option<FileId> = tx
        .prepare_cached("SELECT file_id FROM paths WHERE path = :path")?
        .query_row(named_params! { ":path": PathBytes(&file.path) }, |row| row.get("file_id"))
        .optional()?;
    tx.prepare_cached(include_str!("sql/place_file.sql"))?.execute(named_params! {
        ":path": PathBytes(&file.path),
        ":path_text": shown(&file.path),
        ":file_id": id,
        ":device": file.stamp.dev.cast_signed(),
        ":inode": file.stamp.ino.cast_signed(),
        ":size_bytes": file.stamp.size.cast_signed(),
        ":modified_ns": nanoseconds(file.stamp.mtime_ns),
        ":changed_ns": nanoseconds(file.stamp.ctime_ns),
        ":now": Seconds(now),
    })?;
    forget_waiting(tx, &file.path)?;
    Ok(before.filter(|before| *before != id))
}

/// What fits an integer column: the years 1678 to 2261; other times are as good as their ends.
fn nanoseconds(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// The verdict of a whole file; attempts count from here.
pub(super) fn conclude(
    tx: &Connection,
    id: FileId,
    verdict: Verdict,
    (reason, detail): (Option<&str>, Option<&str>),
    lacked_program: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/conclude_file.sql"))?
        .execute(named_params! {
            ":id": id, ":verdict": verdict, ":reason": reason, ":detail": detail,
            ":reader": env!("CARGO_PKG_VERSION"), ":lacked_program": lacked_program,
            ":now": Seconds(now),
        })
        .map(drop)
}

/// Marks paths as gone; what was read from them stays.
pub(super) fn withdraw(tx: &Connection, paths: &[PathBuf], now: Timestamp) -> rusqlite::Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE paths SET withdrawn_at = :now WHERE path = :path AND withdrawn_at IS NULL",
    )?;
    for path in paths {
        update.execute(named_params! { ":path": PathBytes(path), ":now": Seconds(now) })?;
    }
    Ok(())
}

/// Makes the list of files that are not ready this one; writes what has changed in it and nothing
/// else: it comes with every look at a folder. A file that goes on waiting for the same keeps the time
/// since when, to the second: it is the key of the notice about it. Unless the clock was set back
/// before it.
pub(super) fn set_waiting(
    tx: &Connection,
    waiting: &[Waiting],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut before: BTreeMap<PathBuf, Waiting> =
        self::waiting(tx)?.into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut insert = tx.prepare_cached(include_str!("sql/insert_waiting.sql"))?;
    for file in waiting {
        let earlier = before.remove(&file.path);
        let goes_on = |earlier: &&Waiting| earlier.state == file.state && earlier.since <= now;
        let since = earlier.as_ref().filter(goes_on).map_or(file.since, |e| e.since);
        if earlier.is_some_and(|earlier| is_as_recorded(&earlier, file, since)) {
            continue;
        }
        insert.execute(named_params! {
            ":path": PathBytes(&file.path),
            ":path_text": shown(&file.path),
            ":state": file.state,
            ":reason": file.reason,
            ":detail": file.detail,
            ":modified_at": file.modified_at.map(Seconds),
            ":since": Seconds(since),
            ":next_try_at": file.next_try_at.map(Seconds),
        })?;
    }
    before.keys().try_for_each(|path| forget_waiting(tx, path))
}

/// Whether a row says what it should, to the second.
fn is_as_recorded(row: &Waiting, file: &Waiting, since: Timestamp) -> bool {
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    (row.state, &row.reason, &row.detail) == (file.state, &file.reason, &file.detail)
        && seconds(row.modified_at) == seconds(file.modified_at)
        && row.since.as_second() == since.as_second()
        && seconds(row.next_try_at) == seconds(file.next_try_at)
}

fn forget_waiting(tx: &Connection, path: &Path) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM waiting WHERE path = :path")?
        .execute(named_params! { ":path": PathBytes(path) })
        .map(drop)
}

/// Files that are not ready, those that wait longest first.
pub(super) fn waiting(db: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    let mut query = db.prepare_cached(include_str!("sql/waiting.sql"))?;
    let rows = query.query_map([], |row| {
        let time = |name| row.get::<_, Option<Seconds>>(name).map(|at| at.map(|at| at.0));
        Ok(Waiting {
            path: row.get::<_, OwnedPath>("path")?.0,
            state: row.get("state")?,
            reason: row.get("reason")?,
            detail: row.get("detail")?,
            modified_at: time("modified_at")?,
            since: row.get::<_, Seconds>("since_at")?.0,
            next_try_at: time("next_try_at")?,
        })
    })?;
    rows.collect()
}
