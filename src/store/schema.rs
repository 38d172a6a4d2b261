//! Opening: the file itself, its settings, its migrations.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, FileControl, OpenFlags, TransactionBehavior, named_params};

use super::columns::{PathBytes, Seconds};
use super::{Result, StoreError, copies, mount, rebuild};
use crate::watch::Identity;

/// Migrations in order; the index of the last is `PRAGMA user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("sql/0001_init.sql"),
    include_str!("sql/0002_whole_reports.sql"),
    include_str!("sql/0003_roster.sql"),
    include_str!("sql/0004_years.sql"),
    include_str!("sql/0005_questions.sql"),
    include_str!("sql/0006_offices.sql"),
    include_str!("sql/0007_explanations.sql"),
    include_str!("sql/0008_receipts.sql"),
    include_str!("sql/0009_lacked_program.sql"),
    include_str!("sql/0010_checks_without_lists.sql"),
    include_str!("sql/0011_copies.sql"),
    include_str!("sql/0012_recognised.sql"),
];

/// The first schema that tells by which sentences a report is found.
const COPIES: i64 = 11;

/// `PRAGMA application_id`: "gouj", so that `file` and gouji know the file.
const APPLICATION_ID: i32 = 0x676f_756a;

/// How long a statement waits for another program's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages looked through, or steps of a statement, between two questions whether to go on.
const STEPS_BETWEEN_LOOKS: i32 = 100;

/// Size the write-ahead log is cut back to after a reader had held it open (B31).
const JOURNAL_SIZE_LIMIT: i64 = 16 << 20;

/// Pages of the log (4 KiB each) after which it is moved into the database: the limit above. Each time the disk
/// is waited for, so that a backlog should not come to it every second.
const CHECKPOINT_PAGES: i64 = JOURNAL_SIZE_LIMIT / 4096;

/// Opens for writing; creates and migrates as needed.
pub(super) fn open(path: &Path, now: Timestamp) -> Result<Connection> {
    refuse_network(path)?;
    refuse_strange(path)?;
    create(path).map_err(|source| StoreError::Open { path: path.to_path_buf(), source })?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let fail = |e| StoreError::from_sql(path, e);
    recognise(&connection, path)?;
    keep_wal(&connection).map_err(fail)?;
    migrate(&connection, path, now)?;
    Ok(connection)
}

/// Opens for reading an existing database of this schema.
pub(super) fn open_read_only(path: &Path) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = recognise(&connection, path)?;
    if found == known_schema() {
        return Ok(connection);
    }
    Err(StoreError::Older { path: path.to_path_buf(), found, known: known_schema() })
}

/// Every statement that made the schema.
#[cfg(test)]
pub(super) fn migrations() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().copied()
}

/// The schema this gouji writes.
pub(super) fn known_schema() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn refuse_network(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mount = mount::network_mount(folder)
        .map_err(|source| StoreError::Open { path: path.to_path_buf(), source })?;
    match mount {
        None => Ok(()),
        Some(mount) => Err(StoreError::NetworkFileSystem {
            path: path.to_path_buf(),
            mount: mount.point,
            file_system: mount.file_system,
        }),
    }
}

/// Refuses a file that is no SQLite database, before SQLite looks at it: a log that lies beside it, of
/// the database that was there before, would be written over it.
fn refuse_strange(path: &Path) -> Result<()> {
    let mut head = Vec::new();
    // What cannot be read is for SQLite to say.
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    match read.is_err() || head.is_empty() || head == b"SQLite format 3\0" {
        true => Ok(()),
        false => Err(StoreError::NotOurs { path: path.to_path_buf() }),
    }
}

/// The files of the database that lie beside it, as they are now.
pub(super) fn beside(path: &Path) -> Vec<(PathBuf, Identity)> {
    let [_, log, index] = rebuild::files(path);
    let there =
        |path: PathBuf| rustix::fs::lstat(&path).ok().map(|stat| (path, Identity::of(&stat)));
    [log, index].into_iter().filter_map(there).collect()
}

