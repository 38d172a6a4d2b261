//! The cells of one ruled table on one page, and the text in them.

use std::collections::BTreeMap;

use super::page::{Glyph, Page, Point, Rule};
use super::rules::{self, Ruling, Sets};
use super::stitch;
use super::text::{self, Line};

/// More places than a table of a report has on a page; a finer mesh is graph paper.
const MOST_SLOTS: usize = 20_000;
/// So many cells of a row with several figures show that its rows have no rules between them.
const WITHOUT_RULES: usize = 3;
/// An edge within this of a rule is that rule.
const ON_EDGE: f64 = 4.0;

/// The part of a ruled table that stands on one page.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) page: u32,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) height: usize,
    /// Ordered by row, then left edge.
    pub(super) cells: Vec<Cell>,
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// The cell of each slot, row by row.
    slots: Vec<usize>,
    /// Glyphs of each cell, until [`fill`] makes lines of them.
    glyphs: Vec<Vec<Glyph>>,
}

/// A cell: rows counted from the fragment's first, columns by position.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) row: usize,
    pub(super) row_span: usize,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) lines: Vec<Line>,
    pub(super) page: u32,
}

/// Finds the ruled tables of a page.
pub(super) fn frames(page: &Page) -> Vec<Fragment> {
    rules::tables(page).into_iter().filter_map(|r| Fragment::of(&r, page.number)).collect()
}

/// Moves glyphs into the cells they stand in, the innermost of nested tables; returns the others, and
/// those of tables without rules between their rows.
pub(super) fn fill(fragments: &mut [Fragment], glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let mut outside = Vec::new();
    for glyph in glyphs {
        let holder = fragments
            .iter_mut()
            .filter_map(|f| Some((f.area(), f.cell_at(&glyph)?, f)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match holder {
            Some((_, cell, fragment)) => {
                if let Some(own) = fragment.glyphs.get_mut(cell) {
                    own.push(glyph);
                }
            }
            None => outside.push(glyph),
        }
    }
    for fragment in fragments {
        let glyphs = std::mem::take(&mut fragment.glyphs);
        let has_lines = |own: &&Vec<Glyph>| own.iter().any(|g| is_below(g, own.first()));
        let may_lack_rules = glyphs.iter().filter(has_lines).count() >= WITHOUT_RULES;
        let kept = if may_lack_rules { glyphs.clone() } else { Vec::new() };
        for (cell, glyphs) in fragment.cells.iter_mut().zip(glyphs) {
            cell.lines = text::lines(glyphs, fragment.page);
        }
        if may_lack_rules && fragment.lacks_rules() {
            fragment.cells.clear();
            outside.extend(kept.into_iter().flatten());
        }
    }
    outside
}

impl Fragment {
    fn of(ruling: &Ruling, page: u32) -> Option<Self> {
        let (columns, height) = (ruling.xs.len() - 1, ruling.ys.len() - 1);
        if columns * height > MOST_SLOTS {
            return None;
        }
        let mut fragment = Self {
            page,
            top: *ruling.ys.first()?,
            bottom: *ruling.ys.last()?,
            left: *ruling.xs.first()?,
            right: *ruling.xs.last()?,
            height,
            cells: Vec::new(),
            xs: ruling.xs.clone(),
            ys: ruling.ys.clone(),
            slots: vec![0; columns * height],
            glyphs: Vec::new(),
        };
        for set in merged_slots(ruling) {
            fragment.add(&set, columns);
        }
        fragment.glyphs = vec![Vec::new(); fragment.cells.len()];
        Some(fragment)
    }

    /// Adds the cell of one set of slots. A set that is no rectangle (a rule is missing somewhere)
    /// becomes a cell for each of its rows: figures must not run together.
    fn add(&mut self, set: &[usize], columns: usize) {
        let row = |slot: &usize| slot / columns;
        let column = |slot: &usize| slot % columns;
        let (Some(r0), Some(r1)) = (set.iter().map(row).min(), set.iter().map(row).max()) else {
            return;
        };
        let (Some(c0), Some(c1)) = (set.iter().map(column).min(), set.iter().map(column).max())
        else {
            return;
        };
        if set.len() == (r1 - r0 + 1) * (c1 - c0 + 1) {
            self.push(set, (r0, r1), (c0, c1));
            return;
        }
        for run in set.chunk_by(|a, b| a + 1 == *b && row(a) == row(b)) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                self.push(run, (row(first), row(first)), (column(first), column(last)));
            }
        }
    }

    fn push(&mut self, slots: &[usize], rows: (usize, usize), columns: (usize, usize)) {
        for slot in slots {
            if let Some(cell) = self.slots.get_mut(*slot) {
                *cell = self.cells.len();
            }
        }
        let x = |edge: usize| self.xs.get(edge).copied().unwrap_or_default();
        self.cells.push(Cell {
            row: rows.0,
            row_span: rows.1 - rows.0 + 1,
            left: x(columns.0),
            right: x(columns.1 + 1),
            lines: Vec::new(),
            page: self.page,
        });
    }

    /// The boxes of the cells, in their order: upper left and lower right corners.
    pub(super) fn boxes(&self) -> impl Iterator<Item = (Point, Point)> {
        let y = |edge: usize| self.ys.get(edge).copied().unwrap_or(self.bottom);
        self.cells
            .iter()
            .map(move |cell| ((cell.left, y(cell.row)), (cell.right, y(cell.row + cell.row_span))))
    }

    fn area(&self) -> f64 {
        (self.right - self.left) * (self.bottom - self.top)
    }

    fn cell_at(&self, glyph: &Glyph) -> Option<usize> {
        let (x, y) = glyph.centre();
        let column = slot_of(&self.xs, x)?;
        let row = slot_of(&self.ys, y)?;
        self.slots.get(row * (self.xs.len() - 1) + column).copied()
    }

    /// Whether many cells of one row hold several figures, one below the other.
    fn lacks_rules(&self) -> bool {
        let is_figure = |line: &&Line| !line.text().chars().any(char::is_alphabetic);
        let of_rows = |cell: &&Cell| {
            cell.lines.iter().filter(is_figure).nth(1).is_some() && !stitch::is_broken_number(cell)
        };
        let cells: Vec<&Cell> = self.cells.iter().filter(of_rows).collect();
        cells.chunk_by(|a, b| a.row == b.row).any(|row| row.len() >= WITHOUT_RULES)
    }

    pub(super) fn has_text(&self) -> bool {
        self.cells.iter().any(|cell| !cell.lines.is_empty())
    }
}

