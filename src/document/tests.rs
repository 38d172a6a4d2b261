//! One report in every format gives the same tables and the same text.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn sample(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/documents");
    std::fs::read(folder.join(path)).unwrap()
}

fn document(path: &str) -> Document {
    read(&sample(path), path, &Limits::default()).unwrap()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// All rows of all tables: the texts in them, and how many blank cells.
fn rows(document: &Document) -> Vec<(Vec<String>, usize)> {
    let grids = document.blocks.iter().filter_map(|block| match block {
        Block::Grid(grid) => Some(grid),
        _ => None,
    });
    let row = |row: &[GridCell]| {
        let texts = row.iter().map(|cell| squeezed(&cell.text)).filter(|text| !text.is_empty());
        let texts: Vec<String> = texts.collect();
        let blanks = row.len() - texts.len();
        (texts, blanks)
    };
    grids.flat_map(|grid| grid.cells.chunk_by(|a, b| a.row == b.row).map(row)).collect()
}

fn paragraphs(document: &Document) -> Vec<String> {
    let texts = document.blocks.iter().filter_map(|block| match block {
        Block::Paragraph(paragraph) => Some(squeezed(&paragraph.text)),
        _ => None,
    });
    texts.collect()
}

#[test]
fn every_word_processor_format_gives_the_rows_and_paragraphs_of_the_docx() {
    let docx = document("docx/plain.docx");
    assert_eq!(rows(&docx).len(), 46);
    for path in ["doc/plain.doc", "rtf/plain.rtf", "odt/plain.odt", "odt/auto-number.odt"] {
        let other = document(path);
        assert_eq!(rows(&other), rows(&docx), "{path}");
        assert_eq!(paragraphs(&other), paragraphs(&docx), "{path}");
    }
}

#[test]
fn tracked_changes_of_an_odt_are_taken_as_accepted() {
    assert_eq!(rows(&document("odt/tracked.odt")), rows(&document("docx/plain.docx")));
}

#[test]
fn sheets_and_saved_pages_give_the_rows_of_the_docx() {
    let texts = |path: &str| -> Vec<Vec<String>> {
        let rows = rows(&document(path)).into_iter().map(|(texts, _)| texts);
        rows.filter(|texts| !texts.is_empty()).collect()
    };
    let docx = texts("docx/plain.docx");
    for path in ["xlsx/plain.xlsx", "xls/plain.xls", "mht/plain.mht"] {
        assert_eq!(texts(path), docx, "{path}");
    }
}

#[test]
fn a_table_written_with_edges_has_no_phantom_columns() {
    let widths = |path: &str| -> Vec<usize> {
        let document = document(path);
        let grids = document.blocks.iter().filter_map(|block| match block {
            Block::Grid(grid) => Some(grid.width()),
            _ => None,
        });
        grids.collect()
    };
    for path in ["docx/plain.docx", "doc/plain.doc", "rtf/plain.rtf", "odt/plain.odt"] {
        assert_eq!(widths(path), [4, 10, 15], "{path}");
    }
}

#[test]
fn half_a_file_is_refused_in_every_format() {
    for path in [
        "doc/plain.doc",
        "rtf/plain.rtf",
        "odt/plain.odt",
        "xls/plain.xls",
        "xlsx/plain.xlsx",
        "mht/plain.mht",
    ] {
        let bytes = sample(path);
        for part in 1..8 {
            let cut = bytes.get(..bytes.len() * part / 8).unwrap();
            assert!(read(cut, path, &Limits::default()).is_err(), "{part}/8 of {path}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_are_read_or_refused_by_every_reader(
        bytes in proptest::collection::vec(any::<u8>(), 0..2048)
    ) {
        let limits = Limits::default();
        for read in [doc::read, rtf::read, odt::read, ods::read, xlsx::read, xls::read, mht::read, flat::read] {
            let _outcome = read(&bytes, &limits);
        }
    }

    #[test]
    fn a_mutated_file_is_read_or_refused(
        which in 0_usize..6,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let path = ["doc/plain.doc", "rtf/plain.rtf", "odt/plain.odt", "xls/plain.xls", "xlsx/plain.xlsx", "mht/plain.mht"][which];
        let mut bytes = sample(path);
        for (at, byte) in changes {
            let index = at.index(bytes.len());
            bytes[index] = byte;
        }
        let _outcome = read(&bytes, path, &Limits::default());
    }
}
