//! Fuzzing: sound files of every format are broken inside their structure ([`mutate`]), and every
//! mutant goes the whole way, from bytes to findings and causes. So do figures, rules and form files.
//! A reader may refuse anything; it may not panic, overflow its stack, hang or take more memory than
//! its process gets (reliability.md, T28).
//!
//! ```text
//! cargo test --test fuzz                                   the short run, as in CI
//! cargo test --release --test fuzz -- --mutants 1000000    the long one; --seed N, --only docx
//! cargo test --release --test fuzz -- --keep 1234          writes mutant 1234 to target/fuzz/
//! ```
//!
//! Mutants are made and read in processes of their own, which say which one they are at: one that
//! dies or stands still costs its mutant, which is written to `target/fuzz/`. What was once found lies
//! in `cases/`, and is read first in every run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    reason = "a test that cannot set up should panic"
)]

mod mutate;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::{Duration, Instant};

use gouji::check::Policy;
use gouji::document::{Limits, read_all};
use gouji::form::{self, Forms, expr};
use gouji::inspect::{Reading, inspect};
use gouji::report::{Cell, CellValue};
use gouji::worker::confine;
use mutate::Seed;
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The short run.
const MUTANTS: u64 = 400;
const SEED: u64 = 20_260_113;
/// Mutants a process takes on.
const PORTION: u64 = 100;
/// A mutant that takes longer stands still. Debug builds on busy machines are slow.
const STILL: Duration = Duration::from_secs(if cfg!(debug_assertions) { 120 } else { 20 });
/// No file may take a reader more processor time; a figure of release builds.
const SLOW: Duration = Duration::from_secs(5);

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::load(None).unwrap());

/// Repeatable randomness (`SplitMix64`).
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of one mutant.
    fn of(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        dice.below(2);
        Self(dice.0.wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

struct Options {
    mutants: u64,
    seed: u64,
    only: String,
    keep: Option<u64>,
    /// A portion, in a process of its own.
    from: Option<u64>,
}

impl Options {
    /// Also met with the arguments of other test programs, when all are run.
    fn parse() -> Self {
        let given: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            given.iter().position(|word| word == name).and_then(|at| given.get(at + 1)).cloned()
        };
        let number = |name: &str| value(name).and_then(|text| text.parse().ok());
        Self {
            mutants: number("--mutants").unwrap_or(MUTANTS),
            seed: number("--seed").unwrap_or(SEED),
            only: value("--only").unwrap_or_default(),
            keep: number("--keep"),
            from: number("--from"),
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seeds = seeds(&options.only);
    if let Some(number) = options.keep {
        println!("{}", keep(&seeds, options.seed, number).display());
        return ExitCode::SUCCESS;
    }
    if let Some(from) = options.from {
        portion(&options, &seeds, from);
        return ExitCode::SUCCESS;
    }
    let found = hunt(&options, &seeds);
    for (number, what) in &found {
        let path = keep(&seeds, options.seed, *number);
        println!("mutant {number}: {what}\n    {}", path.display());
    }
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Files of every format, from the tests of the readers.
fn seeds(only: &str) -> Vec<Seed> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut seeds = Vec::new();
    for folder in ["parity", "documents", "samples"] {
        for path in files(&data.join(folder)) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_description = name.ends_with(".json") || name.ends_with(".snap");
            if !is_description && path.to_string_lossy().contains(only) {
                seeds.push(Seed { name, bytes: fs::read(&path).unwrap() });
            }
        }
    }
    assert!(!seeds.is_empty(), "no file is called {only}");
    seeds
}

/// All files below a folder, in the same order everywhere.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn keep(seeds: &[Seed], seed: u64, number: u64) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&folder).unwrap();
    let (name, bytes) = mutate::mutant(seeds, &mut Dice::of(seed, number));
    let path = folder.join(format!("{seed}-{number}-{name}"));
    fs::write(&path, bytes).unwrap();
    path
}

/// What was found, by mutant.
type Found = BTreeMap<u64, String>;

/// Reads all mutants in as many processes as there are processors.
fn hunt(options: &Options, seeds: &[Seed]) -> Found {
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let found = Mutex::new(Found::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let mut from = next.fetch_add(PORTION, Ordering::Relaxed);
                    let end = options.mutants.min(from + PORTION);
                    if from >= end {
                        return;
                    }
                    while from < end {
                        from = watch(options, from, end, &found);
                    }
                    if from.is_multiple_of(50_000) {
                        let found = found.lock().unwrap().len();
                        eprintln!("{from} mutants, {found} found, {:?}", begun.elapsed());
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    println!(
        "fuzz: {} mutants of {} files from seed {}: {} found, {:.0?}",
        options.mutants,
        seeds.len(),
        options.seed,
        found.len(),
        begun.elapsed(),
    );
    found
}

/// Watches one process; returns where the next one begins.
fn watch(options: &Options, from: u64, end: u64, found: &Mutex<Found>) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--from", &from.to_string(), "--mutants", &end.to_string()])
        .args(["--seed", &options.seed.to_string(), "--only", &options.only])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, told) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)).ok();
    });
    let mut at = from;
    loop {
        match told.recv_timeout(STILL) {
            Ok(line) => match line.split_once(' ') {
                Some((number, what)) => {
                    eprintln!("mutant {number}: {what}");
                    found.lock().unwrap().insert(number.parse().unwrap(), what.to_owned());
                }
                None => at = line.parse().unwrap_or(at),
            },
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                child.wait().unwrap();
                found.lock().unwrap().insert(at, format!("stands still for {STILL:?}"));
                return at + 1;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        return end;
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    found.lock().unwrap().insert(at, format!("died, {}: {said}", output.status));
    at + 1
}

/// Reads a portion of the mutants; says at which it is, and what went wrong with it.
fn portion(options: &Options, seeds: &[Seed], from: u64) {
    let limit = |resource, value| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).unwrap();
    };
    limit(Resource::Data, confine::MEMORY_BYTES);
    limit(Resource::Core, 0);
    std::panic::set_hook(Box::new(|_| ()));
    let place = std::sync::Arc::new(Mutex::new(String::new()));
    let hook = std::sync::Arc::clone(&place);
    std::panic::set_hook(Box::new(move |panic| {
        *hook.lock().unwrap() = panic.to_string().replace('\n', " ");
    }));
    let mut out = std::io::stdout().lock();
    if from == 0 {
        cases(&mut out, &place);
    }
    for number in from..options.mutants {
        writeln!(out, "{number}").unwrap();
        out.flush().unwrap();
        let begun = processor_time();
        let survived = catch_unwind(AssertUnwindSafe(|| {
            let mut dice = Dice::of(options.seed, number);
            let (name, bytes) = mutate::mutant(seeds, &mut dice);
            read(&name, &bytes);
            figures(&mut dice);
            rules(&mut dice);
        }));
        if survived.is_err() {
            writeln!(out, "{number} panicked: {}", place.lock().unwrap()).unwrap();
        } else if processor_time() - begun > SLOW && !cfg!(debug_assertions) {
            writeln!(out, "{number} took {:?}", processor_time() - begun).unwrap();
        }
    }
}

