//! Copies of printed text made for comparing, never for keeping: width and variants of characters
//! folded, white space and punctuation gone, numbering and notes split off.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Characters of other scripts or fonts that stand for a simplified one in real reports: machine
/// conversions to traditional characters, Japanese forms, look-alikes from OCR.
const VARIANTS: &str = "數数項项規规範范現现廢废製制發发處处決决許许對对務务給给經经復复議议訴诉訟讼結结維维糾纠審审計计總总業业構构會会組组織织屬属國国機机關关門门無无辦办續续轉转檔档與与內内檢检舉举報报\
類类請请開开為为購购採采費费額额單单萬万減减増增顼项書书標标統统傳传網网陽阳據据條条權权護护穩稳執执詢询沒没補补後后確确訪访複复當当獲获納纳繳缴繼继員员專专職职號号兩两個个箇个爲为\
麼么習习鄉乡於于從从眾众衆众體体餘余黨党寫写況况準准幾几齣出擊击則则動动區区昇升陞升華华佔占卻却廳厅縣县參参蔘参隻只檯台臺台衕同諮咨迴回圍围備备頭头學学實实佈布帶带並并併并應应強强\
噹当徑径誌志戶户時时來来査查欄栏覈核畢毕註注濟济點点熱热電电監监眞真俬私種种祕秘係系繫系纍累級级紙纸綫线線线終终絡络編编罰罚羣群勝胜緻致輿舆節节穫获錶表訂订認认訓训設设試试話话誤误\
說说説说讀读談谈負负責责敗败質质資资輯辑達达過过這这進进踰逾郵邮埰采針针銷销錯错鎭镇鎮镇問问間间聞闻閱阅閲阅隱隐麵面順顺領领題题駁驳長长歷历曆历劃划產产營营環环聯联勞劳滿满義义衛卫\
鄭郑齊齐麗丽島岛廣广東东車车馬马鳥鸟龍龙灣湾溝沟漢汉漁渔濱滨瓊琼畝亩礦矿積积綠绿羅罗聖圣蘇苏蘭兰貴贵賓宾贛赣遼辽遷迁錦锦鋼钢鐵铁閩闽陝陕陰阴雲云靈灵韓韩飛飞魯鲁黃黄";

/// One character, folded: full-width forms to ASCII, dashes and blanks to one each, variants to
/// the simplified character.
pub(crate) fn fold_char(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c)
        }
        '\u{3000}' | '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' => ' ',
        '−' | '﹣' | '‐' | '‑' => '-',
        _ => c,
    }
}

/// White space and characters that show nothing.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace() || c.is_control() || has_no_width(c) || matches!(c, '\u{202d}' | '\u{202e}')
}

/// Characters that show nothing, part no figure and turn no digits round.
pub(crate) fn has_no_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202c}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The text with characters folded and all white space gone, punctuation kept.
pub(crate) fn squeeze(text: &str) -> String {
    collected(text.len(), text.chars().filter(|c| !is_invisible(*c)).map(fold_char))
}

/// A text of about so many bytes: collecting alone would move it each time it has grown.
fn collected(bytes: usize, characters: impl Iterator<Item = char>) -> String {
    let mut text = String::with_capacity(bytes);
    text.extend(characters);
    text
}

/// The text with its ends trimmed of everything invisible.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_invisible)
}

/// A label split for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    /// The numbering before it, e.g. `一`, `3`; empty: none.
    pub(crate) number: String,
    /// The letters without punctuation.
    pub(crate) body: String,
    /// The same without what stands in brackets; equal to `body` where nothing would be left.
    pub(crate) core: String,
    /// The characters of `body`, and of `core` where it is another text.
    bags: (Bag, Option<Bag>),
}

/// The characters of a text without their order: what two texts have in common bounds how alike they
/// can be, and is cheap to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Bag {
    /// In order of their code.
    chars: Vec<char>,
    /// A bit for each of them; several may share one.
    bits: u64,
}

