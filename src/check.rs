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
    /// The [`crate::locate::Cause`] that explains it, by id.
    pub cause: Option<u32>,
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

/// One check tried at one place, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The rule id.
    pub rule: String,
    /// The place, as in [`Finding::place`].
    pub place: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// The three outcomes of a check. Undecided is neither a pass nor a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It cannot be told, and why.
    Undecided {
        /// In English, for `--all`.
        because: String,
    },
}

/// What the configuration changes about the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Rules that are switched off.
    pub off: std::collections::BTreeSet<String>,
    /// Rules whose findings get another severity.
    pub severity: std::collections::BTreeMap<String, Severity>,
}
