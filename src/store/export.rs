//! Rows of a view as they are, for files that people open in other programs.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};

/// Which rows of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of this report year only.
    pub year: Option<i16>,
    /// Of units whose name has this in it only.
    pub unit: Option<String>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    /// Its name.
    pub name: String,
    /// What the data dictionary calls it.
    pub chinese: String,
}

/// A value of a row. A number has the type a spreadsheet wants; the exact one is in a column of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with decimals.
    Real(f64),
    /// A text.
    Text(String),
}

/// Everything that is a view, for people, with what the data dictionary says of it.
pub(super) fn views(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut query = db.prepare_cached(include_str!("sql/views.sql"))?;
    query.query_map([], |row| Ok((row.get("name")?, row.get("chinese")?)))?.collect()
}

/// What the data dictionary says of a table, a view, or a column of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The table or view.
    pub object: String,
    /// The column; empty: the object itself.
    pub column: String,
    /// In English.
    pub english: String,
    /// In Chinese.
    pub chinese: String,
}

/// Everything but cells, tables and views in the order of their names.
pub(super) fn dictionary(db: &Connection) -> rusqlite::Result<Vec<Explained>> {
    let sql = "SELECT object, name, english, chinese FROM data_dictionary
               WHERE kind <> 'cell' ORDER BY object, name";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok(Explained {
            object: row.get("object")?,
            column: row.get("name")?,
            english: row.get("english")?,
            chinese: row.get("chinese")?,
        })
    })?;
    rows.collect()
}

/// Takes the columns of a view with no row first, then with each of its rows; `false` ends it.
pub type TakeRow<'a> = dyn FnMut(&[ColumnName], Option<Vec<Field>>) -> bool + 'a;

/// Hands over a view; `false`: there is none of this name.
pub(super) fn rows(
    db: &Connection,
    view: &str,
    selection: &Selection,
    take: &mut TakeRow<'_>,
) -> rusqlite::Result<bool> {
    if !is_view(db, view)? {
        return Ok(false);
    }
    let columns = columns(db, view)?;
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let mut sql = format!("SELECT * FROM \"{view}\" WHERE 1");
    let mut parameters: Vec<(&str, &dyn ToSql)> = Vec::new();
    if has("year") && selection.year.is_some() {
        sql.push_str(" AND year = :year");
        parameters.push((":year", &selection.year));
    }
    if has("unit") && selection.unit.is_some() {
        sql.push_str(" AND instr(unit, :unit)");
        parameters.push((":unit", &selection.unit));
    }
    if has("unit") && has("year") {
        sql.push_str(" ORDER BY unit, year");
    }
    if !take(&columns, None) {
        return Ok(true);
    }
    let mut query = db.prepare(&sql)?;
    let mut rows = query.query(parameters.as_slice())?;
    while let Some(row) = rows.next()? {
        let fields = (0..columns.len()).map(|n| field(row, n)).collect::<rusqlite::Result<_>>()?;
        if !take(&columns, Some(fields)) {
            break;
        }
    }
    Ok(true)
}

/// Whether there is a view of this name: names go into SQL text.
fn is_view(db: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = :name";
    let found = db.prepare_cached(sql)?.query_row(named_params! { ":name": name }, |_| Ok(()));
    Ok(found.optional()?.is_some() && !name.contains('"'))
}

fn columns(db: &Connection, view: &str) -> rusqlite::Result<Vec<ColumnName>> {
    let mut query = db.prepare_cached(include_str!("sql/view_columns.sql"))?;
    let rows = query.query_map(named_params! { ":view": view }, |row| {
        Ok(ColumnName { name: row.get("name")?, chinese: row.get("chinese")? })
    })?;
    rows.collect()
}

fn field(row: &Row<'_>, number: usize) -> rusqlite::Result<Field> {
    Ok(match row.get_ref(number)? {
        ValueRef::Null => Field::Null,
        ValueRef::Integer(number) => Field::Integer(number),
        ValueRef::Real(number) => Field::Real(number),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Field::Text(String::from_utf8_lossy(text).into_owned())
        }
    })
}
