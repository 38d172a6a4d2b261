//! Content by content.

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use encoding_rs::GB18030;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn found(bytes: &[u8]) -> Content {
    named(bytes, "报告.docx")
}

fn named(bytes: &[u8], name: &str) -> Content {
    content(bytes, name, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> Refusal {
    content(bytes, "报告.docx", &Limits::default()).unwrap_err()
}

fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn compound(stream: &str, content: &[u8]) -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(stream).unwrap().write_all(content).unwrap();
    file.into_inner().into_inner()
}

/// The beginning of a file information block of Word 97, with these flags.
fn word97(flags: u16) -> Vec<u8> {
    let mut block = vec![0xEC, 0xA5, 0xC1, 0, 0, 0, 0, 0, 0, 0];
    block.extend(flags.to_le_bytes());
    block.resize(5000, 0);
    block
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn office_containers_are_told_by_the_type_of_their_main_part() {
    let types = |main: &str| {
        format!(
            r#"<Types><Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/><Override PartName="/x" ContentType="application/vnd.{main}main+xml"/></Types>"#
        )
    };
    let container =
        |main: &str| found(&zipped(&[("[Content_Types].xml", &types(main)), ("x", "")]));
    let open = "openxmlformats-officedocument.";
    assert_eq!(container(&format!("{open}wordprocessingml.document.")), Content::Docx);
    assert_eq!(container("ms-word.document.macroEnabled."), Content::Docx);
    assert_eq!(container(&format!("{open}spreadsheetml.sheet.")), Content::Xlsx);
    assert_eq!(container("ms-excel.sheet.macroEnabled."), Content::Xlsx);
    assert_eq!(container(&format!("{open}presentationml.presentation.")), Content::Pptx);
}

#[test]
fn other_zip_containers_are_told_by_their_members() {
    assert_eq!(found(&zipped(&[("OFD.xml", "")])), Content::Ofd);
    assert_eq!(found(&zipped(&[("word/document.xml", "")])), Content::Docx);
    let odf =
        |kind: &str| zipped(&[("mimetype", &format!("application/vnd.oasis.opendocument.{kind}"))]);
    assert_eq!(found(&odf("text")), Content::Odt);
    assert_eq!(found(&odf("spreadsheet")), Content::Ods);
    assert_eq!(found(&zipped(&[("甲镇.docx", ""), ("乙镇.docx", "")])), Content::Bundle);
    assert_eq!(found(&zipped(&[])), Content::Bundle);
}

#[test]
fn compound_files_are_told_by_their_streams() {
    assert_eq!(found(&compound("WordDocument", &word97(0))), Content::Doc);
    assert_eq!(found(&compound("Workbook", b"x")), Content::Xls);
    assert_eq!(found(&compound("Book", b"x")), Content::Xls);
    assert_eq!(found(&compound("PowerPoint Document", b"x")), Content::Ppt);
    assert_eq!(found(&compound("CONTENTS", b"x")), Content::Compound);
}

#[test]
fn passwords_are_noticed() {
    assert_eq!(refused(&compound("EncryptedPackage", b"x")), Refusal::Encrypted);
    assert_eq!(refused(&compound("WordDocument", &word97(0x0100))), Refusal::Encrypted);
    let mut bundle = zipped(&[("甲镇.docx", "x")]);
    let entry = bundle.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bundle[entry + 8] |= 1;
    assert_eq!(refused(&bundle), Refusal::Encrypted);
}

#[test]
fn what_is_cut_off_is_incomplete() {
    let zip = zipped(&[("word/document.xml", &"x".repeat(500))]);
    assert!(matches!(refused(&zip[..zip.len() / 2]), Refusal::Incomplete(_)));
    let doc = compound("WordDocument", &word97(0));
    for length in [100, 600, doc.len() / 2, doc.len() - 4096] {
        assert!(matches!(refused(&doc[..length]), Refusal::Incomplete(_)), "{length} bytes");
    }
    assert!(matches!(refused(&[0; 5000]), Refusal::Incomplete(_)));
    assert_eq!(refused(b""), Refusal::Empty);
}

#[test]
fn signatures_tell_what_is_no_document() {
    let cases: &[(&[u8], Content)] = &[
        (b"\x89PNG\r\n\x1A\n\0\0", Content::Image),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF", Content::Image),
        (b"GIF89a\x01\0", Content::Image),
        (b"II*\0\x08\0", Content::Image),
        (b"MM\0*\0\0", Content::Image),
        (b"BM\x36\0\0\0\0\0", Content::Image),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Content::Image),
        (b"\0\0\0\x18ftypheic\0\0", Content::Image),
        (b"Rar!\x1A\x07\x01\0", Content::Archive),
        (b"7z\xBC\xAF\x27\x1C\0\x04", Content::Archive),
        (b"\x1F\x8B\x08\0\0", Content::Archive),
        (b"\x7FELF\x02\x01", Content::Program),
        (b"MZ\x90\0\x03\0\0", Content::Program),
        (b"L\0\0\0\x01\x14\x02\0\0", Content::Shortcut),
        (b"%PDF-1.4\n", Content::Pdf),
        (b"\xEF\xBB\xBF\r\n%PDF-1.4\n", Content::Pdf),
        (b"{\\rtf1\\ansi", Content::Rtf),
        (b"\x01\x02\x03\x04\x05\x06abc", Content::Binary),
    ];
    for (bytes, expected) in cases {
        assert_eq!(found(bytes), *expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn web_pages_are_known_whatever_comes_before_and_whatever_the_name() {
    let page = "<table><tr><td>总计</td></tr></table>";
    for before in [
        "",
        "\u{FEFF}\r\n  ",
        "<!-- saved from url=(0014)about:internet -->\n<HTML>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html PUBLIC \"x\">",
        "<html xmlns:w=\"urn:schemas-microsoft-com:office:word\">",
        "﻿var a;\n<!-- x --><html>",
        "<div class=\"a\">",
    ] {
        assert_eq!(
            named(format!("{before}{page}").as_bytes(), "报告.doc"),
            Content::Html,
            "{before}"
        );
    }
    assert_eq!(found(&utf16(&format!("\u{FEFF}<html>{page}"))), Content::Html);
    assert_eq!(found(&utf16(&format!("<html>{page}"))), Content::Html);
}

#[test]
fn other_markup_is_told_apart_from_web_pages() {
    let flat = "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><pkg:package xmlns:pkg=\"x\">";
    assert_eq!(found(flat.as_bytes()), Content::WordXml);
    assert_eq!(found(b"<?xml version='1.0'?><w:wordDocument xmlns:w='x'>"), Content::WordXml);
    assert_eq!(found(b"<?xml version='1.0'?><report/>"), Content::Xml);
    let mht = "From: <Saved by WPS>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=\"x\"\r\n\r\n<html>";
    assert_eq!(found(mht.as_bytes()), Content::Mht);
}

#[test]
fn text_is_known_in_every_encoding() {
    let text = "信息公开工作年度报告\n一、总体情况\n总计\t12\n";
    let (gbk, _, _) = GB18030.encode(text);
    for bytes in [text.as_bytes(), &gbk, &utf16(text), &utf16(&format!("\u{FEFF}{text}"))] {
        assert_eq!(named(bytes, "报告.txt"), Content::Text);
    }
    assert_eq!(named("1\x072\x07\x07".as_bytes(), "dump.txt"), Content::Text);
}

#[test]
fn random_bytes_are_no_text() {
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    })
    .take(5000)
    .collect();
    assert_eq!(found(&noise), Content::Binary);
}

#[test]
fn the_name_decides_between_text_and_markdown_where_it_says() {
    let table = "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n";
    assert_eq!(named(table.as_bytes(), "报告.txt"), Content::Text);
    assert_eq!(named(b"1 2 3", "REPORT.MD"), Content::Markdown);
    assert_eq!(named(table.as_bytes(), "报告"), Content::Markdown);
    assert_eq!(named("## 一、总体情况\n".as_bytes(), "报告"), Content::Markdown);
    assert_eq!(named("#1 号\n".as_bytes(), "报告"), Content::Text);
}

#[test]
fn a_refusal_says_what_it_is_and_what_to_do() {
    assert_eq!(
        Content::Image.unsupported().reason(),
        "不是可以读取的文档，而是图片；请提交可编辑的 Word 文档"
    );
    assert!(Content::Archive.unsupported().reason().ends_with("请改用 zip 或直接放入文件"));
}
