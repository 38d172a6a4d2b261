//! What the text says about last year, and how much of it is last year's, or another unit's.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use super::{Years, said};
use crate::check::claims::{TimedReading, Times, named, printed_or_summed, timed};
use crate::check::{
    Draft, Findings, Outcome, Policy, Tried, finish, is_for, numbers, quoted, subject,
};
use crate::form::across::{Across, Body, Text};
use crate::form::{Form, Forms, LazyRegex};
use crate::report::{CellValue, Report};
use crate::units;

/// Fewer characters of prose are too few to call one text the same as another.
const PROSE: usize = 100;

/// What a test found at a place: nothing wrong, or a finding.
pub(super) struct Judged {
    pub(super) place: String,
    pub(super) draft: Option<Draft>,
}

/// Runs one test on the two reports; nothing comes of it where nothing can be told.
pub(super) fn run(test: &Text, rule: &Across, form: &Form, years: &Years<'_>) -> Vec<Judged> {
    match test {
        Text::Same { percent } => same(true, *percent, rule, form, years).into_iter().collect(),
        Text::SameText { percent } => {
            same(false, *percent, rule, form, years).into_iter().collect()
        }
        Text::Growth { .. } | Text::Quoted { .. } => stated(test, rule, form, years),
    }
}

/// The text of last year: `tables` says whether the tables are to be last year's as well, or not.
fn same(
    tables: bool,
    percent: Decimal,
    rule: &Across,
    form: &Form,
    years: &Years<'_>,
) -> Option<Judged> {
    let (report, last) = (years.report(), years.last);
    let share = share_of_last(report, last)?;
    let are_same = same_tables(report, last);
    let something = report
        .cells
        .values()
        .any(|cell| matches!(&cell.value, CellValue::Number(number) if !number.is_zero()));
    let is_due = if tables { are_same && something } else { !are_same };
    let draft = (is_due && share > percent).then(|| {
        let mut values = years.values();
        values.insert("share", share.round_dp(0).normalize().to_string());
        Draft::new(rule, "report".into(), form.say(&rule.id, &values))
    });
    Some(Judged { place: "report".into(), draft })
}

/// Whether both reports have the same cells with the same values.
fn same_tables(report: &Report, last: &Report) -> bool {
    report.cells.len() == last.cells.len()
        && !report.cells.is_empty()
        && report
            .cells
            .iter()
            .zip(&last.cells)
            .all(|((a, this), (b, that))| a == b && said(&this.value) == said(&that.value))
}

/// How much of a report's prose, in per cent of its characters, stands in last year's too; each
/// year's own number and each unit's own name count as the same. `None`: there is too little of it.
fn share_of_last(report: &Report, last: &Report) -> Option<Decimal> {
    let known: BTreeSet<String> = prose(last).into_iter().collect();
    let sentences = prose(report);
    let same = sentences.iter().filter(|sentence| known.contains(*sentence));
    share(length(same), length(&sentences))
}

/// So many characters of so many, in per cent; `None`: too few to tell.
fn share(same: usize, all: usize) -> Option<Decimal> {
    let share = Decimal::from(same).checked_mul(Decimal::ONE_HUNDRED)?;
    (all >= PROSE).then(|| share.checked_div(Decimal::from(all))).flatten()
}

fn length<'s>(sentences: impl IntoIterator<Item = &'s String>) -> usize {
    sentences.into_iter().map(|sentence| sentence.chars().count()).sum()
}

/// The sentences of a report, made alike.
fn prose(report: &Report) -> Vec<String> {
    masked(&report.text, report.year.unwrap_or_default(), report.unit.as_deref())
}