impl Label {
    /// Splits a label.
    pub(crate) fn of(text: &str) -> Self {
        let visible = text.chars().filter(|c| !is_invisible(*c));
        let squeezed = collected(text.len(), visible.map(fold_char).map(simplify));
        let (number, rest) = split_number(&squeezed);
        let body = letters(rest);
        let core = letters(&without_brackets(rest));
        let core = if core.is_empty() { body.clone() } else { core };
        let bags = (Bag::of(&body), (core != body).then(|| Bag::of(&core)));
        Self { number: number.into(), body, core, bags }
    }

    /// How alike two labels are, from 0 to 1. Numbering decides only between near equals.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let (body, core) = &self.bags;
        let (other_body, other_core) = &other.bags;
        let bodies = alike((&self.body, body), (&other.body, other_body));
        let best = match (core, other_core) {
            (None, None) => bodies,
            (core, other_core) => {
                let core = core.as_ref().unwrap_or(body);
                let other_core = other_core.as_ref().unwrap_or(other_body);
                bodies.max(alike((&self.core, core), (&other.core, other_core)))
            }
        };
        let numbered = !self.number.is_empty() && !other.number.is_empty();
        if numbered && self.number != other.number { best * 0.95 } else { best }
    }

    /// Each character of `body` and how often it occurs there, in order of their code.
    pub(super) fn characters(&self) -> impl Iterator<Item = (char, usize)> {
        let chars = &self.bags.0.chars;
        chars.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len())))
    }

    /// How many characters the shorter of `body` and `core` has.
    pub(super) fn least_chars(&self) -> usize {
        let (body, core) = &self.bags;
        core.as_ref().unwrap_or(body).chars.len()
    }
}

impl Bag {
    fn of(text: &str) -> Self {
        let mut chars: Vec<char> = text.chars().collect();
        chars.sort_unstable();
        // Multiplying mixes the bits of codes that lie close together; the upper six are the best mixed.
        let bit = |c: &char| 1_u64 << (u32::from(*c).wrapping_mul(0x9e37_79b1) >> 26);
        let bits = chars.iter().map(bit).fold(0, std::ops::BitOr::bitor);
        Self { chars, bits }
    }

    /// Whether the edit distance to another may be at most half of the longer text. Most pairs fail one of
    /// the bounds that cost next to nothing.
    fn may_be_alike(&self, other: &Self) -> bool {
        let long = self.chars.len().max(other.chars.len());
        let enough = |common: usize| common * 2 >= long;
        // Each bit that the other lacks is a character that it lacks.
        let at_most = |a: &Self, b: &Self| {
            let lacking = (a.bits & !b.bits).count_ones();
            a.chars.len().saturating_sub(usize::try_from(lacking).unwrap_or(0))
        };
        enough(self.chars.len().min(other.chars.len()))
            && enough(at_most(self, other))
            && enough(at_most(other, self))
            && enough(in_common(&self.chars, &other.chars))
    }
}

/// The simplified character a variant stands for. Asked for every character of a report: the keys are our
/// own, so that no hash is needed that strangers cannot fool.
pub(crate) fn simplify(c: char) -> char {
    static SIMPLE: LazyLock<FxHashMap<char, char>> = LazyLock::new(|| {
        let variants = VARIANTS.chars().step_by(2);
        variants.zip(VARIANTS.chars().skip(1).step_by(2)).collect()
    });
    if c.is_ascii() { c } else { SIMPLE.get(&c).copied().unwrap_or(c) }
}

/// Edit distance as a share of the longer text; 0 where it must be below one half, which no caller
/// asks for and which is the common and costly case.
fn alike((a, a_bag): (&str, &Bag), (b, b_bag): (&str, &Bag)) -> f64 {
    if !a_bag.may_be_alike(b_bag) {
        return 0.0;
    }
    let longer = a_bag.chars.len().max(b_bag.chars.len());
    1.0 - share(edits(a, b), longer)
}

