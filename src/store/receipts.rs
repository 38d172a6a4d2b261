//! What receipts say and where they belong. Which are out of date is noted by triggers, whoever
//! changes what they say.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::columns::{OwnedPath, PathBytes, Seconds};
use super::outbox;
use super::rows::{FileId, NoticeToSend, ReceiptDue, ReceiptWritten, ReportId};
use crate::watch::names::shown;

/// Files whose receipts are out of date, at most `limit`. One that lies nowhere has no paths.
pub(super) fn due(db: &Connection, limit: u32) -> rusqlite::Result<Vec<ReceiptDue>> {
    let sql = "SELECT file_id, times FROM receipts_due ORDER BY file_id LIMIT :limit";
    let mut query = db.prepare_cached(sql)?;
    let due = query
        .query_map(named_params! { ":limit": limit }, |row| {
            Ok((row.get("file_id")?, row.get("times")?))
        })?
        .collect::<rusqlite::Result<Vec<(FileId, i64)>>>()?;
    due.into_iter()
        .map(|(file, times)| {
            let (paths, documents) = (paths(db, file)?, documents(db, file)?);
            Ok(ReceiptDue { file, times, paths, documents })
        })
        .collect()
}

/// Where a file lies, and where it lay before it was archived.
fn paths(db: &Connection, file: FileId) -> rusqlite::Result<Vec<std::path::PathBuf>> {
    let mut query = db.prepare_cached(include_str!("sql/receipt_paths.sql"))?;
    let rows = query.query_map(named_params! { ":file": file }, |row| {
        row.get::<_, OwnedPath>("path").map(|path| path.0)
    })?;
    rows.collect()
}

fn documents(db: &Connection, file: FileId) -> rusqlite::Result<Vec<NoticeToSend>> {
    let mut query = db.prepare_cached(include_str!("sql/receipt_documents.sql"))?;
    let found = query
        .query_map(named_params! { ":file": file }, |row| {
            Ok((outbox::read_notice(row)?, row.get("report_id")?))
        })?
        .collect::<rusqlite::Result<Vec<(NoticeToSend, Option<ReportId>)>>>()?;
    found
        .into_iter()
        .map(|(mut document, report)| {
            if let Some(report) = report {
                outbox::fill(db, &mut document, report, true)?;
            }
            Ok(document)
        })
        .collect()
}

/// Writes down what became of the receipts of a file.
pub(super) fn written(
    tx: &Connection,
    due: &ReceiptDue,
    written: &[ReceiptWritten],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM receipts_due WHERE file_id = :file AND times = :times";
    tx.prepare_cached(sql)?.execute(named_params! { ":file": due.file, ":times": due.times })?;
    let mut insert = tx.prepare_cached(include_str!("sql/insert_receipt.sql"))?;
    for ReceiptWritten { path, error } in written {
        insert.execute(named_params! {
            ":path": PathBytes(path), ":path_text": shown(path), ":file": due.file,
            ":now": Seconds(now), ":error": error,
        })?;
    }
    Ok(())
}

/// Those that could not be written are due again.
pub(super) fn try_again(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute(include_str!("sql/receipts_again.sql"), []).map(drop)
}
