//! The database: every report with its cells, findings and the notices it owes. The only module
//! that knows rusqlite.
//!
//! In come files seen, [`Inspection`]s and outcomes of deliveries; out come known files, mails that
//! are due and what `gouji status` shows. Whatever belongs together is one transaction: the verdict,
//! the version, its cells and findings, and the notice it owes. This room knows nothing of documents,
//! mail protocols or folders, and never asks for the time: `now` is an argument.
//!
//! Facts that the code cannot show:
//! - The file is in WAL mode, so that strangers read while gouji writes. `-wal` and `-shm` stay when
//!   gouji stops (`SQLITE_FCNTL_PERSIST_WAL`): a reader without write permission in the folder cannot
//!   make them and would be refused without (B30).
//! - WAL needs shared memory between processes: a database on a network file system is refused (B29).
//! - `synchronous = FULL`: what a method has returned from is on the disk, also after a power loss.
//! - [`Store`] is sync; one thread owns it. Another program's lock comes back after five seconds as
//!   an error that [`StoreError::is_retryable`]; nothing was written, the same call may be made again.
//! - A transaction takes the write lock at its beginning (`BEGIN IMMEDIATE`): one that reads first
//!   and writes later could be refused in the middle, without waiting.

mod columns;
mod copies;
mod dictionary;
mod errors;
mod explanations;
mod export;
mod files;
mod hours;
mod many;
mod mount;
mod names;
mod offices;
mod outbox;
mod overdue;
mod owed;
mod readers;
mod rebuild;
mod receipts;
mod recheck;
mod record;
mod reports;
mod roster;
mod rows;
mod schema;
mod snapshot;
mod status;
mod summary;
// Outside `src`, because they name cells of real forms, which nothing in `src` does.
#[cfg(test)]
#[path = "../tests/store/tests.rs"]
mod tests;
mod versions;
mod views;
mod whole;
mod years;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{
    Connection, FileControl, OptionalExtension, Transaction, TransactionBehavior, named_params,
};

use crate::check::Policy;
use crate::form::Forms;
use crate::inspect::Inspection;
use crate::units::offices::Offices;
use crate::watch::Identity;
pub use errors::StoreError;
pub use export::{ColumnName, Explained, Field, Selection, TakeRow};
pub use hours::Hours;
pub use readers::{Reader, Witness};
pub use rows::*;

/// Makes mails of notices, inside the transaction that makes the notices theirs. Notices in none of
/// the drafts go on waiting.
pub type Compose<'a> = dyn FnMut(&[NoticeToSend]) -> Vec<MailDraft> + 'a;

type Result<T> = std::result::Result<T, StoreError>;

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    rules: Arc<Rules>,
    /// The files SQLite has made beside the database, to know them again.
    beside: Vec<(PathBuf, Identity)>,
}

/// What findings between reports are found by.
#[derive(Debug, Default)]
struct Rules {
    forms: Forms,
    policy: Policy,
}

impl Store {
    /// Opens the database for writing: makes it, brings its schema up to date, makes the wide views
    /// and the data dictionary those of the forms. By these forms and this policy reports are
    /// compared with each other.
    pub fn open(path: &Path, forms: &Forms, policy: &Policy, now: Timestamp) -> Result<Self> {
        let views = views::from_forms(forms)?;
        let connection = schema::open(path, now)?;
        let rules = Arc::new(Rules { forms: forms.clone(), policy: policy.clone() });
        let beside = Vec::new();
        let mut store = Self { connection, path: path.to_path_buf(), rules, beside };
        store.adopt(&views)?;
        store.beside = schema::beside(path);
        Ok(store)
    }

