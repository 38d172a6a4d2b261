//! The rosters in the database: which units stand on them, by which names they are recognised, and
//! what was recorded under these names before the roster came (contract: The same unit).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::names;
use super::offices;
use super::rows::{NoticeKind, RosterNote, RostersKept, Sha256, UnitId, Unlisted};
use super::versions::{self, Series};
use crate::units::offices::Offices;
use crate::units::roster::{Level, Member, Names, Roster};
use crate::units::{self, Match, is_listed};

/// Goes into the mark of the rosters kept: a gouji that reads names otherwise keeps them anew.
const READING: u32 = 2;

/// Which unit on the office's roster a plain name means.
pub(super) fn find(tx: &Connection, office: &str, plain: &str) -> rusqlite::Result<Match<UnitId>> {
    let ends: Vec<&str> = plain.char_indices().filter_map(|(at, _)| plain.get(at..)).collect();
    let ends = serde_json::to_string(&ends).unwrap_or_default();
    let mut query = tx.prepare_cached(include_str!("sql/roster_find.sql"))?;
    let mut rows = query.query(named_params! { ":office": office, ":ends": ends })?;
    let mut fitting = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (unit, listed) = (row.get("unit_id")?, row.get::<_, String>("plain")?);
        if listed == plain && row.get::<_, String>("role")? == "own" {
            return Ok(Match::Same(unit));
        }
        if is_listed(plain, &listed, &row.get::<_, String>("place")?) {
            fitting.insert(unit);
        }
    }
    Ok(match fitting.first() {
        None => Match::New,
        Some(unit) if fitting.len() == 1 => Match::Same(*unit),
        Some(_) => Match::Ambiguous(fitting.into_iter().collect()),
    })
}

/// Makes the offices and rosters of the database those given. What is recorded of a unit under a name
/// that the roster gives it becomes that unit's. `None`: they are the same as before.
pub(super) fn keep(
    tx: &Connection,
    given: &Offices,
    now: Timestamp,
) -> rusqlite::Result<Option<RostersKept>> {
    let mark = Sha256::of(format!("{READING} {given:?}").as_bytes()).to_string();
    let sql = "SELECT value FROM facts WHERE name = 'rosters'";
    let before: Option<String> = tx.query_row(sql, [], |row| row.get("value")).optional()?;
    if before.as_ref() == Some(&mark) || (before.is_none() && *given == Offices::default()) {
        return Ok(None);
    }
    offices::keep(tx, given)?;
    let mut kept = RostersKept::default();
    let mut query = tx.prepare("SELECT DISTINCT office FROM units WHERE on_roster = 1")?;
    let before: BTreeSet<String> =
        query.query_map([], |row| row.get("office"))?.collect::<rusqlite::Result<_>>()?;
    let nobody = Roster::default();
    for office in before.iter().chain(given.rosters.keys()).collect::<BTreeSet<_>>() {
        let roster = given.rosters.get(office).unwrap_or(&nobody);
        Keeper { tx, office, now, kept: &mut kept }.keep(roster)?;
    }
    tx.execute(include_str!("sql/supersede_unreachable.sql"), [])?;
    let sql = "INSERT OR REPLACE INTO facts (name, value) VALUES ('rosters', :mark)";
    tx.execute(sql, named_params! { ":mark": mark })?;
    Ok(Some(kept))
}

/// A unit of the database as a roster is compared with it.
#[derive(Default)]
struct Known {
    was_listed: bool,
    /// Names on the roster before.
    listed: BTreeSet<String>,
    /// Names its reports printed.
    printed: BTreeSet<String>,
}

struct Keeper<'a> {
    tx: &'a Connection,
    office: &'a str,
    now: Timestamp,
    kept: &'a mut RostersKept,
}

