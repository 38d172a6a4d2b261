//! Every check of the forms, on one report. Pure: no file, no clock, no database.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod across;
mod cells;
mod claims;
mod evaluate;
mod explanation;
mod names;
pub(crate) mod readings;
mod structure;
mod terms;

use crate::form::expr::{Condition, Operator};
use crate::form::{
    Body, CellId, Check, Equation, Form, Forms, Id, Instance, Named, Rule, Severity, Test,
};
use crate::report::Report;
pub use across::{
    Beside, HandedIn, OtherText, Prose, Unit, across, carried, copied, copied_among,
    is_about_copies, summed,
};
pub use claims::{Stated, stated};
use evaluate::{Facts, Judged, Why};
pub use explanation::is_hollow;
use terms::{shown, terms};

/// The equations of a report, for [`crate::locate`].
pub(crate) struct Decisions<'a> {
    /// Those that can be told, each with its place and whether it holds.
    pub(crate) equations: Vec<Decided<'a>>,
    /// Those that cannot be told.
    open: Vec<(&'a Check, &'a Instance)>,
    facts: Facts<'a>,
}

/// An equation that can be told.
pub(crate) struct Decided<'a> {
    pub(crate) check: &'a Check,
    pub(crate) equation: &'a Equation,
    pub(crate) instance: &'a Instance,
    pub(crate) holds: bool,
}

impl Decisions<'_> {
    /// Whether an equation would hold with these values in their cells.
    pub(crate) fn holds_with(
        &self,
        instance: &Instance,
        repairs: &BTreeMap<CellId, Decimal>,
    ) -> bool {
        self.facts.assuming(repairs).judge(instance) == Judged::Holds
    }

    /// What a cell that says no number would have to say for the equations it leaves open, one value
    /// for each of them that this one cell would settle: none where another total is blank that
    /// should not be. `binds`: the rules asked.
    pub(crate) fn deduced(&self, cell: &CellId, binds: impl Fn(&Check) -> bool) -> Vec<Decimal> {
        let concerned = |instance: &Instance| {
            let mut cells = Vec::new();
            instance.condition.cells(&mut cells);
            cells.contains(&cell)
        };
        let own = self.open.iter().filter(|(check, i)| binds(check) && concerned(i));
        own.filter_map(|(_, instance)| self.solved(instance, cell)).collect()
    }

    /// The value of a cell that makes both sides of a linear equation equal.
    fn solved(&self, instance: &Instance, cell: &CellId) -> Option<Decimal> {
        let Condition::Compare(_, Operator::Equal, _) = &instance.condition else { return None };
        let difference = |value: Decimal| {
            let assumed = BTreeMap::from([(cell.clone(), value)]);
            match self.facts.assuming(&assumed).filled_in(cell).judge(instance) {
                Judged::Holds => Some(Decimal::ZERO),
                Judged::Fails(Some((left, right))) => left.checked_sub(right),
                Judged::Fails(None) | Judged::Undecided(_) => None,
            }
        };
        let zero = difference(Decimal::ZERO)?;
        let slope = difference(Decimal::ONE)?.checked_sub(zero)?;
        let value = (-zero).checked_div(slope)?;
        difference(value)?.is_zero().then(|| value.normalize())
    }
}

/// The equations of the report's forms that are for it and can be told.
pub(crate) fn decided<'a>(report: &'a Report, forms: &'a Forms) -> Decisions<'a> {
    let mut facts = Facts::of(report, forms);
    let Some((_, subject)) = subject(report, forms) else {
        return Decisions { equations: Vec::new(), open: Vec::new(), facts };
    };
    let places = places(&subject);
    blank_totals(&places, &mut facts);
    let (mut equations, mut open) = (Vec::new(), Vec::new());
    for (_, check, equation, instance) in places {
        match facts.judge(instance) {
            Judged::Undecided(_) => open.push((check, instance)),
            judged => {
                let holds = judged == Judged::Holds;
                equations.push(Decided { check, equation, instance, holds });
            }
        }
    }
    Decisions { equations, open, facts }
}

