//! All of a report that is not in a cell: its tables and rows as far as they differ from the form, its
//! paragraphs, the years it names. With them a report can be put together again as it was read, and
//! the rules of today applied to it without its file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::reports;
use super::rows::{ReportId, UnitId};
use crate::document::Source;
use crate::form::Id;
use crate::report::{FoundSection, FoundTable, MissingRow, Report, UnknownRow, YearNamed};

/// A report put together again, and the unit it belongs to.
pub(super) struct Recalled {
    pub(super) report: Report,
    pub(super) unit: UnitId,
    /// Nothing that was read is left out.
    is_whole: bool,
}

/// Writes what is in no cell.
pub(super) fn insert(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    insert_tables(tx, id, report)?;
    insert_rows(tx, id, report)?;
    let sql = "INSERT INTO report_years (report_id, number, named_by, year)
               VALUES (:report, :number, :by, :year)";
    let mut insert = tx.prepare_cached(sql)?;
    for (number, named) in (1_i64..).zip(&report.years_named) {
        insert.execute(named_params! {
            ":report": id, ":number": number, ":by": named.by, ":year": named.year,
        })?;
    }
    let sql = "INSERT INTO paragraphs (report_id, number, text) VALUES (:report, :number, :text)";
    let mut insert = tx.prepare_cached(sql)?;
    for (number, text) in (1_i64..).zip(&report.text) {
        insert.execute(named_params! { ":report": id, ":number": number, ":text": text })?;
    }
    Ok(())
}

fn insert_tables(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(include_str!("sql/insert_report_table.sql"))?;
    for (number, table) in (1_i64..).zip(&report.tables) {
        let grids: Vec<String> = table.grids.iter().map(usize::to_string).collect();
        insert.execute(named_params! {
            ":report": id, ":number": number, ":table": table.table, ":form": table.form,
            ":grids": grids.join(","),
        })?;
    }
    Ok(())
}

fn insert_rows(tx: &Connection, id: ReportId, report: &Report) -> rusqlite::Result<()> {
    let of_form = |standing: &'static str, rows: &[MissingRow]| -> Vec<_> {
        let row = |row: &MissingRow| (standing, row.table.clone(), Some(row.row.clone()), None);
        rows.iter().map(row).collect()
    };
    let printed = |standing: &'static str, rows: &[UnknownRow]| -> Vec<_> {
        let values = |row: &UnknownRow| serde_json::to_string(&row.values).unwrap_or_default();
        let row = |row: &UnknownRow| {
            (standing, row.table.clone(), None, Some((row.label.clone(), values(row))))
        };
        rows.iter().map(row).collect()
    };
    let rows = [
        of_form("missing", &report.missing_rows),
        of_form("unlabelled", &report.sublabels_lost),
        printed("unknown", &report.unknown_rows),
        printed("heading", &report.heading_values),
    ];
    let mut insert = tx.prepare_cached(include_str!("sql/insert_report_row.sql"))?;
    for (number, (standing, table, row, printed)) in (1_i64..).zip(rows.into_iter().flatten()) {
        let (label, values) = printed.unzip();
        insert.execute(named_params! {
            ":report": id, ":number": number, ":standing": standing, ":table": table,
            ":row": row, ":label": label, ":printed": values,
        })?;
    }
    Ok(())
}

/// A report as it was read; `None`: not all of it is recorded. The other spellings of its unit are
/// with the unit, and left out.
pub(super) fn recall(db: &Connection, id: ReportId) -> rusqlite::Result<Option<Recalled>> {
    Ok(recall_what_there_is(db, id)?.filter(|recalled| recalled.is_whole))
}

/// A report as far as it is recorded: its cells and sections always are. For rules that need no more.
pub(super) fn recall_what_there_is(
    db: &Connection,
    id: ReportId,
) -> rusqlite::Result<Option<Recalled>> {
    let Some(mut recalled) = recall_text(db, id)? else { return Ok(None) };
    let report = &mut recalled.report;
    report.sections = sections(db, id)?;
    report.tables = tables(db, id)?;
    add_rows(db, id, report)?;
    let sql = "SELECT named_by, year FROM report_years WHERE report_id = :report ORDER BY number";
    report.years_named = list(db, sql, id, |row| {
        Ok(YearNamed { by: row.get("named_by")?, year: row.get("year")? })
    })?;
    if !recalled.is_whole {
        let lines = |section: &FoundSection| {
            let text = section.text.lines().map(str::to_owned);
            std::iter::once(section.heading.clone()).chain(text).collect::<Vec<_>>()
        };
        report.text = report.sections.iter().flat_map(lines).collect();
    }
    report.cells = reports::all_cells(db, id)?;
    Ok(Some(recalled))
}

