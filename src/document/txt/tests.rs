use proptest::prelude::*;

use super::super::{Block, Columns, Grid, Limits, Refusal};
use super::{read, section_number};

fn blocks(text: &str) -> Vec<Block> {
    read(text.as_bytes(), &Limits::default()).unwrap().blocks
}

fn paragraphs(text: &str) -> Vec<String> {
    blocks(text)
        .into_iter()
        .filter_map(|block| match block {
            Block::Paragraph(paragraph) => Some(paragraph.text),
            _ => None,
        })
        .collect()
}

fn grids(text: &str) -> Vec<Grid> {
    blocks(text)
        .into_iter()
        .filter_map(|block| match block {
            Block::Grid(grid) => Some(grid),
            _ => None,
        })
        .collect()
}

/// The rows of the only table, cells parted by `;`.
fn rows(text: &str) -> Vec<String> {
    let grids = grids(text);
    assert_eq!(grids.len(), 1, "{grids:?}");
    rows_of(&grids[0])
}

fn rows_of(grid: &Grid) -> Vec<String> {
    (0..grid.height())
        .map(|row| {
            let cells = grid.cells.iter().filter(|cell| cell.row == row);
            cells.map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(";")
        })
        .collect()
}

#[test]
fn a_cell_a_line_keeps_merged_blank_and_broken_cells() {
    let text = "三、收到和处理情况\n\t申请人情况\n\n\t\n\t商业 企业\n\t法律服\n务机构\n\n\t\n\t（二）部分公开\n\t0\n\t\n\t3\n\n四、其他\n";
    assert_eq!(rows(text), ["申请人情况", ";商业 企业;法律服\n务机构", ";（二）部分公开;0;;3"]);
    assert_eq!(paragraphs(text), ["三、收到和处理情况", "四、其他"]);
}

#[test]
fn a_figure_torn_off_its_row_by_an_empty_paragraph_comes_back() {
    let text = "\t第（九）项\n\n\t信息内容\n\t项目数量\n\t总金额\n\n\t集中采购\n\t电脑2台，柜1个。\n\n\t75680元\n\n\n三、情况\n";
    assert_eq!(rows(text)[2], "集中采购;电脑2台，柜1个。;75680元");
}

#[test]
fn a_sub_heading_after_a_row_stays_a_row() {
    let text =
        "\t内容\n\t甲\n\t乙\n\n\t收费\n\t0\n\t0\n\n\t第二十条第（九）项\n\n\t内容\n\t甲\n\t乙\n\n";
    assert_eq!(rows(text), ["内容;甲;乙", "收费;0;0", "第二十条第（九）项", "内容;甲;乙"]);
}

#[test]
fn cells_of_equal_rows_are_exact_columns() {
    let grid = &grids("\t指标\n\t单位\n\t数\n\n\t收到\n\t件\n\t3\n\n")[0];
    assert_eq!(grid.columns, Columns::Exact);
}

#[test]
fn a_table_without_its_last_empty_line_does_not_eat_the_next_section() {
    let text = "\t甲\n\t1\n\n\t乙\n\t2\n四、下一节\n正文。\n";
    assert_eq!(rows(text), ["甲;1", "乙;2"]);
    assert_eq!(paragraphs(text), ["四、下一节", "正文。"]);
}

#[test]
fn paragraphs_indented_by_a_tab_are_no_table() {
    let text = "\t全年主动公开信息120条。\n\t收到申请3件，均已办结。\n\n\t没有复议和诉讼。\n";
    assert_eq!(paragraphs(text).len(), 3);
    assert!(grids(text).is_empty());
}

#[test]
fn rows_of_tabs_keep_blanks_and_take_in_sub_headings() {
    let text = "二、公开情况\n第二十条第（一）顼\n内容\t甲\t乙\n规章\t0\t\n第二十条第（五）项\n内容\t丙\n许可\t583\n\n三、处理情况\n";
    assert_eq!(
        rows(text),
        [
            "第二十条第（一）顼",
            "内容;甲;乙",
            "规章;0;",
            "第二十条第（五）项",
            "内容;丙",
            "许可;583"
        ]
    );
    assert_eq!(paragraphs(text), ["二、公开情况", "三、处理情况"]);
    assert_eq!(grids(text)[0].columns, Columns::Ordinal);
}

