//! Figures in prose: Arabic, Chinese, rounded (`30余条`, `约3万件`), with the unit they count in.
//!
//! In goes folded text without white space. What is no count is no figure: years, dates, document
//! numbers, telephone numbers, ordinals, amounts of money.

use rust_decimal::Decimal;

/// Units that count things. A longer unit stands before the one it begins with.
const UNITS: [&str; 28] = [
    "人次", "件次", "条次", "批次", "场次", "余次", "件", "条", "份", "次", "篇", "项", "个", "期",
    "宗", "起", "例", "部", "册", "户", "种", "类", "张", "批", "场", "家", "则", "人",
];

/// Words that tell a change against another time, not a count.
const CHANGES: [&str; 20] = [
    "较", "同比", "环比", "比上", "比去", "比前", "比2", "相比", "增加", "减少", "增长", "下降",
    "上升", "降低", "提高", "增幅", "减幅", "多于", "少于", "增减",
];

/// What a figure tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Kind {
    /// How many.
    Count,
    /// What share, in per cent.
    Percent,
    /// How many more or fewer than at another time.
    Change,
}

/// A figure and where it stands in the folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Figure {
    /// First character of it, prefix included.
    pub(super) start: usize,
    /// The character after it, unit included.
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// The number as written.
    pub(in crate::check) value: Decimal,
    /// The least and the greatest it may stand for; no greatest: 超过 and the like.
    pub(super) low: Decimal,
    pub(super) high: Option<Decimal>,
    /// `None`: no unit stands after it.
    pub(super) unit: Option<&'static str>,
    /// The number stands for itself, not rounded.
    pub(in crate::check) exact: bool,
}

impl Figure {
    /// What 未收到 states.
    pub(super) fn zero() -> Self {
        Self {
            start: 0,
            end: 0,
            kind: Kind::Count,
            value: Decimal::ZERO,
            low: Decimal::ZERO,
            high: Some(Decimal::ZERO),
            unit: None,
            exact: true,
        }
    }

    /// Whether it is a percentage.
    pub(in crate::check) fn is_share(&self) -> bool {
        self.kind == Kind::Percent
    }

    /// Whether it may stand for a value.
    pub(in crate::check) fn fits(&self, value: Decimal) -> bool {
        self.low <= value && self.high.is_none_or(|high| value <= high)
    }
}

/// How a number is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounding {
    None,
    /// 余, 多: a little more.
    More,
    /// 近: a little less.
    Nearly,
    /// 约, 左右.
    About,
    /// 超过, 逾, 以上.
    Over,
    /// 不足, 以内.
    Under,
}

/// Every figure of a text, in order.
pub(super) fn figures(text: &[char]) -> Vec<Figure> {
    let mut found: Vec<Figure> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let from = found.last().map_or(0, |f| f.end);
        let cursor = Cursor { text, at };
        match cursor.figure(from) {
            Some(Read::Figure(figure)) => {
                at = figure.end;
                found.push(figure);
            }
            Some(Read::Number(end)) => at = end,
            None => at += 1,
        }
    }
    found
}

enum Read {
    Figure(Figure),
    /// A number that counts nothing, and where it ends.
    Number(usize),
}

