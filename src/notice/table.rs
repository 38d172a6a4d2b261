//! The official tables with what a report says in them, the cells in question marked.
//!
//! Only tables with a finding worth acting upon are drawn. On paper some tables are blocks with
//! headers of their own, one under the other, or one long line; here each run of rows with the same
//! columns is a block, which a phone can show.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use super::clean;
use crate::form::{CellId, Column, Forms, Row, Severity, Table};
use crate::report::Cell;
use crate::store::NoticeToSend;

/// One official table.
#[derive(Debug, Serialize)]
pub(super) struct Drawn {
    name: String,
    caption: String,
    blocks: Vec<Block>,
}

/// Rows that have the same columns.
#[derive(Debug, Serialize)]
struct Block {
    /// Columns in all, the label's too.
    width: usize,
    heads: Vec<Vec<Head>>,
    lines: Vec<Line>,
}

/// A header over one or several columns.
#[derive(Debug, Serialize)]
struct Head {
    text: String,
    span: usize,
}

/// A row; one without squares is a heading.
#[derive(Debug, Serialize)]
struct Line {
    label: String,
    squares: Vec<Square>,
}

/// One cell.
#[derive(Debug, Serialize)]
struct Square {
    text: String,
    /// `wrong`, `involved` or empty.
    mark: &'static str,
    /// What a wrong one should be, where there is one answer.
    proposal: Option<String>,
}

/// The cells in question.
struct Marks<'a> {
    involved: BTreeSet<&'a CellId>,
    wrong: BTreeMap<&'a CellId, Option<Decimal>>,
}

/// The tables of the report's form that have something to correct or to confirm.
pub(super) fn drawn(notice: &NoticeToSend, forms: &Forms) -> Vec<Drawn> {
    let Some(form) = notice.form.as_deref().and_then(|id| forms.get(id)) else {
        return Vec::new();
    };
    let marks = Marks::of(notice);
    form.tables
        .iter()
        .filter(|table| marks.are_in(table))
        .map(|table| Drawn {
            name: table.name.clone(),
            caption: table.caption.clone(),
            blocks: blocks(table, notice, &marks),
        })
        .collect()
}

impl<'a> Marks<'a> {
    fn of(notice: &'a NoticeToSend) -> Self {
        let grave = notice.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let involved = grave.flat_map(|finding| &finding.cells).collect();
        let wrong = notice
            .causes
            .iter()
            .flat_map(|cause| cause.cells.iter().map(move |repair| (cause, repair)))
            .map(|(cause, repair)| (&repair.cell, cause.certain.then_some(repair.repaired)))
            .collect();
        Self { involved, wrong }
    }

    fn are_in(&self, table: &Table) -> bool {
        let mut marked = self.involved.iter().chain(self.wrong.keys());
        marked.any(|cell| cell.table == table.id)
    }

    fn square(&self, id: &CellId, cell: Option<&Cell>) -> Square {
        let text = cell.map(|cell| clean::shorten(&clean::one_line(&cell.raw), 24));
        let mark = match (self.wrong.contains_key(id), self.involved.contains(id)) {
            (true, _) => "wrong",
            (false, true) => "involved",
            (false, false) => "",
        };
        let proposal = self.wrong.get(id).copied().flatten();
        Square {
            text: text.unwrap_or_default(),
            mark,
            proposal: proposal.map(|value| value.normalize().to_string()),
        }
    }
}

/// A heading belongs to the block of the row below it.
fn blocks(table: &Table, notice: &NoticeToSend, marks: &Marks<'_>) -> Vec<Block> {
    let mut blocks: Vec<(Vec<&Column>, Block)> = Vec::new();
    let mut group: &[String] = &[];
    let mut headings = Vec::new();
    for row in &table.rows {
        if row.group.as_slice() != group {
            group = &row.group;
            headings.extend((!group.is_empty()).then(|| heading(&group.join(" › "))));
        }
        if row.heading {
            headings.push(heading(&row.label));
            continue;
        }
        let columns: Vec<&Column> = table.columns_of(row).collect();
        if blocks.last().is_none_or(|(last, _)| !same(last, &columns)) {
            let block = Block {
                width: columns.len().saturating_add(1),
                heads: heads(&columns),
                lines: Vec::new(),
            };
            blocks.push((columns.clone(), block));
        }
        if let Some((_, block)) = blocks.last_mut() {
            block.lines.append(&mut headings);
            block.lines.push(line(table, row, &columns, notice, marks));
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

fn same(left: &[&Column], right: &[&Column]) -> bool {
    left.iter().map(|column| &column.id).eq(right.iter().map(|column| &column.id))
}

fn heading(label: &str) -> Line {
    Line { label: label.to_owned(), squares: Vec::new() }
}

fn line(
    table: &Table,
    row: &Row,
    columns: &[&Column],
    notice: &NoticeToSend,
    marks: &Marks<'_>,
) -> Line {
    let squares = columns.iter().map(|column| {
        let id = table.cell(row, column);
        marks.square(&id, notice.cells.get(&id))
    });
    Line { label: row.label.clone(), squares: squares.collect() }
}

/// Group headers over the columns they cover, then the columns' own.
fn heads(columns: &[&Column]) -> Vec<Vec<Head>> {
    let depth = columns.iter().map(|column| column.group.len()).max().unwrap_or(0);
    (0..=depth).map(|level| level_of(columns, level, depth)).collect()
}

/// Headers stand as low as they can: a column without group has empty space above it.
fn level_of(columns: &[&Column], level: usize, depth: usize) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    for column in columns {
        let text = match level {
            own if own == depth => column.label.as_str(),
            above => column.group.get(above).map_or("", String::as_str),
        };
        match heads.last_mut() {
            Some(last) if level < depth && last.text == text => last.span += 1,
            _ => heads.push(Head { text: text.to_owned(), span: 1 }),
        }
    }
    heads
}
