//! `gouji run`: the wiring. Every room is used here and nothing is decided that a room could decide.
//!
//! Who does what at the same time:
//! - one task for each drop folder looks at it and reports settled files ([`crate::watch`]);
//! - the main loop hands files to the desk: taken, read by a worker process, a few at once, inspected,
//!   recorded (`desk`);
//! - one thread owns the database and does what it is asked (`ledger`), in a backlog many files in one
//!   commit (`gathering`);
//! - one task composes and sends mails (`outbox`);
//! - one task publishes copies of the database (`snapshot`).
//!
//! What changes while gouji runs (settings, forms, templates of mails) is asked for where it is needed
//! (`live`); twice a minute gouji leaves word of how it is (`pulse`).
//!
//! None waits for another without end: a share that hangs, a file that kills its reader, a locked
//! database, a dead mail server each hold up themselves alone. Nothing that matters is in memory
//! only: the file in the drop folder is the queue, the database the memory. So stopping is simple.

mod archive;
mod compose;
mod crew;
mod desk;
mod folders;
mod gathering;
mod hindrance;
mod ledger;
mod live;
mod outbox;
mod pins;
mod pulse;
mod receipts;
mod service;
mod snapshot;
mod sole;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot, watch as signal};
use tokio::task::{self, JoinError, JoinSet};
use tracing::{Instrument as _, debug, error, info, info_span, warn};

use crate::check::Verdict;
use crate::clock::{self, Moment};
use crate::config::{After, Origin, Settings, Transport};
use crate::form::Forms;
use crate::notice::Stationery;
use crate::store::{NoticePolicy, OverdueList, RostersKept, Store, StoreError, Witness};
use crate::units::offices::Offices;
use crate::units::overdue;
use crate::watch::{
    self, Answer, LastLook, Obstacle, Outcome, Settled, Sight, Stamp, Watched, names,
};
use crate::worker::Workers;
use crate::worker::confine::Confinement;
use compose::Composer;
use crew::Crew;
use desk::{Desk, is_settled, takers};
use folders::{Change, Folders, Room};
use ledger::{Ending, Ledger, LedgerError};
use live::{Live, Reload, Setup};
use outbox::Outbox;
use pins::Pins;
pub(crate) use pulse::{FolderPulse, Pulse, read as last_pulse};
use receipts::Receipts;
use service::{Signals, Told};
use snapshot::{Published, Snapshots};
pub(crate) use sole::{claim, holder};

/// How long work in progress may go on after gouji was asked to stop.
const LAST_WORK: Duration = Duration::from_millis(1200);
/// How long the database may then take to close.
const LAST_WRITE: Duration = Duration::from_millis(600);

/// The most files in work: those being read, those waiting for a reader, and those gathered for one
/// commit.
const IN_WORK: usize = 2 * gathering::TOGETHER;
/// The most bytes they may have together, where they are more than the readers.
const IN_WORK_BYTES: u64 = 16 << 20;

/// How often the service manager hears that the database is still being opened.
const OPENING: Duration = Duration::from_secs(60);

/// Watches, reads, records and mails until SIGTERM or SIGINT.
///
/// # Errors
/// What makes going on senseless: the database cannot be opened or is damaged, or another gouji works
/// with it. Other troubles are logged, told and waited out.
pub async fn run(settings: Settings, forms: Forms, stationery: Stationery) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let mut offices = settings.offices()?;
    let live = Live::new(settings, forms, stationery);
    let settings = live.settings();
    make_own_folders(&settings)?;
    let _only_one = claim(&settings.database.path)?;
    // Outlives the database's thread, see `Witness`.
    let witness = Arc::new(Mutex::new(Witness::of(&settings.database.path)));
    loop {
        let opened = open_ledger(&live, offices, &witness, &mut signals).await?;
        let Some((ledger, mut closed)) = opened else { return Ok(()) };
        let daemon = Daemon::start(live.clone(), ledger, Arc::clone(&witness)).await?;
        let ended = daemon.work(&mut signals, &mut closed).await;
        close(closed).await;
        match ended? {
            Ended::Asked => break,
            Ended::Replaced => warn!(
                "the database was deleted or replaced by another file; going on with what is there \
                 now: files that are not recorded in it are read again"
            ),
        }
        offices = live.settings().offices()?;
    }
    info!("Stopped");
    Ok(())
}

