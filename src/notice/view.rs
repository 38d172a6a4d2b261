//! What the templates show: notices, put in order and into words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;

use super::overdue::quoted;
use super::table::{self, Drawn};
use super::{clean, subject};
use crate::check::{Finding, Verdict};
use crate::document::Source;
use crate::form::{CellId, Form, Forms, Severity, Table};
use crate::locate::{Cause, Repair};
use crate::store::{NoticeKind, NoticeToSend, PreviousMail};

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
    /// What to do about a digest.
    lead: &'static str,
    /// What is told in detail.
    items: Vec<Item>,
    /// Reports that are in the table only.
    left_out: usize,
    /// Files that are no report, each a line.
    strangers: Vec<Stranger>,
    /// What holds of all that is told.
    closing: &'static str,
}

/// A line of a digest's table.
#[derive(Debug, Serialize)]
struct Row {
    unit: String,
    year: String,
    verdict: &'static str,
    tone: &'static str,
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
            lead: "",
            items: vec![Item::new(notice, setting)],
            left_out: 0,
            strangers: strangers.iter().map(|notice| Stranger::new(notice)).collect(),
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
        let items = reports
            .iter()
            .take(detailed)
            .map(|notice| Item { lead: String::new(), ..Item::brief(notice, setting) });
        Self {
            rows: reports.iter().map(|notice| row(notice, setting.forms)).collect(),
            lead: lead_of_several(&reports),
            items: items.collect(),
            left_out: reports.len().saturating_sub(detailed),
            strangers: strangers.iter().map(|notice| Stranger::new(notice)).collect(),
            closing: closing(notices),
        }
    }
}

fn row(notice: &NoticeToSend, forms: &Forms) -> Row {
    let problems = problems(notice, forms);
    let first = match notice.kind {
        NoticeKind::Failed | NoticeKind::StillFailing => problems.first.unwrap_or_default(),
        _ => sentence(notice.reason.as_ref()).unwrap_or_default(),
    };
    Row {
        unit: unit(notice),
        year: notice.year.map(|year| year.to_string()).unwrap_or_default(),
        verdict: verdict(notice),
        tone: tone(notice.kind),
        errors: problems.count,
        first: clean::shorten(&first, 120),
    }
}

/// A file that is no report, in a letter about others. There may be thousands.
#[derive(Debug, Serialize)]
struct Stranger {
    title: String,
    /// Why it is none.
    reason: Option<String>,
}

impl Stranger {
    fn new(notice: &NoticeToSend) -> Self {
        Self { title: title(notice), reason: sentence(notice.reason.as_ref()) }
    }
}

/// One notice as told in a letter, or a report on a page of its own.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub(super) title: String,
    verdict: String,
    /// Of the verdict: `bad`, `good` or `note`.
    tone: &'static str,
    /// What to do now.
    lead: String,
    /// Why a file could not be read, or what a condition is about.
    reason: Option<String>,
    detail: Option<String>,
    change: Option<Change>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    hints: Vec<Problem>,
    /// Findings that are not listed.
    more: usize,
    tables: Vec<Drawn>,
    facts: Vec<Fact>,
}

/// A line about the file, or of the head of a condition.
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
    /// What it explains that is not listed.
    more: usize,
    /// What is the matter, after the name of its place.
    #[serde(skip)]
    matter: String,
    #[serde(skip)]
    cells: Vec<CellId>,
    /// The table it speaks of as a whole, if it does.
    #[serde(skip)]
    table: Option<String>,
    /// Rules and places that do not hold.
    #[serde(skip)]
    broken: BTreeSet<(String, String)>,
}

/// What became of what was told before.
#[derive(Debug, Serialize)]
struct Change {
    summary: String,
    /// What was wrong, without what was asked to be done about it.
    settled: Vec<String>,
    /// Settled ones that are not listed.
    more: usize,
}

/// Hints in a letter about one report; more of them hide what matters.
const HINTS: usize = 8;

/// Lines of one severity in a letter, a report full of blanks having hundreds.
const LINES: usize = 60;

/// Lines of one severity for each report of a digest, and for one told before.
const BRIEF_LINES: usize = 8;

/// Findings that are named as proof of one cause, and where there are many causes.
const PROOFS: usize = 6;
const FEW_PROOFS: usize = 2;