#[test]
fn a_row_of_tabs_may_begin_with_an_empty_cell() {
    assert_eq!(rows("甲\t乙\t丙\n\t（一）\t0\n子\t\t2\n"), ["甲;乙;丙", ";（一）;0", "子;;2"]);
}

#[test]
fn the_next_section_directly_after_a_row_ends_the_table() {
    let text = "三、处理情况\n一、新收\t1\t1\n二、结转\t0\t0\n四、结转下年\t1\t1\n四、复议情况\n维持\t纠正\n0\t0\n";
    assert_eq!(paragraphs(text), ["三、处理情况", "四、复议情况"]);
    assert_eq!(grids(text).len(), 2);
}

#[test]
fn numbered_rows_without_figures_stay_in_the_table() {
    let text = "三、打算\n指标\t单位\t数\n一、公开情况\n甲\t条\t1\n二、解读情况\n乙\t次\t2\n三、申请情况\n丙\t件\t3\n四、收费情况\n丁\t件\t4\n";
    assert_eq!(grids(text).len(), 1);
    assert_eq!(grids(text)[0].height(), 9);
}

/// Writes rows as programs align them: each cell at its column's stop, or one blank after the
/// cell before if that went too far. Quotation marks are narrow.
fn aligned(stops: &[usize], rows: &[&[&str]]) -> String {
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, stop) in row.iter().zip(stops).filter(|(cell, _)| !cell.is_empty()) {
            let width = unicode_width::UnicodeWidthStr::width(line.as_str());
            let gap = if width < *stop { stop - width } else { usize::from(width > 0) };
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(cell);
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[test]
fn columns_of_blanks_put_a_pushed_row_and_a_gap_in_place() {
    let text = aligned(
        &[0, 20, 35, 50],
        &[
            &["内容", "上一年数量", "本年增/减", "处理数量"],
            &["行政许可", "4", "0", "22"],
            &["其他对外管理服务事项名", "2", "0", "4"],
            &["强制", "3", "", "4"],
        ],
    );
    assert_eq!(
        rows(&text),
        [
            "内容;上一年数量;本年增/减;处理数量",
            "行政许可;4;0;22",
            "其他对外管理服务事项名;2;0;4",
            "强制;3;;4"
        ]
    );
    assert_eq!(grids(&text)[0].columns, Columns::Exact);
}

#[test]
fn nested_labels_leave_leading_blanks_and_figures_stay_in_order() {
    let text = aligned(
        &[0, 11, 24, 50, 58, 66, 74],
        &[
            &[
                "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
                "",
                "",
                "申请人情况",
            ],
            &["", "", "", "自然人", "法人", "", "总计"],
            &["一、新收", "", "", "1", "2", "0", "3"],
            &["三、办理结果", "（一）予以公开", "", "1", "0", "0", "1"],
            &[
                "",
                "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
                "",
                "0",
                "0",
                "7",
                "7",
            ],
            &["", "（三）不予公开", "1.属于秘密", "0", "2", "0", "2"],
            &["", "", "2.其他", "0", "", "3", "3"],
            &["", "", "3.危及“三安全一稳定”", "0", "", "", "0"],
            &["四、结转", "", "", "0", "0", "0", "0"],
        ],
    );
    assert_eq!(
        rows(&text),
        [
            "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）;申请人情况",
            ";;;自然人;法人;;总计",
            "一、新收;1;2;0;3",
            "三、办理结果;（一）予以公开;1;0;0;1",
            ";（二）部分公开（区分处理的，只计这一情形，不计其他情形）;0;0;7;7",
            ";（三）不予公开;1.属于秘密;0;2;0;2",
            ";;2.其他;0;;3;3",
            ";;3.危及“三安全一稳定”;0;;;0",
            "四、结转;0;0;0;0"
        ]
    );
    assert_eq!(grids(&text)[0].columns, Columns::Ordinal);
}

#[test]
fn a_table_of_one_row_knows_its_blank_cells_by_the_headers() {
    let text = aligned(
        &[0, 10, 20, 30, 40],
        &[
            &["复议", "", "", "诉讼", ""],
            &["维持", "纠正", "总计", "维持", "总计"],
            &["1", "", "2", "0", ""],
        ],
    );
    assert_eq!(rows(&text), ["复议;;;诉讼", "维持;纠正;总计;维持;总计", "1;;2;0;"]);
}

#[test]
fn wide_quotation_marks_shift_no_row() {
    let text = "甲      1   2   3\n“乙”  4   5   6\n丙      7   8   9\n";
    assert_eq!(rows(text), ["甲;1;2;3", "“乙”;4;5;6", "丙;7;8;9"]);
}

#[test]
fn figures_set_to_the_right_share_a_column() {
    let text =
        "内容      甲     乙     丙\n许可    1000      5  12345\n处罚       7             6\n";
    assert_eq!(rows(text), ["内容;甲;乙;丙", "许可;1000;5;12345", "处罚;7;;6"]);
}

#[test]
fn a_row_without_figures_in_columns_of_blanks_has_empty_cells() {
    let text = "甲类      1    2\n部分公开\n乙类      3    4\n";
    assert_eq!(rows(text), ["甲类;1;2", "部分公开;;", "乙类;3;4"]);
}

#[test]
fn words_spread_by_blanks_are_one_cell() {
    let text = "结  果  维  持    总 计\n0                 0\n1                 1\n";
    assert_eq!(rows(text), ["结  果  维  持;总 计", "0;0", "1;1"]);
}

#[test]
fn wide_blanks_indent_a_label_and_do_not_part_it() {
    let text = aligned(
        &[0, 30, 38],
        &[
            &["统　计　指　标", "单位", "统计数"],
            &["　（一）主动公开信息数（不同渠道计1条）", "条", "190"],
            &["　　　其中：规范性文件", "条", "26"],
            &["　　　　制发总数", "件", "135"],
        ],
    );
    assert_eq!(
        rows(&text),
        [
            "统　计　指　标;单位;统计数",
            "　（一）主动公开信息数（不同渠道计1条）;条;190",
            "　　　其中：规范性文件;条;26",
            "　　　　制发总数;件;135"
        ]
    );
}

#[test]
fn a_text_among_figures_keeps_its_place() {
    let text = aligned(
        &[0, 20, 35],
        &[
            &["内容", "项目数量", "总金额"],
            &["许可", "1", "2"],
            &["收费", "3", "4"],
            &["采购", "文化站科普屏1套、电脑和打印机各2台", "75680元"],
        ],
    );
    assert_eq!(rows(&text)[3], "采购;文化站科普屏1套、电脑和打印机各2台;75680元");
}

#[test]
fn prose_with_blanks_around_its_figures_is_no_table() {
    let text = "一、公开 137 条，其中 99\n2019 年 1 月 1 日\n机构八大项内容，及三公 4\n条 93\n";
    assert!(grids(text).is_empty());
}

#[test]
fn bars_left_by_spans_are_no_cells_but_blanks_are() {
    let text = "| 第(一)项 | ||||\n| 内容 | 甲 | 乙 | |\n| 新收 | \u{a0} | \u{a0}0 | ||\n| 采购 | 1 | 5630元 | ||\n三、处理\n| \u{a0} | 0 | \n| 0 | 0 |\n";
    let grids = grids(text);
    assert_eq!(
        rows_of(&grids[0]),
        ["第(一)项", "内容;甲;乙", "新收;\u{a0};\u{a0}0", "采购;1;5630元"]
    );
    assert_eq!(rows_of(&grids[1]), ["\u{a0};0", "0;0"]);
    assert_eq!(paragraphs(text), ["三、处理"]);
}

#[test]
fn a_blank_last_cell_is_kept_where_no_span_left_bars() {
    let text = "| 甲 | 乙 | 计 |\n| 1 | 2 | |\n";
    assert_eq!(rows(text), ["甲;乙;计", "1;2;"]);
    assert_eq!(grids(text)[0].columns, Columns::Exact);
}

#[test]
fn rows_may_lack_outer_bars_or_end_in_one() {
    assert_eq!(rows("甲 | 乙\n1 | 2\n"), ["甲;乙", "1;2"]);
    assert_eq!(rows("甲 | 乙 |\n1 | 2 |\n"), ["甲;乙", "1;2"]);
}

#[test]
fn a_row_may_stand_on_several_lines() {
    let text = "二、公开\n| \n规章 \n| \n 0 \n| \n \n| \n 2 \n|\n\n|\n文件\n|\n3\n|\n4\n|\n5\n|\n三、处理\n|\n甲\n|\n乙\n|\n";
    let grids = grids(text);
    assert_eq!(rows_of(&grids[0]), ["规章;0;;2", "文件;3;4;5"]);
    assert_eq!(rows_of(&grids[1]), ["甲;乙"]);
    assert_eq!(paragraphs(text), ["二、公开", "三、处理"]);
}

#[test]
fn drawn_frames_are_bars() {
    assert_eq!(rows("┌──┬──┐\n│甲│ 1 │\n├──┼──┤\n│乙│ 2 │\n└──┴──┘\n"), ["甲;1", "乙;2"]);
}

#[test]
fn links_parted_by_bars_are_a_paragraph() {
    assert_eq!(paragraphs("正文。\n首页 | 新闻 | 公开\n正文。\n").len(), 3);
}

#[test]
fn lines_broken_by_a_page_are_joined_and_headings_are_not() {
    let long = "认真贯彻落实各项规定，主动公开相关内容，方便群众咨询，其中通";
    let text = format!(
        "某某市某某县某某镇人民政府二〇一九年度信息公开工作年度报告\n{long}\n过网站公开，{long}\n过公告栏公开。\n（一）加强组织领导，工作机制逐步健全完善，取得新的成效\n{long}\n\n\n\n\n过平台公开。\n七、工作中的政务舆情和社会各界重大关切事项回应\n\n情况\n\n六、其他需要报告的事项\n\n无\n"
    );
    let found = paragraphs(&text);
    assert_eq!(found[1], format!("{long}过网站公开，{long}过公告栏公开。"));
    assert_eq!(found[3], format!("{long}过平台公开。"));
    assert_eq!(found[4], "七、工作中的政务舆情和社会各界重大关切事项回应情况");
    assert_eq!(found[5..], ["六、其他需要报告的事项", "无"]);
}

#[test]
fn a_site_s_foot_is_dropped_but_not_a_table_above_it() {
    let text = "无\n\n 无障碍浏览\n长者模式\n\n  滇公网安备 53250402000118号\n";
    assert_eq!(paragraphs(text), ["无"]);
    assert_eq!(blocks("版权所有\n| 甲 | 1 |\n| 乙 | 2 |\n版权所有\n").len(), 2);
}

#[test]
fn page_data_and_old_line_ends_are_read() {
    assert_eq!(
        paragraphs("- 发布日期2020-02-11\r一、情况\r\n无\u{c}完\r"),
        ["- 发布日期2020-02-11", "一、情况", "无", "完"]
    );
}

#[test]
fn who_fills_in_the_table_stands_above_it() {
    for gap in ["\t", "          "] {
        let text = format!("填报单位：某镇{gap}单位：件\n指标{gap}数\n收到{gap}3\n办结{gap}2\n");
        assert_eq!(rows(&text), ["指标;数", "收到;3", "办结;2"]);
        assert!(paragraphs(&text)[0].starts_with("填报单位：某镇"));
    }
}

#[test]
fn chinese_section_numbers_are_counted() {
    assert_eq!(section_number("三、情况"), Some(3));
    assert_eq!(section_number(" 十四、其他"), Some(14));
    assert_eq!(section_number("二十 、其他"), Some(20));
    assert_eq!(section_number("一是加强"), None);
}

#[test]
fn too_many_lines_or_cells_are_refused() {
    let read = |text: String| read(text.as_bytes(), &Limits::default());
    assert!(matches!(read("\n".repeat(200_000)), Err(Refusal::TooLarge(_))));
    assert!(matches!(read("a\tb\n".repeat(20_000)), Err(Refusal::TooLarge(_))));
    assert!(matches!(read("a\t".repeat(300) + "\na\tb\n"), Err(Refusal::TooLarge(_))));
    assert!(matches!(read("x".repeat(9 << 20)), Err(Refusal::TooLarge(_))));
}

/// All characters that are not white space, bars or dashes.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"|-\u{feff}".contains(*c)).collect()
}

