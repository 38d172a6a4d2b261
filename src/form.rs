//! The official forms, read from `config/forms/*.toml` and fully validated.
//!
//! A form says everything gouji knows about one official template: its tables, rows, columns, the
//! labels a real report prints, units, what a blank means, which sections are due, and every check
//! with its wording and legal source. Nothing here knows a document.
//!
//! Forms with the same [`Form::title`] are the years of one kind of report. The files are embedded
//! in the program; a folder named in the configuration adds to them or replaces them by id. A file
//! that is not right is refused with every error in it, each with file and line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

pub mod across;
mod build;
pub mod claim;
pub mod expr;
mod file;
mod id;
pub(crate) mod label;
pub(crate) mod labels;
mod lazy;
pub mod sheet;
pub(crate) mod template;

use crate::config::remedy;
use across::Across;
use claim::{Claim, Subject};
use expr::Condition;
pub use id::Id;
pub use lazy::LazyRegex;

/// `<table>.<row>.<column>`: one value cell of a form, or one cell of a report laid over it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellId {
    /// Table id.
    pub table: Id,
    /// Row id.
    pub row: Id,
    /// Column id.
    pub column: Id,
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.table, self.row, self.column)
    }
}

/// How much a finding weighs. The order is that of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 提示: worth knowing.
    Info,
    /// 核实: confirm or explain.
    Warning,
    /// 强制: must be corrected.
    Error,
}

impl Severity {
    /// How an office calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "提示",
            Self::Warning => "核实",
            Self::Error => "强制",
        }
    }
}

/// One official form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The id, e.g. `2021`.
    pub id: String,
    /// The kind of report, shared by all its years.
    pub title: String,
    /// Other ways the kind is named in titles.
    pub titles: Vec<String>,
    /// First report year it applies to.
    pub from: i16,
    /// Last report year it applies to; `None`: still in force.
    pub to: Option<i16>,
    /// The document that decreed it.
    pub source: String,
    /// Tables in official order.
    pub tables: Vec<Table>,
    /// Sections in official order.
    pub sections: Vec<Section>,
    /// Until when a report is due, for whom.
    pub deadlines: Vec<Deadline>,
    /// What the name of a unit tells about its level; the first match counts.
    pub levels: Vec<Level>,
    /// Words that introduce what stands at the head and foot of a report.
    pub head: Head,
    /// Checks in the order of the file: those every form shares come last.
    pub checks: Vec<Check>,
    /// Rules on this report and others, as `checks`: the year before, the units of a summary.
    pub across: Vec<Across>,
    /// What sentences may speak of, the form's own first.
    pub subjects: Vec<Subject>,
    /// Sentences that state what cells say; the first to read a figure has it.
    pub claims: Vec<Claim>,
    /// SHA-256 of what it was read from: its own TOML text and that of all forms (hexadecimal).
    pub hash: String,
    /// The sentences of checks and deadlines, by rule id.
    sentences: Arc<minijinja::Environment<'static>>,
}

/// A table of a form: rows × columns, of which some cells may not exist.
#[derive(Debug, Clone)]
pub struct Table {
    /// The id, e.g. `requests`; `[a-z0-9_]+`.
    pub id: Id,
    /// How sentences name it, e.g. `表三`.
    pub name: String,
    /// The official heading over it.
    pub caption: String,
    /// Other headings over it.
    pub captions: Vec<String>,
    /// Header or label texts that tell this table (of this form) from others.
    pub fingerprint: Vec<String>,
    /// How cells stand on paper.
    pub layout: Layout,
    /// What is printed over the labels, in the corner.
    pub corner: Option<String>,
    /// A header printed over all columns.
    pub over: Option<String>,
    /// The header of a column with the units of the rows, where the form prints one.
    pub units: Option<String>,
    /// Columns in official order.
    pub columns: Vec<Column>,
    /// Rows in official order, headings included.
    pub rows: Vec<Row>,
    /// How much its absence weighs.
    pub missing: Severity,
}

