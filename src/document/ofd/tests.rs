use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::document::Block;

fn file(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const ENTRY: &str = "<ofd:OFD xmlns:ofd=\"x\"><ofd:DocBody><ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>";
const DOCUMENT: &str = "<Document><CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea>\
    <TemplatePage ID=\"7\" BaseLoc=\"Tpls/T.xml\"/></CommonData>\
    <Pages><Page ID=\"2\" BaseLoc=\"Pages/B.xml\"/><Page ID=\"1\" BaseLoc=\"/Doc_0/Pages/A.xml\"/></Pages></Document>";

fn page(objects: &str) -> String {
    format!(
        "<Page><Template TemplateID=\"7\"/><Content><Layer><PageBlock>{objects}</PageBlock></Layer></Content></Page>"
    )
}

fn text(boundary: &str, attributes: &str, code: &str) -> String {
    format!("<TextObject Boundary=\"{boundary}\" Size=\"4\" {attributes}>{code}</TextObject>")
}

fn read_pages(first: &str, second: &str, template: &str) -> Result<Vec<Block>, Refusal> {
    let template = format!("<Page><Content><Layer>{template}</Layer></Content></Page>");
    let parts = [
        ("OFD.xml", ENTRY),
        ("Doc_0/Document.xml", DOCUMENT),
        ("Doc_0/Tpls/T.xml", &template),
        ("Doc_0/Pages/A.xml", &page(second)),
        ("Doc_0/Pages/B.xml", &page(first)),
    ];
    Ok(read(&file(&parts), &Limits::default())?.blocks)
}

fn paragraphs(first: &str, second: &str, template: &str) -> Vec<String> {
    let text = |block: Block| match block {
        Block::Paragraph(paragraph) => paragraph.text,
        other => format!("{other:?}"),
    };
    read_pages(first, second, template).unwrap().into_iter().map(text).collect()
}

#[test]
fn pages_come_in_the_order_of_the_document_with_their_template() {
    let first =
        text("30 50 60 5", "", "<TextCode X=\"0\" Y=\"4\" DeltaX=\"g 2 4 4\">总体情况</TextCode>");
    let second = text("30 50 60 5", "", "<TextCode X=\"0\" Y=\"4\">公开情况</TextCode>");
    let form = text("30 90 60 5", "", "<TextCode X=\"0\" Y=\"4\">模板</TextCode>");
    assert_eq!(paragraphs(&first, &second, &form), ["总体情况", "模板", "公开情况", "模板"]);
}

#[test]
fn a_transform_moves_and_scales_text() {
    let first = [
        text("30 50 60 5", "CTM=\"1 0 0 1 0 40\"", "<TextCode X=\"0\" Y=\"4\">下</TextCode>"),
        text("30 60 60 5", "", "<TextCode X=\"0\" Y=\"4\">上</TextCode>"),
    ];
    assert_eq!(paragraphs(&first.concat(), "", ""), ["上", "下"]);
}

#[test]
fn text_nobody_sees_is_not_read() {
    let code = "<TextCode X=\"0\" Y=\"4\">藏</TextCode>";
    let white = format!("<FillColor Value=\"255 255 255\"/>{code}");
    let first = [
        text("30 50 60 5", "", "<TextCode X=\"0\" Y=\"4\">现</TextCode>"),
        text("30 60 60 5", "Visible=\"false\"", code),
        text("30 70 60 5", "Alpha=\"0\"", code),
        text("30 80 60 5", "", &white),
    ];
    assert_eq!(paragraphs(&first.concat(), "", ""), ["现"]);
}

#[test]
fn paths_rule_tables() {
    let path = |boundary: &str, data: &str| {
        format!(
            "<PathObject Boundary=\"{boundary}\"><AbbreviatedData>{data}</AbbreviatedData></PathObject>"
        )
    };
    let first = [
        path("30 50 60 10", "M 0 0 L 60 0 L 60 10 L 0 10 C M 30 0 L 30 10"),
        text("32 52 20 5", "", "<TextCode X=\"0\" Y=\"4\">规章</TextCode>"),
        text("62 52 20 5", "", "<TextCode X=\"0\" Y=\"4\" DeltaX=\"2\">12</TextCode>"),
    ];
    let blocks = read_pages(&first.concat(), "", "").unwrap();
    let [Block::Grid(grid)] = blocks.as_slice() else { panic!("{blocks:?}") };
    let texts: Vec<&str> = grid.cells.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["规章", "12"]);
}

