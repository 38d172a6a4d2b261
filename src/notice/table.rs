//! The official tables as the office knows them, with what a report says in them, the cells in
//! question marked.
//!
//! Only tables with a finding worth acting upon are drawn, but these whole: who is told that a sum
//! is wrong wants to see its parts. Labels come from the form; all that comes from the report is
//! what stands in cells.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use super::clean;
use crate::check::Finding;
use crate::form::sheet::{Holds, Sheet, Slot};
use crate::form::{CellId, Column, Form, Forms, Row, Severity, Table};
use crate::report::Cell;
use crate::store::NoticeToSend;

/// One official table.
#[derive(Debug, Serialize)]
pub(super) struct Drawn {
    name: String,
    caption: String,
    /// Columns in all, those of labels too.
    width: usize,
    lines: Vec<Vec<Square>>,
    /// Which marks it has, for the legend.
    wrong: bool,
    involved: bool,
    doubtful: bool,
}

/// A cell of the drawing.
#[derive(Debug, Serialize)]
struct Square {
    /// `head`, `group`, `label`, `unit` or `value`.
    kind: &'static str,
    height: usize,
    width: usize,
    text: String,
    /// Of a value: one of [`Mark`]'s names, or empty.
    mark: &'static str,
    /// What a wrong value should be, where there is one answer.
    proposal: Option<String>,
    /// How sentences call a marked cell.
    name: Option<String>,
}

/// How a cell is marked, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// Stands in a sum that does not come out; another cell is to blame, or none is known to be.
    Involved,
    /// To be confirmed.
    Doubtful,
    /// To be corrected.
    Wrong,
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Self::Involved => "involved",
            Self::Doubtful => "doubtful",
            Self::Wrong => "wrong",
        }
    }
}

/// The cells in question.
#[derive(Default)]
struct Marks<'a> {
    marks: BTreeMap<&'a CellId, Mark>,
    proposals: BTreeMap<&'a CellId, Decimal>,
    /// Rows that are not in the report: `<table>.<row>`.
    missing: BTreeSet<&'a str>,
}

/// The tables of the report's form that have something to correct or to confirm.
pub(super) fn drawn(notice: &NoticeToSend, forms: &Forms) -> Vec<Drawn> {
    let Some(main) = notice.form.as_deref().and_then(|id| forms.get(id)) else {
        return Vec::new();
    };
    let marks = Marks::of(notice);
    let table = |table: &Table| {
        let (form, table) = followed(main, table, notice, forms)?;
        marks.are_in(table).then(|| draw(form, table, notice, &marks))
    };
    main.tables.iter().filter_map(table).collect()
}

/// The form a table of the report follows, which may be that of another year; none if nothing is
/// known of its cells: very many notices at once come without.
fn followed<'f>(
    main: &'f Form,
    table: &'f Table,
    notice: &NoticeToSend,
    forms: &'f Forms,
) -> Option<(&'f Form, &'f Table)> {
    let cells: Vec<&CellId> = notice.cells.keys().filter(|cell| cell.table == table.id).collect();
    let others = forms.iter().filter(|form| form.title == main.title);
    let candidates = std::iter::once(main).chain(others);
    let knows = |form: &&Form| cells.iter().all(|cell| form.names(cell).is_some());
    let form = candidates.into_iter().find(knows).filter(|_| !cells.is_empty())?;
    Some((form, form.table(&table.id)?))
}

impl<'a> Marks<'a> {
    fn of(notice: &'a NoticeToSend) -> Self {
        let mut marks = Self::default();
        for finding in notice.findings.iter().filter(|f| f.severity > Severity::Info) {
            let mark = match finding.cells.as_slice() {
                [_] if finding.cause.is_none() => alone(finding),
                _ => Mark::Involved,
            };
            finding.cells.iter().for_each(|cell| marks.mark(cell, mark));
            if finding.cells.is_empty() {
                marks.missing.insert(&finding.place);
            }
        }
        for cause in &notice.causes {
            for repair in cause.alternatives.iter().flatten() {
                marks.mark(&repair.cell, Mark::Involved);
            }
            for repair in &cause.cells {
                marks.mark(&repair.cell, Mark::Wrong);
                if cause.certain {
                    marks.proposals.insert(&repair.cell, repair.repaired);
                }
            }
        }
        marks
    }

