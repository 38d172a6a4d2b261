//! Cells that say no number where one is due: text, and totals left blank over parts that are not
//! zero. What they should say follows from the equations they leave open, or from what the text
//! looks like: `l2` for 12.

use rust_decimal::Decimal;

use super::slip::Slip;
use crate::check::{Decisions, Finding, Policy};
use crate::form::{Body, CellId, Check, Form, Forms, Kind, Severity, Test};
use crate::report::{CellValue, Report, fold_char, is_invisible};

/// A cell that says no number, and what it should say.
pub(super) struct Unread<'a> {
    /// The finding about it, by index.
    pub(super) finding: usize,
    pub(super) form: &'a Form,
    pub(super) cell: CellId,
    /// As printed; `None`: blank.
    pub(super) text: Option<String>,
    /// The likeliest first, each once.
    pub(super) values: Vec<Decimal>,
    pub(super) slip: Option<Slip>,
    /// An equation confirms the first value, and nothing speaks for another.
    pub(super) is_certain: bool,
}

/// Every cell reported for saying no number, where something tells what it should say.
pub(super) fn unread<'a>(
    report: &Report,
    forms: &'a Forms,
    policy: &Policy,
    decisions: &Decisions<'_>,
    findings: &[Finding],
) -> Vec<Unread<'a>> {
    let each = findings.iter().enumerate().filter_map(|(at, finding)| {
        let [cell] = finding.cells.as_slice() else { return None };
        let form = report.form_of(&cell.table, forms)?;
        let says_nothing = form.checks.iter().any(|check| {
            check.id == finding.rule
                && matches!(check.body, Body::Test(Test::NotNumeric | Test::TotalBlank))
        });
        if !says_nothing || finding.severity < Severity::Error {
            return None;
        }
        let text = match &report.cells.get(cell)?.value {
            CellValue::Text(text) => Some(text.clone()),
            CellValue::Blank | CellValue::Placeholder => None,
            CellValue::Number(_) => return None,
        };
        let binds = |check: &Check| {
            let severity = policy.severity.get(&check.id).unwrap_or(&check.severity);
            *severity == Severity::Error && !policy.off.contains(&check.id)
        };
        let looks = text.as_deref().and_then(looks_like);
        let mut values = decisions.deduced(cell, binds);
        let deduced = !values.is_empty();
        // Two ways to the same value are worth more than what the text looks like.
        let agreed = values.len() > 1 && values.windows(2).all(|pair| pair.first() == pair.last());
        match looks {
            Some(number) if agreed => values.push(number),
            Some(number) => values.insert(0, number),
            None => {}
        }
        values.retain(|value| is_possible(form, cell, *value));
        let mut seen = Vec::new();
        values.retain(|value| {
            !seen.contains(value) && {
                seen.push(*value);
                true
            }
        });
        let first = *values.first()?;
        let slip = match &text {
            Some(_) => (looks == Some(first)).then_some(Slip::LookAlike),
            None => Some(Slip::Omitted),
        };
        let is_certain = deduced && values.len() == 1;
        Some(Unread { finding: at, form, cell: cell.clone(), text, values, slip, is_certain })
    });
    each.collect()
}

fn is_possible(form: &Form, cell: &CellId, value: Decimal) -> bool {
    let Some(table) = form.table(&cell.table) else { return false };
    let (Some(row), Some(column)) = (table.row(&cell.row), table.column(&cell.column)) else {
        return false;
    };
    (column.signed || value >= Decimal::ZERO)
        && (row.kind_in(column) == Kind::Amount || value.is_integer())
}

/// The number a text looks like: letters for digits, digits in Chinese, a sign typed twice.
fn looks_like(text: &str) -> Option<Decimal> {
    let plain: Vec<char> = text.chars().filter(|c| !is_invisible(*c)).map(fold_char).collect();
    let (sign, digits) = match plain.as_slice() {
        ['-', '-', digits @ ..] => ("-", digits),
        ['+', '+', digits @ ..] => ("", digits),
        digits => ("", digits),
    };
    if let Some(number) = chinese(digits) {
        return Some(Decimal::from(number));
    }
    let written: String = digits.iter().map(|c| look_alike(*c)).collect::<Option<_>>()?;
    let leading_zero = written.len() > 1 && written.starts_with('0') && !written.starts_with("0.");
    let numeral = digits.iter().any(char::is_ascii_digit)
        || written.len() == 1
        || digits.iter().all(|c| "OolI|".contains(*c));
    let number = format!("{sign}{written}").parse().ok();
    number.filter(|_| numeral && !leading_zero && written.len() <= 9)
}

fn look_alike(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' | '.' => c,
        'o' | 'O' | 'о' | 'О' | 'ο' | 'Ο' | 'D' | 'Q' | '○' | '◯' | '〇' => '0',
        'l' | 'I' | 'i' | '|' | '丨' | 'Ⅰ' | '!' | '亅' => '1',
        'z' | 'Z' => '2',
        's' | 'S' => '5',
        'b' | 'б' => '6',
        'B' => '8',
        'g' | 'q' => '9',
        '。' | '·' => '.',
        _ => return None,
    })
}

/// `三`, `十二`, `一百零五`.
fn chinese(text: &[char]) -> Option<u32> {
    const DIGITS: &str = "零一二三四五六七八九";
    let (mut total, mut pending) = (0_u32, None);
    for c in text {
        let digit = DIGITS.chars().position(|d| d == *c).or((*c == '两').then_some(2));
        match (digit, "十百千".chars().position(|d| d == *c)) {
            (Some(digit), _) if pending.is_none_or(|p| p == 0) => {
                pending = Some(u32::try_from(digit).ok()?);
            }
            (None, Some(power)) => {
                let times = 10_u32.checked_pow(u32::try_from(power).ok()?.checked_add(1)?)?;
                total = total.checked_add(pending.take().unwrap_or(1).checked_mul(times)?)?;
            }
            _ => return None,
        }
    }
    (!text.is_empty()).then_some(total.checked_add(pending.unwrap_or(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_words_look_like_the_numbers_they_stand_for() {
        let told = |text| looks_like(text).map(|n| n.to_string());
        for (text, number) in [
            ("l2", "12"),
            ("1O", "10"),
            ("O", "0"),
            ("lO", "10"),
            ("ｌ２", "12"),
            ("2S", "25"),
            ("四十二", "42"),
            ("十", "10"),
            ("一百零五", "105"),
            ("--253", "-253"),
            ("3。5", "3.5"),
        ] {
            assert_eq!(told(text).as_deref(), Some(number), "{text}");
        }
        for text in ["电脑2台", "若干", "Bob", "O5", "", "12-3", "无法统计", "三四"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