/// From so many causes on, more proofs of each would bury the others.
const MANY_CAUSES: usize = 4;

/// How much of a report is told.
#[derive(Clone, Copy)]
struct Extent {
    lines: usize,
    hints: usize,
    tables: bool,
}

impl Extent {
    const FULL: Self = Self { lines: LINES, hints: HINTS, tables: true };
    const BRIEF: Self = Self { lines: BRIEF_LINES, hints: 0, tables: false };
}

impl Item {
    /// All that is known; of a report told before, what it still has to correct.
    pub(super) fn new(notice: &NoticeToSend, setting: &Setting<'_>) -> Self {
        match notice.kind {
            NoticeKind::StillFailing => Self::brief(notice, setting),
            _ => Self::told(notice, setting, Extent::FULL),
        }
    }

    /// A report as it stands, whatever was mailed about it.
    pub(super) fn page(notice: &NoticeToSend, setting: &Setting<'_>) -> Self {
        let mut item = Self::told(notice, setting, Extent::FULL);
        if notice.verdict == Verdict::Passed {
            item.verdict = "核查通过".to_owned();
            item.lead = match item.warnings.is_empty() {
                true => "没有发现需要更正的问题。".to_owned(),
                false => "没有发现必须更正的问题，请核实以下各条。".to_owned(),
            };
        }
        item
    }

    /// What must be corrected or confirmed, without hints and tables.
    fn brief(notice: &NoticeToSend, setting: &Setting<'_>) -> Self {
        Self::told(notice, setting, Extent::BRIEF)
    }

    fn told(notice: &NoticeToSend, setting: &Setting<'_>, extent: Extent) -> Self {
        let mut of = Found::now(notice).listed(setting.forms);
        let mut take = |severity, most: usize| {
            let mut lines: Vec<Problem> = of.remove(&severity).unwrap_or_default();
            let left = lines.len().saturating_sub(most);
            lines.truncate(most);
            (lines, left)
        };
        let (errors, errors_left) = take(Severity::Error, extent.lines);
        let (warnings, warnings_left) = take(Severity::Warning, extent.lines);
        let (hints, hints_left) = take(Severity::Info, extent.hints);
        let tables = if extent.tables { table::drawn(notice, setting.forms) } else { Vec::new() };
        Self {
            title: title(notice),
            verdict: verdict_in_words(notice, setting.forms),
            tone: tone(notice.kind),
            lead: lead(notice).to_owned(),
            facts: facts(notice, setting.zone),
            reason: sentence(notice.reason.as_ref()),
            detail: sentence(notice.detail.as_ref()),
            change: change(notice, setting.forms),
            errors,
            warnings,
            hints,
            more: errors_left + warnings_left + hints_left,
            tables,
        }
    }
}

/// What was found in one version of a report, and what explains it.
#[derive(Clone, Copy)]
struct Found<'a> {
    findings: &'a [Finding],
    causes: &'a [Cause],
}

impl<'a> Found<'a> {
    fn now(notice: &'a NoticeToSend) -> Self {
        Self { findings: &notice.findings, causes: &notice.causes }
    }

    fn before(previous: &'a PreviousMail) -> Self {
        Self { findings: &previous.findings, causes: &previous.causes }
    }

    /// Causes and findings by severity, in the order of their matters: a cause weighs as much as the
    /// gravest finding it explains, and stands before what nothing explains.
    fn listed(self, forms: &Forms) -> BTreeMap<Severity, Vec<Problem>> {
        let mut by_severity: BTreeMap<Severity, Vec<Problem>> = BTreeMap::new();
        for cause in self.causes {
            let explained = self.explained(cause);
            let Some(gravest) = explained.iter().map(|finding| finding.severity).max() else {
                continue;
            };
            let proofs = if self.causes.len() < MANY_CAUSES { PROOFS } else { FEW_PROOFS };
            let problem = Problem::caused(cause, &explained, proofs, forms);
            by_severity.entry(gravest).or_default().push(problem);
        }
        let is_explained =
            |finding: &Finding| self.causes.iter().any(|cause| explains(cause, finding));
        let mut rest: Vec<&Finding> = self.findings.iter().filter(|f| !is_explained(f)).collect();
        rest.sort_by_key(|finding| forms.matter(&finding.rule));
        for finding in rest {
            by_severity.entry(finding.severity).or_default().push(Problem::of(finding, forms));
        }
        by_severity
    }