proptest! {
    #[test]
    fn any_bytes_give_a_document_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let limits = Limits::default();
        if let Ok(document) = read(&bytes, &limits) {
            prop_assert!(document.blocks.len() <= limits.blocks);
        }
    }

    #[test]
    fn no_character_of_a_text_is_lost(text in "([甲乙三、。0-9a \u{3000}\u{a0}\t|\n-]{0,12}\n){1,40}") {
        let found: String = blocks(&text).iter().map(|block| match block {
            Block::Paragraph(paragraph) => paragraph.text.clone(),
            Block::Grid(grid) => grid.cells.iter().map(|cell| cell.text.as_str()).collect(),
            Block::Picture { .. } => String::new(),
        }).collect();
        prop_assert_eq!(ink(&found), ink(&text));
    }
}

#[test]
fn one_cell_a_line_without_any_mark_is_a_table_and_wider_gaps_are_empty_cells() {
    let cells = [
        "信息内容",
        "本年制发件数",
        "现行有效件数",
        "规章",
        "0",
        "1",
        "规范性文件",
        "2",
        "3",
        "处罚",
        "7",
        "8",
        "许可",
        "",
        "4",
    ];
    let tight = cells.join("\n");
    let rows = [
        "0:信息内容",
        "0:本年制发件数",
        "0:现行有效件数",
        "0:规章 | 1:0 | 2:1",
        "0:规范性文件 | 1:2 | 2:3",
        "0:处罚 | 1:7 | 2:8",
        "0:许可 | 1: | 2:4",
    ];
    for text in [tight, cells.join("\n\n")] {
        let text = format!("情况如下，请见下表。\n{text}\n以上数据截至年底。\n");
        let limits = Limits::default();
        let blocks = read(text.as_bytes(), &limits).unwrap().blocks;
        let [_, Block::Grid(grid), _] = blocks.as_slice() else { panic!("{blocks:?}") };
        let shown = |row: &[crate::document::GridCell]| {
            row.iter().map(|c| format!("{}:{}", c.column, c.text)).collect::<Vec<_>>().join(" | ")
        };
        let found: Vec<String> = grid.cells.chunk_by(|a, b| a.row == b.row).map(shown).collect();
        assert_eq!(found, rows, "{text}");
    }
}

