//! Small documents made by hand, one for each trap of the format.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::document::{Block, Grid};

const TYPES: &str = r#"<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const ROOT: &str = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const OWN: &str = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>"#;

fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn document(body: &str) -> String {
    format!(r#"<w:document xmlns:w="w"><w:body>{body}<w:sectPr/></w:body></w:document>"#)
}

fn docx(body: &str, styles: &str, numbering: &str) -> Vec<u8> {
    zipped(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("word/_rels/document.xml.rels", OWN),
        ("word/document.xml", &document(body)),
        ("word/styles.xml", &format!("<w:styles>{styles}</w:styles>")),
        ("word/numbering.xml", &format!("<w:numbering>{numbering}</w:numbering>")),
    ])
}

fn try_read(body: &str) -> Result<Vec<Block>, Refusal> {
    read(&docx(body, "", ""), &Limits::default()).map(|document| document.blocks)
}

fn blocks(body: &str) -> Vec<Block> {
    try_read(body).unwrap()
}

/// Blocks as lines: a paragraph's text, `[table]` drawn row by row, `<picture>`.
fn shown(blocks: &[Block]) -> Vec<String> {
    blocks
        .iter()
        .map(|block| match block {
            Block::Paragraph(paragraph) => paragraph.text.clone(),
            Block::Grid(grid) => format!("[{}]", drawn(grid)),
            Block::Picture { .. } => "<picture>".into(),
        })
        .collect()
}

/// `row.column+rowspan×columnspan=text`, spans of one left out.
fn drawn(grid: &Grid) -> String {
    let cells = grid.cells.iter().map(|c| {
        let spans = match (c.row_span, c.column_span) {
            (1, 1) => String::new(),
            (rows, columns) => format!("+{rows}×{columns}"),
        };
        format!("{}.{}{spans}={}", c.row, c.column, c.text)
    });
    cells.collect::<Vec<_>>().join(" ")
}

fn lines(body: &str) -> Vec<String> {
    shown(&blocks(body))
}

/// The lines of a document with styles and numbering.
fn lines_with(body: &str, styles: &str, numbering: &str) -> Vec<String> {
    shown(&read(&docx(body, styles, numbering), &Limits::default()).unwrap().blocks)
}

fn p(runs: &str) -> String {
    format!("<w:p>{runs}</w:p>")
}

