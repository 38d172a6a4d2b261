//! What stands at the head and foot of a report: title, unit, year, period, dates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::YearNamed;
use super::normalise::{fold_char, is_invisible, squeeze, trim};
use super::section::Item;
use crate::document::{Document, ILLEGIBLE, Source};
use crate::form::{Form, Head};
use crate::units;

/// What was found at the head and foot.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) title: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) spellings: Vec<String>,
    pub(super) year: Option<i16>,
    pub(super) years_named: Vec<YearNamed>,
    pub(super) period: Option<(Date, Date)>,
    pub(super) published: Option<Date>,
}

/// Compiles a pattern that stands in this file; a mistake in it shows in every test.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}

pattern!(YEAR, r"((?:19|20)\d{2})年");
pattern!(YEAR_HEADING, r"^\(?((?:19|20)\d{2})年度?\)?$");
pattern!(
    RANGE,
    r"((?:19|20)\d{2})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?[^\d]{0,8}?(?:((?:19|20)\d{2})(?:年|[-./]))?(\d{1,2})(?:月|[-./])(\d{1,2})日?"
);
pattern!(DATE, r"((?:19|20)\d{2})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?");
pattern!(DATE_AT_END, r"^(.*?)((?:19|20)\d{2})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?$");
pattern!(SEAL, r"[(](?:盖章|公章|签章|章|印章)[)]");

fn captures<'t>(
    pattern: &'static LazyLock<Option<Regex>>,
    text: &'t str,
) -> Option<regex::Captures<'t>> {
    pattern.as_ref().and_then(|p| p.captures(text))
}

fn number<T: std::str::FromStr>(found: &regex::Captures<'_>, group: usize) -> Option<T> {
    found.get(group)?.as_str().parse().ok()
}

/// Chinese digits of a year or date to ASCII: `二〇一九年十二月三十一日` to `2019年12月31日`.
fn arabic(text: &str) -> String {
    static CHINESE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new("[〇○零一二三四五六七八九]{4}年(?:[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}日)?)?").ok()
    });
    CHINESE.as_ref().map_or_else(
        || text.to_owned(),
        |p| {
            p.replace_all(text, |found: &regex::Captures<'_>| {
                found.get(0).map(|m| chinese_date(m.as_str())).unwrap_or_default()
            })
            .into_owned()
        },
    )
}

fn chinese_date(text: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for c in text.chars() {
        match c {
            '年' | '月' | '日' => {
                out.push_str(&chinese_number(&number, c == '年'));
                out.push(c);
                number.clear();
            }
            _ => number.push(c),
        }
    }
    out
}

/// A Chinese number in ASCII digits; `digits_only`: one for each character, as years are written.
pub(super) fn chinese_number(text: &str, digits_only: bool) -> String {
    let digit = |c: char| "零一二三四五六七八九".chars().position(|d| d == c);
    if digits_only {
        let value = |c| if matches!(c, '〇' | '○') { Some(0) } else { digit(c) };
        return text.chars().filter_map(value).map(|d| d.to_string()).collect();
    }
    let (tens, ones) = text.split_once('十').unwrap_or(("零", text));
    let value = |t: &str, empty: usize| t.chars().next().map_or(Some(empty), digit).unwrap_or(0);
    (value(tens, 1) * 10 + value(ones, 0)).to_string()
}

/// A line made comparable: no white space, ASCII digits.
fn comparable(text: &str) -> String {
    arabic(&squeeze(text))
}

/// What a title names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) unit: Option<String>,
    year: Option<i16>,
}

impl Title {
    /// The title a line is, if it is one.
    pub(super) fn of(printed: &str, forms: &[&Form]) -> Option<Self> {
        let line = comparable(printed);
        is_title(&line, forms)
            .then(|| Self { unit: unit_in_title(printed, forms), year: first_year(&line) })
    }