#[test]
fn short_lines_without_figures_and_figures_without_labels_are_no_table() {
    for text in ["目录\n总体情况\n主动公开\n依申请公开\n", "1\n2\n3\n4\n5\n6\n7\n8\n"]
    {
        let blocks = read(text.as_bytes(), &Limits::default()).unwrap().blocks;
        assert!(!blocks.iter().any(|b| matches!(b, Block::Grid(_))), "{text}");
    }
}

#[test]
fn one_cell_a_line_numbers_of_rows_and_blanks_after_the_last_figure_are_told_from_values() {
    let rows: Vec<String> = (1..=9).map(|n| format!("{n}\n规章{n}类\n\n{}", n + 20)).collect();
    let text = format!("序号\n指标\n{}\n\n\n以上数据截至年底。\n", rows.join("\n"));
    let grid = &grids(&text)[0];
    let row = |n: usize| -> Vec<&str> {
        grid.cells.iter().filter(|c| c.row == n).map(|c| c.text.as_str()).collect()
    };
    assert_eq!(row(5), ["4", "规章4类", "", "24"]);
    assert_eq!(row(10), ["9", "规章9类", "", "29", "", ""]);
    assert_eq!(grid.columns, Columns::Ordinal);
    let without_blanks = text.replace("\n\n", "\n");
    assert_eq!(grids(&without_blanks)[0].columns, Columns::Filled);
}

