//! Versions, copies, units: what one file becomes among the others.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

fn report(recorded: Recorded) -> RecordedReport {
    recorded.report.unwrap()
}

#[test]
fn a_report_is_there_with_its_cells_findings_and_where_they_were_read() {
    let mut office = Office::new();
    let recorded = office.drop("/drop/青塘.docx", &paper("a").fails("requests-balance"));
    assert_eq!(recorded.verdict, Verdict::Failed);
    assert_eq!(recorded.notice, Some(NoticeKind::Failed));
    let recorded = report(recorded);
    assert_eq!(
        (recorded.unit.as_str(), recorded.year, recorded.version),
        ("青塘镇人民政府", Some(2019), 1)
    );
    assert!(recorded.current && !recorded.copy);
    let row: String = office.ask(
        "SELECT format('%s %s %s %s %s %s %s', value, typeof(value), text, unit, kind, raw, place)
         FROM cells WHERE row_id = 'new_requests'",
    );
    assert_eq!(row, "6 integer 6 件 number ６件 第2表第1行第7列（第3页）");
    let hash: String = office.ask("SELECT form_sha256 FROM reports");
    assert_eq!(hash, FORMS.get("2019").unwrap().hash);
    let finding: String = office.ask(
        "SELECT rule || ' ' || left_value || '/' || right_value || ' ' || cause FROM open_findings",
    );
    assert_eq!(finding, "requests-balance 6/7 “本年新收”可能应为7。");
}

#[test]
fn values_have_the_type_a_spreadsheet_expects_and_the_exact_text() {
    let mut office = Office::new();
    let number = |text: &str| CellValue::Number(text.parse().unwrap());
    let values = [
        ("t.a.v", number("6"), "number integer 6 6"),
        ("t.b.v", number("61.40"), "number real 61.4 61.40"),
        ("t.c.v", number("-3"), "number integer -3 -3"),
        ("t.d.v", number("5.0"), "number integer 5 5.0"),
        ("t.e.v", number("100000000000000000000"), "number real 1.0e+20 100000000000000000000"),
        ("t.f.v", CellValue::Blank, "blank null - -"),
        ("t.g.v", CellValue::Placeholder, "placeholder null - -"),
        ("t.h.v", CellValue::Text("电脑2台".into()), "text null - 电脑2台"),
    ];
    let mut report = paper("a");
    report.cells = values.iter().map(|(id, value, _)| (*id, value.clone())).collect();
    office.drop("/drop/a.docx", &report);
    let found = office.list(
        "SELECT kind || ' ' || typeof(value) || ' ' || coalesce(value, '-') || ' ' || coalesce(text, '-')
         FROM cells ORDER BY row_id",
    );
    let expected: Vec<&str> = values.iter().map(|(_, _, shown)| *shown).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_last_modified_counts_whatever_the_order_of_arrival() {
    let mut office = Office::new();
    assert_eq!(report(office.drop("/drop/b.docx", &paper("b").total(2).modified(-10))).version, 1);
    let older = report(office.drop("/drop/a.docx", &paper("a").total(1).modified(-20)));
    assert_eq!((older.version, older.current), (1, false));
    let newer = report(office.drop("/drop/c.docx", &paper("c").total(3).modified(-5)));
    assert_eq!((newer.version, newer.current), (3, true));
    let order = office
        .list("SELECT f.name FROM reports r JOIN files f ON f.id = r.file_id ORDER BY r.version");
    assert_eq!(order, ["a.docx", "b.docx", "c.docx"]);
    assert_eq!(office.ask::<String>("SELECT file FROM current_reports"), "c.docx");
}

#[test]
fn content_that_replaced_other_content_comes_after_it_however_old_it_claims_to_be() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("new").total(1).modified(-10));
    let replacing = report(office.drop("/drop/a.docx", &paper("old").total(2).modified(-9_999)));
    assert_eq!((replacing.version, replacing.current), (2, true));
}

#[test]
fn the_same_report_in_another_format_is_a_copy_and_owes_nothing() {
    let mut office = Office::new();
    let word = report(office.drop("/drop/a.docx", &paper("word").fails("x")));
    office.post();
    let pdf =
        paper("pdf").fails("x").text("全年主动公开信息 1204 条，收到\n申请６件。").modified(-500);
    let pdf = office.drop("/drop/a.pdf", &pdf);
    assert_eq!(pdf.notice, None);
    let pdf = report(pdf);
    assert!(pdf.copy);
    assert_eq!(pdf.id, word.id);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM reports"), 1);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM files"), 2);
    assert_eq!(office.kinds(), []);
}