impl Keeper<'_> {
    fn keep(mut self, roster: &Roster) -> rusqlite::Result<()> {
        let known = self.known()?;
        let all_names = roster.names();
        let mut claims = claims(&known, &all_names);
        self.strike()?;
        let mut units = Vec::new();
        for (index, (member, names)) in roster.members.iter().zip(&all_names).enumerate() {
            let claimed = claims.remove(&index).unwrap_or_default();
            let unit = self.unit(member, &claimed)?;
            self.name(unit, names)?;
            units.push(unit);
        }
        self.set_parents(roster, &units)?;
        self.kept.listed += roster.members.len();
        let left = known.iter().filter(|(id, known)| known.was_listed && !units.contains(id));
        for (id, _) in left {
            self.kept.left += 1;
            self.tx
                .prepare_cached(include_str!("sql/roster_forget.sql"))?
                .execute(named_params! { ":id": id })?;
        }
        Ok(())
    }

    fn known(&self) -> rusqlite::Result<BTreeMap<UnitId, Known>> {
        let mut known: BTreeMap<UnitId, Known> = BTreeMap::new();
        let mut query = self.tx.prepare_cached(include_str!("sql/roster_units.sql"))?;
        let mut rows = query.query(named_params! { ":office": self.office })?;
        while let Some(row) = rows.next()? {
            let unit = known.entry(row.get("id")?).or_default();
            unit.was_listed = row.get("on_roster")?;
            let names = if row.get("listed")? { &mut unit.listed } else { &mut unit.printed };
            names.insert(row.get("plain")?);
        }
        Ok(known)
    }

    fn strike(&self) -> rusqlite::Result<()> {
        let sql = "DELETE FROM roster_names WHERE unit_id IN (SELECT id FROM units WHERE office = :office)";
        self.tx.execute(sql, named_params! { ":office": self.office })?;
        self.tx
            .execute(
                include_str!("sql/roster_strike.sql"),
                named_params! { ":office": self.office },
            )
            .map(drop)
    }

    /// The unit of a member: one that is known, with what was recorded under its other names, or a
    /// new one.
    fn unit(&mut self, member: &Member, claimed: &[UnitId]) -> rusqlite::Result<UnitId> {
        let unit = match claimed.first() {
            Some(unit) => *unit,
            None => names::insert(self.tx, self.office, &member.name, "named", self.now)?,
        };
        for other in claimed.iter().skip(1) {
            merge(self.tx, *other, unit)?;
            self.kept.joined += 1;
        }
        self.tx.prepare_cached(include_str!("sql/roster_set.sql"))?.execute(named_params! {
            ":id": unit, ":name": member.name, ":level": member.level.map(Level::word),
            ":parent": member.parent,
            ":contact": (!member.contacts.is_empty()).then(|| member.contacts.join(";")),
        })?;
        Ok(unit)
    }

    fn name(&self, unit: UnitId, names: &Names) -> rusqlite::Result<()> {
        let sql = "INSERT INTO roster_names (unit_id, role, plain, place)
                   VALUES (:unit, :role, :plain, :place)";
        let mut insert = self.tx.prepare_cached(sql)?;
        let own = names.own.iter().map(|name| ("own", name));
        for (role, plain) in own.chain(names.short.iter().map(|name| ("short", name))) {
            insert.execute(named_params! {
                ":unit": unit, ":role": role, ":plain": plain, ":place": names.place,
            })?;
        }
        Ok(())
    }

    /// `units`: those of the members, in their order.
    fn set_parents(&self, roster: &Roster, units: &[UnitId]) -> rusqlite::Result<()> {
        let mut set =
            self.tx.prepare_cached("UPDATE units SET parent_id = :parent WHERE id = :id")?;
        for (unit, above) in units.iter().zip(roster.above()) {
            if let Some(parent) = above.and_then(|above| units.get(above)) {
                set.execute(named_params! { ":id": unit, ":parent": parent })?;
            }
        }
        Ok(())
    }
}

/// Which known units each member is: one that was on the roster first, then the oldest. A unit that
/// could be several members is none.
fn claims(known: &BTreeMap<UnitId, Known>, members: &[Names]) -> BTreeMap<usize, Vec<UnitId>> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, names) in members.iter().enumerate() {
        for name in names.own.iter().chain(&names.short) {
            by_name.entry(name).or_default().push(index);
        }
    }
    let means = |name: &String| -> BTreeSet<usize> {
        let ends = name.char_indices().filter_map(|(at, _)| name.get(at..));
        let listed = ends.flat_map(|end| {
            let members = by_name.get(end).into_iter().flatten();
            members.map(move |index| (*index, end))
        });
        let fitting = listed.filter_map(|(index, end)| Some((index, members.get(index)?, end)));
        let fitting: Vec<_> =
            fitting.filter(|(_, names, end)| is_listed(name, end, &names.place)).collect();
        let own = fitting.iter().find(|(_, names, _)| names.own.contains(name));
        match own {
            Some((index, ..)) => BTreeSet::from([*index]),
            None => fitting.iter().map(|(index, ..)| *index).collect(),
        }
    };
    let only = |names: &BTreeSet<String>| -> Option<usize> {
        let sure = names.iter().map(means).filter(|members| members.len() == 1).flatten();
        let sure: BTreeSet<usize> = sure.collect();
        sure.first().copied().filter(|_| sure.len() == 1)
    };
    let mut claims: BTreeMap<usize, Vec<UnitId>> = BTreeMap::new();
    for was_listed in [true, false] {
        for (id, known) in known.iter().filter(|(_, known)| known.was_listed == was_listed) {
            if let Some(member) = only(&known.listed).or_else(|| only(&known.printed)) {
                claims.entry(member).or_default().push(*id);
            }
        }
    }
    claims
}

