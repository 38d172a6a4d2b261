//! The program as people and scripts meet it: arguments in, text and exit status out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const FAILS: &str = "柳荫乡2019.docx";
const PASSES: &str = "自然资源局2022.md";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples").join(name)
}

/// An empty folder with the samples in it, and gouji run there.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in [FAILS, PASSES] {
            std::fs::copy(sample(name), folder.path().join(name)).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn gouji(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gouji"));
        for variable in ["GOUJI_CONFIG", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"] {
            command.env_remove(variable);
        }
        command.args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.gouji(&[&["check", "--json"], arguments].concat());
        let lines = text(&output.stdout);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn every_key_of_the_contract_is_there_whatever_became_of_the_file() {
    let desk = Desk::new();
    desk.write("empty.docx", "");
    desk.write("letter.txt", "各位同事：\n\n明天上午九点开会。\n");
    desk.write("~$lock.docx", "x");
    let reports = desk.json(&[FAILS, PASSES, "empty.docx", "letter.txt", "~$lock.docx"]);
    let verdicts: Vec<&str> = reports.iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["failed", "passed", "unreadable", "unrecognised", "ignored"]);
    let keys = [
        "causes",
        "cells",
        "file",
        "findings",
        "form",
        "published",
        "reason",
        "source",
        "unit",
        "verdict",
        "year",
    ];
    for report in &reports {
        let mut found: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, keys);
        let read = matches!(report["verdict"].as_str(), Some("passed" | "failed"));
        assert_eq!(report["reason"].is_null(), read, "{report}");
        assert_eq!(report["cells"].as_object().unwrap().is_empty(), !read);
    }
}

#[test]
fn a_finding_has_the_keys_of_the_contract_and_both_sides() {
    let reports = Desk::new().json(&[FAILS]);
    let findings = reports[0]["findings"].as_array().unwrap();
    let total = findings.iter().find(|f| f["rule"] == "requests-row-total").unwrap();
    let mut keys: Vec<&str> = total.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = ["cause", "left", "message", "quote", "right", "rule", "severity", "where"];
    assert_eq!(keys, expected);
    assert_eq!(total["where"], "requests.new_requests.*");
    assert_eq!((&total["left"], &total["right"]), (&"4".into(), &"3".into()));
    assert_eq!(total["severity"], "error");
    assert_eq!(reports[0]["unit"], "禾川县柳荫乡人民政府");
    assert_eq!(reports[0]["year"], 2019);
}

#[test]
fn numbers_are_printed_as_written_and_never_as_floats() {
    let desk = Desk::new();
    let report = std::fs::read_to_string(sample(PASSES)).unwrap();
    let fees = report.lines().find(|line| line.contains("行政事业性收费")).unwrap().to_owned();
    let changed = fees.rsplit_once(|c: char| c.is_ascii_digit()).unwrap();
    let amount = changed.0.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    desk.write(
        "a.md",
        report.replace(&fees, &format!("{amount}0.10000000000000000003{}", changed.1)),
    );
    let output = desk.gouji(&["check", "--json", "a.md"]);
    let line = text(&output.stdout);
    assert!(line.contains("\"disclosure.admin_fees.amount\":0.10000000000000000003,"), "{line}");
    assert!(line.contains("\"requests.carried_in.total\":0,"), "{line}");
}

#[test]
fn raw_adds_text_kind_unit_and_place_and_all_adds_every_check() {
    let reports = Desk::new().json(&["--raw", "--all", FAILS]);
    let cell = &reports[0]["cells"]["requests.new_requests.total"];
    assert_eq!(
        (&cell["value"], &cell["kind"], &cell["unit"]),
        (&4.into(), &"number".into(), &"件".into())
    );
    assert!(cell["place"]["row"].as_u64().unwrap() > 0, "{cell}");
    let checks = reports[0]["checks"].as_array().unwrap();
    for outcome in ["pass", "fail"] {
        assert!(checks.iter().any(|check| check["outcome"] == outcome), "no check has {outcome}");
    }
    assert!(checks.len() > reports[0]["findings"].as_array().unwrap().len());
    assert!(reports[0]["unknown_rows"].is_array());
}

