//! What the service manager is told and tells us: ready, status, alive, stopping; SIGTERM, SIGINT and
//! SIGHUP. Without systemd all of it is silence.

use std::io::IsTerminal as _;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::debug;

/// The signals that matter.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// Started by hand in a terminal: when that is closed, gouji ends with it.
    in_terminal: bool,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Stop,
    /// Read the configuration anew.
    Reload,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            in_terminal: std::io::stderr().is_terminal(),
        })
    }

    /// Returns when gouji is asked for something.
    pub(super) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hang_up.recv() => if self.in_terminal { Told::Stop } else { Told::Reload },
        }
    }

    /// Returns when gouji is asked to stop.
    pub(super) async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}

/// How often the service manager wants to hear that gouji is alive: twice in its interval.
pub(super) fn heartbeat() -> Duration {
    let longest = Duration::from_secs(30);
    sd_notify::watchdog_enabled().map_or(longest, |interval| (interval / 3).min(longest))
}

pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub(super) fn alive(status: &str) {
    tell(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Opening a large database, or one that is locked, may take longer than the manager waits: it goes
/// on for this long at least.
pub(super) fn starting(at_least: Duration) {
    let microseconds = u32::try_from(at_least.as_micros()).unwrap_or(u32::MAX);
    let more = NotifyState::ExtendTimeoutUsec(microseconds);
    tell(&[more, NotifyState::Status("opening the database")]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(states) {
        debug!("cannot tell the service manager: {problem}");
    }
}
