//! Letters about reports as they come: what they say, in which order, and that no report can make
//! them say something else (reliability.md T11, B25).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use html5ever::tokenizer::{
    BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::{self, TimeZone};
use rust_decimal::Decimal;

use gouji::check::{Finding, Verdict};
use gouji::form::{CellId, Forms, Severity};
use gouji::locate::{Cause, Repair};
use gouji::notice::{Letter, Stationery, page, write};
use gouji::report::{Cell, CellValue, Place};
use gouji::store::{Audience, ConditionKind, NoticeId, NoticeKind, NoticeToSend, PreviousMail};

fn beijing() -> TimeZone {
    TimeZone::fixed(tz::offset(8))
}

fn at(day: i8) -> Timestamp {
    date(2020, 1, day).at(16, 15, 0, 0).to_zoned(beijing()).unwrap().timestamp()
}

fn id(cell: &str) -> CellId {
    let [table, row, column] = cell.split('.').collect::<Vec<_>>().try_into().unwrap();
    CellId { table: table.into(), row: row.into(), column: column.into() }
}

fn cell(raw: &str) -> Cell {
    Cell {
        value: raw.parse().map_or(CellValue::Blank, CellValue::Number),
        raw: raw.into(),
        unit: None,
        own_unit: None,
        place: Place::default(),
        doubtful: false,
    }
}

fn finding(severity: Severity, rule: &str, place: &str, message: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        place: place.into(),
        left: Some("0".into()),
        right: Some("6".into()),
        cells: Vec::new(),
        cause: None,
        quote: None,
        message: message.into(),
        source: "表三角注".into(),
        explanation: None,
    }
}

fn balance(column: &str, label: &str) -> Finding {
    let cells = ["new_requests", "carried_in", "result_total", "carried_out"]
        .map(|row| id(&format!("requests.{row}.{column}")));
    let message = format!(
        "表三“{label}”列：第一项（0）＋第二项（0）＝0，第三项总计（6）＋第四项（0）＝6，相差 6"
    );
    Finding {
        cells: cells.to_vec(),
        cause: Some(1),
        ..finding(Severity::Error, "requests-balance", &format!("requests.*.{column}"), &message)
    }
}

/// The report of a township whose clerk left out the requests received.
fn qingtang() -> NoticeToSend {
    let repair =
        |row: &str| Repair { cell: id(row), read: Some(Decimal::ZERO), repaired: Decimal::from(6) };
    let cells: BTreeMap<_, _> = ["new_requests", "carried_in", "result_total", "carried_out"]
        .iter()
        .flat_map(|row| {
            let value = if *row == "result_total" { "6" } else { "0" };
            ["other_org", "total"]
                .map(|column| (id(&format!("requests.{row}.{column}")), cell(value)))
        })
        .collect();
    NoticeToSend {
        id: NoticeId(1),
        kind: NoticeKind::Failed,
        key: "1 abc".into(),
        audience: Audience::default(),
        queued_at: at(13),
        contacts: Vec::new(),
        roster: None,
        unit: Some("青塘镇人民政府".into()),
        year: Some(2019),
        file_name: "青塘镇.docx".into(),
        file_modified_at: at(12),
        first_seen_at: at(13),
        verdict: Verdict::Failed,
        reason: None,
        detail: None,
        condition: None,
        form: Some("2019".into()),
        version: Some(1),
        source: None,
        rules_changed: None,
        findings: vec![
            balance("other_org", "其他"),
            balance("total", "总计"),
            finding(Severity::Info, "period-missing", "report", "没有写明统计期限"),
            finding(
                Severity::Warning,
                "row-missing",
                "requests.other",
                "表三缺少“（六）其他处理”一行",
            ),
        ],
        causes: vec![Cause {
            id: 1,
            cells: vec![
                repair("requests.new_requests.other_org"),
                repair("requests.new_requests.total"),
            ],
            alternatives: Vec::new(),
            slip: Some("omitted".into()),
            certain: true,
            message: "表三第一项“其他”“总计”两格疑似漏填：读到 0，若为 6，以下两处都相符".into(),
        }],
        cells,
        previous: None,
    }
}

fn plain(kind: NoticeKind, unit: Option<&str>, file: &str) -> NoticeToSend {
    NoticeToSend {
        kind,
        unit: unit.map(Into::into),
        year: unit.map(|_| 2019),
        file_name: file.into(),
        key: file.into(),
        findings: Vec::new(),
        causes: Vec::new(),
        cells: BTreeMap::new(),
        form: None,
        version: None,
        ..qingtang()
    }
}

