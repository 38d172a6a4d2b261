//! Sentences as offices write them, filled with the figures of consistent reports, which must raise
//! nothing above a hint, and then with figures that contradict a cell or do not add up, which must be
//! told. The figures are printed: `cargo test --test prose -- --nocapture`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up should panic")]
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]
#![allow(clippy::as_conversions, reason = "small numbers of a test")]

#[path = "common/reports.rs"]
mod reports;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use gouji::check::{Finding, Policy, check};
use gouji::form::{CellId, Form, Forms, Severity};
use gouji::report::Report;
use reports::{Dice, id, number, set, sound};
use rust_decimal::Decimal;
use serde::Deserialize;

/// What the slots of the sentences speak of: the cells, whose sum it is, and the place of a finding.
const SLOTS: [(&str, &[&str], &str); 33] = [
    ("new", &["requests.new_requests.total"], "requests.new_requests.total"),
    ("in", &["requests.carried_in.total"], "requests.carried_in.total"),
    ("out", &["requests.carried_out.total"], "requests.carried_out.total"),
    (
        "all",
        &["requests.new_requests.total", "requests.carried_in.total"],
        "requests.new_requests.total",
    ),
    ("done", &["requests.result_total.total"], "requests.result_total.total"),
    ("granted", &["requests.granted.total"], "requests.granted.total"),
    ("partly", &["requests.partly_granted.total"], "requests.partly_granted.total"),
    ("denied", &["requests.denied_*.total"], "requests.denied_*.total"),
    ("na", &["requests.unavailable_*.total"], "requests.unavailable_*.total"),
    ("np", &["requests.not_processed_*.total"], "requests.not_processed_*.total"),
    ("oth", &["requests.other_*.total"], "requests.other_*.total"),
    ("natural", &["requests.new_requests.natural_person"], "requests.new_requests.natural_person"),
    (
        "org",
        &[
            "requests.new_requests.business",
            "requests.new_requests.research_institute",
            "requests.new_requests.public_welfare_org",
            "requests.new_requests.legal_service_org",
            "requests.new_requests.other_org",
        ],
        "requests.new_requests.business",
    ),
    ("review", &["disputes.review.total"], "disputes.review.total"),
    ("suit", &["disputes.suit_*.total"], "disputes.*.total"),
    ("made", &["disclosure.normative_documents.made"], "disclosure.normative_documents.made"),
    (
        "repealed",
        &["disclosure.normative_documents.repealed"],
        "disclosure.normative_documents.repealed",
    ),
    (
        "force",
        &["disclosure.normative_documents.in_force"],
        "disclosure.normative_documents.in_force",
    ),
    ("lic", &["disclosure.admin_license.decisions"], "disclosure.admin_license.decisions"),
    ("pen", &["disclosure.admin_penalty.decisions"], "disclosure.admin_penalty.decisions"),
    ("coe", &["disclosure.admin_coercion.decisions"], "disclosure.admin_coercion.decisions"),
    ("disputes", &["disputes.*.total"], "disputes.*.total"),
    ("handled", &["requests.result_total.total"], "requests.result_total.total"),
    ("business", &["requests.new_requests.business"], "requests.new_requests.business"),
    ("secret", &["requests.denied_state_secret.total"], "requests.denied_state_secret.total"),
    (
        "third",
        &["requests.denied_third_party_rights.total"],
        "requests.denied_third_party_rights.total",
    ),
    (
        "internal",
        &["requests.denied_internal_affairs.total"],
        "requests.denied_internal_affairs.total",
    ),
    ("process", &["requests.denied_process_info.total"], "requests.denied_process_info.total"),
    ("held", &["requests.unavailable_not_held.total"], "requests.unavailable_not_held.total"),
    (
        "creation",
        &["requests.unavailable_needs_creation.total"],
        "requests.unavailable_needs_creation.total",
    ),
    (
        "unclear",
        &["requests.unavailable_still_unclear.total"],
        "requests.unavailable_still_unclear.total",
    ),
    (
        "complaint",
        &["requests.not_processed_complaint.total"],
        "requests.not_processed_complaint.total",
    ),
    ("repeat", &["requests.not_processed_repeat.total"], "requests.not_processed_repeat.total"),
];

