//! `[[check]]` and `[[across]]`: rules on one report, and on a report beside others.

use rust_decimal::Decimal;

use super::super::across::{Across, Body as AcrossBody, Pair, Placed, Text};
use super::super::expr::{self, Condition, Operator, Pattern, Term, Whose};
use super::super::file::{Item, OneOrMany, RuleItem};
use super::super::{Body, Check, Equation, Instance, LazyRegex, Level, Naming, Rule, Table, Test};
use super::places::{self, Unresolved};
use super::{Builder, Tables};

/// Keys of an equation, in every kind of rule.
const EQUATION: [&str; 2] = ["for_each", "where"];

/// The form that rules belong to, and all that the report of the year before may follow.
pub(super) struct Home<'a> {
    pub(super) form: &'a str,
    pub(super) tables: &'a [Table],
    pub(super) all: &'a Tables,
}

impl Builder<'_> {
    pub(super) fn checks(
        &mut self,
        items: &[&Item<RuleItem>],
        home: &Home<'_>,
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
    ) -> Vec<Check> {
        let body = |builder: &Self, item: &RuleItem| match (&item.expr, &item.test) {
            (Some(expr), None) => equation(item, expr, home.tables).map(Body::Equation),
            (None, Some(test)) => builder.test(item, test, home.tables).map(Body::Test),
            _ => Err("either expr or test is due".into()),
        };
        self.rules("check", items, levels, sentences, body)
    }

    pub(super) fn across(
        &mut self,
        items: &[&Item<RuleItem>],
        home: &Home<'_>,
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
    ) -> Vec<Across> {
        let body = |builder: &Self, item: &RuleItem| match (&item.expr, &item.test) {
            (Some(expr), None) => across_equation(item, expr, home),
            (None, Some(test)) => builder.across_test(item, test),
            _ => Err("either expr or test is due".into()),
        };
        self.rules("across", items, levels, sentences, body)
    }

    /// Rules of one kind; those that are wrong are refused.
    fn rules<B>(
        &mut self,
        kind: &str,
        items: &[&Item<RuleItem>],
        levels: &[Level],
        sentences: &mut minijinja::Environment<'static>,
        body: impl Fn(&Self, &RuleItem) -> Result<B, String>,
    ) -> Vec<Rule<B>> {
        let mut rules = Vec::new();
        for Item { line, value } in items {
            self.known_levels(*line, &value.levels, levels);
            self.sentence(*line, value.id.clone(), &value.says, &value.source, sentences);
            match body(self, value) {
                Ok(body) => rules.push(Rule {
                    id: value.id.clone(),
                    severity: value.severity,
                    levels: value.levels.clone(),
                    from: value.from,
                    headline: value.headline.clone(),
                    source: value.source.clone(),
                    body,
                }),
                Err(what) => self.refuse(*line, format!("{kind} `{}`: {what}", value.id)),
            }
        }
        rules
    }

    fn test(&self, item: &RuleItem, test: &str, tables: &[Table]) -> Result<Test, String> {
        if let Some(test) = plain_test(test) {
            item.has_only(&[])?;
            return Ok(test);
        }
        let section = || item.section.clone().ok_or("section is missing");
        Ok(match test {
            "section-short" => {
                item.has_only(&["section", "chars", "needs"])?;
                Test::SectionShort {
                    section: section()?,
                    chars: item.chars.unwrap_or(1),
                    needs: item.needs.clone().unwrap_or_default(),
                }
            }
            "section-mentions" => {
                item.has_only(&["section", "all"])?;
                let all = item.all.clone().unwrap_or_default();
                Test::SectionMentions { section: section()?, all }
            }
            "section-denies" => {
                item.has_only(&["section", "when", "pattern"])?;
                let when = expr::parse(item.when.as_deref().unwrap_or_default())
                    .map_err(|error| error.to_string())
                    .and_then(|c| places::resolve(&c, tables).map_err(Unresolved::into_text))
                    .map_err(|what| format!("when: {what}"))?;
                let pattern = self.only_pattern(item)?;
                Test::SectionDenies { section: section()?, when, pattern }
            }
            "other-year" => Test::OtherYear(self.naming(item)?),
            "other-unit" => Test::OtherUnit(self.naming(item)?),
            _ => return Err(format!("unknown test `{test}`")),
        })
    }

    fn across_test(&self, item: &RuleItem, test: &str) -> Result<AcrossBody, String> {
        let percent = || {
            item.has_only(&["percent"])?;
            item.percent.map(Decimal::from).ok_or_else(|| "percent is missing".to_owned())
        };
        Ok(match test {
            "same" => AcrossBody::Text(Text::Same { percent: percent()? }),
            "copied" => AcrossBody::Copied { percent: percent()? },
            "same-text" => AcrossBody::Text(Text::SameText { percent: percent()? }),
            "growth" => {
                item.has_only(&["up", "down"])?;
                let up = self.named_pattern("up", item.up.as_deref())?;
                let down = self.named_pattern("down", item.down.as_deref())?;
                AcrossBody::Text(Text::Growth { up, down })
            }
            "quoted" => {
                item.has_only(&["pattern"])?;
                let pattern = self.only_pattern(item)?;
                AcrossBody::Text(Text::Quoted { pattern })
            }
            "units-missing" => item.has_only(&[]).map(|()| AcrossBody::UnitsMissing)?,
            "units-several" => item.has_only(&[]).map(|()| AcrossBody::UnitsSeveral)?,
            _ => return Err(format!("unknown test `{test}`")),
        })
    }

    /// Where the text names something, and where nothing is meant by that.
    fn naming(&self, item: &RuleItem) -> Result<Naming, String> {
        item.has_only(&["pattern", "unless"])?;
        Ok(Naming {
            patterns: self.patterns(item)?,
            unless: self.named_pattern("unless", item.unless.as_deref())?,
        })
    }

    fn patterns(&self, item: &RuleItem) -> Result<Vec<LazyRegex>, String> {
        let patterns = item.pattern.as_ref().map_or(&[][..], OneOrMany::as_slice);
        let read = |pattern: &String| self.named_pattern("pattern", Some(pattern));
        match patterns.is_empty() {
            true => Err("pattern is missing".into()),
            false => patterns.iter().map(read).collect(),
        }
    }

    /// The pattern of an item that has just one.
    fn only_pattern(&self, item: &RuleItem) -> Result<LazyRegex, String> {
        let mut patterns = self.patterns(item)?;
        match (patterns.pop(), patterns.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err("only one pattern is due".into()),
        }
    }

    /// The pattern of a key that is due.
    fn named_pattern(&self, key: &str, pattern: Option<&str>) -> Result<LazyRegex, String> {
        let pattern = pattern.ok_or_else(|| format!("{key} is missing"))?;
        self.pattern(pattern).map_err(|error| format!("{key}: {error}"))
    }
}

