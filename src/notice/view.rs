//! What the templates show: notices, put in order and into words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::table::{self, Drawn};
use super::{clean, subject};
use crate::check::Finding;
use crate::document::Source;
use crate::form::{Forms, Severity};
use crate::locate::Cause;
use crate::store::{NoticeKind, NoticeToSend};

/// What letters are written with.
pub(super) struct Setting<'a> {
    /// For official names.
    pub(super) forms: &'a Forms,
    /// For the times shown.
    pub(super) zone: &'a TimeZone,
}

/// A letter to the office.
#[derive(Debug, Serialize)]
pub(super) struct Digest {
    /// The table of a digest; empty in a letter about one report.
    rows: Vec<Row>,
    /// What is told in detail.
    items: Vec<Item>,
    /// Reports that are in the table only.
    left_out: usize,
    /// Files that are no report, each a line.
    strangers: Vec<Item>,
    /// What to do now.
    closing: &'static str,
}

/// A line of a digest's table.
#[derive(Debug, Serialize)]
struct Row {
    unit: String,
    year: String,
    verdict: &'static str,
    errors: usize,
    first: String,
}

impl Digest {
    /// One notice and files that are no report.
    pub(super) fn single(
        notice: &NoticeToSend,
        strangers: &[&NoticeToSend],
        setting: &Setting<'_>,
    ) -> Self {
        Self {
            rows: Vec::new(),
            items: vec![Item::new(notice, setting)],
            left_out: 0,
            strangers: strangers.iter().map(|notice| Item::new(notice, setting)).collect(),
            closing: closing(&[notice]),
        }
    }

    /// Several notices: all in the table, the first `detailed` in detail.
    pub(super) fn several(
        notices: &[&NoticeToSend],
        detailed: usize,
        setting: &Setting<'_>,
    ) -> Self {
        let (strangers, reports): (Vec<&NoticeToSend>, Vec<_>) =
            notices.iter().copied().partition(|notice| notice.kind == NoticeKind::Unrecognised);
        let items = reports.iter().take(detailed).map(|notice| Item::brief(notice, setting));
        Self {
            rows: reports.iter().map(|notice| row(notice)).collect(),
            items: items.collect(),
            left_out: reports.len().saturating_sub(detailed),
            strangers: strangers.iter().map(|notice| Item::new(notice, setting)).collect(),
            closing: closing(notices),
        }
    }
}

fn row(notice: &NoticeToSend) -> Row {
    let problems = problems(notice);
    let first = match notice.kind {
        NoticeKind::Failed | NoticeKind::StillFailing => problems.first.unwrap_or_default(),
        _ => sentence(notice.reason.as_ref()).unwrap_or_default(),
    };
    Row {
        unit: unit(notice),
        year: notice.year.map(|year| year.to_string()).unwrap_or_default(),
        verdict: verdict(notice),
        errors: problems.count,
        first: clean::shorten(&first, 120),
    }
}

/// One notice as told in a letter.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    title: String,
    verdict: String,
    /// Of the verdict: `bad`, `good` or `note`.
    tone: &'static str,
    facts: Vec<Fact>,
    /// Why a file could not be read, or what a condition is about.
    reason: Option<String>,
    detail: Option<String>,
    change: Option<Change>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    hints: Vec<Problem>,
    /// Warnings and hints that are not listed.
    more: usize,
    tables: Vec<Drawn>,
}

/// A line of the head.
#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

/// A finding, or a cause with the findings it explains.
#[derive(Debug, Clone, Serialize)]
struct Problem {
    message: String,
    quote: Option<String>,
    explains: Vec<String>,
}

/// What became of what was told before.
#[derive(Debug, Serialize)]
struct Change {
    summary: String,
    settled: Vec<String>,
}

/// Hints in a letter about one report; more of them hide what matters.
const HINTS: usize = 8;

/// Lines of one severity in a letter, a report full of blanks having hundreds.
const LINES: usize = 60;

/// Lines of one severity for each report of a digest, and for one told before.
const BRIEF_LINES: usize = 8;

impl Item {
    /// All that is known; of a report told before, what it still has to correct.
    pub(super) fn new(notice: &NoticeToSend, setting: &Setting<'_>) -> Self {
        if notice.kind == NoticeKind::StillFailing {
            return Self::brief(notice, setting);
        }
        let mut item = Self::limited(notice, setting, LINES, HINTS);
        item.tables = table::drawn(notice, setting.forms);
        item
    }

    /// What must be corrected or confirmed, without hints and tables.
    fn brief(notice: &NoticeToSend, setting: &Setting<'_>) -> Self {
        Self::limited(notice, setting, BRIEF_LINES, 0)
    }

