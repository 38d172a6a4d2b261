//! Claims: sentences of the text that state what cells of the form say, as data.
//!
//! Patterns are read against the *masked* sentence: white space gone, full-width and variant
//! characters folded (so `,` `;` `:` `(` `)` are ASCII and only `。` and `、` are Chinese), and every
//! figure with its unit replaced by `#` (`约30余条` is `#`), a share by `%`, a change against another
//! year (`较去年增加3件`) by `~`. The figure a pattern states is the last `#` of its match.

use super::expr::Term;
use super::{CellId, LazyRegex, Severity};

/// What sentences may speak of. A claim is read only where its subject is spoken of: the last
/// subject named before the figure counts, so that a foreign one ends the chain.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The id claims name.
    pub id: String,
    /// Name it for sure.
    pub names: LazyRegex,
    /// Name it where nothing else is spoken of.
    pub hints: Option<LazyRegex>,
    /// Of this something must be said, in the sentence, before it in the paragraph or in the heading;
    /// else a figure other than 0 may well be of something else that has the same name.
    pub context: Option<LazyRegex>,
}

/// Sentences that state what cells say.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The id, for tests and `--all`.
    pub id: String,
    /// The subject that must be spoken of.
    pub subject: String,
    /// What the figure may mean; a contradiction only if it equals none of these.
    pub cells: Vec<Term<CellId>>,
    /// The place of its findings: a cell, or a sum of cells as `disputes.*.total`.
    pub place: String,
    /// What a contradiction weighs where figure, subject and cell are certain.
    pub severity: Severity,
    /// State the figure they end with.
    pub patterns: Vec<LazyRegex>,
    /// State zero.
    pub none: Vec<LazyRegex>,
    /// An item (what stands between two of `,;。:、()#`) that matches this states something else.
    pub unless: Option<LazyRegex>,
    /// The units the figure may have; empty: any.
    pub units: Vec<String>,
    /// Speaks of the whole: never read in the list of parts after 其中.
    pub whole: bool,
    /// Sentences it must read.
    pub matches: Vec<Match>,
    /// Sentences it must not read.
    pub ignores: Vec<String>,
}

/// A sentence a claim must read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The sentence.
    pub text: String,
    /// The figure it states, as a plain number.
    pub value: String,
}
