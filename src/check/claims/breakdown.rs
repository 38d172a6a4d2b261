//! Totals and their parts: `共171条，其中网站124条、微信34条`, and what share a part has.
//!
//! A list of parts opens after 其中, 包括, 含, after a colon or in brackets behind a figure; it ends
//! with its sentence, its bracket, the next list, or a clause that turns to something else. Which
//! figure is its total is often open (其中 may take up any figure of the sentence before it), and one
//! sentence may break a total down several times; so parts exceed their total only if no reading
//! lets them fit. Parts below the total are usual (real reports list some of them) and mean
//! something only where the list says that it is complete.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::numeral::{Figure, Kind};
use super::sentence::Sentence;

/// Clauses that begin with these turn to something else.
const TURNS: [&str; 17] = [
    "同时", "另外", "另", "此外", "还", "并", "共", "合计", "总计", "累计", "全年", "本年", "全部",
    "以上", "上述", "截至", "截止",
];
/// What a clause that names another subject must do to end the list: it is no name of a part then.
const ACTS: [&str; 10] =
    ["收到", "受理", "接到", "接收", "办结", "答复", "回复", "办理", "被提起", "被申请"];
/// What a clause tells of the whole, not of a part.
const WHOLES: [&str; 22] = [
    "收到",
    "受理",
    "接到",
    "接收",
    "办结",
    "上年",
    "被提起",
    "被申请",
    "回复",
    "提起",
    "收集",
    "征集",
    "采纳",
    "审核",
    "整改",
    "撤销",
    "删除",
    "张贴",
    "悬挂",
    "发放",
    "转载",
    "留言",
];
/// A colon after these opens a list of the parts of what was told before.
const DIVIDED: [&str; 5] = ["分", "划分", "统计", "主要有", "分别是"];
/// Brackets that begin with these hold no parts.
const NO_PARTS: [&str; 8] = ["不含", "不包括", "未含", "未包括", "除", "另", "较", "比"];

/// Parts that do not add up to their total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) quote: String,
    pub(super) total: Decimal,
    pub(super) sum: Decimal,
    /// The parts spelled out.
    pub(super) parts: String,
    /// The parts exceed the total, and all figures are exact.
    pub(super) sure: bool,
}

/// A share that is not that of its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) quote: String,
    pub(super) part: Decimal,
    pub(super) total: Decimal,
    pub(super) stated: Decimal,
    /// What it should be, to as many decimals as stated and two at least.
    pub(super) right: Decimal,
}

/// How a list opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// A word says that parts follow.
    Word,
    /// Only a colon or bracket does: one part alone is then none.
    Mark,
}

/// A list of parts.
#[derive(Debug, Clone)]
struct List {
    sentence: usize,
    opening: Opening,
    /// Any of these may be the total.
    totals: Vec<Figure>,
    parts: Vec<Part>,
    /// Says that nothing is left out.
    complete: bool,
    /// Ended before its sentence: more parts may follow.
    cut_short: bool,
    /// The list whose part it breaks down: its possible totals and the parts read so far.
    outer: Option<(Vec<Figure>, Vec<Figure>)>,
    /// What was spoken of where it opened.
    subject: Option<String>,
}

#[derive(Debug, Clone)]
struct Part {
    at: usize,
    figure: Figure,
    /// A semicolon stands between it and the part before it.
    after_semicolon: bool,
    /// The share stated behind it.
    share: Option<Figure>,
}

/// The figures that are parts of something: sentence and place.
pub(super) fn parts(sentences: &[Sentence]) -> BTreeSet<(usize, usize)> {
    lists(sentences)
        .iter()
        .flat_map(|list| list.parts.iter().map(|part| (list.sentence, part.at)))
        .collect()
}

/// Every sum and every share that is wrong.
pub(super) fn judge(sentences: &[Sentence]) -> (Vec<Sum>, Vec<Share>) {
    let mut sums: Vec<Sum> = Vec::new();
    let mut shares = Vec::new();
    for list in lists(sentences) {
        let quote = sentences.get(list.sentence).map(|s| s.raw.clone()).unwrap_or_default();
        let Some(counted) = list.counted() else { continue };
        sums.extend(counted.wrong_sum(&list, &quote));
        shares.extend(counted.wrong_shares(&quote));
    }
    sums.dedup_by(|a, b| a.quote == b.quote && a.total == b.total && a.sum == b.sum);
    (sums, shares)
}

/// A list with the parts and possible totals of one unit.
struct Counted<'l> {
    totals: Vec<&'l Figure>,
    parts: Vec<&'l Part>,
}