#[test]
fn compositions_and_inks_are_found_among_the_resources() {
    let code = |text: &str| format!("<TextCode X=\"0\" Y=\"4\">{text}</TextCode>");
    let resources = format!(
        "<Res><DrawParams><DrawParam ID=\"5\"><FillColor Value=\"255 255 255\"/></DrawParam></DrawParams>\
         <CompositeGraphicUnits><CompositeGraphicUnit ID=\"8\"><Content>{}</Content></CompositeGraphicUnit>\
         <CompositeGraphicUnit ID=\"9\"><Content><CompositeObject ResourceID=\"9\" Boundary=\"0 0 9 9\"/>\
         </Content></CompositeGraphicUnit></CompositeGraphicUnits></Res>",
        text("0 20 60 5", "CTM=\"1 0 0 1 0 10\"", &code("下"))
    );
    let document = DOCUMENT.replace("<PageArea>", "<PublicRes>Res.xml</PublicRes><PageArea>");
    let read_page = |objects: &str| {
        let parts = [
            ("OFD.xml", ENTRY),
            ("Doc_0/Document.xml", document.as_str()),
            ("Doc_0/Res.xml", &resources),
            ("Doc_0/Tpls/T.xml", "<Page/>"),
            ("Doc_0/Pages/A.xml", "<Page/>"),
            ("Doc_0/Pages/B.xml", &page(objects)),
        ];
        read(&file(&parts), &Limits::default())
    };
    let objects = [
        "<CompositeObject ResourceID=\"8\" Boundary=\"30 40 60 60\"/>".to_owned(),
        text("30 65 60 5", "", &code("上")),
        text("30 80 60 5", "DrawParam=\"5\"", &code("藏")),
    ];
    let blocks = read_page(&objects.concat()).unwrap().blocks;
    assert_eq!(crate::document::drawn::shown(&blocks), ["上", "下"]);
    let ring = read_page("<CompositeObject ResourceID=\"9\" Boundary=\"30 40 60 60\"/>");
    assert!(matches!(ring, Err(Refusal::TooLarge(_))));
}

#[test]
fn a_page_of_glyphs_without_characters_cannot_be_read() {
    let first = text("30 50 90 5", "", "<TextCode X=\"0\" Y=\"4\">收到申请¤¤件</TextCode>");
    let second = text("30 50 90 5", "", "<TextCode X=\"0\" Y=\"4\">总体情况</TextCode>");
    for pages in [(&first, &second), (&second, &first)] {
        let refusal = read_pages(pages.0, pages.1, "").unwrap_err();
        assert_eq!(refusal, to_be_recognised(Pictured::Unencoded));
    }
}

#[test]
fn a_page_that_is_missing_is_damage() {
    let parts = [("OFD.xml", ENTRY), ("Doc_0/Document.xml", DOCUMENT)];
    let refusal = read(&file(&parts), &Limits::default()).unwrap_err();
    assert_eq!(refusal, Refusal::Damaged("Doc_0/Pages/B.xml is missing".into()));
}

#[test]
fn steps_between_characters_are_limited_by_the_text() {
    assert_eq!(geometry::steps("1.5 g 2 4 3", 9), [1.5, 4.0, 4.0, 3.0]);
    assert_eq!(geometry::steps("g 4000000000 4", 3), [4.0, 4.0, 4.0]);
}