fn r(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

/// A run with properties.
fn rp(properties: &str, text: &str) -> String {
    format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>")
}

fn tc(properties: &str, text: &str) -> String {
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>", p(&r(text)))
}

fn tr(cells: &str) -> String {
    format!("<w:tr>{cells}</w:tr>")
}

fn tbl(rows: &str) -> String {
    format!("<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>")
}

/// A table of one row of plain cells.
fn row_of(texts: &[&str]) -> String {
    tbl(&tr(&texts.iter().map(|text| tc("", text)).collect::<String>()))
}

// Text

#[test]
fn a_number_split_over_runs_is_one_number() {
    let runs = format!("{}<w:bookmarkStart/>{}<w:proofErr/>{}", r("1"), r("2"), r("3&amp;4"));
    assert_eq!(lines(&p(&runs)), ["123&4"]);
}

#[test]
fn tabs_breaks_and_hyphens_are_characters() {
    let run = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:cr/><w:t>d</w:t>\
               <w:noBreakHyphen/><w:t>e</w:t><w:softHyphen/><w:t>f</w:t><w:ptab/><w:t>g</w:t></w:r>";
    assert_eq!(lines(&p(run)), ["a\tb\nc\nd-ef\tg"]);
}

#[test]
fn white_space_counts_only_where_it_is_preserved() {
    let run = "<w:r><w:t> 1 </w:t><w:t xml:space=\"preserve\"> 2 </w:t></w:r>";
    assert_eq!(lines(&p(run)), ["1 2 "]);
}

#[test]
fn symbols_are_digits_in_fonts_of_letters_only() {
    let sym = |font: &str, code: &str| format!(r#"<w:sym w:font="{font}" w:char="{code}"/>"#);
    let run = |symbols: &[(&str, &str)]| {
        let symbols: String = symbols.iter().map(|(font, code)| sym(font, code)).collect();
        lines(&p(&format!("<w:r>{symbols}</w:r>")))
    };
    assert_eq!(run(&[("Wingdings", "F0FE"), ("Wingdings 2", "0031")]), ["\u{F0FE}\u{F031}"]);
    assert_eq!(run(&[("宋体", "0031"), ("Symbol", "F032"), ("宋体", "FF13")]), ["12３"]);
    assert_eq!(run(&[("Symbol", "0061")]), ["\u{F061}"]);
}

/// A field; `data` stands in its first mark.
fn field(data: &str, instruction: &str, result: &str) -> String {
    let mark = |kind: &str, data: &str| {
        format!(r#"<w:r><w:fldChar w:fldCharType="{kind}">{data}</w:fldChar></w:r>"#)
    };
    let instruction = format!("<w:r><w:instrText> {instruction} </w:instrText></w:r>");
    [mark("begin", data), instruction, mark("separate", ""), result.into(), mark("end", "")]
        .concat()
}

#[test]
fn a_list_shows_the_entry_chosen() {
    let list = |choice: &str| {
        let entries = ["3", "5"].map(|e| format!(r#"<w:listEntry w:val="{e}"/>"#)).concat();
        let data = format!("<w:ffData><w:ddList>{choice}{entries}</w:ddList></w:ffData>");
        lines(&p(&field(&data, "FORMDROPDOWN", "")))
    };
    assert_eq!(list(r#"<w:result w:val="1"/>"#), ["5"]);
    assert_eq!(list(r#"<w:default w:val="1"/>"#), ["5"]);
    assert_eq!(list(""), ["3"]);
}

#[test]
fn a_field_without_its_result_is_no_blank() {
    let cell = |runs: &str| {
        let table = tbl(&tr(&format!("{}<w:tc>{}</w:tc>", tc("", "甲"), p(runs))));
        let Some(Block::Grid(grid)) = blocks(&table).pop() else { panic!("no table") };
        grid.cells.last().map(|cell| (cell.text.clone(), cell.doubtful)).unwrap()
    };
    let unread = ("□".to_owned(), true);
    assert_eq!(cell(&field("", "=SUM(LEFT)", "")), unread);
    assert_eq!(cell(r#"<w:fldSimple w:instr=" =SUM(LEFT) "/>"#), unread);
    assert_eq!(cell(&field("", "=SUM(LEFT)", &r("7"))), ("7".into(), false));
    assert_eq!(cell(&field("", "FORMTEXT", "")), (String::new(), false));
    assert_eq!(cell(&(r("7") + &field("", "XE 甲", ""))), ("7".into(), false));
}

#[test]
fn text_too_small_to_see_and_marks_moved_up_by_hand_are_no_part_of_a_figure() {
    let runs = [r("12"), rp(r#"<w:sz w:val="1"/>"#, "9"), rp(r#"<w:position w:val="8"/>"#, "2")];
    assert_eq!(lines(&p(&runs.concat())), ["12"]);
    assert_eq!(lines(&p(&rp(r#"<w:position w:val="8"/>"#, "12"))), ["12"]);
}

#[test]
fn white_text_beside_other_text_is_not_seen() {
    const WHITE: &str = r#"<w:color w:val="ffffff"/>"#;
    let shaded = format!(r#"{WHITE}<w:shd w:val="clear" w:fill="C00000"/>"#);
    assert_eq!(lines(&p(&(r("1") + &rp(WHITE, "9") + &r("2") + &rp(&shaded, "3")))), ["123"]);
    assert_eq!(lines(&p(&rp(WHITE, "12"))), ["12"]);
}

#[test]
fn a_cell_that_holds_a_table_alone_is_no_blank() {
    let inner = format!("<w:tc>{}<w:p/></w:tc>", row_of(&["5", ""]));
    let labels: String = (0..7).map(|_| tr(&format!("{}{}", tc("", "甲"), tc("", "1")))).collect();
    let rows = labels + &tr(&format!("{}{inner}", tc("", "乙")));
    let Some(Block::Grid(grid)) = blocks(&tbl(&rows)).into_iter().next() else {
        panic!("no table")
    };
    assert!(grid.cells.last().is_some_and(|cell| cell.doubtful && cell.text == "□"));
}

#[test]
fn a_page_break_alone_is_no_paragraph() {
    assert!(lines(&p("<w:r><w:br w:type=\"page\"/></w:r>")).is_empty());
}

#[test]
fn ruby_shows_its_base_and_not_the_reading_aid() {
    let ruby = format!(
        "<w:r><w:ruby><w:rubyPr/><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>",
        r("jú"),
        r("局")
    );
    assert_eq!(lines(&p(&ruby)), ["局"]);
}

// Wrappers

#[test]
fn wrappers_are_looked_through_at_every_level() {
    let run =
        format!("<w:hyperlink><w:smartTag><w:smartTagPr/>{}</w:smartTag></w:hyperlink>", r("12"));
    let run = format!(
        "<w:sdt><w:sdtPr><w:t>no</w:t></w:sdtPr><w:sdtContent>{run}</w:sdtContent></w:sdt>"
    );
    let cell =
        |inner: &str| format!("<w:sdt><w:sdtContent><w:tc>{inner}</w:tc></w:sdtContent></w:sdt>");
    let cells = format!(
        "{}{}",
        cell(&p(&run)),
        cell(&format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", p(&r("3"))))
    );
    let row = format!(
        "<w:sdt><w:sdtContent><w:customXml>{}</w:customXml></w:sdtContent></w:sdt>",
        tr(&cells)
    );
    let table = format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", tbl(&row));
    assert_eq!(lines(&table), ["[0.0=12 0.1=3]"]);
}

#[test]
fn one_alternative_counts_and_never_both() {
    let both = format!(
        "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>",
        r("5"),
        r("5")
    );
    assert_eq!(lines(&p(&both)), ["5"]);
    let unknown = format!(
        "<mc:AlternateContent><mc:Choice><w16:symEx/></mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>",
        r("①")
    );
    assert_eq!(lines(&p(&unknown)), ["①"]);
}

#[test]
fn a_text_box_stands_once_after_its_paragraph() {
    let content =
        format!("<w:txbxContent>{}{}</w:txbxContent>", p(&r("单位名称")), row_of(&["1", "2"]));
    let shape = format!(
        "<mc:AlternateContent><mc:Choice><w:drawing><wp:anchor><a:graphic><wps:txbx>{content}</wps:txbx></a:graphic></wp:anchor></w:drawing></mc:Choice>\
         <mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent>"
    );
    let body =
        format!("{}{}", p(&format!("{}<w:r>{shape}</w:r>{}", r("前"), r("后"))), p(&r("下一段")));
    assert_eq!(lines(&body), ["前后", "单位名称", "[0.0=1 0.1=2]", "下一段"]);
}

#[test]
fn a_text_box_in_a_cell_is_no_part_of_the_figure() {
    let boxed = format!(
        "<w:r><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict></w:r>",
        p(&r("7"))
    );
    let cells = format!("{}<w:tc>{}</w:tc>", tc("", "甲"), p(&format!("{}{boxed}", r("3"))));
    assert_eq!(lines(&tbl(&tr(&cells))), ["[0.0=甲 0.1=3]", "7"]);
}

#[test]
fn pictures_are_kept_as_places() {
    let drawing = "<w:r><w:drawing><wp:inline><a:graphic><pic:blipFill><a:blip r:embed=\"r9\"><a14:imgLayer/></a:blip></pic:blipFill></a:graphic></wp:inline></w:drawing></w:r>";
    let vml = "<w:r><w:pict><v:shape><v:imagedata r:id=\"r9\"/></v:shape></w:pict></w:r>";
    let object = "<w:r><w:object><v:shape><v:imagedata r:id=\"r9\"/></v:shape></w:object></w:r>";
    let rule = "<w:r><w:pict><v:line/></w:pict></w:r>";
    let art = "<w:r><w:pict><v:shape><v:textpath string=\"年度报告\"/></v:shape></w:pict></w:r>";
    let body: String = [drawing, vml, object, rule, art].iter().map(|run| p(run)).collect();
    assert_eq!(lines(&body), ["<picture>", "<picture>", "<picture>", "年度报告"]);
}

// Tracked changes

#[test]
fn tracked_text_is_read_as_if_accepted() {
    let runs = format!(
        "<w:ins>{}</w:ins><w:del><w:r><w:delText>9</w:delText><w:t>9</w:t></w:r></w:del>\
         <w:moveFrom>{}</w:moveFrom><w:moveTo>{}</w:moveTo>",
        r("1"),
        r("8"),
        r("2")
    );
    assert_eq!(lines(&p(&runs)), ["12"]);
}

#[test]
fn a_former_format_does_not_hide_text() {
    let run = rp("<w:b/><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>", "5");
    assert_eq!(lines(&p(&run)), ["5"]);
}

#[test]
fn a_deleted_paragraph_mark_joins_with_the_next_paragraph() {
    let deleted = format!("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>", r("一、"));
    assert_eq!(lines(&format!("{deleted}{}", p(&r("总体情况")))), ["一、总体情况"]);
    assert_eq!(lines(&format!("{deleted}{}", row_of(&["1", "2"]))), ["一、", "[0.0=1 0.1=2]"]);
    let cell = format!("<w:tc>{deleted}{}</w:tc>{}", p(&r("2")), tc("", "3"));
    assert_eq!(lines(&tbl(&tr(&cell))), ["[0.0=一、2 0.1=3]"]);
}

#[test]
fn deleted_and_hidden_rows_and_deleted_cells_are_gone_and_inserted_rows_stay() {
    let row = |properties: &str, text: &str| {
        format!("<w:tr><w:trPr>{properties}</w:trPr>{}{}</w:tr>", tc("", text), tc("", "0"))
    };
    let rows = [
        row("<w:del w:id=\"1\"/>", "删"),
        row("<w:hidden/>", "藏"),
        row("<w:hidden w:val=\"0\"/>", "留"),
        row("<w:ins w:id=\"2\"/>", "增"),
        tr(&format!("{}{}{}", tc("", "a"), tc("<w:cellDel/>", "b"), tc("<w:cellIns/>", "c"))),
    ];
    assert_eq!(lines(&tbl(&rows.concat())), ["[0.0=留 0.1=0 1.0=增 1.1=0 2.0=a 2.1=c]"]);
}

// Hidden text

#[test]
fn hidden_runs_are_not_read() {
    let runs = [
        r("2"),
        rp("<w:vanish/>", "9"),
        rp("<w:specVanish/>", "9"),
        rp("<w:webHidden/>", "9"),
        rp("<w:vanish w:val=\"false\"/>", "3"),
    ];
    assert_eq!(lines(&p(&runs.concat())), ["23"]);
}

#[test]
fn styles_hide_and_unhide_text() {
    let styles = r#"<w:style w:type="character" w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:type="character" w:styleId="Derived"><w:basedOn w:val="Base"/></w:style>
        <w:style w:type="character" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style>
        <w:style w:type="paragraph" w:styleId="HiddenLine"><w:rPr><w:vanish/></w:rPr></w:style>"#;
    let body = [
        p(&format!(
            "{}{}{}",
            r("1"),
            rp(r#"<w:rStyle w:val="Derived"/>"#, "9"),
            rp(r#"<w:rStyle w:val="Loop"/>"#, "2")
        )),
        p(&rp(r#"<w:rStyle w:val="Derived"/><w:vanish w:val="0"/>"#, "3")),
        format!(
            r#"<w:p><w:pPr><w:pStyle w:val="HiddenLine"/></w:pPr>{}{}</w:p>"#,
            r("9"),
            rp(r#"<w:rStyle w:val="Derived"/>"#, "4")
        ),
    ];
    assert_eq!(lines_with(&body.concat(), styles, ""), ["12", "3", "4"]);
}

#[test]
fn struck_text_is_not_read() {
    let styles =
        r#"<w:style w:type="character" w:styleId="Struck"><w:rPr><w:strike/></w:rPr></w:style>"#;
    let runs = [
        rp("<w:strike/>", "9"),
        rp("<w:dstrike/>", "8"),
        rp(r#"<w:rStyle w:val="Struck"/>"#, "7"),
        rp(r#"<w:strike w:val="0"/><w:dstrike w:val="0"/>"#, "5"),
        rp(r#"<w:rStyle w:val="Struck"/><w:strike w:val="0"/>"#, "6"),
    ];
    assert_eq!(lines_with(&p(&runs.concat()), styles, ""), ["56"]);
}

#[test]
fn what_a_cell_shows_in_a_text_box_or_a_picture_alone_is_doubtful() {
    let boxed = |text: &str| {
        format!(
            "<w:r><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict></w:r>",
            p(&r(text))
        )
    };
    let picture = "<w:r><w:pict><v:imagedata/></w:pict></w:r>";
    let cells = [p(&r("1")), p(&boxed("2")), p(&format!("{}{}", r("3"), boxed("4"))), p(picture)];
    let cells = cells.iter().map(|inner| format!("<w:tc>{inner}</w:tc>")).collect::<String>();
    let blocks = blocks(&tbl(&tr(&cells)));
    assert_eq!(shown(&blocks), ["[0.0=1 0.1=2 0.2=3 0.3=□]", "4", "<picture>"]);
    let Some(Block::Grid(grid)) = blocks.first() else { panic!("no table") };
    let doubtful: Vec<bool> = grid.cells.iter().map(|cell| cell.doubtful).collect();
    assert_eq!(doubtful, [false, true, false, true]);
}

#[test]
fn text_boxes_in_hidden_runs_are_not_read() {
    let boxed = format!(
        "<w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict>",
        p(&r("7"))
    );
    let run = format!("<w:r><w:rPr><w:vanish/></w:rPr>{boxed}</w:r>");
    assert!(lines(&p(&run)).is_empty());
}

#[test]
fn documents_in_places_of_this_one_are_read_there() {
    let rels = r#"<Relationships><Relationship Id="a" Type="x/aFChunk" Target="a.htm"/><Relationship Id="b" Type="x/aFChunk" Target="/b.docx"/><Relationship Id="c" Type="x/aFChunk" Target="c.bin"/></Relationships>"#;
    let chunks = r#"<w:altChunk r:id="a"/><w:altChunk r:id="b"/><w:altChunk r:id="c"/><w:altChunk r:id="d"/>"#;
    let body = format!("{}{chunks}{}", p(&r("前")), p(&r("后")));
    let outer = |inner: &[u8]| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            ("[Content_Types].xml", TYPES.as_bytes()),
            ("_rels/.rels", ROOT.as_bytes()),
            ("word/_rels/document.xml.rels", rels.as_bytes()),
            ("word/document.xml", document(&body).as_bytes()),
            ("word/a.htm", "<table><tr><td>甲<td>1</table>".as_bytes()),
            ("b.docx", inner),
            ("word/c.bin", b"\0\x01\x02"),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let inner = outer(b"");
    let read = read(&outer(&inner), &Limits::default()).unwrap();
    let pictures = ["<picture>"; 4];
    let inner = [&["前"], &pictures[..], &["后"]].concat();
    let expected =
        [&["前", "[0.0=甲 0.1=1]"], &inner[..], &["<picture>", "<picture>", "后"]].concat();
    assert_eq!(shown(&read.blocks), expected);
}

// Note marks

#[test]
fn note_marks_do_not_become_part_of_a_figure() {
    let reference = "<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:footnoteReference w:id=\"2\"/></w:r>";
    assert_eq!(lines(&p(&format!("{}{reference}", r("10")))), ["10"]);

    let raised = |text: &str| rp("<w:vertAlign w:val=\"superscript\"/>", text);
    assert_eq!(lines(&p(&format!("{}{}", r("10"), raised("2")))), ["10"]);
    let bracketed = format!("{}{}{}{}", r("10"), raised("["), raised("1"), raised("]"));
    assert_eq!(lines(&p(&bracketed)), ["10"]);

    let typed = r#"<w:r><w:footnoteReference w:customMarkFollows="1" w:id="2"/><w:t>1</w:t></w:r>"#;
    assert_eq!(lines(&p(&format!("{}{typed}", r("10")))), ["10"]);
}

#[test]
fn other_raised_digits_stay_apart_from_figures() {
    let raised = |text: &str| rp("<w:vertAlign w:val=\"superscript\"/>", text);
    assert_eq!(lines(&p(&format!("{}{}{}", r("120m"), raised("2"), r("3")))), ["120m²3"]);
    assert_eq!(
        lines(&p(&format!("{}{}", r("CO"), rp("<w:vertAlign w:val=\"subscript\"/>", "2")))),
        ["CO₂"]
    );
    assert_eq!(lines(&p(&raised("12"))), ["12"], "a figure raised as a whole is a figure");
}

#[test]
fn a_character_style_raises_too() {
    let styles = r#"<w:style w:type="character" w:styleId="Note"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>"#;
    let body = p(&format!("{}{}", r("10"), rp(r#"<w:rStyle w:val="Note"/>"#, "2")));
    assert_eq!(lines_with(&body, styles, ""), ["10"]);
}

// Fields

#[test]
fn fields_show_their_result_and_not_their_instruction() {
    let field = |kind: &str| format!(r#"<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    let inner = format!(
        "{}<w:r><w:instrText>PAGE</w:instrText></w:r>{}{}{}",
        field("begin"),
        field("separate"),
        r("9"),
        field("end")
    );
    let outer = format!(
        "{}<w:r><w:instrText>=SUM(ABOVE)</w:instrText></w:r>{inner}{}{}{}{}",
        field("begin"),
        field("separate"),
        r("15"),
        field("end"),
        r("件")
    );
    assert_eq!(lines(&p(&outer)), ["15件"]);
    assert_eq!(
        lines(&p(&format!(r#"<w:fldSimple w:instr="DATE">{}</w:fldSimple>"#, r("2025年")))),
        ["2025年"]
    );
}

#[test]
fn a_field_never_ended_costs_only_its_paragraph() {
    let open = format!(r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r>{}"#, r("IF"));
    assert_eq!(lines(&format!("{}{}", p(&open), p(&r("正文")))), ["正文"]);
}

// Tables

#[test]
fn spans_and_places_left_out_move_cells_to_their_columns() {
    let rows = [
        tr(&format!("{}{}", tc(r#"<w:gridSpan w:val="2"/>"#, "甲"), tc("", "乙"))),
        format!(
            r#"<w:tr><w:trPr><w:gridBefore w:val="1"/><w:gridAfter w:val="1"/></w:trPr>{}</w:tr>"#,
            tc("", "丙")
        ),
    ];
    assert_eq!(lines(&tbl(&rows.concat())), ["[0.0+1×2=甲 0.2=乙 1.1=丙]"]);
}

#[test]
fn vertical_merges_extend_the_cell_above_in_the_same_column() {
    let restart = r#"<w:vMerge w:val="restart"/>"#;
    let rows = [
        tr(&format!("{}{}", tc(restart, "甲"), tc("", "1"))),
        tr(&format!("{}{}", tc("<w:vMerge/>", "不显示"), tc("", "2"))),
        tr(&format!("{}{}", tc(r#"<w:vMerge w:val="continue"/>"#, ""), tc("", "3"))),
        tr(&format!("{}{}", tc(restart, "乙"), tc("", "4"))),
        tr(&format!("{}{}", tc("<w:vMerge/>", ""), tc("<w:vMerge/>", "5"))),
    ];
    assert_eq!(
        lines(&tbl(&rows.concat())),
        ["[0.0+3×1=甲 0.1=1 1.1=2 2.1=3 3.0+2×1=乙 3.1=4 4.1=5]"],
        "a merge that continues nothing is a cell of its own"
    );
}

#[test]
fn a_merge_over_a_deleted_row_goes_on() {
    let rows = [
        tr(&format!("{}{}", tc(r#"<w:vMerge w:val="restart"/>"#, "甲"), tc("", "1"))),
        format!("<w:tr><w:trPr><w:del/></w:trPr>{}{}</w:tr>", tc("<w:vMerge/>", ""), tc("", "9")),
        tr(&format!("{}{}", tc("<w:vMerge/>", ""), tc("", "2"))),
    ];
    assert_eq!(lines(&tbl(&rows.concat())), ["[0.0+2×1=甲 0.1=1 1.1=2]"]);
}

#[test]
fn a_merge_wider_than_its_continuation_never_covers_the_neighbour() {
    let rows = [
        tr(&tc(r#"<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>"#, "宽")),
        tr(&format!("{}{}", tc("<w:vMerge/>", ""), tc("", "1"))),
    ];
    assert_eq!(lines(&tbl(&rows.concat())), ["[0.0+1×2=宽 1.0= 1.1=1]"]);
}

#[test]
fn horizontal_merges_of_the_old_kind_are_one_cell() {
    let row = [
        tc(r#"<w:hMerge w:val="restart"/>"#, "甲"),
        tc(r#"<w:hMerge w:val="continue"/>"#, "不显示"),
        tc("<w:hMerge/>", ""),
        tc("", "1"),
        tc("<w:hMerge/>", "2"),
    ];
    assert_eq!(lines(&tbl(&tr(&row.concat()))), ["[0.0+1×3=甲 0.3=1 0.4=2]"]);
}

#[test]
fn paragraphs_of_a_cell_are_lines_of_its_text() {
    let cell =
        format!("<w:tc>{}{}{}</w:tc>{}", p(&r("（一）")), p(""), p(&r("予以公开")), tc("", ""));
    assert_eq!(lines(&tbl(&tr(&cell))), ["[0.0=（一）\n予以公开 0.1=]"]);
}

#[test]
fn a_frame_dissolves_into_what_it_holds() {
    let inner = row_of(&["1", "2"]);
    let frame = tbl(&tr(&format!("<w:tc>{}{inner}{}</w:tc>", p(&r("表题")), p(&r("说明")))));
    assert_eq!(lines(&frame), ["表题", "[0.0=1 0.1=2]", "说明"]);
    let twice = tbl(&tr(&format!("<w:tc>{frame}</w:tc>")));
    assert_eq!(lines(&twice), lines(&frame));
}

#[test]
fn a_table_with_content_of_its_own_stays_when_another_is_nested_in_it() {
    let inner = row_of(&["x", "y"]);
    let texts: String = (0..8).map(|n| tc("", &n.to_string())).collect();
    let outer = tbl(&tr(&format!("{texts}<w:tc>{}{inner}</w:tc>", p(&r("8")))));
    assert_eq!(
        lines(&outer),
        ["[0.0=0 0.1=1 0.2=2 0.3=3 0.4=4 0.5=5 0.6=6 0.7=7 0.8=8]", "[0.0=x 0.1=y]"]
    );
}

#[test]
fn a_box_of_one_cell_inside_a_cell_is_text_of_that_cell() {
    let cells = format!("{}<w:tc>{}</w:tc>", tc("", "甲"), row_of(&["5"]));
    assert_eq!(lines(&tbl(&tr(&cells))), ["[0.0=甲 0.1=5]"]);
}

// Numbering

const OFFICIAL: &str = r#"
    <w:abstractNum w:abstractNumId="0">
      <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:suff w:val="nothing"/><w:lvlText w:val="%1、"/></w:lvl>
      <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:suff w:val="nothing"/><w:lvlText w:val="（%2）"/></w:lvl>
      <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
      <w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%4"/></w:lvl>
      <w:lvl w:ilvl="4"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlRestart w:val="0"/><w:lvlText w:val="%5)"/></w:lvl>
    </w:abstractNum>
    <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl></w:abstractNum>
    <w:abstractNum w:abstractNumId="2"><w:numStyleLink w:val="Outline"/></w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
    <w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
    <w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num>
    <w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num>
    <w:num w:numId="5"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1"/></w:lvl></w:lvlOverride></w:num>"#;

fn numbered(list: u32, level: u32, text: &str) -> String {
    format!(
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr></w:pPr>{}</w:p>"#,
        r(text)
    )
}

#[test]
fn labels_are_counted_by_level_and_restart_below() {
    let body: String =
        [(0, "甲"), (1, "乙"), (1, "丙"), (2, "丁"), (0, "戊"), (1, "己"), (3, "庚")]
            .iter()
            .map(|(level, text)| numbered(1, *level, text))
            .collect();
    assert_eq!(
        lines_with(&body, "", OFFICIAL),
        ["一、甲", "（一）乙", "（二）丙", "1. 丁", "二、戊", "（一）己", "2.1 庚"]
    );
}

#[test]
fn lists_of_one_kind_count_on_unless_one_says_where_it_starts() {
    let body: String = [1, 1, 2, 2, 1].iter().map(|list| numbered(*list, 0, "x")).collect();
    assert_eq!(lines_with(&body, "", OFFICIAL), ["一、x", "二、x", "五、x", "六、x", "七、x"]);
}

#[test]
fn a_level_that_never_restarts_counts_on() {
    let body: String = [4, 0, 4].iter().map(|level| numbered(1, *level, "x")).collect();
    assert_eq!(lines_with(&body, "", OFFICIAL), ["3) x", "一、x", "4) x"]);
}

#[test]
fn bullets_and_bare_numbers_keep_a_distance_from_the_text() {
    let body = format!("{}{}", numbered(3, 0, "12"), numbered(5, 0, "12"));
    assert_eq!(lines_with(&body, "", OFFICIAL), ["• 12", "I 12"]);
}

#[test]
fn a_numbered_cell_shows_its_label_even_when_empty() {
    let cells = format!("<w:tc>{}</w:tc>{}", numbered(1, 2, ""), tc("", "x"));
    assert_eq!(lines_with(&tbl(&tr(&cells)), "", OFFICIAL), ["[0.0=1.  0.1=x]"]);
}

#[test]
fn labels_in_deleted_rows_are_not_counted() {
    let row = |properties: &str, text: &str| {
        format!(
            "<w:tr><w:trPr>{properties}</w:trPr><w:tc>{}</w:tc>{}</w:tr>",
            numbered(1, 0, text),
            tc("", "0")
        )
    };
    let table = tbl(&format!("{}{}", row("<w:del/>", "删"), row("", "留")));
    assert_eq!(lines_with(&table, "", OFFICIAL), ["[0.0=一、留 0.1=0]"]);
}

#[test]
fn styles_number_their_paragraphs_and_list_zero_takes_it_away() {
    let styles = r#"
        <w:style w:type="paragraph" w:styleId="H1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="H2"><w:basedOn w:val="H1"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="numbering" w:styleId="Outline"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>"#;
    let styled = |style: &str, extra: &str, text: &str| {
        format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{}</w:p>"#, r(text))
    };
    let body = [
        styled("H1", "", "甲"),
        styled("H2", "", "乙"),
        styled("H1", r#"<w:numPr><w:numId w:val="0"/></w:numPr>"#, "丙"),
        numbered(4, 0, "丁"),
    ];
    assert_eq!(
        lines_with(&body.concat(), styles, OFFICIAL),
        ["一、甲", "（一）乙", "丙", "二、丁"]
    );
}

#[test]
fn a_level_may_belong_to_a_style() {
    let numbering = r#"<w:abstractNum w:abstractNumId="0">
        <w:lvl w:ilvl="0"><w:start w:val="1"/><w:lvlText w:val="%1"/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:pStyle w:val="Sub"/><w:suff w:val="nothing"/><w:lvlText w:val="%1.%2节"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#;
    let styles = r#"<w:style w:type="paragraph" w:styleId="Sub"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>"#;
    let body = format!(r#"<w:p><w:pPr><w:pStyle w:val="Sub"/></w:pPr>{}</w:p>"#, r("甲"));
    assert_eq!(lines_with(&body, styles, numbering), ["1.1节甲"]);
}

#[test]
fn a_custom_number_format_falls_back() {
    let numbering = r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="2"/>
        <mc:AlternateContent><mc:Choice><w:numFmt w:val="custom" w:format="001, 002"/></mc:Choice><mc:Fallback><w:numFmt w:val="upperLetter"/></mc:Fallback></mc:AlternateContent>
        <w:suff w:val="nothing"/><w:lvlText w:val="%1)"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#;
    assert_eq!(lines_with(&numbered(1, 0, "x"), "", numbering), ["B)x"]);
}

// The package

#[test]
fn the_main_part_is_found_by_relationship_or_content_type() {
    let xml = document(&p(&r("正文")));
    let strict = r#"<Relationships><Relationship Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/doc/main.xml"/></Relationships>"#;
    let macros = TYPES.replace(
        "vnd.openxmlformats-officedocument.wordprocessingml.document.main",
        "vnd.ms-word.document.macroEnabled.main",
    );
    let by_type = macros.replace("/word/document.xml", "/doc/main.xml");
    for parts in [
        vec![("_rels/.rels", strict), ("doc/main.xml", &xml)],
        vec![("[Content_Types].xml", &by_type), ("doc/main.xml", &xml)],
        vec![("[Content_Types].xml", &macros), ("Word\\Document.xml", &xml)],
    ] {
        let read = read(&zipped(&parts), &Limits::default()).unwrap();
        assert_eq!(shown(&read.blocks), ["正文"]);
    }
}

#[test]
fn properties_of_the_file_are_not_its_title() {
    let core = "<cp:coreProperties><dc:title>模板</dc:title></cp:coreProperties>";
    let xml = document(&p(&r("正文")));
    let bytes =
        zipped(&[("_rels/.rels", ROOT), ("word/document.xml", &xml), ("docProps/core.xml", core)]);
    assert_eq!(read(&bytes, &Limits::default()).unwrap().meta, Meta::default());
}

#[test]
fn a_document_without_main_part_is_damaged() {
    let bytes = zipped(&[("[Content_Types].xml", TYPES), ("_rels/.rels", ROOT)]);
    assert_eq!(
        read(&bytes, &Limits::default()),
        Err(Refusal::Damaged("word/document.xml is missing".into()))
    );
}

// Limits

fn too_large(body: &str, limits: Limits) -> String {
    match read(&docx(body, "", ""), &limits) {
        Err(Refusal::TooLarge(what)) => what,
        other => panic!("not too large: {other:?}"),
    }
}

#[test]
fn each_limit_is_named_when_it_is_passed() {
    let limits = Limits::default();
    let wide = |span: &str| tbl(&tr(&tc(&format!(r#"<w:gridSpan w:val="{span}"/>"#), "x")));
    assert_eq!(too_large(&wide("2000000000"), limits), "a cell spans 2000000000 columns");
    assert!(too_large(&wide("99999999999999999999999"), limits).contains("columns"));
    assert_eq!(too_large(&row_of(&["x"; 300]), limits), "a table of more than 256 columns");

    let nested = (0..33).fold(String::new(), |inner, _| tbl(&tr(&format!("<w:tc>{inner}</w:tc>"))));
    assert_eq!(too_large(&nested, limits), "tables nested deeper than 32");

    let cells = Limits { table_cells: 5, ..limits };
    assert_eq!(too_large(&row_of(&["x"; 6]), cells), "a table of more than 5 cells");
    let blocks = Limits { blocks: 2, ..limits };
    assert_eq!(too_large(&p(&r("x")).repeat(3), blocks), "more than 2 paragraphs and tables");
    let text = Limits { text_bytes: 5, ..limits };
    assert_eq!(too_large(&p(&r("一二")), text), "more than 5 bytes of text");

    let deep = format!("<w:p>{}{}</w:p>", "<w:ins>".repeat(300), "</w:ins>".repeat(300));
    assert!(too_large(&deep, limits).contains("nested deeper than 256"));
}

#[test]
fn labels_count_as_text() {
    let template = "长".repeat(1000);
    let numbering = format!(
        r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="{template}"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#
    );
    let bytes = docx(&numbered(1, 0, "x").repeat(10), "", &numbering);
    let limits = Limits { text_bytes: 1000, ..Limits::default() };
    assert!(matches!(read(&bytes, &limits), Err(Refusal::TooLarge(_))));
}

#[test]
fn merged_cells_count_by_the_places_they_cover() {
    let row = |merge: &str| tr(&tc(&format!(r#"<w:gridSpan w:val="200"/>{merge}"#), ""));
    let table = row(r#"<w:vMerge w:val="restart"/>"#) + &row("<w:vMerge/>").repeat(100);
    assert_eq!(too_large(&tbl(&table), Limits::default()), "a table of more than 20000 cells");
}

// Real parts

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/documents/docx/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn texts_of_grids(bytes: &[u8]) -> Vec<String> {
    let read = crate::document::read(bytes, "报告.docx", &Limits::default()).unwrap();
    let grids = read.blocks.iter().filter_map(|block| match block {
        Block::Grid(grid) => Some(drawn(grid)),
        _ => None,
    });
    grids.collect()
}

#[test]
fn tracked_changes_and_numbering_of_a_real_file_give_the_cells_of_the_plain_one() {
    let plain = texts_of_grids(&sample("plain.docx"));
    assert_eq!(plain.len(), 3);
    assert_eq!(texts_of_grids(&sample("tracked.docx")), plain);
    assert_eq!(texts_of_grids(&sample("auto-number.docx")), plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _outcome = read(&bytes, &Limits::default());
    }

    #[test]
    fn a_mutated_file_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = sample("plain.docx");
        let index = at.index(bytes.len());
        bytes[index] = byte;
        let _outcome = crate::document::read(&bytes, "x.docx", &Limits::default());
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(crate::document::read(&bytes, "x.docx", &Limits::default()).is_err());
    }

    #[test]
    fn mutated_markup_is_read_or_refused_and_cells_never_overlap(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8)
    ) {
        let body = MERGES.replace('\n', "");
        let mut pieces: Vec<&str> = body.split_inclusive('>').collect();
        for (from, to) in &cuts {
            let (from, to) = (from.index(pieces.len()), to.index(pieces.len()));
            pieces.swap(from, to);
        }
        if let Ok(blocks) = try_read(&pieces.concat()) {
            for block in &blocks {
                if let Block::Grid(grid) = block {
                    assert_no_overlap(grid);
                }
            }
        }
    }

    #[test]
    fn cells_never_overlap_whatever_their_spans_and_merges(
        rows in proptest::collection::vec(proptest::collection::vec((0usize..4, 0usize..3, 0usize..3), 0..6), 1..8)
    ) {
        let merges = |name: &str, kind: usize| match kind {
            0 => String::new(),
            1 => format!(r#"<w:{name} w:val="restart"/>"#),
            _ => format!("<w:{name}/>"),
        };
        let table: String = rows.iter().map(|cells| {
            tr(&cells.iter().map(|&(span, up, left)| {
                tc(&format!(r#"<w:gridSpan w:val="{span}"/>{}{}"#, merges("vMerge", up), merges("hMerge", left)), "x")
            }).collect::<String>())
        }).collect();
        for block in blocks(&tbl(&table)) {
            if let Block::Grid(grid) = block {
                assert_no_overlap(&grid);
            }
        }
    }
}

const MERGES: &str = r#"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>
<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:tcPr><w:hMerge w:val="restart"/></w:tcPr><w:p/></w:tc><w:tc><w:tcPr><w:hMerge/></w:tcPr><w:p/></w:tc></w:tr>
<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr></w:tbl>"#;

fn assert_no_overlap(grid: &Grid) {
    let mut covered = std::collections::BTreeSet::new();
    for cell in &grid.cells {
        for row in cell.row..cell.row + cell.row_span {
            for column in cell.column..cell.column + cell.column_span {
                assert!(covered.insert((row, column)), "{row}.{column} is covered twice");
            }
        }
    }
}
