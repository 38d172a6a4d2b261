//! What the folders report, put together: which files are next, which wait and why, which folders
//! are away, and when the first scan is over. State without I/O; the daemon acts on it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::pulse::FolderPulse;
use crate::store::{Condition, ConditionKind, Waiting, WaitingFor};
use crate::watch::{Held, LastLook, Obstacle, Offline, Settled, Sight, State};

/// How long a folder may be away before the administrator hears of it.
const AWAY: Duration = Duration::from_secs(15 * 60);

/// All drop folders.
#[derive(Debug, Default)]
pub(super) struct Folders {
    folders: BTreeMap<PathBuf, Folder>,
    /// Paths being worked on.
    in_work: BTreeMap<PathBuf, InWork>,
    /// Paths being worked on that have gone meanwhile.
    gone: BTreeSet<PathBuf>,
    /// Files of the first look that are not dealt with.
    at_start: BTreeSet<PathBuf>,
}

/// A file being worked on.
#[derive(Debug)]
struct InWork {
    folder: PathBuf,
    size: u64,
    /// What was seen at its path since.
    later: Option<Settled>,
}

/// What may be in work at the same time: so many files in any case, more as long as they are small.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) readers: usize,
    pub(super) files: usize,
    pub(super) bytes: u64,
}

impl Room {
    /// What is left for each of so many folders.
    fn shared_by(self, folders: usize) -> Self {
        let folders = folders.max(1);
        Self {
            readers: self.readers.div_ceil(folders),
            files: self.files.div_ceil(folders),
            bytes: self.bytes / u64::try_from(folders).unwrap_or(u64::MAX),
        }
    }
}

#[derive(Debug, Default)]
struct Folder {
    queue: VecDeque<Settled>,
    /// How many of its files are being worked on, and how large they are together.
    in_work: (usize, u64),
    reported: bool,
    starting: bool,
    away: Option<Away>,
    held: Vec<Held>,
}

#[derive(Debug, Clone)]
struct Away {
    why: Offline,
    since: (Instant, Timestamp),
    raised: bool,
}

/// What a report of a folder changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The folder went away.
    Away(Offline),
    /// The folder is back.
    Back,
}