fn unreadable() -> NoticeToSend {
    NoticeToSend {
        verdict: Verdict::Unreadable,
        reason: Some("文件需要密码才能打开，请去掉密码后重新提交".into()),
        ..plain(NoticeKind::Unreadable, None, "大坪镇年报.docx")
    }
}

fn unrecognised() -> NoticeToSend {
    NoticeToSend {
        verdict: Verdict::Unrecognised,
        reason: Some("没有找到年度报告的标题和表格".into()),
        ..plain(NoticeKind::Unrecognised, None, "食堂菜单.docx")
    }
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::load(None).unwrap());

static STATIONERY: LazyLock<Stationery> = LazyLock::new(|| Stationery::built_in().unwrap());

fn letters(notices: &[NoticeToSend]) -> Vec<Letter> {
    write(notices, &STATIONERY, &FORMS, &beijing()).unwrap()
}

fn letter(notices: &[NoticeToSend]) -> Letter {
    let [letter] = letters(notices).try_into().expect("one letter");
    letter
}

#[test]
fn a_failed_report_is_told_with_cause_findings_warnings_hints_and_what_to_do() {
    insta::assert_snapshot!(letter(&[qingtang()]).text);
}

#[test]
fn the_subject_tells_unit_year_and_how_much_is_wrong() {
    assert_eq!(
        letter(&[qingtang()]).subject,
        "【勾稽】青塘镇人民政府 2019 年报：表三“本年新收”行数字不符"
    );
}

#[test]
fn both_parts_tell_every_sentence() {
    let letter = letter(&[qingtang()]);
    for finding in qingtang().findings {
        assert!(letter.text.contains(&finding.message), "{}", finding.message);
        assert!(letter.html.contains(&finding.message), "{}", finding.message);
    }
}

#[test]
fn the_table_with_the_findings_is_drawn_and_only_that_one() {
    let html = letter(&[qingtang()]).html;
    assert_eq!(html.matches("<td class=\"wrong\"").count(), 2);
    assert!(html.contains("title=\"表三 本年新收 总计\""));
    assert!(html.contains("应为 6"));
    assert_eq!(html.matches("<td class=\"involved\"").count(), 6);
    assert!(html.contains("一、本年新收政府信息公开申请数量"));
    assert!(!html.contains("表二") && !html.contains("表四"));
}

#[test]
fn a_cause_that_is_not_certain_proposes_no_figure_in_the_table() {
    let mut notice = qingtang();
    notice.causes[0].certain = false;
    let html = letter(&[notice]).html;
    assert!(html.contains("class=\"wrong\"") && !html.contains("应为 6"));
}

#[test]
fn a_report_that_fails_differently_says_what_changed_in_the_same_thread() {
    let gone =
        finding(Severity::Error, "disputes-total", "disputes.review.*", "表四行政复议合计不符");
    let mut notice = NoticeToSend {
        version: Some(2),
        previous: Some(PreviousMail {
            message_id: "<gouji.1@x.cn>".into(),
            kind: NoticeKind::Failed,
            findings: vec![gone, balance("total", "总计")],
            causes: Vec::new(),
        }),
        ..qingtang()
    };
    notice.findings.push(finding(Severity::Error, "cell-negative", "x.y.z", "数量不能是负数"));
    let letter = letter(&[notice]);
    assert_eq!(letter.in_reply_to.as_deref(), Some("<gouji.1@x.cn>"));
    assert!(letter.text.contains("已更正 1 处，仍有 1 处，新出现 1 处"), "{}", letter.text);
    assert!(letter.text.contains("已更正：表四行政复议合计不符"));
    assert!(letter.text.contains("（第 2 版）"));
}