/// The sentences of a text without white space, with signs in the place of the report's year, those
/// around it, and its unit.
fn masked(text: &[String], year: i16, unit: Option<&str>) -> Vec<String> {
    let years = [(0, "〔本年〕"), (-1, "〔上年〕"), (1, "〔下年〕")];
    let years = years.map(|(by, sign)| (year.saturating_add(by).to_string(), sign));
    let units = unit.map(units::spellings).unwrap_or_default();
    let units = units.into_iter().map(|name| (name, "〔本单位〕"));
    let signs: Vec<(String, &str)> = years.into_iter().chain(units).collect();
    let cut = |paragraph: &String| {
        let text: String = paragraph.nfkc().filter(|c| !c.is_whitespace()).collect();
        let text = signs.iter().fold(text, |text, (name, sign)| text.replace(name, sign));
        let sentences = text.split(['。', ';', '!', '?']);
        sentences.filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    text.iter().flat_map(cut).collect()
}

/// Texts that are another unit's: for each report what is found in it beside all others of the same
/// kind and year. `reports`: each with a number that is the same for the same unit.
pub fn copied(reports: &[(usize, &Report)], forms: &Forms, policy: &Policy) -> Vec<Findings> {
    let texts: Vec<Vec<String>> = reports.iter().map(|(_, report)| prose(report)).collect();
    let mut having: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, text) in texts.iter().enumerate() {
        let sentences: BTreeSet<&str> = text.iter().map(String::as_str).collect();
        sentences.into_iter().for_each(|s| having.entry(s).or_default().push(at));
    }
    let found = reports.iter().zip(&texts).map(|((unit, report), text)| {
        let mut same: BTreeMap<usize, usize> = BTreeMap::new();
        for sentence in text {
            for other in having.get(sentence.as_str()).into_iter().flatten() {
                let counted = same.entry(*other).or_default();
                *counted = counted.saturating_add(sentence.chars().count());
            }
        }
        let others = same.into_iter().filter_map(|(at, same)| Some((reports.get(at)?, same)));
        let others = others.filter(|((of, other), _)| {
            of != unit && (other.year, &other.kind) == (report.year, &report.kind)
        });
        let most = others.max_by_key(|(_, same)| *same);
        copy_of(report, length(text), most.map(|((_, other), same)| (*other, same)), forms, policy)
    });
    found.collect()
}

/// What is found in a report of so many characters that has most in common with this other one.
fn copy_of(
    report: &Report,
    all: usize,
    most: Option<(&Report, usize)>,
    forms: &Forms,
    policy: &Policy,
) -> Findings {
    let Some((main, subject)) = subject(report, forms) else { return Findings::default() };
    let mut found = Findings::default();
    let mut drafts = Vec::new();
    for rule in main.across.iter().filter(|rule| is_for(&rule.levels, rule.from, &subject)) {
        let Body::Copied { percent } = &rule.body else { continue };
        let shared = most.and_then(|(other, same)| Some((other, share(same, all)?)));
        let outcome = match shared {
            None => Outcome::Undecided { because: "there is no text to compare".into() },
            Some((_, share)) if share > *percent => Outcome::Fail,
            Some(_) => Outcome::Pass,
        };
        if let (Outcome::Fail, Some((other, share))) = (&outcome, shared) {
            let values = BTreeMap::from([
                ("unit", report.unit.clone().unwrap_or_default()),
                ("named", other.unit.clone().unwrap_or_default()),
                ("year", report.year.map(|year| year.to_string()).unwrap_or_default()),
                ("share", share.round_dp(0).normalize().to_string()),
            ]);
            drafts.push(Draft::new(rule, "report".into(), main.say(&rule.id, &values)));
        }
        found.tried.push(Tried { rule: rule.id.clone(), place: "report".into(), outcome });
    }
    found.findings = finish(drafts, policy);
    found
}

/// Figures of the text beside last year's report: each place once, with the first sentence that it
/// contradicts.
fn stated(test: &Text, rule: &Across, form: &Form, years: &Years<'_>) -> Vec<Judged> {
    let mut judged: Vec<Judged> = Vec::new();
    for reading in timed(years.report(), form, years.subject.forms) {
        let Some(said) = stated_of_last(test, &reading, years) else { continue };
        let place = reading.claim.place.clone();
        let draft = said.is_wrong().then(|| contradiction(&said, &reading, rule, form, years));
        match judged.iter_mut().find(|j| j.place == place) {
            Some(known) if known.draft.is_none() => known.draft = draft,
            Some(_) => {}
            None => judged.push(Judged { place, draft }),
        }
    }
    judged
}

