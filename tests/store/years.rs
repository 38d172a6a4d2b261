//! Reports beside those of the year before: whichever arrives first, however often one is corrected.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::strategy::Strategy;

use super::*;

/// A report of one office: what it took over from last year, what it hands on, and what is wrong in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Year {
    unit: &'static str,
    year: i16,
    taken: u32,
    handed_on: u32,
    /// Its total of new requests is one too high.
    wrong: bool,
}

const UNIT: &str = "禾川县自然资源局";

fn year(year: i16, taken: u32, handed_on: u32) -> Year {
    Year { unit: UNIT, year, taken, handed_on, wrong: false }
}

impl Year {
    /// The sample report with other figures; sound by itself unless it is to be wrong.
    fn text(&self) -> String {
        let Self { unit, year, taken, handed_on, wrong } = self;
        let new = 28 + handed_on - taken;
        let total = new + 4 + u32::from(*wrong);
        let sample = include_str!("../data/samples/自然资源局2022.md");
        let figures = [
            ("2023年1月", format!("{}年1月", year + 1)),
            ("2022", year.to_string()),
            ("禾川县自然资源局", (*unit).to_owned()),
            ("| 29 | 2 | 0 | 0 | 0 | 2 | 33 |", format!("| {new} | 2 | 0 | 0 | 0 | 2 | {total} |")),
            (
                "上年结转政府信息公开申请数量 |  |  | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
                format!(
                    "上年结转政府信息公开申请数量 |  |  | {taken} | 0 | 0 | 0 | 0 | 0 | {taken} |"
                ),
            ),
            ("| 9 | 0 | 0 | 0 | 0 | 1 | 10 |", "| 9 | 0 | 0 | 0 | 0 | 2 | 11 |".into()),
            ("| 28 | 2 | 0 | 0 | 0 | 1 | 31 |", "| 28 | 2 | 0 | 0 | 0 | 2 | 32 |".into()),
            (
                "| 1 | 0 | 0 | 0 | 0 | 1 | 2 |",
                format!("| {handed_on} | 0 | 0 | 0 | 0 | 0 | {handed_on} |"),
            ),
            ("申请33件，其中自然人申请29件", format!("申请{}件，其中自然人申请{new}件", new + 4)),
            ("本年办结31件，结转下年度2件", format!("本年办结32件，结转下年度{handed_on}件")),
        ];
        figures.iter().fold(sample.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        })
    }

    /// Read and checked as the daemon does, once for all tests.
    fn inspections(&self, policy: &Policy) -> Vec<Inspection> {
        static READ: Mutex<BTreeMap<Year, Vec<Inspection>>> = Mutex::new(BTreeMap::new());
        let read = || inspected("a.md", self.text().as_bytes(), policy);
        match *policy == Policy::default() {
            true => READ.lock().unwrap().entry(self.clone()).or_insert_with(read).clone(),
            false => read(),
        }
    }
}

impl Office {
    /// Records a report as the content of `path`, saved at this minute.
    fn hand_in(&mut self, path: &str, report: &Year, saved: i64) -> Recorded {
        self.hand_in_with(path, report, saved, LOUD)
    }

    fn hand_in_with(
        &mut self,
        path: &str,
        report: &Year,
        saved: i64,
        policy: NoticePolicy,
    ) -> Recorded {
        self.minute += 1;
        let file = paper(&report.text()).file(path, saved);
        let inspections = report.inspections(&Policy::default());
        let recorded = self.store.record(&file, &inspections, &policy, self.now()).unwrap();
        recorded.into_iter().next().unwrap()
    }

    /// Rule and place of what was found across years in the report of a year, errors with their sides.
    fn years(&self, year: i16) -> Vec<String> {
        self.list(&format!(
            "SELECT format('%s %s %s', place, left_value, right_value) FROM open_findings
             WHERE rule = 'years-carry' AND year = {year} ORDER BY place"
        ))
    }

    fn verdicts(&self) -> Vec<String> {
        self.list("SELECT format('%s %s %s', unit, year, verdict) FROM current_reports ORDER BY 1")
    }

