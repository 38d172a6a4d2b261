//! Tables, sections, form, year, unit, period and dates: what a report must have, and by when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::evaluate::{Facts, Judged};
use super::{Draft, Subject, printed, quoted};
use crate::document::{ILLEGIBLE, Source};
use crate::form::{Check, Deadline, Form, Row, Severity, Table, Test};
use crate::report::{FoundSection, Label, MissingRow, squeeze};

/// Runs one test on the report as a whole. `due`: the form of its year, when that is known.
pub(super) fn run(test: &Test, check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    match test {
        Test::TableMissing => absent_tables(check, form, subject, Absent::Missing),
        Test::TableUnreadable => absent_tables(check, form, subject, Absent::Elsewhere),
        Test::TableUnruled => absent_tables(check, form, subject, Absent::Unruled),
        Test::RowMissing => missing_rows(check, form, subject),
        Test::SublabelsLost => sublabels_lost(check, form, subject),
        Test::SectionMissing => sections_missing(check, form, subject),
        Test::SectionTitle => section_titles(check, form, subject),
        Test::SectionStructure => section_structure(check, form, subject),
        Test::SectionShort { section, chars, needs } => {
            let short = |text: &str| {
                let text = squeeze(text);
                let lacks = !needs.is_empty() && !needs.iter().any(|n| text.contains(n.as_str()));
                text.chars().count() < *chars || lacks
            };
            section_text(check, form, subject, section, |t| short(t).then(String::new))
        }
        Test::SectionMentions { section, all } => {
            section_text(check, form, subject, section, |t| unmentioned(all, t))
        }
        Test::SectionDenies { section, when, pattern } => {
            let facts = Facts::of(subject.report, subject.forms);
            let said = facts.condition(when) == Judged::Holds;
            section_text(check, form, subject, section, |t| {
                said.then(|| pattern.find(t).map(|m| m.as_str().to_owned())).flatten()
            })
        }
        _ => whole_report(test, check, form, subject),
    }
}

/// A finding about the report, with the values its sentence needs.
fn on_report(check: &Check, form: &Form, values: BTreeMap<&str, String>) -> Vec<Draft> {
    vec![Draft::new(check, "report", form.say(&check.id, &values))]
}

fn whole_report(test: &Test, check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let report = subject.report;
    let year = report.year.map(|y| y.to_string()).unwrap_or_default();
    let published = report.published;
    let values = match test {
        Test::FormOutdated => outdated(subject),
        Test::YearMissing => report.year.is_none().then(BTreeMap::new),
        Test::YearInconsistent => different_years(subject),
        Test::UnitMissing => report.unit.is_none().then(BTreeMap::new),
        Test::UnitDoubtful => report
            .unit
            .as_ref()
            .filter(|unit| report.source == Source::Ocr && unit.contains(ILLEGIBLE))
            .map(|unit| BTreeMap::from([("unit", printed(unit))])),
        Test::PeriodMissing => report.period.is_none().then(BTreeMap::new),
        Test::PeriodOdd => odd_period(subject),
        Test::PublishEarly => published
            .filter(|d| report.year.is_some_and(|y| d.year() <= y))
            .map(|d| BTreeMap::from([("published", chinese(d)), ("year", year)])),
        Test::PublishMissing => published.is_none().then(BTreeMap::new),
        Test::TitleMissing => report.title.is_none().then(BTreeMap::new),
        Test::TitleNoYear => report
            .title
            .as_deref()
            .filter(|_| !report.years_named.iter().any(|n| n.by == "标题"))
            .map(|title| BTreeMap::from([("title", printed(title))])),
        _ => None,
    };
    let found = values.map(|v| on_report(check, form, v)).unwrap_or_default();
    // The form is told by the rows and columns: where some could not be read, it may be another.
    let is_uncertain =
        report.source == Source::Ocr || report.cells.values().any(|cell| cell.doubtful);
    let is_patchy = is_uncertain && !report.missing_rows.is_empty();
    match test {
        Test::FormOutdated if is_patchy => found
            .into_iter()
            .map(|draft| draft.with_severity(check.severity.min(Severity::Warning)))
            .collect(),
        _ => found,
    }
}

