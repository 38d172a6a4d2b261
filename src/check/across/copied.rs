//! Texts that are another unit's: a report beside those of other units, of the same kind and year.

use std::collections::{BTreeMap, BTreeSet};

use super::prose::Prose;
use crate::check::{Draft, Findings, Outcome, Policy, Tried, finish, is_for, subject};
use crate::form::Forms;
use crate::form::across::Body;
use crate::report::Report;

/// The text of another unit's report, of the same kind and year.
#[derive(Debug, Clone)]
pub struct OtherText {
    /// The unit as it is named.
    pub unit: String,
    /// Its sentences.
    pub prose: Prose,
}

impl OtherText {
    /// That of a report.
    pub fn of(report: &Report) -> Self {
        Self { unit: report.unit.clone().unwrap_or_default(), prose: Prose::of(report) }
    }
}

/// What is found in a report beside the texts it may be a copy of ([`Prose::may_be_same`]); `None`: there
/// is no report to compare it with. Named is the unit it has most in common with; of equals the last by name.
pub fn copied(
    report: &Report,
    prose: &Prose,
    others: Option<&[&OtherText]>,
    forms: &Forms,
    policy: &Policy,
) -> Findings {
    let Some((main, subject)) = subject(report, forms) else { return Findings::default() };
    let can_tell = others.is_some() && prose.is_enough();
    let others = others.unwrap_or_default().iter();
    let shares = others.filter_map(|o| Some((prose.share_in(&o.prose)?, &o.unit)));
    let most = shares.max();
    let mut found = Findings::default();
    let mut drafts = Vec::new();
    for rule in main.across.iter().filter(|rule| is_for(&rule.levels, rule.from, &subject)) {
        let Body::Copied { percent } = &rule.body else { continue };
        let outcome = match most {
            _ if !can_tell => Outcome::Undecided { because: "there is no text to compare".into() },
            Some((share, _)) if share > *percent => Outcome::Fail,
            _ => Outcome::Pass,
        };
        if let (Outcome::Fail, Some((share, named))) = (&outcome, most) {
            let values = BTreeMap::from([
                ("unit", report.unit.clone().unwrap_or_default()),
                ("named", named.clone()),
                ("year", report.year.map(|year| year.to_string()).unwrap_or_default()),
                ("share", share.round_dp(0).normalize().to_string()),
            ]);
            drafts.push(Draft::new(rule, "report", main.say(&rule.id, &values)));
        }
        found.tried.push(Tried { rule: rule.id.clone(), place: "report".into(), outcome });
    }
    found.findings = finish(drafts, policy);
    found
}

/// Whether a rule of these forms is the one about copied texts.
pub fn is_about_copies(rule: &str, forms: &Forms) -> bool {
    let mut rules = forms.iter().flat_map(|form| &form.across);
    rules.any(|known| known.id == rule && matches!(known.body, Body::Copied { .. }))
}

/// What is found in each of these reports beside all others of the same kind and year. Each comes with a
/// number that is the same for the same unit.
pub fn copied_among(reports: &[(usize, &Report)], forms: &Forms, policy: &Policy) -> Vec<Findings> {
    let texts: Vec<OtherText> = reports.iter().map(|(_, report)| OtherText::of(report)).collect();
    let marks: Vec<BTreeSet<&str>> = texts.iter().map(|text| text.prose.marks()).collect();
    let mut having: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, marks) in marks.iter().enumerate() {
        marks.iter().for_each(|mark| having.entry(mark).or_default().push(at));
    }
    let found = reports.iter().zip(&texts).zip(&marks).map(|(((of, report), text), marks)| {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for other in marks.iter().filter_map(|mark| having.get(mark)).flatten() {
            let counted = shared.entry(*other).or_default();
            *counted = counted.saturating_add(1);
        }
        let alike = shared.into_iter().filter(|(_, n)| Prose::may_be_same(marks.len(), *n));
        let is_other = |(unit, other): &(usize, &Report)| {
            unit != of && (other.year, &other.kind) == (report.year, &report.kind)
        };
        let others = alike.filter(|(at, _)| reports.get(*at).is_some_and(is_other));
        let others: Vec<&OtherText> = others.filter_map(|(at, _)| texts.get(at)).collect();
        let others = reports.iter().any(is_other).then_some(&*others);
        copied(report, &text.prose, others, forms, policy)
    });
    found.collect()
}
