//! Which of several reports at hand are of one unit and of years that follow one another, and which are
//! a summary and the reports it sums up. Without a database: only the reports given are known.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inspection, compare, verdict};
use crate::check::{self, Beside, Findings, HandedIn, Policy, Unit};
use crate::document::Source;
use crate::form::Forms;
use crate::report::Report;
use crate::units::roster::{Directory, Seat};
use crate::units::{self, Match};

/// Whose a report is: a unit's on the roster, or that of the first of the reports that print its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Listed(Seat),
    Printed(usize),
}

/// The reports at hand, each with its unit.
struct Reports<'a> {
    reports: Vec<Option<&'a Report>>,
    units: Vec<Option<Whose>>,
    /// By unit, kind and year: all of them, the one that counts last.
    by_year: BTreeMap<(Whose, &'a str, i16), Vec<usize>>,
}

/// Compares every report with that of the same unit and the year before, if it is among them, the
/// report of a government on a roster with those of its units, and the texts of different units with each
/// other. Of several reports of one unit and year the last one given counts, and text before a scan.
pub fn compare_all(
    inspections: &mut [Inspection],
    directory: &Directory<'_>,
    forms: &Forms,
    policy: &Policy,
) {
    let reports =
        inspections.iter().map(|i| i.checked.as_ref().map(|checked| &checked.report)).collect();
    let reports = Reports::of(reports, directory);
    let mut others: Vec<(usize, Findings)> = (0..reports.reports.len())
        .filter_map(|at| Some((at, reports.summed(at, directory, forms, policy)?)))
        .collect();
    others.extend(reports.copied(forms, policy));
    let pairs: Vec<(usize, Report, bool)> = (0..reports.reports.len())
        .filter_map(|at| {
            let last = reports.report(*reports.of_year(at, 1)?.last()?)?;
            let is_listed = matches!(reports.unit(at), Some(Whose::Listed(_)));
            let sure = is_listed || surely_one(reports.report(at)?, last);
            Some((at, last.clone(), sure))
        })
        .collect();
    for (at, last, sure) in pairs {
        let Some(inspection) = inspections.get_mut(at) else { continue };
        beside(inspection, &Beside { last: &last, sure }, forms, policy);
    }
    for (at, found) in others {
        let Some(inspection) = inspections.get_mut(at) else { continue };
        take_in(inspection, found);
    }
}

fn beside(inspection: &mut Inspection, beside: &Beside<'_>, forms: &Forms, policy: &Policy) {
    let Some(checked) = &mut inspection.checked else { return };
    let own = std::mem::take(&mut checked.findings);
    let found = compare(&checked.report, own, beside, forms, policy);
    checked.findings = found.own;
    checked.causes = found.causes;
    let (findings, tried) = (found.years, found.tried);
    take_in(inspection, Findings { findings, tried, stated: Vec::new() });
}

/// Adds what was found beside other reports.
fn take_in(inspection: &mut Inspection, found: Findings) {
    let Some(checked) = &mut inspection.checked else { return };
    let own = std::mem::take(&mut checked.findings);
    checked.findings = check::together(own, found.findings);
    checked.tried.extend(found.tried);
    inspection.verdict = verdict(&checked.findings);
}

impl<'a> Reports<'a> {
    fn of(reports: Vec<Option<&'a Report>>, directory: &Directory<'_>) -> Self {
        let units = units_of(&reports, directory);
        let mut all = Self { reports, units, by_year: BTreeMap::new() };
        for at in 0..all.reports.len() {
            let Some(key) = all.key(at, 0) else { continue };
            let is_text = |at: &usize| all.report(*at).is_some_and(|r| r.source == Source::Text);
            let before = all.by_year.get(&key).and_then(|before| before.last());
            let yields = !is_text(&at) && before.is_some_and(is_text);
            let of_year = all.by_year.entry(key).or_default();
            of_year.insert(of_year.len().saturating_sub(usize::from(yields)), at);
        }
        all
    }

    fn report(&self, at: usize) -> Option<&'a Report> {
        self.reports.get(at).copied().flatten()
    }

    fn unit(&self, at: usize) -> Option<Whose> {
        self.units.get(at).copied().flatten()
    }

    fn key(&self, at: usize, years_back: i16) -> Option<(Whose, &'a str, i16)> {
        let (report, unit) = (self.report(at)?, self.unit(at)?);
        Some((unit, report.kind.as_str(), report.year?.checked_sub(years_back)?))
    }

    /// The reports of the same unit and so many years before.
    fn of_year(&self, at: usize, years_back: i16) -> Option<&[usize]> {
        self.by_year.get(&self.key(at, years_back)?).map(Vec::as_slice)
    }

    /// What is found in the texts beside each other.
    fn copied(&self, forms: &Forms, policy: &Policy) -> Vec<(usize, Findings)> {
        let units: BTreeSet<Whose> = self.units.iter().copied().flatten().collect();
        if units.len() < 2 {
            return Vec::new();
        }
        let numbers: BTreeMap<Whose, usize> = units.into_iter().zip(0..).collect();
        let named = |at| Some((at, (*numbers.get(&self.unit(at)?)?, self.report(at)?)));
        let (places, reports): (Vec<usize>, Vec<(usize, &Report)>) =
            (0..self.reports.len()).filter_map(named).unzip();
        places.into_iter().zip(check::copied_among(&reports, forms, policy)).collect()
    }

    /// What is found in a report that is a summary; `None`: it is none.
    fn summed(
        &self,
        at: usize,
        directory: &Directory<'_>,
        forms: &Forms,
        policy: &Policy,
    ) -> Option<Findings> {
        let (Whose::Listed(seat), kind, year) = self.key(at, 0)? else { return None };
        let handed_in = |seat: Seat| {
            let all = self.by_year.get(&(Whose::Listed(seat), kind, year))?;
            let mut cells = all.iter().filter_map(|at| Some(&self.report(*at)?.cells)).rev();
            Some(HandedIn { counts: cells.next()?, others: cells.collect() })
        };
        let units: Vec<Unit<'_>> = directory
            .summed_by(seat)
            .into_iter()
            .map(|seat| Unit { name: directory.name(seat), handed_in: handed_in(seat) })
            .collect();
        Some(check::summed(self.report(at)?, &units, forms, policy))
    }
}

/// Whether two reports print the same name of a unit.
pub fn surely_one(report: &Report, last: &Report) -> bool {
    let plain = |report: &Report| report.unit.as_deref().map(units::plain);
    plain(report).is_some_and(|name| !name.is_empty() && Some(name) == plain(last))
}

/// Each report's unit: who it is on the roster, else one for all reports that print a name of it.
/// Longer names first: a bare name that fits two of them is none of them.
fn units_of(reports: &[Option<&Report>], directory: &Directory<'_>) -> Vec<Option<Whose>> {
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
        let listed = directory.find(&name);
        let unit = match &listed {
            Match::Same(seat) => Whose::Listed(*seat),
            Match::Ambiguous(_) => Whose::Printed(*ambiguous.entry(name.clone()).or_insert(at)),
            Match::New => Whose::Printed(match units::find(&name, &known) {
                Match::Same(unit) => unit,
                Match::New => at,
                Match::Ambiguous(_) => *ambiguous.entry(name.clone()).or_insert(at),
            }),
        };
        if let Whose::Printed(unit) = unit
            && !ambiguous.contains_key(&name)
        {
            known.entry(unit).or_default().push(name);
        }
        if let Some(slot) = found.get_mut(at) {
            *slot = Some(unit);
        }
    }
    found
}