struct Cursor<'t> {
    text: &'t [char],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self, at: usize) -> Option<char> {
        self.text.get(at).copied()
    }

    fn take(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let stands_here = |word: &&&str| {
            let mut rest = rest.iter();
            word.chars().all(|c| rest.next() == Some(&c))
        };
        let word = words.iter().find(stands_here)?;
        self.at += word.chars().count();
        Some(word)
    }

    /// The figure that begins here; `from`: where the one before it ends.
    fn figure(mut self, from: usize) -> Option<Read> {
        let start = self.at;
        let mut rounding = match self
            .take(&["将近", "接近", "近", "大约", "约", "超过", "超", "逾", "突破", "不足"])
        {
            None => Rounding::None,
            Some("近" | "将近" | "接近") => Rounding::Nearly,
            Some("约" | "大约") => Rounding::About,
            Some("不足") => Rounding::Under,
            Some(_) => Rounding::Over,
        };
        let digits = self.at;
        let (mut number, arabic) = match self.arabic() {
            Some(number) => (number, true),
            None => (self.chinese()?, false),
        };
        let upto = self.range();
        let more = |c: &mut Self| c.take(&["余", "多", "几"]).is_some();
        let mut rounded = more(&mut self);
        let mut scale = match self.take(&["万", "亿"]) {
            Some("万") => Decimal::from(10_000),
            Some(_) => Decimal::from(100_000_000),
            None => Decimal::ONE,
        };
        if !arabic
            && scale != Decimal::ONE
            && let Some(rest) = self.chinese()
        {
            // 一万三千: the words go on below the ten thousands.
            number = number.checked_mul(scale)?.checked_add(rest)?;
            scale = Decimal::ONE;
        }
        rounded |= more(&mut self);
        let percent = self.take(&["%", "个百分点"]);
        let unit = if percent.is_some() { None } else { self.take(&UNITS) };
        rounded |= unit.is_some() && self.peek(self.at) == Some('余') && more(&mut self);
        if rounded {
            rounding = Rounding::More;
        }
        match self.take(&["左右", "上下", "以上", "以内"]) {
            Some("以上") => rounding = Rounding::Over,
            Some("以内") => rounding = Rounding::Under,
            Some(_) => rounding = Rounding::About,
            None => {}
        }
        let end = self.at;
        let counts = percent.is_some()
            || (unit.is_some() && !self.is_ordinal(digits, unit, arabic))
            || (arabic && self.stands_bare(digits, end, number))
            || (!arabic && number.is_zero() && self.is_said_to_be(digits, end));
        if !counts || self.is_part_of_a_code(digits) {
            return Some(Read::Number(end));
        }
        let kind = match percent {
            Some("%") => Kind::Percent,
            Some(_) => Kind::Change,
            None if self.is_change(from, start) => Kind::Change,
            None => Kind::Count,
        };
        let value = number.checked_mul(scale)?;
        let place = place_of(number, rounding).checked_mul(scale)?;
        let (low, high) = match upto {
            Some(upto) => (value, upto.checked_mul(scale)),
            None if rounding == Rounding::None && scale != Decimal::ONE => {
                // 1.4万 is rounded to its last figure, up, down, or to the nearest.
                (value.checked_sub(place)?, value.checked_add(place))
            }
            None => bounds(value, place, rounding),
        };
        let exact = upto.is_none() && rounding == Rounding::None && scale == Decimal::ONE;
        Some(Read::Figure(Figure { start, end, kind, value, low, high, unit, exact }))
    }

    /// `1,234.5`; a comma separates thousands only between one to three and three digits.
    fn arabic(&mut self) -> Option<Decimal> {
        let mut digits = self.digits();
        if digits.is_empty() {
            return None;
        }
        let mut lead = digits.len() <= 3 && !digits.starts_with('0');
        while lead && self.peek(self.at) == Some(',') {
            let group = Cursor { text: self.text, at: self.at + 1 }.digits();
            lead = group.len() == 3;
            if lead {
                digits.push_str(&group);
                self.at += 4;
            }
        }
        if self.peek(self.at) == Some('.') {
            let decimals = Cursor { text: self.text, at: self.at + 1 }.digits();
            if !decimals.is_empty() {
                self.at += 1 + decimals.len();
                digits = format!("{digits}.{decimals}");
            }
        }
        digits.parse().ok().or(Some(Decimal::MAX))
    }

    fn digits(&mut self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
        self.at += digits.len();
        digits
    }

    /// `三`, `十二`, `一百零五`, `二〇`.
    fn chinese(&mut self) -> Option<Decimal> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let numerals: Vec<char> = rest
            .iter()
            .copied()
            .take_while(|c| digit(*c).is_some() || power(*c).is_some())
            .collect();
        self.at += numerals.len();
        chinese(&numerals)
    }

    /// `至5` of `3至5件`, `-5` of `3-5件`.
    fn range(&mut self) -> Option<Decimal> {
        let start = self.at;
        let upto = self.take(&["至", "到", "-", "~", "—"]).and_then(|_| self.arabic());
        if upto.is_none() {
            self.at = start;
        }
        upto
    }

    /// 第三次, 《…》第20条, and Chinese numerals that count no papers: 三个更加, 一次次.
    fn is_ordinal(&self, digits: usize, unit: Option<&str>, arabic: bool) -> bool {
        let before = digits.checked_sub(1).and_then(|i| self.peek(i));
        let word = !arabic && matches!(unit, Some("个" | "人" | "类" | "家" | "种" | "期" | "批"));
        word || before.is_some_and(|c| "第每各".contains(c))
    }

    /// A number without a unit counts only between words and the end of a clause, and if it is
    /// neither a year nor too long to be a count.
    fn stands_bare(&self, digits: usize, end: usize, number: Decimal) -> bool {
        const CLAUSE_ENDS: &str = ",;。、:)!?";
        let before = digits.checked_sub(1).and_then(|i| self.peek(i));
        let after = self.peek(end).is_none_or(|c| CLAUSE_ENDS.contains(c));
        let year = number >= Decimal::from(1900) && number < Decimal::from(2100);
        let lead = end.saturating_sub(digits) > 1 && self.peek(digits) == Some('0');
        after
            && !year
            && !lead
            && end.saturating_sub(digits) <= 7
            && before
                .is_some_and(|c| !c.is_ascii() && c.is_alphabetic() && !"第号村组楼".contains(c))
    }

    /// 为零 at the end of a clause: a zero without unit.
    fn is_said_to_be(&self, digits: usize, end: usize) -> bool {
        let before = digits.checked_sub(1).and_then(|i| self.peek(i));
        let after = self.peek(end).is_none_or(|c| ",;。、)".contains(c));
        before.is_some_and(|c| "为是".contains(c)) && after
    }

    /// A part of a document number, a telephone number or a word with digits.
    fn is_part_of_a_code(&self, digits: usize) -> bool {
        let before = digits.checked_sub(1).and_then(|i| self.peek(i));
        before.is_some_and(|c| c.is_ascii_alphanumeric() || "〔[-.—/".contains(c))
    }

    /// Whether the words between the clause's beginning (or the figure before) and this one speak
    /// of a change.
    fn is_change(&self, from: usize, start: usize) -> bool {
        let before = self.text.get(from..start).unwrap_or_default();
        let clause: String =
            before.rsplit(|c| ",;。:(".contains(*c)).next().unwrap_or_default().iter().collect();
        CHANGES.iter().any(|w| clause.contains(w))
    }
}