    fn told(&mut self) -> Vec<(NoticeKind, Option<i16>)> {
        self.post().iter().map(|notice| (notice.kind, notice.year)).collect()
    }
}

const LOST: [&str; 2] = ["requests.carried_in.natural_person 0 2", "requests.carried_in.total 0 2"];

#[test]
fn an_older_report_that_arrives_later_fails_the_newer_one_which_is_told() {
    let mut office = Office::new();
    let newer = office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    assert_eq!((newer.verdict, newer.notice), (Verdict::Passed, None));
    assert_eq!(office.told(), []);
    let older = office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    assert_eq!((older.verdict, older.notice), (Verdict::Passed, None));
    assert_eq!(office.years(2023), LOST);
    assert_eq!(office.verdicts(), [format!("{UNIT} 2022 passed"), format!("{UNIT} 2023 failed")]);
    for verdicts in
        ["SELECT verdict FROM documents ORDER BY id", "SELECT verdict FROM files ORDER BY id"]
    {
        assert_eq!(office.list(verdicts), ["failed", "passed"], "{verdicts}");
    }
    let told = office.post();
    assert_eq!((told.len(), told[0].kind, told[0].year), (1, NoticeKind::Failed, Some(2023)));
    assert_eq!((told[0].file_name.as_str(), told[0].verdict), ("2023.md", Verdict::Failed));
    assert!(told[0].findings.iter().any(|finding| finding.rule == "years-carry"));
}

#[test]
fn a_corrected_older_report_repairs_the_newer_one_which_is_told() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    assert_eq!(office.told(), [(NoticeKind::Failed, Some(2023))]);
    office.hand_in("/drop/2022.md", &year(2022, 0, 0), 3);
    assert!(office.years(2023).is_empty());
    let told = office.post();
    assert_eq!((told.len(), told[0].kind, told[0].year), (1, NoticeKind::Corrected, Some(2023)));
    // What the first mail told is remembered, though it is found no more.
    let before = &told[0].previous.as_ref().unwrap().findings;
    assert_eq!(before.iter().filter(|finding| finding.rule == "years-carry").count(), 2);
}

#[test]
fn a_later_year_that_is_recorded_after_the_earlier_one_is_compared_at_once() {
    let mut office = Office::new();
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 1);
    let newer = office.hand_in("/drop/2023.md", &year(2023, 0, 0), 2);
    assert_eq!((newer.verdict, newer.notice), (Verdict::Failed, Some(NoticeKind::Failed)));
    assert_eq!(office.years(2023), LOST);
    let corrected = office.hand_in("/drop/2023.md", &year(2023, 2, 1), 3);
    assert_eq!(corrected.verdict, Verdict::Passed);
    assert_eq!(office.told(), [], "what failed and passed again before a mail went owes none");
}

#[test]
fn a_neighbour_that_changes_nothing_is_told_to_nobody() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 2, 0), 1);
    let broken = Year { wrong: true, ..year(2024, 0, 0) };
    office.hand_in("/drop/2024.md", &broken, 1);
    assert_eq!(office.told(), [(NoticeKind::Failed, Some(2024))]);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    assert_eq!(office.told(), []);
    // Another version of 2023 that hands on what 2024 takes: 2024 goes on failing as before.
    office.hand_in("/drop/2023b.md", &Year { ..year(2023, 2, 0) }, 9);
    assert_eq!(office.told(), []);
}

#[test]
fn what_is_mended_before_the_mail_goes_is_not_told() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    office.hand_in("/drop/2022.md", &year(2022, 0, 0), 3);
    assert_eq!(office.told(), []);
}

#[test]
fn a_notice_that_waits_tells_what_is_true_when_it_goes() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &Year { wrong: true, ..year(2023, 0, 0) }, 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    let told = office.post();
    assert_eq!((told.len(), told[0].kind), (1, NoticeKind::Failed));
    assert!(told[0].findings.iter().any(|finding| finding.rule == "years-carry"));
    // It was told whole: the same file in another place is the same failure.
    office.hand_in("/drop/2023-copy.md", &Year { wrong: true, ..year(2023, 0, 0) }, 3);
    assert_eq!(office.told(), []);
}

