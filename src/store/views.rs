//! The wide views: one for each table of the forms, one row for each current report, one column for
//! each cell. They are made from the forms at start, so that a new form needs no SQL.
//!
//! A column is a look-up in the primary key of `cells`; SQLite leaves out those that a query does
//! not name, which makes `SELECT unit, received_total FROM letters` as cheap as it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::{Connection, named_params};

use super::StoreError;
use super::dictionary::Entry;
use crate::form::{Column, Form, Forms, Kind, Row, Table};

/// Stands in the text of every generated view; views with it belong to gouji and may be replaced.
const MARK: &str = "-- generated from the forms";

/// Columns every wide view begins with.
const HEAD: &[(&str, &str, &str)] = &[
    ("report_id", "the report", "报告"),
    ("unit", "the unit", "单位"),
    ("year", "report year", "年度"),
    ("form", "id of the form its tables follow", "表样编号"),
];

/// One wide view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WideView {
    /// Its name: the table id.
    pub(super) name: String,
    /// The statement that creates it.
    sql: String,
    /// What the data dictionary says about it, its columns and its cells.
    pub(super) entries: Vec<Entry>,
}

/// One column of a wide view: a cell of some form.
struct WideColumn<'a> {
    table: &'a Table,
    row: &'a Row,
    column: &'a Column,
    /// `<row>_<column>`, or `<row>`.
    name: String,
}

impl WideColumn<'_> {
    fn is_amount(&self) -> bool {
        self.row.kind.unwrap_or(self.column.kind) == Kind::Amount
    }

    fn label(&self) -> String {
        let row = [self.row.group.as_slice(), std::slice::from_ref(&self.row.label)].concat();
        format!("{} / {} / {}", self.table.name, row.join("·"), self.column.label)
    }

    fn unit(&self) -> Option<String> {
        self.row.unit.clone().or_else(|| self.column.unit.clone())
    }
}

/// The views for all tables of all forms; refused when two things would have one name.
pub(super) fn from_forms(forms: &Forms) -> Result<Vec<WideView>, StoreError> {
    tables(forms).into_iter().map(|(name, tables)| wide_view(name, &tables)).collect()
}

/// Every table id with the table as each form has it, in the order of form ids.
fn tables(forms: &Forms) -> BTreeMap<&str, Vec<&Table>> {
    let mut tables: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for table in forms.iter().flat_map(|form: &Form| &form.tables) {
        tables.entry(&table.id).or_default().push(table);
    }
    tables
}

fn wide_view(name: &str, tables: &[&Table]) -> Result<WideView, StoreError> {
    let columns = wide_columns(tables);
    check_names(name, &columns)?;
    Ok(WideView {
        name: name.to_owned(),
        sql: statement(name, &columns),
        entries: entries(name, &columns),
    })
}

/// The union of the cells over the forms, in the order in which they come.
fn wide_columns<'a>(tables: &[&'a Table]) -> Vec<WideColumn<'a>> {
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for table in tables {
        let is_single = matches!(table.columns.as_slice(), [only] if only.id == "value");
        for (row, column) in cells(table) {
            if seen.insert((&row.id, &column.id)) {
                let name = if is_single {
                    String::from(&row.id)
                } else {
                    format!("{}_{}", row.id, column.id)
                };
                columns.push(WideColumn { table, row, column, name });
            }
        }
    }
    columns
}

/// The value cells of a table in official order.
pub(super) fn cells(table: &Table) -> impl Iterator<Item = (&Row, &Column)> {
    let has = |row: &Row, column: &Column| {
        row.columns.is_empty() || row.columns.iter().any(|id| column.id == *id)
    };
    table.rows.iter().filter(|row| !row.heading).flat_map(move |row| {
        table.columns.iter().filter(move |c| has(row, c)).map(move |column| (row, column))
    })
}

fn check_names(view: &str, columns: &[WideColumn<'_>]) -> Result<(), StoreError> {
    let yuan = columns.iter().filter(|c| c.is_amount()).map(|c| format!("{}_yuan", c.name));
    let mut taken: BTreeSet<String> = HEAD.iter().map(|(name, ..)| (*name).to_owned()).collect();
    for name in columns.iter().map(|c| c.name.clone()).chain(yuan) {
        check_name(view, &name)?;
        if !taken.insert(name.clone()) {
            return Err(StoreError::NameTaken { table: view.to_owned(), name });
        }
    }
    check_name(view, view)
}

/// Names go into SQL text, so they are looked at here again.
fn check_name(table: &str, name: &str) -> Result<(), StoreError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.is_empty() && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(StoreError::BadName { table: table.to_owned(), name: name.to_owned() })
}

