//! `[[subject]]` and `[[claim]]`: what the text may state about cells.

use std::collections::BTreeMap;

use regex::Regex;
use rust_decimal::Decimal;

use super::super::claim::{Claim, Match, Subject};
use super::super::expr::{self, Term};
use super::super::file::{ClaimItem, File, Item, OneOrMany};
use super::super::{CellId, Table};
use super::{Builder, Unresolved, cells};

impl Builder<'_> {
    /// The subjects of a form: its own, then those all forms share.
    pub(super) fn subjects(&mut self, file: &File, shared: &File) -> Vec<Subject> {
        self.unique("subject", file.subjects.iter().map(|s| (s.line, s.value.id.as_str())));
        let mut subjects = Vec::new();
        for Item { line, value } in file.subjects.iter().chain(&shared.subjects) {
            let names = self.regex(*line, &value.names);
            let hints = value.hints.as_ref().and_then(|h| self.regex(*line, h));
            if let Some(names) = names {
                subjects.push(Subject { id: value.id.clone(), names, hints });
            }
        }
        subjects
    }

    pub(super) fn claims(
        &mut self,
        items: &[Item<ClaimItem>],
        tables: &[Table],
        subjects: &[Subject],
    ) -> Vec<Claim> {
        self.unique("claim", items.iter().map(|c| (c.line, c.value.id.as_str())));
        items.iter().filter_map(|item| self.claim(item, tables, subjects)).collect()
    }

    fn claim(
        &mut self,
        item: &Item<ClaimItem>,
        tables: &[Table],
        subjects: &[Subject],
    ) -> Option<Claim> {
        let Item { line, value } = item;
        let before = self.errors.len();
        if !subjects.iter().any(|s| s.id == value.subject) {
            let known: Vec<&str> = subjects.iter().map(|s| s.id.as_str()).collect();
            let what = format!("names subject `{}`, known are {}", value.subject, known.join(", "));
            self.refuse_claim(item, &what);
        }
        let patterns = self.figure_patterns(item);
        let none = self.regexes(*line, value.none.as_ref());
        if patterns.is_empty() && none.is_empty() {
            self.refuse_claim(item, "either pattern or none is due");
        }
        if value.matches.is_empty() || value.ignores.is_empty() {
            self.refuse_claim(item, "examples are due: what it matches, and what it ignores");
        }
        for example in value.matches.iter().filter(|m| m.value.parse::<Decimal>().is_err()) {
            self.refuse_claim(item, &format!("matches: value `{}` is no number", example.value));
        }
        let unless = value.unless.as_ref().and_then(|u| self.regex(*line, u));
        let cells = self.terms(item, tables);
        let place = value.place.clone().or_else(|| value.cells.as_slice().first().cloned());
        if self.errors.len() > before {
            return None;
        }
        Some(Claim {
            id: value.id.clone(),
            subject: value.subject.clone(),
            cells,
            place: place?,
            severity: value.severity,
            patterns,
            none,
            unless,
            units: value.units.clone(),
            whole: value.whole,
            matches: value
                .matches
                .iter()
                .map(|m| Match { text: m.text.clone(), value: m.value.clone() })
                .collect(),
            ignores: value.ignores.clone(),
        })
    }

    fn refuse_claim(&mut self, item: &Item<ClaimItem>, what: &str) {
        self.refuse(item.line, format!("claim `{}`: {what}", item.value.id));
    }

    fn regexes(&mut self, line: usize, patterns: Option<&OneOrMany>) -> Vec<Regex> {
        let patterns = patterns.map_or(&[][..], OneOrMany::as_slice);
        patterns.iter().filter_map(|p| self.regex(line, p)).collect()
    }

    /// The patterns that state a figure, which must have one.
    fn figure_patterns(&mut self, item: &Item<ClaimItem>) -> Vec<Regex> {
        for pattern in item.value.pattern.iter().flat_map(|p| p.as_slice()) {
            if !pattern.replace("[^#", "").contains('#') {
                self.refuse_claim(item, &format!("pattern `{pattern}` has no figure (#)"));
            }
        }
        self.regexes(item.line, item.value.pattern.as_ref())
    }

    /// The sums of cells the figure may mean.
    fn terms(&mut self, item: &Item<ClaimItem>, tables: &[Table]) -> Vec<Term<CellId>> {
        let mut terms = Vec::new();
        for text in item.value.cells.as_slice() {
            let resolved = expr::parse_term(text).map_err(|e| e.to_string()).and_then(|term| {
                term.resolve(&mut |pattern| cells(pattern, &BTreeMap::new(), tables), &|pattern| {
                    Unresolved::Wrong(format!("`{pattern}` names several cells; use sum()"))
                })
                .map_err(Unresolved::into_text)
            });
            match resolved {
                Ok(term) => terms.push(term),
                Err(what) => self.refuse_claim(item, &what),
            }
        }
        if item.value.cells.as_slice().is_empty() {
            self.refuse_claim(item, "cells is empty");
        }
        match &item.value.place {
            Some(place) if !is_place(place, tables) => {
                self.refuse_claim(item, &format!("where `{place}` is no place of the form"));
            }
            // The place is told from the first meaning, which then must be one cell.
            None if !matches!(terms.first(), Some(Term::Cell(_)) | None) => {
                self.refuse_claim(item, "where is due, because the first of its cells is a sum");
            }
            _ => {}
        }
        terms
    }
}

/// `<table>.<row>.<column>`, each an id or a glob.
fn is_place(place: &str, tables: &[Table]) -> bool {
    let mut parts = place.split('.');
    let table = parts.next().is_some_and(|id| tables.iter().any(|t| t.id == id));
    table && parts.count() == 2
}