#[test]
fn a_report_put_right_is_told_shortly_and_asks_for_nothing() {
    let notice = NoticeToSend {
        verdict: Verdict::Passed,
        previous: Some(PreviousMail {
            message_id: "<gouji.1@x.cn>".into(),
            kind: NoticeKind::Failed,
            findings: vec![balance("total", "总计")],
            causes: Vec::new(),
        }),
        ..plain(NoticeKind::Corrected, Some("青塘镇人民政府"), "青塘镇（改）.docx")
    };
    let letter = letter(&[notice]);
    assert_eq!(letter.subject, "【勾稽】青塘镇人民政府 2019 年报：已更正");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_the_remedy() {
    let letter = letter(&[unreadable()]);
    assert_eq!(letter.subject, "【勾稽】文件无法读取：大坪镇年报.docx");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn a_file_that_is_no_report_is_a_line_in_another_letter() {
    let letter = letter(&[unrecognised(), qingtang()]);
    assert_eq!(letter.subject, "【勾稽】青塘镇人民政府 2019 年报：表三“本年新收”行数字不符");
    assert!(letter.text.contains("- 食堂菜单.docx：没有找到年度报告的标题和表格"));
    assert_eq!(letter.notices.len(), 2);
}

#[test]
fn a_file_that_is_no_report_gets_a_letter_if_there_is_no_other() {
    let letter = letter(&[unrecognised()]);
    assert_eq!(letter.subject, "【勾稽】文件不是年度报告：食堂菜单.docx");
    assert!(letter.text.contains("没有找到年度报告的标题和表格"));
}

#[test]
fn several_files_that_are_no_reports_are_all_told() {
    let other = NoticeToSend { file_name: "通知.docx".into(), key: "2".into(), ..unrecognised() };
    let letter = letter(&[unrecognised(), other]);
    assert!(letter.text.contains("食堂菜单.docx") && letter.text.contains("通知.docx"));
    assert_eq!(letter.subject, "【勾稽】年报核查：2 个文件不是年报");
}

#[test]
fn several_reports_are_one_digest_with_a_table_before_the_details() {
    let passed = NoticeToSend {
        verdict: Verdict::Passed,
        ..plain(NoticeKind::Corrected, Some("巡检司镇"), "巡检司镇.docx")
    };
    let letter = letter(&[passed, unrecognised(), unreadable(), qingtang()]);
    assert_eq!(
        letter.subject,
        "【勾稽】2019 年报核查：1 份需更正，1 个文件无法读取，1 份已更正，1 个文件不是年报"
    );
    insta::assert_snapshot!(letter.text);
}

#[test]
fn the_order_notices_come_in_changes_nothing() {
    let (a, b) = (qingtang(), unreadable());
    let one = letter(&[a.clone(), b.clone()]);
    assert_eq!(one, letter(&[b, a]));
}

#[test]
fn four_hundred_reports_are_all_in_the_table_and_the_letter_stays_readable() {
    let notices: Vec<_> = (0..400)
        .map(|n| NoticeToSend {
            unit: Some(format!("第{n}镇")), key: n.to_string(), ..qingtang()
        })
        .collect();
    let letter = letter(&notices);
    assert!((0..400).all(|n| letter.text.contains(&format!("第{n}镇 2019：需更正"))));
    assert!(letter.text.contains("其余 350 份只列入上表"));
    assert!(letter.html.len() < 400_000, "{}", letter.html.len());
}

#[test]
fn a_report_full_of_findings_is_cut_short_and_says_so() {
    let mut notice = qingtang();
    notice.causes.clear();
    notice.findings = (0..500)
        .map(|n| {
            finding(Severity::Error, "cell-not-numeric", &n.to_string(), &format!("第 {n} 格"))
        })
        .collect();
    let letter = letter(&[notice]);
    assert!(letter.text.contains("另有 440 条未列出"), "{}", letter.text);
    assert!(letter.subject.ends_with("500 处不是数字"), "{}", letter.subject);
}

#[test]
fn the_administrator_gets_a_letter_of_his_own() {
    let condition = NoticeToSend {
        condition: Some(ConditionKind::ShareOffline),
        reason: Some("/srv/drop".into()),
        detail: Some("stale file handle".into()),
        ..plain(NoticeKind::Administrator, None, "")
    };
    let [office, admin] = letters(&[condition, qingtang()]).try_into().expect("two letters");
    assert!(admin.to_admin && !office.to_admin);
    assert_eq!(admin.subject, "【勾稽】系统提醒：投递文件夹无法访问");
    insta::assert_snapshot!(admin.text);
}

#[test]
fn no_notices_no_letter() {
    assert_eq!(letters(&[]), []);
}

#[test]
fn an_unknown_unit_and_year_still_give_a_letter_that_names_the_file() {
    let letter = letter(&[NoticeToSend { unit: None, year: None, ..qingtang() }]);
    assert_eq!(letter.subject, "【勾稽】青塘镇.docx 年份不明的年报：表三“本年新收”行数字不符");
    assert!(letter.text.contains("文件：青塘镇.docx"));
}

#[test]
fn a_subject_stays_short_whatever_the_unit_is_called() {
    let long = "某某省某某市某某县".repeat(20);
    let subject = letter(&[NoticeToSend { unit: Some(long), ..qingtang() }]).subject;
    assert!(subject.chars().count() <= 64, "{subject}");
    assert!(subject.ends_with("… 2019 年报：表三“本年新收”行数字不符"));
}

#[test]
fn a_report_still_not_put_right_is_told_shortly() {
    let full = letter(&[qingtang()]);
    let notice = NoticeToSend {
        kind: NoticeKind::StillFailing,
        version: Some(2),
        previous: Some(PreviousMail {
            message_id: "<gouji.1@x.cn>".into(),
            kind: NoticeKind::Failed,
            findings: qingtang().findings,
            causes: qingtang().causes,
        }),
        ..qingtang()
    };
    let still = letter(&[notice]);
    assert_eq!(still.subject, "【勾稽】青塘镇人民政府 2019 年报仍未更正：表三“本年新收”行数字不符");
    assert_eq!(still.in_reply_to.as_deref(), Some("<gouji.1@x.cn>"));
    assert!(still.text.contains("疑似漏填"));
    assert!(still.html.len() < full.html.len() && !still.html.contains("▶"));
}

#[test]
fn a_report_can_be_a_page_without_a_mail() {
    let page = |notice: &NoticeToSend| page(notice, &STATIONERY, &FORMS, &beijing()).unwrap();
    let failed = page(&qingtang());
    assert!(failed.contains("核查未通过") && failed.contains("应为 6"), "{failed}");
    assert!(!failed.contains("邮件"), "{failed}");
    let findings = qingtang().findings.into_iter().filter(|f| f.severity < Severity::Error);
    let passed = NoticeToSend {
        kind: NoticeKind::Corrected,
        verdict: Verdict::Passed,
        findings: findings.collect(),
        causes: Vec::new(),
        ..qingtang()
    };
    let passed = page(&passed);
    assert!(passed.contains("核查通过") && !passed.contains("已更正"), "{passed}");
    assert!(passed.contains("没有发现必须更正的问题，请核实以下各条。"), "{passed}");
}

#[test]
fn a_slip_that_the_text_bears_out_is_one_problem() {
    let mut notice = qingtang();
    let mismatch = Finding {
        left: Some("6".into()),
        quote: Some("收到申请6件。".into()),
        ..finding(
            Severity::Error,
            "narrative-mismatch",
            "requests.new_requests.total",
            "正文写“收到申请6件。”，其中的6与表三的0不一致",
        )
    };
    notice.findings.insert(0, mismatch);
    let told = letter(&[notice.clone()]);
    assert!(told.subject.ends_with("表三“本年新收”行数字不符"), "{}", told.subject);
    assert!(told.text.contains("   - 正文写“收到申请6件。”"), "{}", told.text);
    // Another figure is another problem.
    notice.findings[0].left = Some("7".into());
    let subject = letter(&[notice]).subject;
    assert!(subject.ends_with("表三 1 处数字不符，1 处与正文不一致"), "{subject}");
}

#[test]
fn the_subject_tells_the_matter_in_the_words_of_the_rules() {
    let told = |findings: &[(&str, &str)]| {
        let mut notice = qingtang();
        notice.causes.clear();
        // Without any table there is no form: that of the year names what is missing.
        notice.form = None;
        let finding = |(rule, place): &(&str, &str)| finding(Severity::Error, rule, place, "某事");
        notice.findings = findings.iter().map(finding).collect();
        letter(&[notice]).subject
    };
    let (missing, form) = (("table-missing", "disputes"), ("form-outdated", "report"));
    for (findings, headline) in [
        (vec![missing], "表四缺失"),
        (vec![missing, ("table-missing", "disclosure")], "表二、表四缺失"),
        (vec![form], "表格不是本年度格式"),
        (vec![missing, form], "表四缺失，表格不是本年度格式"),
        (
            vec![missing, form, ("year-missing", "report"), ("unit-missing", "report")],
            "表四缺失，表格不是本年度格式，另有 2 处需要更正",
        ),
        (vec![("narrative-breakdown", "narrative"); 2], "2 处正文的分项与总数不符"),
    ] {
        assert_eq!(told(&findings), format!("【勾稽】青塘镇人民政府 2019 年报：{headline}"));
    }
}

#[test]
fn findings_come_in_the_order_of_their_matters() {
    let rules = [
        "title-missing",
        "publish-early",
        "form-outdated",
        "cell-negative",
        "table-missing",
        "narrative-breakdown",
        "years-carry",
        "disputes-total",
    ];
    let mut notice = qingtang();
    notice.causes.clear();
    notice.findings =
        rules.map(|rule| finding(Severity::Error, rule, rule, &format!("规则 {rule}。"))).into();
    let text = letter(&[notice]).text;
    let places: Vec<usize> = rules.iter().map(|rule| text.find(rule).unwrap()).collect();
    assert!(places.windows(2).all(|pair| pair[0] > pair[1]), "{text}");
}

/// A folder of templates with these files, and what loading it says.
fn templates(files: &[(&str, &str)]) -> Result<Stationery, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Stationery::load(Some(folder.path()), &FORMS).map_err(|error| error.to_string())
}

#[test]
fn a_template_of_the_offices_own_takes_the_place_of_the_built_in_one() {
    let own =
        "{% if letter.kind == 'failed' %}[县公开办] {{ letter.unit }}{% else %}通知{% endif %}";
    let stationery = templates(&[("subject.txt", own), ("notes.md", "{{ not a template")]).unwrap();
    let [letter] =
        write(&[qingtang()], &stationery, &FORMS, &beijing()).unwrap().try_into().unwrap();
    assert_eq!(letter.subject, "[县公开办] 青塘镇人民政府");
    assert!(letter.text.contains("核查未通过"));
}

#[test]
fn everything_wrong_in_templates_is_told_at_once_with_its_line() {
    let own = std::fs::read_to_string("config/mail/item.html").unwrap();
    let misspelt = own.replace("{{ item.verdict }}", "{{ item.verdikt }}");
    let line = own.lines().position(|line| line.contains("{{ item.verdict }}")).unwrap() + 1;
    let told = templates(&[
        ("item.html", &misspelt),
        ("letter.txt", "一行\n{% for item in letter.items %}\n"),
        ("lettre.html", ""),
        ("admin.txt", &format!("一行\n{}{{{{ unclosed", "长".repeat(70_000))),
    ]);
    let told = told.unwrap_err();
    assert!(told.contains(&format!("item.html:{line}: undefined value")), "{told}");
    assert!(told.contains("letter.txt:2: syntax error"), "{told}");
    assert!(told.contains("lettre.html: no template has this name"), "{told}");
    assert!(told.contains("admin.txt:2: a line of more than 60000 characters"), "{told}");
}

#[test]
fn a_template_that_lets_a_report_write_html_is_refused() {
    let own = "{% autoescape false %}{% for item in letter.items %}{{ item.title }}{% endfor %}{% endautoescape %}";
    let told = templates(&[("letter.html", own)]).unwrap_err();
    assert!(told.contains("letter.html: what a report says comes out as HTML"), "{told}");
    let told = templates(&[("letter.html", "{{ subject|safe }}")]).unwrap_err();
    assert!(told.contains("letter.html:1: unknown filter"), "{told}");
}

#[test]
fn a_text_that_does_not_say_whom_it_is_about_is_refused() {
    let told = templates(&[("letter.txt", "请查收。")]).unwrap_err();
    assert!(told.contains("letter.txt: the text must name the unit"), "{told}");
}

/// The strings of a list that broke programs elsewhere, and some that are after a mail; not those of
/// which nothing can be seen, which leave their lines out.
fn nasty() -> Vec<String> {
    let list = include_bytes!("data/nasty/blns.txt");
    let list = String::from_utf8_lossy(list);
    let own = [
        "青塘镇\r\nBcc: a@b.cn\r\n\r\n<p>",
        "\u{202e}xcod.告报",
        "a\u{0}b\u{85}c\u{9b}d",
        "</td></tr></table></style></title><a href=http://x.cn>点击</a>",
        "{{ letter }}{% include 'item.txt' %}{# x #}",
        "&#60;script&#62;",
        "javascript:alert(1)",
        "\u{2028}\u{2029}\u{feff}\u{e0041}",
    ];
    let listed = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let all = listed.map(ToOwned::to_owned).chain(own.map(Into::into));
    all.filter(|value: &String| value.chars().any(can_be_seen)).collect()
}

fn can_be_seen(c: char) -> bool {
    c.is_alphanumeric() || c.is_ascii_punctuation() || ('\u{1F000}'..'\u{E0000}').contains(&c)
}

/// A report that says `value` wherever a report can say something.
fn saying(value: &str) -> NoticeToSend {
    let mut notice = qingtang();
    notice.unit = Some(value.into());
    notice.file_name = value.into();
    notice.reason = Some(value.into());
    notice.detail = Some(value.into());
    for finding in &mut notice.findings {
        finding.message = value.into();
        finding.quote = Some(format!("“{value}”"));
    }
    notice.causes[0].message = value.into();
    for cell in notice.cells.values_mut() {
        cell.raw = value.into();
    }
    notice.previous = Some(PreviousMail {
        message_id: "<gouji.1@x.cn>".into(),
        kind: NoticeKind::Failed,
        findings: vec![finding(Severity::Error, "gone", "report", value)],
        causes: Vec::new(),
    });
    notice
}

/// Every tag with its attributes, in order: what a value must never add to.
fn structure(html: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    let _all_of_it = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Tags(RefCell<Vec<String>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(_) | Token::NullCharacterToken | Token::EOFToken => {}
            other => self.0.borrow_mut().push(format!("{other:?}")),
        }
        TokenSinkResult::Continue
    }
}

