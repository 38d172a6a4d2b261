//! What a cell holds: number, blank, placeholder or text (contract: "Numbers, blanks, placeholders").
//!
//! A number is a whole cell that says one number, with its sign, separators and unit. No number is
//! ever read out of anything else: `10²`, `O`, `--253` and prose stay text.

use rust_decimal::Decimal;

use super::CellValue;
use super::normalise::{fold_char, has_no_width, is_invisible, simplify, trim};
use crate::document::UNITS;

/// What one unit of money is in yuan.
pub fn yuan(unit: &str) -> Option<Decimal> {
    let value = match unit {
        "元" => 1,
        "千元" => 1_000,
        "万元" => 10_000,
        "亿元" => 100_000_000,
        _ => return None,
    };
    Some(Decimal::from(value))
}

/// Whether a text is nothing but a unit.
pub(super) fn is_unit(text: &str) -> bool {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    let text: String = visible.map(fold_char).map(simplify).collect();
    let text = text.trim_start_matches('(').trim_end_matches(')');
    UNITS.contains(&text)
}

/// The unit of money a header names, e.g. `（单位：万元）`.
pub(super) fn money_in(header: &str) -> Option<&'static str> {
    let visible = header.chars().filter(|c| !is_invisible(*c));
    let text: String = visible.map(fold_char).map(simplify).collect();
    ["亿元", "万元", "千元"].into_iter().find(|u| text.contains(u)).or_else(|| {
        (text.contains("(元") || text.contains(":元") || text.contains("元)")).then_some("元")
    })
}

/// Reads a cell. `signed`: 增 and 减 before the number are its sign. `unit`: the unit the form
/// fixes; money written in another one is converted to it, exactly. Returns the value and the unit
/// written in the cell.
pub(super) fn read(raw: &str, signed: bool, unit: Option<&str>) -> (CellValue, Option<String>) {
    let shown = trim(raw);
    if shown.is_empty() {
        return (CellValue::Blank, None);
    }
    if let Some(number) = plain(shown) {
        return (CellValue::Number(number), None);
    }
    let seen = shown.chars().filter(|c| !has_no_width(*c));
    let folded: String = seen.map(fold_char).map(simplify).collect();
    if is_placeholder(&folded) {
        return (CellValue::Placeholder, None);
    }
    let (number, own) = split_unit(as_typed(&folded));
    let value = decimal(trim(number), signed).and_then(|n| convert(n, own, unit));
    match value {
        Some(value) => (CellValue::Number(value), own.map(Into::into)),
        None => (CellValue::Text(shown.into()), None),
    }
}

/// The number that nothing but digits is, as nearly all cells are; `None`: more has to be asked.
fn plain(text: &str) -> Option<Decimal> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<u64>().ok().filter(|_| is_plain).map(Decimal::from)
}

/// `/ \ - — –` alone or repeated, and 无.
fn is_placeholder(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let dash = |c| matches!(c, '-' | '—' | '–' | '―' | '─' | '/' | '\\');
    text == "无" || (text.chars().count() <= 4 && text.chars().all(dash))
}

