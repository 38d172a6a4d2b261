//! The templates of letters: those of `config/mail`, embedded, and in place of any of them the file
//! of the same name in a folder of the office's own.
//!
//! They are tried when they are loaded, on letters of every kind: what would fail when a report
//! waits to be told fails at the start, with file and line.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::specimen;
use crate::form::Forms;
use crate::form::template::{LONGEST_LINE, too_long_line};

/// Each letter has a `.txt` and an `.html` template; minijinja escapes every value in the latter,
/// by its name.
const TEMPLATES: &[(&str, &str)] = &[
    ("subject.txt", include_str!("../../config/mail/subject.txt")),
    ("letter.txt", include_str!("../../config/mail/letter.txt")),
    ("letter.html", include_str!("../../config/mail/letter.html")),
    ("report.html", include_str!("../../config/mail/report.html")),
    ("receipt.html", include_str!("../../config/mail/receipt.html")),
    ("overdue.txt", include_str!("../../config/mail/overdue.txt")),
    ("overdue.html", include_str!("../../config/mail/overdue.html")),
    ("reminder.txt", include_str!("../../config/mail/reminder.txt")),
    ("reminder.html", include_str!("../../config/mail/reminder.html")),
    ("admin.txt", include_str!("../../config/mail/admin.txt")),
    ("admin.html", include_str!("../../config/mail/admin.html")),
    ("trial.txt", include_str!("../../config/mail/trial.txt")),
    ("trial.html", include_str!("../../config/mail/trial.html")),
    ("item.txt", include_str!("../../config/mail/item.txt")),
    ("item.html", include_str!("../../config/mail/item.html")),
    ("table.html", include_str!("../../config/mail/table.html")),
    ("page.html", include_str!("../../config/mail/page.html")),
];

/// The templates, ready to be filled.
#[derive(Debug)]
pub struct Stationery {
    environment: Environment<'static>,
}

/// Why a letter could not be written: a template is broken in a way that its trial did not show.
#[derive(Debug, thiserror::Error)]
#[error("letter template: {0}")]
pub struct NoticeError(#[from] pub(super) minijinja::Error);

/// One thing wrong in a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateError {
    /// The file.
    pub file: String,
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// Why a folder of templates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StationeryError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read templates in {}: {source}; correct [mail] templates", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Templates that are not right, with all that is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<TemplateError>),
}

impl Stationery {
    /// The templates that come with the program.
    ///
    /// # Errors
    /// One of them is broken, which their tests should have told.
    pub fn built_in() -> Result<Self, NoticeError> {
        let mut environment = empty()?;
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        Ok(Self { environment })
    }

    /// The same with those of `folder` in place of their namesakes, all of them tried.
    ///
    /// # Errors
    /// The folder cannot be read, or a template in it is not right; all that is wrong is told.
    pub fn load(folder: Option<&Path>, forms: &Forms) -> Result<Self, StationeryError> {
        let broken = |error: NoticeError| StationeryError::Invalid(vec![located(&error.0, "")]);
        let mut stationery = Self::built_in().map_err(broken)?;
        let Some(folder) = folder else { return Ok(stationery) };
        let mut errors = BTreeSet::new();
        for (name, text) in read_folder(folder)? {
            if !TEMPLATES.iter().any(|(known, _)| *known == name) {
                errors.insert(unknown(name));
            } else if let Some(line) = too_long_line(&text) {
                let what = format!("a line of more than {LONGEST_LINE} characters");
                errors.insert(TemplateError { file: name, line: Some(line), what });
            } else if let Err(error) = stationery.environment.add_template_owned(name.clone(), text)
            {
                errors.insert(located(&error, &name));
            }
        }
        errors.extend(specimen::trial(&stationery, forms));
        match errors.is_empty() {
            true => Ok(stationery),
            false => Err(StationeryError::Invalid(errors.into_iter().collect())),
        }
    }

    /// Fills the template `name`, which sees `letter` and `subject`.
    pub(super) fn fill(
        &self,
        name: &str,
        subject: &str,
        letter: &impl Serialize,
    ) -> Result<String, NoticeError> {
        let values = context! { letter => Value::from(Serde(letter)), subject => subject };
        Ok(self.environment.get_template(name)?.render(&values)?)
    }
}

fn empty() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let tags_leave_no_lines =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(tags_leave_no_lines);
    // Nothing a report says is markup, whoever writes the template.
    environment.remove_filter("safe");
    Ok(environment)
}

/// The files of a folder that may be templates, by name.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, StationeryError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| StationeryError::Unreadable { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let is_template = path.extension().is_some_and(|e| e == "txt" || e == "html");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_template && !name.starts_with('.') {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            files.push((name, text));
        }
    }
    files.sort();
    Ok(files)
}

fn unknown(name: String) -> TemplateError {
    let known: Vec<String> = TEMPLATES.iter().map(|(known, _)| format!("`{known}`")).collect();
    let what = format!("no template has this name; expected one of {}", known.join(", "));
    TemplateError { file: name, line: None, what }
}

/// Where a template failed; an error within an included one names that.
pub(super) fn located(error: &minijinja::Error, file: &str) -> TemplateError {
    let mut innermost = error;
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(inner) = inner.downcast_ref::<minijinja::Error>() {
            innermost = inner;
        }
        cause = inner.source();
    }
    let detail = innermost.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    TemplateError {
        file: innermost.name().unwrap_or(file).to_owned(),
        line: innermost.line(),
        what: format!("{}{detail}", innermost.kind()),
    }
}