/// One failed check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule id.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The place it speaks of: a cell, `requests.*.total`, `section.overview`, `report` …
    #[serde(rename = "where")]
    pub place: String,
    /// The left side of the rule as written, where it has sides.
    pub left: Option<String>,
    /// The right side of the rule as written, where it has sides.
    pub right: Option<String>,
    /// The cells that stand in it.
    pub cells: Vec<CellId>,
    /// The [`crate::locate::Cause`] that explains it, by id.
    pub cause: Option<u32>,
    /// The sentence of the text it speaks of, verbatim.
    pub quote: Option<String>,
    /// The sentence for the office, in Chinese.
    pub message: String,
    /// The clause, note or line of the official form behind it.
    pub source: String,
    /// What the unit has explained about it: it is settled by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

/// What became of a file or a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No error-level finding.
    Passed,
    /// An error-level finding.
    Failed,
    /// Could not be read; the reason says why.
    Unreadable,
    /// Readable, but no annual report.
    Unrecognised,
    /// A temporary or system file.
    Ignored,
}

/// One check tried at one place, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The rule id.
    pub rule: String,
    /// The place, as in [`Finding::place`].
    pub place: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// The three outcomes of a check. Undecided is neither a pass nor a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It cannot be told, and why.
    Undecided {
        /// In English, for `--all`.
        because: String,
    },
}

/// What the configuration changes about the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Rules that are switched off.
    pub off: BTreeSet<String>,
    /// Rules whose findings get another severity.
    pub severity: BTreeMap<String, Severity>,
}

impl Policy {
    /// What it changes, for people, in Chinese; `None`: nothing.
    pub fn told(&self) -> Option<String> {
        let off: Vec<&str> = self.off.iter().map(String::as_str).collect();
        let off = (!off.is_empty()).then(|| format!("停用{}", off.join("、")));
        let changed = self.severity.iter().filter(|(rule, _)| !self.off.contains(*rule));
        let changed: Vec<String> =
            changed.map(|(rule, severity)| format!("{rule}改为“{}”", severity.word())).collect();
        let changed = (!changed.is_empty()).then(|| changed.join("、"));
        let told: Vec<String> = off.into_iter().chain(changed).collect();
        (!told.is_empty()).then(|| told.join("；"))
    }
}

/// Everything found in a report, and every check with its outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Failed checks: gravest first, then equations, cells, tables, sections, the report as a whole.
    pub findings: Vec<Finding>,
    /// Every equation tried at every place.
    pub tried: Vec<Tried>,
    /// What the text states about cells.
    pub stated: Vec<Stated>,
}

/// The report and what is known about it while it is checked.
struct Subject<'a> {
    report: &'a Report,
    forms: &'a Forms,
    /// The form of the report's year; without a year that of its tables.
    due: Option<&'a Form>,
    /// The unit's level, where its name tells it.
    level: Option<&'a str>,
    /// Tables with checks that blanks left undecided.
    undecided_by_blank: BTreeSet<Id>,
}

/// A finding under way.
struct Draft {
    rule: String,
    severity: Severity,
    place: String,
    sides: Option<(Decimal, Decimal)>,
    cells: Vec<CellId>,
    message: String,
    source: String,
    quote: Option<String>,
}

impl Draft {
    fn new<B>(rule: &Rule<B>, place: impl Into<String>, message: String) -> Self {
        Self {
            rule: rule.id.clone(),
            severity: rule.severity,
            place: place.into(),
            sides: None,
            cells: Vec::new(),
            message,
            source: rule.source.clone(),
            quote: None,
        }
    }

    fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    fn with_cells(self, cells: impl IntoIterator<Item = CellId>) -> Self {
        Self { cells: cells.into_iter().collect(), ..self }
    }
}

