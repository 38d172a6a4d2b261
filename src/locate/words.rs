//! Causes in words, for the office: which cell, what it says, what it should be, what slip it may
//! be. Official names come from the forms.

use rust_decimal::Decimal;

use super::Repair;
use super::lines::Act;
use super::slip::Slip;
use super::unread::Unread;
use crate::form::{CellId, Form};

/// Cells of one set that a sentence lists, and other sets; of more it gives the number.
const CELLS: usize = 7;
const SETS: usize = 3;
/// Cells of another set from which on it is too long to be read.
const LONG_SET: usize = 3;

/// A cause as far as it is known before it is put into words.
pub(super) struct Told<'a> {
    pub(super) form: &'a Form,
    pub(super) cells: &'a [Repair],
    pub(super) alternatives: &'a [Vec<Repair>],
    pub(super) slip: Option<Slip>,
    pub(super) certain: bool,
    /// What one act would explain, where the set is a long one.
    pub(super) acts: &'a [Act],
}

/// The sentence for a cause.
pub(super) fn sentence(told: &Told<'_>) -> String {
    let opening = opening(told).unwrap_or_default();
    let guess = slip(told).map(|slip| format!("（{slip}）")).unwrap_or_default();
    let is_guess = !told.certain && opening.is_empty();
    let due = if is_guess { "可能应为" } else { "应为" };
    let mut text = match told.cells {
        [only] => {
            let name = name(told.form, &only.cell);
            format!("{name}{}，{due}{}{guess}。", says(only.read), only.repaired.normalize())
        }
        cells => {
            let known = known(told).filter(|_| !opening.is_empty());
            format!("{opening}{}{guess}。", listed(told.form, cells, known, due))
        }
    };
    text.push_str(&others(told));
    text.push_str(&supposed(told.form, told.acts));
    if !told.certain {
        text.push_str("请对照原始记录核对。");
    }
    text
}

/// The other sets, where they are few and short, else how many there are.
fn others(told: &Told<'_>) -> String {
    let sets = told.alternatives;
    let is_short = sets.len() <= SETS && sets.iter().all(|set| set.len() < LONG_SET);
    match sets {
        [] => String::new(),
        _ if is_short => {
            let sets: Vec<String> =
                sets.iter().map(|set| listed(told.form, set, None, "应为")).collect();
            format!("也可能是{}。", sets.join("；或"))
        }
        _ => format!("另有{}种改法也能使各数相符。", sets.len()),
    }
}

/// The sentence for a cell that says no number.
pub(super) fn unread(unread: &Unread<'_>) -> String {
    let Some((first, others)) = unread.values.split_first() else { return String::new() };
    let says = unread.text.as_ref().map_or("是空白".into(), |text| format!("填的是“{text}”"));
    let due = if unread.is_certain { "应为" } else { "可能应为" };
    let guess = match unread.slip {
        Some(Slip::LookAlike) => "（可能把数字写成了字母或汉字）",
        Some(_) => "（可能漏填）",
        None => "",
    };
    let name = name(unread.form, &unread.cell);
    let mut text = format!("{name}{says}，{due}{}{guess}。", first.normalize());
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|v| v.normalize().to_string()).collect();
        text.push_str(&format!("也可能是{}。", others.join("或")));
    }
    if !unread.is_certain {
        text.push_str("请对照原始记录核对。");
    }
    text
}

fn name(form: &Form, cell: &CellId) -> String {
    form.name(cell).unwrap_or_else(|| cell.to_string())
}

fn says(read: Option<Decimal>) -> String {
    read.map_or("是空白".into(), |number| format!("填的是{}", number.normalize()))
}

/// `表三“本年新收”行“其他”列应为6（现填0）、“总计”列应为6（现填0）`: what is `known` or was just said is
/// not said again.
fn listed(form: &Form, cells: &[Repair], known: Option<Known>, due: &str) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut before: Option<&CellId> = None;
    for repair in cells.iter().take(CELLS) {
        let cell = &repair.cell;
        let same_table = before.is_some_and(|b| b.table == cell.table) || known.is_some();
        let same_row = match known {
            Some(Known::Row) => true,
            Some(Known::Column | Known::Table) => false,
            None => before.is_some_and(|b| (&b.table, &b.row) == (&cell.table, &cell.row)),
        };
        let name = match (form.names(cell), known) {
            (Some((_, _, column)), _) if same_row => format!("“{column}”列"),
            (Some((_, row, _)), Some(Known::Column)) => format!("“{row}”行"),
            (Some((table, ..)), _) if same_table => {
                let name = name(form, cell);
                name.strip_prefix(table).map(str::to_owned).unwrap_or(name)
            }
            _ => name(form, cell),
        };
        let read = repair.read.map_or("现空白".into(), |n| format!("现填{}", n.normalize()));
        told.push(format!("{name}{due}{}（{read}）", repair.repaired.normalize()));
        before = Some(cell);
    }
    let more = match cells.len() {
        count if count > CELLS => format!("等{count}处"),
        _ => String::new(),
    };
    format!("{}{more}", told.join("、"))
}

