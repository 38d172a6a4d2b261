//! What strangers find when they open the file.

use super::*;

/// Every table and view with its columns, as SQLite tells them.
fn columns(office: &Office) -> Vec<(String, String)> {
    let sql =
        "SELECT m.name || ' ' || x.name FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x
               WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%'";
    let split = |line: String| {
        let (object, column) = line.split_once(' ').unwrap();
        (object.to_owned(), column.to_owned())
    };
    office.list(sql).into_iter().map(split).collect()
}

#[test]
fn every_table_view_column_and_cell_is_in_the_data_dictionary() {
    let office = Office::new();
    let explained = office.list("SELECT kind || ' ' || object || ' ' || name FROM data_dictionary");
    let mut wanted = Vec::new();
    for (object, column) in columns(&office) {
        wanted.push(format!("column {object} {column}"));
        let kind: String =
            office.ask(&format!("SELECT type FROM sqlite_schema WHERE name = '{object}'"));
        wanted.push(format!("{kind} {object} "));
    }
    for table in FORMS.iter().flat_map(|form| &form.tables) {
        for (row, column) in crate::store::views::cells(table) {
            wanted.push(format!("cell {0} {0}.{1}.{2}", table.id, row.id, column.id));
        }
    }
    wanted.sort();
    wanted.dedup();
    let mut explained = explained;
    explained.sort();
    assert!(wanted.len() > 700, "{}", wanted.len());
    assert_eq!(explained, wanted);
    let empty: i64 =
        office.ask("SELECT count(*) FROM data_dictionary WHERE english = '' OR chinese = ''");
    assert_eq!(empty, 0);
    let row: String = office.ask(
        "SELECT chinese || ' ' || unit FROM data_dictionary WHERE name = 'disclosure.admin_fees.amount'",
    );
    assert!(row.contains("行政事业性收费") && row.ends_with("万元"), "{row}");
}

#[test]
fn every_table_and_column_of_the_schema_has_a_comment() {
    let mut above = "";
    for line in schema::migrations().flat_map(str::lines) {
        if line.starts_with("CREATE TABLE") || line.starts_with("CREATE VIEW") {
            assert!(above.starts_with("-- "), "no comment above {line}");
        }
        let first = line.trim_start().split(' ').next().unwrap();
        let is_column = line.starts_with("    ")
            && first.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
        let typed = ["INTEGER", "TEXT", "BLOB", "ANY"]
            .iter()
            .any(|t| line.split_whitespace().nth(1) == Some(t));
        if is_column && typed && first != "id" {
            assert!(line.contains(" -- "), "no comment on {line}");
        }
        above = line;
    }
}

#[test]
fn wide_views_have_a_row_for_each_report_and_a_column_for_each_cell() {
    let mut office = Office::new();
    let mut report = paper("a");
    report
        .cells
        .push(("disclosure.admin_fees.amount", CellValue::Number("0.563".parse().unwrap())));
    office.drop("/drop/a.docx", &report);
    office.drop("/drop/b.docx", &paper("b").unit("乙乡").total(9).fails("x"));
    let rows = office.list("SELECT unit || ' ' || year || ' ' || form || ' ' || new_requests_total || ' ' || coalesce(carried_in_total, 'NULL') FROM requests ORDER BY report_id");
    assert_eq!(rows, ["青塘镇人民政府 2019 2019 6 NULL", "乙乡 2019 2019 9 NULL"]);
    assert_eq!(office.list("SELECT unit FROM failing_reports"), ["乙乡"]);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM disclosure"), 1);
    assert_eq!(
        office.ask::<Option<f64>>("SELECT admin_fees_amount_yuan FROM disclosure"),
        None,
        "件 is no money"
    );
    office
        .store
        .connection
        .execute("UPDATE cells SET unit = '万元' WHERE row_id = 'admin_fees'", [])
        .unwrap();
    let yuan: String = office.ask("SELECT format('%.4f', admin_fees_amount_yuan) FROM disclosure");
    assert_eq!(yuan, "5630.0000");
    let names = columns(&office);
    for (view, column) in [
        ("statistics", "disclosed"),
        ("disputes", "review_total"),
        ("requests", "result_total_total"),
    ] {
        assert!(names.contains(&(view.to_owned(), column.to_owned())), "{view}.{column}");
    }
}