    fn limited(notice: &NoticeToSend, setting: &Setting<'_>, lines: usize, hints: usize) -> Self {
        let mut of = listed(notice);
        let mut take = |severity, most: usize| {
            let mut lines: Vec<Problem> = of.remove(&severity).unwrap_or_default();
            let left = lines.len().saturating_sub(most);
            lines.truncate(most);
            (lines, left)
        };
        let (errors, errors_left) = take(Severity::Error, lines);
        let (warnings, warnings_left) = take(Severity::Warning, lines);
        let (hints, hints_left) = take(Severity::Info, hints);
        Self {
            title: title(notice),
            verdict: verdict_in_words(notice),
            tone: tone(notice.kind),
            facts: facts(notice, setting.zone),
            reason: sentence(notice.reason.as_ref()),
            detail: sentence(notice.detail.as_ref()),
            change: change(notice),
            errors,
            warnings,
            hints,
            more: errors_left + warnings_left + hints_left,
            tables: Vec::new(),
        }
    }
}

/// Causes and findings by severity: a cause weighs as much as the gravest finding it explains, and
/// stands before the findings nothing explains.
fn listed(notice: &NoticeToSend) -> BTreeMap<Severity, Vec<Problem>> {
    let mut by_severity: BTreeMap<Severity, Vec<Problem>> = BTreeMap::new();
    for cause in &notice.causes {
        let explained = explained(notice, cause);
        let Some(gravest) = explained.iter().map(|finding| finding.severity).max() else {
            continue;
        };
        by_severity.entry(gravest).or_default().push(Problem {
            message: clean::sentence(&cause.message),
            quote: None,
            explains: explained.iter().map(|f| clean::sentence(&f.message)).collect(),
        });
    }
    for finding in unexplained(notice) {
        by_severity.entry(finding.severity).or_default().push(Problem::of(finding));
    }
    by_severity
}

impl Problem {
    fn of(finding: &Finding) -> Self {
        let message = clean::sentence(&finding.message);
        let quote = sentence(finding.quote.as_ref());
        Self { quote: quote.filter(|q| !message.contains(q)), message, explains: Vec::new() }
    }
}

fn explained<'a>(notice: &'a NoticeToSend, cause: &Cause) -> Vec<&'a Finding> {
    notice.findings.iter().filter(|finding| finding.cause == Some(cause.id)).collect()
}

fn unexplained(notice: &NoticeToSend) -> impl Iterator<Item = &Finding> {
    let causes: BTreeSet<u32> = notice.causes.iter().map(|cause| cause.id).collect();
    let known = move |finding: &&Finding| finding.cause.is_none_or(|id| !causes.contains(&id));
    notice.findings.iter().filter(known)
}

/// What must be corrected, counted as a person would: five broken sums with one cause are one.
pub(super) struct Problems {
    /// How many.
    pub(super) count: usize,
    /// The message of the first.
    pub(super) first: Option<String>,
    figures_only: bool,
}

impl Problems {
    /// E.g. `2 处数字不符`.
    pub(super) fn headline(&self) -> String {
        let what = if self.figures_only { "数字不符" } else { "需要更正" };
        format!("{} 处{what}", self.count)
    }
}

/// What must be corrected in the report of a notice.
pub(super) fn problems(notice: &NoticeToSend) -> Problems {
    let mut listed = listed(notice);
    let errors = listed.remove(&Severity::Error).unwrap_or_default();
    let mut errors_found = notice.findings.iter().filter(|f| f.severity == Severity::Error);
    Problems {
        count: errors.len(),
        first: errors.first().map(|problem| problem.message.clone()),
        figures_only: errors_found.all(|f| f.left.is_some() && f.right.is_some()),
    }
}

/// The unit, else the file.
pub(super) fn unit(notice: &NoticeToSend) -> String {
    let unit = notice.unit.as_deref().map(clean::name).filter(|unit| !unit.is_empty());
    unit.unwrap_or_else(|| file(notice))
}

/// The name of the file, as far as it can be shown.
pub(super) fn file(notice: &NoticeToSend) -> String {
    let name = clean::name(&notice.file_name);
    if name.is_empty() { "（无名）".to_owned() } else { name }
}

/// A sentence, if there is anything to see in it.
fn sentence(text: Option<&String>) -> Option<String> {
    text.map(|text| clean::sentence(text)).filter(|text| !text.is_empty())
}

fn title(notice: &NoticeToSend) -> String {
    match notice.kind {
        NoticeKind::Administrator => subject::condition(notice).to_owned(),
        NoticeKind::Unrecognised => file(notice),
        _ => match notice.year {
            Some(year) => format!("{} {year} 年度报告", unit(notice)),
            None if notice.unit.is_some() => format!("{}（年份不明）年度报告", unit(notice)),
            None => file(notice),
        },
    }
}

