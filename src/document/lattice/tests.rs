use super::*;
use crate::document::{Block, Format, Limits, Meta, Pictured};

const INK: Ink = Ink::Dark;

fn page(number: u32) -> Page {
    Page::new(number, 595.0, 842.0)
}

/// Writes text of 10 points from `x` on, one glyph a character.
fn write(page: &mut Page, text: &str, mut x: f64, y: f64) {
    for c in text.chars() {
        let width = if c.is_ascii() { 5.0 } else { 10.0 };
        page.glyph(&c.to_string(), (x, y), (width, 0.0), 10.0, INK);
        x += width;
    }
}

/// Draws all rules of a grid.
fn rule(page: &mut Page, xs: &[f64], ys: &[f64]) {
    let ends = |edges: &[f64]| (edges[0], edges[edges.len() - 1]);
    let ((left, right), (top, bottom)) = (ends(xs), ends(ys));
    for x in xs {
        page.stroke((*x, top), (*x, bottom), 0.5, INK);
    }
    for y in ys {
        page.stroke((left, *y), (right, *y), 0.5, INK);
    }
}

fn blocks(pages: Vec<Page>) -> Result<Vec<Block>, Refusal> {
    let limits = Limits::default();
    let mut assembly = Assembly::new(&limits);
    read(pages, &mut assembly)?;
    Ok(assembly.finish(Format::Pdf, Meta::default()).blocks)
}

/// Paragraphs as they are; tables as rows of `column:text`, with `+n` for columns covered beyond
/// the first.
fn shown(pages: Vec<Page>) -> Vec<String> {
    let mut shown = Vec::new();
    for block in blocks(pages).unwrap() {
        match block {
            Block::Paragraph(paragraph) => shown.push(paragraph.text),
            Block::Picture { .. } => shown.push("[picture]".into()),
            Block::Grid(grid) => {
                for row in grid.cells.chunk_by(|a, b| a.row == b.row) {
                    let cell = |c: &crate::document::GridCell| {
                        let more = c.column_span - 1;
                        let span = if more > 0 { format!("+{more}") } else { String::new() };
                        format!("{}{span}:{}", c.column, c.text)
                    };
                    shown.push(row.iter().map(cell).collect::<Vec<_>>().join(" | "));
                }
            }
        }
    }
    shown
}

// Ruled tables

#[test]
fn rules_make_cells_and_missing_rules_make_merged_ones() {
    let mut page = page(1);
    rule(&mut page, &[100.0, 200.0, 250.0, 300.0], &[120.0, 140.0]);
    page.stroke((100.0, 100.0), (300.0, 100.0), 0.5, INK);
    for x in [100.0, 200.5, 300.0] {
        page.stroke((x, 100.0), (x, 120.0), 0.5, INK);
    }
    write(&mut page, "信息", 105.0, 114.0);
    write(&mut page, "数量", 230.0, 114.0);
    write(&mut page, "规章", 105.0, 134.0);
    write(&mut page, "12", 220.0, 134.0);
    assert_eq!(shown(vec![page]), ["0:信息 | 1+1:数量", "0:规章 | 1:12 | 2:"]);
}

#[test]
fn borders_painted_as_thin_areas_are_rules() {
    let mut page = page(1);
    for x in [100.0, 200.0, 300.0] {
        page.area((x, 100.0), (x + 0.5, 140.0), INK);
    }
    for y in [100.0, 120.0, 139.5] {
        page.area((100.0, y), (300.0, y + 0.5), INK);
    }
    write(&mut page, "规章", 105.0, 114.0);
    write(&mut page, "12", 220.0, 114.0);
    write(&mut page, "3", 220.0, 134.0);
    assert_eq!(shown(vec![page]), ["0:规章 | 1:12", "0: | 1:3"]);
}

#[test]
fn cells_painted_white_on_a_dark_ground_are_a_table() {
    let mut page = page(1);
    page.area((100.0, 100.0), (301.0, 141.0), INK);
    for x in [101.0, 201.0] {
        for y in [101.0, 121.0] {
            page.area((x, y), (x + 99.0, y + 19.0), Ink::White);
        }
    }
    write(&mut page, "规章", 105.0, 114.0);
    write(&mut page, "12", 220.0, 134.0);
    assert_eq!(shown(vec![page]), ["0:规章 | 1:", "0: | 1:12"]);
}