#[test]
fn the_order_of_the_arguments_is_kept() {
    let desk = Desk::new();
    let names: Vec<String> = (0..12).map(|n| format!("{n}.md")).collect();
    for (n, name) in names.iter().enumerate() {
        // Large and small by turns, so that they are done in another order.
        desk.write(
            name,
            if n % 2 == 0 { std::fs::read(sample(FAILS)).unwrap() } else { vec![b'x'] },
        );
    }
    let arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    let files: Vec<String> = desk
        .json(&arguments)
        .iter()
        .map(|report| report["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, names);
}

#[test]
fn reports_bound_into_one_document_are_numbered() {
    let desk = Desk::new();
    let one = std::fs::read_to_string(sample(PASSES)).unwrap();
    let other = one.replace("自然资源局", "水利局");
    desk.write("汇编.md", format!("{one}\n\n{other}"));
    let printed = desk.json(&["汇编.md"]);
    let said: Vec<(&str, &str)> = printed
        .iter()
        .map(|r| (r["file"].as_str().unwrap(), r["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("汇编.md!1", "passed"), ("汇编.md!2", "passed")]);
    assert_eq!(printed[0]["cells"], printed[1]["cells"]);
    assert_ne!(printed[0]["unit"], printed[1]["unit"]);
}

#[test]
fn the_exit_status_tells_the_worst_that_happened() {
    let desk = Desk::new();
    desk.write("~$lock.docx", "x");
    desk.write("empty.docx", "");
    let status = |arguments: &[&str]| code(&desk.gouji(&[&["check"], arguments].concat()));
    assert_eq!(status(&[PASSES, "~$lock.docx"]), 0);
    assert_eq!(status(&[PASSES, FAILS]), 1);
    assert_eq!(status(&["empty.docx", FAILS]), 2);
    assert_eq!(status(&[PASSES, "missing.docx"]), 2);
    assert_eq!(status(&["--no-such-option", PASSES]), 64);
    assert_eq!(status(&[]), 64);
    assert_eq!(code(&desk.gouji(&["--help"])), 0);
    assert_eq!(code(&desk.gouji(&["--version"])), 0);
    assert_eq!(code(&desk.gouji(&["bogus"])), 64);
}

#[test]
fn what_is_no_file_is_named_on_standard_error_and_does_not_stop_the_rest() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("folder")).unwrap();
    let output = desk.gouji(&["check", "--json", "missing.docx", "folder", PASSES]);
    let complaints = text(&output.stderr);
    assert!(complaints.contains("missing.docx: there is no such file"), "{complaints}");
    assert!(complaints.contains("folder is a folder"), "{complaints}");
    assert_eq!(text(&output.stdout).lines().count(), 1);
}

#[test]
fn a_fifo_is_refused_and_not_waited_for() {
    let desk = Desk::new();
    let made = Command::new("mkfifo").arg(desk.path("pipe.docx")).status().unwrap();
    assert!(made.success());
    let reports = desk.json(&["pipe.docx"]);
    assert_eq!(reports[0]["verdict"], "unreadable");
    assert_eq!(reports[0]["reason"], "不是普通文件");
}

#[test]
fn people_see_the_table_with_the_cells_marked_and_the_findings_below() {
    let output = Desk::new().gouji(&["check", FAILS]);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("柳荫乡2019.docx: failed, 3 errors"), "{shown}");
    assert!(shown.contains("表三 收到和处理政府信息公开申请情况"), "{shown}");
    assert!(!shown.contains("表四 "), "a table without findings is drawn:\n{shown}");
    let row = shown.lines().find(|line| line.contains("一、本年新收")).unwrap();
    assert!(row.contains(" 4* │"), "{row}");
    assert!(shown.contains("强制 表三“本年新收”行：总计填4件"), "{shown}");
    assert!(shown.contains("请核对。 requests-row-total\n"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "escapes without a terminal");
    let all = text(&Desk::new().gouji(&["check", "--tables", FAILS]).stdout);
    assert!(all.contains("表四 "), "{all}");
}

#[test]
fn a_report_cannot_command_the_terminal() {
    let desk = Desk::new();
    let report = std::fs::read_to_string(sample(PASSES)).unwrap();
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let report = report.replacen("年度报告", &format!("年度报告{hostile}"), 1);
    desk.write("a.md", report.replace("| 0 |", &format!("| {hostile} |")));
    for arguments in [&["check", "a.md"][..], &["check", "--json", "--raw", "a.md"]] {
        let shown = text(&desk.gouji(arguments).stdout);
        assert!(shown.contains("a.md"), "{shown}");
        let obeyed = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!shown.contains(obeyed), "{arguments:?}\n{shown:?}");
    }
}

#[test]
fn check_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.gouji(&["check", FAILS, PASSES]);
    assert_eq!(std::fs::read_dir(desk.0.path()).unwrap().count(), 2);
}

#[test]
fn import_records_each_content_once_and_status_counts_it() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("old/2019")).unwrap();
    std::fs::rename(desk.path(FAILS), desk.path("old/2019/a.docx")).unwrap();
    std::fs::rename(desk.path(PASSES), desk.path("old/b.md")).unwrap();
    desk.write("old/.hidden.docx", "x");
    let before = desk.gouji(&["status"]);
    assert_eq!(code(&before), 2);
    assert!(text(&before.stderr).contains("there is no database"), "{before:?}");

    let first = desk.gouji(&["import", "old"]);
    assert_eq!(code(&first), 0, "{first:?}");
    assert!(text(&first.stdout).starts_with("2 recorded: 1 passed, 1 failed, 0 unreadable"));
    let again = desk.gouji(&["import", "old"]);
    assert!(text(&again.stdout).contains("2 known already"), "{again:?}");

    let status: Value = serde_json::from_slice(&desk.gouji(&["status", "--json"]).stdout).unwrap();
    let expected = serde_json::json!({ "current": 2, "passed": 1, "failed": 1 });
    assert_eq!(status["reports"], expected);
    assert_eq!(status["mails"]["notices_waiting"], 0, "an import told somebody");
    let shown = text(&desk.gouji(&["status"]).stdout);
    assert!(shown.contains("reports   2 current of 2 units, 1 failing"), "{shown}");
    let none = desk.gouji(&["notices", "retry", "7"]);
    assert_eq!(code(&none), 2);
    assert!(text(&none.stderr).contains("there is no mail 7"), "{none:?}");
}

