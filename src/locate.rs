//! From broken equations to the cells that are wrong: the smallest sets of cells whose change makes
//! every equation of the report hold (Fellegi and Holt, 1976), the value that repairs each, and the
//! kind of slip it was. Pure. gouji proposes and never alters.
//!
//! [`model`] makes linear rules of the report's equations, [`search`] finds all smallest sets with
//! [`elimination`] and proves them minimal, [`settle`] finds their values, [`choice`] puts the
//! likeliest first and tells independent faults apart, [`slip`] and [`pattern`] name the slip,
//! [`words`] says it. Cells that say no number at all are looked at in [`unread`], money in the wrong
//! unit, which no equation binds, in [`money`]. Where a proof would take too long, no cause is named,
//! and a finding says so; it and long sets tell what one act ([`lines`]) would explain.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod choice;
mod elimination;
mod lines;
mod model;
pub mod money;
mod pattern;
mod search;
mod settle;
mod slip;
mod unread;
mod words;

use choice::{Candidate, Choosing, Fault, Rank};
use model::{Component, Model};
use search::{Found, Part};
use unread::Unread;

use crate::check::{self, Decisions, Finding, Policy, Stated};
use crate::form::{Body, CellId, Forms, Severity, Test};
use crate::report::Report;

/// Cells of a set from which on one act is likelier than so many slips.
const LONG_SET: usize = 3;

/// One explanation of findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Number within the report, from 1; [`crate::check::Finding::cause`] names it.
    pub id: u32,
    /// The cells that are wrong, and what they should be.
    pub cells: Vec<Repair>,
    /// Other sets of cells just as small.
    pub alternatives: Vec<Vec<Repair>>,
    /// The kind of slip, where one is recognised, e.g. `digits-swapped`.
    pub slip: Option<String>,
    /// There is one smallest set and one value for each of its cells.
    pub certain: bool,
    /// The sentence for the office, in Chinese.
    pub message: String,
}

/// A cell and the value that repairs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The cell.
    pub cell: CellId,
    /// The value read; `None`: blank.
    pub read: Option<Decimal>,
    /// The value that makes the equations hold.
    pub repaired: Decimal,
}

/// What else is known about the figures: it orders explanations that are equally small.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Figures stated elsewhere.
    pub figures: Vec<Figure>,
    /// What the same cells said last year.
    pub last_year: BTreeMap<CellId, Decimal>,
}

/// A figure stated in the text, or carried over from last year's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The cells whose sum it states; where it may mean one or the other, each of them.
    pub meanings: Vec<Vec<CellId>>,
    /// The figure.
    pub value: Decimal,
}

impl Evidence {
    /// What the text states beyond doubt.
    pub fn of_text(stated: &[Stated]) -> Self {
        let sure = stated.iter().filter(|stated| stated.sure);
        let figures =
            sure.map(|s| Figure { meanings: s.meanings.clone(), value: s.value }).collect();
        Self { figures, last_year: BTreeMap::new() }
    }
}

