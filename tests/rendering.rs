//! Mails and pages as a browser shows them: at the width of a telephone and of a desk, in light and
//! dark, nothing sticks out, everything can be read (WCAG AA), and every cell that is named is marked.
//!
//! Needs Chromium (Debian: `chromium`, and Chinese fonts, e.g. `fonts-wqy-microhei`); without it the
//! test says so and passes, unless `CI` is set. `GOUJI_LETTERS=DIR cargo test --test rendering` leaves
//! the letters in DIR for looking at them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up should panic"
)]
#![allow(clippy::as_conversions, reason = "small numbers of a test")]
#![allow(clippy::disallowed_methods, reason = "a test asks whether there is a browser")]

#[path = "common/reports.rs"]
mod reports;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use gouji::check::{Policy, Verdict};
use gouji::document::{Limits, read_all};
use gouji::form::{Forms, Severity};
use gouji::inspect::{Inspection, Reading, inspect};
use gouji::notice::{Letter, Stationery, page, write};
use gouji::report::CellValue;
use gouji::store::{Audience, NoticeKind, NoticeToSend, PreviousMail, RosterNote, UnitId};
use gouji::units::roster::Level;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::load(None).unwrap());
static STATIONERY: LazyLock<Stationery> = LazyLock::new(|| Stationery::built_in().unwrap());

const WIDTHS: [u32; 2] = [360, 1280];

/// What is shown, and the cells it names.
struct Shown {
    name: String,
    html: String,
    named: BTreeSet<String>,
}

impl Shown {
    fn letter(name: &str, notices: &[NoticeToSend]) -> Self {
        let letters = write(notices, &STATIONERY, &FORMS, &TimeZone::UTC).unwrap();
        let [Letter { html, .. }] = letters.try_into().expect("one letter");
        let named = match notices {
            [notice] if notice.kind == NoticeKind::Failed => named(notice),
            _ => BTreeSet::new(),
        };
        Self { name: name.into(), html, named }
    }
}

/// The cells that errors, warnings and causes speak of, as marked cells are called.
fn named(notice: &NoticeToSend) -> BTreeSet<String> {
    let Some(form) = notice.form.as_deref().and_then(|id| FORMS.get(id)) else {
        return BTreeSet::new();
    };
    let grave = notice.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let repairs = notice
        .causes
        .iter()
        .flat_map(|cause| cause.cells.iter().chain(cause.alternatives.iter().flatten()));
    let cells = grave.flat_map(|f| &f.cells).chain(repairs.map(|repair| &repair.cell));
    cells
        .map(|cell| {
            let (table, row, column) = form.names(cell).unwrap();
            format!("{table} {row} {column}")
        })
        .collect()
}

fn inspected(name: &str, bytes: &[u8]) -> Inspection {
    let reading = match read_all(bytes, name, &Limits::default(), |_| false) {
        Ok(documents) => Reading::Documents(documents),
        Err(refusal) => Reading::Refused(refusal),
    };
    inspect(name, reading, &FORMS, &Policy::default()).remove(0)
}

fn told(name: &str, bytes: &[u8]) -> NoticeToSend {
    let at = Timestamp::UNIX_EPOCH;
    NoticeToSend::about(&inspected(name, bytes), name, at, at)
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples").join(name))
        .unwrap()
}

