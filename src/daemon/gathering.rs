//! When to commit. Each commit waits for the disk, so what is ready together goes together (group
//! commit): a backlog costs one commit for about a hundred files, and a file that comes alone waits
//! for nobody. State without I/O.
//!
//! Verdicts are gathered as long as another is on its way: a file is with its reader, and has not been
//! for long. What is slow (a scan, a document that will kill its reader) is not waited for, nor what
//! waits for the reader it has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So many verdicts are not gathered any further.
pub(super) const TOGETHER: usize = 96;
/// With fewer files noted readers would soon have nothing to do: those that want to be begun are.
const AHEAD: usize = 16;
/// What has been with its reader for so long is slow.
const SLOW: Duration = Duration::from_millis(500);
/// The longest a verdict is kept back.
const LONGEST: Duration = Duration::from_secs(3);

/// The number of an attempt, for as long as gouji runs.
pub(super) type Ticket = u64;

/// Attempts to be noted and verdicts to be recorded in the next commit.
#[derive(Debug)]
pub(super) struct Gathering<B, V> {
    begun: Vec<B>,
    verdicts: Vec<V>,
    /// When the first of these verdicts came.
    since: Option<Instant>,
    /// The files whose attempt is noted and whose verdict has not come; since when each has been with
    /// a reader.
    awaited: BTreeMap<Ticket, Option<Instant>>,
    /// When attempts were noted last.
    noted: Option<Instant>,
    in_haste: bool,
}

impl<B, V> Gathering<B, V> {
    pub(super) fn new() -> Self {
        let (begun, verdicts, awaited) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { begun, verdicts, since: None, awaited, noted: None, in_haste: false }
    }

    /// A file is to be begun: its attempt is to be noted.
    pub(super) fn begin(&mut self, file: B) {
        self.begun.push(file);
    }

    /// The attempt is noted: the file waits for a reader.
    pub(super) fn note(&mut self, ticket: Ticket, now: Instant) {
        self.noted = Some(now);
        self.awaited.insert(ticket, None);
    }

    /// The file is with a reader.
    pub(super) fn read(&mut self, ticket: Ticket, now: Instant) {
        self.awaited.entry(ticket).and_modify(|since| *since = Some(now));
    }

    /// The verdict has come.
    pub(super) fn finish(&mut self, ticket: Ticket, verdict: V, now: Instant) {
        self.awaited.remove(&ticket);
        self.verdicts.push(verdict);
        self.since.get_or_insert(now);
    }

    /// No verdict will come of this attempt, or it has come.
    pub(super) fn let_go(&mut self, ticket: Ticket) {
        self.awaited.remove(&ticket);
    }

    /// Nobody is waited for from now on.
    pub(super) fn hurry(&mut self) {
        self.in_haste = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty() && self.verdicts.is_empty()
    }

    /// How long from now others may be waited for: zero when it is time to commit; `None`: there is
    /// nothing to commit.
    pub(super) fn patience(&self, now: Instant) -> Option<Duration> {
        if self.is_empty() {
            return None;
        }
        let is_enough = self.verdicts.len() >= TOGETHER;
        let runs_dry = !self.begun.is_empty() && self.awaited.len() < AHEAD;
        if self.in_haste || self.awaited.is_empty() || is_enough || runs_dry {
            return Some(Duration::ZERO);
        }
        let left = |from: Option<Instant>, longest: Duration| {
            let passed = from.map(|from| now.saturating_duration_since(from));
            longest.saturating_sub(passed.unwrap_or_default())
        };
        // Between note and reader there is but a moment, if there is a reader.
        let youngest = self.awaited.values().flatten().max().copied().or(self.noted);
        Some(left(youngest, SLOW).min(left(self.since, LONGEST)))
    }

