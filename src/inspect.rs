//! From a document to a verdict in one straight call: lay it over the forms, check it, name the
//! causes. What `gouji check`, `gouji import` and the daemon have in common. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::{self, Beside, Finding, Policy, Verdict};
use crate::document::{Document, Format, Refusal};
use crate::form::{CellId, Forms, Severity};
use crate::locate::{self, Cause, Evidence, Figure, Repair};
use crate::report::{self, CellValue, Report};

mod beside;

pub use beside::{compare_all, surely_one};

/// What a worker process made of one file: its documents, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// The documents in the file: one, unless it is a bundle. The name is the decoded path inside
    /// the bundle, empty for the file itself.
    Documents(Vec<(String, Result<Document, Refusal>)>),
    /// The file gave nothing.
    Refused(Refusal),
    /// The worker died or overran while reading it.
    Lost(Lost),
}

/// How a worker process ended when it gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lost {
    /// It ran out of processor or wall-clock time.
    Overran,
    /// It ran out of memory.
    OutOfMemory,
    /// It crashed.
    Crashed,
    /// It ran out of time or memory, or crashed, over recognising the characters of a scan.
    Recognising,
}

/// What gouji thinks of one document (of a file, or of a member of a bundle).
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Path inside the bundle, decoded, and the number of the report where a document holds several;
    /// empty for the file itself.
    pub member: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in Chinese, when it could not be read or is no annual report.
    pub reason: Option<String>,
    /// The same for the administrator, in English.
    pub detail: Option<String>,
    /// It takes a program that is missing to read it.
    pub lacks_program: bool,
    /// The format, when it was read.
    pub format: Option<Format>,
    /// The report and what was found in it, when it is one.
    pub checked: Option<Checked>,
}

/// A report with everything found in it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The report.
    pub report: Report,
    /// Failed checks, gravest kinds first.
    pub findings: Vec<Finding>,
    /// What explains them.
    pub causes: Vec<Cause>,
    /// Every check with its outcome, for `--all`.
    pub tried: Vec<crate::check::Tried>,
    /// What is to be said as well if the unit's name turns out to fit several units.
    pub if_ambiguous: Option<Finding>,
}

/// Judges what a worker made of a file; `name` is the file's name, the last resort for the year.
pub fn inspect(name: &str, reading: Reading, forms: &Forms, policy: &Policy) -> Vec<Inspection> {
    match reading {
        Reading::Documents(documents) => documents
            .into_iter()
            .flat_map(|(member, document)| match document {
                Ok(document) => judge_all(name, &member, document, forms, policy),
                Err(refusal) => vec![refused(member, &refusal)],
            })
            .collect(),
        Reading::Refused(refusal) => vec![refused(String::new(), &refusal)],
        Reading::Lost(lost) => vec![Inspection {
            reason: Some(lost.reason().into()),
            detail: Some(lost.detail().into()),
            ..without_report(String::new(), Verdict::Unreadable)
        }],
    }
}

/// Judges every report of a document. Of several, the first is `1`, inside a bundle `path!1`.
fn judge_all(
    name: &str,
    member: &str,
    document: Document,
    forms: &Forms,
    policy: &Policy,
) -> Vec<Inspection> {
    let name = if member.is_empty() { name } else { member };
    let reports = report::reports(document, forms);
    let several = reports.len() > 1;
    let member = |number: usize| match (several, member) {
        (false, member) => member.to_owned(),
        (true, "") => number.to_string(),
        (true, member) => format!("{member}!{number}"),
    };
    let numbered = (1..).zip(&reports);
    numbered.map(|(n, document)| judge(name, member(n), document, forms, policy)).collect()
}

fn judge(
    name: &str,
    member: String,
    document: &Document,
    forms: &Forms,
    policy: &Policy,
) -> Inspection {
    let Some(mut report) = report::lay(document, forms, name) else {
        return Inspection {
            reason: Some("没有找到年度报告的标题和表格".into()),
            detail: Some("no title and no table of any form".into()),
            format: Some(document.format),
            ..without_report(member, Verdict::Unrecognised)
        };
    };
    check::readings::take(&mut report, forms);
    let (verdict, checked) = examine(report, forms, policy);
    Inspection {
        format: Some(document.format),
        checked: Some(checked),
        ..without_report(member, verdict)
    }
}

