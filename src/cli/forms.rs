//! `gouji forms`: which forms are in use, and whether a form file is right.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::Exit;
use crate::config::AS_UTF8;
use crate::config::Settings;
use crate::form::{Form, Forms, check_file};

/// Lists the forms in use.
pub(super) fn list(settings: &Settings) -> anyhow::Result<Exit> {
    let forms = Forms::load(settings.forms_folder.as_deref())?;
    let mut out = std::io::stdout();
    for form in forms.iter() {
        writeln!(out, "{}", line(form))?;
    }
    Ok(Exit::Fine)
}

/// Checks one form file.
pub(super) fn check(file: &Path) -> anyhow::Result<Exit> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            anyhow::bail!("cannot read the form {}: {error}; {AS_UTF8}", file.display())
        }
        read => read.with_context(|| format!("cannot read the form {}", file.display()))?,
    };
    match check_file(&file.display().to_string(), &text) {
        Ok(form) => {
            writeln!(std::io::stdout(), "{}: right\n{}", file.display(), line(&form))?;
            Ok(Exit::Fine)
        }
        // Not wrong, and no form: what all forms share has no [form].
        Err(errors) if errors.is_empty() => anyhow::bail!(
            "{}: has no [form]: it is no form but what forms share, and is checked with those of its \
             folder by `gouji config check`",
            file.display()
        ),
        Err(errors) => {
            for error in errors {
                writeln!(std::io::stderr(), "{error}")?;
            }
            Ok(Exit::CouldNotCheck)
        }
    }
}

/// `2021  2021-  政府信息公开工作年度报告  tables 3, cells 200, checks 41`
fn line(form: &Form) -> String {
    let to = form.to.map(|year| year.to_string()).unwrap_or_default();
    let cells: usize = form
        .tables
        .iter()
        .flat_map(|table| table.rows.iter().map(move |row| (table, row)))
        .filter(|(_, row)| !row.heading)
        .map(|(table, row)| match row.columns.len() {
            0 => table.columns.len(),
            some => some,
        })
        .sum();
    format!(
        "{}  {}-{to}  {}  tables {}, cells {cells}, checks {}",
        form.id,
        form.from,
        form.title,
        form.tables.len(),
        form.checks.len() + form.across.len() + form.deadlines.len(),
    )
}
