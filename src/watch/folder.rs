//! The task that watches one folder: look, compare, report, rest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, sleep_until};
use tracing::{debug, info, warn};

use super::events::Events;
use super::mounts::{self, Mode};
use super::presence::{self, Found, Presence, judge};
use super::scan::{Listing, scan};
use super::settle::{Look, Patience, Seen};
use super::{
    Answer, Held, Identity, Looked, Obstacle, Offline, Outcome, Sight, Stamp, State, Watched, names,
};
use crate::clock;

/// Events come in swarms; one look serves them all.
const SWARM: Duration = Duration::from_millis(150);
/// A look that takes longer means that the file system does not answer.
const SILENCE: Duration = Duration::from_secs(60);
/// How often to see whether a folder that is not there has come back, at least.
const ABSENCE: Duration = Duration::from_secs(10);

/// Watches a folder until the receiver of `sights` or the sender of `answers` is dropped. `known`:
/// the files in it that need no reading, with their stamps.
pub async fn start(
    watched: Watched,
    known: BTreeMap<PathBuf, Stamp>,
    sights: mpsc::Sender<Sight>,
    mut answers: mpsc::UnboundedReceiver<Answer>,
) {
    let wake = Arc::new(Notify::new());
    let mut looker = Looker::new(watched.clone(), Arc::clone(&wake));
    let mut folder = Folder::new(watched, Seen::with_known(known, clock::instant()));
    loop {
        let (returned, glance) = tokio::select! {
            glance = look(looker, &mut folder, &sights) => match glance {
                Some(done) => done,
                None => return,
            },
            () = sights.closed() => return,
        };
        looker = returned;
        let cost = glance.cost;
        let (sight, deadline) = folder.compare(glance, clock::instant());
        if folder.is_news(&sight) && sights.send(sight).await.is_err() {
            return;
        }
        let rest = Rest { deadline, wake: &wake, pause: SWARM.max(cost * 4) };
        if folder.rest(rest, &mut answers, &sights).await.is_none() {
            return;
        }
    }
}

/// One look, on a thread that may hang with the file system. When it does, that is said and the look
/// is waited for: a second one would hang as well. `None`: nobody listens any more.
async fn look(
    mut looker: Looker,
    folder: &mut Folder,
    sights: &mpsc::Sender<Sight>,
) -> Option<(Looker, Glance)> {
    let mut looking = tokio::task::spawn_blocking(move || {
        let glance = looker.look();
        (looker, glance)
    });
    if let Ok(done) = tokio::time::timeout(SILENCE, &mut looking).await {
        return done.ok();
    }
    let sight = folder.absent(Offline::Silent, clock::instant());
    sights.send(sight).await.ok()?;
    looking.await.ok()
}

/// What needs the file system: it moves to another thread for each look and comes back.
struct Looker {
    watched: Watched,
    events: Events,
    modes: BTreeMap<u64, Mode>,
}

/// What one look brought.
struct Glance {
    listing: Result<Listing, Errno>,
    marker: bool,
    /// New watches were set: look again soon.
    again: bool,
    polled: bool,
    cost: Duration,
}

impl Looker {
    fn new(watched: Watched, wake: Arc<Notify>) -> Self {
        Self { watched, events: Events::new(wake), modes: BTreeMap::new() }
    }

    fn look(&mut self) -> Glance {
        let begun = clock::instant();
        let listing = scan(&self.watched.path, &self.watched.leave_out);
        let marker = presence::has_marker(&self.watched.path);
        let again = listing.as_ref().is_ok_and(|listing| self.follow(&listing.folders));
        let polled = self.events.is_refused() || self.modes.values().any(|mode| mode.is_polled());
        if let Ok(listing) = &listing {
            let (files, mode) = (listing.files.len(), self.mode(polled));
            self.watched.last_look.note(Looked { at: clock::now(), files, mode });
        }
        Glance { listing, marker, again, polled, cost: clock::instant().duration_since(begun) }
    }

