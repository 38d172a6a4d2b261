//! From a form file as typed to a [`Form`] in which nothing can be wrong any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::expr::Whose;
use super::file::{DeadlineItem, File, Item, SectionItem, TableItems};
use super::template::{LONGEST_LINE, too_long_line};
use super::{Column, Deadline, Form, FormError, Head, LazyRegex, Level, Row, Section, Table};

mod claims;
mod places;
mod rules;

/// The variables a sentence may use; each test and equation sets those that mean something for it.
const VARIABLES: [&str; 35] = [
    "attachment",
    "caption",
    "column",
    "count",
    "deadline",
    "difference",
    "due",
    "expected",
    "form",
    "guess",
    "heading",
    "last_value",
    "last_year",
    "left",
    "left_terms",
    "missing",
    "named",
    "parts",
    "period",
    "published",
    "quote",
    "right",
    "right_terms",
    "row",
    "rows",
    "share",
    "table",
    "text",
    "title",
    "total",
    "unit",
    "units",
    "value",
    "year",
    "years",
];

/// The tables of every form file, so that a rule across years can name cells of another form.
pub(super) struct Tables {
    files: Vec<(Option<String>, Vec<Table>)>,
}

impl Tables {
    /// The tables of these files; adds to `errors` all that is wrong with them.
    pub(super) fn of<'f>(
        files: impl IntoIterator<Item = &'f File>,
        errors: &mut Vec<FormError>,
    ) -> Self {
        let tables = |file: &File| {
            let mut builder = Builder { file: file.name.clone(), embedded: file.embedded, errors };
            builder
                .unique("table", file.tables.iter().map(|t| (t.line, t.value.table.id.as_str())));
            let tables = file.tables.iter().filter_map(|t| builder.table(t)).collect();
            (file.form.as_ref().map(|form| form.value.id.clone()), tables)
        };
        Self { files: files.into_iter().map(tables).collect() }
    }

    /// Those of the form with this id: of several, the last file replaces the others.
    fn form(&self, id: &str) -> Option<&[Table]> {
        let file = self.files.iter().rfind(|(form, _)| form.as_deref() == Some(id))?;
        Some(&file.1)
    }

    fn ids(&self) -> Vec<&str> {
        self.files.iter().filter_map(|(id, _)| id.as_deref()).collect()
    }
}

/// Builds the form of the file `at` its place among [`Tables`]; adds to `errors` all that is wrong
/// with it.
pub(super) fn form(
    file: &File,
    at: usize,
    all: &Tables,
    shared: &File,
    errors: &mut Vec<FormError>,
) -> Option<Form> {
    let embedded = file.embedded && shared.embedded;
    let mut builder = Builder { file: file.name.clone(), embedded, errors };
    let years = file.form.as_ref().and_then(|f| builder.years(f.line, &f.value.years));
    let tables: Vec<Table> = all.files.get(at).map(|(_, tables)| tables.clone())?;
    let sections = file.sections.iter().map(section).collect();
    builder.unique("section", file.sections.iter().map(|s| (s.line, s.value.id.as_str())));
    let levels = builder.levels(file, shared);
    let mut sentences = minijinja::Environment::new();
    sentences.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let deadlines = builder.deadlines(&file.deadlines, &levels, &mut sentences);
    let id = file.form.as_ref().map_or("", |form| form.value.id.as_str());
    let home = rules::Home { form: id, tables: &tables, all };
    builder.unique("check", file.checks.iter().map(|c| (c.line, c.value.id.as_str())));
    builder.unique("across", file.across.iter().map(|a| (a.line, a.value.id.as_str())));
    let own: Vec<_> = file.checks.iter().collect();
    let mut checks = builder.checks(&own, &home, &levels, &mut sentences);
    let own: Vec<_> = file.across.iter().collect();
    let mut across = builder.across(&own, &home, &levels, &mut sentences);
    let subjects = builder.subjects(file, shared);
    let mut claims = builder.claims(
        &file.claims.iter().collect::<Vec<_>>(),
        file.form.is_none(),
        &tables,
        &subjects,
    );
    builder.file.clone_from(&shared.name);
    let rest = not_among(&file.claims, &shared.claims, |claim| &claim.id);
    claims.extend(builder.claims(&rest, true, &tables, &subjects));
    let rest = not_among(&file.checks, &shared.checks, |rule| &rule.id);
    checks.extend(builder.checks(&rest, &home, &levels, &mut sentences));
    let mut rest = not_among(&file.across, &shared.across, |rule| &rule.id);
    // A form without cells has nothing in common with other reports.
    rest.retain(|_| !tables.is_empty());
    across.extend(builder.across(&rest, &home, &levels, &mut sentences));
    let (item, (from, to)) = (file.form.as_ref()?, years?);
    Some(Form {
        id: item.value.id.clone(),
        title: item.value.title.clone(),
        titles: item.value.titles.clone(),
        from,
        to,
        source: item.value.source.clone(),
        tables,
        sections,
        deadlines,
        levels,
        head: Head::merged([&file.head, &shared.head].into_iter().flatten().map(|h| &h.value)),
        checks,
        across,
        subjects,
        claims,
        hash: hash(&[&file.text_hash, &shared.text_hash]),
        sentences: Arc::new(sentences),
    })
}