/// Every current report with its cells and findings, line by line.
fn recorded(database: &Path) -> Vec<String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(database, flags).unwrap();
    let sql = "
        SELECT concat_ws(' ', r.unit, r.year, r.form, r.verdict, r.file) FROM current_reports r
        UNION ALL
        SELECT concat_ws(' ', r.unit, r.year, c.table_id, c.row_id, c.column_id, c.kind, c.text, c.raw, c.place)
        FROM cells c JOIN current_reports r USING (report_id)
        UNION ALL
        SELECT concat_ws(' ', unit, year, rule, severity, place, left_value, right_value, message, cause)
        FROM open_findings
        ORDER BY 1";
    let mut query = database.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

#[test]
fn a_recheck_applies_the_rules_of_today_and_tells_which_reports_they_change() {
    let desk = Desk::new();
    let database = desk.path("gouji-data/gouji.db");
    assert_eq!(code(&desk.gouji(&["import", FAILS, PASSES])), 0);
    let before = recorded(&database);
    let same = desk.gouji(&["recheck"]);
    assert_eq!(text(&same.stdout), "2 reports checked: 0 changed, 2 as before\n");
    assert_eq!(recorded(&database), before);
    desk.write(
        "gouji.toml",
        "[database]\npath = \"gouji-data/gouji.db\"\n[rules]\noff = [\"narrative-mismatch\"]\n\
         severity = { requests-row-total = \"info\", requests-balance = \"info\" }\n",
    );
    let changed = desk.gouji(&["--config", "gouji.toml", "recheck"]);
    let told = "禾川县柳荫乡人民政府 2019: passed, 0 errors (before: 3)\n\
                2 reports checked: 1 changed, 1 as before\n";
    assert_eq!(text(&changed.stdout), told);
    assert!(
        recorded(&database)
            .iter()
            .any(|line| line.starts_with("禾川县柳荫乡人民政府 2019 2019 passed"))
    );
    let read = desk.gouji(&["recheck", "--read"]);
    assert!(text(&read.stdout).starts_with("2 read again: 1 passed, 1 failed"), "{read:?}");
    assert_eq!(recorded(&database), before);
    desk.write(PASSES, "changed since");
    let skipped = desk.gouji(&["recheck", "--read"]);
    assert_eq!(code(&skipped), 2);
    assert!(text(&skipped.stdout).starts_with("1 read again"), "{skipped:?}");
    assert_eq!(recorded(&database), before);
}