    /// How changes become known, in a few words.
    fn mode(&self, polled: bool) -> String {
        let shares: Vec<&str> = self
            .modes
            .values()
            .filter_map(|mode| match mode {
                Mode::Polled(name) => Some(*name),
                Mode::Events | Mode::EventsOff => None,
            })
            .collect();
        match (polled, self.watched.events) {
            (true, _) if shares.is_empty() => "polled (no events to be had)".into(),
            (true, _) => format!("polled ({})", shares.join(", ")),
            (false, true) => "events".into(),
            (false, false) => "polled (events are switched off)".into(),
        }
    }

    /// Asks for events in the folders whose file system has them.
    fn follow(&mut self, folders: &BTreeMap<PathBuf, Identity>) -> bool {
        let devices: BTreeSet<u64> = folders.values().map(|folder| folder.dev).collect();
        self.modes.retain(|device, _| devices.contains(device));
        for (path, folder) in folders {
            if !self.modes.contains_key(&folder.dev) {
                self.learn_mode(path, folder.dev);
            }
        }
        let with_events =
            |identity: &Identity| self.modes.get(&identity.dev) == Some(&Mode::Events);
        let mut with_events: BTreeMap<_, _> = folders
            .iter()
            .filter(|(_, identity)| with_events(identity))
            .map(|(path, identity)| (path.clone(), *identity))
            .collect();
        if !self.watched.events {
            with_events.clear();
        }
        self.events.follow(&with_events)
    }

    /// Finds out, and says, how changes on this device become known.
    fn learn_mode(&mut self, path: &Path, device: u64) {
        let mode = match mounts::mode_of(path, device, self.watched.events) {
            Ok(mode) => mode,
            Err(error) => {
                debug!("cannot tell the file system of {}: {error}", names::shown(path));
                Mode::Polled("unknown")
            }
        };
        self.modes.insert(device, mode);
        let (_, rescan) = patience(&self.watched, mode.is_polled());
        let (path, every) = (names::shown(path), rescan.as_secs());
        match mode {
            Mode::Events => {
                info!("Watching {path}: by events, and by looking every {every} s");
            }
            Mode::Polled(name) => {
                info!(
                    "Watching {path}: by looking every {every} s ({name}: no events from others)"
                );
            }
            Mode::EventsOff => {
                info!("Watching {path}: by looking every {every} s (events are switched off)");
            }
        }
    }
}

/// Settling time and time between looks.
fn patience(watched: &Watched, polled: bool) -> (Duration, Duration) {
    let (settle, rescan) = if polled { (10, 15) } else { (3, 60) };
    (
        watched.settle.unwrap_or(Duration::from_secs(settle)),
        watched.rescan.unwrap_or(Duration::from_secs(rescan)),
    )
}

/// What is remembered of a folder between looks.
struct Folder {
    watched: Watched,
    seen: Seen,
    state: State,
    /// What the folder was when it was last itself.
    before: Option<Identity>,
    /// The marker could not be written there.
    unmarked: Option<Identity>,
    /// Folders below it that were mount points.
    mounts: BTreeSet<PathBuf>,
    /// Folders that cannot be listed, since when.
    unseen: BTreeMap<PathBuf, (Obstacle, Instant)>,
    irregular: BTreeSet<PathBuf>,
    settle: Duration,
    looked: bool,
    /// What was reported last as held back.
    held: Vec<Held>,
    reported: Option<(State, bool)>,
}

/// How to rest between looks.
struct Rest<'a> {
    deadline: Instant,
    wake: &'a Notify,
    pause: Duration,
}

impl Folder {
    fn new(watched: Watched, seen: Seen) -> Self {
        let (settle, _) = patience(&watched, false);
        Self {
            watched,
            seen,
            state: State::Online,
            before: None,
            unmarked: None,
            mounts: BTreeSet::new(),
            unseen: BTreeMap::new(),
            irregular: BTreeSet::new(),
            settle,
            looked: false,
            held: Vec::new(),
            reported: None,
        }
    }