/// Why the work came to an end without an error.
enum Ended {
    /// gouji was asked to stop.
    Asked,
    /// The database is not the one it was.
    Replaced,
}

/// The folders that are gouji's own. A drop folder that was configured is not: if it is missing, it
/// is waited for, because it may be a share that is not mounted yet.
fn make_own_folders(settings: &Settings) -> anyhow::Result<()> {
    let make = |folder: &Path| {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))
    };
    if let Some(folder) = settings.database.path.parent() {
        make(folder)?;
    }
    if let Origin::BuiltIn(_) = settings.origin {
        settings.drop.folders.iter().try_for_each(|folder| make(folder))?;
    }
    Ok(())
}

/// Opens the database, however long it takes; `None`: gouji was asked to stop meanwhile.
async fn open_ledger(
    live: &Live,
    offices: Offices,
    witness: &Arc<Mutex<Witness>>,
    signals: &mut Signals,
) -> anyhow::Result<Option<(Ledger, oneshot::Receiver<Ending>)>> {
    let composer = Composer::new(live.clone());
    let Setup { settings, forms, .. } = live.setup();
    let path = settings.database.path.clone();
    let shown = names::shown(&path);
    let open = move |now| {
        let mut store = Store::open(&path, &forms, &settings.policy, now)?;
        keep_offices(&mut store, &offices, now)?;
        Ok(store)
    };
    let opening = ledger::open(open, composer, Arc::clone(witness));
    tokio::pin!(opening);
    let mut patience = tokio::time::interval(OPENING);
    loop {
        tokio::select! {
            opened = &mut opening => {
                let opened = opened.context("cannot open the database")?;
                info!("Opened the database {shown}");
                return Ok(Some(opened));
            }
            () = signals.stop() => return Ok(None),
            _ = patience.tick() => service::starting(OPENING * 3),
        }
    }
}

/// Makes offices and listed units those of the configuration.
fn keep_offices(store: &mut Store, offices: &Offices, now: Timestamp) -> Result<(), StoreError> {
    if let Some(RostersKept { listed, joined, left }) = store.keep_offices(offices, now)? {
        info!("The roster has {listed} units: {joined} known by other names, {left} left it");
    }
    Ok(())
}

/// Says once what stands around the reader processes: it depends on the kernel.
async fn tell_confinement(workers: &Workers) -> anyhow::Result<Confinement> {
    let confinement = workers.confinement().await.context("no file could be read")?;
    match confinement.is_whole() {
        true => info!("Readers are confined: {confinement}"),
        false => warn!(
            "readers are confined by their limits, and less than they could be: {confinement}"
        ),
    }
    Ok(confinement)
}

/// Waits for the thread of the database, not for ever: what is committed is safe.
async fn close(closed: oneshot::Receiver<Ending>) {
    // The sender is dropped, and says nothing.
    if !closed.is_terminated() && tokio::time::timeout(LAST_WRITE, closed).await.is_err() {
        warn!("the database takes long to close; the next start finishes it");
    }
}

