use super::*;
use crate::document::{Block, Grid, ofd};

const NOT_EMBEDDED: &[u8] = include_bytes!("../../../tests/data/documents/pdf/not-embedded.pdf");
const UNRULED: &[u8] = include_bytes!("../../../tests/data/documents/pdf/unruled.pdf");
const EMPTY_PASSWORD: &[u8] =
    include_bytes!("../../../tests/data/documents/pdf/empty-password.pdf");
const OFD: &[u8] = include_bytes!("../../../tests/data/documents/ofd/plain.ofd");

/// A file of these objects; the first is the catalog.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (table, size) = (file.len(), objects.len() + 1);
    file.push_str(&format!("xref\n0 {size}\n0000000000 65535 f \n"));
    for offset in offsets {
        file.push_str(&format!("{offset:010} 00000 n \n"));
    }
    file.push_str(&format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n"));
    file.into_bytes()
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<<{dictionary}/Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// One page with Helvetica as `/F`; `count` pages are declared.
fn one_page(attributes: &str, content: &str, count: u32, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[3 0 R]/Count {count}>>"),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R{attributes}\
             /Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
        ),
        stream("", content),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

fn paragraphs(file: &[u8]) -> Result<Vec<String>, Refusal> {
    let blocks = read(file, &Limits::default())?.blocks;
    let text = |block: Block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.text),
        _ => None,
    };
    Ok(blocks.into_iter().filter_map(text).collect())
}

fn grids(document: Document) -> Vec<Grid> {
    let grid = |block: Block| match block {
        Block::Grid(grid) => Some(grid),
        _ => None,
    };
    document.blocks.into_iter().filter_map(grid).collect()
}

/// What stands in the rows that hold figures.
fn figures(grids: &[Grid]) -> Vec<Vec<&str>> {
    let is_figure =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    grids
        .iter()
        .flat_map(|grid| grid.cells.chunk_by(|a, b| a.row == b.row))
        .map(|row| row.iter().map(|c| c.text.as_str()).filter(|t| is_figure(t)).collect())
        .filter(|row: &Vec<&str>| !row.is_empty())
        .collect()
}

#[test]
fn one_report_gives_the_same_figures_as_pdf_with_and_without_rules_and_as_ofd() {
    let limits = Limits::default();
    let ruled = grids(read(NOT_EMBEDDED, &limits).unwrap());
    let unruled = grids(read(UNRULED, &limits).unwrap());
    let ofd = grids(ofd::read(OFD, &limits).unwrap());
    let texts = |grids: &[Grid]| -> Vec<(usize, usize, String)> {
        let cells = grids.iter().flat_map(|g| &g.cells);
        cells.map(|c| (c.row, c.column, c.text.clone())).collect()
    };
    assert_eq!(texts(&ruled), texts(&ofd));
    let found = figures(&ruled);
    assert_eq!(found.iter().filter(|row| row.len() == 7).count(), 22);
    assert_eq!(figures(&unruled), found);
}

#[test]
fn an_empty_password_opens_the_file() {
    let document = read(EMPTY_PASSWORD, &Limits::default()).unwrap();
    assert_eq!(document.format, Format::Pdf);
    assert!(!grids(document).is_empty());
}

#[test]
fn a_file_cut_off_is_incomplete_and_a_few_bytes_at_the_end_do_not_matter() {
    let file = one_page("", "BT /F 12 Tf 100 700 Td (2023) Tj ET", 1, &[]);
    let read = |bytes: &[u8]| paragraphs(bytes);
    assert_eq!(read(&file), Ok(vec!["2023".to_owned()]));
    assert_eq!(read(&file[..file.len() - 4]), Ok(vec!["2023".to_owned()]));
    let cut = NOT_EMBEDDED.len() * 7 / 10;
    assert!(matches!(read(&NOT_EMBEDDED[..cut]), Err(Refusal::Incomplete(_))));
}

#[test]
fn fewer_pages_than_declared_are_damage() {
    let file = one_page("", "BT /F 12 Tf 100 700 Td (2023) Tj ET", 3, &[]);
    assert_eq!(paragraphs(&file), Err(Refusal::Damaged("1 of 3 pages can be read".into())));
}

#[test]
fn text_nobody_sees_is_not_read() {
    let file = one_page(
        "",
        "BT /F 12 Tf 100 700 Td (shown) Tj 0 -40 Td 3 Tr (invisible) Tj ET \
         BT 0 Tr 1 g /F 12 Tf 100 600 Td (white) Tj ET BT 0 g /F 12 Tf 900 600 Td (off) Tj ET",
        1,
        &[],
    );
    assert_eq!(paragraphs(&file), Ok(vec!["shown".to_owned()]));
}

#[test]
fn a_page_turned_by_its_attribute_is_read_upright() {
    let text = "BT /F 12 Tf 0 1 -1 0 100 100 Tm (first) Tj ET BT /F 12 Tf 0 1 -1 0 140 100 Tm (second) Tj ET";
    let file = one_page("/Rotate 90", text, 1, &[]);
    assert_eq!(paragraphs(&file), Ok(vec!["first".to_owned(), "second".to_owned()]));
}

#[test]
fn forms_that_draw_each_other_end_at_the_budget() {
    let call = "/X Do ".repeat(10);
    let mut more: Vec<String> = (7..13)
        .map(|next| {
            let resources = format!("/Resources<</XObject<</X {next} 0 R>>>>");
            stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]{resources}"), &call)
        })
        .collect();
    let lines = "0 0 m 9 9 l S ".repeat(10);
    more.push(stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", &lines));
    let file = one_page("", &call, 1, &more);
    assert!(matches!(paragraphs(&file), Err(Refusal::TooLarge(_))));
}

#[test]
fn a_ring_of_pages_is_refused() {
    let file = pdf(&[
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[2 0 R]/Count 99999>>".to_owned(),
    ]);
    assert!(matches!(paragraphs(&file), Err(Refusal::Damaged(_))));
}

#[test]
fn a_file_whose_very_structure_is_encrypted_needs_a_password() {
    let file = b"%PDF-1.5\n1 0 obj <</Type/XRef/Encrypt 2 0 R>> endobj\nstartxref\n9\n%%EOF\n";
    assert_eq!(paragraphs(file), Err(Refusal::Encrypted));
}