#[test]
fn a_table_open_at_its_sides_is_closed() {
    let mut page = page(1);
    for y in [100.0, 120.0, 140.0] {
        page.stroke((100.0, y), (300.0, y), 0.5, INK);
    }
    page.stroke((200.0, 100.0), (200.0, 140.0), 0.5, INK);
    write(&mut page, "规章", 105.0, 114.0);
    write(&mut page, "12", 220.0, 114.0);
    write(&mut page, "文件", 105.0, 134.0);
    assert_eq!(shown(vec![page]), ["0:规章 | 1:12", "0:文件 | 1:"]);
}

#[test]
fn a_rule_beside_cells_merged_over_a_whole_page_part_is_the_tables() {
    let mut first = page(1);
    rule(&mut first, &[100.0, 200.0, 300.0], &[700.0, 760.0]);
    write(&mut first, "办理结果", 105.0, 714.0);
    write(&mut first, "12", 220.0, 714.0);
    let mut second = page(2);
    for x in [100.0, 200.0, 300.0] {
        second.stroke((x, 60.0), (x, 120.0), 0.5, INK);
    }
    second.stroke((200.0, 90.0), (300.0, 90.0), 0.5, INK);
    for y in [60.0, 120.0] {
        second.stroke((200.0, y), (300.0, y), 0.5, INK);
    }
    write(&mut second, "34", 220.0, 80.0);
    write(&mut second, "5", 220.0, 110.0);
    assert_eq!(shown(vec![first, second]), ["0:办理结果 | 1:12", "0: | 1:34", "1:5"]);
}

#[test]
fn the_rest_of_a_row_cut_by_a_page_break_needs_one_rule_below_it() {
    let xs = [100.0, 200.0, 300.0];
    let mut first = page(1);
    rule(&mut first, &xs, &[700.0, 740.0]);
    write(&mut first, "其他法律行政法规禁", 105.0, 720.0);
    let mut second = page(2);
    for x in xs {
        second.stroke((x, 60.0), (x, 90.0), 0.5, INK);
    }
    second.stroke((100.0, 90.0), (300.0, 90.0), 0.5, INK);
    write(&mut second, "止公开", 105.0, 75.0);
    write(&mut second, "12", 220.0, 75.0);
    assert_eq!(shown(vec![first, second]), ["0:其他法律行政法规禁止公开 | 1:12"]);
}

#[test]
fn a_label_broken_over_lines_is_one_and_two_figures_are_two() {
    let mut page = page(1);
    rule(&mut page, &[100.0, 200.0, 300.0], &[100.0, 140.0, 160.0]);
    write(&mut page, "行政规范", 105.0, 114.0);
    write(&mut page, "性文件", 105.0, 128.0);
    write(&mut page, "12", 220.0, 114.0);
    write(&mut page, "34", 220.0, 128.0);
    assert_eq!(shown(vec![page]), ["0:行政规范性文件 | 1:12\n34", "0: | 1:"]);
}

#[test]
fn bold_made_by_drawing_twice_is_read_once_and_a_note_mark_not_at_all() {
    let mut page = page(1);
    rule(&mut page, &[100.0, 200.0, 300.0], &[100.0, 120.0]);
    for shift in [0.0, 0.4] {
        write(&mut page, "33", 120.0 + shift, 114.0);
    }
    write(&mut page, "10", 220.0, 114.0);
    page.glyph("2", (230.0, 110.0), (3.0, 0.0), 6.0, INK);
    assert_eq!(shown(vec![page]), ["0:33 | 1:10"]);
}