/// Makes the empty file, readable by the group whatever the umask; SQLite gives `-wal` and `-shm`
/// the same mode.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o640).open(path) {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o640)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let fail = |e| StoreError::from_sql(path, e);
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    configure(&connection).map_err(fail)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // SQLite would prepare kept statements anew whenever other values are bound to them, in case
    // another plan suits these better: a fifth of the time it takes to record a report.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Strangers may write into the file: their schema must not run functions with side effects.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// Refuses what is not gouji's or was written by a newer gouji. Returns the schema version; 0 of an
/// empty file.
fn recognise(connection: &Connection, path: &Path) -> Result<i64> {
    let fail = |e| StoreError::from_sql(path, e);
    let number = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(fail)
    };
    let found = number("user_version")?;
    let application = number("application_id")?;
    let objects: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fail)?;
    let is_empty = objects == 0 && application == 0 && found == 0;
    if !is_empty && application != i64::from(APPLICATION_ID) {
        return Err(StoreError::NotOurs { path: path.to_path_buf() });
    }
    if found > known_schema() {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, known: known_schema() });
    }
    Ok(found)
}

/// Looks at every page. A damaged database is not worked on: what is wrong would spread into
/// snapshots and mails.
pub(super) fn check_pages(
    mut connection: Connection,
    path: &Path,
    is_over: impl FnMut() -> bool + Send + 'static,
) -> Result<()> {
    let fail = |e| StoreError::from_sql(path, e);
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over)).map_err(fail)?;
    let first: String =
        connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(fail)?;
    if first == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.to_path_buf(), what: first })
}

/// Write-ahead log, kept when the last program closes the file; every commit reaches the disk.
fn keep_wal(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection
        .pragma_update_and_check(None, "journal_size_limit", JOURNAL_SIZE_LIMIT, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    let mut persist = 1;
    connection.file_control(Some(rusqlite::MAIN_DB), FileControl::PersistWal(&mut persist))
}

/// Where the database as an earlier schema left it is kept.
pub(super) fn backup_path(path: &Path, schema: i64) -> PathBuf {
    PathBuf::from(format!("{}.schema-{schema}", path.display()))
}

/// Keeps the database as it is before its schema is changed: the way back to the gouji before.
fn back_up(connection: &Connection, path: &Path, schema: i64) -> Result<()> {
    let backup = backup_path(path, schema);
    let fresh = backup_path(path, schema).with_added_extension("new");
    let fail = |source| StoreError::NoBackup { path: path.to_path_buf(), source };
    match std::fs::remove_file(&fresh) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fail(e)),
        _ => {}
    }
    let sql = "VACUUM INTO CAST(:to AS TEXT)";
    connection
        .execute(sql, named_params! { ":to": PathBytes(&fresh) })
        .map_err(|e| fail(io::Error::other(e)))?;
    let file = File::open(&fresh).map_err(fail)?;
    file.set_permissions(Permissions::from_mode(0o640)).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    std::fs::rename(&fresh, &backup).map_err(fail)
}

fn migrate(connection: &Connection, path: &Path, now: Timestamp) -> Result<()> {
    let fail = |e| StoreError::from_sql(path, e);
    let found = recognise(connection, path)?;
    if found == known_schema() {
        return Ok(());
    }
    if found > 0 {
        back_up(connection, path, found)?;
    }
    let tx = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)
        .map_err(fail)?;
    let from = recognise(&tx, path)?;
    for (version, migration) in (1_i64..).zip(MIGRATIONS) {
        if version > from {
            tx.execute_batch(migration)
                .and_then(|()| tx.pragma_update(None, "user_version", version))
                .map_err(fail)?;
        }
    }
    if (1..COPIES).contains(&from) {
        copies::insert_all(&tx).map_err(fail)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| {
            let sql = "INSERT OR IGNORE INTO facts (name, value) VALUES ('created_at', :now)";
            tx.execute(sql, named_params! { ":now": Seconds(now) })
        })
        .and_then(|_| tx.commit())
        .map_err(fail)
}
