//! Printed names of units: the same unit or not. Pure.
//!
//! In come a name as a report prints it and the names that known units went by; out comes a
//! [`Match`]. Where the office gives a list of its units ([`roster`]), a name is looked up in it
//! ([`is_listed`]): as it is listed, or with the place before it where the list says the unit lies.
//! What is not listed is a unit of its own; [`similar()`] proposes which of the list it may be, and
//! people decide.
//!
//! Without a list names are compared as people would: `高城镇人民政府（盖章）` and `万载县高城镇人民政府`
//! are one unit, `甲县城关镇` and `乙县城关镇` are two, and a bare `城关镇` that could be either is
//! neither. A wrong guess would let one unit's report replace another's; so whatever is not plainly
//! the same is a unit of its own.

pub mod offices;
pub mod overdue;
pub mod places;
pub mod roster;
mod similar;

use std::collections::BTreeMap;

pub use similar::similar;

use unicode_normalization::UnicodeNormalization;

use crate::document::ILLEGIBLE;

/// What a place name ends in: province, city, county, district; prefecture, league, banner.
const PLACE_ENDS: &[char] = &['省', '市', '县', '区', '州', '盟', '旗'];

/// Words that name the same unit with or without them. Longer ones first.
const EMPTY_WORDS: &[&str] = &["盖章", "人民政府", "办事处"];

/// Which known unit a printed name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<K> {
    /// This one.
    Same(K),
    /// None of them.
    New,
    /// It fits several, and guessing is not allowed.
    Ambiguous(Vec<K>),
}

/// A name without what does not tell units apart: white space, brackets, width of characters,
/// `人民政府`, `办事处`, `（盖章）`.
pub fn plain(printed: &str) -> String {
    let mut name: String =
        printed.nfkc().filter(|c| !c.is_whitespace() && !is_bracket_or_colon(*c)).collect();
    for word in EMPTY_WORDS {
        name = name.replace(word, "");
    }
    name.strip_suffix("政府").map(str::to_owned).unwrap_or(name)
}

/// A name recognised on a scan as the `known` one says it, if nothing but misreading parts them: where
/// both have a character that recognition could not have read, that of the known name is taken. Both
/// plain; the known one may be longer or shorter by the place before it.
pub fn corrected(read: &str, known: &str) -> Option<String> {
    let (name, length) = aligned(read, known);
    let whole = length == read.chars().count().min(known.chars().count());
    (whole && name != read && relate(&name, known) == Relation::Same).then_some(name)
}

/// The same after the name in a longer text, as that of a file; as much of the name's end as stands there.
pub fn corrected_by(read: &str, text: &str) -> Option<String> {
    const ENOUGH: usize = 4;
    let ends = text.char_indices().map(|(at, c)| text.get(..at + c.len_utf8()).unwrap_or(text));
    let (name, length) = ends.map(|known| aligned(read, known)).max_by_key(|(_, l)| *l)?;
    (length >= ENOUGH && name != read).then_some(name)
}

