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

/// How many of some levels of grey are of each.
pub(super) fn histogram(levels: impl Iterator<Item = u8>) -> [u32; 256] {
    let mut counts = [0; 256];
    for level in levels {
        if let Some(count) = counts.get_mut(usize::from(level)) {
            *count += 1;
        }
    }
    counts
}

/// How many of the levels, from the first of these counts, hold less than a share of all.
pub(super) fn levels_within(share: f64, counts: impl Iterator<Item = u32> + Clone) -> f64 {
    let mut rest = share * counts.clone().map(f64::from).sum::<f64>();
    let is_within = |count: &u32| {
        rest -= f64::from(*count);
        rest > 0.0
    };
    u32::try_from(counts.take_while(is_within).count()).map_or(0.0, f64::from)
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The middle one of some numbers; 0 of none.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
