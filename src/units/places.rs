//! The names of the country's provinces, prefectures and counties, and what recognition makes of them. Pure.
//!
//! In comes a plain name as it was recognised on a scan; out comes the same with the places it begins with
//! as they are listed, where only characters that the model of recognition does not have part the two. It
//! gives another for each of these (册 for 岫), and always the same: no comparison of the places where a
//! name stands shows it.
//!
//! What is listed as it was read is left alone, and so is what may be several of the listed names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{PLACE_ENDS, is_ideograph};
use crate::document::ILLEGIBLE;

static PLACES: LazyLock<Places> =
    LazyLock::new(|| Places::of(include_str!("../../config/places.txt")));

/// The longest name of a place, in characters; the longest listed has 15.
const LONGEST: usize = 20;

/// A recognised plain name with the places it begins with as they are listed; `None`: nothing to correct.
pub fn corrected(read: &str) -> Option<String> {
    PLACES.corrected(read)
}

#[derive(Debug, Default)]
struct Places {
    /// Characters that recognition gives others for.
    unread: BTreeSet<char>,
    /// Each name, and the places that places of this name lie in.
    within: BTreeMap<Vec<char>, BTreeSet<Vec<char>>>,
}

impl Places {
    /// Lines of a province, a prefecture (`-`: none) and its counties; `? ` and the unread characters; `#` and
    /// a remark.
    fn of(list: &'static str) -> Self {
        let mut places = Self::default();
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            if let Some(unread) = line.strip_prefix("? ") {
                places.unread.extend(unread.chars());
                continue;
            }
            let mut above = BTreeSet::new();
            for (depth, name) in line.split(' ').enumerate().filter(|(_, name)| *name != "-") {
                let name: Vec<char> = name.chars().collect();
                places.within.entry(name.clone()).or_default().extend(above.iter().cloned());
                if depth < 2 {
                    above.insert(name);
                }
            }
        }
        places
    }

    fn corrected(&self, read: &str) -> Option<String> {
        let mut name: Vec<char> = read.chars().collect();
        let mut done = 0;
        let mut above: Option<Vec<char>> = None;
        while let Some(rest) = name.get(done..)
            && let Some(place) = self.listed(rest).or_else(|| self.meant(rest, above.as_deref()))
        {
            let length = place.len();
            name.splice(done..done + length, place.iter().copied());
            done += length;
            above = Some(place);
        }
        let name: String = name.into_iter().collect();
        (name != read).then_some(name)
    }

    /// The longest listed name that a text begins with.
    fn listed(&self, text: &[char]) -> Option<Vec<char>> {
        beginnings(text).rev().find(|name| self.within.contains_key(*name)).map(<[char]>::to_vec)
    }

    /// The one listed name that was misread at the beginning of a text, in the place `above` if that is known.
    fn meant(&self, text: &[char], above: Option<&[char]>) -> Option<Vec<char>> {
        let mut fitting = beginnings(text).flat_map(|read| {
            self.within.iter().filter(move |(name, within)| {
                let is_there = above.is_none_or(|above| within.contains(above));
                is_there && self.is_misread(read, name, above.is_some())
            })
        });
        let (name, _) = fitting.next()?;
        fitting.next().is_none().then(|| name.clone())
    }

    /// Whether recognition may have read `name` so. Where it is not known what it lies in, one character must
    /// show that it is this name, not only 县.
    fn is_misread(&self, read: &[char], name: &[char], is_placed: bool) -> bool {
        let may_be = |(own, listed): (&char, &char)| {
            let gives_another = self.unread.contains(listed) && is_ideograph(*own);
            own == listed || *own == ILLEGIBLE || gives_another
        };
        let mut shown = read.iter().zip(name).take(name.len().saturating_sub(1));
        read.len() == name.len()
            && read.iter().zip(name).all(may_be)
            && (is_placed || shown.any(|(own, listed)| own == listed))
    }
}

/// The beginnings of a text that may be names of places, from the shortest.
fn beginnings(text: &[char]) -> impl DoubleEndedIterator<Item = &[char]> {
    let lengths = 2..=text.len().min(LONGEST);
    lengths
        .filter_map(|length| text.get(..length))
        .filter(|name| name.last().is_some_and(|last| PLACE_ENDS.contains(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_recognition_cannot_read_is_the_one_listed_name_it_may_be() {
        for (read, expected) in [
            ("册岩满族自治县教育局", Some("岫岩满族自治县教育局")),
            ("□岩满族自治县教育局", Some("岫岩满族自治县教育局")),
            ("辽宁省鞍山市册岩满族自治县教育局", Some("辽宁省鞍山市岫岩满族自治县教育局")),
            ("河区教育局", None),
            ("师河区教育局", Some("浉河区教育局")),
            ("动海县城关镇", Some("勐海县城关镇")),
            // Two characters show only with the place they lie in which county it is.
            ("雎县教育局", None),
            ("商丘市雎县教育局", Some("商丘市睢县教育局")),
            ("商丘市□县教育局", Some("商丘市睢县教育局")),
            // Two of one prefecture: 歙县, 黟县.
            ("黄山市欲县教育局", None),
            ("欲县教育局", None),
            // 浈江区, 弋江区, 邗江区.
            ("形江区教育局", None),
            ("扬州市形江区教育局", Some("扬州市邗江区教育局")),
            // 郯城县, 柘城县 and 鄄城县; of 菏泽 only the last.
            ("甄城县教育局", None),
            ("菏泽市甄城县教育局", Some("菏泽市鄄城县教育局")),
            // Both characters.
            ("成都市叩峡市教育局", Some("成都市邛崃市教育局")),
            ("叩峡市教育局", None),
            // Of another prefecture.
            ("广州市甄城县教育局", None),
        ] {
            assert_eq!(corrected(read).as_deref(), expected, "{read}");
        }
    }

    #[test]
    fn what_is_listed_or_may_be_another_or_is_no_such_place_stays() {
        for read in [
            "增城区教育局",
            "广州市增城区教育局",
            "黄山市泾县教育局",
            "宁海县城关镇",
            "江宁区教育局",
            "市中区教育局",
            "高新区管委会",
            "经开区管委会",
            "开发区管委会",
            "度假区管委会",
            "风景区管委会",
            "示范区管委会",
            "新区管委会",
            "石桥镇人民政府",
            "教育局",
            "",
            "县",
            "□",
            // A character that recognition knows was not seen.
            "□陵县教育局",
            "岚州市清源区石桥镇",
            "禾川县谷雨乡",
        ] {
            assert_eq!(corrected(read), None, "{read}");
        }
    }

    #[test]
    fn no_listed_name_is_taken_for_another() {
        assert!(PLACES.within.len() > 3_200, "{}", PLACES.within.len());
        for name in PLACES.within.keys() {
            assert_eq!(corrected(&name.iter().collect::<String>()), None);
            assert!(name.len() <= LONGEST && name.last().is_some_and(|c| PLACE_ENDS.contains(c)));
        }
    }
}