/// The edit distance of two texts. What they begin and end with alike takes no edits, and is most of two
/// labels that are worth comparing.
fn edits(a: &str, b: &str) -> usize {
    let alike = a.chars().zip(b.chars()).take_while(|(x, y)| x == y);
    let start: usize = alike.map(|(x, _)| x.len_utf8()).sum();
    let (a, b) = (a.get(start..).unwrap_or_default(), b.get(start..).unwrap_or_default());
    let alike = a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y);
    let end: usize = alike.map(|(x, _)| x.len_utf8()).sum();
    let middle = |text: &str| text.len().saturating_sub(end);
    let (a, b) = (a.get(..middle(a)).unwrap_or_default(), b.get(..middle(b)).unwrap_or_default());
    strsim::levenshtein(a, b)
}

/// A part of a whole; 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    let count = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
    if whole == 0 { 0.0 } else { count(part) / count(whole) }
}

/// How many characters two ordered texts share.
fn in_common(a: &[char], b: &[char]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut common = 0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => {
                a.next();
            }
            std::cmp::Ordering::Greater => {
                b.next();
            }
            std::cmp::Ordering::Equal => {
                common += 1;
                a.next();
                b.next();
            }
        }
    }
    common
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    collected(text.len(), letters.flat_map(char::to_lowercase))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '〔' | '【' | '[' => depth += 1,
            ')' | '〕' | '】' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

const CHINESE_NUMERALS: &str = "一二三四五六七八九十〇零";

/// `一、`, `（一）`, `(1)`, `1.`, `1、`, `第一部分` before a label; white space is gone already.
fn split_number(text: &str) -> (&str, &str) {
    let numeral = |c: char| CHINESE_NUMERALS.contains(c) || c.is_ascii_digit();
    let opened = text.strip_prefix('(').or_else(|| text.strip_prefix('第'));
    let inner = opened.unwrap_or(text);
    let end = inner.find(|c| !numeral(c)).unwrap_or(inner.len());
    let (number, rest) = inner.split_at(end);
    if number.is_empty() || number.chars().count() > 3 {
        return ("", text);
    }
    let rest = if text.starts_with('(') {
        rest.strip_prefix(')')
    } else if text.starts_with('第') {
        ["部分", "章", "项"].iter().find_map(|end| rest.strip_prefix(end))
    } else {
        rest.strip_prefix(['、', '.', ',', ':', ')', '．'])
    };
    match rest {
        Some(rest) if !rest.is_empty() => {
            (number, rest.trim_start_matches(['、', '.', ',', ':', ')']))
        }
        _ => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> f64 {
        Label::of(a).likeness(&Label::of(b))
    }

    #[test]
    fn numbering_brackets_blanks_and_width_do_not_matter() {
        for (a, b) in [
            ("一、本年新收申请数量", "１．本年新收 申请数量"),
            ("（二）部分公开（区分处理的，只计这一情形）", "(二)部分公开"),
            ("结  果  维  持", "结果维持"),
            ("商业\n企业", "商业企业"),
            ("3.危及“三安全一稳定”", "3.危及三安全一稳定"),
        ] {
            assert!(likeness(a, b) > 0.9, "{a} {b}");
        }
    }

    #[test]
    fn misprints_of_one_character_are_still_alike() {
        assert!(likeness("（五）不于处理", "（五）不予处理") >= 0.75);
        assert!(likeness("本年増/减", "本年增/减") > 0.99);
        assert!(likeness("6.属于四类过程性信息0", "6.属于四类过程性信息") > 0.85);
        assert!(likeness("現行有效件數", "现行有效件数") > 0.99);
    }

    #[test]
    fn different_labels_are_not_alike() {
        assert!(likeness("行政处罚", "行政强制") <= 0.5);
        assert!(likeness("其他对外管理服务事项(含行政处罚、行政强制)", "行政处罚") < 0.5);
    }

    #[test]
    fn a_label_that_is_only_a_number_keeps_it() {
        assert_eq!(Label::of("12").body, "12");
        assert_eq!(Label::of("一、").body, "一");
    }
}
