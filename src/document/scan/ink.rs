//! Which pixels of a page are ink, and the connected blobs they form.

use image::GrayImage;

use super::numbers::{histogram, index, whole};
use crate::document::lattice::Sets;

/// A page as ink and paper.
#[derive(Debug, Clone)]
pub(super) struct Ink {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Row by row.
    pixels: Vec<bool>,
}

/// Ink pixels of one row that touch: from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) row: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Connected ink: the box around it (right and bottom not included) and its pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
    pub(super) area: u32,
}

impl Blob {
    pub(super) fn width(&self) -> u32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> u32 {
        self.bottom - self.top
    }

    /// The smallest box around both.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
            area: self.area + other.area,
        }
    }
}

impl Ink {
    /// What is darker than `threshold`.
    pub(super) fn of(image: &GrayImage, threshold: u8) -> Self {
        let pixels = image.as_raw().iter().map(|level| *level < threshold).collect();
        Self { width: image.width(), height: image.height(), pixels }
    }

    pub(super) fn row(&self, row: u32) -> &[bool] {
        let (row, width) = (index(row), index(self.width));
        self.pixels.get(row * width..(row + 1) * width).unwrap_or_default()
    }

    /// Rows as columns.
    pub(super) fn transposed(&self) -> Self {
        let width = index(self.width);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for column in 0..width {
            pixels.extend(self.pixels.iter().skip(column).step_by(width.max(1)));
        }
        Self { width: self.height, height: self.width, pixels }
    }

    pub(super) fn erase(&mut self, run: Run) {
        let start = index(run.row) * index(self.width);
        let range = start + index(run.from)..start + index(run.to);
        if let Some(pixels) = self.pixels.get_mut(range) {
            pixels.fill(false);
        }
    }

    /// Places of ink pixels, every `step`-th row and column.
    pub(super) fn sample(&self, step: u32) -> Vec<(f64, f64)> {
        let stride = index(step).max(1);
        let mut places = Vec::new();
        for row in (0..self.height).step_by(stride) {
            let ink = self.row(row).iter().step_by(stride).zip((0..).step_by(stride));
            places.extend(
                ink.filter(|(ink, _)| **ink)
                    .map(|(_, column): (_, u32)| (f64::from(column), f64::from(row))),
            );
        }
        places
    }

    /// All runs, row by row.
    fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        for row in 0..self.height {
            runs.extend(runs_of(self.row(row), row, 0));
        }
        runs
    }

    /// Connected ink, in the order of its first pixel, with its runs.
    pub(super) fn blobs(&self) -> Vec<(Blob, Vec<Run>)> {
        connected(self.runs(), 1)
    }
}

/// The runs of one row; gaps of up to `bridged` pixels do not part them.
pub(super) fn runs_of(pixels: &[bool], row: u32, bridged: u32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, ink) in (0_u32..).zip(pixels) {
        if !ink {
            continue;
        }
        match runs.last_mut() {
            Some(run) if column - run.to <= bridged => run.to = column + 1,
            _ => runs.push(Run { row, from: column, to: column + 1 }),
        }
    }
    runs
}

/// Groups runs (ordered by row, then column) that lie on adjacent rows and overlap, or miss each
/// other by less than `reach` columns.
pub(super) fn connected(runs: Vec<Run>, reach: u32) -> Vec<(Blob, Vec<Run>)> {
    let mut sets = Sets::new(runs.len());
    let mut above = 0;
    for (at, run) in runs.iter().enumerate() {
        // Runs of the row above that end before this one begins meet no later one either.
        while runs.get(above).is_some_and(|r| {
            r.row + 1 < run.row || (r.row + 1 == run.row && r.to + reach <= run.from)
        }) {
            above += 1;
        }
        let meets = |r: &&Run| r.row + 1 == run.row && r.from < run.to + reach;
        let met = runs.get(above..).unwrap_or_default().iter().take_while(meets).count();
        (above..above + met).for_each(|other| sets.unite(at, other));
    }
    let mut blobs: Vec<(Blob, Vec<Run>)> = Vec::new();
    let mut places: Vec<Option<usize>> = vec![None; runs.len()];
    for (at, run) in runs.into_iter().enumerate() {
        let blob = Blob {
            left: run.from,
            top: run.row,
            right: run.to,
            bottom: run.row + 1,
            area: run.to - run.from,
        };
        let root = sets.root(at);
        let Some(place) = places.get_mut(root) else { continue };
        match place.and_then(|place| blobs.get_mut(place)) {
            Some((whole, runs)) => {
                *whole = whole.with(blob);
                runs.push(run);
            }
            None => {
                *place = Some(blobs.len());
                blobs.push((blob, vec![run]));
            }
        }
    }
    blobs
}

/// Otsu's threshold (IEEE Trans. SMC 9, 1979): parts the levels into two classes that differ most.
pub(super) fn otsu(image: &GrayImage) -> u8 {
    let counts = histogram(image.as_raw().iter().copied());
    let all: f64 = counts.iter().map(|c| f64::from(*c)).sum();
    let sum: f64 = (0..).zip(counts).map(|(l, c): (u32, _)| f64::from(l) * f64::from(c)).sum();
    let (mut dark, mut dark_sum, mut best) = (0.0, 0.0, (0.0, 128_u32));
    for (level, count) in (0_u32..).zip(counts) {
        dark += f64::from(count);
        dark_sum += f64::from(level) * f64::from(count);
        if dark <= 0.0 || dark >= all {
            continue;
        }
        let between = dark_sum / dark - (sum - dark_sum) / (all - dark);
        let spread = dark * (all - dark) * between * between;
        if spread > best.0 {
            best = (spread, level + 1);
        }
    }
    u8::try_from(whole(f64::from(best.1)).min(255)).unwrap_or(128)
}
