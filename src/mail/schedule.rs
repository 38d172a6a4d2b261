//! When a mail is tried again, and when it is given up. Pure: time and chance are arguments.
//!
//! Two ladders of the same shape: one for each mail whose recipients were refused for now, one for
//! the server as a whole, so that a wrong password makes five logins in the first hour and one an
//! hour after that, however many mails wait (accounts get locked).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::outcome::{Delivery, DeliveryReport};
use crate::store::{DeliveryRecord, QueuedMail};

/// How long to wait after an attempt failed, by the age of what failed (the mail, or the server's
/// trouble): 1, 5, 10, 20 minutes, then hourly. `jitter` comes on top, so that many installations
/// do not come back in the same second.
pub fn next_attempt(age: Duration, jitter: Duration) -> Duration {
    const MINUTE: u64 = 60;
    let minutes = match age.as_secs() / MINUTE {
        0 => 1,
        1..5 => 5,
        5..10 => 10,
        10..20 => 20,
        _ => 60,
    };
    Duration::from_secs(minutes * MINUTE) + jitter
}

/// How long a mail rests that was judged as spam.
const AFTER_SPAM_VERDICT: Duration = Duration::from_secs(4 * 60 * 60);

/// Decides what follows from a delivery report, for the mail and for the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dispatcher {
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    since: Timestamp,
    until: Timestamp,
    error: String,
}

impl Dispatcher {
    /// Whether the server may be tried now.
    pub fn may_try(&self, now: Timestamp) -> bool {
        self.trouble.as_ref().is_none_or(|trouble| trouble.until <= now)
    }

    /// When the server may be tried again; `None`: any time.
    pub fn resumes_at(&self) -> Option<Timestamp> {
        self.trouble.as_ref().map(|trouble| trouble.until)
    }

    /// The system's clock was set by so much.
    pub fn follow_clock(&mut self, jump: SignedDuration) {
        if let Some(trouble) = &mut self.trouble {
            for at in [&mut trouble.since, &mut trouble.until] {
                *at = at.checked_add(jump).unwrap_or(*at);
            }
        }
    }

    /// Since when the server is down, and what it said last.
    pub fn trouble(&self) -> Option<(Timestamp, &str)> {
        self.trouble.as_ref().map(|trouble| (trouble.since, trouble.error.as_str()))
    }

    /// What to write down about a mail after this report.
    pub fn decide(
        &mut self,
        mail: &QueuedMail,
        report: &DeliveryReport,
        give_up_after: Duration,
        now: Timestamp,
        jitter: Duration,
    ) -> DeliveryRecord {
        let age = between(mail.queued_at, now);
        let mut record = DeliveryRecord { error: report.error(), ..DeliveryRecord::default() };
        match report {
            DeliveryReport::ServerDown(error) => {
                record.open.clone_from(&mail.recipients_open);
                record.next_attempt_at = Some(self.server_failed(error, now, jitter));
            }
            DeliveryReport::Recipients(outcomes) => {
                self.trouble = None;
                let wait = wait(outcomes, age);
                record.next_attempt_at = wait.map(|wait| later(now, wait + jitter));
                for (recipient, outcome) in outcomes {
                    match outcome {
                        Delivery::Sent => {}
                        Delivery::Retry(_) | Delivery::Delay(_) => {
                            record.open.push(recipient.clone());
                        }
                        Delivery::Failed(_) => record.failed.push(recipient.clone()),
                    }
                }
            }
        }
        record.give_up = !record.open.is_empty() && age >= give_up_after;
        record
    }

    fn server_failed(&mut self, error: &str, now: Timestamp, jitter: Duration) -> Timestamp {
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        let until = later(now, next_attempt(between(since, now), jitter));
        self.trouble = Some(Trouble { since, until, error: error.to_owned() });
        until
    }
}

/// The longest wait any recipient that is to be tried again needs.
fn wait(outcomes: &[(String, Delivery)], age: Duration) -> Option<Duration> {
    outcomes
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Delivery::Sent | Delivery::Failed(_) => None,
            Delivery::Retry(_) => Some(next_attempt(age, Duration::ZERO)),
            Delivery::Delay(_) => Some(AFTER_SPAM_VERDICT),
        })
        .max()
}

