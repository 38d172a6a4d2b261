//! Which of several reports at hand are of one unit and of years that follow one another. Without a
//! database: only the reports given are known.

use std::collections::BTreeMap;

use super::{Inspection, compare, verdict};
use crate::check::{self, Beside, Policy};
use crate::document::Source;
use crate::form::Forms;
use crate::report::Report;
use crate::units::{self, Match};

/// Compares every report with that of the same unit and the year before, if it is among them. Of
/// several reports of one unit and year the last one given counts, and text before a scan.
pub fn compare_all(inspections: &mut [Inspection], forms: &Forms, policy: &Policy) {
    let reports: Vec<Option<&Report>> =
        inspections.iter().map(|i| i.checked.as_ref().map(|checked| &checked.report)).collect();
    let units = same_units(&reports);
    let mut counts: BTreeMap<(usize, &str, i16), usize> = BTreeMap::new();
    let key = |at: usize, years_back: i16| {
        let (report, unit) =
            (reports.get(at).copied().flatten()?, units.get(at).copied().flatten()?);
        Some((unit, report.kind.as_str(), report.year?.checked_sub(years_back)?))
    };
    for at in 0..reports.len() {
        let Some(key) = key(at, 0) else { continue };
        let is_text = |at: usize| {
            reports.get(at).copied().flatten().is_some_and(|r| r.source == Source::Text)
        };
        let before = counts.get(&key).copied();
        if before.is_none_or(|before| is_text(at) || !is_text(before)) {
            counts.insert(key, at);
        }
    }
    let pairs: Vec<(usize, Report)> = (0..reports.len())
        .filter_map(|at| {
            let last = counts.get(&key(at, 1)?)?;
            Some((at, reports.get(*last).copied().flatten()?.clone()))
        })
        .collect();
    for (at, last) in pairs {
        let Some(inspection) = inspections.get_mut(at) else { continue };
        beside(inspection, &last, forms, policy);
    }
}

fn beside(inspection: &mut Inspection, last: &Report, forms: &Forms, policy: &Policy) {
    let Some(checked) = &mut inspection.checked else { return };
    let beside = Beside { last, sure: surely_one(&checked.report, last) };
    let own = std::mem::take(&mut checked.findings);
    let found = compare(&checked.report, own, &beside, forms, policy);
    checked.findings = check::together(found.own, found.years);
    checked.causes = found.causes;
    checked.tried.extend(found.tried);
    inspection.verdict = verdict(&checked.findings);
}

/// Whether two reports print the same name of a unit.
pub fn surely_one(report: &Report, last: &Report) -> bool {
    let plain = |report: &Report| report.unit.as_deref().map(units::plain);
    plain(report).is_some_and(|name| !name.is_empty() && Some(name) == plain(last))
}

/// A number for each report's unit, the same for the same unit. Longer names first: a bare name that
/// fits two of them is none of them.
fn same_units(reports: &[Option<&Report>]) -> Vec<Option<usize>> {
    let plain = |report: &&Report| report.unit.as_deref().map(units::plain);
    let mut names: Vec<(usize, String)> = reports
        .iter()
        .enumerate()
        .filter_map(|(at, report)| Some((at, report.as_ref().and_then(plain)?)))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    names.sort_by_key(|(_, name)| std::cmp::Reverse(name.chars().count()));
    let mut known: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut ambiguous: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = vec![None; reports.len()];
    for (at, name) in names {
        let unit = match units::find(&name, &known) {
            Match::Same(unit) => unit,
            Match::New => at,
            Match::Ambiguous(_) => *ambiguous.entry(name.clone()).or_insert(at),
        };
        if !ambiguous.contains_key(&name) {
            known.entry(unit).or_default().push(name);
        }
        if let Some(slot) = found.get_mut(at) {
            *slot = Some(unit);
        }
    }
    found
}