/// A recognised name with the characters of the known one that were misread, from the end as far as they
/// agree, and how far that is.
fn aligned(read: &str, known: &str) -> (String, usize) {
    let mut name: Vec<char> = read.chars().collect();
    let mut length = 0;
    for (own, known) in name.iter_mut().rev().zip(known.chars().rev()) {
        if *own != known {
            let misread = is_ideograph(known) && (*own == ILLEGIBLE || is_rare(known));
            if !misread {
                break;
            }
            *own = known;
        }
        length += 1;
    }
    (name.into_iter().collect(), length)
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether an ideograph is none of the 3,755 of level 1 of GB/T 2312: names of places have such (岫, 勐),
/// and of these the models of recognition know few.
fn is_rare(c: char) -> bool {
    const FIRST: [u8; 2] = [0xB0, 0xA1];
    const LAST: [u8; 2] = [0xD7, 0xF9];
    let mut buffer = [0; 4];
    let (bytes, _, is_lacking) = encoding_rs::GBK.encode(c.encode_utf8(&mut buffer));
    match *bytes {
        [lead, trail] if !is_lacking && trail >= FIRST[1] => {
            !(FIRST..=LAST).contains(&[lead, trail])
        }
        _ => true,
    }
}

fn is_bracket_or_colon(c: char) -> bool {
    "()[]{}〔〕【】〈〉《》「」『』:_".contains(c)
}

/// The unit shown for a report that names none; it is never the same as another.
pub fn unrecognised(file_name: &str) -> String {
    format!("未识别（{file_name}）")
}

/// Which of the `known` units (with the plain names their reports printed) a plain `name` means.
pub fn find<K: Ord + Clone>(name: &str, known: &BTreeMap<K, Vec<String>>) -> Match<K> {
    let mut fitting = known.iter().filter(|(_, names)| fits(name, names)).map(|(unit, _)| unit);
    match (fitting.next(), fitting.next()) {
        (None, _) => Match::New,
        (Some(unit), None) => Match::Same(unit.clone()),
        (Some(first), Some(second)) => {
            Match::Ambiguous([first, second].into_iter().chain(fitting).cloned().collect())
        }
    }
}

/// Whether a plain `name` is that of a unit `listed` so, which lies in `place` (`宜春市万载县`; empty:
/// unknown): the same, or after that place or a part of it.
pub fn is_listed(name: &str, listed: &str, place: &str) -> bool {
    match name.strip_suffix(listed) {
        Some("") => true,
        Some(before) if !listed.is_empty() => relate(before, place) == Relation::Same,
        _ => false,
    }
}

/// Whether one of two printed names may be short for the other, wherever both lie: 市场监管局 for
/// 禾川县市场监督管理局. Nobody's reports are told apart by this.
pub fn may_be_short(a: &str, b: &str) -> bool {
    let (a, b) = (plain(a), plain(b));
    // 县人社局 is cut inside the name of its county.
    let bare = |name| without_places(name).trim_start_matches(PLACE_ENDS);
    let (a, b) = (bare(&a), bare(&b));
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut rest = long.chars();
    short.chars().all(|wanted| rest.any(|c| c == wanted))
}

/// How a text may write the name of a unit, the longest first: as printed, without words such as
/// 人民政府, without the place it begins with.
pub fn spellings(printed: &str) -> Vec<String> {
    let squeezed: String = printed.nfkc().filter(|c| !c.is_whitespace()).collect();
    let plain = plain(printed);
    let bare = without_places(&plain).to_owned();
    let mut spellings = vec![squeezed, plain, bare];
    spellings.retain(|name| name.chars().count() >= 2);
    spellings.dedup();
    spellings
}

/// Some name of the unit is the same, and none is of another place.
fn fits(name: &str, names: &[String]) -> bool {
    let relations = || names.iter().map(|other| relate(name, other));
    relations().any(|relation| relation == Relation::Same)
        && relations().all(|relation| relation != Relation::Contradiction)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Same,
    /// The same name after different places: `甲县城关镇`, `乙县城关镇`.
    Contradiction,
    Unrelated,
}

fn relate(a: &str, b: &str) -> Relation {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        return Relation::Unrelated;
    }
    match long.strip_suffix(short) {
        Some("") => Relation::Same,
        Some(before) if is_place_before(before, short) => Relation::Same,
        Some(_) => Relation::Unrelated,
        None if without_places(long) == without_places(short) => Relation::Contradiction,
        None => Relation::Unrelated,
    }
}

/// Does `before` only say where `short` is? `万载县` before `高城镇` does, `北` before `城关镇` or `交通`
/// before `公安局` makes it another unit. A name that itself begins with a place (`万载县高城镇`) is
/// definite, and so is one cut inside it (`县教育局` of `万载县教育局`); they may follow a place
/// written without its ending (`宜春`).
fn is_place_before(before: &str, short: &str) -> bool {
    let ends_as_place = before.ends_with(PLACE_ENDS);
    let short_begins_definite =
        short.starts_with(PLACE_ENDS) || without_places(short).len() < short.len();
    ends_as_place || (short_begins_definite && before.chars().count() >= 2)
}

