//! A real database in a folder of its own, and reports made by hand.

mod again;
mod copies;
mod file;
mod mails;
mod offices;
mod records;
mod roster;
mod views;
mod years;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::check::{Finding, Policy, Verdict};
use crate::document::{Format, Limits, Source, read_all};
use crate::form::{CellId, Id, Severity};
use crate::inspect::{Checked, Reading, inspect};
use crate::locate::{Cause, Repair};
use crate::report::{Cell, CellValue, FoundSection, Place, Report};
use crate::watch::Stamp;

/// The window of the default configuration.
const WINDOW: Window =
    Window { coalesce: Duration::from_secs(120), hours: Hours::ALWAYS, first_scan: false };
/// The built-in forms, read once for all tests.
static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::load(None).unwrap());
const LOUD: NoticePolicy = NoticePolicy { first_scan: false, quiet: false };
const QUIET: NoticePolicy = NoticePolicy { first_scan: false, quiet: true };

/// A file, read and checked as the daemon does.
fn inspected(name: &str, bytes: &[u8], policy: &Policy) -> Vec<Inspection> {
    let documents = read_all(bytes, name, &Limits::default(), |_| false).unwrap();
    inspect(name, Reading::Documents(documents), &FORMS, policy)
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_580_000_000 + minutes * 60).unwrap()
}

/// A database and the time that passes in its test.
struct Office {
    folder: TempDir,
    store: Store,
    minute: i64,
    mails: u32,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("gouji.db")).unwrap();
        Self { folder, store, minute: 0, mails: 0 }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gouji.db")
    }

    fn now(&self) -> Timestamp {
        at(self.minute)
    }

    /// Records `paper` as the content of `path`; a minute passes.
    fn drop(&mut self, path: &str, paper: &Paper) -> Recorded {
        self.drop_with(path, paper, LOUD)
    }

    fn drop_with(&mut self, path: &str, paper: &Paper, policy: NoticePolicy) -> Recorded {
        self.minute += 1;
        let file = paper.file(path, paper.modified.unwrap_or(self.minute));
        let now = self.now();
        let recorded = self.store.record(&file, &[paper.inspection()], &policy, now).unwrap();
        recorded.into_iter().next().unwrap()
    }

    /// Lets the window close; returns what was told: kind, unit, and whether it is in a thread.
    fn post(&mut self) -> Vec<NoticeToSend> {
        self.minute += 30;
        let mut told = Vec::new();
        let now = self.now();
        let mails = &mut self.mails;
        let mut compose = |notices: &[NoticeToSend]| {
            told.extend(notices.iter().cloned());
            *mails += 1;
            vec![draft(*mails, notices)]
        };
        self.store.compose_due(&WINDOW, &mut compose, now).unwrap();
        told
    }

    fn kinds(&mut self) -> Vec<NoticeKind> {
        self.post().iter().map(|notice| notice.kind).collect()
    }

    fn ask<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.store.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn list(&self, sql: &str) -> Vec<String> {
        let mut query = self.store.connection.prepare(sql).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(|row| row.unwrap()).collect()
    }

    fn reopen(self) -> Self {
        self.reopen_with(&Policy::default())
    }

    fn reopen_with(self, policy: &Policy) -> Self {
        let Self { folder, store, minute, mails } = self;
        store.checkpoint_and_close().unwrap();
        let store = Store::open(&folder.path().join("gouji.db"), &FORMS, policy, at(0)).unwrap();
        Self { folder, store, minute, mails }
    }
}

fn open(path: &Path) -> Result<Store> {
    Store::open(path, &FORMS, &Policy::default(), at(0))
}

fn draft(number: u32, notices: &[NoticeToSend]) -> MailDraft {
    MailDraft {
        notices: notices.iter().map(|notice| notice.id).collect(),
        recipients: vec!["b@county".into(), "a@county".into(), "a@county".into()],
        message_id: format!("<{number}@gouji>"),
        bytes: format!("mail {number}").into_bytes(),
        subject: format!("第{number}封"),
    }
}

/// A report of one unit, as far as these tests care.
#[derive(Clone)]
struct Paper {
    bytes: String,
    modified: Option<i64>,
    unit: Option<String>,
    year: Option<i16>,
    cells: Vec<(&'static str, CellValue)>,
    text: String,
    errors: Vec<String>,
    source: Source,
    unreadable: Option<Verdict>,
    member: String,
    ambiguous: Option<Severity>,
}

/// A report that passes; `bytes` stand for the content of its file.
fn paper(bytes: &str) -> Paper {
    Paper {
        bytes: bytes.to_owned(),
        modified: None,
        unit: Some("青塘镇人民政府".to_owned()),
        year: Some(2019),
        cells: vec![
            ("requests.new_requests.total", CellValue::Number(6.into())),
            ("requests.carried_in.total", CellValue::Blank),
        ],
        text: "全年主动公开信息1,204条，收到申请6件。".to_owned(),
        errors: Vec::new(),
        source: Source::Text,
        unreadable: None,
        member: String::new(),
        ambiguous: Some(Severity::Warning),
    }
}

impl Paper {
    fn unit(self, unit: &str) -> Self {
        Self { unit: Some(unit.to_owned()), ..self }
    }