#[test]
fn a_rebuilt_database_says_what_the_old_one_said_and_the_old_one_is_kept() {
    let desk = Desk::new();
    let database = desk.path("gouji-data/gouji.db");
    let missing = desk.gouji(&["rebuild"]);
    assert_eq!(code(&missing), 2, "without its folders a database would be empty");
    std::fs::create_dir_all(desk.path("gouji-data/drop/2019")).unwrap();
    std::fs::rename(desk.path(FAILS), desk.path("gouji-data/drop/2019/z.docx")).unwrap();
    std::fs::copy(desk.path(PASSES), desk.path("gouji-data/drop/b.md")).unwrap();
    let outside = "# 禾川县水利局2022年政府信息公开工作年度报告\n";
    desk.write("outside.md", outside);
    for path in ["gouji-data/drop/2019", "gouji-data/drop", "outside.md"] {
        assert_eq!(code(&desk.gouji(&["import", path])), 0);
    }
    let before = recorded(&database);
    let rebuilt = desk.gouji(&["rebuild"]);
    assert_eq!(code(&rebuilt), 1, "a report is missing: {rebuilt:?}");
    assert!(text(&rebuilt.stdout).starts_with("2 recorded: 1 passed, 1 failed"), "{rebuilt:?}");
    assert!(text(&rebuilt.stderr).contains("禾川县水利局 2022: is in no folder any more"));
    let without = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| !line.contains("水利局")).cloned().collect()
    };
    assert_eq!(recorded(&database), without(&before));
    let aside = std::fs::read_dir(desk.path("gouji-data")).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.to_str().unwrap().contains("gouji.db.20").then_some(path)
    });
    assert_eq!(recorded(&aside.unwrap()), before);
    assert_eq!(code(&desk.gouji(&["rebuild"])), 0);
    assert_eq!(recorded(&database), without(&before));
}

#[test]
fn a_wrong_configuration_is_told_with_its_line_by_every_command() {
    let desk = Desk::new();
    desk.write("gouji.toml", "[mail]\nform = \"a@b.cn\"\n");
    for command in [&["config", "check"][..], &["check", PASSES], &["status"]] {
        let output = desk.gouji(&[&["--config", "gouji.toml"], command].concat());
        assert_eq!(code(&output), 2);
        let complaint = text(&output.stderr);
        let expected =
            "gouji: gouji.toml:2: unknown field `form` in [mail], expected one of `admin`";
        assert!(complaint.starts_with(expected), "{complaint}");
    }
}

#[test]
fn a_rule_that_no_form_has_is_refused() {
    let desk = Desk::new();
    desk.write("gouji.toml", "[rules]\noff = [\"request-balance\"]\n");
    let output = desk.gouji(&["--config", "gouji.toml", "config", "check"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("did you mean `requests-balance`?"), "{output:?}");
}

#[test]
fn a_rule_that_is_off_finds_nothing() {
    let desk = Desk::new();
    desk.write(
        "gouji.toml",
        "[rules]\noff = [\"requests-balance\", \"narrative-mismatch\"]\nseverity = { requests-row-total = \"info\" }\n",
    );
    let output = desk.gouji(&["--config", "gouji.toml", "check", "--json", FAILS]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "passed", "{report}");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["rule"] != "requests-balance"));
    assert!(findings.iter().any(|f| f["rule"] == "requests-row-total" && f["severity"] == "info"));
}

#[test]
fn form_files_are_checked_by_themselves() {
    let desk = Desk::new();
    let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/forms/2021.toml");
    let right = desk.gouji(&["forms", "check", embedded.to_str().unwrap()]);
    assert_eq!(code(&right), 0, "{right:?}");
    let form = std::fs::read_to_string(embedded).unwrap();
    desk.write("broken.toml", form.replacen("[form]", "[form]\ncolour = \"red\"", 1));
    let wrong = desk.gouji(&["forms", "check", "broken.toml"]);
    assert_eq!(code(&wrong), 2);
    assert!(text(&wrong.stderr).contains("broken.toml:"), "{wrong:?}");
    assert!(text(&wrong.stderr).contains("colour"), "{wrong:?}");
    let list = text(&desk.gouji(&["forms"]).stdout);
    assert_eq!(list.lines().count(), 3, "{list}");
}