/// How the cells of a table stand on paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// A label and its values in each row.
    #[default]
    Rows,
    /// All cells in a single line, row after row of the form; the row labels stand in the header.
    Line,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The id, e.g. `total`.
    pub id: Id,
    /// The header as printed.
    pub label: String,
    /// Other ways the header is printed.
    pub variants: Vec<String>,
    /// Headers above it, outermost first.
    pub group: Vec<String>,
    /// The unit of its cells unless the row says otherwise; `None`: the form prints none.
    pub unit: Option<String>,
    /// What its cells hold unless the row says otherwise.
    pub kind: Kind,
    /// Negative values have a meaning (增/减).
    pub signed: bool,
    /// A row that shows one value only shows this one.
    pub lone: bool,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id, e.g. `new_requests`.
    pub id: Id,
    /// The label as printed, numbering included.
    pub label: String,
    /// How sentences name it, where the label is long.
    pub short: Option<String>,
    /// Other ways the label is printed.
    pub variants: Vec<String>,
    /// Labels that stand before it over several rows, outermost first.
    pub group: Vec<String>,
    /// A heading: it has a line but no values.
    pub heading: bool,
    /// Unit of its cells, over the column's.
    pub unit: Option<String>,
    /// Kind of its cells, over the column's.
    pub kind: Option<Kind>,
    /// The columns it has; all unless named.
    pub columns: Vec<String>,
    /// What a blank in it means.
    pub blank: Blank,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number.
    #[default]
    Count,
    /// A decimal number: money.
    Amount,
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blank {
    /// A figure is missing.
    #[default]
    Missing,
    /// Nothing to report: no value, and no finding.
    Allowed,
    /// The form says that blank counts as zero.
    Zero,
}

/// A section of the report's text.
#[derive(Debug, Clone)]
pub struct Section {
    /// The id, e.g. `overview`; findings stand at `section.<id>`.
    pub id: String,
    /// The official title without its number.
    pub title: String,
    /// Other titles in use.
    pub titles: Vec<String>,
    /// How much its absence weighs.
    pub missing: Severity,
}

/// The last day on which a unit of some level may publish.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The rule id.
    pub rule: String,
    /// The levels it binds; empty: everyone.
    pub levels: Vec<String>,
    /// Month and day in the year after the report year.
    pub month_day: (i8, i8),
    /// How much being late weighs.
    pub severity: Severity,
    /// The clause it rests on.
    pub source: String,
    /// What [`Form::say`] knows its sentence by; one rule may have a deadline for each level.
    pub sentence: String,
}

/// A level of administration, told by a unit's name.
#[derive(Debug, Clone)]
pub struct Level {
    /// The id, e.g. `township`.
    pub id: String,
    /// Matches the name without white space.
    pub pattern: LazyRegex,
}

/// Words that introduce what stands at the head and foot of a report, matched without white space.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Head {
    /// Introduce the period the figures cover.
    pub period: Vec<String>,
    /// Stand before the unit that filled in the table.
    pub filled_by: Vec<String>,
    /// Introduce the year the report speaks of.
    pub announce: Vec<String>,
    /// Stand before the date of publication.
    pub published: Vec<String>,
    /// Stand before the publisher.
    pub publisher: Vec<String>,
    /// Mark lines that never tell year or date.
    pub never_year: Vec<String>,
    /// Refer to an attached file.
    pub attachment: Vec<String>,
}

/// A rule: what every check has, whatever it checks.
#[derive(Debug, Clone)]
pub struct Rule<B> {
    /// The rule id, e.g. `requests-balance`.
    pub id: String,
    /// How much a failure weighs.
    pub severity: Severity,
    /// The levels of units it is for; empty: all.
    pub levels: Vec<String>,
    /// The first report year it is for.
    pub from: Option<i16>,
    /// What is the matter in a few words that follow the name of a place, for subjects: `不是数字`.
    pub headline: Option<String>,
    /// The clause, note or line of the official form it rests on.
    pub source: String,
    /// What is checked.
    pub body: B,
}

/// A check of one report: equations on cells, or one of the built-in tests.
pub type Check = Rule<Body>;

/// What a check checks.
#[derive(Debug, Clone)]
pub enum Body {
    /// A condition on cells, at each of its places.
    Equation(Equation),
    /// A built-in test.
    Test(Test),
}

/// A condition on cells, at each of its places.
#[derive(Debug, Clone)]
pub struct Equation {
    /// One for each binding of `for_each`.
    pub instances: Vec<Instance>,
    /// The severity when the left side is less than the right one.
    pub if_less: Option<Severity>,
    /// The severity when the left side is greater than the right one.
    pub if_greater: Option<Severity>,
}