/// Looks through the whole database while work goes on: that takes too long to be waited for at the
/// start. Damage comes out of the receiver. It ends when gouji stops, since the log cannot be written
/// back while it reads.
fn look_for_damage(
    path: PathBuf,
    stopping: signal::Receiver<bool>,
) -> mpsc::UnboundedReceiver<StoreError> {
    let (tell, told) = mpsc::unbounded_channel();
    task::spawn_blocking(move || {
        let begun = clock::instant();
        let stopped = stopping.clone();
        let looked = Store::look_for_damage(&path, move || *stopped.borrow());
        let elapsed_ms = clock::instant().duration_since(begun).as_millis();
        match looked {
            Ok(()) => debug!(elapsed_ms, "Looked through the database in {elapsed_ms} ms"),
            // Nobody listens any more when gouji is stopping.
            Err(damage @ StoreError::Damaged { .. }) => _ = tell.send(damage).is_ok(),
            Err(_) if *stopping.borrow() => {}
            Err(problem) => warn!("the database was not looked through for damage: {problem}"),
        }
    });
    told
}

/// Everything that runs.
struct Daemon {
    desk: Arc<Desk>,
    folders: Folders,
    sights: mpsc::Receiver<Sight>,
    answers: BTreeMap<PathBuf, mpsc::UnboundedSender<Answer>>,
    work: JoinSet<Outcome>,
    /// The files in work.
    in_work: HashMap<task::Id, Settled>,
    /// How many files are read at once.
    at_once: usize,
    /// Folder tasks, the outbox, the snapshots.
    others: JoinSet<()>,
    /// Who reads the database.
    witness: Arc<Mutex<Witness>>,
    pins: Pins,
    telling: Telling,
    stopping: signal::Sender<bool>,
    /// A list of waiting files is on its way into the database.
    telling_waiting: Arc<AtomicBool>,
    /// Another list came meanwhile.
    waiting_untold: bool,
}

/// What is told of this gouji, twice a minute.
struct Telling {
    started_at: Timestamp,
    /// What stands around reader processes.
    confinement: Confinement,
    /// The last look at each folder.
    looks: BTreeMap<PathBuf, LastLook>,
    published: Published,
    /// A pulse is on its way to the disk.
    under_way: Arc<AtomicBool>,
    /// What was told last of why the metrics could not be written.
    trouble: Arc<Mutex<Option<String>>>,
}

