//! The official forms, read from `config/forms/*.toml` and fully validated.
//!
//! A form says everything gouji knows about one official template: its tables, rows, columns, the
//! labels a real report prints, units, what a blank means, which sections are due, and every check
//! with its wording and legal source. Nothing here knows a document.
//!
//! Forms with the same [`Form::title`] are the years of one kind of report. The files are embedded
//! in the program; a folder named in the configuration adds to them or replaces them by id. A file
//! that is not right is refused with every error in it, each with file and line.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// `<table>.<row>.<column>`: one value cell of a form, or one cell of a report laid over it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellId {
    /// Table id.
    pub table: String,
    /// Row id.
    pub row: String,
    /// Column id.
    pub column: String,
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.table, self.row, self.column)
    }
}

/// How much a finding weighs. The order is that of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 提示: worth knowing.
    Info,
    /// 核实: confirm or explain.
    Warning,
    /// 强制: must be corrected.
    Error,
}

/// One official form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The id, e.g. `2021`.
    pub id: String,
    /// The kind of report, shared by all its years.
    pub title: String,
    /// Other ways the kind is named in titles.
    pub titles: Vec<String>,
    /// First report year it applies to.
    pub from: i16,
    /// Last report year it applies to; `None`: still in force.
    pub to: Option<i16>,
    /// The document that decreed it.
    pub source: String,
    /// Tables in official order.
    pub tables: Vec<Table>,
    /// Sections in official order.
    pub sections: Vec<Section>,
    /// Checks in the order of the file: those every form shares come last.
    pub checks: Vec<Check>,
    /// SHA-256 of the TOML text it was read from (hexadecimal).
    pub hash: String,
}

/// A table of a form: rows × columns, of which some cells may not exist.
#[derive(Debug, Clone)]
pub struct Table {
    /// The id, e.g. `requests`; `[a-z0-9_]+`.
    pub id: String,
    /// How sentences name it, e.g. `表三`.
    pub name: String,
    /// The official heading over it.
    pub caption: String,
    /// Header or label texts that tell this table (of this form) from others.
    pub fingerprint: Vec<String>,
    /// How cells stand on paper.
    pub layout: Layout,
    /// Columns in official order.
    pub columns: Vec<Column>,
    /// Rows in official order, headings included.
    pub rows: Vec<Row>,
}

/// How the cells of a table stand on paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// A label and its values in each row.
    #[default]
    Rows,
    /// All cells in a single line, row after row of the form; the row labels stand in the header.
    Line,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The id, e.g. `total`.
    pub id: String,
    /// The header as printed.
    pub label: String,
    /// Other ways the header is printed.
    pub variants: Vec<String>,
    /// Headers above it, outermost first.
    pub group: Vec<String>,
    /// The unit of its cells unless the row says otherwise; `None`: the form prints none.
    pub unit: Option<String>,
    /// What its cells hold unless the row says otherwise.
    pub kind: Kind,
    /// Negative values have a meaning (增/减).
    pub signed: bool,
    /// A row that shows one value only shows this one.
    pub lone: bool,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id, e.g. `new_requests`.
    pub id: String,
    /// The label as printed, numbering included.
    pub label: String,
    /// How sentences name it, where the label is long.
    pub short: Option<String>,
    /// Other ways the label is printed.
    pub variants: Vec<String>,
    /// Labels that stand before it over several rows, outermost first.
    pub group: Vec<String>,
    /// A heading: it has a line but no values.
    pub heading: bool,
    /// Unit of its cells, over the column's.
    pub unit: Option<String>,
    /// Kind of its cells, over the column's.
    pub kind: Option<Kind>,
    /// The columns it has; all unless named.
    pub columns: Vec<String>,
    /// What a blank in it means.
    pub blank: Blank,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number.
    #[default]
    Count,
    /// A decimal number: money.
    Amount,
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blank {
    /// A figure is missing.
    #[default]
    Missing,
    /// Nothing to report: no value, and no finding.
    Allowed,
    /// The form says that blank counts as zero.
    Zero,
}

/// A section of the report's text.
#[derive(Debug, Clone)]
pub struct Section {
    /// The id, e.g. `overview`; findings stand at `section.<id>`.
    pub id: String,
    /// The official title without its number.
    pub title: String,
    /// Other titles in use.
    pub titles: Vec<String>,
    /// How much its absence weighs.
    pub missing: Severity,
}

/// A check: an equation on cells, or one of the built-in tests.
#[derive(Debug, Clone)]
pub struct Check {
    /// The rule id, e.g. `requests-balance`.
    pub id: String,
    /// How much a failure weighs.
    pub severity: Severity,
    /// The sentence for the office, a template.
    pub says: String,
    /// The clause, note or line of the official form it rests on.
    pub source: String,
}

/// The forms in use, by id.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    forms: BTreeMap<String, Form>,
}