impl List {
    /// Parts of the unit of a possible total. A part without a unit has that of the others.
    fn counted(&self) -> Option<Counted<'_>> {
        let unit = self
            .parts
            .iter()
            .filter_map(|p| p.figure.unit)
            .find(|u| self.totals.iter().any(|t| t.unit == Some(u)))?;
        let totals: Vec<&Figure> = self.totals.iter().filter(|t| t.unit == Some(unit)).collect();
        let of_unit = |p: &&Part| p.figure.unit.is_none_or(|u| u == unit);
        let parts: Vec<&Part> = self.parts.iter().filter(of_unit).collect();
        let enough = if self.opening == Opening::Word { 1 } else { 2 };
        (parts.len() >= enough).then_some(Counted { totals, parts })
    }
}

fn sum<'f>(figures: impl Iterator<Item = &'f Figure>, of: fn(&Figure) -> Decimal) -> Decimal {
    figures.fold(Decimal::ZERO, |sum, f| sum.saturating_add(of(f)))
}

impl Counted<'_> {
    fn wrong_sum(&self, list: &List, quote: &str) -> Option<Sum> {
        let figures: Vec<&Figure> = self.parts.iter().map(|p| &p.figure).collect();
        let least = sum(figures.iter().copied(), |f| f.low);
        let total = self.totals.iter().max_by_key(|t| t.high.unwrap_or(Decimal::MAX))?;
        let most = total.high?;
        let exceeds = least > most && !self.several(most) && !list.returns(&figures, most);
        let falls_short = list.complete
            && !list.cut_short
            && figures.len() >= 2
            && self.totals.len() == 1
            && figures.iter().all(|f| f.exact)
            && least < total.low;
        if !exceeds && !falls_short {
            return None;
        }
        let terms: Vec<String> = figures.iter().map(|f| f.value.normalize().to_string()).collect();
        Some(Sum {
            quote: quote.to_owned(),
            total: total.value,
            sum: sum(figures.iter().copied(), |f| f.value),
            parts: terms.join("＋"),
            sure: exceeds && total.exact && figures.iter().all(|f| f.exact),
        })
    }

    /// Whether the parts are more than one breakdown of the total: `自然人3件、法人1件；予以公开4件`.
    /// They are where the first few are already all of it, and where semicolons cut a list that has
    /// other separators, too, into runs that fit.
    fn several(&self, most: Decimal) -> bool {
        let mut run = Decimal::ZERO;
        let filled = self.parts.iter().enumerate().any(|(number, part)| {
            run = run.saturating_add(part.figure.low);
            number > 0 && run == most
        });
        let mixed = self.parts.iter().skip(1).any(|p| p.after_semicolon)
            && self.parts.iter().skip(1).any(|p| !p.after_semicolon);
        let mut run = Decimal::ZERO;
        let fits = self.parts.iter().all(|part| {
            let so_far = if part.after_semicolon { Decimal::ZERO } else { run };
            run = so_far.saturating_add(part.figure.low);
            run <= most
        });
        (filled && most > Decimal::ZERO) || (mixed && fits)
    }

    /// Shares more than 0.05 points off; without decimals, 0.5.
    fn wrong_shares(&self, quote: &str) -> Vec<Share> {
        let [total] = self.totals[..] else { return Vec::new() };
        if !total.exact || total.value.is_zero() {
            return Vec::new();
        }
        let judge = |part: &&Part| {
            let share = part.share.as_ref().filter(|s| s.exact && part.figure.exact)?;
            let right = part
                .figure
                .value
                .checked_mul(Decimal::ONE_HUNDRED)
                .and_then(|v| v.checked_div(total.value))?;
            let tolerance = Decimal::new(5, if share.value.scale() == 0 { 1 } else { 2 });
            ((right - share.value).abs() > tolerance).then(|| Share {
                quote: quote.to_owned(),
                part: part.figure.value,
                total: total.value,
                stated: share.value,
                right: right.round_dp(share.value.scale().max(2)),
            })
        };
        self.parts.iter().filter_map(judge).collect()
    }
}

impl List {
    /// Whether a nested list went back to the outer one: 其中网站60条（其中政策20条），微信40条 without
    /// the brackets.
    fn returns(&self, figures: &[&Figure], most: Decimal) -> bool {
        let Some((totals, before)) = &self.outer else { return false };
        let room = totals.iter().filter_map(|t| t.high).max().unwrap_or_default();
        let before = sum(before.iter(), |f| f.low);
        (1..figures.len()).any(|cut| {
            let (own, back) = figures.split_at(cut);
            sum(own.iter().copied(), |f| f.low) <= most
                && before.saturating_add(sum(back.iter().copied(), |f| f.low)) <= room
        })
    }
}

