//! Summaries: the report of a government on the roster beside those of the units right below it, of the
//! same year and kind. The rules are [`check::summed`]'s; here is only which reports are compared.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::rows::{ReportId, UnitId};
use super::versions::Series;
use super::{Rules, reports};
use crate::check::{self, Finding, HandedIn};
use crate::document::Source;
use crate::form::CellId;
use crate::report::{Cell, Report};

type Cells = BTreeMap<CellId, Cell>;

/// A unit that a summary counts, with its reports of the year: the one that counts, and others in
/// which something else was read.
pub(super) struct Unit {
    name: String,
    counts: Option<Cells>,
    others: Vec<Cells>,
}

/// The series of the summary that counts reports of this one; `None`: there is none.
pub(super) fn above(tx: &Connection, series: &Series) -> rusqlite::Result<Option<Series>> {
    if series.year.is_none() {
        return Ok(None);
    }
    let unit: Option<UnitId> = tx
        .prepare_cached(include_str!("sql/summary_above.sql"))?
        .query_row(named_params! { ":unit": series.unit }, |row| row.get("id"))
        .optional()?;
    Ok(unit.map(|unit| Series { unit, ..series.clone() }))
}

/// The units whose reports one of this series sums up; empty: it is no summary.
pub(super) fn units(tx: &Connection, series: &Series) -> rusqlite::Result<Vec<Unit>> {
    let mut query = tx.prepare_cached(include_str!("sql/summary_units.sql"))?;
    let mut rows = query.query(named_params! {
        ":unit": series.unit, ":year": series.year, ":kind": series.kind,
    })?;
    let mut units: Vec<Unit> = Vec::new();
    let (mut last, mut said) = (None, String::new());
    while let Some(row) = rows.next()? {
        let id: UnitId = row.get("unit_id")?;
        if last.replace(id) != Some(id) {
            units.push(Unit { name: row.get("name")?, counts: None, others: Vec::new() });
        }
        let Some(report) = row.get::<_, Option<ReportId>>("report_id")? else { continue };
        let Some(unit) = units.last_mut() else { continue };
        let content: String = row.get("content_hash")?;
        if row.get("current")? {
            unit.counts = Some(reports::all_cells(tx, report)?);
            said = content;
        } else if unit.counts.is_some()
            && content != said
            && row.get::<_, Source>("source")? == Source::Text
        {
            unit.others.push(reports::all_cells(tx, report)?);
        }
    }
    Ok(units)
}

impl Unit {
    fn beside(&self) -> check::Unit<'_> {
        let handed_in = |counts| HandedIn { counts, others: self.others.iter().collect() };
        check::Unit { name: &self.name, handed_in: self.counts.as_ref().map(handed_in) }
    }
}

/// What is found in a summary beside the reports of its units.
pub(super) fn compare(rules: &Rules, report: &Report, units: &[Unit]) -> Vec<Finding> {
    let units: Vec<check::Unit<'_>> = units.iter().map(Unit::beside).collect();
    check::summed(report, &units, &rules.forms, &rules.policy).findings
}
