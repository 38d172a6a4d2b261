//! The limits of a reader process, on the real program: whatever a reader does, it costs the one
//! file its verdict and nothing else (reliability.md, T26).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gouji::document::{Block, Refusal};
use gouji::inspect::{Lost, Reading};
use gouji::worker::{Workers, confine};

const NAME: &str = "青塘镇2025.txt";
const TEXT: &str = "青塘镇人民政府2025年工作年度报告\n\n现公布如下。\n";
const TITLE: &str = "青塘镇人民政府2025年工作年度报告";

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_gouji"))
}

fn workers() -> Workers {
    Workers::of(program(), &[], 2)
}

async fn misbehaving(how: &str) -> Reading {
    let workers = Workers::of(program(), &[&format!("--misbehave={how}")], 2);
    workers.read(NAME, TEXT.as_bytes()).await.unwrap()
}

/// The text of the first paragraph.
fn first_line(reading: &Reading) -> Option<&str> {
    let Reading::Documents(documents) = reading else { return None };
    let (_, Ok(document)) = documents.first()? else { return None };
    document.blocks.iter().find_map(|block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.text.trim()),
        _ => None,
    })
}

#[tokio::test]
async fn a_file_is_read_in_a_process_of_its_own() {
    let reading = workers().read(NAME, TEXT.as_bytes()).await.unwrap();
    assert_eq!(first_line(&reading), Some(TITLE), "{reading:?}");
    let reading = workers().read("空.docx", b"").await.unwrap();
    assert_eq!(reading, Reading::Refused(Refusal::Empty));
}

#[tokio::test]
async fn a_reader_that_allocates_two_gigabytes_runs_out_of_memory() {
    assert_eq!(misbehaving("allocate").await, Reading::Lost(Lost::OutOfMemory));
}

#[tokio::test]
async fn a_reader_that_spins_is_ended_by_its_processor_time() {
    let begun = Instant::now();
    assert_eq!(misbehaving("spin").await, Reading::Lost(Lost::Overran));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_reader_that_sleeps_is_ended_by_the_clock_on_the_wall() {
    let begun = Instant::now();
    assert_eq!(misbehaving("sleep").await, Reading::Lost(Lost::Overran));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_reader_that_aborts_overflows_its_stack_or_panics_has_crashed() {
    for how in ["abort", "recurse", "panic"] {
        assert_eq!(misbehaving(how).await, Reading::Lost(Lost::Crashed), "{how}");
    }
}

#[tokio::test]
async fn a_reader_that_answers_without_end_is_refused() {
    let reading = misbehaving("babble").await;
    assert!(matches!(reading, Reading::Refused(Refusal::TooLarge(_))), "{reading:?}");
}

/// Every line of what a misbehaving reader tells about its attempts.
async fn tried(how: &str) -> Vec<String> {
    let Reading::Documents(documents) = misbehaving(how).await else { panic!("{how}: no answer") };
    let (_, Ok(document)) = &documents[0] else { panic!("{how}: no document") };
    let text = |block: &Block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.text.clone()),
        _ => None,
    };
    document.blocks.iter().filter_map(text).collect()
}

#[tokio::test]
async fn a_reader_opens_no_file_reaches_no_other_program_and_starts_none() {
    for (how, attempts) in [("open", 7), ("connect", 5), ("fork", 101)] {
        let tried = tried(how).await;
        assert_eq!(tried.len(), attempts, "{how}: {tried:?}");
        for line in tried {
            assert!(line.contains(": refused, "), "{how}: {line}");
        }
    }
    assert!(!Path::new("/tmp/gouji-misbehaves").exists());
}

/// What the daemon says once in its log.
#[tokio::test]
async fn the_walls_around_a_reader_are_told() {
    let told = workers().confinement().await.unwrap();
    eprintln!("{told}");
    // A kernel without seccomp is older than any that Rust supports.
    assert_eq!(told.seccomp, confine::Wall::Whole);
    let nobody = Workers::of(PathBuf::from("/bin/false"), &[], 1);
    assert!(nobody.confinement().await.is_err());
}

#[tokio::test]
async fn bad_files_between_good_ones_cost_only_themselves() {
    let good = workers();
    let bad = ["abort", "recurse", "allocate", "panic"];
    let bad = bad.map(|how| async move { misbehaving(how).await });
    let mut reading = tokio::task::JoinSet::new();
    for lost in bad {
        reading.spawn(async move { matches!(lost.await, Reading::Lost(_)) });
    }
    for number in 0..8 {
        let good = good.clone();
        reading.spawn(async move {
            let text = format!("第{number}份\n");
            let reading = good.read(NAME, text.as_bytes()).await.unwrap();
            first_line(&reading) == Some(text.trim())
        });
    }
    assert_eq!(reading.join_all().await, [true; 12]);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_no_verdict_on_the_file() {
    let nobody = Workers::of(PathBuf::from("/nowhere/gouji"), &[], 1);
    assert!(nobody.read(NAME, TEXT.as_bytes()).await.is_err());
    // One that ends at once, and does not even know what a worker is, is another matter: how it
    // ended is all there is to go by.
    let other = Workers::of(PathBuf::from("/bin/false"), &[], 1);
    assert_eq!(other.read(NAME, TEXT.as_bytes()).await.unwrap(), Reading::Lost(Lost::Crashed));
}

#[tokio::test]
async fn a_waiting_worker_has_its_limits_on_and_ends_when_nobody_needs_it() {
    let mut child = tokio::process::Command::new(program())
        .arg("worker")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let process = Path::new("/proc").join(child.id().unwrap().to_string());
    let confined = async {
        loop {
            let limits = std::fs::read_to_string(process.join("limits")).unwrap();
            let has = |name: &str, value: u64| {
                let mut lines = limits.lines();
                lines.any(|line| line.starts_with(name) && line.contains(&format!(" {value} ")))
            };
            if has("Max data size", confine::MEMORY_BYTES)
                && has("Max cpu time", confine::CPU_SECONDS)
                && has("Max open files", 3)
                && has("Max file size", 0)
                && has("Max core file size", 0)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), confined).await.unwrap();
    let status = std::fs::read_to_string(process.join("status")).unwrap();
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    // When the one who gives it work goes away, it ends.
    drop(child.stdin.take());
    tokio::time::timeout(Duration::from_secs(20), child.wait()).await.unwrap().unwrap();
}