impl Folders {
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let folders = paths.iter().map(|path| (path.clone(), Folder::default())).collect();
        Self { folders, ..Self::default() }
    }

    /// Takes in what a folder reports.
    pub(super) fn take_in(&mut self, sight: Sight, now: (Instant, Timestamp)) -> Option<Change> {
        self.at_start.extend(
            sight.settled.iter().filter(|file| file.at_start).map(|file| file.path.clone()),
        );
        let folder = self.folders.entry(sight.folder).or_default();
        folder.queue.extend(sight.settled);
        folder.reported = true;
        folder.starting = sight.starting && sight.state == State::Online;
        folder.held = sight.held;
        match (sight.state, &folder.away) {
            (State::Online, Some(_)) => {
                folder.away = None;
                Some(Change::Back)
            }
            (State::Offline(why), before) if before.as_ref().is_none_or(|b| b.why != why) => {
                let since = before.as_ref().map_or(now, |before| before.since);
                let raised = before.as_ref().is_some_and(|before| before.raised);
                folder.away = Some(Away { why: why.clone(), since, raised });
                Some(Change::Away(why))
            }
            _ => None,
        }
    }

    /// The next file to work on, of the folder of which fewest are in work. A folder that hangs keeps no
    /// more than its share of the room. A path is worked on once at a time, so that its contents are
    /// recorded in the order in which they were seen.
    pub(super) fn next(&mut self, room: Room) -> Option<Settled> {
        let share = room.shared_by(self.folders.len());
        let has_next = |(_, folder): &(&PathBuf, &mut Folder)| {
            !folder.queue.is_empty() && folder.has_room(share)
        };
        loop {
            let able = self.folders.iter_mut().filter(has_next);
            let (path, folder) = able.min_by_key(|(_, folder)| folder.in_work)?;
            let file = folder.queue.pop_front()?;
            if let Some(busy) = self.in_work.get_mut(&file.path) {
                busy.later = Some(file);
                continue;
            }
            let size = file.stamp.size;
            folder.in_work = (folder.in_work.0 + 1, folder.in_work.1.saturating_add(size));
            let begun = InWork { folder: path.clone(), size, later: None };
            self.in_work.insert(file.path.clone(), begun);
            return Some(file);
        }
    }

    /// The work on a file has ended. Returns whether the file has gone meanwhile.
    pub(super) fn finish(&mut self, path: &Path) -> bool {
        self.at_start.remove(path);
        let has_gone = self.gone.remove(path);
        let Some(done) = self.in_work.remove(path) else { return has_gone };
        let Some(folder) = self.folders.get_mut(&done.folder) else { return has_gone };
        let (files, bytes) = folder.in_work;
        folder.in_work = (files.saturating_sub(1), bytes.saturating_sub(done.size));
        let Some(later) = done.later else { return has_gone };
        folder.queue.push_front(later);
        false
    }

    /// Files that have gone, without those being worked on: what is recorded of these comes later,
    /// and would make them present again.
    pub(super) fn put_off_those_in_work(&mut self, mut gone: Vec<PathBuf>) -> Vec<PathBuf> {
        self.gone.extend(gone.extract_if(.., |path| self.in_work.contains_key(path)));
        gone
    }

    /// The folder a path lies in.
    pub(super) fn folder_of(&self, path: &Path) -> Option<&Path> {
        self.folders.keys().map(PathBuf::as_path).find(|folder| path.starts_with(folder))
    }

    /// Whether everything that was there at the start has been dealt with, as far as it can be.
    pub(super) fn first_scan_is_over(&self) -> bool {
        self.at_start.is_empty()
            && self.folders.values().all(|folder| folder.reported && !folder.starting)
    }

    /// The files that wait, for the database.
    pub(super) fn waiting(&self, now: (Instant, Timestamp)) -> Vec<Waiting> {
        self.folders.values().flat_map(|folder| &folder.held).map(|held| row(held, now)).collect()
    }

    /// Whether files wait.
    pub(super) fn has_waiting(&self) -> bool {
        self.folders.values().any(|folder| !folder.held.is_empty())
    }

    /// The folders that have been away long enough for the administrator to hear of it; each once.
    pub(super) fn long_away(&mut self, now: Instant) -> Vec<Condition> {
        let long_ago = |since| now.saturating_duration_since(since) >= AWAY;
        let mut conditions = Vec::new();
        for (path, folder) in &mut self.folders {
            if let Some(away) = &mut folder.away
                && !away.raised
                && long_ago(away.since.0)
            {
                away.raised = true;
                conditions.push(Condition {
                    kind: ConditionKind::ShareOffline,
                    about: crate::watch::names::shown(path),
                    detail: away.why.to_string(),
                    since: away.since.1,
                });
            }
        }
        conditions
    }

    /// What is told of each folder; `looks`: the last look at each.
    pub(super) fn pulse(&self, looks: &BTreeMap<PathBuf, LastLook>) -> Vec<FolderPulse> {
        let pulse = |(path, folder): (&PathBuf, &Folder)| {
            let looked = looks.get(path).and_then(LastLook::get);
            let away = folder.away.as_ref();
            FolderPulse {
                path: crate::watch::names::shown(path),
                online: away.is_none() && looked.is_some(),
                why: match (away, &looked) {
                    (Some(away), _) => Some(away.why.to_string()),
                    (None, None) => Some("it has not been looked at yet".into()),
                    (None, Some(_)) => None,
                },
                offline_since: away.map(|away| away.since.1.to_string()),
                mode: looked.as_ref().map(|looked| looked.mode.clone()),
                last_scan_at: looked.as_ref().map(|looked| looked.at.to_string()),
                files: looked.map(|looked| looked.files),
                waiting: folder.held.len(),
            }
        };
        self.folders.iter().map(pulse).collect()
    }

    /// Files to be read, and files being read.
    pub(super) fn work(&self) -> (usize, usize) {
        (self.folders.values().map(|folder| folder.queue.len()).sum(), self.in_work.len())
    }

    /// One line for `systemctl status`.
    pub(super) fn status(&self) -> String {
        let away = self.folders.values().filter(|folder| folder.away.is_some()).count();
        let waiting: usize = self.folders.values().map(|folder| folder.held.len()).sum();
        let (queued, in_work) = self.work();
        let queued = queued + in_work;
        let folders = self.folders.len();
        format!("{folders} folders ({away} away), {queued} files to read, {waiting} waiting")
    }
}

