//! The rules of today on reports recorded already: findings, causes and verdicts are written anew where
//! they differ; cells stay as they were read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::rows::{RecheckReport, Rechecked, ReportDigest, ReportId};
use super::versions::Series;
use super::{Rules, record, reports, versions, whole, years};
use crate::form::Severity;
use crate::inspect;

/// Every report, the oldest first.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<ReportId>> {
    let mut query = db.prepare_cached("SELECT id FROM reports ORDER BY id")?;
    query.query_map([], |row| row.get("id"))?.collect()
}

/// What every current report comes to.
pub(super) fn digests(db: &Connection) -> rusqlite::Result<BTreeSet<ReportDigest>> {
    let sql = "SELECT u.name, r.year, r.kind, r.content_hash, r.errors_hash
               FROM reports r JOIN units u ON u.id = r.unit_id WHERE r.current = 1";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok(ReportDigest {
            unit: row.get("name")?,
            year: row.get("year")?,
            kind: row.get("kind")?,
            content: row.get("content_hash")?,
            errors: row.get("errors_hash")?,
        })
    })?;
    rows.collect()
}

/// Checks one report anew.
pub(super) fn recheck(
    tx: &Connection,
    id: ReportId,
    rules: &Rules,
    now: Timestamp,
) -> rusqlite::Result<Rechecked> {
    let Some(whole::Recalled { report, unit, .. }) = whole::recall(tx, id)? else {
        return Ok(Rechecked::NotWhole);
    };
    let (_, checked) = inspect::examine(report, &rules.forms, &rules.policy);
    let own = checked.findings.iter().cloned().chain(record::ambiguous_unit(tx, &checked, unit)?);
    let report = &checked.report;
    let series = Series { unit, year: report.year, kind: report.kind.clone() };
    let neighbours = years::Neighbours::of_version(tx, id, &series)?;
    let judgement = years::beside(rules, report, own.collect(), &neighbours);
    let sql =
        "UPDATE reports SET rules_changed = :told WHERE id = :id AND rules_changed IS NOT :told";
    tx.prepare_cached(sql)?
        .execute(named_params! { ":id": id, ":told": judgement.rules_changed })?;
    let before = reports::findings(tx, id)?;
    let findings = judgement.findings();
    if before == findings && reports::causes(tx, id)? == judgement.causes {
        return Ok(Rechecked::Same);
    }
    let form = report.form.as_ref().and_then(|form| rules.forms.get(form));
    let form_sha256 = form.map(|form| form.hash.as_str());
    reports::judge(tx, id, &judgement, form_sha256, now)?;
    follow_verdict(tx, id)?;
    let sql = include_str!("sql/recorded_report.sql");
    tx.prepare_cached(sql)?.query_row(named_params! { ":id": id }, |row| {
        let errors = |findings: &[crate::check::Finding]| {
            findings.iter().filter(|finding| finding.severity == Severity::Error).count()
        };
        Ok(Rechecked::Changed(RecheckReport {
            id,
            unit: row.get("unit")?,
            year: row.get("year")?,
            version: row.get("version")?,
            current: row.get("current")?,
            errors_before: errors(&before),
            errors: errors(&findings),
            errors_are_others: versions::errors_hash(&before) != versions::errors_hash(&findings),
        }))
    })
}

/// The verdict of a report is that of its documents, and the gravest of these that of their file.
pub(super) fn follow_verdict(tx: &Connection, id: ReportId) -> rusqlite::Result<()> {
    for sql in [include_str!("sql/follow_documents.sql"), include_str!("sql/follow_files.sql")] {
        tx.prepare_cached(sql)?.execute(named_params! { ":report": id })?;
    }
    Ok(())
}