/// What only several forms together can get wrong: two of one kind in one year.
pub(super) fn judge_together(
    files: &[File],
    forms: &BTreeMap<String, Arc<Form>>,
    errors: &mut Vec<FormError>,
) {
    let home = |id: &str| {
        let line = |file: &File| {
            file.form.as_ref().filter(|form| form.value.id == id).map(|form| form.line)
        };
        files.iter().find_map(|file| Some((file.name.clone(), line(file)?)))
    };
    for (a, b) in forms.values().flat_map(|a| forms.values().map(move |b| (a, b))) {
        if a.id < b.id && a.title == b.title && (a.covers(b.from) || b.covers(a.from)) {
            let (other, _) = home(&a.id).unwrap_or_default();
            let (file, line) = home(&b.id).unwrap_or_default();
            let what = format!("`{}` and `{}` of {other} are both due in one year", b.id, a.id);
            errors.push(FormError { file, line, what });
        }
    }
}

/// SHA-256 of texts, in hexadecimal.
pub(super) fn hash(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    texts.iter().for_each(|t| hasher.update(t));
    hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn section(item: &Item<SectionItem>) -> Section {
    let SectionItem { id, title, titles, missing } = item.value.clone();
    Section { id, title, titles, missing }
}

/// What all forms share, but for what the form has itself.
fn not_among<'s, T>(
    own: &[Item<T>],
    shared: &'s [Item<T>],
    id: impl Fn(&T) -> &String,
) -> Vec<&'s Item<T>> {
    let is_own = |item: &Item<T>| own.iter().any(|own| id(&own.value) == id(&item.value));
    shared.iter().filter(|item| !is_own(item)).collect()
}

struct Builder<'a> {
    file: String,
    /// The file is one of those in the program.
    embedded: bool,
    errors: &'a mut Vec<FormError>,
}

