//! Small workbooks made by hand, one for each trap of the format.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::document::drawn::shown;

const ROOT: &str = r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const OWN: &str = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="r3" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r4" Type="x/styles" Target="styles.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<workbook><sheets><sheet name="秘" sheetId="2" state="hidden" r:id="r2"/><sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const STRINGS: &str = r#"<sst><si><t>甲</t></si><si><r><t>乙</t></r><rPh><t>yi</t></rPh><r><t xml:space="preserve"> 丙</t></r></si></sst>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs></styleSheet>"#;

fn xlsx(sheet: &str) -> Vec<u8> {
    zipped(sheet, |_, usual| usual)
}

/// A workbook; `part` gives a part of it by its name and usual content.
fn zipped<'a>(sheet: &str, part: impl Fn(&str, &'a str) -> &'a str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", OWN),
        (
            "xl/worksheets/sheet2.xml",
            "<worksheet><sheetData><row><c><v>99</v></c></row></sheetData></worksheet>",
        ),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(part(name, content).as_bytes()).unwrap();
    }
    zip.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(format!("<worksheet>{sheet}</worksheet>").as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn try_lines(sheet: &str) -> Result<Vec<String>, Refusal> {
    read(&xlsx(sheet), &Limits::default()).map(|document| shown(&document.blocks))
}

fn lines(sheet: &str) -> Vec<String> {
    try_lines(sheet).unwrap()
}

#[test]
fn every_kind_of_cell_shows_its_stored_value() {
    let row = r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>
<c r="C1"><v>12</v></c><c r="D1"><f>C1/2</f><v>6.0</v></c><c r="E1" t="str"><f>"7"</f><v>7</v></c>
<c r="F1" t="inlineStr"><is><t>１２ </t></is></c><c r="G1" s="1"><v>45314</v></c>
<c r="H1" t="e"><v>#REF!</v></c><c r="I1" s="9"><v>43.600000000000001</v></c></row></sheetData>"#;
    assert_eq!(
        lines(row),
        ["[0.0=甲 0.1=乙 丙 0.2=12 0.3=6 0.4=7 0.5=１２ 0.6=2024年1月23日 0.7=#REF! 0.8=43.6]"]
    );
}

fn workbook(workbook: &str, styles: &str, strings: &str, sheet: &str) -> Vec<(String, bool)> {
    let parts = [
        ("xl/workbook.xml", workbook),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", strings),
    ];
    let bytes = zipped(sheet, |name, usual| {
        parts.iter().find(|(own, _)| *own == name).map_or(usual, |(_, content)| *content)
    });
    let document = read(&bytes, &Limits::default()).unwrap();
    let Some(crate::document::Block::Grid(grid)) = document.blocks.into_iter().next() else {
        panic!("no table")
    };
    grid.cells.into_iter().map(|cell| (cell.text, cell.doubtful)).collect()
}

#[test]
fn formulas_of_a_workbook_to_be_calculated_when_opened_are_doubtful() {
    let asks =
        WORKBOOK.replace("</workbook>", r#"<calcPr calcId="1" fullCalcOnLoad="1"/></workbook>"#);
    let row = r#"<sheetData><row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>SUM(A1:A1)</f><v>0</v></c>
<c r="C1" t="str"><f>""</f><v></v></c><c r="D1"><f>A1</f><v>3</v></c></row></sheetData>"#;
    let cells = workbook(&asks, STYLES, STRINGS, row);
    assert_eq!(
        cells,
        [("3".into(), false), ("□".into(), true), ("□".into(), true), ("3".into(), true)]
    );
}

#[test]
fn what_a_font_strikes_out_is_left_out() {
    let styles = r#"<styleSheet><fonts><font/><font><strike/></font></fonts><cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs></styleSheet>"#;
    let strings = r#"<sst><si><r><rPr><strike/></rPr><t>9</t></r><r><rPr><strike val="0"/></rPr><t>5</t></r></si></sst>"#;
    let row = r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>7</v></c><c r="C1"><v>1</v></c></row></sheetData>"#;
    let cells = workbook(WORKBOOK, styles, strings, row);
    assert_eq!(cells, [("5".into(), false), (String::new(), false), ("1".into(), false)]);
}

#[test]
fn a_raised_note_mark_is_not_glued_to_a_figure() {
    let strings = r#"<sst><si><r><t>12</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></si></sst>"#;
    let row = r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1</v></c></row></sheetData>"#;
    let cells = workbook(WORKBOOK, STYLES, strings, row);
    assert_eq!(cells, [("12".into(), false), ("1".into(), false)]);
}

#[test]
fn a_formula_stored_without_its_value_is_doubtful_and_no_blank() {
    let row = r#"<sheetData><row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>SUM(A1:A1)</f><v/></c>
<c r="C1"><f>A1+1</f></c><c r="D1" t="str"><f>""</f><v></v></c></row></sheetData>"#;
    let document = read(&xlsx(row), &Limits::default()).unwrap();
    let Some(crate::document::Block::Grid(grid)) = document.blocks.first() else {
        panic!("no table in {document:?}")
    };
    let cells: Vec<(&str, bool)> =
        grid.cells.iter().map(|c| (c.text.as_str(), c.doubtful)).collect();
    assert_eq!(cells[..3], [("3", false), ("□", true), ("□", true)]);
    assert!(cells.get(3).is_none_or(|cell| *cell == ("", false)));
}

#[test]
fn hidden_sheets_rows_and_columns_are_left_out() {
    let sheet = r#"<cols><col min="2" max="2" hidden="1"/></cols><sheetData>
<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>9</v></c><c r="C1"><v>2</v></c></row>
<row r="2" hidden="1"><c r="A2"><v>9</v></c><c r="C2"><v>9</v></c></row>
<row r="3"><c r="A3"><v>3</v></c><c r="C3"><v>4</v></c></row></sheetData>"#;
    assert_eq!(lines(sheet), ["[0.0=1 0.1=2 1.0=3 1.1=4]"]);
}

#[test]
fn merged_cells_cover_their_places_and_blanks_between_stay() {
    let sheet = r#"<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"/><c r="D1"><v>2</v></c></row>
<row r="2"><c r="C2"><v>3</v></c><c r="D2"><v>4</v></c></row></sheetData>
<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="A1:D1"/></mergeCells>"#;
    assert_eq!(lines(sheet), ["[0.0+2×2=1 0.2= 0.3=2 1.2=3 1.3=4]"]);
}

#[test]
fn cells_without_references_follow_each_other() {
    let sheet = "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row></sheetData>";
    assert_eq!(lines(sheet), ["[0.0=1 0.1=2]"]);
}

#[test]
fn a_cell_in_the_last_row_of_all_is_refused_at_once() {
    let sheet = r#"<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#;
    let refusal = try_lines(sheet).unwrap_err();
    assert_eq!(refusal, Refusal::TooLarge("a cell in row 1048576 column 16384".into()));
}

#[test]
fn a_text_that_is_not_there_is_damage_and_no_blank() {
    let sheet = r#"<sheetData><row><c t="s"><v>7</v></c></row></sheetData>"#;
    assert!(matches!(try_lines(sheet), Err(Refusal::Damaged(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_sheet_is_read_or_refused(sheet in r#"(<(row|c|v|f|is|sheetData|mergeCells)( r="[A-Z]{0,3}[0-9]{0,8}")?( t="s")?/?>|</(row|c|v|sheetData)>|[0-9.eE-]{1,9}|<mergeCell ref="[A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7}"/>){0,40}"#) {
        let _outcome = read(&xlsx(&sheet), &Limits::default());
    }
}