fn outdated<'v>(subject: &Subject<'_>) -> Option<BTreeMap<&'v str, String>> {
    let due = subject.due?;
    let used = subject.forms.get(subject.report.form.as_deref()?)?;
    (used.from < due.from).then(|| {
        BTreeMap::from([
            ("form", used.id.clone()),
            ("due", due.id.clone()),
            ("year", subject.report.year.map(|y| y.to_string()).unwrap_or_default()),
        ])
    })
}

fn different_years<'v>(subject: &Subject<'_>) -> Option<BTreeMap<&'v str, String>> {
    let named = &subject.report.years_named;
    let years: BTreeSet<i16> = named.iter().map(|n| n.year).collect();
    (years.len() > 1).then(|| {
        let told: Vec<String> = named.iter().map(|n| format!("{}为{}年", n.by, n.year)).collect();
        BTreeMap::from([("named", told.join("、"))])
    })
}

/// A period that is not the report year; another whole year is a matter of the year named.
fn odd_period<'v>(subject: &Subject<'_>) -> Option<BTreeMap<&'v str, String>> {
    let (from, to) = subject.report.period?;
    let whole = (from.month(), from.day(), to.month(), to.day()) == (1, 1, 12, 31);
    (!whole || from.year() != to.year()).then(|| {
        let year = subject.report.year.map(|y| y.to_string()).unwrap_or_default();
        BTreeMap::from([("period", format!("{}至{}", chinese(from), chinese(to))), ("year", year)])
    })
}

/// Late publication, by the deadlines of the form of the report's year.
pub(super) fn late(form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let (Some(year), Some(published)) = (subject.report.year, subject.report.published) else {
        return Vec::new();
    };
    let bound = |d: &&Deadline| {
        d.levels.is_empty()
            || subject.level.is_some_and(|level| d.levels.iter().any(|l| l == level))
    };
    let Some(deadline) = form.deadlines.iter().find(bound) else { return Vec::new() };
    let (month, day) = deadline.month_day;
    let Ok(last) = Date::new(year.saturating_add(1), month, day) else { return Vec::new() };
    if published <= last {
        return Vec::new();
    }
    let values = BTreeMap::from([
        ("published", chinese(published)),
        ("deadline", chinese(last)),
        ("year", year.to_string()),
        ("unit", subject.report.unit.clone().unwrap_or_default()),
    ]);
    vec![Draft {
        rule: deadline.rule.clone(),
        severity: deadline.severity,
        place: "report".into(),
        sides: None,
        cells: Vec::new(),
        message: form.say(&deadline.sentence, &values),
        source: deadline.source.clone(),
        quote: None,
    }]
}

fn chinese(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Why a due table was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// It is not there.
    Missing,
    /// It stands there as a picture or is said to be attached.
    Elsewhere,
    /// Its headers or rows stand in the text, and no rules tell its cells.
    Unruled,
}

/// Tables that are due and were not found.
fn absent_tables(check: &Check, form: &Form, subject: &Subject<'_>, absent: Absent) -> Vec<Draft> {
    let Some(due) = subject.due else { return Vec::new() };
    let found = |t: &&Table| subject.report.tables.iter().any(|f| f.table == t.id);
    let is_mostly_unread = || {
        let cells: usize = due.tables.iter().map(|t| t.cells().count()).sum();
        subject.report.cells.len() * 2 < cells
    };
    due.tables
        .iter()
        .filter(|t| !found(t))
        .filter(|t| absence(t, due, subject) == absent)
        .map(|t| {
            let values = BTreeMap::from([
                ("caption", t.caption.clone()),
                ("table", t.name.clone()),
                ("attachment", String::new()),
            ]);
            let severity = match absent {
                Absent::Missing => t.missing,
                // Of a report most of which was not read too little was checked.
                Absent::Unruled if is_mostly_unread() => Severity::Error,
                Absent::Elsewhere | Absent::Unruled => check.severity,
            };
            Draft::new(check, &t.id, form.say(&check.id, &values)).with_severity(severity)
        })
        .collect()
}