    /// What a look means, and when to look again.
    fn compare(&mut self, glance: Glance, now: Instant) -> (Sight, Instant) {
        let (settle, rescan) = patience(&self.watched, glance.polled);
        self.settle = settle;
        let mut listing = match glance.listing {
            Ok(listing) => listing,
            Err(error) => {
                return (self.absent(offline(error), now), now + rescan.min(ABSENCE));
            }
        };
        self.recognise(&listing, glance.marker);
        self.miss_mounts(&mut listing);
        self.tell_irregular(&listing);
        self.remember_unseen(&listing, now);
        let withdraw = self.state == State::Online;
        let first = !std::mem::replace(&mut self.looked, true);
        let look = self.seen.look(&listing, first, Patience { settle, withdraw }, now);
        let rescan = if withdraw { rescan } else { rescan.min(ABSENCE) };
        let soon = glance.again.then(|| now + SWARM);
        let next = look.next.into_iter().chain(soon).fold(now + rescan, Instant::min);
        // Never at once: a look that brings nothing must not spin.
        (self.sight(look, now), next.max(now + Duration::from_millis(20)))
    }

    /// Whether this is the folder that was watched; marks it if so.
    fn recognise(&mut self, listing: &Listing, marker: bool) {
        let Some(identity) = listing.folders.get(&self.watched.path).copied() else { return };
        let (known, present) = self.seen.known_and_present(listing);
        let found = Found { identity, marker, known, present };
        if judge(self.before, &found) == Presence::Doubtful {
            self.state = State::Offline(Offline::Replaced);
            return;
        }
        self.state = State::Online;
        self.before = Some(identity);
        // Not before a file that was read lies in it: the empty mount point of a share that is away
        // at the very first start must not be taken for the share ever after.
        if !marker && present > 0 && self.unmarked != Some(identity) {
            self.unmarked = Some(identity);
            if let Err(error) = presence::leave_marker(&self.watched.path) {
                let path = names::shown(&self.watched.path);
                debug!("no marker in {path}: {error}; known by its device and files alone");
            }
        }
    }

    /// A folder that was a mount point and is none any more hides its files; they are not gone.
    fn miss_mounts(&mut self, listing: &mut Listing) {
        let is_mount = |path: &Path| {
            let device = listing.folders.get(path)?.dev;
            let above = listing.folders.get(path.parent()?)?.dev;
            Some(device != above)
        };
        let mounted = listing.folders.keys().filter(|path| is_mount(path) == Some(true));
        self.mounts.extend(mounted.cloned());
        let missed: Vec<_> =
            self.mounts.iter().filter(|path| is_mount(path) == Some(false)).cloned().collect();
        listing.unseen.extend(missed.into_iter().map(|path| (path, Obstacle::Unmounted)));
    }

    /// Says once of each link, FIFO, socket or device that it is left alone.
    fn tell_irregular(&mut self, listing: &Listing) {
        self.irregular.retain(|path| listing.irregular.contains(path));
        for path in &listing.irregular {
            if self.irregular.insert(path.clone()) {
                warn!(
                    "{} is no regular file (a link, FIFO, socket or device): not read",
                    names::shown(path)
                );
            }
        }
    }

    fn remember_unseen(&mut self, listing: &Listing, now: Instant) {
        self.unseen.retain(|path, _| listing.unseen.contains_key(path));
        for (path, obstacle) in &listing.unseen {
            let since = self.unseen.get(path).map_or(now, |(_, since)| *since);
            self.unseen.insert(path.clone(), (obstacle.clone(), since));
        }
    }

    fn sight(&self, look: Look, now: Instant) -> Sight {
        let unseen = self.unseen.iter().map(|(path, (obstacle, since))| Held {
            path: path.clone(),
            obstacle: obstacle.clone(),
            modified_at: None,
            since: *since,
            next: None,
        });
        Sight {
            folder: self.watched.path.clone(),
            state: self.state.clone(),
            settled: look.settled,
            gone: look.gone,
            held: self.seen.held(now).into_iter().chain(unseen).collect(),
            starting: self.seen.is_starting(),
        }
    }

