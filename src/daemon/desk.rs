//! What happens to one settled file: taken, hashed, read by a worker, inspected, recorded, put away.
//! Every step that cannot be made answers the watcher, who brings the file again; nothing is kept
//! here that a restart would lose. The file in the drop folder is the queue.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tracing::{debug, info, warn};

use super::archive::{Shelf, put_away};
use super::crew::{Crew, Undone};
use super::ledger::{Attempt, Ledger, LedgerError};
use super::live::{Live, Setup};
use crate::check::Verdict;
use crate::clock;
use crate::config::After;
use crate::inspect::{Inspection, Lost, Reading, inspect};
use crate::store::{Condition, ConditionKind, FileSeen, KnownFile, NoticePolicy, Recorded, Sha256};
use crate::watch::{Obstacle, Outcome, Settled, Take, names, take};
use crate::worker::{Lacking, WorkerError, Workers};

/// How often a file may kill its reader before it is given up, and how long it rests in between.
const RETRIES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];
/// After so many attempts without a verdict, that of a file that takes gouji itself down is made without
/// another one. Attempts also end with gouji when it is stopped or killed, so these are many.
const MOST_ATTEMPTS: u32 = 30;
/// How soon a file is looked at again whose bytes are being read under another name.
const TWIN: Duration = Duration::from_secs(1);

/// What the work on files needs.
pub(super) struct Desk {
    pub(super) live: Live,
    pub(super) ledger: Ledger,
    pub(super) workers: Workers,
    /// The first scan of a new database is still running.
    pub(super) first_scan: Arc<AtomicBool>,
    /// To be notified when something was recorded.
    pub(super) recorded: Arc<Notify>,
    /// To be notified as well: receipts may be out of date.
    pub(super) receipts: Arc<Notify>,
    /// Since when a program is known to be missing.
    pub(super) lacking_since: OnceLock<Timestamp>,
    /// Contents being worked on: one content at a time, whatever its paths.
    pub(super) in_hand: Mutex<BTreeSet<Sha256>>,
    /// Those who take files from each drop folder: one that hangs keeps its own only.
    pub(super) takers: Vec<(PathBuf, Crew)>,
    /// Those who check what was read.
    pub(super) inspectors: Crew,
}

/// Why a file could not be dealt with now. It is brought again.
#[derive(Debug, thiserror::Error)]
enum Delay {
    #[error("{0}")]
    Obstacle(Obstacle),
    #[error("its bytes are being read under another name")]
    Twin,
    #[error("its reader {0}, attempt {1}")]
    ReaderLost(&'static str, u32),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Undone(#[from] Undone),
}

/// Threads that take files from each of these folders.
///
/// # Errors
/// The system gives no more threads.
pub(super) fn takers(folders: &[PathBuf], at_once: usize) -> io::Result<Vec<(PathBuf, Crew)>> {
    folders.iter().map(|folder| Ok((folder.clone(), Crew::new("taker", at_once)?))).collect()
}

impl Desk {
    /// Takes up nothing more: what has not come to a reader is left to the next start.
    pub(super) fn close(&self) {
        self.takers.iter().for_each(|(_, crew)| crew.close());
        self.workers.close();
    }

    /// Deals with one file, whatever happens, and says what became of it.
    pub(super) async fn handle(&self, file: &Settled) -> Outcome {
        let name = names::shown(&file.path);
        match self.try_handle(file, &name).await {
            Ok(outcome) => outcome,
            Err(delay) => {
                match &delay {
                    Delay::Obstacle(Obstacle::Changing)
                    | Delay::Twin
                    | Delay::Undone(Undone::Stopping)
                    | Delay::Worker(WorkerError::Closed) => debug!("{name}: {delay}"),
                    _ => warn!("{name} waits: {delay}"),
                }
                delay.outcome()
            }
        }
    }

