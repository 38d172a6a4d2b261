//! A form file as typed: TOML items, each with the line it stands on. Every item is read by itself,
//! so that one mistake does not hide the next.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Blank, FormError, Head, Kind, Layout, Severity};

/// A TOML item and the line it begins on, from 1.
#[derive(Debug, Clone)]
pub(super) struct Item<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

/// Everything in one file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) name: String,
    /// One of those in the program, which tests have shown to be right.
    pub(super) embedded: bool,
    /// SHA-256 of its text (hexadecimal).
    pub(super) text_hash: String,
    pub(super) form: Option<Item<FormItem>>,
    pub(super) head: Option<Item<Head>>,
    pub(super) levels: Vec<Item<LevelItem>>,
    pub(super) tables: Vec<Item<TableItems>>,
    pub(super) sections: Vec<Item<SectionItem>>,
    pub(super) deadlines: Vec<Item<DeadlineItem>>,
    pub(super) checks: Vec<Item<RuleItem>>,
    pub(super) across: Vec<Item<RuleItem>>,
    pub(super) subjects: Vec<Item<SubjectItem>>,
    pub(super) claims: Vec<Item<ClaimItem>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormItem {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) titles: Vec<String>,
    pub(super) years: String,
    pub(super) source: String,
}

/// A `[[table]]` with its columns and rows.
#[derive(Debug, Clone)]
pub(super) struct TableItems {
    pub(super) table: TableItem,
    pub(super) columns: Vec<Item<ColumnItem>>,
    pub(super) rows: Vec<Item<RowItem>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableItem {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) caption: String,
    #[serde(default)]
    pub(super) captions: Vec<String>,
    #[serde(default)]
    pub(super) fingerprint: Vec<String>,
    #[serde(default)]
    pub(super) layout: Layout,
    pub(super) corner: Option<String>,
    pub(super) over: Option<String>,
    pub(super) units: Option<String>,
    #[serde(default = "error")]
    pub(super) missing: Severity,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnItem {
    pub(super) id: String,
    pub(super) label: String,
    #[serde(default)]
    pub(super) variants: Vec<String>,
    #[serde(default)]
    pub(super) group: Vec<String>,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) signed: bool,
    #[serde(default)]
    pub(super) lone: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowItem {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) short: Option<String>,
    #[serde(default)]
    pub(super) variants: Vec<String>,
    #[serde(default)]
    pub(super) group: Vec<String>,
    #[serde(default)]
    pub(super) heading: bool,
    pub(super) unit: Option<String>,
    pub(super) kind: Option<Kind>,
    pub(super) columns: Option<Vec<String>>,
    #[serde(default)]
    pub(super) blank: Blank,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionItem {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) titles: Vec<String>,
    pub(super) missing: Severity,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelItem {
    pub(super) id: String,
    pub(super) pattern: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadlineItem {
    pub(super) rule: String,
    #[serde(default)]
    pub(super) levels: Vec<String>,
    pub(super) date: String,
    pub(super) severity: Severity,
    pub(super) says: String,
    pub(super) source: String,
}

/// A `[[check]]` or `[[across]]`: with `expr` an equation, with `test` a built-in test. The keys that
/// only some of them have are optional; [`RuleItem::has_only`] refuses those that mean nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleItem {
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) says: String,
    pub(super) headline: Option<String>,
    pub(super) source: String,
    #[serde(default)]
    pub(super) levels: Vec<String>,
    pub(super) from: Option<i16>,
    // an equation
    pub(super) for_each: Option<OneOrMany>,
    pub(super) expr: Option<String>,
    #[serde(rename = "where")]
    pub(super) place: Option<String>,
    // in a check
    pub(super) total: Option<String>,
    pub(super) severity_if_less: Option<Severity>,
    pub(super) severity_if_greater: Option<Severity>,
    // across years
    pub(super) last: Option<OneOrMany>,
    // a built-in test
    pub(super) test: Option<String>,
    pub(super) section: Option<String>,
    pub(super) chars: Option<usize>,
    pub(super) needs: Option<Vec<String>>,
    pub(super) all: Option<Vec<Vec<String>>>,
    pub(super) when: Option<String>,
    pub(super) percent: Option<u32>,
    pub(super) up: Option<String>,
    pub(super) down: Option<String>,
    pub(super) pattern: Option<OneOrMany>,
    pub(super) unless: Option<String>,
}

impl RuleItem {
    /// The variables of an equation, each as written.
    pub(super) fn loops(&self) -> &[String] {
        self.for_each.as_ref().map_or(&[], OneOrMany::as_slice)
    }

    /// Whether, beside `expr` or `test`, no other optional keys are given than these.
    ///
    /// # Errors
    /// The first that is, in words.
    pub(super) fn has_only(&self, keys: &[&str]) -> Result<(), String> {
        let given = [
            ("for_each", self.for_each.is_some()),
            ("where", self.place.is_some()),
            ("total", self.total.is_some()),
            ("severity_if_less", self.severity_if_less.is_some()),
            ("severity_if_greater", self.severity_if_greater.is_some()),
            ("last", self.last.is_some()),
            ("section", self.section.is_some()),
            ("chars", self.chars.is_some()),
            ("needs", self.needs.is_some()),
            ("all", self.all.is_some()),
            ("when", self.when.is_some()),
            ("percent", self.percent.is_some()),
            ("up", self.up.is_some()),
            ("down", self.down.is_some()),
            ("pattern", self.pattern.is_some()),
            ("unless", self.unless.is_some()),
        ];
        match given.iter().find(|(key, is_given)| *is_given && !keys.contains(key)) {
            Some((key, _)) => Err(format!("`{key}` means nothing here")),
            None => Ok(()),
        }
    }
}

