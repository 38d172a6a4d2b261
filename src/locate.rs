//! From broken equations to the cells that are wrong: the smallest sets of cells whose change makes
//! every equation of the report hold (Fellegi and Holt, 1976), the value that repairs each, and the
//! kind of slip it was. Pure. gouji proposes and never alters.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::form::CellId;

/// One explanation of findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Number within the report, from 1; [`crate::check::Finding::cause`] names it.
    pub id: u32,
    /// The cells that are wrong, and what they should be.
    pub cells: Vec<Repair>,
    /// Other sets of cells just as small.
    pub alternatives: Vec<Vec<Repair>>,
    /// The kind of slip, where one is recognised, e.g. `digits-swapped`.
    pub slip: Option<String>,
    /// There is one smallest set and one value for each of its cells.
    pub certain: bool,
    /// The sentence for the office, in Chinese.
    pub message: String,
}

/// A cell and the value that repairs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The cell.
    pub cell: CellId,
    /// The value read; `None`: blank.
    pub read: Option<Decimal>,
    /// The value that makes the equations hold.
    pub repaired: Decimal,
}
