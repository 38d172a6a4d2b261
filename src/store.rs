//! The database: every report with its cells, findings and the notices it owes. The only module
//! that knows rusqlite.
//!
//! In come files seen, [`Inspection`]s and outcomes of deliveries; out come known files, mails that
//! are due and what `gouji status` shows. Whatever belongs together is one transaction: the verdict,
//! the version, its cells and findings, and the notice owed. It knows nothing of documents, mail
//! protocols or folders, and never asks for the time: `now` is an argument.
//!
//! Facts that the code cannot show:
//! - The file is in WAL mode, so that strangers read while gouji writes; `-wal` and `-shm` stay when
//!   gouji stops, because a reader without write permission in the folder cannot make them.
//! - WAL needs shared memory: a database on a network file system is refused.
//! - [`Store`] is sync; one thread owns it. Another program's lock comes back as an error whose
//!   [`StoreError::is_busy`] is true: try the same call again, nothing was written.

mod rows;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::form::Forms;
use crate::inspect::Inspection;
pub use rows::*;

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: rusqlite::Connection,
    path: PathBuf,
}

/// Makes mails of notices: [`crate::store::Store::compose_due`] calls it inside its transaction.
pub type Compose<'a> = dyn FnMut(&[NoticeToSend]) -> Vec<MailDraft> + 'a;

/// Why the database did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program holds a lock for longer than the busy timeout.
    #[error(
        "{path}: another program keeps the database locked; close programs with unsaved changes in it, gouji tries again"
    )]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// Interim.
    #[error("BUG: not yet")]
    NotYet,
}

type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Trying the same call again later makes sense.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}

#[allow(unused_variables, reason = "interim: signatures for mail and daemon to build against")]
#[allow(missing_docs, reason = "interim")]
impl Store {
    pub fn open(path: &Path, forms: &Forms, now: Timestamp) -> Result<Self> {
        Err(StoreError::NotYet)
    }
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Err(StoreError::NotYet)
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Has the first scan of this database ended?
    pub fn first_scan_ended(&self) -> Result<bool> {
        Err(StoreError::NotYet)
    }
    pub fn end_first_scan(&mut self, now: Timestamp) -> Result<()> {
        Err(StoreError::NotYet)
    }
    pub fn known_paths(&self) -> Result<Vec<KnownPath>> {
        Err(StoreError::NotYet)
    }
    pub fn known(&self, content: &Sha256) -> Result<Option<KnownFile>> {
        Err(StoreError::NotYet)
    }
    /// Known content at another path, or the same path touched. Policy: restoring old content may change the current version.
    pub fn remember_path(
        &mut self,
        file: &FileSeen,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<()> {
        Err(StoreError::NotYet)
    }
    /// Committed before the reader starts. Returns the attempts begun since the last verdict, this one included.
    pub fn begin_attempt(&mut self, file: &FileSeen, now: Timestamp) -> Result<u32> {
        Err(StoreError::NotYet)
    }
    /// One transaction. A reader that died is recorded only when it is not to be tried again: this queues the notice.
    pub fn record(
        &mut self,
        file: &FileSeen,
        inspections: &[Inspection],
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<Vec<Recorded>> {
        Err(StoreError::NotYet)
    }
    /// Several files in one transaction (group commit); with `at_once` (`coalesce = "0s"`) the mails are composed in it too.
    pub fn record_all(
        &mut self,
        files: &[Inspected<'_>],
        policy: &NoticePolicy,
        at_once: Option<&mut Compose<'_>>,
        now: Timestamp,
    ) -> Result<Vec<Vec<Recorded>>> {
        Err(StoreError::NotYet)
    }
    pub fn withdraw(&mut self, paths: &[PathBuf], now: Timestamp) -> Result<()> {
        Err(StoreError::NotYet)
    }
    /// The whole list of files not ready; replaces the one before. Those that wait for an hour as incomplete, locked or forbidden are told.
    pub fn set_waiting(
        &mut self,
        waiting: &[Waiting],
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<()> {
        Err(StoreError::NotYet)
    }
    pub fn raise(&mut self, condition: &Condition, now: Timestamp) -> Result<()> {
        Err(StoreError::NotYet)
    }
    /// Waiting notices → frozen mails, when their window has closed. Returns the number of mails.
    pub fn compose_due(
        &mut self,
        window: &Window,
        compose: &mut Compose<'_>,
        now: Timestamp,
    ) -> Result<usize> {
        Err(StoreError::NotYet)
    }
    /// The earliest of: a window closes, a mail is due.
    pub fn next_wake(&self, window: &Window) -> Result<Option<Timestamp>> {
        Err(StoreError::NotYet)
    }
    pub fn due_mails(&self, now: Timestamp) -> Result<Vec<QueuedMail>> {
        Err(StoreError::NotYet)
    }
    /// Counts the attempt and sets the next, before anything is sent.
    pub fn begin_delivery(&mut self, mail: MailId, next_attempt_at: Timestamp) -> Result<()> {
        Err(StoreError::NotYet)
    }
    pub fn finish_delivery(
        &mut self,
        mail: MailId,
        outcome: &DeliveryRecord,
        now: Timestamp,
    ) -> Result<()> {
        Err(StoreError::NotYet)
    }
    pub fn make_all_due(&mut self, now: Timestamp) -> Result<()> {
        Err(StoreError::NotYet)
    }
    /// A mail that was given up, again to those who have not got it. False: there is no such mail.
    pub fn retry_mail(&mut self, mail: MailId, now: Timestamp) -> Result<bool> {
        Err(StoreError::NotYet)
    }
    pub fn status(&self) -> Result<Status> {
        Err(StoreError::NotYet)
    }
    /// TRUNCATE checkpoint; `-wal` and `-shm` stay (B30).
    pub fn checkpoint_and_close(self) -> Result<()> {
        Err(StoreError::NotYet)
    }
}