    fn nameless(self) -> Self {
        Self { unit: None, ..self }.fails("unit-missing")
    }

    fn year(self, year: Option<i16>) -> Self {
        Self { year, ..self }
    }

    fn modified(self, minute: i64) -> Self {
        Self { modified: Some(minute), ..self }
    }

    fn total(mut self, total: i64) -> Self {
        self.cells[0].1 = CellValue::Number(total.into());
        self
    }

    fn fails(mut self, rule: &str) -> Self {
        self.errors.push(rule.to_owned());
        self
    }

    fn text(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    fn ocr(self) -> Self {
        Self { source: Source::Ocr, ..self }
    }

    fn refused(self, verdict: Verdict) -> Self {
        Self { unreadable: Some(verdict), ..self }
    }

    fn member(self, member: &str) -> Self {
        Self { member: member.to_owned(), ..self }
    }

    fn file(&self, path: &str, modified: i64) -> FileSeen {
        let size = u64::try_from(self.bytes.len()).unwrap();
        let mtime_ns = at(modified).as_nanosecond();
        FileSeen {
            path: PathBuf::from(path),
            sha256: Sha256::of(self.bytes.as_bytes()),
            size,
            modified_at: at(modified),
            stamp: Stamp { dev: 1, ino: u64::MAX, size, mtime_ns, ctime_ns: mtime_ns },
        }
    }

    fn inspection(&self) -> Inspection {
        let failed = !self.errors.is_empty();
        let verdict = if failed { Verdict::Failed } else { Verdict::Passed };
        let refused = self.unreadable.is_some();
        Inspection {
            member: self.member.clone(),
            verdict: self.unreadable.unwrap_or(verdict),
            reason: refused.then(|| "文件需要密码才能打开".to_owned()),
            detail: None,
            lacks_program: false,
            format: Some(Format::Docx),
            checked: (!refused).then(|| self.checked()),
        }
    }

    fn checked(&self) -> Checked {
        let cells = self
            .cells
            .iter()
            .enumerate()
            .map(|(n, (id, value))| (cell_id(id), cell(value.clone(), n + 1)));
        Checked {
            report: Report {
                kind: "政府信息公开工作年度报告".into(),
                form: Some("2019".into()),
                unit: self.unit.clone(),
                spellings: Vec::new(),
                year: self.year,
                title: Some("2019年政府信息公开工作年度报告".into()),
                period: None,
                published: Some(jiff::civil::date(2020, 1, 13)),
                sections: vec![FoundSection {
                    id: Some("overview".into()),
                    heading: "一、总体情况".into(),
                    text: self.text.clone(),
                    picture: false,
                }],
                tables: Vec::new(),
                cells: cells.collect(),
                missing_rows: Vec::new(),
                unknown_rows: Vec::new(),
                heading_values: Vec::new(),
                sublabels_lost: Vec::new(),
                years_named: Vec::new(),
                text: Vec::new(),
                source: self.source,
            },
            findings: self.errors.iter().map(|rule| finding(rule)).collect(),
            causes: if self.errors.is_empty() { Vec::new() } else { vec![cause()] },
            tried: Vec::new(),
            if_ambiguous: self.ambiguous.map(|severity| Finding {
                rule: "unit-ambiguous".into(),
                severity,
                message: format!("与{}都相符", crate::check::UNITS),
                ..finding("")
            }),
        }
    }
}

fn cell_id(id: &str) -> CellId {
    let mut parts = id.split('.').map(Id::from);
    let mut next = || parts.next().unwrap();
    CellId { table: next(), row: next(), column: next() }
}

fn cell(value: CellValue, row: usize) -> Cell {
    Cell {
        value,
        raw: "６件".into(),
        unit: Some("件".into()),
        own_unit: None,
        place: Place { table: 2, row, column: 7, page: Some(3) },
        doubtful: false,
    }
}

fn finding(rule: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Error,
        place: "requests.*.total".into(),
        left: Some("6".into()),
        right: Some("7".into()),
        cells: vec![cell_id("requests.new_requests.total")],
        cause: Some(1),
        quote: None,
        message: "表三“总计”列不平衡。".into(),
        source: "表三角注".into(),
        explanation: None,
    }
}

fn cause() -> Cause {
    let repair = |id, repaired: i64| Repair {
        cell: cell_id(id),
        read: Some(6.into()),
        repaired: repaired.into(),
    };
    Cause {
        id: 1,
        cells: vec![repair("requests.new_requests.total", 7)],
        alternatives: vec![vec![repair("requests.carried_in.total", 1)]],
        slip: Some("digit-changed".into()),
        certain: false,
        message: "“本年新收”可能应为7。".into(),
    }
}
