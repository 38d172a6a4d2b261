//! Reports put together again and checked by other rules, and databases of earlier schemas.

use rusqlite::{Connection, OpenFlags};

use super::*;

/// A file of the tests, read and checked as the daemon does.
fn read(path: &str, policy: &Policy) -> Vec<Inspection> {
    let path = Path::new("tests/data").join(path);
    let bytes = std::fs::read(&path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    inspected(name, &bytes, policy)
}

fn record(office: &mut Office, path: &str, policy: &Policy) -> (Report, ReportId) {
    let inspections = read(path, policy);
    let seen = paper(path).file(&format!("/drop/{path}"), 1);
    let recorded = office.store.record(&seen, &inspections, &QUIET, at(1)).unwrap();
    let report = inspections[0].checked.as_ref().unwrap().report.clone();
    (report, recorded[0].report.as_ref().unwrap().id)
}

const PAPERS: [&str; 4] = [
    "samples/柳荫乡2019.docx",
    "samples/自然资源局2022.md",
    "parity/bureau-2016/docx",
    "parity/township-2019/txt",
];

#[test]
fn a_report_comes_out_of_the_database_as_it_was_read() {
    let mut office = Office::new();
    for path in PAPERS {
        let (report, id) = record(&mut office, path, &Policy::default());
        let recalled = office.store.read(|db| whole::recall(db, id)).unwrap().unwrap();
        assert_eq!(recalled.report, Report { spellings: Vec::new(), ..report }, "{path}");
    }
    let mut report = paper("a").checked().report;
    let row = |label: &str| crate::report::UnknownRow {
        table: "requests".into(),
        label: label.into(),
        values: vec!["1".into(), "a\"b".into(), String::new()],
    };
    let missing = crate::report::MissingRow { table: "requests".into(), row: "granted".into() };
    report.unknown_rows = vec![row("其他")];
    report.heading_values = vec![row("三、本年度办理结果")];
    report.missing_rows = vec![missing.clone()];
    report.sublabels_lost = vec![missing];
    report.years_named = vec![crate::report::YearNamed { by: "标题".into(), year: 2018 }];
    report.period = Some((jiff::civil::date(2019, 1, 1), jiff::civil::date(2019, 12, 31)));
    report.text = vec!["一段\n两行".into(), "又一段".into()];
    let mut inspection = paper("a").inspection();
    inspection.checked.as_mut().unwrap().report = report.clone();
    let file = paper("a").file("/drop/a", 1);
    let recorded = office.store.record(&file, &[inspection], &QUIET, at(2)).unwrap();
    let id = recorded[0].report.as_ref().unwrap().id;
    let recalled = office.store.read(|db| whole::recall(db, id)).unwrap().unwrap();
    assert_eq!(recalled.report, report);
}

#[test]
fn checking_anew_by_the_same_rules_changes_nothing() {
    let mut office = Office::new();
    for path in PAPERS {
        record(&mut office, path, &Policy::default());
    }
    let ids = office.store.reports().unwrap();
    let before = office.list("SELECT format('%s %s', id, recorded_at) FROM reports");
    let rechecked = office.store.recheck(&ids, at(9)).unwrap();
    assert_eq!(rechecked, vec![Rechecked::Same; PAPERS.len()]);
    assert_eq!(office.list("SELECT format('%s %s', id, recorded_at) FROM reports"), before);
}

#[test]
fn checking_anew_by_other_rules_gives_what_reading_anew_would_and_tells_nobody() {
    let mut policy = Policy::default();
    policy
        .off
        .extend(["requests-balance", "requests-row-total", "narrative-mismatch"].map(Into::into));
    policy.severity.insert("requests-result-total".into(), Severity::Info);
    let (mut old, mut new) = (Office::new(), Office::new());
    for path in PAPERS {
        record(&mut old, path, &Policy::default());
        record(&mut new, path, &policy);
    }
    assert_eq!(old.list("SELECT unit FROM failing_reports"), ["禾川县柳荫乡人民政府"]);
    let ids = old.store.reports().unwrap();
    let mut old = old.reopen_with(&policy);
    let rechecked = old.store.recheck(&ids, at(9)).unwrap();
    let Rechecked::Changed(changed) = &rechecked[0] else { panic!("{rechecked:?}") };
    assert_eq!((changed.errors_before, changed.errors), (3, 0));
    assert!(changed.errors_are_others && changed.current);
    let told = "SELECT format('%s %s %s %s', report_id, number, rule, message) FROM findings";
    assert_eq!(old.list(told), new.list(told));
    assert_eq!(old.store.digests().unwrap(), new.store.digests().unwrap());
    for verdicts in [
        "SELECT verdict FROM files ORDER BY id",
        "SELECT verdict FROM documents ORDER BY id",
        "SELECT message FROM causes ORDER BY id",
    ] {
        assert_eq!(old.list(verdicts), new.list(verdicts), "{verdicts}");
    }
    assert_eq!(old.ask::<i64>("SELECT count(*) FROM notices"), 0);
}

#[test]
fn a_name_that_fits_several_units_goes_on_being_said_when_it_is_checked_anew() {
    let mut office = Office::new();
    for (bytes, unit) in [("a", "甲县城关镇"), ("b", "乙县城关镇"), ("c", "城关镇")] {
        office.drop(&format!("/drop/{bytes}"), &paper(bytes).unit(unit));
    }
    let told = "SELECT message FROM findings WHERE rule = 'unit-ambiguous'";
    let ids = office.store.reports().unwrap();
    office.store.recheck(&ids, at(99)).unwrap();
    let [message] = &office.list(told)[..] else { panic!("told once") };
    assert!(message.contains("甲县城关镇") && message.contains("乙县城关镇"), "{message}");
}

/// The schemas of which `tests/data/schemas` keeps a database.
fn released() -> Vec<i64> {
    let files = std::fs::read_dir("tests/data/schemas").unwrap();
    let version = |name: String| name.strip_suffix(".db").and_then(|n| n.parse().ok());
    let versions: Vec<i64> = files
        .filter_map(|file| version(file.unwrap().file_name().into_string().unwrap()))
        .collect();
    assert!(versions.contains(&1));
    versions
}

/// A copy of the database that a gouji of this schema left behind.
fn of_schema(version: i64) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gouji.db");
    std::fs::copy(format!("tests/data/schemas/{version}.db"), &path).unwrap();
    (folder, path)
}