/// One word or two, for the table.
fn verdict(notice: &NoticeToSend) -> &'static str {
    match notice.kind {
        NoticeKind::Failed => "需更正",
        NoticeKind::StillFailing => "仍未更正",
        NoticeKind::Corrected => "已更正",
        NoticeKind::Unreadable => "无法读取",
        NoticeKind::Unrecognised => "不是年报",
        NoticeKind::Overdue => "尚未报送",
        NoticeKind::Administrator => "提醒",
    }
}

fn verdict_in_words(notice: &NoticeToSend) -> String {
    let problems = problems(notice);
    match notice.kind {
        NoticeKind::Failed => format!("核查未通过，{}", problems.headline()),
        NoticeKind::StillFailing => {
            format!("新提交的文件仍未更正，{}", problems.headline())
        }
        NoticeKind::Corrected if notice.previous.as_ref().is_some_and(was_unreadable) => {
            "文件已可读取，核查通过".to_owned()
        }
        NoticeKind::Corrected => "已更正，核查通过".to_owned(),
        NoticeKind::Unreadable => "文件无法读取，未能核查".to_owned(),
        NoticeKind::Unrecognised => "可以读取，但不是年度报告，未核查".to_owned(),
        NoticeKind::Overdue => "尚未报送".to_owned(),
        NoticeKind::Administrator => String::new(),
    }
}

fn was_unreadable(previous: &crate::store::PreviousMail) -> bool {
    previous.kind == NoticeKind::Unreadable
}

fn tone(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Failed | NoticeKind::StillFailing | NoticeKind::Unreadable => "bad",
        NoticeKind::Corrected => "good",
        NoticeKind::Unrecognised | NoticeKind::Overdue | NoticeKind::Administrator => "note",
    }
}

fn facts(notice: &NoticeToSend, zone: &TimeZone) -> Vec<Fact> {
    if notice.kind == NoticeKind::Administrator {
        return vec![Fact { name: "时间", value: time(notice.queued_at, zone) }];
    }
    let year = notice.year.map_or("不明".to_owned(), |year| year.to_string());
    let version = notice.version.filter(|version| *version > 1);
    let version = version.map(|version| format!("（第 {version} 版）")).unwrap_or_default();
    let mut facts = Vec::new();
    if notice.unit.is_some() || notice.year.is_some() {
        facts.push(Fact { name: "单位", value: unit(notice) });
        facts.push(Fact { name: "年份", value: year });
    }
    facts.push(Fact { name: "文件", value: file(notice) + &version });
    facts.push(Fact { name: "保存", value: time(notice.file_modified_at, zone) });
    facts.push(Fact { name: "收到", value: time(notice.first_seen_at, zone) });
    if notice.source == Some(Source::Ocr) {
        let value = "扫描图片，数字由程序识别，请对照原件核对".to_owned();
        facts.push(Fact { name: "来源", value });
    }
    facts
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Findings are the same when rule and place are: the numbers in the message may differ.
fn change(notice: &NoticeToSend) -> Option<Change> {
    let previous = notice.previous.as_ref()?;
    let place = |finding: &Finding| (finding.rule.clone(), finding.place.clone());
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let now: BTreeSet<_> = notice.findings.iter().filter(is_error).map(place).collect();
    let before: BTreeSet<_> = previous.findings.iter().filter(is_error).map(place).collect();
    let settled: Vec<_> = previous
        .findings
        .iter()
        .filter(is_error)
        .filter(|finding| !now.contains(&place(finding)))
        .map(|finding| clean::sentence(&finding.message))
        .collect();
    let summary = match notice.kind {
        NoticeKind::Corrected if settled.is_empty() => return None,
        NoticeKind::Corrected => format!("此前指出的 {} 处均已更正", settled.len()),
        NoticeKind::Failed if !before.is_empty() => format!(
            "与上次指出的相比：已更正 {} 处，仍有 {} 处，新出现 {} 处",
            settled.len(),
            now.intersection(&before).count(),
            now.difference(&before).count()
        ),
        _ => return None,
    };
    Some(Change { summary, settled })
}

fn closing(notices: &[&NoticeToSend]) -> &'static str {
    let any = |kinds: &[NoticeKind]| notices.iter().any(|notice| kinds.contains(&notice.kind));
    if any(&[NoticeKind::Failed, NoticeKind::StillFailing]) {
        "请核对后重新提交到投递文件夹，谢谢。以上由程序自动核查，只指出不符之处，不改动报告；应填何数，以本单位核实为准。"
    } else if any(&[NoticeKind::Unreadable]) {
        "请按上述提示处理后重新提交到投递文件夹，谢谢。"
    } else if any(&[NoticeKind::Overdue]) {
        "请提醒上述单位尽快报送，谢谢。"
    } else if any(&[NoticeKind::Unrecognised]) {
        "如果其中有应报送的年度报告，请检查文件是否放错，再重新提交到投递文件夹，谢谢。"
    } else {
        "无须再作处理，谢谢。"
    }
}
