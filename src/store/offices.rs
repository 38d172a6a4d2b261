//! Which office a file concerns: the one whose drop folder it lies, or lay, in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, named_params};

use super::columns::{OwnedPath, PathBytes};
use super::roster::merge;
use super::rows::{Audience, FileId, UnitId};
use crate::units::offices::{Charge, Offices};
use crate::watch::names::shown;

/// In whose charge a path is; `None`: there are no offices, or it lies in no drop folder.
pub(super) fn charge(db: &Connection, path: &Path) -> rusqlite::Result<Option<Charge>> {
    let sql = "SELECT path, office, units_of FROM office_folders";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if path.starts_with(row.get::<_, OwnedPath>("path")?.0) {
            let (office, units_of) = (row.get("office")?, row.get("units_of")?);
            return Ok(Some(Charge { office, units_of }));
        }
    }
    Ok(None)
}

/// The office that hears of a file: that of its path, else of a path it had before it was archived.
pub(super) fn audience(
    db: &Connection,
    path: &Path,
    file: Option<FileId>,
) -> rusqlite::Result<Audience> {
    if let Some(charge) = charge(db, path)? {
        return Ok(Audience::Office(charge.office));
    }
    let sql = "SELECT path FROM paths WHERE file_id = :file
               ORDER BY withdrawn_at IS NOT NULL, seen_at DESC, id DESC";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(named_params! { ":file": file })?;
    while let Some(row) = rows.next()? {
        if let Some(charge) = charge(db, &row.get::<_, OwnedPath>("path")?.0)? {
            return Ok(Audience::Office(charge.office));
        }
    }
    Ok(Audience::default())
}

/// Writes the folders down, and gives every office the units whose files all lie in its folders: they
/// were recorded before it was one.
pub(super) fn keep(tx: &Connection, offices: &Offices) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM office_folders", [])?;
    let mut insert = tx.prepare(include_str!("sql/insert_office_folder.sql"))?;
    for (path, charge) in &offices.folders {
        insert.execute(named_params! {
            ":path": PathBytes(path), ":path_text": shown(path), ":office": charge.office,
            ":units_of": charge.units_of,
        })?;
    }
    let mut homes: BTreeMap<UnitId, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut query = tx.prepare(include_str!("sql/unit_paths.sql"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(charge) = charge(tx, &row.get::<_, OwnedPath>("path")?.0)? {
            let office = row.get("office")?;
            let (_, homes) = homes.entry(row.get("id")?).or_insert((office, BTreeSet::new()));
            homes.insert(charge.units_of);
        }
    }
    for (unit, (before, homes)) in homes {
        match homes.first() {
            Some(home) if homes.len() == 1 && *home != before => settle(tx, unit, home)?,
            _ => {}
        }
    }
    Ok(())
}

/// Makes a unit one of the office's, or what is known of it that of a unit of the same name there.
fn settle(tx: &Connection, unit: UnitId, office: &str) -> rusqlite::Result<()> {
    let both = named_params! { ":unit": unit, ":office": office };
    let mut query = tx.prepare_cached(include_str!("sql/namesakes.sql"))?;
    let namesakes =
        query.query_map(both, |row| row.get("id"))?.collect::<rusqlite::Result<Vec<UnitId>>>()?;
    match namesakes.as_slice() {
        [namesake] => merge(tx, unit, *namesake),
        _ => {
            let sql = "UPDATE units SET office = :office WHERE id = :unit";
            tx.execute(sql, both).map(drop)
        }
    }
}
