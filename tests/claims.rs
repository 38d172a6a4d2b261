//! The text against the tables: every claim against its own examples, real sentences, and traps.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]
#![allow(clippy::indexing_slicing, reason = "tests")]

#[path = "common/reports.rs"]
mod reports;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use gouji::check::{Finding, Policy, Stated, check};
use gouji::form::expr::Term;
use gouji::form::{CellId, Form, Forms, Severity};
use gouji::report::Report;
use rust_decimal::Decimal;
use serde::Deserialize;

fn forms() -> &'static Forms {
    static FORMS: OnceLock<Forms> = OnceLock::new();
    FORMS.get_or_init(|| Forms::load(None).map_err(|e| e.to_string()).unwrap())
}

/// A report of a form with these paragraphs and these cells; every table of the form is there.
fn report(form: &Form, year: i16, text: &[&str], cells: &[(&str, &str)]) -> Report {
    Report {
        year: Some(year),
        text: text.iter().map(|t| (*t).to_owned()).collect(),
        ..reports::of_cells(form, cells.iter().copied())
    }
}

/// What the text of a report states about cells.
fn stated(report: &Report) -> Vec<Stated> {
    check(report, forms(), &Policy::default()).stated
}

/// The year a sentence names, else the form's first.
fn year_of(text: &str, form: &Form) -> i16 {
    let digits: String =
        text.split('年').next().unwrap().chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|y| form.covers(*y) || form.id == "2019").unwrap_or(form.from)
}

/// What the findings about the text say: rule, place, severity, left, right.
fn told(report: &Report, forms: &Forms) -> Vec<String> {
    let found = check(report, forms, &Policy::default()).findings;
    let text = |f: &&Finding| f.rule.starts_with("narrative");
    let side = |s: &Option<String>| s.clone().unwrap_or_default();
    found
        .iter()
        .filter(text)
        .map(|f| {
            let severity = match f.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            format!("{} {} {severity} {}/{}", f.rule, f.place, side(&f.left), side(&f.right))
        })
        .collect()
}