/// A clock that was set back makes nothing younger than new.
fn between(start: Timestamp, end: Timestamp) -> Duration {
    end.duration_since(start).try_into().unwrap_or(Duration::ZERO)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MailId;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap()
    }

    const MONTH: Duration = Duration::from_secs(720 * 60 * 60);

    fn mail(recipients: &[&str]) -> QueuedMail {
        QueuedMail {
            id: MailId(1),
            message_id: "<1@localhost>".into(),
            subject: String::new(),
            recipients_open: recipients.iter().map(|r| (*r).to_owned()).collect(),
            bytes: Vec::new(),
            attempts: 1,
            created_at: at(0),
            queued_at: at(0),
            next_attempt_at: at(0),
            last_error: None,
        }
    }

    fn decide(
        dispatcher: &mut Dispatcher,
        outcomes: &[(&str, Delivery)],
        now: Timestamp,
    ) -> DeliveryRecord {
        let outcomes: Vec<_> = outcomes.iter().map(|(r, d)| ((*r).to_owned(), d.clone())).collect();
        let report = DeliveryReport::Recipients(outcomes);
        dispatcher.decide(&mail(&["a@x.cn"]), &report, MONTH, now, Duration::ZERO)
    }

    fn down(dispatcher: &mut Dispatcher, now: Timestamp) -> DeliveryRecord {
        let report = DeliveryReport::ServerDown("535 wrong password".into());
        dispatcher.decide(&mail(&["a@x.cn"]), &report, MONTH, now, Duration::ZERO)
    }

    #[test]
    fn the_ladder_is_1_5_10_20_minutes_then_hourly() {
        let mut age = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..7 {
            let wait = next_attempt(age, Duration::ZERO);
            waits.push(wait.as_secs() / 60);
            age += wait;
        }
        assert_eq!(waits, [1, 5, 10, 20, 60, 60, 60]);
    }

    #[test]
    fn jitter_comes_on_top() {
        assert_eq!(next_attempt(Duration::ZERO, Duration::from_secs(7)).as_secs(), 67);
    }

    #[test]
    fn a_server_that_is_down_for_72_hours_is_tried_once_a_ladder_step() {
        let mut dispatcher = Dispatcher::default();
        let (mut tries, mut first_hour) = (0, 0);
        for minute in 0..72 * 60 {
            if dispatcher.may_try(at(minute)) {
                tries += 1;
                first_hour += i32::from(minute < 60);
                let record = down(&mut dispatcher, at(minute));
                assert_eq!(record.open, ["a@x.cn"]);
                assert!(!record.give_up);
            }
        }
        assert_eq!((first_hour, tries), (5, 76));
        assert_eq!(dispatcher.trouble(), Some((at(0), "535 wrong password")));
    }

    #[test]
    fn a_server_that_answers_is_in_no_trouble_any_more() {
        let mut dispatcher = Dispatcher::default();
        down(&mut dispatcher, at(0));
        assert!(!dispatcher.may_try(at(0)));
        assert_eq!(dispatcher.resumes_at(), Some(at(1)));
        decide(&mut dispatcher, &[("a@x.cn", Delivery::Retry("450".into()))], at(1));
        assert!(dispatcher.may_try(at(1)));
    }

    #[test]
    fn one_refused_recipient_is_told_apart_from_those_to_try_again() {
        let outcomes = [
            ("a@x.cn", Delivery::Sent),
            ("b@x.cn", Delivery::Failed("550 no such user".into())),
            ("c@x.cn", Delivery::Retry("450 wait".into())),
        ];
        assert_eq!(
            decide(&mut Dispatcher::default(), &outcomes, at(0)),
            DeliveryRecord {
                open: vec!["c@x.cn".into()],
                failed: vec!["b@x.cn".into()],
                error: Some("550 no such user; 450 wait".into()),
                next_attempt_at: Some(at(1)),
                give_up: false,
            }
        );
    }

    #[test]
    fn a_mail_judged_as_spam_rests_for_hours() {
        let outcomes = [("a@x.cn", Delivery::Delay("554 DT:SPM".into()))];
        let record = decide(&mut Dispatcher::default(), &outcomes, at(0));
        assert_eq!(record.next_attempt_at, Some(at(240)));
    }

    #[test]
    fn a_mail_is_given_up_by_age_not_by_attempts() {
        let outcomes = [("a@x.cn", Delivery::Retry("450 wait".into()))];
        let mut dispatcher = Dispatcher::default();
        assert!(!decide(&mut dispatcher, &outcomes, at(719 * 60)).give_up);
        assert!(decide(&mut dispatcher, &outcomes, at(720 * 60)).give_up);
        let sent = [("a@x.cn", Delivery::Sent)];
        assert!(!decide(&mut dispatcher, &sent, at(720 * 60)).give_up);
    }

    #[test]
    fn a_clock_set_back_does_not_lose_a_mail() {
        let outcomes = [("a@x.cn", Delivery::Retry("450 wait".into()))];
        let record = decide(&mut Dispatcher::default(), &outcomes, at(-60 * 24 * 3650));
        assert!(!record.give_up);
    }
}
