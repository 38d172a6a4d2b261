//! Slips of the hand: what was meant and what was written instead, one cell at a time. And the
//! figures one slip away from a figure, for cells the equations leave a choice.

use rust_decimal::Decimal;

use crate::form::Kind;

/// A kind of slip. The order is that of likelihood, given that the figures fit: two swapped digits
/// are rarely a coincidence, one changed digit often is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slip {
    /// A row moved by one column.
    RowShifted,
    /// A column moved by one row.
    ColumnShifted,
    /// Two rows in each other's place.
    RowsExchanged,
    /// Two columns in each other's place.
    ColumnsExchanged,
    /// Two cells in each other's place.
    CellsExchanged,
    /// −5 for 5.
    Sign,
    /// Yuan where ten thousand yuan are due, or the other way round.
    Unit,
    /// 86 for 68.
    DigitsSwapped,
    /// 114 for 14.
    DigitDoubled,
    /// 140 for 14.
    ExtraZero,
    /// 18 for 168.
    DigitMissing,
    /// 174 for 14.
    DigitAdded,
    /// 15 for 14.
    DigitChanged,
    /// The figure of last year.
    LastYear,
    /// A total that counts what stands beside it as well, or counts everything twice.
    DoubleCounted,
    /// Nothing in one cell of a row that is filled in otherwise.
    Skipped,
    /// Nothing or 0 where a figure is due.
    Omitted,
    /// A letter or a word where digits are due.
    LookAlike,
}

impl Slip {
    /// The stable id.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::RowShifted => "row-shifted",
            Self::ColumnShifted => "column-shifted",
            Self::RowsExchanged => "rows-exchanged",
            Self::ColumnsExchanged => "columns-exchanged",
            Self::CellsExchanged => "cells-exchanged",
            Self::Sign => "sign",
            Self::Unit => "unit",
            Self::DigitsSwapped => "digits-swapped",
            Self::DigitDoubled => "digit-doubled",
            Self::ExtraZero => "extra-zero",
            Self::DigitMissing => "digit-missing",
            Self::DigitAdded => "digit-added",
            Self::DigitChanged => "digit-changed",
            Self::LastYear => "last-year-copied",
            Self::DoubleCounted => "total-double-counted",
            Self::Skipped | Self::Omitted => "omitted",
            Self::LookAlike => "letter-for-digit",
        }
    }
}

/// The one-keystroke slip (or sign, or unit) that turns `meant` into `written`.
pub(super) fn between(meant: Decimal, written: Decimal, kind: Kind) -> Option<Slip> {
    if meant == written {
        return None;
    }
    if meant == -written {
        return Some(Slip::Sign);
    }
    if kind == Kind::Amount && is_other_unit(meant, written) {
        return Some(Slip::Unit);
    }
    if meant.is_sign_negative() != written.is_sign_negative() && !written.is_zero() {
        return None;
    }
    in_digits(&digits(meant)?, &digits(written)?)
}

/// So many 元 are one 万元.
pub(super) const YUAN: u32 = 10_000;

fn is_other_unit(meant: Decimal, written: Decimal) -> bool {
    let factor = Decimal::from(YUAN);
    !meant.is_zero()
        && (meant.checked_mul(factor) == Some(written)
            || written.checked_mul(factor) == Some(meant))
}

/// The digits of a whole number, most significant first; fractions have none here.
fn digits(number: Decimal) -> Option<Vec<u8>> {
    let number = number.abs().normalize();
    (number.scale() == 0).then(|| number.to_string().into_bytes())
}

fn in_digits(meant: &[u8], written: &[u8]) -> Option<Slip> {
    if meant.len() == written.len() {
        let different: Vec<usize> =
            (0..meant.len()).filter(|at| meant.get(*at) != written.get(*at)).collect();
        return match different.as_slice() {
            [_] => Some(Slip::DigitChanged),
            [a, b] if b - a == 1 => {
                let swapped = meant.get(*a) == written.get(*b) && meant.get(*b) == written.get(*a);
                swapped.then_some(Slip::DigitsSwapped)
            }
            _ => None,
        };
    }
    if let Some(at) = inserted(meant, written) {
        let new = written.get(at);
        let beside = at.checked_sub(1).and_then(|before| written.get(before)) == new;
        let last = at + 1 == written.len();
        return Some(match (last && new == Some(&b'0'), beside) {
            (true, _) => Slip::ExtraZero,
            (false, true) => Slip::DigitDoubled,
            (false, false) => Slip::DigitAdded,
        });
    }
    // 7 for 107: leading zeros do not show.
    let lost_zeros = meant.len() > written.len() + 1
        && meant.get(1..).is_some_and(|rest| {
            let zeros = rest.len() - written.len();
            rest.ends_with(written) && rest.iter().take(zeros).all(|d| *d == b'0')
        });
    (inserted(written, meant).is_some() || lost_zeros).then_some(Slip::DigitMissing)
}

