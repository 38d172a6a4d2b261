//! From a sound file to a broken one, inside its structure: members of an archive, elements of a
//! page, streams of a compound file, objects and operators of a PDF. Bytes flipped at random would
//! mostly be refused by the container and never reach a reader.

use std::io::{Cursor, Read as _, Write as _};

use super::Dice;

/// A file to start from.
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Longer mutants are cut: size alone is refused elsewhere.
const LONGEST: usize = 4 << 20;

/// Figures at the edges of types, counts and limits.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "63",
    "64",
    "255",
    "256",
    "257",
    "1000",
    "32767",
    "65535",
    "65536",
    "100000",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "1e9",
    "0.0000000001",
    "NaN",
    "",
    "１２３",
    "十",
    "/",
    "—",
];

/// Words that reports are made of, and that readers and rules look for.
const WORDS: &[&str] = &[
    "政府信息公开工作年度报告",
    "2025年",
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "总计",
    "合计",
    "（七）总计",
    "自然人",
    "商业企业",
    "结果维持",
    "本年新收政府信息公开申请数量",
    "共收到申请",
    "件",
    "万元",
    "O",
    "l",
    "--253",
    "０",
    "〇",
    "\u{0}",
    "\u{202e}",
    "\u{feff}",
    "\r",
    "\t",
    "|",
    "|---|",
    "&#x110000;",
    "&amp;",
    "]]>",
    "<!--",
    "见附件",
];

/// A mutant: the name and the bytes.
pub(crate) fn mutant(seeds: &[Seed], dice: &mut Dice) -> (String, Vec<u8>) {
    let seed = &seeds[dice.below(seeds.len())];
    let mut bytes = seed.bytes.clone();
    for _ in 0..=dice.below(3) {
        bytes = inside(&bytes, seeds, dice);
    }
    if dice.below(10) == 0 {
        raw(&mut bytes, seeds, dice);
    }
    bytes.truncate(LONGEST);
    (seed.name.clone(), bytes)
}

/// One change inside the structure these bytes have.
fn inside(bytes: &[u8], seeds: &[Seed], dice: &mut Dice) -> Vec<u8> {
    let changed = if bytes.starts_with(b"PK") {
        archive(bytes, seeds, dice)
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        compound(bytes, seeds, dice)
    } else if bytes.starts_with(b"%PDF") {
        Some(pdf(bytes, dice))
    } else {
        Some(tokens(bytes, dice))
    };
    changed.unwrap_or_else(|| {
        let mut bytes = bytes.to_vec();
        raw(&mut bytes, seeds, dice);
        bytes
    })
}

fn archive(bytes: &[u8], seeds: &[Seed], dice: &mut Dice) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        (&mut member).take(8 << 20).read_to_end(&mut content).ok()?;
        members.push((String::from_utf8_lossy(member.name_raw()).into_owned(), content));
    }
    // The largest member is mostly the document itself.
    let largest = (0..members.len()).max_by_key(|index| members[*index].1.len())?;
    let one = if dice.below(2) == 0 { largest } else { dice.below(members.len()) };
    let other = dice.below(members.len());
    match dice.below(12) {
        0 => drop(members.remove(one)),
        1 => {
            let moved = members[other].1.clone();
            members[one].1 = moved;
        }
        2 => members[one].1 = seeds[dice.below(seeds.len())].bytes.clone(),
        3 => members[one].0 = "../../etc/passwd".into(),
        4 => members.swap(one, other),
        _ => members[one].1 = inside(&members[one].1, seeds, dice),
    }
    let method = match dice.below(3) {
        0 => zip::CompressionMethod::Stored,
        _ => zip::CompressionMethod::Deflated,
    };
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(method)
        .compression_level((method == zip::CompressionMethod::Deflated).then_some(1));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        if writer.start_file(name, options).is_ok() {
            writer.write_all(&content).ok()?;
        }
    }
    Some(writer.finish().ok()?.into_inner())
}

fn compound(bytes: &[u8], seeds: &[Seed], dice: &mut Dice) -> Option<Vec<u8>> {
    if dice.below(4) == 0 {
        // The header and the tables behind it.
        let mut bytes = bytes.to_vec();
        let end = bytes.len().min(4096);
        numbers(&mut bytes[..end], dice);
        return Some(bytes);
    }
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes.to_vec())).ok()?;
    let streams: Vec<_> =
        file.walk().filter(cfb::Entry::is_stream).map(|entry| entry.path().to_owned()).collect();
    let path = streams.get(dice.below(streams.len().max(1)))?;
    let mut content = Vec::new();
    file.open_stream(path).ok()?.read_to_end(&mut content).ok()?;
    match dice.below(4) {
        0 => raw(&mut content, seeds, dice),
        _ => numbers(&mut content, dice),
    }
    file.create_stream(path).ok()?.write_all(&content).ok()?;
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}