/// T11, B25.
#[test]
fn no_value_of_a_report_forms_a_tag_an_attribute_or_a_line() {
    let harmless = letter(&[saying("某镇")]);
    let expected = structure(&harmless.html);
    let lines = harmless.text.lines().count();
    let nasty = nasty();
    assert!(nasty.len() > 500);
    for value in nasty {
        let letter = letter(&[saying(&value)]);
        assert!(structure(&letter.html) == expected, "{value:?}");
        assert_eq!(letter.text.lines().count(), lines, "{value:?}");
        for part in [&letter.subject, &letter.text, &letter.html] {
            let bare = part.replace('\n', "");
            assert!(!bare.contains(char::is_control), "{value:?}");
            assert!(!bare.contains(['\u{202e}', '\u{2028}', '\u{2066}', '\u{feff}']), "{value:?}");
        }
        assert!(!letter.subject.contains('\n'));
    }
}

#[test]
fn a_unit_of_which_nothing_can_be_seen_is_named_by_its_file_or_not_at_all() {
    let invisible = |file: &str| NoticeToSend {
        unit: Some("\u{202e}\u{1}".into()),
        file_name: file.into(),
        ..qingtang()
    };
    assert!(letter(&[invisible("a.docx")]).subject.contains("a.docx 2019 年报"));
    assert!(letter(&[invisible("\u{feff}")]).subject.contains("（无名） 2019 年报"));
}

