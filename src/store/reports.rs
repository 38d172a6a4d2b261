//! One report with everything found in it, into its tables and out again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::columns::{Approximate, Exact, Seconds, iso};
use super::copies;
use super::explanations;
use super::many;
use super::rows::{FileId, ReportId};
use super::versions::{self, Series};
use super::whole;
use crate::check::{self, Finding, Policy, Verdict};
use crate::document::{Format, Source};
use crate::form::{CellId, Id, Severity};
use crate::locate::{Cause, Repair};
use crate::report::{Cell, CellValue, Place, Report};

/// A report that is to be written.
pub(super) struct NewReport<'a> {
    pub(super) series: &'a Series,
    pub(super) file: FileId,
    pub(super) number: i64,
    pub(super) member: &'a str,
    pub(super) format: Option<Format>,
    pub(super) report: &'a Report,
    pub(super) judgement: &'a Judgement,
    pub(super) form_sha256: Option<&'a str>,
    pub(super) content_hash: &'a str,
}

/// What a finding rests on: decides when it is written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The report by itself.
    Report,
    /// The report and others: that of the year before, those it sums up.
    Between,
}

impl Basis {
    fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Between => "years",
        }
    }
}

/// What is thought of a report.
pub(super) struct Judgement {
    /// What it shows by itself.
    pub(super) own: Vec<Finding>,
    /// What it shows beside others.
    pub(super) between: Vec<Finding>,
    /// It was compared with others.
    pub(super) beside: bool,
    pub(super) causes: Vec<Cause>,
    /// What the configuration had changed about the rules.
    pub(super) rules_changed: Option<String>,
    pub(super) verdict: Verdict,
    pub(super) errors_hash: String,
    /// The same for what it shows by itself.
    pub(super) own_errors_hash: String,
}

impl Judgement {
    /// By a policy.
    pub(super) fn of(
        policy: &Policy,
        own: Vec<Finding>,
        between: Vec<Finding>,
        causes: Vec<Cause>,
    ) -> Self {
        let all = || own.iter().chain(&between);
        let failed = all().any(|finding| finding.severity == Severity::Error);
        Self {
            errors_hash: versions::errors_hash(all()),
            own_errors_hash: versions::errors_hash(&own),
            verdict: if failed { Verdict::Failed } else { Verdict::Passed },
            beside: false,
            rules_changed: policy.told(),
            own,
            between,
            causes,
        }
    }

    /// Everything found, gravest first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        check::together(self.own.clone(), self.between.clone())
    }

    /// The same, each with what it rests on.
    fn based(&self) -> Vec<(Basis, &Finding)> {
        let own = self.own.iter().map(|finding| (Basis::Report, finding));
        let between = self.between.iter().map(|finding| (Basis::Between, finding));
        let mut based: Vec<_> = own.chain(between).collect();
        based.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        based
    }
}

/// Where a new version stands among the others.
pub(super) struct Order {
    pub(super) ns: i64,
    pub(super) path: Vec<u8>,
}

/// Writes a new version; not yet numbered and not yet current.
pub(super) fn insert(
    tx: &Connection,
    new: &NewReport<'_>,
    order: &Order,
    now: Timestamp,
) -> rusqlite::Result<ReportId> {
    let id = tx.prepare_cached(include_str!("sql/insert_report.sql"))?.query_row(
        named_params! {
            ":unit": new.series.unit, ":year": new.series.year, ":kind": new.series.kind,
            ":file": new.file, ":number": new.number, ":member": new.member,
            ":verdict": new.judgement.verdict, ":source": new.report.source,
            ":content_hash": new.content_hash, ":errors_hash": new.judgement.errors_hash,
            ":order_ns": order.ns, ":order_path": order.path, ":now": Seconds(now),
        },
        |row| row.get("id"),
    )?;
    write(tx, id, new, now)?;
    Ok(id)
}

/// Writes what a reading found over what an earlier reading of the same document found.
pub(super) fn replace(
    tx: &Connection,
    id: ReportId,
    new: &NewReport<'_>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    clear(tx, id)?;
    write(tx, id, new, now)
}

/// Writes what a reading found; nothing is there yet.
fn write(
    tx: &Connection,
    id: ReportId,
    new: &NewReport<'_>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let report = new.report;
    tx.prepare_cached(include_str!("sql/update_report.sql"))?.execute(named_params! {
        ":id": id,
        ":form": report.form, ":unit_printed": report.unit, ":title": report.title,
        ":period_from": report.period.map(|(from, _)| iso(from)),
        ":period_to": report.period.map(|(_, to)| iso(to)),
        ":published": report.published.map(iso), ":source": report.source,
        ":format": new.format.map(format_word),
        ":content_hash": new.content_hash,
    })?;
    insert_sections(tx, id, report)?;
    insert_cells(tx, id, report)?;
    whole::insert(tx, id, report)?;
    copies::insert(tx, id, report)?;
    write_judgement(tx, id, new.judgement, new.form_sha256, now)
}