/// What the section of a table shows instead of it. On a scan a table that was not found may be the one
/// that was seen and not read.
fn absence(table: &Table, form: &Form, subject: &Subject<'_>) -> Absent {
    let captions: Vec<Label> =
        std::iter::once(&table.caption).chain(&table.captions).map(|c| Label::of(c)).collect();
    let own = |s: &&FoundSection| {
        let heading = Label::of(&s.heading);
        captions.iter().any(|c| c.likeness(&heading) >= 0.75)
    };
    let refers = |text: &str| {
        let text = squeeze(text);
        form.head.attachment.iter().any(|w| text.contains(w.as_str()))
    };
    let report = subject.report;
    let is_unread = report.source == Source::Ocr
        && (report.sections.iter().any(|s| s.picture) || has_bare_figures(&report.text));
    let mut sections = report.sections.iter().filter(own);
    if is_unread || sections.clone().any(|s| s.picture || refers(&s.text)) {
        Absent::Elsewhere
    } else if sections.any(|s| shows_headers(&s.text, table)) || shows_rows(&report.text, table) {
        Absent::Unruled
    } else {
        Absent::Missing
    }
}

/// Whether many lines are nothing but figures: those of a table whose rules were not found.
fn has_bare_figures(text: &[String]) -> bool {
    const MANY: usize = 8;
    let is_figure = |line: &&str| {
        let line = squeeze(line);
        !line.is_empty() && !line.contains(|c: char| c.is_alphabetic() && !c.is_ascii())
    };
    text.iter().flat_map(|paragraph| paragraph.lines()).filter(is_figure).count() >= MANY
}

/// Whether lines of a text that are no sentences hold most letters of the headers of a table.
fn shows_headers(text: &str, table: &Table) -> bool {
    table.columns.len() > 2 && shows_letters(text.lines(), table.columns.iter().map(|c| &c.label))
}

/// Whether lines that are no sentences hold most letters of some labels. The order of the letters is lost
/// where the lines of labels broken in two run together.
fn shows_letters<'t>(
    lines: impl Iterator<Item = &'t str>,
    labels: impl Iterator<Item = &'t String>,
) -> bool {
    const MOST: (usize, usize) = (3, 4);
    let lines = lines.filter(|line| !line.contains(['。', '，', '；', '：']));
    let shown: BTreeSet<char> = lines.flat_map(str::chars).collect();
    let letters: BTreeSet<char> =
        labels.flat_map(|label| label.chars()).filter(|c| c.is_alphabetic()).collect();
    letters.intersection(&shown).count() * MOST.1 >= letters.len() * MOST.0
}

/// Whether the text holds the labels of most rows of a table, or their letters.
fn shows_rows(text: &[String], table: &Table) -> bool {
    const FEWEST: usize = 10;
    if table.rows.len() < FEWEST {
        return false;
    }
    let whole = Label::of(&text.concat()).body;
    let is_shown = |row: &&Row| whole.contains(&Label::of(&row.label).body);
    table.rows.iter().filter(is_shown).count() * 2 > table.rows.len()
        || shows_letters(
            text.iter().flat_map(|text| text.lines()),
            table.rows.iter().map(|row| &row.label),
        )
}

/// Rows that a table lacks. On a scan one may be a row that was seen and not read; that is doubtful then.
fn missing_rows(check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let report = subject.report;
    let is_lacking = |(table, _): &(&Table, &Row)| !report.has_unread_rows(&table.id);
    let missing = in_form(&report.missing_rows, subject).filter(is_lacking);
    let drafts = missing.map(|(table, row)| {
        let values =
            BTreeMap::from([("table", table.name.clone()), ("row", row.name().to_owned())]);
        let place = format!("{}.{}", table.id, row.id);
        Draft::new(check, place, form.say(&check.id, &values))
    });
    drafts.collect()
}

/// Rows with their tables, in the form of the table.
fn in_form<'s>(
    rows: &'s [MissingRow],
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (&'s Table, &'s Row)> {
    rows.iter().filter_map(|at| {
        let own = subject.report.form_of(&at.table, subject.forms)?;
        let table = own.table(&at.table)?;
        Some((table, table.row(&at.row)?))
    })
}

