//! Small files made by hand, one for each trap of the format.

use proptest::prelude::*;

use super::*;
use crate::document::drawn::shown;

fn try_lines(body: &str) -> Result<Vec<String>, Refusal> {
    let rtf = format!(
        r"{{\rtf1\ansi\ansicpg936\deff0{{\fonttbl{{\f0\fcharset0 Times;}}{{\f1\fcharset134 SimSun;}}}}{body}}}"
    );
    read(rtf.as_bytes(), &Limits::default()).map(|document| shown(&document.blocks))
}

fn lines(body: &str) -> Vec<String> {
    try_lines(body).unwrap()
}

#[test]
fn gbk_bytes_and_unicode_with_any_fallback_are_characters() {
    assert_eq!(lines(r"\f1\'d7\'dc\'bc\'c6 12\par"), ["总计 12"]);
    assert_eq!(lines(r"\f0\'d7\'dc\'bc\'c6\par"), ["总计"]);
    assert_eq!(lines(r"\uc1\u24635?\u-29723 ?\uc2\u35745\'bc\'c6{\uc0\u49}2\par"), ["总该计12"]);
    assert_eq!(lines(r"\u-10187?\u-9138?\par"), ["\u{1D44E}"]);
}

#[test]
fn hidden_and_deleted_text_is_left_out() {
    assert_eq!(lines(r"1{\v 9}2{\deleted 8}3\v 7\v0 4\par"), ["1234"]);
    assert_eq!(lines(r"1{\super 2}{\up6 3}{\fs2 4}\up2 5\par"), ["15"]);
    assert_eq!(lines(r"{\strike 9}{\striked1 8}1\strike 7\plain 2{\mvf 6}{\mvt 3}\par"), ["123"]);
}

#[test]
fn white_text_beside_other_text_is_not_seen() {
    let colours = r"{\colortbl;\red255\green0\blue0;\red255\green255\blue255;}";
    let line = |text: &str| lines(&format!(r"{colours}{text}\par"));
    assert_eq!(line(r"1{\cf2 9}{\cf1 2}{\cf2\highlight1 3}"), ["123"]);
    assert_eq!(line(r"\cf2 12"), ["12"]);
}

#[test]
fn destinations_nobody_knows_are_passed_over() {
    assert_eq!(lines(r"{\*\unknown 1{2}}{\header 3}{\info{\title 4}}5\par"), ["5"]);
    assert_eq!(lines(r"{\field{\*\fldinst PAGE 9}{\fldrslt 7}}\par"), ["7"]);
    assert_eq!(lines(r"{\pict\bin3 }}}ffff}8\par"), ["8", "<picture>"]);
}

#[test]
fn a_field_without_its_result_is_no_blank() {
    let field = |instruction: &str| {
        lines(&format!(
            r"\trowd\cellx1000\cellx2000\pard\intbl A\cell{{\field{{\*\fldinst {instruction}}}{{\fldrslt }}}}\cell\row\pard\par"
        ))
    };
    assert_eq!(field("{ =SUM(LEFT)}"), ["[0.0=A 0.1=□]"]);
    assert_eq!(
        field(r"FORMDROPDOWN{\*\formfield{\fftype2\ffres1{\*\ffl 3}{\*\ffl 5}}}"),
        ["[0.0=A 0.1=□]"]
    );
    assert_eq!(field("FORMTEXT"), ["[0.0=A 0.1=]"]);
}

#[test]
fn labels_of_automatic_numbering_are_text() {
    assert_eq!(lines(r"{\listtext\f1\'d2\'bb\'a1\'a2}\f1\'c6\'e4\'cb\'fb\par"), ["一、其他"]);
}

#[test]
fn merged_cells_and_edges_a_few_twips_apart_make_one_grid() {
    let table = r"\trowd\trleft-100\clvmgf\cellx1000\cellx2000\cellx3000\pard\intbl A\cell B\cell\cell\row
\trowd\trleft-90\clvmrg\cellx1010\cellx3005\pard\intbl\cell C\cell\row\pard D\par";
    assert_eq!(lines(table), ["[0.0+2×1=A 0.1=B 0.2= 1.1+1×2=C]", "D"]);
}

#[test]
fn a_table_in_a_frame_of_one_cell_is_read_without_the_frame() {
    let table = r"\trowd\cellx9000\pard\intbl\itap2 A\nestcell B\nestcell{\*\nesttableprops\trowd\cellx1000\cellx2000\nestrow}
{\nonesttables\par}\pard\intbl\itap1\cell\row\pard\par";
    assert_eq!(lines(table), ["[0.0=A 0.1=B]"]);
}

#[test]
fn a_file_that_ends_inside_a_group_is_incomplete() {
    let cut = read(br"{\rtf1 {\b 1\par 2", &Limits::default());
    assert!(matches!(cut, Err(Refusal::Incomplete(_))));
}

#[test]
fn groups_and_tables_nested_too_deep_are_refused() {
    let deep = format!("{}{}", "{".repeat(100_000), "}".repeat(100_000));
    assert!(matches!(try_lines(&deep), Err(Refusal::TooLarge(_))));
    assert!(matches!(try_lines(r"\pard\intbl\itap999999 1\par"), Err(Refusal::TooLarge(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_words_are_read_or_refused(body in r"(\\(trowd|cellx|cell|row|itap|intbl|nestcell|nestrow|pard|par|u|uc|v|deleted|clvmrg|clmgf|bin|trleft)-?[0-9]{0,6} ?|[{}]|\\'[0-9a-f]{2}|[a-z ]){0,60}") {
        let _outcome = read(format!("{{\\rtf1{body}}}").as_bytes(), &Limits::default());
    }
}
