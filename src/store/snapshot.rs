//! A copy of the database for those who cannot open the original: on shares, in Excel over ODBC, in
//! DB Browser. A single file in rollback-journal mode, which needs nothing beside it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, named_params};

use super::columns::PathBytes;
use super::{Result, StoreError, schema};

/// Copies the database as it is at one moment into the new file `to`. Readers and the writer go on.
pub(super) fn copy(database: &Path, to: &Path) -> Result<()> {
    let connection = schema::open_read_only(database)?;
    let fail = |e| StoreError::from_sql(to, e);
    let sql = "VACUUM INTO CAST(:to AS TEXT)";
    connection.execute(sql, named_params! { ":to": PathBytes(to) }).map_err(fail)?;
    let copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
    copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(fail)?;
    copy.close().map_err(|(_, e)| fail(e))
}