impl Folder {
    fn has_room(&self, share: Room) -> bool {
        let (files, bytes) = self.in_work;
        files < share.readers || (files < share.files && bytes < share.bytes)
    }
}

fn row(held: &Held, (instant, now): (Instant, Timestamp)) -> Waiting {
    let ago = SignedDuration::try_from(instant.saturating_duration_since(held.since));
    let wait = |next: Instant| SignedDuration::try_from(next.saturating_duration_since(instant));
    Waiting {
        path: held.path.clone(),
        state: match held.obstacle {
            Obstacle::Changing => WaitingFor::Settling,
            Obstacle::Empty | Obstacle::Incomplete(_) | Obstacle::TooLarge(_) => {
                WaitingFor::Incomplete
            }
            Obstacle::Permission(_) => WaitingFor::Permission,
            Obstacle::Busy(_) | Obstacle::Io(_) | Obstacle::Unmounted => WaitingFor::Locked,
            Obstacle::Reader(_) | Obstacle::Ours(_) => WaitingFor::Reader,
        },
        reason: held.obstacle.for_people(),
        detail: Some(held.obstacle.to_string()),
        modified_at: held.modified_at,
        since: ago.ok().and_then(|ago| now.checked_sub(ago).ok()).unwrap_or(now),
        next_try_at: held
            .next
            .and_then(|next| wait(next).ok())
            .and_then(|wait| now.checked_add(wait).ok()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::clock;
    use crate::watch::Stamp;

    fn settled(path: &str, size: u64, at_start: bool) -> Settled {
        let stamp = Stamp { dev: 1, ino: 1, size, mtime_ns: 0, ctime_ns: 0 };
        Settled { path: PathBuf::from(path), stamp, at_start }
    }

    fn sight(settled: Vec<Settled>, state: State, starting: bool) -> Sight {
        let folder = PathBuf::from("/drop");
        Sight { folder, state, settled, gone: Vec::new(), held: Vec::new(), starting }
    }

    fn folders() -> Folders {
        Folders::new(&[PathBuf::from("/drop")])
    }

    const ROOM: Room = Room { readers: 2, files: 8, bytes: 100 };

    impl Folders {
        fn next_of_all(&mut self) -> Option<Settled> {
            self.next(Room { readers: 100, files: 100, bytes: 100 })
        }
    }

    /// Two folders; the files of one are never done, as on a share that hangs.
    #[test]
    fn a_folder_that_hangs_leaves_room_for_the_others() {
        let mut folders = Folders::new(&["/drop", "/other"].map(PathBuf::from));
        let many = |folder: &str, size| {
            let files = (0..20).map(|n| settled(&format!("{folder}/{n}"), size, false)).collect();
            Sight { folder: folder.into(), ..sight(files, State::Online, false) }
        };
        folders.take_in(many("/drop", 1), at(0));
        let mut hangs = 0;
        while folders.next(ROOM).is_some() {
            hangs += 1;
        }
        assert_eq!(hangs, 4, "half of the room");
        folders.take_in(many("/other", 1000), at(0));
        for _ in 0..20 {
            let file = folders.next(ROOM).unwrap();
            assert!(file.path.starts_with("/other"));
            assert_eq!(folders.next(ROOM), None, "large files are read one by one");
            folders.finish(&file.path);
        }
    }

    /// So many seconds after the test began, by both clocks.
    fn at(seconds: u32) -> (Instant, Timestamp) {
        static BEGUN: LazyLock<Instant> = LazyLock::new(clock::instant);
        let elapsed = Duration::from_secs(seconds.into());
        (*BEGUN + elapsed, Timestamp::from_second(seconds.into()).unwrap())
    }

    #[test]
    fn a_path_is_worked_on_once_at_a_time_and_its_newest_content_last() {
        let mut folders = folders();
        let files = vec![settled("/drop/a", 1, false), settled("/drop/b", 1, false)];
        folders.take_in(sight(files, State::Online, false), at(0));
        assert_eq!(folders.next_of_all().unwrap().path, Path::new("/drop/a"));
        for size in [2, 3] {
            let again = vec![settled("/drop/a", size, false)];
            folders.take_in(sight(again, State::Online, false), at(0));
        }
        assert_eq!(folders.next_of_all().unwrap().path, Path::new("/drop/b"));
        assert_eq!(folders.next_of_all(), None);
        folders.finish(Path::new("/drop/a"));
        assert_eq!(folders.next_of_all().unwrap().stamp.size, 3);
        assert_eq!(folders.next_of_all(), None);
    }

    #[test]
    fn a_file_that_goes_while_it_is_read_is_withdrawn_once_it_is_recorded() {
        let mut folders = folders();
        let files = vec![settled("/drop/a", 1, false), settled("/drop/b", 1, false)];
        folders.take_in(sight(files, State::Online, false), at(0));
        let path = folders.next_of_all().unwrap().path;
        let gone = vec![path.clone(), PathBuf::from("/drop/c")];
        assert_eq!(folders.put_off_those_in_work(gone), [Path::new("/drop/c")]);
        assert!(folders.finish(&path), "gone");
        let path = folders.next_of_all().unwrap().path;
        assert_eq!(folders.put_off_those_in_work(vec![path.clone()]), Vec::<PathBuf>::new());
        let back = vec![settled("/drop/b", 2, false)];
        folders.take_in(sight(back, State::Online, false), at(0));
        assert_eq!(folders.next_of_all(), None);
        assert!(!folders.finish(&path), "gone and back");
    }

    #[test]
    fn the_first_scan_is_over_when_all_that_was_there_has_been_dealt_with() {
        let mut folders = folders();
        assert!(!folders.first_scan_is_over(), "nothing has been reported");
        folders.take_in(sight(vec![], State::Online, true), at(0));
        assert!(!folders.first_scan_is_over(), "files are settling");
        let files = vec![settled("/drop/a", 1, true), settled("/drop/b", 1, false)];
        folders.take_in(sight(files, State::Online, false), at(3));
        assert!(!folders.first_scan_is_over(), "a file is to be read");
        while let Some(file) = folders.next_of_all() {
            assert!(!folders.first_scan_is_over());
            folders.finish(&file.path);
            if file.at_start {
                break;
            }
        }
        assert!(folders.first_scan_is_over());
    }

    #[test]
    fn a_folder_that_is_away_holds_up_no_first_scan_and_is_raised_once_after_a_while() {
        let mut folders = folders();
        let away = || sight(vec![], State::Offline(Offline::Missing), true);
        assert_eq!(folders.take_in(away(), at(0)), Some(Change::Away(Offline::Missing)));
        assert_eq!(folders.take_in(away(), at(10)), None);
        assert!(folders.first_scan_is_over());
        assert!(folders.long_away(at(899).0).is_empty());
        let raised = folders.long_away(at(900).0);
        assert_eq!((raised.len(), raised[0].since), (1, at(0).1));
        assert!(folders.long_away(at(2000).0).is_empty());
        let back = sight(vec![], State::Online, false);
        assert_eq!(folders.take_in(back, at(3000)), Some(Change::Back));
        assert!(folders.long_away(at(9000).0).is_empty());
    }
}