    fn mark(&mut self, cell: &'a CellId, mark: Mark) {
        let marked = self.marks.entry(cell).or_insert(mark);
        *marked = mark.max(*marked);
    }

    fn are_in(&self, table: &Table) -> bool {
        self.marks.keys().any(|cell| cell.table == table.id)
            || table.value_rows().any(|row| self.lacks(table, row))
    }

    fn lacks(&self, table: &Table, row: &Row) -> bool {
        self.missing.contains(format!("{}.{}", table.id, row.id).as_str())
    }
}

/// How a finding about one cell alone marks it. Where the text says otherwise, either may be wrong.
fn alone(finding: &Finding) -> Mark {
    match finding.severity {
        Severity::Error if finding.quote.is_none() => Mark::Wrong,
        _ => Mark::Doubtful,
    }
}

fn draw(form: &Form, table: &Table, notice: &NoticeToSend, marks: &Marks<'_>) -> Drawn {
    let sheet = Sheet::on_paper(table);
    let mut slots: Vec<&Slot<'_>> = sheet.slots.iter().collect();
    slots.sort_by_key(|slot| (slot.row, slot.column));
    let mut lines: Vec<Vec<Square>> = (0..sheet.height).map(|_| Vec::new()).collect();
    for slot in slots {
        if let Some(line) = lines.get_mut(slot.row) {
            line.push(square(form, table, slot, notice, marks));
        }
    }
    let has = |mark: Mark| {
        marks.marks.iter().any(|(cell, marked)| cell.table == table.id && *marked == mark)
    };
    Drawn {
        name: table.name.clone(),
        caption: table.caption.clone(),
        width: sheet.width,
        wrong: has(Mark::Wrong),
        involved: has(Mark::Involved),
        doubtful: has(Mark::Doubtful) || table.value_rows().any(|row| marks.lacks(table, row)),
        lines,
    }
}

fn square(
    form: &Form,
    table: &Table,
    slot: &Slot<'_>,
    notice: &NoticeToSend,
    marks: &Marks<'_>,
) -> Square {
    let (kind, text) = match slot.holds {
        Holds::Head(text) => ("head", text.to_owned()),
        Holds::Group(text, _) => ("group", text.to_owned()),
        Holds::Label(row, _) => ("label", table.label(row)),
        Holds::Unit(text) => ("unit", text.to_owned()),
        Holds::Value(row, column) => return value(form, table, slot, (row, column), notice, marks),
    };
    Square {
        kind,
        height: slot.height,
        width: slot.width,
        text,
        mark: "",
        proposal: None,
        name: None,
    }
}

fn value(
    form: &Form,
    table: &Table,
    slot: &Slot<'_>,
    (row, column): (&Row, &Column),
    notice: &NoticeToSend,
    marks: &Marks<'_>,
) -> Square {
    let id = table.cell(row, column);
    let missing = marks.lacks(table, row).then_some(Mark::Doubtful);
    let mark = marks.marks.get(&id).copied().or(missing);
    let text = match notice.cells.get(&id) {
        Some(cell) => shown(cell),
        None => "缺".to_owned(),
    };
    let name = mark.and_then(|_| form.names(&id));
    Square {
        kind: "value",
        height: slot.height,
        width: slot.width,
        text,
        mark: mark.map_or("", Mark::name),
        proposal: marks.proposals.get(&id).map(|value| value.normalize().to_string()),
        name: name.map(|(table, row, column)| format!("{table} {row} {column}")),
    }
}

/// What stands in a cell, as printed, cut where it is prose.
fn shown(cell: &Cell) -> String {
    clean::shorten(&clean::one_line(&cell.raw), 24)
}