#[test]
fn current_reports_show_local_times_and_the_file() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    let row: String = office.ask("SELECT unit || ' ' || year || ' ' || version || ' ' || form || ' ' || verdict || ' ' || file FROM current_reports");
    assert_eq!(row, "青塘镇人民政府 2019 1 2019 passed a.docx");
    let at: String = office.ask("SELECT recorded_at FROM current_reports");
    assert!(at.parse::<jiff::civil::DateTime>().is_ok(), "{at}");
}

#[test]
fn a_unit_is_missing_until_it_has_handed_in_for_the_last_year() {
    let mut office = Office::new();
    let last: i16 = office.ask("SELECT CAST(strftime('%Y', 'now', 'localtime') AS INTEGER) - 1");
    office.drop("/drop/a.docx", &paper("a").year(Some(last - 1)));
    office.drop("/drop/b.docx", &paper("b").unit("乙乡").year(Some(last)));
    office.drop("/drop/c.docx", &paper("c").nameless());
    assert_eq!(
        office.list("SELECT unit || ' ' || (year - last_year_reported) FROM missing_reports"),
        ["青塘镇人民政府 1"]
    );
    office.drop("/drop/d.docx", &paper("d").year(Some(last)));
    assert_eq!(office.list("SELECT unit FROM missing_reports"), Vec::<String>::new());
}

fn forms_with(old: &str, new: &str) -> Forms {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../config/forms/2014.toml")
        .replace("id = \"2014\"", "id = \"2014x\"")
        .replacen("title = \"", "title = \"档案", 1);
    assert!(text.contains(old));
    std::fs::write(folder.path().join("x.toml"), text.replace(old, new)).unwrap();
    Forms::load(Some(folder.path())).unwrap()
}

#[test]
fn views_follow_the_forms_and_a_table_may_not_take_a_name_that_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gouji.db");
    let open = |forms: &Forms| Store::open(&path, forms, &Policy::default(), at(0));
    drop(open(&FORMS).unwrap());
    let taken = open(&forms_with("statistics", "cells")).unwrap_err();
    assert!(matches!(&taken, StoreError::TableTaken { table, .. } if table == "cells"), "{taken}");
    let has_archive = |store: &Store| {
        store
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'archives'", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
    };
    assert_eq!(has_archive(&open(&forms_with("statistics", "archives")).unwrap()), 1);
    assert_eq!(has_archive(&open(&FORMS).unwrap()), 0);
}

#[test]
fn every_figure_says_what_it_is_and_where_it_was_read() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    let row: String = office.ask(
        "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', unit, year, cell, label, value, value_unit, raw,
                       file, version, place, ocr)
         FROM figures WHERE value IS NOT NULL",
    );
    assert_eq!(
        row,
        "青塘镇人民政府|2019|requests.new_requests.total|表三 / 一、本年新收政府信息公开申请数量 / 总计|6|件|６件|\
         a.docx|1|第2表第1行第7列（第3页）|0"
    );
    let kinds = office.list("SELECT cell_kind FROM figures ORDER BY cell_kind");
    assert_eq!(kinds, ["blank", "number"]);
}

#[test]
fn two_years_stand_side_by_side() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").total(6));
    office.drop("/drop/b.docx", &paper("b").total(9).year(Some(2020)));
    office.drop("/drop/c.docx", &paper("c").total(7).year(Some(2022)));
    let rows = office.list(
        "SELECT format('%s %s %s %s %s', unit, year, value_before, value, change) FROM year_on_year",
    );
    assert_eq!(rows, ["青塘镇人民政府 2020 6 9 3"]);
}