    async fn try_handle(&self, file: &Settled, name: &str) -> Result<Outcome, Delay> {
        let taken = self.take(file).await?;
        let Some((seen, bytes)) = taken else {
            debug!("{name} is gone");
            return Ok(Outcome::Done);
        };
        let Some(_in_hand) = InHand::take(&self.in_hand, seen.sha256) else {
            return Err(Delay::Twin);
        };
        let sha256 = seen.sha256;
        let known = self.ledger.ask(move |store| store.known(&sha256)).await?;
        let can_recognise = self.workers.recognition().is_ok();
        if known.is_some_and(|known| is_settled(&known, can_recognise)) {
            return self.meet_again(file, name, seen, bytes).await;
        }
        let size = seen.size;
        info!(size_bytes = size, "Reading {name}, {size} bytes");
        // Written down before it is read: a file that takes gouji down must not do so for ever.
        let attempt = self.ledger.begin(seen.clone()).await?;
        let inspections = Arc::new(self.read(file, &attempt, name, bytes).await?);
        let recorded = self.record(file, &attempt, &seen, Arc::clone(&inspections)).await?;
        if inspections.iter().any(|inspection| inspection.lacks_program) {
            self.tell_lacking().await;
        }
        tell(name, &recorded);
        let reports = recorded.iter().filter_map(|one| one.report.as_ref());
        let shelf = Shelf::of(reports.map(|report| (Some(report.unit.clone()), report.year)));
        Ok(self.put_away(file, name, seen, shelf).await)
    }

    /// A content that is recorded: at another path, at the same path after it was touched, or left in
    /// the drop folder by a crash before it could be archived.
    async fn meet_again(
        &self,
        file: &Settled,
        name: &str,
        seen: FileSeen,
        bytes: Vec<u8>,
    ) -> Result<Outcome, Delay> {
        info!("{name} brings nothing new: its content was recorded before, and keeps its place");
        let (policy, noted) = (self.policy(file), seen.clone());
        let remember = move |store: &mut crate::store::Store| {
            store.remember_path(&noted, &policy, clock::now())
        };
        self.ledger.ask(remember).await?;
        self.recorded.notify_one();
        self.receipts.notify_one();
        let After::Archive(_) = self.live.settings().drop.after else { return Ok(Outcome::Done) };
        let reading = self.workers.read(name, &bytes).await?;
        let inspections = self.inspect(name, reading).await?;
        let reports = inspections.iter().filter_map(|one| one.checked.as_ref());
        let places = reports.map(|checked| (checked.report.unit.clone(), checked.report.year));
        Ok(self.put_away(file, name, seen, Shelf::of(places)).await)
    }

    /// Tells the administrator that a program is missing: once for each start of gouji. Who switched
    /// recognition off knows it.
    async fn tell_lacking(&self) {
        let lacking = match self.workers.recognition() {
            Ok(_) | Err(Lacking::Off) => return,
            Err(lacking) => lacking,
        };
        let since = *self.lacking_since.get_or_init(clock::now);
        let condition = Condition {
            kind: ConditionKind::ProgramMissing,
            about: "tesseract".to_owned(),
            detail: lacking.to_string(),
            since,
        };
        warn!("Scans cannot be read: {lacking}");
        let raise = move |store: &mut crate::store::Store| store.raise(&condition, clock::now());
        match self.ledger.ask(raise).await {
            Ok(()) => self.recorded.notify_one(),
            Err(problem) => warn!("the administrator is not told of it: {problem}"),
        }
    }

