//! In which order the columns of a table stand, by its headers. Where the grid is known these stand in
//! their columns; elsewhere they are read one after the other: the order is all that plain text keeps.
//!
//! Headers stand on one level or on two: below the one over a group of columns those of its columns.

use std::collections::BTreeSet;

use super::lines::{Line, LineCell};
use super::table::{Placed, Template};
use crate::document::Columns;
use crate::form::Column;

/// A header as like a label as this names its column for certain.
const CERTAIN: f64 = 0.9;
/// More lines of headers than this stand above no table, one header a line.
pub(super) const MOST_LINES: usize = 30;

/// The order of the columns of a row in the document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// That of the form: no header says otherwise.
    OfForm,
    /// Another one, as indices of the columns from left to right.
    Told(Vec<usize>),
    /// Not that of the form, and the headers do not tell which.
    Unknown,
}

/// What a header stands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Column(usize),
    Group,
}

impl Template<'_> {
    /// The order of `columns` by the nearest headers above a row, one of those `placed`.
    pub(super) fn column_order(
        &self,
        lines: &[Line<'_>],
        placed: &[Placed<'_>],
        place: &Placed<'_>,
        columns: &[&Column],
    ) -> Order {
        let first = placed.first().map_or(0, |p| p.at);
        let own_grid = lines.get(first).map(|line| line.grid);
        let is_near = |(at, line): &(usize, &Line<'_>)| {
            *at >= first || (Some(line.grid) == own_grid && at + MOST_LINES >= first)
        };
        // The label of a row without figures is no header, though it may be like one.
        let is_row = |at: usize| placed.binary_search_by_key(&at, |p| p.at).is_ok();
        let above = lines.iter().enumerate().take(place.at).rev().take_while(is_near);
        let mut headers: Vec<(usize, Header)> = Vec::new();
        for (at, line) in above {
            if line.has_figures() {
                if named(&headers) > 1 {
                    break;
                }
                headers.clear();
            } else if !is_row(at) {
                headers.extend(self.headers_of(line, columns).into_iter().rev());
            }
        }
        headers.reverse();
        if is_in_place(place.line.columns, &headers) {
            let start = place.label_end();
            headers.retain(|(column, _)| *column >= start);
            return order_in_place(&headers, columns.len());
        }
        let headers: Vec<Header> = headers.into_iter().map(|(_, header)| header).collect();
        let in_group: Vec<bool> = columns.iter().map(|c| !c.group.is_empty()).collect();
        order(&headers, &in_group)
    }

    /// The order of the columns in the blocks of a table in one line, a block for each row, by the lines of
    /// headers above it: the same in each block.
    pub(super) fn block_order<'a>(
        &self,
        above: impl Iterator<Item = &'a Line<'a>>,
        grid: Columns,
    ) -> Order {
        let columns: Vec<&Column> = self.table.columns.iter().collect();
        let (mut headers, mut rows): (Vec<(usize, Header)>, Vec<usize>) = (Vec::new(), Vec::new());
        for line in above {
            headers.extend(self.headers_of(line, &columns));
            rows.extend(line.cells.iter().filter_map(|cell| self.row_of(cell)));
        }
        if is_in_place(grid, &headers) {
            headers.sort_by_key(|(place, _)| *place);
        }
        let named: Vec<usize> = headers.iter().filter_map(|(_, header)| header.column()).collect();
        // Of a header that is repeated the first is enough.
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(*row));
        if !rows.is_sorted() {
            return Order::Unknown;
        }
        let first = named.get(..columns.len()).unwrap_or_default();
        let is_whole = !first.is_empty() && (0..columns.len()).all(|c| first.contains(&c));
        let is_same = named.chunks(columns.len()).all(|block| block == first);
        let blocks = named.chunk_by(|a, b| a < b).count();
        if is_whole && is_same && !first.is_sorted() {
            Order::Told(first.to_vec())
        } else if blocks > self.table.value_rows().count() && !is_same {
            Order::Unknown
        } else {
            Order::OfForm
        }
    }

    /// The row of values a header names for certain.
    fn row_of(&self, cell: &LineCell<'_>) -> Option<usize> {
        let mut rows = self.labels.rows.iter().filter(|_| cell.is_wordy());
        rows.position(|labels| cell.likeness().best(labels) >= CERTAIN)
    }

    /// The headers of a line, from left to right, each with its column in the document.
    fn headers_of(&self, line: &Line<'_>, columns: &[&Column]) -> Vec<(usize, Header)> {
        let headers = line.cells.iter().filter(|cell| cell.is_wordy()).filter_map(|cell| {
            let is_named = |column: &&Column| {
                let labels = self.labels_of(column);
                labels.is_some_and(|labels| cell.likeness().best(labels) >= CERTAIN)
            };
            let mut groups = self.labels.column_groups.iter().flatten();
            let header = match columns.iter().position(is_named) {
                Some(column) => Some(Header::Column(column)),
                None => groups
                    .any(|group| cell.likeness().to(*group) >= CERTAIN)
                    .then_some(Header::Group),
            };
            Some((cell.cell.column, header?))
        });
        headers.collect()
    }
}

