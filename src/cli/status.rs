//! `gouji status`: what is recorded, what waits, what has not gone out, and what a running gouji says
//! of itself. Reads the database and the small file beside it, so it works whether or not gouji runs.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Exit;
use super::space::Space;
use super::terminal::{plain, plain_json};
use crate::check::Verdict;
use crate::config::Settings;
use crate::daemon::{self, FolderPulse, Pulse};
use crate::mail::advice;
use crate::store::{MailInTrouble, Status, Store};
use crate::watch::names::shown;

/// Prints the status.
pub(super) fn show(settings: &Settings, json: bool) -> anyhow::Result<Exit> {
    let path = database(settings)?;
    let status = Store::open_read_only(path)?.status()?;
    let service = Service::of(path);
    let mut out = std::io::stdout();
    match json {
        true => {
            let object = Object::of(settings, &service, &status);
            writeln!(out, "{}", plain_json(&serde_json::to_string(&object)?))?;
        }
        false => {
            running(&mut out, settings, &service)?;
            people(&mut out, settings, &status)?;
        }
    }
    Ok(Exit::Fine)
}

/// What is known of the gouji that works, or worked last, with the database.
struct Service {
    /// The process, if it runs.
    pid: Option<String>,
    /// What it said last.
    pulse: Option<Pulse>,
}

impl Service {
    fn of(database: &Path) -> Self {
        Self { pid: daemon::holder(database), pulse: daemon::last_pulse(database) }
    }

    /// What it says now, if it runs.
    fn now(&self) -> Option<&Pulse> {
        self.pulse.as_ref().filter(|_| self.pid.is_some())
    }
}

fn running(out: &mut impl Write, settings: &Settings, service: &Service) -> std::io::Result<()> {
    let time =
        |text: &str| text.parse().map_or_else(|_| text.to_owned(), |at| local(at, &settings.zone));
    let own = env!("CARGO_PKG_VERSION");
    let Some(pulse) = &service.pulse else {
        let state = if service.pid.is_some() { "running" } else { "not running" };
        return writeln!(out, "gouji     {own}, {state}");
    };
    let Some(pid) = &service.pid else {
        return writeln!(out, "gouji     {own}, not running; seen last {}", time(&pulse.at));
    };
    let started = time(&pulse.started_at);
    match pulse.version == own {
        true => writeln!(out, "gouji     {own}, process {pid}, running since {started}")?,
        false => writeln!(
            out,
            "gouji     {own}; version {} is running since {started} (process {pid}): restart it",
            pulse.version,
        )?,
    }
    for folder in &pulse.folders {
        let path = plain(&folder.path);
        writeln!(out, "folder    {path}: {}", folder_state(folder, &time))?;
    }
    if let Some(readers) = &pulse.readers {
        writeln!(out, "readers   {}", plain(readers))?;
    }
    if let Some(at) = &pulse.snapshot_at {
        writeln!(out, "snapshot  published {}", time(at))?;
    }
    let (queued, in_work, at) = (pulse.queued, pulse.in_work, time(&pulse.at));
    writeln!(out, "queue     {queued} files to read, {in_work} being read, at {at}")
}

/// `there, events, 12 files, last scan 2026-01-31 08:30:00`
fn folder_state(folder: &FolderPulse, time: &impl Fn(&str) -> String) -> String {
    if let Some(why) = &folder.why {
        let since = folder.offline_since.as_deref().map(|at| format!(" since {}", time(at)));
        return format!("away{}: {}", since.unwrap_or_default(), plain(why));
    }
    let mode = folder.mode.as_deref().unwrap_or("not looked at yet");
    let scan = folder.last_scan_at.as_deref().map(time).unwrap_or_default();
    format!("there, {mode}, {} files, last scan {scan}", folder.files.unwrap_or(0))
}

/// The database, which must be there.
pub(super) fn database(settings: &Settings) -> anyhow::Result<&Path> {
    let path = &settings.database.path;
    anyhow::ensure!(
        path.exists(),
        "there is no database at {} yet; `gouji run` makes it (configuration: {})",
        path.display(),
        settings.origin,
    );
    Ok(path)
}