/// Runs every check of the report's forms on it.
pub fn check(report: &Report, forms: &Forms, policy: &Policy) -> Findings {
    let Some((main, mut subject)) = subject(report, forms) else { return Findings::default() };
    let mut tried = Vec::new();
    let mut drafts = equations(&mut subject, &mut tried);
    drafts.extend(cell_tests(&subject));
    drafts.extend(report_tests(main, &subject, &mut tried));
    let (of_text, stated) = claims::run(main, &subject);
    drafts.extend(of_text);
    Findings { findings: finish(drafts, policy), tried, stated }
}

/// The report with the form that is due for it, else that of its tables, else the newest.
fn subject<'a>(report: &'a Report, forms: &'a Forms) -> Option<(&'a Form, Subject<'a>)> {
    let of_tables = report.form.as_deref().and_then(|id| forms.get(id));
    let newest = || forms.iter().filter(|f| f.title == report.kind).max_by_key(|f| f.from);
    let due = match report.year {
        Some(year) => forms.due(&report.kind, year),
        None => of_tables,
    };
    let main = due.or(of_tables).or_else(newest)?;
    let level = report.unit.as_deref().and_then(|unit| main.level(unit));
    let subject = Subject { report, forms, due, level, undecided_by_blank: BTreeSet::new() };
    Some((main, subject))
}

/// Stands in the message of [`ambiguous_unit`] for the names of the units.
pub const UNITS: &str = "{{ units }}";

/// The finding about a unit whose name fits several units, if it turns out to: which units there are
/// only the database knows. In its message [`UNITS`] stands for their names.
pub fn ambiguous_unit(report: &Report, forms: &Forms, policy: &Policy) -> Option<Finding> {
    let of_tables = report.form.as_deref().and_then(|id| forms.get(id));
    let form = of_tables.or_else(|| forms.iter().find(|form| form.title == report.kind))?;
    let check = form.test(|test| matches!(test, Test::UnitAmbiguous))?;
    let unit = printed(report.unit.as_deref()?);
    let values = BTreeMap::from([("unit", unit), ("units", UNITS.to_owned())]);
    let draft = Draft::new(check, "report", form.say(&check.id, &values));
    finish(vec![draft], policy).pop()
}

/// The finding that says that broken equations of a table could not be traced to their cause.
/// `guess` is a sentence about what may have happened, or empty.
pub(crate) fn cause_open(
    form: &Form,
    table: &str,
    count: usize,
    guess: String,
    policy: &Policy,
) -> Option<Finding> {
    let check = form.test(|test| matches!(test, Test::CauseOpen))?;
    let name = form.table(table).map(|t| t.name.clone()).unwrap_or_default();
    let values = BTreeMap::from([("table", name), ("count", count.to_string()), ("guess", guess)]);
    let draft = Draft::new(check, table.to_owned(), form.say(&check.id, &values));
    finish(vec![draft], policy).pop()
}

/// The text as sentences quote it: on one line, without its ends.
fn printed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A sentence of the report within a sentence of ours: without its own full stop.
fn quoted(text: &str) -> String {
    printed(text).trim_end_matches(['。', '；', '，', '.', ';']).to_owned()
}

/// Whether a check is for this report.
fn applies(check: &Check, subject: &Subject<'_>) -> bool {
    is_for(&check.levels, check.from, subject)
}

/// Whether a rule for some levels of units, from some year on, is for this report.
fn is_for(levels: &[String], from: Option<i16>, subject: &Subject<'_>) -> bool {
    let level =
        levels.is_empty() || subject.level.is_some_and(|level| levels.iter().any(|l| l == level));
    let year = from.is_none_or(|from| subject.report.year.is_some_and(|year| year >= from));
    level && year
}

