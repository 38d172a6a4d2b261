//! The text against the tables, and against itself.
//!
//! In go the paragraphs of a report and the claims of its forms; out come the figures the text
//! states ([`Stated`]) and findings where one contradicts its cell, where parts do not add up to
//! their total, where a share is wrong. No word of any form stands here: what sentences say about
//! which cell is in the forms. What is here is how Chinese prose counts: numerals and rounding
//! (`claims/numeral.rs`), sentences and what they speak of (`claims/sentence.rs`), totals and their
//! parts (`claims/breakdown.rs`).
//!
//! A sound report must raise nothing, so every doubt lowers a finding to a warning or drops it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

mod breakdown;
mod numeral;
mod sentence;

use super::evaluate::Facts;
use super::{Draft, Subject, quoted};
use crate::form::claim::Claim;
use crate::form::expr::{Condition, Operator, Term};
use crate::form::{Body, CellId, Form, Forms, Severity, Test};
use crate::report::Report;
use numeral::{Figure, Kind};
use sentence::Sentence;

/// Words that tell a running total, which may hold more than the year.
const CUMULATIVE: [&str; 4] = ["累计", "截至", "截止", "以来"];
/// Words that tell another time than the report year.
const OTHER_TIMES: [&str; 16] = [
    "去年",
    "上年",
    "上一年",
    "往年",
    "同期",
    "前年",
    "历年",
    "下一年",
    "年至",
    "近年",
    "近两年",
    "近三年",
    "近五年",
    "两年来",
    "三年来",
    "五年来",
];
/// Words that tell the report year.
const THIS_YEAR: [&str; 6] = ["全年", "本年", "今年", "年内", "一年来", "年度内"];
/// Words that tell a part of the year.
const PART_OF_YEAR: [&str; 6] = ["上半年", "下半年", "季度", "月份", "本月", "第一批"];

/// A figure the text states about cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The claim that read it.
    pub claim: String,
    /// The place it speaks of: a cell or a sum of cells.
    pub place: String,
    /// The cells whose sum it may mean, for each of its meanings, the first the likeliest.
    pub meanings: Vec<Vec<CellId>>,
    /// The figure as written.
    pub value: Decimal,
    /// The figure is exact, so bound beyond doubt, and of the whole report year.
    pub sure: bool,
    /// The sentence, verbatim.
    pub quote: String,
}

/// A claim read in a sentence.
struct Reading<'a> {
    form: &'a Form,
    claim: &'a Claim,
    sentence: usize,
    /// Where its pattern matches, in bytes of the masked sentence.
    span: (usize, usize),
    figure: Figure,
    time: Times,
    sure: bool,
    /// A part of the year: the cell may hold more.
    part: bool,
    /// Something else of the same name may be meant.
    of_another: bool,
}

/// Which year a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// The report year, as far as the text tells.
    Report,
    /// Another one.
    Other,
}

/// A claim read in a sentence, of whatever year, with the words around it.
pub(super) struct TimedReading<'a> {
    pub(super) form: &'a Form,
    pub(super) claim: &'a Claim,
    pub(super) sentence: Sentence,
    pub(super) figure: Figure,
    pub(super) time: Times,
    span: (usize, usize),
}

impl TimedReading<'_> {
    /// What stands before it, from the last full or half stop.
    pub(super) fn lead(&self) -> &str {
        let before = self.sentence.masked.get(..self.span.0).unwrap_or_default();
        before.rsplit(['。', ';']).next().unwrap_or_default()
    }

    /// What stands behind it.
    pub(super) fn rest(&self) -> &str {
        self.sentence.masked.get(self.span.1..).unwrap_or_default()
    }

    /// The figure at the end of a stretch of [`TimedReading::rest`].
    pub(super) fn figure_within(&self, stretch: std::ops::Range<usize>) -> Option<&Figure> {
        let (from, to) = (self.span.1 + stretch.start, self.span.1 + stretch.end);
        let mut figures = self.sentence.figures.iter();
        figures.rfind(|(at, _)| (from..to).contains(at)).map(|(_, figure)| figure)
    }
}

/// Every figure the text states about cells, of whatever year; `main` tells what sentences may
/// speak of.
pub(super) fn timed<'a>(report: &Report, main: &Form, forms: &'a Forms) -> Vec<TimedReading<'a>> {
    let sentences = sentence::sentences(&report.text, &main.subjects);
    let timed = timed_readings(&sentences, report, forms).into_iter().filter_map(|reading| {
        Some(TimedReading {
            form: reading.form,
            claim: reading.claim,
            sentence: sentences.get(reading.sentence)?.clone(),
            figure: reading.figure,
            time: reading.time,
            span: reading.span,
        })
    });
    timed.collect()
}

