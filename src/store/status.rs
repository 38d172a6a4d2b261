//! What `gouji status` shows of the database.

use rusqlite::{Connection, named_params};

use super::columns::Seconds;
use super::rows::{MailInTrouble, Status};
use super::{files, roster, schema};

/// Mails shown that did not go out as they should.
const TROUBLE_SHOWN: i64 = 50;

pub(super) fn status(db: &Connection) -> rusqlite::Result<Status> {
    let mut status = counts(db)?;
    let sql = "SELECT verdict, count(*) AS files FROM files GROUP BY verdict";
    let mut query = db.prepare_cached(sql)?;
    status.files = query
        .query_map([], |row| Ok((row.get("verdict")?, row.get("files")?)))?
        .collect::<rusqlite::Result<_>>()?;
    status.waiting = files::waiting(db)?;
    status.mails_in_trouble = in_trouble(db)?;
    status.unlisted = roster::unlisted(db)?;
    Ok(status)
}

fn counts(db: &Connection) -> rusqlite::Result<Status> {
    db.query_row(include_str!("sql/status.sql"), [], |row| {
        Ok(Status {
            schema: schema::known_schema(),
            units: row.get("units")?,
            reports_passed: row.get("reports_passed")?,
            reports_failed: row.get("reports_failed")?,
            last_recorded_at: row.get::<_, Option<Seconds>>("last_recorded_at")?.map(|at| at.0),
            notices_waiting: row.get("notices_waiting")?,
            mails_queued: row.get("mails_queued")?,
            mails_sent: row.get("mails_sent")?,
            units_listed: row.get("units_listed")?,
            receipts_written: row.get("receipts_written")?,
            receipts_missing: row.get("receipts_missing")?,
            receipts_error: row.get("receipts_error")?,
            ..Status::default()
        })
    })
}

fn in_trouble(db: &Connection) -> rusqlite::Result<Vec<MailInTrouble>> {
    let mut query = db.prepare_cached(include_str!("sql/mails_in_trouble.sql"))?;
    let rows = query.query_map(named_params! { ":limit": TROUBLE_SHOWN }, |row| {
        Ok(MailInTrouble {
            id: row.get("id")?,
            subject: row.get("subject")?,
            given_up: row.get("given_up")?,
            attempts: row.get("attempts")?,
            next_attempt_at: row.get::<_, Seconds>("next_attempt_at")?.0,
            last_error: row.get("last_error")?,
            not_delivered: row.get::<_, Option<String>>("not_delivered")?.unwrap_or_default(),
        })
    })?;
    rows.collect()
}
