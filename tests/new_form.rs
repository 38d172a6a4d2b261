//! A form that does not come with gouji works by adding one file: no Rust knows it.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/new-form")
}

/// A database of the two reports, imported with the form of tests/data/new-form/forms.
fn imported(home: &Path) -> Connection {
    let config = home.join("gouji.toml");
    std::fs::write(&config, format!("[forms]\nfolder = {:?}\n", data().join("forms"))).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_gouji"))
        .arg("--config")
        .arg(&config)
        .arg("import")
        .arg(data().join("reports"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code().is_some_and(|c| c < 2), "{told}");
    Connection::open(home.join("gouji.db")).unwrap()
}

#[test]
fn a_form_added_as_one_file_is_read_checked_and_shown_in_its_own_view() {
    let home = tempfile::tempdir().unwrap();
    let database = imported(home.path());
    let mut statement =
        database.prepare("SELECT unit, verdict, form FROM current_reports ORDER BY unit").unwrap();
    let reports: Vec<(String, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let row = |unit: &str, verdict: &str| (unit.into(), verdict.into(), "letters-2024".into());
    assert_eq!(reports, [row("山阳乡人民政府", "failed"), row("河口镇人民政府", "passed")]);

    let figures: (i64, i64, f64) = database
        .query_row(
            "SELECT received_all, settled_mail, fees_all FROM letters WHERE unit = '山阳乡人民政府'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!((figures.0, figures.1), (6, 1));
    assert!((figures.2 - 0.56).abs() < 1e-9, "5600元 is 0.56万元: {}", figures.2);

    let mut statement = database
        .prepare("SELECT rule FROM open_findings WHERE severity = 'error' ORDER BY rule")
        .unwrap();
    let rules: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(rules, ["letters-balance", "letters-row-total"]);
}

#[test]
fn the_built_in_forms_are_still_there_beside_an_added_one() {
    let forms = gouji::form::Forms::load(Some(&data().join("forms"))).unwrap();
    let ids: Vec<&str> = forms.iter().map(|f| f.id.as_str()).collect();
    assert_eq!(ids, ["2014", "2019", "2021", "letters-2024"]);
}