/// Writes what is thought of a report now.
pub(super) fn judge(
    tx: &Connection,
    id: ReportId,
    judgement: &Judgement,
    form_sha256: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    clear_judgement(tx, id)?;
    write_judgement(tx, id, judgement, form_sha256, now)
}

fn write_judgement(
    tx: &Connection,
    id: ReportId,
    judgement: &Judgement,
    form_sha256: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached(include_str!("sql/judge_report.sql"))?.execute(named_params! {
        ":id": id, ":verdict": judgement.verdict, ":errors_hash": judgement.errors_hash,
        ":own_errors_hash": judgement.own_errors_hash, ":beside": judgement.beside,
        ":rules_changed": judgement.rules_changed,
        ":form_sha256": form_sha256, ":now": Seconds(now),
    })?;
    let causes = insert_causes(tx, id, &judgement.causes)?;
    insert_findings(tx, id, &judgement.based(), &causes)
}

/// The name of a format as serde has it: `docx`.
fn format_word(format: Format) -> String {
    format!("{format:?}").to_ascii_lowercase()
}

fn clear(tx: &Connection, id: ReportId) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM cells WHERE report_id = :id",
        "DELETE FROM sections WHERE report_id = :id",
        "DELETE FROM report_tables WHERE report_id = :id",
        "DELETE FROM report_rows WHERE report_id = :id",
        "DELETE FROM report_years WHERE report_id = :id",
        "DELETE FROM paragraphs WHERE report_id = :id",
        "DELETE FROM long_sentences WHERE report_id = :id",
    ] {
        tx.prepare_cached(sql)?.execute(named_params! { ":id": id })?;
    }
    clear_judgement(tx, id)
}

fn clear_judgement(tx: &Connection, id: ReportId) -> rusqlite::Result<()> {
    for sql in
        ["DELETE FROM findings WHERE report_id = :id", "DELETE FROM causes WHERE report_id = :id"]
    {
        tx.prepare_cached(sql)?.execute(named_params! { ":id": id })?;
    }
    Ok(())
}

/// Removes a version that turned out to be another unit's or year's when it was read again.
pub(super) fn delete(tx: &Connection, id: ReportId) -> rusqlite::Result<()> {
    clear(tx, id)?;
    tx.prepare_cached("DELETE FROM reports WHERE id = :id")?
        .execute(named_params! { ":id": id })
        .map(drop)
}

fn insert_sections(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(include_str!("sql/insert_section.sql"))?;
    for (number, section) in (1_i64..).zip(&report.sections) {
        insert.execute(named_params! {
            ":report": id, ":number": number, ":section": section.id,
            ":heading": section.heading, ":text": section.text, ":picture": section.picture,
        })?;
    }
    Ok(())
}

fn insert_cells(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    let is_ocr = report.source == Source::Ocr;
    let cells: Vec<(&CellId, &Cell)> = report.cells.iter().collect();
    let sql = (include_str!("sql/insert_cell.sql"), include_str!("sql/insert_ten_cells.sql"));
    many::insert(tx, sql, &cells, |(cell_id, cell), values| {
        let (kind, value, text) = match &cell.value {
            CellValue::Number(number) => ("number", Some(*number), Some(number.to_string())),
            CellValue::Blank => ("blank", None, None),
            CellValue::Placeholder => ("placeholder", None, None),
            CellValue::Text(text) => ("text", None, Some(text.clone())),
        };
        let place = cell.place;
        values.push(id)?;
        values.push(&cell_id.table)?;
        values.push(&cell_id.row)?;
        values.push(&cell_id.column)?;
        values.push(value.map(Approximate))?;
        values.push(text)?;
        values.push(&cell.unit)?;
        values.push(kind)?;
        values.push(&cell.raw)?;
        values.push(&cell.own_unit)?;
        values.push(place_text(place))?;
        values.push(column_number(place.table))?;
        values.push(column_number(place.row))?;
        values.push(column_number(place.column))?;
        values.push(place.page)?;
        values.push(is_ocr)?;
        values.push(cell.doubtful)
    })
}

fn column_number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn place_text(place: Place) -> String {
    let Place { table, row, column, page } = place;
    let page = page.map(|page| format!("（第{page}页）")).unwrap_or_default();
    format!("第{table}表第{row}行第{column}列{page}")
}

