//! The operands of a rule as sentences give them: by name and value, as short as may be.

use super::printed;
use crate::form::expr::{Condition, Term};
use crate::form::{CellId, Form, Instance};
use crate::report::{CellValue, Report};

/// The value of a cell as sentences give it.
pub(super) fn shown(report: &Report, cell: &CellId) -> String {
    match report.cells.get(cell).map(|c| &c.value) {
        Some(CellValue::Number(number)) => number.normalize().to_string(),
        Some(CellValue::Text(text)) => printed(text),
        Some(CellValue::Blank) | None => "空白".into(),
        Some(CellValue::Placeholder) => {
            report.cells.get(cell).map(|c| printed(&c.raw)).unwrap_or_default()
        }
    }
}

/// Both sides spelled out: `本年新收12＋上年结转1`.
pub(super) fn terms(form: &Form, instance: &Instance, report: &Report) -> (String, String) {
    let Condition::Compare(left, _, right) = &instance.condition else {
        let mut cells = Vec::new();
        instance.condition.cells(&mut cells);
        return (spelled(form, instance, report, &cells), String::new());
    };
    let side = |term: &Term<CellId>| {
        let mut cells = Vec::new();
        term.cells(&mut cells);
        spelled(form, instance, report, &cells)
    };
    (side(left), side(right))
}

/// Cells by name and value: `自然人30＋其他2，其余为0`. Long sums are told without what is zero or
/// without a value; where many are left, without names.
fn spelled(form: &Form, instance: &Instance, report: &Report, cells: &[&CellId]) -> String {
    const LONG: usize = 4;
    const NAMED: usize = 80;
    let zero = |c: &CellId| match report.cells.get(c).map(|c| &c.value) {
        Some(CellValue::Number(n)) => n.is_zero(),
        _ => true,
    };
    let (told, left_out): (Vec<&CellId>, Vec<&CellId>) =
        cells.iter().partition(|c| cells.len() <= LONG || !zero(c));
    if told.is_empty() {
        return "各项均为0或空白".into();
    }
    let mut all = Vec::new();
    instance.condition.cells(&mut all);
    let one = |part: fn(&CellId) -> &str| {
        all.iter().all(|c| Some(part(c)) == all.first().map(|c| part(c)))
    };
    let (one_row, one_column) = (one(|c| &c.row), one(|c| &c.column));
    let name = |c: &&CellId| {
        let (_, row, column) = form.names(c).unwrap_or_default();
        match (one_row, one_column) {
            (_, true) => row.to_owned(),
            (true, false) => column.to_owned(),
            (false, false) => format!("{row}·{column}"),
        }
    };
    let names = without_group(told.iter().map(name).collect());
    let spelled = |names: &[String]| {
        let terms = names.iter().zip(&told).map(|(name, c)| with_value(name, &shown(report, c)));
        terms.collect::<Vec<_>>().join("＋")
    };
    let named = spelled(&names);
    let is_short = told.len() <= LONG || named.chars().count() <= NAMED;
    let terms = if is_short { named } else { spelled(&vec![String::new(); told.len()]) };
    let is_number =
        |c: &&CellId| report.cells.get(*c).is_some_and(|c| matches!(c.value, CellValue::Number(_)));
    let rest = match left_out.iter().all(is_number) {
        _ if left_out.is_empty() => "",
        true => "，其余为0",
        false => "，其余为0或空白",
    };
    terms + rest
}

/// `行政复议·维持`, `行政复议·纠错` to `维持`, `纠错`: what all names have before the dot.
fn without_group(names: Vec<String>) -> Vec<String> {
    let group = names.first().and_then(|name| Some(name.split_once('·')?.0.to_owned() + "·"));
    match group {
        Some(group) if names.len() > 1 && names.iter().all(|name| name.starts_with(&group)) => {
            names.iter().map(|name| name.replacen(&group, "", 1)).collect()
        }
        _ => names,
    }
}

/// A name and its value, apart where they would run together: `其他2`, `其他（空白）`.
fn with_value(name: &str, value: &str) -> String {
    match (name.chars().next_back(), value.chars().next()) {
        (None, Some('0'..='9')) => value.to_owned(),
        (Some(last), Some('0'..='9')) if !last.is_ascii_digit() => format!("{name}{value}"),
        _ => format!("{name}（{value}）"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_value_never_run_together() {
        let said = |name, value| with_value(name, value);
        assert_eq!(said("其他", "2"), "其他2");
        assert_eq!(said("", "2"), "2");
        assert_eq!(said("", "-2"), "（-2）");
        assert_eq!(said("本年增/减", "-2"), "本年增/减（-2）");
        assert_eq!(said("上年结转", "空白"), "上年结转（空白）");
        assert_eq!(said("指标1", "2"), "指标1（2）");
    }

    #[test]
    fn the_group_of_all_names_is_left_out() {
        let names = |names: &[&str]| without_group(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(names(&["复议·维持", "复议·纠错"]), ["维持", "纠错"]);
        assert_eq!(names(&["复议·维持"]), ["复议·维持"]);
        assert_eq!(names(&["复议·维持", "诉讼·维持"]), ["复议·维持", "诉讼·维持"]);
        assert_eq!(names(&["予以公开", "无法提供·其他"]), ["予以公开", "无法提供·其他"]);
    }
}