    /// The title that two lines are together, if neither is one.
    pub(super) fn of_broken(line: &str, rest: &str, forms: &[&Form]) -> Option<Self> {
        let printed = format!("{line}{rest}");
        let joined = comparable(&printed);
        let is_broken = is_title_in_two(&joined, forms) && !names_kind(&comparable(rest), forms);
        is_broken.then(|| Self { unit: unit_in_title(&printed, forms), year: first_year(&joined) })
    }

    /// The title with the year or the unit it lacks, if that is what the line above it says.
    pub(super) fn with_line_above(&self, printed: &str, forms: &[&Form]) -> Option<Self> {
        let line = comparable(printed);
        let year = captures(&YEAR_HEADING, &line).and_then(|found| number(&found, 1));
        if self.year.is_none() && year.is_some() {
            return Some(Self { unit: self.unit.clone(), year });
        }
        let is_unit = self.unit.is_none() && is_name(&without_year(&line), forms);
        is_unit.then_some(Self { unit: Some(line), year: self.year })
    }

    /// This, and where it names nothing what the other does.
    pub(super) fn or(self, other: Self) -> Self {
        Self { unit: self.unit.or(other.unit), year: self.year.or(other.year) }
    }

    /// Whether both name a unit, or both a year, and not the same.
    pub(super) fn differs(&self, other: &Self) -> bool {
        let units = self.unit.as_ref().zip(other.unit.as_ref());
        units.is_some_and(|(a, b)| !a.contains(b.as_str()) && !b.contains(a.as_str()))
            || self.year.zip(other.year).is_some_and(|(a, b)| a != b)
    }
}

/// Longer lines are no titles.
const MOST_TITLE_CHARS: usize = 60;

/// Whether a line, made comparable, can be a title: short, no sentence, and names the kind.
fn is_title(line: &str, forms: &[&Form]) -> bool {
    let sentence = line.contains(['。', ';', '!']) || line.ends_with([',', ':', '、']);
    line.chars().count() <= MOST_TITLE_CHARS && !sentence && names_kind(line, forms)
}

/// Whether two lines, joined and made comparable, can be a title broken in two.
fn is_title_in_two(joined: &str, forms: &[&Form]) -> bool {
    joined.chars().count() <= MOST_TITLE_CHARS
        && !has_sentence_marks(joined)
        && names_kind(joined, forms)
}

/// Whether a line is the date under a report, alone or after the name of the unit.
pub(super) fn is_signature_date(printed: &str, forms: &[&Form]) -> bool {
    let line = comparable(printed);
    let before = captures(&DATE_AT_END, &line).and_then(|found| found.get(1));
    before.is_some_and(|name| name.is_empty() || is_name(name.as_str(), forms))
}

struct Lines<'d> {
    /// Each line as printed and made comparable, empty ones left out.
    lines: Vec<(&'d str, String)>,
}

