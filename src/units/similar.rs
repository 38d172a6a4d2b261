//! Which listed units a name that is not listed may mean: a proposal for people, never a decision.

use std::collections::BTreeMap;

use super::without_places;

/// At most so many are proposed.
const MOST: usize = 3;

/// The units of `listed` (plain names with what they stand for) that a plain `name` may be a spelling
/// of, the likeliest first: one name is the end of the other, one is short for the other (`发改局`,
/// `发展和改革局`), or a character or two differ (`青糖镇`, `青塘镇`).
pub fn similar<'n, K: Ord + Clone>(
    name: &str,
    listed: impl IntoIterator<Item = (&'n str, K)>,
) -> Vec<K> {
    let mut nearest: BTreeMap<K, usize> = BTreeMap::new();
    for (other, key) in listed {
        if let Some(distance) = distance(name, other) {
            let known = nearest.entry(key).or_insert(distance);
            *known = distance.min(*known);
        }
    }
    let mut found: Vec<(usize, K)> = nearest.into_iter().map(|(key, d)| (d, key)).collect();
    found.sort();
    // Beside a near miss, far ones are noise.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance <= best + 1);
    found.into_iter().take(MOST).map(|(_, key)| key).collect()
}

/// How far apart two names are; `None`: too far to be one. Places before them count little.
fn distance(name: &str, other: &str) -> Option<usize> {
    if name.ends_with(other) || other.ends_with(name) {
        return (name.chars().count().min(other.chars().count()) >= 2).then_some(0);
    }
    let (bare, other_bare) = (without_places(name), without_places(other));
    let length = bare.chars().count().min(other_bare.chars().count());
    let typed = strsim::damerau_levenshtein(bare, other_bare);
    // One of two characters is half a name.
    let most = match length {
        0..=2 => 0,
        3..=4 => 1,
        _ => 2,
    };
    if typed <= most {
        return Some(1 + typed);
    }
    is_short_for(bare, other_bare).then_some(3)
}

/// All characters of the shorter stand in the longer, in this order, and both begin and end alike.
fn is_short_for(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let mut rest = long.chars();
    short.chars().count() >= 3
        && ends(long) == ends(short)
        && short.chars().all(|c| rest.any(|other| other == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: [&str; 7] =
        ["青塘镇", "东山乡", "西山乡", "万载县教育局", "发展和改革局", "市场监督管理局", "城关镇"];

    fn proposed(name: &str) -> Vec<&'static str> {
        similar(name, LISTED.iter().map(|listed| (*listed, *listed)))
    }

    #[test]
    fn a_slip_a_short_form_or_a_place_before_the_name_is_proposed() {
        for (name, expected) in [
            ("青糖镇", vec!["青塘镇"]),
            ("禾川县青塘镇", vec!["青塘镇"]),
            ("禾川县青糖镇", vec!["青塘镇"]),
            ("教育局", vec!["万载县教育局"]),
            ("发改局", vec!["发展和改革局"]),
            ("市场监管局", vec!["市场监督管理局"]),
            ("市场监督管理管局", vec!["市场监督管理局"]),
            ("北城关镇", vec!["城关镇"]),
        ] {
            assert_eq!(proposed(name), expected, "{name}");
        }
    }

    #[test]
    fn the_likeliest_comes_first_and_what_is_no_likeness_is_not_proposed() {
        assert_eq!(proposed("南山乡"), ["东山乡", "西山乡"]);
        for name in ["柳荫乡", "局", "财政局", "镇"] {
            assert_eq!(proposed(name), Vec::<&str>::new(), "{name}");
        }
    }
}