/// A report as far as its text is compared with others: unit, year, kind, form and paragraphs.
pub(super) fn recall_text(db: &Connection, id: ReportId) -> rusqlite::Result<Option<Recalled>> {
    let mut query = db.prepare_cached(include_str!("sql/report.sql"))?;
    let Some(mut recalled) = query.query_row(named_params! { ":report": id }, head).optional()?
    else {
        return Ok(None);
    };
    let sql = "SELECT text FROM paragraphs WHERE report_id = :report ORDER BY number";
    recalled.report.text = list(db, sql, id, |row| row.get("text"))?;
    Ok(Some(recalled))
}

fn list<T>(
    db: &Connection,
    sql: &str,
    id: ReportId,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(named_params! { ":report": id }, read)?.collect()
}

fn head(row: &Row<'_>) -> rusqlite::Result<Recalled> {
    let day = |name| -> rusqlite::Result<Option<Date>> {
        let text: Option<String> = row.get(name)?;
        Ok(text.and_then(|text| text.parse().ok()))
    };
    Ok(Recalled {
        is_whole: row.get("whole")?,
        unit: row.get("unit_id")?,
        report: Report {
            kind: row.get("kind")?,
            form: row.get("form")?,
            unit: row.get("unit_printed")?,
            spellings: Vec::new(),
            year: row.get("year")?,
            title: row.get("title")?,
            period: day("period_from")?.zip(day("period_to")?),
            published: day("published")?,
            sections: Vec::new(),
            tables: Vec::new(),
            cells: BTreeMap::new(),
            missing_rows: Vec::new(),
            unknown_rows: Vec::new(),
            heading_values: Vec::new(),
            sublabels_lost: Vec::new(),
            years_named: Vec::new(),
            text: Vec::new(),
            source: row.get::<_, Source>("source")?,
        },
    })
}

fn sections(db: &Connection, id: ReportId) -> rusqlite::Result<Vec<FoundSection>> {
    let sql = "SELECT section, heading, text, picture FROM sections
               WHERE report_id = :report ORDER BY number";
    list(db, sql, id, |row| {
        Ok(FoundSection {
            id: row.get("section")?,
            heading: row.get("heading")?,
            text: row.get("text")?,
            picture: row.get("picture")?,
        })
    })
}

/// The tables found in a report.
fn tables(db: &Connection, id: ReportId) -> rusqlite::Result<Vec<FoundTable>> {
    let sql = "SELECT table_id, form, grids FROM report_tables
               WHERE report_id = :report ORDER BY number";
    list(db, sql, id, |row| {
        let grids: String = row.get("grids")?;
        Ok(FoundTable {
            table: row.get("table_id")?,
            form: row.get("form")?,
            grids: grids.split(',').filter_map(|grid| grid.parse().ok()).collect(),
        })
    })
}

fn add_rows(db: &Connection, id: ReportId, report: &mut Report) -> rusqlite::Result<()> {
    let sql = "SELECT standing, table_id, row_id, label, printed FROM report_rows
               WHERE report_id = :report ORDER BY number";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(named_params! { ":report": id })?;
    while let Some(row) = rows.next()? {
        let table: Id = row.get("table_id")?;
        let of_form = |table| -> rusqlite::Result<MissingRow> {
            let id = row.get::<_, Option<Id>>("row_id")?.unwrap_or_else(|| "".into());
            Ok(MissingRow { table, row: id })
        };
        let printed = |table| -> rusqlite::Result<UnknownRow> {
            let values: Option<String> = row.get("printed")?;
            Ok(UnknownRow {
                table,
                label: row.get::<_, Option<String>>("label")?.unwrap_or_default(),
                values: values.and_then(|v| serde_json::from_str(&v).ok()).unwrap_or_default(),
            })
        };
        match row.get::<_, String>("standing")?.as_str() {
            "missing" => report.missing_rows.push(of_form(table)?),
            "unlabelled" => report.sublabels_lost.push(of_form(table)?),
            "unknown" => report.unknown_rows.push(printed(table)?),
            _ => report.heading_values.push(printed(table)?),
        }
    }
    Ok(())
}