    /// Opens an existing database for reading.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        let connection = schema::open_read_only(path)?;
        Ok(Self { connection, path: path.to_path_buf(), rules: Arc::default(), beside: Vec::new() })
    }

    /// Looks through every page of the database for damage (B34), over a connection of its own. That
    /// takes seconds for a large one; whoever reads and writes meanwhile is not held up, but the log
    /// cannot be emptied. `is_over`, asked every few milliseconds, ends it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or it could not be read to its end.
    pub fn look_for_damage(
        path: &Path,
        is_over: impl FnMut() -> bool + Send + 'static,
    ) -> Result<()> {
        schema::check_pages(schema::open_read_only(path)?, path, is_over)
    }

    /// Whether the file is still where it was opened: not deleted, and not replaced by another. What
    /// is written to one that is not would be lost.
    pub fn is_in_place(&self) -> bool {
        let mut has_moved = 0;
        let asked = FileControl::HasMoved(&mut has_moved);
        self.connection.file_control(Some(rusqlite::MAIN_DB), asked).is_err() || has_moved == 0
    }

    /// Leaves a database that is not in its place any more. Its log, which may still lie beside what
    /// is there now, is taken away: it would be written over that.
    ///
    /// # Errors
    /// The log cannot be taken away.
    pub fn leave(self) -> std::io::Result<()> {
        let Self { connection, beside, .. } = self;
        // Nothing is to be written any more, and nobody will read it.
        drop(connection);
        for (path, identity) in beside {
            let is_ours =
                rustix::fs::lstat(&path).is_ok_and(|stat| Identity::of(&stat) == identity);
            if is_ours {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the wide views and the data dictionary those of other forms.
    pub fn adopt_forms(&mut self, forms: &Forms) -> Result<()> {
        let views = views::from_forms(forms)?;
        self.adopt(&views)?;
        let policy = self.rules.policy.clone();
        self.rules = Arc::new(Rules { forms: forms.clone(), policy });
        Ok(())
    }

    /// Compares reports with each other by another policy from now on.
    pub fn adopt_policy(&mut self, policy: &Policy) {
        let forms = self.rules.forms.clone();
        self.rules = Arc::new(Rules { forms, policy: policy.clone() });
    }

    fn adopt(&mut self, views: &[views::WideView]) -> Result<()> {
        if let Some(table) = self.read(|db| views::taken(db, views))? {
            return Err(StoreError::TableTaken { path: self.path.clone(), table });
        }
        self.write(|tx| {
            views::refresh(tx, views)?;
            let mut query = tx.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
            let names: Vec<String> =
                query.query_map([], |row| row.get("name"))?.collect::<rusqlite::Result<_>>()?;
            let schema = dictionary::of_schema(|object| names.iter().any(|name| name == object));
            let wide = views.iter().flat_map(|view| view.entries.iter().cloned());
            dictionary::refresh(tx, &schema.into_iter().chain(wide).collect::<Vec<_>>())
        })
    }

    /// Makes offices and rosters those given, in one transaction: units recorded before under a name
    /// that a roster gives keep their reports. `None`: they are as they were.
    pub fn keep_offices(
        &mut self,
        offices: &Offices,
        now: Timestamp,
    ) -> Result<Option<RostersKept>> {
        let rules = Arc::clone(&self.rules);
        self.write(|tx| {
            let kept = roster::keep(tx, offices, now)?;
            // Reports that were two units' may be one's now, and surely so.
            if kept.is_some() {
                years::review_all(tx, &rules, now)?;
            }
            Ok(kept)
        })
    }

    /// Files whose receipts are out of date, at most `limit`.
    pub fn due_receipts(&self, limit: u32) -> Result<Vec<ReceiptDue>> {
        self.read(|db| receipts::due(db, limit))
    }

    /// Writes down what became of the receipts of a file. If it has changed meanwhile, they stay due.
    pub fn receipts_written(
        &mut self,
        due: &ReceiptDue,
        written: &[ReceiptWritten],
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| receipts::written(tx, due, written, now))
    }

    /// Receipts that could not be written are due again.
    pub fn try_receipts_again(&mut self) -> Result<()> {
        let sql = "SELECT 1 FROM receipts WHERE error IS NOT NULL";
        match self.read(|db| db.prepare_cached(sql)?.exists([]))? {
            true => self.write(receipts::try_again),
            false => Ok(()),
        }
    }

    /// Queues a list of who has not handed in, unless it was made before. Returns how many are on it;
    /// nobody: nothing is queued.
    pub fn make_overdue_list(&mut self, list: &OverdueList, now: Timestamp) -> Result<usize> {
        match self.read(|db| overdue::is_made(db, list))? {
            true => Ok(0),
            false => self.write(|tx| overdue::make(tx, list, now)),
        }
    }

    /// The units that have handed in and are not on the roster of their office, with those they may
    /// be.
    pub fn unlisted(&self) -> Result<Vec<Unlisted>> {
        self.read(roster::unlisted)
    }

    /// Has the first scan of this database ended? Until then what it finds is told in one digest.
    pub fn first_scan_ended(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM facts WHERE name = 'first_scan_ended_at'";
        self.read(|db| db.prepare_cached(sql)?.exists([]))
    }

    /// The first scan has ended.
    pub fn end_first_scan(&mut self, now: Timestamp) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO facts (name, value) VALUES ('first_scan_ended_at', :now)";
        self.write(|tx| tx.execute(sql, named_params! { ":now": columns::Seconds(now) }).map(drop))
    }

    /// Every path whose content has been recorded, for comparing a scan without reading files.
    pub fn known_paths(&self) -> Result<Vec<KnownPath>> {
        self.read(files::known_paths)
    }

    /// Every content, in the order in which it became known.
    pub fn contents(&self) -> Result<Vec<Sha256>> {
        self.read(|db| {
            let mut query = db.prepare_cached("SELECT sha256 FROM files ORDER BY id")?;
            query.query_map([], |row| row.get("sha256"))?.collect()
        })
    }

    /// What is known about a content.
    pub fn known(&self, content: &Sha256) -> Result<Option<KnownFile>> {
        self.read(|db| files::known(db, content))
    }

    /// Notes that content known already lies at this path: a second path, a file that came back, a
    /// file that was only touched. Content that comes back in the place of a later version counts
    /// again; if that changes a verdict, a notice is queued.
    pub fn remember_path(
        &mut self,
        file: &FileSeen,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<()> {
        let rules = Arc::clone(&self.rules);
        self.write(|tx| record::remember_path(tx, &rules, file, policy, now))
    }

    /// Counts an attempt to read a file, before the reader starts: a file that kills gouji is known
    /// at the next start. Returns the attempts since the last verdict, this one included.
    pub fn begin_attempt(&mut self, file: &FileSeen, now: Timestamp) -> Result<u32> {
        self.write(|tx| files::begin_attempt(tx, file, now))
    }

    /// The same for several files that are read together, in one transaction.
    pub fn begin_attempts<'f>(
        &mut self,
        files: impl IntoIterator<Item = &'f FileSeen>,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| {
            files.into_iter().try_for_each(|file| files::begin_attempt(tx, file, now).map(drop))
        })
    }

    /// Records what was found in one file, with the notices it owes, in one transaction. A verdict
    /// recorded is final: a file whose reader died and that is to be tried again, or that is
    /// incomplete and may become whole, is not recorded but listed in [`Store::set_waiting`].
    pub fn record(
        &mut self,
        file: &FileSeen,
        inspections: &[Inspection],
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<Vec<Recorded>> {
        let files = [Inspected { file, inspections }];
        self.record_all(&files, policy, None, now).map(|all| all.into_iter().flatten().collect())
    }

    /// Records several files in one transaction: all or none. With `at_once` (`coalesce = "0s"`) the
    /// mails that each makes due are composed in it as well.
    pub fn record_all(
        &mut self,
        files: &[Inspected<'_>],
        policy: &NoticePolicy,
        at_once: Option<(&Window, &mut Compose<'_>)>,
        now: Timestamp,
    ) -> Result<Vec<Vec<Recorded>>> {
        self.begin_and_record(&[], files, policy, at_once, now).map(|(_, recorded)| recorded)
    }

    /// [`Store::begin_attempt`] for those begun and [`Store::record_all`] for those read, in one
    /// transaction: in a backlog the disk is waited for once.
    pub fn begin_and_record(
        &mut self,
        begun: &[&FileSeen],
        read: &[Inspected<'_>],
        policy: &NoticePolicy,
        mut at_once: Option<(&Window, &mut Compose<'_>)>,
        now: Timestamp,
    ) -> Result<(Vec<u32>, Vec<Vec<Recorded>>)> {
        let rules = Arc::clone(&self.rules);
        self.write(|tx| {
            let attempts = begun
                .iter()
                .map(|file| files::begin_attempt(tx, file, now))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let mut recorded = Vec::with_capacity(read.len());
            for file in read {
                recorded.push(record::record(tx, &rules, file, policy, now)?);
                // Each by itself: who is recorded with it is chance, and no reason for a digest.
                if let Some((window, compose)) = &mut at_once {
                    outbox::compose_due(tx, window, *compose, now)?;
                }
            }
            Ok((attempts, recorded))
        })
    }

    /// Settles findings that should be confirmed, until one of their figures changes. Errors are not
    /// settled by words.
    pub fn explain(&mut self, explanation: &Explanation, now: Timestamp) -> Result<Settling> {
        self.write(|tx| explanations::explain(tx, explanation, now))
    }

    /// Every report recorded, the oldest first.
    pub fn reports(&self) -> Result<Vec<ReportId>> {
        self.read(recheck::all)
    }

    /// Checks recorded reports by the rules it was opened with, from what was read of them, and writes what has
    /// changed; all in one transaction. Nobody is told.
    pub fn recheck(&mut self, reports: &[ReportId], now: Timestamp) -> Result<Vec<Rechecked>> {
        let rules = Arc::clone(&self.rules);
        self.write(|tx| reports.iter().map(|id| recheck::recheck(tx, *id, &rules, now)).collect())
    }

    /// Marks files as gone. What was read from them stays.
    pub fn withdraw(&mut self, paths: &[PathBuf], now: Timestamp) -> Result<()> {
        self.write(|tx| files::withdraw(tx, paths, now))
    }

    /// Replaces the list of files that are not ready. Those that have been incomplete, locked or
    /// forbidden for an hour are told, unless the policy is quiet.
    pub fn set_waiting(
        &mut self,
        waiting: &[Waiting],
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<()> {
        if waiting.is_empty() && self.read(files::waiting)?.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            files::set_waiting(tx, waiting, now)?;
            if policy.quiet { Ok(()) } else { owed::about_waiting(tx, &files::waiting(tx)?, now) }
        })
    }

    /// Queues a notice for the administrator; the same condition since the same moment only once.
    pub fn raise(&mut self, condition: &Condition, now: Timestamp) -> Result<()> {
        self.write(|tx| owed::about_condition(tx, condition, now))
    }

    /// Makes mails of the waiting notices when their window has closed, in one transaction. Returns
    /// the number of mails.
    pub fn compose_due(
        &mut self,
        window: &Window,
        compose: &mut Compose<'_>,
        now: Timestamp,
    ) -> Result<usize> {
        self.write(|tx| outbox::compose_due(tx, window, compose, now))
    }

    /// When the outbox has something to do next: a window closes, a mail is due.
    pub fn next_wake(&self, window: &Window, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(|db| outbox::next_wake(db, window, now))
    }

    /// Mails that are due, those due longest first.
    pub fn due_mails(&self, now: Timestamp) -> Result<Vec<QueuedMail>> {
        self.read(|db| outbox::due_mails(db, now))
    }

    /// Counts an attempt and sets when the next is due, before anything is sent.
    pub fn begin_delivery(&mut self, mail: MailId, next_attempt_at: Timestamp) -> Result<()> {
        self.write(|tx| outbox::begin_delivery(tx, mail, next_attempt_at))
    }

    /// Writes what came of an attempt. A mail that is given up is told to the administrator.
    pub fn finish_delivery(
        &mut self,
        mail: MailId,
        outcome: &DeliveryRecord,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| outbox::finish_delivery(tx, mail, outcome, now))
    }

    /// Makes every queued mail due: at start, after a change of configuration.
    pub fn make_all_due(&mut self, now: Timestamp) -> Result<()> {
        self.write(|tx| outbox::make_all_due(tx, now))
    }

    /// Queues a mail that was given up once more, for those who have not got it; one that waits for
    /// its next attempt is due. `false`: there is no such mail.
    pub fn retry_mail(&mut self, mail: MailId, now: Timestamp) -> Result<bool> {
        self.write(|tx| outbox::retry_mail(tx, mail, now))
    }

    /// Every view with what the data dictionary says of it, in Chinese.
    pub fn views(&self) -> Result<Vec<(String, String)>> {
        self.read(export::views)
    }

    /// The data dictionary, cells left out.
    pub fn dictionary(&self) -> Result<Vec<Explained>> {
        self.read(export::dictionary)
    }

    /// Hands over a view: its columns first, then row by row. `false`: there is none of this name.
    pub fn rows(&self, view: &str, selection: &Selection, take: &mut TakeRow<'_>) -> Result<bool> {
        self.read(|db| export::rows(db, view, selection, take))
    }

    /// What could be told about a recorded report, whatever has been: for a preview or a receipt.
    pub fn report_to_tell(&self, report: ReportId) -> Result<Option<NoticeToSend>> {
        self.read(|db| outbox::report_to_tell(db, report))
    }

    /// The report that counts of a unit, by any spelling of its name; without a year its latest.
    pub fn report_of_unit(&self, unit: &str, year: Option<i16>) -> Result<Option<ReportId>> {
        self.read(|db| outbox::report_of_unit(db, unit, year))
    }

    /// The system's clock was set by so much: whatever is counted in elapsed time (how long a notice
    /// or a file waits, when a mail is due, how old it is) moves along, so that nothing goes out
    /// earlier, later or not at all because of it.
    pub fn follow_clock(&mut self, jump: SignedDuration) -> Result<()> {
        self.write(|tx| {
            owed::follow_clock(tx, jump)?;
            outbox::follow_clock(tx, jump)
        })
    }

    /// What `gouji status` shows.
    pub fn status(&self) -> Result<Status> {
        self.read(status::status)
    }

    /// Takes over the mails and notices of the database at `old`, which has the same schema and whose
    /// place this new one is to take.
    pub fn take_over(&mut self, old: &Path) -> Result<()> {
        self.read(|db| rebuild::take_over(db, old))
    }

    /// Moves a database, which nobody has open, aside together with its log. Returns its new place.
    ///
    /// # Errors
    /// The system refused.
    pub fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
        rebuild::set_aside(path, now)
    }

    /// Copies the database at `path` as it is at one moment into the new file `to`, which anything
    /// that knows SQLite can open from anywhere. Who reads and writes is not held up.
    pub fn copy_into(path: &Path, to: &Path) -> Result<()> {
        snapshot::copy(path, to)
    }

    /// The database and the files that SQLite keeps beside it.
    pub fn files_of(path: &Path) -> [PathBuf; 3] {
        rebuild::files(path)
    }

    /// The unit, year and kind of every current report, with a hash of its cells and findings: what
    /// is the same in two databases of the same reports.
    pub fn digests(&self) -> Result<BTreeSet<ReportDigest>> {
        self.read(recheck::digests)
    }

    /// Moves the log into the database and closes it; `-wal` and `-shm` stay, empty (B30). A reader
    /// that holds the log open is no error: the log is read at the next start.
    pub fn checkpoint_and_close(self) -> Result<()> {
        let Self { connection, path, .. } = self;
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        connection
            .query_row(sql, [], |_| Ok(()))
            .optional()
            .map_err(|e| StoreError::from_sql(&path, e))?;
        connection.close().map_err(|(_, e)| StoreError::from_sql(&path, e))
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|e| StoreError::from_sql(&self.path, e))
    }

    fn write<T>(&mut self, change: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let path = &self.path;
        let fail = |e| StoreError::from_sql(path, e);
        let tx =
            Transaction::new(&mut self.connection, TransactionBehavior::Immediate).map_err(fail)?;
        let result = change(&tx).map_err(fail)?;
        tx.commit().map_err(fail)?;
        Ok(result)
    }
}