/// Every figure the text states about cells of the report's tables, in the order of the text.
pub fn stated(report: &Report, forms: &Forms) -> Vec<Stated> {
    let Some(main) = report.form.as_deref().and_then(|id| forms.get(id)) else {
        return Vec::new();
    };
    let sentences = sentence::sentences(&report.text, &main.subjects);
    let readings = readings(&sentences, report, forms);
    readings.iter().map(|reading| told_by(reading, &sentences)).collect()
}

/// Every finding about the text, and every figure it states about cells of the report's tables, in
/// the order of the text. `main` tells what sentences may speak of.
pub(super) fn run(main: &Form, subject: &Subject<'_>) -> (Vec<Draft>, Vec<Stated>) {
    let sentences = sentence::sentences(&subject.report.text, &main.subjects);
    let readings = readings(&sentences, subject.report, subject.forms);
    let mut drafts = mismatches(main, subject, &sentences, &readings);
    let (sums, shares) = breakdown::judge(&sentences);
    if let Some(check) = main.test(|t| matches!(t, Test::TextBreakdown)) {
        drafts.extend(sums.into_iter().map(|sum| {
            let values = BTreeMap::from([
                ("quote", quoted(&sum.quote)),
                ("left", sum.total.normalize().to_string()),
                ("right", sum.sum.normalize().to_string()),
                ("parts", sum.parts),
                ("difference", (sum.total - sum.sum).abs().normalize().to_string()),
            ]);
            let severity = if sum.sure { check.severity } else { Severity::Warning };
            let draft = Draft::new(check, "narrative", main.say(&check.id, &values));
            Draft { sides: Some((sum.total, sum.sum)), quote: Some(sum.quote), ..draft }
                .with_severity(severity)
        }));
    }
    if let Some(check) = main.test(|t| matches!(t, Test::TextPercent)) {
        drafts.extend(shares.into_iter().map(|share| {
            let values = BTreeMap::from([
                ("quote", quoted(&share.quote)),
                ("value", share.part.normalize().to_string()),
                ("total", share.total.normalize().to_string()),
                ("left", share.stated.normalize().to_string()),
                ("right", share.right.normalize().to_string()),
            ]);
            let draft = Draft::new(check, "narrative", main.say(&check.id, &values));
            Draft { sides: Some((share.stated, share.right)), quote: Some(share.quote), ..draft }
        }));
    }
    (drafts, readings.iter().map(|reading| told_by(reading, &sentences)).collect())
}

fn told_by(reading: &Reading<'_>, sentences: &[Sentence]) -> Stated {
    Stated {
        claim: reading.claim.id.clone(),
        place: reading.claim.place.clone(),
        meanings: reading.claim.cells.iter().map(cells_of).collect(),
        value: reading.figure.value,
        sure: reading.sure && !reading.part && !reading.of_another,
        quote: sentences.get(reading.sentence).map(|s| s.raw.clone()).unwrap_or_default(),
    }
}

fn cells_of(term: &Term<CellId>) -> Vec<CellId> {
    let mut cells = Vec::new();
    term.cells(&mut cells);
    cells.into_iter().cloned().collect()
}

/// The cells of a claim's first meaning.
fn meant(claim: &Claim) -> Vec<CellId> {
    claim.cells.first().map(cells_of).unwrap_or_default()
}