#[test]
fn quietly_recorded_reports_change_verdicts_and_tell_nobody() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in_with("/drop/2022.md", &year(2022, 0, 2), 2, QUIET);
    assert_eq!(office.years(2023), LOST);
    assert_eq!(office.told(), []);
}

#[test]
fn a_copy_and_a_version_that_does_not_count_change_nothing() {
    let mut office = Office::new();
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 5);
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.told();
    let copy = year(2022, 0, 2).text() + "\n";
    let inspections = year(2022, 0, 2).inspections(&Policy::default());
    let file = paper(&copy).file("/drop/2022-copy.md", 6);
    office.store.record(&file, &inspections, &LOUD, at(60)).unwrap();
    office.hand_in("/drop/2022-old.md", &year(2022, 0, 0), 4);
    assert_eq!(office.years(2023), LOST);
    assert_eq!(office.told(), []);
    // A failure that comes from beside makes no version of a copy in the place of the original.
    let copy = year(2023, 0, 0).text() + "\n";
    let inspections = year(2023, 0, 0).inspections(&Policy::default());
    let file = paper(&copy).file("/drop/2023.md", 2);
    let recorded = office.store.record(&file, &inspections, &LOUD, at(61)).unwrap();
    assert!(recorded[0].report.as_ref().unwrap().copy);
    assert_eq!(recorded[0].verdict, Verdict::Failed, "a copy fails as the version does");
}

#[test]
fn a_scan_that_does_not_count_is_not_compared() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 0), 2);
    let mut scanned = year(2022, 0, 2).inspections(&Policy::default());
    scanned[0].checked.as_mut().unwrap().report.source = Source::Ocr;
    let file = paper("scan").file("/drop/2022.pdf", 3);
    office.store.record(&file, &scanned, &LOUD, at(60)).unwrap();
    assert!(office.years(2023).is_empty());
}

#[test]
fn content_that_comes_back_is_compared_again() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    office.hand_in("/drop/2022.md", &year(2022, 0, 0), 3);
    office.told();
    let file = paper(&year(2022, 0, 2).text()).file("/drop/2022.md", 2);
    office.store.remember_path(&file, &LOUD, at(60)).unwrap();
    assert_eq!(office.years(2023), LOST);
    assert_eq!(office.told(), [(NoticeKind::Failed, Some(2023))]);
}

#[test]
fn a_report_that_turns_out_to_be_of_another_year_is_compared_there_and_no_more_here() {
    let mut office = Office::new();
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 1);
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 2);
    assert_eq!(office.years(2023), LOST);
    // The same file, read again by a gouji that reads its year otherwise.
    let mut inspections = year(2022, 0, 2).inspections(&Policy::default());
    inspections[0].checked.as_mut().unwrap().report.year = Some(2019);
    let file = paper(&year(2022, 0, 2).text()).file("/drop/2022.md", 2);
    office.store.record(&file, &inspections, &QUIET, at(60)).unwrap();
    assert!(office.years(2023).is_empty());
    assert_eq!(office.verdicts(), [format!("{UNIT} 2019 passed"), format!("{UNIT} 2023 passed")]);
}

#[test]
fn names_that_differ_fail_nobody_until_a_roster_says_that_they_are_one_unit() {
    let mut office = Office::new();
    let bare = Year { unit: "自然资源局", ..year(2022, 0, 2) };
    office.hand_in("/drop/2022.md", &bare, 1);
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 2);
    let severities = "SELECT DISTINCT severity FROM open_findings WHERE rule = 'years-carry'";
    assert_eq!(office.list(severities), ["warning"]);
    let path = office.folder.path().join("roster.csv");
    std::fs::write(&path, format!("name,aliases\n{UNIT},自然资源局\n")).unwrap();
    let rosters = crate::units::roster::load([("", path.as_path())]).unwrap();
    let offices = crate::units::offices::Offices { rosters, ..Default::default() };
    office.store.keep_offices(&offices, at(60)).unwrap();
    assert_eq!(office.list(severities), ["error"]);
    assert_eq!(office.list("SELECT verdict FROM current_reports WHERE year = 2023"), ["failed"]);
}