fn people(out: &mut impl Write, settings: &Settings, status: &Status) -> std::io::Result<()> {
    let time = |at| local(at, &settings.zone);
    let failed = status.reports_failed;
    let current = status.reports_passed + failed;
    writeln!(out, "database  {} (schema {})", settings.database.path.display(), status.schema)?;
    if let Some(space) = Space::around(&settings.database.path) {
        writeln!(out, "disk      {}", space.told)?;
    }
    writeln!(out, "reports   {current} current of {} units, {failed} failing", status.units)?;
    roster(out, settings, status)?;
    writeln!(out, "files     {}", files(status))?;
    let last = status.last_recorded_at.map_or_else(|| "none yet".to_owned(), time);
    writeln!(out, "recorded  {last}")?;
    writeln!(out, "waiting   {} files", status.waiting.len())?;
    for file in &status.waiting {
        writeln!(out, "  {} since {}", shown(&file.path), time(file.since))?;
        let detail = file.detail.as_deref().map(|d| format!(" ({})", plain(d)));
        writeln!(out, "    {}{}", plain(&file.reason), detail.unwrap_or_default())?;
    }
    writeln!(
        out,
        "mails     {} sent, {} to be sent, {} notices not yet in a mail",
        status.mails_sent, status.mails_queued, status.notices_waiting
    )?;
    for mail in &status.mails_in_trouble {
        trouble(out, mail, &settings.zone)?;
    }
    Ok(())
}

/// Offices, who is on their rosters and who is not, and receipts, where there are such.
fn roster(out: &mut impl Write, settings: &Settings, status: &Status) -> std::io::Result<()> {
    for office in &settings.offices {
        let folders: Vec<String> = office.folders.iter().map(|folder| shown(folder)).collect();
        let (name, to) = (plain(&office.name), office.to.join(", "));
        writeln!(out, "office    {name}: to {to}, from {}", folders.join(", "))?;
    }
    if status.units_listed > 0 {
        let (listed, others) = (status.units_listed, status.unlisted.len());
        writeln!(out, "roster    {listed} units; {others} that are not on it have handed in")?;
        for unit in &status.unlisted {
            let proposed = match unit.proposals.as_slice() {
                [] => String::new(),
                some => format!(" (may be {})", some.join(", ")),
            };
            writeln!(out, "  {}{}", plain(&unit.name), plain(&proposed))?;
        }
    }
    if status.receipts_written + status.receipts_missing > 0 {
        let (written, missing) = (status.receipts_written, status.receipts_missing);
        let why = status.receipts_error.as_deref().map(|why| format!(": {}", plain(why)));
        let why = why.unwrap_or_default();
        writeln!(out, "receipts  {written} written, {missing} could not be{why}")?;
    }
    Ok(())
}

/// `2 passed, 1 failed, 1 being read`
fn files(status: &Status) -> String {
    let counts: Vec<String> =
        status.files.iter().map(|(verdict, count)| format!("{count} {}", word(*verdict))).collect();
    if counts.is_empty() { "none yet".to_owned() } else { counts.join(", ") }
}

fn word(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Passed) => "passed",
        Some(Verdict::Failed) => "failed",
        Some(Verdict::Unreadable) => "unreadable",
        Some(Verdict::Unrecognised) => "unrecognised",
        Some(Verdict::Ignored) => "ignored",
        None => "to be read",
    }
}

/// A mail that has not gone out: what, why, and what comes next.
pub(super) fn trouble(
    out: &mut impl Write,
    mail: &MailInTrouble,
    zone: &TimeZone,
) -> std::io::Result<()> {
    let next = match mail.given_up {
        true => format!("given up; gouji notices retry {}", mail.id),
        false => format!("next attempt {}", local(mail.next_attempt_at, zone)),
    };
    let attempts = mail.attempts;
    writeln!(out, "  {}  {} ({attempts} attempts, {next})", mail.id, plain(&mail.subject))?;
    if !mail.not_delivered.is_empty() {
        writeln!(out, "    to {}", plain(&mail.not_delivered))?;
    }
    let Some(error) = &mail.last_error else { return Ok(()) };
    writeln!(out, "    {}", plain(error))?;
    match advice(error) {
        Some(known) => writeln!(out, "    {}\n    办法：{}", known.means, known.advice),
        None => Ok(()),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn utc(at: Timestamp) -> String {
    at.to_string()
}

/// `gouji status --json`. Times are RFC 3339 in UTC.
#[derive(Serialize)]
struct Object<'s> {
    version: &'static str,
    /// `null`: gouji does not run.
    running: Option<&'s Pulse>,
    last_seen_at: Option<&'s str>,
    database: String,
    /// Free bytes on the disk of the database; `null`: the system does not tell.
    disk_free_bytes: Option<u64>,
    schema: i64,
    units: u32,
    reports: Reports,
    files: std::collections::BTreeMap<&'static str, u32>,
    last_recorded_at: Option<String>,
    waiting: Vec<WaitingFile<'s>>,
    roster: RosterState<'s>,
    receipts: ReceiptsState<'s>,
    mails: Mails<'s>,
}

#[derive(Serialize)]
struct Reports {
    current: u32,
    passed: u32,
    failed: u32,
}

#[derive(Serialize)]
struct RosterState<'s> {
    listed: u32,
    unlisted: Vec<UnlistedUnit<'s>>,
}

