//! From a form file as typed to a [`Form`] in which nothing can be wrong any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::expr::{self, Condition, Part, Pattern, Term};
use super::file::{CheckItem, ClaimItem, DeadlineItem, File, Item, SectionItem, TableItems};
use super::{
    Body, CellId, Check, Column, Deadline, Equation, Form, FormError, Head, Instance, LazyRegex,
    Level, Row, Section, Table, Test,
};

mod across;
mod claims;

/// The variables a sentence may use; each test and equation sets those that mean something for it.
const VARIABLES: [&str; 34] = [
    "attachment",
    "caption",
    "column",
    "count",
    "deadline",
    "difference",
    "due",
    "expected",
    "form",
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
    let own: BTreeSet<&str> = file.checks.iter().map(|c| c.value.id.as_str()).collect();
    builder.unique("check", file.checks.iter().map(|c| (c.line, c.value.id.as_str())));
    let mut checks = builder.checks(file.checks.iter(), &tables, &levels, &mut sentences);
    let own_across: BTreeSet<&str> = file.across.iter().map(|a| a.value.id.as_str()).collect();
    builder.unique("across", file.across.iter().map(|a| (a.line, a.value.id.as_str())));
    let id = file.form.as_ref().map_or("", |form| form.value.id.as_str());
    let pairing = across::Pairing { form: id, tables: &tables, all };
    let mut across = builder.across(file.across.iter(), &pairing, &levels, &mut sentences);
    let subjects = builder.subjects(file, shared);
    let of_several = file.form.is_none();
    let mut claims = builder.claims(&file.claims, of_several, &tables, &subjects);
    builder.file.clone_from(&shared.name);
    let own_claims: BTreeSet<&str> = file.claims.iter().map(|c| c.value.id.as_str()).collect();
    let of_shared: Vec<Item<ClaimItem>> = shared
        .claims
        .iter()
        .filter(|c| !own_claims.contains(c.value.id.as_str()))
        .cloned()
        .collect();
    claims.extend(builder.claims(&of_shared, true, &tables, &subjects));
    let rest = shared.checks.iter().filter(|c| !own.contains(c.value.id.as_str()));
    checks.extend(builder.checks(rest, &tables, &levels, &mut sentences));
    let rest = shared.across.iter().filter(|a| !own_across.contains(a.value.id.as_str()));
    across.extend(builder.across(rest, &pairing, &levels, &mut sentences));
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
pub(super) fn judge_together(forms: &BTreeMap<String, Arc<Form>>, errors: &mut Vec<FormError>) {
    for (a, b) in forms.values().flat_map(|a| forms.values().map(move |b| (a, b))) {
        if a.id < b.id && a.title == b.title && (a.covers(b.from) || b.covers(a.from)) {
            let what = format!("forms `{}` and `{}` are both due in one year", a.id, b.id);
            errors.push(FormError { file: format!("{}.toml", b.id), line: 1, what });
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
        if table.id == expr::LAST {
            self.refuse(item.line, "table id `last` means last year's report in rules");
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
            id: table.id,
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
            labels: OnceLock::new(),
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

    fn regex(&mut self, line: usize, pattern: &str) -> Option<LazyRegex> {
        if self.embedded {
            return Some(LazyRegex::trusted(pattern));
        }
        LazyRegex::checked(pattern)
            .map_err(|error| self.refuse(line, format!("pattern: {error}")))
            .ok()
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

    fn checks<'c>(
        &mut self,
        items: impl Iterator<Item = &'c Item<CheckItem>>,
        tables: &[Table],
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
    ) -> Vec<Check> {
        let mut checks = Vec::new();
        for Item { line, value } in items {
            self.known_levels(*line, &value.levels, levels);
            self.sentence(*line, value.id.clone(), &value.says, &value.source, sentences);
            if let Some(body) = self.body(*line, value, tables) {
                checks.push(Check {
                    id: value.id.clone(),
                    severity: value.severity,
                    levels: value.levels.clone(),
                    from: value.from,
                    headline: value.headline.clone(),
                    source: value.source.clone(),
                    body,
                });
            }
        }
        checks
    }

    fn body(&mut self, line: usize, item: &CheckItem, tables: &[Table]) -> Option<Body> {
        match (&item.expr, &item.test) {
            (Some(expr), None) => self.equation(line, item, expr, tables).map(Body::Equation),
            (None, Some(test)) => self.test(line, item, test, tables).map(Body::Test),
            _ => {
                self.refuse(line, format!("check `{}`: either expr or test is due", item.id));
                None
            }
        }
    }

    fn equation(
        &mut self,
        line: usize,
        item: &CheckItem,
        expr: &str,
        tables: &[Table],
    ) -> Option<Equation> {
        let build = || -> Result<Vec<Instance>, String> {
            let condition = expr::parse(expr).map_err(|e| e.to_string())?;
            let loops = item.for_each.as_ref().map_or(&[][..], |f| f.as_slice());
            instances(&condition, &bindings(loops, tables)?, item, tables)
        };
        match build() {
            Ok(instances) => Some(Equation {
                instances,
                if_less: item.severity_if_less,
                if_greater: item.severity_if_greater,
            }),
            Err(what) => {
                self.refuse(line, format!("check `{}`: {what}", item.id));
                None
            }
        }
    }

    fn test(
        &mut self,
        line: usize,
        item: &CheckItem,
        test: &str,
        tables: &[Table],
    ) -> Option<Test> {
        if let Some(test) = plain_test(test) {
            return Some(test);
        }
        let section = item.section.clone();
        let built = match (test, section) {
            ("section-short", Some(section)) => Ok(Test::SectionShort {
                section,
                chars: item.chars.unwrap_or(1),
                needs: item.needs.clone().unwrap_or_default(),
            }),
            ("section-mentions", Some(section)) => {
                Ok(Test::SectionMentions { section, all: item.all.clone().unwrap_or_default() })
            }
            ("section-denies", Some(section)) => return self.denial(line, item, section, tables),
            ("section-short" | "section-mentions" | "section-denies", None) => {
                Err("section is missing".to_owned())
            }
            _ => Err(format!("unknown test `{test}`")),
        };
        built.map_err(|what| self.refuse(line, format!("check `{}`: {what}", item.id))).ok()
    }

    fn denial(
        &mut self,
        line: usize,
        item: &CheckItem,
        section: String,
        tables: &[Table],
    ) -> Option<Test> {
        let when = item.when.as_deref().unwrap_or_default();
        let condition = expr::parse(when)
            .map_err(|e| e.to_string())
            .and_then(|c| resolve(&c, &BTreeMap::new(), tables).map_err(Unresolved::into_text));
        let pattern = self.regex(line, item.pattern.as_deref().unwrap_or_default())?;
        match condition {
            Ok(when) => Some(Test::SectionDenies { section, when, pattern }),
            Err(what) => {
                self.refuse(line, format!("check `{}`: when: {what}", item.id));
                None
            }
        }
    }
}

fn column(item: super::file::ColumnItem) -> Column {
    let super::file::ColumnItem { id, label, variants, group, unit, kind, signed, lone } = item;
    Column { id, label, variants, group, unit, kind, signed, lone }
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
    Row { id, label, short, variants, group, heading, unit, kind, columns, blank }
}

fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    jiff::civil::Date::new(2000, month, day).ok().map(|_| (month, day))
}

fn plain_test(name: &str) -> Option<Test> {
    Some(match name {
        "blank" => Test::Blank,
        "placeholder" => Test::Placeholder,
        "not-numeric" => Test::NotNumeric,
        "unit" => Test::Unit,
        "negative" => Test::Negative,
        "not-integer" => Test::NotInteger,
        "doubtful" => Test::Doubtful,
        "reading-taken" => Test::ReadingTaken,
        "heading-value" => Test::HeadingValue,
        "sign" => Test::Sign,
        "cause-open" => Test::CauseOpen,
        "total-blank" => Test::TotalBlank,
        "breakdown-blank" => Test::BreakdownBlank,
        "table-missing" => Test::TableMissing,
        "table-unreadable" => Test::TableUnreadable,
        "row-missing" => Test::RowMissing,
        "sublabels-lost" => Test::SublabelsLost,
        "column-lost" => Test::ColumnLost,
        "section-missing" => Test::SectionMissing,
        "section-title" => Test::SectionTitle,
        "section-structure" => Test::SectionStructure,
        "form-outdated" => Test::FormOutdated,
        "year-missing" => Test::YearMissing,
        "year-inconsistent" => Test::YearInconsistent,
        "unit-missing" => Test::UnitMissing,
        "unit-ambiguous" => Test::UnitAmbiguous,
        "period-missing" => Test::PeriodMissing,
        "period-odd" => Test::PeriodOdd,
        "publish-early" => Test::PublishEarly,
        "publish-missing" => Test::PublishMissing,
        "title-missing" => Test::TitleMissing,
        "title-no-year" => Test::TitleNoYear,
        "text-mismatch" => Test::TextMismatch,
        "text-breakdown" => Test::TextBreakdown,
        "text-percent" => Test::TextPercent,
        _ => return None,
    })
}

/// One way of binding every variable of `for_each`.
type Binding = BTreeMap<String, String>;

/// Every way of binding the variables: `c in requests.columns`, `r in requests.rows`.
fn bindings(loops: &[String], tables: &[Table]) -> Result<Vec<Binding>, String> {
    let mut all = vec![Binding::new()];
    for text in loops {
        let (variable, values) = one_loop(text, tables)?;
        all = all
            .into_iter()
            .flat_map(|b| {
                values.iter().map(move |v| {
                    let mut bound = b.clone();
                    bound.insert(variable.to_owned(), v.clone());
                    bound
                })
            })
            .collect();
    }
    Ok(all)
}

/// `c in requests.columns`, `r in requests.rows`, `r in requests.rows.granted..other_rest, carried_out`.
fn one_loop<'t>(text: &'t str, tables: &[Table]) -> Result<(&'t str, Vec<String>), String> {
    let wrong = || {
        format!(
            "for_each `{text}`: expected \"c in TABLE.columns\" or \"r in TABLE.rows\", \
             optionally with `.` and the ids, globs or ranges meant, separated by commas"
        )
    };
    let (variable, set) = text.split_once(" in ").ok_or_else(wrong)?;
    let (table, which) = set.trim().split_once('.').ok_or_else(wrong)?;
    let table = tables.iter().find(|t| t.id == table).ok_or_else(|| {
        format!(
            "for_each names table `{table}`, the form has {}",
            ids(tables.iter().map(|t| &t.id))
        )
    })?;
    let (which, wanted) = which.split_once('.').map_or((which, None), |(w, p)| (w, Some(p)));
    let all: Vec<&str> = match which {
        "columns" => table.columns.iter().map(|c| c.id.as_str()).collect(),
        "rows" => table.value_rows().map(|r| r.id.as_str()).collect(),
        _ => return Err(wrong()),
    };
    let mut chosen = Vec::new();
    for part in wanted.map_or(vec!["*"], |w| w.split(',').map(str::trim).collect()) {
        let found = select(&Part::parse(part), &all).ok_or_else(|| {
            format!("for_each names `{part}`, table {} has {}", table.id, all.join(", "))
        })?;
        chosen.extend(found.into_iter().map(str::to_owned));
    }
    Ok((variable.trim(), chosen))
}

fn ids<'s>(ids: impl Iterator<Item = &'s String>) -> String {
    ids.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Why a cell as written is none of the form.
enum Unresolved {
    /// The binding leads to a row that lacks the column: this place does not exist.
    NotHere,
    /// A mistake.
    Wrong(String),
}

impl Unresolved {
    fn into_text(self) -> String {
        match self {
            Self::NotHere => "names a cell that its row lacks".into(),
            Self::Wrong(what) => what,
        }
    }
}

/// The condition at every place where all its cells exist.
fn instances(
    condition: &Condition<Pattern>,
    bindings: &[Binding],
    item: &CheckItem,
    tables: &[Table],
) -> Result<Vec<Instance>, String> {
    let mut instances = Vec::new();
    for binding in bindings {
        match instance(condition, binding, item, tables) {
            Ok(instance) => instances.push(instance),
            Err(Unresolved::NotHere) => {}
            Err(Unresolved::Wrong(what)) => return Err(what),
        }
    }
    if instances.is_empty() {
        return Err("no row and column has all the cells it names".into());
    }
    Ok(instances)
}

fn instance(
    condition: &Condition<Pattern>,
    binding: &Binding,
    item: &CheckItem,
    tables: &[Table],
) -> Result<Instance, Unresolved> {
    let condition = resolve(condition, binding, tables)?;
    let total = item.total.as_deref().map(|t| total(t, &condition, binding, tables)).transpose()?;
    let mut cells = Vec::new();
    condition.cells(&mut cells);
    let first = cells.first().ok_or_else(|| Unresolved::Wrong("names no cell".into()))?;
    let place = match &item.place {
        Some(place) => bind(place, binding)?,
        None => first.to_string(),
    };
    let table = first.table.clone();
    let (row, column) = spoken_of(&place, first, tables);
    Ok(Instance { place, table, row, column, condition, total })
}

/// The row and the column a place names, where it names one that exists.
fn spoken_of(place: &str, first: &CellId, tables: &[Table]) -> (Option<String>, Option<String>) {
    let mut parts = place.split('.').skip(1);
    let table = tables.iter().find(|t| t.id == first.table);
    let row = parts.next().filter(|r| table.is_some_and(|t| t.row(r).is_some()));
    let column = parts.next().filter(|c| table.is_some_and(|t| t.column(c).is_some()));
    (row.map(Into::into), column.map(Into::into))
}

/// A dotted place with its variables bound.
fn bind(place: &str, binding: &Binding) -> Result<String, Unresolved> {
    let parts: Result<Vec<String>, Unresolved> = place
        .split('.')
        .map(|part| match Part::parse(part) {
            Part::Variable(name) => binding.get(&name).cloned().ok_or_else(|| {
                Unresolved::Wrong(format!("where names ${name}, which for_each does not bind"))
            }),
            _ => Ok(part.to_owned()),
        })
        .collect();
    Ok(parts?.join("."))
}

/// The stated total, which must be one whole side of an equality.
fn total(
    text: &str,
    condition: &Condition<CellId>,
    binding: &Binding,
    tables: &[Table],
) -> Result<CellId, Unresolved> {
    let text = bind(text, binding)?;
    let alone = match condition {
        Condition::Compare(left, expr::Operator::Equal, right) => {
            [left, right].into_iter().find_map(|side| match side {
                Term::Cell(cell) if cell.to_string() == text => Some(cell.clone()),
                _ => None,
            })
        }
        _ => None,
    };
    let known = || tables.iter().any(|t| t.cells().any(|(r, c)| t.cell(r, c).to_string() == text));
    alone.ok_or_else(|| {
        Unresolved::Wrong(if known() {
            format!("total `{text}` must stand alone on one side of =")
        } else {
            format!("total names cell `{text}`, which the form lacks")
        })
    })
}

fn resolve(
    condition: &Condition<Pattern>,
    binding: &Binding,
    tables: &[Table],
) -> Result<Condition<CellId>, Unresolved> {
    condition.resolve(
        &mut |pattern| match pattern.last {
            true => Err(Unresolved::Wrong(format!(
                "names `{pattern}`, a cell of last year: that is for [[across]]"
            ))),
            false => cells(pattern, binding, tables),
        },
        &several,
    )
}

/// A glob or range where one cell is due.
fn several(pattern: &Pattern) -> Unresolved {
    Unresolved::Wrong(format!("`{pattern}` names several cells; use it inside sum() or max()"))
}

/// The cells a pattern names under a binding.
fn cells(
    pattern: &Pattern,
    binding: &Binding,
    tables: &[Table],
) -> Result<Vec<CellId>, Unresolved> {
    let bound = |part: &Part| match part {
        Part::Variable(name) => binding.get(name).map(|id| Part::Id(id.clone())).ok_or_else(|| {
            Unresolved::Wrong(format!("`{pattern}` names ${name}, which for_each does not bind"))
        }),
        other => Ok(other.clone()),
    };
    let lacks = |what: &str, has: String| {
        Unresolved::Wrong(format!("names cell `{pattern}`; {what} has {has}"))
    };
    let known = |ids: &[&str]| ids.join(", ");
    let table_ids: Vec<&str> = tables.iter().map(|t| t.id.as_str()).collect();
    let table = select(&bound(&pattern.table)?, &table_ids)
        .and_then(|found| found.first().and_then(|id| tables.iter().find(|t| t.id == *id)))
        .ok_or_else(|| lacks("the form", known(&table_ids)))?;
    let row_ids: Vec<&str> = table.value_rows().map(|r| r.id.as_str()).collect();
    let column_ids: Vec<&str> = table.columns.iter().map(|c| c.id.as_str()).collect();
    let of_table = format!("table {}", table.id);
    let rows =
        select(&bound(&pattern.row)?, &row_ids).ok_or_else(|| lacks(&of_table, known(&row_ids)))?;
    let columns = select(&bound(&pattern.column)?, &column_ids)
        .ok_or_else(|| lacks(&of_table, known(&column_ids)))?;
    let found: Vec<CellId> = table
        .cells()
        .filter(|(r, c)| rows.contains(&r.id.as_str()) && columns.contains(&c.id.as_str()))
        .map(|(r, c)| table.cell(r, c))
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let free = [&pattern.row, &pattern.column].into_iter().any(|p| matches!(p, Part::Variable(_)));
    Err(if free {
        Unresolved::NotHere
    } else {
        Unresolved::Wrong(format!("names cell `{pattern}`, which its row lacks"))
    })
}

/// The ids a part selects; `None` when it selects none.
fn select<'i>(part: &Part, ids: &[&'i str]) -> Option<Vec<&'i str>> {
    let position = |id: &str| ids.iter().position(|i| *i == id);
    let found: Vec<&str> = match part {
        Part::Id(id) => ids.iter().filter(|i| *i == id).copied().collect(),
        Part::Glob(glob) => ids.iter().filter(|i| glob_matches(glob, i)).copied().collect(),
        Part::Range(from, to) => ids.get(position(from)?..=position(to)?)?.to_vec(),
        Part::Variable(_) => Vec::new(),
    };
    (!found.is_empty()).then_some(found)
}

fn glob_matches(glob: &str, id: &str) -> bool {
    let mut pieces = glob.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| id.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