    fn errors(self, forms: &Forms) -> Vec<Problem> {
        self.listed(forms).remove(&Severity::Error).unwrap_or_default()
    }

    /// The findings a cause explains, the sums first.
    fn explained(self, cause: &Cause) -> Vec<&'a Finding> {
        let (sums, text): (Vec<_>, Vec<_>) = self
            .findings
            .iter()
            .filter(|finding| explains(cause, finding))
            .partition(|finding| finding.cause.is_some());
        sums.into_iter().chain(text).collect()
    }
}

/// Whether a finding needs no line of its own: the cause explains it, or it is a sentence of the text
/// that states what the cause proposes for the cell: the same slip, seen twice.
fn explains(cause: &Cause, finding: &Finding) -> bool {
    let stated = finding.left.as_ref().and_then(|left| left.parse::<Decimal>().ok());
    let is_borne_out = |repair: &Repair| {
        Some(repair.repaired) == stated && repair.cell.to_string() == finding.place
    };
    match (finding.cause, &finding.quote) {
        (Some(id), _) => id == cause.id,
        (None, Some(_)) => cause.cells.iter().any(is_borne_out),
        (None, None) => false,
    }
}

impl Problem {
    fn of(finding: &Finding, forms: &Forms) -> Self {
        let mut message = clean::sentence(&finding.message);
        if let Some(explanation) = &finding.explanation {
            message += &format!("（已说明：{}）", clean::sentence(explanation));
        }
        let quote = sentence(finding.quote.as_ref());
        Self {
            quote: quote
                .filter(|q| !message.contains(q.trim_end_matches(['。', '；', '，', '.', ';']))),
            message,
            explains: Vec::new(),
            more: 0,
            matter: matter(finding, forms).to_owned(),
            cells: finding.cells.clone(),
            table: finding.place.split('.').next().map(str::to_owned),
            broken: BTreeSet::from([broken(finding)]),
        }
    }

    /// A finding about nothing but the cell of the cause proves nothing that the cause does not say.
    fn caused(cause: &Cause, explained: &[&Finding], most: usize, forms: &Forms) -> Self {
        let repeats = |finding: &Finding| match (finding.cells.as_slice(), cause.cells.as_slice()) {
            ([cell], [repair]) => *cell == repair.cell && finding.quote.is_none(),
            _ => false,
        };
        let proofs: Vec<&Finding> = explained.iter().copied().filter(|f| !repeats(f)).collect();
        let told =
            |finding: &&Finding| without_request(&clean::sentence(&finding.message)).to_owned();
        let mut matters = explained.iter().filter(|f| f.quote.is_none()).map(|f| matter(f, forms));
        let first = matters.next().unwrap_or(FIGURES);
        let matter = if matters.all(|other| other == first) { first } else { FIGURES };
        Self {
            message: clean::sentence(&cause.message),
            quote: None,
            explains: proofs.iter().take(most).map(told).collect(),
            more: proofs.len().saturating_sub(most),
            matter: matter.to_owned(),
            table: None,
            cells: cause.cells.iter().map(|repair| repair.cell.clone()).collect(),
            broken: explained.iter().map(|finding| broken(finding)).collect(),
        }
    }
}

/// Findings are the same when rule and place are: the numbers in the message may differ.
fn broken(finding: &Finding) -> (String, String) {
    (finding.rule.clone(), finding.place.clone())
}

/// What is the matter with figures that disagree, and with what no form has words for.
const FIGURES: &str = "数字不符";
const UNNAMED: &str = "需要更正";

/// What is the matter with a finding, in words that follow the name of its place.
fn matter<'f>(finding: &Finding, forms: &'f Forms) -> &'f str {
    let is_figure = finding.left.is_some() && finding.right.is_some();
    forms.headline(&finding.rule).unwrap_or(if is_figure { FIGURES } else { UNNAMED })
}

/// Without the request at its end, which a cause makes itself: `…，相差4。请核对。` to `…，相差4。`
fn without_request(text: &str) -> &str {
    let quoted = |before: &str| before.matches('“').count() > before.matches('”').count();
    let facts = text.match_indices("。请").map(|(at, _)| text.split_at(at + '。'.len_utf8()).0);
    facts.into_iter().find(|facts| !quoted(facts)).unwrap_or(text)
}

