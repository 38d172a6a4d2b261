//! Word documents saved as one XML file: the parts of a docx written one after the other (Flat OPC,
//! `pkg:package`), or the text and the styles of Word 2003 (`w:wordDocument`), whose elements are nearly
//! those of a docx. They are put into a container and read as one. Pictures are left out.

use std::borrow::Cow;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::xml::{self, Xml};
use super::{Document, Limits, Refusal, docx};

/// Reads everything the document shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let text = decode(bytes, limits)?;
    docx::read(&packed(&text, limits)?, limits)
}

/// The text of a document that is one XML file.
pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, Refusal> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limits.part_bytes {
        return Err(Refusal::TooLarge(format!("xml of {length} bytes")));
    }
    xml::decode(bytes)
}

/// The main part of a package made of a document of Word 2003, and what leads from it to the styles.
const MAIN: &str = "word/document.xml";
const RELATIONSHIPS: &str = "word/_rels/document.xml.rels";
const STYLES: &str =
    r#"<Relationships><Relationship Id="s" Type="/styles" Target="styles.xml"/></Relationships>"#;

fn packed(text: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    // Parts stand two elements deeper here than in a file of their own.
    let deeper = Limits { element_depth: limits.element_depth + 3, ..*limits };
    let mut xml = Xml::new(text, "package", &deeper);
    let package = xml.child()?;
    let is_package = package.is_some_and(|package| package.name() == "package");
    let parts = if is_package { parts(&mut xml, limits)? } else { parts_of_2003(&mut xml)? };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |error: &dyn std::fmt::Display| Refusal::Damaged(format!("package: {error}"));
    for (name, content) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).map_err(|e| failed(&e))?;
        zip.write_all(content.as_bytes()).map_err(|e| failed(&e))?;
    }
    Ok(zip.finish().map_err(|e| failed(&e))?.into_inner())
}

/// Name and content of a part.
type Part<'a> = (String, Cow<'a, str>);

/// Text and styles of a document of Word 2003.
fn parts_of_2003<'a>(xml: &mut Xml<'a>) -> Result<Vec<Part<'a>>, Refusal> {
    let mut parts = vec![(RELATIONSHIPS.to_owned(), STYLES.into())];
    while let Some(element) = xml.child()? {
        match element.name() {
            "styles" => {
                let styles = format!("<styles>{}</styles>", xml.inner()?);
                parts.push(("word/styles.xml".into(), styles.into()));
            }
            "body" => {
                let body = without_named_tags(xml.inner()?);
                parts.push((
                    MAIN.into(),
                    format!("<document><body>{body}</body></document>").into(),
                ));
            }
            _ => xml.skip()?,
        }
    }
    Ok(parts)
}

/// The text with tags such as `<st1:chmetcnv>`, which are named after what they found in the text, as
/// the smart tags they are.
fn without_named_tags(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    for (n, piece) in text.split('<').enumerate() {
        let (slash, tag) = piece.strip_prefix('/').map_or(("", piece), |tag| ("/", tag));
        let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
        let (name, rest) = tag.split_at_checked(end.unwrap_or(0)).unwrap_or_default();
        let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
        let is_named = prefix.strip_prefix("st").is_some_and(|n| n.parse::<u32>().is_ok());
        if n > 0 {
            named.push('<');
        }
        match is_named {
            true => named.extend([slash, "smartTag", rest]),
            false => named.push_str(piece),
        }
    }
    named
}

/// The parts of a package.
fn parts<'a>(xml: &mut Xml<'a>, limits: &Limits) -> Result<Vec<Part<'a>>, Refusal> {
    let mut parts = Vec::new();
    while let Some(part) = xml.child()? {
        let name = part.attribute("name").unwrap_or_default().trim_start_matches('/').to_owned();
        while let Some(content) = xml.child()? {
            if content.name() != "xmlData" {
                xml.skip()?;
                continue;
            }
            if parts.len() == limits.entries {
                return Err(Refusal::TooLarge(format!(
                    "package of more than {} parts",
                    limits.entries
                )));
            }
            parts.push((name.clone(), xml.inner()?.into()));
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::drawn::shown;
    use crate::document::{Block, Content, sniff};

    const FLAT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<?mso-application progid="Word.Document"?>
<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">
<pkg:part pkg:name="/_rels/.rels"><pkg:xmlData><Relationships><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
 Target="word/document.xml"/></Relationships></pkg:xmlData></pkg:part>
<pkg:part pkg:name="/word/media/a.png"><pkg:binaryData>AAAA</pkg:binaryData></pkg:part>
<pkg:part pkg:name="/word/document.xml"><pkg:xmlData><w:document><w:body>
<w:p><w:r><w:t>一、总体情况</w:t></w:r></w:p></w:body></w:document></pkg:xmlData></pkg:part>
</pkg:package>"#;

    #[test]
    fn parts_of_a_package_are_read_like_a_docx() {
        let limits = Limits::default();
        let content = sniff::content(FLAT.as_bytes(), "年报.xml", &limits);
        assert_eq!(content, Ok(Content::WordXml));
        let document = read(FLAT.as_bytes(), &limits).unwrap();
        assert!(
            matches!(document.blocks.as_slice(), [Block::Paragraph(p)] if p.text == "一、总体情况")
        );
    }

    #[test]
    fn a_document_of_word_2003_is_read_like_a_docx() {
        let cell = |properties: &str, text: &str| {
            format!(
                "<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"
            )
        };
        let document = format!(
            r#"<?mso-application progid="Word.Document"?><w:wordDocument><w:styles><w:style w:type="character" w:styleId="H">
<w:rPr><w:vanish/></w:rPr></w:style></w:styles><w:body><wx:sect><w:p><w:pPr><w:listPr><w:ilvl w:val="0"/><wx:t wx:val="一、"/></w:listPr></w:pPr>
<w:r><w:t>总体</w:t></w:r><st1:chmetcnv UnitName="件"><w:r><w:t>3件</w:t></w:r></st1:chmetcnv>
<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>9</w:delText></w:r></aml:content></aml:annotation>
<aml:annotation w:type="Word.Insertion"><aml:content><w:r><w:t>多</w:t></w:r></aml:content></aml:annotation>
<w:r><w:rPr><w:rStyle w:val="H"/></w:rPr><w:t>8</w:t></w:r></w:p>
<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr><w:tr><w:trPr><aml:annotation w:type="Word.Deletion"/></w:trPr>{}{}</w:tr></w:tbl></wx:sect></w:body></w:wordDocument>"#,
            cell(r#"<w:vmerge w:val="restart"/>"#, "甲"),
            cell("", "1"),
            cell("<w:vmerge/>", ""),
            cell("", "2"),
            cell("", ""),
            cell("", ""),
        );
        let document = crate::document::read(document.as_bytes(), "年报.xml", &Limits::default());
        assert_eq!(shown(&document.unwrap().blocks), ["一、总体3件多", "[0.0+2×1=甲 0.1=1 1.1=2]"]);
    }

    #[test]
    fn a_package_cut_off_is_damaged() {
        let cut = FLAT.get(..FLAT.len() - 200).unwrap();
        assert!(matches!(read(cut.as_bytes(), &Limits::default()), Err(Refusal::Damaged(_))));
    }
}
