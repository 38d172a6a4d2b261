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
