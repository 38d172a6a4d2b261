//! The unit of a report: looked up on the roster and among those known, made when it is new.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::columns::Seconds;
use super::roster;
use super::rows::UnitId;
use crate::document::Source;
use crate::report::Report;
use crate::units::{self, Match};

/// The unit a report belongs to.
pub(super) struct Placed {
    pub(super) unit: UnitId,
    /// The units that the name fits, if it fits several, as a sentence lists them.
    pub(super) candidates: Option<String>,
}

/// The unit of a report that names one, among those of `office` (`None`: of all), with its spellings
/// remembered.
pub(super) fn place(
    tx: &Connection,
    office: Option<&str>,
    printed: &str,
    report: &Report,
    now: Timestamp,
) -> rusqlite::Result<Placed> {
    let plain = plain(printed);
    let home = match office {
        Some(office) => office.to_owned(),
        None => home(tx, &plain)?,
    };
    let office = home.as_str();
    let (found, found_by) = match find(tx, office, &plain)? {
        Match::New => match misread(tx, office, &plain, report.source)? {
            Some(unit) => (Match::Same(unit), By::Misreading(report.source)),
            None => (Match::New, By::Name),
        },
        found => (found, By::Name),
    };
    let placed = match found {
        Match::Same(unit) => Placed { unit, candidates: None },
        Match::New => Placed { unit: insert(tx, office, printed, "named", now)?, candidates: None },
        Match::Ambiguous(candidates) => {
            let unit = match ambiguous(tx, office, &plain)? {
                Some(unit) => unit,
                None => insert(tx, office, printed, "ambiguous", now)?,
            };
            Placed { unit, candidates: Some(listed(tx, &candidates)?) }
        }
    };
    if matches!(found_by, By::Misreading(Source::Text)) {
        // What scans called it names another place.
        tx.prepare_cached("UPDATE OR REPLACE unit_names SET role = 'other' WHERE unit_id = :id")?
            .execute(named_params! { ":id": placed.unit })?;
    }
    let is_misread = matches!(found_by, By::Misreading(Source::Ocr));
    remember(tx, placed.unit, printed, if is_misread { "other" } else { "printed" })?;
    for other in &report.spellings {
        remember(tx, placed.unit, other, "other")?;
    }
    match found_by {
        By::Name => lengthen(tx, placed.unit, printed)?,
        By::Misreading(Source::Ocr) => {}
        By::Misreading(Source::Text) => rename(tx, placed.unit, printed)?,
    }
    Ok(placed)
}

/// How a unit was found.
enum By {
    Name,
    /// A scan's name says it, or said it, but for characters that recognition does not know; the report
    /// at hand is of this source.
    Misreading(Source),
}

/// The one unit whose name a scan may have misread: of a report recognised on one, any unit of the
/// office; of a report with text, one that only scans told of.
fn misread(
    tx: &Connection,
    office: &str,
    plain: &str,
    source: Source,
) -> rusqlite::Result<Option<UnitId>> {
    let from_text = source == Source::Text;
    let mut query = tx.prepare_cached(match source {
        Source::Text => include_str!("sql/units_scanned.sql"),
        Source::Ocr => include_str!("sql/units_misread.sql"),
    })?;
    let mut rows = query.query(named_params! { ":office": office })?;
    let mut fitting = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let known: String = row.get("plain")?;
        let (read, known) = if from_text { (&*known, plain) } else { (plain, &*known) };
        if units::corrected(read, known).is_some() {
            fitting.insert(row.get("unit_id")?);
        }
    }
    let only = fitting.pop_first();
    Ok(only.filter(|_| fitting.is_empty()))
}

/// The office of a unit whose report lies in no drop folder (an import): the only one that knows the
/// name, else that of `[units]`.
fn home(tx: &Connection, plain: &str) -> rusqlite::Result<String> {
    let mut query = tx.prepare_cached(include_str!("sql/offices.sql"))?;
    let offices =
        query.query_map([], |row| row.get("office"))?.collect::<rusqlite::Result<Vec<String>>>()?;
    if offices.iter().all(String::is_empty) {
        return Ok(String::new());
    }
    let mut knowing = Vec::new();
    for office in offices {
        if matches!(find(tx, &office, plain)?, Match::Same(_)) {
            knowing.push(office);
        }
    }
    Ok(if knowing.len() == 1 { knowing.pop() } else { None }.unwrap_or_default())
}

/// The unit of the office that a plain name means: one on its roster, else one known without it.
fn find(db: &Connection, office: &str, plain: &str) -> rusqlite::Result<Match<UnitId>> {
    Ok(match roster::find(db, office, plain)? {
        Match::New => units::find(plain, &related(db, office, plain)?),
        listed => listed,
    })
}