fn is_below(glyph: &Glyph, above: Option<&Glyph>) -> bool {
    above.is_some_and(|above| (glyph.baseline - above.baseline).abs() > glyph.size)
}

fn slot_of(edges: &[f64], at: f64) -> Option<usize> {
    let after = edges.partition_point(|edge| *edge <= at);
    (after > 0 && after < edges.len()).then(|| after - 1)
}

/// Slots with no rule between them are one cell. Each set is sorted; sets are ordered by their
/// first slot.
fn merged_slots(ruling: &Ruling) -> Vec<Vec<usize>> {
    let (columns, height) = (ruling.xs.len() - 1, ruling.ys.len() - 1);
    let middles = |edges: &[f64]| -> Vec<f64> {
        edges.windows(2).map(|w| w.iter().sum::<f64>() / 2.0).collect()
    };
    let (middle_xs, middle_ys) = (middles(&ruling.xs), middles(&ruling.ys));
    let mut sets = Sets::new(columns * height);
    for (column, x) in ruling.xs.iter().enumerate().skip(1).take(columns - 1) {
        let walls = on_edge(&ruling.vertical, *x);
        for (row, y) in middle_ys.iter().enumerate() {
            if !walls.iter().any(|w| w.from <= *y && *y <= w.to) {
                sets.unite(row * columns + column - 1, row * columns + column);
            }
        }
    }
    for (row, y) in ruling.ys.iter().enumerate().skip(1).take(height - 1) {
        let walls = on_edge(&ruling.horizontal, *y);
        for (column, x) in middle_xs.iter().enumerate() {
            if !walls.iter().any(|w| w.from <= *x && *x <= w.to) {
                sets.unite((row - 1) * columns + column, row * columns + column);
            }
        }
    }
    let mut cells: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for slot in 0..columns * height {
        cells.entry(sets.root(slot)).or_default().push(slot);
    }
    cells.into_values().collect()
}

fn on_edge(rules: &[Rule], edge: f64) -> Vec<Rule> {
    rules.iter().filter(|r| (r.at - edge).abs() <= ON_EDGE).copied().collect()
}
