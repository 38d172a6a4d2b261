//! The task that empties the outbox: notices become mails when their window closes, mails go out when
//! they are due. It sleeps until the next of these, or until something was recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tracing::{error, info, warn};

use super::compose::Composer;
use super::ledger::{Ledger, LedgerError};
use super::live::Live;
use crate::clock::{Jumps, Moment};
use crate::mail::{Courier, DeliveryReport, Dispatcher, next_attempt};
use crate::store::{DeliveryRecord, QueuedMail, Sha256, Window};

/// The longest sleep: a corrected system clock must not keep a mail for long.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The rest after something went wrong with the database or a letter.
const AFTER_TROUBLE: Duration = Duration::from_secs(30);
/// The rest between two rounds that both did something.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);

// Outside `src`, because they need a mail server, which the tests of other rooms use as well.
#[cfg(test)]
#[path = "../../tests/daemon/outbox.rs"]
mod tests;

/// What the outbox works with.
pub(super) struct Outbox {
    pub(super) ledger: Ledger,
    pub(super) live: Live,
    pub(super) composer: Composer,
    /// Notified when something was recorded.
    pub(super) wake: Arc<Notify>,
    /// The first scan of a new database is still running.
    pub(super) first_scan: Arc<AtomicBool>,
    pub(super) stopping: watch::Receiver<bool>,
    /// What time it is.
    pub(super) clock: fn() -> Moment,
}

impl Outbox {
    /// Works until `stopping`; a mail on its way is brought to its end.
    pub(super) async fn run(mut self) {
        let mut dispatcher = Dispatcher::default();
        let mut jumps = Jumps::since((self.clock)());
        loop {
            let rest = match self.round(&mut dispatcher, &mut jumps).await {
                Ok(rest) => rest,
                Err(LedgerError::Closed) => return,
                Err(LedgerError::Store(problem)) => {
                    error!("the outbox waits: {problem}");
                    AFTER_TROUBLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = self.wake.notified() => tokio::time::sleep(BETWEEN_ROUNDS).await,
                () = stopped(&mut self.stopping) => return,
            }
        }
    }

    /// Composes and sends what is due; returns how long to rest.
    async fn round(
        &self,
        dispatcher: &mut Dispatcher,
        jumps: &mut Jumps,
    ) -> Result<Duration, LedgerError> {
        if let Some(jump) = jumps.look((self.clock)()) {
            warn!("The clock was set by {jump:#}: what waits is due no sooner or later for it");
            dispatcher.follow_clock(jump);
            self.ledger.ask(move |store| store.follow_clock(jump)).await?;
        }
        let composed = self.compose().await?;
        if composed > 0 {
            info!("Composed {composed} mail(s)");
        }
        let now = self.now();
        let sent = if dispatcher.may_try(now) { self.send(dispatcher, now).await? } else { 0 };
        let (window, now) = (self.window(), self.now());
        let next = self.ledger.ask(move |store| store.next_wake(&window, now)).await?;
        let Some(next) = next else { return Ok(LONGEST_SLEEP) };
        let next = dispatcher.resumes_at().map_or(next, |resumes| next.max(resumes));
        let rest = between(self.now(), next).min(LONGEST_SLEEP);
        let least = match () {
            () if composed + sent > 0 => BETWEEN_ROUNDS,
            // A round that did nothing while something was due would do nothing again: a notice that
            // cannot be put into words, say, which is an error in the log each time.
            () if rest.is_zero() => AFTER_TROUBLE,
            () => Duration::from_secs(1),
        };
        Ok(rest.max(least))
    }

    async fn compose(&self) -> Result<usize, LedgerError> {
        let (composer, window, now) = (self.composer.clone(), self.window(), self.now());
        let compose = move |store: &mut crate::store::Store| {
            store.compose_due(&window, &mut |notices| composer.compose(notices, now), now)
        };
        self.ledger.ask(compose).await
    }

    fn now(&self) -> Timestamp {
        (self.clock)().now
    }

    fn window(&self) -> Window {
        let settings = self.live.settings();
        Window {
            coalesce: settings.mail.coalesce,
            hours: settings.mail.hours.clone(),
            first_scan: self.first_scan.load(Ordering::Relaxed),
        }
    }

    /// Sends what is due; returns how many attempts were made.
    async fn send(
        &self,
        dispatcher: &mut Dispatcher,
        now: Timestamp,
    ) -> Result<usize, LedgerError> {
        let due = self.ledger.ask(move |store| store.due_mails(now)).await?;
        let settings = self.live.settings();
        let mut courier = Courier::new(&settings.mail);
        let mut attempts = 0;
        for mail in due {
            if *self.stopping.borrow() {
                break;
            }
            attempts += 1;
            if self.attempt(&mail, &mut courier, dispatcher).await? {
                break;
            }
        }
        courier.close().await;
        Ok(attempts)
    }

    /// One attempt: counted before anything is sent, its outcome recorded after. Returns whether the
    /// server is down, so that other mails need not try.
    async fn attempt(
        &self,
        mail: &QueuedMail,
        courier: &mut Courier<'_>,
        dispatcher: &mut Dispatcher,
    ) -> Result<bool, LedgerError> {
        let (id, jitter) = (mail.id, jitter(mail));
        let now = self.now();
        let next = later(now, next_attempt(between(mail.queued_at, now), jitter));
        self.ledger.ask(move |store| store.begin_delivery(id, next)).await?;
        let report = courier.deliver(mail).await;
        let now = self.now();
        let give_up_after = self.live.settings().mail.give_up_after;
        let record = dispatcher.decide(mail, &report, give_up_after, now, jitter);
        tell(mail, &report, &record);
        self.ledger.ask(move |store| store.finish_delivery(id, &record, now)).await?;
        Ok(matches!(report, DeliveryReport::ServerDown(_)))
    }
}

/// One line for an attempt. Addresses are not logged.
fn tell(mail: &QueuedMail, report: &DeliveryReport, record: &DeliveryRecord) {
    let id = mail.id;
    let subject = crate::watch::names::shown(std::path::Path::new(&mail.subject));
    let said = record.error.as_deref().unwrap_or("no reason given");
    if record.give_up {
        error!(mail.id = %id, "mail {id} given up: {said}; `gouji notices retry {id}` tries again");
    } else if let DeliveryReport::ServerDown(said) = report {
        warn!(mail.id = %id, "Mails cannot go out, mail {id} and all others wait: {said}");
    } else if record.open.is_empty() && record.failed.is_empty() {
        info!(mail.id = %id, "Sent mail {id}: {subject}");
    } else if record.open.is_empty() {
        let count = record.failed.len();
        error!(
            mail.id = %id,
            "mail {id} refused for {count} recipients: {said}; not tried again. Correct `to` for \
             the mails to come; `gouji notices retry {id}` tries this one once more"
        );
    } else {
        let count = record.open.len();
        warn!(mail.id = %id, "Mail {id} is tried again for {count} recipients: {said}");
    }
}

/// Returns when gouji is to stop, or is gone.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    _ = stopping.wait_for(|stopping| *stopping).await.is_ok();
}

/// Up to half a minute, different for each mail and attempt.
fn jitter(mail: &QueuedMail) -> Duration {
    let Sha256(hash) = Sha256::of(format!("{}{}", mail.message_id, mail.attempts).as_bytes());
    Duration::from_millis(hash.first().map_or(0, |byte| u64::from(*byte)) * 117)
}

/// Nothing, if `end` is before `start`.
fn between(start: Timestamp, end: Timestamp) -> Duration {
    end.duration_since(start).try_into().unwrap_or(Duration::ZERO)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(now)
}
