//! Texts that may be another unit's: reports of the same kind and year are found by the longest sentences
//! they share, whichever arrives first. The rule is [`check::copied`]'s; here is only which reports are
//! compared. What it costs does not grow with the number of reports: a sentence that many reports have is
//! looked up in the newest of them, and few are looked at closely.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::rows::{ReportId, Sha256, UnitId};
use super::versions::Series;
use super::{Rules, recheck, reports, whole};
use crate::check::{self, Finding, OtherText, Prose};
use crate::form::Forms;
use crate::report::Report;

/// In so many reports, the newest, a sentence is looked up.
const HOLDERS: u32 = 32;

/// So many reports are looked at closely, those with most sentences in common.
const CLOSELY: usize = 4;

/// Writes by which sentences a report is found; nothing, where nobody could say what it is a copy of.
pub(super) fn insert(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    let (Some(year), true) = (report.year, report.unit.is_some()) else { return Ok(()) };
    let sql = "INSERT INTO long_sentences (report_id, number, hash) VALUES (:id, :number, :hash)";
    let mut insert = tx.prepare_cached(sql)?;
    for (number, mark) in (1_i64..).zip(Prose::of(report).marks()) {
        let hash = hash(&report.kind, year, mark);
        insert.execute(named_params! { ":id": id, ":number": number, ":hash": hash })?;
    }
    Ok(())
}

/// The same for every report recorded by a gouji that did not look for copies.
pub(super) fn insert_all(tx: &Connection) -> rusqlite::Result<()> {
    for id in recheck::all(tx)? {
        if let Some(recalled) = whole::recall_text(tx, id)? {
            insert(tx, id, &recalled.report)?;
        }
    }
    Ok(())
}

fn hash(kind: &str, year: i16, sentence: &str) -> i64 {
    let Sha256(hash) = Sha256::of(format!("{kind}\n{year}\n{sentence}").as_bytes());
    hash.first_chunk().map(|bytes| i64::from_be_bytes(*bytes)).unwrap_or_default()
}

/// Reports of other units whose texts share most of the longest sentences of one.
#[derive(Default)]
pub(super) struct Alike {
    others: Vec<Other>,
    are_more: bool,
}

struct Other {
    id: ReportId,
    unit: UnitId,
    /// With its text only.
    report: Report,
    text: OtherText,
}

impl Other {
    fn recall(tx: &Connection, id: ReportId) -> rusqlite::Result<Option<Self>> {
        let recalled = whole::recall_text(tx, id)?;
        Ok(recalled.map(|whole::Recalled { report, unit, .. }| {
            let text = OtherText::of(&report);
            Self { id, unit, report, text }
        }))
    }
}

impl Alike {
    /// Those of the version of a series.
    pub(super) fn of(
        tx: &Connection,
        series: &Series,
        version: ReportId,
    ) -> rusqlite::Result<Self> {
        let Candidates { closest, are_more } = candidates(tx, series, version)?;
        let mut others = Vec::new();
        for id in closest {
            others.extend(Other::recall(tx, id)?);
        }
        Ok(Self { others, are_more })
    }

    /// What is found in a report which may be a copy of them.
    pub(super) fn copied_by(&self, report: &Report, rules: &Rules) -> Vec<Finding> {
        if self.others.is_empty() {
            return Vec::new();
        }
        let texts: Vec<&OtherText> = self.others.iter().map(|other| &other.text).collect();
        let (prose, forms, policy) = (Prose::of(report), &rules.forms, &rules.policy);
        check::copied(report, &prose, Some(&texts), forms, policy).findings
    }

    /// The same of a recorded version.
    pub(super) fn copied_by_version(
        &self,
        tx: &Connection,
        version: ReportId,
        rules: &Rules,
    ) -> rusqlite::Result<Vec<Finding>> {
        if self.others.is_empty() {
            return Ok(Vec::new());
        }
        let recalled = whole::recall_text(tx, version)?;
        Ok(recalled.map(|recalled| self.copied_by(&recalled.report, rules)).unwrap_or_default())
    }
}

/// Reports of other units that are copies of the version that counts of a series, or may have been before it
/// was corrected. `alike` are those of that version. Where a text goes round among many, it is said of them
/// already, and it does not matter whose it is said to be: nothing is due then.
pub(super) fn to_review(
    tx: &Connection,
    rules: &Rules,
    series: &Series,
    current: ReportId,
    alike: &Alike,
) -> rusqlite::Result<Vec<Series>> {
    let sql = "SELECT id FROM reports WHERE unit_id = :unit AND year IS :year AND kind = :kind
                 AND current = 0 ORDER BY version DESC LIMIT 1";
    let before: Option<ReportId> = tx
        .prepare_cached(sql)?
        .query_row(
            named_params! { ":unit": series.unit, ":year": series.year, ":kind": series.kind },
            |row| row.get("id"),
        )
        .optional()?;
    let before = before.map(|before| Alike::of(tx, series, before)).transpose()?;
    let found = [Some(alike), before.as_ref()].into_iter().flatten().filter(|a| !a.are_more);
    let found: BTreeMap<ReportId, &Other> =
        found.flat_map(|alike| &alike.others).map(|other| (other.id, other)).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let Some(this) = Other::recall(tx, current)? else { return Ok(Vec::new()) };
    let (forms, policy) = (&rules.forms, &rules.policy);
    let mut due = Vec::new();
    for other in found.into_values() {
        let prose = &other.text.prose;
        let found = check::copied(&other.report, prose, Some(&[&this.text]), forms, policy);
        if !found.findings.is_empty() || is_said(tx, other.id, forms)? {
            due.push(Series { unit: other.unit, ..series.clone() });
        }
    }
    Ok(due)
}

/// Whether a report is said to be a copy of another unit's.
fn is_said(tx: &Connection, id: ReportId, forms: &Forms) -> rusqlite::Result<bool> {
    let findings = reports::findings(tx, id)?;
    Ok(findings.iter().any(|finding| check::is_about_copies(&finding.rule, forms)))
}

/// Reports that share long sentences with a version.
struct Candidates {
    closest: Vec<ReportId>,
    are_more: bool,
}

/// The reports that count of other units which share most of the longest sentences of a version.
fn candidates(tx: &Connection, series: &Series, version: ReportId) -> rusqlite::Result<Candidates> {
    let marks = tx
        .prepare_cached("SELECT hash FROM long_sentences WHERE report_id = :id")?
        .query_map(named_params! { ":id": version }, |row| row.get("hash"))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    let mut shared: BTreeMap<ReportId, usize> = BTreeMap::new();
    let mut holders = tx.prepare_cached(include_str!("sql/holders.sql"))?;
    for mark in &marks {
        let mut rows = holders.query(named_params! {
            ":hash": mark, ":unit": series.unit, ":year": series.year, ":kind": series.kind,
            ":limit": HOLDERS,
        })?;
        while let Some(row) = rows.next()? {
            let counted = shared.entry(row.get("id")?).or_default();
            *counted = counted.saturating_add(1);
        }
    }
    let mut alike: Vec<(usize, ReportId)> = shared
        .into_iter()
        .filter(|(_, shared)| Prose::may_be_same(marks.len(), *shared))
        .map(|(id, shared)| (shared, id))
        .collect();
    alike.sort_by(|a, b| b.cmp(a));
    let are_more = alike.len() > CLOSELY;
    Ok(Candidates {
        closest: alike.into_iter().take(CLOSELY).map(|(_, id)| id).collect(),
        are_more,
    })
}
