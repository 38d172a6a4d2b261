//! One table of a form laid over the rows of a document.

use std::collections::{BTreeMap, BTreeSet};

use super::align::{Gaps, align};
use super::lines::{Line, LineCell};
use super::order;
use super::values;
use super::{Cell, CellValue, UnknownRow};
use crate::document::{Columns, Source};
use crate::form::labels::{LabelId, Labels, Likeness, SAME, TableLabels};
use crate::form::{CellId, Column, Form, Forms, Id, Layout, Row, Table};

/// What comparing with a table of a form needs.
#[derive(Debug)]
pub(super) struct Template<'f> {
    pub(super) form: &'f Form,
    pub(super) table: &'f Table,
    /// Its labels.
    pub(super) labels: &'f TableLabels,
    /// Those of all tables.
    pub(super) all_labels: &'f Labels,
}

/// A table of a form found in a document, whose cells are read if no other form's table fits better.
#[derive(Debug)]
pub(super) struct Fit<'l> {
    pub(super) template: &'l Template<'l>,
    /// How well it fits, about 0 to 1; a fingerprint found or missed adds or takes a little.
    pub(super) quality: f64,
    found: Found<'l>,
}

/// What was found of a table.
#[derive(Debug)]
enum Found<'l> {
    Rows(Rows<'l>),
    /// How well a table in one line fits shows in its cells.
    Cells(Laid<'l>),
}

/// The rows of a table in a document.
#[derive(Debug)]
struct Rows<'l> {
    lines: &'l [Line<'l>],
    placed: Vec<Placed<'l>>,
    unknown: Vec<UnknownRow>,
    unsure: Vec<Id>,
    bare: Vec<UnknownRow>,
}

/// A table laid over a document.
#[derive(Debug)]
pub(super) struct Laid<'f> {
    pub(super) template: &'f Template<'f>,
    /// The tables of the document it lies over, from 1.
    pub(super) grids: Vec<usize>,
    pub(super) cells: BTreeMap<CellId, Cell>,
    pub(super) missing_rows: Vec<Id>,
    pub(super) unknown_rows: Vec<UnknownRow>,
    /// Values in heading rows: row id and text.
    pub(super) heading_values: Vec<(Id, String)>,
    /// Rows whose values were told apart by their number alone.
    pub(super) sublabels_lost: Vec<Id>,
    /// On a scan, rows that may be others if their labels were misread; see [`order`].
    pub(super) unsure_rows: Vec<Id>,
    /// On a scan, rows of figures whose label was not read and that are none of the form's by their place
    /// either.
    pub(super) bare_rows: Vec<UnknownRow>,
}

/// Labels less alike than this are different labels.
pub(super) const ALIKE: f64 = 0.6;
/// As like the label of a group is to what stands before its rows.
const GROUP: f64 = 0.75;
/// Headers above a table take no more rows.
pub(super) const HEADER_LINES: usize = 6;
/// A table that fits worse than this is another table.
const FITS: f64 = 0.4;
/// What a fingerprint found, or all of them missed, is worth.
const FINGERPRINT: f64 = 0.2;
/// What a row that is no heading is less like for having no values.
const WITHOUT_VALUES: f64 = 0.01;
/// Passing into another table of the document while within one table of the form.
const NEW_GRID: f64 = 0.15;

impl<'f> Template<'f> {
    /// Of every table of the forms.
    pub(super) fn all(forms: &'f Forms) -> Vec<Self> {
        let all_labels = forms.labels();
        let tables =
            forms.iter().flat_map(|form| form.tables.iter().map(move |table| (form, table)));
        tables
            .zip(all_labels.tables())
            .map(|((form, table), labels)| Self { form, table, labels, all_labels })
            .collect()
    }