#[derive(Debug, Deserialize)]
struct Shapes {
    text: Vec<String>,
}

fn shapes(kind: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/claims/shapes.toml");
    let mut all: BTreeMap<String, Shapes> =
        toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    all.remove(kind).unwrap().text
}

fn forms() -> &'static Forms {
    static FORMS: OnceLock<Forms> = OnceLock::new();
    FORMS.get_or_init(|| Forms::load(None).map_err(|e| e.to_string()).unwrap())
}

fn form() -> &'static Form {
    forms().get("2021").unwrap()
}

/// A shape cut into what stands as it is and its slots.
#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Slot { name: String, style: String },
}

fn pieces(shape: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, part) in shape.split(['{', '}']).enumerate() {
        pieces.push(if number % 2 == 0 {
            Piece::Text(part.into())
        } else {
            let (name, style) = part.split_once('|').unwrap_or((part, ""));
            Piece::Slot { name: name.into(), style: style.into() }
        });
    }
    pieces
}

fn matches(pattern: &str, cell: &CellId) -> bool {
    let (pattern, cell) = (pattern.split('.'), cell.to_string());
    pattern.zip(cell.split('.')).all(|(p, c)| match p.strip_suffix('*') {
        Some(start) => c.starts_with(start),
        None => p == c,
    })
}

/// What a slot says when it is right; `None`: it speaks of no cell.
fn value(report: &Report, slot: &str) -> Option<Decimal> {
    let (_, patterns, _) = SLOTS.iter().find(|(name, ..)| *name == slot)?;
    let cells = report.cells.keys().filter(|c| patterns.iter().any(|p| matches(p, c)));
    Some(cells.map(|c| number(report, c)).sum())
}

fn place(slot: &str) -> &'static str {
    SLOTS.iter().find(|(name, ..)| *name == slot).unwrap().2
}

fn written(value: Decimal, style: &str) -> String {
    let plain = value.normalize().to_string();
    match style {
        "" => plain,
        "wide" => plain
            .chars()
            .map(|c| char::from_u32(u32::from(c) - u32::from('0') + 0xff10).unwrap())
            .collect(),
        "comma" => {
            let digits: Vec<char> = plain.chars().collect();
            let groups: Vec<String> =
                digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
            groups.join(",")
        }
        "cn" => chinese(plain.parse().unwrap()),
        other => panic!("style {other}"),
    }
}

/// `三百零五`, as clerks write it.
fn chinese(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    if number == 0 {
        return DIGITS[0].into();
    }
    let mut text = String::new();
    let mut gap = false;
    if number >= 10_000 {
        text = format!("{}万", chinese(number / 10_000));
        gap = (number / 1000).is_multiple_of(10);
        if number.is_multiple_of(10_000) {
            return text;
        }
    }
    for (power, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = (number / power % 10) as usize;
        if digit == 0 {
            gap = !text.is_empty();
            continue;
        }
        if gap {
            text.push('零');
        }
        gap = false;
        if !(digit == 1 && power == 10 && text.is_empty()) {
            text.push_str(DIGITS[digit]);
        }
        text.push_str(name);
    }
    text
}

/// A shape filled: `wrong` names the slot, by its place among the slots, that says another figure.
struct Filled {
    text: String,
    /// The figure put into the wrong slot.
    stated: Decimal,
}