#[test]
fn a_page_printed_sideways_is_turned() {
    let mut page = page(1);
    // The upright table of 100..300 × 100..140, turned clockwise: (x, y) → (595 − y, x).
    let turned = |x: f64, y: f64| (595.0 - y, x);
    for x in [100.0, 200.0, 300.0] {
        page.stroke(turned(x, 100.0), turned(x, 140.0), 0.5, INK);
    }
    for y in [100.0, 120.0, 140.0] {
        page.stroke(turned(100.0, y), turned(300.0, y), 0.5, INK);
    }
    for (text, x, y) in [("规章", 105.0, 114.0), ("12", 220.0, 114.0), ("3", 220.0, 134.0)] {
        for (n, c) in (0..).zip(text.chars()) {
            let at = turned(x + f64::from(n) * 10.0, y);
            page.glyph(&c.to_string(), at, (0.0, 10.0), 10.0, INK);
        }
    }
    assert_eq!(shown(vec![page]), ["0:规章 | 1:12", "0: | 1:3"]);
}

#[test]
fn white_text_is_read_on_a_dark_ground_only() {
    let mut page = page(1);
    write(&mut page, "总体情况", 100.0, 200.0);
    page.area((90.0, 300.0), (300.0, 320.0), INK);
    page.glyph("表", (100.0, 314.0), (10.0, 0.0), 10.0, Ink::White);
    page.glyph("9", (100.0, 414.0), (5.0, 0.0), 10.0, Ink::White);
    assert_eq!(shown(vec![page]), ["总体情况", "表"]);
}

// Pages

/// A table of a label and a figure column on two pages.
fn over_two_pages(above: &[(&str, &str)], below: &[(&str, &str)]) -> Vec<Page> {
    let on_page = |number: u32, top: f64, rows: &[(&str, &str)]| {
        let mut page = page(number);
        let ys: Vec<f64> = (0..).take(rows.len() + 1).map(|n| top + f64::from(n) * 20.0).collect();
        rule(&mut page, &[100.0, 200.0, 300.0], &ys);
        for ((label, figure), y) in rows.iter().zip(&ys) {
            write(&mut page, label, 106.0, y + 14.0);
            write(&mut page, figure, 220.0, y + 14.0);
        }
        page
    };
    vec![on_page(1, 700.0, above), on_page(2, 80.0, below)]
}

#[test]
fn a_table_goes_on_after_a_page_break_and_its_header_is_not_repeated() {
    let above = [("项目", "数量"), ("规章", "1")];
    let below = [("项目", "数量"), ("文件", "2")];
    let mut pages = over_two_pages(&above, &below);
    write(&mut pages[0], "— 1 —", 280.0, 800.0);
    let rows = ["0:项目 | 1:数量", "0:规章 | 1:1", "0:文件 | 1:2"];
    assert_eq!(shown(pages), rows);
}

#[test]
fn a_repeated_header_may_lack_the_end_of_its_text() {
    let above = [("数据的勾稽关系为一", "数量"), ("规章", "1")];
    let below = [("数据的勾稽关系为", "数量"), ("文件", "2")];
    let rows = ["0:数据的勾稽关系为一 | 1:数量", "0:规章 | 1:1", "0:文件 | 1:2"];
    assert_eq!(shown(over_two_pages(&above, &below)), rows);
}

#[test]
fn a_row_cut_by_a_page_break_is_one_row() {
    let above = [("规章", "1"), ("其他法律行政法规", "2")];
    let below = [("禁止公开", ""), ("文件", "3")];
    let rows = ["0:规章 | 1:1", "0:其他法律行政法规禁止公开 | 1:2", "0:文件 | 1:3"];
    assert_eq!(shown(over_two_pages(&above, &below)), rows);
}

#[test]
fn a_row_whose_label_has_all_its_lines_below_the_page_break_is_one_row() {
    let above = [("规章", "1"), ("", "7")];
    let below = [("（二）部分公开", ""), ("文件", "3")];
    let rows = ["0:规章 | 1:1", "0:（二）部分公开 | 1:7", "0:文件 | 1:3"];
    assert_eq!(shown(over_two_pages(&above, &below)), rows);
}

