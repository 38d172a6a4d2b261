//! What the text says about last year, and how much of it is last year's.

use rust_decimal::Decimal;

use super::prose::Prose;
use super::{Years, said};
use crate::check::claims::{TimedReading, Times, named, printed_or_summed, timed};
use crate::check::{Draft, numbers, quoted};
use crate::form::across::{Across, Text};
use crate::form::{Form, LazyRegex};
use crate::report::{CellValue, Report};

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
    let share = Prose::of(report).share_in(&Prose::of(last))?;
    let are_same = same_tables(report, last);
    let something = report
        .cells
        .values()
        .any(|cell| matches!(&cell.value, CellValue::Number(number) if !number.is_zero()));
    let is_due = if tables { are_same && something } else { !are_same };
    let draft = (is_due && share > percent).then(|| {
        let mut values = years.values();
        values.insert("share", share.round_dp(0).normalize().to_string());
        Draft::new(rule, "report", form.say(&rule.id, &values))
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
