//! Pages that lie askew, or were photographed at an angle, made straight.
//!
//! Text and rules make the sums of ink along a direction uneven, most along the direction they run
//! in. The slope of the rows is measured in the upper and the lower half, that of the columns in the
//! left and the right one, so that edges that run together (a photograph from one side) are
//! straightened as well.

use image::GrayImage;

use super::ink::Ink;
use super::numbers::{index, level};
use super::paper::blank;

/// The steepest slope looked for: 6°.
const STEEPEST: f64 = 0.105;
/// How much columns may lean against rows, and one half against the other.
const LEANING: f64 = 0.03;
/// Slopes below this move a line by less than its thickness.
const LEVEL: f64 = 0.0003;
/// A measure is taken over the expected one if it is more certain by this factor.
const CLEARLY: f64 = 1.02;
/// Ink one half must hold to be measured.
const ENOUGH: usize = 2_000;

/// A slope that changes evenly: at the middle, and by each pixel across.
#[derive(Debug, Clone, Copy, Default)]
struct Slope {
    middle: f64,
    change: f64,
}

impl Slope {
    fn at(self, across: f64) -> f64 {
        self.middle + self.change * across
    }

    fn is_level(self, reach: f64) -> bool {
        (self.middle.abs() + self.change.abs() * reach) < LEVEL
    }
}

/// The straightened page; `None`: it is straight.
pub(super) fn straight(image: &GrayImage, ink: &Ink) -> Option<GrayImage> {
    let centre = (f64::from(ink.width) / 2.0, f64::from(ink.height) / 2.0);
    let places: Vec<(f64, f64)> =
        ink.sample(2).into_iter().map(|(x, y)| (x - centre.0, y - centre.1)).collect();
    if places.len() < ENOUGH {
        return None;
    }
    let middle = steepest(&places, 0.0, STEEPEST).0;
    let rows = varying(&places, middle);
    let turned: Vec<(f64, f64)> = places.iter().map(|(x, y)| (*y, *x)).collect();
    let (leaning, sharp) = steepest(&turned, -middle, LEANING);
    let columns = match sharp > CLEARLY * sharpness(&turned, -middle, FINEST) {
        true => varying(&turned, leaning),
        false => Slope { middle: -middle, change: 0.0 },
    };
    let is_level = rows.is_level(centre.1) && columns.is_level(centre.0);
    (!is_level).then(|| moved(image, centre, rows, columns))
}

/// The slope in both halves, where both can be measured.
fn varying(places: &[(f64, f64)], middle: f64) -> Slope {
    let half = |below: bool| {
        let half: Vec<(f64, f64)> =
            places.iter().copied().filter(|(_, y)| (*y > 0.0) == below).collect();
        if half.len() < ENOUGH {
            return None;
        }
        let (slope, sharp) = steepest(&half, middle, LEANING);
        let slope = match sharp > CLEARLY * sharpness(&half, middle, FINEST) {
            true => slope,
            false => middle,
        };
        let count = f64::from(u32::try_from(half.len()).ok()?);
        Some((slope, half.iter().map(|(_, y)| y).sum::<f64>() / count))
    };
    match (half(false), half(true)) {
        (Some((upper, above)), Some((lower, below))) if below - above > 1.0 => {
            let change = (lower - upper) / (below - above);
            Slope { middle: upper - change * above, change }
        }
        _ => Slope { middle, change: 0.0 },
    }
}

/// Width of the strips ink is summed in, in pixels.
const FINEST: f64 = 2.0;

/// The slope near `around` along which ink is most uneven, and how uneven.
fn steepest(places: &[(f64, f64)], around: f64, within: f64) -> (f64, f64) {
    let mut best = (around, 0.0);
    let mut reach = within;
    for (strip, step) in [(16.0, 0.004), (6.0, 0.001), (FINEST, 0.000_25)] {
        let from = best.0;
        best.1 = 0.0;
        let mut offset = -reach;
        while offset <= reach {
            let sharp = sharpness(places, from + offset, strip);
            if sharp > best.1 {
                best = (from + offset, sharp);
            }
            offset += step;
        }
        reach = step * 1.5;
    }
    best
}

/// The sum of squares of the ink in strips along a slope.
fn sharpness(places: &[(f64, f64)], slope: f64, strip: f64) -> f64 {
    const HALF: f64 = 4_096.0;
    let mut strips = vec![0_u32; 8_192];
    for (x, y) in places {
        let place = index(super::numbers::whole((y - slope * x) / strip + HALF));
        if let Some(count) = strips.get_mut(place) {
            *count += 1;
        }
    }
    strips.into_iter().map(|count| f64::from(count) * f64::from(count)).sum()
}

/// Fetches each pixel from where it lies askew.
fn moved(image: &GrayImage, centre: (f64, f64), rows: Slope, columns: Slope) -> GrayImage {
    let mut result = blank(image.width(), image.height());
    let width = index(image.width()).max(1);
    for (row, pixels) in (0_u32..).zip(result.chunks_exact_mut(width)) {
        let v = f64::from(row) - centre.1;
        let slope = rows.at(v);
        for (column, pixel) in (0_u32..).zip(pixels) {
            let u = f64::from(column) - centre.0;
            let x = u + columns.at(u) * v + centre.0;
            let y = v + slope * u + centre.1;
            *pixel = sampled(image, x, y);
        }
    }
    result
}

/// The level between four pixels; paper beyond the edge.
fn sampled(image: &GrayImage, x: f64, y: f64) -> u8 {
    if x < 0.0 || y < 0.0 {
        return 255;
    }
    let (left, top) = (x.floor(), y.floor());
    let (along, down) = (x - left, y - top);
    let (left, top) = (super::numbers::whole(left), super::numbers::whole(top));
    let at = |dx, dy| {
        image.get_pixel_checked(left + dx, top + dy).map_or(255.0, |pixel| f64::from(pixel.0[0]))
    };
    let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * along;
    let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * along;
    level(upper + (lower - upper) * down)
}
