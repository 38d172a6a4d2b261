//! One act that would repair what the smallest sets cannot explain: two rows or columns in each
//! other's place, or one a place beside its own. Where many cells are wrong together, the smallest
//! sets are too many to be proven, or are none that anybody would fill in; then a clerk is helped
//! more by the act. It is a guess for the message, and never a cause.

use std::collections::HashMap;

use super::elimination::{Relation, Row};
use super::model::{Component, Model};
use super::slip::Slip;
use crate::form::{CellId, Table};

/// Acts worth telling; of more, none is.
const MOST: usize = 2;

/// A line that stands where another should, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) slip: Slip,
    /// A cell of the line, and of the other one where two are exchanged.
    pub(super) at: CellId,
    pub(super) other: Option<CellId>,
}

/// The lines of a table in one direction: cells by their place in the component, with their ids.
type Line = Vec<(usize, CellId)>;

/// What a line gets: the changes of its cells, and a cell whose figure was lost.
struct Trial {
    changes: Vec<(usize, i128)>,
    lost: Option<usize>,
}

/// The acts each of which repairs a component by itself; none where more than [`MOST`] would.
pub(super) fn acts(component: &Component, model: &Model<'_>) -> Vec<Act> {
    let mut acts = Vec::new();
    for table in tables(component, model) {
        let (rows, columns) = lines(table, component, model);
        let kinds = [
            (rows, Slip::RowShifted, Slip::RowsExchanged),
            (columns, Slip::ColumnShifted, Slip::ColumnsExchanged),
        ];
        for (lines, shifted, exchanged) in kinds {
            for (at, line) in lines.iter().enumerate() {
                let act = |slip, other: Option<&Line>| {
                    let id = |line: &Line| line.first().map(|(_, id)| id.clone());
                    Some(Act { slip, at: id(line)?, other: other.and_then(id) })
                };
                if shifts(line, component).iter().any(|trial| repairs(trial, component)) {
                    acts.extend(act(shifted, None));
                }
                let others = lines.iter().skip(at + 1).filter(|other| other.len() == line.len());
                for other in others {
                    if repairs(&exchange(line, other, component), component) {
                        acts.extend(act(exchanged, Some(other)));
                    }
                }
            }
        }
    }
    if acts.len() > MOST { Vec::new() } else { acts }
}

/// The tables the component has cells of.
fn tables<'a>(component: &Component, model: &Model<'a>) -> Vec<&'a Table> {
    let mut tables: Vec<&Table> = Vec::new();
    for variable in component.cells.iter().filter_map(|cell| model.variables.get(*cell)) {
        let known = tables.iter().any(|table| table.id == variable.id.table);
        tables.extend(variable.form.table(&variable.id.table).filter(|_| !known));
    }
    tables
}

/// The rows and columns of a table that stand in the component with all their cells.
fn lines(table: &Table, component: &Component, model: &Model<'_>) -> (Vec<Line>, Vec<Line>) {
    let own = component.cells.iter().enumerate();
    let places: HashMap<&CellId, usize> =
        own.filter_map(|(place, cell)| Some((&model.variables.get(*cell)?.id, place))).collect();
    let place = |id: CellId| Some((*places.get(&id)?, id));
    let rows = table.value_rows().filter_map(|row| {
        table.columns_of(row).map(|column| place(table.cell(row, column))).collect()
    });
    let columns = table.columns.iter().filter_map(|column| {
        let rows = table.value_rows().filter(|row| row.has(&column.id));
        rows.map(|row| place(table.cell(row, column))).collect()
    });
    let long = |line: &Line| line.len() > 1;
    (rows.filter(long).collect(), columns.filter(long).collect())
}

fn value(component: &Component, place: usize) -> i128 {
    component.unknowns.get(place).map_or(0, |unknown| unknown.value)
}

fn exchange(line: &Line, other: &Line, component: &Component) -> Trial {
    let pairs = line.iter().zip(other).flat_map(|((a, _), (b, _))| {
        let by = value(component, *b) - value(component, *a);
        [(*a, by), (*b, -by)]
    });
    Trial { changes: pairs.filter(|(_, by)| *by != 0).collect(), lost: None }
}

/// A line moved on from an empty first place, back in its place, and the same from its end. The figure
/// that fell off the end is lost.
fn shifts(line: &Line, component: &Component) -> Vec<Trial> {
    let forwards: Vec<usize> = line.iter().map(|(place, _)| *place).collect();
    let backwards: Vec<usize> = forwards.iter().rev().copied().collect();
    let moved = |places: &Vec<usize>| {
        let (first, last) = (*places.first()?, *places.last()?);
        let back = places.windows(2).filter_map(|pair| match pair {
            [to, from] => Some((*to, value(component, *from) - value(component, *to))),
            _ => None,
        });
        let changes: Vec<(usize, i128)> = back.filter(|(_, by)| *by != 0).collect();
        (value(component, first) == 0 && changes.len() > 1)
            .then_some(Trial { changes, lost: Some(last) })
    };
    [&forwards, &backwards].into_iter().filter_map(moved).collect()
}

/// Whether every rule holds after it, the lost figure being what one of them leaves it.
fn repairs(trial: &Trial, component: &Component) -> bool {
    let mut by: HashMap<usize, i128> = trial.changes.iter().copied().collect();
    if by.is_empty() {
        return false;
    }
    if let Some(lost) = trial.lost {
        let tells = |row: &&Row| row.relation == Relation::Zero && row.coefficient(lost) != 0;
        let row = component.rules.iter().find(tells);
        let left = row.and_then(|row| Some((row.coefficient(lost), after(row, &by)?)));
        let Some((coefficient, rest)) = left else { return false };
        if rest % coefficient != 0 || value(component, lost) - rest / coefficient < 0 {
            return false;
        }
        by.insert(lost, -(rest / coefficient));
    }
    component.rules.iter().all(|row| after(row, &by).is_some_and(|v| row.relation.holds(v)))
}

/// The value of a row after changes; `None`: too large.
fn after(row: &Row, by: &HashMap<usize, i128>) -> Option<i128> {
    row.terms.iter().try_fold(row.constant, |sum, (cell, coefficient)| match by.get(cell) {
        None => Some(sum),
        Some(by) => sum.checked_add(coefficient.checked_mul(*by)?),
    })
}
