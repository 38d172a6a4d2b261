//! Word documents saved as one XML file (Flat OPC, `pkg:package`): the parts of a docx written one
//! after the other. They are put back into a container and read as one. Pictures are left out.

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

fn packed(text: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    // Parts stand two elements deeper here than in a file of their own.
    let deeper = Limits { element_depth: limits.element_depth + 3, ..*limits };
    let mut xml = Xml::new(text, "package", &deeper);
    let package = xml.child()?;
    if package.is_none_or(|package| package.name() != "package") {
        return Err(Refusal::Unsupported {
            found: "Word 2003 XML 文档".into(),
            remedy: "请用 Word 或 WPS 打开后另存为 .docx 再提交".into(),
        });
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |error: &dyn std::fmt::Display| Refusal::Damaged(format!("package: {error}"));
    let mut parts = 0;
    while let Some(part) = xml.child()? {
        let name = part.attribute("name").unwrap_or_default().trim_start_matches('/').to_owned();
        while let Some(content) = xml.child()? {
            if content.name() != "xmlData" {
                xml.skip()?;
                continue;
            }
            parts += 1;
            if parts > limits.entries {
                return Err(Refusal::TooLarge(format!(
                    "package of more than {} parts",
                    limits.entries
                )));
            }
            zip.start_file(name.as_str(), SimpleFileOptions::default()).map_err(|e| failed(&e))?;
            zip.write_all(xml.inner()?.as_bytes()).map_err(|e| failed(&e))?;
        }
    }
    Ok(zip.finish().map_err(|e| failed(&e))?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn word_2003_xml_is_refused_by_name() {
        let refusal = read(b"<w:wordDocument><w:body/></w:wordDocument>", &Limits::default());
        assert!(refusal.unwrap_err().reason().contains("Word 2003 XML"));
    }

    #[test]
    fn a_package_cut_off_is_damaged() {
        let cut = FLAT.get(..FLAT.len() - 200).unwrap();
        assert!(matches!(read(cut.as_bytes(), &Limits::default()), Err(Refusal::Damaged(_))));
    }
}