    /// The folder is not there: nothing new is known about its files.
    fn absent(&mut self, why: Offline, now: Instant) -> Sight {
        self.state = State::Offline(why);
        self.sight(Look::default(), now)
    }

    /// Whether a sight says anything new; remembers what was said.
    fn is_news(&mut self, sight: &Sight) -> bool {
        let held = self.held != sight.held;
        let report = (sight.state.clone(), sight.starting);
        let state = self.reported.as_ref() != Some(&report);
        self.held.clone_from(&sight.held);
        self.reported = Some(report);
        held || state || !sight.settled.is_empty() || !sight.gone.is_empty()
    }

    /// Waits for the deadline or an event, and takes answers meanwhile. `None`: it is over.
    async fn rest(
        &mut self,
        rest: Rest<'_>,
        answers: &mut mpsc::UnboundedReceiver<Answer>,
        sights: &mpsc::Sender<Sight>,
    ) -> Option<()> {
        let mut deadline = rest.deadline;
        loop {
            tokio::select! {
                () = sleep_until(deadline.into()) => return Some(()),
                () = rest.wake.notified() => {
                    sleep(rest.pause).await;
                    return Some(());
                }
                () = sights.closed() => return None,
                answer = answers.recv() => {
                    let now = clock::instant();
                    let mut next = self.hear(answer?, now);
                    while let Ok(answer) = answers.try_recv() {
                        next = next.into_iter().chain(self.hear(answer, now)).min();
                    }
                    deadline = next.map_or(deadline, |next| deadline.min(next));
                    let sight = self.sight(Look::default(), now);
                    if self.is_news(&sight) {
                        sights.send(sight).await.ok()?;
                    }
                }
            }
        }
    }

    /// Takes an answer; returns when to look because of it.
    fn hear(&mut self, answer: Answer, now: Instant) -> Option<Instant> {
        let Answer { file, outcome } = answer;
        match outcome {
            Outcome::Done => self.seen.done(&file.path, &file.stamp),
            Outcome::Moved => self.seen.forget(&file.path),
            Outcome::Held(obstacle) => {
                return self.seen.hold(&file.path, &file.stamp, obstacle, now);
            }
            Outcome::Again(why, after) => {
                self.seen.again(&file.path, &file.stamp, why, now + after);
                return Some(now + after);
            }
        }
        None
    }
}

