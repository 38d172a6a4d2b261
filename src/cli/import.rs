//! `gouji import PATH…`: records many files at once and mails nobody. The files stay where they are.
//! `gouji recheck --read` and `gouji rebuild` read files in the same way.
//!
//! Readers work side by side; verdicts are recorded in batches, in the order of the files, so that of
//! two files alike the first is the report and the second its copy, run after run. A file that is
//! recorded already, by its content, is not read again, unless that is asked for: an import that was
//! stopped can be repeated.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{Exit, complain, readers};
use crate::check::Verdict;
use crate::clock;
use crate::config::Settings;
use crate::form::Forms;
use crate::inspect::{Inspection, inspect};
use crate::store::{FileSeen, Inspected, NoticePolicy, Sha256, Store};
use crate::watch::names::{file_name, shown};
use crate::watch::{Stamp, Take, is_ignored, scan, take};
use crate::worker::Workers;

/// Files read and recorded together. Their bytes are in memory at the same time.
const BATCH: usize = 16;

/// Nobody is told of what an import finds.
const QUIET: NoticePolicy = NoticePolicy { first_scan: false, quiet: true };

/// Records the files, and those in the folders.
pub(super) async fn import(
    paths: Vec<PathBuf>,
    settings: &Settings,
    forms: &Forms,
) -> anyhow::Result<Exit> {
    let mut tally = Tally::default();
    let files = files_in(paths, &[], &mut tally)?;
    let store = open_store(settings, forms)?;
    let mut import = Import::new(store, settings, forms, files.len(), tally)?;
    import.files(&files).await?;
    import.end()?.print("recorded")
}

pub(super) fn open_store(settings: &Settings, forms: &Forms) -> anyhow::Result<Store> {
    let path = &settings.database.path;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let offices = settings.offices()?;
    let mut store = Store::open(path, forms, &settings.policy, clock::now())?;
    store.keep_offices(&offices, clock::now())?;
    Ok(store)
}

/// The files named, and all below the folders named except what is in `leave_out`, as they look now.
pub(super) fn files_in(
    paths: Vec<PathBuf>,
    leave_out: &[PathBuf],
    tally: &mut Tally,
) -> anyhow::Result<Vec<(PathBuf, Stamp)>> {
    let mut files = Vec::new();
    for path in paths {
        let path = std::path::absolute(&path)?;
        let metadata =
            std::fs::metadata(&path).with_context(|| format!("cannot read {}", shown(&path)))?;
        if metadata.is_dir() {
            let listing = scan::scan(&path, leave_out)
                .with_context(|| format!("cannot list the folder {}", shown(&path)))?;
            for (folder, obstacle) in &listing.unseen {
                complain(&format!("skipped {}: {obstacle}", shown(folder)));
                tally.skipped += 1;
            }
            files.extend(listing.files);
        } else if path.file_name().is_some_and(is_ignored) {
            complain(&format!("skipped {}: a temporary or system file", shown(&path)));
        } else {
            let stat = rustix::fs::lstat(&path)
                .with_context(|| format!("cannot read {}", shown(&path)))?;
            files.push((path, Stamp::of(&stat)));
        }
    }
    Ok(files)
}

fn progress_bar(files: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left {msg}")?;
    Ok(ProgressBar::new(u64::try_from(files)?).with_style(style))
}

/// An import under way.
pub(super) struct Import<'s> {
    pub(super) store: Store,
    workers: Workers,
    settings: &'s Settings,
    forms: &'s Forms,
    bar: ProgressBar,
    /// Contents to be read although they are recorded; others are skipped then.
    again: Option<BTreeSet<Sha256>>,
    tally: Tally,
}

impl<'s> Import<'s> {
    pub(super) fn new(
        store: Store,
        settings: &'s Settings,
        forms: &'s Forms,
        files: usize,
        tally: Tally,
    ) -> anyhow::Result<Self> {
        let bar = progress_bar(files)?;
        Ok(Self { store, workers: readers(settings), settings, forms, bar, again: None, tally })
    }

    /// Reads these contents although they are recorded, and no others.
    pub(super) fn again(self, contents: BTreeSet<Sha256>) -> Self {
        Self { again: Some(contents), ..self }
    }

    pub(super) async fn files(&mut self, files: &[(PathBuf, Stamp)]) -> anyhow::Result<()> {
        for batch in files.chunks(BATCH) {
            self.batch(batch).await?;
        }
        Ok(())
    }