/// Checks a report and explains what is wrong with it.
pub fn examine(report: Report, forms: &Forms, policy: &Policy) -> (Verdict, Checked) {
    let check::Findings { mut findings, tried, stated } = check::check(&report, forms, policy);
    let evidence = Evidence::of_text(&stated);
    let causes = causes(&report, &evidence, &mut findings, forms, policy);
    let if_ambiguous = check::ambiguous_unit(&report, forms, policy);
    let verdict = verdict(&findings);
    (verdict, Checked { report, findings, causes, tried, if_ambiguous })
}

/// What is found in a report beside last year's: the findings across years, and the causes, for which
/// last year's figures are evidence. `own` is what was found in the report by itself.
pub fn compare(
    report: &Report,
    own: Vec<Finding>,
    beside: &Beside<'_>,
    forms: &Forms,
    policy: &Policy,
) -> Comparison {
    let check::Findings { findings: mut years, tried, .. } =
        check::across(report, beside, forms, policy);
    let (own, mut causes) = explain(report, own, Some(beside.last), forms, policy);
    for cause in &causes {
        let repaired = repaired(report, &cause.cells);
        let left = check::across(&repaired, beside, forms, policy).findings;
        let touched = |finding: &Finding| {
            cause.cells.iter().any(|repair| finding.cells.contains(&repair.cell))
        };
        let is_settled = |finding: &Finding| !left.iter().any(|f| is_same(f, finding));
        for finding in years.iter_mut().filter(|f| f.cause.is_none()) {
            if touched(finding) && is_settled(finding) {
                finding.cause = Some(cause.id);
            }
        }
    }
    // Ten times last year's figure is no other unit: what was meant is not far below it.
    let last_year = numbers(beside.last);
    let is_near = |repair: &Repair| {
        let last = last_year.get(&repair.cell).copied().unwrap_or_default();
        repair.repaired.checked_mul(Decimal::TEN).is_some_and(|most| most >= last)
    };
    money_in_yuan(report, forms, &mut years, &mut causes, |finding, repair| {
        let found =
            || check::across(&repaired(report, &repair.cells), beside, forms, policy).findings;
        repair.cells.iter().all(is_near) && !found().iter().any(|f| is_same(f, finding))
    });
    Comparison { own, years, causes, tried }
}

/// The findings of a report by itself with what explains them, last year's figures being evidence.
pub fn explain(
    report: &Report,
    mut own: Vec<Finding>,
    last: Option<&Report>,
    forms: &Forms,
    policy: &Policy,
) -> (Vec<Finding>, Vec<Cause>) {
    own.iter_mut().for_each(|finding| finding.cause = None);
    let evidence = match locate::asks_for_causes(&own) {
        true => evidence(report, last, forms),
        false => Evidence::default(),
    };
    let causes = causes(report, &evidence, &mut own, forms, policy);
    (own, causes)
}

/// What the text of a report says of its cells, and the report of the year before.
fn evidence(report: &Report, last: Option<&Report>, forms: &Forms) -> Evidence {
    let mut evidence = Evidence::of_text(&check::stated(report, forms));
    if let Some(last) = last {
        let carried = check::carried(report, last, forms).into_iter();
        evidence
            .figures
            .extend(carried.map(|(cell, value)| Figure { meanings: vec![vec![cell]], value }));
        evidence.last_year = numbers(last);
    }
    evidence
}

/// What explains the findings of a report by itself.
fn causes(
    report: &Report,
    evidence: &Evidence,
    own: &mut Vec<Finding>,
    forms: &Forms,
    policy: &Policy,
) -> Vec<Cause> {
    let mut causes = locate::locate(report, forms, policy, evidence, own);
    money_in_yuan(report, forms, own, &mut causes, |finding, repair| {
        let found = check::check(&repaired(report, &repair.cells), forms, policy).findings;
        !found.iter().any(|f| is_same(f, finding))
    });
    causes
}