/// What must be corrected, counted as a person would: five broken sums with one cause are one.
pub(super) struct Problems {
    /// How many.
    pub(super) count: usize,
    /// The message of the first.
    pub(super) first: Option<String>,
    /// What is the matter and how much of it, e.g. `表三 2 处数字不符，另有 1 处需要更正`.
    pub(super) headline: String,
}

/// What must be corrected in the report of a notice.
pub(super) fn problems(notice: &NoticeToSend, forms: &Forms) -> Problems {
    let errors = Found::now(notice).errors(forms);
    let of_report = notice.form.as_deref().and_then(|id| forms.get(id));
    let due = |form: &&Form| notice.year.is_some_and(|year| form.covers(year));
    let known: Vec<&Form> = of_report.into_iter().chain(forms.iter().filter(due)).collect();
    Problems {
        count: errors.len(),
        first: errors.first().map(|problem| problem.message.clone()),
        headline: headline(&errors, &known),
    }
}

/// The first two matters, each with its place and how often, and how much else there is. `forms`:
/// that of the report, and those of its year.
fn headline(problems: &[Problem], forms: &[&Form]) -> String {
    const TOLD: usize = 2;
    let mut matters: Vec<(&str, Vec<&Problem>)> = Vec::new();
    for problem in problems {
        match matters.iter_mut().find(|(matter, _)| *matter == problem.matter) {
            Some((_, same)) => same.push(problem),
            None => matters.push((&problem.matter, vec![problem])),
        }
    }
    if let [(matter, same)] = matters.as_slice() {
        return told(matter, same, &place(same, forms));
    }
    let named = matters.iter().filter(|(matter, _)| *matter != UNNAMED).take(TOLD);
    let named: Vec<&(&str, Vec<&Problem>)> = named.collect();
    let rest = problems.len() - named.iter().map(|(_, same)| same.len()).sum::<usize>();
    let mut before = String::new();
    let tell = |(matter, same): &&(&str, Vec<&Problem>)| {
        let place = tables(same, forms);
        let is_known = std::mem::replace(&mut before, place.clone()) == place;
        match is_known && !place.is_empty() {
            true => format!("{} 处{matter}", same.len()),
            false => told(matter, same, &place),
        }
    };
    let mut all: Vec<String> = named.iter().map(tell).collect();
    if rest > 0 {
        all.push(format!("另有 {rest} 处需要更正"));
    }
    all.join("，")
}

/// `表三 2 处数字不符`, `表三“本年新收”行“总计”列数字不符`, `表三缺失`.
fn told(matter: &str, same: &[&Problem], place: &str) -> String {
    let names_cells = same.iter().any(|problem| !problem.cells.is_empty());
    let is_exact = same.len() == 1 && (place.ends_with(['行', '列', '”']) || !names_cells);
    match (place.is_empty(), is_exact) {
        _ if matter == UNNAMED && place.is_empty() => format!("{} 处{matter}", same.len()),
        (_, true) => format!("{place}{matter}"),
        (false, false) if !names_cells => format!("{place}{matter}"),
        (true, false) => format!("{} 处{matter}", same.len()),
        (false, false) => format!("{place} {} 处{matter}", same.len()),
    }
}

/// The cell, row, column or tables that problems are about, as sentences name them.
fn place(problems: &[&Problem], forms: &[&Form]) -> String {
    let cells: Vec<&CellId> = problems.iter().flat_map(|problem| &problem.cells).collect();
    let one = || {
        let first = *cells.first()?;
        let form = forms.iter().find(|form| form.names(first).is_some())?;
        let (table, row, column) = form.names(first)?;
        let all = |same: &dyn Fn(&CellId) -> bool| cells.iter().all(|cell| same(cell));
        if all(&|cell| cell == first) {
            return form.name(first);
        }
        let has_columns = form.table(&first.table)?.columns.len() > 1;
        if !has_columns || !all(&|cell| cell.table == first.table) {
            None
        } else if all(&|cell| cell.row == first.row) {
            Some(format!("{table}“{row}”行"))
        } else if all(&|cell| cell.column == first.column) {
            Some(format!("{table}“{column}”列"))
        } else {
            None
        }
    };
    one().unwrap_or_else(|| tables(problems, forms))
}

