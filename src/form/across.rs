//! Rules across reports, as data: what a report must have in common with that of the year before, and
//! a summary with those of the units it counts.
//!
//! A rule across years belongs to the form of the later report and names the forms the earlier one may
//! follow (`last`), so that the first pair of years it holds for is told by the forms. Cells of the
//! earlier report are written `last.<table>.<row>.<column>`. A rule across agencies belongs to the form
//! of the summary; `units.<table>.<row>.<column>` is the sum of that cell over its units. What no
//! equation can say, because it speaks of the text or of who has handed in, is a built-in test with
//! its words as data.

use rust_decimal::Decimal;

use super::expr::Whose;
use super::{CellId, Instance, LazyRegex, Named, Rule};

/// A rule on a report and others: how much a failure weighs where the reports of two years are surely
/// of one unit; else a warning at most.
pub type Across = Rule<Body>;

/// What a rule across reports compares.
#[derive(Debug, Clone)]
pub enum Body {
    /// Cells of two years: one entry for each form the earlier table may follow.
    Years(Vec<Pair>),
    /// A built-in test on the text of two years.
    Text(Text),
    /// A cell of a summary and the sum over its units, at each of its places.
    Units(Vec<Instance<Placed>>),
    /// Units of a summary whose report is not there.
    UnitsMissing,
    /// Units of a summary with several reports that differ.
    UnitsSeveral,
    /// More than this share of the text is that of another unit, but for the names of both.
    Copied {
        /// Per cent of the characters.
        percent: Decimal,
    },
}

impl Body {
    /// Whether it is about a summary and its units.
    pub fn is_of_units(&self) -> bool {
        match self {
            Self::Units(_) | Self::UnitsMissing | Self::UnitsSeveral => true,
            Self::Years(_) | Self::Text(_) | Self::Copied { .. } => false,
        }
    }
}

/// A condition on the tables of two forms, at each of its places in the later report.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The form of the earlier table.
    pub last: String,
    /// One for each binding of `for_each`.
    pub instances: Vec<Instance<Placed>>,
}

/// A cell of this report or of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// Whose it is.
    pub whose: Whose,
    /// The cell.
    pub cell: CellId,
}

impl Named for Placed {
    fn own(&self) -> Option<&CellId> {
        (self.whose == Whose::This).then_some(&self.cell)
    }
}

/// The tests that need no formula, because they speak of the text of two years.
#[derive(Debug, Clone)]
pub enum Text {
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
