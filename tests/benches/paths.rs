//! The processor time of each step a report goes through, in milliseconds for each report, on real
//! files of every format:
//!
//! ```console
//! $ cargo bench --locked --bench paths                # all
//! $ cargo bench --locked --bench paths -- whole       # the whole way of each format
//! ```
//!
//! It is the time of the thread (`CLOCK_THREAD_CPUTIME_ID`), not that of the clock on the wall: what
//! else the machine does in the meantime does not matter. The process of its own that reads a file
//! when gouji runs is not in it; `tests/benches/growth.py` measures that.
//!
//! `paths --times N CASE` does one case N times and nothing else, to be watched by perf;
//! valgrind can count its instructions. `--list-cases` names the cases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot set up should panic")]
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::as_conversions, reason = "times of a bench")]
#![allow(clippy::cast_precision_loss, reason = "times of a bench")]

#[path = "../common/reports.rs"]
mod reports;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, Throughput};
use gouji::check::{self, Policy};
use gouji::document::{self, Document, Limits};
use gouji::form::Forms;
use gouji::inspect::{Inspection, Reading, inspect};
use gouji::locate::{self, Evidence};
use gouji::report;
use gouji::store::{FileSeen, Inspected, NoticePolicy, Sha256, Store};
use gouji::watch::{Stamp, is_ignored};
use jiff::Timestamp;
use reports::{Dice, bound_cells, number, set, slips, sound};
use rustix::time::{ClockId, clock_gettime};

/// One report, as each program writes it.
const FORMATS: [&str; 14] = [
    "docx",
    "doc",
    "pdf",
    "cid.pdf",
    "xlsx",
    "xls",
    "html",
    "portal.html",
    "txt",
    "md",
    "ofd",
    "odt",
    "rtf",
    "mht",
];
/// Those that are laid over the forms, judged and recorded on their own: after reading, formats differ
/// little.
const LAID: [&str; 3] = ["docx", "pdf", "txt"];
/// Reports recorded in one transaction.
const BATCH: usize = 50;

/// A case: its name, how many reports one run of it takes, and what makes the run.
struct Case {
    name: String,
    reports: usize,
    prepare: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

impl Case {
    fn of<F: FnMut() + 'static>(name: String, prepare: impl Fn() -> F + 'static) -> Self {
        Self { name, reports: 1, prepare: Box::new(move || Box::new(prepare())) }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let cases = cases();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list-cases"] => cases.iter().for_each(|case| println!("{}", case.name)),
        ["--times", times, name] => {
            let mut run = (find(&cases, name).prepare)();
            (0..times.parse::<usize>().unwrap()).for_each(|_| run());
        }
        ["--count", name] => {
            let mut run = (find(&cases, name).prepare)();
            run();
            counted(&mut *run);
        }
        _ => measure(&cases),
    }
}

fn find<'c>(cases: &'c [Case], name: &str) -> &'c Case {
    let case = cases.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("no case {name}; see --list-cases"))
}

/// What callgrind is told to count.
#[inline(never)]
fn counted(run: &mut dyn FnMut()) {
    run();
    // A call in the last place would be a jump out of this function.
    black_box(());
}

fn measure(cases: &[Case]) {
    let mut criterion = Criterion::default()
        .with_measurement(ThreadTime)
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for case in cases {
        let (group, name) = case.name.split_once('/').unwrap();
        let mut group = criterion.benchmark_group(group);
        group.throughput(Throughput::Elements(case.reports as u64));
        group.bench_function(name, |bencher| {
            let mut run = (case.prepare)();
            bencher.iter(&mut *run);
        });
        group.finish();
    }
    criterion.final_summary();
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in FORMATS {
        cases.push(Case::of(format!("read/{format}"), move || {
            let bytes = bytes(format);
            move || drop(black_box(read(&bytes, format)))
        }));
    }
    cases.push(Case::of("answer/docx".into(), || {
        let reading = reading("docx");
        move || drop(black_box(through_the_pipe(&reading)))
    }));
    cases.push(Case::of("forms/load".into(), || || drop(black_box(Forms::load(None).unwrap()))));
    for format in LAID {
        cases.push(Case::of(format!("lay/{format}"), move || {
            let (document, forms) = (one(format), Forms::load(None).unwrap());
            move || drop(black_box(report::lay(&document, &forms, format).unwrap()))
        }));
        cases.push(Case::of(format!("inspect/{format}"), move || {
            let (reading, forms) = (reading(format), Forms::load(None).unwrap());
            let policy = Policy::default();
            move || drop(black_box(inspect(format, reading.clone(), &forms, &policy)))
        }));
    }
    cases.push(Case::of("check/rules".into(), || {
        let forms = Forms::load(None).unwrap();
        let report = report::lay(&one("docx"), &forms, "docx").unwrap();
        let policy = Policy::default();
        move || drop(black_box(check::check(&report, &forms, &policy)))
    }));
    for faults in [1, 3] {
        cases.push(Case::of(format!("locate/{faults} slips"), move || locating(faults)));
    }
    cases.push(Case {
        reports: BATCH,
        ..Case::of("store/record".into(), || {
            let inspections = judged("docx", &Forms::load(None).unwrap());
            let mut office = Office::open();
            move || office.record((0..BATCH).map(|_| inspections.clone()).collect())
        })
    });
    for format in FORMATS {
        cases.push(Case {
            reports: BATCH,
            ..Case::of(format!("whole/{format}"), move || {
                let bytes = bytes(format);
                let mut office = Office::open();
                let policy = Policy::default();
                move || {
                    let judged = |_| {
                        let read = through_the_pipe(&read(&bytes, format));
                        inspect(format, read, &office.forms, &policy)
                    };
                    let judged = (0..BATCH).map(judged).collect();
                    office.record(judged);
                }
            })
        });
    }
    cases
}