#[test]
fn corrections_take_from_the_first_failing_version_to_the_one_that_passes() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.drop("/drop/b.docx", &paper("b").unit("乙乡").fails("x"));
    office.drop("/drop/c.docx", &paper("c").unit("丙乡"));
    office.drop("/drop/a.docx", &paper("a2").total(8).fails("x"));
    office.minute += 6 * 60;
    office.drop("/drop/a.docx", &paper("a3").total(9));
    let rows = office.list(
        "SELECT format('%s %s %s %s', unit, failing_versions, coalesce(hours, '-'), corrected_at IS NULL)
         FROM corrections ORDER BY unit",
    );
    assert_eq!(rows, ["乙乡 1 - 1", "青塘镇人民政府 2 6.1 0"]);
}

#[test]
fn counts_tell_how_each_county_stands() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.drop("/drop/b.docx", &paper("b").unit("乙乡").ocr());
    office.drop("/drop/c.docx", &paper("c").unit("丙乡").year(Some(2020)));
    let sql = "UPDATE units SET parent = '禾川县人民政府', on_roster = name <> '丙乡'";
    office.store.connection.execute(sql, []).unwrap();
    let rows = office.list(
        "SELECT format('%s %s %s %s %s %s %s %s', county, year, reports, passed, failed, errors, scans,
                       units_on_roster)
         FROM counts_by_county_and_year ORDER BY year",
    );
    assert_eq!(rows, ["禾川县人民政府 2019 2 1 1 1 1 2", "禾川县人民政府 2020 1 1 0 0 0 2"]);
}

#[test]
fn what_datasette_is_told_is_what_the_data_dictionary_says() {
    let office = Office::new();
    let told: serde_json::Value =
        serde_json::from_str(include_str!("../../config/datasette.json")).unwrap();
    let tables = told["databases"]["gouji"]["tables"].as_object().unwrap();
    assert!(tables.len() > 20);
    let entries = office.store.dictionary().unwrap();
    for (object, described) in tables {
        let columns = described["columns"].as_object().unwrap();
        let said = columns.iter().map(|(column, said)| (column.as_str(), said));
        for (column, said) in said.chain([("", &described["description"])]) {
            let entry = entries.iter().find(|e| e.object == *object && e.column == column);
            let expected = entry.map(|entry| format!("{}. {}", entry.chinese, entry.english));
            assert_eq!(
                said.as_str(),
                expected.as_deref(),
                "{object}.{column}: `gouji export datasette > config/datasette.json`"
            );
        }
    }
}

#[test]
fn a_snapshot_is_one_file_with_typed_tables_in_place_of_views() {
    let mut office = Office::new();
    let mut report = paper("a");
    report.cells.push(("disclosure.admin_fees.amount", CellValue::Number("43.6".parse().unwrap())));
    office.drop("/drop/a.docx", &report.fails("x"));
    let own = "CREATE VIEW mine AS SELECT unit FROM current_reports";
    office.store.connection.execute_batch(own).unwrap();
    let copy = office.folder.path().join("copy.db");
    Store::copy_into(&office.path(), &copy).unwrap();
    let copy = rusqlite::Connection::open(&copy).unwrap();
    let types = |table: &str| -> Vec<String> {
        let sql = "SELECT format('%s %s', name, type) FROM pragma_table_info(:table)";
        let mut query = copy.prepare(sql).unwrap();
        query.query_map([table], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
    };
    assert!(types("requests").contains(&"new_requests_total INTEGER".to_owned()));
    assert!(types("disclosure").contains(&"admin_fees_amount REAL".to_owned()));
    assert!(types("failing_reports").contains(&"recorded_at TEXT".to_owned()));
    let ask = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(ask("SELECT unit FROM mine"), "青塘镇人民政府");
    assert_eq!(
        ask("SELECT label FROM figures LIMIT 1"),
        office.ask::<String>("SELECT label FROM figures LIMIT 1")
    );
    assert_eq!(ask("SELECT unit FROM open_findings"), "青塘镇人民政府");
    assert_eq!(ask("SELECT type FROM sqlite_schema WHERE name = 'open_findings'"), "table");
}