#[test]
fn the_rules_of_today_hold_between_the_years_as_well() {
    let mut office = Office::new();
    office.hand_in("/drop/2022.md", &year(2022, 0, 2), 1);
    office.hand_in("/drop/2023.md", &year(2023, 0, 0), 2);
    let ids = office.store.reports().unwrap();
    let rechecked = office.store.recheck(&ids, at(60)).unwrap();
    assert_eq!(rechecked, [Rechecked::Same, Rechecked::Same]);
    let mut policy = Policy::default();
    policy.off.insert("years-carry".into());
    let mut office = office.reopen_with(&policy);
    office.store.recheck(&ids, at(61)).unwrap();
    assert!(office.years(2023).is_empty());
    let policy = Policy {
        off: std::collections::BTreeSet::new(),
        severity: [("years-carry".to_owned(), Severity::Warning)].into(),
    };
    let mut office = office.reopen_with(&policy);
    office.store.recheck(&ids, at(62)).unwrap();
    assert_eq!(office.years(2023), LOST);
    assert_eq!(office.list("SELECT verdict FROM current_reports WHERE year = 2023"), ["passed"]);
}

/// What is thought of the reports that count, as far as people see it.
fn state(office: &Office) -> Vec<String> {
    let mut state = office.list(
        "SELECT format('%s %s %s %s', r.unit, r.year, r.verdict, x.errors_hash)
         FROM current_reports r JOIN reports x ON x.id = r.report_id ORDER BY 1",
    );
    state.extend(office.list(
        "SELECT format('%s %s %s %s %s %s %s %s %s', unit, year, severity, rule, place, left_value,
                       right_value, message, coalesce(cause, '-')) FROM open_findings ORDER BY 1",
    ));
    state.extend(office.list(
        "SELECT format('%s %s', f.name, f.verdict) FROM files f
         JOIN reports r ON r.file_id = f.id WHERE r.current = 1 ORDER BY 1",
    ));
    state
}

/// Three offices, three years, most of them corrected once or twice; some figures do not agree.
fn deliveries() -> Vec<(String, Year, i64)> {
    let mut deliveries = Vec::new();
    for (n, unit) in ["禾川县自然资源局", "禾川县水利局", "柳荫乡人民政府"].into_iter().enumerate()
    {
        let at = i64::try_from(n).unwrap();
        let reports = [
            (Year { unit, wrong: n == 1, ..year(2021, 0, 1) }, 10 + at),
            (Year { unit, ..year(2021, 0, 2) }, 20 + at),
            (Year { unit, ..year(2022, 1, 0) }, 11 + at),
            (Year { unit, wrong: n == 2, ..year(2022, 2, 3) }, 21 + at),
            (Year { unit, ..year(2023, 0, 0) }, 12 + at),
            (Year { unit, ..year(2023, u32::try_from(n).unwrap() + 2, 1) }, 22 + at),
        ];
        for (report, saved) in reports {
            deliveries.push((format!("/drop/{unit}{}-{saved}.md", report.year), report, saved));
        }
    }
    deliveries
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 12,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    })]
    #[test]
    fn whatever_the_order_of_arrival_the_same_is_found(
        deliveries in proptest::strategy::Just(deliveries()).prop_shuffle(),
    ) {
        static FIRST: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
        let mut office = Office::new();
        for (path, report, saved) in &deliveries {
            office.hand_in(path, report, *saved);
        }
        let state = state(&office);
        let first = FIRST.get_or_init(|| state.clone());
        proptest::prop_assert_eq!(&state, first);
        let carried = state.iter().filter(|line| line.contains("years-carry")).count();
        proptest::prop_assert!(carried > 0, "the property is about findings across years");
        // Looking at everything once more finds the same.
        let ids = office.store.reports().unwrap();
        office.store.recheck(&ids, at(999)).unwrap();
        proptest::prop_assert_eq!(&self::state(&office), first);
    }
}
