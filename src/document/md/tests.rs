use proptest::prelude::*;

use super::super::{Block, Columns, Limits};
use super::read;

fn blocks(text: &str) -> Vec<Block> {
    read(text.as_bytes(), &Limits::default()).unwrap().blocks
}

/// Paragraphs as they are, tables row by row with cells parted by `;`.
fn shown(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks(text) {
        match block {
            Block::Paragraph(paragraph) => lines.push(paragraph.text),
            Block::Grid(grid) => lines.extend((0..grid.height()).map(|row| {
                let cells = grid.cells.iter().filter(|cell| cell.row == row);
                cells.map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(";")
            })),
            Block::Picture { .. } => lines.push("[picture]".into()),
        }
    }
    lines
}

#[test]
fn headings_quotes_and_items_lose_their_marks() {
    let text =
        "# 某镇\n## 2022年度报告 ##\n\n> 一、情况\n\n- 公开\n* 申请\n1. 复议\n\n---\n第#号\n";
    assert_eq!(
        shown(text),
        ["某镇", "2022年度报告", "一、情况", "公开", "申请", "1. 复议", "第#号"]
    );
}

#[test]
fn a_table_loses_its_rule_and_keeps_blank_cells() {
    let text = "| 甲 |  | 计 |\n| --- | :-: | ---: |\n| 一 | **0** |  |\n| 二 | `3` | \\*4 |\n";
    assert_eq!(shown(text), ["甲;;计", "一;0;", "二;3;*4"]);
    assert!(matches!(&blocks(text)[0], Block::Grid(grid) if grid.columns == Columns::Exact));
}

#[test]
fn a_cell_may_hold_a_bar_a_break_and_an_entity() {
    let text = "| 甲 | 数 |\n|---|---|\n| a\\|b | 1<br>2 |\n| &nbsp;c | ~~12~~ 15 |\n";
    assert_eq!(shown(text), ["甲;数", "a|b;1\n2", "\u{a0}c;15"]);
}

#[test]
fn cells_beyond_the_header_are_not_dropped() {
    assert_eq!(shown("| 甲 | 乙 |\n|---|---|\n| 1 | 2 | 3 |\n"), ["甲;乙", "1;2;3"]);
}

#[test]
fn html_tables_keep_their_spans() {
    let text = "前\n<table>\n<tr><td colspan=2>甲</td></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>\n后\n";
    assert_eq!(shown(text), ["前", "甲", "1;2", "后"]);
    assert!(matches!(&blocks(text)[1], Block::Grid(grid) if grid.cells[0].column_span == 2));
}

#[test]
fn emphasis_links_and_pictures_are_taken_off() {
    let text =
        "全年收到**3**件，*均*已办结，见[附件](a.docx)。2*3=6\n\n![图1](t.png)\n\n下划_线_不动\n";
    assert_eq!(shown(text), ["全年收到3件，均已办结，见附件。2*3=6", "[picture]", "下划_线_不动"]);
}

#[test]
fn an_indented_paragraph_is_no_code_and_chinese_brackets_are_no_tag() {
    assert_eq!(
        shown("    按照<报告格式>编制。\n```\n正文\n```\n"),
        ["按照<报告格式>编制。", "正文"]
    );
}

proptest! {
    #[test]
    fn any_bytes_give_a_document_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(document) = read(&bytes, &Limits::default()) {
            prop_assert!(document.blocks.len() <= Limits::default().blocks);
        }
    }
}
