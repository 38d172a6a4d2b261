//! The text against the tables: every claim against its own examples, real sentences, and traps.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gouji::check::{Finding, Policy, Stated, check, stated};
use gouji::document::Source;
use gouji::form::{CellId, Form, Forms, Severity};
use gouji::report::{Cell, FoundTable, Report};
use rust_decimal::Decimal;
use serde::Deserialize;

fn forms() -> Forms {
    Forms::load(None).map_err(|e| e.to_string()).unwrap()
}

/// A report of a form with these paragraphs and these cells; every table of the form is there.
fn report(form: &Form, year: i16, text: &[&str], cells: &[(&str, &str)]) -> Report {
    let cells = cells
        .iter()
        .map(|(id, printed)| {
            let [table, row, column] = id.split('.').collect::<Vec<_>>()[..] else {
                panic!("{id}")
            };
            let of = form.table(table).unwrap_or_else(|| panic!("{id}: no such table"));
            let cell = Cell::read(of.row(row).unwrap(), of.column(column).unwrap(), printed);
            (CellId { table: table.into(), row: row.into(), column: column.into() }, cell)
        })
        .collect();
    let found = |id: &String| FoundTable { table: id.clone(), form: form.id.clone(), grids: vec![1] };
    Report {
        kind: form.title.clone(),
        form: Some(form.id.clone()),
        unit: None,
        spellings: Vec::new(),
        year: Some(year),
        title: None,
        period: None,
        published: None,
        sections: Vec::new(),
        tables: form.tables.iter().map(|t| found(&t.id)).collect(),
        cells,
        missing_rows: Vec::new(),
        unknown_rows: Vec::new(),
        heading_values: Vec::new(),
        sublabels_lost: Vec::new(),
        years_named: Vec::new(),
        text: text.iter().map(|t| (*t).to_owned()).collect(),
        source: Source::Text,
    }
}

/// The year a sentence names, else the form's first.
fn year_of(text: &str, form: &Form) -> i16 {
    let digits: String = text.split('年').next().unwrap().chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|y| form.covers(*y) || form.id == "2019").unwrap_or(form.from)
}

/// What the findings about the text say: rule, place, severity, left, right.
fn told(report: &Report, forms: &Forms) -> Vec<String> {
    let found = check(report, forms, &Policy::default()).findings;
    let text = |f: &&Finding| f.rule.starts_with("narrative");
    let side = |s: &Option<String>| s.clone().unwrap_or_default();
    found
        .iter()
        .filter(text)
        .map(|f| {
            let severity = match f.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            format!("{} {} {severity} {}/{}", f.rule, f.place, side(&f.left), side(&f.right))
        })
        .collect()
}

#[test]
fn every_claim_reads_its_examples_with_their_figure_and_none_of_what_it_ignores() {
    let forms = forms();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for form in forms.iter() {
        for claim in &form.claims {
            let read = |text: &str, year| -> Vec<Stated> {
                let of_claim = |s: &Stated| s.claim == claim.id;
                stated(&report(form, year, &[text], &[]), &forms).into_iter().filter(of_claim).collect()
            };
            for example in &claim.matches {
                tried += 1;
                let values: Vec<Decimal> =
                    read(&example.text, year_of(&example.text, form)).iter().map(|s| s.value).collect();
                if values != [example.value.parse::<Decimal>().unwrap()] {
                    wrong.push(format!("{} {}: {} → {values:?}", form.id, claim.id, example.text));
                }
            }
            for text in &claim.ignores {
                tried += 1;
                let read = read(text, form.from);
                if !read.is_empty() {
                    wrong.push(format!("{} {}: reads {}", form.id, claim.id, read[0].quote));
                }
            }
            assert!(!claim.matches.is_empty() && !claim.ignores.is_empty(), "{}", claim.id);
        }
    }
    assert!(tried > 100, "only {tried} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