#[test]
fn other_cells_figures_or_year_make_a_version() {
    for (case, changed) in [
        ("cell", paper("b").total(7)),
        ("figure", paper("b").text("全年主动公开信息1205条，收到申请6件。")),
        ("figure in words", paper("b").text("全年主动公开信息1204条，收到申请七件。")),
    ] {
        let mut office = Office::new();
        office.drop("/drop/a.docx", &paper("a"));
        assert!(!report(office.drop("/drop/b.docx", &changed)).copy, "{case}");
    }
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    let other_year = report(office.drop("/drop/b.docx", &paper("b").year(Some(2020))));
    assert_eq!((other_year.version, other_year.copy), (1, false));
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM current_reports"), 2);
}

#[test]
fn a_section_added_in_place_is_no_copy() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("section-missing"));
    office.post();
    let mended = office.drop("/drop/a.docx", &paper("b"));
    assert_eq!(mended.notice, Some(NoticeKind::Corrected));
    assert_eq!(report(mended).version, 2);
}

#[test]
fn a_scan_replaces_text_only_when_a_day_newer() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").total(1).modified(0));
    let early =
        report(office.drop("/drop/b.pdf", &paper("b").total(2).ocr().modified(24 * 60 - 1)));
    assert_eq!((early.version, early.current), (2, false));
    let late = report(office.drop("/drop/c.pdf", &paper("c").total(3).ocr().modified(24 * 60)));
    assert_eq!((late.version, late.current), (3, true));
}

#[test]
fn the_same_bytes_again_change_nothing() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.post();
    let again = office.drop("/drop/a.docx", &paper("a").fails("x"));
    assert_eq!(again.notice, None);
    assert_eq!(report(again).version, 1);
    let elsewhere = paper("a").file("/drop/copy/a.docx", 5);
    office.store.remember_path(&elsewhere, &LOUD, at(9)).unwrap();
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM reports"), 1);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM paths"), 2);
    assert_eq!(office.kinds(), []);
}

#[test]
fn content_that_comes_back_counts_again() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("first").total(1).fails("x"));
    office.post();
    office.drop("/drop/a.docx", &paper("second").total(2));
    assert_eq!(office.kinds(), [NoticeKind::Corrected]);
    let back = paper("first").file("/drop/a.docx", 1);
    office.store.remember_path(&back, &LOUD, office.now()).unwrap();
    assert_eq!(office.ask::<i64>("SELECT version FROM current_reports"), 3);
    assert_eq!(office.ask::<i64>("SELECT new_requests_total FROM requests"), 1);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM open_findings WHERE cause IS NOT NULL"), 1);
    assert_eq!(office.kinds(), [NoticeKind::Failed]);
}

#[test]
fn a_vanished_file_keeps_its_version() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    office.store.withdraw(&[PathBuf::from("/drop/a.docx")], at(5)).unwrap();
    assert_eq!(office.ask::<i64>("SELECT withdrawn FROM current_reports"), 1);
    assert!(office.store.known_paths().unwrap()[0].withdrawn);
    office.drop("/drop/a.docx", &paper("a"));
    assert_eq!(office.ask::<i64>("SELECT withdrawn FROM current_reports"), 0);
}

#[test]
fn names_that_can_only_be_one_unit_are_one_and_it_goes_by_the_longest() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").unit("高城镇"));
    let named = report(
        office.drop("/drop/b.docx", &paper("b").total(2).unit("万载县高城镇人民政府（盖章）")),
    );
    assert_eq!(named.version, 2);
    office.drop("/drop/c.docx", &paper("c").year(Some(2020)).unit("高 城 镇 人民政府"));
    assert_eq!(office.list("SELECT name FROM units"), ["万载县高城镇人民政府（盖章）"]);
    let spellings = office.list("SELECT name FROM unit_names ORDER BY id");
    assert_eq!(spellings, ["高城镇", "万载县高城镇人民政府（盖章）", "高 城 镇 人民政府"]);
}

#[test]
fn a_bare_name_that_fits_two_units_is_a_unit_of_its_own_with_a_finding() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").unit("甲县城关镇"));
    office.drop("/drop/b.docx", &paper("b").unit("乙县城关镇"));
    for bytes in ["c", "d"] {
        let total = i64::from(bytes.as_bytes()[0]);
        office.drop("/drop/c.docx", &paper(bytes).total(total).unit("城关镇"));
    }
    assert_eq!(
        office.list("SELECT name || ' ' || recognition FROM units ORDER BY id"),
        ["甲县城关镇 named", "乙县城关镇 named", "城关镇 ambiguous"]
    );
    let said: String =
        office.ask("SELECT message FROM open_findings WHERE rule = 'unit-ambiguous'");
    assert!(said.contains("“甲县城关镇”、“乙县城关镇”"), "{said}");
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM current_reports"), 3);
    let full = report(office.drop("/drop/e.docx", &paper("e").total(9).unit("某省甲县城关镇")));
    assert_eq!((full.unit.as_str(), full.version), ("某省甲县城关镇", 2));
}

