//! One report in every format gives the same reading, and every hard case of the readers at once.
//!
//! tests/data/parity/<report>/ holds a report as `docx`, `html`, `portal.html` … (the file's name is
//! its kind) and `cells.json`: what a person reads in it.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
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
    assert!(read_files >= 22, "only {read_files} files");
}

/// The parts of a docx in one XML file, as Word saves "Word XML".
fn flat(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).unwrap();
    let mut parts = String::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        if is_xml && name != "[Content_Types].xml" && part.read_to_string(&mut text).is_ok() {
            let start = text.find("?>").map_or(0, |end| end + 2);
            let (_, text) = text.split_at(start);
            parts.push_str(&format!(
                "<pkg:part pkg:name=\"/{name}\"><pkg:xmlData>{text}</pkg:xmlData></pkg:part>"
            ));
        }
    }
    format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><pkg:package \
         xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">{parts}</pkg:package>"
    )
}

#[test]
fn a_docx_saved_as_one_xml_file_reads_the_same() {
    let forms = Forms::load(None).map_err(|e| e.to_string()).unwrap();
    for folder in reports() {
        let docx = fs::read(folder.join("docx")).unwrap();
        let from = |bytes: &[u8], name: &str| {
            let document = document::read(bytes, name, &Limits::default()).unwrap();
            report::lay(&document, &forms, "x").unwrap()
        };
        let flat = from(flat(&docx).as_bytes(), "x.xml");
        assert_eq!(cells(&flat), cells(&from(&docx, "x.docx")), "{}", folder.display());
    }
}

/// A web page called `.doc`, a workbook called `.et`: the content decides.
#[test]
fn a_wrong_name_changes_nothing() {
    for folder in reports() {
        for path in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // Of plain text alone the name tells something.
            if name == "cells.json" || name.ends_with("txt") || name == "md" {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let read = |name: &str| document::read(&bytes, name, &Limits::default()).unwrap();
            for wrong in ["x.doc", "x.et", "x.pdf", "x"] {
                assert_eq!(
                    read(wrong),
                    read(&format!("x.{name}")),
                    "{} as {wrong}",
                    path.display()
                );
            }
        }
    }
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