/// The tables that problems are about, in official order: `表三、表四`.
fn tables(problems: &[&Problem], forms: &[&Form]) -> String {
    let concerned = |table: &&Table| {
        problems.iter().any(|problem| {
            problem.table.as_deref() == Some(table.id.as_str())
                || problem.cells.iter().any(|cell| cell.table == table.id)
        })
    };
    let mut named: Vec<&Table> = Vec::new();
    for table in forms.iter().flat_map(|form| &form.tables).filter(concerned) {
        if !named.iter().any(|known| known.id == table.id) {
            named.push(table);
        }
    }
    named.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join("、")
}

/// The unit, else the file.
pub(super) fn unit(notice: &NoticeToSend) -> String {
    let unit = notice.unit.as_deref().map(clean::name).filter(|unit| !unit.is_empty());
    unit.unwrap_or_else(|| file(notice))
}

/// The name of the file, as far as it can be shown.
pub(super) fn file(notice: &NoticeToSend) -> String {
    let name = clean::name(&within(&notice.file_name));
    if name.is_empty() { "（无名）".to_owned() } else { name }
}

/// `年报.zip!东山乡.docx` as people say it: `年报.zip 中的 东山乡.docx`; `合订.docx!2`: `合订.docx 中的第 2 份`.
fn within(name: &str) -> String {
    let is_file = |outer: &str| outer.rsplit_once('.').is_some_and(|(_, e)| e.len() <= 4);
    match name.split_once('!').filter(|(outer, _)| is_file(outer)) {
        Some((outer, number)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{outer} 中的第 {number} 份")
        }
        Some((outer, inner)) => format!("{outer} 中的 {}", within(inner)),
        None => name.to_owned(),
    }
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

fn verdict_in_words(notice: &NoticeToSend, forms: &Forms) -> String {
    let headline = || problems(notice, forms).headline;
    match notice.kind {
        NoticeKind::Failed => format!("核查未通过：{}", headline()),
        NoticeKind::StillFailing => format!("仍未更正：{}", headline()),
        NoticeKind::Corrected if notice.previous.as_ref().is_some_and(was_unreadable) => {
            "文件已可读取，核查通过".to_owned()
        }
        NoticeKind::Corrected => "已更正，核查通过".to_owned(),
        NoticeKind::Unreadable => "文件无法读取，未能核查".to_owned(),
        NoticeKind::Unrecognised => "不是年度报告，未核查".to_owned(),
        NoticeKind::Overdue => "尚未报送".to_owned(),
        NoticeKind::Administrator => String::new(),
    }
}

/// What the reader is to do now, where nothing else says it.
fn lead(notice: &NoticeToSend) -> &'static str {
    match notice.kind {
        NoticeKind::Failed => "请填报单位核对下列各处，改好后重新提交到投递文件夹。",
        NoticeKind::StillFailing => {
            "新提交的文件仍有下列问题，请填报单位核对，改好后重新提交到投递文件夹。"
        }
        NoticeKind::Corrected => "无须再作处理。",
        NoticeKind::Overdue => "请提醒该单位尽快报送。",
        NoticeKind::Unrecognised => {
            "如果这是应报送的年度报告，请检查文件是否放错，再重新提交到投递文件夹。"
        }
        NoticeKind::Administrator => subject::remedy(notice),
        NoticeKind::Unreadable => "",
    }
}

/// The same for a digest: of what calls for most, once.
fn lead_of_several(notices: &[&NoticeToSend]) -> &'static str {
    let any = |kinds: &[NoticeKind]| notices.iter().any(|notice| kinds.contains(&notice.kind));
    if any(&[NoticeKind::Failed, NoticeKind::StillFailing]) {
        "请各单位核对下列问题，改好后重新提交到投递文件夹。"
    } else if any(&[NoticeKind::Unreadable]) {
        "请按下列说明处理后重新提交到投递文件夹。"
    } else if any(&[NoticeKind::Overdue]) {
        "请提醒上述单位尽快报送。"
    } else {
        "无须再作处理。"
    }
}

