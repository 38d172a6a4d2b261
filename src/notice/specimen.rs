//! Letters of every kind, made up from the forms at hand, to try templates on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::stationery::{NoticeError, Stationery, TemplateError, located};
use super::{page, receipt, trial as trial_letter, write};
use crate::check::{Finding, Verdict};
use crate::form::{CellId, Forms, Severity};
use crate::locate::{Cause, Repair};
use crate::report::{Cell, CellValue, Place};
use crate::store::{
    Audience, NoticeId, NoticeKind, NoticeToSend, PreviousMail, RosterNote, UnitId,
};

/// What a template must not let through as markup, and what text must name.
const UNIT: &str = "试用镇<s>&";
const YEAR: i16 = 2000;

/// Everything that is wrong when letters of every kind are written.
pub(super) fn trial(stationery: &Stationery, forms: &Forms) -> BTreeSet<TemplateError> {
    let mut errors = BTreeSet::new();
    let mut note = |error: NoticeError| _ = errors.insert(located(&error.0, ""));
    let failed = notice(NoticeKind::Failed, forms);
    let mut sets: Vec<Vec<NoticeToSend>> = KINDS.map(|kind| vec![notice(kind, forms)]).into();
    sets.push(KINDS.map(|kind| notice(kind, forms)).into());
    sets.push(vec![notice(NoticeKind::Administrator, forms); 2]);
    let overdue = notice(NoticeKind::Overdue, forms);
    let to_unit = NoticeToSend { audience: Audience::Unit(UnitId(1)), ..overdue.clone() };
    sets.push(vec![overdue.clone(), overdue, to_unit]);
    sets.push(vec![bare(&failed), bare(&notice(NoticeKind::Unrecognised, forms))]);
    sets.push(vec![failed.clone(); 60]);
    let mut faults = BTreeSet::new();
    for set in &sets {
        match write(set, stationery, forms, &TimeZone::UTC) {
            Ok(letters) => {
                for letter in letters {
                    faults.extend(escapes("letter.html", &letter.html));
                    faults.extend(if letter.to_admin { None } else { names(&letter.text) });
                }
            }
            Err(error) => note(error),
        }
    }
    match page(&failed, stationery, forms, &TimeZone::UTC) {
        Ok(html) => faults.extend(escapes("report.html", &html)),
        Err(error) => note(error),
    }
    match receipt(&[failed.clone(), bare(&failed)], stationery, forms, &TimeZone::UTC) {
        Ok(html) => faults.extend(escapes("receipt.html", &html)),
        Err(error) => note(error),
    }
    if let Err(error) = trial_letter(stationery) {
        note(error);
    }
    errors.extend(faults);
    errors
}

const KINDS: [NoticeKind; 7] = [
    NoticeKind::Failed,
    NoticeKind::StillFailing,
    NoticeKind::Corrected,
    NoticeKind::Unreadable,
    NoticeKind::Unrecognised,
    NoticeKind::Overdue,
    NoticeKind::Administrator,
];

fn escapes(file: &str, html: &str) -> Option<TemplateError> {
    let what =
        "what a report says comes out as HTML here or in what is included; leave the escaping on";
    html.contains("<s>").then(|| fault(file, what))
}

/// Every letter's text stands alone.
fn names(text: &str) -> Option<TemplateError> {
    let is_named = text.contains(UNIT) || text.contains("试用.docx");
    (!is_named).then(|| fault("letter.txt", "the text must name the unit or the file it is about"))
}

fn fault(file: &str, what: &str) -> TemplateError {
    TemplateError { file: file.to_owned(), line: None, what: what.to_owned() }
}

/// A notice with everything a notice can have.
fn notice(kind: NoticeKind, forms: &Forms) -> NoticeToSend {
    let form = forms.iter().last();
    let table = form.and_then(|form| form.tables.iter().max_by_key(|table| table.columns.len()));
    let ids: Vec<CellId> = table
        .map(|table| table.cells().map(|(row, column)| table.cell(row, column)).collect())
        .unwrap_or_default();
    let repairs = ids.iter().take(1).map(|cell| Repair {
        cell: cell.clone(),
        read: None,
        repaired: Decimal::ONE,
    });
    let cause = Cause {
        id: 1,
        cells: repairs.collect(),
        alternatives: Vec::new(),
        slip: None,
        certain: true,
        message: UNIT.to_owned(),
    };
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    let explained = finding(Severity::Error, Some(1), &ids);
    let findings = severities.map(|severity| finding(severity, None, ids.get(1..2).unwrap_or(&[])));
    let cells: BTreeMap<CellId, Cell> = ids.iter().map(|id| (id.clone(), cell())).collect();
    NoticeToSend {
        id: NoticeId(1),
        kind,
        key: String::new(),
        audience: Audience::default(),
        queued_at: Timestamp::UNIX_EPOCH,
        contacts: Vec::new(),
        roster: Some(RosterNote {
            listed: false,
            level: None,
            similar: vec![UNIT.to_owned(), UNIT.to_owned()],
        }),
        unit: Some(UNIT.to_owned()),
        year: Some(YEAR),
        file_name: "试用.docx".to_owned(),
        file_modified_at: Timestamp::UNIX_EPOCH,
        first_seen_at: Timestamp::UNIX_EPOCH,
        verdict: Verdict::Failed,
        reason: Some(UNIT.to_owned()),
        detail: Some(UNIT.to_owned()),
        condition: None,
        form: form.map(|form| form.id.clone()),
        version: Some(2),
        source: Some(crate::document::Source::Ocr),
        rules_changed: Some(UNIT.to_owned()),
        previous: Some(PreviousMail {
            message_id: "<trial@localhost>".to_owned(),
            kind: NoticeKind::Failed,
            findings: vec![finding(Severity::Error, None, &[])],
            causes: Vec::new(),
        }),
        findings: std::iter::once(explained).chain(findings).collect(),
        causes: vec![cause],
        cells,
    }
}

/// A notice with as little as a notice can have.
fn bare(notice: &NoticeToSend) -> NoticeToSend {
    NoticeToSend {
        unit: None,
        roster: None,
        year: None,
        reason: None,
        detail: None,
        form: None,
        version: None,
        source: None,
        rules_changed: None,
        findings: Vec::new(),
        causes: Vec::new(),
        cells: BTreeMap::new(),
        previous: None,
        ..notice.clone()
    }
}

fn finding(severity: Severity, cause: Option<u32>, cells: &[CellId]) -> Finding {
    Finding {
        rule: format!("{severity:?} {cause:?} {}", cells.len()),
        severity,
        place: "report".to_owned(),
        left: None,
        right: None,
        cells: cells.to_vec(),
        cause,
        quote: Some(UNIT.to_owned()),
        message: "试用".to_owned(),
        source: String::new(),
        explanation: None,
    }
}

fn cell() -> Cell {
    Cell {
        value: CellValue::Text(UNIT.to_owned()),
        raw: UNIT.to_owned(),
        unit: None,
        own_unit: None,
        place: Place::default(),
        doubtful: false,
    }
}