#[test]
fn every_claim_reads_its_examples_with_their_figure_and_none_of_what_it_ignores() {
    let forms = forms();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for form in forms.iter() {
        for claim in &form.claims {
            let read = |text: &str, year| -> Vec<Stated> {
                let of_claim = |s: &Stated| s.claim == claim.id;
                stated(&report(form, year, &[text], &[])).into_iter().filter(of_claim).collect()
            };
            for example in &claim.matches {
                tried += 1;
                let values: Vec<Decimal> = read(&example.text, year_of(&example.text, form))
                    .iter()
                    .map(|s| s.value)
                    .collect();
                if values != [example.value.parse::<Decimal>().unwrap()] {
                    wrong.push(format!("{} {}: {} → {values:?}", form.id, claim.id, example.text));
                }
            }
            for text in &claim.ignores {
                tried += 1;
                let read = read(text, form.from);
                if !read.is_empty() {
                    wrong.push(format!("{} {}: reads {}", form.id, claim.id, read[0].quote));
                }
            }
            assert!(!claim.matches.is_empty() && !claim.ignores.is_empty(), "{}", claim.id);
        }
    }
    assert!(tried > 100, "only {tried} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What its own examples say of a claim: nothing where the cell says the same, a finding where it does
/// not, nothing where it is blank.
#[test]
fn every_example_of_a_claim_passes_fails_and_is_undecided() {
    let forms = forms();
    let mut wrong = Vec::new();
    for form in forms.iter() {
        for claim in &form.claims {
            let mut cells: Vec<CellId> = Vec::new();
            for term in &claim.cells {
                let mut named = Vec::new();
                term.cells(&mut named);
                cells.extend(named.into_iter().cloned());
            }
            // A meaning of one cell has the figure; what is added to it in others is 0.
            let alone: Vec<String> = claim
                .cells
                .iter()
                .filter_map(|term| match term {
                    Term::Cell(cell) => Some(cell.to_string()),
                    _ => None,
                })
                .chain([cells[0].to_string()])
                .collect();
            for example in &claim.matches {
                let value: Decimal = example.value.parse().unwrap();
                let with = |printed: &str| {
                    let printed = |c: &CellId| {
                        let zero = if printed.is_empty() { "" } else { "0" };
                        let id = c.to_string();
                        let says = if alone.contains(&id) { printed } else { zero };
                        (id, says.to_owned())
                    };
                    let cells: Vec<(String, String)> = cells.iter().map(printed).collect();
                    let cells: Vec<(&str, &str)> =
                        cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
                    let year = year_of(&example.text, form);
                    let report = report(form, year, &[&example.text], &cells);
                    let found = check(&report, forms, &Policy::default()).findings;
                    let own = found
                        .into_iter()
                        .filter(|f| f.rule == "narrative-mismatch" && f.place == claim.place);
                    own.map(|f| f.severity).collect::<Vec<_>>()
                };
                let (pass, undecided) = (with(&value.to_string()), with(""));
                let fail = with(&(value * Decimal::TWO + Decimal::from(50)).to_string());
                let told = matches!(fail[..], [severity] if severity <= claim.severity);
                if !pass.is_empty() || !undecided.is_empty() || !told {
                    let text = &example.text;
                    wrong.push(format!(
                        "{} {}: {pass:?} {fail:?} {undecided:?} {text}",
                        form.id, claim.id
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    sentence: Vec<Said>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    text: String,
    heading: Option<String>,
    year: Option<i16>,
    states: BTreeMap<String, Decimal>,
}

#[test]
fn real_sentences_state_what_they_mean_and_nothing_else_and_add_up() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/claims/sentences.toml");
    let said: Sentences = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let mut wrong = Vec::new();
    for case in &said.sentence {
        let mut text: Vec<&str> = case.heading.iter().map(String::as_str).collect();
        text.push(&case.text);
        let report = report(form, case.year.unwrap_or(2024), &text, &[]);
        let states: BTreeMap<String, Decimal> = stated(&report)
            .into_iter()
            .filter(|s| s.claim != "all-settled")
            .map(|s| (s.place, s.value))
            .collect();
        let told = told(&report, forms);
        if states != case.states || !told.is_empty() {
            wrong.push(format!("{}\n    states {states:?}, findings {told:?}", case.text));
        }
    }
    assert!(said.sentence.len() >= 40, "{}", said.sentence.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Findings of one paragraph in a report of 2023 with 3 requests, 2 settled, and one review.
fn of(text: &str) -> Vec<String> {
    let cells = [
        ("requests.new_requests.total", "3"),
        ("requests.carried_in.total", "1"),
        ("requests.granted.total", "2"),
        ("requests.result_total.total", "2"),
        ("requests.carried_out.total", "2"),
        ("disputes.review.total", "1"),
        ("disputes.suit_direct.total", "0"),
        ("disputes.suit_after_review.total", "0"),
        ("disclosure.normative_documents.made", "4"),
        ("disclosure.admin_penalty.decisions", "5"),
    ];
    let forms = forms();
    told(&report(forms.get("2021").unwrap(), 2023, &[text], &cells), forms)
}

#[test]
fn a_figure_that_is_not_the_cells_is_an_error_where_it_is_exact_and_surely_bound() {
    let new = "narrative-mismatch requests.new_requests.total";
    assert_eq!(of("全年共受理政府信息公开申请2件。"), [format!("{new} error 2/3")]);
    assert_eq!(of("全年收到信息公开申请十二件。"), [format!("{new} error 12/3")]);
    assert_eq!(of("本年度未收到依申请公开政府信息申请。"), [format!("{new} error 0/3")]);
    assert_eq!(of("全年收到政府信息公开申请约9件。"), [format!("{new} warning 9/3")]);
    assert_eq!(of("我镇累计收到依申请信息公开件6件。"), [format!("{new} warning 6/3")]);
    assert_eq!(
        of("无因政府信息公开被申请行政复议、行政诉讼的情况。"),
        ["narrative-mismatch disputes.*.total error 0/1"]
    );
    assert_eq!(
        of("作出行政处罚决定9件。"),
        ["narrative-mismatch disclosure.admin_penalty.decisions warning 9/5"]
    );
}

#[test]
fn one_cell_has_one_finding_the_gravest_with_its_first_sentence() {
    let text =
        "全年收到政府信息公开申请约9件。全年收到政府信息公开申请8件。全年收到政府信息公开申请7件。";
    assert_eq!(of(text), ["narrative-mismatch requests.new_requests.total error 8/3"]);
}

#[test]
fn figures_that_agree_or_speak_of_something_else_raise_nothing() {
    let traps = [
        "全年收到政府信息公开申请3件，办结2件，结转下年度2件。",
        "收办政府信息公开申请4件，上年结转1件。",
        "2022年收到政府信息公开申请9件。",
        "上半年收到政府信息公开申请1件。",
        "收到政府信息公开申请3件，较去年增加2件，同比增长200%。",
        "网民留言8件全部办结。",
        "12345热线转办47件，办结47件。",
        "办结政府信箱信件3件，其中，一件是水利设施情况咨询，一件涉及污水处理，一件是账款追偿。",
        "悬挂横幅6条，建立六项制度，涵盖八大项、7大类内容，做到三个更加。",
        "未收到行政许可申请。",
        "在信用平台发布行政许可信息76条，行政处罚信息2条。",
        "政务微信公开数63条，政务微博公开数113条。",
        "阅读量47万次，更新160次，编发简报12期。",
        "依据国办公开办函〔2021〕30号，电话0999-5550853，备案号53250402000118。",
        "收到针对我街道信息公开事务的行政复议1件。",
        "全年接受群众咨询190余次。其中咨询电话接听140次；当面咨询接待55次。",
    ];
    for text in traps {
        assert_eq!(of(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn parts_above_their_total_are_an_error_whatever_opens_the_list() {
    let texts = [
        (
            "主动公开信息108条，其中财政信息56条、办事指南22条、工作动态10条、政策文件27条。",
            "108/115",
        ),
        ("主动公开信息数13条（其中：乡镇动态11条，财政预算决算3条）。", "13/14"),
        ("全年公开政府信息总数171条：基层政务124条，工作动态34条，预算决算24条。", "171/182"),
        ("主动公开信息420条，完成目标任务。其中重点工作386条，文化体育45条。", "420/431"),
        ("公开信息32条，其中1条权责清单、11条工作信息、24条政协提案。", "32/36"),
        (
            "公开信息137条，其中通过网站公开99条，其中，预决算4条；计划总结2条；工作动态103条。",
            "99/109",
        ),
        ("公开信息340条。重点领域信息292条中，动态257条、会议46条。", "292/303"),
    ];
    for (text, sides) in texts {
        assert_eq!(of(text), [format!("narrative-breakdown narrative error {sides}")], "{text}");
    }
}

#[test]
fn parts_below_their_total_matter_only_where_the_list_says_it_is_complete() {
    assert_eq!(of("公开信息382条，其中动态244条、公告20条。"), Vec::<String>::new());
    let complete =
        "通过网站公开信息340条。各专栏情况如下：重点领域292条、预决算5条、公告公示30条。";
    assert_eq!(of(complete), ["narrative-breakdown narrative warning 340/327"]);
}

#[test]
fn several_breakdowns_of_one_total_are_not_added_up() {
    let texts = [
        "收办政府信息公开申请3件（市政府1件、县政府2件），其中，自然人申请2件，法人申请1件；予以公开2件、部分公开1件。",
        "公开信息46条，其中动态37条、公告9条，上年留存1条，全年解读46条。",
        "公开信息100条，其中网站60条，其中政策20条、动态30条，微信40条。",
        "公开信息340条，其中重点领域292条、公告48条。其中，重点领域动态157条、会议135条。",
        "在办理结果中，予以公开8件、不予公开20件。在办理结果中，予以公开8件、不予公开20件。",
    ];
    for text in texts {
        let sums: Vec<String> =
            of(text).into_iter().filter(|f| f.starts_with("narrative-breakdown")).collect();
        assert_eq!(sums, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_share_is_told_when_it_is_off_by_more_than_its_rounding() {
    let right = "公开信息164条，其中：动态122条，占74%；公告24条，占15%，占规范性文件6条，占4%。";
    assert_eq!(of(right), Vec::<String>::new());
    let wrong = "公开信息200条，其中动态100条，占50%；公告40条，占25.50%。";
    assert_eq!(of(wrong), ["narrative-percent narrative warning 25.5/20"]);
}

#[test]
fn the_finding_quotes_the_sentence_as_printed() {
    let forms = forms();
    let text = "（二）依申请公开。2023 年收到政府信息公开申请 ２ 件。";
    let cells = [("requests.new_requests.total", "3")];
    let report = report(forms.get("2021").unwrap(), 2023, &[text], &cells);
    let found = check(&report, forms, &Policy::default()).findings;
    let quotes: Vec<&str> = found.iter().filter_map(|f| f.quote.as_deref()).collect();
    assert_eq!(quotes, ["2023 年收到政府信息公开申请 ２ 件。"]);
}

#[test]
fn a_blank_total_column_is_summed_and_a_contradiction_then_is_a_warning() {
    let forms = forms();
    let cells = [
        ("requests.new_requests.total", ""),
        ("requests.new_requests.natural_person", "2"),
        ("requests.new_requests.business", "1"),
        ("requests.new_requests.research_institute", "0"),
        ("requests.new_requests.public_welfare_org", "0"),
        ("requests.new_requests.legal_service_org", "0"),
        ("requests.new_requests.other_org", "0"),
    ];
    let of = |text| told(&report(forms.get("2021").unwrap(), 2023, &[text], &cells), forms);
    assert_eq!(of("收到政府信息公开申请3件。"), Vec::<String>::new());
    assert_eq!(
        of("收到政府信息公开申请4件。"),
        ["narrative-mismatch requests.new_requests.total warning 4/3"]
    );
}
