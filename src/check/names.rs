//! Which year a text tells of and whose report it says it is, where it says so: what is left in it from
//! last year's report, or from another unit's. Hints, because a text may speak of anybody.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::{Draft, Outcome, Subject, Tried, quoted};
use crate::form::{Check, Form, Naming, Test};
use crate::units;

/// Runs one test on the text: one finding, with the first sentence it is about. `None`: it is another
/// kind of test.
pub(super) fn run(
    test: &Test,
    check: &Check,
    form: &Form,
    subject: &Subject<'_>,
) -> Option<(Tried, Option<Draft>)> {
    let report = subject.report;
    let sentences = || report.text.iter().flat_map(|text| sentences(text));
    let found = match test {
        Test::OtherYear(naming) => {
            report.year.map(|year| sentences().find_map(|s| other_year(&s, naming, year)))
        }
        Test::OtherUnit(naming) => {
            let own = report.unit.as_deref();
            own.map(|own| sentences().find_map(|s| other_unit(&s, naming, own, form)))
        }
        _ => return None,
    };
    let told = |outcome| Tried { rule: check.id.clone(), place: "report".into(), outcome };
    Some(match found {
        None => {
            let because = "neither year nor unit of the report is known".into();
            (told(Outcome::Undecided { because }), None)
        }
        Some(None) => (told(Outcome::Pass), None),
        Some(Some((named, quote))) => {
            let values = BTreeMap::from([
                ("named", named),
                ("quote", quoted(&quote)),
                ("unit", report.unit.clone().unwrap_or_default()),
                ("year", report.year.map(|year| year.to_string()).unwrap_or_default()),
            ]);
            let draft = Draft::new(check, "report", form.say(&check.id, &values));
            (told(Outcome::Fail), Some(Draft { quote: Some(quote), ..draft }))
        }
    })
}

/// A sentence as printed, and without white space.
struct Sentence<'t> {
    raw: &'t str,
    plain: String,
}

fn sentences(paragraph: &str) -> impl Iterator<Item = Sentence<'_>> {
    let parts = paragraph.split(['。', '；', ';', '！', '？', '\n']).map(str::trim);
    parts
        .filter(|raw| !raw.is_empty())
        .map(|raw| Sentence { raw, plain: raw.nfkc().filter(|c| !c.is_whitespace()).collect() })
}

/// An earlier year that the sentence says it tells of, and the sentence. One that names the year of the
/// report as well knows what it says.
fn other_year(sentence: &Sentence<'_>, naming: &Naming, year: i16) -> Option<(String, String)> {
    let plain = sentence.plain.as_str();
    if plain.contains(&year.to_string()) || naming.unless.is_match(plain) {
        return None;
    }
    let mut named = naming.patterns.iter().flat_map(|pattern| pattern.names_in(plain));
    let other = named.find(|named| named.parse::<i16>().is_ok_and(|named| named < year))?;
    Some((other.to_owned(), sentence.raw.to_owned()))
}

/// Another unit of the same level whose report the sentence says it is, and the sentence.
fn other_unit(
    sentence: &Sentence<'_>,
    naming: &Naming,
    own: &str,
    form: &Form,
) -> Option<(String, String)> {
    let level = form.level(own)?;
    let is_other = |name: &str| {
        form.level(name) == Some(level)
            && !naming.unless.is_match(name)
            && !units::may_be_short(name, own)
    };
    let mut named = naming.patterns.iter().flat_map(|pattern| pattern.names_in(&sentence.plain));
    let other = named.find(|name| is_other(name))?;
    Some((other.to_owned(), sentence.raw.to_owned()))
}