#[test]
fn a_file_without_a_form_is_told_to_be_none() {
    let desk = Desk::new();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/shared.toml");
    let output = desk.gouji(&["forms", "check", shared.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("shared.toml: has no [form]"), "{output:?}");
}

#[test]
fn errors_of_a_form_in_the_folder_come_in_the_order_of_its_lines() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("forms")).unwrap();
    desk.write("gouji.toml", "[forms]\nfolder = \"forms\"\n");
    desk.write("forms/a.toml", "x = 1\n[form]\nid = \"a\"\n[[check]]\nid = \"c\"\n");
    let output = desk.gouji(&["--config", "gouji.toml", "forms"]);
    let told = text(&output.stderr);
    let places: Vec<&str> =
        told.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(places, ["a.toml:1:", "a.toml:2:", "a.toml:4:"], "{told}");
}

#[test]
fn what_the_system_says_is_told_once() {
    let desk = Desk::new();
    let told = text(&desk.gouji(&["--config", "nowhere.toml", "status"]).stderr);
    assert_eq!(told.matches("No such file or directory").count(), 1, "{told}");
    desk.write("gouji.toml", "[database]\npath = \"/proc/gouji.db\"\n");
    let told = text(&desk.gouji(&["--config", "gouji.toml", "run"]).stderr);
    assert_eq!(told.matches("No such file or directory").count(), 1, "{told}");
}

#[test]
fn every_command_has_help_with_an_example() {
    let desk = Desk::new();
    let commands = text(&desk.gouji(&["help"]).stdout);
    let names: Vec<&str> = commands
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 6, "{commands}");
    for name in names {
        let help = text(&desk.gouji(&[name, "--help"]).stdout);
        assert!(help.contains("Example"), "{name}:\n{help}");
    }
}

#[test]
fn a_wrong_roster_is_told_with_its_lines_and_a_right_one_is_used() {
    let desk = Desk::new();
    desk.write("gouji.toml", "[units]\nroster = \"units.csv\"\n");
    desk.write("units.csv", "name,level\n柳荫乡,村\n柳荫乡人民政府,\n");
    for command in [&["config", "check"][..], &["import", FAILS], &["run"]] {
        let output = desk.gouji(&[&["--config", "gouji.toml"], command].concat());
        assert_eq!(code(&output), 2);
        let told = text(&output.stderr);
        assert!(told.contains("units.csv:2: the level \"村\" is unknown"), "{told}");
        assert!(
            told.contains("units.csv:3: \"柳荫乡人民政府\" stands in line 2 already"),
            "{told}"
        );
    }
    let (gbk, _, _) =
        encoding_rs::GB18030.encode("单位名称,上级,电话\r\n柳荫乡,禾川县,1\r\n东山乡,禾川县,2\r\n");
    desk.write("units.csv", gbk);
    let output = desk.gouji(&["--config", "gouji.toml", "config", "check"]);
    let told = text(&output.stdout);
    assert!(told.contains("roster: 2 units"), "{told}");
    assert!(told.contains("units.csv:1: the column \"电话\" is not used"), "{told}");
    assert_eq!(code(&desk.gouji(&["--config", "gouji.toml", "import", FAILS])), 0);
    let database = rusqlite::Connection::open(desk.path("gouji.db")).unwrap();
    let unit: String =
        database.query_row("SELECT unit FROM current_reports", [], |row| row.get(0)).unwrap();
    assert_eq!(unit, "柳荫乡");
}

