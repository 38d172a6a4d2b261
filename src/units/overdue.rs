//! When it is time to say who has not handed in: the day after the reports were due, and weekly from
//! then until the year ends (contract: Mails). Pure; `now` is an argument.

use jiff::civil::{Date, Time, time};
use jiff::{ToSpan, Zoned};

/// A list is not for the small hours: an office's day begins here.
const MORNING: Time = time(8, 0, 0, 0);

/// A list of those who have not handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    /// The day it is for: the day after, a week later …
    pub day: Date,
    /// The last day for handing in.
    pub due: Date,
    /// The report year: the calendar year before the one in which reports are due.
    pub year: i16,
}

/// The last list that should have been made by `now`, where reports are due on this month and day;
/// `None`: the reports of last year are not overdue. A list that was missed is made later, once.
pub fn list(month_day: (i8, i8), now: &Zoned) -> Option<List> {
    let today = match now.time() >= MORNING {
        true => now.date(),
        false => now.date().yesterday().ok()?,
    };
    // What is due on 31 December is listed on 1 January.
    [today.year(), today.year().checked_sub(1)?]
        .into_iter()
        .find_map(|year| last_list(year, month_day, today))
}

fn last_list(year: i16, (month, day): (i8, i8), today: Date) -> Option<List> {
    let due = Date::new(year, month, day).ok()?;
    let first = due.tomorrow().ok().filter(|first| *first <= today)?;
    let days = first.until(today).ok()?.get_days();
    let day = first.checked_add((days - days % 7).days()).ok()?;
    let list = List { day, due, year: year.checked_sub(1)? };
    (today.year() == year || day == first).then_some(list)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use jiff::{Timestamp, Zoned};

    use super::*;

    fn shanghai(text: &str) -> Zoned {
        format!("{text}[+08:00]").parse().unwrap()
    }

    /// Every list from one moment to another, looked for every half hour.
    fn lists(due: (i8, i8), zone: &TimeZone, from: Date, to: Date) -> Vec<(Timestamp, List)> {
        let moment = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp();
        let (mut now, end) = (moment(from), moment(to));
        let mut made: Vec<(Timestamp, List)> = Vec::new();
        while now < end {
            if let Some(list) = list(due, &now.to_zoned(zone.clone()))
                && made.last().is_none_or(|(_, last)| *last != list)
            {
                made.push((now, list));
            }
            now = now.checked_add(30.minutes()).unwrap();
        }
        made
    }

    #[test]
    fn a_list_is_made_on_the_morning_after_and_weekly_until_the_year_ends() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let made = lists((1, 31), &zone, date(2026, 1, 2), date(2027, 2, 3));
        assert_eq!(made.len(), 48 + 1);
        let days: Vec<Date> = made.iter().map(|(_, list)| list.day).collect();
        assert_eq!(days[..3], [date(2026, 2, 1), date(2026, 2, 8), date(2026, 2, 15)]);
        assert_eq!(days[47], date(2026, 12, 27));
        assert_eq!((days[48], made[48].1.year), (date(2027, 2, 1), 2026), "the next year's");
        assert!(made[..48].iter().all(|(_, list)| list.year == 2025));
        for (at, list) in &made {
            let at = at.to_zoned(zone.clone());
            assert_eq!((at.date(), at.time()), (list.day, MORNING));
        }
    }

    #[test]
    fn a_leap_day_and_the_turn_of_the_year_are_days_like_others() {
        let first = |due, now: &str| list(due, &shanghai(now)).map(|list| (list.day, list.year));
        assert_eq!(first((2, 28), "2028-02-29T09:00"), Some((date(2028, 2, 29), 2027)));
        assert_eq!(first((2, 28), "2027-03-01T09:00"), Some((date(2027, 3, 1), 2026)));
        assert_eq!(first((2, 28), "2028-02-29T07:59"), None);
        assert_eq!(first((12, 31), "2027-01-01T08:00"), Some((date(2027, 1, 1), 2025)));
        assert_eq!(first((12, 31), "2027-01-07T08:00"), Some((date(2027, 1, 1), 2025)), "late");
        assert_eq!(first((12, 31), "2027-01-08T08:00"), None);
        assert_eq!(first((12, 30), "2026-12-31T08:00"), Some((date(2026, 12, 31), 2025)));
        assert_eq!(first((1, 31), "2026-01-31T23:59"), None);
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back_makes_no_list_twice_and_leaves_none_out() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            let zone = TimeZone::get(zone).unwrap();
            let made = lists((3, 25), &zone, date(2026, 3, 1), date(2026, 12, 31));
            let days: std::collections::BTreeSet<Date> = made.iter().map(|(_, l)| l.day).collect();
            assert_eq!((made.len(), days.len()), (40, 40));
        }
    }
}