/// The sound sample with these changes, of this unit.
fn changed(unit: &str, changes: &[(&str, &str)]) -> NoticeToSend {
    let mut text = String::from_utf8(sample("自然资源局2022.md")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    told(&format!("{unit}.md"), text.replace("禾川县自然资源局", unit).as_bytes())
}

const TOTAL: (&str, &str) = ("| 29 | 2 | 0 | 0 | 0 | 2 | 33 |", "| 29 | 2 | 0 | 0 | 0 | 2 | 35 |");

/// A report in which nearly everything went wrong that can.
fn ten_causes() -> NoticeToSend {
    let changes = [
        (
            "| 1 | 1 | 0 | 0 | 2 | 0 | 1 | 1 | 0 | 2 | 0 | 0 | 0 | 0 | 0 |",
            "| 1 | 1 | 0 | 0 | 3 | 0 | 1 | 1 | 0 | 4 | 0 | 0 | 0 | 1 | 0 |",
        ),
        (
            "| 4.保护第三方合法权益 | 1 | 0 | 0 | 0 | 0 | 0 | 1 |",
            "| 4.保护第三方合法权益 | 1 | 0 | 0 | 0 | 0 | 0 | 11 |",
        ),
        TOTAL,
        ("| 1.信访举报投诉类申请 | 2 | 1 | 0", "| 1.信访举报投诉类申请 | 2 | O | 0"),
        ("| 行政处罚 | 107 |", "| 行政处罚 | 约100余件 |"),
        ("| 行政强制 | 1 |", "| 行政强制 | -1 |"),
        ("| 行政规范性文件 | 0 | 0 | 2 |", "| 行政规范性文件 | 5.5 | 0 | 2 |"),
        ("本年办结31件", "本年办结30件"),
        ("被提起行政诉讼2件", "被提起行政诉讼7件"),
    ];
    changed("禾川县自然资源和规划局某某分局", &changes)
}

/// A report on a form, with a wrong figure in each of its tables and large ones all over.
fn on_form(id: &str) -> NoticeToSend {
    let form = FORMS.get(id).unwrap();
    let mut report = reports::sound(form, &mut reports::Dice(7));
    for table in &form.tables {
        for (row, column) in table.cells().step_by(5) {
            let cell = report.cells.get_mut(&table.cell(row, column)).unwrap();
            cell.value = CellValue::Number(Decimal::from(9_876));
        }
    }
    for cell in report.cells.values_mut() {
        if let CellValue::Number(number) = &cell.value {
            cell.raw = number.to_string();
        }
    }
    let (findings, causes) = reports::inspect(&report, &FORMS);
    let at = Timestamp::UNIX_EPOCH;
    let mut notice = NoticeToSend::about(&inspected("", b""), "报告.docx", at, at);
    notice.kind = NoticeKind::Failed;
    notice.verdict = Verdict::Failed;
    notice.reason = None;
    (notice.unit, notice.year, notice.form) = (report.unit, report.year, report.form);
    (notice.findings, notice.causes, notice.cells) = (findings, causes, report.cells);
    notice
}

fn previous(notice: &NoticeToSend) -> Option<PreviousMail> {
    Some(PreviousMail {
        message_id: "<gouji.1@county.example>".into(),
        kind: NoticeKind::Failed,
        findings: notice.findings.clone(),
        causes: notice.causes.clone(),
    })
}

/// Units that have not handed in, with the longest names and the likeliest others that a roster has.
fn overdue(alert: &NoticeToSend) -> Vec<NoticeToSend> {
    let levels = [Some(Level::Township), Some(Level::Department), Some(Level::Government), None];
    (0..40)
        .map(|number: usize| NoticeToSend {
            kind: NoticeKind::Overdue,
            unit: Some(format!("禾川县第{number}新技术产业开发区管理委员会（综合行政执法局）")),
            year: Some(2025),
            reason: Some("2026年1月31日".into()),
            roster: Some(RosterNote {
                listed: true,
                level: levels[number % levels.len()],
                similar: (0..number % 3).map(|n| format!("禾川县高新区管委会{n}")).collect(),
            }),
            form: None,
            ..alert.clone()
        })
        .collect()
}

fn everything() -> Vec<Shown> {
    let alert = told("柳荫乡2019.docx", &sample("柳荫乡2019.docx"));
    let ten = ten_causes();
    assert_eq!((alert.causes.len(), ten.kind), (1, NoticeKind::Failed));
    let wrong = changed("禾川县第一镇人民政府", &[TOTAL]);
    let broken = told("第一乡2025年政府信息公开工作年度报告.docx", b"PK\x03\x04 cut off");
    let forty: Vec<NoticeToSend> = (1..=40)
        .map(|number| match number % 10 {
            0 => NoticeToSend { key: number.to_string(), ..broken.clone() },
            _ => NoticeToSend {
                unit: Some(format!("禾川县第{number}镇人民政府")),
                ..wrong.clone()
            },
        })
        .collect();
    let settled =
        NoticeToSend { previous: previous(&ten), ..changed("禾川县自然资源局", &[]) };
    let otherwise = NoticeToSend { previous: previous(&alert), ..ten.clone() };
    let still = NoticeToSend {
        kind: NoticeKind::StillFailing,
        previous: previous(&alert),
        ..alert.clone()
    };
    let receipt = |name: &str, notice: &NoticeToSend| Shown {
        name: name.into(),
        html: page(notice, &STATIONERY, &FORMS, &TimeZone::UTC).unwrap(),
        named: named(notice),
    };
    let missing = overdue(&alert);
    let reminder = NoticeToSend { audience: Audience::Unit(UnitId(1)), ..missing[0].clone() };
    let mut all = vec![
        Shown::letter("overdue", &missing),
        Shown::letter("reminder", &[reminder]),
        receipt("receipt", &alert),
        receipt("receipt-unreadable", &broken),
        receipt("receipt-ten", &ten),
        receipt("receipt-passed", &changed("禾川县自然资源局", &[])),
        Shown::letter("alert", &[alert]),
        Shown::letter("ten", &[ten]),
        Shown::letter("otherwise", &[otherwise]),
        Shown::letter("still", &[still]),
        Shown::letter("settled", &[settled]),
        Shown::letter("digest", &forty),
        Shown::letter("unreadable", &[broken]),
        Shown::letter("unrecognised", &[told("食堂菜单.txt", "周一 米饭".as_bytes())]),
    ];
    all.extend(FORMS.iter().map(|form| Shown::letter(&form.id, &[on_form(&form.id)])));
    all
}

/// What the script measures of one frame.
#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    width: u32,
    dark: bool,
    sticks_out: Vec<String>,
    unreadable: Vec<String>,
    marked: BTreeSet<String>,
}