/// What this process has taken of the processors.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// What was found before.
fn cases(out: &mut impl std::io::Write, place: &Mutex<String>) {
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/cases")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        if catch_unwind(AssertUnwindSafe(|| read(&name, &bytes))).is_err() {
            let place = place.lock().unwrap();
            writeln!(out, "0 case {} panicked: {place}", path.display()).unwrap();
        }
    }
}

/// From bytes to findings and causes.
fn read(name: &str, bytes: &[u8]) {
    let Ok(documents) = read_all(bytes, name, &Limits::default(), |_| false) else { return };
    for inspection in inspect(name, Reading::Documents(documents), &FORMS, &Policy::default()) {
        for finding in inspection.checked.iter().flat_map(|checked| &checked.findings) {
            assert!(!finding.message.contains("BUG:"), "{}", finding.message);
            assert!(!finding.message.is_empty() && !finding.source.is_empty());
        }
    }
}

/// The number reader, in every kind of cell.
fn figures(dice: &mut Dice) {
    const PRINTED: &str =
        "1,234件 （〇）五十 ５６３０元 0.563 万元 减12 +3 -4 ／ — 无 1 234.50 O l 〇 零 ①②";
    let printed = String::from_utf8_lossy(&mutate::tokens(PRINTED.as_bytes(), dice)).into_owned();
    for table in FORMS.iter().flat_map(|form| &form.tables) {
        let (row, column) = (&table.rows[dice.below(table.rows.len())], &table.columns[0]);
        let start = dice.below(8);
        let part: String = printed.chars().skip(start).take(1 + dice.below(12)).collect();
        if let CellValue::Number(number) = Cell::read(row, column, &part).value {
            let is_figure =
                |c: char| c.is_numeric() || "〇零一二三四五六七八九十百千万亿".contains(c);
            assert!(part.chars().any(is_figure), "{number} was read out of {part:?}");
        }
    }
}

/// The rule language, and files of forms.
fn rules(dice: &mut Dice) {
    const RULES: &str = "requests.new_requests.$c + requests.carried_in.$c = requests.result_total.$c \
        not (sum(requests.granted..other_rest.total) <= 3 and max(a.*.b, -4) > 0) or a.b.c => d.e.f <=> g.h.i != 2 * 3";
    let rule = String::from_utf8_lossy(&mutate::tokens(RULES.as_bytes(), dice)).into_owned();
    expr::parse(&rule).ok();
    expr::parse_term(&rule).ok();
    if dice.below(50) == 0 {
        let text = include_str!("../data/new-form/forms/letters-2024.toml");
        let text = String::from_utf8_lossy(&mutate::tokens(text.as_bytes(), dice)).into_owned();
        form::check_file("mutant.toml", &text).ok();
    }
}
