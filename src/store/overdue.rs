//! Who has not handed in: a notice for each unit on the roster, for the office that keeps it and, if
//! that is wanted, for the unit itself.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::owed;
use super::rows::{Audience, OverdueList, UnitId};
use super::versions::Series;

/// A unit that has not handed in.
struct Missing {
    unit: UnitId,
    has_contact: bool,
}

/// Whether this list has been made.
pub(super) fn is_made(db: &Connection, list: &OverdueList) -> rusqlite::Result<bool> {
    let sql = "SELECT value FROM facts WHERE name = :name";
    let made: Option<String> = db
        .prepare_cached(sql)?
        .query_row(named_params! { ":name": fact(list) }, |row| row.get("value"))
        .optional()?;
    Ok(made.is_some_and(|day| day == list.list.day.to_string()))
}

/// Queues a list, once; returns how many units are on it. None of them: nothing is queued.
pub(super) fn make(tx: &Connection, list: &OverdueList, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "INSERT OR REPLACE INTO facts (name, value) VALUES (:name, :day)";
    tx.execute(sql, named_params! { ":name": fact(list), ":day": list.list.day.to_string() })?;
    let missing = missing(tx, &list.office, list.list.year)?;
    for Missing { unit, has_contact } in &missing {
        owed::about_overdue(tx, list, *unit, &Audience::Office(list.office.clone()), now)?;
        if list.remind_units && *has_contact {
            owed::about_overdue(tx, list, *unit, &Audience::Unit(*unit), now)?;
        }
    }
    Ok(missing.len())
}

fn fact(list: &OverdueList) -> String {
    format!("overdue_list:{}", list.office)
}

fn missing(db: &Connection, office: &str, year: i16) -> rusqlite::Result<Vec<Missing>> {
    let mut query = db.prepare_cached(include_str!("sql/overdue_units.sql"))?;
    let rows = query.query_map(named_params! { ":office": office, ":year": year }, |row| {
        Ok(Missing { unit: row.get("id")?, has_contact: row.get("has_contact")? })
    })?;
    rows.collect()
}

/// A report came: reminders of it that are in no mail are pointless.
pub(super) fn supersede(tx: &Connection, series: &Series) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/supersede_overdue.sql"))?
        .execute(named_params! { ":unit": series.unit, ":year": series.year })
        .map(drop)
}