/// Why a folder cannot be opened.
fn offline(error: Errno) -> Offline {
    match error {
        Errno::NOENT => Offline::Missing,
        Errno::NOTDIR => Offline::NotAFolder,
        other => Offline::Refused(std::io::Error::from(other).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Fixture {
        root: tempfile::TempDir,
        sights: mpsc::Receiver<Sight>,
        answers: mpsc::UnboundedSender<Answer>,
    }

    impl Fixture {
        /// Watches `drop` in a new folder.
        fn start(events: bool, rescan: Duration) -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("drop")).unwrap();
            let watched = Watched {
                path: root.path().join("drop"),
                settle: Some(Duration::from_millis(50)),
                rescan: Some(rescan),
                events,
                leave_out: Vec::new(),
                last_look: super::super::LastLook::default(),
            };
            let (send_sights, sights) = mpsc::channel(16);
            let (answers, take_answers) = mpsc::unbounded_channel();
            tokio::spawn(start(watched, BTreeMap::new(), send_sights, take_answers));
            Self { root, sights, answers }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.root.path().join("drop").join(name)
        }

        async fn until(&mut self, what: impl Fn(&Sight) -> bool) -> Sight {
            let wait = async {
                loop {
                    let sight = self.sights.recv().await.expect("the task goes on");
                    if what(&sight) {
                        return sight;
                    }
                }
            };
            tokio::time::timeout(Duration::from_secs(20), wait).await.expect("nothing was seen")
        }

        async fn settled(&mut self) -> super::super::Settled {
            let sight = self.until(|sight| !sight.settled.is_empty()).await;
            sight.settled.into_iter().next().unwrap()
        }
    }

    const DAY: Duration = Duration::from_secs(86_400);
    const SHORT: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn files_are_found_by_events_alone_also_in_new_folders() {
        let mut watch = Fixture::start(true, DAY);
        watch.until(|sight| !sight.starting).await;
        fs::write(watch.path("a.txt"), "x").unwrap();
        assert_eq!(watch.settled().await.path, watch.path("a.txt"));
        fs::create_dir(watch.path("new")).unwrap();
        fs::write(watch.path("new/b.txt"), "x").unwrap();
        assert_eq!(watch.settled().await.path, watch.path("new/b.txt"));
    }

    /// B2.
    #[tokio::test]
    async fn files_are_found_by_looking_alone() {
        let mut watch = Fixture::start(false, SHORT);
        watch.until(|sight| !sight.starting).await;
        fs::write(watch.path("a.txt"), "x").unwrap();
        assert_eq!(watch.settled().await.path, watch.path("a.txt"));
        fs::remove_file(watch.path("a.txt")).unwrap();
        let sight = watch.until(|sight| !sight.gone.is_empty()).await;
        assert_eq!(sight.gone, [watch.path("a.txt")]);
    }

    /// B14.
    #[tokio::test]
    async fn a_folder_taken_away_and_brought_back_loses_nothing() {
        let mut watch = Fixture::start(true, SHORT);
        fs::write(watch.path("a.txt"), "x").unwrap();
        watch.settled().await;
        let away = watch.root.path().join("away");
        fs::rename(watch.path(""), &away).unwrap();
        let missing = State::Offline(Offline::Missing);
        let sight = watch.until(|sight| sight.state == missing).await;
        assert!(sight.gone.is_empty());
        fs::create_dir(watch.path("")).unwrap();
        let replaced = State::Offline(Offline::Replaced);
        let sight = watch.until(|sight| sight.state == replaced).await;
        assert!(sight.gone.is_empty());
        fs::remove_dir(watch.path("")).unwrap();
        fs::rename(&away, watch.path("")).unwrap();
        let sight = watch.until(|sight| sight.state == State::Online).await;
        assert!(sight.gone.is_empty());
        fs::write(watch.path("b.txt"), "x").unwrap();
        assert_eq!(watch.settled().await.path, watch.path("b.txt"));
    }

    #[tokio::test]
    async fn a_folder_is_marked_once_a_file_in_it_was_read_and_not_while_it_may_be_a_mount_point() {
        let mut watch = Fixture::start(true, SHORT);
        watch.until(|sight| !sight.starting).await;
        fs::create_dir(watch.path("inner")).unwrap();
        fs::write(watch.path("inner/a.txt"), "x").unwrap();
        assert!(!watch.path(presence::MARKER).exists());
        let file = watch.settled().await;
        watch.answers.send(Answer { file, outcome: Outcome::Done }).unwrap();
        let marked = async {
            while !watch.path(presence::MARKER).exists() {
                sleep(SHORT).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), marked).await.expect("no marker");
    }

    /// B8.
    #[tokio::test]
    async fn what_cannot_be_taken_is_reported_with_the_reason_until_it_is() {
        let mut watch = Fixture::start(true, SHORT);
        fs::write(watch.path("a.txt"), "x").unwrap();
        let file = watch.settled().await;
        let outcome = Outcome::Held(Obstacle::Busy("EBUSY"));
        watch.answers.send(Answer { file: file.clone(), outcome }).unwrap();
        let sight = watch.until(|sight| !sight.held.is_empty()).await;
        assert_eq!(sight.held[0].obstacle, Obstacle::Busy("EBUSY"));
        let outcome = Outcome::Again(None, Duration::ZERO);
        watch.answers.send(Answer { file, outcome }).unwrap();
        let file = watch.settled().await;
        watch.answers.send(Answer { file, outcome: Outcome::Done }).unwrap();
        watch.until(|sight| sight.held.is_empty()).await;
    }
}
