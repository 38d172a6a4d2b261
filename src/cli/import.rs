//! `gouji import PATH…`: records many files at once and mails nobody. The files stay where they are.
//! `gouji recheck --read` and `gouji rebuild` read files in the same way.
//!
//! Readers work side by side; verdicts are recorded in batches, in the order of the files, so that of
//! two files alike the first is the report and the second its copy, run after run. While one batch is
//! recorded the next is being read. A file that is
//! recorded already, by its content, is not read again, unless that is asked for: an import that was
//! stopped can be repeated.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::{Exit, complain, readers};
use crate::check::{Policy, Verdict};
use crate::clock;
use crate::config::Settings;
use crate::form::Forms;
use crate::inspect::{Inspection, inspect};
use crate::store::{FileSeen, Inspected, NoticePolicy, Sha256, Store};
use crate::watch::names::{file_name, shown};
use crate::watch::{Stamp, Take, is_ignored, scan, take};
use crate::worker::{WorkerError, Workers};

/// Files read and recorded together: writing to the disk costs the same for one and for all of them.
const BATCH: usize = 256;
/// A batch with so many bytes is full; they are in memory at the same time, those of two batches.
const BATCH_BYTES: usize = 32 << 20;

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

/// A file and what is being found in it.
type UnderWay = (FileSeen, JoinHandle<Result<Vec<Inspection>, WorkerError>>);

/// An import under way.
pub(super) struct Import<'s> {
    pub(super) store: Store,
    workers: Workers,
    policy: Arc<Policy>,
    forms: &'s Forms,
    bar: ProgressBar,
    /// Contents to be read although they are recorded; others are skipped then.
    again: Option<BTreeSet<Sha256>>,
    tally: Tally,
}

impl<'s> Import<'s> {
    pub(super) fn new(
        store: Store,
        settings: &Settings,
        forms: &'s Forms,
        files: usize,
        tally: Tally,
    ) -> anyhow::Result<Self> {
        let bar = progress_bar(files)?;
        let policy = Arc::new(settings.policy.clone());
        Ok(Self { store, workers: readers(settings), policy, forms, bar, again: None, tally })
    }

    /// Reads these contents although they are recorded, and no others.
    pub(super) fn again(self, contents: BTreeSet<Sha256>) -> Self {
        Self { again: Some(contents), ..self }
    }

    pub(super) async fn files(&mut self, files: &[(PathBuf, Stamp)]) -> anyhow::Result<()> {
        let mut files = files.iter();
        let mut under_way = Vec::new();
        while !files.as_slice().is_empty() {
            let taken = self.take(&mut files)?;
            let next = self.read(taken)?;
            self.record(std::mem::replace(&mut under_way, next)).await?;
        }
        self.record(under_way).await
    }

    /// Closes the database; says what it came to.
    pub(super) fn end(self) -> anyhow::Result<Tally> {
        self.bar.finish_and_clear();
        self.store.checkpoint_and_close()?;
        Ok(self.tally)
    }

    /// The next batch of files that are to be read.
    fn take(
        &mut self,
        files: &mut std::slice::Iter<'_, (PathBuf, Stamp)>,
    ) -> anyhow::Result<Vec<(FileSeen, Vec<u8>)>> {
        let (mut batch, mut size) = (Vec::new(), 0);
        while batch.len() < BATCH
            && size < BATCH_BYTES
            && let Some((path, stamp)) = files.next()
        {
            match self.taken(path, stamp)? {
                Some((file, bytes)) => {
                    size += bytes.len();
                    batch.push((file, bytes));
                }
                None => self.bar.inc(1),
            }
        }
        Ok(batch)
    }

    /// Starts reading and judging these files.
    fn read(&mut self, batch: Vec<(FileSeen, Vec<u8>)>) -> anyhow::Result<Vec<UnderWay>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.store.begin_attempts(batch.iter().map(|(file, _)| file), clock::now())?;
        let under_way = batch.into_iter().map(|(file, bytes)| {
            let (name, workers) = (file_name(&file.path), self.workers.clone());
            let (forms, policy) = (self.forms.clone(), Arc::clone(&self.policy));
            let work = async move {
                let reading = workers.read(&name, &bytes).await?;
                Ok(inspect(&name, reading, &forms, &policy))
            };
            (file, tokio::spawn(work))
        });
        Ok(under_way.collect())
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
        Ok(Some((file, bytes)))
    }

    fn skip<T>(&mut self, path: &std::path::Path, why: &str) -> Option<T> {
        self.bar.suspend(|| complain(&format!("skipped {}: {why}", shown(path))));
        self.tally.skipped += 1;
        None
    }

    /// Records what was found in a batch, when all of it is read.
    async fn record(&mut self, under_way: Vec<UnderWay>) -> anyhow::Result<()> {
        let mut read: Vec<(FileSeen, Vec<Inspection>)> = Vec::new();
        for (file, task) in under_way {
            read.push((file, task.await.context("BUG: a reading task died")??));
            self.bar.inc(1);
        }
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
