//! From broken equations to the cells that are wrong: the smallest sets of cells whose change makes
//! every equation of the report hold (Fellegi and Holt, 1976), the value that repairs each, and the
//! kind of slip it was. Pure. gouji proposes and never alters.
//!
//! [`model`] makes linear rules of the report's equations, [`search`] finds all smallest sets with
//! [`elimination`] and proves them minimal, [`settle`] finds their values, [`choice`] puts the
//! likeliest first and tells independent faults apart, [`slip`] and [`pattern`] name the slip,
//! [`words`] says it. Where a proof would take too long, no cause is named.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod choice;
mod elimination;
mod model;
mod pattern;
mod search;
mod settle;
mod slip;
mod words;

use choice::{Candidate, Choosing, Fault};
use model::{Component, Model};
use search::{Found, Part};

use crate::check::{self, Decisions, Finding, Policy};
use crate::form::{Body, CellId, Forms, Severity, Test};
use crate::report::Report;

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
    /// The cells whose sum it states.
    pub cells: Vec<CellId>,
    /// The figure.
    pub value: Decimal,
}

/// Explains the errors of a report, those that explain most findings first, and sets
/// [`Finding::cause`] of the findings explained.
pub fn locate(
    report: &Report,
    forms: &Forms,
    policy: &Policy,
    evidence: &Evidence,
    findings: &mut [Finding],
) -> Vec<Cause> {
    if findings.iter().all(|finding| finding.severity < Severity::Error) {
        return Vec::new();
    }
    let decisions = check::decided(report, forms);
    let Some(model) = Model::of(report, forms, policy, &decisions) else { return Vec::new() };
    let choosing = Choosing { report, forms, evidence, decisions: &decisions, model: &model };
    let mut explained: Vec<(Vec<usize>, Fault)> = model
        .components()
        .iter()
        .flat_map(|component| {
            let faults = faults(component, &choosing);
            faults
                .into_iter()
                .map(|fault| (explains(&fault, component, &choosing, findings), fault))
        })
        .filter(|(findings, _)| !findings.is_empty())
        .collect();
    explained.sort_by_key(|(findings, fault)| {
        (std::cmp::Reverse(findings.len()), fault.best.rank.clone())
    });
    let mut causes = Vec::with_capacity(explained.len());
    for (id, (explained, fault)) in (1..).zip(explained) {
        let own = findings.iter_mut().enumerate().filter(|(at, _)| explained.contains(at));
        own.for_each(|(_, finding)| finding.cause = Some(id));
        causes.push(cause(id, &fault, &model));
    }
    causes
}

/// The independent faults of one part of the report.
fn faults(component: &Component, choosing: &Choosing<'_>) -> Vec<Fault> {
    let part = Part { unknowns: &component.unknowns, rules: &component.rules };
    let found = search::smallest(&part, &mut |cells| {
        settle::settle(&part, cells, &|cell, interval| choosing.likely(component, cell, interval))
    });
    let solutions = match found {
        Found::Sets(solutions) => solutions,
        Found::Nothing => return Vec::new(),
    };
    let broken = component.rules.iter().any(elimination::Row::is_broken);
    let faults = choosing.faults(component, &solutions);
    // A figure that is wrong by itself and stands in no equation: only a slip tells what was meant.
    faults.into_iter().filter(|fault| broken || fault.slip.is_some()).collect()
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
        matches!(finding.cells.as_slice(), [cell] if repairs.contains_key(cell))
            && choosing.is_cell_test(&finding.rule)
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

fn cause(id: u32, fault: &Fault, model: &Model<'_>) -> Cause {
    let cells = repairs(&fault.best, model);
    let alternatives: Vec<Vec<Repair>> =
        fault.alternatives.iter().map(|candidate| repairs(candidate, model)).collect();
    let certain = alternatives.is_empty() && fault.best.is_unique();
    let form = fault.best.changes.first().and_then(|c| model.variables.get(c.cell)).map(|v| v.form);
    let message = form.map(|form| {
        let slip = fault.slip;
        words::sentence(&words::Told {
            form,
            cells: &cells,
            alternatives: &alternatives,
            slip,
            certain,
        })
    });
    Cause {
        id,
        slip: fault.slip.map(|slip| slip.id().into()),
        certain,
        message: message.unwrap_or_default(),
        cells,
        alternatives,
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