/// Explains findings that nothing explains yet by money taken for 元, where that settles them.
fn money_in_yuan(
    report: &Report,
    forms: &Forms,
    findings: &mut [Finding],
    causes: &mut Vec<Cause>,
    settles: impl Fn(&Finding, &Cause) -> bool,
) {
    for finding in findings.iter_mut().filter(|finding| finding.cause.is_none()) {
        for repair in locate::money::in_yuan(report, forms, finding) {
            let known = causes.iter().find(|cause| cause.cells == [repair.clone()]);
            let id =
                causes.iter().map(|cause| cause.id).max().unwrap_or_default().saturating_add(1);
            let cause = match known {
                Some(cause) => cause.clone(),
                None => locate::money::cause(id, report, forms, repair),
            };
            if settles(finding, &cause) {
                finding.cause = Some(cause.id);
                if cause.id == id {
                    causes.push(cause);
                }
                break;
            }
        }
    }
}

/// Whether two findings are of one rule at one place.
fn is_same(a: &Finding, b: &Finding) -> bool {
    (&a.rule, &a.place) == (&b.rule, &b.place)
}

/// What [`compare`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The findings of the report by itself, each with the cause that explains it now.
    pub own: Vec<Finding>,
    /// The findings across years.
    pub years: Vec<Finding>,
    /// The causes.
    pub causes: Vec<Cause>,
    /// Every equation across years that was tried.
    pub tried: Vec<crate::check::Tried>,
}

/// The numbers of a report's cells.
fn numbers(report: &Report) -> BTreeMap<CellId, Decimal> {
    let number = |(id, cell): (&CellId, &report::Cell)| match &cell.value {
        CellValue::Number(number) => Some((id.clone(), *number)),
        _ => None,
    };
    report.cells.iter().filter_map(number).collect()
}

/// The report as it would be if these cells were mended.
fn repaired(report: &Report, cells: &[Repair]) -> Report {
    let mut repaired = report.clone();
    for repair in cells {
        if let Some(cell) = repaired.cells.get_mut(&repair.cell) {
            cell.value = CellValue::Number(repair.repaired);
        }
    }
    repaired
}

/// The verdict these findings come to.
pub fn verdict(findings: &[Finding]) -> Verdict {
    match findings.iter().any(|finding| finding.severity == Severity::Error) {
        true => Verdict::Failed,
        false => Verdict::Passed,
    }
}

fn refused(member: String, refusal: &Refusal) -> Inspection {
    Inspection {
        reason: Some(refusal.reason()),
        detail: Some(refusal.to_string()),
        lacks_program: matches!(refusal, Refusal::Unrecognised(_)),
        ..without_report(member, Verdict::Unreadable)
    }
}

/// An inspection that came to no report, without a reason yet.
pub(crate) fn without_report(member: String, verdict: Verdict) -> Inspection {
    Inspection {
        member,
        verdict,
        reason: None,
        detail: None,
        lacks_program: false,
        format: None,
        checked: None,
    }
}

impl Lost {
    /// The reason in Chinese, for the township and the county office.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Overran => "读取时间过长，文件结构可能异常，请用原软件打开后另存一份再提交",
            Self::OutOfMemory => "文件展开后过大，不像一份年度报告，请检查后重新提交",
            Self::Crashed => "文件结构异常，无法读取，请用原软件打开后另存一份再提交",
            Self::Recognising => {
                "这是扫描件，文字识别没有在规定的时间和内存内完成（可能页数过多、图像过大或不清楚）；\
                 请提交 Word 等文字版文件，或每份报告单独扫描后提交"
            }
        }
    }

    /// The same for the administrator.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Overran => "the reader process ran out of time",
            Self::OutOfMemory => "the reader process ran out of memory",
            Self::Crashed => "the reader process crashed",
            Self::Recognising => {
                "the recognition of its characters ran out of time or memory, or crashed"
            }
        }
    }
}
