//! From waiting notices to mails, and from mails to what became of them (contract: Mails).
//!
//! An attempt is: [`begin_delivery`] counts it and sets the next one, committed; the mail is sent;
//! [`finish_delivery`] writes what came of it. A crash between any two of these repeats the same
//! bytes later and loses nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::{Deserialize, Serialize};

use super::columns::{OwnedPath, Seconds};
use super::hours::Hours;
use super::rows::{
    Audience, Condition, ConditionKind, DeliveryRecord, MailDraft, MailId, NoticeId, NoticeKind,
    NoticeToSend, PreviousMail, QueuedMail, ReportId, UnitId, Window,
};
use super::{Compose, owed, reports, roster};
use crate::check::{Finding, Verdict};
use crate::form::{Id, Severity};
use crate::locate::Cause;
use crate::watch::names::file_name;

/// The least time between two mails, so that a burst of files is no burst of mails.
const SPACING: SignedDuration = SignedDuration::from_mins(10);

/// How long an unrecognised file waits for a mail to be a line in.
const UNRECOGNISED_LIMIT: SignedDuration = SignedDuration::from_hours(1);

/// Up to so many notices at once come with the cells of their tables. Ten thousand reports at once
/// are a digest, which draws none; their cells would fill the memory.
const WITH_TABLES: usize = 50;

/// The most notices one letter tells. A mail of several megabytes is refused by many servers, and
/// writing it would fill the memory.
pub(super) const IN_ONE_LETTER: usize = 2_000;

/// Since when notices wait, by what opens a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pending {
    /// The first that opens a window of its own.
    ordinary: Option<Timestamp>,
    /// The first about an unrecognised file.
    unrecognised: Option<Timestamp>,
    /// The first found by a first scan.
    first_scan: Option<Timestamp>,
    /// When the last mail was composed.
    last_mail: Option<Timestamp>,
}

/// When the window closes. What is far in the future (the clock was put back while gouji did not run)
/// has waited long enough, and a mail from there keeps no distance.
fn closes_at(pending: &Pending, window: &Window, now: Timestamp) -> Option<Timestamp> {
    let is_held = window.first_scan && !window.coalesce.is_zero();
    let pending = Pending { first_scan: pending.first_scan.filter(|_| !is_held), ..*pending };
    let first = [pending.ordinary, pending.unrecognised, pending.first_scan];
    let first = first.into_iter().flatten().min()?.min(now);
    let hours = &window.hours;
    let closes = hours.summary(first).or_else(|| gathered_at(&pending, window.coalesce, now))?;
    // What should have gone while gouji was off disturbs nobody's rest either.
    let is_past = closes <= now && hours.opens(now) == now;
    Some(if is_past { closes } else { hours.opens(closes.max(now)) })
}