fn filled(shape: &[Piece], report: &Report, dice: &mut Dice, wrong: Option<usize>) -> Filled {
    let parts: Vec<Decimal> = (0..4).map(|_| Decimal::from(1 + dice.below(60))).collect();
    let used = shape.iter().filter_map(|p| match p {
        Piece::Slot { name, .. } => name.strip_prefix('p')?.parse::<usize>().ok(),
        Piece::Text(_) => None,
    });
    let sum: Decimal = used.map(|n| parts[n - 1]).sum();
    let (mut text, mut stated, mut slots) = (String::new(), Decimal::ZERO, 0);
    for piece in shape {
        let Piece::Slot { name, style } = piece else {
            let Piece::Text(plain) = piece else { unreachable!() };
            text.push_str(plain);
            continue;
        };
        let part = |name: &str| name.parse::<usize>().ok().map(|n| parts[n - 1]);
        let mut figure = match (name.as_str(), name.strip_prefix('p')) {
            ("any", _) => Decimal::from(1 + dice.below(900)),
            ("sum", _) => sum,
            ("more", _) => sum + Decimal::from(dice.below(50)),
            (_, Some(share)) if share.ends_with('%') => {
                let part = part(share.trim_end_matches('%')).unwrap();
                (part * Decimal::ONE_HUNDRED / sum).round_dp(2)
            }
            (_, Some(number)) if part(number).is_some() => part(number).unwrap(),
            (name, _) => value(report, name).unwrap_or_else(|| panic!("slot {name}")),
        };
        if wrong == Some(slots) {
            figure = match name.strip_prefix('p') {
                Some(_) => figure + sum + Decimal::from(100 + dice.below(40)),
                None => other_than(figure, name, report, dice),
            };
            stated = figure;
        }
        slots += 1;
        text.push_str(&written(figure, style));
    }
    Filled { text, stated }
}

/// Another figure for a slot, not what it may mean as well.
fn other_than(right: Decimal, slot: &str, report: &Report, dice: &mut Dice) -> Decimal {
    let also: &[&str] = match slot {
        "new" | "all" => &["new", "all"],
        "handled" => &["handled", "new", "all"],
        other => &[other],
    };
    let also: Vec<Decimal> = also.iter().filter_map(|s| value(report, s)).collect();
    loop {
        let figure = match dice.below(3) {
            0 => right + Decimal::from(1 + dice.below(9)),
            1 => (right - Decimal::from(1 + dice.below(9))).max(Decimal::ZERO),
            _ => right + Decimal::from(1 + dice.below(90)),
        };
        if !also.contains(&figure) {
            return figure;
        }
    }
}

/// A consistent report; `nothing`: without requests and disputes.
fn report(dice: &mut Dice, nothing: bool) -> Report {
    let mut report = sound(form(), dice);
    report.year = Some(2023);
    if nothing {
        let cells: Vec<CellId> =
            report.cells.keys().filter(|c| c.table != "disclosure").cloned().collect();
        cells.iter().for_each(|cell| set(&mut report, cell, Decimal::ZERO));
    }
    // A normative document made this year is in force, and no township makes regulations.
    for (cell, value) in [("in_force", 900), ("made", 3), ("repealed", 1)] {
        let normative = format!("disclosure.normative_documents.{cell}");
        set(&mut report, &id(&normative), value.into());
        set(&mut report, &id(&format!("disclosure.regulations.{cell}")), Decimal::ZERO);
    }
    set(&mut report, &id("disclosure.admin_fees.amount"), Decimal::ZERO);
    report
}

/// What is found in a report with this text, hints aside.
fn findings(report: &mut Report, text: &[String]) -> Vec<Finding> {
    report.text = text.to_vec();
    let found = check(report, forms(), &Policy::default()).findings;
    let of_text = |f: &Finding| f.rule.starts_with("narrative") && f.severity > Severity::Info;
    found.into_iter().filter(of_text).collect()
}

const KINDS: [&str; 6] = ["requests", "none", "disputes", "decisions", "traps", "sums"];