#[test]
fn the_doctor_says_what_is_in_the_way_and_how_to_mend_it() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("drop")).unwrap();
    desk.write("gouji.toml", "");
    let well = desk.gouji(&["--config", "gouji.toml", "doctor"]);
    assert_eq!(code(&well), 0, "{}", text(&well.stdout));
    assert!(text(&well.stdout).contains("drop: 0 files, 0 folders below it"), "{well:?}");
    desk.write(
        "gouji.toml",
        "[drop]\nfolders = [\"drop\", \"share\"]\n[database]\nsnapshot = \"no/copy.db\"\n\
         [mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nto = \"a@b.cn\"\n",
    );
    desk.write("gouji.db", "no database at all, but long enough to be looked at ".repeat(99));
    let ill = desk.gouji(&["--config", "gouji.toml", "doctor"]);
    let said = text(&ill.stdout);
    assert_eq!(code(&ill), 1, "{said}");
    for problem in [
        "share: No such file or directory (os error 2); make it, mount its share",
        "is no database of gouji; move it away",
        "no cannot be written to",
        "127.0.0.1:1: ",
    ] {
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(problem)).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("PROBLEM"), "{problem}\n{said}");
    }
    assert!(said.ends_with("4 problems\n"), "{said}");
    desk.write("gouji.toml", "[drop]\nfolder = \"x\"\n");
    let wrong = desk.gouji(&["--config", "gouji.toml", "doctor"]);
    assert_eq!(code(&wrong), 1);
    assert!(text(&wrong.stdout).contains("gouji.toml:2: unknown field `folder`"), "{wrong:?}");
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let desk = Desk::new();
    assert_eq!(code(&desk.gouji(&["man", "share/man1"])), 0);
    let page = |name: &str| std::fs::read_to_string(desk.path("share/man1").join(name)).unwrap();
    assert!(page("gouji.1").contains("gouji\\-recheck(1)"));
    assert!(page("gouji-recheck.1").contains("gouji recheck \\-\\-read"));
    assert!(page("gouji-notices-retry.1").contains("gouji notices retry 17"));
    assert!(!desk.path("share/man1/gouji-worker.1").exists());
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&desk.gouji(&["completions", shell]).stdout);
        assert!(script.contains("rebuild") && script.contains("raw"), "{shell}");
    }
}

#[test]
fn an_export_opens_in_excel_and_carries_no_formula() {
    let desk = Desk::new();
    let evil = "=HYPERLINK(\"http://evil\",\"x\")";
    let text_of = std::fs::read_to_string(desk.path(PASSES)).unwrap();
    desk.write(PASSES, text_of.replace("| 583 |", &format!("| {evil} |")));
    assert_eq!(code(&desk.gouji(&["import", FAILS, PASSES])), 0);
    let listed = text(&desk.gouji(&["export"]).stdout);
    assert!(listed.contains("open_findings  ") && listed.contains("figures  "), "{listed}");

    let output = desk.gouji(&["export", "findings", "--year", "2019"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let csv = text(&output.stdout);
    assert!(csv.starts_with("\u{feff}问题编号,"), "{csv}");
    assert!(csv.contains("禾川县柳荫乡人民政府,2019") && !csv.contains(",2022,"), "{csv}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let output = desk.gouji(&["export", "findings", "--year", "1999"]);
    let told = text(&output.stderr);
    assert!(code(&output) == 0 && told.contains("there are no rows of this year"), "{output:?}");
    let names = text(&desk.gouji(&["export", "figures", "--header", "names"]).stdout);
    let mut rows = csv::Reader::from_reader(names.trim_start_matches('\u{feff}').as_bytes());
    let raw = rows.headers().unwrap().iter().position(|name| name == "raw").unwrap();
    let printed: Vec<String> = rows.records().map(|row| row.unwrap()[raw].to_owned()).collect();
    assert!(printed.contains(&format!("'{evil}")) && !printed.contains(&evil.to_owned()));

    let output = desk.gouji(&["export", "figures", "-o", "figures.xlsx", "--unit", "自然资源"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let part = |name: &str| {
        use std::io::Read as _;
        let file = std::fs::File::open(desk.path("figures.xlsx")).unwrap();
        let mut text = String::new();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let (sheet, texts) = (part("xl/worksheets/sheet1.xml"), part("xl/sharedStrings.xml"));
    assert!(!sheet.contains("<f>") && sheet.contains("<v>2022</v>"), "{sheet}");
    assert!(texts.contains("=HYPERLINK(") && !texts.contains("柳荫乡"), "{texts}");

    for (arguments, complaint) in [
        (&["export", "files"][..], "there is no view \"files\""),
        (&["export", "figures", "-o", "x.ods"], "--format csv or --format xlsx"),
        (&["export", "figures", "--format", "xlsx"], "needs a place"),
    ] {
        let refused = desk.gouji(arguments);
        assert_eq!(code(&refused), 2);
        assert!(text(&refused.stderr).contains(complaint), "{refused:?}");
    }
    assert!(!desk.path("x.ods.new").exists());
}
