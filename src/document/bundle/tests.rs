use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::document::read_all;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).unwrap();
            continue;
        }
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn is_ignored(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"~$")
}

fn outcomes(bytes: &[u8]) -> Vec<(String, Result<(), Refusal>)> {
    let members = read_all(bytes, "年报.zip", &Limits::default(), is_ignored).unwrap();
    members.into_iter().map(|(path, outcome)| (path, outcome.map(drop))).collect()
}

#[test]
fn every_file_has_its_own_outcome_and_ignored_names_have_none() {
    let text = "一、总体情况\n全年主动公开信息120条。".as_bytes();
    let bytes = zipped(&[
        ("一/", b""),
        ("一/甲.txt", text),
        ("~$一/丁.txt", text),
        ("乙.docx", b""),
        ("~$丙.docx", text),
        ("图.png", b"\x89PNG\r\n\x1A\n"),
    ]);
    let found = outcomes(&bytes);
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], ("一/甲.txt".into(), Ok(())));
    assert_eq!(found[1], ("乙.docx".into(), Err(Refusal::Empty)));
    assert!(matches!(&found[2], (path, Err(Refusal::Unrecognised(_))) if path == "图.png"));
}

#[test]
fn an_archive_inside_is_opened_once_and_not_again() {
    let inner =
        zipped(&[("甲.txt", "一、总体情况".as_bytes()), ("深.zip", &zipped(&[("a.txt", b"x")]))]);
    let found = outcomes(&zipped(&[("内.zip", &inner)]));
    assert_eq!(found[0], ("内.zip/甲.txt".into(), Ok(())));
    assert!(
        matches!(&found[1], (path, Err(Refusal::Unsupported { .. })) if path == "内.zip/深.zip")
    );
    assert_eq!(found.len(), 2);
}

#[test]
fn names_in_gbk_are_decoded_and_a_second_byte_is_no_backslash() {
    let name = "石桥镇乗.txt";
    let (gbk, _, _) = encoding_rs::GBK.encode(name);
    assert!(gbk.contains(&b'\\'));
    let place = "x".repeat(gbk.len());
    let mut bytes = zipped(&[(&place, "一、总体情况".as_bytes())]);
    while let Some(at) = bytes.windows(place.len()).position(|w| w == place.as_bytes()) {
        bytes[at..at + gbk.len()].copy_from_slice(&gbk);
    }
    assert_eq!(outcomes(&bytes), [(name.to_owned(), Ok(()))]);
}

#[test]
fn a_file_that_is_no_bundle_is_one_document_without_a_path() {
    let found = outcomes("一、总体情况".as_bytes());
    assert_eq!(found, [(String::new(), Ok(()))]);
}

#[test]
fn a_bomb_inside_is_refused_by_itself() {
    let bytes =
        zipped(&[("bomb.txt", &vec![b' '; 40 << 20]), ("甲.txt", "一、总体情况".as_bytes())]);
    let found = outcomes(&bytes);
    assert!(matches!(found[0].1, Err(Refusal::TooLarge(_))));
    assert_eq!(found[1].1, Ok(()));
}

#[test]
fn a_bundle_without_files_is_refused() {
    let refusal = read_all(&zipped(&[("a/", b"")]), "a.zip", &Limits::default(), is_ignored);
    assert!(matches!(refusal, Err(Refusal::Unsupported { .. })));
}