/// A condition with its cells resolved: those of one report, or [`across::Placed`] in several.
#[derive(Debug, Clone)]
pub struct Instance<C = CellId> {
    /// The place of its finding.
    pub place: String,
    /// The table it speaks of.
    pub table: Id,
    /// The row it speaks of, where it is one.
    pub row: Option<String>,
    /// The column it speaks of, where it is one.
    pub column: Option<String>,
    /// The condition.
    pub condition: Condition<C>,
    /// The stated total: switches on the rules for blank totals and breakdowns.
    pub total: Option<CellId>,
}

/// What an operand of a condition names.
pub trait Named {
    /// The cell of the report that is checked; `None`: it is another's.
    fn own(&self) -> Option<&CellId>;
}

impl Named for CellId {
    fn own(&self) -> Option<&CellId> {
        Some(self)
    }
}

impl<C: Named> Instance<C> {
    /// The cells of the report that is checked, in the order written.
    pub fn own_cells(&self) -> impl Iterator<Item = &CellId> {
        let mut cells = Vec::new();
        self.condition.cells(&mut cells);
        cells.into_iter().filter_map(Named::own)
    }
}

/// The tests that need no formula, because they speak of how cells are filled in, or of the text.
#[derive(Debug, Clone)]
pub enum Test {
    /// Cells left blank.
    Blank,
    /// Cells that hold a dash or slash.
    Placeholder,
    /// Cells that hold text where a number is due.
    NotNumeric,
    /// Cells that hold their unit.
    Unit,
    /// Negative values that make no sense.
    Negative,
    /// Fractions of what is counted.
    NotInteger,
    /// Cells not surely recognised on a scan.
    Doubtful,
    /// Cells of which the sums left one reading.
    ReadingTaken,
    /// Values in a heading row.
    HeadingValue,
    /// A sign before a number in a column that is not signed.
    Sign,
    /// Broken equations of a table that could not be traced to their cause.
    CauseOpen,
    /// A total left blank over parts that are not zero.
    TotalBlank,
    /// Parts left blank under a total that is not zero.
    BreakdownBlank,
    /// A table that is due is not there.
    TableMissing,
    /// A table that is due is a picture or an attachment.
    TableUnreadable,
    /// A due table whose headers stand in the text, without rules that tell its cells.
    TableUnruled,
    /// A row of the form is not in the table.
    RowMissing,
    /// Rows of a group whose labels are lost were told apart by their number alone.
    SublabelsLost,
    /// Values of a row that may stand in any of its columns.
    ColumnLost,
    /// A section that is due is not there.
    SectionMissing,
    /// A section under another title.
    SectionTitle,
    /// Not the sections of the form.
    SectionStructure,
    /// A section without substance.
    SectionShort {
        /// The section.
        section: String,
        /// Fewer characters are no substance.
        chars: usize,
        /// One of these words is due.
        needs: Vec<String>,
    },
    /// A section that leaves a subject out.
    SectionMentions {
        /// The section.
        section: String,
        /// Of each group one word is due.
        all: Vec<Vec<String>>,
    },
    /// A section that denies what a cell says.
    SectionDenies {
        /// The section.
        section: String,
        /// What the cells say.
        when: Condition<CellId>,
        /// What denies it.
        pattern: LazyRegex,
    },
    /// An older form than the year's.
    FormOutdated,
    /// No report year.
    YearMissing,
    /// Different report years.
    YearInconsistent,
    /// No unit.
    UnitMissing,
    /// The name of the unit, recognised on a scan, has characters that could not be told.
    UnitDoubtful,
    /// The name of the unit fits several that are known; see [`crate::check::ambiguous_unit`].
    UnitAmbiguous,
    /// No period.
    PeriodMissing,
    /// A period that is not the report year.
    PeriodOdd,
    /// Published before the year was over.
    PublishEarly,
    /// No date of publication.
    PublishMissing,
    /// No title.
    TitleMissing,
    /// A title without a year.
    TitleNoYear,
    /// A figure of the text that is not what its cell says.
    TextMismatch,
    /// A total of the text that its parts exceed, or do not reach though they claim to.
    TextBreakdown,
    /// A share of the text that is not that of its part in the total.
    TextPercent,
    /// An earlier year than the report's where the text says which year it tells of.
    OtherYear(Naming),
    /// Another unit than the report's where the text says whose report it is.
    OtherUnit(Naming),
}

/// Where the text names a year or a unit. Read against sentences without white space.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The first group of each is the name.
    pub patterns: Vec<LazyRegex>,
    /// Where this matches, nothing is meant by it: the sentence, for years; the name, for units.
    pub unless: LazyRegex,
}