/// Little-endian numbers, here and there.
fn numbers(bytes: &mut [u8], dice: &mut Dice) {
    const EDGES: [u32; 9] = [0, 1, 7, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff];
    for _ in 0..=dice.below(6) {
        if bytes.len() < 8 {
            return;
        }
        let at = dice.below(bytes.len() - 4);
        let number = match dice.below(3) {
            0 => EDGES[dice.below(EDGES.len())],
            1 => u32::try_from(dice.below(bytes.len() * 2)).unwrap_or(u32::MAX),
            _ => u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()).wrapping_add(1),
        };
        let width = [1, 2, 4][dice.below(3)];
        bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
    }
}

fn pdf(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let starts = find_all(bytes, b"stream\n").into_iter().chain(find_all(bytes, b"stream\r\n"));
    let starts: Vec<usize> = starts.filter(|at| !bytes[..*at].ends_with(b"end")).collect();
    if starts.is_empty() || dice.below(3) == 0 {
        return tokens(bytes, dice);
    }
    let head = starts[dice.below(starts.len())];
    let start = head + 7 + usize::from(bytes[head + 6] == b'\r');
    let Some(length) = find_all(&bytes[start..], b"endstream").first().copied() else {
        return tokens(bytes, dice);
    };
    let packed = &bytes[start..start + length];
    let mut content = Vec::new();
    let inflated = flate2::read::ZlibDecoder::new(packed).take(4 << 20).read_to_end(&mut content);
    if inflated.is_err() && content.is_empty() {
        content = packed.to_vec();
    }
    let content = tokens(&content, dice);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&content).unwrap();
    // Offsets behind it are wrong now, which readers must live with as well.
    [&bytes[..start], &packed.finish().unwrap(), b"\n", &bytes[start + length..]].concat()
}

fn find_all(bytes: &[u8], what: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(what.len()))
        .filter(|at| bytes[*at] == what[0] && bytes[*at..].starts_with(what))
        .collect()
}

/// Elements of a page, words of a text, operators of a drawing: whatever `<`, `>`, blanks and
/// brackets part.
pub(crate) fn tokens(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut tokens = split(bytes);
    for _ in 0..=dice.below(5) {
        if tokens.is_empty() {
            break;
        }
        change(&mut tokens, dice);
    }
    tokens.concat()
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut tokens = vec![Vec::new()];
    for byte in bytes {
        let opens = matches!(byte, b'<' | b'(' | b'[' | b'{' | b'\\' | b'/');
        if opens && tokens.last().is_some_and(|token| !token.is_empty()) {
            tokens.push(Vec::new());
        }
        tokens.last_mut().unwrap().push(*byte);
        if matches!(byte, b'>' | b' ' | b'\n' | b')' | b']' | b'}' | b'"' | b'|') {
            tokens.push(Vec::new());
        }
    }
    tokens
}

fn change(tokens: &mut Vec<Vec<u8>>, dice: &mut Dice) {
    let at = dice.below(tokens.len());
    let longest = if dice.below(3) == 0 { 200 } else { 4 };
    let length = 1 + dice.below(longest);
    let end = tokens.len().min(at + length);
    match dice.below(10) {
        0 => drop(tokens.drain(at..end)),
        1 => {
            let piece: Vec<_> = tokens[at..end].to_vec();
            let times = [1, 2, 10, 300, 3000][dice.below(5)];
            let times = times.min(1 + (1 << 19) / piece.concat().len().max(1));
            let many = std::iter::repeat_n(piece, times).flatten();
            tokens.splice(at..at, many);
        }
        2 => {
            let other = dice.below(tokens.len());
            tokens.swap(at, other);
        }
        3 => {
            let piece: Vec<_> = tokens.drain(at..end).collect();
            let to = dice.below(tokens.len() + 1);
            tokens.splice(to..to, piece);
        }
        4 => tokens[at] = WORDS[dice.below(WORDS.len())].into(),
        5 => tokens[at].extend(WORDS[dice.below(WORDS.len())].bytes()),
        6 if dice.below(4) == 0 => tokens.truncate(at),
        7 => {
            let piece = tokens[at..end].concat();
            tokens[at] = piece.iter().rev().copied().collect();
        }
        _ => number(tokens, at, dice),
    }
}

/// Puts another number in place of the next one.
fn number(tokens: &mut [Vec<u8>], from: usize, dice: &mut Dice) {
    let Some(token) = tokens[from..].iter_mut().find(|t| t.iter().any(u8::is_ascii_digit)) else {
        return;
    };
    let start = token.iter().position(u8::is_ascii_digit).unwrap();
    let digits = token[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    token.splice(start..start + digits, NUMBERS[dice.below(NUMBERS.len())].bytes());
}

/// Whatever can happen to bytes.
fn raw(bytes: &mut Vec<u8>, seeds: &[Seed], dice: &mut Dice) {
    if bytes.is_empty() {
        return;
    }
    let at = dice.below(bytes.len());
    let end = bytes.len().min(at + 1 + dice.below(4000));
    match dice.below(6) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            let to = dice.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        3 => {
            let other = &seeds[dice.below(seeds.len())].bytes;
            let from = dice.below(other.len());
            bytes.splice(at..end, other[from..].iter().take(4000).copied());
        }
        4 => numbers(bytes, dice),
        _ => {
            for _ in 0..=dice.below(20) {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice.below(8);
            }
        }
    }
}