/// 岫 is a character that recognition does not know.
#[test]
fn a_name_misread_on_a_scan_is_that_of_the_unit_known_from_text_whichever_comes_first() {
    for scan_first in [true, false] {
        let mut office = Office::new();
        let scan = paper("scan").unit("云册区教育局").ocr();
        let text = paper("text").unit("朔溪市云岫区教育局").total(2);
        let papers = if scan_first { [&scan, &text] } else { [&text, &scan] };
        for (name, paper) in ["a", "b"].into_iter().zip(papers) {
            office.drop(&format!("/drop/{name}"), paper);
        }
        office.drop("/drop/c", &paper("later").unit("云岫区教育局").total(3));
        assert_eq!(office.list("SELECT name FROM units"), ["朔溪市云岫区教育局"], "{scan_first}");
    }
}

#[test]
fn a_scan_is_no_other_units_where_two_fit_or_recognition_knows_the_character() {
    let mut office = Office::new();
    for (bytes, unit) in [("a", "勐海县城关镇"), ("b", "岫海县城关镇"), ("c", "青塘镇")]
    {
        office.drop(&format!("/drop/{bytes}"), &paper(bytes).unit(unit));
    }
    for (bytes, unit) in [("d", "动海县城关镇"), ("e", "青糖镇")] {
        office.drop(&format!("/drop/{bytes}"), &paper(bytes).unit(unit).ocr());
    }
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM units"), 5);
}

#[test]
fn what_the_configuration_makes_of_an_ambiguous_name_holds_where_it_is_found() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").unit("甲县城关镇"));
    office.drop("/drop/b.docx", &paper("b").unit("乙县城关镇"));
    let bare = paper("c").unit("城关镇").total(3);
    let off = Paper { ambiguous: None, ..bare.clone() };
    assert_eq!(office.drop("/drop/c.docx", &off).verdict, Verdict::Passed);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM open_findings"), 0);
    let error = Paper { bytes: "d".into(), ambiguous: Some(Severity::Error), ..bare.total(4) };
    let recorded = office.drop("/drop/d.docx", &error);
    assert_eq!((recorded.verdict, recorded.notice), (Verdict::Failed, Some(NoticeKind::Failed)));
    assert_eq!(office.list("SELECT unit FROM failing_reports"), ["城关镇"]);
    assert_eq!(office.list("SELECT verdict FROM files WHERE name = 'd.docx'"), ["failed"]);
}

#[test]
fn a_name_in_gbk_or_one_that_hides_its_end_is_shown_as_people_can_read_it() {
    use std::os::unix::ffi::OsStringExt;
    let mut office = Office::new();
    let (bytes, _, _) = encoding_rs::GBK.encode("/drop/青塘镇.docx");
    let path = std::ffi::OsString::from_vec(bytes.into_owned()).into_string();
    assert!(path.is_err(), "not UTF-8");
    let path = PathBuf::from(path.unwrap_err());
    let file = FileSeen { path, ..paper("a").file("", 1) };
    let inspections = [paper("a").inspection()];
    office.store.record(&file, &inspections, &LOUD, at(1)).unwrap();
    assert_eq!(office.list("SELECT file FROM current_reports"), ["青塘镇.docx"]);
    assert_eq!(office.list("SELECT path_text FROM paths"), ["/drop/青塘镇.docx"]);
    let hiding = paper("b").nameless().total(2);
    let unit = report(office.drop("/drop/a\u{202e}xcod.exe", &hiding)).unit;
    assert_eq!(unit, "未识别（a\\u{202e}xcod.exe）");
}

#[test]
fn reports_without_a_unit_are_never_merged_but_follow_their_file() {
    let mut office = Office::new();
    let first = report(office.drop("/drop/a/x.docx", &paper("a").nameless()));
    let second = report(office.drop("/drop/b/x.docx", &paper("b").total(2).nameless()));
    assert_eq!(
        (first.unit.as_str(), second.unit.as_str()),
        ("未识别（x.docx）", "未识别（x.docx）")
    );
    assert_eq!((first.version, second.version), (1, 1));
    let next = report(office.drop("/drop/a/x.docx", &paper("c").total(3).nameless()));
    assert_eq!(next.version, 2);
    office.post();
    let named = office.drop("/drop/a/x.docx", &paper("d").total(3));
    assert_eq!(
        named.notice,
        Some(NoticeKind::Corrected),
        "it answers the alert about the nameless one"
    );
    assert_eq!(
        office.list("SELECT unit FROM current_reports ORDER BY report_id"),
        ["未识别（x.docx）", "青塘镇人民政府"]
    );
}

