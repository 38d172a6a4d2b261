//! When mails may go to an office: not in its quiet hours, or once a day. Pure; `now` is an argument
//! and the zone belongs to the hours.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// How many days are looked through for the next moment at which a mail may go.
const DAYS: usize = 14;

/// The hours of an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// From when to when nothing goes, over midnight if the second is the earlier one.
    pub quiet: Option<(Time, Time)>,
    /// Nothing goes on Saturdays and Sundays.
    pub quiet_weekends: bool,
    /// Everything waits for this time of the day, and goes together.
    pub digest: Option<Time>,
    /// The zone of these times.
    pub zone: TimeZone,
}

impl Hours {
    /// Mails go at any time.
    pub const ALWAYS: Self =
        Self { quiet: None, quiet_weekends: false, digest: None, zone: TimeZone::UTC };

    /// The first moment, not before `at`, that is not quiet.
    pub fn opens(&self, at: Timestamp) -> Timestamp {
        let local = at.to_zoned(self.zone.clone());
        if !self.is_quiet_day(local.date()) && !self.is_quiet_time(local.time()) {
            return at;
        }
        self.from(at, self.quiet.map_or(Time::midnight(), |(_, end)| end))
    }

    /// The first daily summary that is not before `at`, if there is one.
    pub fn summary(&self, at: Timestamp) -> Option<Timestamp> {
        self.digest.map(|time| self.from(at, time))
    }

    /// The first moment, not before `at`, at which it is this time of a day that is not quiet. Where
    /// the clock is put forward over it, the moment after; where it is put back and the time comes
    /// twice, the second.
    fn from(&self, at: Timestamp, time: Time) -> Timestamp {
        let today = at.to_zoned(self.zone.clone()).date();
        std::iter::successors(Some(today), |day| day.tomorrow().ok())
            .take(DAYS)
            .filter(|day| !self.is_quiet_day(*day))
            .filter_map(|day| self.zone.to_ambiguous_timestamp(day.to_datetime(time)).later().ok())
            .find(|moment| *moment >= at)
            // Where the calendar ends, rather now than never.
            .unwrap_or(at)
    }

    fn is_quiet_day(&self, day: Date) -> bool {
        self.quiet_weekends && matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// Whether nothing goes at this time of any day.
    pub fn is_quiet_time(&self, time: Time) -> bool {
        self.quiet.is_some_and(|(start, end)| match start <= end {
            true => start <= time && time < end,
            false => start <= time || time < end,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{DateTime, time};

    use super::*;

    fn hours(zone: &str) -> Hours {
        let quiet = Some((time(20, 0, 0, 0), time(7, 30, 0, 0)));
        Hours { quiet, zone: TimeZone::get(zone).unwrap(), ..Hours::ALWAYS }
    }

    /// Local time in, local time out.
    fn next(hours: &Hours, at: &str) -> String {
        let at: DateTime = at.parse().unwrap();
        let at = at.to_zoned(hours.zone.clone()).unwrap().timestamp();
        let next = |at| hours.summary(at).unwrap_or_else(|| hours.opens(at));
        let then = next(at);
        assert!(then >= at);
        assert_eq!(next(then), then, "what may go then may go then");
        then.to_zoned(hours.zone.clone()).strftime("%Y-%m-%d %H:%M %a").to_string()
    }

    #[test]
    fn what_comes_in_quiet_hours_goes_when_they_end() {
        let hours = hours("Asia/Shanghai");
        for (at, expected) in [
            ("2026-01-30T07:29:59", "2026-01-30 07:30 Fri"),
            ("2026-01-30T07:30", "2026-01-30 07:30 Fri"),
            ("2026-01-30T19:59", "2026-01-30 19:59 Fri"),
            ("2026-01-30T20:00", "2026-01-31 07:30 Sat"),
            ("2025-12-31T23:59", "2026-01-01 07:30 Thu"),
            ("2028-02-28T21:00", "2028-02-29 07:30 Tue"),
        ] {
            assert_eq!(next(&hours, at), expected, "{at}");
        }
        let noon = Hours { quiet: Some((time(12, 0, 0, 0), time(14, 0, 0, 0))), ..hours };
        assert_eq!(next(&noon, "2026-01-30T13:00"), "2026-01-30 14:00 Fri");
        assert_eq!(next(&noon, "2026-01-30T23:00"), "2026-01-30 23:00 Fri");
    }

    #[test]
    fn a_quiet_weekend_ends_on_monday_morning() {
        let with_quiet = Hours { quiet_weekends: true, ..hours("Asia/Shanghai") };
        assert_eq!(next(&with_quiet, "2026-01-30T21:00"), "2026-02-02 07:30 Mon");
        assert_eq!(next(&with_quiet, "2026-02-01T12:00"), "2026-02-02 07:30 Mon");
        let alone = Hours { quiet: None, ..with_quiet };
        assert_eq!(next(&alone, "2026-01-30T21:00"), "2026-01-30 21:00 Fri");
        assert_eq!(next(&alone, "2026-01-31T00:00"), "2026-02-02 00:00 Mon");
    }

    #[test]
    fn with_a_daily_summary_everything_waits_for_its_time() {
        let daily = Hours { digest: Some(time(8, 30, 0, 0)), ..hours("Asia/Shanghai") };
        assert_eq!(next(&daily, "2026-01-30T08:29"), "2026-01-30 08:30 Fri");
        assert_eq!(next(&daily, "2026-01-30T08:31"), "2026-01-31 08:30 Sat");
        let workdays = Hours { quiet_weekends: true, ..daily };
        assert_eq!(next(&workdays, "2026-01-30T08:31"), "2026-02-02 08:30 Mon");
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back_opens_once_a_day() {
        // Put forward from 2 to 3 on 29 March 2026, back from 3 to 2 on 25 October.
        let quiet = Some((time(20, 0, 0, 0), time(2, 30, 0, 0)));
        let berlin = Hours { quiet, ..hours("Europe/Berlin") };
        assert_eq!(next(&berlin, "2026-03-29T01:00"), "2026-03-29 03:30 Sun");
        let twice: Timestamp = "2026-10-25T01:10Z".parse().unwrap();
        assert_eq!(berlin.opens(twice).to_string(), "2026-10-25T01:30:00Z");
        // The hour that comes twice: what came before its first end waits for the second.
        let before: Timestamp = "2026-10-24T22:00Z".parse().unwrap();
        assert_eq!(berlin.opens(before).to_string(), "2026-10-25T01:30:00Z");
    }
}