/// The only SQL that is put together from parts: `CREATE VIEW` takes no parameters. Every part has
/// passed [`check_name`].
fn statement(view: &str, columns: &[WideColumn<'_>]) -> String {
    let mut sql = format!(
        "CREATE VIEW \"{view}\" AS {MARK}\nSELECT r.id AS report_id, u.name AS unit, r.year, r.form"
    );
    for WideColumn { row, column, name, .. } in columns {
        push(&mut sql, view, &row.id, &column.id, "c.value", name);
    }
    for WideColumn { row, column, name, .. } in columns.iter().filter(|c| c.is_amount()) {
        let yuan = "CASE c.unit WHEN '元' THEN c.value WHEN '千元' THEN round(c.value * 1000, 4) \
                    WHEN '万元' THEN round(c.value * 10000, 4) \
                    WHEN '亿元' THEN round(c.value * 100000000, 4) END";
        push(&mut sql, view, &row.id, &column.id, yuan, &format!("{name}_yuan"));
    }
    sql + &format!(
        "\nFROM reports r JOIN units u ON u.id = r.unit_id\nWHERE r.current = 1 AND EXISTS \
         (SELECT 1 FROM cells c WHERE c.report_id = r.id AND c.table_id = '{view}')"
    )
}

fn push(sql: &mut String, table: &str, row: &str, column: &str, what: &str, name: &str) {
    let written = write!(
        sql,
        ",\n(SELECT {what} FROM cells c WHERE c.report_id = r.id AND c.table_id = '{table}' \
         AND c.row_id = '{row}' AND c.column_id = '{column}') AS \"{name}\""
    );
    debug_assert!(written.is_ok(), "a String takes everything");
}

fn entries(view: &str, columns: &[WideColumn<'_>]) -> Vec<Entry> {
    let captions: BTreeSet<&str> = columns.iter().map(|c| c.table.caption.as_str()).collect();
    let caption = captions.into_iter().collect::<Vec<_>>().join("；");
    let mut entries = vec![Entry::view(
        view,
        &format!(
            "cells of table `{view}`: one row for each current report, one column for each cell"
        ),
        &format!("{caption}：每份现行报告一行，每个数据格一列"),
    )];
    entries.extend(
        HEAD.iter().map(|(name, english, chinese)| Entry::column(view, name, english, chinese)),
    );
    for cell in columns {
        let id = format!("{view}.{}.{}", cell.row.id, cell.column.id);
        let label = cell.label();
        entries.push(
            Entry::column(view, &cell.name, &format!("value of cell `{id}`; NULL: none"), &label)
                .in_unit(cell.unit()),
        );
        if cell.is_amount() {
            entries.push(
                Entry::column(
                    view,
                    &format!("{}_yuan", cell.name),
                    &format!("cell `{id}` in yuan; NULL: none, or its unit is unknown"),
                    &format!("{label}（折合元）"),
                )
                .in_unit(Some("元".to_owned())),
            );
        }
        let english = format!("row `{}`, column `{}`", cell.row.id, cell.column.id);
        entries.push(Entry::cell(view, &id, &english, &label).in_unit(cell.unit()));
    }
    entries
}

/// Makes the generated views of the database those of the forms; touches only what differs, because
/// a changed schema makes every reader prepare its statements again.
pub(super) fn refresh(connection: &Connection, views: &[WideView]) -> rusqlite::Result<()> {
    let present = generated(connection)?;
    let wanted: BTreeMap<&str, &str> = views.iter().map(|v| (&*v.name, &*v.sql)).collect();
    for (name, sql) in &present {
        if wanted.get(name.as_str()) != Some(&sql.as_str()) {
            connection.execute_batch(&format!("DROP VIEW \"{name}\""))?;
        }
    }
    for (name, sql) in &wanted {
        if present.get(*name).map(String::as_str) != Some(sql) {
            connection.execute_batch(sql)?;
        }
    }
    Ok(())
}

/// A table id that is the name of something in the schema.
pub(super) fn taken(
    connection: &Connection,
    views: &[WideView],
) -> rusqlite::Result<Option<String>> {
    let ours = generated(connection)?;
    let sql = "SELECT name FROM sqlite_schema WHERE lower(name) = :name";
    let mut query = connection.prepare(sql)?;
    for view in views.iter().filter(|view| !ours.contains_key(&view.name)) {
        if query.exists(named_params! { ":name": view.name })? {
            return Ok(Some(view.name.clone()));
        }
    }
    Ok(None)
}

fn generated(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut query = connection.prepare(include_str!("sql/generated_views.sql"))?;
    let rows = query.query_map(named_params! { ":mark": MARK }, |row| {
        Ok((row.get("name")?, row.get("sql")?))
    })?;
    rows.collect()
}
