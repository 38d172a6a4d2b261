//! Which notices a recorded verdict owes, and which it makes pointless (contract: Mails).
//!
//! What was last told about a unit and year is the last notice of it that is in a mail. A notice is
//! owed when the version that counts says something else than that. Notices not yet in a mail are
//! overtaken by it; those in a mail stay as they are.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::columns::{PathBytes, Seconds};
use super::rows::{
    Audience, Condition, FileId, NoticeId, NoticeKind, NoticePolicy, OverdueList, ReportId, Sha256,
    Waiting,
};
use super::rows::{UnitId, WaitingFor};
use super::versions::{self, Current, Series};
use super::years::Change;
use super::{files, offices};
use crate::check::Verdict;
use crate::units::overdue::List;

/// How long a file may wait before people are told.
const WAITING_LIMIT: Duration = Duration::from_secs(60 * 60);

/// The document a notice is about.
pub(super) struct Subject<'a> {
    pub(super) file: FileId,
    pub(super) member: &'a str,
    pub(super) path: &'a Path,
}

/// A notice to be queued.
#[derive(Default)]
struct New<'a> {
    key: String,
    audience: Audience,
    first_scan: bool,
    report: Option<ReportId>,
    unit: Option<UnitId>,
    year: Option<i16>,
    file: Option<FileId>,
    member: &'a str,
    path: Option<&'a Path>,
    file_at: Option<Timestamp>,
    reason: Option<&'a str>,
    detail: Option<&'a str>,
    errors_hash: Option<&'a str>,
    answers: Option<NoticeId>,
}

/// What was told last about a series.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    kind: NoticeKind,
    report: Option<ReportId>,
    errors_hash: Option<String>,
}

/// What the version that counts makes of what was told last.
fn decide(current: &Current, told: Option<&Told>, answers: bool) -> Option<NoticeKind> {
    let alert = told.filter(|told| told.kind != NoticeKind::Corrected);
    match (current.verdict, alert) {
        (Verdict::Failed, Some(alert))
            if alert.errors_hash.as_deref() == Some(&current.errors_hash) =>
        {
            (alert.report != Some(current.id)).then_some(NoticeKind::StillFailing)
        }
        (Verdict::Failed, _) => Some(NoticeKind::Failed),
        (Verdict::Passed, Some(_)) => Some(NoticeKind::Corrected),
        (Verdict::Passed, None) => answers.then_some(NoticeKind::Corrected),
        _ => None,
    }
}

/// Queues what a changed series owes; returns its kind.
pub(super) fn about_report(
    tx: &Connection,
    subject: &Subject<'_>,
    series: &Series,
    before: Option<&Current>,
    answers: Option<NoticeId>,
    policy: &NoticePolicy,
    now: Timestamp,
) -> rusqlite::Result<Option<NoticeKind>> {
    let Some(current) = versions::current(tx, series)? else { return Ok(None) };
    let has_changed =
        before.is_none_or(|b| (b.id, &b.errors_hash) != (current.id, &current.errors_hash));
    let told = told(tx, series)?;
    let kind = if has_changed {
        supersede_series(tx, series)?;
        decide(&current, told.as_ref(), answers.is_some())
    } else {
        (answers.is_some() && current.verdict == Verdict::Passed).then_some(NoticeKind::Corrected)
    };
    let Some(kind) = kind else { return Ok(None) };
    // A copy that answers a file nobody could read is told apart from the version it is a copy of.
    let suffix = match answers {
        Some(NoticeId(id)) if !has_changed => format!(":{id}"),
        _ => String::new(),
    };
    let new = New {
        key: format!("{}:{}{suffix}", current.id.0, current.errors_hash),
        audience: offices::audience(tx, subject.path, Some(subject.file))?,
        first_scan: policy.first_scan,
        report: Some(current.id),
        unit: Some(series.unit),
        year: series.year,
        file: Some(subject.file),
        member: subject.member,
        errors_hash: Some(&current.errors_hash),
        answers,
        ..New::default()
    };
    queue(tx, kind, &new, now)?;
    Ok(Some(kind))
}

/// Queues what a change of the neighbouring year owes, if the change is of note or something about
/// the series still waits to be told: that must tell what is true now.
pub(super) fn about_neighbour(
    tx: &Connection,
    series: &Series,
    change: &Change,
    policy: &NoticePolicy,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let waits = tx.prepare_cached(include_str!("sql/waiting_about.sql"))?.exists(
        named_params! { ":unit": series.unit, ":year": series.year, ":kind": series.kind },
    )?;
    if policy.quiet || !(change.is_of_note || waits) {
        return Ok(());
    }
    let Current { file, member, .. } = &change.before;
    let subject = Subject { file: *file, member, path: Path::new("") };
    about_report(tx, &subject, series, Some(&change.before), None, policy, now).map(drop)
}

