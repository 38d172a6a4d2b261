//! Documents made by hand, one for each trap of the format.

use std::io::{Cursor, Write};

use cfb::CompoundFile;

use super::*;
use crate::document::drawn::shown;

/// Where the text begins; before it the block of information and a page for each kind of runs.
const TEXT: usize = 0x800;

/// A document under construction: text in pieces, runs by place in the stream.
#[derive(Default)]
struct Made {
    text: Vec<u8>,
    /// First character, place, whether in single bytes, modifier.
    pieces: Vec<(usize, usize, bool, u16)>,
    characters: usize,
    hidden: Vec<(usize, usize, Vec<u8>)>,
    paragraphs: Vec<(usize, usize, Vec<u8>)>,
    shared: Vec<u8>,
    /// Stylesheet, lists, overrides of lists.
    tables: [Vec<u8>; 3],
}

impl Made {
    fn wide(&mut self, text: &str) -> &mut Self {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.piece(&bytes, false, 0)
    }

    fn piece(&mut self, bytes: &[u8], is_narrow: bool, modifier: u16) -> &mut Self {
        self.pieces.push((self.characters, TEXT + self.text.len(), is_narrow, modifier));
        self.characters += if is_narrow { bytes.len() } else { bytes.len() / 2 };
        self.text.extend(bytes);
        self
    }

    /// Formats the text added last; that before it is plain.
    fn with(&mut self, property: &[u8]) -> &mut Self {
        let start = self.pieces.last().unwrap().1;
        let plain = self.hidden.last().map_or(TEXT, |last| last.1);
        self.hidden.push((plain, start, Vec::new()));
        self.hidden.push((start, TEXT + self.text.len(), property.to_vec()));
        self
    }

    fn paragraph(&mut self, properties: &[u8]) -> &mut Self {
        self.styled(0, properties)
    }

    fn styled(&mut self, style: u8, properties: &[u8]) -> &mut Self {
        let start = self.paragraphs.last().map_or(TEXT, |last| last.1);
        let entry = [&[style, 0], properties].concat();
        self.paragraphs.push((start, TEXT + self.text.len(), entry));
        self
    }

    fn file(&self) -> Vec<u8> {
        let plex = |pages: u32| -> Vec<u8> {
            [0, u32::MAX, pages].iter().flat_map(|n| n.to_le_bytes()).collect()
        };
        let clx = self.clx();
        let (characters, paragraphs) = (plex(2), plex(3));
        let mut word = vec![0; TEXT];
        let mut put = |at: usize, bytes: &[u8]| word[at..at + bytes.len()].copy_from_slice(bytes);
        let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        put(0, &[0xEC, 0xA5, 0xC1, 0x00]);
        put(0x4C, &number(self.characters));
        put(0x01A2, &[number(0), number(clx.len())].concat());
        put(0x00FA, &[number(clx.len()), number(12)].concat());
        put(0x0102, &[number(clx.len() + 12), number(12)].concat());
        let mut at = clx.len() + 24;
        for (place, content) in [0x00A2, 0x02E2, 0x02EA].into_iter().zip(&self.tables) {
            put(place, &[number(at), number(content.len())].concat());
            at += content.len();
        }
        put(0x400, &page(&self.hidden, 1));
        put(0x600, &page(&self.paragraphs, 13));
        word.extend(&self.text);
        let table = [clx, characters, paragraphs, self.tables.concat()].concat();
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (name, content) in [("/WordDocument", word), ("/0Table", table)] {
            file.create_stream(name).unwrap().write_all(&content).unwrap();
        }
        file.into_inner().into_inner()
    }

    fn clx(&self) -> Vec<u8> {
        let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let mut plex: Vec<u8> = self.pieces.iter().flat_map(|piece| number(piece.0)).collect();
        plex.extend(number(self.characters));
        for (_, place, is_narrow, modifier) in &self.pieces {
            let place = if *is_narrow { (place * 2) | 0x4000_0000 } else { *place };
            plex.extend([0, 0]);
            plex.extend(number(place));
            plex.extend(modifier.to_le_bytes());
        }
        let mut clx = self.shared.clone();
        clx.push(2);
        clx.extend(number(plex.len()));
        clx.extend(plex);
        clx
    }