/// What a rule is about, in the order in which an office wants to hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// Figures of one report that must agree.
    Equations,
    /// Figures that must agree with those of another year.
    Years,
    /// Figures of a summary that must agree with those of its units.
    Units,
    /// What the text says of them.
    Text,
    /// Tables, rows and sections that are due.
    Structure,
    /// How cells are filled in.
    Blanks,
    /// Which form, which year, which unit.
    Form,
    /// Period and publication.
    Dates,
    /// What does not change what the report says.
    Cosmetics,
}

impl Check {
    /// What it is about.
    pub fn matter(&self) -> Matter {
        match &self.body {
            Body::Equation(_) => Matter::Equations,
            Body::Test(test) => test.matter(),
        }
    }
}

impl Test {
    fn matter(&self) -> Matter {
        match self {
            Self::CauseOpen => Matter::Equations,
            Self::TextMismatch
            | Self::TextBreakdown
            | Self::TextPercent
            | Self::OtherYear(_)
            | Self::OtherUnit(_)
            | Self::SectionDenies { .. } => Matter::Text,
            Self::TableMissing
            | Self::TableUnreadable
            | Self::TableUnruled
            | Self::RowMissing
            | Self::SublabelsLost
            | Self::SectionMissing
            | Self::SectionStructure
            | Self::SectionShort { .. }
            | Self::SectionMentions { .. } => Matter::Structure,
            Self::Blank
            | Self::NotNumeric
            | Self::ColumnLost
            | Self::Negative
            | Self::NotInteger
            | Self::Doubtful
            | Self::ReadingTaken
            | Self::HeadingValue
            | Self::Sign
            | Self::TotalBlank
            | Self::BreakdownBlank => Matter::Blanks,
            Self::FormOutdated
            | Self::YearMissing
            | Self::YearInconsistent
            | Self::UnitMissing
            | Self::UnitDoubtful
            | Self::UnitAmbiguous => Matter::Form,
            Self::PeriodMissing | Self::PeriodOdd | Self::PublishEarly | Self::PublishMissing => {
                Matter::Dates
            }
            Self::Placeholder
            | Self::Unit
            | Self::SectionTitle
            | Self::TitleMissing
            | Self::TitleNoYear => Matter::Cosmetics,
        }
    }
}

/// The forms in use, by id. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    forms: BTreeMap<String, Arc<Form>>,
    /// The labels of their tables, made when they are first asked for.
    labels: Arc<OnceLock<labels::Labels>>,
}

/// One thing wrong in a form file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct FormError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Why the forms cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read forms in {}: {source}; {}", path.display(), remedy(source, "correct [forms] folder"))]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Files that are not right, with all that is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<FormError>),
}

/// The forms that come with the program, in the order of their years.
const EMBEDDED: [(&str, &str); 3] = [
    ("2014.toml", include_str!("../config/forms/2014.toml")),
    ("2019.toml", include_str!("../config/forms/2019.toml")),
    ("2021.toml", include_str!("../config/forms/2021.toml")),
];

/// What all forms share.
const SHARED: (&str, &str) = ("shared.toml", include_str!("../config/shared.toml"));

/// Whether a file is one of those in the program.
fn is_embedded(text: &str) -> bool {
    text == SHARED.1 || EMBEDDED.iter().any(|(_, own)| text == *own)
}

impl Forms {
    /// The ids of all rules.
    pub fn rules(&self) -> std::collections::BTreeSet<&str> {
        self.iter()
            .flat_map(|form| {
                let checks = form.checks.iter().map(|check| check.id.as_str());
                let across = form.across.iter().map(|rule| rule.id.as_str());
                let deadlines = form.deadlines.iter().map(|deadline| deadline.rule.as_str());
                checks.chain(across).chain(deadlines)
            })
            .collect()
    }

    /// The built-in forms, and those of `folder`, which replace built-in ones of the same id. A
    /// `shared.toml` there replaces what all forms share.
    pub fn load(folder: Option<&Path>) -> Result<Self, FormsError> {
        let mut texts: Vec<(String, String)> =
            EMBEDDED.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        let mut shared = (SHARED.0.to_owned(), SHARED.1.to_owned());
        for (name, text) in folder.map(read_folder).transpose()?.unwrap_or_default() {
            if name == SHARED.0 {
                shared = (name, text);
            } else {
                texts.push((name, text));
            }
        }
        Self::read(&texts, (&shared.0, &shared.1)).map_err(FormsError::Invalid)
    }

