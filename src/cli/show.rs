//! `gouji check` for people: a line that sums a report up, the official tables in which something is
//! wrong, and what is wrong: causes with what they explain, a line for each, then the rest.
//! Everything that comes out of a file is made harmless.

use std::io::{self, Write};

use super::check::{Checking, unnamed};
use super::json::Detail;
use super::table::{self, Marks};
use super::terminal::{Style, Terminal, plain};
use crate::check::{Finding, Outcome, Policy, Verdict};
use crate::form::{Forms, Severity};
use crate::inspect::Checked;
use crate::report::{CellValue, Report};

/// How much to show, and where.
pub(super) struct View<'f> {
    /// The place we print to.
    pub(super) terminal: Terminal,
    /// Draw all tables, not only those with marked cells.
    pub(super) tables: bool,
    /// What else to show.
    pub(super) detail: Detail,
    /// The forms the reports follow.
    pub(super) forms: &'f Forms,
    /// What the configuration changes about the rules.
    pub(super) policy: &'f Policy,
}

/// Prints one report.
pub(super) fn report(
    out: &mut impl Write,
    checking: &Checking<'_>,
    view: &View<'_>,
) -> io::Result<()> {
    let inspection = checking.inspection;
    let name = plain(&checking.name());
    writeln!(out, "{}", summary(checking, &name, view.terminal))?;
    for line in [&inspection.reason, &inspection.detail].into_iter().flatten() {
        writeln!(out, "  {}", plain(line))?;
    }
    if let Some(checked) = &inspection.checked {
        tables(out, checked, view)?;
        problems(out, checked, view.terminal)?;
        if let Some(told) = view.policy.told() {
            let line = format!("配置中{}", plain(&told));
            writeln!(out, "规则 {}", view.terminal.paint(Style::Dim, &line))?;
        }
        if view.detail.raw {
            raw(out, &checked.report)?;
        }
        if view.detail.all {
            tried(out, checked, view.terminal)?;
        }
    }
    writeln!(out)
}

/// `青塘镇.docx: failed, 2 errors, 1 warning · 青塘镇人民政府 2019 · form 2019`
fn summary(checking: &Checking<'_>, name: &str, terminal: Terminal) -> String {
    let inspection = checking.inspection;
    let (word, style) = match inspection.verdict {
        Verdict::Passed => ("passed", Style::Green),
        Verdict::Failed => ("failed", Style::Red),
        Verdict::Unreadable => ("unreadable", Style::Red),
        Verdict::Unrecognised => ("unrecognised", Style::Yellow),
        Verdict::Ignored => ("ignored", Style::Dim),
    };
    let mut line =
        format!("{}: {}", terminal.paint(Style::Bold, name), terminal.paint(style, word));
    if let Some(checked) = &inspection.checked {
        let report = &checked.report;
        line += &counts(&checked.findings);
        let unit = report.unit.clone().unwrap_or_else(|| unnamed(name));
        let year = report.year.map_or_else(|| "no year".to_owned(), |year| year.to_string());
        line += &format!(" · {} {year}", plain(&unit));
        match &report.form {
            Some(form) => line += &format!(" · form {form}"),
            None => line += " · no tables",
        }
    }
    line
}

