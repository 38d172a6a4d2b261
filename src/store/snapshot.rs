//! A copy of the database for those who cannot open the original: on shares, in Excel over ODBC, in
//! DB Browser, in `DuckDB`. A single file in rollback-journal mode, which needs nothing beside it.
//!
//! In it the views for people are tables, whose columns have types: ODBC drivers and `DuckDB` ask for the
//! type of a column, which a column of a view does not have. What has a row for each figure stays a
//! view: it would double the size of the copy.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, named_params};

use super::columns::PathBytes;
use super::{Result, StoreError, schema};

/// Views with a row for each figure.
const STAY_VIEWS: &[&str] = &["figures", "year_on_year"];

/// Copies the database as it is at one moment into the new file `to`. Readers and the writer go on.
pub(super) fn copy(database: &Path, to: &Path) -> Result<()> {
    let connection = schema::open_read_only(database)?;
    let fail = |e| StoreError::from_sql(to, e);
    let sql = "VACUUM INTO CAST(:to AS TEXT)";
    connection.execute(sql, named_params! { ":to": PathBytes(to) }).map_err(fail)?;
    let copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
    copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(fail)?;
    make_tables(&copy).map_err(fail)?;
    copy.close().map_err(|(_, e)| fail(e))
}

/// Makes tables of the views that the data dictionary explains; those that strangers made stay.
fn make_tables(copy: &Connection) -> rusqlite::Result<()> {
    let mut query = copy.prepare("SELECT object FROM data_dictionary WHERE kind = 'view'")?;
    let views: Vec<String> =
        query.query_map([], |row| row.get("object"))?.collect::<rusqlite::Result<_>>()?;
    let views: Vec<&String> =
        views.iter().filter(|view| !STAY_VIEWS.contains(&view.as_str())).collect();
    let tx = copy.unchecked_transaction()?;
    // Views lean on views: all tables first, under other names.
    for view in &views {
        let columns = columns(copy, view)?.join(", ");
        tx.execute_batch(&format!(
            "CREATE TABLE \"table of {view}\" ({columns});
             INSERT INTO \"table of {view}\" SELECT * FROM \"{view}\";"
        ))?;
    }
    for view in &views {
        tx.execute_batch(&format!("DROP VIEW \"{view}\""))?;
    }
    tx.pragma_update(None, "legacy_alter_table", true)?;
    for view in &views {
        tx.execute_batch(&format!("ALTER TABLE \"table of {view}\" RENAME TO \"{view}\""))?;
    }
    tx.commit()
}

/// The columns of a view as a table declares them, each with the type of what is in it.
fn columns(copy: &Connection, view: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = copy.prepare("SELECT name FROM pragma_table_info(:view)")?;
    let names: Vec<String> = query
        .query_map(named_params! { ":view": view }, |row| row.get("name"))?
        .collect::<rusqlite::Result<_>>()?;
    let kind = |name: &String| {
        format!(
            "CASE WHEN sum(typeof(\"{name}\") = 'text') THEN 'TEXT' \
             WHEN sum(typeof(\"{name}\") = 'real') THEN 'REAL' \
             WHEN sum(typeof(\"{name}\") = 'integer') THEN 'INTEGER' ELSE 'NUMERIC' END"
        )
    };
    let kinds: Vec<String> = names.iter().map(kind).collect();
    let sql = format!("SELECT {} FROM \"{view}\"", kinds.join(", "));
    copy.query_row(&sql, [], |row| {
        let column =
            |(number, name)| row.get::<_, String>(number).map(|kind| format!("\"{name}\" {kind}"));
        names.iter().enumerate().map(column).collect()
    })
}
