//! Conversions between places on a raster and measures, each saturating.

/// The nearest whole number that is not negative.
#[allow(clippy::as_conversions, reason = "a float becomes whole in no other way; it saturates")]
pub(super) fn whole(number: f64) -> u32 {
    number.round() as u32
}

/// The nearest level of grey.
pub(super) fn level(number: f64) -> u8 {
    u8::try_from(whole(number).min(255)).unwrap_or(u8::MAX)
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The middle one of some numbers; 0 of none.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
