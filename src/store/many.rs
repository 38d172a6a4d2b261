//! Many rows of one table. A statement for each of them would cost SQLite half as much again as one for ten:
//! it opens the table, and the one each row refers to, anew every time.

use rusqlite::{CachedStatement, Connection, Error, ToSql};

/// Rows of the statement for several.
const TEN: usize = 10;

/// The values of one statement, in the order of its parameters.
pub(super) struct Values<'s> {
    statement: CachedStatement<'s>,
    bound: usize,
}

impl Values<'_> {
    /// The next value.
    pub(super) fn push(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.bound += 1;
        self.statement.raw_bind_parameter(self.bound, value)
    }

    /// Executes the statement. One that lacks a value is an error, not a row with a NULL.
    fn execute(mut self) -> rusqlite::Result<()> {
        match self.statement.parameter_count() {
            count if count == self.bound => self.statement.raw_execute().map(drop),
            count => Err(Error::InvalidParameterCount(self.bound, count)),
        }
    }
}

/// Inserts all rows, by statements for one row and for ten of them. `bind` pushes the values of a row in the
/// order of the statement.
pub(super) fn insert<R>(
    tx: &Connection,
    (one, ten): (&str, &str),
    rows: &[R],
    bind: impl Fn(&R, &mut Values<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let (full, rest) = rows.as_chunks::<TEN>();
    let full = full.iter().map(|group| (ten, group.as_slice()));
    for (sql, group) in full.chain(rest.chunks(1).map(|group| (one, group))) {
        let mut values = Values { statement: tx.prepare_cached(sql)?, bound: 0 };
        group.iter().try_for_each(|row| bind(row, &mut values))?;
        values.execute()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "INSERT INTO rows VALUES (:number, :text)";
    const TEN: &str = "INSERT INTO rows VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?),
                                               (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)";

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE rows (number INTEGER PRIMARY KEY, text TEXT)").unwrap();
        db
    }

    #[test]
    fn every_row_is_written_once_however_many_there_are() {
        let db = database();
        for count in [0, 1, 9, 10, 11, 30, 37] {
            let rows: Vec<i64> = (0..count).collect();
            insert(&db, (ONE, TEN), &rows, |number, values| {
                values.push(number)?;
                values.push(number.to_string())
            })
            .unwrap();
            let sql = "SELECT count(*) FROM rows WHERE text = number";
            assert_eq!(db.query_row(sql, [], |row| row.get::<_, i64>(0)), Ok(count));
            db.execute("DELETE FROM rows", []).unwrap();
        }
    }

    #[test]
    fn a_value_that_is_forgotten_is_an_error() {
        let rows: Vec<i64> = (0..10).collect();
        let forgetful =
            insert(&database(), (ONE, TEN), &rows, |number, values| values.push(number));
        assert!(matches!(forgetful, Err(Error::InvalidParameterCount(10, 20))), "{forgetful:?}");
    }
}
