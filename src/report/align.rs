//! Two sequences laid side by side so that what is alike stands together and the order of both is
//! kept: dynamic programming as in Needleman and Wunsch (1970).

/// What passing over something costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaps {
    /// An item of the document between two matched ones. Before the first and after the last
    /// matched one it costs nothing.
    pub(super) found: f64,
    /// An item of the form.
    pub(super) expected: f64,
}

/// The pairs (index found, index expected) of the best alignment, in order, and its worth.
/// `likeness` gives `None` for pairs that must not stand together; `toll` is paid in addition for
/// passing from one found item to the next, where a new table begins.
pub(super) fn align(
    found: usize,
    expected: usize,
    gaps: Gaps,
    likeness: impl Fn(usize, usize) -> Option<f64>,
    toll: impl Fn(usize) -> f64,
) -> (Vec<(usize, usize)>, f64) {
    let width = expected + 1;
    let mut worth = vec![0.0_f64; (found + 1) * width];
    let mut step = vec![Step::Stop; (found + 1) * width];
    for i in 0..=found {
        for j in 0..=expected {
            if i == 0 && j == 0 {
                continue;
            }
            let at = |i: usize, j: usize| worth.get(i * width + j).copied().unwrap_or(f64::MIN);
            let mut best = (f64::MIN, Step::Stop);
            let mut offer = |value: f64, step: Step| {
                if value > best.0 {
                    best = (value, step);
                }
            };
            if i > 0 {
                let inside = j > 0 && j < expected;
                let cost = if inside { gaps.found + toll(i - 1) } else { 0.0 };
                offer(at(i - 1, j) - cost, Step::Found);
            }
            if j > 0 {
                offer(at(i, j - 1) - gaps.expected, Step::Expected);
            }
            if i > 0
                && j > 0
                && let Some(like) = likeness(i - 1, j - 1)
            {
                let cost = if j > 1 { toll(i - 1) } else { 0.0 };
                offer(at(i - 1, j - 1) + like - cost, Step::Both);
            }
            if let (Some(w), Some(s)) = (worth.get_mut(i * width + j), step.get_mut(i * width + j))
            {
                (*w, *s) = best;
            }
        }
    }
    let total = worth.last().copied().unwrap_or(0.0);
    (trace(found, expected, width, &step), total)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Stop,
    Found,
    Expected,
    Both,
}

fn trace(found: usize, expected: usize, width: usize, step: &[Step]) -> Vec<(usize, usize)> {
    let (mut i, mut j) = (found, expected);
    let mut pairs = Vec::new();
    loop {
        match step.get(i * width + j) {
            Some(Step::Found) => i -= 1,
            Some(Step::Expected) => j -= 1,
            Some(Step::Both) => {
                i -= 1;
                j -= 1;
                pairs.push((i, j));
            }
            Some(Step::Stop) | None => break,
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(found: &str, expected: &str) -> Vec<(usize, usize)> {
        let (f, e): (Vec<char>, Vec<char>) = (found.chars().collect(), expected.chars().collect());
        let gaps = Gaps { found: 0.02, expected: 0.05 };
        align(f.len(), e.len(), gaps, |i, j| (f[i] == e[j]).then_some(1.0), |_| 0.0).0
    }

    #[test]
    fn missing_and_foreign_items_are_passed_over() {
        assert_eq!(pairs("xabyd", "abcd"), [(1, 0), (2, 1), (4, 3)]);
    }

    #[test]
    fn items_that_occur_twice_find_their_place_by_order() {
        assert_eq!(pairs("abcb", "abcb"), [(0, 0), (1, 1), (2, 2), (3, 3)]);
        assert_eq!(pairs("acb", "abcb"), [(0, 0), (1, 2), (2, 3)]);
    }

    #[test]
    fn nothing_alike_gives_no_pairs() {
        assert_eq!(pairs("xyz", "abc"), []);
        assert_eq!(pairs("", "abc"), []);
    }
}
