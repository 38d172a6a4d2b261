//! `gouji check --json`: one object a line for each report. The keys are a contract with other
//! programs; every one is always there. Numbers are printed as they were written, digit by digit:
//! a decimal never passes through a float.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::check::Checking;
use crate::check::{Finding, Outcome, Policy, Verdict};
use crate::document::Source;
use crate::form::{CellId, Severity};
use crate::inspect::Inspection;
use crate::locate::{Cause, Repair};
use crate::report::{Cell, CellValue};

/// What to print beside the contract's keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Detail {
    /// Cells with text, place, unit and kind; rows that the form does not know.
    pub(super) raw: bool,
    /// Every check with its outcome.
    pub(super) all: bool,
}

/// One line, without its end.
pub(super) fn line(
    checking: &Checking<'_>,
    policy: &Policy,
    detail: Detail,
) -> serde_json::Result<String> {
    serde_json::to_string(&object(checking.name(), checking.inspection, policy, detail)?)
        .map(|line| super::terminal::plain_json(&line))
}

#[derive(Serialize)]
struct Line<'i> {
    file: String,
    verdict: Verdict,
    reason: Option<&'i str>,
    source: Option<Source>,
    form: Option<&'i str>,
    unit: Option<String>,
    year: Option<i16>,
    published: Option<String>,
    cells: BTreeMap<String, Box<RawValue>>,
    findings: Vec<FindingLine<'i>>,
    causes: Vec<CauseLine<'i>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<RulesLine<'i>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_rows: Option<Vec<UnknownRowLine<'i>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<TriedLine<'i>>>,
}

/// What the configuration changes about the rules; only there if it changes any.
#[derive(Serialize)]
struct RulesLine<'i> {
    off: &'i BTreeSet<String>,
    severity: &'i BTreeMap<String, Severity>,
}

#[derive(Serialize)]
struct FindingLine<'i> {
    rule: &'i str,
    severity: Severity,
    #[serde(rename = "where")]
    place: &'i str,
    left: Option<&'i str>,
    right: Option<&'i str>,
    cause: Option<u32>,
    quote: Option<&'i str>,
    message: &'i str,
}

#[derive(Serialize)]
struct CauseLine<'i> {
    id: u32,
    cells: Vec<RepairLine>,
    alternatives: Vec<Vec<RepairLine>>,
    slip: Option<&'i str>,
    certain: bool,
    message: &'i str,
}

#[derive(Serialize)]
struct RepairLine {
    cell: String,
    read: Box<RawValue>,
    repaired: Box<RawValue>,
}

#[derive(Serialize)]
struct RawCell<'i> {
    value: Box<RawValue>,
    text: &'i str,
    unit: Option<&'i str>,
    kind: &'static str,
    doubtful: bool,
    place: RawPlace,
}

#[derive(Serialize)]
struct RawPlace {
    table: usize,
    row: usize,
    column: usize,
    page: Option<u32>,
}

#[derive(Serialize)]
struct UnknownRowLine<'i> {
    table: &'i str,
    label: &'i str,
    values: &'i [String],
}

#[derive(Serialize)]
struct TriedLine<'i> {
    rule: &'i str,
    #[serde(rename = "where")]
    place: &'i str,
    outcome: &'static str,
    because: Option<&'i str>,
}

