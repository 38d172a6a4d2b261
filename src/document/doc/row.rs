//! What the mark at the end of a row says: where its cells end and which are merged.

use crate::document::bytes::Fields;
use crate::document::edges::{EdgeCell, EdgeRow};
use crate::document::flow::Flow;
use crate::document::table::Merge;

/// Bytes of a cell's description (`TC80`, MS-DOC 2.9.313).
const CELL: usize = 20;

/// The row's own properties.
#[derive(Debug, Clone, Default)]
pub(super) struct RowFormat {
    /// Edges from left to right, one more than cells.
    edges: Vec<i32>,
    leftward: Vec<Merge>,
    upward: Vec<Merge>,
}

impl RowFormat {
    pub(super) fn apply(&mut self, code: u16, value: &[u8]) {
        match (code, value) {
            // sprmTDefTable
            (0xD608, _) => {
                if let Some(defined) = Self::defined(&Fields(value)) {
                    *self = defined;
                }
            }
            // sprmTMerge: from one cell up to another.
            (0x5624, &[first, end]) => {
                let merged = usize::from(first)..usize::from(end);
                for (n, merge) in self.leftward.iter_mut().enumerate() {
                    if merged.contains(&n) {
                        *merge = if n == merged.start { Merge::Restart } else { Merge::Continue };
                    }
                }
            }
            // sprmTVertMerge: a length, a cell, how it is merged.
            (0xD62B, &[_, cell, merge]) => {
                if let Some(upward) = self.upward.get_mut(usize::from(cell)) {
                    *upward = vertical(merge.into());
                }
            }
            _ => {}
        }
    }

    /// A length, the number of cells, the edges, and for each cell (not always for all) a
    /// description.
    fn defined(fields: &Fields<'_>) -> Option<Self> {
        let count = usize::from(fields.u8(2)?);
        let edges = (0..=count)
            .map(|n| fields.i16(3 + 2 * n).map(i32::from))
            .collect::<Option<Vec<_>>>()?;
        let flags = |n: usize| fields.u16(3 + 2 * (count + 1) + CELL * n).unwrap_or_default();
        let leftward = |n: usize| match flags(n) & 3 {
            0 => Merge::None,
            1 => Merge::Restart,
            _ => Merge::Continue,
        };
        Some(Self {
            edges,
            leftward: (0..count).map(leftward).collect(),
            upward: (0..count).map(|n| vertical(flags(n) >> 5 & 3)).collect(),
        })
    }

    /// The row with what its cells hold.
    pub(super) fn row(self, flows: Vec<Flow>, gone: bool) -> EdgeRow {
        let cells = flows.into_iter().enumerate().map(|(n, flow)| EdgeCell {
            right: self.edges.get(n + 1).copied(),
            leftward: self.leftward.get(n).copied().unwrap_or_default(),
            upward: self.upward.get(n).copied().unwrap_or_default(),
            flow,
        });
        EdgeRow {
            left: self.edges.first().copied().unwrap_or_default(),
            gone,
            cells: cells.collect(),
        }
    }
}

/// 1: merged with the cell above; 3: the first of those merged.
fn vertical(flags: u16) -> Merge {
    match flags {
        1 => Merge::Continue,
        2 | 3 => Merge::Restart,
        _ => Merge::None,
    }
}