/// T11, B25.
#[test]
fn no_value_of_a_report_forms_a_header_of_the_mail() {
    let settings = gouji::config::MailSettings {
        transport: gouji::config::Transport::File { folder: "mail".into() },
        from: "gouji@county.gov.cn".into(),
        to: vec!["a@county.gov.cn".into()],
        admin: vec!["a@county.gov.cn".into()],
        hours: gouji::store::Hours::ALWAYS,
        coalesce: std::time::Duration::ZERO,
        give_up_after: std::time::Duration::ZERO,
    };
    let head = |letter: &Letter| {
        let draft = gouji::mail::freeze(letter, &settings, at(13)).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&draft.bytes).unwrap();
        let names = mail.headers().iter().map(|header| header.name().to_owned());
        let subject = mail.subject().unwrap().to_owned();
        (names.collect::<Vec<_>>(), mail.parts.len(), subject)
    };
    let (names, parts, _) = head(&letter(&[unreadable()]));
    for value in nasty() {
        let letter = letter(&[NoticeToSend { unit: Some(value.clone()), ..unreadable() }]);
        assert_eq!(head(&letter), (names.clone(), parts, letter.subject), "{value:?}");
        let letter = self::letter(&[NoticeToSend { file_name: value.clone(), ..unreadable() }]);
        assert_eq!(head(&letter), (names.clone(), parts, letter.subject), "{value:?}");
    }
}

#[test]
fn what_the_unit_has_explained_is_told_as_settled_and_so_are_changed_rules() {
    let mut notice = qingtang();
    for finding in notice.findings.iter_mut().filter(|f| f.severity == Severity::Warning) {
        finding.explanation = Some("旧版表格没有这一行".into());
    }
    notice.rules_changed = Some("停用years-stock".into());
    let letter = letter(&[notice]);
    for part in [&letter.text, &letter.html] {
        assert!(part.contains("（已说明：旧版表格没有这一行）"), "{part}");
        assert!(part.contains("配置中停用years-stock"), "{part}");
    }
}