/// Figures that are not what their cells say: for each place the gravest, then the first.
fn mismatches(
    main: &Form,
    subject: &Subject<'_>,
    sentences: &[Sentence],
    readings: &[Reading<'_>],
) -> Vec<Draft> {
    let Some(check) = main.test(|t| matches!(t, Test::TextMismatch)) else { return Vec::new() };
    let facts = Facts::of(subject.report, subject.forms);
    let judged: Vec<(&Reading<'_>, Told)> = readings.iter().map(|r| (r, told(r, &facts))).collect();
    let agreed: BTreeSet<(usize, &str)> = judged
        .iter()
        .filter(|(_, told)| *told == Told::Agrees)
        .map(|(r, _)| (r.sentence, r.claim.place.as_str()))
        .collect();
    let mut worst: BTreeMap<&str, (Severity, (usize, usize), Draft)> = BTreeMap::new();
    for (reading, told) in &judged {
        let Told::Differs { value, sure } = *told else { continue };
        let place = reading.claim.place.as_str();
        if agreed.contains(&(reading.sentence, place)) {
            continue;
        }
        let most = match sure && reading.sure {
            _ if reading.of_another => Severity::Info,
            true => Severity::Error,
            false => Severity::Warning,
        };
        let severity = reading.claim.severity.min(most);
        if worst.get(place).is_some_and(|(known, ..)| *known >= severity) {
            continue;
        }
        let quote = sentences.get(reading.sentence).map(|s| s.raw.clone()).unwrap_or_default();
        let (table, row) = named(reading.form, reading.claim);
        let stated = reading.figure.value;
        let values = BTreeMap::from([
            ("quote", quoted(&quote)),
            ("left", stated.normalize().to_string()),
            ("right", value.normalize().to_string()),
            ("table", table),
            ("row", row),
        ]);
        let draft = Draft::new(check, place.to_owned(), main.say(&check.id, &values));
        let draft = Draft { sides: Some((stated, value)), quote: Some(quote), ..draft }
            .with_severity(severity)
            .with_cells(meant(reading.claim));
        let order = (reading.sentence, reading.span.0);
        worst.insert(place, (severity, order, draft));
    }
    let mut drafts: Vec<((usize, usize), Draft)> =
        worst.into_values().map(|(_, order, draft)| (order, draft)).collect();
    drafts.sort_by_key(|(order, _)| *order);
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

/// The table and rows a claim speaks of, as sentences name them:
/// `“本年新收”行“商业企业”至“其他”列合计`.
pub(super) fn named(form: &Form, claim: &Claim) -> (String, String) {
    const SHOWN: usize = 3;
    let cells = meant(claim);
    let names: Vec<_> = cells.iter().filter_map(|cell| form.names(cell)).collect();
    let (Some((table, row, column)), Some((_, _, last))) = (names.first(), names.last()) else {
        return (String::new(), String::new());
    };
    if cells.len() > 1 && is_stretch(form, &cells) {
        return ((*table).to_owned(), format!("“{row}”行“{column}”至“{last}”列合计"));
    }
    let shown = cells.iter().filter_map(|cell| form.name(cell)).take(SHOWN);
    let shown: Vec<String> =
        shown.map(|name| name.strip_prefix(*table).map(str::to_owned).unwrap_or(name)).collect();
    let more = match names.len() {
        0 | 1 => String::new(),
        2..=SHOWN => "合计".into(),
        count => format!("等{count}格合计"),
    };
    ((*table).to_owned(), shown.join("、") + &more)
}

/// Whether cells stand side by side in one row.
fn is_stretch(form: &Form, cells: &[CellId]) -> bool {
    let at = |cell: &CellId| {
        let table = form.table(&cell.table)?;
        table.columns.iter().position(|column| column.id == cell.column)
    };
    cells.iter().zip(cells.iter().skip(1)).all(|(one, next)| {
        (&one.table, &one.row) == (&next.table, &next.row) && at(one).map(|at| at + 1) == at(next)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Agrees,
    /// The value of the cells, and whether it is printed in them.
    Differs {
        value: Decimal,
        sure: bool,
    },
    /// The cells hold nothing a figure could contradict.
    Undecided,
}

/// Compares a figure with each of its meanings.
fn told(reading: &Reading<'_>, facts: &Facts<'_>) -> Told {
    let mut first = None;
    for term in &reading.claim.cells {
        let (term, derived) = printed_or_summed(term, facts, reading.form);
        let Ok(value) = facts.value(&term, false) else { continue };
        let fits = reading.figure.fits(value) || (reading.part && reading.figure.low <= value);
        if fits {
            return Told::Agrees;
        }
        first = first.or(Some(Told::Differs { value, sure: !derived }));
    }
    first.unwrap_or(Told::Undecided)
}

/// The term with every blank total replaced by the sum of its parts; whether any was.
pub(super) fn printed_or_summed(
    term: &Term<CellId>,
    facts: &Facts<'_>,
    form: &Form,
) -> (Term<CellId>, bool) {
    let mut derived = false;
    let mut put = |cell: &CellId| {
        let parts = if facts.is_blank(cell) { row_parts(cell, form) } else { None };
        derived |= parts.is_some();
        parts.unwrap_or_else(|| Term::Cell(cell.clone()))
    };
    let term = replaced(term, &mut put);
    (term, derived)
}

fn replaced(term: &Term<CellId>, put: &mut dyn FnMut(&CellId) -> Term<CellId>) -> Term<CellId> {
    let mut pair = |a: &Term<CellId>, b: &Term<CellId>| {
        (Box::new(replaced(a, put)), Box::new(replaced(b, put)))
    };
    match term {
        Term::Number(n) => Term::Number(*n),
        Term::Add(a, b) => {
            let (a, b) = pair(a, b);
            Term::Add(a, b)
        }
        Term::Subtract(a, b) => {
            let (a, b) = pair(a, b);
            Term::Subtract(a, b)
        }
        Term::Multiply(a, b) => {
            let (a, b) = pair(a, b);
            Term::Multiply(a, b)
        }
        Term::Cell(cell) => put(cell),
        Term::Sum(parts) => Term::Sum(parts.iter().map(|p| replaced(p, put)).collect()),
        Term::Max(parts) => Term::Max(parts.iter().map(|p| replaced(p, put)).collect()),
    }
}

/// What the total of a row is the sum of, by the equations of the form.
fn row_parts(cell: &CellId, form: &Form) -> Option<Term<CellId>> {
    let is_total = |t: &Term<CellId>| matches!(t, Term::Cell(c) if c == cell);
    form.checks.iter().find_map(|check| {
        let Body::Equation(equation) = &check.body else { return None };
        equation.instances.iter().find_map(|i| match &i.condition {
            Condition::Compare(left, Operator::Equal, right)
                if i.row.as_deref() == Some(cell.row.as_str())
                    && i.total.as_ref() == Some(cell) =>
            {
                Some(if is_total(left) { right.clone() } else { left.clone() })
            }
            _ => None,
        })
    })
}

/// Every claim about the report year read in every sentence.
fn readings<'a>(sentences: &[Sentence], report: &Report, forms: &'a Forms) -> Vec<Reading<'a>> {
    let mut readings = timed_readings(sentences, report, forms);
    readings.retain(|reading| reading.time == Times::Report);
    readings
}

/// Every claim read in every sentence. The first claim of the form that reads a figure has it.
fn timed_readings<'a>(
    sentences: &[Sentence],
    report: &Report,
    forms: &'a Forms,
) -> Vec<Reading<'a>> {
    let listed = breakdown::parts(sentences);
    let mut readings: Vec<Reading<'a>> = Vec::new();
    let mut years = Years { report: report.year, carried: None, now: None };
    for (number, sentence) in sentences.iter().enumerate() {
        years.begin(sentence);
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        for found in &report.tables {
            let Some(form) = forms.get(&found.form) else { continue };
            let of_table = |c: &&Claim| c.place.split('.').next() == Some(found.table.as_str());
            let possible = |c: &&Claim| sentence.may_speak_of(&c.subject);
            for claim in form.claims.iter().filter(of_table).filter(possible) {
                for Span { from, to, figure: at } in spans(claim, sentence) {
                    let clause = clause(&sentence.masked, from, to);
                    let refused = claim.unless.as_ref().is_some_and(|u| u.is_match(clause.item))
                        || at.is_some_and(|at| {
                            taken.contains(&at) || (claim.whole && listed.contains(&(number, at)))
                        });
                    let Some(figure) = figure(sentence, at) else { continue };
                    let unit = claim.units.is_empty()
                        || figure.unit.is_none_or(|u| claim.units.iter().any(|k| k == u));
                    let Some(bound) = sentence.subject_at(clause.bound) else { continue };
                    let before = sentence.masked.get(..from).unwrap_or_default();
                    let other_time = OTHER_TIMES.iter().any(|w| clause.lead.contains(w));
                    let other_time = other_time || !years.is_report_year(before);
                    if refused || !unit || bound.subject != claim.subject {
                        continue;
                    }
                    let told = sentence.masked.get(..to).unwrap_or_default();
                    let cumulative = CUMULATIVE.iter().any(|w| told.contains(w));
                    // A figure of another year is free for a claim that reads it as this year's.
                    let time = if other_time { Times::Other } else { Times::Report };
                    // That there was none at all holds for whatever has this name.
                    let of_another = !bound.in_context && !figure.value.is_zero();
                    taken.extend(at.filter(|_| time == Times::Report));
                    readings.push(Reading {
                        form,
                        claim,
                        sentence: number,
                        span: (from, to),
                        time,
                        sure: bound.sure && figure.exact && !cumulative,
                        part: PART_OF_YEAR.iter().any(|w| told.contains(w)),
                        of_another,
                        figure,
                    });
                }
            }
        }
    }
    readings
}

/// Where a pattern matches, in bytes of the masked sentence.
struct Span {
    from: usize,
    to: usize,
    /// The place of the figure; `None`: the words say that there was none.
    figure: Option<usize>,
}

fn spans(claim: &Claim, sentence: &Sentence) -> Vec<Span> {
    let text = &sentence.masked;
    // Most sentences state no figure, and need not be searched for one.
    let patterns = if text.contains('#') { claim.patterns.as_slice() } else { &[] };
    let with = patterns.iter().flat_map(|p| p.find_iter(text)).filter_map(|m| {
        let at = m.start() + m.as_str().rfind('#')?;
        Some(Span { from: m.start(), to: m.end(), figure: Some(at) })
    });
    let without = claim.none.iter().flat_map(|p| p.find_iter(text));
    let mut spans: Vec<Span> =
        without.map(|m| Span { from: m.start(), to: m.end(), figure: None }).collect();
    // Two ways of saying none may both match the same words.
    spans.sort_by_key(|s| (s.from, std::cmp::Reverse(s.to)));
    let mut upto = 0;
    spans.retain(|s| {
        let apart = s.from >= upto;
        upto = upto.max(s.to);
        apart
    });
    spans.extend(with);
    spans
}

/// The count at a place; for words that deny it, zero.
fn figure(sentence: &Sentence, at: Option<usize>) -> Option<Figure> {
    let Some(at) = at else { return Some(Figure::zero()) };
    let (_, figure) = sentence.figures.iter().find(|(place, _)| *place == at)?;
    (figure.kind == Kind::Count).then(|| figure.clone())
}

/// The clause around a match.
struct Clause<'t> {
    /// The item or items the match lies in.
    item: &'t str,
    /// What stands before the match.
    lead: &'t str,
    /// Where the item that the match ends in ends: subjects named after it do not count.
    bound: usize,
}

