//! TOML text → [`Config`], the line of every key, and everything that is no key or no such value.
//!
//! serde stops at the first error, so the file is compared with the serialised default first: what
//! that has, in name and kind, may be written; anything else is a problem and left out, and the rest
//! is still looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::typed::OfficeConfig;
use super::{Config, Remark};

/// The line of each dotted key.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// Whether a key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The line of a key, or of the list or table it stands in or is missing from.
    pub(super) fn of(&self, key: &str) -> Option<usize> {
        let list =
            || key.strip_suffix(']')?.rsplit_once('[').and_then(|(list, _)| self.0.get(list));
        let table = || key.rsplit_once('.').and_then(|(table, _)| self.0.get(table));
        self.0.get(key).or_else(list).or_else(table).copied()
    }
}

/// What a text says.
pub(super) struct Typed {
    pub(super) config: Config,
    pub(super) lines: Lines,
    pub(super) problems: Vec<Remark>,
}

/// Reads a text; what is wrong in it is listed and otherwise left out.
pub(super) fn parse(text: &str) -> Typed {
    let (document, syntax_errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, lines: Lines::default(), problems: Vec::new() };
    let mut told = BTreeSet::new();
    for error in &syntax_errors {
        let line = error.span().map(|span| walk.line(&span));
        // What follows the first error of a line follows from it.
        if told.insert(line) {
            let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
            let what = syntax(error.message(), written);
            walk.problems.push(Remark { line, key: String::new(), what });
        }
    }
    let known = known();
    // After a syntax error the recovered part would bring misleading errors of its own.
    let typed = match syntax_errors.is_empty() {
        true => walk.table("", document.get_ref(), &known),
        false => toml::Table::new(),
    };
    let config = typed.try_into().unwrap_or_else(|error: toml::de::Error| {
        walk.problems.push(Remark::on("", format!("BUG: {}", error.message())));
        Config::default()
    });
    Typed { config, lines: walk.lines, problems: walk.problems }
}

/// What may be written, by name and kind: the default, and of a list of tables the table.
fn known() -> toml::Table {
    let mut known = toml::Table::try_from(Config::default()).unwrap_or_default();
    let office = toml::Table::try_from(OfficeConfig::default()).unwrap_or_default();
    known.insert("office".into(), toml::Value::Array(vec![toml::Value::Table(office)]));
    known
}

/// What an input method set to Chinese types for the marks of TOML.
const CHINESE_MARKS: [(char, char); 12] = [
    ('“', '"'),
    ('”', '"'),
    ('＂', '"'),
    ('‘', '\''),
    ('’', '\''),
    ('，', ','),
    ('＝', '='),
    ('＃', '#'),
    ('【', '['),
    ('】', ']'),
    ('［', '['),
    ('］', ']'),
];

/// What is wrong with a line that is no TOML.
fn syntax(message: &str, line: &str) -> String {
    let known = |c: char| CHINESE_MARKS.iter().find(|(typed, _)| *typed == c);
    let hint = without_strings(line)
        .chars()
        .find_map(known)
        .map(|(typed, mark)| format!("; for `{typed}` write `{mark}`"));
    format!("this is no TOML: {}{}", message.replace('\n', ", "), hint.unwrap_or_default())
}

/// What stands in a line outside its strings and its comment. A string that is not closed is no string.
fn without_strings(line: &str) -> String {
    let mut outside = String::new();
    let mut pieces = line.split('"').enumerate().peekable();
    while let Some((number, piece)) = pieces.next() {
        let is_string = number % 2 == 1;
        match piece.split_once('#').filter(|_| !is_string) {
            Some((before_comment, _)) => return outside + before_comment,
            None if is_string && pieces.peek().is_some() => {}
            None => outside.push_str(piece),
        }
    }
    outside
}

struct Walk<'t> {
    text: &'t str,
    lines: Lines,
    problems: Vec<Remark>,
}