    /// Everything that was gathered.
    pub(super) fn take(&mut self) -> (Vec<B>, Vec<V>) {
        self.since = None;
        (std::mem::take(&mut self.begun), std::mem::take(&mut self.verdicts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

    fn at(begun: Instant, ms: u64) -> Instant {
        begun + Duration::from_millis(ms)
    }

    /// With so many files noted, and waiting for a reader.
    fn with(files: u64, begun: Instant) -> Gathering<char, char> {
        let mut gathering = Gathering::new();
        (0..files).for_each(|ticket| gathering.note(ticket, begun));
        gathering
    }

    #[test]
    fn a_file_that_comes_alone_waits_for_nobody() {
        let (mut gathering, begun) = (Gathering::new(), Instant::now());
        assert_eq!(gathering.patience(begun), None);
        gathering.begin('a');
        assert_eq!(gathering.patience(begun), AT_ONCE);
        assert_eq!(gathering.take(), (vec!['a'], Vec::<char>::new()));
        gathering.note(1, begun);
        gathering.read(1, begun);
        assert_eq!(gathering.patience(begun), None);
        gathering.finish(1, 'A', at(begun, 3));
        assert_eq!(gathering.patience(at(begun, 3)), AT_ONCE);
    }

    #[test]
    fn a_backlog_is_committed_a_hundred_at_a_time_and_its_end_at_once() {
        let begun = Instant::now();
        let together = u64::try_from(TOGETHER).unwrap();
        let mut gathering = with(2 * together, begun);
        for ticket in 0..2 * together {
            let now = at(begun, 20 * ticket);
            gathering.read(ticket, now);
            gathering.finish(ticket, 'v', now);
            gathering.read(ticket + 1, now);
            let is_time = (ticket + 1) % together == 0;
            assert_eq!(gathering.patience(now) == AT_ONCE, is_time, "after {ticket}");
            if is_time {
                assert_eq!(gathering.take().1.len(), TOGETHER);
            }
        }
        let mut gathering = with(2, begun);
        gathering.finish(0, 'v', begun);
        assert_ne!(gathering.patience(begun), AT_ONCE, "one is on its way");
        gathering.let_go(1);
        assert_eq!(gathering.patience(begun), AT_ONCE);
    }

    #[test]
    fn files_are_begun_before_readers_run_dry() {
        let begun = Instant::now();
        let mut gathering = with(20, begun);
        gathering.begin('b');
        for ticket in 0..4 {
            assert_ne!(gathering.patience(begun), AT_ONCE, "{ticket} of 20 came");
            gathering.finish(ticket, 'v', begun);
        }
        gathering.finish(4, 'v', begun);
        assert_eq!(gathering.patience(begun), AT_ONCE, "15 are on their way");
        assert_eq!(gathering.take(), (vec!['b'], vec!['v'; 5]));
    }

    #[test]
    fn what_is_slow_is_not_waited_for_nor_what_waits_behind_it() {
        let begun = Instant::now();
        let mut gathering = with(50, begun);
        gathering.read(0, begun);
        gathering.read(1, at(begun, 10));
        gathering.finish(1, 'b', at(begun, 20));
        assert_eq!(gathering.patience(at(begun, 100)), Some(Duration::from_millis(400)));
        assert_eq!(gathering.patience(at(begun, 500)), AT_ONCE);
        gathering.take();
        // One that comes while the slow one is still being read.
        gathering.read(2, at(begun, 700));
        gathering.finish(2, 'c', at(begun, 703));
        assert_eq!(gathering.patience(at(begun, 703)), AT_ONCE);
        gathering.read(3, at(begun, 703));
        assert_ne!(gathering.patience(at(begun, 704)), AT_ONCE, "the next is on its way");
    }

    #[test]
    fn a_verdict_is_kept_back_for_three_seconds_at_most_and_never_in_haste() {
        let begun = Instant::now();
        let mut gathering = with(50, begun);
        for step in 0..=30 {
            let now = at(begun, 100 * step);
            gathering.finish(step, 'v', now);
            gathering.read(step + 1, now);
            assert_eq!(gathering.patience(now) == AT_ONCE, step == 30, "after {step}");
        }
        gathering.take();
        gathering.finish(31, 'v', at(begun, 3050));
        gathering.read(32, at(begun, 3050));
        assert_ne!(gathering.patience(at(begun, 3050)), AT_ONCE);
        gathering.hurry();
        assert_eq!(gathering.patience(at(begun, 3050)), AT_ONCE);
    }
}