fn clause(text: &str, from: usize, to: usize) -> Clause<'_> {
    const CLAUSE_ENDS: [char; 6] = [',', ';', '。', ':', '(', ')'];
    const ITEM_ENDS: [char; 8] = [',', ';', '。', ':', '(', ')', '、', '#'];
    let before = text.get(..from).unwrap_or_default();
    let after_last = |ends: &[char]| {
        let end = before.char_indices().rev().find(|(_, c)| ends.contains(c));
        end.map_or(0, |(at, c)| at + c.len_utf8())
    };
    let rest = text.get(to..).unwrap_or_default();
    let bound = to + rest.find(ITEM_ENDS).unwrap_or(rest.len());
    Clause {
        item: text.get(after_last(&ITEM_ENDS)..bound).unwrap_or_default(),
        lead: text.get(after_last(&CLAUSE_ENDS)..from).unwrap_or_default(),
        bound,
    }
}

/// Which year figures are of.
struct Years {
    report: Option<i16>,
    /// The year the figures of the sentence before were of, in the same paragraph.
    carried: Option<i16>,
    /// The same for the sentence read now.
    now: Option<i16>,
}

impl Years {
    fn begin(&mut self, sentence: &Sentence) {
        self.carried = if sentence.first { None } else { self.now };
        let first = sentence.figures.first().map_or(0, |(at, _)| *at);
        self.now = match named_year(sentence.masked.get(..first).unwrap_or_default()) {
            Named::Year(year) => Some(year),
            Named::ThisYear => None,
            Named::Nothing => self.carried,
        };
    }

