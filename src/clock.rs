//! The one place that asks the system what time it is.
//!
//! Everything else takes `now` as an argument, so that tests decide what time it is and no function
//! depends on when it runs. Three clocks, for three purposes: [`now`] is for what people read and for
//! the database; [`instant`] is for elapsed time, and a correction of the system's clock does not move
//! it; [`since_boot`] is the same, but goes on while the machine sleeps. [`Jumps`] compares the first
//! with the last, and so finds out when someone has set the clock.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// A clock that is corrected in small steps is not set; nothing here depends on a minute.
const STEP: SignedDuration = SignedDuration::from_secs(60);

/// The time of day, as the system has it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A point on the monotonic clock, for measuring how long something took or stood still.
pub fn instant() -> Instant {
    Instant::now()
}

/// How long the machine has been on, asleep or awake. Nobody can set this clock.
pub fn since_boot() -> Duration {
    clock_gettime(ClockId::Boottime).try_into().unwrap_or(Duration::ZERO)
}

/// What the clocks say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time of day.
    pub now: Timestamp,
    /// The clock that nobody can set.
    pub since_boot: Duration,
}

impl Moment {
    /// This moment.
    pub fn this() -> Self {
        Self { now: now(), since_boot: since_boot() }
    }
}

/// Notices when the time of day was set forward or back.
#[derive(Debug, Clone)]
pub struct Jumps {
    last: Moment,
}

impl Jumps {
    /// From this moment on.
    pub fn since(last: Moment) -> Self {
        Self { last }
    }

    /// By how much the time of day was set since the last look; `None`: not at all.
    pub fn look(&mut self, this: Moment) -> Option<SignedDuration> {
        let last = std::mem::replace(&mut self.last, this);
        let passed = this.since_boot.checked_sub(last.since_boot)?;
        let jump = this.now.duration_since(last.now) - SignedDuration::try_from(passed).ok()?;
        (jump.abs() > STEP).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(now: i64, since_boot: u64) -> Moment {
        let now = Timestamp::from_second(now).unwrap();
        Moment { now, since_boot: Duration::from_secs(since_boot) }
    }

    /// T24: ten years either way, and what is none: time that passes, sleep, a correction.
    #[test]
    fn a_clock_that_is_set_is_noticed_and_one_that_goes_on_is_not() {
        let years = 10 * 365 * 86_400;
        let start = 2_000_000_000;
        let mut jumps = Jumps::since(moment(start, 100));
        assert_eq!(jumps.look(moment(start + 86_400, 100 + 86_400)), None, "a day asleep");
        assert_eq!(jumps.look(moment(start + 86_400 + 35, 100 + 86_400 + 30)), None, "corrected");
        let back = jumps.look(moment(start - years, 100 + 86_400 + 40)).unwrap();
        assert!(back < -SignedDuration::from_secs(years), "{back:?}");
        let forth = jumps.look(moment(start + years, 100 + 86_400 + 50)).unwrap();
        assert_eq!(forth, SignedDuration::from_secs(2 * years - 10));
    }

    #[test]
    fn the_clock_of_the_machine_goes_on() {
        assert!(since_boot() > Duration::ZERO && since_boot() <= since_boot());
    }
}
