//! The labels of all tables of the forms, and which of them a text is like.
//!
//! Forms share most of their labels, and a text is like few of them. So each label is kept once, and a text is
//! compared only with those that have enough characters in common with it, which an inverted index tells.
//! Reports print the same labels year after year: what was found of one that is a form's is remembered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::label::Label;
use super::{Row, Table};

/// A text as like a label as this is that label.
pub(crate) const SAME: f64 = 0.9;
/// So many texts are remembered: forms have some hundreds of labels, and each is printed in a few ways.
const MOST_REMEMBERED: usize = 4_096;
/// Bytes of the longest of them.
const LONGEST_REMEMBERED: usize = 400;

/// Every label of some tables.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// Each text once.
    distinct: Vec<Label>,
    /// For each character the labels it stands in.
    with: FxHashMap<char, Vec<LabelId>>,
    /// In the order of the tables they were made of.
    tables: Vec<TableLabels>,
    /// Texts that are labels.
    remembered: RwLock<HashMap<String, Arc<Compared>>>,
}

/// A text compared with [`Labels`].
#[derive(Debug)]
pub(crate) struct Compared {
    /// The text split for comparing.
    pub(crate) label: Label,
    /// How like it is to each of them.
    pub(crate) likeness: Likeness,
}

/// A label among [`Labels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LabelId(usize);

/// The labels of a table, each with its variants, the official one first.
#[derive(Debug, Default)]
pub(crate) struct TableLabels {
    /// Of each row; last, where it has a group, with the group's before it.
    pub(crate) rows: Vec<Vec<LabelId>>,
    /// Of each column.
    pub(crate) columns: Vec<Vec<LabelId>>,
    /// The innermost group of each column that has one.
    pub(crate) column_groups: Vec<Option<LabelId>>,
    /// The innermost group of each row that has one.
    pub(crate) groups: Vec<Option<LabelId>>,
    /// What tells the table from others.
    pub(crate) fingerprint: Vec<Label>,
    /// The rows of each label of `rows`.
    rows_with: BTreeMap<LabelId, Vec<usize>>,
}

/// How like a text is to some [`Labels`]: those it is like at all, in their order.
#[derive(Debug)]
pub(crate) struct Likeness(Vec<(LabelId, f64)>);

impl Labels {
    /// Those of these tables.
    pub(super) fn of<'f>(tables: impl Iterator<Item = &'f Table>) -> Self {
        let mut making = Making::default();
        let tables = tables.map(|table| making.table(table)).collect();
        let mut with: FxHashMap<char, Vec<LabelId>> = FxHashMap::default();
        for (number, label) in making.distinct.iter().enumerate() {
            for (character, _) in label.characters() {
                with.entry(character).or_default().push(LabelId(number));
            }
        }
        Self { distinct: making.distinct, with, tables, ..Self::default() }
    }

    /// Of each table, in the order they were made of.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableLabels> {
        self.tables.iter()
    }

    /// Splits a text and compares it with all of them.
    pub(crate) fn compare(&self, text: &str) -> Arc<Compared> {
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(compared) = remembered.get(text) {
            return Arc::clone(compared);
        }
        drop(remembered);
        let label = Label::of(text);
        let compared = Arc::new(Compared { likeness: self.likeness(&label), label });
        if text.len() <= LONGEST_REMEMBERED && compared.likeness.most() >= SAME {
            let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= MOST_REMEMBERED {
                // Misprints have crowded in; the labels come back with the next reports.
                remembered.clear();
            }
            remembered.insert(text.to_owned(), Arc::clone(&compared));
        }
        compared
    }

    /// Compares a text with all of them, as [`Label::likeness`] does.
    fn likeness(&self, text: &Label) -> Likeness {
        let mut shared = vec![0_usize; self.distinct.len()];
        for (character, times) in text.characters() {
            for id in self.with.get(&character).into_iter().flatten() {
                if let Some(shared) = shared.get_mut(id.0) {
                    *shared += times;
                }
            }
        }
        let likeness = |(number, (label, shared)): (usize, (&Label, usize))| {
            let longer = text.least_chars().max(label.least_chars());
            // What has less in common is less than half alike, which `Label::likeness` takes for nothing.
            let likeness = if shared * 2 >= longer { text.likeness(label) } else { 0.0 };
            (likeness > 0.0).then_some((LabelId(number), likeness))
        };
        Likeness(self.distinct.iter().zip(shared).enumerate().filter_map(likeness).collect())
    }
}

impl TableLabels {
    /// The rows with a label that a text is like, and how like it is; a row as often as it has such labels.
    pub(crate) fn rows_like(&self, text: &Likeness) -> impl Iterator<Item = (usize, f64)> {
        let rows = |label: &LabelId| self.rows_with.get(label).into_iter().flatten();
        text.0.iter().flat_map(move |(label, like)| rows(label).map(move |row| (*row, *like)))
    }
}

