//! Many files, and a long time: T4, T13, T17, T18, T25, T32 and the figures of long runs. All by
//! command, on a release build:
//! `cargo test --release --test faults -- --ignored --nocapture --test-threads=1 quantity`.

use std::fs;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::Signal;

use super::number;
use super::office::{EVENTS_ONLY, INTO_FILES, LOOK_OFTEN, Office, faulty, sound};

const REPORTS: &str = "SELECT count(*) FROM reports";
const WINDOW: &str = "coalesce = \"1s\"";

/// Four signs, others for each number up to a million.
fn signs(number: u64) -> Vec<char> {
    let all: Vec<char> =
        "东西南北山水云风松竹梅兰春夏秋冬花草江河湖海金银石田林泉龙凤安平".chars().collect();
    (0..4).map(|digit| all[usize::try_from((number >> (5 * digit)) % 32).unwrap()]).collect()
}

/// Half of them fail. Each is of a township of its own, and its sentences are its own.
fn report(number: u64) -> String {
    let signs = signs(number);
    let unit = format!("{}镇人民政府", signs.iter().collect::<String>());
    let text = if number.is_multiple_of(2) { faulty(&unit) } else { sound(&unit) };
    text.replace('。', &format!("{}。", signs.iter().rev().collect::<String>()))
}

