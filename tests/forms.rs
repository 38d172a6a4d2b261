//! The forms: each check against its cases, and form files that must be refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[path = "forms/built_in.rs"]
mod built_in;
#[path = "common/reports.rs"]
mod reports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gouji::check::{
    Beside, Findings, HandedIn, Outcome, Policy, Unit, across, check, copied_among, summed,
};
use gouji::form::across::Body as AcrossBody;
use gouji::form::{self, Body, Form, Forms, Id, Severity, Test};
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
    #[serde(default)]
    units: Vec<OfUnit>,
    #[serde(default)]
    undated: bool,
    #[serde(default)]
    copies: Vec<Copy>,
    #[serde(default)]
    says: Vec<String>,
}

/// The report of another unit, for rules on its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    unit: String,
    text: Vec<String>,
}

/// A unit of a summary, for rules on these: what it has handed in, the report that counts and others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfUnit {
    name: String,
    cells: Option<BTreeMap<String, String>>,
    #[serde(default)]
    others: Vec<BTreeMap<String, String>>,
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
    let year = (!case.undated).then_some(form.from + years);
    Report { unit: unit.map(Into::into), year, ..report }
}

/// A report of these cells as printed, with the tables they stand in.
fn of_cells(form: &Form, cells: &BTreeMap<String, String>, text: &[String]) -> Report {
    let cells = cells.iter().map(|(id, printed)| (id.as_str(), printed.as_str()));
    let mut report = Report { text: text.to_vec(), ..reports::of_cells(form, cells) };
    let tables: BTreeSet<Id> = report.cells.keys().map(|c| c.table.clone()).collect();
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
/// years find, and with units, what those on a summary do.
fn found(forms: &Forms, form: &Form, case: &Case) -> Findings {
    let this = report(form, case);
    if !case.units.is_empty() {
        return of_summary(&this, forms, form, &case.units);
    }
    if !case.copies.is_empty() {
        let other = |copy: &Copy| Report {
            unit: Some(copy.unit.clone()),
            text: copy.text.clone(),
            ..this.clone()
        };
        let others: Vec<Report> = case.copies.iter().map(other).collect();
        let reports: Vec<(usize, &Report)> =
            (0..).zip([&this].into_iter().chain(&others)).collect();
        return copied_among(&reports, forms, &Policy::default()).swap_remove(0);
    }
    let Some(last) = &case.last else { return check(&this, forms, &Policy::default()) };
    let of = last.form.as_deref().map_or(form, |id| forms.get(id).unwrap());
    let unit = last.unit.clone().or_else(|| this.unit.clone());
    let year = this.year.map(|year| year - 1);
    let before = Report { unit, year, ..of_cells(of, &last.cells, &last.text) };
    let beside = Beside { last: &before, sure: this.unit == before.unit };
    across(&this, &beside, forms, &Policy::default())
}

fn of_summary(report: &Report, forms: &Forms, form: &Form, units: &[OfUnit]) -> Findings {
    let read = |cells: &BTreeMap<String, String>| of_cells(form, cells, &[]).cells;
    let read: Vec<_> = units
        .iter()
        .map(|unit| {
            (unit.cells.as_ref().map(read), unit.others.iter().map(read).collect::<Vec<_>>())
        })
        .collect();
    let units = units.iter().zip(&read).map(|(unit, (counts, others))| {
        let handed_in = |counts| HandedIn { counts, others: others.iter().collect() };
        Unit { name: &unit.name, handed_in: counts.as_ref().map(handed_in) }
    });
    let units: Vec<Unit<'_>> = units.collect();
    summed(report, &units, forms, &Policy::default())
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
                            .map(|side| side.trim_start_matches('-'))
                            .chain(case.says.iter().map(String::as_str))
                            .all(|said| f.message.contains(said))
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
        let is_of_cells = |body: &AcrossBody| match body {
            AcrossBody::Years(_) | AcrossBody::Units(_) => true,
            AcrossBody::Text(_)
            | AcrossBody::UnitsMissing
            | AcrossBody::UnitsSeveral
            | AcrossBody::Copied { .. } => false,
        };
        let across = form.across.iter().map(|rule| (&rule.id, is_of_cells(&rule.body)));
        let naming = form.checks.iter().filter(|check| {
            matches!(check.body, Body::Test(Test::OtherYear(_) | Test::OtherUnit(_)))
        });
        let naming = naming.map(|check| (&check.id, false));
        for (id, of_form) in equations.chain(across).chain(naming) {
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

#[test]
fn forms_due_in_one_year_are_told_with_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let form = include_str!("../config/forms/2021.toml");
    let other = form.replacen("id = \"2021\"", "id = \"2021-again\"", 1);
    fs::write(folder.path().join("另一份.toml"), other).unwrap();
    let told = Forms::load(Some(folder.path())).map_err(|error| error.to_string()).unwrap_err();
    assert!(told.starts_with("另一份.toml:") && told.contains("`2021` of 2021.toml"), "{told}");
}

/// Sound reports stay silent beside others: pairs of years, and summaries of several units.
#[test]
fn consistent_reports_raise_nothing_above_a_hint_beside_others() {
    beside_others(20);
}

#[test]
#[ignore = "long: cargo test --release --test forms -- --ignored --nocapture"]
fn thousands_of_consistent_reports_raise_nothing_above_a_hint_beside_others() {
    beside_others(1500);
}

fn beside_others(tries: usize) {
    let (forms, policy, mut dice) = (forms(), Policy::default(), reports::Dice(21));
    let (mut tried, mut hints) = (0, 0);
    let mut judge = |found: Findings| {
        let above = found.findings.iter().find(|f| f.severity > Severity::Info);
        assert!(above.is_none(), "{above:?}");
        tried += 1;
        hints += found.findings.len();
    };
    for form in forms.iter() {
        for _ in 0..tries {
            let (this, last) = two_years(form, &mut dice);
            judge(across(&this, &Beside { last: &last, sure: true }, &forms, &policy));
            let units: Vec<Report> = (0..5).map(|_| reports::sound(form, &mut dice)).collect();
            let mut summary = units[0].clone();
            for id in units[0].cells.keys() {
                let sum = units.iter().map(|unit| reports::number(unit, id)).sum();
                reports::set(&mut summary, id, sum);
            }
            let handed_in = |unit| Some(HandedIn { counts: unit, others: Vec::new() });
            let units: Vec<Unit<'_>> =
                units.iter().map(|u| Unit { name: "甲", handed_in: handed_in(&u.cells) }).collect();
            judge(summed(&summary, &units, &forms, &policy));
        }
    }
    println!("{tried} sound reports beside others, none above a hint; {hints} hints");
}

/// Two consistent reports of years that follow one another, as the rules across years of the form have
/// it: what one carries out arrives, and stocks go on.
fn two_years(form: &Form, dice: &mut reports::Dice) -> (Report, Report) {
    let (mut this, mut last) = (reports::sound(form, dice), reports::sound(form, dice));
    last.year = this.year;
    this.year = this.year.map(|year| year + 1);
    let of = |table: &str, row: &str, column: &str| reports::id(&format!("{table}.{row}.{column}"));
    let copy = |report: &mut Report, to, value| {
        if report.cells.contains_key(&to) {
            reports::set(report, &to, value);
        }
    };
    let columns = form.table("requests").map(|t| t.columns.clone()).unwrap_or_default();
    for column in columns.iter().map(|c| c.id.as_str()) {
        let arrived = reports::number(&this, &of("requests", "carried_in", column));
        let done = reports::number(&last, &of("requests", "result_total", column));
        copy(&mut last, of("requests", "carried_in", column), 0.into());
        copy(&mut last, of("requests", "carried_out", column), arrived);
        copy(&mut last, of("requests", "new_requests", column), done + arrived);
    }
    let rows = form.table("disclosure").map(|t| t.rows.clone()).unwrap_or_default();
    for row in rows.iter().map(|row| row.id.as_str()) {
        let number =
            |report: &Report, column| reports::number(report, &of("disclosure", row, column));
        let stock = number(&last, "in_force") + number(&this, "made");
        let items = number(&last, "prior_items") + number(&last, "change");
        copy(&mut this, of("disclosure", row, "repealed"), 0.into());
        copy(&mut this, of("disclosure", row, "in_force"), stock);
        copy(&mut this, of("disclosure", row, "prior_items"), items);
    }
    (this, last)
}

/// minijinja panics where a line of a template is longer than it can count.
#[test]
fn a_sentence_too_long_for_a_template_is_refused() {
    let text = include_str!("data/new-form/forms/letters-2024.toml");
    let line = text.lines().find(|line| line.starts_with("says = \"")).unwrap();
    let long = format!("says = \"{}{{{{ unclosed\"", "长".repeat(70_000));
    let errors = form::check_file("long.toml", &text.replace(line, &long));
    let errors = errors.map(|form| form.id).unwrap_err();
    let told = errors.iter().any(|error| error.what.contains("over 60000 characters in a line"));
    assert!(told, "{errors:?}");
}

#[test]
fn a_rule_that_names_cells_without_measure_is_refused() {
    let head = "[form]\nid = \"visits\"\ntitle = \"来访统计年度报告\"\nyears = \"2020-\"\nsource = \"made up\"\n\n\
                [[table]]\nid = \"visits\"\nname = \"表一\"\ncaption = \"来访情况\"\n\n\
                [[table.column]]\nid = \"count\"\nlabel = \"件数\"\n";
    let row = |n| format!("\n[[table.row]]\nid = \"r{n}\"\nlabel = \"第{n}类\"\n");
    let rows: String = (0..200).map(row).collect();
    let rule = |each: &str, expr: &str| {
        format!(
            "{head}{rows}\n[[check]]\nid = \"all\"\nfor_each = {each}\nexpr = \"{expr}\"\n\
             severity = \"error\"\nsays = \"{{{{ left }}}}\"\nsource = \"made up\"\n"
        )
    };
    let loops = r#"["a in visits.rows", "b in visits.rows", "c in visits.rows"]"#;
    let sum = format!("sum({}) >= visits.$a.count", ["visits.*.count"; 2].join(", "));
    let told = |text: &str| {
        let errors = form::check_file("form.toml", text).map(|f| f.id).unwrap_err();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let places = told(&rule(loops, "visits.$a.count >= visits.$b.count"));
    assert!(places.contains("the rule has more than 5000 places"), "{places}");
    let cells = told(&rule(r#"["a in visits.rows"]"#, &sum));
    assert!(cells.contains("names more than 20000 cells"), "{cells}");
}