#[test]
fn a_blank_row_after_a_page_break_is_no_rest_of_the_row_above() {
    let rows = ["0:行政许可 | 1:2", "0:行政处罚 | 1:", "0:文件 | 1:3"];
    let pages = over_two_pages(&[("行政许可", "2")], &[("行政处罚", ""), ("文件", "3")]);
    assert_eq!(shown(pages), rows);
}

#[test]
fn figures_parted_from_their_header_by_a_page_break_stay_below_it() {
    let pages = over_two_pages(&[("结果维持", "总计")], &[("0", "0")]);
    assert_eq!(shown(pages), ["0:结果维持 | 1:总计", "0:0 | 1:0"]);
}

#[test]
fn text_between_two_tables_keeps_them_apart() {
    let mut pages = over_two_pages(&[("规章", "1")], &[("文件", "2")]);
    write(&mut pages[1], "四、复议情况", 100.0, 60.0);
    assert_eq!(shown(pages), ["0:规章 | 1:1", "四、复议情况", "0:文件 | 1:2"]);
}

// Text

#[test]
fn lines_of_a_paragraph_join_over_a_page_break_and_headings_stay_apart() {
    let full = "全年主动公开各类信息二百二十九条其中政策文件1";
    let (mut first, mut second) = (page(1), page(2));
    write(&mut first, "一、总体情况", 120.0, 700.0);
    write(&mut first, full, 120.0, 720.0);
    write(&mut first, "9条、工作动态、公告公示、财政信息、办事指南等若", 100.0, 740.0);
    write(&mut first, "第 1 页 共 2 页", 250.0, 810.0);
    write(&mut second, "干条。", 100.0, 110.0);
    write(&mut second, "二、公开情况", 120.0, 130.0);
    let joined = format!("{full}9条、工作动态、公告公示、财政信息、办事指南等若干条。");
    assert_eq!(shown(vec![first, second]), ["一、总体情况", joined.as_str(), "二、公开情况"]);
}

#[test]
fn a_page_of_unknown_characters_gives_no_text_and_a_document_of_them_is_refused() {
    let unknown = |number: u32| {
        let mut page = page(number);
        write(&mut page, "总体\u{FFFD}况", 100.0, 200.0);
        page
    };
    let refusal = blocks(vec![unknown(1)]).unwrap_err();
    assert_eq!(refusal, Refusal::Unrecognised(Pictured::Unencoded));

    let mut good = page(1);
    write(&mut good, "总体情况", 100.0, 200.0);
    assert_eq!(shown(vec![good, unknown(2)]), ["总体情况", "[picture]"]);
}

#[test]
fn a_document_of_images_is_a_scan() {
    let mut page = page(1);
    page.picture((0.0, 0.0));
    let refusal = blocks(vec![page]).unwrap_err();
    assert_eq!(refusal, Refusal::Unrecognised(Pictured::Scan));
    assert!(refusal.reason().starts_with("图片或扫描件"), "{}", refusal.reason());
}

// Tables without rules

/// Writes words centred on `x`.
fn centred(page: &mut Page, words: &[(&str, f64)], y: f64) {
    for (word, x) in words {
        let width: f64 = word.chars().map(|c| if c.is_ascii() { 5.0 } else { 10.0 }).sum();
        write(page, word, x - width / 2.0, y);
    }
}

#[test]
fn figures_without_rules_stand_under_their_headers() {
    let mut page = page(1);
    write(&mut page, "三、收到和处理申请情况", 80.0, 100.0);
    centred(&mut page, &[("申请人的全部情况", 390.0)], 140.0);
    centred(
        &mut page,
        &[("自然人", 300.0), ("商业企", 360.0), ("其他", 420.0), ("总计", 480.0)],
        160.0,
    );
    centred(&mut page, &[("业", 360.0)], 172.0);
    write(&mut page, "一、新收申请数量", 80.0, 200.0);
    centred(&mut page, &[("29", 300.0), ("2", 360.0), ("33", 480.0)], 200.0);
    write(&mut page, "（一）部分公开（区分处理", 90.0, 220.0);
    write(&mut page, "的，不计其他情形）", 90.0, 232.0);
    centred(&mut page, &[("0", 300.0), ("1", 480.0)], 226.0);
    write(&mut page, "（二）予以公开", 90.0, 254.0);
    let rows = [
        "三、收到和处理申请情况",
        "2+1:申请人的全部情况",
        "1:自然人 | 2:商业企业 | 3:其他 | 4:总计",
        "0:一、新收申请数量 | 1:29 | 2:2 | 3: | 4:33",
        "0:（一）部分公开（区分处理的，不计其他情形） | 1:0 | 2: | 3: | 4:1",
    ];
    assert_eq!(shown(vec![page])[..5], rows);
}