/// The equations of each form, at the places of the tables that follow it.
fn equations(subject: &mut Subject<'_>, tried: &mut Vec<Tried>) -> Vec<Draft> {
    let places: Vec<(&Form, &Check, &Equation, &Instance)> = places(subject);
    let mut facts = Facts::of(subject.report, subject.forms);
    let mut drafts = blank_totals(&places, &mut facts);
    for (form, check, equation, instance) in places {
        let judged = facts.judge(instance);
        let outcome = judged.outcome();
        tried.push(Tried { rule: check.id.clone(), place: instance.place.clone(), outcome });
        match judged {
            Judged::Holds => {}
            Judged::Fails(sides) => {
                drafts.push(failed(form, check, equation, instance, sides, subject));
            }
            Judged::Undecided(why) => {
                let blank = matches!(
                    why,
                    Why::Blank | Why::TotalBlank(_) | Why::BreakdownBlank(_) | Why::Spoiled
                );
                if blank {
                    subject.undecided_by_blank.insert(instance.table.clone());
                }
                if let Why::BreakdownBlank(total) = why {
                    drafts.extend(blank_breakdown(form, instance, total));
                }
            }
        }
    }
    drafts
}

fn places<'a>(subject: &Subject<'a>) -> Vec<(&'a Form, &'a Check, &'a Equation, &'a Instance)> {
    let mut forms: Vec<&Form> =
        subject.report.tables.iter().filter_map(|t| subject.forms.get(&t.form)).collect();
    forms.sort_by_key(|f| &f.id);
    forms.dedup_by_key(|f| &f.id);
    let mut places = Vec::new();
    for form in forms {
        for check in form.checks.iter().filter(|c| applies(c, subject)) {
            let Body::Equation(equation) = &check.body else { continue };
            let own = |i: &&Instance| {
                let found = subject.report.tables.iter().find(|t| t.table == i.table);
                found.is_some_and(|t| t.form == form.id)
            };
            places
                .extend(equation.instances.iter().filter(own).map(|i| (form, check, equation, i)));
        }
    }
    places
}

/// Totals left blank over parts that are not zero: one finding a cell, whatever sums it stands in.
fn blank_totals(
    places: &[(&Form, &Check, &Equation, &Instance)],
    facts: &mut Facts<'_>,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut spoiled = BTreeSet::new();
    for (form, _, _, instance) in places {
        let Some((cell, parts)) = facts.blank_total(instance) else { continue };
        let Some(check) = form.test(|t| matches!(t, Test::TotalBlank)) else { continue };
        if spoiled.insert(cell.clone()) {
            let (table, row, column) = form.names(&cell).unwrap_or_default();
            let values = BTreeMap::from([
                ("table", table.to_owned()),
                ("row", row.to_owned()),
                ("column", column.to_owned()),
                ("parts", parts.normalize().to_string()),
            ]);
            let says = form.say(&check.id, &values);
            drafts.push(Draft::new(check, cell.to_string(), says).with_cells([cell]));
        }
    }
    facts.spoiled = spoiled;
    drafts
}

fn blank_breakdown(form: &Form, instance: &Instance, total: Decimal) -> Option<Draft> {
    let check = form.test(|t| matches!(t, Test::BreakdownBlank))?;
    let cell = instance.total.as_ref()?;
    let (table, row, column) = form.names(cell).unwrap_or_default();
    let values = BTreeMap::from([
        ("table", table.to_owned()),
        ("row", row.to_owned()),
        ("column", column.to_owned()),
        ("total", total.normalize().to_string()),
    ]);
    let says = form.say(&check.id, &values);
    Some(Draft::new(check, instance.place.clone(), says).with_cells([cell.clone()]))
}

fn failed(
    form: &Form,
    check: &Check,
    equation: &Equation,
    instance: &Instance,
    sides: Option<(Decimal, Decimal)>,
    subject: &Subject<'_>,
) -> Draft {
    let (left_terms, right_terms) = terms(form, instance, subject.report);
    let mut values = values(form, instance, sides, subject.report);
    values.extend([("left_terms", left_terms), ("right_terms", right_terms)]);
    let severity = match sides {
        Some((left, right)) if left < right => equation.if_less,
        Some(_) => equation.if_greater,
        None => None,
    };
    let severity = severity.unwrap_or(check.severity);
    let message = form.say(&check.id, &values);
    let draft = Draft::new(check, instance.place.clone(), message).with_severity(severity);
    Draft { sides, ..draft }.with_cells(instance.own_cells().cloned())
}

