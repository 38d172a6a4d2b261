//! Scans, through the real programs: gouji and Tesseract. Without the latter nothing is shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot set up should panic"
)]

#[path = "common/office.rs"]
mod office;
#[path = "common/smtp.rs"]
mod smtp;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use office::{INTO_FILES, LOOK_OFTEN, Office, parse};

/// The first page of a table of 2018, 200 dpi, CCITT G4, a little askew, white on black.
fn scan() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scans/谷雨乡2018统计表.tif");
    fs::read(path).unwrap()
}

fn is_tesseract_there() -> bool {
    let found = gouji::worker::recognition::find(Some(Path::new("tesseract")));
    if let Err(lacking) = &found {
        eprintln!("{lacking}: nothing was shown");
    }
    found.is_ok()
}

const FILES: &str = "SELECT verdict, lacked_program FROM files";

/// Images are slow in a build without optimisation, and a reader has a minute.
#[test]
#[ignore = "GOUJI_UNDER_TEST=$PWD/target/release/gouji cargo test --test scans -- --ignored"]
fn a_scan_waits_for_the_program_and_is_read_once_it_is_there() {
    if !is_tesseract_there() {
        return;
    }
    let without = format!("{INTO_FILES}\n[ocr]\nprogram = \"/nowhere/tesseract\"");
    let mut office = Office::open(LOOK_OFTEN, &without);
    office.hand_in("谷雨乡.tif", scan());
    office.wait_for_rows(FILES, &["unreadable|1"]);
    office.wait("the office is told", || {
        let letters = office.letters();
        let told = |letter: &Vec<u8>| {
            parse(letter).body_text(0).unwrap().contains("扫描件，需要安装文字识别")
        };
        letters.iter().any(told)
    });
    assert!(office.log().contains("apt-get install tesseract-ocr tesseract-ocr-chi-sim"));
    assert!(office.stop().0.success());

    office.configure(LOOK_OFTEN, INTO_FILES);
    office.start();
    office.wait_for_rows("SELECT count(*) FROM reports", &["1"]);
    office.wait_for_rows(
        "SELECT unit, year, form FROM current_reports",
        &["禾川县谷雨乡人民政府|2018|2014"],
    );
    assert_eq!(
        office.query("SELECT disclosed, channel_weibo, channel_wechat FROM statistics"),
        ["190|0|137"]
    );
    assert_eq!(office.query("SELECT DISTINCT source FROM reports"), ["ocr"]);
    // Figures that are certain, and no other numbers.
    assert_eq!(office.query("SELECT count(*) FROM cells WHERE kind = 'text'"), ["0"]);
    assert_eq!(office.query("SELECT sum(value) FROM cells WHERE kind = 'number'"), ["541"]);
}

/// Compiles a program that says it is tesseract and then hangs. A script would not do: a reader may
/// start nothing else, so no shell either.
fn hanging_recogniser(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/hanging-recogniser.rs");
    let program = folder.join("recogniser");
    let compiled = Command::new("rustc").arg(source).arg("-o").arg(&program).status().unwrap();
    assert!(compiled.success());
    program
}

/// Whether a process runs this program.
fn is_running(program: &Path) -> bool {
    let is_it = |entry: &fs::DirEntry| {
        fs::read_link(entry.path().join("exe")).is_ok_and(|other| other == program)
    };
    fs::read_dir("/proc").unwrap().any(|entry| is_it(&entry.unwrap()))
}

/// A text waits for no scan whose recogniser never answers, and gouji stops as if nothing were.
#[test]
fn a_recogniser_that_hangs_holds_up_scans_only() {
    let folder = tempfile::tempdir().unwrap();
    let program = hanging_recogniser(folder.path());
    let with = format!("{INTO_FILES}\n[ocr]\nprogram = \"{}\"", program.display());
    let mut office = Office::open(LOOK_OFTEN, &with);
    // More than can be recognised at once: the rest waits, and must keep no reader either.
    let scans = 2 * std::thread::available_parallelism().unwrap().get() + 1;
    for number in 0..scans {
        // What follows the image belongs to no page: each file is another, and all are the same scan.
        let bytes = [scan(), format!("{number}").into_bytes()].concat();
        office.hand_in(&format!("{number}.tif"), bytes);
    }
    office.wait("a scan is being recognised", || is_running(&program));
    office.hand_in("年报.md", office::sound("青塘镇"));
    office.wait_for_rows("SELECT count(*) FROM reports", &["1"]);
    let (status, took) = office.stop();
    assert!(status.success());
    assert!(took < Duration::from_secs(5), "{took:?}");
    office.wait("what recognised is gone with it", || !is_running(&program));
}

/// What `gouji check` says of some bytes, its exit status, and how long it took.
fn checked(name: &str, bytes: &[u8]) -> (String, i32, Duration) {
    let office = Office::new("", "");
    office.hand_in(name, bytes);
    let begun = Instant::now();
    let mut check: Command = office.gouji(&["check", "--json"]);
    let output = check.arg(office.path(name)).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (said, output.status.code().unwrap(), begun.elapsed())
}

/// A TIFF file of one page without ink, as small as CCITT G4 makes it: a row like the one above is
/// one bit.
fn blank_tiff(width: u32, height: u32) -> Vec<u8> {
    let data = vec![0xFF_u8; usize::try_from(height / 8 + 8).unwrap().min(1 << 16)];
    let entries: [(u16, u32); 8] = [
        (256, width),
        (257, height),
        (258, 1),
        (259, 4),
        (262, 0),
        (273, 8 + 2 + 8 * 12 + 4),
        (278, height),
        (279, u32::try_from(data.len()).unwrap()),
    ];
    let mut file = b"II*\0\x08\0\0\0\x08\0".to_vec();
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend(data);
    file
}

#[test]
fn hostile_pictures_cost_only_themselves() {
    if !is_tesseract_there() {
        return;
    }
    let whole = scan();
    let huge = blank_tiff(4_000_000_000, 4_000_000_000);
    let bomb = blank_tiff(29_000, 29_000);
    let mut endless = blank_tiff(100, 100);
    // The directory of its next page is its own.
    let next = 8 + 2 + 8 * 12;
    endless[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
    let cut = &whole[..whole.len() / 3];
    for (name, bytes) in [
        ("huge.tif", &huge[..]),
        ("bomb.tif", &bomb[..]),
        ("endless.tif", &endless[..]),
        ("cut.tif", cut),
    ] {
        let (said, status, took) = checked(name, bytes);
        assert_eq!(status, 2, "{name}: {said}");
        assert!(said.contains("\"verdict\":\"unreadable\""), "{name}: {said}");
        assert!(!said.contains("\"reason\":null"), "{name}: {said}");
        assert!(took < Duration::from_secs(60), "{name}: {took:?}");
    }
}
