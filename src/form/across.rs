//! Rules across years, as data: what a report must have in common with the one of the year before.
//!
//! A rule belongs to the form of the later report and names the forms the earlier one may follow
//! (`last`), so that the first pair of years it holds for is told by the forms. Cells of the earlier
//! report are written `last.<table>.<row>.<column>`. What no equation can say, because it speaks of
//! the text, is a built-in [`Test`] with its words as data.

use rust_decimal::Decimal;

use super::expr::Condition;
use super::{CellId, LazyRegex, Severity};

/// A rule on a report and the one of the same unit and the year before.
#[derive(Debug, Clone)]
pub struct Across {
    /// The rule id, e.g. `years-carry`.
    pub id: String,
    /// How much a failure weighs where the two reports are surely of one unit; else a warning at
    /// most.
    pub severity: Severity,
    /// The levels of units it is for; empty: all.
    pub levels: Vec<String>,
    /// The first year of the later report it is for.
    pub from: Option<i16>,
    /// What is the matter in a few words that follow the name of a place, for subjects: `不是数字`.
    pub headline: Option<String>,
    /// The clause, note or line of the official form it rests on.
    pub source: String,
    /// What is compared.
    pub body: Body,
}

/// What a rule across years compares.
#[derive(Debug, Clone)]
pub enum Body {
    /// Cells: one entry for each form the earlier table may follow.
    Equation(Vec<Pair>),
    /// A built-in test.
    Test(Test),
}

/// A condition on the tables of two forms, at each of its places.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The form of the earlier table.
    pub last: String,
    /// One for each binding of `for_each`.
    pub instances: Vec<Comparison>,
}

/// A condition with its cells resolved.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The place of its finding, in the later report.
    pub place: String,
    /// The later report's table it speaks of.
    pub table: String,
    /// The row it speaks of, where it is one.
    pub row: Option<String>,
    /// The column it speaks of, where it is one.
    pub column: Option<String>,
    /// The condition.
    pub condition: Condition<Dated>,
}

/// A cell of one of the two reports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dated {
    /// Of the earlier report.
    pub last: bool,
    /// The cell.
    pub cell: CellId,
}

/// The tests that need no formula, because they speak of the text.
#[derive(Debug, Clone)]
pub enum Test {
    /// Every value of the tables and more than this share of the text are those of last year.
    Same {
        /// Per cent of the characters.
        percent: Decimal,
    },
    /// More than this share of the text is that of last year, though the tables are not.
    SameText {
        /// Per cent of the characters.
        percent: Decimal,
    },
    /// A growth stated behind a figure is not that of its cell. Patterns are read against the masked
    /// text (see [`super::claim`]) that follows the figure; they end in `%` or `~`.
    Growth {
        /// Tell that it grew.
        up: LazyRegex,
        /// Tell that it shrank.
        down: LazyRegex,
    },
    /// A figure of last year quoted in the text is not what last year's report says.
    Quoted {
        /// The masked text before the figure that tells last year, from the beginning of its clause.
        pattern: LazyRegex,
    },
}
