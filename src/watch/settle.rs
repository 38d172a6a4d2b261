//! When a file is ready: pure. What was seen before, what is there now and the time go in; settled
//! and vanished files come out. No disk, no clock, no events.
//!
//! A file has settled when two looks at least `settle` apart found the same [`Stamp`] and some bytes.
//! It is then handed over once. If it cannot be taken, [`Seen::hold`] makes it wait 1, 2, 4 … 60
//! minutes, without limit; a changed stamp starts over at once. A file that is missing for `settle` is
//! gone: programs that save by renaming leave gaps.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Stamp;
use super::obstacle::{Held, Obstacle};
use super::scan::Listing;

/// The longest a waiting file is left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// A file that settles is worth telling about when it has been changing for this long.
const LONG_CHANGING: Duration = Duration::from_secs(60);

/// Every file of one folder, as the last look left it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    files: HashMap<PathBuf, File>,
}

#[derive(Debug, Clone)]
struct File {
    stamp: Stamp,
    /// First look at the file, whatever its stamp.
    appeared: Instant,
    /// First look at this stamp.
    since: Instant,
    /// First look that missed it.
    missing: Option<Instant>,
    /// It was so at the first look after the start.
    at_start: bool,
    /// Why it could not be taken, and how often this stamp has been tried.
    obstacle: Option<(Obstacle, u32)>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its stamp is still on probation.
    Settling,
    /// Not before this time.
    Held { until: Instant },
    /// Handed over, or read before the start.
    Done,
}

/// A file that is ready to be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settled {
    /// Where.
    pub path: PathBuf,
    /// As what.
    pub stamp: Stamp,
    /// It was there, and like this, at the first look after the start.
    pub at_start: bool,
}

/// What one look makes of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Files that have become ready, each once.
    pub settled: Vec<Settled>,
    /// Files that had been handed over and are gone.
    pub gone: Vec<PathBuf>,
    /// When the next look can bring something without anything changing.
    pub next: Option<Instant>,
}

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a stamp must stand still.
    pub settle: Duration,
    /// Whether what is missing may be concluded to be gone; not while the folder is in doubt.
    pub withdraw: bool,
}

impl Seen {
    /// A memory of files that were read before the start, so that they are not read again.
    pub fn with_known(known: impl IntoIterator<Item = (PathBuf, Stamp)>, now: Instant) -> Self {
        let done = |stamp| File { state: State::Done, ..File::new(stamp, now) };
        Self { files: known.into_iter().map(|(path, stamp)| (path, done(stamp))).collect() }
    }

    /// How many files were handed over or known, and how many of them are in the listing.
    pub fn known_and_present(&self, listing: &Listing) -> (usize, usize) {
        let known = self.files.iter().filter(|(_, file)| file.state == State::Done);
        let present = known.clone().filter(|(path, _)| listing.files.contains_key(*path)).count();
        (known.count(), present)
    }

    /// Compares a listing with what was seen before.
    pub fn look(&mut self, listing: &Listing, first: bool, how: Patience, now: Instant) -> Look {
        let mut look = Look::default();
        for (path, stamp) in &listing.files {
            let file = match self.files.get_mut(path) {
                Some(file) => file,
                None => self.files.entry(path.clone()).or_insert(File::new(*stamp, now)),
            };
            file.see(*stamp, now);
            file.at_start |= first;
            if file.is_ready(how.settle, now) {
                file.state = State::Done;
                let at_start = file.at_start;
                look.settled.push(Settled { path: path.clone(), stamp: *stamp, at_start });
            }
            look.wake_at(file.next_look(how.settle));
        }
        if how.withdraw {
            self.look_for_gone(listing, how.settle, now, &mut look);
        }
        look.settled.sort();
        look.gone.sort();
        look
    }

    fn look_for_gone(
        &mut self,
        listing: &Listing,
        settle: Duration,
        now: Instant,
        look: &mut Look,
    ) {
        self.files.retain(|path, file| {
            if listing.files.contains_key(path) || is_unseen(path, listing) {
                return true;
            }
            let missing = *file.missing.get_or_insert(now);
            if now.duration_since(missing) < settle {
                look.wake_at(Some(missing + settle));
                return true;
            }
            if file.state == State::Done {
                look.gone.push(path.clone());
            }
            false
        });
    }

