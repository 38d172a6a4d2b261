//! The one place that asks the system what time it is.
//!
//! Everything else takes `now` as an argument, so that tests decide what time it is and no function
//! depends on when it runs. Two clocks, for two purposes: [`now`] is for what people read and for the
//! database; [`instant`] is for elapsed time, and a correction of the system's clock does not move it.

use std::time::Instant;

use jiff::Timestamp;

/// The time of day, as the system has it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A point on the monotonic clock, for measuring how long something took or stood still.
pub fn instant() -> Instant {
    Instant::now()
}
