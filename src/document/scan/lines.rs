//! Blobs of ink sorted into lines of text.

use super::ink::Blob;
use super::numbers::whole;

/// Blobs larger than this (in pixels at 300 dpi) may be characters; smaller ones are specks.
const CHARACTER: u32 = 12;
/// The largest character: a headline.
const LARGEST: u32 = 150;

/// The height of characters among the blobs, in pixels; 0: there are none.
pub(super) fn size(blobs: &[Blob]) -> f64 {
    let mut heights: Vec<u32> =
        blobs.iter().map(Blob::height).filter(|h| (CHARACTER..=LARGEST).contains(h)).collect();
    heights.sort_unstable();
    heights.get(heights.len() * 8 / 10).copied().map_or(0.0, f64::from)
}

/// Whether a blob can be a character or a stroke, and not a speck.
pub(super) fn is_mark(blob: &Blob) -> bool {
    blob.width().max(blob.height()) >= CHARACTER
}

/// The lines, from the top; the blobs of each from the left. `size` is that of the characters.
pub(super) fn lines(blobs: &[Blob], size: f64) -> Vec<Vec<Blob>> {
    let mut bands: Vec<(u32, u32)> = Vec::new();
    let mut marks: Vec<&Blob> = blobs.iter().filter(|b| is_mark(b)).collect();
    marks.sort_by_key(|b| b.top);
    for blob in &marks {
        match bands.last_mut() {
            Some(band) if blob.top < band.1 => band.1 = band.1.max(blob.bottom),
            _ => bands.push((blob.top, blob.bottom)),
        }
    }
    let bands: Vec<(u32, u32)> =
        bands.into_iter().flat_map(|band| parted(band, &marks, size)).collect();
    let bands = gathered(bands, size);
    let mut lines: Vec<Vec<Blob>> = vec![Vec::new(); bands.len()];
    for blob in blobs {
        let middle = u32::midpoint(blob.top, blob.bottom);
        let distance =
            |band: &(u32, u32)| band.0.saturating_sub(middle).max(middle.saturating_sub(band.1));
        let nearest = bands.iter().zip(&mut lines).min_by_key(|(band, _)| distance(band));
        if let Some((band, line)) = nearest
            && f64::from(distance(band)) <= 0.3 * size
        {
            line.push(*blob);
        }
    }
    lines.retain(|line| line.iter().any(is_mark));
    lines.iter_mut().for_each(|line| line.sort_by_key(|b| b.left));
    lines
}

/// A band as tall as several lines, cut where there is least ink.
fn parted(band: (u32, u32), marks: &[&Blob], size: f64) -> Vec<(u32, u32)> {
    const TALL: f64 = 1.6;
    const VALLEY: f64 = 0.15;
    if f64::from(band.1 - band.0) < TALL * size {
        return vec![band];
    }
    let covered = |row: u32| -> f64 {
        let across = marks.iter().filter(|b| b.top <= row && row < b.bottom);
        across.map(|b| f64::from(b.width())).sum()
    };
    let rows: Vec<f64> = (band.0..band.1).map(covered).collect();
    let most = rows.iter().copied().fold(0.0, f64::max);
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for (row, across) in (band.0..).zip(rows) {
        if across < VALLEY * most {
            continue;
        }
        match parts.last_mut() {
            Some(part) if part.1 == row => part.1 = row + 1,
            _ => parts.push((row, row + 1)),
        }
    }
    parts
}

/// Joins bands too flat to be lines (a stroke 一, dots) to the line they belong to.
fn gathered(bands: Vec<(u32, u32)>, size: f64) -> Vec<(u32, u32)> {
    const FLAT: f64 = 0.5;
    const NEAR: f64 = 0.35;
    const LINE: f64 = 1.35;
    let mut gathered: Vec<(u32, u32)> = Vec::new();
    for band in bands {
        let flat = |b: &(u32, u32)| f64::from(b.1 - b.0) < FLAT * size;
        match gathered.last_mut() {
            Some(last)
                if (flat(last) || flat(&band))
                    && f64::from(band.0 - last.1) < NEAR * size
                    && f64::from(band.1 - last.0) < LINE * size =>
            {
                last.1 = band.1;
            }
            _ => gathered.push(band),
        }
    }
    gathered
}

/// Parts a line where the gap is wider than `gap` pixels.
pub(super) fn pieces(line: Vec<Blob>, gap: f64) -> Vec<Vec<Blob>> {
    let mut pieces: Vec<Vec<Blob>> = Vec::new();
    let mut right = 0;
    for blob in line {
        match pieces.last_mut() {
            Some(piece) if blob.left <= right + whole(gap) => piece.push(blob),
            _ => pieces.push(vec![blob]),
        }
        right = right.max(blob.right);
    }
    pieces
}

/// The box around some blobs.
pub(super) fn around(blobs: &[Blob]) -> Option<Blob> {
    blobs.iter().copied().reduce(Blob::with)
}

/// The digits of a figure, from the left: marks one above the other are one digit in pieces.
pub(super) fn digits(blobs: &[Blob]) -> Vec<Blob> {
    let mut digits: Vec<Blob> = Vec::new();
    for blob in blobs.iter().filter(|b| is_mark(b) && !is_low(b, blobs)) {
        match digits.last_mut() {
            Some(last) if overlap(last, blob) * 2 > last.width().min(blob.width()) => {
                *last = last.with(*blob);
            }
            _ => digits.push(*blob),
        }
    }
    digits
}

fn overlap(a: &Blob, b: &Blob) -> u32 {
    a.right.min(b.right).saturating_sub(a.left.max(b.left))
}

/// Whether something stands between two digits, at their foot, that may be a decimal point.
pub(super) fn has_point(digits: &[Blob], blobs: &[Blob]) -> bool {
    const SMALLEST: f64 = 0.06;
    digits.array_windows::<2>().any(|[left, right]| {
        let smallest = SMALLEST * f64::from(left.height().max(right.height()));
        blobs.iter().filter(|b| is_low(b, blobs)).any(|b| {
            b.left + 2 >= left.right
                && b.right <= right.left + 2
                && f64::from(b.width().min(b.height())) >= smallest
        })
    })
}

/// Whether a blob lies at the foot of its line, like a point.
fn is_low(blob: &Blob, line: &[Blob]) -> bool {
    const FOOT: f64 = 0.6;
    const LOW: f64 = 0.35;
    let Some(around) = around(line) else { return false };
    let height = f64::from(around.height());
    f64::from(blob.top - around.top) >= FOOT * height && f64::from(blob.height()) <= LOW * height
}
