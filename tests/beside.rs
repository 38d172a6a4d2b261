//! Reports beside others, through the real program: a county's summary beside the reports of its units,
//! and a report beside that of the year before which arrives later.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

#[path = "common/office.rs"]
mod office;
#[path = "common/smtp.rs"]
mod smtp;

use std::fs;

use office::{Office, sound};
use rust_decimal::Decimal;
use serde_json::Value;

const ROSTER: &str = "单位名称,别名,级别,上级\n\
    禾川县人民政府,,政府,\n\
    青塘镇人民政府,清塘镇,乡镇,禾川县人民政府\n\
    柳荫乡人民政府,,乡镇,禾川县人民政府\n\
    禾川县自然资源局,,部门,禾川县人民政府\n";

/// The sample report with every figure of its tables and its text so many times as large.
fn times(report: &str, factor: u32) -> String {
    let factor = Decimal::from(factor);
    let cell = |cell: &str| match cell.trim().parse::<Decimal>() {
        Ok(number) => format!(" {} ", (number * factor).normalize()),
        Err(_) => cell.to_owned(),
    };
    let prose = regex::Regex::new("([0-9]+)(件|条)").unwrap();
    let line = |line: &str| match line.starts_with('|') {
        true => line.split('|').map(cell).collect::<Vec<_>>().join("|"),
        false => prose
            .replace_all(line, |found: &regex::Captures<'_>| {
                format!("{}{}", found[1].parse::<Decimal>().unwrap() * factor, &found[2])
            })
            .into_owned(),
    };
    report.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn summary(factor: u32) -> String {
    times(&sound("禾川县人民政府"), factor)
}

/// A folder with files, a roster and a configuration that names it.
struct Desk(Office);

impl Desk {
    fn with(files: &[(&str, String)]) -> Self {
        let office = Office::new("", "");
        fs::write(office.root.join("roster.csv"), ROSTER).unwrap();
        fs::write(office.root.join("gouji.toml"), "[units]\nroster = \"roster.csv\"\n").unwrap();
        for (name, content) in files {
            fs::write(office.root.join(name), content).unwrap();
        }
        Self(office)
    }

    /// The findings of rules across agencies in each report of the files, as the clerk at the desk asks
    /// for them.
    fn check(&self, files: &[&str]) -> Vec<Vec<Value>> {
        let output = self.0.gouji(&[&["check", "--json"], files].concat()).output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let found = |line: &str| {
            let report: Value = serde_json::from_str(line).unwrap();
            let findings = report["findings"].as_array().unwrap().iter();
            findings.filter(|f| f["severity"] != "info" || is_county(f)).cloned().collect()
        };
        lines.lines().map(found).collect()
    }
}

fn is_county(finding: &Value) -> bool {
    finding["rule"].as_str().unwrap().starts_with("county-")
}

fn units() -> Vec<(&'static str, String)> {
    vec![
        ("青塘镇.md", sound("青塘镇人民政府")),
        ("柳荫乡.md", times(&sound("禾川县柳荫乡人民政府"), 2)),
        ("局.md", sound("禾川县自然资源局")),
    ]
}

const FILES: [&str; 4] = ["汇总.md", "青塘镇.md", "柳荫乡.md", "局.md"];

#[test]
fn a_summary_that_is_the_sum_of_its_units_raises_nothing() {
    let desk = Desk::with(&[&units()[..], &[("汇总.md", summary(4))]].concat());
    assert_eq!(desk.check(&FILES), vec![Vec::<Value>::new(); 4]);
    let last = ["青塘镇.md", "柳荫乡.md", "局.md", "汇总.md"];
    assert_eq!(desk.check(&last), vec![Vec::<Value>::new(); 4]);
    assert_eq!(desk.check(&["汇总.md"]), vec![Vec::<Value>::new()], "nothing to compare it with");
}

#[test]
fn a_figure_of_the_summary_that_is_not_the_sum_is_told_with_what_the_units_say() {
    let wrong = summary(4).replace("| 行政许可 | 2332 |", "| 行政许可 | 2232 |");
    let desk = Desk::with(&[&units()[..], &[("汇总.md", wrong)]].concat());
    let [summary, units @ ..] = &desk.check(&FILES)[..] else { unreachable!() };
    assert!(units.iter().all(Vec::is_empty));
    let [finding] = &summary[..] else { panic!("{summary:?}") };
    assert_eq!(finding["rule"], "county-sum");
    assert_eq!(finding["where"], "disclosure.admin_license.decisions");
    assert_eq!(
        [&finding["left"], &finding["right"], &finding["severity"]],
        ["2232", "2332", "warning"]
    );
    let message = finding["message"].as_str().unwrap();
    let parts = "（柳荫乡人民政府1166、青塘镇人民政府583、禾川县自然资源局583）";
    assert!(message.contains("3个单位") && message.contains(parts), "{message}");
    assert!(!message.contains("尚未收到"), "{message}");
}