/// Reads one sentence after the other.
fn lists(sentences: &[Sentence]) -> Vec<List> {
    let mut done = Vec::new();
    let mut before: Vec<Figure> = Vec::new();
    for (number, sentence) in sentences.iter().enumerate() {
        if sentence.first && !sentence.opens_list() {
            before.clear();
        }
        let mut reader = Reader {
            number,
            sentence,
            before: std::mem::take(&mut before),
            level: Level::default(),
            outer: Vec::new(),
            done: Vec::new(),
            semicolon: false,
        };
        reader.read();
        // Parts of a total that is not told leave open what the next list breaks down.
        let told = reader.done.iter().all(|l| l.parts.is_empty() || !l.totals.is_empty());
        before = sentence
            .figures
            .iter()
            .filter(|(at, f)| f.kind == Kind::Count && !in_brackets(&sentence.masked, *at))
            .filter(|_| told)
            .map(|(_, f)| f.clone())
            .collect();
        done.append(&mut reader.done);
    }
    done
}

/// What is open at one depth of brackets.
#[derive(Debug, Default)]
struct Level {
    list: Option<List>,
    /// Figures that belong to no list.
    loose: Vec<Figure>,
}

struct Reader<'s> {
    number: usize,
    sentence: &'s Sentence,
    /// The figures of the sentence before.
    before: Vec<Figure>,
    level: Level,
    /// The levels around it, outermost first.
    outer: Vec<Level>,
    done: Vec<List>,
    semicolon: bool,
}