#[test]
fn a_row_of_figures_alone_stands_under_its_headers() {
    let mut page = page(1);
    let xs = [100.0, 160.0, 220.0, 280.0];
    let put = |page: &mut Page, words: [&str; 4], y: f64| {
        let words: Vec<(&str, f64)> = words.into_iter().zip(xs).collect();
        centred(page, &words, y);
    };
    put(&mut page, ["维持", "纠正", "其他", "总计"], 100.0);
    put(&mut page, ["1", "0", "0", "1"], 120.0);
    let rows = ["0:维持 | 1:纠正 | 2:其他 | 3:总计", "0:1 | 1:0 | 2:0 | 3:1"];
    assert_eq!(shown(vec![page]), rows);
}

#[test]
fn a_sentence_with_a_figure_set_apart_is_no_table() {
    let mut page = page(1);
    write(&mut page, "全年公开信息", 100.0, 100.0);
    write(&mut page, "229", 180.0, 100.0);
    write(&mut page, "条，办结申请三件。", 215.0, 100.0);
    assert_eq!(shown(vec![page]), ["全年公开信息 229 条，办结申请三件。"]);
}

#[test]
fn a_number_broken_in_a_narrow_cell_is_one_and_two_in_a_wide_one_are_two() {
    let mut page = page(1);
    rule(&mut page, &[100.0, 125.0, 225.0], &[100.0, 150.0]);
    write(&mut page, "１", 107.0, 120.0);
    write(&mut page, "２", 107.0, 132.0);
    write(&mut page, "１", 150.0, 120.0);
    write(&mut page, "２", 150.0, 132.0);
    assert_eq!(shown(vec![page]), ["0:１２ | 1:１\n２"]);
}

#[test]
fn figures_beside_the_middle_of_their_headers_are_counted_off() {
    let mut page = page(1);
    centred(&mut page, &[("商业企业", 300.0), ("科研机构", 360.0), ("总计", 420.0)], 100.0);
    for (label, y) in [("规章", 120.0), ("文件", 140.0), ("许可", 160.0)] {
        write(&mut page, label, 100.0, y);
        for x in [275.0, 335.0, 395.0] {
            write(&mut page, "4", x, y);
        }
    }
    assert_eq!(
        shown(vec![page]),
        [
            "1:商业企业 | 2:科研机构 | 3:总计",
            "0:规章 | 1:4 | 2:4 | 3:4",
            "0:文件 | 1:4 | 2:4 | 3:4",
            "0:许可 | 1:4 | 2:4 | 3:4"
        ]
    );
}

#[test]
fn rows_without_figures_that_repeat_a_unit_after_a_page_break_are_rows_of_their_own() {
    let pages =
        over_two_pages(&[("属于国家秘密", "件")], &[("4.保护第三方", "件"), ("5.属于", "件")]);
    assert_eq!(shown(pages).iter().filter(|row| row.contains("件")).count(), 3);
}

/// Writes a label and figures on a line.
fn row(page: &mut Page, label: &str, figures: &[(&str, f64)], y: f64) {
    write(page, label, 80.0, y);
    centred(page, figures, y);
}

