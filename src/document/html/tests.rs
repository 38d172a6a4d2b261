use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::{Block, Grid, Limits, Refusal};
use super::{read, read_text};

fn blocks(html: &str) -> Vec<Block> {
    read_text(html, &Limits::default()).unwrap().blocks
}

/// Paragraphs as they are, tables as rows of `text@column×span`, pictures as `[picture]`.
fn shown(html: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks(html) {
        match block {
            Block::Paragraph(paragraph) => lines.push(paragraph.text),
            Block::Grid(grid) => lines.extend(rows(&grid)),
            Block::Picture { .. } => lines.push("[picture]".into()),
        }
    }
    lines
}

fn rows(grid: &Grid) -> Vec<String> {
    (0..grid.height())
        .map(|row| {
            let cells = grid.cells.iter().filter(|cell| cell.row == row);
            let cell = |c: &super::super::GridCell| match (c.row_span, c.column_span) {
                (1, 1) => format!("{}@{}", c.text, c.column),
                (rows, columns) => format!("{}@{}:{rows}x{columns}", c.text, c.column),
            };
            cells.map(cell).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn spans_take_their_places() {
    let html = "<table><tr><td rowspan=2 colspan=2>角注<td colspan='3'>情况<tr><td>甲<td>乙<td>丙<tr><td>一<td>二<td>1<td>2<td>3</table>";
    assert_eq!(shown(html), ["角注@0:2x2 情况@2:1x3", "甲@2 乙@3 丙@4", "一@0 二@1 1@2 2@3 3@4"]);
}

#[test]
fn odd_spans_are_read_as_browsers_do() {
    let html = "<table><tr><td colspan=0>a<td colspan=x>b<td colspan='2.7'>c<td rowspan=0>d<tr><td>e<td>f<tr><td>g</table>";
    assert_eq!(shown(html), ["a@0 b@1 c@2:1x2 d@4:3x1", "e@0 f@1", "g@0"]);
}

#[test]
fn a_span_never_covers_a_cell() {
    let html = "<table><tr><td>a<td rowspan=2>b<td>c<tr><td colspan=3>d<td>e</table>";
    assert_eq!(shown(html), ["a@0 b@1:2x1 c@2", "d@0 e@2"]);
}

#[test]
fn hidden_struck_and_scripted_text_is_left_out() {
    let html = "<head><title>题</title><style>p{}</style></head><p>甲<span style='display: none'>乙</span><script>丙</script><!-- 丁 --><del>戊</del><s>己</s><input value=庚><noscript>辛</noscript><span hidden>壬</span><span style='mso-hide:all'>癸</span><o:p>子</o:p><!--[if gte mso 9]><xml>丑</xml><![endif]--><button>打印</button>";
    assert_eq!(shown(html), ["甲子"]);
}

#[test]
fn style_sheets_hide_and_raise_as_browsers_take_them() {
    let page = |sheet: &str, cell: &str| {
        let html = format!(
            "<style>{sheet}</style><table><tr><td>甲<td>1<tr class=gone><td>乙<td>2<tr><td>丙<td>{cell}</table>"
        );
        shown(&html).join(" ")
    };
    assert_eq!(
        page("<!-- /* .x{} */ tr.gone {color:red;DISPLAY:None} -->", "3"),
        "甲@0 1@1 丙@0 3@1"
    );
    for sheet in [
        ".gone{display:none} table tr.gone{display:table-row}",
        ".gone{display:none} .gone{display:block!important}",
        ".gone:hover{display:none}",
        "div .gone{display:none}",
        "table > .gone{display:none}",
        "@media print{.gone{display:none}} @page{size:A4}",
        "table{display:none}",
    ] {
        assert_eq!(page(sheet, "3"), "甲@0 1@1 乙@0 2@1 丙@0 3@1", "{sheet}");
    }
    let sheet = "@import url(a); @media screen{table tbody > tr.gone{visibility:collapse}}
        span.MsoFootnoteReference{vertical-align:super} .d, #e{mso-hide:all} .s{text-decoration:underline line-through}";
    let cell = "5<span class=MsoFootnoteReference>1</span><b class='a d'>9</b><i id=e>8</i><u class=s>7</u><i class=d style='mso-hide:none'>6</i>";
    assert_eq!(page(sheet, cell), "甲@0 1@1 丙@0 56@1");
}

#[test]
fn text_that_cannot_be_seen_is_not_glued_to_a_figure() {
    let cell = |inner: &str| shown(&format!("<table><tr><td>甲<td>{inner}<td>7</table>")).join(" ");
    for hidden in [
        "<i style='font-size:0'>9</i>",
        "<i style='font:0/0 a'><b>9</b></i>",
        "<i style='color:transparent'>9</i>",
        "<i style='color:rgba(0, 0, 0, 0)'>9</i>",
        "<i style='opacity:0.0'>9</i>",
        "<i style='color: #FFF !important'><b>9</b></i>",
        "<font color=white>9</font>",
        "<i style='position:absolute;left:-9999px;top:0'>9</i>",
        "<i style='position:absolute;clip:rect(1px,1px,1px,1px)'>9</i>",
        "<b style='position:absolute;width:1px;overflow:hidden'>9</b>",
        "<p style='text-indent:-999em'>9</p>",
        "<div style='height:0;overflow:hidden'>9</div>",
        "<i style='display:inline-block;width:0;overflow:hidden'>9</i>",
        "<i style='transform:scale(0)'>9</i>",
        "<i style='display:block;display:none'>9</i>",
        "<style>.z{font-size:0}</style><i class=z>9</i>",
    ] {
        assert_eq!(cell(&format!("1{hidden}")), "甲@0 1@1 7@2", "{hidden}");
    }
    for seen in [
        "<i style='font-size:0'><b style='font-size:12px'>9</b></i>",
        "<i style='font-size:.14rem;opacity:.9;color:#000000ff;left:-9999px'>9</i>",
        "<i style='font:700 12px/0 a;clip:rect(0,0,0,0);text-indent:-24pt'>9</i>",
        "<i style='color:transparent;background-clip:text'>9</i>",
        "<i style='background:#c00'><b style='color:#fff'>9</b></i>",
        "<i style='color:white'><b style='color:red'>9</b></i>",
    ] {
        assert_eq!(cell(&format!("1{seen}")), "甲@0 19@1 7@2", "{seen}");
    }
    let table = "<div style='font-size:0'><table><tr><td>甲<td>1<tr><td>乙<td>2</table></div>";
    assert_eq!(shown(table), ["甲@0 1@1", "乙@0 2@1"]);
}

#[test]
fn a_cell_whose_text_is_hidden_or_struck_keeps_its_place() {
    let row = "<td style='visibility:hidden'>8<td style='text-decoration:line-through'>9<td>1\
               <td style='display:none'>7<td>2";
    assert_eq!(shown(&format!("<table><tr><td>甲{row}</table>")), ["甲@0 @1 @2 1@3 2@4"]);
}

#[test]
fn a_page_of_rules_without_end_is_refused_in_time() {
    let sheet = ".a .a .a .a .a .a .a .b{display:none}".repeat(900);
    let depth = 200;
    let html = format!(
        "<style>{sheet}</style>{}{}{}",
        "<div class='a b'>".repeat(depth),
        "<i class='a b'>1</i>".repeat(2_000),
        "</div>".repeat(depth)
    );
    let start = Instant::now();
    assert!(matches!(read_text(&html, &Limits::default()), Err(Refusal::TooLarge(_))));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_cell_shows_what_stands_in_its_field() {
    let html = "<table><tr><td>甲<td><input value=3 size=4><td><input type=TEXT value=''><td><input type=hidden value=9>4<td><input type=checkbox value=9>5
<tr><td>乙<td><select><option>9<option selected>6</select><td><textarea>7</textarea><td><input style='display:none' value=9>8<td><input></table>";
    assert_eq!(shown(html), ["甲@0 3@1 @2 4@3 5@4", "乙@0 6@1 7@2 8@3 □@4"]);
    let Some(Block::Grid(grid)) = blocks(html).pop() else { panic!("no table") };
    assert_eq!(grid.cells.iter().filter(|cell| cell.doubtful).count(), 1);
}

#[test]
fn a_note_mark_is_not_glued_to_a_figure() {
    let html = "<table><tr><td>收到<sup>注</sup><td>10<sup>2</sup><td>7<span style='vertical-align: super'>①</span></table>";
    assert_eq!(shown(html), ["收到注@0 10@1 7@2"]);
    let html = "<table><tr><td>甲<td>1<a href='#_ftn1'>[1]</a><td>2<a href='#'>3</a><td>4<sub>5</sub></table>";
    assert_eq!(shown(html), ["甲@0 1@1 23@2 4₅@3"]);
}

#[test]
fn a_cell_that_shows_something_else_than_text_is_no_blank() {
    let html =
        "<table><tr><td>甲<td><img src=a.png><td><svg></svg><td><script>document.write(3)</script>
<td><img src=b.gif width=1><td><img style='display:none' src=a.png></table>";
    assert_eq!(shown(html), ["甲@0 □@1 □@2 □@3 @4 @5"]);
}

#[test]
fn breaks_and_blocks_inside_a_cell_are_line_breaks() {
    let html =
        "<table><tr><td>本年新<br/>制作数量<td><p>一</p>\n <p>二</p><td>&nbsp;<td> 0\n </table>";
    assert_eq!(shown(html), ["本年新\n制作数量@0 一\n二@1 \u{a0}@2 0@3"]);
}

#[test]
fn white_space_folds_and_a_source_line_end_parts_no_chinese_word() {
    assert_eq!(shown("<p>政府\n  信息 公开\tin\n2019</p>"), ["政府信息 公开 in 2019"]);
}

#[test]
fn a_layout_table_gives_paragraphs_and_the_table_inside() {
    let html = "<table><tr><td>门户网站<tr><td><table><tr><td>· 概况<tr><td>· 指南</table><td><p>正文。</p><table><tr><td>甲<td>1<tr><td>乙<td>2</table>落款</table>";
    assert_eq!(
        shown(html),
        ["门户网站", "· 概况", "· 指南", "正文。", "甲@0 1@1", "乙@0 2@1", "落款"]
    );
}

#[test]
fn a_table_of_data_with_a_table_inside_stays_a_table() {
    let html = "<table><tr><td>甲<td>1<tr><td>乙<td>2<tr><td>丙<td>3<tr><td>丁<td><table><tr><td>4<td>5</table></table>";
    assert_eq!(shown(html), ["甲@0 1@1", "乙@0 2@1", "丙@0 3@1", "丁@0 4\n5@1", "4@0 5@1"]);
}

#[test]
fn head_and_foot_of_a_table_stand_where_they_are_shown() {
    let html = "<table><tfoot><tr><td>总计<td>3</tfoot><tr><td>甲<td>3<thead><tr><th>项<th>数</thead></table>";
    assert_eq!(shown(html), ["项@0 数@1", "甲@0 3@1", "总计@0 3@1"]);
}

#[test]
fn chinese_in_angle_brackets_is_text() {
    assert_eq!(
        shown("<p>按照<中华人民共和国信访工作年度报告格式>编制</p>"),
        ["按照<中华人民共和国信访工作年度报告格式>编制"]
    );
}

#[test]
fn a_portal_page_is_cut_down_to_the_article() {
    let html = "<title>某镇2022年度报告全文-某县门户</title><div class=header><a href=/>某县门户</a></div><ul><li><a href=1>新闻</a><li><a href=2>公开</a><li><a href=3>服务</a></ul><div>简体</div><div>当前位置：<a href=/>首页</a> &gt; 正文</div><ul class=xxgk-head><li><b>发布日期</b>2023-01-25</ul><h1>某镇2022年度报告全文</h1><p>一、情况</p><p>无</p><div class='related links'><a href=1>2021年报告</a></div><p>【关闭窗口】</p><footer>主办：某县 ICP备1号</footer>";
    assert_eq!(shown(html), ["发布日期2023-01-25", "某镇2022年度报告全文", "一、情况", "无"]);
}

#[test]
fn a_title_is_kept_whatever_its_place_is_called() {
    let html = "<title>某镇2022年度报告全文-门户</title><div class=art-header><p>某镇2022年度报告全文</p></div><p>文</p>";
    assert_eq!(shown(html), ["某镇2022年度报告全文", "文"]);
}

#[test]
fn a_table_is_kept_whatever_stands_around_it_is_called() {
    let html =
        "<div class=nav><table><tr><td>甲<td>1</table></div><div id=footer>一。二。三。四。</div>";
    assert_eq!(shown(html), ["甲@0 1@1", "一。二。三。四。"]);
}

#[test]
fn the_pages_own_data_become_lines_and_meta() {
    let html = "<table><tr><td>索引号：<td>011/2023<td>发布机构：<td>某局<tr><td>文号：<td><td>发布日期：<td>2023-01-24</table>";
    let document = read_text(html, &Limits::default()).unwrap();
    assert_eq!(
        shown(html),
        ["索引号：011/2023", "发布机构：某局", "文号：", "发布日期：2023-01-24"]
    );
    assert_eq!(document.meta.publisher.as_deref(), Some("某局"));
    assert_eq!(document.meta.published.as_deref(), Some("2023-01-24"));
}

#[test]
fn meta_tags_tell_title_publisher_and_date() {
    let html = "<head><META NAME=ArticleTitle content=报告><meta name=PubDate content='2023-01-24 09:47'><meta name=ContentSource content=某局><title>报告-门户</title></head><p>文</p><meta name=pubdate content=2024>";
    let meta = read_text(html, &Limits::default()).unwrap().meta;
    assert_eq!(meta.title.as_deref(), Some("报告"));
    assert_eq!(meta.publisher.as_deref(), Some("某局"));
    assert_eq!(meta.published.as_deref(), Some("2023-01-24 09:47"));
}

#[test]
fn pictures_count_and_ornaments_do_not() {
    assert_eq!(
        shown("<p>三、情况</p><img src=t.png><img src=i.gif width=16 height='16'>"),
        ["三、情况", "[picture]"]
    );
}

#[test]
fn preformatted_text_is_read_as_text() {
    assert_eq!(shown("<pre>情况\n甲\t1\n乙\t2\n</pre>"), ["情况", "甲@0 1@1", "乙@0 2@1"]);
}

#[test]
fn unclosed_cells_of_old_pages_are_closed() {
    assert_eq!(shown("<TABLE><TR><TD>甲<TD>1<TR><TD>乙<TD>2</TABLE>"), ["甲@0 1@1", "乙@0 2@1"]);
}

#[test]
fn a_declared_gbk_page_is_decoded() {
    let page = "<html><meta http-equiv='Content-Type' content='text/html; charset=gb2312'><p>䶮镇，收到3件。</p></html>";
    let (bytes, _, _) = encoding_rs::GB18030.encode(page);
    let Block::Paragraph(paragraph) = &read(&bytes, &Limits::default()).unwrap().blocks[0] else {
        panic!()
    };
    assert_eq!(paragraph.text, "䶮镇，收到3件。");
}

#[test]
fn hostile_pages_are_refused_in_little_time() {
    let fonts: String = (0..300).map(|size| format!("<font size={size}>")).collect();
    let wide = format!("<tr>{}", "<td rowspan=65534 colspan=65534>x".repeat(30));
    for page in [
        "<div>".repeat(100_000),
        "<table>".repeat(100_000),
        "<table><tr><td>".repeat(33),
        format!("<a {}>", "x=1 ".repeat(200_000)),
        format!("{fonts}{}", "<p>".repeat(100_000)),
        format!("<table>{}</table>", wide.repeat(100)),
        "<b>".repeat(1_000),
    ] {
        let start = Instant::now();
        assert!(
            matches!(read(page.as_bytes(), &Limits::default()), Err(Refusal::TooLarge(_))),
            "{page:.60}"
        );
        assert!(start.elapsed() < Duration::from_secs(20), "{page:.60}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_document_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(document) = read(&bytes, &Limits::default()) {
            prop_assert!(document.blocks.len() <= Limits::default().blocks);
        }
    }

    #[test]
    fn no_two_cells_cover_one_place(html in "<table>(<(tr|td|td rowspan=[0-4]|td colspan=[0-4]|td rowspan=3 colspan=2|table|/table|b|/b|p)>(甲|1| )?){0,60}") {
        for block in blocks(&html) {
            let Block::Grid(grid) = block else { continue };
            let mut taken = std::collections::BTreeSet::new();
            for cell in &grid.cells {
                for row in cell.row..cell.row + cell.row_span {
                    for column in cell.column..cell.column + cell.column_span {
                        prop_assert!(taken.insert((row, column)), "{grid:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_page_without_its_end_is_incomplete_and_a_piece_of_a_page_is_none() {
    let cut = b"<html><body><p>one</p><table><tr><td>1";
    assert!(matches!(super::read(cut, &Limits::default()), Err(Refusal::Incomplete(_))));
    let piece = b"<p>one</p><table><tr><td>1</td></tr></table>";
    assert!(super::read(piece, &Limits::default()).is_ok());
    let closed = b"<BODY><p>one</BODY>";
    assert!(super::read(closed, &Limits::default()).is_ok());
}

/// Each would take a step, or a place on the stack, for each other.
#[test]
fn sheets_that_repeat_or_nest_without_measure_are_read_at_once() {
    let selectors = vec!["p"; 10_000].join(",");
    let repeated = format!("{selectors}{{{}}}", "display:none;".repeat(10_000));
    let nested = format!("{}p{{}}", "@media screen{".repeat(50_000));
    for sheet in [repeated, nested] {
        let page = format!("<style>{sheet}</style><table><tr><td>规章<td>1</table>");
        assert!(read(page.as_bytes(), &Limits::default()).is_ok());
    }
}