/// Everything that the first schema had, as text: table, and row by row its columns.
fn contents(path: &Path, columns: &[(String, Vec<String>)]) -> Vec<String> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut lines = Vec::new();
    for (table, columns) in columns {
        let sql = format!(
            "SELECT json_array('{table}', {}) FROM {table}",
            columns.iter().map(|c| format!("quote({c})")).collect::<Vec<_>>().join(", ")
        );
        let mut query = connection.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        lines.extend(rows.map(|row| row.unwrap()));
    }
    lines.sort();
    lines
}

fn tables(path: &Path) -> Vec<(String, Vec<String>)> {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT m.name, group_concat(x.name) FROM sqlite_schema m
               JOIN pragma_table_info(m.name) x
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
                 AND m.name NOT IN ('facts', 'data_dictionary')
               GROUP BY m.name";
    let mut query = connection.prepare(sql).unwrap();
    let rows = query.query_map([], |row| {
        let columns: String = row.get(1)?;
        Ok((row.get(0)?, columns.split(',').map(str::to_owned).collect()))
    });
    rows.unwrap().map(|row| row.unwrap()).collect()
}

/// T16.
#[test]
fn a_filled_database_of_every_released_schema_is_brought_up_to_date_and_loses_nothing() {
    for version in released() {
        let (_folder, path) = of_schema(version);
        let tables = tables(&path);
        let before = contents(&path, &tables);
        assert!(before.len() > 1000, "{}", before.len());
        let mut store = open(&path).unwrap();
        assert_eq!(contents(&path, &tables), before);
        let backup = schema::backup_path(&path, version);
        assert_eq!(contents(&backup, &tables), before);
        let kept: i64 = Connection::open(&backup)
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(kept, version);
        let fresh = Office::new();
        let objects = "SELECT name FROM sqlite_schema ORDER BY name";
        let names = |connection: &Connection| {
            let mut query = connection.prepare(objects).unwrap();
            let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
            rows.map(|row| row.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names(&store.connection), names(&fresh.store.connection));
        // What is due goes on, and new reports join the old ones.
        assert_eq!(store.status().unwrap().mails_queued, 1);
        let inspections = read("samples/自然资源局2022.md", &Policy::default());
        let seen = paper("another").file("/drop/another.md", 1);
        let recorded = store.record(&seen, &inspections, &LOUD, at(1)).unwrap();
        assert!(recorded[0].report.as_ref().unwrap().copy, "what it said is known");
        let ids = store.reports().unwrap();
        store.recheck(&ids, at(2)).unwrap();
        let mut query = store.connection.prepare("PRAGMA foreign_key_check").unwrap();
        assert!(!query.exists([]).unwrap());
    }
}
