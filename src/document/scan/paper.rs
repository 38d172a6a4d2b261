//! A photographed or scanned sheet as dark ink on even white paper: seals dropped by their colour,
//! shadows and tints levelled.

use std::borrow::Cow;

use image::{GrayImage, Luma, RgbImage};

use super::numbers::{histogram, index, level, levels_within, median};

/// Side of the squares whose brightest pixels tell how bright the paper is there.
const SQUARE: u32 = 32;
/// Paper in shadow is at least this part as bright as elsewhere; what is darker is no paper (the
/// lid of the scanner, a table under the sheet).
const DARKEST_PAPER: f64 = 0.4;

/// The grey of an image in which red ink is as bright as paper: seals stand over the text.
pub(super) fn without_red(image: &RgbImage) -> GrayImage {
    let levels = ink_levels(image.pixels().map(|pixel| pixel.0));
    GrayImage::from_raw(image.width(), image.height(), levels).unwrap_or_default()
}

/// The same of its pixels: red, green, blue. The red channel shows black ink under a seal; where the seal
/// covers half of what is under it, as one drawn by a program does, that ink is pale. So the seal
/// over paper is what becomes as bright as paper, and what is darker in it stays so much darker.
pub(in crate::document) fn ink_levels(pixels: impl Iterator<Item = [u8; 3]> + Clone) -> Vec<u8> {
    /// How much redder than grey a seal is.
    const RED: u8 = 50;
    /// Paper shows through this part of a seal at least; the rest may be ink, or the seal's edge.
    const PAPER: f64 = 0.3;
    let redness = |[red, green, blue]: [u8; 3]| red.saturating_sub(green.max(blue));
    let red = pixels.clone().filter(|pixel| redness(*pixel) >= RED);
    let counts = histogram(red.map(|[level, ..]| level));
    let seal = f64::from(u8::MAX) - levels_within(PAPER, counts.into_iter().rev());
    let brighten = f64::from(u8::MAX) / seal.max(1.0) - 1.0;
    let of = |pixel: [u8; 3]| {
        let share = f64::from(redness(pixel).min(RED)) / f64::from(RED);
        level(f64::from(pixel[0]) * (1.0 + brighten * share))
    };
    pixels.map(of).collect()
}

/// A sheet with dark ink on light paper: a negative, as some programs write them, is turned back.
pub(super) fn positive(image: &GrayImage) -> Cow<'_, GrayImage> {
    const STEP: usize = 97;
    const DARK: f64 = 100.0;
    let levels = image.as_raw().iter().step_by(STEP).map(|level| f64::from(*level)).collect();
    if median(levels) >= DARK {
        return Cow::Borrowed(image);
    }
    let mut positive = image.clone();
    positive.iter_mut().for_each(|level| *level = u8::MAX - *level);
    Cow::Owned(positive)
}

/// Divides by the brightness of the paper around; pale ink is made as dark as ink usually is.
pub(super) fn levelled(image: &GrayImage) -> GrayImage {
    let paper = Paper::of(image);
    let mut result = image.clone();
    for (row, pixels) in (0_u32..).zip(result.chunks_exact_mut(index(image.width()).max(1))) {
        let across = paper.row(row);
        for (pixel, paper) in pixels.iter_mut().zip(across) {
            *pixel = level(f64::from(*pixel) * 255.0 / paper);
        }
    }
    darken(&mut result);
    result
}

/// Makes the ink of a pale print dark: what a sheet's darkest pixels are becomes a dark grey of 60.
fn darken(image: &mut GrayImage) {
    const DARK: f64 = 60.0;
    /// So many of the pixels are ink on any sheet with a line of text.
    const INK: f64 = 0.004;
    /// What is as pale is no ink but a stain, or the other side showing through.
    const PALEST: f64 = 200.0;
    let ink = levels_within(INK, histogram(image.as_raw().iter().copied()).into_iter());
    if ink <= DARK || ink > PALEST {
        return;
    }
    let stretch = (255.0 - DARK) / (255.0 - ink);
    image.iter_mut().for_each(|pixel| {
        *pixel = level(255.0 - (255.0 - f64::from(*pixel)) * stretch);
    });
}