fn equation(item: &RuleItem, expr: &str, tables: &[Table]) -> Result<Equation, String> {
    let keys = [&EQUATION[..], &["total", "severity_if_less", "severity_if_greater"]].concat();
    item.has_only(&keys)?;
    let condition = expr::parse(expr).map_err(|error| error.to_string())?;
    let named = |pattern: &Pattern, binding: &_| places::own_cells(pattern, binding, tables);
    Ok(Equation {
        instances: places::instances(&condition, item, tables, &named)?,
        if_less: item.severity_if_less,
        if_greater: item.severity_if_greater,
    })
}

/// An equation on this and last year's cells, or on a summary's and its units'.
fn across_equation(item: &RuleItem, expr: &str, home: &Home<'_>) -> Result<AcrossBody, String> {
    let condition = expr::parse(expr).map_err(|error| error.to_string())?;
    let mut written = Vec::new();
    condition.cells(&mut written);
    let names = |whose: Whose| written.iter().any(|cell| cell.whose == whose);
    match (names(Whose::This), names(Whose::Last), names(Whose::Units)) {
        (true, true, false) => pairs(&condition, item, home).map(AcrossBody::Years),
        (true, false, true) => sums(&condition, item, home).map(AcrossBody::Units),
        _ => Err("a cell of the report and one of last year (last.…) or of the units (units.…) \
                  are due"
            .into()),
    }
}

/// A rule across years for each form that last year's tables may follow: its own, unless `last` names
/// others.
fn pairs(
    condition: &Condition<Pattern>,
    item: &RuleItem,
    home: &Home<'_>,
) -> Result<Vec<Pair>, String> {
    item.has_only(&[&EQUATION[..], &["last"]].concat())?;
    let own = [home.form.to_owned()];
    let forms = item.last.as_ref().map_or(&own[..], OneOrMany::as_slice);
    let pair = |form: &String| {
        let last = if form == home.form { Some(home.tables) } else { home.all.form(form) };
        let Some(last) = last else {
            let known = home.all.ids().join(", ");
            return Err(format!("last names form `{form}`, known are {known}"));
        };
        let instances = placed(condition, item, home.tables, last)?;
        Ok(Pair { last: form.clone(), instances })
    };
    forms.iter().map(pair).collect()
}

/// A rule on a summary: one of its cells on the left side, the same of its units on the right. The
/// shape is fixed, because what is known of the units may be a part of the sum only.
fn sums(
    condition: &Condition<Pattern>,
    item: &RuleItem,
    home: &Home<'_>,
) -> Result<Vec<Instance<Placed>>, String> {
    item.has_only(&EQUATION)?;
    let is_sum = |left: &Pattern, right: &Pattern| {
        let same = Pattern { whose: Whose::Units, ..left.clone() };
        left.whose == Whose::This && same == *right
    };
    match condition {
        Condition::Compare(Term::Cell(left), Operator::Equal, Term::Cell(right))
            if is_sum(left, right) =>
        {
            placed(condition, item, home.tables, home.tables)
        }
        _ => Err("a rule on units must be of the shape CELL = units.CELL".into()),
    }
}

/// The condition at its places, with the cells of other reports among `others`.
fn placed(
    condition: &Condition<Pattern>,
    item: &RuleItem,
    tables: &[Table],
    others: &[Table],
) -> Result<Vec<Instance<Placed>>, String> {
    let named = |pattern: &Pattern, binding: &_| {
        let of = if pattern.whose == Whose::This { tables } else { others };
        let placed = |cell| Placed { whose: pattern.whose, cell };
        Ok(places::cells(pattern, binding, of)?.into_iter().map(placed).collect())
    };
    places::instances(condition, item, tables, &named)
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
        "table-unruled" => Test::TableUnruled,
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
        "unit-doubtful" => Test::UnitDoubtful,
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
