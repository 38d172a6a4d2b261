//! Which programs have been reading the database for so long that its log grows, and when to say so.
//! State without I/O.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::store::Reader;

/// Reading for this long is worth a warning.
const LONG: Duration = Duration::from_secs(3600);
/// With a log of this size reading for a minute is.
const LARGE_LOG: u64 = 64 << 20;
const A_WHILE: Duration = Duration::from_secs(60);
/// How soon the same program is named again.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

/// The readers seen, and since when.
#[derive(Debug, Default)]
pub(super) struct Pins {
    readers: BTreeMap<i32, Pin>,
}

#[derive(Debug)]
struct Pin {
    since: Instant,
    told: Option<Instant>,
}

impl Pins {
    /// Takes in who reads now; returns whom to name, and how long each has been reading.
    pub(super) fn look(
        &mut self,
        readers: Vec<Reader>,
        log_bytes: u64,
        now: Instant,
    ) -> Vec<(Reader, Duration)> {
        self.readers.retain(|pid, _| readers.iter().any(|reader| reader.pid == *pid));
        let mut named = Vec::new();
        for reader in readers {
            let pin = self.readers.entry(reader.pid).or_insert(Pin { since: now, told: None });
            let reading = now.saturating_duration_since(pin.since);
            let patience = if log_bytes > LARGE_LOG { A_WHILE } else { LONG };
            let is_told = pin.told.is_some_and(|told| now.saturating_duration_since(told) < AGAIN);
            if reading >= patience && !is_told {
                pin.told = Some(now);
                named.push((reader, reading));
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(pid: i32) -> Reader {
        Reader { pid, program: Some("datasette".into()) }
    }

    #[test]
    fn a_reader_is_named_after_an_hour_once_a_day_and_sooner_when_the_log_is_large() {
        let mut pins = Pins::default();
        let begun = Instant::now();
        let at = |minutes: u64| begun + Duration::from_secs(minutes * 60);
        let mut look = |pids: &[i32], bytes, minute| {
            let readers = pids.iter().map(|pid| reader(*pid)).collect();
            let named = pins.look(readers, bytes, at(minute));
            named.iter().map(|(reader, _)| reader.pid).collect::<Vec<_>>()
        };
        assert_eq!(look(&[1, 2], 0, 0), [0; 0]);
        assert_eq!(look(&[1], 0, 59), [0; 0], "2 has left");
        assert_eq!(look(&[1, 2], 0, 60), [1]);
        assert_eq!(look(&[1, 2], 0, 61), [0; 0], "named already");
        assert_eq!(look(&[1, 2], LARGE_LOG + 1, 62), [2], "since the 60th minute");
        assert_eq!(look(&[1], 0, 60 + 24 * 60), [1], "again the next day");
        assert_eq!(look(&[], 0, 9999), [0; 0]);
    }
}
