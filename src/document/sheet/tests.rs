//! Sheets made by hand: what is a table, what is a line, what numbers look like.

use super::*;
use crate::document::drawn::shown;
use crate::document::{Format, Meta};

/// Rows of cells; `None` where the file has no cell at all.
fn sheet(rows: &[&[Option<&str>]]) -> Sheet {
    let mut sheet = Sheet::default();
    for (r, row) in rows.iter().enumerate() {
        for (c, text) in row.iter().enumerate() {
            if let Some(text) = text {
                sheet.put(r, c, (*text).to_owned(), &Limits::default()).unwrap();
            }
        }
    }
    sheet
}

fn lines(sheet: Sheet) -> Vec<String> {
    let limits = Limits::default();
    let mut assembly = Assembly::new(&limits);
    sheet.assemble(&mut assembly).unwrap();
    shown(&assembly.finish(Format::Xlsx, Meta::default()).blocks)
}

fn t(text: &str) -> Option<&str> {
    Some(text)
}

const B: Option<&str> = Some("");

#[test]
fn titles_and_sentences_around_tables_are_paragraphs() {
    let mut sheet = sheet(&[
        &[t("某镇年度报告")],
        &[t("一、总体情况")],
        &[t("全年公开120条。")],
        &[t("甲"), t("乙")],
        &[t("丙"), t("1")],
        &[],
        &[t("二、其他")],
        &[t("无")],
    ]);
    sheet.merge((0, 0), (0, 3));
    assert_eq!(
        lines(sheet),
        [
            "某镇年度报告",
            "一、总体情况",
            "全年公开120条。",
            "[0.0=甲 0.1=乙 1.0=丙 1.1=1]",
            "二、其他",
            "无"
        ]
    );
}

#[test]
fn a_row_of_blank_figures_stays_in_its_table() {
    let boxed = sheet(&[
        &[t("项目"), t("数量"), t("总计")],
        &[t("规章"), B, B],
        &[t("决定"), t("2"), t("3")],
    ]);
    assert_eq!(
        lines(boxed),
        ["[0.0=项目 0.1=数量 0.2=总计 1.0=规章 1.1= 1.2= 2.0=决定 2.1=2 2.2=3]"]
    );
}

#[test]
fn a_blank_row_below_headers_is_the_row_nothing_was_typed_in() {
    let unboxed = sheet(&[
        &[None, t("维持"), t("总计")],
        &[],
        &[t("五、问题")],
        &[None, t("维持"), t("总计")],
        &[None, t("1"), t("1")],
        &[],
        &[t("六、其他")],
    ]);
    assert_eq!(
        lines(unboxed),
        [
            "[0.0=维持 0.1=总计 1.0= 1.1=]",
            "五、问题",
            "[0.0=维持 0.1=总计 1.0=1 1.1=1]",
            "六、其他"
        ]
    );
}

#[test]
fn a_section_heading_as_wide_as_a_table_that_begins_further_right_parts_them() {
    let mut sheet = sheet(&[
        &[None, None, t("甲"), t("乙")],
        &[None, None, t("1"), t("2")],
        &[None, None, t("四、复议情况")],
        &[None, None, t("丙"), t("丁")],
    ]);
    sheet.merge((2, 2), (2, 3));
    assert_eq!(lines(sheet), ["[0.0=甲 0.1=乙 1.0=1 1.1=2]", "四、复议情况", "[0.0=丙 0.1=丁]"]);
}

#[test]
fn a_heading_as_wide_as_the_table_is_a_row_of_it() {
    let mut sheet =
        sheet(&[&[t("甲"), t("乙")], &[t("1"), t("2")], &[t("第（五）项")], &[t("丙"), t("3")]]);
    sheet.merge((2, 0), (2, 1));
    assert_eq!(lines(sheet), ["[0.0=甲 0.1=乙 1.0=1 1.1=2 2.0+1×2=第（五）项 3.0=丙 3.1=3]"]);
}

#[test]
fn a_section_heading_between_stacked_tables_parts_them() {
    let mut sheet = sheet(&[
        &[t("甲"), t("乙")],
        &[t("1"), t("2")],
        &[t("三、收到和处理情况")],
        &[t("丙"), t("丁"), t("戊")],
    ]);
    sheet.merge((2, 0), (2, 2));
    assert_eq!(
        lines(sheet),
        ["[0.0=甲 0.1=乙 1.0=1 1.1=2]", "三、收到和处理情况", "[0.0=丙 0.1=丁 0.2=戊]"]
    );
}

#[test]
fn hidden_rows_and_columns_leave_no_gap() {
    let mut sheet = sheet(&[
        &[t("甲"), t("x"), t("乙")],
        &[t("y"), t("y"), t("y")],
        &[t("丙"), t("x"), t("3")],
    ]);
    sheet.hide_row(1);
    sheet.hide_columns(1..2, &Limits::default());
    assert_eq!(lines(sheet), ["[0.0=甲 0.1=乙 1.0=丙 1.1=3]"]);
}