#[test]
fn rules_between_rows_tell_the_lines_of_one_label_from_those_of_the_next() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 260.0), ("企业", 310.0), ("总计", 360.0)], 100.0);
    // The figures stand at the middle of each row; lines of neighbouring labels are as near to each
    // other as lines of one label.
    for (y, lines) in [(106.0, ["属于国家", "秘密"]), (132.0, ["其他法律", "行政法规"])]
    {
        page.stroke((70.0, y), (400.0, y), 0.5, INK);
        write(&mut page, lines[0], 80.0, y + 11.0);
        write(&mut page, lines[1], 80.0, y + 23.0);
    }
    page.stroke((70.0, 158.0), (400.0, 158.0), 0.5, INK);
    centred(&mut page, &[("1", 260.0), ("1", 310.0), ("2", 360.0)], 123.0);
    centred(&mut page, &[("3", 260.0), ("1", 310.0), ("4", 360.0)], 149.0);
    let rows = [
        "1:自然人 | 2:企业 | 3:总计",
        "0:属于国家秘密 | 1:1 | 2:1 | 3:2",
        "0:其他法律行政法规 | 1:3 | 2:1 | 3:4",
    ];
    assert_eq!(shown(vec![page]), rows);
}

#[test]
fn numbers_that_count_the_rows_are_no_figures() {
    let mut page = page(1);
    centred(&mut page, &[("指标", 130.0), ("统计数", 300.0), ("上年数", 400.0)], 100.0);
    for (index, y) in [(1, 120.0), (2, 140.0), (3, 160.0)] {
        write(&mut page, &index.to_string(), 80.0, y);
        write(&mut page, "规章", 120.0, y);
        centred(&mut page, &[("7", 300.0), ("8", 400.0)], y);
    }
    let shown = shown(vec![page]);
    assert_eq!(shown[1..], ["0:规章 | 1:7 | 2:8"; 3]);
}

#[test]
fn figures_close_to_their_label_or_each_other_are_found_by_their_column() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 200.0), ("企业", 230.0), ("总计", 280.0)], 100.0);
    row(&mut page, "规章", &[("1", 200.0), ("20", 230.0), ("21", 280.0)], 120.0);
    write(&mut page, "行政规范性文件类别甲", 92.0, 140.0);
    centred(&mut page, &[("1", 200.0), ("20", 230.0), ("21", 280.0)], 140.0);
    let shown = shown(vec![page]);
    assert_eq!(shown.last().unwrap(), "0:行政规范性文件类别甲 | 1:1 | 2:20 | 3:21");
}

/// The only table of a page.
fn grid(page: Page) -> crate::document::Grid {
    let found = blocks(vec![page]).unwrap().into_iter().find_map(|block| match block {
        Block::Grid(grid) => Some(grid),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn where_headers_do_not_tell_the_columns_only_the_order_of_figures_is_left() {
    use crate::document::Columns;
    let mut page = page(1);
    // Figures between their headers: set to the right of one column, or to the left of the next.
    centred(
        &mut page,
        &[("甲甲", 200.0), ("乙乙", 300.0), ("丙丙", 400.0), ("丁丁", 500.0)],
        100.0,
    );
    row(&mut page, "规章", &[("1", 250.0), ("2", 350.0)], 120.0);
    row(&mut page, "文件", &[("3", 250.0), ("4", 350.0)], 140.0);
    let grid = grid(page);
    assert_eq!(grid.columns, Columns::Filled);
    assert!(grid.cells.iter().all(|c| !c.text.is_empty()));
}

#[test]
fn figures_whose_label_stands_between_two_rows_are_doubtful() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 300.0), ("总计", 360.0)], 100.0);
    row(&mut page, "规章", &[("1", 300.0), ("1", 360.0)], 120.0);
    write(&mut page, "文件", 80.0, 150.0);
    centred(&mut page, &[("2", 300.0), ("2", 360.0)], 140.0);
    centred(&mut page, &[("3", 300.0), ("3", 360.0)], 160.0);
    let grid = grid(page);
    let doubtful = |text: &str| grid.cells.iter().find(|c| c.text == text).unwrap().doubtful;
    assert!(!doubtful("1"));
    assert!(doubtful("2"));
}