#[derive(Serialize)]
struct UnlistedUnit<'s> {
    name: &'s str,
    office: &'s str,
    may_be: &'s [String],
}

impl<'s> UnlistedUnit<'s> {
    fn of(unit: &'s crate::store::Unlisted) -> Self {
        Self { name: &unit.name, office: &unit.office, may_be: &unit.proposals }
    }
}

#[derive(Serialize)]
struct ReceiptsState<'s> {
    written: u32,
    missing: u32,
    error: Option<&'s str>,
}

#[derive(Serialize)]
struct WaitingFile<'s> {
    path: String,
    state: &'static str,
    reason: &'s str,
    detail: Option<&'s str>,
    since: String,
    next_try_at: Option<String>,
}

#[derive(Serialize)]
struct Mails<'s> {
    sent: u32,
    queued: u32,
    notices_waiting: u32,
    in_trouble: Vec<Trouble<'s>>,
}

#[derive(Serialize)]
struct Trouble<'s> {
    id: i64,
    subject: &'s str,
    given_up: bool,
    attempts: u32,
    next_attempt_at: Option<String>,
    last_error: Option<&'s str>,
}

impl<'s> Object<'s> {
    fn of(settings: &Settings, service: &'s Service, status: &'s Status) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            running: service.now(),
            last_seen_at: service.pulse.as_ref().map(|pulse| pulse.at.as_str()),
            database: settings.database.path.display().to_string(),
            disk_free_bytes: Space::around(&settings.database.path).map(|space| space.free_bytes),
            schema: status.schema,
            units: status.units,
            reports: Reports {
                current: status.reports_passed + status.reports_failed,
                passed: status.reports_passed,
                failed: status.reports_failed,
            },
            files: status.files.iter().map(|(verdict, n)| (word(*verdict), *n)).collect(),
            last_recorded_at: status.last_recorded_at.map(utc),
            waiting: status.waiting.iter().map(WaitingFile::of).collect(),
            roster: RosterState {
                listed: status.units_listed,
                unlisted: status.unlisted.iter().map(UnlistedUnit::of).collect(),
            },
            receipts: ReceiptsState {
                written: status.receipts_written,
                missing: status.receipts_missing,
                error: status.receipts_error.as_deref(),
            },
            mails: Mails {
                sent: status.mails_sent,
                queued: status.mails_queued,
                notices_waiting: status.notices_waiting,
                in_trouble: status.mails_in_trouble.iter().map(Trouble::of).collect(),
            },
        }
    }
}

impl<'s> WaitingFile<'s> {
    fn of(waiting: &'s crate::store::Waiting) -> Self {
        Self {
            path: shown(&waiting.path),
            state: waiting.state.word(),
            reason: &waiting.reason,
            detail: waiting.detail.as_deref(),
            since: utc(waiting.since),
            next_try_at: waiting.next_try_at.map(utc),
        }
    }
}

impl<'s> Trouble<'s> {
    fn of(mail: &'s MailInTrouble) -> Self {
        Self {
            id: mail.id.0,
            subject: &mail.subject,
            given_up: mail.given_up,
            attempts: mail.attempts,
            next_attempt_at: (!mail.given_up).then(|| utc(mail.next_attempt_at)),
            last_error: mail.last_error.as_deref(),
        }
    }
}
