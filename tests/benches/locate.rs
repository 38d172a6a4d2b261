//! How long naming the causes of one report takes, check included, over random faults in random
//! reports of every form: `cargo bench --bench locate`. Percentiles, which matter here more than
//! means: one report must never hold up the others.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot set up should panic")]
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::as_conversions, reason = "small numbers of a bench")]

#[path = "../common/reports.rs"]
mod reports;

use std::time::{Duration, Instant};

use gouji::check::{self, Policy};
use gouji::form::{Forms, Id};
use gouji::locate::{self, Evidence};
use gouji::report::Report;
use reports::{Dice, bound_cells, number, set, slips, sound};

const REPORTS: usize = 400;

fn main() {
    let forms = Forms::load(None).unwrap();
    let (mut all, mut all_named) = (Vec::new(), 0);
    for faults in 0..=5 {
        let mut dice = Dice(7);
        let (mut times, mut named) = (Vec::new(), 0);
        for form in forms.iter() {
            let cells = bound_cells(form);
            for _ in 0..REPORTS {
                let mut report = sound(form, &mut dice);
                for _ in 0..faults {
                    let cell = dice.pick(&cells);
                    let made = slips(number(&report, cell).abs(), &mut dice);
                    let (_, written) = *dice.pick(&made);
                    set(&mut report, cell, written);
                }
                let (time, found) = timed(&report, &forms);
                times.push(time);
                named += usize::from(found);
            }
        }
        all.extend_from_slice(&times);
        all_named += named;
        tell(&format!("{faults} slips"), times, named);
    }
    let mut dice = Dice(8);
    let (mut times, mut named) = (Vec::new(), 0);
    let form = forms.get("2021").unwrap();
    for _ in 0..REPORTS {
        let report = shifted(sound(form, &mut dice), &mut dice);
        let (time, found) = timed(&report, &forms);
        times.push(time);
        named += usize::from(found);
    }
    all.extend_from_slice(&times);
    all_named += named;
    tell("a row shifted", times, named);
    tell("all of these", all, all_named);
}

/// The report with one row of table III moved right by one column.
fn shifted(mut report: Report, dice: &mut Dice) -> Report {
    let rows: Vec<Id> = report
        .cells
        .keys()
        .filter(|c| c.table == "requests" && c.column == "total")
        .map(|c| c.row.clone())
        .collect();
    let row = dice.pick(&rows);
    let columns = [
        "natural_person",
        "business",
        "research_institute",
        "public_welfare_org",
        "legal_service_org",
        "other_org",
        "total",
    ];
    let cells = columns.map(|column| reports::id(&format!("requests.{row}.{column}")));
    for at in (1..cells.len()).rev() {
        let moved = number(&report, &cells[at - 1]);
        set(&mut report, &cells[at], moved);
    }
    reports::blank(&mut report, &cells[0]);
    report
}

/// The time, and whether every broken equation got a cause.
fn timed(report: &Report, forms: &Forms) -> (Duration, bool) {
    let policy = Policy::default();
    let start = Instant::now();
    let mut findings = check::check(report, forms, &policy).findings;
    locate::locate(report, forms, &policy, &Evidence::default(), &mut findings);
    let time = start.elapsed();
    let error =
        |f: &&check::Finding| f.severity == gouji::form::Severity::Error && f.left.is_some();
    (time, findings.iter().filter(error).all(|f| f.cause.is_some()))
}

fn tell(what: &str, mut times: Vec<Duration>, named: usize) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{what:14} median {:>9.1?}   p99 {:>9.1?}   longest {:>9.1?}   explained {:.4} of {}",
        at(50),
        at(99),
        at(100),
        named as f64 / times.len() as f64,
        times.len()
    );
}