/// Whether there is anything to explain among findings: no evidence is needed otherwise.
pub fn asks_for_causes(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Explains the errors of a report, those that explain most findings first, and sets
/// [`Finding::cause`] of the findings explained. Adds a finding for each table whose errors could
/// not be traced to a smallest set of cells.
pub fn locate(
    report: &Report,
    forms: &Forms,
    policy: &Policy,
    evidence: &Evidence,
    findings: &mut Vec<Finding>,
) -> Vec<Cause> {
    let says_open = |finding: &Finding| {
        forms
            .iter()
            .filter_map(|f| f.test(|t| matches!(t, Test::CauseOpen)))
            .any(|check| check.id == finding.rule)
    };
    findings.retain(|finding| !says_open(finding));
    if !asks_for_causes(findings) {
        return Vec::new();
    }
    let decisions = check::decided(report, forms);
    let mut explained = Vec::new();
    let mut unproven = Vec::new();
    if let Some(model) = Model::of(report, forms, policy, &decisions) {
        let choosing = Choosing { report, forms, evidence, decisions: &decisions, model: &model };
        for component in model.components() {
            let Some(faults) = faults(&component, &choosing) else {
                unproven.extend(left_open(&component, &choosing, policy));
                continue;
            };
            explained.extend(faults.into_iter().map(|fault| {
                let findings = explains(&fault, &component, &choosing, findings);
                Explained {
                    findings,
                    rank: Some(fault.best.rank.clone()),
                    cause: cause(&fault, &component, &model),
                }
            }));
        }
    }
    explained.retain(|explained| !explained.findings.is_empty());
    let unread = unread::unread(report, forms, policy, &decisions, findings);
    explained.extend(unread.iter().map(|unread| Explained {
        findings: vec![unread.finding],
        rank: None,
        cause: cause_of_unread(unread),
    }));
    explained.sort_by(|a, b| {
        let no_rank = |e: &Explained| e.rank.is_none();
        let key = |e: &Explained| (std::cmp::Reverse(e.findings.len()), no_rank(e));
        key(a).cmp(&key(b)).then_with(|| a.rank.cmp(&b.rank))
    });
    for (id, explained) in (1..).zip(&mut explained) {
        explained.cause.id = id;
        let own = findings.iter_mut().enumerate().filter(|(at, _)| explained.findings.contains(at));
        own.for_each(|(_, finding)| finding.cause = Some(id));
    }
    findings.extend(unproven);
    explained.into_iter().map(|explained| explained.cause).collect()
}

/// A cause and the findings it explains, by index.
struct Explained {
    findings: Vec<usize>,
    /// Orders those that explain equally many; `None`: last.
    rank: Option<Rank>,
    cause: Cause,
}

/// The independent faults of one part of the report; `None`: they could not be proven.
fn faults(component: &Component, choosing: &Choosing<'_>) -> Option<Vec<Fault>> {
    let part = Part::of(&component.unknowns, &component.rules).ok()?;
    let found = search::smallest(&part, &mut |cells| {
        settle::settle(&part, cells, &|cell, interval| {
            choosing.likely(component, &part, cell, interval)
        })
    });
    let Found::Sets(solutions) = found else { return None };
    let broken = component.rules.iter().any(elimination::Row::is_broken);
    let faults = choosing.faults(component, &solutions);
    // A figure that is wrong by itself and stands in no equation: only a slip tells what was meant.
    Some(faults.into_iter().filter(|fault| broken || fault.slip.is_some()).collect())
}

/// The finding that says that the errors of this part have no proven cause.
fn left_open(component: &Component, choosing: &Choosing<'_>, policy: &Policy) -> Option<Finding> {
    let broken: BTreeSet<usize> = component
        .rules
        .iter()
        .zip(&component.equations)
        .filter(|(row, _)| row.is_broken())
        .map(|(_, equation)| *equation)
        .collect();
    let first = component.cells.first().and_then(|cell| choosing.model.variables.get(*cell))?;
    if broken.is_empty() {
        return None;
    }
    let guess = words::supposed(first.form, &lines::acts(component, choosing.model));
    check::cause_open(first.form, &first.id.table, broken.len(), guess, policy)
}

/// The findings that a fault explains, by index: the equations it breaks, the cells it makes
/// impossible, and lesser equations that hold once it is repaired.
fn explains(
    fault: &Fault,
    component: &Component,
    choosing: &Choosing<'_>,
    findings: &[Finding],
) -> Vec<usize> {
    let Choosing { decisions, model, .. } = choosing;
    let repairs: BTreeMap<CellId, Decimal> = repairs(&fault.best, model)
        .into_iter()
        .map(|repair| (repair.cell, repair.repaired))
        .collect();
    let rules = component.rules.iter().zip(&component.equations);
    let touched = rules.filter(|(row, _)| row.is_broken() && fault.touches(row, component));
    let broken: Vec<usize> = touched.map(|(_, equation)| *equation).collect();
    let by_place = equations_by_place(decisions);
    let is_explained = |finding: &Finding| {
        if let Some(equation) = by_place.get(&(finding.rule.as_str(), finding.place.as_str())) {
            let told = decisions.equations.get(*equation);
            return broken.contains(equation)
                || (finding.severity < Severity::Error
                    && finding.cells.iter().any(|cell| repairs.contains_key(cell))
                    && told.is_some_and(|e| decisions.holds_with(e.instance, &repairs)));
        }
        let of_cell = matches!(finding.cells.as_slice(), [cell] if repairs.contains_key(cell))
            && choosing.is_cell_test(&finding.rule);
        of_cell || choosing.settles(finding, &repairs)
    };
    let explained = findings.iter().enumerate().filter(|(_, finding)| is_explained(finding));
    explained.map(|(at, _)| at).collect()
}

/// Equations that do not hold, by rule and place.
fn equations_by_place<'d>(decisions: &'d Decisions<'_>) -> BTreeMap<(&'d str, &'d str), usize> {
    let failed = decisions.equations.iter().enumerate().filter(|(_, decided)| !decided.holds);
    failed.map(|(at, d)| ((d.check.id.as_str(), d.instance.place.as_str()), at)).collect()
}

impl Choosing<'_> {
    /// Whether a rule says that a figure is impossible by itself.
    fn is_cell_test(&self, rule: &str) -> bool {
        self.forms.iter().flat_map(|form| &form.checks).any(|check| {
            check.id == rule && matches!(check.body, Body::Test(Test::Negative | Test::NotInteger))
        })
    }
}

/// The cause that a fault is, its number still open.
fn cause(fault: &Fault, component: &Component, model: &Model<'_>) -> Cause {
    let cells = repairs(&fault.best, model);
    let alternatives: Vec<Vec<Repair>> =
        fault.alternatives.iter().map(|candidate| repairs(candidate, model)).collect();
    let certain = alternatives.is_empty() && fault.best.is_unique();
    let form = fault.best.changes.first().and_then(|c| model.variables.get(c.cell)).map(|v| v.form);
    let slip = fault.slip;
    let is_long = slip.is_none() && cells.len() >= LONG_SET;
    let acts = if is_long { lines::acts(component, model) } else { Vec::new() };
    let message = form.map(|form| {
        words::sentence(&words::Told {
            form,
            cells: &cells,
            alternatives: &alternatives,
            slip,
            certain,
            acts: &acts,
        })
    });
    Cause {
        id: 0,
        slip: fault.slip.map(|slip| slip.id().into()),
        certain,
        message: message.unwrap_or_default(),
        cells,
        alternatives,
    }
}

/// The cause that a cell which says no number is, its number still open.
fn cause_of_unread(unread: &Unread<'_>) -> Cause {
    let repair = |value: &Decimal| Repair {
        cell: unread.cell.clone(),
        read: None,
        repaired: value.normalize(),
    };
    let mut sets = unread.values.iter().map(|value| vec![repair(value)]);
    Cause {
        id: 0,
        cells: sets.next().unwrap_or_default(),
        alternatives: sets.collect(),
        slip: unread.slip.map(|slip| slip.id().into()),
        certain: unread.is_certain,
        message: words::unread(unread),
    }
}

fn repairs(candidate: &Candidate, model: &Model<'_>) -> Vec<Repair> {
    let repairs = candidate.changes.iter().filter_map(|change| {
        let variable = model.variables.get(change.cell)?;
        let repaired = model.repaired(change.cell, change.by)?;
        Some(Repair { cell: variable.id.clone(), read: variable.read, repaired })
    });
    repairs.collect()
}