#[test]
fn a_figure_broken_over_two_lines_is_doubtful_and_no_row_of_its_own() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 300.0), ("企业", 340.0), ("总计", 380.0)], 100.0);
    row(&mut page, "规章", &[("1", 300.0), ("5", 340.0), ("6", 380.0)], 120.0);
    row(&mut page, "文件", &[("1", 300.0), ("5", 340.0)], 146.0);
    centred(&mut page, &[("67", 380.0)], 140.0);
    centred(&mut page, &[("9", 380.0)], 152.0);
    let grid = grid(page);
    let last = grid.cells.iter().filter(|c| c.row == 2).collect::<Vec<_>>();
    assert!(last.iter().all(|c| c.doubtful));
    assert_eq!(last.last().unwrap().text, "67 9");
    assert_eq!(grid.height(), 3);
}

#[test]
fn a_figure_broken_over_lines_far_apart_makes_the_row_beside_it_doubtful() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 300.0), ("企业", 340.0), ("总计", 380.0)], 100.0);
    row(&mut page, "规章", &[("1", 300.0), ("5", 340.0), ("6", 380.0)], 120.0);
    centred(&mut page, &[("10", 300.0), ("12", 380.0)], 148.0);
    row(&mut page, "文件", &[("5", 340.0), ("1", 380.0)], 160.0);
    row(&mut page, "其他", &[("3", 300.0), ("5", 340.0), ("8", 380.0)], 188.0);
    let grid = grid(page);
    let is_doubtful = |text: &str| {
        let own = grid.cells.iter().find(|c| c.text == text).unwrap().row;
        grid.cells.iter().filter(|c| c.row == own).all(|c| c.doubtful)
    };
    assert!(is_doubtful("文件") && is_doubtful("12"));
    assert!(!is_doubtful("规章") && !is_doubtful("其他"));
}

/// A table without rules on two pages, its labels set beside figures at their first line.
fn unruled_over_two_pages(above: &str, below: &str) -> Vec<Page> {
    let (mut first, mut second) = (page(1), page(2));
    centred(&mut first, &[("自然人", 300.0), ("企业", 350.0), ("总计", 400.0)], 700.0);
    row(&mut first, "4.予以公开", &[("1", 300.0), ("0", 350.0), ("1", 400.0)], 720.0);
    row(&mut first, above, &[("2", 300.0), ("3", 350.0), ("5", 400.0)], 740.0);
    write(&mut second, below, 80.0, 80.0);
    row(&mut second, "6.属于过程", &[("0", 300.0), ("4", 350.0), ("4", 400.0)], 100.0);
    vec![first, second]
}

#[test]
fn a_label_without_rules_goes_on_after_a_page_break() {
    let rows = ["0:5.属于内部事务信息 | 1:2 | 2:3 | 3:5", "0:6.属于过程 | 1:0 | 2:4 | 3:4"];
    assert_eq!(shown(unruled_over_two_pages("5.属于内部", "事务信息"))[2..], rows);
    // The figures stand beside the middle of a label that is all below.
    let rows = ["0:（二）公开 | 1:2 | 2:3 | 3:5", "0:6.属于过程 | 1:0 | 2:4 | 3:4"];
    assert_eq!(shown(unruled_over_two_pages("", "（二）公开"))[2..], rows);
}

#[test]
fn letters_spaced_out_with_blanks_are_one_word() {
    let mut page = page(1);
    write(&mut page, "规　章", 80.0, 120.0);
    write(&mut page, "总　　计", 80.0, 140.0);
    write(&mut page, "（二）　其他", 80.0, 160.0);
    assert_eq!(shown(vec![page]), ["规章", "总计", "（二） 其他"]);
}

#[test]
fn a_line_of_a_label_that_ends_with_a_comma_is_no_sentence() {
    let mut page = page(1);
    centred(&mut page, &[("自然人", 300.0), ("企业", 350.0), ("总计", 400.0)], 100.0);
    row(&mut page, "予以公开", &[("1", 300.0), ("0", 350.0), ("1", 400.0)], 120.0);
    write(&mut page, "部分公开（区分处理的，", 80.0, 140.0);
    write(&mut page, "不计其他情形）", 80.0, 152.0);
    centred(&mut page, &[("2", 300.0), ("0", 350.0), ("2", 400.0)], 146.0);
    let shown = shown(vec![page]);
    assert_eq!(shown[2], "0:部分公开（区分处理的，不计其他情形） | 1:2 | 2:0 | 3:2");
}