    /// The forms of these files (name and text); later ones replace earlier ones of the same id.
    fn read(texts: &[(String, String)], shared: (&str, &str)) -> Result<Self, Vec<FormError>> {
        let mut errors = Vec::new();
        let shared = file::read(shared.0, shared.1, &mut errors);
        let files: Vec<_> =
            texts.iter().map(|(name, text)| file::read(name, text, &mut errors)).collect();
        let tables = build::Tables::of(&files, &mut errors);
        let mut forms = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            if let Some(form) = build::form(file, at, &tables, &shared, &mut errors) {
                forms.insert(form.id.clone(), Arc::new(form));
            }
        }
        build::judge_together(&files, &forms, &mut errors);
        errors.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if errors.is_empty() { Ok(Self { forms, ..Self::default() }) } else { Err(errors) }
    }

    /// The labels of their tables, form after form.
    pub(crate) fn labels(&self) -> &labels::Labels {
        let tables = || self.iter().flat_map(|form| &form.tables);
        self.labels.get_or_init(|| labels::Labels::of(tables()))
    }

    /// The form with this id.
    pub fn get(&self, id: &str) -> Option<&Form> {
        self.forms.get(id).map(Arc::as_ref)
    }

    /// All forms, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Form> {
        self.forms.values().map(Arc::as_ref)
    }

    /// What a rule is about, in whichever form it stands. A rule that no form has any more, and stands
    /// in an old finding, is about nothing in particular.
    pub fn matter(&self, rule: &str) -> Matter {
        let of = |form: &Form| {
            let check = form.checks.iter().find(|check| check.id == rule).map(Check::matter);
            let across = form.across.iter().find(|across| across.id == rule);
            let across = across.map(|across| match across.body {
                across::Body::Copied { .. } => Matter::Text,
                _ if across.body.is_of_units() => Matter::Units,
                _ => Matter::Years,
            });
            let deadline = form.deadlines.iter().any(|deadline| deadline.rule == rule);
            check.or(across).or(deadline.then_some(Matter::Dates))
        };
        self.iter().find_map(of).unwrap_or(Matter::Cosmetics)
    }

    /// What is the matter where a rule fails, in a few words that follow the name of a place, in
    /// whichever form the rule stands.
    pub fn headline(&self, rule: &str) -> Option<&str> {
        self.iter().find_map(|form| {
            let check = form.checks.iter().find(|check| check.id == rule);
            let across = || form.across.iter().find(|across| across.id == rule);
            match check {
                Some(check) => check.headline.as_deref(),
                None => across()?.headline.as_deref(),
            }
        })
    }

    /// The form due in a report year, among those of one kind.
    pub fn due<'a>(&'a self, kind: &'a str, year: i16) -> Option<&'a Form> {
        self.iter().find(|f| f.title == kind && f.covers(year))
    }

    /// The kinds of report, each once.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|f| f.title.as_str()).collect::<std::collections::BTreeSet<_>>().into_iter()
    }
}

/// Checks one form file by itself, for `gouji forms check`.
pub fn check_file(name: &str, text: &str) -> Result<Form, Vec<FormError>> {
    let mut errors = Vec::new();
    let shared = file::read(SHARED.0, SHARED.1, &mut errors);
    // Rules across years may name the forms that come with the program.
    let mut files: Vec<_> =
        EMBEDDED.iter().map(|(name, text)| file::read(name, text, &mut Vec::new())).collect();
    let own = file::read(name, text, &mut errors);
    // What forms share has no tables for its rules: it is checked with the forms of its folder.
    if own.form.is_none() {
        return Err(errors);
    }
    files.push(own);
    let tables = build::Tables::of(&files, &mut errors);
    let form = files
        .last()
        .and_then(|file| build::form(file, EMBEDDED.len(), &tables, &shared, &mut errors));
    errors.sort_by_key(|e| e.line);
    form.filter(|_| errors.is_empty()).ok_or(errors)
}

fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, FormsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| FormsError::Unreadable { path, source }
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, text))
        })
        .collect()
}

impl Form {
    /// Whether the form applies to a report year.
    pub fn covers(&self, year: i16) -> bool {
        self.from <= year && self.to.is_none_or(|to| year <= to)
    }