fn contradiction(
    said: &Said,
    reading: &TimedReading<'_>,
    rule: &Across,
    form: &Form,
    years: &Years<'_>,
) -> Draft {
    let (table, row) = named(reading.form, reading.claim);
    let shown = |number: Decimal| number.normalize().to_string();
    let mut values = years.values();
    values.extend([
        ("table", table),
        ("row", row),
        ("quote", quoted(&reading.sentence.raw)),
        ("value", said.this.map(shown).unwrap_or_default()),
        ("last_value", shown(said.last)),
        ("due", said.change(said.right)),
        ("text", said.change(said.stated)),
    ]);
    let sides = Some((said.stated, said.right));
    values.extend(["left", "right", "difference"].into_iter().zip(numbers(sides)));
    let draft = Draft::new(rule, reading.claim.place.clone(), form.say(&rule.id, &values));
    Draft { sides, quote: Some(reading.sentence.raw.clone()), ..draft }
}

/// A statement about last year's figures, and what they are.
struct Said {
    stated: Decimal,
    right: Decimal,
    /// How far both may be apart.
    tolerance: Decimal,
    /// This year's cell, where the statement is about both.
    this: Option<Decimal>,
    last: Decimal,
    /// Both are shares, in per cent.
    share: bool,
}

impl Said {
    /// `减少33.33%`, `增加2`.
    fn change(&self, by: Decimal) -> String {
        let way = if by.is_sign_negative() { "减少" } else { "增加" };
        let sign = if self.share { "%" } else { "" };
        format!("{way}{}{sign}", by.abs().normalize())
    }

    fn is_wrong(&self) -> bool {
        self.right.checked_sub(self.stated).is_none_or(|by| by.abs() > self.tolerance)
    }
}

fn stated_of_last(test: &Text, reading: &TimedReading<'_>, years: &Years<'_>) -> Option<Said> {
    match test {
        Text::Growth { up, down } if reading.time == Times::Report => {
            let sign = |pattern: &LazyRegex, sign| Some((pattern.find(reading.rest())?, sign));
            let (found, sign) =
                sign(up, Decimal::ONE).or_else(|| sign(down, Decimal::NEGATIVE_ONE))?;
            let change = reading.figure_within(found.range()).filter(|figure| figure.exact)?;
            let this = values(reading, true, years).find(|v| reading.figure.fits(*v))?;
            let last = values(reading, false, years).next()?;
            let stated = change.value.checked_mul(sign)?;
            let grown = this.checked_sub(last)?;
            let (right, tolerance) = if change.is_share() {
                let right = grown.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(last)?;
                let scale = change.value.scale();
                (right.round_dp(scale.max(2)), Decimal::new(5, if scale == 0 { 1 } else { 2 }))
            } else {
                (grown, Decimal::ZERO)
            };
            let share = change.is_share();
            Some(Said { stated, right, tolerance, this: Some(this), last, share })
        }
        Text::Quoted { pattern } if reading.time == Times::Other => {
            let lead = reading.lead().replace(&format!("{}年", years.last.year?), "上年");
            let is_told = pattern.is_match(&lead) && reading.figure.exact;
            let stated = Some(reading.figure.value).filter(|_| is_told)?;
            let right = values(reading, false, years).find(|v| reading.figure.fits(*v));
            let right = right.or_else(|| values(reading, false, years).next())?;
            let (last, tolerance) = (right, Decimal::ZERO);
            Some(Said { stated, right, tolerance, this: None, last, share: false })
        }
        _ => None,
    }
}

/// What the cells of a claim say: each of its meanings that can be told.
fn values<'v>(
    reading: &'v TimedReading<'_>,
    this: bool,
    years: &'v Years<'_>,
) -> impl Iterator<Item = Decimal> + 'v {
    let facts = if this { &years.this_facts } else { &years.last_facts };
    reading.claim.cells.iter().filter_map(move |term| {
        let (term, _) = printed_or_summed(term, facts, reading.form);
        facts.value(&term, false).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_year_of_each_report_counts_as_the_same_word() {
        let sentences = |year: i16, text: &str| masked(&[text.to_owned()], year, None);
        assert_eq!(
            sentences(2022, "2022 年，比2021年多。下一句"),
            sentences(2021, "2021年，比2020年多。下一句")
        );
        assert_ne!(sentences(2022, "2021年的句子"), sentences(2021, "2021年的句子"));
        assert_eq!(
            masked(&["青塘镇认真公开。".into()], 2022, Some("禾川县青塘镇人民政府")),
            masked(&["柳荫乡认真公开。".into()], 2022, Some("柳荫乡人民政府"))
        );
    }
}
