//! Every check of the forms, on one report. Pure: no file, no clock, no database.

use serde::{Deserialize, Serialize};

use crate::form::{CellId, Severity};

/// One failed check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule id.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The place it speaks of: a cell, `requests.*.total`, `section.overview`, `report` …
    #[serde(rename = "where")]
    pub place: String,
    /// The left side of the rule as written, where it has sides.
    pub left: Option<String>,
    /// The right side of the rule as written, where it has sides.
    pub right: Option<String>,
    /// The cells that stand in it.
    pub cells: Vec<CellId>,
    /// The sentence of the text it speaks of, verbatim.
    pub quote: Option<String>,
    /// The sentence for the office, in Chinese.
    pub message: String,
    /// The clause, note or line of the official form behind it.
    pub source: String,
}

/// What became of a file or a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No error-level finding.
    Passed,
    /// An error-level finding.
    Failed,
    /// Could not be read; the reason says why.
    Unreadable,
    /// Readable, but no annual report.
    Unrecognised,
    /// A temporary or system file.
    Ignored,
}