#[test]
fn a_merged_cell_stays_where_its_first_row_is_hidden() {
    let mut sheet = sheet(&[&[t("组"), t("甲")], &[B, t("乙")], &[B, t("丙")]]);
    sheet.merge((0, 0), (2, 0));
    sheet.hide_row(0);
    assert_eq!(lines(sheet), ["[0.0+2×1=组 0.1=乙 1.1=丙]"]);
}

#[test]
fn text_beyond_all_reports_is_refused_and_blanks_there_are_not() {
    let limits = Limits::default();
    let mut sheet = Sheet::default();
    assert_eq!(sheet.put(1_048_575, 16_383, String::new(), &limits), Ok(()));
    let refusal = sheet.put(1_048_575, 16_383, "1".to_owned(), &limits).unwrap_err();
    assert_eq!(refusal, Refusal::TooLarge("a cell in row 1048576 column 16384".into()));
}

#[test]
fn a_long_text_in_many_cells_is_refused_before_it_is_kept_many_times() {
    let limits = Limits::default();
    let mut sheet = Sheet::default();
    let long = "长".repeat(1 << 20);
    let put = |row: usize, sheet: &mut Sheet| sheet.put(row, 0, long.clone(), &limits);
    assert_eq!((put(0, &mut sheet), put(1, &mut sheet)), (Ok(()), Ok(())));
    assert!(matches!(put(2, &mut sheet), Err(Refusal::TooLarge(_))));
}

#[test]
fn tables_side_by_side_are_tables_of_their_own() {
    let rows: &[&[Option<&str>]] = &[
        &[t("甲"), t("乙"), None, t("丙"), t("丁")],
        &[t("一"), t("1"), None, t("二"), t("2")],
        &[None, None, None, t("三"), t("3")],
    ];
    assert_eq!(
        lines(sheet(rows)),
        ["[0.0=甲 0.1=乙 1.0=一 1.1=1 2.0= 2.1=]", "[0.0=丙 0.1=丁 1.0=二 1.1=2 2.0=三 2.1=3]"]
    );
    // A column left blank between labels and figures, or before labels, parts nothing.
    let gap =
        sheet(&[&[t("甲"), None, t("乙")], &[t("一"), None, t("1")], &[t("二"), None, t("2")]]);
    assert_eq!(lines(gap).len(), 1);
    let gap = sheet(&[&[t("甲"), None, t("乙"), t("丙")], &[None, None, t("一"), t("1")]]);
    assert_eq!(lines(gap).len(), 1);
}

#[test]
fn numbers_are_shown_as_typed() {
    for (value, text) in [
        (12.0, "12"),
        (43.6, "43.6"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e15, "1000000000000000"),
        (7.77, "7.77"),
        (43.600_000_000_000_01, "43.6"),
        (-3.5, "-3.5"),
    ] {
        assert_eq!(number(value), text);
    }
}

fn write(shown: Shown, value: f64) -> String {
    shown.write(value, false).text
}

#[test]
fn a_number_shown_in_thousands_or_with_a_point_of_the_format_is_doubtful() {
    for code in ["0.0,", "#,##0,\"千\"", "0!.0000", "0\\.0,;-0", "#\".\"0"] {
        let shown = Shown::of_code(code);
        assert_eq!(shown.write(56300.0, false), Shows::default().doubted(), "{code}");
        assert_eq!(write(shown, 0.0), "0", "{code}");
    }
    for code in ["#,##0.00", "_ * #,##0_ ;_ * \"-\"_ ", "0\"件\"", "0.0_);\\(0.0\\)", "0", "@"] {
        assert_eq!(Shown::of_code(code), Shown::Number, "{code}");
    }
}

#[test]
fn formats_tell_dates_and_percentages() {
    assert_eq!(Shown::of_code("yyyy\"年\"m\"月\"d\"日\";@"), Shown::Date);
    assert_eq!(Shown::of_code("[$-804]General"), Shown::Number);
    assert_eq!(Shown::of_code("0_ ;[Red]\\-0\\ "), Shown::Number);
    assert_eq!(Shown::of_code("#,##0.00\"day\""), Shown::Number);
    assert_eq!(write(Shown::of_code("0.00%"), 0.125), "12.5%");
    assert_eq!(write(Shown::of_builtin(14), 45314.0), "2024年1月23日");
    assert_eq!(Shown::Date.write(45314.0 - 1462.0, true).text, "2024年1月23日");
    assert_eq!(write(Shown::Date, 1e300), number(1e300));
}

#[test]
fn an_area_merged_to_the_end_of_all_numbers_ends_with_the_table() {
    let mut sheet = sheet(&[&[t("甲"), t("乙")], &[t("丙"), t("1")], &[None, t("2")]]);
    sheet.merge((1, 0), (usize::MAX, 0));
    assert_eq!(lines(sheet), ["[0.0=甲 0.1=乙 1.0+2×1=丙 1.1=1 2.1=2]"]);
}

#[test]
fn a_text_beyond_all_rows_is_refused_wherever_it_stands() {
    let mut sheet = Sheet::default();
    for place in [(ROWS, 0), (usize::MAX, usize::MAX)] {
        let refusal = sheet.put(place.0, place.1, "1".to_owned(), &Limits::default());
        assert!(matches!(refusal, Err(Refusal::TooLarge(_))), "{refusal:?}");
    }
}