    fn try_lines(&self) -> Result<Vec<String>, Refusal> {
        read(&self.file(), &Limits::default()).map(|document| shown(&document.blocks))
    }

    fn lines(&self) -> Vec<String> {
        self.try_lines().unwrap()
    }
}

/// A page of runs with entries of 1 byte (characters) or 13 (paragraphs).
fn page(runs: &[(usize, usize, Vec<u8>)], entry: usize) -> Vec<u8> {
    let mut page = vec![0; 512];
    let mut free = 510;
    let entries = 4 * (runs.len() + 1);
    for (n, (start, end, properties)) in runs.iter().enumerate() {
        page[4 * n..4 * n + 4].copy_from_slice(&u32::try_from(*start).unwrap().to_le_bytes());
        page[4 * n + 4..4 * n + 8].copy_from_slice(&u32::try_from(*end).unwrap().to_le_bytes());
        let mut list = properties.clone();
        if entry == 13 {
            list.resize(list.len().next_multiple_of(2), 0);
            list.splice(0..0, [0, u8::try_from(list.len() / 2).unwrap()]);
        } else {
            list.insert(0, u8::try_from(list.len()).unwrap());
        }
        free = (free - list.len()) & !1;
        page[free..free + list.len()].copy_from_slice(&list);
        page[entries + entry * n] = u8::try_from(free / 2).unwrap();
    }
    page[511] = u8::try_from(runs.len()).unwrap();
    page
}

const HIDDEN: &[u8] = &[0x3C, 0x08, 1];
const DELETED: &[u8] = &[0x00, 0x08, 1];
const IN_TABLE: &[u8] = &[0x16, 0x24, 1];

/// A row's end with its edges; `upward` gives each cell's vertical merge (1: continue, 3: first).
fn row_end(edges: &[i16], upward: &[u16]) -> Vec<u8> {
    let count = edges.len() - 1;
    let mut cells: Vec<u8> = vec![u8::try_from(count).unwrap()];
    cells.extend(edges.iter().flat_map(|edge| edge.to_le_bytes()));
    for n in 0..count {
        let flags = upward.get(n).copied().unwrap_or_default() << 5;
        cells.extend(flags.to_le_bytes());
        cells.extend([0; 18]);
    }
    let length = u16::try_from(cells.len() + 1).unwrap().to_le_bytes();
    [IN_TABLE, &[0x17, 0x24, 1, 0x08, 0xD6], &length, &cells].concat()
}

#[test]
fn pieces_of_every_width_are_read_in_the_order_of_the_table() {
    let (gbk, _, _) = encoding_rs::GBK.encode("总计，");
    let mut made = Made::default();
    made.wide("一、").piece(&gbk, true, 0).piece(b"12\x93x\x94\r", true, 0).paragraph(&[]);
    assert_eq!(made.lines(), ["一、总计，12“x”"]);
    made.pieces.swap(0, 1);
    let (first, second) = (made.pieces[0].0, made.pieces[1].0);
    (made.pieces[0].0, made.pieces[1].0) = (second, first);
    made.pieces[1].0 = 6;
    assert_eq!(made.lines(), ["总计，一、12“x”"]);
}

#[test]
fn hidden_and_deleted_text_and_field_instructions_are_left_out() {
    let mut made = Made::default();
    made.wide("1").wide("9").with(HIDDEN).wide("2").wide("8").with(DELETED);
    made.wide("7").with(&[0x37, 0x08, 1]).wide("6").with(&[0x53, 0x2A, 1]);
    made.wide("\u{13} PAGE \u{14}3\u{15}\r").paragraph(&[]);
    assert_eq!(made.lines(), ["123"]);
    let mut made = Made::default();
    made.wide("1")
        .wide("2")
        .with(&[0x45, 0x48, 8, 0])
        .wide("3")
        .with(&[0x43, 0x4A, 2, 0])
        .wide("4");
    made.wide("5")
        .with(&[0x70, 0x68, 0xFF, 0xFF, 0xFF, 0])
        .wide("6")
        .with(&[0x42, 0x2A, 8])
        .wide("7\r");
    assert_eq!(made.paragraph(&[]).lines(), ["147"]);
}