    /// Closes the database; says what it came to.
    pub(super) fn end(self) -> anyhow::Result<Tally> {
        self.bar.finish_and_clear();
        self.store.checkpoint_and_close()?;
        Ok(self.tally)
    }

    async fn batch(&mut self, files: &[(PathBuf, Stamp)]) -> anyhow::Result<()> {
        let mut reading = Vec::new();
        for (path, stamp) in files {
            if let Some((file, bytes)) = self.taken(path, stamp)? {
                let (name, workers) = (file_name(path), self.workers.clone());
                let task = tokio::spawn(async move { (workers.read(&name, &bytes).await, name) });
                reading.push((file, task));
            } else {
                self.bar.inc(1);
            }
        }
        let mut read: Vec<(FileSeen, Vec<Inspection>)> = Vec::new();
        for (file, task) in reading {
            let (answer, name) = task.await.context("BUG: a reading task died")?;
            let found = inspect(&name, answer?, self.forms, &self.settings.policy);
            read.push((file, found));
            self.bar.inc(1);
        }
        self.record(&read)
    }

    /// A file's bytes, if it can be read and is not recorded yet.
    fn taken(
        &mut self,
        path: &std::path::Path,
        stamp: &Stamp,
    ) -> anyhow::Result<Option<(FileSeen, Vec<u8>)>> {
        let bytes = match take(path, stamp) {
            Take::Bytes(bytes) => bytes,
            Take::Wait(obstacle) => return Ok(self.skip(path, &obstacle.to_string())),
            Take::Changed => return Ok(self.skip(path, "it has just changed; try again")),
            Take::Gone => return Ok(self.skip(path, "it is gone, or no regular file")),
        };
        let file = FileSeen {
            path: path.to_owned(),
            sha256: Sha256::of(&bytes),
            size: stamp.size,
            modified_at: Timestamp::from_nanosecond(stamp.mtime_ns)
                .unwrap_or(Timestamp::UNIX_EPOCH),
            stamp: *stamp,
        };
        let now = clock::now();
        if let Some(contents) = &mut self.again {
            // A second path with the same bytes needs no second reading.
            if !contents.remove(&file.sha256) {
                let why = "read already, or it has changed: `gouji run` takes what is new";
                return Ok(self.skip(path, why));
            }
        } else if self.store.known(&file.sha256)?.is_some_and(|known| known.verdict.is_some()) {
            self.store.remember_path(&file, &QUIET, now)?;
            self.tally.known += 1;
            return Ok(None);
        }
        self.store.begin_attempt(&file, now)?;
        Ok(Some((file, bytes)))
    }

    fn skip<T>(&mut self, path: &std::path::Path, why: &str) -> Option<T> {
        self.bar.suspend(|| complain(&format!("skipped {}: {why}", shown(path))));
        self.tally.skipped += 1;
        None
    }

    fn record(&mut self, read: &[(FileSeen, Vec<Inspection>)]) -> anyhow::Result<()> {
        let inspected: Vec<Inspected<'_>> =
            read.iter().map(|(file, inspections)| Inspected { file, inspections }).collect();
        if inspected.is_empty() {
            return Ok(());
        }
        let recorded = self.store.record_all(&inspected, &QUIET, None, clock::now())?;
        for document in recorded.iter().flatten() {
            self.tally.count(document.verdict);
        }
        Ok(())
    }
}

/// What an import came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: usize,
    failed: usize,
    unreadable: usize,
    unrecognised: usize,
    known: usize,
    pub(super) skipped: usize,
}

impl Tally {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Unreadable => self.unreadable += 1,
            Verdict::Unrecognised => self.unrecognised += 1,
            Verdict::Ignored => {}
        }
    }

    /// `word`: what was done with the files.
    pub(super) fn print(&self, word: &str) -> anyhow::Result<Exit> {
        let Self { passed, failed, unreadable, unrecognised, known, skipped } = self;
        writeln!(
            std::io::stdout(),
            "{} {word}: {passed} passed, {failed} failed, {unreadable} unreadable, \
             {unrecognised} unrecognised; {known} known already, {skipped} skipped",
            passed + failed + unreadable + unrecognised,
        )?;
        Ok(if unreadable + skipped > 0 { Exit::CouldNotCheck } else { Exit::Fine })
    }
}