    /// The bytes of a settled file, and what is recorded of it; `None`: it is gone.
    async fn take(&self, file: &Settled) -> Result<Option<(FileSeen, Vec<u8>)>, Delay> {
        let wanted = file.clone();
        let work = move || match take(&wanted.path, &wanted.stamp) {
            Take::Bytes(bytes) => Ok(Some((seen(&wanted, &bytes), bytes))),
            Take::Gone => Ok(None),
            Take::Changed => Err(Obstacle::Changing),
            Take::Wait(obstacle) => Err(obstacle),
        };
        let mut takers = self.takers.iter();
        let Some((_, crew)) = takers.find(|(folder, _)| file.path.starts_with(folder)) else {
            return Err(Delay::Obstacle(Obstacle::Ours("BUG: it lies in no drop folder".into())));
        };
        crew.perform(work).await?.map_err(Delay::Obstacle)
    }

    /// Bytes to inspections, by a worker.
    async fn read(
        &self,
        file: &Settled,
        attempt: &Attempt,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Vec<Inspection>, Delay> {
        if file.at_start && attempt.number > MOST_ATTEMPTS {
            return self.inspect(name, Reading::Lost(Lost::Crashed)).await;
        }
        let how = match self.read_once(attempt, name, &bytes).await? {
            Ok(inspections) => return Ok(inspections),
            Err(how) => how,
        };
        if usize::try_from(attempt.number).is_ok_and(|number| number <= RETRIES.len()) {
            return Err(Delay::ReaderLost(words(how), attempt.number));
        }
        self.inspect(name, Reading::Lost(how)).await
    }

    /// What was found, or how reading or checking ended instead.
    async fn read_once(
        &self,
        attempt: &Attempt,
        name: &str,
        bytes: &[u8],
    ) -> Result<Result<Vec<Inspection>, Lost>, Delay> {
        let slot = self.workers.slot().await?;
        attempt.read();
        let begun = clock::instant();
        let reading = slot.read(name, bytes).await?;
        let elapsed_ms = clock::instant().duration_since(begun).as_millis();
        debug!(elapsed_ms, "Read {name} in {elapsed_ms} ms");
        if let Reading::Lost(how) = reading {
            return Ok(Err(how));
        }
        match self.inspect(name, reading).await {
            Err(Delay::Undone(Undone::Panicked)) => Ok(Err(Lost::Crashed)),
            inspected => inspected.map(Ok),
        }
    }

    /// Checking takes time, and a panic in it must cost this file only.
    async fn inspect(&self, name: &str, reading: Reading) -> Result<Vec<Inspection>, Delay> {
        let Setup { settings, forms, .. } = self.live.setup();
        let name = names::file_name(Path::new(name));
        let work = move || inspect(&name, reading, &forms, &settings.policy);
        Ok(self.inspectors.perform(work).await?)
    }

    async fn record(
        &self,
        file: &Settled,
        attempt: &Attempt,
        seen: &FileSeen,
        inspections: Arc<Vec<Inspection>>,
    ) -> Result<Vec<Recorded>, Delay> {
        let policy = self.policy(file);
        let recorded = self.ledger.record(attempt, seen.clone(), inspections, policy).await?;
        self.recorded.notify_one();
        self.receipts.notify_one();
        Ok(recorded)
    }

    fn policy(&self, file: &Settled) -> NoticePolicy {
        let first_scan = file.at_start && self.first_scan.load(Ordering::Relaxed);
        NoticePolicy { first_scan, quiet: false }
    }

    /// Moves a recorded report into the archive, if that is wanted. What is no report stays, for its
    /// owner to see.
    async fn put_away(
        &self,
        file: &Settled,
        name: &str,
        mut seen: FileSeen,
        shelf: Option<Shelf>,
    ) -> Outcome {
        let settings = self.live.settings();
        let (After::Archive(archive), Some(shelf)) = (&settings.drop.after, shelf) else {
            return Outcome::Done;
        };
        let (path, stamp, archive) = (file.path.clone(), file.stamp, archive.clone());
        let moved = spawn_blocking(move || put_away(&path, &stamp, &archive, &shelf)).await;
        let target = match moved {
            Ok(Ok(Some(target))) => target,
            Ok(Ok(None)) => return Outcome::Done,
            Ok(Err(problem)) => {
                warn!("{name} stays in the drop folder: cannot archive it: {problem}");
                return Outcome::Done;
            }
            Err(problem) => {
                warn!("{name} stays in the drop folder: BUG: {problem}");
                return Outcome::Done;
            }
        };
        info!("Archived {name} as {}", names::shown(&target));
        seen.path = target;
        let (policy, from) = (self.policy(file), file.path.clone());
        let moved = move |store: &mut crate::store::Store| {
            store.remember_path(&seen, &policy, clock::now())?;
            store.withdraw(std::slice::from_ref(&from), clock::now())
        };
        if let Err(problem) = self.ledger.ask(moved).await {
            // Only the path is out of date; the report is recorded.
            warn!("the new place of {name} is not recorded: {problem}");
        }
        Outcome::Moved
    }
}

impl Delay {
    fn outcome(self) -> Outcome {
        match self {
            Self::Obstacle(obstacle) => Outcome::Held(obstacle),
            Self::Twin => Outcome::Again(None, TWIN),
            Self::ReaderLost(how, attempts) => {
                let index = usize::try_from(attempts).unwrap_or(1).saturating_sub(1);
                let rest = RETRIES.get(index).copied().unwrap_or(Duration::from_secs(600));
                Outcome::Again(Some(Obstacle::Reader(how)), rest)
            }
            other => Outcome::Held(Obstacle::Ours(other.to_string())),
        }
    }
}

fn seen(file: &Settled, bytes: &[u8]) -> FileSeen {
    FileSeen {
        path: file.path.clone(),
        sha256: Sha256::of(bytes),
        size: file.stamp.size,
        modified_at: file.stamp.modified_at().unwrap_or(Timestamp::UNIX_EPOCH),
        stamp: file.stamp,
    }
}

/// Whether a known content needs no reading: it has a verdict, and not one that a newer reader might
/// change, nor for want of a program that is there now.
pub(super) fn is_settled(known: &KnownFile, can_recognise: bool) -> bool {
    let could_not = matches!(known.verdict, Some(Verdict::Unreadable | Verdict::Unrecognised));
    let by_this_reader = known.reader.as_deref() == Some(env!("CARGO_PKG_VERSION"));
    let lacked_what_is_there = known.lacked_program && can_recognise;
    known.verdict.is_some() && (!could_not || (by_this_reader && !lacked_what_is_there))
}

fn words(how: Lost) -> &'static str {
    match how {
        Lost::Overran => "took too long",
        Lost::OutOfMemory => "ran out of memory",
        Lost::Crashed => "crashed",
        Lost::Recognising => "could not recognise its characters",
    }
}

/// One line for each report recorded.
fn tell(name: &str, recorded: &[Recorded]) {
    for one in recorded {
        let verdict = format!("{:?}", one.verdict).to_lowercase();
        let member = if one.member.is_empty() { "" } else { "!" };
        let name = format!("{name}{member}{}", one.member);
        let Some(report) = &one.report else {
            info!("Recorded {name}: {verdict}");
            continue;
        };
        let (id, version) = (report.id.0, report.version);
        let unit = names::shown(Path::new(&report.unit));
        let year = report.year.map_or_else(|| "no year".to_owned(), |year| year.to_string());
        let what = if report.copy { "a copy of version" } else { "version" };
        info!(report.id = id, "Recorded {name}: {verdict}, {unit} {year}, {what} {version}");
    }
}

/// A content being worked on, until this is dropped.
struct InHand<'a> {
    all: &'a Mutex<BTreeSet<Sha256>>,
    content: Sha256,
}

impl<'a> InHand<'a> {
    /// `None`: someone else has it.
    fn take(all: &'a Mutex<BTreeSet<Sha256>>, content: Sha256) -> Option<Self> {
        let taken = all.lock().unwrap_or_else(PoisonError::into_inner).insert(content);
        taken.then_some(Self { all, content })
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.content);
    }
}