/// One finding for neighbours of one group, at the first of them.
fn sublabels_lost(check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let placed: Vec<(&Table, &Row)> = in_form(&subject.report.sublabels_lost, subject).collect();
    let together = |(table, row): &(&Table, &Row), (next_table, next): &(&Table, &Row)| {
        table.id == next_table.id && !row.group.is_empty() && row.group == next.group
    };
    let drafts = placed.chunk_by(together).filter_map(|rows| {
        let (table, first) = rows.first()?;
        let group = first.group.last();
        let values = BTreeMap::from([
            ("table", table.name.clone()),
            ("row", group.map_or(first.name(), String::as_str).to_owned()),
            ("count", group.map(|_| rows.len().to_string()).unwrap_or_default()),
        ]);
        let place = format!("{}.{}", table.id, first.id);
        Some(Draft::new(check, place, form.say(&check.id, &values)))
    });
    drafts.collect()
}

fn sections_missing(check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let Some(due) = subject.due else { return Vec::new() };
    let found = |id: &str| subject.report.sections.iter().any(|s| s.id.as_deref() == Some(id));
    due.sections
        .iter()
        .filter(|s| !found(&s.id))
        .map(|s| {
            let says = form.say(&check.id, &BTreeMap::from([("title", s.title.clone())]));
            // On a scan its heading may have been misread.
            let severity = match subject.report.source {
                Source::Ocr => s.missing.min(Severity::Warning),
                Source::Text => s.missing,
            };
            Draft::new(check, format!("section.{}", s.id), says).with_severity(severity)
        })
        .collect()
}

fn section_titles(check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let Some(due) = subject.due else { return Vec::new() };
    let drafts = subject.report.sections.iter().filter_map(|found| {
        let section = due.sections.iter().find(|s| Some(s.id.as_str()) == found.id.as_deref())?;
        let heading = Label::of(&found.heading).body;
        let official = std::iter::once(&section.title).chain(&section.titles);
        if official.map(|t| Label::of(t).body).any(|t| t == heading) {
            return None;
        }
        let values = BTreeMap::from([
            ("title", section.title.clone()),
            ("heading", printed(&found.heading)),
        ]);
        let place = format!("section.{}", section.id);
        Some(Draft::new(check, place, form.say(&check.id, &values)))
    });
    drafts.collect()
}

/// Other headings among the sections, or the sections out of order.
fn section_structure(check: &Check, form: &Form, subject: &Subject<'_>) -> Vec<Draft> {
    let Some(due) = subject.due else { return Vec::new() };
    let found: Vec<Option<&str>> =
        subject.report.sections.iter().map(|s| s.id.as_deref()).collect();
    let expected: Vec<&str> = due.sections.iter().map(|s| s.id.as_str()).collect();
    let known: Vec<&str> = found.iter().copied().flatten().collect();
    let in_order = expected.iter().filter(|e| known.contains(e)).copied().eq(known.iter().copied());
    if expected.is_empty() || (in_order && found.len() <= expected.len()) {
        return Vec::new();
    }
    let values = BTreeMap::from([
        ("count", found.len().to_string()),
        ("expected", expected.len().to_string()),
    ]);
    on_report(check, form, values)
}

/// A test on the text of one section, when that section is due and there.
fn section_text(
    check: &Check,
    form: &Form,
    subject: &Subject<'_>,
    section: &str,
    fails: impl Fn(&str) -> Option<String>,
) -> Vec<Draft> {
    let title = subject.due.and_then(|f| f.sections.iter().find(|s| s.id == section));
    let found = subject.report.sections.iter().find(|s| s.id.as_deref() == Some(section));
    let (Some(title), Some(found)) = (title, found) else { return Vec::new() };
    let Some(told) = fails(&found.text) else { return Vec::new() };
    let values = BTreeMap::from([
        ("title", title.title.clone()),
        ("missing", told.clone()),
        ("quote", quoted(&told)),
    ]);
    vec![Draft::new(check, format!("section.{section}"), form.say(&check.id, &values))]
}

/// The subjects a text leaves out, by the first word for each.
fn unmentioned(all: &[Vec<String>], text: &str) -> Option<String> {
    let text = squeeze(text);
    let missing: Vec<&str> = all
        .iter()
        .filter(|words| !words.iter().any(|w| text.contains(w.as_str())))
        .filter_map(|words| words.first().map(String::as_str))
        .collect();
    (!missing.is_empty()).then(|| missing.join("、"))
}