#[test]
fn units_that_have_not_handed_in_are_named_and_what_they_may_explain_is_not_held_against_anybody() {
    let desk = Desk::with(&[&units()[..2], &[("汇总.md", summary(4))]].concat());
    let [summary_of_four, ..] = &desk.check(&FILES[..3])[..] else { unreachable!() };
    let [finding] = &summary_of_four[..] else { panic!("{summary_of_four:?}") };
    assert_eq!(
        [&finding["rule"], &finding["where"], &finding["severity"]],
        ["county-missing", "report", "warning"]
    );
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.contains("3个单位") && message.contains("尚未收到：禾川县自然资源局"),
        "{message}"
    );
    // Less than those who have handed in: that no other unit can explain.
    fs::write(desk.0.root.join("汇总.md"), summary(2)).unwrap();
    let found = &desk.check(&FILES[..3])[0];
    let total = found.iter().find(|f| f["where"] == "requests.new_requests.total").unwrap();
    assert_eq!([&total["left"], &total["right"]], ["66", "99"]);
    let message = total["message"].as_str().unwrap();
    assert!(message.contains("尚未收到报告的禾川县自然资源局还没有计算在内"), "{message}");
}

#[test]
fn of_two_reports_of_a_unit_the_last_counts_and_the_other_is_told() {
    let first = ("旧.md", times(&sound("清塘镇人民政府"), 3));
    let files = ["汇总.md", "旧.md", "青塘镇.md", "柳荫乡.md", "局.md"];
    let desk = Desk::with(&[&units()[..], &[first, ("汇总.md", summary(4))]].concat());
    let [finding] = &desk.check(&files)[0][..] else { panic!() };
    assert_eq!([&finding["rule"], &finding["severity"]], ["county-dup", "info"]);
    assert!(finding["message"].as_str().unwrap().contains("青塘镇人民政府"));
    // The summary counts the other one.
    fs::write(desk.0.root.join("汇总.md"), summary(6)).unwrap();
    let found = &desk.check(&files)[0];
    let dup = found.iter().find(|finding| finding["rule"] == "county-dup").unwrap();
    assert_eq!(dup["severity"], "warning");
    assert!(found.iter().any(|finding| finding["rule"] == "county-sum"));
}

#[test]
fn without_a_roster_or_for_another_year_nothing_is_compared() {
    let desk = Desk::with(&[&units()[..], &[("汇总.md", summary(2))]].concat());
    let other = summary(2).replace("2023年1月", "2022年1月").replace("2022年度", "2021年度");
    let other = other.replace("2022年", "2021年").replace("2021年1月18日", "2022年1月18日");
    fs::write(desk.0.root.join("另.md"), other).unwrap();
    let found = desk.check(&["另.md", "青塘镇.md", "柳荫乡.md", "局.md"]);
    assert!(!found.iter().flatten().any(is_county), "{found:?}");
    fs::remove_file(desk.0.root.join("gouji.toml")).unwrap();
    fs::write(desk.0.root.join("gouji.toml"), "").unwrap();
    assert!(!desk.check(&FILES).iter().flatten().any(is_county));
}

const COUNTY: &str = "SELECT rule, place, left_value, right_value FROM open_findings
    WHERE rule LIKE 'county-%' AND place IN ('report', 'requests.new_requests.total') ORDER BY 1";

#[test]
fn whatever_arrives_first_the_database_says_the_same_of_the_summary() {
    let all = [&units()[..], &[("汇总.md", summary(3))]].concat();
    let desk = Desk::with(&all);
    for (number, order) in [[3, 0, 1, 2], [0, 3, 2, 1], [2, 1, 0, 3]].into_iter().enumerate() {
        let config =
            format!("[units]\nroster = \"roster.csv\"\n[database]\npath = \"{number}.db\"\n");
        fs::write(desk.0.root.join("gouji.toml"), config).unwrap();
        let mut office = Office::at(&desk.0.root);
        office.database = ["0.db", "1.db", "2.db"][number];
        for (arrived, file) in order.into_iter().enumerate() {
            let status = office.gouji(&["import", all[file].0]).status().unwrap();
            assert!(status.success());
            if order[..2] == [3, 0] && arrived == 1 {
                assert_eq!(office.query(COUNTY), ["county-missing|report|-|-"]);
            }
        }
        let found = ["county-sum|requests.new_requests.total|99|132"];
        assert_eq!(office.query(COUNTY), found, "{order:?}");
        let recheck = office.gouji(&["recheck"]).status().unwrap();
        assert!(recheck.success());
        assert_eq!(office.query(COUNTY), found, "looked at once more");
    }
}

/// A running office that takes a wrong sum for an error.
fn strict_office() -> Office {
    let mut office = Office::new(office::LOOK_OFTEN, "");
    fs::write(office.root.join("roster.csv"), ROSTER).unwrap();
    let more = format!(
        "{}\n[units]\nroster = \"roster.csv\"\n[rules]\nseverity = {{ county-sum = \"error\" }}",
        office::INTO_FILES
    );
    office.configure(office::LOOK_OFTEN, &more);
    office.start();
    office
}