/// When notices have been gathered for long enough.
fn gathered_at(pending: &Pending, coalesce: Duration, now: Timestamp) -> Option<Timestamp> {
    let coalesce = signed(coalesce);
    let after = |since: Option<Timestamp>, wait: SignedDuration| {
        let is_far = |since: Timestamp| since.duration_since(now) > SPACING;
        since.map(|since| if is_far(since) { now } else { later(since.min(now), wait) })
    };
    let closes = [
        after(pending.ordinary, coalesce),
        after(pending.unrecognised, UNRECOGNISED_LIMIT),
        after(pending.first_scan, SignedDuration::ZERO),
    ];
    let closes = closes.into_iter().flatten().min()?;
    let spacing = if coalesce.is_zero() { SignedDuration::ZERO } else { SPACING.max(coalesce) };
    Some(closes.max(after(pending.last_mail, spacing).unwrap_or(closes)))
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// What waits for whom.
fn pending(db: &Connection) -> rusqlite::Result<Vec<(Audience, Pending)>> {
    let mut query = db.prepare_cached(include_str!("sql/pending.sql"))?;
    let rows = query.query_map([], |row| {
        let time = |name| row.get::<_, Option<Seconds>>(name).map(|at| at.map(|at| at.0));
        let pending = Pending {
            ordinary: time("ordinary")?,
            unrecognised: time("unrecognised")?,
            first_scan: time("first_scan")?,
            last_mail: time("last_mail")?,
        };
        Ok((row.get("audience")?, pending))
    })?;
    rows.collect()
}

impl Window {
    /// Trouble with the service itself waits for no office hours.
    fn of(&self, audience: &Audience) -> Self {
        match audience {
            Audience::Office(_) | Audience::Unit(_) => self.clone(),
            Audience::Administrator => Self { hours: Hours::ALWAYS, ..self.clone() },
        }
    }
}

/// Makes mails of the waiting notices, for each audience when its window has closed; returns how
/// many.
pub(super) fn compose_due(
    tx: &Connection,
    window: &Window,
    compose: &mut Compose<'_>,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut composed = 0;
    for (audience, pending) in pending(tx)? {
        let window = window.of(&audience);
        if closes_at(&pending, &window, now).is_some_and(|at| at <= now) {
            composed += compose_waiting(tx, &audience, &window, compose, now)?;
        }
    }
    Ok(composed)
}

fn compose_waiting(
    tx: &Connection,
    audience: &Audience,
    window: &Window,
    compose: &mut Compose<'_>,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let holds_first_scan = window.first_scan && !window.coalesce.is_zero();
    let ids = tx
        .prepare_cached(include_str!("sql/waiting_notices.sql"))?
        .query_map(
            named_params! { ":audience": audience, ":holds_first_scan": holds_first_scan },
            |row| row.get("id"),
        )?
        .collect::<rusqlite::Result<Vec<NoticeId>>>()?;
    ids.chunks(IN_ONE_LETTER).map(|ids| compose_together(tx, audience, ids, compose, now)).sum()
}

fn compose_together(
    tx: &Connection,
    audience: &Audience,
    ids: &[NoticeId],
    compose: &mut Compose<'_>,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let has_tables = ids.len() <= WITH_TABLES;
    let notices = ids
        .iter()
        .map(|id| notice(tx, *id, has_tables))
        .collect::<rusqlite::Result<Vec<NoticeToSend>>>()?;
    let drafts = compose(&notices);
    for draft in &drafts {
        insert_mail(tx, audience, draft, now)?;
        let mut told = notices.iter().filter(|notice| draft.notices.contains(&notice.id));
        told.try_for_each(|notice| remember(tx, notice))?;
    }
    Ok(drafts.len())
}

/// When the outbox has something to do next: a window closes, a mail is due.
pub(super) fn next_wake(
    db: &Connection,
    window: &Window,
    now: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let mail: Option<Seconds> = db
        .prepare_cached("SELECT min(next_attempt_at) AS at FROM mails WHERE state = 'queued'")?
        .query_row([], |row| row.get("at"))?;
    let pending = pending(db)?;
    let closes = pending
        .iter()
        .filter_map(|(audience, pending)| closes_at(pending, &window.of(audience), now));
    Ok(mail.map(|at| at.0).into_iter().chain(closes).min())
}

/// The clock was set: mails are no older, and due no sooner or later, for it.
pub(super) fn follow_clock(tx: &Connection, jump: SignedDuration) -> rusqlite::Result<()> {
    let jump = named_params! { ":jump": jump.as_secs() };
    tx.execute(include_str!("sql/follow_clock_mails.sql"), jump).map(drop)
}

fn insert_mail(
    tx: &Connection,
    audience: &Audience,
    draft: &MailDraft,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let id: MailId = tx.prepare_cached(include_str!("sql/insert_mail.sql"))?.query_row(
        named_params! {
            ":audience": audience, ":message_id": draft.message_id, ":subject": draft.subject,
            ":message": draft.bytes, ":now": Seconds(now),
        },
        |row| row.get("id"),
    )?;
    let mut recipient = tx.prepare_cached(include_str!("sql/insert_recipient.sql"))?;
    let distinct: BTreeSet<&String> = draft.recipients.iter().collect();
    for (number, address) in (1_i64..).zip(distinct) {
        recipient.execute(named_params! { ":mail": id, ":number": number, ":address": address })?;
    }
    let mut tell = tx.prepare_cached(include_str!("sql/tell_notice.sql"))?;
    for notice in &draft.notices {
        tell.execute(named_params! { ":id": notice, ":mail": id })?;
    }
    Ok(())
}

/// What a mail told of a report: the next one says what has changed since, also where something else
/// is found in the same version because last year's report came.
#[derive(Serialize, Deserialize)]
struct Told {
    findings: Vec<Finding>,
    causes: Vec<Cause>,
}

fn remember(tx: &Connection, notice: &NoticeToSend) -> rusqlite::Result<()> {
    let errors = notice.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let told = Told { findings: errors.cloned().collect(), causes: notice.causes.clone() };
    if told.findings.is_empty() {
        return Ok(());
    }
    let told = serde_json::to_string(&told).ok();
    tx.prepare_cached("UPDATE notices SET told = :told WHERE id = :id")?
        .execute(named_params! { ":id": notice.id, ":told": told })
        .map(drop)
}

/// A notice with what its mail can say.
fn notice(tx: &Connection, id: NoticeId, has_tables: bool) -> rusqlite::Result<NoticeToSend> {
    let mut query = tx.prepare_cached(include_str!("sql/notice.sql"))?;
    let (mut notice, report, thread) = query.query_row(named_params! { ":id": id }, |row| {
        Ok((read_notice(row)?, row.get::<_, Option<ReportId>>("report_id")?, Thread::read(row)?))
    })?;
    notice.previous = thread.previous(tx)?;
    if let Some(unit) = thread.unit {
        notice.roster = roster::note(tx, unit, notice.kind, notice.year)?;
    }
    if let Some(report) = report {
        fill(tx, &mut notice, report, has_tables)?;
    }
    Ok(notice)
}

/// What was found in the report of a notice.
pub(super) fn fill(
    tx: &Connection,
    notice: &mut NoticeToSend,
    report: ReportId,
    has_tables: bool,
) -> rusqlite::Result<()> {
    notice.findings = reports::findings_explained(tx, report)?;
    notice.causes = reports::causes(tx, report)?;
    if has_tables {
        let tables = tables_in_question(notice);
        notice.cells = reports::cells(tx, report, &tables)?;
    }
    Ok(())
}

/// What could be told about a recorded report, whatever has been.
pub(super) fn report_to_tell(
    db: &Connection,
    report: ReportId,
) -> rusqlite::Result<Option<NoticeToSend>> {
    let found = db
        .prepare_cached(include_str!("sql/report_to_tell.sql"))?
        .query_row(named_params! { ":id": report }, read_notice)
        .optional()?;
    let Some(mut notice) = found else { return Ok(None) };
    fill(db, &mut notice, report, true)?;
    Ok(Some(notice))
}

/// The report that counts of a unit; without a year its latest.
pub(super) fn report_of_unit(
    db: &Connection,
    unit: &str,
    year: Option<i16>,
) -> rusqlite::Result<Option<ReportId>> {
    db.prepare_cached(include_str!("sql/report_of_unit.sql"))?
        .query_row(named_params! { ":unit": unit, ":year": year }, |row| row.get("id"))
        .optional()
}

fn tables_in_question(notice: &NoticeToSend) -> BTreeSet<Id> {
    let named = notice.findings.iter().flat_map(|finding| &finding.cells);
    let repaired = notice.causes.iter().flat_map(|cause| {
        cause.cells.iter().chain(cause.alternatives.iter().flatten()).map(|repair| &repair.cell)
    });
    named.chain(repaired).map(|cell| cell.table.clone()).collect()
}

pub(super) fn read_notice(row: &Row<'_>) -> rusqlite::Result<NoticeToSend> {
    let kind: NoticeKind = row.get("kind")?;
    let key: String = row.get("key")?;
    let queued_at = row.get::<_, Seconds>("queued_at")?.0;
    let time = |name| row.get::<_, Option<Seconds>>(name).map(|at| at.map_or(queued_at, |at| at.0));
    let verdict: Option<Verdict> = row.get("verdict")?;
    Ok(NoticeToSend {
        id: row.get("id")?,
        kind,
        condition: condition(kind, &key),
        key,
        audience: row.get("audience")?,
        contacts: contacts(row)?,
        roster: None,
        queued_at,
        unit: row.get("unit")?,
        year: row.get("year")?,
        file_name: name(row)?,
        file_modified_at: time("file_modified_at")?,
        first_seen_at: time("first_seen_at")?,
        verdict: verdict.unwrap_or(match kind {
            NoticeKind::Unreadable => Verdict::Unreadable,
            NoticeKind::Unrecognised => Verdict::Unrecognised,
            _ => Verdict::Ignored,
        }),
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        form: row.get("form")?,
        version: row.get("version")?,
        source: row.get("source")?,
        rules_changed: row.get("rules_changed")?,
        findings: Vec::new(),
        causes: Vec::new(),
        cells: std::collections::BTreeMap::new(),
        previous: None,
    })
}

/// The mail addresses of the unit itself.
fn contacts(row: &Row<'_>) -> rusqlite::Result<Vec<String>> {
    let contact: Option<String> = row.get("contact")?;
    Ok(contact.iter().flat_map(|all| all.split(';')).map(str::to_owned).collect())
}

/// The name of the file. Where no unit is known, with the folder it lies in: the folder is all that
/// may tell whose it is.
fn name(row: &Row<'_>) -> rusqlite::Result<String> {
    let path: Option<OwnedPath> = row.get("path")?;
    let unit: Option<UnitId> = row.get("unit_id")?;
    let file = match (unit, path) {
        (None, Some(OwnedPath(path))) => {
            let folder = path.parent().map(file_name).filter(|folder| !folder.is_empty());
            folder.into_iter().chain([file_name(&path)]).collect::<Vec<_>>().join("/")
        }
        _ => row.get::<_, Option<String>>("file_name")?.unwrap_or_default(),
    };
    let member: String = row.get("member")?;
    Ok(if member.is_empty() { file } else { format!("{file}!{member}") })
}

/// The condition of an administrator notice stands at the head of its key.
fn condition(kind: NoticeKind, key: &str) -> Option<ConditionKind> {
    let word = key.split(':').next().filter(|_| kind == NoticeKind::Administrator)?;
    rusqlite::types::FromSql::column_result(word.into()).ok()
}

/// What earlier mails are looked for by.
struct Thread {
    unit: Option<UnitId>,
    year: Option<i16>,
    kind: Option<String>,
    answers: Option<NoticeId>,
}

impl Thread {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            unit: row.get("unit_id")?,
            year: row.get("year")?,
            kind: row.get("report_kind")?,
            answers: row.get("answers_id")?,
        })
    }

    /// The head of the thread and what was told last in it.
    fn previous(&self, tx: &Connection) -> rusqlite::Result<Option<PreviousMail>> {
        let found = tx
            .prepare_cached(include_str!("sql/previous_mail.sql"))?
            .query_row(
                named_params! {
                    ":unit": self.unit, ":year": self.year, ":kind": self.kind,
                    ":answers": self.answers,
                },
                |row| {
                    Ok((
                        row.get("message_id")?,
                        row.get("last_kind")?,
                        row.get::<_, Option<ReportId>>("last_report_id")?,
                        row.get::<_, Option<String>>("last_told")?,
                    ))
                },
            )
            .optional()?;
        let Some((message_id, kind, report, told)) = found else { return Ok(None) };
        if let Some(Told { findings, causes }) =
            told.and_then(|told| serde_json::from_str(&told).ok())
        {
            return Ok(Some(PreviousMail { message_id, kind, findings, causes }));
        }
        // Mails of a gouji that did not write down what it told.
        let (mut findings, causes) = match report {
            Some(report) => (reports::findings(tx, report)?, reports::causes(tx, report)?),
            None => (Vec::new(), Vec::new()),
        };
        findings.retain(|finding| finding.severity == Severity::Error);
        Ok(Some(PreviousMail { message_id, kind, findings, causes }))
    }
}

