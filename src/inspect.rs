//! From a document to a verdict in one straight call: lay it over the forms, check it, name the
//! causes. What `gouji check`, `gouji import` and the daemon have in common. Pure.

use serde::{Deserialize, Serialize};

use crate::check::{Finding, Verdict};
use crate::document::{Document, Format, Refusal};
use crate::locate::Cause;
use crate::report::Report;

/// What a worker process made of one file: its documents, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// The documents in the file: one, unless it is a bundle. The name is the decoded path inside
    /// the bundle, empty for the file itself.
    Documents(Vec<(String, Result<Document, Refusal>)>),
    /// The file gave nothing.
    Refused(Refusal),
    /// The worker died or overran while reading it.
    Lost(Lost),
}

/// How a worker process ended when it gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lost {
    /// It ran out of processor or wall-clock time.
    Overran,
    /// It ran out of memory.
    OutOfMemory,
    /// It crashed.
    Crashed,
}

/// What gouji thinks of one document (of a file, or of a member of a bundle).
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Path inside the bundle, decoded; empty for the file itself.
    pub member: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in Chinese, when it could not be read or is no annual report.
    pub reason: Option<String>,
    /// The same for the administrator, in English.
    pub detail: Option<String>,
    /// The format, when it was read.
    pub format: Option<Format>,
    /// The report and what was found in it, when it is one.
    pub checked: Option<Checked>,
}

/// A report with everything found in it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The report.
    pub report: Report,
    /// Failed checks, gravest kinds first.
    pub findings: Vec<Finding>,
    /// What explains them.
    pub causes: Vec<Cause>,
    /// Every check with its outcome, for `--all`.
    pub tried: Vec<crate::check::Tried>,
}
