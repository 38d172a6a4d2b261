//! The data dictionary: every table, view, column and cell in English and Chinese, in the database
//! itself. Tables, views and columns of the schema stand in `dictionary.tsv`; those of the wide
//! views and the cells come from the forms.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::rows::Sha256;

/// Tab-separated: object, column (empty: the object), English, Chinese. Views come after tables.
const SCHEMA: &str = include_str!("dictionary.tsv");

/// One row of `data_dictionary`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    object: String,
    name: String,
    kind: &'static str,
    english: String,
    chinese: String,
    unit: Option<String>,
}

impl Entry {
    pub(super) fn view(object: &str, english: &str, chinese: &str) -> Self {
        Self::new("view", object, "", english, chinese)
    }

    pub(super) fn column(object: &str, name: &str, english: &str, chinese: &str) -> Self {
        Self::new("column", object, name, english, chinese)
    }

    pub(super) fn cell(table: &str, id: &str, english: &str, chinese: &str) -> Self {
        Self::new("cell", table, id, english, chinese)
    }

    pub(super) fn in_unit(self, unit: Option<String>) -> Self {
        Self { unit, ..self }
    }

    fn new(kind: &'static str, object: &str, name: &str, english: &str, chinese: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            kind,
            english: english.to_owned(),
            chinese: chinese.to_owned(),
            unit: None,
        }
    }
}

/// The entries of the schema itself. `is_view` tells a view from a table.
pub(super) fn of_schema(is_view: impl Fn(&str) -> bool) -> Vec<Entry> {
    let fields = |line: &'static str| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?, fields.next()?, fields.next()?))
    };
    SCHEMA
        .lines()
        .filter_map(fields)
        .map(|(object, name, english, chinese)| match name {
            "" if is_view(object) => Entry::view(object, english, chinese),
            "" => Entry::new("table", object, "", english, chinese),
            name => Entry::column(object, name, english, chinese),
        })
        .collect()
}

/// Makes `data_dictionary` these entries; writes only when they have changed.
pub(super) fn refresh(connection: &Connection, entries: &[Entry]) -> rusqlite::Result<()> {
    let hash = Sha256::of(format!("{entries:?}").as_bytes()).to_string();
    let known: Option<String> = connection
        .query_row("SELECT value FROM facts WHERE name = 'dictionary'", [], |row| row.get("value"))
        .optional()?;
    if known.as_ref() == Some(&hash) {
        return Ok(());
    }
    connection.execute("DELETE FROM data_dictionary", [])?;
    let mut insert = connection.prepare(include_str!("sql/insert_dictionary.sql"))?;
    for entry in entries {
        insert.execute(named_params! {
            ":object": entry.object, ":name": entry.name, ":kind": entry.kind,
            ":english": entry.english, ":chinese": entry.chinese, ":unit": entry.unit,
        })?;
    }
    let sql = "INSERT OR REPLACE INTO facts (name, value) VALUES ('dictionary', :hash)";
    connection.execute(sql, named_params! { ":hash": hash }).map(drop)
}