/// Mails that are due, the oldest first.
pub(super) fn due_mails(db: &Connection, now: Timestamp) -> rusqlite::Result<Vec<QueuedMail>> {
    let mut query = db.prepare_cached(include_str!("sql/due_mails.sql"))?;
    let mails = query
        .query_map(named_params! { ":now": Seconds(now) }, |row| {
            let time = |name| row.get::<_, Seconds>(name).map(|at| at.0);
            Ok(QueuedMail {
                id: row.get("id")?,
                message_id: row.get("message_id")?,
                subject: row.get("subject")?,
                recipients_open: Vec::new(),
                bytes: row.get("message")?,
                attempts: row.get("attempts")?,
                created_at: time("created_at")?,
                queued_at: time("queued_at")?,
                next_attempt_at: time("next_attempt_at")?,
                last_error: row.get("last_error")?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    mails
        .into_iter()
        .map(|mail| Ok(QueuedMail { recipients_open: open_recipients(db, mail.id)?, ..mail }))
        .collect()
}

fn open_recipients(db: &Connection, mail: MailId) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT address FROM mail_recipients WHERE mail_id = :mail AND state = 'open'";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map(named_params! { ":mail": mail }, |row| row.get("address"))?;
    rows.collect()
}

/// Counts an attempt and sets the next one.
pub(super) fn begin_delivery(
    tx: &Connection,
    mail: MailId,
    next_attempt_at: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/begin_delivery.sql"))?
        .execute(named_params! { ":id": mail, ":next": Seconds(next_attempt_at) })
        .map(drop)
}

/// Writes what came of an attempt.
pub(super) fn finish_delivery(
    tx: &Connection,
    mail: MailId,
    outcome: &DeliveryRecord,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut set = tx.prepare_cached(include_str!("sql/set_recipient.sql"))?;
    for address in open_recipients(tx, mail)? {
        let is_open = outcome.open.contains(&address);
        let state = match () {
            () if outcome.failed.contains(&address) => "failed",
            () if is_open && outcome.give_up => "failed",
            () if is_open => "open",
            () => "sent",
        };
        set.execute(named_params! { ":mail": mail, ":address": address, ":state": state })?;
    }
    let state: String = tx.prepare_cached(include_str!("sql/finish_delivery.sql"))?.query_row(
        named_params! {
            ":id": mail, ":error": outcome.error, ":now": Seconds(now),
            ":next": outcome.next_attempt_at.map(Seconds),
        },
        |row| row.get("state"),
    )?;
    if state == "given_up" { raise_given_up(tx, mail, outcome, now) } else { Ok(()) }
}

/// Tells the administrator, unless the mail was for the administrator alone: telling in a circle
/// helps nobody.
fn raise_given_up(
    tx: &Connection,
    mail: MailId,
    outcome: &DeliveryRecord,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM notices WHERE mail_id = :mail AND kind <> 'administrator'";
    if !tx.prepare_cached(sql)?.exists(named_params! { ":mail": mail })? {
        return Ok(());
    }
    let condition = Condition {
        kind: ConditionKind::MailGivenUp,
        about: mail.to_string(),
        detail: outcome.error.clone().unwrap_or_default(),
        since: now,
    };
    owed::about_condition(tx, &condition, now)
}

/// Every queued mail is due.
pub(super) fn make_all_due(tx: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mails SET next_attempt_at = :now WHERE state = 'queued'";
    tx.prepare_cached(sql)?.execute(named_params! { ":now": Seconds(now) }).map(drop)
}

/// Queues a mail once more, for those who have not got it.
pub(super) fn retry_mail(tx: &Connection, mail: MailId, now: Timestamp) -> rusqlite::Result<bool> {
    let queued = tx
        .prepare_cached(include_str!("sql/retry_mail.sql"))?
        .execute(named_params! { ":id": mail, ":now": Seconds(now) })?;
    if queued > 0 {
        let sql =
            "UPDATE mail_recipients SET state = 'open' WHERE mail_id = :id AND state = 'failed'";
        tx.prepare_cached(sql)?.execute(named_params! { ":id": mail })?;
    }
    Ok(queued > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(1_000_000 + seconds).unwrap())
    }

    #[test]
    fn a_window_closes_after_the_first_notice_and_not_too_soon_after_a_mail() {
        let none = Pending::default();
        let ordinary = |s| Pending { ordinary: at(s), ..none };
        let cases = [
            ("nothing waits", none, 120, false, None),
            ("two minutes after the first", ordinary(0), 120, false, at(120)),
            ("at once", ordinary(0), 0, false, at(0)),
            (
                "a mail went 1 min before",
                Pending { last_mail: at(-60), ..ordinary(0) },
                120,
                false,
                at(540),
            ),
            (
                "a mail went long ago",
                Pending { last_mail: at(-9_000), ..ordinary(0) },
                120,
                false,
                at(120),
            ),
            ("at once, always", Pending { last_mail: at(-1), ..ordinary(0) }, 0, false, at(0)),
            (
                "a long window is kept after a mail",
                Pending { last_mail: at(-10), ..ordinary(0) },
                3_600,
                false,
                at(3_600),
            ),
            (
                "unrecognised alone waits an hour",
                Pending { unrecognised: at(0), ..none },
                120,
                false,
                at(3_600),
            ),
            (
                "unrecognised goes along",
                Pending { unrecognised: at(0), ..ordinary(50) },
                120,
                false,
                at(170),
            ),
            (
                "a first scan is told when it ends",
                Pending { first_scan: at(0), ..none },
                120,
                true,
                None,
            ),
            ("and then at once", Pending { first_scan: at(0), ..none }, 120, false, at(0)),
            ("no digest without a window", Pending { first_scan: at(0), ..none }, 0, true, at(0)),
            ("the clock was put back", ordinary(1_000_000), 120, false, at(5_000)),
        ];
        for (case, pending, coalesce, first_scan, closes) in cases {
            let hours = Hours::ALWAYS;
            let window = Window { coalesce: Duration::from_secs(coalesce), first_scan, hours };
            assert_eq!(closes_at(&pending, &window, at(5_000).unwrap()), closes, "{case}");
        }
    }
}