    /// A table by id.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.id == id)
    }

    /// What the name of a unit tells about its level.
    pub fn level(&self, unit: &str) -> Option<&str> {
        let name: String = unit.chars().filter(|c| !c.is_whitespace()).collect();
        self.levels.iter().find(|l| l.pattern.is_match(&name)).map(|l| l.id.as_str())
    }

    /// The check that runs a built-in test, by a pattern on the test.
    pub fn test(&self, is: impl Fn(&Test) -> bool) -> Option<&Check> {
        self.checks.iter().find(|c| matches!(&c.body, Body::Test(t) if is(t)))
    }

    /// The sentence of a rule with these values.
    pub fn say(&self, rule: &str, values: &BTreeMap<&str, String>) -> String {
        self.sentences
            .get_template(rule)
            .and_then(|t| t.render(values))
            .unwrap_or_else(|error| format!("BUG: {rule}: {error}"))
    }

    /// A cell as sentences name it: `表三“本年新收”行“总计”列`, in a table of one column without it.
    pub fn name(&self, cell: &CellId) -> Option<String> {
        let (table, row, column) = self.names(cell)?;
        Some(match self.table(&cell.table)?.columns.len() {
            1 => format!("{table}“{row}”"),
            _ => format!("{table}“{row}”行“{column}”列"),
        })
    }

    /// How sentences name a cell: table, row and column.
    pub fn names(&self, cell: &CellId) -> Option<(&str, &str, &str)> {
        let table = self.table(&cell.table)?;
        let row = table.row(&cell.row)?;
        let column = table.column(&cell.column)?;
        Some((&table.name, row.name(), &column.label))
    }
}

impl Head {
    /// Whether a line speaks of the period that the figures cover.
    pub fn tells_period(&self, line: &str) -> bool {
        let line = label::squeeze(line);
        self.period.iter().any(|word| line.contains(word.as_str()))
    }

    /// The words of several heads, each once.
    pub fn merged<'h>(heads: impl IntoIterator<Item = &'h Self>) -> Self {
        let mut all = Self::default();
        for head in heads {
            for (words, more) in all.lists().into_iter().zip(head.clone().lists()) {
                words.append(more);
            }
        }
        for words in all.lists() {
            words.sort();
            words.dedup();
        }
        all
    }

    fn lists(&mut self) -> [&mut Vec<String>; 7] {
        [
            &mut self.period,
            &mut self.filled_by,
            &mut self.announce,
            &mut self.published,
            &mut self.publisher,
            &mut self.never_year,
            &mut self.attachment,
        ]
    }
}

impl Table {
    /// A row by id.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|r| r.id == id)
    }

    /// A column by id.
    pub fn column(&self, id: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.id == id)
    }

    /// The rows that hold values.
    pub fn value_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|r| !r.heading)
    }

    /// The columns a row has, in official order.
    pub fn columns_of<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a Column> {
        self.columns.iter().filter(move |c| row.has(&c.id))
    }

    /// The id of a cell of this table.
    pub fn cell(&self, row: &Row, column: &Column) -> CellId {
        CellId { table: self.id.clone(), row: row.id.clone(), column: column.id.clone() }
    }

    /// Every cell, row after row.
    pub fn cells(&self) -> impl Iterator<Item = (&Row, &Column)> {
        self.value_rows().flat_map(|r| self.columns_of(r).map(move |c| (r, c)))
    }
}

impl Row {
    /// Whether it has a column.
    pub fn has(&self, column: &str) -> bool {
        !self.heading && (self.columns.is_empty() || self.columns.iter().any(|c| c == column))
    }

    /// How sentences name it.
    pub fn name(&self) -> &str {
        self.short.as_deref().unwrap_or(&self.label)
    }

    /// The unit its cell in a column has by the form.
    pub fn unit_in<'a>(&'a self, column: &'a Column) -> Option<&'a str> {
        self.unit.as_deref().or(column.unit.as_deref())
    }

    /// What its cell in a column holds.
    pub fn kind_in(&self, column: &Column) -> Kind {
        self.kind.unwrap_or(column.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_forms_are_right() {
        let forms = Forms::load(None).map_err(|e| e.to_string()).unwrap();
        let cells = |id: &str| -> usize {
            forms.get(id).unwrap().tables.iter().map(|t| t.cells().count()).sum()
        };
        assert_eq!((cells("2014"), cells("2019"), cells("2021")), (58, 198, 200));
    }
}