/// All letters side by side in frames of their own, whose width their style sheets see.
fn wall(shown: &[Shown]) -> String {
    let frame = |letter: &Shown, width| {
        let html = letter.html.replace('&', "&amp;").replace('"', "&quot;");
        let name = &letter.name;
        format!(
            "<iframe id=\"{name}\" width=\"{width}\" height=\"900\" frameborder=\"0\" srcdoc=\"{html}\"></iframe>\n"
        )
    };
    let frames: String =
        WIDTHS.iter().flat_map(|width| shown.iter().map(move |s| frame(s, *width))).collect();
    let script = include_str!("rendering/measure.js");
    format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><pre id=\"result\"></pre>{frames}<script>{script}</script>"
    )
}

fn measure(chromium: &Path, wall: &Path, dark: bool) -> Vec<Measured> {
    let scheme = if dark { 0 } else { 1 };
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(wall)
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    let result =
        dom.split("<pre id=\"result\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let json = result.unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">");
    serde_json::from_str(&json.replace("&amp;", "&"))
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn chromium() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|file| file.is_file())
}

#[test]
fn letters_fit_can_be_read_and_show_every_cell_they_name() {
    let shown = everything();
    if let Some(folder) = std::env::var_os("GOUJI_LETTERS") {
        for letter in &shown {
            let path = Path::new(&folder).join(format!("{}.html", letter.name));
            std::fs::write(path, &letter.html).unwrap();
        }
    }
    let Some(chromium) = chromium() else {
        assert!(std::env::var_os("CI").is_none(), "CI must have chromium");
        eprintln!("SKIPPED: no `chromium` in PATH, letters were not looked at");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let wall_path = folder.path().join("wall.html");
    std::fs::write(&wall_path, wall(&shown)).unwrap();
    for dark in [false, true] {
        let measured = measure(&chromium, &wall_path, dark);
        assert_eq!(measured.len(), shown.len() * WIDTHS.len());
        for (frame, width) in measured.iter().zip(WIDTHS.iter().flat_map(|w| vec![w; shown.len()]))
        {
            let about = format!("{} {width} px, dark: {dark}", frame.name);
            assert_eq!((frame.width, frame.dark), (*width, dark), "{about}");
            assert!(frame.sticks_out.is_empty(), "{about}: {:#?}", frame.sticks_out);
            assert!(frame.unreadable.is_empty(), "{about}: {:#?}", frame.unreadable);
            let letter = shown.iter().find(|letter| letter.name == frame.name).unwrap();
            let unmarked: Vec<_> = letter.named.difference(&frame.marked).collect();
            assert!(unmarked.is_empty(), "{about}: {unmarked:?}");
        }
    }
}
