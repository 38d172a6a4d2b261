//! Reports of one unit and years that follow one another: compared with each other in one call.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const UNIT: &str = "禾川县自然资源局";

/// The sample report of 2022, which carries 2 requests over to the next year.
fn year_2022() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples/自然资源局2022.md");
    std::fs::read_to_string(path).unwrap()
}

/// The same office a year later, with all the figures of the year before: nothing is carried in.
fn year_2023_forgetful() -> String {
    // The year after first, which then is not replaced again.
    year_2022().replace("2023年1月", "2024年1月").replace("2022", "2023")
}

/// The report of 2023 that takes up the requests carried over.
fn year_2023() -> String {
    let report = year_2023_forgetful();
    let rows = [
        (
            "| 一、本年新收政府信息公开申请数量 |  |  | 29 | 2 | 0 | 0 | 0 | 2 | 33 |",
            "| 一、本年新收政府信息公开申请数量 |  |  | 28 | 2 | 0 | 0 | 0 | 1 | 31 |",
        ),
        (
            "| 二、上年结转政府信息公开申请数量 |  |  | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
            "| 二、上年结转政府信息公开申请数量 |  |  | 1 | 0 | 0 | 0 | 0 | 1 | 2 |",
        ),
        (
            "申请33件，其中自然人申请29件、法人或其他组织申请4件",
            "申请31件，其中自然人申请28件、法人或其他组织申请3件",
        ),
    ];
    rows.into_iter().fold(report, |report, (old, new)| {
        assert!(report.contains(old), "{old}");
        report.replace(old, new)
    })
}

/// A folder with reports, and gouji run there.
struct Desk(tempfile::TempDir);

impl Desk {
    fn with(files: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Self(folder)
    }

