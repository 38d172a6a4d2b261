//! The checks that are no equations: each raised, let pass and undecided by reports made for it.

use std::collections::BTreeMap;
use std::fs;

use gouji::check::{Finding, Policy};
use gouji::document::{self, Block, Limits, Source};
use gouji::form::{Body, Forms, Severity, Test};
use gouji::inspect::{Reading, inspect};
use serde::Deserialize;

use super::{data, forms};

/// What the keys of these mean: tests/data/built-in/README.md.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    base: BTreeMap<String, Base>,
    always: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    file: String,
    name: Option<String>,
    #[serde(default)]
    change: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    outcome: Outcome,
    note: String,
    base: String,
    #[serde(rename = "where")]
    place: Option<String>,
    severity: Option<Severity>,
    because: Option<String>,
    name: Option<String>,
    #[serde(default)]
    change: Vec<(String, String)>,
    #[serde(default)]
    cut: Vec<(String, String)>,
    #[serde(default)]
    scan: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Pass,
    Fail,
    Undecided,
}

fn cases() -> Cases {
    let text = fs::read_to_string(data("built-in/cases.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|e| panic!("{e}"))
}

impl Case {
    fn text(&self, base: &Base) -> String {
        let mut text = fs::read_to_string(data("parity").join(&base.file)).unwrap();
        for (from, to) in base.change.iter().chain(&self.change) {
            assert!(text.contains(from.as_str()), "{}: {}: no {from}", self.rule, self.note);
            text = text.replace(from, to);
        }
        for (from, to) in &self.cut {
            let lacks = |what: &str| panic!("{}: {}: no {what}", self.rule, self.note);
            let (before, rest) = text.split_once(from.as_str()).unwrap_or_else(|| lacks(from));
            let (_, after) = rest.split_once(to.as_str()).unwrap_or_else(|| lacks(to));
            text = format!("{before}{to}{after}");
        }
        text
    }

    fn findings(&self, base: &Base, forms: &Forms) -> Vec<Finding> {
        let name = self.name.as_deref().or(base.name.as_deref()).unwrap_or("report.md");
        let text = self.text(base);
        let mut document = document::read(text.as_bytes(), name, &Limits::default()).unwrap();
        if self.scan {
            document.source = Source::Ocr;
            let grids = document.blocks.iter_mut().filter_map(|block| match block {
                Block::Grid(grid) => Some(grid),
                _ => None,
            });
            for cell in grids.flat_map(|grid| &mut grid.cells) {
                let is_short = cell.text.chars().count() < 8;
                cell.doubtful = is_short && cell.text.contains(['或', '？', '□']);
            }
        }
        let reading = Reading::Documents(vec![(String::new(), Ok(document))]);
        let mut inspections = inspect(name, reading, forms, &Policy::default());
        assert_eq!(inspections.len(), 1, "{}: {}", self.rule, self.note);
        inspections.swap_remove(0).checked.unwrap().findings
    }

    /// What is not as the case says.
    fn wrong(&self, base: &Base, forms: &Forms) -> Option<String> {
        let findings = self.findings(base, forms);
        let own = findings.iter().filter(|f| f.rule == self.rule);
        let told: Vec<(&str, Severity)> = own.map(|f| (f.place.as_str(), f.severity)).collect();
        let expected: Vec<(&str, Severity)> = match self.outcome {
            Outcome::Fail => vec![(self.place.as_deref().unwrap(), self.severity.unwrap())],
            Outcome::Pass | Outcome::Undecided => Vec::new(),
        };
        let reason = self.because.as_deref();
        assert_eq!(reason.is_some(), self.outcome == Outcome::Undecided, "{}", self.note);
        let has_reason = reason.is_none_or(|rule| findings.iter().any(|f| f.rule == rule));
        (told != expected || !has_reason).then(|| {
            let all: Vec<_> = findings.iter().map(|f| (&f.rule, &f.place)).collect();
            let Self { rule, note, outcome, .. } = self;
            format!("{rule}: {outcome:?}: {note}: {told:?}; all: {all:?}")
        })
    }
}

#[test]
fn every_case_of_every_built_in_check_ends_as_it_says() {
    let (forms, cases) = (forms(), cases());
    let wrong = |case: &Case| case.wrong(&cases.base[&case.base], &forms);
    let wrong: Vec<String> = cases.case.iter().filter_map(wrong).collect();
    assert!(cases.case.len() > 100, "only {} cases", cases.case.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// T31. An ambiguous name is found by the database, and names of other years and units have their cases
/// with the equations.
#[test]
fn every_built_in_check_has_a_passing_a_failing_and_an_undecided_case() {
    let cases = cases();
    let mut outcomes: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    for case in &cases.case {
        outcomes.entry(&case.rule).or_default().push(case.outcome);
    }
    let is_here = |test: &Test| {
        !matches!(test, Test::UnitAmbiguous | Test::OtherYear(_) | Test::OtherUnit(_))
    };
    let forms = forms();
    let tests = forms.iter().flat_map(|form| {
        let checks = form.checks.iter().filter(|c| matches!(&c.body, Body::Test(t) if is_here(t)));
        checks.map(|c| c.id.as_str()).chain(form.deadlines.iter().map(|d| d.rule.as_str()))
    });
    let mut lacking = Vec::new();
    for rule in tests {
        let has = outcomes.get(rule).map_or(&[][..], Vec::as_slice);
        let due = [Outcome::Pass, Outcome::Fail, Outcome::Undecided];
        let due = due
            .into_iter()
            .filter(|outcome| *outcome != Outcome::Undecided || !cases.always.contains_key(rule));
        lacking.extend(due.filter(|o| !has.contains(o)).map(|o| format!("{rule} {o:?}")));
    }
    assert!(lacking.is_empty(), "no case for: {}", lacking.join(", "));
}