/// Makes what is recorded of one unit another's; its versions take their places among those of the
/// other.
pub(super) fn merge(tx: &Connection, from: UnitId, into: UnitId) -> rusqlite::Result<()> {
    let sql = "SELECT DISTINCT year, kind FROM reports WHERE unit_id = :from";
    let series = tx
        .prepare_cached(sql)?
        .query_map(named_params! { ":from": from }, |row| {
            Ok(Series { unit: into, year: row.get("year")?, kind: row.get("kind")? })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let both = named_params! { ":from": from, ":into": into };
    for sql in [
        "UPDATE reports SET current = 0, unit_id = :into WHERE unit_id = :from",
        "UPDATE notices SET unit_id = :into WHERE unit_id = :from",
        "UPDATE OR IGNORE unit_names SET unit_id = :into WHERE unit_id = :from",
        "UPDATE OR REPLACE explanations SET unit_id = :into WHERE unit_id = :from",
    ] {
        tx.execute(sql, both)?;
    }
    for series in series {
        versions::arrange(tx, &series)?;
    }
    tx.execute("DELETE FROM units WHERE id = :from", named_params! { ":from": from }).map(drop)
}

/// The units on the office's roster that a unit may be, by name; `None`: it is on it, or there is
/// none.
pub(super) fn proposals(tx: &Connection, unit: UnitId) -> rusqlite::Result<Option<Vec<String>>> {
    let sql = "SELECT office FROM units
               WHERE id = :unit AND on_roster = 0 AND recognition <> 'unrecognised'";
    let office: Option<String> = tx
        .prepare_cached(sql)?
        .query_row(named_params! { ":unit": unit }, |row| row.get("office"))
        .optional()?;
    let Some(office) = office else { return Ok(None) };
    let mut query = tx.prepare_cached(include_str!("sql/roster_names.sql"))?;
    let read = |row: &Row<'_>| Ok((row.get("plain")?, row.get("unit_id")?));
    let listed = query
        .query_map(named_params! { ":office": office }, read)?
        .collect::<rusqlite::Result<Vec<(String, UnitId)>>>()?;
    if listed.is_empty() {
        return Ok(None);
    }
    let sql = "SELECT plain FROM unit_names WHERE unit_id = :unit AND role = 'printed' ORDER BY id";
    let mut query = tx.prepare_cached(sql)?;
    let printed = query
        .query_map(named_params! { ":unit": unit }, |row| row.get("plain"))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let mut found: Vec<UnitId> = Vec::new();
    for name in &printed {
        for unit in units::similar(name, listed.iter().map(|(plain, id)| (plain.as_str(), *id))) {
            if !found.contains(&unit) {
                found.push(unit);
            }
        }
    }
    found.into_iter().map(|unit| names::name(tx, unit)).collect::<rusqlite::Result<_>>().map(Some)
}

/// What the roster says about the unit of a notice of this kind and year; `None`: there is no roster,
/// or the unit has no name.
pub(super) fn note(
    db: &Connection,
    unit: UnitId,
    kind: NoticeKind,
    year: Option<i16>,
) -> rusqlite::Result<Option<RosterNote>> {
    let sql = "SELECT office, on_roster, level FROM units WHERE id = :unit";
    let (office, listed, level) =
        db.prepare_cached(sql)?.query_row(named_params! { ":unit": unit }, |row| {
            Ok((row.get::<_, String>("office")?, row.get("on_roster")?, row.get("level")?))
        })?;
    let similar = match (listed, kind, year) {
        (false, ..) => proposals(db, unit)?,
        (true, NoticeKind::Overdue, Some(year)) => Some(may_be(db, unit, &office, year)?),
        (true, ..) => Some(Vec::new()),
    };
    Ok(similar.map(|similar| RosterNote { listed, level, similar }))
}

/// The units that are not listed, have handed in for this year, and may be this one, by name.
fn may_be(db: &Connection, unit: UnitId, office: &str, year: i16) -> rusqlite::Result<Vec<String>> {
    let mut query = db.prepare_cached(include_str!("sql/unlisted_of_year.sql"))?;
    let others = query
        .query_map(named_params! { ":office": office, ":year": year }, |row| {
            Ok((row.get("plain")?, row.get("name")?))
        })?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let sql = "SELECT plain FROM roster_names WHERE unit_id = :unit AND role = 'own' ORDER BY id";
    let mut query = db.prepare_cached(sql)?;
    let own = query
        .query_map(named_params! { ":unit": unit }, |row| row.get("plain"))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let listed = || others.iter().map(|(plain, name)| (plain.as_str(), name.clone()));
    let mut found: Vec<String> = Vec::new();
    for name in own.iter().flat_map(|own| units::similar(own, listed())) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

/// The units that have handed in and are not on the roster of their office, which has one.
pub(super) fn unlisted(db: &Connection) -> rusqlite::Result<Vec<Unlisted>> {
    let mut query = db.prepare_cached(include_str!("sql/unlisted_units.sql"))?;
    let units = query
        .query_map([], |row| Ok((row.get("id")?, row.get("name")?, row.get("office")?)))?
        .collect::<rusqlite::Result<Vec<(UnitId, String, String)>>>()?;
    units
        .into_iter()
        .map(|(id, name, office)| {
            Ok(Unlisted { name, office, proposals: proposals(db, id)?.unwrap_or_default() })
        })
        .collect()
}
