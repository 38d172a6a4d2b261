//! Explanations that settle findings (contract: `explain`). One belongs to a unit, year, rule, place
//! and the figures concerned: it holds over re-checks and new versions until one of these figures
//! changes, and again should they come back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::columns::Seconds;
use super::names;
use super::rows::{ExplainedFinding, Explanation, ReportId, Settling, UnitId};
use crate::form::Severity;

/// Settles findings of the report that counts.
pub(super) fn explain(
    tx: &Connection,
    explanation: &Explanation,
    now: Timestamp,
) -> rusqlite::Result<Settling> {
    let [report] = reports(tx, &explanation.report)?[..] else { return Ok(Settling::NoReport) };
    let mut query = tx.prepare_cached(include_str!("sql/explainable.sql"))?;
    let found = query
        .query_map(named_params! { ":report": report }, |row| {
            Ok(ExplainedFinding {
                rule: row.get("rule")?,
                place: row.get("place")?,
                severity: row.get("severity")?,
                message: row.get("message")?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let meant = |finding: &&ExplainedFinding| {
        finding.rule == explanation.rule && finding.place == explanation.place
    };
    let (settled, others): (Vec<_>, Vec<_>) =
        found.iter().filter(meant).cloned().partition(|f| f.severity == Severity::Warning);
    if settled.is_empty() {
        return Ok(match others.into_iter().next() {
            Some(finding) => Settling::NotForExplaining(finding),
            None => Settling::NoFinding(found),
        });
    }
    tx.prepare_cached(include_str!("sql/insert_explanation.sql"))?.execute(named_params! {
        ":report": report, ":rule": explanation.rule, ":place": explanation.place,
        ":because": explanation.because.trim(), ":now": Seconds(now),
    })?;
    Ok(Settling::Settled(settled))
}

/// The versions that count and are meant: by the number of a version, or by unit and year.
fn reports(db: &Connection, meant: &str) -> rusqlite::Result<Vec<ReportId>> {
    if let Ok(id) = meant.parse::<i64>() {
        let sql = "SELECT c.id FROM reports r JOIN reports c
                   ON c.unit_id = r.unit_id AND c.year IS r.year AND c.kind = r.kind AND c.current = 1
                   WHERE r.id = :id";
        let found = db.prepare_cached(sql)?;
        let mut found = found;
        return found.query_map(named_params! { ":id": id }, |row| row.get("id"))?.collect();
    }
    let digits = meant.chars().rev().take_while(char::is_ascii_digit).count();
    let at = meant.len().saturating_sub(digits);
    let (Some(name), Some(Ok(year))) = (meant.get(..at), meant.get(at..).map(str::parse::<i16>))
    else {
        return Ok(Vec::new());
    };
    let name = name.trim_end_matches(|c: char| c.is_whitespace() || c == '/');
    let sql = "SELECT DISTINCT unit_id FROM (
                   SELECT unit_id, plain FROM unit_names WHERE role = 'printed'
                   UNION ALL SELECT unit_id, plain FROM roster_names)
               WHERE plain = :plain";
    let units: Vec<UnitId> = db
        .prepare_cached(sql)?
        .query_map(named_params! { ":plain": names::plain(name) }, |row| row.get("unit_id"))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    let sql = "SELECT id FROM reports WHERE unit_id = :unit AND year = :year AND current = 1";
    for unit in units {
        let mut query = db.prepare_cached(sql)?;
        let rows =
            query.query_map(named_params! { ":unit": unit, ":year": year }, |row| row.get("id"))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<ReportId>>>()?);
    }
    Ok(found)
}

/// The explanation that settles a finding, by its number in the report.
pub(super) fn of_finding(
    db: &Connection,
    report: ReportId,
    number: i64,
) -> rusqlite::Result<Option<String>> {
    db.prepare_cached(include_str!("sql/explanation.sql"))?
        .query_row(named_params! { ":report": report, ":number": number }, |row| row.get("because"))
        .optional()
}