    /// Looks for the table in the rows of a document; `None` when it is not there. `source` tells how far
    /// its labels can be trusted.
    pub(super) fn find<'l>(&'l self, lines: &'l [Line<'l>], source: Source) -> Option<Fit<'l>> {
        let (quality, found) = match self.table.layout {
            Layout::Rows => {
                let (quality, rows) = self.find_rows(lines, source)?;
                (quality, Found::Rows(rows))
            }
            Layout::Line => {
                let (quality, laid) = self.lay_line(lines)?;
                (quality, Found::Cells(laid))
            }
        };
        Some(Fit { template: self, quality, found })
    }

    fn find_rows<'l>(&'l self, lines: &'l [Line<'l>], source: Source) -> Option<(f64, Rows<'l>)> {
        let matches: Vec<Vec<Option<Match>>> =
            lines.iter().map(|line| self.match_rows(&candidates(line))).collect();
        // Of two lines with one label that with values is the row.
        let has_values: Vec<bool> = lines.iter().map(|line| line.has_values_after(None)).collect();
        let likeness = |i: usize, j: usize| {
            let likeness = matches.get(i)?.get(j)?.as_ref()?.likeness;
            let is_bare = !*has_values.get(i)? && !self.table.rows.get(j)?.heading;
            Some(likeness - if is_bare { WITHOUT_VALUES } else { 0.0 })
        };
        let new_grid = |i: usize| {
            let grid = |i: usize| lines.get(i).map(|l| l.grid);
            if i > 0 && grid(i) != grid(i - 1) { NEW_GRID } else { 0.0 }
        };
        let gaps = Gaps { found: 0.02, expected: 0.02 };
        let (mut pairs, _) = align(lines.len(), self.labels.rows.len(), gaps, likeness, new_grid);
        pairs.retain(|(i, j)| likeness(*i, *j).is_some());
        let mut placed: Vec<Placed<'_>> = pairs
            .iter()
            .filter_map(|(i, j)| {
                let found = matches.get(*i)?.get(*j)?.as_ref()?;
                let (line, row) = (lines.get(*i)?, self.table.rows.get(*j)?);
                Some(Placed {
                    line,
                    at: *i,
                    row,
                    index: *j,
                    label: Some(found.cell),
                    named: true,
                    likeness: found.likeness,
                })
            })
            .collect();
        self.place_unlabelled(lines, &mut placed);
        let (first, last) = (placed.first()?.at, placed.last()?.at);
        let span = lines.get(first..=last)?;
        let taken: Vec<usize> = placed.iter().map(|p| p.at).collect();
        let unknown = self.unknown_rows(span, first, &taken);
        let quality = self.quality(&placed, unknown.len()) + self.fingerprint(lines, first, last);
        let enough = placed.iter().filter(|p| !p.row.heading).count()
            >= self.table.value_rows().count().min(3);
        if quality < FITS || !enough {
            return None;
        }
        let (unsure, bare) = match source {
            Source::Ocr => (
                order::unsure(self.table, lines, &placed, likeness),
                self.bare_rows(span, first, &taken),
            ),
            Source::Text => (Vec::new(), Vec::new()),
        };
        Some((quality, Rows { lines, placed, unknown, unsure, bare }))
    }

    /// For each row of the form the candidate that is most like its label.
    fn match_rows(&self, candidates: &[Candidate<'_>]) -> Vec<Option<Match>> {
        let mut matches: Vec<Option<Match>> = vec![None; self.labels.rows.len()];
        for Candidate { cell, likeness, group } in candidates {
            for (row, like) in self.labels.rows_like(likeness).filter(|(_, like)| *like >= ALIKE) {
                let worth = like - group;
                if let Some(best) = matches.get_mut(row)
                    && best.as_ref().is_none_or(|best| worth > best.likeness)
                {
                    *best = Some(Match { cell: *cell, likeness: worth });
                }
            }
        }
        matches
    }

    /// Rows that lost their label stand between two that kept it: when as many rows of values are
    /// left there as the form has rows, they are these. The first may have the label of their group.
    fn place_unlabelled<'a>(&'a self, lines: &'a [Line<'a>], placed: &mut Vec<Placed<'a>>) {
        let mut more = Vec::new();
        for pair in placed.windows(2) {
            let [before, after] = pair else { continue };
            let rows: Vec<usize> = (before.index + 1..after.index)
                .filter(|j| self.table.rows.get(*j).is_some_and(|r| !r.heading))
                .collect();
            let group = rows.first().and_then(|index| *self.labels.groups.get(*index)?);
            let bare = |at: usize| {
                let line = lines.get(at).filter(|line| has_digit(line))?;
                match line.cells.iter().rposition(|c| c.is_wordy()) {
                    None => Some((line, at, None)),
                    Some(cell) => {
                        let label = line.cells.get(cell);
                        let is_group =
                            group.zip(label).is_some_and(|(g, l)| l.likeness().to(g) >= GROUP);
                        is_group.then_some((line, at, Some(cell)))
                    }
                }
            };
            let bare: Vec<_> = (before.at + 1..after.at).filter_map(bare).collect();
            if rows.is_empty() || rows.len() != bare.len() {
                continue;
            }
            for (index, (line, at, label)) in rows.into_iter().zip(bare) {
                if let Some(row) = self.table.rows.get(index) {
                    let named = false;
                    more.push(Placed { line, at, row, index, label, named, likeness: ALIKE });
                }
            }
        }
        placed.extend(more);
        placed.sort_by_key(|p| p.at);
    }

    /// Rows of values with a label that is none of the form's.
    fn unknown_rows(&self, span: &[Line<'_>], first: usize, taken: &[usize]) -> Vec<UnknownRow> {
        let mut unknown = Vec::new();
        for (offset, line) in span.iter().enumerate() {
            let label = line.cells.iter().rposition(|c| c.is_wordy());
            let known = taken.contains(&(first + offset));
            if let (false, Some(label)) = (known, label)
                && has_digits_after(line, label)
            {
                let text = |c: &LineCell<'_>| c.cell.text.clone();
                unknown.push(UnknownRow {
                    table: self.table.id.clone(),
                    label: line.cells.get(label).map(text).unwrap_or_default(),
                    values: line.cells.iter().skip(label + 1).map(text).collect(),
                });
            }
        }
        unknown
    }

    /// Rows of figures without a label that were taken for none of the form's.
    fn bare_rows(&self, span: &[Line<'_>], first: usize, taken: &[usize]) -> Vec<UnknownRow> {
        let is_bare = |line: &Line<'_>| has_digit(line) && !line.cells.iter().any(|c| c.is_wordy());
        let bare = (first..).zip(span).filter(|(at, line)| !taken.contains(at) && is_bare(line));
        let values = |line: &Line<'_>| line.cells.iter().map(|c| c.cell.text.clone()).collect();
        let row = |line| UnknownRow {
            table: self.table.id.clone(),
            label: String::new(),
            values: values(line),
        };
        bare.map(|(_, line)| row(line)).collect()
    }

    /// Like an F-measure: what was matched, over what the form has and what the document has.
    fn quality(&self, placed: &[Placed<'_>], unknown: usize) -> f64 {
        let matched: f64 = placed.iter().map(|p| p.likeness).sum();
        let total = self.table.rows.len() + placed.len() + unknown;
        2.0 * matched / count(total)
    }

    /// Looks for fingerprints in the rows of the table and the headers above it.
    fn fingerprint(&self, lines: &[Line<'_>], first: usize, last: usize) -> f64 {
        let prints = &self.labels.fingerprint;
        if prints.is_empty() {
            return 0.0;
        }
        let rows = lines.get(first.saturating_sub(4)..=last).unwrap_or_default();
        let found = rows.iter().any(|line| {
            let text = line.text();
            prints.iter().any(|print| text.contains(&print.body))
        });
        if found { FINGERPRINT } else { -FINGERPRINT }
    }

    fn fill(
        &'f self,
        lines: &[Line<'_>],
        placed: &[Placed<'_>],
        unknown_rows: Vec<UnknownRow>,
    ) -> Laid<'f> {
        let mut laid = self.empty();
        laid.unknown_rows = unknown_rows;
        let has_lost_rows = self.has_lost_rows(lines, placed);
        let lone = self.only_lone_values(placed);
        let shifted = self.shifted(lines, placed);
        for (number, place) in placed.iter().enumerate() {
            let next = placed.get(number + 1).map_or(lines.len(), |p| p.at);
            laid.note_grid(place.line.grid);
            if !place.named {
                laid.sublabels_lost.push(place.row.id.clone());
            }
            if place.row.heading {
                laid.heading_values.extend(heading_value(place));
                continue;
            }
            let columns: Vec<&Column> = self.table.columns_of(place.row).collect();
            let is_lost = has_lost_rows
                && !place.line.has_values_after(place.label)
                && place.line.columns != Columns::Exact;
            let is_lost = is_lost || shifted.contains(&number);
            let values = if is_lost || place.has_values_before() {
                columns.iter().map(|_| values::Found::lost(place.line)).collect()
            } else {
                self.values(lines, placed, place, next, &columns, lone)
            };
            for (column, value) in columns.iter().zip(values) {
                let header = self.header_unit(lines, place, column);
                let id = self.table.cell(place.row, column);
                laid.cells.insert(id, values::cell(place.row, column, &value, header));
            }
        }
        laid.missing_rows = self
            .table
            .value_rows()
            .filter(|r| !placed.iter().any(|p| p.row.id == r.id))
            .map(|r| r.id.clone())
            .collect();
        self.spread_group_rows(lines, &mut laid);
        if !has_lost_rows && shifted.is_empty() {
            self.take_blank_rows(lines, placed, &mut laid);
        }
        laid
    }

    /// Whether figures among or after these rows of a table in plain text have a label that is none of the
    /// form's: they may be those of a row that seems to have none.
    fn has_lost_rows(&self, lines: &[Line<'_>], placed: &[Placed<'_>]) -> bool {
        let (Some(first), Some(last)) = (placed.first(), placed.last()) else { return false };
        let rows = lines.iter().enumerate().skip(first.at);
        let own = rows.take_while(|(at, line)| *at <= last.at || line.grid == last.line.grid);
        let is_lost = |(at, line): (usize, &Line<'_>)| {
            let label = line.cells.iter().rposition(|cell| cell.is_wordy());
            let is_labelled = label.is_some_and(|label| has_digits_after(line, label));
            is_labelled && !placed.iter().any(|place| place.at == at)
        };
        own.into_iter().any(is_lost)
    }

    /// The rows, by their number among those placed, of runs that begin right after figures of a heading or
    /// of no row and end with a row without any, or before the last one of the form: in plain text the
    /// figures may stand before their labels.
    fn shifted(&self, lines: &[Line<'_>], placed: &[Placed<'_>]) -> BTreeSet<usize> {
        let mut shifted = BTreeSet::new();
        let mut begun = None;
        for (number, place) in placed.iter().enumerate() {
            if place.line.columns == Columns::Exact || place.row.heading {
                let is_first = place.line.columns != Columns::Exact && place.line.has_figures();
                begun = is_first.then_some(number + 1);
                continue;
            }
            let above = place.at.checked_sub(1).and_then(|at| lines.get(at));
            let is_row = |at: usize| placed.iter().any(|p| p.at == at && !p.row.heading);
            let follows_figures = above.is_some_and(|above| {
                above.grid == place.line.grid && above.has_figures() && !is_row(place.at - 1)
            });
            if follows_figures {
                begun = Some(number);
            }
            let is_last = number + 1 == placed.len() && self.table.rows.len() > place.index + 1;
            if is_last || !place.line.has_figures() {
                shifted.extend(begun.take().into_iter().flat_map(|first| first..=number));
            }
        }
        shifted
    }

    /// Rows of which only the label is left, as a line of text: a sheet does not say where a row
    /// nothing was typed in ends, nor does a table without rules. They stand between the rows of the
    /// table, or next to its first or last.
    fn take_blank_rows(&self, lines: &[Line<'_>], placed: &[Placed<'_>], laid: &mut Laid<'_>) {
        let first = placed.first().map_or(0, |p| p.at.saturating_sub(HEADER_LINES));
        let ends =
            placed.iter().map(|p| (p.at, p.index)).chain([(lines.len(), self.table.rows.len())]);
        let (mut at, mut index) = (first, 0);
        for (number, (end, end_index)) in ends.enumerate() {
            let is_last = number == placed.len();
            // After the last row only what follows it at once.
            let between = lines.get(at..end.min(if is_last { at + 1 } else { end }));
            let texts = || {
                let lines = between.unwrap_or_default().iter();
                lines.flat_map(|l| l.below.iter().map(move |t| (l, t)))
            };
            // Where figures stand in lines of their own, those of any row may be among them.
            let is_figure = |text: &str| super::figure(text, true).is_some();
            if texts().any(|(_, text)| is_figure(text)) {
                (at, index) = (end, end_index + 1);
                continue;
            }
            for (line, text) in texts() {
                let text = self.all_labels.compare(text);
                let missing = |j: &usize| {
                    let (row, labels) = (self.table.rows.get(*j), self.labels.rows.get(*j));
                    row.is_some_and(|row| laid.missing_rows.contains(&row.id))
                        && labels.is_some_and(|labels| text.likeness.best(labels) >= SAME)
                };
                let Some(found) = (index..end_index).find(missing) else {
                    if is_last {
                        break;
                    }
                    continue;
                };
                let Some(row) = self.table.rows.get(found) else { continue };
                for column in self.table.columns_of(row) {
                    let value = values::Found::nowhere(line.grid, line.row);
                    laid.cells.insert(
                        self.table.cell(row, column),
                        values::cell(row, column, &value, None),
                    );
                }
                laid.missing_rows.retain(|id| *id != row.id);
                index = found + 1;
            }
            (at, index) = (end, end_index + 1);
        }
    }

    /// A group label followed by the values of all its rows: the sub-labels were lost, and only
    /// the number of values tells the rows apart.
    fn spread_group_rows(&self, lines: &[Line<'_>], laid: &mut Laid<'_>) {
        for line in lines.iter().filter(|l| laid.grids.contains(&l.grid)) {
            let Some(label) = line.cells.iter().rposition(|c| c.is_wordy()) else { continue };
            let found: Vec<&LineCell<'_>> = line.cells.iter().skip(label + 1).collect();
            let own = line.cells.get(label);
            let rows: Vec<&Row> = (self.table.rows.iter().zip(&self.labels.groups))
                .filter(|(row, group)| {
                    let same = |(g, l): (LabelId, &LineCell<'_>)| l.likeness().to(g) >= GROUP;
                    !row.heading && group.zip(own).is_some_and(same)
                })
                .map(|(row, _)| row)
                .collect();
            let columns = self.table.columns.len();
            let lost = rows.iter().all(|r| laid.missing_rows.contains(&r.id));
            if rows.len() < 2 || !lost || found.len() != rows.len() * columns {
                continue;
            }
            for (row, cells) in rows.iter().zip(found.chunks(columns)) {
                for (column, cell) in self.table.columns.iter().zip(cells) {
                    let value = values::Found::at(line.grid, line.row, cell.cell);
                    laid.cells.insert(
                        self.table.cell(row, column),
                        values::cell(row, column, &value, None),
                    );
                }
                laid.missing_rows.retain(|id| *id != row.id);
                laid.sublabels_lost.push(row.id.clone());
            }
            laid.unknown_rows.retain(|u| own.is_none_or(|l| !l.is_label(&u.label)));
        }
    }

    pub(super) fn empty(&'f self) -> Laid<'f> {
        Laid {
            template: self,
            grids: Vec::new(),
            cells: BTreeMap::new(),
            missing_rows: Vec::new(),
            unknown_rows: Vec::new(),
            heading_values: Vec::new(),
            sublabels_lost: Vec::new(),
            unsure_rows: Vec::new(),
            bare_rows: Vec::new(),
        }
    }
}

impl<'l> Fit<'l> {
    /// Reads the cells.
    pub(super) fn laid(self) -> Laid<'l> {
        match self.found {
            Found::Rows(Rows { lines, placed, unknown, unsure, bare }) => {
                let mut laid = self.template.fill(lines, &placed, unknown);
                (laid.unsure_rows, laid.bare_rows) = (unsure, bare);
                laid
            }
            Found::Cells(laid) => laid,
        }
    }

    /// Whether rows of the document fit none of the form's. Of those unknown at first some may turn out to be
    /// groups whose rows lost their labels.
    pub(super) fn is_patchy(&self) -> bool {
        match &self.found {
            Found::Rows(Rows { lines, placed, unknown, bare, .. }) => {
                let is_unknown = || {
                    let laid = self.template.fill(lines, placed, unknown.clone());
                    !laid.unknown_rows.is_empty()
                };
                !bare.is_empty() || !unknown.is_empty() && is_unknown()
            }
            Found::Cells(laid) => !laid.unknown_rows.is_empty(),
        }
    }
}

impl Laid<'_> {
    /// How many cells hold anything.
    pub(super) fn shown(&self) -> usize {
        self.cells.values().filter(|cell| cell.value != CellValue::Blank).count()
    }

    pub(super) fn note_grid(&mut self, grid: usize) {
        if self.grids.last() != Some(&grid) {
            self.grids.push(grid);
        }
    }
}

/// A row of the form and the row of the document it was found in.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) line: &'a Line<'a>,
    pub(super) at: usize,
    pub(super) row: &'a Row,
    pub(super) index: usize,
    /// The cell that holds its label, or that of its group; `None`: the label was lost.
    pub(super) label: Option<usize>,
    /// Whether its own label was found; otherwise its place alone tells what row it is.
    pub(super) named: bool,
    pub(super) likeness: f64,
}

impl<'a> Placed<'a> {
    /// Whether its figures stand left of its label, where none is looked for. One before blank cells is
    /// its number.
    fn has_values_before(&self) -> bool {
        let before = self.line.cells.iter().take(self.label.unwrap_or_default());
        let after = self.after_label();
        let most = usize::from(!after.is_empty());
        before.filter(|c| c.is_figure()).count() > most && !after.iter().any(|c| c.is_figure())
    }

    pub(super) fn label_cell(&self) -> Option<&'a LineCell<'a>> {
        self.line.cells.get(self.label?)
    }

    /// The column after its label, or the first one.
    pub(super) fn label_end(&self) -> usize {
        self.label_cell().map_or(0, |label| label.cell.column + label.cell.column_span)
    }

    /// The row of its table in the document after the last one it covers, by its label.
    pub(super) fn end(&self) -> usize {
        self.label_cell().map_or(self.line.row + 1, LineCell::end)
    }

    pub(super) fn after_label(&self) -> Vec<&'a LineCell<'a>> {
        self.line.cells.iter().skip(self.label.map_or(0, |l| l + 1)).collect()
    }
}

#[derive(Debug, Clone, Copy)]
struct Match {
    cell: usize,
    likeness: f64,
}

/// A cell of a line that may be the label of a row.
struct Candidate<'a> {
    cell: usize,
    likeness: &'a Likeness,
    /// What it is less worth: the label is the last word before the values; a cell further left is its group.
    group: f64,
}

/// The cells of a line that may be labels; where nearly all are words, it is a header.
fn candidates<'a>(line: &'a Line<'_>) -> Vec<Candidate<'a>> {
    const MOST_LABEL_CELLS: usize = 5;
    if line.cells.iter().filter(|c| c.is_wordy()).count() > MOST_LABEL_CELLS {
        return Vec::new();
    }
    let candidate = |(cell, found): (usize, &'a LineCell<'_>)| {
        let rest = line.cells.get(cell + 1..).unwrap_or_default();
        let more_words = rest.iter().take_while(|c| c.is_wordy()).count();
        let has_values = rest.iter().any(|c| !c.is_wordy());
        let followed = rest.is_empty() || has_values || more_words <= 1;
        let group = if more_words > 0 && has_values { 0.3 } else { 0.0 };
        (found.is_wordy() && followed).then_some(Candidate {
            cell,
            likeness: found.likeness(),
            group,
        })
    };
    line.cells.iter().enumerate().filter_map(candidate).collect()
}

fn has_digits_after(line: &Line<'_>, label: usize) -> bool {
    let values = line.cells.iter().skip(label + 1);
    values.into_iter().any(|c| c.cell.text.chars().any(char::is_numeric))
}

fn has_digit(line: &Line<'_>) -> bool {
    line.cells.iter().any(|c| c.cell.text.chars().any(char::is_numeric))
}

fn heading_value(place: &Placed<'_>) -> Option<(Id, String)> {
    let text = place
        .after_label()
        .iter()
        .map(|c| c.cell.text.trim())
        .find(|t| t.chars().any(char::is_numeric))?;
    Some((place.row.id.clone(), text.to_owned()))
}

/// A count as a measure of fit.
pub(super) fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