#[test]
fn a_row_of_tabs_alone_is_a_blank_row_of_its_table() {
    let text = "维持\t纠正\t其他\t总计\n\t\t\t\n";
    assert_eq!(grids(text)[0].height(), 2);
}

#[test]
fn rows_parted_by_commas_are_rows_of_cells_and_figures_with_commas_are_none() {
    let row = |n: usize| format!("规章{n}类,\"{n},{n}\",,{n}");
    let rows: Vec<String> = (1..=5).map(row).collect();
    let text = format!("\"一、情况\n如下\",,,\n指标,甲,乙,丙\n{}\n", rows.join("\n"));
    let grid = &grids(&text)[0];
    let shown: Vec<&str> =
        grid.cells.iter().filter(|c| c.row == 1).map(|c| c.text.as_str()).collect();
    assert_eq!(shown, ["规章1类", "1,1", "", "1"]);
    assert_eq!(paragraphs(&text), ["一、情况\n如下"]);

    let aligned = "规章    1,234   2,345\n许可    1,111   2,222\n".repeat(3);
    assert_eq!(grids(&aligned)[0].width(), 3);
    let stacked: Vec<String> = (1..=6).map(|n| format!("规章{n}类\n1,23{n}\n2,34{n}\n")).collect();
    assert_eq!(grids(&stacked.concat())[0].width(), 3);
}