#[test]
fn sentences_that_agree_with_the_tables_raise_nothing() {
    let mut dice = Dice(11);
    let (mut tried, mut wrong) = (0, Vec::new());
    for kind in KINDS {
        for shape in shapes(kind) {
            let cut = pieces(&shape);
            for _ in 0..4 {
                let mut report =
                    report(&mut dice, kind == "none" || shape.contains("全部在法定期限"));
                let text = filled(&cut, &report, &mut dice, None).text;
                let found = findings(&mut report, std::slice::from_ref(&text));
                tried += 1;
                if let Some(first) = found.first() {
                    wrong.push(format!("{text}\n    {} {}", first.place, first.message));
                    break;
                }
            }
        }
    }
    println!("{tried} sentences that agree, {} shapes raise something", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_figure_that_contradicts_its_cell_is_told() {
    let mut dice = Dice(12);
    let mut missed = Vec::new();
    let mut total = [0, 0];
    for kind in KINDS {
        let (mut tried, mut told) = (0, 0);
        for shape in shapes(kind) {
            let cut = pieces(&shape);
            let slots: Vec<&String> = cut
                .iter()
                .filter_map(|p| match p {
                    Piece::Slot { name, .. } => Some(name),
                    Piece::Text(_) => None,
                })
                .collect();
            let speaks = |slot: &str| SLOTS.iter().any(|(name, ..)| *name == slot);
            for (at, slot) in slots.iter().enumerate() {
                let part = kind == "sums" && slot.starts_with('p');
                if !speaks(slot) && !part {
                    continue;
                }
                for _ in 0..3 {
                    let mut report = report(&mut dice, kind == "none");
                    let Filled { text, stated } = filled(&cut, &report, &mut dice, Some(at));
                    let found = findings(&mut report, std::slice::from_ref(&text));
                    let stated = stated.normalize().to_string();
                    let right = |f: &Finding| match part {
                        true => {
                            ["narrative-breakdown", "narrative-percent"].contains(&f.rule.as_str())
                        }
                        false => f.place == place(slot) && f.left.as_ref() == Some(&stated),
                    };
                    tried += 1;
                    if found.iter().any(right) {
                        told += 1;
                    } else {
                        missed.push(format!("{slot} {stated}: {text}"));
                        break;
                    }
                }
            }
            if kind == "none" && slots.is_empty() {
                let mut report = with_requests_and_disputes(&mut dice);
                tried += 1;
                if findings(&mut report, std::slice::from_ref(&shape)).is_empty() {
                    missed.push(format!("none: {shape}"));
                } else {
                    told += 1;
                }
            }
        }
        println!("{kind}: {told} of {tried} contradictions told");
        total = [total[0] + told, total[1] + tried];
    }
    println!("all: {} of {}", total[0], total[1]);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Whole reports: sentences of every kind under the headings of the form.
fn whole_reports(count: usize) {
    let mut dice = Dice(13);
    let all: BTreeMap<&str, Vec<Vec<Piece>>> = KINDS
        .into_iter()
        .map(|kind| (kind, shapes(kind).iter().map(|shape| pieces(shape)).collect()))
        .collect();
    let mut sentences = 0;
    for _ in 0..count {
        let nothing = dice.below(2) == 0;
        let mut report = report(&mut dice, nothing);
        let mut write = |kinds: &[(&str, usize)]| -> String {
            let mut text = String::new();
            for (kind, times) in kinds {
                for _ in 0..dice.below(times + 1) {
                    let shape = dice.pick(&all[kind]).clone();
                    sentences += 1;
                    text += &filled(&shape, &report, &mut dice, None).text;
                }
            }
            text
        };
        let spoken = if nothing { "none" } else { "requests" };
        let text = vec![
            "一、总体情况".to_owned(),
            format!("（一）主动公开。{}", write(&[("sums", 2), ("traps", 3), ("decisions", 1)])),
            format!("（二）依申请公开。{}", write(&[(spoken, 2), ("traps", 2)])),
            format!("（三）监督保障。{}", write(&[("traps", 4)])),
            "四、政府信息公开行政复议、行政诉讼情况".to_owned(),
            write(&[(if nothing { "none" } else { "disputes" }, 1)]),
            "五、存在的主要问题及改进情况".to_owned(),
            write(&[("traps", 2)]),
        ];
        let found = findings(&mut report, &text);
        let told: Vec<&str> = found.iter().map(|f| f.message.as_str()).collect();
        assert!(found.is_empty(), "{text:#?}\n{told:#?}");
    }
    println!("{count} sound reports with {sentences} sentences raise nothing above a hint");
}

#[test]
fn whole_reports_that_agree_raise_nothing() {
    whole_reports(150);
}

#[test]
#[ignore = "minutes: cargo test --release --test prose -- --ignored --nocapture"]
fn thousands_of_whole_reports_that_agree_raise_nothing() {
    whole_reports(5000);
}

fn with_requests_and_disputes(dice: &mut Dice) -> Report {
    loop {
        let report = report(dice, false);
        let some = |slot| value(&report, slot).is_some_and(|v| v > Decimal::ZERO);
        if ["new", "out", "done", "review", "suit"].into_iter().all(some) {
            return report;
        }
    }
}