impl Likeness {
    /// Like none.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// To one label, from 0 to 1.
    pub(crate) fn to(&self, label: LabelId) -> f64 {
        let at = self.0.binary_search_by_key(&label, |(label, _)| *label);
        at.ok().and_then(|at| self.0.get(at)).map_or(0.0, |(_, likeness)| *likeness)
    }

    /// To the label that is most like the text.
    pub(crate) fn most(&self) -> f64 {
        self.0.iter().map(|(_, likeness)| *likeness).fold(0.0, f64::max)
    }

    /// To the one of these that is most like the text; 0: there is none.
    pub(crate) fn best(&self, labels: &[LabelId]) -> f64 {
        labels.iter().map(|label| self.to(*label)).fold(0.0, f64::max)
    }
}

/// Labels as they are collected.
#[derive(Default)]
struct Making {
    distinct: Vec<Label>,
    known: HashMap<String, LabelId>,
}

impl Making {
    fn table(&mut self, table: &Table) -> TableLabels {
        let rows: Vec<Vec<LabelId>> = table.rows.iter().map(|row| self.row(row)).collect();
        let mut rows_with: BTreeMap<LabelId, Vec<usize>> = BTreeMap::new();
        for (number, labels) in rows.iter().enumerate() {
            labels.iter().for_each(|label| rows_with.entry(*label).or_default().push(number));
        }
        TableLabels {
            rows,
            rows_with,
            columns: table.columns.iter().map(|c| self.all(&c.label, &c.variants)).collect(),
            column_groups: table.columns.iter().map(|c| Some(self.one(c.group.last()?))).collect(),
            groups: table.rows.iter().map(|row| Some(self.one(row.group.last()?))).collect(),
            fingerprint: table.fingerprint.iter().map(|print| Label::of(print)).collect(),
        }
    }

    fn row(&mut self, row: &Row) -> Vec<LabelId> {
        let mut labels = self.all(&row.label, &row.variants);
        // A row may carry the name of its group: `行政诉讼（复议后起诉）`.
        labels.extend(row.group.last().map(|group| self.one(&format!("{group}{}", row.label))));
        labels
    }

    fn all(&mut self, label: &str, variants: &[String]) -> Vec<LabelId> {
        let texts = std::iter::once(label).chain(variants.iter().map(String::as_str));
        texts.map(|text| self.one(text)).collect()
    }

    fn one(&mut self, text: &str) -> LabelId {
        let next = LabelId(self.distinct.len());
        let id = *self.known.entry(text.to_owned()).or_insert(next);
        if id == next {
            self.distinct.push(Label::of(text));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

    use super::*;
    use crate::form::Forms;

    #[test]
    fn what_the_index_leaves_out_is_alike_to_nothing() {
        let forms = Forms::load(None).unwrap();
        let labels = forms.labels();
        let misread = ["（五）不于处理", "现行有效件教", "其他", "人民政府", "", "件件件件"];
        let known = labels.distinct.clone();
        for text in known.into_iter().chain(misread.map(Label::of)) {
            let found = labels.likeness(&text);
            for (number, label) in labels.distinct.iter().enumerate() {
                let direct = text.likeness(label);
                assert_eq!(
                    found.to(LabelId(number)).to_bits(),
                    direct.to_bits(),
                    "{text:?} {label:?}"
                );
            }
        }
    }

    #[test]
    fn a_text_is_compared_as_before_when_it_comes_again_and_few_are_remembered() {
        let forms = Forms::load(None).unwrap();
        let labels = forms.labels();
        let remembered = || labels.remembered.read().unwrap().len();
        for _ in 0..2 {
            for label in &labels.distinct {
                let compared = labels.compare(&label.body);
                let direct = labels.likeness(&Label::of(&label.body));
                assert_eq!(compared.likeness.0, direct.0);
                assert_eq!(compared.label, Label::of(&label.body));
            }
        }
        let known = remembered();
        assert!(known > 100 && known <= labels.distinct.len());
        labels.compare("没有哪个表有这样的一行");
        labels.compare(&format!("予以公开（{}）", "略".repeat(LONGEST_REMEMBERED)));
        assert_eq!(remembered(), known);
        for number in 0..2 * MOST_REMEMBERED {
            labels.compare(&format!("予以公开（{number}）"));
            assert!(remembered() <= MOST_REMEMBERED);
        }
    }

    #[test]
    fn each_table_has_its_own_labels_and_a_text_that_several_have_is_kept_once() {
        let forms = Forms::load(None).unwrap();
        let labels = forms.labels();
        let tables = forms.iter().flat_map(|form| &form.tables);
        for (table, found) in tables.zip(labels.tables()) {
            for (row, ids) in table.rows.iter().zip(&found.rows) {
                let own = labels.likeness(&Label::of(&row.label));
                assert!(own.best(ids) > 0.99, "{}.{}", table.id, row.id);
            }
            assert_eq!(found.columns.len(), table.columns.len());
        }
        let all: usize =
            labels.tables().flat_map(|t| t.rows.iter().chain(&t.columns)).map(Vec::len).sum();
        assert!(labels.distinct.len() < all);
    }
}