/// `云南省玉溪市江城镇` → `江城镇`; a name that is nothing but places keeps the last one.
fn without_places(name: &str) -> &str {
    let mut rest = name;
    for (at, c) in name.char_indices() {
        let after = name.get(at + c.len_utf8()..).unwrap_or_default();
        if PLACE_ENDS.contains(&c) && at > 0 && !after.is_empty() {
            rest = after;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        relate(&plain(a), &plain(b)) == Relation::Same
    }

    #[test]
    fn a_name_misread_where_recognition_knows_no_better_is_the_known_one() {
        for (read, known, expected) in [
            ("云册区教育局", "云岫区教育局", Some("云岫区教育局")),
            ("云□区教育局", "云岫区教育局", Some("云岫区教育局")),
            ("朔溪市云册区教育局", "云岫区教育局", Some("朔溪市云岫区教育局")),
            ("云册区教育局", "朔溪市云岫区教育局", Some("云岫区教育局")),
            ("动海县城关镇", "勐海县城关镇", Some("勐海县城关镇")),
            ("青□镇", "青塘镇", Some("青塘镇")),
            // Recognition knows these characters.
            ("青糖镇", "青塘镇", None),
            ("东山乡", "西山乡", None),
            ("云册区教育局", "云册区教育局", None),
            ("云册区教育局", "云岫区体育局", None),
            ("城关镇", "北岫城关镇", None),
        ] {
            assert_eq!(corrected(read, known).as_deref(), expected, "{read} / {known}");
        }
        let by_file = |file| corrected_by("朔溪市云册区教育局", file);
        assert_eq!(by_file("2.云岫区教育局2016年年报").as_deref(), Some("朔溪市云岫区教育局"));
        assert_eq!(by_file("教育局2016年年报"), None);
        assert_eq!(by_file("scan0001"), None);
        assert_eq!(by_file("bureau"), None);
    }

    #[test]
    fn white_space_brackets_width_and_empty_words_do_not_tell_units_apart() {
        for printed in [
            "高城镇人民政府",
            " 高 城 镇 人民政府 ",
            "高城镇人民政府（盖章）",
            "高城镇人民政府(盖章)",
            "高城镇\u{3000}政府",
            "（高城镇）",
            "高城镇",
            "高城镇人民政府 （盖章）：",
        ] {
            assert_eq!(plain(printed), "高城镇", "{printed}");
        }
        assert_eq!(plain("东风街道办事处"), "东风街道");
        assert_eq!(plain("ＡＢ局"), "AB局");
    }

    #[test]
    fn a_name_is_the_same_with_and_without_the_places_it_lies_in() {
        for (a, b) in [
            ("高城镇人民政府", "万载县高城镇人民政府"),
            ("万载县高城镇", "江西省宜春市万载县高城镇人民政府"),
            ("江川区人民政府", "玉溪市江川区人民政府"),
            ("市中区教育局", "济南市市中区教育局"),
            ("万载县高城镇", "宜春万载县高城镇"),
            ("县教育局", "万载县教育局"),
            ("市场监督管理局", "江川区市场监督管理局"),
            ("东风街道办事处", "云和区东风街道"),
            ("司法局", "阿坝州司法局"),
        ] {
            assert!(same(a, b), "{a} / {b}");
            assert!(same(b, a), "{b} / {a}");
        }
    }

    #[test]
    fn a_common_ending_alone_does_not_make_one_unit() {
        for (a, b) in [
            ("城关镇", "北城关镇"),
            ("公安局", "交通公安局"),
            ("河镇", "清河镇"),
            ("司法所", "江城镇司法所"),
            ("山区教育局", "房山区教育局"),
            ("甲县城关镇", "乙县城关镇"),
            ("云南省江川区江城镇", "玉溪市江川区江城镇"),
            ("万载县教育局", "万载县体育局"),
            ("", "万载县"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }

    fn known(units: &[(u8, &[&str])]) -> BTreeMap<u8, Vec<String>> {
        units.iter().map(|(k, names)| (*k, names.iter().map(|n| plain(n)).collect())).collect()
    }

    #[test]
    fn a_listed_name_may_have_the_place_before_it_where_the_unit_lies_and_no_other() {
        let listed = |name: &str| is_listed(&plain(name), "高城镇", "宜春市万载县");
        for name in
            ["高城镇人民政府", "万载县高城镇", "宜春市万载县高城镇", "江西省宜春市万载县高城镇政府"]
        {
            assert!(listed(name), "{name}");
        }
        for name in ["铜鼓县高城镇", "北高城镇", "高城镇司法所", "高成镇", "城镇"]
        {
            assert!(!listed(name), "{name}");
        }
        assert!(is_listed("高城镇", "高城镇", ""));
        assert!(!is_listed("万载县高城镇", "高城镇", ""), "nobody says where it lies");
    }

    #[test]
    fn a_short_name_keeps_the_order_of_the_long_one() {
        for (short, long) in [
            ("市场监管局", "禾川县市场监督管理局"),
            ("县人社局", "禾川县人力资源和社会保障局"),
            ("青塘镇", "禾川县青塘镇人民政府"),
        ] {
            assert!(may_be_short(short, long) && may_be_short(long, short), "{short}");
        }
        assert!(!may_be_short("白水镇", "青塘镇人民政府"));
        assert!(!may_be_short("禾川县财政局", "禾川县自然资源局"));
        assert_eq!(
            spellings("禾川县青塘镇人民政府"),
            ["禾川县青塘镇人民政府", "禾川县青塘镇", "青塘镇"]
        );
    }

    #[test]
    fn a_bare_name_that_fits_two_units_is_neither() {
        let units = known(&[(1, &["甲县城关镇"]), (2, &["乙县城关镇"])]);
        assert_eq!(find("城关镇", &units), Match::Ambiguous(vec![1, 2]));
        assert_eq!(find("甲县城关镇", &units), Match::Same(1));
        assert_eq!(find("某省乙县城关镇", &units), Match::Same(2));
        assert_eq!(find("丙县城关镇", &units), Match::New);
    }

    #[test]
    fn a_unit_known_by_its_bare_name_does_not_swallow_its_namesakes() {
        let units = known(&[(1, &["城关镇", "甲县城关镇"])]);
        assert_eq!(find("城关镇", &units), Match::Same(1));
        assert_eq!(find("甲县城关镇", &units), Match::Same(1));
        assert_eq!(find("乙县城关镇", &units), Match::New);
    }

    #[test]
    fn the_unit_of_a_report_without_one_is_named_after_its_file() {
        assert_eq!(unrecognised("a.docx"), "未识别（a.docx）");
    }
}