/// Queues a notice about a document that could not be read or is no report.
pub(super) fn about_file(
    tx: &Connection,
    kind: NoticeKind,
    subject: &Subject<'_>,
    (reason, detail): (Option<&str>, Option<&str>),
    policy: &NoticePolicy,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sha256: Sha256 = tx
        .prepare_cached("SELECT sha256 FROM files WHERE id = :id")?
        .query_row(named_params! { ":id": subject.file }, |row| row.get("sha256"))?;
    let member = subject.member;
    let key = if member.is_empty() { sha256.to_string() } else { format!("{sha256}!{member}") };
    let new = New {
        key,
        audience: offices::audience(tx, subject.path, Some(subject.file))?,
        first_scan: policy.first_scan,
        file: Some(subject.file),
        member,
        reason,
        detail,
        ..New::default()
    };
    queue(tx, kind, &new, now)
}

/// Queues notices about files that have waited too long for a reason someone can mend.
pub(super) fn about_waiting(
    tx: &Connection,
    waiting: &[Waiting],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let limit = SignedDuration::try_from(WAITING_LIMIT).unwrap_or(SignedDuration::MAX);
    for file in waiting {
        let is_mendable = match file.state {
            WaitingFor::Incomplete | WaitingFor::Locked | WaitingFor::Permission => true,
            WaitingFor::Settling | WaitingFor::Reader => false,
        };
        if is_mendable && now.duration_since(file.since) >= limit {
            let new = New {
                key: waiting_key(&file.path, file.since),
                audience: offices::audience(tx, &file.path, None)?,
                path: Some(&file.path),
                file_at: file.modified_at,
                reason: Some(&file.reason),
                detail: file.detail.as_deref(),
                ..New::default()
            };
            queue(tx, NoticeKind::Unreadable, &new, now)?;
        }
    }
    Ok(())
}

/// What makes a notice about a waiting file the same: the file, and since when it waits.
fn waiting_key(path: &Path, since: Timestamp) -> String {
    let path = Sha256::of(path.as_os_str().as_encoded_bytes());
    format!("{path}@{}", since.as_second())
}

/// The clock was set: files have waited no longer and no less for it, and what has been told about
/// them stays told.
pub(super) fn follow_clock(tx: &Connection, jump: SignedDuration) -> rusqlite::Result<()> {
    let mut rename =
        tx.prepare_cached("UPDATE notices SET key = :new WHERE kind = :kind AND key = :old")?;
    for file in files::waiting(tx)? {
        let since = file.since.checked_add(jump).unwrap_or(file.since);
        rename.execute(named_params! {
            ":kind": NoticeKind::Unreadable, ":old": waiting_key(&file.path, file.since),
            ":new": waiting_key(&file.path, since),
        })?;
    }
    let jump = named_params! { ":jump": jump.as_secs() };
    tx.execute(include_str!("sql/follow_clock_waiting.sql"), jump)?;
    let sql = "UPDATE notices SET queued_at = queued_at + :jump WHERE state = 'waiting'";
    tx.execute(sql, jump).map(drop)
}

/// Queues a reminder that a unit on the roster has not handed in.
pub(super) fn about_overdue(
    tx: &Connection,
    list: &OverdueList,
    unit: UnitId,
    audience: &Audience,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let OverdueList { list: List { day, due, year }, .. } = *list;
    let to_unit = if matches!(audience, Audience::Unit(_)) { ":unit" } else { "" };
    let reason = format!("{}年{}月{}日", due.year(), due.month(), due.day());
    let new = New {
        key: format!("{}:{year}:{day}{to_unit}", unit.0),
        audience: audience.clone(),
        unit: Some(unit),
        year: Some(year),
        reason: Some(&reason),
        ..New::default()
    };
    queue(tx, NoticeKind::Overdue, &new, now)
}

/// Queues a notice for the administrator.
pub(super) fn about_condition(
    tx: &Connection,
    condition: &Condition,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let word = condition_word(condition)?;
    let new = New {
        key: format!("{word}:{}@{}", condition.about, condition.since.as_second()),
        audience: Audience::Administrator,
        reason: Some(&condition.about),
        detail: Some(&condition.detail).filter(|d| !d.is_empty()).map(String::as_str),
        ..New::default()
    };
    queue(tx, NoticeKind::Administrator, &new, now)
}

fn condition_word(condition: &Condition) -> rusqlite::Result<String> {
    use rusqlite::ToSql;
    use rusqlite::types::{ToSqlOutput, Value, ValueRef};
    Ok(match condition.kind.to_sql()? {
        ToSqlOutput::Owned(Value::Text(word)) => word,
        ToSqlOutput::Borrowed(ValueRef::Text(word)) => String::from_utf8_lossy(word).into_owned(),
        _ => String::new(),
    })
}