/// What the opening of a sentence has named.
#[derive(Clone, Copy)]
enum Known {
    Row,
    Column,
    Table,
}

fn known(told: &Told<'_>) -> Option<Known> {
    let first = &told.cells.first()?.cell;
    let all = |same: &dyn Fn(&CellId) -> bool| told.cells.iter().all(|repair| same(&repair.cell));
    let has_columns = told.form.table(&first.table)?.columns.len() > 1;
    match told.slip? {
        _ if !all(&|cell| cell.table == first.table) => None,
        Slip::RowShifted if all(&|cell| cell.row == first.row) => Some(Known::Row),
        Slip::ColumnShifted if has_columns && all(&|cell| cell.column == first.column) => {
            Some(Known::Column)
        }
        Slip::CellsExchanged => None,
        _ => Some(Known::Table),
    }
}

/// What happened to a row or column as a whole.
fn opening(told: &Told<'_>) -> Option<String> {
    let first = &told.cells.first()?.cell;
    let (table, ..) = told.form.names(first)?;
    let other = |same: &dyn Fn(&CellId) -> bool| {
        told.cells.iter().map(|repair| &repair.cell).find(|cell| !same(cell))
    };
    let columns = || told.form.table(&first.table).map(|table| table.columns.len());
    let (lines, happened) = match told.slip? {
        Slip::CellsExchanged => return Some("两个数可能填反了：".into()),
        Slip::ColumnShifted if columns()? == 1 => ("有的数字".into(), "错了一行"),
        Slip::RowsExchanged => {
            happened(told.form, Slip::RowsExchanged, first, other(&|cell| cell.row == first.row))?
        }
        slip => happened(told.form, slip, first, other(&|cell| cell.column == first.column))?,
    };
    Some(format!("{table}{lines}可能{happened}："))
}

/// Acts that would make everything agree again; nothing for none.
pub(super) fn supposed(form: &Form, acts: &[Act]) -> String {
    let told: Vec<String> = acts
        .iter()
        .filter_map(|act| happened(form, act.slip, &act.at, act.other.as_ref()))
        .map(|(lines, happened)| format!("{lines}{happened}"))
        .collect();
    match told.as_slice() {
        [] => String::new(),
        told => format!("如果是{}，改回来各数就都相符。", told.join("，或者")),
    }
}

/// The line a cell stands in, or that and the one of the `other` cell, and what happened to them.
fn happened(
    form: &Form,
    slip: Slip,
    at: &CellId,
    other: Option<&CellId>,
) -> Option<(String, &'static str)> {
    let (_, row, column) = form.names(at)?;
    let other = other.and_then(|other| form.names(other));
    Some(match (slip, other) {
        (Slip::RowShifted, _) => (format!("“{row}”行的数字"), "错了一列"),
        (Slip::ColumnShifted, _) => (format!("“{column}”列的数字"), "错了一行"),
        (Slip::RowsExchanged, Some((_, second, _))) => {
            (format!("“{row}”行和“{second}”行的数字"), "填反了")
        }
        (Slip::ColumnsExchanged, Some((_, _, second))) => {
            (format!("“{column}”列和“{second}”列的数字"), "填反了")
        }
        _ => return None,
    })
}

/// The guess at what happened to the cells, one by one.
fn slip(told: &Told<'_>) -> Option<String> {
    if let (Slip::DigitsSwapped, [Repair { read: Some(read), repaired, .. }]) =
        (told.slip?, told.cells)
    {
        let (read, meant) = (read.normalize(), repaired.normalize());
        return Some(format!("可能是{meant}写成了{read}，两位数字颠倒"));
    }
    let guess = match told.slip? {
        Slip::Sign => "可能写错了正负号",
        Slip::Unit => "可能弄错了元和万元",
        Slip::ExtraZero => "可能多写了一个0",
        Slip::DigitDoubled => "可能重复了一位数字",
        Slip::DigitMissing => "可能漏写了一位数字",
        Slip::DigitAdded => "可能多写了一位数字",
        Slip::DigitsSwapped => "可能两位数字写颠倒了",
        Slip::DigitChanged => "可能写错了一位数字",
        Slip::LastYear => "与上年的数相同，可能没有更新",
        Slip::DoubleCounted => "可能有的数算了两遍",
        Slip::Omitted | Slip::Skipped => "可能漏填",
        _ => return None,
    };
    Some(guess.to_owned())
}