/// Where `longer` has one digit more than `shorter`: the last place where it may stand.
fn inserted(shorter: &[u8], longer: &[u8]) -> Option<usize> {
    if longer.len() != shorter.len() + 1 {
        return None;
    }
    let same = shorter.iter().zip(longer).take_while(|(a, b)| a == b).count();
    (shorter.get(same..) == longer.get(same + 1..)).then_some(same)
}

/// Whole numbers that may have been meant where `written` stands, the rarer
/// coincidences first, then the nearest.
pub(super) fn meant_by(written: Decimal) -> Vec<Decimal> {
    let Some(digits) = digits(written) else { return Vec::new() };
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for at in 0..digits.len() {
        let mut without = digits.clone();
        without.remove(at);
        texts.push(without);
        let mut swapped = digits.clone();
        if at + 1 < swapped.len() {
            swapped.swap(at, at + 1);
            texts.push(swapped);
        }
        for digit in b'0'..=b'9' {
            let mut changed = digits.clone();
            if let Some(place) = changed.get_mut(at) {
                *place = digit;
            }
            texts.push(changed);
        }
    }
    for at in 0..=digits.len() {
        for digit in b'0'..=b'9' {
            let mut longer = digits.clone();
            longer.insert(at, digit);
            texts.push(longer);
        }
    }
    let numbers = texts.iter().filter(|t| t.first() != Some(&b'0') || t.len() == 1);
    let mut slips: Vec<(Slip, Decimal)> = numbers
        .filter_map(|text| std::str::from_utf8(text).ok()?.parse::<Decimal>().ok())
        .chain([-written])
        .filter_map(|meant| Some((between(meant, written, Kind::Count)?, meant)))
        .collect();
    slips.sort_unstable_by_key(|(slip, meant)| {
        (*slip > Slip::ExtraZero, (*meant - written).abs(), *meant)
    });
    slips.dedup();
    slips.into_iter().map(|(_, meant)| meant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(meant: i64, written: i64) -> Option<&'static str> {
        between(meant.into(), written.into(), Kind::Count).map(Slip::id)
    }

    #[test]
    fn each_slip_has_its_name() {
        assert_eq!(slip(68, 86), Some("digits-swapped"));
        assert_eq!(slip(14, 15), Some("digit-changed"));
        assert_eq!(slip(14, 114), Some("digit-doubled"));
        assert_eq!(slip(14, 144), Some("digit-doubled"));
        assert_eq!(slip(14, 140), Some("extra-zero"));
        assert_eq!(slip(168, 18), Some("digit-missing"));
        assert_eq!(slip(107, 7), Some("digit-missing"));
        assert_eq!(slip(100, 0), Some("digit-missing"));
        assert_eq!(slip(14, 174), Some("digit-added"));
        assert_eq!(slip(5, -5), Some("sign"));
        let money = between(Decimal::new(5630, 4), Decimal::from(5630), Kind::Amount);
        assert_eq!(money, Some(Slip::Unit));
    }

    #[test]
    fn two_keystrokes_are_no_slip() {
        assert_eq!(slip(14, 14), None);
        assert_eq!(slip(123, 321), None);
        assert_eq!(slip(12, 3456), None);
        assert_eq!(slip(15, -14), None);
    }

    #[test]
    fn what_may_have_been_meant_is_one_slip_away() {
        let meant = meant_by(Decimal::from(86));
        assert_eq!(meant.first(), Some(&Decimal::from(68)));
        assert!(meant.iter().all(|m| between(*m, Decimal::from(86), Kind::Count).is_some()));
        assert!(meant.contains(&Decimal::from(8)) && meant.contains(&Decimal::from(806)));
    }
}