fn counts(findings: &[Finding]) -> String {
    let kinds =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "hint")];
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    kinds
        .into_iter()
        .map(|(severity, word)| (count(severity), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!(", {count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect()
}

fn tables(out: &mut impl Write, checked: &Checked, view: &View<'_>) -> io::Result<()> {
    let marks = marks(checked);
    let mut drawn = false;
    for found in &checked.report.tables {
        let form = view.forms.get(&found.form);
        let Some(table) = form.and_then(|form| form.table(&found.table)) else { continue };
        if view.tables || marks.keys().any(|cell| cell.table == table.id) {
            let heading = format!("{} {}", table.name, table.caption);
            writeln!(out, "\n{}", view.terminal.paint(Style::Bold, heading.trim_start()))?;
            let cells = &checked.report.cells;
            out.write_all(table::draw(table, cells, &marks, view.terminal).as_bytes())?;
            drawn = true;
        }
    }
    if drawn && !marks.is_empty() {
        let legend = "*  stands in an error    ?  stands in a warning    缺  row is missing";
        writeln!(out, "{}", view.terminal.paint(Style::Dim, legend))?;
    }
    Ok(())
}

/// The cells that errors and warnings speak of: where a cause is known, those it names; else all
/// that stand in the rule.
fn marks(checked: &Checked) -> Marks {
    let mut marks = Marks::new();
    for finding in checked.findings.iter().filter(|f| f.severity > Severity::Info) {
        let cause = checked.causes.iter().find(|cause| finding.cause == Some(cause.id));
        let cells: Vec<_> = match cause {
            Some(cause) => cause.cells.iter().map(|repair| &repair.cell).collect(),
            None => finding.cells.iter().collect(),
        };
        for cell in cells {
            let mark = marks.entry(cell.clone()).or_insert(finding.severity);
            *mark = (*mark).max(finding.severity);
        }
    }
    marks
}

/// Causes first, each with the findings it explains below; then what nothing explains, gravest
/// first.
fn problems(out: &mut impl Write, checked: &Checked, terminal: Terminal) -> io::Result<()> {
    if !checked.findings.is_empty() {
        writeln!(out)?;
    }
    let known = |finding: &Finding| checked.causes.iter().any(|c| finding.cause == Some(c.id));
    for cause in &checked.causes {
        let word = if cause.certain { "原因" } else { "可能" };
        writeln!(out, "{} {}", terminal.paint(Style::Bold, word), plain(&cause.message))?;
        for explained in checked.findings.iter().filter(|f| f.cause == Some(cause.id)) {
            let rule = terminal.paint(Style::Dim, &explained.rule);
            writeln!(out, "     {} {rule}", headline(explained, terminal))?;
        }
    }
    let mut rest: Vec<&Finding> = checked.findings.iter().filter(|f| !known(f)).collect();
    rest.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    rest.into_iter().try_for_each(|f| finding(out, f, terminal))
}

/// How much a finding weighs, and what it says.
fn headline(finding: &Finding, terminal: Terminal) -> String {
    let (word, style) = match finding.severity {
        Severity::Error => ("强制", Style::Red),
        Severity::Warning => ("核实", Style::Yellow),
        Severity::Info => ("提示", Style::Dim),
    };
    format!("{} {}", terminal.paint(style, word), plain(&finding.message))
}

/// One finding; the rule and the clause behind it in a dim line below.
fn finding(out: &mut impl Write, finding: &Finding, terminal: Terminal) -> io::Result<()> {
    writeln!(out, "{}", headline(finding, terminal))?;
    let source = match finding.source.as_str() {
        "" => finding.rule.clone(),
        source => format!("{} · {}", finding.rule, plain(source)),
    };
    writeln!(out, "     {}", terminal.paint(Style::Dim, &source))
}

/// Every cell as printed in the document, and where; rows that the form does not know.
fn raw(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out)?;
    for (id, cell) in &report.cells {
        let kind = match &cell.value {
            CellValue::Number(number) => number.to_string(),
            CellValue::Blank => "blank".to_owned(),
            CellValue::Placeholder => "placeholder".to_owned(),
            CellValue::Text(_) => "text".to_owned(),
        };
        let unit = cell.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let page = cell.place.page.map(|page| format!(", page {page}")).unwrap_or_default();
        let doubtful = if cell.doubtful { ", doubtful" } else { "" };
        let place = cell.place;
        writeln!(
            out,
            "{id}: {kind}{} “{}” (table {}, row {}, column {}{page}{doubtful})",
            plain(&unit),
            plain(&cell.raw),
            place.table,
            place.row,
            place.column,
        )?;
    }
    for row in &report.unknown_rows {
        let values: Vec<String> = row.values.iter().map(|value| plain(value)).collect();
        let label = plain(&row.label);
        writeln!(out, "{}: unknown row “{label}”: {}", row.table, values.join(" | "))?;
    }
    Ok(())
}

fn tried(out: &mut impl Write, checked: &Checked, terminal: Terminal) -> io::Result<()> {
    writeln!(out)?;
    for tried in &checked.tried {
        let outcome = match &tried.outcome {
            Outcome::Pass => "pass".to_owned(),
            Outcome::Fail => terminal.paint(Style::Red, "fail"),
            Outcome::Undecided { because } => {
                terminal.paint(Style::Dim, &format!("undecided: {}", plain(because)))
            }
        };
        writeln!(out, "{} at {}: {outcome}", tried.rule, tried.place)?;
    }
    Ok(())
}