impl Walk<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.bytes().take(span.start);
        before.filter(|byte| *byte == b'\n').count() + 1
    }

    /// The entries of a table that are known, by name and kind.
    fn table(&mut self, path: &str, table: &DeTable<'_>, known: &toml::Table) -> toml::Table {
        let mut kept = toml::Table::new();
        for (name, value) in table {
            let key = dotted(path, name.get_ref());
            let line = self.line(&name.span());
            self.lines.0.insert(key.clone(), line);
            // `[rules.severity]`: any name, and a text for each.
            let free = known.is_empty().then(|| toml::Value::String(String::new()));
            let kept_value = match known.get(name.get_ref().as_ref()).or(free.as_ref()) {
                None => Err(unknown(path, name.get_ref(), known)),
                Some(expected) => self.value(&key, value, expected),
            };
            match kept_value {
                Ok(value) => {
                    kept.insert(name.get_ref().to_string(), value);
                }
                Err(what) => self.problems.push(Remark { line: Some(line), key, what }),
            }
        }
        kept
    }

    fn value(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &toml::Value,
    ) -> Result<toml::Value, String> {
        use toml::Value;
        match (value.get_ref(), expected) {
            (DeValue::Table(table), Value::Table(known)) => {
                Ok(Value::Table(self.table(key, table, known)))
            }
            (DeValue::String(text), Value::String(_)) => Ok(Value::String(text.to_string())),
            (DeValue::String(text), Value::Array(known))
                if known.first().is_none_or(Value::is_str) =>
            {
                Ok(Value::String(text.to_string()))
            }
            (DeValue::Boolean(answer), Value::Boolean(_)) => Ok(Value::Boolean(*answer)),
            (DeValue::Integer(number), Value::Integer(_)) => {
                i64::from_str_radix(number.as_str(), number.radix())
                    .map(Value::Integer)
                    .map_err(|_| format!("`{key}` is far too large"))
            }
            (DeValue::Array(items), Value::Array(known)) => match known.first() {
                Some(Value::Table(known)) => self.tables(key, items, known),
                _ => self.texts(key, items),
            },
            (found, expected) => Err(wrong_kind(key, found, expected)),
        }
    }

    fn tables(
        &mut self,
        key: &str,
        items: &[Spanned<DeValue<'_>>],
        known: &toml::Table,
    ) -> Result<toml::Value, String> {
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let line = self.line(&item.span());
            self.lines.0.insert(key.clone(), line);
            let DeValue::Table(table) = item.get_ref() else {
                return Err(format!("`{key}` is {}; write [[office]]", name_of(item.get_ref())));
            };
            tables.push(toml::Value::Table(self.table(&key, table, known)));
        }
        Ok(toml::Value::Array(tables))
    }

    fn texts(&mut self, key: &str, items: &[Spanned<DeValue<'_>>]) -> Result<toml::Value, String> {
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let line = self.line(&item.span());
            self.lines.0.insert(format!("{key}[{index}]"), line);
            match item.get_ref() {
                DeValue::String(text) => texts.push(toml::Value::String(text.to_string())),
                other => {
                    return Err(format!(
                        "`{key}` holds {}; write a list of texts: {key} = [\"…\", \"…\"]",
                        name_of(other),
                        key = last(key),
                    ));
                }
            }
        }
        Ok(toml::Value::Array(texts))
    }
}

fn dotted(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn last(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, name)| name)
}

fn unknown(path: &str, name: &str, known: &toml::Table) -> String {
    let names: Vec<String> = known.keys().map(|name| format!("`{name}`")).collect();
    let (what, place) = match path.is_empty() {
        true => ("table", String::new()),
        false => ("field", format!(" in [{path}]")),
    };
    let closest = known
        .keys()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default();
    format!("unknown {what} `{name}`{place}, expected one of {}{closest}", names.join(", "))
}

fn wrong_kind(key: &str, found: &DeValue<'_>, expected: &toml::Value) -> String {
    let whole = key;
    let key = last(key);
    let example = match expected {
        toml::Value::Table(_) => format!("a table: [{whole}]"),
        toml::Value::Boolean(_) => format!("true or false, without quotes: {key} = true"),
        toml::Value::Integer(default) => {
            format!("a whole number, without quotes: {key} = {default}")
        }
        toml::Value::Array(known) if known.first().is_some_and(toml::Value::is_table) => {
            format!("a table of its own for each: [[{whole}]]")
        }
        toml::Value::Array(_) => format!("a list of texts: {key} = [\"…\", \"…\"]"),
        toml::Value::String(default) => format!("a text, in quotes: {key} = {default:?}"),
        _ => "something else".to_owned(),
    };
    format!("`{key}` is {}; write {example}", name_of(found))
}

fn name_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