/// A notice with a known key is the same notice; one that was overtaken waits again.
fn queue(tx: &Connection, kind: NoticeKind, new: &New<'_>, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/queue_notice.sql"))?
        .execute(named_params! {
            ":kind": kind, ":key": new.key, ":audience": new.audience, ":first_scan": new.first_scan, ":now": Seconds(now),
            ":report": new.report, ":unit": new.unit, ":year": new.year, ":file": new.file,
            ":member": new.member, ":path": new.path.map(PathBytes),
            ":file_at": new.file_at.map(Seconds), ":reason": new.reason, ":detail": new.detail,
            ":errors_hash": new.errors_hash, ":answers": new.answers,
        })
        .map(drop)
}

fn told(tx: &Connection, series: &Series) -> rusqlite::Result<Option<Told>> {
    tx.prepare_cached(include_str!("sql/told.sql"))?
        .query_row(
            named_params! { ":unit": series.unit, ":year": series.year, ":kind": series.kind },
            |row| {
                Ok(Told {
                    kind: row.get("kind")?,
                    report: row.get("report_id")?,
                    errors_hash: row.get("errors_hash")?,
                })
            },
        )
        .optional()
}

/// The notices about a series that are in no mail are overtaken.
pub(super) fn supersede_series(tx: &Connection, series: &Series) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/supersede_series.sql"))?
        .execute(named_params! {
            ":unit": series.unit, ":year": series.year, ":kind": series.kind,
        })
        .map(drop)
}

/// The notices that this file, its path or what lay there before could not be read are overtaken,
/// unless they are in a mail or the same content lies elsewhere.
pub(super) fn supersede_unread(
    tx: &Connection,
    subject: &Subject<'_>,
    replaced: Option<FileId>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/supersede_unread.sql"))?
        .execute(named_params! {
            ":file": subject.file, ":member": subject.member,
            ":path": PathBytes(subject.path), ":replaced": replaced,
        })
        .map(drop)
}

/// A notice in a mail about content that could not be read, or named no unit or year, in the place
/// of which this document came; nothing has answered it yet.
pub(super) fn unanswered(
    tx: &Connection,
    subject: &Subject<'_>,
    replaced: Option<FileId>,
) -> rusqlite::Result<Option<NoticeId>> {
    tx.prepare_cached(include_str!("sql/unanswered_notice.sql"))?
        .query_row(
            named_params! {
                ":file": subject.file, ":member": subject.member,
                ":path": PathBytes(subject.path), ":replaced": replaced,
            },
            |row| row.get("id"),
        )
        .optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current(id: i64, verdict: Verdict, errors: &str) -> Current {
        Current {
            id: ReportId(id),
            file: FileId(1),
            member: String::new(),
            verdict,
            content_hash: String::new(),
            errors_hash: errors.to_owned(),
            own_errors_hash: errors.to_owned(),
            beside: false,
        }
    }

    fn told(kind: NoticeKind, report: i64, errors: &str) -> Option<Told> {
        Some(Told { kind, report: Some(ReportId(report)), errors_hash: Some(errors.to_owned()) })
    }

    #[test]
    fn what_is_owed_depends_on_what_was_told_last() {
        use NoticeKind::{Corrected, Failed, StillFailing};
        use Verdict::{Failed as Fails, Passed as Passes};
        let cases = [
            ("nothing told, fails", (2, Fails, "x"), None, Some(Failed)),
            ("nothing told, passes", (2, Passes, ""), None, None),
            ("told, the same errors", (2, Fails, "x"), told(Failed, 1, "x"), Some(StillFailing)),
            ("told, other errors", (2, Fails, "y"), told(Failed, 1, "x"), Some(Failed)),
            ("told, this version", (1, Fails, "x"), told(Failed, 1, "x"), None),
            ("told again", (3, Fails, "x"), told(StillFailing, 2, "x"), Some(StillFailing)),
            ("told, passes", (2, Passes, ""), told(Failed, 1, "x"), Some(Corrected)),
            ("told again, passes", (3, Passes, ""), told(StillFailing, 2, "x"), Some(Corrected)),
            ("corrected, passes", (3, Passes, ""), told(Corrected, 2, ""), None),
            ("corrected, fails", (3, Fails, "x"), told(Corrected, 2, ""), Some(Failed)),
        ];
        for (case, (id, verdict, errors), told, owed) in cases {
            let current = current(id, verdict, errors);
            assert_eq!(decide(&current, told.as_ref(), false), owed, "{case}");
        }
        assert_eq!(decide(&current(1, Passes, ""), None, true), Some(Corrected));
        assert_eq!(decide(&current(1, Fails, "x"), None, true), Some(Failed));
    }
}