impl Reader<'_> {
    fn read(&mut self) {
        let text = &self.sentence.masked;
        let mut clause_begins = true;
        for (at, c) in text.char_indices() {
            let rest = text.get(at..).unwrap_or_default();
            let before = text.get(..at).unwrap_or_default();
            if clause_begins && c.is_alphanumeric() {
                self.clause(rest);
                clause_begins = false;
            }
            match c {
                '#' => self.count(at),
                '1' if rest.starts_with("100%") => self.share(at, before),
                '%' => self.share(at, before),
                '(' => {
                    self.bracket(at, rest, before);
                    clause_begins = true;
                }
                ')' => {
                    self.close();
                }
                ':' => {
                    self.colon(at, before);
                    clause_begins = true;
                }
                ';' => {
                    self.semicolon = true;
                    clause_begins = true;
                }
                ',' | '。' => clause_begins = true,
                '其' if rest.starts_with("其中") => self.word(at),
                '包' if rest.starts_with("包括") && !before.ends_with("不") => self.word(at),
                '含' if before.ends_with(['#', ',', '(']) => self.word(at),
                '中' if before.ends_with('#')
                    && rest.chars().nth(1).is_some_and(|c| ",:".contains(c)) =>
                {
                    self.taken_up(at);
                }
                '中' if paraphrased(before)
                    && rest.chars().nth(1).is_some_and(|c| ",:".contains(c)) =>
                {
                    // It names what it breaks down, which the sentence before need not speak of.
                    self.before.clear();
                    self.word(at);
                }
                '分' if rest.starts_with("分别为") || rest.starts_with("分别是") => {
                    if let Some(list) = self.level.list.as_mut() {
                        list.complete = true;
                    }
                }
                _ => {}
            }
        }
        while self.close() {}
        let level = std::mem::take(&mut self.level);
        self.done.extend(level.list);
    }

    /// A count: a part of the list that is open, else a figure for itself.
    fn count(&mut self, at: usize) {
        let Some(figure) = self.figure(at).filter(|f| f.kind == Kind::Count) else { return };
        if self.level.list.as_ref().is_some_and(|l| self.turns_away(l, at)) {
            self.end_list();
        }
        let after_semicolon = std::mem::take(&mut self.semicolon);
        match self.level.list.as_mut() {
            Some(list) => list.parts.push(Part { at, figure, after_semicolon, share: None }),
            None => self.level.loose.push(figure),
        }
    }

    fn figure(&self, at: usize) -> Option<Figure> {
        self.sentence.figures.iter().find(|(place, _)| *place == at).map(|(_, f)| f.clone())
    }

    /// Whether the clause of a figure goes on to something that is no part.
    fn turns_away(&self, list: &List, at: usize) -> bool {
        let text = self.sentence.masked.get(..at).unwrap_or_default();
        let clause = text.rsplit([',', ';', ':', '(', '、']).next().unwrap_or_default();
        let before = text.get(..at.saturating_sub(clause.len())).unwrap_or_default();
        let whole = before.ends_with([',', ';']) && WHOLES.iter().any(|w| clause.contains(w));
        let named = self.sentence.named_before(at).filter(|m| m.end + clause.len() >= at);
        let other = ACTS.iter().any(|w| clause.contains(w))
            && named.is_some_and(|m| list.subject.as_ref().is_some_and(|s| *s != m.subject));
        !list.parts.is_empty() && (whole || other)
    }

    /// A share right behind a part: `122条，占74%`.
    fn share(&mut self, at: usize, before: &str) {
        let figure = self.figure(at).filter(|f| f.kind == Kind::Percent);
        let behind = before.rsplit('#').next().unwrap_or_default();
        let said = behind.trim_start_matches([',', '(', '、']);
        let right_behind = ["占", "占比", "占比为", "占比达", "占总数", "占总数的", "占总量的"];
        if !before.contains('#') || !right_behind.contains(&said) {
            return;
        }
        // In brackets the share stands one level below its part.
        let list = self.level.list.as_mut().filter(|l| !l.parts.is_empty());
        let list = list.or_else(|| self.outer.last_mut().and_then(|l| l.list.as_mut()));
        if let Some(part) = list.and_then(|l| l.parts.last_mut()) {
            part.share = part.share.take().or(figure);
        }
    }

    /// The first words of a clause.
    fn clause(&mut self, rest: &str) {
        let turns = TURNS.iter().any(|w| rest.starts_with(w));
        if turns && self.level.list.as_ref().is_some_and(|l| !l.parts.is_empty()) {
            self.end_list();
            self.level.loose.clear();
        }
    }

    fn end_list(&mut self) {
        if let Some(mut list) = self.level.list.take() {
            list.cut_short = true;
            self.done.push(list);
        }
    }

    /// 其中, 包括, 含: parts of what was told before.
    fn word(&mut self, at: usize) {
        let level = std::mem::take(&mut self.level);
        let Level { list, loose } = level;
        let mut outer = None;
        let totals = match list {
            Some(mut list) if list.parts.is_empty() => {
                list.opening = Opening::Word;
                self.level = Level { list: Some(list), loose };
                return;
            }
            Some(mut list) => {
                list.cut_short = true;
                let parts: Vec<Figure> = list.parts.iter().map(|p| p.figure.clone()).collect();
                outer = Some((list.totals.clone(), parts.clone()));
                self.done.push(list);
                parts
            }
            None if loose.is_empty() => self.before.clone(),
            None => loose.clone(),
        };
        self.level = Level { list: Some(self.list(Opening::Word, totals, at)), loose };
        if let Some(list) = self.level.list.as_mut() {
            list.outer = outer;
        }
        self.semicolon = false;
    }

    fn list(&self, opening: Opening, totals: Vec<Figure>, at: usize) -> List {
        List {
            sentence: self.number,
            opening,
            totals,
            parts: Vec::new(),
            complete: false,
            cut_short: false,
            outer: None,
            subject: self.sentence.subject_at(at).map(|b| b.subject.to_owned()),
        }
    }

    /// `重点信息292条中，`: the figure before is the total of what follows.
    fn taken_up(&mut self, at: usize) {
        let last = match self.level.list.as_mut() {
            Some(list) => list.parts.pop().map(|p| p.figure),
            None => self.level.loose.last().cloned(),
        };
        if let Some(total) = last {
            self.end_list();
            self.level.list = Some(self.list(Opening::Word, vec![total], at));
        }
    }

    /// A colon right behind a figure, or after 如下.
    fn colon(&mut self, at: usize, before: &str) {
        if self.level.list.is_some() {
            return;
        }
        let loose = &self.level.loose;
        let as_follows = before.ends_with("如下");
        let divided = as_follows || DIVIDED.iter().any(|w| before.ends_with(w));
        let totals = match loose.last() {
            Some(last) if before.ends_with('#') => vec![last.clone()],
            Some(_) if divided => loose.clone(),
            None if as_follows => self.before.clone(),
            _ => return,
        };
        let mut list = self.list(Opening::Mark, totals, at);
        list.complete = as_follows;
        self.level.list = Some(list);
    }

    /// A bracket right behind a figure holds its parts.
    fn bracket(&mut self, at: usize, rest: &str, before: &str) {
        let last = match &self.level.list {
            Some(list) => list.parts.last().map(|p| p.figure.clone()),
            None => self.level.loose.last().cloned(),
        };
        let inside = rest.get(1..).unwrap_or_default();
        let parts = before.ends_with('#') && !NO_PARTS.iter().any(|w| inside.starts_with(w));
        let total = last.filter(|_| parts);
        let list = total.map(|t| self.list(Opening::Mark, vec![t], at));
        self.outer.push(std::mem::replace(&mut self.level, Level { list, loose: Vec::new() }));
    }

    /// Ends the bracket that is open; whether one was.
    fn close(&mut self) -> bool {
        let Some(outer) = self.outer.pop() else { return false };
        let level = std::mem::replace(&mut self.level, outer);
        self.done.extend(level.list);
        true
    }
}

/// 在主动公开的信息中: 其中 in other words. Holds for the text before its 中.
fn paraphrased(before: &str) -> bool {
    before
        .rsplit([',', ';', '。', ':'])
        .next()
        .is_some_and(|c| c.starts_with('在') && !c.contains('#'))
}

/// Whether a place of a text stands in brackets.
fn in_brackets(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.matches('(').count() > before.matches(')').count()
}