/// Looks for everything in the text of a report. `file_name`: what the file was handed in as.
pub(super) fn find(
    document: &Document,
    items: &[Item<'_>],
    forms: &[&Form],
    file_name: &str,
) -> Found {
    let lines: Vec<(&str, String)> = items
        .iter()
        .filter_map(|item| match item {
            Item::Text(text) | Item::Row(text) => Some((trim(text), comparable(text))),
            Item::Loose(_) | Item::Picture => None,
        })
        .filter(|(_, c)| !c.is_empty())
        .collect();
    let lines = Lines { lines };
    let head = Head::merged(forms.iter().map(|f| &f.head));
    let mut found = Found::default();
    let title = lines.title(forms).or_else(|| {
        let title = document.meta.title.as_deref()?;
        names_kind(&comparable(title), forms).then(|| trim(title).to_owned())
    });
    found.period = lines.period(&head);
    let (signature, signed_on) = lines.signature(forms);
    found.published = signed_on
        .or_else(|| document.meta.published.as_deref().and_then(|t| first_date(&comparable(t))))
        .or_else(|| lines.page_date(&head))
        .or_else(|| lines.byline_date());
    let filled_by = lines.after_label(&head.filled_by);
    let in_title = title.as_deref().and_then(|t| unit_in_title(t, forms));
    let publisher = lines
        .after_label(&head.publisher)
        .or_else(|| document.meta.publisher.as_deref().map(|p| trim(p).to_owned()));
    let names = [signature, filled_by, in_title, publisher].into_iter().flatten();
    let mut names = names.filter(|n| !n.is_empty()).map(|name| match document.source {
        Source::Text => name,
        Source::Ocr => {
            let name = lines.usual_spelling(&name);
            let name = units::corrected_by(&name, &comparable(file_name)).unwrap_or(name);
            units::places::corrected(&name).unwrap_or(name)
        }
    });
    found.unit = names.next();
    found.spellings = names.collect();
    found.spellings.dedup();
    find_year(&mut found, &lines, title.as_deref(), &head, file_name);
    found.title = title;
    found
}

/// The year: title, period, heading over the table, announcement, date of publication, file name.
fn find_year(found: &mut Found, lines: &Lines<'_>, title: Option<&str>, head: &Head, file: &str) {
    let in_title = title.and_then(|t| first_year(&comparable(t)));
    let in_period = found.period.filter(|(a, b)| a.year() == b.year()).map(|(a, _)| a.year());
    let over_table = lines.year_heading();
    for (by, year) in [("标题", in_title), ("统计期限", in_period), ("表格上方", over_table)]
    {
        found.years_named.extend(year.map(|year| YearNamed { by: by.into(), year }));
    }
    found.year = in_title
        .or(in_period)
        .or(over_table)
        .or_else(|| lines.announced_year(head))
        .or_else(|| found.published.map(|d| d.year() - 1))
        .or_else(|| first_year(&comparable(file)));
}

/// The names of the kind that a line contains, longest first.
fn kind_names<'f>(forms: &[&'f Form]) -> Vec<&'f str> {
    let mut names: Vec<&str> = forms
        .iter()
        .flat_map(|f| std::iter::once(&f.title).chain(&f.titles))
        .map(String::as_str)
        .collect();
    names.sort_by_key(|n| std::cmp::Reverse(n.len()));
    names.dedup();
    names
}

fn names_kind(line: &str, forms: &[&Form]) -> bool {
    kind_names(forms).iter().any(|n| line.contains(n))
}

fn first_year(line: &str) -> Option<i16> {
    captures(&YEAR, line).and_then(|c| number(&c, 1))
}

fn first_date(line: &str) -> Option<Date> {
    captures(&DATE, line).and_then(|c| date(&c, 1))
}

fn date(found: &regex::Captures<'_>, first: usize) -> Option<Date> {
    Date::new(number(found, first)?, number(found, first + 1)?, number(found, first + 2)?).ok()
}

/// `谷雨乡` out of `2020年谷雨乡…年度报告`.
fn unit_in_title(title: &str, forms: &[&Form]) -> Option<String> {
    let line = comparable(title);
    let name = kind_names(forms).into_iter().find(|n| line.contains(n))?;
    let (before, after) = line.split_once(name)?;
    let strip = |text: &str| {
        let text = YEAR.as_ref().map_or_else(|| text.into(), |y| y.replace_all(text, ""));
        let text = text.trim_start_matches("度").trim_end_matches(['度', '的', '年', '关', '于']);
        let text = text.strip_prefix("关于").unwrap_or(text);
        text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    };
    let unit = Some(strip(before)).filter(|u| !u.is_empty()).unwrap_or_else(|| strip(after));
    (unit.chars().count() >= 2).then_some(unit)
}

/// Characters that end a sentence or list: a name has none.
fn has_sentence_marks(line: &str) -> bool {
    line.contains(['。', ',', ';', '!', '?', '、', '“', ':', '《'])
}

/// Whether a line can be the name of a unit.
fn is_name(line: &str, forms: &[&Form]) -> bool {
    let length = line.chars().count();
    (3..=40).contains(&length)
        && !has_sentence_marks(line)
        && line.chars().filter(char::is_ascii_digit).count() <= 4
        && captures(&YEAR, line).is_none()
        && forms.iter().any(|f| f.level(&without_seal(line)).is_some())
}