/// Something on its way, until this is dropped.
struct UnderWay(Arc<AtomicBool>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Daemon {
    async fn start(
        live: Live,
        ledger: Ledger,
        witness: Arc<Mutex<Witness>>,
    ) -> anyhow::Result<Self> {
        let now = clock::now();
        ledger.ask(move |store| store.make_all_due(now)).await?;
        let first_scan = !ledger.ask(|store| store.first_scan_ended()).await?;
        let at_once =
            std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        let workers = Workers::new(at_once);
        let recogniser = live.settings().recogniser.clone();
        let desk = Arc::new(Desk {
            workers: workers.recognising_by(recogniser.as_deref()),
            first_scan: Arc::new(AtomicBool::new(first_scan)),
            recorded: Arc::new(Notify::new()),
            receipts: Arc::new(Notify::new()),
            in_hand: Mutex::default(),
            takers: takers(&live.settings().drop.folders, at_once)?,
            inspectors: Crew::new("inspector", at_once)?,
            live,
            lacking_since: OnceLock::new(),
            ledger,
        });
        let confinement = tell_confinement(&desk.workers).await?;
        desk.workers.warm_up().await?;
        let (send_sights, sights) = mpsc::channel(16);
        let (stopping, _) = signal::channel(false);
        let mut daemon = Self {
            folders: Folders::new(&desk.live.settings().drop.folders),
            desk,
            sights,
            answers: BTreeMap::new(),
            work: JoinSet::new(),
            in_work: HashMap::new(),
            at_once,
            others: JoinSet::new(),
            witness,
            pins: Pins::default(),
            telling: Telling {
                started_at: now,
                confinement,
                looks: BTreeMap::new(),
                published: Published::default(),
                under_way: Arc::default(),
                trouble: Arc::default(),
            },
            stopping,
            telling_waiting: Arc::default(),
            waiting_untold: false,
        };
        daemon.watch_folders(&send_sights).await?;
        daemon.start_outbox();
        Ok(daemon)
    }

    /// One task for each folder, with the files in it that need no reading.
    async fn watch_folders(&mut self, sights: &mpsc::Sender<Sight>) -> Result<(), LedgerError> {
        let settings = self.desk.live.settings();
        let archives = matches!(settings.drop.after, After::Archive(_));
        let can_recognise = self.desk.workers.recognition().is_ok();
        let known = self.desk.ledger.ask(move |store| known_stamps(store, archives, can_recognise));
        let known = known.await?;
        for path in &settings.drop.folders {
            let (answers, hear) = mpsc::unbounded_channel();
            self.answers.insert(path.clone(), answers);
            let known = known
                .iter()
                .filter(|(file, _)| file.starts_with(path))
                .map(|(file, stamp)| (file.clone(), *stamp))
                .collect();
            let watched = Watched {
                path: path.clone(),
                settle: settings.drop.settle,
                rescan: settings.drop.rescan,
                events: settings.drop.events,
                leave_out: own_places(&settings),
                last_look: LastLook::default(),
            };
            self.telling.looks.insert(path.clone(), watched.last_look.clone());
            self.others.spawn(watch::start(watched, known, sights.clone(), hear));
        }
        Ok(())
    }

    fn start_outbox(&mut self) {
        let desk = &self.desk;
        let outbox = Outbox {
            ledger: desk.ledger.clone(),
            live: desk.live.clone(),
            composer: Composer::new(desk.live.clone()),
            wake: Arc::clone(&desk.recorded),
            first_scan: Arc::clone(&desk.first_scan),
            stopping: self.stopping.subscribe(),
            clock: Moment::this,
        };
        self.others.spawn(outbox.run());
        let snapshots = Snapshots {
            live: desk.live.clone(),
            published: self.telling.published.clone(),
            stopping: self.stopping.subscribe(),
        };
        self.others.spawn(snapshots.run());
        let receipts = Receipts {
            live: desk.live.clone(),
            ledger: desk.ledger.clone(),
            wake: Arc::clone(&desk.receipts),
            stopping: self.stopping.subscribe(),
        };
        self.others.spawn(receipts.run());
    }

    /// Leaves word of how things are, for `gouji status` and for `node_exporter`.
    fn leave_pulse(&self) {
        if self.telling.under_way.swap(true, Ordering::Relaxed) {
            return;
        }
        let under_way = UnderWay(Arc::clone(&self.telling.under_way));
        let (queued, in_work) = self.folders.work();
        let pulse = Pulse {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started_at: self.telling.started_at.to_string(),
            at: clock::now().to_string(),
            queued,
            in_work,
            folders: self.folders.pulse(&self.telling.looks),
            readers: Some(self.telling.confinement.to_string()),
            snapshot_at: self.telling.published.get().map(|at| at.to_string()),
        };
        let (settings, ledger) = (self.desk.live.settings(), self.desk.ledger.clone());
        let trouble = Arc::clone(&self.telling.trouble);
        tokio::spawn(async move {
            let _until_dropped = under_way;
            let status = match settings.metrics_file {
                Some(_) => ledger.ask(|store| store.status()).await.ok(),
                None => None,
            };
            let left = task::spawn_blocking(move || pulse::leave_all(&settings, &pulse, status));
            let problem = left.await.ok().and_then(Result::err).map(|problem| problem.to_string());
            let mut told = trouble.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(problem) =
                problem.as_ref().filter(|problem| Some(*problem) != told.as_ref())
            {
                warn!("{problem}");
            }
            *told = problem;
        });
    }

    /// The main loop; an error ends it as a signal does. `closed` ends when the database's thread does.
    async fn work(
        mut self,
        signals: &mut Signals,
        closed: &mut oneshot::Receiver<Ending>,
    ) -> anyhow::Result<Ended> {
        service::ready(&self.folders.status());
        info!("Ready");
        let database = self.desk.live.settings().database.path.clone();
        let mut damage = look_for_damage(database, self.stopping.subscribe());
        let mut heartbeat = tokio::time::interval(service::heartbeat());
        let mut looked = false;
        let ended = loop {
            self.start_work();
            tokio::select! {
                signal = signals.next() => match signal {
                    Told::Stop => break Ok(Ended::Asked),
                    Told::Reload => self.reload(),
                },
                ending = &mut *closed => break match ending {
                    Ok(Ending::Replaced) => Ok(Ended::Replaced),
                    Err(_) => Err(anyhow!("BUG: the thread of the database has ended")),
                },
                Some(damage) = damage.recv() => break Err(damage.into()),
                Some(sight) = self.sights.recv() => self.take_in(sight),
                Some(done) = self.work.join_next_with_id() => self.finish(done),
                _ = heartbeat.tick() => self.beat(),
            }
            self.end_first_scan();
            if !looked && self.folders.first_scan_is_over() {
                looked = true;
                self.remind();
            }
        };
        info!("Stopping");
        service::stopping();
        self.stop().await;
        ended
    }

    /// Gives the next files to the desk, as many as may be in work.
    fn start_work(&mut self) {
        let room = Room { readers: self.at_once, files: IN_WORK, bytes: IN_WORK_BYTES };
        while let Some(file) = self.folders.next(room) {
            let desk = Arc::clone(&self.desk);
            let span = info_span!("report", report.file = names::file_name(&file.path));
            let taken = file.clone();
            let work = async move { desk.handle(&taken).await };
            let task = self.work.spawn(work.instrument(span));
            self.in_work.insert(task.id(), file);
        }
    }

    /// Tells the watcher what became of a file.
    fn finish(&mut self, done: Result<(task::Id, Outcome), JoinError>) {
        let (id, outcome) = done.unwrap_or_else(|problem| {
            // The desk runs what may panic on threads of its own.
            error!("BUG: the work on a file ended without an answer: {problem}");
            (problem.id(), Outcome::Held(Obstacle::Ours(format!("BUG: {problem}"))))
        });
        let Some(file) = self.in_work.remove(&id) else { return };
        if self.folders.finish(&file.path) {
            self.withdraw(vec![file.path.clone()]);
        }
        if self.folders.work() == (0, 0) {
            self.leave_pulse();
        }
        let folder = self.folders.folder_of(&file.path);
        if let Some(answers) = folder.and_then(|folder| self.answers.get(folder)) {
            // A folder task ends only when gouji does.
            _ = answers.send(Answer { file, outcome }).is_ok();
        }
    }

    /// Acts on what a folder reports.
    fn take_in(&mut self, mut sight: Sight) {
        let folder = names::shown(&sight.folder);
        let gone = self.folders.put_off_those_in_work(std::mem::take(&mut sight.gone));
        match self.folders.take_in(sight, (clock::instant(), clock::now())) {
            Some(Change::Away(why)) => warn!("Drop folder {folder} is away: {why}"),
            Some(Change::Back) => info!("Drop folder {folder} is back"),
            None => {}
        }
        if !gone.is_empty() {
            self.withdraw(gone);
        }
        self.tell_waiting();
        self.leave_pulse();
    }

    fn withdraw(&self, gone: Vec<PathBuf>) {
        for path in &gone {
            let name = names::shown(path);
            info!(report.file = name, "{name} was withdrawn; what was recorded stays");
        }
        let withdraw = move |store: &mut Store| store.withdraw(&gone, clock::now());
        self.tell_ledger("withdrawn files", withdraw);
    }

    /// Has the list of waiting files written, one list at a time: while the database is locked, lists
    /// must not pile up. The last one is told by a later heartbeat then.
    fn tell_waiting(&mut self) {
        if self.telling_waiting.swap(true, Ordering::Relaxed) {
            self.waiting_untold = true;
            return;
        }
        self.waiting_untold = false;
        let waiting = self.folders.waiting((clock::instant(), clock::now()));
        let policy = NoticePolicy::default();
        let wake = Arc::clone(&self.desk.recorded);
        let telling = UnderWay(Arc::clone(&self.telling_waiting));
        self.tell_ledger("waiting files", move |store| {
            let _until_dropped = &telling;
            store.set_waiting(&waiting, &policy, clock::now())?;
            wake.notify_one();
            Ok(())
        });
    }

    /// Has something written without waiting for it: the main loop must not stand still while the
    /// database is locked.
    fn tell_ledger(
        &self,
        what: &'static str,
        work: impl FnMut(&mut Store) -> Result<(), StoreError> + Send + 'static,
    ) {
        let Ok(answered) = self.desk.ledger.request(work) else { return };
        tokio::spawn(async move {
            if let Ok(Err(problem)) = answered.await {
                error!("cannot record {what}: {problem}");
            }
        });
    }

    /// Now and then: tells that gouji is alive, and looks after what depends on time alone.
    fn beat(&mut self) {
        match self.desk.ledger.stands_still() {
            // The watchdog of the service manager then starts gouji anew.
            true => error!("the database does not answer: its disk hangs, or gouji does"),
            false => service::alive(&self.folders.status()),
        }
        let wake = Arc::clone(&self.desk.recorded);
        for condition in self.folders.long_away(clock::instant()) {
            let wake = Arc::clone(&wake);
            self.tell_ledger("a condition", move |store| {
                store.raise(&condition, clock::now())?;
                wake.notify_one();
                Ok(())
            });
        }
        if self.waiting_untold || self.folders.has_waiting() {
            self.tell_waiting();
        }
        self.leave_pulse();
        self.name_readers();
        if self.folders.first_scan_is_over() {
            self.remind();
        }
    }

    /// Names the programs that have been reading the database for so long that its log grows.
    fn name_readers(&mut self) {
        let database = self.desk.live.settings().database.path.clone();
        let readers = self.witness.lock().unwrap_or_else(PoisonError::into_inner).readers();
        let [_, log, _] = Store::files_of(&database);
        let log_bytes = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
        let readers = match readers {
            Ok(readers) => readers,
            Err(problem) => return debug!("cannot tell who reads the database: {problem}"),
        };
        for (reader, reading) in self.pins.look(readers, log_bytes, clock::instant()) {
            let (minutes, size) = (reading.as_secs() / 60, log_bytes >> 20);
            warn!(
                "{reader} has been reading the database for {minutes} minutes in one go; as long as \
                 it does, the log beside the database grows ({size} MB now). End it, or let it \
                 read a snapshot ([database] snapshot)"
            );
        }
    }

    /// Takes up a changed configuration. What is wrong in it is told, and the old one stays.
    fn reload(&self) {
        let live = &self.desk.live;
        let Reload { setup, offices, after_restart, mail_changed, forms_changed } =
            match live::read_anew(&live.setup()) {
                Ok(reload) => reload,
                Err(problem) => {
                    for line in problem.to_string().lines() {
                        error!("{line}");
                    }
                    error!("The configuration is wrong and was not taken up; the old one holds");
                    return;
                }
            };
        for warning in &setup.settings.warnings {
            warn!("{warning}");
        }
        for kept in after_restart {
            warn!("A change of {kept} is taken up by a restart only");
        }
        let (forms, policy) = (Arc::clone(&setup.forms), setup.settings.policy.clone());
        live.replace(setup);
        let wake = Arc::clone(&self.desk.recorded);
        self.tell_ledger("the new configuration", move |store| {
            if forms_changed {
                store.adopt_forms(&forms)?;
            }
            store.adopt_policy(&policy);
            keep_offices(store, &offices, clock::now())?;
            if mail_changed {
                store.make_all_due(clock::now())?;
            }
            wake.notify_one();
            Ok(())
        });
        info!(
            "Took up the configuration; `gouji recheck` applies changed rules to what is recorded"
        );
    }

    /// Has the lists made of those who have not handed in, where it is time. Not before the folders
    /// have been looked through: what was handed in while gouji was off is handed in.
    fn remind(&self) {
        let settings = self.desk.live.settings();
        let now = clock::now().to_zoned(settings.zone.clone());
        for (office, due) in settings.deadlines() {
            let Some(list) = overdue::list(due, &now) else { continue };
            let remind_units = settings.units.remind_units;
            let list = OverdueList { office: office.to_owned(), list, remind_units };
            let wake = Arc::clone(&self.desk.recorded);
            self.tell_ledger("a list of overdue reports", move |store| {
                let missing = store.make_overdue_list(&list, clock::now())?;
                if missing > 0 {
                    let (year, due) = (list.list.year, list.list.due);
                    info!("{missing} units have not handed in for {year}, due on {due}");
                    wake.notify_one();
                }
                Ok(())
            });
        }
    }

    /// When everything that was there at the start is recorded, its notices may go.
    fn end_first_scan(&mut self) {
        let first_scan = &self.desk.first_scan;
        if !first_scan.load(Ordering::Relaxed) || !self.folders.first_scan_is_over() {
            return;
        }
        first_scan.store(false, Ordering::Relaxed);
        let wake = Arc::clone(&self.desk.recorded);
        self.tell_ledger("the end of the first scan", move |store| {
            store.end_first_scan(clock::now())?;
            wake.notify_one();
            Ok(())
        });
        info!("The first scan is over");
    }

    /// Lets work in progress come to its end for a moment, then drops it: nothing is lost, the next
    /// start finds it again.
    async fn stop(mut self) {
        // Without receivers there is nobody left to tell.
        _ = self.stopping.send(true).is_ok();
        self.desk.close();
        self.desk.ledger.hurry();
        drop(self.sights);
        drop(self.answers);
        let finish = async {
            while self.work.join_next().await.is_some() {}
            while self.others.join_next().await.is_some() {}
        };
        if tokio::time::timeout(LAST_WORK, finish).await.is_err() {
            info!("Work in progress is left to the next start");
        }
        self.work.abort_all();
        self.others.abort_all();
        while self.work.join_next().await.is_some() {}
        while self.others.join_next().await.is_some() {}
    }
}

/// Paths whose content needs no reading, with the stamps they had. With an archive, what is recorded
/// should not be in the drop folder any more: it is looked at again.
fn known_stamps(
    store: &mut Store,
    archives: bool,
    can_recognise: bool,
) -> Result<BTreeMap<PathBuf, Stamp>, StoreError> {
    let mut stamps = BTreeMap::new();
    for known in store.known_paths()?.into_iter().filter(|known| !known.withdrawn) {
        let needs_none = match known.verdict {
            None => false,
            Some(Verdict::Passed | Verdict::Failed) => !archives,
            Some(_) => {
                let known = store.known(&known.sha256)?;
                known.is_some_and(|known| is_settled(&known, can_recognise))
            }
        };
        if needs_none {
            stamps.insert(known.path, known.stamp);
        }
    }
    Ok(stamps)
}

/// Places that gouji writes to itself, in case they lie below a drop folder.
pub(crate) fn own_places(settings: &Settings) -> Vec<PathBuf> {
    let database = &settings.database.path;
    let beside = |end: &str| {
        let mut path = database.clone().into_os_string();
        path.push(end);
        PathBuf::from(path)
    };
    let mut places = vec![database.clone()];
    places.extend(["-wal", "-shm", "-journal", "-lock", "-state", "-snapshot"].map(beside));
    places.extend(settings.database.snapshot.clone());
    if let Transport::File { folder } = &settings.mail.transport {
        places.push(folder.clone());
    }
    if let After::Archive(folder) = &settings.drop.after {
        places.push(folder.clone());
    }
    if let crate::config::Receipts::Folder(folder) = &settings.drop.receipts {
        places.push(folder.clone());
    }
    places
}