#[test]
fn special_characters_are_marks_and_symbols_and_never_figures() {
    let mut made = Made::default();
    made.wide("1").with(&[0x55, 0x08, 1]).wide("\u{5}").with(&[0x55, 0x08, 1]);
    made.wide("(").with(&[0x55, 0x08, 1, 0x09, 0x6A, 2, 0, 0x31, 0xF0]).wide("2\r");
    assert_eq!(made.paragraph(&[]).lines(), ["1\u{F031}2"]);
}

#[test]
fn a_list_whose_entries_stand_elsewhere_is_no_blank() {
    let line = |text: &str| {
        let mut made = Made::default();
        made.wide(text).paragraph(&[]);
        made.lines()
    };
    assert_eq!(line("1\u{13} XE 甲 \u{14}\u{15}\r"), ["1"]);
    assert!(line("\u{13} FORMDROPDOWN \u{14}\u{15}\r").is_empty());
}

#[test]
fn formatting_of_a_whole_piece_counts() {
    let mut made = Made { shared: [&[1, 3, 0], HIDDEN].concat(), ..Made::default() };
    made.wide("1").piece(b"9", true, 1).piece(b"8", true, (0x5C << 1) | 0x100).wide("2\r");
    assert_eq!(made.paragraph(&[]).lines(), ["12"]);
}

#[test]
fn a_deleted_paragraph_mark_joins_two_paragraphs() {
    let mut made = Made::default();
    made.wide("1").wide("\r").with(DELETED).paragraph(&[]).wide("2\r").paragraph(&[]);
    assert_eq!(made.lines(), ["12"]);
}

#[test]
fn empty_cells_are_no_row_ends_and_merged_cells_cover_rows() {
    let mut made = Made::default();
    for (cells, edges, upward) in [
        ("A\u{7}B\u{7}\u{7}", [0, 1000, 2000, 3000], [3, 0, 0]),
        ("\u{7}\u{7}C\u{7}", [5, 1010, 1990, 3004], [1, 0, 0]),
    ] {
        for cell in cells.split_inclusive('\u{7}') {
            made.wide(cell).paragraph(IN_TABLE);
        }
        made.wide("\u{7}").paragraph(&row_end(&edges, &upward));
    }
    made.wide("D\r").paragraph(&[]);
    assert_eq!(made.lines(), ["[0.0+2×1=A 0.1=B 0.2= 1.1= 1.2=C]", "D"]);
}

#[test]
fn a_deleted_row_is_left_out() {
    let rows = |text_too: bool| {
        let mut made = Made::default();
        for (text, is_deleted) in [("1", false), ("2", true), ("3", false)] {
            for text in [text, "x"] {
                made.wide(text);
                if is_deleted && text_too {
                    made.with(DELETED);
                }
                made.wide("\u{7}").paragraph(IN_TABLE);
            }
            made.wide("\u{7}");
            if is_deleted {
                made.with(DELETED);
            }
            made.paragraph(&row_end(&[0, 1000, 2000], &[]));
        }
        made.lines()
    };
    assert_eq!(rows(true), ["[0.0=1 0.1=x 1.0=3 1.1=x]"]);
    assert_eq!(rows(false), ["[0.0=1 0.1=x 1.0=2 1.1=x 2.0=3 2.1=x]"]);
}

#[test]
fn text_beyond_the_stream_or_less_than_declared_is_refused() {
    let mut made = Made::default();
    made.wide("1\r").paragraph(&[]);
    made.pieces[0].1 = 0x10_0000;
    assert!(matches!(made.try_lines(), Err(Refusal::Incomplete(_))));
    let mut short = Made::default();
    short.wide("1\r").paragraph(&[]);
    short.pieces.clear();
    assert!(matches!(short.try_lines(), Err(Refusal::Damaged(_))));
}