    /// Whether figures after this text of the sentence are of the report year.
    fn is_report_year(&self, before: &str) -> bool {
        let year = match named_year(before) {
            Named::Year(year) => Some(year),
            Named::ThisYear => None,
            Named::Nothing => self.carried,
        };
        year.is_none() || self.report.is_none() || year == self.report
    }
}

/// The time a text named last.
enum Named {
    Year(i16),
    ThisYear,
    Nothing,
}

fn named_year(text: &str) -> Named {
    let untitled = without_titles(text);
    let this_year = THIS_YEAR.iter().filter_map(|w| untitled.rfind(w)).max();
    match (last_year(&untitled), this_year) {
        (Some((at, _)), Some(this)) if this > at => Named::ThisYear,
        (Some((_, year)), _) => Named::Year(year),
        (None, Some(_)) => Named::ThisYear,
        (None, None) => Named::Nothing,
    }
}

/// The text without what stands between 《 and 》: the year of a document is none of the figures'.
fn without_titles(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '《' => depth += 1,
            '》' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// The last year named, as `2024年`, and where its digits end.
fn last_year(text: &str) -> Option<(usize, i16)> {
    let (before, _) = text.rsplit_once('年')?;
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let year = before.get(before.len() - digits..).and_then(|d| d.parse().ok());
    year.filter(|y| (1990..2100).contains(y))
        .map(|year| (before.len(), year))
        .or_else(|| last_year(before))
}