impl Builder<'_> {
    fn refuse(&mut self, line: usize, what: impl Into<String>) {
        self.errors.push(FormError { file: self.file.clone(), line, what: what.into() });
    }

    fn unique<'s>(&mut self, what: &str, ids: impl Iterator<Item = (usize, &'s str)>) {
        let mut seen = BTreeSet::new();
        for (line, id) in ids {
            if !seen.insert(id) {
                self.refuse(line, format!("{what} `{id}` stands twice"));
            }
        }
    }

    /// `"2019-2020"`, `"2021-"`.
    fn years(&mut self, line: usize, text: &str) -> Option<(i16, Option<i16>)> {
        let years = text.split_once('-').and_then(|(from, to)| {
            let to = if to.trim().is_empty() { None } else { Some(to.trim().parse().ok()?) };
            Some((from.trim().parse().ok()?, to))
        });
        if years.is_none() {
            self.refuse(line, format!("years `{text}`: expected \"2019-2020\" or \"2021-\""));
        }
        years
    }

    fn id(&mut self, line: usize, what: &str, id: &str) {
        let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if id.is_empty() || !id.chars().all(right) {
            self.refuse(line, format!("{what} id `{id}`: only a-z, 0-9 and _ are allowed"));
        }
    }

    fn table(&mut self, item: &Item<TableItems>) -> Option<Table> {
        let TableItems { table, columns, rows } = item.value.clone();
        self.id(item.line, "table", &table.id);
        if Whose::of_prefix(&table.id).is_some() {
            self.refuse(item.line, format!("table id `{}` means other reports in rules", table.id));
        }
        self.unique("column", columns.iter().map(|c| (c.line, c.value.id.as_str())));
        self.unique("row", rows.iter().map(|r| (r.line, r.value.id.as_str())));
        if columns.is_empty() || rows.iter().all(|r| r.value.heading) {
            self.refuse(item.line, format!("table `{}` has no cells", table.id));
            return None;
        }
        for column in &columns {
            self.id(column.line, "column", &column.value.id);
        }
        for row in &rows {
            self.id(row.line, "row", &row.value.id);
            for named in row.value.columns.iter().flatten() {
                if !columns.iter().any(|c| c.value.id == *named) {
                    let what = format!("row `{}` names column `{named}`", row.value.id);
                    self.refuse(row.line, format!("{what}, which table `{}` lacks", table.id));
                }
            }
        }
        Some(Table {
            id: table.id.into(),
            name: table.name,
            caption: table.caption,
            captions: table.captions,
            fingerprint: table.fingerprint,
            layout: table.layout,
            corner: table.corner,
            over: table.over,
            units: table.units,
            missing: table.missing,
            columns: columns.into_iter().map(|c| column(c.value)).collect(),
            rows: rows.into_iter().map(|r| row(r.value)).collect(),
        })
    }

    fn levels(&mut self, file: &File, shared: &File) -> Vec<Level> {
        let mut levels = Vec::new();
        for item in file.levels.iter().chain(&shared.levels) {
            if let Some(pattern) = self.regex(item.line, &item.value.pattern) {
                levels.push(Level { id: item.value.id.clone(), pattern });
            }
        }
        levels
    }

    /// A pattern as typed; those in the program are trusted to be right.
    fn pattern(&self, pattern: &str) -> Result<LazyRegex, String> {
        match self.embedded {
            true => Ok(LazyRegex::trusted(pattern)),
            false => LazyRegex::checked(pattern).map_err(|error| error.to_string()),
        }
    }

    fn regex(&mut self, line: usize, pattern: &str) -> Option<LazyRegex> {
        let pattern = self.pattern(pattern);
        pattern.map_err(|error| self.refuse(line, format!("pattern: {error}"))).ok()
    }

    fn known_levels(&mut self, line: usize, named: &[String], levels: &[Level]) {
        for level in named.iter().filter(|n| !levels.iter().any(|l| l.id == **n)) {
            self.refuse(line, format!("level `{level}` has no [[level]]"));
        }
    }

    fn deadlines(
        &mut self,
        items: &[Item<DeadlineItem>],
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
    ) -> Vec<Deadline> {
        let mut deadlines = Vec::new();
        for (number, Item { line, value }) in items.iter().enumerate() {
            self.known_levels(*line, &value.levels, levels);
            let sentence = format!("{}#{number}", value.rule);
            self.sentence(*line, sentence.clone(), &value.says, &value.source, sentences);
            let Some(month_day) = month_day(&value.date) else {
                self.refuse(*line, format!("date `{}`: expected \"MM-DD\"", value.date));
                continue;
            };
            deadlines.push(Deadline {
                rule: value.rule.clone(),
                levels: value.levels.clone(),
                month_day,
                severity: value.severity,
                source: value.source.clone(),
                sentence,
            });
        }
        deadlines
    }

    /// Takes in the sentence of a rule.
    fn sentence(
        &mut self,
        line: usize,
        rule: String,
        says: &str,
        source: &str,
        sentences: &mut minijinja::Environment<'static>,
    ) {
        if says.trim().is_empty() || source.trim().is_empty() {
            self.refuse(line, format!("`{rule}`: says and source must not be empty"));
        }
        if too_long_line(says).is_some() {
            self.refuse(
                line,
                format!("`{rule}`: says has over {LONGEST_LINE} characters in a line"),
            );
            return;
        }
        if let Err(error) = sentences.add_template_owned(rule.clone(), says.to_owned()) {
            self.refuse(line, format!("`{rule}`: says: {error}"));
            return;
        }
        let used = sentences.get_template(&rule).map(|t| t.undeclared_variables(false));
        for unknown in used.unwrap_or_default().iter().filter(|v| !VARIABLES.contains(&v.as_str()))
        {
            let known = VARIABLES.join(", ");
            self.refuse(line, format!("`{rule}`: says uses `{unknown}`, expected one of {known}"));
        }
    }
}

fn column(item: super::file::ColumnItem) -> Column {
    let super::file::ColumnItem { id, label, variants, group, unit, kind, signed, lone } = item;
    Column { id: id.into(), label, variants, group, unit, kind, signed, lone }
}

fn row(item: super::file::RowItem) -> Row {
    let super::file::RowItem {
        id,
        label,
        short,
        variants,
        group,
        heading,
        unit,
        kind,
        columns,
        blank,
    } = item;
    let columns = columns.unwrap_or_default();
    Row { id: id.into(), label, short, variants, group, heading, unit, kind, columns, blank }
}

fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    jiff::civil::Date::new(2000, month, day).ok().map(|_| (month, day))
}
