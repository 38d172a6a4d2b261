//! Causes in words, for the office: which cell, what it says, what it should be, what slip it may
//! be. Official names come from the forms.

use rust_decimal::Decimal;

use super::Repair;
use super::slip::Slip;
use super::unread::Unread;
use crate::form::{CellId, Form};

/// Cells of one set, and other sets, that a sentence lists; more would not be read.
const CELLS: usize = 7;
const SETS: usize = 3;

/// A cause as far as it is known before it is put into words.
pub(super) struct Told<'a> {
    pub(super) form: &'a Form,
    pub(super) cells: &'a [Repair],
    pub(super) alternatives: &'a [Vec<Repair>],
    pub(super) slip: Option<Slip>,
    pub(super) certain: bool,
}

/// The sentence for a cause.
pub(super) fn sentence(told: &Told<'_>) -> String {
    let opening = opening(told).unwrap_or_default();
    let guess = slip(told).map(|slip| format!("（{slip}）")).unwrap_or_default();
    let due = if told.certain { "应为" } else { "可能应为" };
    let mut text = match told.cells {
        [only] => {
            let name = name(told.form, &only.cell);
            format!("{name}{}，{due}{}{guess}。", says(only.read), only.repaired.normalize())
        }
        cells => format!("{opening}{}{guess}。", listed(told.form, cells, due)),
    };
    if !told.alternatives.is_empty() {
        let sets: Vec<String> =
            told.alternatives.iter().take(SETS).map(|set| listed(told.form, set, "应为")).collect();
        let more = match told.alternatives.len() {
            count if count > SETS => format!("……共{count}种"),
            _ => String::new(),
        };
        text.push_str(&format!("也可能是{}{more}。", sets.join("；或")));
    }
    if !told.certain {
        text.push_str("请对照原始记录核对。");
    }
    text
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

/// `表三“本年新收”行“其他”列应为6（现填0）、“总计”列应为6（现填0）`.
fn listed(form: &Form, cells: &[Repair], due: &str) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut before: Option<&CellId> = None;
    for repair in cells.iter().take(CELLS) {
        let cell = &repair.cell;
        let same_row = before.is_some_and(|b| (&b.table, &b.row) == (&cell.table, &cell.row));
        let name = match form.names(cell).filter(|_| same_row) {
            Some((_, _, column)) => format!("“{column}”列"),
            None => name(form, cell),
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

/// What happened to a row or column as a whole.
fn opening(told: &Told<'_>) -> Option<String> {
    let first = told.cells.first()?;
    let (table, row, column) = told.form.names(&first.cell)?;
    let other = |same: &dyn Fn(&CellId) -> bool| {
        let repair = told.cells.iter().find(|repair| !same(&repair.cell))?;
        told.form.names(&repair.cell)
    };
    Some(match told.slip? {
        Slip::RowShifted => format!("{table}“{row}”行的数字可能错了一列："),
        Slip::ColumnShifted => match told.form.table(&first.cell.table)?.columns.len() {
            1 => format!("{table}有的数字可能错了一行："),
            _ => format!("{table}“{column}”列的数字可能错了一行："),
        },
        Slip::RowsExchanged => {
            let (_, second, _) = other(&|cell| cell.row == first.cell.row)?;
            format!("{table}“{row}”行和“{second}”行的数字可能填反了：")
        }
        Slip::ColumnsExchanged => {
            let (_, _, second) = other(&|cell| cell.column == first.cell.column)?;
            format!("{table}“{column}”列和“{second}”列的数字可能填反了：")
        }
        Slip::CellsExchanged => "两个数可能填反了：".into(),
        _ => return None,
    })
}

/// The guess at what happened to the cells, one by one.
fn slip(told: &Told<'_>) -> Option<String> {
    let single = match told.cells {
        [only] => only.read.map(|read| (only.repaired.normalize(), read.normalize())),
        _ => None,
    };
    Some(match (told.slip?, single) {
        (Slip::Sign, _) => "可能写错了正负号".into(),
        (Slip::Unit, _) => "可能弄错了元和万元".into(),
        (Slip::ExtraZero, _) => "可能多写了一个0".into(),
        (Slip::DigitDoubled, Some((meant, wrote))) => {
            format!("可能是{meant}重复了一位，写成了{wrote}")
        }
        (Slip::DigitMissing, Some((meant, wrote))) => {
            format!("可能是{meant}漏了一位，写成了{wrote}")
        }
        (Slip::DigitsSwapped | Slip::DigitChanged | Slip::DigitAdded, Some((meant, wrote))) => {
            format!("可能是{meant}写成了{wrote}")
        }
        (Slip::LastYear, _) => "与上年的数相同，可能没有更新".into(),
        (Slip::DoubleCounted, _) => "可能有的数重复计入了总计".into(),
        (Slip::Omitted | Slip::Skipped, _) => "可能漏填".into(),
        _ => return None,
    })
}