fn was_unreadable(previous: &PreviousMail) -> bool {
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
    let version = notice.version.filter(|version| *version > 1);
    let version = version.map(|version| format!("（第 {version} 版）")).unwrap_or_default();
    let mut facts = vec![
        Fact { name: "文件", value: file(notice) + &version },
        Fact { name: "保存", value: time(notice.file_modified_at, zone) },
        Fact { name: "收到", value: time(notice.first_seen_at, zone) },
    ];
    if let Some(note) = notice.roster.as_ref().filter(|note| !note.listed) {
        let similar = match quoted(&note.similar) {
            none if none.is_empty() => "也没有相近的名称".to_owned(),
            some => format!("可能是{some}"),
        };
        let value = format!("名册中没有“{}”，{similar}，请核对单位名称", unit(notice));
        facts.push(Fact { name: "名册", value });
    }
    if notice.source == Some(Source::Ocr) {
        let value = "扫描件识别，请先对照原件".to_owned();
        facts.push(Fact { name: "来源", value });
    }
    if let Some(rules) = &notice.rules_changed {
        facts.push(Fact { name: "规则", value: format!("配置中{}", clean::sentence(rules)) });
    }
    facts
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A problem is the same while one of its sums is still broken.
fn change(notice: &NoticeToSend, forms: &Forms) -> Option<Change> {
    let previous = notice.previous.as_ref()?;
    let (now, before) = (Found::now(notice).errors(forms), Found::before(previous).errors(forms));
    let (kept, new): (Vec<_>, Vec<_>) = now.iter().partition(|problem| problem.is_among(&before));
    let settled: Vec<String> = before
        .iter()
        .filter(|problem| !problem.is_among(&now))
        .map(|problem| first_sentence(&problem.message).to_owned())
        .collect();
    let summary = match notice.kind {
        NoticeKind::Corrected if settled.is_empty() => return None,
        NoticeKind::Corrected => format!("此前指出的 {} 处均已更正：", settled.len()),
        NoticeKind::Failed if !before.is_empty() => {
            let counts = [(settled.len(), "已更正"), (kept.len(), "仍有"), (new.len(), "新出现")];
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let told: Vec<_> = counts.map(|(count, what)| format!("{what} {count} 处")).collect();
            format!("与上次指出的相比：{}。", told.join("，"))
        }
        _ => return None,
    };
    let more = settled.len().saturating_sub(BRIEF_LINES);
    Some(Change { summary, settled: settled.into_iter().take(BRIEF_LINES).collect(), more })
}

/// Up to the first full stop that stands in no quotation.
fn first_sentence(text: &str) -> &str {
    let mut quoted = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '“' => quoted += 1,
            '”' => quoted = quoted.saturating_sub(1),
            '。' if quoted == 0 => return text.split_at(at).0,
            _ => {}
        }
    }
    text
}

impl Problem {
    fn is_among(&self, others: &[Self]) -> bool {
        others.iter().any(|other| !self.broken.is_disjoint(&other.broken))
    }
}

fn closing(notices: &[&NoticeToSend]) -> &'static str {
    let reports = [NoticeKind::Failed, NoticeKind::StillFailing];
    if notices.iter().any(|notice| reports.contains(&notice.kind)) {
        "以上由程序自动核查，只指出不符之处，不改动报告；应填何数，以填报单位核实为准。"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::{within, without_request};

    #[test]
    fn a_document_within_a_file_is_named_as_people_would() {
        for (name, said) in [
            ("年报.zip!2022/东山乡.docx", "年报.zip 中的 2022/东山乡.docx"),
            ("全县.zip!乡镇.zip!东山乡.docx", "全县.zip 中的 乡镇.zip 中的 东山乡.docx"),
            ("合订.docx!2", "合订.docx 中的第 2 份"),
            ("重要!东山乡.docx", "重要!东山乡.docx"),
        ] {
            assert_eq!(within(name), said);
        }
    }

    #[test]
    fn a_proof_asks_for_nothing() {
        for (told, fact) in [
            (
                "总计填4件，合计3件。总计应等于各项之和。请核对。",
                "总计填4件，合计3件。总计应等于各项之和。",
            ),
            (
                "正文写“共3件。请看附表”，与表三不一致。请核实。",
                "正文写“共3件。请看附表”，与表三不一致。",
            ),
            ("如有结转，可不改；否则请核对。", "如有结转，可不改；否则请核对。"),
            ("没有句号", "没有句号"),
        ] {
            assert_eq!(without_request(told), fact);
        }
    }
}