    /// A file that was handed over could not be taken: it waits until the time returned. Nothing
    /// happens if it has changed since.
    pub fn hold(
        &mut self,
        path: &Path,
        stamp: &Stamp,
        obstacle: Obstacle,
        now: Instant,
    ) -> Option<Instant> {
        let file = self.files.get_mut(path).filter(|file| file.stamp == *stamp)?;
        let tries = file.obstacle.take().map_or(0, |(_, tries)| tries);
        let until = now + wait(tries);
        file.state = State::Held { until };
        file.obstacle = Some((obstacle, tries.saturating_add(1)));
        Some(until)
    }

    /// A file that was handed over has been dealt with.
    pub fn done(&mut self, path: &Path, stamp: &Stamp) {
        if let Some(file) = self.files.get_mut(path).filter(|file| file.stamp == *stamp) {
            file.obstacle = None;
        }
    }

    /// A file that was handed over is handed over again, not before `until`. Without a reason of
    /// its own, it goes on waiting for the one before, if there was one.
    pub fn again(&mut self, path: &Path, stamp: &Stamp, why: Option<Obstacle>, until: Instant) {
        if let Some(file) = self.files.get_mut(path).filter(|file| file.stamp == *stamp) {
            file.state = State::Held { until };
            file.obstacle = why.map(|why| (why, 0)).or(file.obstacle.take());
        }
    }

    /// Whether files that the first look found are still on probation.
    pub fn is_starting(&self) -> bool {
        let settling = |file: &File| file.state == State::Settling && file.stamp.size > 0;
        self.files.values().any(|file| file.at_start && settling(file))
    }

    /// A file that was handed over was moved away by gouji itself: nothing to conclude from that.
    pub fn forget(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// The files that are there and cannot be taken, with the reason.
    pub fn held(&self, now: Instant) -> Vec<Held> {
        let held = |(path, file): (&PathBuf, &File)| {
            let obstacle = file.why_held(now)?;
            let next = match file.state {
                State::Held { until } => Some(until),
                State::Settling | State::Done => None,
            };
            let modified_at = file.stamp.modified_at();
            Some(Held { path: path.clone(), obstacle, modified_at, since: file.appeared, next })
        };
        let mut held: Vec<Held> = self.files.iter().filter_map(held).collect();
        held.sort_by(|a, b| a.path.cmp(&b.path));
        held
    }
}

impl Look {
    fn wake_at(&mut self, at: Option<Instant>) {
        self.next = match (self.next, at) {
            (Some(next), Some(at)) => Some(next.min(at)),
            (next, at) => next.or(at),
        };
    }
}

impl File {
    fn new(stamp: Stamp, now: Instant) -> Self {
        Self {
            stamp,
            appeared: now,
            since: now,
            missing: None,
            at_start: false,
            obstacle: None,
            state: State::Settling,
        }
    }

    fn see(&mut self, stamp: Stamp, now: Instant) {
        self.missing = None;
        if self.stamp != stamp {
            if self.state == State::Done {
                self.appeared = now;
            }
            self.stamp = stamp;
            self.since = now;
            self.at_start = false;
            self.obstacle = None;
            self.state = State::Settling;
        }
    }

    fn is_ready(&self, settle: Duration, now: Instant) -> bool {
        let looked_twice = now > self.since;
        match self.state {
            State::Settling => {
                self.stamp.size > 0 && looked_twice && now.duration_since(self.since) >= settle
            }
            State::Held { until } => now >= until,
            State::Done => false,
        }
    }

    fn next_look(&self, settle: Duration) -> Option<Instant> {
        match self.state {
            State::Settling if self.stamp.size > 0 => Some(self.since + settle),
            State::Settling | State::Done => None,
            State::Held { until } => Some(until),
        }
    }