/// Whether headers stand in the columns of the document that they are headers of. One a line has none.
fn is_in_place(columns: Columns, headers: &[(usize, Header)]) -> bool {
    match columns {
        Columns::Exact => true,
        Columns::Ordinal => false,
        Columns::Filled => headers.iter().any(|(place, _)| *place > 0),
    }
}

/// How many columns are named.
fn named(headers: &[(usize, Header)]) -> usize {
    let columns = headers.iter().filter_map(|(_, header)| header.column());
    columns.collect::<BTreeSet<usize>>().len()
}

impl Header {
    fn column(self) -> Option<usize> {
        match self {
            Self::Column(column) => Some(column),
            Self::Group => None,
        }
    }
}

/// The order that the places of these headers tell; the nearest of each column.
fn order_in_place(headers: &[(usize, Header)], columns: usize) -> Order {
    let place = |column: &usize| {
        let own = headers.iter().rev().find(|(_, header)| *header == Header::Column(*column));
        own.map(|(place, _)| *place)
    };
    let mut sequence: Vec<usize> = (0..columns).filter(|column| place(column).is_some()).collect();
    sequence.sort_by_key(place);
    let is_whole = sequence.len() == columns;
    let is_parted =
        sequence.windows(2).all(|pair| pair.first().map(place) != pair.last().map(place));
    match (sequence.is_sorted(), is_whole && is_parted) {
        (true, _) => Order::OfForm,
        (false, true) => Order::Told(sequence),
        (false, false) => Order::Unknown,
    }
}

/// The order that these headers tell, one after the other; `in_group`: whether each column is one of a group.
fn order(headers: &[Header], in_group: &[bool]) -> Order {
    // Where merged headers are repeated over each of their columns, the last line has them all.
    let last = |column: usize| headers.iter().rposition(|h| *h == Header::Column(column));
    let group = headers.iter().rposition(|header| *header == Header::Group);
    let places: Vec<Option<usize>> = (0..in_group.len()).map(last).collect();
    let is_one_level = places.iter().flatten().all(|place| group.is_none_or(|g| *place > g));
    let place = |column: &usize| {
        let own = places.get(*column).copied().flatten();
        let is_member = in_group.get(*column) == Some(&true);
        (group.filter(|_| is_member && !is_one_level).or(own), own)
    };
    let mut sequence: Vec<usize> =
        (0..in_group.len()).filter(|column| place(column).1.is_some()).collect();
    sequence.sort_by_key(place);
    let is_of_form = |columns: &[usize]| columns.is_sorted();
    if is_of_form(&sequence) {
        return Order::OfForm;
    }
    // Headers on two levels without that of the group do not tell where it stands.
    let (members, others): (Vec<usize>, Vec<usize>) =
        sequence.iter().partition(|column| in_group.get(**column) == Some(&true));
    let may_be_of_form = group.is_none() && is_of_form(&members) && is_of_form(&others);
    if sequence.len() < in_group.len() || may_be_of_form && !others.is_empty() {
        return if may_be_of_form { Order::OfForm } else { Order::Unknown };
    }
    Order::Told(sequence)
}
