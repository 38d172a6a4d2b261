//! One report in every format gives the same reading, and every hard case of the readers at once.
//!
//! tests/data/parity/<report>/ holds a report as `docx`, `html`, `portal.html` … (the file's name is
//! its kind) and `cells.json`: what a person reads in it.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gouji::document::{self, Limits};
use gouji::form::Forms;
use gouji::report::{self, CellValue, Report};
use serde_json::Value;

fn reports() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    folders
}

fn read(path: &Path, forms: &Forms) -> Report {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    let document = document::read(&bytes, &format!("x.{name}"), &Limits::default())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    report::lay(&document, forms, "x").unwrap_or_else(|| panic!("{}: no report", path.display()))
}

/// The cells as JSON gives them: numbers, null, text.
fn cells(report: &Report) -> BTreeMap<String, Value> {
    let value = |v: &CellValue| match v {
        CellValue::Number(n) => serde_json::from_str(&n.to_string()).unwrap(),
        CellValue::Blank | CellValue::Placeholder => Value::Null,
        CellValue::Text(text) => Value::String(text.clone()),
    };
    report.cells.iter().map(|(id, cell)| (id.to_string(), value(&cell.value))).collect()
}

/// T30.
#[test]
fn a_report_reads_the_same_in_every_format() {
    let forms = Forms::load(None).map_err(|e| e.to_string()).unwrap();
    let mut read_files = 0;
    for folder in reports() {
        let expected: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("cells.json")).unwrap()).unwrap();
        let expected_cells: BTreeMap<String, Value> =
            serde_json::from_value(expected["cells"].clone()).unwrap();
        for path in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.file_name().is_some_and(|n| n == "cells.json") {
                continue;
            }
            read_files += 1;
            let report = read(&path, &forms);
            assert_eq!(cells(&report), expected_cells, "{}", path.display());
            let head = (report.form.as_deref(), report.year);
            let wanted = (expected["form"].as_str(), expected["year"].as_i64());
            assert_eq!((head.0, head.1.map(i64::from)), wanted, "{}", path.display());
            let unit = report.unit.unwrap();
            assert!(expected["unit"].as_str().unwrap().ends_with(&unit), "{}", path.display());
        }
    }
    assert!(read_files >= 20, "only {read_files} files");
}

#[test]
fn every_number_keeps_its_raw_text_and_its_place() {
    let forms = Forms::load(None).map_err(|e| e.to_string()).unwrap();
    let report = read(&reports()[0].join("docx"), &forms);
    for (id, cell) in &report.cells {
        assert!(cell.place.table > 0 && cell.place.row > 0 && cell.place.column > 0, "{id}");
        let digits = cell.raw.chars().any(|c| c.is_ascii_digit());
        assert_eq!(digits, matches!(cell.value, CellValue::Number(_)), "{id}: {}", cell.raw);
    }
}