/// The place of the last figure that is not zero: 30 → 10, 100 → 100, 14 → 1. Before 余 a number
/// such as 14 says 14 and something more.
fn place_of(number: Decimal, rounding: Rounding) -> Decimal {
    if rounding == Rounding::None {
        return Decimal::new(1, number.scale());
    }
    let ten = Decimal::TEN;
    let mut place = Decimal::ONE;
    while let Some(next) = place.checked_mul(ten) {
        if number.is_zero() || number.checked_rem(next) != Some(Decimal::ZERO) {
            break;
        }
        place = next;
    }
    place
}

fn bounds(value: Decimal, place: Decimal, rounding: Rounding) -> (Decimal, Option<Decimal>) {
    let tenth = value.checked_div(Decimal::TEN).unwrap_or_default();
    match rounding {
        Rounding::None => (value, Some(value)),
        // Below value + place: of whole numbers the greatest is one less.
        Rounding::More => (value, Some(value + place - Decimal::ONE)),
        Rounding::Nearly => (value - tenth, Some(value)),
        Rounding::About => (value - tenth, Some(value + tenth)),
        Rounding::Over => (value, None),
        Rounding::Under => (Decimal::ZERO, Some(value)),
    }
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn power(c: char) -> Option<u64> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    })
}

/// A Chinese number below ten thousand, with powers (`一百零五`) or digit by digit (`二〇`).
fn chinese(numerals: &[char]) -> Option<Decimal> {
    if numerals.is_empty() || numerals.len() > 9 {
        return None;
    }
    let mut total = 0_u64;
    let mut pending: Option<u64> = None;
    for c in numerals {
        match (digit(*c), power(*c)) {
            (Some(d), _) => {
                let tens = pending.map_or(0, |p| p * 10);
                pending = Some(tens + u64::from(d));
            }
            (None, Some(power)) => total += pending.take().unwrap_or(1) * power,
            (None, None) => return None,
        }
    }
    Some(Decimal::from(total + pending.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let text: Vec<char> = text.chars().collect();
        let shown = |f: Figure| {
            let high = f.high.map_or("…".to_owned(), |h| h.normalize().to_string());
            let bounds =
                if f.exact { String::new() } else { format!(" {}..{high}", f.low.normalize()) };
            format!("{}{}{bounds}", f.value.normalize(), f.unit.unwrap_or("-"))
        };
        figures(&text).into_iter().filter(|f| f.kind == Kind::Count).map(shown).collect()
    }

    #[test]
    fn counts_are_read_with_their_unit() {
        assert_eq!(
            told("公开信息1,234条,答复三件,收到二十五份,办理0件"),
            ["1234条", "3件", "25份", "0件"]
        );
        assert_eq!(told("部分公开67,占4.61%;数量为0。"), ["67-", "0-"]);
        assert_eq!(told("培训一百零五人次,发放一万三千四百份"), ["105人次", "13400份"]);
        assert_eq!(told("申请数量为零,零距离服务"), ["0-"]);
    }

    #[test]
    fn rounded_figures_stand_for_a_range() {
        assert_eq!(
            told("30余条、100余条、15余条"),
            ["30条 30..39", "100条 100..199", "15条 15..15"]
        );
        assert_eq!(told("14万余条"), ["140000条 140000..149999"]);
        assert_eq!(
            told("近200件,约50件,超过80件"),
            ["200件 180..200", "50件 45..55", "80件 80..…"]
        );
        assert_eq!(told("3至5件"), ["3件 3..5"]);
        assert_eq!(told("1.4万条"), ["14000条 13000..15000"]);
    }

    #[test]
    fn years_dates_codes_money_ordinals_and_changes_are_no_counts() {
        assert_eq!(told("2019年1月1日至12月31日,国办发〔2021〕30号"), Vec::<String>::new());
        assert_eq!(told("电话0999-5550853,邮编653000号,备案53250402000118"), Vec::<String>::new());
        assert_eq!(told("第三次会议,第六期,第20条,采购18.6198万元"), Vec::<String>::new());
        assert_eq!(told("三个更加,八大项,7大类"), Vec::<String>::new());
        assert_eq!(told("较去年增加3件,同比下降2件,增长7.8%"), Vec::<String>::new());
    }
}