const VERDICTS: &str =
    "SELECT unit, year, version, verdict FROM current_reports ORDER BY unit, year";

#[test]
fn the_summary_is_looked_at_again_with_each_report_and_told_of_when_its_verdict_changes() {
    let office = strict_office();
    let one = "行政许可 | 583";
    assert!(sound("青塘镇人民政府").contains(one));
    office.hand_in("汇总.md", summary(3));
    office.hand_in("青塘镇.md", sound("青塘镇人民政府"));
    office.hand_in("柳荫乡.md", sound("柳荫乡人民政府"));
    let passed = |unit: &str, version: u32| format!("{unit}|2022|{version}|passed");
    let others =
        [passed("柳荫乡人民政府", 1), passed("禾川县人民政府", 1), passed("青塘镇人民政府", 1)];
    office.wait_for_rows(VERDICTS, &others.each_ref().map(String::as_str));
    assert!(office.letters().is_empty(), "what is missing may make up the difference");
    // The last unit: now the sums are known, and one is wrong.
    office.hand_in("局.md", sound("禾川县自然资源局").replace(one, "行政许可 | 584"));
    office.wait_for_rows(
        "SELECT verdict FROM current_reports WHERE unit = '禾川县人民政府'",
        &["failed"],
    );
    let told = office.wait_for_letters(1);
    assert!(told[0].contains("禾川县人民政府"), "{told:?}");
    let letter = String::from_utf8_lossy(&office.letters()[0].clone()).into_owned();
    let text = office::parse(letter.as_bytes()).body_text(0).unwrap().into_owned();
    assert!(text.contains("1750") && text.contains("1749"), "{text}");
    // A unit says the same in other words: nothing changes, nobody is told.
    let other_words = sound("青塘镇人民政府").replace("229条", "230条").replace("46条", "47条");
    office.hand_in("青塘镇.md", other_words);
    office
        .wait_for_rows("SELECT version FROM current_reports WHERE unit = '青塘镇人民政府'", &["2"]);
    assert_eq!(office.letters().len(), 1);
    // The unit corrects its figure.
    office.hand_in("局.md", sound("禾川县自然资源局"));
    office.wait_for_rows(
        "SELECT verdict FROM current_reports WHERE unit = '禾川县人民政府'",
        &["passed"],
    );
    office.wait_for_letters(2);
}

#[test]
fn a_report_of_the_year_before_that_arrives_later_is_held_against_the_newer_one_once() {
    let office = Office::open(office::LOOK_OFTEN, office::INTO_FILES);
    // 2 requests are carried over to 2023, where nothing arrives.
    let older = sound("青塘镇人民政府");
    let newer = older.replace("2023年1月", "2024年1月").replace("2022", "2023");
    office.hand_in("2023.md", newer);
    office.wait_for_rows(VERDICTS, &["青塘镇人民政府|2023|1|passed"]);
    office.hand_in("2022.md", &older);
    office
        .wait_for_rows(VERDICTS, &["青塘镇人民政府|2022|1|passed", "青塘镇人民政府|2023|1|failed"]);
    let carried = "SELECT place, left_value, right_value FROM open_findings
                   WHERE rule = 'years-carry' AND year = 2023 ORDER BY place";
    let lost = ["natural_person|0|1", "other_org|0|1", "total|0|2"]
        .map(|found| format!("requests.carried_in.{found}"));
    office.wait_for_rows(carried, &lost.each_ref().map(String::as_str));
    let told = office.wait_for_letters(1);
    assert!(told[0].contains("青塘镇") && told[0].contains("2023"), "{told:?}");
    // The same figures in other words: the outcome stays, and nobody is told again.
    office.hand_in("2022.md", older.replace("229条", "230条").replace("46条", "47条"));
    office.wait_for_rows("SELECT version FROM current_reports WHERE year = 2022", &["2"]);
    office.wait_for_rows(carried, &lost.each_ref().map(String::as_str));
    assert_eq!(office.letters().len(), 1);
    // Nothing was carried over after all.
    let corrected = older
        .replace("| 9 | 0 | 0 | 0 | 0 | 1 | 10 |", "| 10 | 0 | 0 | 0 | 0 | 2 | 12 |")
        .replace("| 28 | 2 | 0 | 0 | 0 | 1 | 31 |", "| 29 | 2 | 0 | 0 | 0 | 2 | 33 |")
        .replace("| 1 | 0 | 0 | 0 | 0 | 1 | 2 |", "| 0 | 0 | 0 | 0 | 0 | 0 | 0 |")
        .replace("本年办结31件，结转下年度2件", "本年办结33件，无结转下年度办理件");
    office.hand_in("2022.md", corrected);
    office
        .wait_for_rows(VERDICTS, &["青塘镇人民政府|2022|3|passed", "青塘镇人民政府|2023|1|passed"]);
    office.wait_for_letters(2);
}