/// Waits for so many reports, however long it takes.
fn wait_for(office: &Office, reports: u64) {
    let expected = [reports.to_string()];
    while office.query(REPORTS) != expected {
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn log_size(office: &Office) -> u64 {
    fs::metadata(office.root.join("gouji.db-wal")).map_or(0, |file| file.len())
}

/// T17 (at most 60 s, 100 MB, no storm of mails), then T4 (ready within a second, nothing is read).
#[test]
#[ignore = "ten thousand files"]
fn ten_thousand_files_at_once_and_a_restart() {
    let files = number("GOUJI_FILES", 10_000);
    // All of them come in one window: after a mail the next one keeps its distance.
    let mut office = Office::open(LOOK_OFTEN, "coalesce = \"90s\"");
    let texts: Vec<String> = (0..files).map(report).collect();
    let begun = Instant::now();
    for (number, text) in texts.iter().enumerate() {
        office.hand_in(&format!("{number}.md"), text);
    }
    eprintln!("T17: {files} files written in {:?}", begun.elapsed());
    wait_for(&office, files);
    let (took, memory) = (begun.elapsed(), office.process("VmHWM"));
    eprintln!("T17: recorded after {took:?}, {memory} kB at most");
    office.wait_for_rows("SELECT count(*) FROM notices WHERE state = 'waiting'", &["0"]);
    office.wait_for_rows("SELECT DISTINCT state FROM mails", &["sent"]);
    let letters = office.letters().len();
    eprintln!(
        "T17: {letters} mails; {} kB after composing them; log {} kB; database {} kB",
        office.process("VmHWM"),
        log_size(&office) / 1024,
        fs::metadata(office.root.join("gouji.db")).unwrap().len() / 1024,
    );
    office.stop();
    let begun = Instant::now();
    office.start();
    let ready = begun.elapsed();
    eprintln!("T4: ready after {ready:?}");
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(office.logged("Reading"), 0);
    assert_eq!(office.letters().len(), letters);
    assert!(letters <= 20, "{letters} mails");
    assert!(ready <= Duration::from_secs(1), "{ready:?}");
    assert!(took <= Duration::from_secs(60), "{took:?}");
    assert!(memory <= 100 * 1024, "{memory} kB");
}

/// T18 in full: twenty thousand reports while gouji is stopped.
#[test]
#[ignore = "twenty thousand files"]
fn twenty_thousand_files_while_the_queue_overflows() {
    let files = number("GOUJI_FILES", 20_000);
    let office = Office::open(EVENTS_ONLY, WINDOW);
    office.wait_for_log("The first scan is over");
    office.signal(Signal::STOP);
    (0..files).for_each(|number| office.hand_in(&format!("{number}.md"), report(number)));
    office.signal(Signal::CONT);
    let begun = Instant::now();
    wait_for(&office, files);
    let memory = office.process("VmHWM");
    eprintln!("T18: {files} files after {:?}, {memory} kB at most", begun.elapsed());
}

/// T13, B31: a reader stays in its transaction while a thousand reports are recorded.
#[test]
#[ignore = "a thousand files"]
fn a_reader_that_stays_while_a_thousand_reports_come() {
    let files = number("GOUJI_FILES", 1_000);
    let office = Office::open(LOOK_OFTEN, WINDOW);
    office.hand_in("0.md", report(0));
    wait_for(&office, 1);
    let reader = Connection::open(office.root.join("gouji.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM reports").unwrap();
    (1..files).for_each(|number| office.hand_in(&format!("{number}.md"), report(number)));
    wait_for(&office, files);
    let size = log_size(&office);
    eprintln!("T13: log {} MB after {files} reports under a pinned reader", size >> 20);
    reader.execute_batch("COMMIT").unwrap();
    office.hand_in("last.md", report(files));
    wait_for(&office, files + 1);
    eprintln!("T13: log {} MB when it has left", log_size(&office) >> 20);
    assert!(size <= 64 << 20, "{} MB", size >> 20);
}

/// T25: a folder of a hundred thousand files, most of them none of ours.
#[test]
#[ignore = "a hundred thousand files"]
fn a_folder_of_a_hundred_thousand_files() {
    let mut office = Office::new(LOOK_OFTEN, WINDOW);
    for number in 0..number("GOUJI_FILES", 100_000) {
        fs::File::create(office.path(&format!("{number}.docx"))).unwrap();
    }
    let begun = Instant::now();
    office.start();
    office.hand_in("a.md", report(1));
    wait_for(&office, 1);
    eprintln!("T25: {:?}, {} kB at most", begun.elapsed(), office.process("VmHWM"));
}

/// Idle and long runs are flat: `GOUJI_FILES` reports (100,000), a thousand at a time, each taken away
/// when it is recorded; every tenth round its figures.
#[test]
#[ignore = "a hundred thousand reports"]
fn memory_handles_and_log_stay_flat() {
    let rounds = number("GOUJI_FILES", 100_000) / 1000;
    let office = Office::open(LOOK_OFTEN, WINDOW);
    let begun = Instant::now();
    let mut figures = Vec::new();
    for round in 0..rounds {
        let numbers = round * 1000..(round + 1) * 1000;
        for number in numbers.clone() {
            office.hand_in(&format!("{number}.md"), report(number));
        }
        wait_for(&office, (round + 1) * 1000);
        numbers.for_each(|number| fs::remove_file(office.path(&format!("{number}.md"))).unwrap());
        let (memory, handles) = (office.process("VmRSS"), office.open_files());
        figures.push((memory, handles, log_size(&office)));
        if (round + 1) % (rounds / 10).max(1) == 0 {
            eprintln!(
                "{:>6} reports, {:>4} s: {memory} kB, {handles} handles, {} threads, log {} kB",
                (round + 1) * 1000,
                begun.elapsed().as_secs(),
                office.process("Threads"),
                log_size(&office) / 1024,
            );
        }
    }
    let (memory, handles, _) = figures[figures.len() / 2];
    let last = figures.last().unwrap();
    assert!(last.0 <= memory + memory / 5, "memory grows: {figures:?}");
    assert!(last.1 <= handles + 5, "handles grow: {figures:?}");
    assert!(figures.iter().all(|(_, _, log)| *log <= 64 << 20), "the log grows: {figures:?}");
}

/// An office in which nothing happens costs nothing: processor time over a minute.
#[test]
#[ignore = "waits a minute"]
fn an_idle_daemon_does_nothing() {
    let office = Office::open("", INTO_FILES);
    office.hand_in("a.md", report(1));
    wait_for(&office, 1);
    std::thread::sleep(Duration::from_secs(15));
    let ticks = || {
        let path = format!("/proc/{}/stat", office.running.as_ref().unwrap().id());
        let stat = fs::read_to_string(path).unwrap();
        let fields: Vec<u64> = stat
            .rsplit(") ")
            .next()
            .unwrap()
            .split(' ')
            .map(|field| field.parse().unwrap_or(0))
            .collect();
        fields[11] + fields[12]
    };
    let (before, handles) = (ticks(), office.open_files());
    std::thread::sleep(Duration::from_secs(60));
    let used = ticks() - before;
    eprintln!("idle: {} ms of processor time in a minute, {handles} handles", used * 10);
    assert!(used <= 10, "{used} ticks");
    assert_eq!(office.open_files(), handles);
}