fn object<'i>(
    file: String,
    inspection: &'i Inspection,
    policy: &'i Policy,
    detail: Detail,
) -> serde_json::Result<Line<'i>> {
    let mut line = Line {
        file,
        verdict: inspection.verdict,
        reason: inspection.reason.as_deref(),
        source: None,
        form: None,
        unit: None,
        year: None,
        published: None,
        cells: BTreeMap::new(),
        findings: Vec::new(),
        causes: Vec::new(),
        rules: policy.told().map(|_| RulesLine { off: &policy.off, severity: &policy.severity }),
        unknown_rows: detail.raw.then(Vec::new),
        checks: detail.all.then(Vec::new),
    };
    let Some(checked) = &inspection.checked else { return Ok(line) };
    let report = &checked.report;
    line.source = Some(report.source);
    line.form = report.form.as_deref();
    line.unit = Some(report.unit.clone().unwrap_or_else(|| super::check::unnamed(&line.file)));
    line.year = report.year;
    line.published = report.published.map(|date| date.to_string());
    line.cells = cells(&report.cells, detail)?;
    line.findings = checked.findings.iter().map(finding).collect();
    line.causes = checked.causes.iter().map(cause).collect::<Result<_, _>>()?;
    line.unknown_rows = detail.raw.then(|| {
        let rows = report.unknown_rows.iter();
        rows.map(|row| UnknownRowLine { table: &row.table, label: &row.label, values: &row.values })
            .collect()
    });
    line.checks = detail.all.then(|| checked.tried.iter().map(tried).collect());
    Ok(line)
}

fn cells(
    cells: &BTreeMap<CellId, Cell>,
    detail: Detail,
) -> serde_json::Result<BTreeMap<String, Box<RawValue>>> {
    let shown = |cell: &Cell| match detail.raw {
        true => raw_cell(cell),
        false => value(&cell.value),
    };
    cells.iter().map(|(id, cell)| Ok((id.to_string(), shown(cell)?))).collect()
}

fn raw_cell(cell: &Cell) -> serde_json::Result<Box<RawValue>> {
    let kind = match cell.value {
        CellValue::Number(_) => "number",
        CellValue::Blank => "blank",
        CellValue::Placeholder => "placeholder",
        CellValue::Text(_) => "text",
    };
    let place = RawPlace {
        table: cell.place.table,
        row: cell.place.row,
        column: cell.place.column,
        page: cell.place.page,
    };
    serde_json::value::to_raw_value(&RawCell {
        value: value(&cell.value)?,
        text: &cell.raw,
        unit: cell.unit.as_deref(),
        kind,
        doubtful: cell.doubtful,
        place,
    })
}

fn value(value: &CellValue) -> serde_json::Result<Box<RawValue>> {
    match value {
        CellValue::Number(number) => decimal(Some(*number)),
        CellValue::Blank | CellValue::Placeholder => decimal(None),
        CellValue::Text(text) => serde_json::value::to_raw_value(text),
    }
}

/// A decimal as it was written: `61.4` stays `61.4`, and `0` has no fraction.
fn decimal(number: Option<Decimal>) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(number.map_or_else(|| "null".to_owned(), |number| number.to_string()))
}

fn finding(finding: &Finding) -> FindingLine<'_> {
    FindingLine {
        rule: &finding.rule,
        severity: finding.severity,
        place: &finding.place,
        left: finding.left.as_deref(),
        right: finding.right.as_deref(),
        cause: finding.cause,
        quote: finding.quote.as_deref(),
        message: &finding.message,
    }
}

fn cause(cause: &Cause) -> serde_json::Result<CauseLine<'_>> {
    let repairs = |set: &[Repair]| set.iter().map(repair).collect::<Result<Vec<_>, _>>();
    Ok(CauseLine {
        id: cause.id,
        cells: repairs(&cause.cells)?,
        alternatives: cause
            .alternatives
            .iter()
            .map(|set| repairs(set))
            .collect::<Result<_, _>>()?,
        slip: cause.slip.as_deref(),
        certain: cause.certain,
        message: &cause.message,
    })
}

fn repair(repair: &Repair) -> serde_json::Result<RepairLine> {
    Ok(RepairLine {
        cell: repair.cell.to_string(),
        read: decimal(repair.read)?,
        repaired: decimal(Some(repair.repaired))?,
    })
}

fn tried(tried: &crate::check::Tried) -> TriedLine<'_> {
    let (outcome, because) = match &tried.outcome {
        Outcome::Pass => ("pass", None),
        Outcome::Fail => ("fail", None),
        Outcome::Undecided { because } => ("undecided", Some(because.as_str())),
    };
    TriedLine { rule: &tried.rule, place: &tried.place, outcome, because }
}