#[test]
fn text_as_pale_as_a_tint_is_a_watermark() {
    let mut page = page(1);
    rule(&mut page, &[100.0, 200.0, 300.0], &[100.0, 140.0]);
    write(&mut page, "规章", 105.0, 114.0);
    write(&mut page, "12", 220.0, 114.0);
    let pale = Ink::of(192, 192, 192, 128);
    page.glyph("内", (232.0, 118.0), (40.0, 0.0), 40.0, pale);
    assert_eq!(shown(vec![page]), ["0:规章 | 1:12"]);
}

#[test]
fn cells_with_several_figures_each_have_no_rules_between_rows() {
    let mut page = page(1);
    rule(&mut page, &[70.0, 200.0, 300.0, 400.0, 500.0], &[100.0, 160.0]);
    centred(&mut page, &[("甲数", 250.0), ("乙数", 350.0), ("丙数", 450.0)], 114.0);
    row(&mut page, "规章", &[("1", 248.0), ("2", 348.0), ("3", 448.0)], 132.0);
    row(&mut page, "文件", &[("4", 248.0), ("5", 348.0), ("6", 448.0)], 150.0);
    assert_eq!(
        shown(vec![page]),
        ["1:甲数 | 2:乙数 | 3:丙数", "0:规章 | 1:1 | 2:2 | 3:3", "0:文件 | 1:4 | 2:5 | 3:6"]
    );
}

#[test]
fn a_label_begins_where_those_of_other_rows_do() {
    let mut page = page(1);
    let labels = ["属于甲类的申请", "属于乙类的申请", "属于丙类的申请", "属于丁类的申请"];
    for (number, label) in labels.iter().enumerate() {
        let y = 114.0 + 24.0 * f64::from(u32::try_from(number).unwrap());
        write(&mut page, label, 106.0, y);
        write(&mut page, "1", 300.0, y);
        write(&mut page, "2", 400.0, y);
    }
    write(&mut page, "不予公开", 60.0, 138.0);
    assert_eq!(
        shown(vec![page]),
        [
            "0+1:属于甲类的申请 | 2:1 | 3:2",
            "0:不予公开 | 1:属于乙类的申请 | 2:1 | 3:2",
            "0+1:属于丙类的申请 | 2:1 | 3:2",
            "0+1:属于丁类的申请 | 2:1 | 3:2"
        ]
    );
}

#[test]
fn a_line_that_may_be_the_rest_of_a_label_is_no_row_of_blanks() {
    let mut page = page(1);
    centred(&mut page, &[("甲数", 250.0), ("乙数", 350.0)], 90.0);
    row(&mut page, "第一类", &[("1", 248.0), ("2", 348.0)], 114.0);
    write(&mut page, "的全部文件在办", 95.0, 129.0);
    write(&mut page, "第二类", 80.0, 160.0);
    row(&mut page, "第三类", &[("3", 248.0), ("4", 348.0)], 190.0);
    assert_eq!(
        shown(vec![page]),
        [
            "1:甲数 | 2:乙数",
            "0:第一类 | 1:1 | 2:2",
            "0:的全部文件在办 | 1:□ | 2:□",
            "0:第二类 | 1: | 2:",
            "0:第三类 | 1:3 | 2:4"
        ]
    );
}

#[test]
fn a_header_right_above_the_first_label_is_no_part_of_it() {
    let mut page = page(1);
    write(&mut page, "内容", 115.0, 100.0);
    centred(&mut page, &[("甲数", 250.0), ("乙数", 350.0)], 100.0);
    row(&mut page, "第一类文件", &[("1", 248.0), ("2", 348.0)], 113.0);
    row(&mut page, "第二类文件", &[("3", 248.0), ("4", 348.0)], 133.0);
    assert_eq!(
        shown(vec![page]),
        ["0:内容 | 1:甲数 | 2:乙数", "0:第一类文件 | 1:1 | 2:2", "0:第二类文件 | 1:3 | 2:4"]
    );
}