/// Returns the rows of the causes by their numbers.
fn insert_causes(
    tx: &Connection,
    id: ReportId,
    causes: &[Cause],
) -> rusqlite::Result<BTreeMap<u32, i64>> {
    let mut insert = tx.prepare_cached(include_str!("sql/insert_cause.sql"))?;
    let mut insert_cell = tx.prepare_cached(include_str!("sql/insert_cause_cell.sql"))?;
    let mut rows = BTreeMap::new();
    for cause in causes {
        let row: i64 = insert.query_row(
            named_params! {
                ":report": id, ":number": cause.id, ":slip": cause.slip,
                ":certain": cause.certain, ":message": cause.message,
            },
            |row| row.get("id"),
        )?;
        rows.insert(cause.id, row);
        let sets = std::iter::once(&cause.cells).chain(&cause.alternatives);
        for (alternative, set) in (0_i64..).zip(sets) {
            for (number, repair) in (1_i64..).zip(set) {
                insert_cell.execute(named_params! {
                    ":cause": row, ":alternative": alternative, ":number": number,
                    ":table": repair.cell.table, ":row": repair.cell.row,
                    ":column": repair.cell.column,
                    ":read": repair.read.map(Exact), ":repaired": Exact(repair.repaired),
                })?;
            }
        }
    }
    Ok(rows)
}

fn insert_findings(
    tx: &Connection,
    id: ReportId,
    findings: &[(Basis, &Finding)],
    causes: &BTreeMap<u32, i64>,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(include_str!("sql/insert_finding.sql"))?;
    let mut insert_cell = tx.prepare_cached(include_str!("sql/insert_finding_cell.sql"))?;
    let mut figures = tx.prepare_cached(include_str!("sql/finding_figures.sql"))?;
    for (number, (basis, finding)) in (1_i64..).zip(findings) {
        let row: i64 = insert.query_row(
            named_params! {
                ":report": id, ":number": number, ":basis": basis.word(), ":rule": finding.rule,
                ":severity": finding.severity, ":place": finding.place,
                ":left": finding.left, ":right": finding.right,
                ":cause": finding.cause.and_then(|cause| causes.get(&cause)),
                ":quote": finding.quote, ":message": finding.message, ":source": finding.source,
            },
            |row| row.get("id"),
        )?;
        for (number, cell) in (1_i64..).zip(&finding.cells) {
            insert_cell.execute(named_params! {
                ":finding": row, ":number": number, ":table": cell.table, ":row": cell.row,
                ":column": cell.column,
            })?;
        }
        figures.execute(named_params! { ":id": row, ":numbers": numbers(&finding.message) })?;
    }
    Ok(())
}