/// A `[[subject]]`: what sentences may speak of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectItem {
    pub(super) id: String,
    pub(super) names: String,
    pub(super) hints: Option<String>,
    pub(super) context: Option<String>,
}

/// A `[[claim]]`: sentences that state what a cell says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimItem {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) cells: OneOrMany,
    #[serde(rename = "where")]
    pub(super) place: Option<OneOrMany>,
    pub(super) severity: Severity,
    pub(super) pattern: Option<OneOrMany>,
    pub(super) none: Option<OneOrMany>,
    pub(super) unless: Option<String>,
    #[serde(default)]
    pub(super) units: Vec<String>,
    #[serde(default)]
    pub(super) whole: bool,
    pub(super) matches: Vec<MatchItem>,
    pub(super) ignores: Vec<String>,
}

/// A sentence a claim must read, and the figure it states.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatchItem {
    pub(super) text: String,
    pub(super) value: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

fn error() -> Severity {
    Severity::Error
}

/// Reads a file, adding to `errors` all that is wrong with its items.
pub(super) fn read(name: &str, text: &str, errors: &mut Vec<FormError>) -> File {
    let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
    let mut reader = Reader { name, breaks, errors };
    let embedded = super::is_embedded(text);
    let text_hash = super::build::hash(&[text]);
    let mut file = File { name: name.into(), embedded, text_hash, ..File::default() };
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            reader.refuse(error.span().map_or(0, |s| s.start), error.message());
            return file;
        }
    };
    if !table.contains_key("form") && !table.contains_key("head") {
        reader.refuse(0, "[form] is missing: id, title, years, source");
    }
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "form" => file.form = reader.item("[form]", value),
            "head" => file.head = reader.item("[head]", value),
            "level" => file.levels = reader.items("[[level]]", value),
            "table" => file.tables = reader.tables(value),
            "section" => file.sections = reader.items("[[section]]", value),
            "deadline" => file.deadlines = reader.items("[[deadline]]", value),
            "check" => file.checks = reader.items("[[check]]", value),
            "across" => file.across = reader.items("[[across]]", value),
            "subject" => file.subjects = reader.items("[[subject]]", value),
            "claim" => file.claims = reader.items("[[claim]]", value),
            other => reader.refuse(
                key.span().start,
                &format!(
                    "unknown key `{other}`, expected one of form, head, level, table, section, \
                     deadline, check, across, subject, claim"
                ),
            ),
        }
    }
    file
}

struct Reader<'a> {
    name: &'a str,
    /// Where lines end.
    breaks: Vec<usize>,
    errors: &'a mut Vec<FormError>,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        self.breaks.partition_point(|at| *at < offset) + 1
    }

    fn refuse(&mut self, offset: usize, what: &str) {
        let line = self.line(offset);
        self.errors.push(FormError { file: self.name.into(), line, what: what.into() });
    }

    /// Reads one item; `what` names it in errors, with its id where it has one.
    fn item<T: DeserializeOwned>(
        &mut self,
        what: &str,
        value: Spanned<DeValue<'_>>,
    ) -> Option<Item<T>> {
        let start = value.span().start;
        let line = self.line(start);
        let id = value.get_ref().get("id").and_then(|id| id.get_ref().as_str());
        let what = id.map_or_else(|| what.to_owned(), |id| format!("{what} `{id}`"));
        match T::deserialize(value.into_deserializer()) {
            Ok(value) => Some(Item { line, value }),
            Err(error) => {
                let at = error.span().map_or(start, |s| s.start);
                self.refuse(at, &format!("{what}: {}", error.message()));
                None
            }
        }
    }

    fn items<T: DeserializeOwned>(
        &mut self,
        what: &str,
        value: Spanned<DeValue<'_>>,
    ) -> Vec<Item<T>> {
        self.array(value).into_iter().filter_map(|v| self.item(what, v)).collect()
    }

    fn array<'t>(&mut self, value: Spanned<DeValue<'t>>) -> Vec<Spanned<DeValue<'t>>> {
        let start = value.span().start;
        match value.into_inner() {
            DeValue::Array(array) => array.into_iter().collect(),
            _ => {
                self.refuse(start, "expected a list of tables: [[name]]");
                Vec::new()
            }
        }
    }

    fn tables(&mut self, value: Spanned<DeValue<'_>>) -> Vec<Item<TableItems>> {
        self.array(value).into_iter().filter_map(|v| self.table(v)).collect()
    }

    /// A `[[table]]`, its columns and rows taken out and read one by one.
    fn table(&mut self, value: Spanned<DeValue<'_>>) -> Option<Item<TableItems>> {
        let span = value.span();
        let DeValue::Table(mut table) = value.into_inner() else {
            self.refuse(span.start, "expected [[table]]");
            return None;
        };
        let columns =
            table.remove("column").map(|v| self.items("[[table.column]]", v)).unwrap_or_default();
        let rows = table.remove("row").map(|v| self.items("[[table.row]]", v)).unwrap_or_default();
        let item: Item<TableItem> =
            self.item("[[table]]", Spanned::new(span, DeValue::Table(table)))?;
        let value = TableItems { table: item.value, columns, rows };
        Some(Item { line: item.line, value })
    }
}
