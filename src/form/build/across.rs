//! `[[across]]`: rules on a report and the one of the year before.

use rust_decimal::Decimal;

use super::super::across::{Across, Body, Comparison, Dated, Pair, Test};
use super::super::expr::{self, Condition, Pattern};
use super::super::file::{AcrossItem, Item, OneOrMany};
use super::super::{Level, Table};
use super::{Binding, Builder, Tables, Unresolved, bind, bindings, cells, several, spoken_of};

/// The form of the later report, and all that the earlier one may follow.
pub(super) struct Pairing<'a> {
    pub(super) form: &'a str,
    pub(super) tables: &'a [Table],
    pub(super) all: &'a Tables,
}

impl Builder<'_> {
    pub(super) fn across<'c>(
        &mut self,
        items: impl Iterator<Item = &'c Item<AcrossItem>>,
        pairing: &Pairing<'_>,
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
    ) -> Vec<Across> {
        let mut rules = Vec::new();
        for Item { line, value } in items {
            self.known_levels(*line, &value.levels, levels);
            self.sentence(*line, value.id.clone(), &value.says, &value.source, sentences);
            let body = match (&value.expr, &value.test) {
                (Some(expr), None) => pairs(value, expr, pairing).map(Body::Equation),
                (None, Some(test)) => self.across_test(*line, value, test).map(Body::Test),
                _ => Err("either expr or test is due".into()),
            };
            match body {
                Ok(body) => rules.push(Across {
                    id: value.id.clone(),
                    severity: value.severity,
                    levels: value.levels.clone(),
                    from: value.from,
                    headline: value.headline.clone(),
                    source: value.source.clone(),
                    body,
                }),
                Err(what) => self.refuse(*line, format!("across `{}`: {what}", value.id)),
            }
        }
        rules
    }

    fn across_test(&mut self, line: usize, item: &AcrossItem, test: &str) -> Result<Test, String> {
        let percent = || item.percent.map(Decimal::from).ok_or("percent is missing");
        let mut regex = |key: &str, pattern: &Option<String>| {
            let pattern = pattern.as_ref().ok_or(format!("{key} is missing"))?;
            self.regex(line, pattern).ok_or(format!("{key} is no pattern"))
        };
        Ok(match test {
            "same" => Test::Same { percent: percent()? },
            "same-text" => Test::SameText { percent: percent()? },
            "growth" => {
                Test::Growth { up: regex("up", &item.up)?, down: regex("down", &item.down)? }
            }
            "quoted" => Test::Quoted { pattern: regex("pattern", &item.pattern)? },
            _ => return Err(format!("unknown test `{test}`")),
        })
    }
}

/// The rule for each form that last year's tables may follow: its own, unless `last` names others.
fn pairs(item: &AcrossItem, expr: &str, pairing: &Pairing<'_>) -> Result<Vec<Pair>, String> {
    let condition = expr::parse(expr).map_err(|e| e.to_string())?;
    let mut written = Vec::new();
    condition.cells(&mut written);
    if written.iter().all(|c| c.last) || !written.iter().any(|c| c.last) {
        return Err("a cell of this year and one of last year (last.…) are due".into());
    }
    let loops = item.for_each.as_ref().map_or(&[][..], OneOrMany::as_slice);
    let bindings = bindings(loops, pairing.tables)?;
    let own = [pairing.form.to_owned()];
    let forms = item.last.as_ref().map_or(&own[..], OneOrMany::as_slice);
    let pair = |form: &String| {
        let last = if form == pairing.form { Some(pairing.tables) } else { pairing.all.form(form) };
        let Some(last) = last else {
            let known = pairing.all.ids().join(", ");
            return Err(format!("last names form `{form}`, known are {known}"));
        };
        let mut instances = Vec::new();
        for binding in &bindings {
            match comparison(&condition, binding, item, pairing.tables, last) {
                Ok(instance) => instances.push(instance),
                Err(Unresolved::NotHere) => {}
                Err(Unresolved::Wrong(what)) => return Err(what),
            }
        }
        match instances.is_empty() {
            true => Err(format!("no row and column has all the cells it names, after form {form}")),
            false => Ok(Pair { last: form.clone(), instances }),
        }
    };
    forms.iter().map(pair).collect()
}

fn comparison(
    condition: &Condition<Pattern>,
    binding: &Binding,
    item: &AcrossItem,
    tables: &[Table],
    last: &[Table],
) -> Result<Comparison, Unresolved> {
    let resolved = condition.resolve(
        &mut |pattern: &Pattern| {
            let of = if pattern.last { last } else { tables };
            let dated = |cell| Dated { last: pattern.last, cell };
            Ok(cells(pattern, binding, of)?.into_iter().map(dated).collect())
        },
        &several,
    )?;
    let mut named = Vec::new();
    resolved.cells(&mut named);
    let first = named.iter().find(|c| !c.last).map(|c| &c.cell);
    let first = first.ok_or_else(|| Unresolved::Wrong("names no cell of this year".into()))?;
    let place = match &item.place {
        Some(place) => bind(place, binding)?,
        None => first.to_string(),
    };
    let (row, column) = spoken_of(&place, first, tables);
    let table = first.table.clone();
    Ok(Comparison { place, table, row, column, condition: resolved })
}