/// A number without the apostrophe that tells a spreadsheet to take it as text, and that some
/// programs export with it.
fn as_typed(text: &str) -> &str {
    match text.strip_prefix(['\'', '‘', '’']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

/// The number and the unit after it, in brackets or not.
fn split_unit(text: &str) -> (&str, Option<&'static str>) {
    let bare = text.strip_suffix(')').map_or(text, |t| trim(t));
    for unit in UNITS {
        if let Some(number) = bare.strip_suffix(unit) {
            let opened = bare.len() != text.len();
            return match (opened, number.strip_suffix('(')) {
                (true, Some(number)) => (number, Some(unit)),
                (false, _) => (number, Some(unit)),
                (true, None) => (text, None),
            };
        }
    }
    (text, None)
}

fn convert(number: Decimal, own: Option<&str>, fixed: Option<&str>) -> Option<Decimal> {
    match (own.and_then(yuan), fixed.and_then(yuan)) {
        (Some(own), Some(fixed)) => {
            number.checked_mul(own)?.checked_div(fixed).map(|n| n.normalize())
        }
        _ => Some(number),
    }
}

fn decimal(text: &str, signed: bool) -> Option<Decimal> {
    if matches!(text, "零" | "〇") {
        return Some(Decimal::ZERO);
    }
    let (negative, digits) = sign(text, signed);
    let plain = without_separators(digits)?;
    let number: Decimal = plain.parse().ok()?;
    Some(if negative { -number } else { number })
}

fn sign(text: &str, signed: bool) -> (bool, &str) {
    let words: &[(&str, bool)] = if signed {
        &[("减少", true), ("减", true), ("增加", false), ("增", false)]
    } else {
        &[]
    };
    let signs = [("-", true), ("+", false)];
    words
        .iter()
        .chain(&signs)
        .find_map(|(word, negative)| text.strip_prefix(word).map(|rest| (*negative, trim(rest))))
        .unwrap_or((false, text))
}

/// The digits without thousands separators; `None` when it is not one number.
fn without_separators(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let digits = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
    let mut groups = whole.split([',', '，']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || first.len() <= 3;
    let right = digits(first) && grouped && rest.iter().all(|g| g.len() == 3 && digits(g));
    if !right || fraction.is_some_and(|f| !digits(f)) {
        return None;
    }
    let mut plain = format!("{first}{}", rest.concat());
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(raw: &str, signed: bool, unit: Option<&str>) -> Option<String> {
        match read(raw, signed, unit).0 {
            CellValue::Number(n) => Some(n.to_string()),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_read_exactly_as_written() {
        for (raw, value) in [
            ("0", "0"),
            (" 12 ", "12"),
            ("\u{a0}0\u{a0}", "0"),
            ("１２", "12"),
            ("1,234", "1234"),
            ("1，234.50", "1234.50"),
            ("零", "0"),
            ("〇", "0"),
            ("+22", "22"),
            ("-5", "-5"),
            ("−5", "-5"),
            ("4件", "4"),
            ("3 （项）", "3"),
            ("5630元", "5630"),
            ("'17", "17"),
            ("’1,234", "1234"),
            ("4\u{200b}3\u{ad}9\u{2060}件", "439"),
        ] {
            assert_eq!(number(raw, false, None).as_deref(), Some(value), "{raw}");
        }
    }

    #[test]
    fn growth_words_are_signs_in_signed_columns_only() {
        assert_eq!(number("减4", true, None).as_deref(), Some("-4"));
        assert_eq!(number("增 3", true, None).as_deref(), Some("3"));
        assert_eq!(number("减4", false, None), None);
    }

    #[test]
    fn money_is_converted_to_the_unit_the_form_fixes_and_to_no_other() {
        assert_eq!(number("5630元", false, Some("万元")).as_deref(), Some("0.563"));
        assert_eq!(number("160.5964万元", false, Some("万元")).as_deref(), Some("160.5964"));
        assert_eq!(read("5630元", false, None).1.as_deref(), Some("元"));
        assert_eq!(number("5件", false, Some("项")).as_deref(), Some("5"));
    }

    #[test]
    fn placeholders_are_neither_blank_nor_zero() {
        for raw in ["/", "／", "\\", "-", "－", "−", "—", "——", "无", "－－"] {
            assert_eq!(read(raw, false, None).0, CellValue::Placeholder, "{raw}");
        }
        for raw in ["", " ", "\u{a0}\u{3000}", "\u{200b}\u{feff}", "\n"] {
            assert_eq!(read(raw, false, None).0, CellValue::Blank, "{raw:?}");
        }
    }

    #[test]
    fn no_number_is_read_out_of_anything_else() {
        for raw in [
            "O",
            "l",
            "--253",
            "10²",
            "①",
            "1 2",
            "1\n2",
            "12,34",
            "1.2.3",
            ".5",
            "5.",
            "电脑2台",
            "约5件",
            "5%",
            "3/4",
            "1e3",
            "0x10",
            "１２a",
            "无数据",
            "件",
            "1,2345",
            "½",
            "'",
            "''5",
            "5'",
            "99999999999999999999999999999999",
        ] {
            assert!(matches!(read(raw, true, None).0, CellValue::Text(_)), "{raw}");
        }
    }
}