/// The numbers of a sentence.
fn numbers(sentence: &str) -> String {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let found = sentence.split(|c| !number(c)).map(|n| n.trim_matches('.'));
    found.filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The findings of a report, in the order they were written.
pub(super) fn findings(db: &Connection, id: ReportId) -> rusqlite::Result<Vec<Finding>> {
    selected(db, id, None)
}

/// Those of them that rest on this.
pub(super) fn findings_on(
    db: &Connection,
    id: ReportId,
    basis: Basis,
) -> rusqlite::Result<Vec<Finding>> {
    selected(db, id, Some(basis))
}

fn selected(db: &Connection, id: ReportId, basis: Option<Basis>) -> rusqlite::Result<Vec<Finding>> {
    let mut cells: BTreeMap<i64, Vec<CellId>> = BTreeMap::new();
    let mut query = db.prepare_cached(include_str!("sql/finding_cells.sql"))?;
    let mut rows = query.query(named_params! { ":report": id })?;
    while let Some(row) = rows.next()? {
        cells.entry(row.get("finding_id")?).or_default().push(cell_id(row)?);
    }
    let mut query = db.prepare_cached(include_str!("sql/findings.sql"))?;
    let parameters = named_params! { ":report": id, ":basis": basis.map(Basis::word) };
    let rows = query.query_map(parameters, |row| {
        Ok(Finding {
            rule: row.get("rule")?,
            severity: row.get("severity")?,
            place: row.get("place")?,
            left: row.get("left_value")?,
            right: row.get("right_value")?,
            cells: cells.remove(&row.get("id")?).unwrap_or_default(),
            cause: row.get("cause")?,
            quote: row.get("quote")?,
            message: row.get("message")?,
            source: row.get("source")?,
            explanation: None,
        })
    })?;
    rows.collect()
}

/// The findings of a report, those that are settled with what settles them.
pub(super) fn findings_explained(db: &Connection, id: ReportId) -> rusqlite::Result<Vec<Finding>> {
    let mut findings = findings(db, id)?;
    for (number, finding) in (1_i64..).zip(&mut findings) {
        if finding.severity == Severity::Warning {
            finding.explanation = explanations::of_finding(db, id, number)?;
        }
    }
    Ok(findings)
}

/// The causes of a report.
pub(super) fn causes(db: &Connection, id: ReportId) -> rusqlite::Result<Vec<Cause>> {
    let mut sets: BTreeMap<i64, BTreeMap<i64, Vec<Repair>>> = BTreeMap::new();
    let mut query = db.prepare_cached(include_str!("sql/cause_cells.sql"))?;
    let mut rows = query.query(named_params! { ":report": id })?;
    while let Some(row) = rows.next()? {
        let repair = Repair {
            cell: cell_id(row)?,
            read: row.get::<_, Option<Exact>>("read")?.map(|read| read.0),
            repaired: row.get::<_, Exact>("repaired")?.0,
        };
        let sets = sets.entry(row.get("cause_id")?).or_default();
        sets.entry(row.get("alternative")?).or_default().push(repair);
    }
    let mut query = db.prepare_cached(include_str!("sql/causes.sql"))?;
    let rows = query.query_map(named_params! { ":report": id }, |row| {
        let mut sets = sets.remove(&row.get("id")?).unwrap_or_default();
        Ok(Cause {
            id: row.get("number")?,
            cells: sets.remove(&0).unwrap_or_default(),
            alternatives: sets.into_values().collect(),
            slip: row.get("slip")?,
            certain: row.get("certain")?,
            message: row.get("message")?,
        })
    })?;
    rows.collect()
}

/// The cells of these tables of a report.
pub(super) fn cells(
    db: &Connection,
    id: ReportId,
    tables: &BTreeSet<Id>,
) -> rusqlite::Result<BTreeMap<CellId, Cell>> {
    let mut query = db.prepare_cached(include_str!("sql/cells.sql"))?;
    let mut cells = BTreeMap::new();
    for table in tables {
        let mut rows = query.query(named_params! { ":report": id, ":table": table })?;
        while let Some(row) = rows.next()? {
            cells.insert(cell_id(row)?, read_cell(row)?);
        }
    }
    Ok(cells)
}

/// All cells of a report.
pub(super) fn all_cells(db: &Connection, id: ReportId) -> rusqlite::Result<BTreeMap<CellId, Cell>> {
    let cell = |row: &Row<'_>| Ok((cell_id(row)?, read_cell(row)?));
    db.prepare_cached(include_str!("sql/all_cells.sql"))?
        .query_map(named_params! { ":report": id }, cell)?
        .collect()
}

pub(super) fn read_cell(row: &Row<'_>) -> rusqlite::Result<Cell> {
    let text: Option<String> = row.get("text")?;
    let value = match row.get::<_, String>("kind")?.as_str() {
        "number" => CellValue::Number(row.get::<_, Exact>("text").map(|number| number.0)?),
        "placeholder" => CellValue::Placeholder,
        "text" => CellValue::Text(text.unwrap_or_default()),
        _ => CellValue::Blank,
    };
    let number = |name| row.get::<_, i64>(name).map(|n| usize::try_from(n).unwrap_or(0));
    Ok(Cell {
        value,
        raw: row.get("raw")?,
        unit: row.get("unit")?,
        own_unit: row.get("unit_printed")?,
        place: Place {
            table: number("place_table")?,
            row: number("place_row")?,
            column: number("place_column")?,
            page: row.get("place_page")?,
        },
        doubtful: row.get("doubtful")?,
    })
}

pub(super) fn cell_id(row: &Row<'_>) -> rusqlite::Result<CellId> {
    Ok(CellId {
        table: row.get("table_id")?,
        row: row.get("row_id")?,
        column: row.get("column_id")?,
    })
}

/// Writes an old version once more, as the newest: its file came back in the place of another.
pub(super) fn repeat(
    tx: &Connection,
    id: ReportId,
    order_ns: i64,
    now: Timestamp,
) -> rusqlite::Result<ReportId> {
    let copy: ReportId = tx.query_row(
        include_str!("sql/repeat_report.sql"),
        named_params! { ":id": id, ":order_ns": order_ns, ":now": Seconds(now) },
        |row| row.get("id"),
    )?;
    for sql in [
        include_str!("sql/repeat_sections.sql"),
        include_str!("sql/repeat_cells.sql"),
        include_str!("sql/repeat_report_tables.sql"),
        include_str!("sql/repeat_report_rows.sql"),
        include_str!("sql/repeat_report_years.sql"),
        include_str!("sql/repeat_paragraphs.sql"),
        include_str!("sql/repeat_long_sentences.sql"),
        include_str!("sql/repeat_causes.sql"),
        include_str!("sql/repeat_cause_cells.sql"),
        include_str!("sql/repeat_findings.sql"),
        include_str!("sql/repeat_finding_cells.sql"),
        "UPDATE documents SET report_id = :copy WHERE report_id = :id",
    ] {
        tx.execute(sql, named_params! { ":id": id, ":copy": copy })?;
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_people_point_at_it() {
        let place = Place { table: 2, row: 5, column: 3, page: None };
        assert_eq!(place_text(place), "第2表第5行第3列");
        assert_eq!(place_text(Place { page: Some(4), ..place }), "第2表第5行第3列（第4页）");
    }
}