fn without_seal(name: &str) -> String {
    let folded: String = name.chars().map(fold_char).collect();
    SEAL.as_ref().map_or_else(|| folded.clone(), |s| s.replace_all(&folded, "").into_owned())
}

impl Lines<'_> {
    /// A recognised name with each character as it is read in most places, or as one that cannot be
    /// told: a report says who it is from in its title, its text, over its table and under it. The
    /// places are those where the two characters next to it are the same. What a model does not know
    /// (岫) it takes for this here and for that there.
    fn usual_spelling(&self, name: &str) -> String {
        /// So many places for one that says otherwise.
        const MOST: usize = 2;
        let printed: Vec<char> = name.chars().collect();
        let lines: Vec<Vec<char>> =
            self.lines.iter().map(|(_, line)| line.chars().collect()).collect();
        let mut usual = printed.clone();
        for (at, slot) in usual.iter_mut().enumerate() {
            // Two neighbours in the name, and where the character stands among the three.
            let first = at.saturating_sub(1).min(printed.len().saturating_sub(3));
            let Some(near) = printed.get(first..first + 3) else { continue };
            let own = at - first;
            let alike = |place: &&[char]| {
                near.iter().zip(*place).enumerate().all(|(i, (a, b))| i == own || a == b)
            };
            let mut votes: BTreeMap<char, usize> = BTreeMap::new();
            for place in lines.iter().flat_map(|line| line.windows(3)).filter(alike) {
                if let Some(read) = place.get(own).filter(|c| c.is_alphabetic()) {
                    *votes.entry(*read).or_default() += 1;
                }
            }
            let all: usize = votes.values().sum();
            match votes.into_iter().max_by_key(|(_, count)| *count) {
                Some((most, count)) if count >= MOST * (all - count) => *slot = most,
                Some(_) => *slot = ILLEGIBLE,
                None => {}
            }
        }
        usual.into_iter().collect()
    }

    /// The first short line that names the kind of report, with the line of its unit above it.
    fn title(&self, forms: &[&Form]) -> Option<String> {
        const SEARCHED: usize = 40;
        for (at, (printed, line)) in self.lines.iter().enumerate().take(SEARCHED) {
            if !is_title(line, forms) {
                continue;
            }
            let above = at.checked_sub(1).and_then(|i| self.lines.get(i));
            let alone = unit_in_title(printed, forms).is_none();
            return Some(match above {
                Some((name, above)) if alone && is_name(&without_year(above), forms) => {
                    format!("{name}{printed}")
                }
                _ => (*printed).to_owned(),
            });
        }
        // A title broken over two lines.
        self.lines.windows(2).take(8).find_map(|pair| {
            let [(a, x), (b, y)] = pair else { return None };
            is_title_in_two(&format!("{x}{y}"), forms).then(|| format!("{a}{b}"))
        })
    }

    /// A range of dates in a sentence that speaks of the period, else one that is a whole year.
    fn period(&self, head: &Head) -> Option<(Date, Date)> {
        let sentences = || self.lines.iter().flat_map(|(_, line)| line.split(['。', ';']));
        let range = |text: &str| {
            let found = captures(&RANGE, text)?;
            let from = date(&found, 1)?;
            let year = number(&found, 4).unwrap_or(from.year());
            let to = Date::new(year, number(&found, 5)?, number(&found, 6)?).ok()?;
            (from <= to).then_some((from, to))
        };
        let said = |s: &&str| head.period.iter().any(|w| s.contains(w.as_str()));
        let whole = |(from, to): &(Date, Date)| {
            (from.month(), from.day(), to.month(), to.day()) == (1, 1, 12, 31)
                && from.year() == to.year()
        };
        sentences()
            .filter(said)
            .find_map(range)
            .or_else(|| sentences().filter_map(range).find(whole))
    }

    /// `（2018年度）` on a line of its own.
    fn year_heading(&self) -> Option<i16> {
        self.lines.iter().find_map(|(_, l)| captures(&YEAR_HEADING, l).and_then(|c| number(&c, 1)))
    }

    /// `现将2019年度…`
    fn announced_year(&self, head: &Head) -> Option<i16> {
        self.lines.iter().find_map(|(_, line)| {
            head.announce.iter().find_map(|word| {
                let (_, after) = line.split_once(word.as_str())?;
                let near: String = after.chars().take(40).collect();
                first_year(&near)
            })
        })
    }

    /// Who signed, and when: the last line that ends with a date and is nothing but a name and the
    /// date, with the name before it.
    fn signature(&self, forms: &[&Form]) -> (Option<String>, Option<Date>) {
        for (at, (_, line)) in self.lines.iter().enumerate().rev() {
            let Some(found) = captures(&DATE_AT_END, line) else { continue };
            let Some(day) = date(&found, 2) else { continue };
            let before = found.get(1).map_or("", |m| m.as_str());
            if before.is_empty() {
                let above = at.checked_sub(1).and_then(|i| self.lines.get(i));
                let name = above.filter(|(_, l)| is_name(l, forms)).map(|(p, _)| name_of(p));
                // A lone date near the top of a page is the page's, not the report's.
                if name.is_some() || at * 2 > self.lines.len() {
                    return (name, Some(day));
                }
            } else if is_name(before, forms) {
                return (Some(name_of(before)), Some(day));
            }
        }
        let last = self.lines.iter().rev().take(3).find(|(_, l)| is_name(l, forms));
        (last.map(|(p, _)| name_of(p)), None)
    }

    /// What follows one of the labels on its line, e.g. `填报单位（盖章）：高城镇人民政府`.
    fn after_label(&self, labels: &[String]) -> Option<String> {
        self.lines.iter().find_map(|(_, line)| {
            let plain = without_seal(line);
            let plain = plain.trim_start_matches(|c: char| !c.is_alphanumeric());
            let label = labels.iter().find(|l| plain.starts_with(l.as_str()))?;
            let rest = plain.strip_prefix(label.as_str())?;
            let name = rest.trim_start_matches([':', '/', ' ', '】', ']', '-']);
            let name: String =
                name.chars().take_while(|c| !matches!(c, ' ' | ',' | '|' | ';')).collect();
            (name.chars().count() >= 2 && name.chars().count() <= 40).then_some(name)
        })
    }

    /// A date that opens one of the short lines around the title: `[2019年01月18日] [作者：办公室]`.
    fn byline_date(&self) -> Option<Date> {
        const SEARCHED: usize = 8;
        const MOST_CHARS: usize = 60;
        self.lines.iter().take(SEARCHED).find_map(|(_, line)| {
            let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
            let found = captures(&DATE, line)?;
            let byline = found.get(0)?.start() == 0
                && line.chars().count() <= MOST_CHARS
                && !line.contains('。')
                && captures(&RANGE, line).is_none();
            byline.then(|| date(&found, 1))?
        })
    }

    /// The date the page gives for itself.
    fn page_date(&self, head: &Head) -> Option<Date> {
        self.lines.iter().find_map(|(_, line)| {
            if head.never_year.iter().any(|w| line.contains(w.as_str()))
                && !head.published.iter().any(|w| line.contains(w.as_str()))
            {
                return None;
            }
            head.published.iter().find_map(|word| {
                let (_, after) = line.split_once(word.as_str())?;
                let near: String =
                    after.trim_start_matches([':', '/', '】', ']']).chars().take(14).collect();
                let found = captures(&DATE, &near)?;
                (found.get(0)?.start() == 0).then(|| date(&found, 1))?
            })
        })
    }
}

fn without_year(line: &str) -> String {
    YEAR.as_ref().map_or_else(|| line.into(), |y| y.replace_all(line, "").into_owned())
}

/// A name as printed, without the white space that sets it apart and the word for the seal.
fn name_of(printed: &str) -> String {
    let squeezed: String = printed.chars().filter(|c| !is_invisible(*c)).collect();
    if captures(&SEAL, &squeeze(&squeezed)).is_some() { without_seal(&squeezed) } else { squeezed }
}