#[test]
fn reading_again_replaces_what_was_read_before_and_a_failure_takes_nothing_back() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.post();
    let better = office.drop_with("/drop/a.docx", &paper("a").total(8), QUIET);
    assert_eq!((better.notice, report(better).version), (None, 1));
    assert_eq!(office.ask::<i64>("SELECT new_requests_total FROM requests"), 8);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM findings"), 0);
    office.drop("/drop/a.docx", &paper("a").refused(Verdict::Unreadable));
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM current_reports"), 1);
    let moved = report(office.drop("/drop/a.docx", &paper("a").unit("另一镇").total(8)));
    assert_eq!((moved.unit.as_str(), moved.version), ("另一镇", 1));
    assert_eq!(office.list("SELECT unit FROM current_reports"), ["另一镇"]);
}

#[test]
fn a_bundle_is_one_file_with_several_documents() {
    let mut office = Office::new();
    let good = paper("zip").member("一/甲.docx");
    let bad = paper("zip").unit("乙乡").fails("x").member("二/乙.docx");
    let locked = paper("zip").refused(Verdict::Unreadable).member("丙.docx");
    let inspections = [good.inspection(), bad.inspection(), locked.inspection()];
    let file = good.file("/drop/all.zip", 1);
    let recorded = office.store.record(&file, &inspections, &LOUD, at(1)).unwrap();
    let verdicts: Vec<Verdict> = recorded.iter().map(|r| r.verdict).collect();
    assert_eq!(verdicts, [Verdict::Passed, Verdict::Failed, Verdict::Unreadable]);
    let known = office.store.known(&file.sha256).unwrap().unwrap();
    assert_eq!(known.verdict, Some(Verdict::Failed));
    assert_eq!(
        office.list("SELECT file FROM current_reports ORDER BY report_id"),
        ["all.zip!一/甲.docx", "all.zip!二/乙.docx"]
    );
    let told: Vec<String> = office.post().into_iter().map(|n| n.file_name).collect();
    assert_eq!(told, ["all.zip!二/乙.docx", "drop/all.zip!丙.docx"]);
}

#[test]
fn an_attempt_without_a_verdict_is_known_after_a_crash() {
    let mut office = Office::new();
    let file = paper("a").file("/drop/a.docx", 1);
    assert_eq!(office.store.begin_attempt(&file, at(1)).unwrap(), 1);
    let mut office = office.reopen();
    let known = office.store.known(&file.sha256).unwrap().unwrap();
    assert_eq!((known.verdict, known.attempts), (None, 1));
    assert_eq!(office.store.known_paths().unwrap(), []);
    assert_eq!(office.store.begin_attempt(&file, at(2)).unwrap(), 2);
    office.drop("/drop/a.docx", &paper("a"));
    let known = office.store.known(&file.sha256).unwrap().unwrap();
    assert_eq!((known.verdict, known.attempts), (Some(Verdict::Passed), 0));
    assert_eq!(known.reader.as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn paths_come_back_byte_by_byte_with_their_stamp() {
    use std::os::unix::ffi::OsStrExt;
    let mut office = Office::new();
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/drop/\xb1\xa8\xb8\xe6\n'\xff.docx"));
    let file = FileSeen { path: path.clone(), ..paper("a").file("/x", 1) };
    office.store.record(&file, &[paper("a").inspection()], &LOUD, at(1)).unwrap();
    let known = office.reopen().store.known_paths().unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((&known[0].path, known[0].stamp), (&path, file.stamp));
    assert_eq!((known[0].sha256, known[0].verdict), (file.sha256, Some(Verdict::Passed)));
}

/// What a report costs must not depend on how many there are: counted in steps of SQLite's machine.
#[test]
fn a_report_of_a_new_unit_costs_the_same_among_many() {
    let mut office = Office::new();
    let mut recorded = 0;
    let mut record = |office: &mut Office, upto: usize| {
        while recorded < upto {
            let paper = paper(&recorded.to_string()).unit(&format!("甲县第{recorded}镇人民政府"));
            office.drop(&format!("/drop/{recorded}.docx"), &paper);
            recorded += 1;
        }
    };
    let mut steps = |office: &mut Office, units: usize| {
        record(office, units);
        let counted = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&counted);
        let count = move || counter.fetch_add(1, Ordering::Relaxed) == u64::MAX;
        office.store.connection.progress_handler(1, Some(count)).unwrap();
        record(office, units + 1);
        office.store.connection.progress_handler(0, None::<fn() -> bool>).unwrap();
        counted.load(Ordering::Relaxed)
    };
    let (few, many) = (steps(&mut office, 30), steps(&mut office, 300));
    assert!(many < few + few / 10, "{few} steps among 30 units, {many} among 300");
}