/// A stylesheet: for each style its base (4095: none) and properties of paragraph and characters.
fn stylesheet(styles: &[(u16, &[u8], &[u8])]) -> Vec<u8> {
    let word = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let padded = |list: Vec<u8>| {
        let mut entry = [word(list.len()).to_vec(), list].concat();
        entry.resize(entry.len().next_multiple_of(2), 0);
        entry
    };
    let mut sheet = [word(4), word(styles.len()), word(10)].concat();
    for (base, paragraph, characters) in styles {
        let mut style = vec![0; 10];
        style[2..4].copy_from_slice(&(1 | base << 4).to_le_bytes());
        style.extend([1, 0, b'a', 0, 0, 0]);
        style.extend(padded([&[0, 0], *paragraph].concat()));
        style.extend(padded(characters.to_vec()));
        sheet.extend([&word(style.len()), style.as_slice()].concat());
    }
    sheet
}

/// One list of a single level `%1、` in Chinese numerals, which begins with 2 in its second use.
fn numbered() -> Made {
    let level = |start: u8| {
        let mut level = vec![0; 28];
        (level[0], level[4], level[15]) = (start, 39, 2);
        [level, vec![2, 0, 0, 0, 0x01, 0x30]].concat()
    };
    let mut entry = vec![0; 28];
    (entry[0], entry[26]) = (7, 1);
    let lists = [vec![1, 0], entry, level(1)].concat();
    let using =
        |overrides: u8| [&[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, overrides, 0, 0, 0][..]].concat();
    let overrides = [
        vec![2, 0, 0, 0],
        using(0),
        using(1),
        vec![0xFF; 4],
        vec![0xFF; 4],
        vec![5, 0, 0, 0, 0x10, 0, 0, 0],
    ];
    let styles = stylesheet(&[
        (4095, &[], &[]),
        (4095, &[0x0B, 0x46, 1, 0], &[0x3C, 0x08, 1]),
        (1, &[], &[0x3C, 0x08, 0]),
    ]);
    Made { tables: [styles, lists, overrides.concat()], ..Made::default() }
}

#[test]
fn paragraphs_show_the_numbers_of_their_lists() {
    let mut made = numbered();
    made.wide("总体\r").paragraph(&[0x0B, 0x46, 1, 0]);
    made.wide("公开\r").styled(2, &[]);
    made.wide("正文\r").styled(2, &[0x0B, 0x46, 0, 0]);
    made.wide("另起\r").paragraph(&[0x0B, 0x46, 2, 0]);
    assert_eq!(made.lines(), ["一、总体", "二、公开", "正文", "五、另起"]);
    // Lists that are cut off number nothing, and are no reason to lose the text.
    made.tables[1].truncate(40);
    assert_eq!(made.lines(), ["总体", "公开", "正文", "另起"]);
}

#[test]
fn text_hidden_by_its_style_is_not_shown_unless_it_says_otherwise() {
    let mut made = numbered();
    made.wide("甲");
    made.wide("藏").with(&[0x3C, 0x08, 0x80]);
    made.wide("显").with(&[0x3C, 0x08, 0x81]);
    made.wide("\r").styled(1, &[0x0B, 0x46, 0, 0]);
    made.wide("乙\r").styled(2, &[0x0B, 0x46, 0, 0]);
    assert_eq!(made.lines(), ["显", "乙"]);
}

#[test]
fn a_mark_raised_by_its_style_is_no_part_of_a_figure() {
    let mut made = numbered();
    made.tables[0] = stylesheet(&[(4095, &[], &[]), (4095, &[], &[0x48, 0x2A, 1])]);
    made.wide("10").wide("2").with(&[0x30, 0x4A, 1, 0]).wide("\r").paragraph(&[]);
    assert_eq!(made.lines(), ["10"]);
}
