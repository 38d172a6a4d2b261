//! What can go wrong with the database, each with its remedy.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the database did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program held a lock for longer than the busy timeout; nothing was written.
    #[error("{}: another program keeps the database locked; close programs with unsaved changes in it, gouji tries again", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// No space left; nothing was written.
    #[error("{}: no space left on its disk; make room, gouji tries again", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("{}: may not be read or written ({source}); the user gouji runs as needs write permission for it and its folder", path.display())]
    Denied {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file or its folder cannot be opened or made.
    #[error("{}: cannot be opened or made: {source}; its folder must exist and be writable for the user gouji runs as", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its folder lies on another machine.
    #[error("{}: lies on {mountpoint} ({file_system}), where SQLite databases get damaged; set [database] path to a folder on a disk of this machine, and [database] snapshot to publish a copy on the share", path.display(), mountpoint = mount.display())]
    NetworkFileSystem {
        /// The database.
        path: PathBuf,
        /// The mount point.
        mount: PathBuf,
        /// The type of its file system.
        file_system: String,
    },
    /// It is no database of gouji.
    #[error("{}: is no database of gouji; move it away or set [database] path to another file", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A newer gouji wrote it.
    #[error("{}: was written by a newer gouji (schema {found}, this one knows {known}); install that version again, or move the file away together with its -wal and -shm: the next start makes a new database of the files in the drop folders", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// An older gouji wrote it, and it cannot be kept as it is before it is brought up to date.
    #[error("{}: was written by an older gouji and is not brought up to date, because no copy of it can be made first ({source}); make room and let the user gouji runs as write into its folder", path.display())]
    NoBackup {
        /// The database.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An older gouji wrote it, and it was opened for reading only.
    #[error("{}: was written by an older gouji (schema {found}, this one knows {known}); start `gouji run` once, which brings it up to date", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Its content is broken.
    #[error("{}: the database is damaged ({what}); stop gouji, move it aside together with its -wal and -shm, and start gouji again: it makes a new database of the files in the drop folders", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite found.
        what: String,
    },
    /// A form's table cannot have a view of its own.
    #[error("{}: the table id `{table}` of a form is the name of something else in the database; give the table another id", path.display())]
    TableTaken {
        /// The database.
        path: PathBuf,
        /// The table id.
        table: String,
    },
    /// Two cells of a form's table would have one column name.
    #[error(
        "table `{table}` of the forms: two columns of its view would be called `{name}`; give a row or column another id"
    )]
    NameTaken {
        /// The table id.
        table: String,
        /// The name.
        name: String,
    },
    /// An id of a form that cannot be a name in the database.
    #[error(
        "table `{table}` of the forms: `{name}` is no name for the database, which takes a-z, 0-9 and _"
    )]
    BadName {
        /// The table id.
        table: String,
        /// The name.
        name: String,
    },
    /// Anything else.
    #[error("{}: {source}", path.display())]
    Sql {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Trying the same call again later makes sense: nothing was written, and the cause may pass by
    /// itself.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Full { .. })
    }

    /// Another program holds a lock.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    pub(super) fn from_sql(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Denied { path, source }
            }
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: source.to_string() },
            Some(ErrorCode::NotADatabase) => Self::NotOurs { path },
            _ => Self::Sql { path, source },
        }
    }
}
