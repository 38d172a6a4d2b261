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
