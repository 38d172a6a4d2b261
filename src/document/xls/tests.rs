//! Workbooks made of records by hand, one for each trap of the format.

use std::io::{Cursor, Write};

use cfb::CompoundFile;

use super::*;
use crate::document::drawn::shown;

fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&kind.to_le_bytes(), &length.to_le_bytes(), content].concat()
}

/// A cell: place, format 0, content.
fn cell(kind: u16, row: u16, column: u16, content: &[u8]) -> Vec<u8> {
    let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
    record(kind, &[&place, content].concat())
}

fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
    cell(0x0203, row, column, &value.to_le_bytes())
}

/// A workbook of one visible and one hidden sheet; `globals` stand before the list of sheets.
fn xls(globals: &[u8], sheet: &[u8]) -> Vec<u8> {
    let begin = record(0x0809, &[0x00, 0x06, 0x05, 0x00]);
    let end = record(0x000A, &[]);
    let bound = |start: usize, state: u8| {
        let start = u32::try_from(start).unwrap().to_le_bytes();
        record(0x0085, &[&start, [state, 0].as_slice(), &[1, 0, b'a']].concat())
    };
    let first = begin.len() + globals.len() + 2 * bound(0, 0).len() + end.len();
    let second = first + begin.len() + sheet.len() + end.len();
    let stream = [
        &begin,
        globals,
        &bound(second, 1),
        &bound(first, 0),
        &end,
        &begin,
        sheet,
        &end,
        &begin,
        &number(0, 0, 99.0),
        &end,
    ]
    .concat();
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook").unwrap().write_all(&stream).unwrap();
    file.into_inner().into_inner()
}

fn lines(globals: &[u8], sheet: &[u8]) -> Vec<String> {
    shown(&read(&xls(globals, sheet), &Limits::default()).unwrap().blocks)
}

#[test]
fn numbers_of_every_kind_are_shown_as_typed() {
    let hundredths = ((4360_u32 << 2) | 3).to_le_bytes();
    let sheet = [
        number(0, 0, 12.0),
        cell(0x027E, 0, 1, &hundredths),
        record(
            0x00BD,
            &[
                &[0, 0, 2, 0],
                [0, 0].as_slice(),
                &((7_u32 << 2) | 2).to_le_bytes(),
                &[0, 0],
                &hundredths,
                &[3, 0],
            ]
            .concat(),
        ),
        cell(0x0006, 0, 4, &[&5_f64.to_le_bytes(), [0; 8].as_slice()].concat()),
    ]
    .concat();
    assert_eq!(lines(&[], &sheet), ["[0.0=12 0.1=43.6 0.2=7 0.3=43.6 0.4=5]"]);
}

#[test]
fn an_empty_value_of_a_formula_nobody_calculated_is_doubtful() {
    let formula = cell(0x0006, 0, 0, &[3, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0]);
    let sheet = [formula, number(0, 1, 1.0)].concat();
    assert_eq!(lines(&[], &sheet), ["[0.0=□ 0.1=1]"]);
    let calculated = record(0x01C1, &[0xC1, 1, 0, 0, 0x6A, 0xE7, 1, 0]);
    assert_eq!(lines(&calculated, &sheet), ["1"]);
}

/// As a program writes it that fills in figures and calculates nothing.
#[test]
fn a_formula_to_be_calculated_when_the_workbook_is_opened_is_doubtful() {
    let formula = cell(0x0006, 0, 0, &[0; 14]);
    let sheet = [formula, number(0, 1, 1.0)].concat();
    assert_eq!(lines(&[], &sheet), ["[0.0=0 0.1=1]"]);
    let to_be_calculated = record(0x01C1, &[0xC1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(lines(&to_be_calculated, &sheet), ["[0.0=0 0.1=1]"]);
}

#[test]
fn a_formula_shows_the_text_in_the_record_after_it() {
    let formula = cell(0x0006, 0, 0, &[0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0]);
    let text = record(0x0207, &[1, 0, 1, 0x2A, 0x4E]);
    assert_eq!(lines(&[], &[formula, text, number(0, 1, 1.0)].concat()), ["[0.0=个 0.1=1]"]);
}

#[test]
fn texts_that_go_on_in_another_record_change_their_width_there() {
    // "ab" in single bytes, then "总" in double bytes; rich text and an extension after it.
    let strings = [
        record(0x00FC, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0b1100, 1, 0, 2, 0, 0, 0, b'a', b'b']),
        record(0x003C, &[1, 0x3B, 0x60, 9, 9, 9, 9, 8, 8, 1, 0, 0, b'c']),
    ]
    .concat();
    let sheet = [cell(0x00FD, 0, 0, &[0; 4]), cell(0x00FD, 0, 1, &[1, 0, 0, 0])].concat();
    assert_eq!(lines(&strings, &sheet), ["[0.0=ab总 0.1=c]"]);
}

#[test]
fn what_a_font_strikes_out_or_raises_is_no_figure() {
    let font = |options: u8, script: u8| record(0x0031, &[0, 0, options, 0, 0, 0, 0, 0, script, 0]);
    let format = |font: u8| record(0x00E0, &[font, 0, 0, 0]);
    // Fonts 0 to 3, 5 and 6: number 4 is left out. Of the text the second character is raised, the
    // third struck out.
    let globals = [
        font(0, 0),
        font(8, 0),
        font(0, 0),
        font(0, 0),
        font(0, 1),
        font(8, 0),
        format(0),
        format(1),
        record(
            0x00FC,
            &[
                1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 8, 3, 0, b'1', b'9', b'8', b'2', 1, 0, 5, 0, 2, 0, 6,
                0, 3, 0, 0, 0,
            ],
        ),
    ]
    .concat();
    let struck = record(0x0203, &[&[0, 0, 1, 0, 1, 0], 7_f64.to_le_bytes().as_slice()].concat());
    let sheet = [cell(0x00FD, 0, 0, &[0; 4]), struck, number(0, 2, 3.0)].concat();
    assert_eq!(lines(&globals, &sheet), ["[0.0=12 0.1= 0.2=3]"]);
}

#[test]
fn hidden_rows_and_columns_are_left_out_and_merged_cells_are_one() {
    let row = |row: u8| record(0x0208, &[row, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0]);
    let sheet = [
        record(0x007D, &[1, 0, 1, 0, 0, 0, 0, 0, 1, 0]),
        row(1),
        number(0, 0, 1.0),
        number(0, 1, 9.0),
        number(0, 2, 2.0),
        number(1, 0, 9.0),
        number(2, 0, 3.0),
        number(2, 2, 4.0),
        number(3, 2, 5.0),
        record(0x00E5, &[1, 0, 2, 0, 3, 0, 0, 0, 0, 0]),
    ]
    .concat();
    assert_eq!(lines(&[], &sheet), ["[0.0=1 0.1=2 1.0+2×1=3 1.1=4 2.1=5]"]);
}

#[test]
fn a_workbook_with_a_password_is_encrypted() {
    let refusal = read(&xls(&record(0x002F, &[0; 6]), &[]), &Limits::default());
    assert_eq!(refusal.unwrap_err(), Refusal::Encrypted);
}

#[test]
fn a_text_that_is_not_there_is_damage_and_no_blank() {
    let refusal = read(&xls(&[], &cell(0x00FD, 0, 0, &[7, 0, 0, 0])), &Limits::default());
    assert!(matches!(refusal, Err(Refusal::Damaged(_))));
}