/// What the sentence of an equation that fails may say, whatever kind of rule it is of.
fn values<C: Named>(
    form: &Form,
    instance: &Instance<C>,
    sides: Option<(Decimal, Decimal)>,
    report: &Report,
) -> BTreeMap<&'static str, String> {
    let first = instance.own_cells().next();
    let (_, first_row, first_column) = first.and_then(|c| form.names(c)).unwrap_or_default();
    let table = form.table(&instance.table);
    let row = instance.row.as_deref().and_then(|id| table?.row(id));
    let column = instance.column.as_deref().and_then(|id| table?.column(id));
    let mut values = BTreeMap::from([
        ("table", table.map(|t| t.name.clone()).unwrap_or_default()),
        ("row", row.map_or(first_row, |r| r.name()).to_owned()),
        ("column", column.map_or(first_column, |c| c.label.as_str()).to_owned()),
        ("unit", report.unit.clone().unwrap_or_default()),
        ("year", report.year.map(|year| year.to_string()).unwrap_or_default()),
        ("value", first.map(|c| shown(report, c)).unwrap_or_default()),
    ]);
    values.extend(["left", "right", "difference"].into_iter().zip(numbers(sides)));
    values
}

/// Left, right and their difference; empty where a rule has no sides.
fn numbers(sides: Option<(Decimal, Decimal)>) -> [String; 3] {
    sides.map_or_else(Default::default, |(left, right)| {
        let difference = left.checked_sub(right).unwrap_or(Decimal::MAX).abs();
        [left, right, difference].map(|number| number.normalize().to_string())
    })
}

fn cell_tests(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for found in &subject.report.tables {
        let Some(form) = subject.forms.get(&found.form) else { continue };
        let Some(table) = form.table(&found.table) else { continue };
        let filled = cells::Filled::of(form, table, subject);
        for check in form.checks.iter().filter(|c| applies(c, subject)) {
            if let Body::Test(test) = &check.body {
                drafts.extend(cells::run(test, check, &filled, subject));
            }
        }
    }
    drafts
}

fn report_tests(main: &Form, subject: &Subject<'_>, all_tried: &mut Vec<Tried>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for check in main.checks.iter().filter(|c| applies(c, subject)) {
        let Body::Test(test) = &check.body else { continue };
        if let Some((tried, draft)) = names::run(test, check, main, subject) {
            all_tried.push(tried);
            drafts.extend(draft);
        } else {
            drafts.extend(structure::run(test, check, main, subject));
        }
    }
    drafts.extend(structure::late(main, subject));
    drafts
}

/// The findings of a report by itself and those beside other reports, gravest first.
pub fn together(own: Vec<Finding>, beside: Vec<Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = own.into_iter().chain(beside).collect();
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    findings
}

/// Applies the policy and puts the gravest first; otherwise the order in which they were found.
fn finish(drafts: Vec<Draft>, policy: &Policy) -> Vec<Finding> {
    let mut findings: Vec<Finding> = drafts
        .into_iter()
        .filter(|d| !policy.off.contains(&d.rule))
        .map(|d| Finding {
            severity: policy.severity.get(&d.rule).copied().unwrap_or(d.severity),
            rule: d.rule,
            place: d.place,
            left: d.sides.map(|(left, _)| left.normalize().to_string()),
            right: d.sides.map(|(_, right)| right.normalize().to_string()),
            cells: d.cells,
            cause: None,
            quote: d.quote,
            message: d.message,
            source: d.source,
            explanation: None,
        })
        .collect();
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    findings
}