#[test]
fn totals_that_count_up_number_no_rows() {
    let text: String = (1..=9).map(|n| format!("规章{n}类\n0\n{n}\n")).collect();
    let grid = &grids(&text)[0];
    assert!(grid.cells.iter().filter(|c| c.column == 2).count() == 9, "{grid:?}");
    let one_each: String = (1..=9).map(|n| format!("规章{n}类\n{n}\n")).collect();
    assert_eq!(grids(&one_each)[0].width(), 2);
}

#[test]
fn bars_only_between_cells_part_rows_of_one_line() {
    let text = "指标 | 甲 | 乙\n规章 | 1 | 2\n | 许可 | 3\n | 处罚 | 4\n";
    assert_eq!(grids(text)[0].height(), 4);
}

#[test]
fn wide_commas_part_cells_too_but_not_in_brackets() {
    let rows: String =
        (1..=5).map(|n| format!("规章{n}类（只计一次，不重复），件，{n}\n")).collect();
    let grid = &grids(&format!("指标，单位，统计数\n{rows}"))[0];
    let shown: Vec<&str> =
        grid.cells.iter().filter(|c| c.row == 1).map(|c| c.text.as_str()).collect();
    assert_eq!(shown, ["规章1类（只计一次，不重复）", "件", "1"]);
}

#[test]
fn one_wide_blank_beside_a_figure_parts_cells() {
    let text = "事　项　甲数　乙数\n规章　１２　3\n行政许可　0　4\n";
    let grid = &grids(text)[0];
    let row = |row: usize| -> Vec<&str> {
        grid.cells.iter().filter(|c| c.row == row).map(|c| c.text.as_str()).collect()
    };
    assert_eq!(row(grid.cells.iter().map(|c| c.row).max().unwrap()), ["行政许可", "0", "4"]);
    assert!(grid.cells.iter().any(|cell| cell.text == "１２"));
}

#[test]
fn a_label_and_a_unit_without_a_figure_are_a_row_with_a_blank() {
    let text = "统计指标      单位   统计数\n公报公开数    条     3\n网站公开数    条\n其他公开数    条     5\n";
    let grid = &grids(text)[0];
    let row: Vec<&str> =
        grid.cells.iter().filter(|c| c.row == 2).map(|c| c.text.as_str()).collect();
    assert_eq!(row, ["网站公开数", "条", ""]);
}