/// Names the causes in reports with slips, the check before included.
fn locating(faults: usize) -> impl FnMut() {
    let forms = Forms::load(None).unwrap();
    let mut dice = Dice(7);
    let form = forms.get("2021").unwrap();
    let cells = bound_cells(form);
    let mut faulty = Vec::new();
    for _ in 0..20 {
        let mut report = sound(form, &mut dice);
        for _ in 0..faults {
            let cell = dice.pick(&cells);
            let made = slips(number(&report, cell).abs(), &mut dice);
            let (_, written) = *dice.pick(&made);
            set(&mut report, cell, written);
        }
        faulty.push(report);
    }
    let mut next = 0;
    move || {
        let policy = Policy::default();
        let report = &faulty[next % faulty.len()];
        next += 1;
        let mut findings = check::check(report, &forms, &policy).findings;
        let evidence = Evidence::default();
        drop(black_box(locate::locate(report, &forms, &policy, &evidence, &mut findings)));
    }
}

/// A database in which every report is one of another unit.
struct Office {
    store: Store,
    forms: Forms,
    recorded: u64,
    _folder: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let forms = Forms::load(None).unwrap();
        let path = folder.path().join("gouji.db");
        let store = Store::open(&path, &forms, &Policy::default(), now()).unwrap();
        Self { store, forms, recorded: 0, _folder: folder }
    }

    /// Records reports in one transaction.
    fn record(&mut self, mut reports: Vec<Vec<Inspection>>) {
        let mut files = Vec::new();
        for inspections in &mut reports {
            self.recorded += 1;
            let number = self.recorded;
            let checked = inspections[0].checked.as_mut().unwrap();
            checked.report.unit = Some(format!("青塘县第{number}办事处"));
            let own = format!("{}。", own_word(number));
            checked.report.text.iter_mut().for_each(|text| *text = text.replace('。', &own));
            files.push(file(number));
        }
        let read: Vec<Inspected<'_>> = files
            .iter()
            .zip(&reports)
            .map(|(file, inspections)| Inspected { file, inspections })
            .collect();
        let policy = NoticePolicy { first_scan: false, quiet: true };
        let recorded = self.store.record_all(&read, &policy, None, now()).unwrap();
        assert!(recorded.iter().all(|documents| documents.iter().all(|d| d.report.is_some())));
    }
}

/// A word that no other report has: with the same sentences in all of them, each would be compared with others.
fn own_word(number: u64) -> String {
    let rare = |digit: u32| char::from_u32(0x3400 + digit).unwrap();
    number.to_string().chars().map(|digit| rare(digit.to_digit(10).unwrap())).collect()
}

fn file(number: u64) -> FileSeen {
    let stamp = Stamp { dev: 1, ino: number, size: 1, mtime_ns: 0, ctime_ns: 0 };
    FileSeen {
        path: PathBuf::from(format!("/srv/reports/{number}.docx")),
        sha256: Sha256::of(&number.to_le_bytes()),
        size: 1,
        modified_at: now(),
        stamp,
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn bytes(format: &str) -> Vec<u8> {
    let folder = "tests/data/parity/bureau-2022";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(format);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(bytes: &[u8], name: &str) -> Reading {
    let documents = document::read_all(bytes, name, &Limits::default(), is_ignored);
    Reading::Documents(documents.unwrap())
}

fn reading(format: &str) -> Reading {
    read(&bytes(format), format)
}

fn one(format: &str) -> Document {
    let Reading::Documents(documents) = reading(format) else { panic!("{format} was refused") };
    documents.into_iter().next().unwrap().1.unwrap()
}

/// What a reader process answers and the other side takes.
fn through_the_pipe(reading: &Reading) -> Reading {
    serde_json::from_slice(&serde_json::to_vec(reading).unwrap()).unwrap()
}

fn judged(format: &str, forms: &Forms) -> Vec<Inspection> {
    inspect(format, reading(format), forms, &Policy::default())
}

/// Processor time of the running thread.
struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap()
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Milliseconds
    }
}

/// Milliseconds of a run, and of a report where a run takes several.
struct Milliseconds;

impl ValueFormatter for Milliseconds {
    fn scale_values(&self, _: f64, values: &mut [f64]) -> &'static str {
        values.iter_mut().for_each(|nanoseconds| *nanoseconds /= 1e6);
        "ms"
    }

    fn scale_throughputs(
        &self,
        _: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        let Throughput::Elements(reports) = throughput else {
            return self.scale_values(0.0, values);
        };
        values.iter_mut().for_each(|nanoseconds| *nanoseconds /= 1e6 * *reports as f64);
        "ms a report"
    }

    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str {
        self.scale_values(0.0, values)
    }
}
