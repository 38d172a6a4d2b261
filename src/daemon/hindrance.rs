//! What holds up the thread of the database and passes by itself: another program's lock, a full disk.
//! And how the rest of gouji sees that the thread is alive meanwhile.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{info, warn};

use crate::clock;
use crate::store::{Condition, ConditionKind, StoreError, Witness};
use crate::watch::names;

/// How soon it is tried again; with a lock the attempt itself waits some seconds as well.
const RETRY: Duration = Duration::from_millis(500);
/// How often it is told that it goes on.
const TELL: Duration = Duration::from_secs(60);
/// No transaction and no letter takes so long.
const STILL: Duration = Duration::from_secs(150);

/// Since when the thread has been at what it does; nothing: it has nothing to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Stint(Arc<Mutex<Option<Instant>>>);

impl Stint {
    /// Something was begun, or tried once more.
    pub(super) fn begin(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// There is nothing to do.
    pub(super) fn rest(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether one thing has taken longer than anything does.
    pub(super) fn stands_still(&self, now: Instant) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.saturating_duration_since(since) >= STILL)
    }
}

/// A hindrance being waited out, if there is one.
#[derive(Debug)]
pub(super) struct Hindrance {
    begun: Instant,
    told: Option<Instant>,
    /// Since when the disk of which database has been full.
    full: Option<(Timestamp, PathBuf)>,
    witness: Arc<Mutex<Witness>>,
}

impl Hindrance {
    pub(super) fn new(witness: &Arc<Mutex<Witness>>) -> Self {
        let witness = Arc::clone(witness);
        Self { begun: clock::instant(), told: None, full: None, witness }
    }

    /// The program that keeps the database locked, if it can be found out.
    fn who(&self) -> Option<String> {
        let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        witness.writer().ok().flatten().map(|writer| writer.to_string())
    }

    /// Does something until nothing hinders it any more.
    pub(super) fn overcome<T>(
        &mut self,
        stint: &Stint,
        mut work: impl FnMut() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            match work() {
                Err(problem) if problem.is_retryable() => self.wait(&problem),
                done => return done,
            }
            stint.begin(clock::instant());
        }
    }

    /// Waits a little, saying now and then that it takes long: of a lock after a minute, since it
    /// mostly passes in a moment; of a full disk at once.
    fn wait(&mut self, problem: &StoreError) {
        let now = clock::instant();
        let full = if let StoreError::Full { path } = problem {
            self.full.get_or_insert_with(|| (clock::now(), path.clone()));
            true
        } else {
            false
        };
        let quiet = if full && self.told.is_none() { Duration::ZERO } else { TELL };
        if now.duration_since(self.told.unwrap_or(self.begun)) >= quiet {
            self.told = Some(now);
            let seconds = now.duration_since(self.begun).as_secs();
            match problem {
                StoreError::Busy { .. } => {
                    let who = self.who().map_or_else(
                        || "another program".to_owned(),
                        |writer| format!("another program, {writer},"),
                    );
                    warn!(
                        "{who} has had the database locked for {seconds} s (unsaved changes in a \
                         database editor?); nothing is lost, gouji goes on trying"
                    );
                }
                other => warn!("{other}; nothing is lost"),
            }
        }
        thread::sleep(RETRY);
    }

    /// It is over. What the administrator should hear of it.
    pub(super) fn end(self) -> Option<Condition> {
        if self.told.is_some() {
            let seconds = clock::instant().duration_since(self.begun).as_secs();
            info!("The database can be written again, after {seconds} s");
        }
        let (since, database) = self.full?;
        let detail = "no space was left on its disk; it was waited for, and nothing is lost".into();
        let about = names::shown(&database);
        Some(Condition { kind: ConditionKind::DiskFull, about, detail, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_or_rests_is_alive_and_one_that_hangs_is_not() {
        let (stint, now) = (Stint::default(), clock::instant());
        assert!(!stint.stands_still(now + STILL));
        stint.begin(now);
        assert!(!stint.stands_still(now + STILL / 2));
        assert!(stint.stands_still(now + STILL));
        stint.rest();
        assert!(!stint.stands_still(now + STILL * 2));
    }

    #[test]
    fn a_full_disk_is_waited_out_and_told_once_there_is_space() {
        let mut left = 2;
        let witness = Arc::new(Mutex::new(Witness::of(std::path::Path::new("gouji.db"))));
        let mut hindrance = Hindrance::new(&witness);
        let done = hindrance.overcome(&Stint::default(), || {
            left -= 1;
            if left > 0 { Err(StoreError::Full { path: PathBuf::from("gouji.db") }) } else { Ok(7) }
        });
        assert_eq!(done.unwrap(), 7);
        assert_eq!(hindrance.end().unwrap().kind, ConditionKind::DiskFull);
        assert!(Hindrance::new(&witness).end().is_none());
    }
}
