//! Small documents made by hand, one for each trap of the format.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::document::drawn::shown;

const STYLES: &str = r##"<style:style style:name="H"><style:text-properties text:display="none"/></style:style>
<style:style style:name="H2" style:parent-style-name="H"/>
<style:style style:name="S"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="W"><style:text-properties fo:color="#FFFFFF"/></style:style>
<style:style style:name="T"><style:text-properties style:text-line-through-style="solid"/></style:style>
<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-suffix="、" style:num-format="一, 二, 三, ..."><style:list-level-properties><style:list-level-label-alignment text:label-followed-by="nothing"/></style:list-level-properties></text:list-level-style-number>
<text:list-level-style-number text:level="2" loext:num-list-format="(%1%.%2%)" style:num-format="1"/></text:list-style>"##;

fn try_lines(body: &str) -> Result<Vec<String>, Refusal> {
    let content = format!(
        "<office:document-content><office:automatic-styles>{STYLES}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("content.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    read(&bytes, &Limits::default()).map(|document| shown(&document.blocks))
}

fn lines(body: &str) -> Vec<String> {
    try_lines(body).unwrap()
}

#[test]
fn one_xml_file_is_read_like_a_container() {
    let flat = |kind: &str, body: &str| {
        let xml = format!(
            r#"<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.{kind}">
<office:styles>{STYLES}</office:styles><office:automatic-styles/><office:body>{body}</office:body></office:document>"#
        );
        let read = crate::document::read(xml.as_bytes(), "a.xml", &Limits::default());
        shown(&read.unwrap().blocks)
    };
    let text = r#"<office:text><text:p>1<text:span text:style-name="H">9</text:span></text:p></office:text>"#;
    assert_eq!(flat("text", text), ["1"]);
    let cells = r#"<office:spreadsheet><table:table><table:table-row><table:table-cell><text:p>甲</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="7.77"><text:p>8</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="0"><text:p>-</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="5"/>
<table:table-cell office:value-type="float" office:value="12345"><text:p>1.2万</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet>"#;
    assert_eq!(flat("spreadsheet", cells), ["[0.0=甲 0.1=7.77 0.2=0 0.3=5 0.4=1.2万]"]);
    let cell = |style: &str, text: &str| {
        format!("<table:table-cell{style}><text:p>{text}</text:p></table:table-cell>")
    };
    let styled = |style: &str, text: &str| cell(&format!(r#" table:style-name="{style}""#), text);
    let row = [cell("", "甲"), styled("T", "9"), styled("S", "3"), cell("", "8"), styled("L", "8")];
    let struck = format!(
        r#"<office:spreadsheet><table:table><table:table-column table:number-columns-repeated="3"/>
<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="T"/>
<table:table-row>{}{}</table:table-row></table:table></office:spreadsheet>"#,
        row.concat(),
        cell("", "").replace("<text:p>", r#"<text:p>4<text:span text:style-name="T">7</text:span><text:span text:style-name="S">2</text:span>"#)
    );
    assert_eq!(flat("spreadsheet", &struck), ["[0.0=甲 0.1= 0.2=3 0.3= 0.4=8 0.5=4]"]);
}

#[test]
fn spaces_tabs_and_breaks_are_as_written_and_runs_of_white_space_are_one() {
    let body = "<text:p> a \n b<text:s text:c=\"2\"/>c<text:tab/>d<text:line-break/>e</text:p>";
    assert_eq!(lines(body), ["a b  c\td\ne"]);
}

#[test]
fn deleted_hidden_and_raised_text_is_left_out() {
    let body = r#"<text:tracked-changes><text:changed-region><text:deletion><text:p>9</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>1<text:change text:change-id="c"/><text:span text:style-name="H2">8</text:span>2<text:span text:style-name="S">3</text:span><text:note><text:note-citation>7</text:note-citation></text:note></text:p>"#;
    assert_eq!(lines(body), ["12"]);
    let struck = r#"<text:p>1<text:span text:style-name="T">8</text:span>2</text:p>"#;
    assert_eq!(lines(struck), ["12"]);
    assert_eq!(lines(&struck.replace("\"T\"", "\"W\"")), ["12"]);
}

#[test]
fn fields_of_forms_show_the_entry_chosen_or_are_no_blanks() {
    let parameter = |name: &str, value: &str| {
        format!(r#"<field:param field:name="Dropdown_{name}" field:value="{value}"/>"#)
    };
    let list = [("ListEntry", "3"), ("ListEntry", "5"), ("Selected", "1")]
        .map(|(name, value)| parameter(name, value))
        .concat();
    let cell =
        |inner: &str| format!("<table:table-cell><text:p>{inner}</text:p></table:table-cell>");
    let row = [cell("甲"), cell(&format!("<field:fieldmark>{list}</field:fieldmark>"))].concat();
    let table = format!(
        "<table:table><table:table-row>{row}{}</table:table-row></table:table>",
        cell(r#"<draw:control draw:control="c"/>"#)
    );
    assert_eq!(lines(&table), ["[0.0=甲 0.1=5 0.2=□]"]);
}

#[test]
fn deleted_text_that_stands_where_it_was_is_left_out() {
    let body = r#"<text:tracked-changes><text:changed-region text:id="d"><text:deletion/></text:changed-region>
<text:changed-region text:id="i"><text:insertion/></text:changed-region></text:tracked-changes>
<text:p><text:change-start text:change-id="d"/>9<text:change-end text:change-id="d"/><text:change-start text:change-id="i"/>1<text:change-end text:change-id="i"/></text:p>
<text:p>2<text:change-start text:change-id="d"/>8</text:p><text:p>7</text:p><text:p>6<text:change-end text:change-id="d"/>3</text:p><text:p>4</text:p>"#;
    assert_eq!(lines(body), ["1", "23", "4"]);
}

#[test]
fn what_conditions_hid_when_the_file_was_saved_is_left_out() {
    let body = r#"<text:section text:display="condition" text:is-hidden="true"><text:p>9</text:p></text:section>
<text:section text:display="condition"><text:p>1</text:p></text:section>
<text:p>8<text:hidden-paragraph text:condition="ooow:1" text:is-hidden="true"/></text:p>
<text:p>2<text:hidden-paragraph text:condition="ooow:0" text:is-hidden="false"/>
<text:hidden-text text:is-hidden="true">7</text:hidden-text><text:hidden-text text:is-hidden="false">3</text:hidden-text></text:p>"#;
    assert_eq!(lines(body), ["1", "2 3"]);
}

#[test]
fn lists_count_on_where_they_say_so() {
    let item = |text: &str, inner: &str| {
        format!(
            "<text:list-item><text:p>{text}</text:p><text:p>续</text:p>{inner}</text:list-item>"
        )
    };
    let inner = format!("<text:list>{}{}</text:list>", item("a", ""), item("b", ""));
    let body = format!(
        r#"<text:list text:style-name="L">{}</text:list><text:p>x</text:p><text:list text:style-name="L" text:continue-numbering="true">{}</text:list><text:list text:style-name="L">{}</text:list>"#,
        item("甲", ""),
        item("乙", &inner),
        item("丙", "")
    );
    assert_eq!(
        lines(&body),
        ["一、甲", "续", "x", "二、乙", "续", "(二.1) a", "续", "(二.2) b", "续", "一、丙", "续"]
    );
}

#[test]
fn covered_and_repeated_cells_come_to_their_places() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let body = format!(
        r#"<table:table><table:table-header-rows><table:table-row>{}<table:covered-table-cell/>{}</table:table-row></table:table-header-rows>
<table:table-row><table:covered-table-cell table:number-columns-repeated="2"/>{}</table:table-row>
<table:table-row><table:table-cell table:number-columns-repeated="3"/>{}</table:table-row></table:table>"#,
        cell(r#"table:number-columns-spanned="2" table:number-rows-spanned="2""#, "A"),
        cell(r#"table:number-columns-repeated="2""#, "B"),
        cell("", "C") + &cell("", "D"),
        cell("", "E"),
    );
    assert_eq!(lines(&body), ["[0.0+2×2=A 0.2=B 0.3= 1.2=C 1.3=D 2.0= 2.1= 2.2= 2.3=E]"]);
}

#[test]
fn columns_repeated_beyond_reason_are_refused() {
    let body = r#"<table:table><table:table-row><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"#;
    assert!(matches!(try_lines(body), Err(Refusal::TooLarge(_))));
}

#[test]
fn text_boxes_come_after_their_paragraph() {
    let body = "<text:p>a<draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame>b</text:p>";
    assert_eq!(lines(body), ["ab", "box"]);
}