    fn why_held(&self, now: Instant) -> Option<Obstacle> {
        if let Some((obstacle, _)) = &self.obstacle {
            return Some(obstacle.clone());
        }
        let long = now.duration_since(self.appeared) >= LONG_CHANGING;
        match self.state {
            State::Settling if self.stamp.size == 0 && long => Some(Obstacle::Empty),
            State::Settling if long => Some(Obstacle::Changing),
            _ => None,
        }
    }
}

/// Whether a path lies in (or is) something that could not be listed.
fn is_unseen(path: &Path, listing: &Listing) -> bool {
    !listing.unseen.is_empty() && path.ancestors().any(|above| listing.unseen.contains_key(above))
}

/// 1, 2, 4 … 60 minutes.
fn wait(tries: u32) -> Duration {
    let minutes = 1_u64.checked_shl(tries).unwrap_or(u64::MAX);
    Duration::from_secs(minutes.saturating_mul(60)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTLE: Duration = Duration::from_secs(3);
    const HOW: Patience = Patience { settle: SETTLE, withdraw: true };

    fn stamp(size: u64, mtime: i128) -> Stamp {
        Stamp { dev: 1, ino: 2, size, mtime_ns: mtime, ctime_ns: mtime }
    }

    fn listing(files: &[(&str, Stamp)]) -> Listing {
        let files = files.iter().map(|(name, stamp)| (PathBuf::from(name), *stamp)).collect();
        Listing { files, ..Listing::default() }
    }

    fn paths(look: &Look) -> Vec<&str> {
        look.settled.iter().map(|settled| settled.path.to_str().unwrap()).collect()
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// B5.
    #[test]
    fn a_file_settles_once_when_it_stood_still() {
        let start = Instant::now();
        let mut seen = Seen::default();
        let there = listing(&[("a", stamp(9, 1))]);
        let first = seen.look(&there, false, HOW, start);
        assert_eq!((paths(&first), first.next), (vec![], Some(start + SETTLE)));
        assert!(paths(&seen.look(&there, false, HOW, after(start, 2))).is_empty());
        assert_eq!(paths(&seen.look(&there, false, HOW, after(start, 3))), ["a"]);
        let last = seen.look(&there, false, HOW, after(start, 60));
        assert_eq!((paths(&last), last.next), (vec![], None));
    }

    #[test]
    fn one_look_is_never_enough_even_without_settling_time() {
        let start = Instant::now();
        let how = Patience { settle: Duration::ZERO, withdraw: true };
        let mut seen = Seen::default();
        let there = listing(&[("a", stamp(9, 1))]);
        assert!(paths(&seen.look(&there, false, how, start)).is_empty());
        assert_eq!(paths(&seen.look(&there, false, how, after(start, 1))), ["a"]);
    }

    /// B4, B7.
    #[test]
    fn every_change_starts_over_and_a_later_one_hands_it_over_again() {
        let start = Instant::now();
        let mut seen = Seen::default();
        for second in 0..20 {
            let growing = listing(&[("a", stamp(second + 1, i128::from(second)))]);
            assert!(paths(&seen.look(&growing, false, HOW, after(start, second))).is_empty());
        }
        let whole = listing(&[("a", stamp(20, 19))]);
        assert_eq!(paths(&seen.look(&whole, false, HOW, after(start, 22))), ["a"]);
        // The same size and modification time: only the change time tells.
        let mut edited = stamp(20, 19);
        edited.ctime_ns = 30;
        let edited = listing(&[("a", edited)]);
        assert!(paths(&seen.look(&edited, false, HOW, after(start, 30))).is_empty());
        assert_eq!(paths(&seen.look(&edited, false, HOW, after(start, 33))), ["a"]);
    }

    #[test]
    fn an_empty_file_never_settles_and_is_told_about_after_a_minute() {
        let start = Instant::now();
        let mut seen = Seen::default();
        let there = listing(&[("a", stamp(0, 1))]);
        seen.look(&there, false, HOW, start);
        assert!(paths(&seen.look(&there, false, HOW, after(start, 3600))).is_empty());
        assert!(seen.held(after(start, 10)).is_empty());
        let held = seen.held(after(start, 3600));
        assert_eq!(held.len(), 1);
        assert_eq!((&held[0].obstacle, held[0].since), (&Obstacle::Empty, start));
    }

    /// B6.
    #[test]
    fn a_file_that_cannot_be_taken_is_tried_again_ever_more_rarely_and_without_limit() {
        let mut now = Instant::now();
        let mut seen = Seen::default();
        let there = listing(&[("a", stamp(9, 1))]);
        seen.look(&there, false, HOW, now);
        now += SETTLE;
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            assert_eq!(paths(&seen.look(&there, false, HOW, now)), ["a"]);
            seen.hold(Path::new("a"), &stamp(9, 1), Obstacle::Busy("EBUSY"), now);
            let early = now + Duration::from_secs(minutes * 60 - 1);
            let look = seen.look(&there, false, HOW, early);
            assert!(paths(&look).is_empty());
            assert_eq!(look.next, Some(early + Duration::from_secs(1)));
            assert_eq!(seen.held(early)[0].obstacle, Obstacle::Busy("EBUSY"));
            now = early + Duration::from_secs(1);
        }
        assert_eq!(paths(&seen.look(&there, false, HOW, now)), ["a"]);
        seen.done(Path::new("a"), &stamp(9, 1));
        assert!(seen.held(now).is_empty());
    }

    #[test]
    fn a_waiting_file_that_changes_is_tried_at_once() {
        let start = Instant::now();
        let mut seen = Seen::default();
        let half = listing(&[("a", stamp(9, 1))]);
        seen.look(&half, false, HOW, start);
        seen.look(&half, false, HOW, after(start, 3));
        seen.hold(Path::new("a"), &stamp(9, 1), Obstacle::Incomplete("half"), after(start, 3));
        let whole = listing(&[("a", stamp(18, 5))]);
        seen.look(&whole, false, HOW, after(start, 5));
        assert_eq!(paths(&seen.look(&whole, false, HOW, after(start, 8))), ["a"]);
        // An answer about what it was before changes nothing.
        seen.hold(Path::new("a"), &stamp(9, 1), Obstacle::Incomplete("half"), after(start, 9));
        assert!(seen.held(after(start, 10)).is_empty());
    }

    #[test]
    fn known_files_are_not_handed_over_again_but_missed_when_gone() {
        let start = Instant::now();
        let known = [(PathBuf::from("a"), stamp(9, 1)), (PathBuf::from("b"), stamp(9, 1))];
        let mut seen = Seen::with_known(known, start);
        let there = listing(&[("a", stamp(9, 1))]);
        let look = seen.look(&there, true, HOW, start);
        assert!(paths(&look).is_empty() && look.gone.is_empty());
        let look = seen.look(&there, false, HOW, after(start, 3));
        assert!(paths(&look).is_empty());
        assert_eq!(look.gone, [PathBuf::from("b")]);
    }

    #[test]
    fn nothing_is_gone_while_the_folder_is_in_doubt_or_cannot_be_listed() {
        let start = Instant::now();
        let mut seen = Seen::with_known([(PathBuf::from("/d/x/a"), stamp(9, 1))], start);
        let in_doubt = Patience { settle: SETTLE, withdraw: false };
        for second in [0, 100] {
            let look = seen.look(&listing(&[]), false, in_doubt, after(start, second));
            assert!(look.gone.is_empty());
        }
        let mut unlisted = listing(&[]);
        unlisted.unseen.insert(PathBuf::from("/d/x"), Obstacle::Io("EIO"));
        for second in [200, 300] {
            assert!(seen.look(&unlisted, false, HOW, after(start, second)).gone.is_empty());
        }
        seen.look(&listing(&[]), false, HOW, after(start, 400));
        assert_eq!(seen.look(&listing(&[]), false, HOW, after(start, 403)).gone.len(), 1);
    }

    /// B15.
    #[test]
    fn a_file_saved_by_renaming_is_not_taken_for_withdrawn() {
        let start = Instant::now();
        let mut seen = Seen::with_known([(PathBuf::from("a"), stamp(9, 1))], start);
        assert!(seen.look(&listing(&[]), false, HOW, after(start, 1)).gone.is_empty());
        let saved = listing(&[("a", stamp(12, 2))]);
        assert!(seen.look(&saved, false, HOW, after(start, 2)).gone.is_empty());
        assert_eq!(paths(&seen.look(&saved, false, HOW, after(start, 5))), ["a"]);
    }

    proptest! {
        /// Whatever is written when, and whenever one looks: a file is handed over only with the
        /// stamp it has had for `settle`, never twice with the same, and always in the end.
        #[test]
        fn whatever_the_order_of_events_each_content_is_handed_over_once_and_settled(
            steps in proptest::collection::vec((0_u64..5, 0_u64..4, 0_u8..3), 1..60)
        ) {
            let start = Instant::now();
            let mut seen = Seen::default();
            let (mut now, mut size, mut changed, mut there) = (start, 1, start, true);
            let mut handed = Vec::new();
            for (seconds, grown, kind) in steps {
                now += Duration::from_secs(seconds);
                if grown > 0 && there {
                    size += grown;
                    changed = now;
                }
                there ^= kind == 2;
                let files: &[_] = &[("a", stamp(size, 0))];
                let look = seen.look(&listing(if there { files } else { &[] }), false, HOW, now);
                if !look.gone.is_empty() {
                    handed.clear();
                }
                for settled in look.settled {
                    prop_assert!(there && settled.stamp.size == size);
                    prop_assert!(now.duration_since(changed) >= SETTLE);
                    prop_assert!(!handed.contains(&size));
                    handed.push(size);
                }
            }
            let there = listing(&[("a", stamp(size + 1, 0))]);
            seen.look(&there, false, HOW, now + SETTLE);
            let last = seen.look(&there, false, HOW, now + SETTLE * 2);
            prop_assert_eq!(last.settled.len(), 1);
            prop_assert!(seen.look(&there, false, HOW, now + SETTLE * 3).settled.is_empty());
        }
    }
}
