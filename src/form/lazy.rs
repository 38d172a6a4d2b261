//! A regular expression that is compiled when it is first asked: forms have hundreds, a command
//! needs few of them, a report those of one form.

use std::sync::OnceLock;

use regex::{Match, Regex};

/// A pattern of a form.
#[derive(Debug, Clone)]
pub struct LazyRegex {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    /// A pattern known to be right: one of the forms in the program, whose patterns a test compiles.
    pub(super) fn trusted(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// Any pattern; refused where it is wrong.
    pub(super) fn checked(text: &str) -> Result<Self, regex::Error> {
        let compiled = OnceLock::from(Some(Regex::new(text)?));
        Ok(Self { text: text.into(), compiled })
    }

    /// The expression; `None`, which a test rules out: it was trusted and is wrong.
    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }

    /// Whether the text has a match.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The matches in the text, one after the other.
    pub fn find_iter<'r, 'h>(
        &'r self,
        text: &'h str,
    ) -> impl Iterator<Item = Match<'h>> + use<'r, 'h> {
        self.regex().into_iter().flat_map(move |regex| regex.find_iter(text))
    }

    /// The first group of each match in the text.
    pub fn names_in<'r, 'h>(
        &'r self,
        text: &'h str,
    ) -> impl Iterator<Item = &'h str> + use<'r, 'h> {
        let all = self.regex().into_iter().flat_map(move |regex| regex.captures_iter(text));
        all.filter_map(|found| Some(found.get(1)?.as_str()))
    }

    /// The first match in the text.
    pub fn find<'h>(&self, text: &'h str) -> Option<Match<'h>> {
        self.regex()?.find(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Body, Forms, Test, across};

    #[test]
    fn the_patterns_of_the_forms_in_the_program_are_right() {
        for form in Forms::load(None).unwrap().iter() {
            let claims = form
                .claims
                .iter()
                .flat_map(|claim| claim.patterns.iter().chain(&claim.none).chain(&claim.unless));
            let subjects = form.subjects.iter().flat_map(|s| [Some(&s.names), s.hints.as_ref()]);
            let denials = form.checks.iter().filter_map(|check| match &check.body {
                Body::Test(Test::SectionDenies { pattern, .. }) => Some(pattern),
                _ => None,
            });
            let levels = form.levels.iter().map(|level| &level.pattern);
            let across = form.across.iter().flat_map(|rule| match &rule.body {
                across::Body::Text(across::Text::Growth { up, down }) => vec![up, down],
                across::Body::Text(across::Text::Quoted { pattern }) => vec![pattern],
                _ => Vec::new(),
            });
            let naming = form.checks.iter().flat_map(|check| match &check.body {
                Body::Test(Test::OtherYear(naming) | Test::OtherUnit(naming)) => {
                    naming.patterns.iter().chain([&naming.unless]).collect()
                }
                _ => Vec::new(),
            });
            let own = claims.chain(subjects.flatten()).chain(denials).chain(levels);
            for pattern in own.chain(across).chain(naming) {
                assert!(pattern.regex().is_some(), "form {}: {}", form.id, pattern.text);
            }
        }
    }
}
