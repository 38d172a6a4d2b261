//! What stands on every page and belongs to none: page numbers, running titles.

use super::Item;
use super::text::Line;

/// Parts of the page's height at its top and bottom where furniture stands.
const TOP: f64 = 0.12;
const BOTTOM: f64 = 0.85;
/// Running titles stand at the same height on each page.
const SAME_HEIGHT: f64 = 3.0;
/// Longest running title, in characters.
const LONGEST: usize = 60;
/// A text at the edge of so many pages in a row is their running title.
const IN_A_ROW: usize = 3;
/// Years are written with so many digits.
const YEAR_DIGITS: usize = 4;

/// Drops page numbers and running titles. `heights` are those of the pages.
pub(super) fn drop_furniture(pages: &mut [Vec<Item>], heights: &[f64]) {
    loop {
        let doomed: Vec<Vec<usize>> = (0..pages.len())
            .map(|page| {
                edges(pages, page).filter(|i| is_furniture(pages, heights, page, *i)).collect()
            })
            .collect();
        if doomed.iter().all(Vec::is_empty) {
            return;
        }
        for (items, doomed) in pages.iter_mut().zip(doomed) {
            for index in doomed.into_iter().rev() {
                items.remove(index);
            }
        }
    }
}

/// The first and the last item of a page.
fn edges(pages: &[Vec<Item>], page: usize) -> impl Iterator<Item = usize> + use<> {
    let length = pages.get(page).map_or(0, Vec::len);
    let last = length.checked_sub(1).filter(|last| *last > 0);
    (length > 0).then_some(0).into_iter().chain(last)
}

fn is_furniture(pages: &[Vec<Item>], heights: &[f64], page: usize, index: usize) -> bool {
    let Some(Item::Line(line)) = pages.get(page).and_then(|items| items.get(index)) else {
        return false;
    };
    let part = line.baseline / heights.get(page).copied().unwrap_or(f64::INFINITY);
    if part > TOP && part < BOTTOM {
        return false;
    }
    is_page_number(&line.text()) || is_running_title(pages, page, line)
}

/// `3`, `— 3 —`, `第 3 页 共 8 页`, `3 / 8`.
fn is_page_number(text: &str) -> bool {
    let around = |c: char| c.is_whitespace() || "—–-－―‐·.．~～/|第页頁共".contains(c);
    let numbers: Vec<&str> = text.split(around).filter(|part| !part.is_empty()).collect();
    let is_number = |part: &&str| part.len() <= 9 && part.chars().all(char::is_numeric);
    !numbers.is_empty() && numbers.len() <= 2 && numbers.iter().all(is_number)
}

/// The same text at the same height at the edge of other pages: of half the pages at least, or, where
/// several documents are bound, of some in a row.
fn is_running_title(pages: &[Vec<Item>], page: usize, line: &Line) -> bool {
    let text = without_numbers(&line.text());
    if text.chars().count() > LONGEST || line.words.len() > 3 {
        return false;
    }
    let same = |other: usize| {
        edges(pages, other).any(|index| {
            let item = pages.get(other).and_then(|items| items.get(index));
            matches!(item, Some(Item::Line(l)) if (l.baseline - line.baseline).abs() < SAME_HEIGHT
                && without_numbers(&l.text()) == text)
        })
    };
    let found = (0..pages.len()).filter(|other| *other != page && same(*other)).count();
    if found > 0 && (found + 1) * 2 >= pages.len() {
        return true;
    }
    let after = (page + 1..pages.len()).take(IN_A_ROW).take_while(|other| same(*other)).count();
    let before = (0..page).rev().take(IN_A_ROW).take_while(|other| same(*other)).count();
    before + 1 + after >= IN_A_ROW
}

/// A line without the numbers of pages. Years stay: the titles of a unit's reports of several years
/// differ in nothing else.
fn without_numbers(text: &str) -> String {
    let visible: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let runs = visible.chunk_by(|a, b| a.is_numeric() == b.is_numeric());
    let mut kept = String::new();
    let mut runs = runs.peekable();
    while let Some(run) = runs.next() {
        let is_number = run.first().is_some_and(|c| c.is_numeric());
        let is_year =
            run.len() == YEAR_DIGITS && runs.peek().is_some_and(|next| next.first() == Some(&'年'));
        if !is_number || is_year {
            kept.extend(run);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_titles_differ_by_their_years_and_not_by_their_pages() {
        assert_eq!(without_numbers("青塘镇2021年年度报告 第 3 页"), "青塘镇2021年年度报告第页");
        assert_ne!(without_numbers("2021年年度报告"), without_numbers("2022年年度报告"));
        assert_eq!(without_numbers("— 12 —"), without_numbers("— 2021 —"));
    }
}
