//! Digits known by their shape: on one sheet a digit looks like every other print of it.
//!
//! The models of the program misread a lone digit now and then, or give nothing for it. A sheet holds
//! hundreds of digits in one or two fonts, most of them read by both models alike: these are the samples
//! the others are compared to (nearest neighbour by correlation). A shape that is close to the samples of
//! one digit and clearly farther from those of every other digit is that digit; any other shape says
//! nothing. So a digit that no sample shows is never named, and neither is half a digit.

use std::collections::BTreeMap;

use image::{GrayImage, imageops};

use super::ink::Blob;
use super::numbers::{index, whole};

/// Shapes are compared at this size, in pixels.
const WIDTH: u32 = 18;
const HEIGHT: u32 = 24;
/// Samples kept of each digit.
const MOST_SAMPLES: usize = 48;
/// The fewest, without the one to be named, that show what a digit looks like.
const FEWEST_SAMPLES: usize = 1;
/// The least likeness (a correlation) to the samples of a digit.
const ALIKE: f64 = 0.80;
/// To those of every other digit the distance is so many times larger at least.
const CLEARLY: f64 = 1.6;

/// What one character of a figure looks like: darkness by pixel, with mean 0 and length 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape(Vec<f32>);

impl Shape {
    /// The shape of the ink in a box of a sheet. Its height fills the frame, or its width if it is
    /// wider than that.
    pub(super) fn of(sheet: &GrayImage, area: Blob) -> Self {
        let cut = imageops::crop_imm(sheet, area.left, area.top, area.width(), area.height());
        let (wide, tall) = (f64::from(area.width().max(1)), f64::from(area.height().max(1)));
        let factor = (f64::from(WIDTH) / wide).min(f64::from(HEIGHT) / tall);
        let side = |length: f64, most: u32| whole(length * factor).clamp(1, most);
        let (width, height) = (side(wide, WIDTH), side(tall, HEIGHT));
        let small = imageops::resize(&*cut, width, height, imageops::FilterType::Triangle);
        let mut frame = vec![0.0_f32; index(WIDTH * HEIGHT)];
        let (left, top) = ((WIDTH - width) / 2, (HEIGHT - height) / 2);
        for (x, y, pixel) in small.enumerate_pixels() {
            if let Some(place) = frame.get_mut(index((top + y) * WIDTH + left + x)) {
                *place = f32::from(255 - pixel.0[0]);
            }
        }
        Self::even(frame)
    }

    fn even(mut frame: Vec<f32>) -> Self {
        let count = f32::from(u16::try_from(frame.len().max(1)).unwrap_or(u16::MAX));
        let mean = frame.iter().sum::<f32>() / count;
        frame.iter_mut().for_each(|level| *level -= mean);
        let length = frame.iter().map(|level| level * level).sum::<f32>().sqrt().max(f32::EPSILON);
        frame.iter_mut().for_each(|level| *level /= length);
        Self(frame)
    }

    /// From −1 to 1.
    fn likeness(&self, other: &Self) -> f64 {
        f64::from(self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum::<f32>())
    }
}

/// Shapes of which it is known what they show.
#[derive(Debug, Default)]
pub(super) struct Samples<'s>(BTreeMap<char, Vec<&'s Shape>>);

impl<'s> Samples<'s> {
    pub(super) fn add(&mut self, digit: char, shape: &'s Shape) {
        let samples = self.0.entry(digit).or_default();
        if samples.len() < MOST_SAMPLES {
            samples.push(shape);
        }
    }

    /// The digit a shape shows. A sample is not compared to itself.
    pub(super) fn name(&self, shape: &Shape) -> Option<char> {
        let mut best: Vec<(f64, usize, char)> = self
            .0
            .iter()
            .map(|(digit, samples)| {
                let others = samples.iter().filter(|sample| !std::ptr::eq(**sample, shape));
                let nearest =
                    others.clone().map(|sample| shape.likeness(sample)).fold(-1.0, f64::max);
                (nearest, others.count(), *digit)
            })
            .collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        let &(nearest, count, digit) = best.first()?;
        let next = best.get(1).map_or(0.0, |(likeness, _, _)| *likeness);
        let is_clear = 1.0 - next >= CLEARLY * (1.0 - nearest);
        (count >= FEWEST_SAMPLES && nearest >= ALIKE && is_clear).then_some(digit)
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    /// A sheet with rings (0) and bars (1), each a little different.
    fn drawn() -> (GrayImage, Vec<Blob>, Vec<Blob>) {
        let mut sheet = super::super::paper::blank(400, 60);
        let (mut rings, mut bars) = (Vec::new(), Vec::new());
        for n in 0..4_u32 {
            let left = 10 + n * 60;
            let ring = Blob { left, top: 10, right: left + 22 + n, bottom: 44, area: 0 };
            for y in ring.top..ring.bottom {
                for x in ring.left..ring.right {
                    let edge = (x - ring.left).min(ring.right - 1 - x).min(y - ring.top);
                    if edge.min(ring.bottom - 1 - y) < 4 {
                        sheet.put_pixel(x, y, Luma([20]));
                    }
                }
            }
            let bar = Blob { left: left + 34, top: 10, right: left + 40, bottom: 43 + n, area: 0 };
            for y in bar.top..bar.bottom {
                for x in bar.left..bar.right {
                    sheet.put_pixel(x, y, Luma([30]));
                }
            }
            rings.push(ring);
            bars.push(bar);
        }
        (sheet, rings, bars)
    }

    #[test]
    fn a_shape_is_named_after_samples_like_it_and_no_other_is() {
        let (sheet, rings, bars) = drawn();
        let shapes = |areas: &[Blob]| -> Vec<Shape> {
            areas.iter().map(|area| Shape::of(&sheet, *area)).collect()
        };
        let (rings, bars) = (shapes(&rings), shapes(&bars));
        let mut samples = Samples::default();
        rings.iter().take(3).for_each(|shape| samples.add('0', shape));
        bars.iter().take(2).for_each(|shape| samples.add('1', shape));
        assert_eq!(samples.name(&rings[3]), Some('0'));
        assert_eq!(samples.name(&bars[3]), Some('1'));
        assert_eq!(samples.name(&rings[0]), Some('0'), "two others show the same");
        assert_eq!(samples.name(&bars[0]), Some('1'), "one other shows the same");
        let mut lone = Samples::default();
        lone.add('1', &bars[0]);
        assert_eq!(lone.name(&bars[0]), None, "nothing is compared to itself");
        let half = Shape::of(&sheet, Blob { left: 10, top: 10, right: 21, bottom: 44, area: 0 });
        assert_eq!(samples.name(&half), None);
        assert_eq!(Samples::default().name(&half), None);
    }
}
