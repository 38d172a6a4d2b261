//! `[[subject]]` and `[[claim]]`: what the text may state about cells.

use rust_decimal::Decimal;

use super::super::claim::{Claim, Match, Subject};
use super::super::expr::{self, Term};
use super::super::file::{ClaimItem, File, Item, OneOrMany};
use super::super::{CellId, LazyRegex, Table};
use super::Builder;
use super::places::{Binding, Unresolved, own_cells};

impl Builder<'_> {
    /// The subjects of a form: its own, then those all forms share.
    pub(super) fn subjects(&mut self, file: &File, shared: &File) -> Vec<Subject> {
        self.unique("subject", file.subjects.iter().map(|s| (s.line, s.value.id.as_str())));
        let mut subjects = Vec::new();
        for Item { line, value } in file.subjects.iter().chain(&shared.subjects) {
            let names = self.regex(*line, &value.names);
            let hints = value.hints.as_ref().and_then(|h| self.regex(*line, h));
            let context = value.context.as_ref().and_then(|c| self.regex(*line, c));
            if let Some(names) = names {
                subjects.push(Subject { id: value.id.clone(), names, hints, context });
            }
        }
        subjects
    }

    /// The claims of one file. `shared`: they are for several forms, so that cells of other forms,
    /// and claims that have no others, are left out.
    pub(super) fn claims(
        &mut self,
        items: &[&Item<ClaimItem>],
        shared: bool,
        tables: &[Table],
        subjects: &[Subject],
    ) -> Vec<Claim> {
        self.unique("claim", items.iter().map(|c| (c.line, c.value.id.as_str())));
        let resolved = |text: &String| resolved(text, tables);
        let foreign = |item: &Item<ClaimItem>| {
            shared && item.value.cells.as_slice().iter().all(|text| resolved(text).is_err())
        };
        let own = items.iter().filter(|item| !foreign(item));
        own.filter_map(|item| self.claim(item, shared, tables, subjects)).collect()
    }

    fn claim(
        &mut self,
        item: &Item<ClaimItem>,
        shared: bool,
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
        let cells = self.terms(item, shared, tables);
        let place = self.place(item, shared, tables, cells.first());
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

    fn regexes(&mut self, line: usize, patterns: Option<&OneOrMany>) -> Vec<LazyRegex> {
        let patterns = patterns.map_or(&[][..], OneOrMany::as_slice);
        patterns.iter().filter_map(|p| self.regex(line, p)).collect()
    }

    /// The patterns that state a figure, which must have one.
    fn figure_patterns(&mut self, item: &Item<ClaimItem>) -> Vec<LazyRegex> {
        for pattern in item.value.pattern.iter().flat_map(|p| p.as_slice()) {
            if !pattern.replace("[^#", "").contains('#') {
                self.refuse_claim(item, &format!("pattern `{pattern}` has no figure (#)"));
            }
        }
        self.regexes(item.line, item.value.pattern.as_ref())
    }

    /// The sums of cells the figure may mean.
    fn terms(
        &mut self,
        item: &Item<ClaimItem>,
        shared: bool,
        tables: &[Table],
    ) -> Vec<Term<CellId>> {
        let mut terms = Vec::new();
        for text in item.value.cells.as_slice() {
            match resolved(text, tables) {
                Ok(term) => terms.push(term),
                Err(_) if shared => {}
                Err(what) => self.refuse_claim(item, &what),
            }
        }
        if item.value.cells.as_slice().is_empty() {
            self.refuse_claim(item, "cells is empty");
        }
        terms
    }

    /// The place of the claim's findings: the one it names, else its cell.
    fn place(
        &mut self,
        item: &Item<ClaimItem>,
        shared: bool,
        tables: &[Table],
        first: Option<&Term<CellId>>,
    ) -> Option<String> {
        let named = item.value.place.as_ref().map_or(&[][..], OneOrMany::as_slice);
        for place in named {
            if is_place(place, tables) {
                return Some(place.clone());
            }
            if !shared {
                self.refuse_claim(item, &format!("where `{place}` is no place of the form"));
                return None;
            }
        }
        match first? {
            Term::Cell(cell) => Some(cell.to_string()),
            _ => {
                self.refuse_claim(item, "where is due, because the first of its cells is a sum");
                None
            }
        }
    }
}

/// A term of a claim with its cells.
fn resolved(text: &str, tables: &[Table]) -> Result<Term<CellId>, String> {
    let term = expr::parse_term(text).map_err(|e| e.to_string())?;
    let several = |pattern: &expr::Pattern| {
        Unresolved::Wrong(format!("`{pattern}` names several cells; use sum()"))
    };
    term.resolve(&mut |pattern| own_cells(pattern, &Binding::new(), tables), &several)
        .map_err(Unresolved::into_text)
}

/// `<table>.<row>.<column>`, each an id, the last two perhaps globs that match something.
fn is_place(place: &str, tables: &[Table]) -> bool {
    let [table, row, column] = place.split('.').collect::<Vec<_>>()[..] else { return false };
    let matches = |pattern: &str, id: &str| match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => id == pattern,
    };
    tables.iter().find(|t| t.id == table).is_some_and(|t| {
        t.rows.iter().any(|r| matches(row, &r.id))
            && t.columns.iter().any(|c| matches(column, &c.id))
    })
}