/// The units that a name fits, if it belongs to a unit kept apart because it fits several.
pub(super) fn candidates(
    db: &Connection,
    unit: UnitId,
    printed: &str,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT office FROM units WHERE id = :id AND recognition = 'ambiguous'";
    let office: Option<String> = db
        .prepare_cached(sql)?
        .query_row(named_params! { ":id": unit }, |row| row.get("office"))
        .optional()?;
    let Some(office) = office else { return Ok(None) };
    match find(db, &office, &plain(printed))? {
        Match::Ambiguous(units) => listed(db, &units).map(Some),
        Match::Same(_) | Match::New => Ok(None),
    }
}

/// A unit of its own for a report that names none.
pub(super) fn unrecognised(
    tx: &Connection,
    office: &str,
    file_name: &str,
    now: Timestamp,
) -> rusqlite::Result<UnitId> {
    insert(tx, office, &units::unrecognised(file_name), "unrecognised", now)
}

/// The name of a unit.
pub(super) fn name(tx: &Connection, unit: UnitId) -> rusqlite::Result<String> {
    tx.prepare_cached("SELECT name FROM units WHERE id = :id")?
        .query_row(named_params! { ":id": unit }, |row| row.get("name"))
}

/// A name that is nothing but words such as 人民政府 is compared as it is.
pub(super) fn plain(printed: &str) -> String {
    let plain = units::plain(printed);
    if plain.is_empty() { printed.trim().to_owned() } else { plain }
}

/// The named units of the office that are on no roster and one of whose names ends in `plain` or is
/// an end of it, with all their names.
fn related(
    tx: &Connection,
    office: &str,
    plain: &str,
) -> rusqlite::Result<BTreeMap<UnitId, Vec<String>>> {
    let reversed = reverse(plain);
    let ends: Vec<&str> =
        reversed.char_indices().filter_map(|(at, c)| reversed.get(..at + c.len_utf8())).collect();
    let ends = serde_json::to_string(&ends).unwrap_or_default();
    let mut known: BTreeMap<UnitId, Vec<String>> = BTreeMap::new();
    let mut query = tx.prepare_cached(include_str!("sql/related_units.sql"))?;
    let mut rows = query.query(named_params! {
        ":office": office, ":reversed": reversed, ":ends": ends,
    })?;
    while let Some(row) = rows.next()? {
        known.entry(row.get("unit_id")?).or_default().push(row.get("plain")?);
    }
    Ok(known)
}

fn reverse(text: &str) -> String {
    text.chars().rev().collect()
}

/// The unit made for this bare name before.
fn ambiguous(tx: &Connection, office: &str, plain: &str) -> rusqlite::Result<Option<UnitId>> {
    tx.prepare_cached(include_str!("sql/ambiguous_unit.sql"))?
        .query_row(named_params! { ":office": office, ":reversed": reverse(plain) }, |row| {
            row.get("unit_id")
        })
        .optional()
}

/// Makes a unit of the office.
pub(super) fn insert(
    tx: &Connection,
    office: &str,
    name: &str,
    recognition: &str,
    now: Timestamp,
) -> rusqlite::Result<UnitId> {
    tx.prepare_cached(include_str!("sql/insert_unit.sql"))?.query_row(
        named_params! {
            ":office": office, ":name": name.trim(), ":recognition": recognition,
            ":now": Seconds(now),
        },
        |row| row.get("id"),
    )
}

fn remember(tx: &Connection, unit: UnitId, name: &str, role: &str) -> rusqlite::Result<()> {
    let plain = plain(name);
    tx.prepare_cached(include_str!("sql/insert_unit_name.sql"))?
        .execute(named_params! {
            ":unit": unit, ":name": name.trim(), ":role": role, ":reversed": reverse(&plain),
            ":plain": plain,
        })
        .map(drop)
}

/// A unit goes by the name that says most: `万载县高城镇人民政府` rather than `高城镇`. One on a roster
/// goes by the name it has there.
fn lengthen(tx: &Connection, unit: UnitId, printed: &str) -> rusqlite::Result<()> {
    if plain(printed).chars().count() <= plain(&name(tx, unit)?).chars().count() {
        return Ok(());
    }
    rename(tx, unit, printed)
}

/// A unit on a roster keeps the name it has there.
fn rename(tx: &Connection, unit: UnitId, printed: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE units SET name = :name WHERE id = :id AND on_roster = 0")?
        .execute(named_params! { ":id": unit, ":name": printed.trim() })
        .map(drop)
}

/// The names of units, as a sentence lists them.
fn listed(tx: &Connection, units: &[UnitId]) -> rusqlite::Result<String> {
    let names: Vec<String> = units
        .iter()
        .map(|unit| name(tx, *unit).map(|name| format!("“{name}”")))
        .collect::<rusqlite::Result<_>>()?;
    Ok(names.join("、"))
}
