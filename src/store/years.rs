//! What is found between reports: each version that counts is judged beside that of the same unit and
//! the year before, a summary beside the reports it sums up ([`summary`]), and a text beside those it may
//! be a copy of ([`super::copies`]). Whichever of them arrives first, the findings and the verdict end up the same
//! (contract: Versions).
//!
//! What a report shows by itself stays as it was recorded; findings between reports are marked
//! ([`Basis`]) and written anew when a neighbour changes. The causes go with them, last year's figures
//! being evidence. The rules are [`inspect::compare`]'s; here is only which reports are compared.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::copies::Alike;
use super::reports::{self, Basis, Judgement};
use super::rows::{ReportId, UnitId};
use super::versions::{self, Current, Series};
use super::{Rules, recheck, summary, whole};
use crate::check::{Beside, Finding};
use crate::form::Severity;
use crate::inspect;
use crate::report::Report;

/// How a review changed what is thought of a report.
pub(super) struct Change {
    /// The version that counts, as it was before.
    pub(super) before: Current,
    /// It passes where it failed, or the other way round, or an error came up where there was none.
    pub(super) is_of_note: bool,
}

impl Series {
    /// The report of the year after.
    pub(super) fn next(&self) -> Option<Self> {
        let year = Some(self.year?.checked_add(1)?);
        Some(Self { year, ..self.clone() })
    }

    fn last(&self) -> Option<Self> {
        let year = Some(self.year?.checked_sub(1)?);
        Some(Self { year, ..self.clone() })
    }
}

/// The version that counts of a series, and what it is compared with.
pub(super) struct Standing {
    current: Current,
    neighbours: Neighbours,
}

impl Standing {
    /// `None`: none counts.
    pub(super) fn of(tx: &Connection, series: &Series) -> rusqlite::Result<Option<Self>> {
        let Some(current) = versions::current(tx, series)? else { return Ok(None) };
        let neighbours = Neighbours::of(tx, series, current.id)?;
        Ok(Some(Self { current, neighbours }))
    }

    /// The version.
    pub(super) fn id(&self) -> ReportId {
        self.current.id
    }

    /// The texts it may be a copy of.
    pub(super) fn alike(&self) -> &Alike {
        &self.neighbours.alike
    }
}

/// Judges a version beside its neighbours; `None`: nothing changed.
pub(super) fn review(
    tx: &Connection,
    rules: &Rules,
    standing: Standing,
    now: Timestamp,
) -> rusqlite::Result<Option<Change>> {
    let Standing { current, neighbours } = standing;
    if !current.beside
        && !neighbours.have_figures()
        && neighbours.alike.copied_by_version(tx, current.id, rules)?.is_empty()
    {
        return Ok(None);
    }
    let Some(this) = whole::recall_what_there_is(tx, current.id)? else { return Ok(None) };
    let before = reports::findings(tx, current.id)?;
    let own = reports::findings_on(tx, current.id, Basis::Report)?;
    let judgement = beside(rules, &this.report, own, &neighbours);
    let are_same =
        before == judgement.findings() && reports::causes(tx, current.id)? == judgement.causes;
    if are_same && current.beside == judgement.beside {
        return Ok(None);
    }
    reports::judge(tx, current.id, &judgement, None, now)?;
    recheck::follow_verdict(tx, current.id)?;
    let is_of_note = current.verdict != judgement.verdict
        || errors(&judgement.findings()).difference(&errors(&before)).next().is_some();
    Ok(Some(Change { before: current, is_of_note }))
}

/// Judges the version that counts of every series beside its neighbours.
pub(super) fn review_all(
    tx: &Connection,
    rules: &Rules,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let sql = "SELECT unit_id, year, kind FROM reports WHERE current = 1 AND year IS NOT NULL
               ORDER BY unit_id, kind, year";
    let series =
        tx.prepare(sql)?.query_map([], Series::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut changed = 0;
    for series in series {
        let Some(standing) = Standing::of(tx, &series)? else { continue };
        changed += usize::from(review(tx, rules, standing, now)?.is_some());
    }
    Ok(changed)
}

/// What a report is compared with.
#[derive(Default)]
pub(super) struct Neighbours {
    last: Option<Last>,
    /// Where it is a summary, the units it sums up.
    units: Vec<summary::Unit>,
    /// Texts of other units that its own may be a copy of.
    alike: Alike,
}

/// The report of the year before, and whether it is surely of the same unit.
struct Last {
    report: Report,
    is_listed: bool,
}

impl Neighbours {
    fn of(tx: &Connection, series: &Series, version: ReportId) -> rusqlite::Result<Self> {
        Ok(Self {
            last: last_year(tx, series)?,
            units: summary::units(tx, series)?,
            alike: Alike::of(tx, series, version)?,
        })
    }

    /// Those of a version, if it counts.
    pub(super) fn of_version(
        tx: &Connection,
        id: ReportId,
        series: &Series,
    ) -> rusqlite::Result<Self> {
        match versions::current(tx, series)? {
            Some(current) if current.id == id => Self::of(tx, series, id),
            _ => Ok(Self::default()),
        }
    }

    /// Whether there are any whose figures those of a report are compared with.
    fn have_figures(&self) -> bool {
        self.last.is_some() || !self.units.is_empty()
    }
}

fn last_year(tx: &Connection, series: &Series) -> rusqlite::Result<Option<Last>> {
    let Some(last) = series.last() else { return Ok(None) };
    let Some(current) = versions::current(tx, &last)? else { return Ok(None) };
    let Some(is_listed) = named(tx, series.unit)? else { return Ok(None) };
    let recalled = whole::recall_what_there_is(tx, current.id)?;
    Ok(recalled.map(|recalled| Last { report: recalled.report, is_listed }))
}

/// Whether a unit is on a roster; `None`: it has no name, so that its reports are nobody's for sure.
fn named(tx: &Connection, unit: UnitId) -> rusqlite::Result<Option<bool>> {
    let sql = "SELECT on_roster FROM units WHERE id = :id AND recognition <> 'unrecognised'";
    tx.prepare_cached(sql)?
        .query_row(named_params! { ":id": unit }, |row| row.get("on_roster"))
        .optional()
}

/// What is thought of a report beside its neighbours; `own` is what it shows by itself.
pub(super) fn beside(
    rules: &Rules,
    report: &Report,
    own: Vec<Finding>,
    neighbours: &Neighbours,
) -> Judgement {
    let (forms, policy) = (&rules.forms, &rules.policy);
    let (own, mut between, causes) = match &neighbours.last {
        Some(last) => {
            let sure = last.is_listed || inspect::surely_one(report, &last.report);
            let beside = Beside { last: &last.report, sure };
            let found = inspect::compare(report, own, &beside, forms, policy);
            (found.own, found.years, found.causes)
        }
        None => {
            let (own, causes) = inspect::explain(report, own, None, forms, policy);
            (own, Vec::new(), causes)
        }
    };
    between.extend(summary::compare(rules, report, &neighbours.units));
    let copied = neighbours.alike.copied_by(report, rules);
    let is_beside = neighbours.have_figures() || !copied.is_empty();
    between.extend(copied);
    let judgement = Judgement::of(policy, own, between, causes);
    Judgement { beside: is_beside, ..judgement }
}

/// Rule and place of every error.
fn errors(findings: &[Finding]) -> BTreeSet<(&str, &str)> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| (finding.rule.as_str(), finding.place.as_str())).collect()
}