/// How bright the paper is, by squares.
struct Paper {
    columns: u32,
    rows: u32,
    width: u32,
    levels: Vec<f64>,
}

impl Paper {
    fn of(image: &GrayImage) -> Self {
        let columns = image.width().div_ceil(SQUARE).max(1);
        let rows = image.height().div_ceil(SQUARE).max(1);
        let squares = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        let levels = squares.map(|(column, row)| brightest(image, column, row)).collect();
        let mut paper = Self { columns, rows, width: image.width(), levels };
        // A square full of ink says nothing: its neighbours do.
        paper.around(|near| near.iter().copied().fold(0.0, f64::max));
        paper.around(mean);
        let least = (DARKEST_PAPER * median(paper.levels.clone())).max(1.0);
        paper.levels.iter_mut().for_each(|level| *level = level.max(least));
        paper
    }

    /// Replaces each level by what is made of it and the levels around it.
    fn around(&mut self, make: impl Fn(&[f64]) -> f64) {
        let squares = (0..self.rows).flat_map(|row| (0..self.columns).map(move |c| (c, row)));
        let made = squares.map(|(column, row)| {
            let mut near = Vec::with_capacity(9);
            for y in row.saturating_sub(1)..=(row + 1).min(self.rows - 1) {
                for x in column.saturating_sub(1)..=(column + 1).min(self.columns - 1) {
                    near.push(self.at(x, y));
                }
            }
            make(&near)
        });
        self.levels = made.collect();
    }

    fn at(&self, column: u32, row: u32) -> f64 {
        self.levels.get(index(row * self.columns + column)).copied().unwrap_or(255.0)
    }

    /// The levels under the pixels of a row, between the middles of the squares.
    fn row(&self, row: u32) -> impl Iterator<Item = f64> {
        let (above, below, down) = between(row, self.rows);
        (0..self.width).map(move |column| {
            let (left, right, along) = between(column, self.columns);
            let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
            let upper = mix(self.at(left, above), self.at(right, above), along);
            let lower = mix(self.at(left, below), self.at(right, below), along);
            mix(upper, lower, down)
        })
    }
}

/// The two squares between whose middles a pixel lies, and how far it is to the second.
fn between(pixel: u32, squares: u32) -> (u32, u32, f64) {
    let half = SQUARE / 2;
    if pixel < half {
        return (0, 0, 0.0);
    }
    let first = (pixel - half) / SQUARE;
    let share = f64::from((pixel - half) % SQUARE) / f64::from(SQUARE);
    (first.min(squares - 1), (first + 1).min(squares - 1), share)
}

/// The level that nine tenths of a square's pixels do not exceed.
fn brightest(image: &GrayImage, column: u32, row: u32) -> f64 {
    let (left, top) = (column * SQUARE, row * SQUARE);
    let right = (left + SQUARE).min(image.width());
    let width = index(image.width());
    let mut levels = Vec::with_capacity(index(SQUARE * SQUARE));
    for y in top..(top + SQUARE).min(image.height()) {
        let start = index(y) * width;
        levels.extend_from_slice(
            image.as_raw().get(start + index(left)..start + index(right)).unwrap_or_default(),
        );
    }
    let place = levels.len() * 9 / 10;
    if levels.is_empty() {
        return 255.0;
    }
    f64::from(*levels.select_nth_unstable(place).1)
}

/// A blank sheet.
pub(super) fn blank(width: u32, height: u32) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([255]))
}

fn mean(levels: &[f64]) -> f64 {
    let count = u32::try_from(levels.len()).unwrap_or(u32::MAX).max(1);
    levels.iter().sum::<f64>() / f64::from(count)
}