    fn gouji(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gouji"));
        for variable in ["GOUJI_CONFIG", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"] {
            command.env_remove(variable);
        }
        command.args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// The reports checked together, in the order of the arguments.
    fn check(&self, files: &[&str]) -> Vec<Value> {
        let output = self.gouji(&[&["check", "--json"], files].concat());
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// `rule place severity left right` of what was found across years, in the order of places.
fn years(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<String> = findings
        .filter(|f| f["rule"].as_str().unwrap().starts_with("years-"))
        .map(|f| ["rule", "where", "severity", "left", "right"].map(|key| text(&f[key])).join(" "))
        .collect();
    found.sort();
    found
}

const LOST: [&str; 3] = [
    "years-carry requests.carried_in.natural_person error 0 1",
    "years-carry requests.carried_in.other_org error 0 1",
    "years-carry requests.carried_in.total error 0 2",
];

#[test]
fn requests_lost_between_the_years_fail_the_later_report_whatever_the_order_of_the_files() {
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", year_2023_forgetful())]);
    for (files, later) in [(["2022.md", "2023.md"], 1), (["2023.md", "2022.md"], 0)] {
        let reports = desk.check(&files);
        let carried: Vec<String> =
            years(&reports[later]).into_iter().filter(|f| f.starts_with("years-carry")).collect();
        assert_eq!(carried, LOST);
        assert_eq!(reports[later]["verdict"], "failed");
        let earlier = &reports[1 - later];
        assert_eq!((years(earlier).len(), &earlier["verdict"]), (0, &Value::from("passed")));
    }
}

#[test]
fn a_report_that_takes_up_what_was_carried_over_passes() {
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", year_2023())]);
    let reports = desk.check(&["2022.md", "2023.md"]);
    let years: Vec<String> = years(&reports[1]);
    assert_eq!(reports[1]["verdict"], "passed");
    assert!(years.iter().all(|finding| finding.contains(" info ")), "{years:?}");
}

#[test]
fn a_report_of_last_year_handed_in_again_is_told_to_be_the_same() {
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", year_2023_forgetful())]);
    let reports = desk.check(&["2022.md", "2023.md"]);
    let same =
        reports[1]["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "years-same");
    let message = same.unwrap()["message"].as_str().unwrap();
    assert!(message.contains("与2022年度报告完全相同") && message.contains("100%"), "{message}");
}

#[test]
fn reports_of_other_units_kinds_of_names_and_years_have_nothing_to_say_to_each_other() {
    let other = year_2022().replace(UNIT, "禾川县水利局");
    let earlier = year_2022()
        .replace("2023年1月", "2022年1月")
        .replace("2022年", "2021年")
        .replace("2022-", "2021-");
    let desk = Desk::with(&[
        ("other.md", other),
        ("2023.md", year_2023_forgetful()),
        ("2021.md", earlier),
    ]);
    let reports = desk.check(&["other.md", "2021.md", "2023.md"]);
    assert_eq!(reports[1]["year"], 2021);
    assert!(reports.iter().all(|report| years(report).is_empty()));
}

#[test]
fn a_name_with_and_without_its_county_is_compared_but_fails_nobody() {
    let bare = year_2022().replace(UNIT, "自然资源局");
    let desk = Desk::with(&[("2022.md", bare), ("2023.md", year_2023_forgetful())]);
    let reports = desk.check(&["2022.md", "2023.md"]);
    let carried: Vec<String> =
        years(&reports[1]).into_iter().filter(|f| f.starts_with("years-carry")).collect();
    assert_eq!(carried, LOST.map(|finding| finding.replace("error", "warning")));
    assert_eq!(reports[1]["verdict"], "passed");
}

#[test]
fn rules_across_years_can_be_switched_off_and_softened() {
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", year_2023_forgetful())]);
    let config = "[rules]\noff = [\"years-same\"]\nseverity = { \"years-carry\" = \"warning\" }\n";
    std::fs::write(desk.0.path().join("gouji.toml"), config).unwrap();
    let reports = desk.check(&["--config", "gouji.toml", "2022.md", "2023.md"]);
    assert_eq!(reports[1]["verdict"], "passed");
    let found = years(&reports[1]);
    assert!(found.contains(&LOST[2].replace("error", "warning")), "{found:?}");
    assert!(!found.iter().any(|finding| finding.starts_with("years-same")), "{found:?}");
}

#[test]
fn a_wrong_cell_that_both_the_form_and_last_year_contradict_is_one_cause() {
    let wrong = year_2023().replace(
        "| 二、上年结转政府信息公开申请数量 |  |  | 1 | 0 | 0 | 0 | 0 | 1 | 2 |",
        "| 二、上年结转政府信息公开申请数量 |  |  | 7 | 0 | 0 | 0 | 0 | 1 | 2 |",
    );
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", wrong)]);
    let reports = desk.check(&["2023.md", "2022.md"]);
    let cause = &reports[0]["causes"][0];
    assert_eq!(cause["cells"][0]["cell"], "requests.carried_in.natural_person");
    assert_eq!(cause["cells"][0]["repaired"], 1);
    let findings = reports[0]["findings"].as_array().unwrap();
    let of_cause =
        |rule: &str| findings.iter().filter(|f| f["rule"] == rule && f["cause"] == 1).count();
    assert_eq!((of_cause("years-carry"), of_cause("requests-balance")), (1, 1));
}

/// A desk with a database of both years, in which 2023 has 3 documents in force where 2 are due.
fn imported(stock: &str) -> Desk {
    let later = year_2023().replace("| 行政规范性文件 | 0 | 0 | 2 |", stock);
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", later)]);
    let output = desk.gouji(&["import", "2022.md", "2023.md"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    desk
}

impl Desk {
    /// What the database answers.
    fn ask(&self, sql: &str) -> Vec<String> {
        let database =
            rusqlite::Connection::open(self.0.path().join("gouji-data/gouji.db")).unwrap();
        let mut query = database.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn explain(&self, report: &str, rule: &str, place: &str, because: &str) -> (i32, String) {
        let output = self.gouji(&["explain", report, rule, place, "--because", because]);
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    }
}

const STOCK: &str = "disclosure.normative_documents.in_force";
const SETTLED: &str =
    "SELECT format('%s %s', settled, explanation) FROM open_findings WHERE rule = 'years-stock'";

#[test]
fn an_explanation_settles_a_finding_until_one_of_its_figures_changes() {
    let desk = imported("| 行政规范性文件 | 0 | 0 | 3 |");
    assert_eq!(desk.ask(SETTLED), ["0 "]);
    for hollow in ["", "核实无误", "经核实，情况属实。"] {
        let (code, told) = desk.explain("禾川县自然资源局2023", "years-stock", STOCK, hollow);
        assert_eq!(code, 64, "{told}");
    }
    let because = "历年文件清理时补登1件";
    let (code, told) = desk.explain("禾川县自然资源局2023", "years-stock", STOCK, because);
    assert_eq!(code, 0, "{told}");
    let settled = [format!("1 {because}")];
    assert_eq!(desk.ask(SETTLED), settled);
    assert_eq!(
        desk.ask("SELECT format('%s', settled) FROM current_reports WHERE year = 2023"),
        ["1"]
    );
    // Looked at again, and handed in again with other words.
    assert_eq!(desk.gouji(&["recheck"]).status.code(), Some(0));
    assert_eq!(desk.ask(SETTLED), settled);
    let later =
        year_2023().replace("| 行政规范性文件 | 0 | 0 | 2 |", "| 行政规范性文件 | 0 | 0 | 3 |");
    std::fs::write(
        desk.0.path().join("new.md"),
        later.replace("229条", "230条").replace("46条", "47条"),
    )
    .unwrap();
    desk.gouji(&["import", "new.md"]);
    assert_eq!(
        desk.ask("SELECT format('%s', version) FROM current_reports WHERE year = 2023"),
        ["2"]
    );
    assert_eq!(desk.ask(SETTLED), settled);
    // With another figure it is another matter.
    let other =
        year_2023().replace("| 行政规范性文件 | 0 | 0 | 2 |", "| 行政规范性文件 | 0 | 0 | 4 |");
    std::fs::write(desk.0.path().join("other.md"), other).unwrap();
    desk.gouji(&["import", "other.md"]);
    assert_eq!(desk.ask(SETTLED), ["0 "]);
}

#[test]
fn what_must_be_corrected_and_what_was_not_found_cannot_be_explained() {
    let desk = Desk::with(&[("2022.md", year_2022()), ("2023.md", year_2023_forgetful())]);
    desk.gouji(&["import", "2022.md", "2023.md"]);
    let report = "禾川县自然资源局2023";
    let place = "requests.carried_in.total";
    let (code, told) = desk.explain(report, "years-carry", place, "上年的2件已转交其他机关办理");
    assert_eq!(code, 2);
    assert!(told.contains("must be corrected"), "{told}");
    let (code, told) = desk.explain(report, "years-stock", STOCK, "历年文件清理时补登1件");
    assert_eq!(code, 2);
    assert!(told.contains("found: years-same report"), "what could be explained is listed: {told}");
    assert_eq!(desk.explain("某镇2023", "years-same", "report", "数字确实相同，已逐项核对").0, 2);
    assert!(desk.ask("SELECT because FROM explanations").is_empty());
}

#[test]
fn rules_that_are_switched_off_or_softened_are_told_with_every_report() {
    let desk = Desk::with(&[("2022.md", year_2022())]);
    let config = "[rules]\noff = [\"years-same\"]\nseverity = { \"years-carry\" = \"warning\" }\n\
                  [database]\npath = \"gouji-data/gouji.db\"\n";
    std::fs::write(desk.0.path().join("gouji.toml"), config).unwrap();
    let told = "停用years-same；years-carry改为“核实”";
    let output = desk.gouji(&["check", "--config", "gouji.toml", "2022.md"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains(&format!("规则 配置中{told}")));
    let report = &desk.check(&["--config", "gouji.toml", "2022.md"])[0];
    assert_eq!(report["rules"]["off"][0], "years-same");
    assert_eq!(report["rules"]["severity"]["years-carry"], "warning");
    desk.gouji(&["import", "--config", "gouji.toml", "2022.md"]);
    assert_eq!(desk.ask("SELECT rules_changed FROM current_reports"), [told]);
}
