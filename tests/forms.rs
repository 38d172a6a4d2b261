//! The forms: each check against its cases, and form files that must be refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]

#[path = "common/reports.rs"]
mod reports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gouji::check::{Beside, Findings, Outcome, Policy, across, check};
use gouji::form::across::Body as AcrossBody;
use gouji::form::{self, Body, Form, Forms, Severity};
use gouji::report::Report;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// One case; tests/data/checks/README.md tells what the keys mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    form: String,
    level: Option<String>,
    outcome: String,
    note: String,
    cells: BTreeMap<String, String>,
    #[serde(rename = "where")]
    place: Option<String>,
    left: Option<String>,
    right: Option<String>,
    severity: Option<Severity>,
    also: Option<String>,
    also_where: Option<String>,
    #[serde(default)]
    text: Vec<String>,
    last: Option<Last>,
}

/// The report of the year before, for rules across years.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Last {
    form: Option<String>,
    unit: Option<String>,
    text: Vec<String>,
    cells: BTreeMap<String, String>,
}

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)
}

fn forms() -> Forms {
    Forms::load(None).map_err(|e| e.to_string()).unwrap()
}

fn cases() -> BTreeMap<String, Cases> {
    let files = fs::read_dir(data("checks")).unwrap().map(|e| e.unwrap().path());
    files
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let cases = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_stem().unwrap().to_string_lossy().into_owned(), cases)
        })
        .collect()
}

/// A report that holds just the cells and the text of a case, of a unit of the level asked for.
fn report(form: &Form, case: &Case) -> Report {
    let report = of_cells(form, &case.cells, &case.text);
    let unit = match case.level.as_deref() {
        Some("township") => Some("青山镇人民政府"),
        Some("department") => Some("青山县财政局"),
        Some("government") => Some("青山县人民政府"),
        Some(other) => panic!("unknown level {other}"),
        None => None,
    };
    // The first year whose report can follow one in the form of the year before.
    let years = case.last.as_ref().map_or(0, |last| i16::from(last.form.is_none()));
    Report { unit: unit.map(Into::into), year: Some(form.from + years), ..report }
}

/// A report of these cells as printed, with the tables they stand in.
fn of_cells(form: &Form, cells: &BTreeMap<String, String>, text: &[String]) -> Report {
    let cells = cells.iter().map(|(id, printed)| (id.as_str(), printed.as_str()));
    let mut report = Report { text: text.to_vec(), ..reports::of_cells(form, cells) };
    let tables: BTreeSet<String> = report.cells.keys().map(|c| c.table.clone()).collect();
    report.tables.retain(|found| tables.contains(&found.table));
    report
}

/// What became of one rule over all its places: as the README of the cases defines it.
fn outcome(rule: &str, found: &Findings) -> &'static str {
    let of_rule = || found.tried.iter().filter(|t| t.rule == rule);
    if of_rule().any(|t| t.outcome == Outcome::Fail) {
        "fail"
    } else if of_rule().any(|t| t.outcome == Outcome::Pass) {
        "pass"
    } else {
        "undecided"
    }
}

/// What the checks find in the report of a case; with one of the year before, what the rules across
/// years find.
fn found(forms: &Forms, form: &Form, case: &Case) -> Findings {
    let this = report(form, case);
    let Some(last) = &case.last else { return check(&this, forms, &Policy::default()) };
    let of = last.form.as_deref().map_or(form, |id| forms.get(id).unwrap());
    let unit = last.unit.clone().or_else(|| this.unit.clone());
    let year = this.year.map(|year| year - 1);
    let before = Report { unit, year, ..of_cells(of, &last.cells, &last.text) };
    let beside = Beside { last: &before, sure: this.unit == before.unit };
    across(&this, &beside, forms, &Policy::default())
}

#[test]
fn every_case_of_every_check_ends_as_it_says() {
    let forms = forms();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (rule, cases) in cases() {
        for case in cases.case {
            tried += 1;
            let form = forms.get(&case.form).unwrap_or_else(|| panic!("{rule}: {}", case.form));
            let found = found(&forms, form, &case);
            let failed: Vec<_> = found
                .findings
                .iter()
                .filter(|f| {
                    f.rule == rule
                        && found.tried.iter().any(|t| t.rule == rule && t.place == f.place)
                })
                .collect();
            let as_said = match failed[..] {
                [f] => {
                    case.outcome == "fail"
                        && Some(&f.place) == case.place.as_ref()
                        && (f.left.as_ref(), f.right.as_ref())
                            == (case.left.as_ref(), case.right.as_ref())
                        && Some(f.severity) == case.severity
                        && [&f.left, &f.right]
                            .into_iter()
                            .flatten()
                            .all(|side| f.message.contains(side.trim_start_matches('-')))
                }
                _ => outcome(&rule, &found) == case.outcome && case.outcome != "fail",
            };
            let also = case.also.as_ref().is_none_or(|also| {
                let place = case.also_where.as_ref();
                found.findings.iter().any(|f| f.rule == *also && Some(&f.place) == place)
            });
            if !as_said || !also {
                wrong.push(format!("{rule}: {}\n    {:#?}", case.note, found.findings));
            }
        }
    }
    assert!(tried > 100, "only {tried} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// T31.
#[test]
fn every_rule_of_every_form_has_a_passing_a_failing_and_an_undecided_case() {
    let cases = cases();
    let mut lacking = Vec::new();
    for form in forms().iter() {
        let equations = form.checks.iter().filter(|c| matches!(c.body, Body::Equation(_)));
        let equations = equations.map(|check| (&check.id, true));
        // A built-in test speaks of no cell: one form shows what it does in all.
        let across = form.across.iter().map(|r| (&r.id, matches!(r.body, AcrossBody::Equation(_))));
        for (id, of_form) in equations.chain(across) {
            for outcome in ["pass", "fail", "undecided"] {
                let has = |cases: &Cases| {
                    let here = |case: &Case| !of_form || case.form == form.id;
                    cases.case.iter().any(|c| here(c) && c.outcome == outcome)
                };
                if !cases.get(id).is_some_and(has) {
                    lacking.push(format!("{} {id} {outcome}", form.id));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "no case for: {}", lacking.join(", "));
}

#[test]
fn a_broken_form_is_refused_with_every_error_and_its_line() {
    for folder in fs::read_dir(data("bad-forms")).unwrap().map(|e| e.unwrap().path()) {
        let text = fs::read_to_string(folder.join("form.toml")).unwrap();
        let expected = fs::read_to_string(folder.join("expected-error")).unwrap();
        let errors = form::check_file("form.toml", &text).map(|f| f.id).unwrap_err();
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told.join("\n"), expected.trim_end(), "{}", folder.display());
    }
}
