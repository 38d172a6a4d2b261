//! The real program in a real folder: reports are dropped, rows and mails appear, whatever happens
//! in between. Every wait is for a condition, with a deadline.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use gouji::check::Policy;
use gouji::form::Forms;
use gouji::store::{FileSeen, Sha256, Store};
use gouji::watch::Stamp;
use jiff::Timestamp;
use office::{
    DEADLINE, EVENTS_ONLY, INTO_FILES, LOOK_OFTEN, MailServer, NO_EVENTS, Office, faulty,
    message_id, parse, sound, subject, word,
};
use rusqlite::Connection;
use rustix::process::Signal;
use smtp::{Act, Encryption, Script};

const CURRENT: &str = "SELECT unit, year, version, verdict FROM current_reports ORDER BY unit";
const FILES: &str = "SELECT verdict, count(*) FROM files GROUP BY verdict ORDER BY verdict";

/// From an empty folder to a corrected report, with everything that lies around in such a folder.
fn a_day_at_the_office(drop_keys: &str) {
    // With tesseract or without it, which would be a letter more.
    let office = Office::open(drop_keys, &format!("{INTO_FILES}\n[ocr]\nprogram = \"\""));

    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    fs::create_dir(office.path("街道")).unwrap();
    office.hand_in("街道/柳荫乡.docx", word());
    let expected = [
        "东山乡人民政府|2022|1|passed",
        "禾川县柳荫乡人民政府|2019|1|failed",
        "青塘镇人民政府|2022|1|failed",
    ];
    office.wait_for_rows(CURRENT, &expected);
    let subjects = office.wait_for_letters(2);
    assert!(subjects.iter().any(|subject| subject.contains("青塘镇")), "{subjects:?}");
    assert!(subjects.iter().any(|subject| subject.contains("柳荫乡")), "{subjects:?}");

    // What is no report leaves no trace; what is no document is told.
    for junk in ["~$柳荫乡.docx", ".~lock.东山乡.md#", "Thumbs.db", "a.docx.part", ".hidden.md"]
    {
        office.hand_in(junk, faulty("无名镇人民政府"));
    }
    std::os::unix::fs::symlink(office.path("东山乡.md"), office.path("link.md")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, office.path("pipe.md"), fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    office.hand_in("照片.docx", b"\xff\xd8\xff\xe0\x00\x10JFIF and so on");
    office.wait_for_rows(FILES, &["failed|2", "passed|1", "unreadable|1"]);
    assert_eq!(office.wait_for_letters(3).len(), 3);

    // The same bytes again, under another name: nothing happens. Half a file waits until it is whole.
    office.hand_in("青塘镇 副本.md", faulty("青塘镇人民政府"));
    let whole = word();
    office.hand_in("街道/半个.docx", &whole[..whole.len() / 2]);
    office
        .wait_for_rows("SELECT state FROM waiting WHERE path_text LIKE '%半个%'", &["incomplete"]);
    office.hand_in("街道/半个.docx", &whole);
    office.wait_for_rows("SELECT state FROM waiting", &[]);
    let paths = "SELECT count(*) FROM paths";
    office.wait_for_rows(paths, &["6"]);
    assert_eq!(office.letters().len(), 3);

    // Put right: a new version, and the office hears of it in the same thread.
    office.hand_in("青塘镇.md", sound("青塘镇人民政府"));
    let expected = [
        "东山乡人民政府|2022|1|passed",
        "禾川县柳荫乡人民政府|2019|1|failed",
        "青塘镇人民政府|2022|2|passed",
    ];
    office.wait_for_rows(CURRENT, &expected);
    office.wait_for_letters(4);
    let letters = office.letters();
    let about = |letter: &&Vec<u8>| subject(letter).contains("青塘镇");
    let thread: Vec<_> = letters.iter().filter(about).collect();
    let ids: BTreeSet<_> = thread.iter().map(|letter| message_id(letter)).collect();
    let answers =
        thread.iter().filter_map(|letter| parse(letter).in_reply_to().as_text().map(str::to_owned));
    assert_eq!(answers.filter(|id| ids.contains(id)).count(), 1, "one answers the other");

    // Taken away: what was recorded stays.
    fs::remove_file(office.path("东山乡.md")).unwrap();
    office.wait_for_rows(
        "SELECT count(*) FROM paths WHERE withdrawn_at IS NOT NULL AND path_text LIKE '%东山乡%'",
        &["1"],
    );
    office.wait_for_rows(CURRENT, &expected);
}

#[test]
fn reports_are_recorded_told_and_corrected() {
    a_day_at_the_office(LOOK_OFTEN);
}

#[test]
fn reports_are_recorded_told_and_corrected_without_events() {
    a_day_at_the_office(NO_EVENTS);
}

#[test]
fn reports_are_recorded_told_and_corrected_by_events_alone() {
    a_day_at_the_office(EVENTS_ONLY);
}

fn a_report_arrives_over(encryption: Encryption, tls: &str, login: bool) {
    let mut script = Script::new(encryption);
    let mut more = String::new();
    if login {
        script = script.with_login("gouji", "correct horse", "LOGIN");
    }
    let server = MailServer::start(script);
    let mut office = Office::new(LOOK_OFTEN, "");
    if login {
        let file = office.root.join("password");
        fs::write(&file, "correct horse\n").unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        more = format!("username = \"gouji\"\npassword_file = \"{}\"", file.display());
    }
    office.configure(LOOK_OFTEN, &server.keys(tls, &more));
    office.start();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait("the mail arrives", || server.server.mails().len() == 1);
    let mails = server.server.mails();
    assert_eq!(mails[0].to, ["office@county.example"]);
    let text = parse(&mails[0].bytes).body_text(0).unwrap().into_owned();
    assert!(text.contains("青塘镇人民政府") && text.contains("2022"), "{text}");
    office.wait_for_rows("SELECT state, attempts FROM mails", &["sent|1"]);
}

#[test]
fn an_alert_arrives_over_plain_smtp() {
    a_report_arrives_over(Encryption::None, "none", false);
}

#[test]
fn an_alert_arrives_over_starttls_with_a_login() {
    a_report_arrives_over(Encryption::StartTls, "starttls", true);
}

#[test]
fn an_alert_arrives_over_implicit_tls_with_a_login() {
    a_report_arrives_over(Encryption::Implicit, "implicit", true);
}

/// T1 in small: killed at each step of a report's life, and started again.
#[test]
fn killed_at_any_step_nothing_is_lost_and_nothing_doubled() {
    let hang = |script: Script, verb, occurrence| script.on(verb, occurrence, Act::Hang);
    // The first mail never gets an answer to its content; the server has it all the same.
    let script = hang(Script::new(Encryption::None), "CONTENT", 1);
    let server = MailServer::start(hang(script, "RCPT", 3));
    let mut office = Office::new(LOOK_OFTEN, "");
    office.configure(LOOK_OFTEN, &server.keys("none", ""));

    let mut kill_when = |name: &str, unit: &str, reached: &dyn Fn(&Office) -> bool| {
        office.start();
        office.hand_in(name, faulty(unit));
        office.wait(&format!("the moment to kill at {name}"), || reached(&office));
        office.kill();
    };
    kill_when("1.md", "青塘镇人民政府", &|office| office.log().contains("Reading"));
    kill_when("2.md", "东山乡人民政府", &|_| server.server.heard("CONTENT") == 1);
    kill_when("3.md", "柳荫乡人民政府", &|_| server.server.heard("RCPT") == 3);
    kill_when("4.md", "石桥镇人民政府", &|office| office.log().contains("Recorded"));

    office.start();
    let units = ["东山乡", "柳荫乡", "石桥镇", "青塘镇"];
    office.wait("all mails", || {
        units.iter().all(|unit| server.units().iter().any(|arrived| arrived == unit))
    });
    office.wait_for_rows("SELECT DISTINCT state FROM mails", &["sent"]);
    office.wait_for_rows(
        "SELECT count(*), max(version), count(DISTINCT unit_id) FROM reports",
        &["4|1|4"],
    );
    office.wait_for_rows("PRAGMA integrity_check", &["ok"]);
    // What was sent again is the same, byte by byte.
    let mut by_id: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let contents = server.server.contents();
    for content in &contents {
        by_id.entry(message_id(content)).or_default().insert(content.clone());
    }
    assert!(contents.len() > by_id.len(), "one content was sent twice");
    assert!(by_id.values().all(|versions| versions.len() == 1), "a repeat differs");
    assert_eq!(by_id.len(), 4, "each report is told in one mail");
}

/// T4 in small.
#[test]
fn what_is_known_is_not_read_again_after_a_restart() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait_for_letters(1);
    let (status, _) = office.stop();
    assert!(status.success());
    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    office.start();
    office.wait_for_rows("SELECT count(*) FROM reports", &["2"]);
    assert_eq!(office.log().matches("Reading").count(), 1, "{}", office.log());
    assert_eq!(office.letters().len(), 1);
}

/// A file at whose reading gouji itself ended every time does not take it down for ever.
#[test]
fn a_file_that_never_came_to_a_verdict_is_given_up() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    office.stop();
    let report = sound("青塘镇人民政府");
    let seen = FileSeen {
        path: office.root.join("drop/青塘镇.md"),
        sha256: Sha256::of(report.as_bytes()),
        size: 1,
        modified_at: Timestamp::UNIX_EPOCH,
        stamp: Stamp { dev: 1, ino: 1, size: 1, mtime_ns: 0, ctime_ns: 0 },
    };
    let forms = Forms::load(None).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let database = office.root.join("gouji.db");
    let mut store = Store::open(&database, &forms, &Policy::default(), now).unwrap();
    for _ in 0..100 {
        store.begin_attempt(&seen, now).unwrap();
    }
    drop(store);
    office.hand_in("青塘镇.md", report);
    office.start();
    office.wait_for_rows(FILES, &["unreadable|1"]);
    assert!(office.log().contains("Ready"), "{}", office.log());
}

/// T3: while a mail is on its way and a file is settling.
#[test]
fn it_stops_within_two_seconds() {
    let server = MailServer::start(Script::new(Encryption::None).on("DATA", 0, Act::Hang));
    let mut office = Office::new(LOOK_OFTEN, "");
    office.configure(LOOK_OFTEN, &server.keys("none", ""));
    office.start();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait("the server keeps silent", || server.server.heard("DATA") == 1);
    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    let (status, took) = office.stop();
    assert!(status.success(), "{status}");
    assert!(took <= Duration::from_secs(2), "{took:?}\n{}", office.log());
    assert!(office.log().contains("Stopped"));
    let wal = fs::metadata(office.root.join("gouji.db-wal")).unwrap();
    assert_eq!(wal.len(), 0, "the log of the database is written back, and its file kept");
}

#[test]
fn a_dead_mail_server_holds_up_nothing_but_mails() {
    let server = MailServer::start(Script::new(Encryption::None).on("CONNECT", 1, Act::Drop));
    let mut office = Office::new(LOOK_OFTEN, "");
    office.configure(LOOK_OFTEN, &server.keys("none", ""));
    office.start();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait_for_log("Mails cannot go out");
    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    office.wait_for_rows("SELECT count(*) FROM reports", &["2"]);
    office.wait_for_rows("SELECT state, attempts FROM mails", &["queued|1"]);
    // A start makes everything due at once.
    office.stop();
    office.start();
    office.wait("the mail arrives", || server.units() == ["青塘镇"]);
}

/// B32: an editor with unsaved changes.
#[test]
fn a_locked_database_is_waited_out() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    office
        .wait_for_rows("SELECT name FROM facts WHERE name LIKE 'first%'", &["first_scan_ended_at"]);
    let stranger = Connection::open(office.root.join("gouji.db")).unwrap();
    stranger.busy_timeout(DEADLINE).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    // Not a wait for something to happen: this is how long the editor keeps its lock.
    std::thread::sleep(Duration::from_secs(2));
    assert!(office.query(CURRENT).is_empty());
    stranger.execute_batch("ROLLBACK").unwrap();
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|1|failed"]);
    office.wait_for_letters(1);
}

/// B14, T19 in small.
#[test]
fn a_folder_that_is_away_is_waited_for_and_loses_nothing() {
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    let (drop, away) = (office.root.join("drop"), office.root.join("away"));
    fs::remove_dir(&drop).unwrap();
    office.start();
    office.wait_for_log("is away: the folder does not exist");
    fs::create_dir(&drop).unwrap();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|1|failed"]);
    // The share goes, an empty mount point is left, the share comes back.
    fs::rename(&drop, &away).unwrap();
    fs::create_dir(&drop).unwrap();
    office.wait_for_log("is away: this is another folder");
    fs::remove_dir(&drop).unwrap();
    fs::rename(&away, &drop).unwrap();
    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    office.wait_for_rows("SELECT count(*) FROM current_reports", &["2"]);
    office.wait_for_rows("SELECT count(*) FROM paths WHERE withdrawn_at IS NOT NULL", &["0"]);
    assert_eq!(office.letters().len(), 1);
}

/// Two at once would send every mail twice.
#[test]
fn a_second_gouji_for_the_same_database_is_refused() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    let second = Command::new(env!("CARGO_BIN_EXE_gouji"))
        .args(["--config", "gouji.toml", "run"])
        .env_remove("STATE_DIRECTORY")
        .current_dir(&office.root)
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    let first = office.running.as_ref().unwrap().id();
    assert!(said.contains(&format!("another `gouji run` (process {first})")), "{said}");
    office.kill();
    office.start();
}

/// What is damaged is not worked on, and the remedy is said.
#[test]
fn a_damaged_database_ends_the_service() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    for number in 0..8 {
        let name = format!("{number}.md");
        office.hand_in(&name, sound(&format!("第{number}镇人民政府")));
    }
    office.wait_for_rows("SELECT count(*) FROM current_reports", &["8"]);
    office.stop();
    let database = office.root.join("gouji.db");
    let mut bytes = fs::read(&database).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 20_000].fill(0x5a);
    fs::write(&database, bytes).unwrap();
    let damaged = Command::new(env!("CARGO_BIN_EXE_gouji"))
        .args(["--config", "gouji.toml", "run"])
        .env_remove("STATE_DIRECTORY")
        .current_dir(&office.root)
        .output()
        .unwrap();
    assert_eq!(damaged.status.code(), Some(2));
    let said = String::from_utf8(damaged.stderr).unwrap();
    assert!(said.contains("is damaged"), "{said}");
    assert!(said.contains("move it aside"), "{said}");
}

#[test]
fn recorded_reports_move_into_the_archive_also_after_a_crash_in_between() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|1|failed"]);
    // Recorded and not moved: what a crash between the two leaves behind.
    office.kill();
    office.configure(&format!("{LOOK_OFTEN}\nafter = \"archive\""), INTO_FILES);
    office.start();
    let moved = office.root.join("archive/2022/青塘镇人民政府/青塘镇.md");
    office.wait("the file is archived", || moved.exists() && !office.path("青塘镇.md").exists());
    // Another file of that name does not replace it.
    office.hand_in("青塘镇.md", sound("青塘镇人民政府"));
    let second = office.root.join("archive/2022/青塘镇人民政府/青塘镇 (2).md");
    office.wait("the second file is archived", || second.exists());
    assert_eq!(fs::read_to_string(moved).unwrap(), faulty("青塘镇人民政府"));
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|2|passed"]);
    office.wait_for_rows(
        "SELECT count(*) FROM paths WHERE withdrawn_at IS NULL AND path_text LIKE '%/archive/%'",
        &["2"],
    );
}

/// What the first scan of a new database finds is told in one mail.
#[test]
fn the_first_scan_is_told_in_one_digest() {
    let mut office = Office::new(LOOK_OFTEN, "coalesce = \"1s\"");
    for unit in ["青塘镇", "东山乡", "石桥镇"] {
        office.hand_in(&format!("{unit}.md"), faulty(&format!("{unit}人民政府")));
    }
    office.start();
    office.wait_for_log("The first scan is over");
    office.wait_for_letters(1);
    let letters = office.letters();
    let text = parse(&letters[0]).body_text(0).unwrap().into_owned();
    for unit in ["青塘镇", "东山乡", "石桥镇"] {
        assert!(text.contains(unit), "{text}");
    }
}

/// Forty reports dropped together are one mail, and one that is put right is exactly one more, in the
/// thread of the digest.
#[test]
fn forty_reports_are_one_mail_and_a_correction_is_one_more() {
    let mut office = Office::open(LOOK_OFTEN, "coalesce = \"10s\"");
    office
        .wait_for_rows("SELECT name FROM facts WHERE name LIKE 'first%'", &["first_scan_ended_at"]);
    let unit = |number: usize| format!("第{number}镇人民政府");
    for number in 1..=40 {
        office.hand_in(&format!("{number}.md"), faulty(&unit(number)));
    }
    office.wait_for_rows("SELECT count(*) FROM current_reports", &["40"]);
    office.wait_for_letters(1);
    let digest = office.letters().remove(0);
    assert_eq!(subject(&digest), "【勾稽】2022 年报核查：40 份需更正");
    let text = parse(&digest).body_text(0).unwrap().into_owned();
    assert!((1..=40).all(|number| text.contains(&format!("{} 2022：需更正", unit(number)))));

    office.hand_in("7.md", sound(&unit(7)));
    let versions = "SELECT max(version) FROM reports";
    office.wait_for_rows(versions, &["2"]);
    office.wait_for_rows("SELECT count(*) FROM notices WHERE state = 'waiting'", &["1"]);
    // Between two mails lie ten minutes: they have passed while the service was stopped.
    office.stop();
    let db = Connection::open(office.root.join("gouji.db")).unwrap();
    db.execute("UPDATE mails SET created_at = created_at - 700", []).unwrap();
    drop(db);
    office.start();
    office.wait_for_letters(2);
    let letters = office.letters();
    let correction = letters.iter().find(|letter| **letter != digest).unwrap();
    assert_eq!(subject(correction), format!("【勾稽】{} 2022 年报：已更正", unit(7)));
    assert_eq!(parse(correction).in_reply_to().as_text(), Some(message_id(&digest).as_str()));
    office.wait_for_rows("SELECT state, count(*) FROM notices GROUP BY state", &["in_mail|41"]);
    assert_eq!(office.letters().len(), 2);
}

/// T22: whatever a name is made of, it is read, and shown without harm.
#[test]
fn odd_names_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let names: [&[u8]; 6] = [
        b"\xc7\xe0\xcc\xc1\xd5\xf2.md",
        b"a\nb\tc.md",
        b"-rf.md",
        b"\xff\xfe.md",
        "'; DROP TABLE reports; --\u{202e}dm.md".as_bytes(),
        " 空 格 .md".as_bytes(),
    ];
    for (number, name) in names.iter().enumerate() {
        let unit = ["东山乡", "西山乡", "南山乡", "北山乡", "青塘镇", "石桥镇"][number];
        let text = sound(&format!("{unit}人民政府"));
        fs::write(office.root.join("drop").join(OsStr::from_bytes(name)), text).unwrap();
    }
    office.wait_for_rows("SELECT count(*) FROM current_reports", &["6"]);
    office.wait_for_rows(FILES, &["passed|6"]);
    assert!(!office.log().contains('\u{202e}'));
}

/// A hang-up of a service, which has no terminal, means that the configuration has changed.
#[test]
fn a_changed_configuration_is_taken_up_and_a_wrong_one_is_told_and_left() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let rules = |rules: &str| {
        office.configure(LOOK_OFTEN, &format!("{INTO_FILES}\n[rules]\n{rules}"));
        office.signal(Signal::HUP);
    };
    rules("off = [\"requests-balance\", \"requests-row-total\", \"narrative-mismatch\"]");
    office.wait_for_log("Took up the configuration");
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|1|passed"]);
    rules("of = []");
    office.wait_for_log("unknown field `of` in [rules]");
    office.wait_for_log("the old one holds");
    office.hand_in("东山乡.md", faulty("东山乡人民政府"));
    let both = ["东山乡人民政府|2022|1|passed", "青塘镇人民政府|2022|1|passed"];
    office.wait_for_rows(CURRENT, &both);
    rules("severity = { requests-balance = \"error\" }");
    office.wait("it is taken up", || office.log().matches("Took up").count() == 2);
    office.hand_in("西山乡.md", faulty("西山乡人民政府"));
    office.wait_for_rows("SELECT unit FROM failing_reports", &["西山乡人民政府"]);
    office.configure("rescan = \"300ms\"", INTO_FILES);
    office.signal(Signal::HUP);
    office.wait_for_log("A change of [drop] is taken up by a restart only");
}

/// What it tells of itself: `status` of a running gouji, the metrics, the copy for strangers.
#[test]
fn a_running_gouji_tells_how_it_is_and_publishes_a_copy() {
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    let config = office.root.join("gouji.toml");
    let text = fs::read_to_string(&config).unwrap();
    let more = "[database]\nsnapshot = \"copy.db\"\n[metrics]\ntextfile = \"gouji.prom\"\n";
    fs::write(&config, format!("{text}{more}")).unwrap();
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.start();
    office.wait_for_rows(CURRENT, &["青塘镇人民政府|2022|1|failed"]);
    let status = || -> serde_json::Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gouji"));
        command.arg("--config").arg(&config).args(["status", "--json"]);
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
    };
    let pid = i64::from(office.pid().as_raw_nonzero().get());
    office.wait("the folder has been looked at", || {
        let status = status();
        let folder = &status["running"]["folders"][0];
        status["running"]["pid"] == pid && folder["online"] == true && folder["files"] == 1
    });
    let metrics = || fs::read_to_string(office.root.join("gouji.prom")).unwrap_or_default();
    office.wait("the metrics say so", || {
        metrics().contains("gouji_reports{verdict=\"failed\"} 1\n")
            && metrics().contains("gouji_files_to_read 0\n")
    });
    let copy = office.root.join("copy.db");
    office.wait("a copy is published", || copy.exists());
    let opened = Connection::open(&copy).unwrap();
    let mode: String = opened.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    let left: Vec<_> = fs::read_dir(&office.root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("snapshot") || name.ends_with(".new"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    office.stop();
    assert_eq!(status()["running"], serde_json::Value::Null);
    assert!(status()["last_seen_at"].is_string());
}

/// The roster of an office, and a day by which reports were due so that a list is due now.
fn overdue_yesterday() -> (String, i16) {
    let now = gouji::clock::now().to_zoned(jiff::tz::TimeZone::system());
    // An office's day begins at eight.
    let today = now.checked_sub(jiff::SignedDuration::from_hours(8)).unwrap().date();
    let due = today.yesterday().unwrap();
    // 29 February is no day that every year has.
    let due = if (due.month(), due.day()) == (2, 29) { due.yesterday().unwrap() } else { due };
    (format!("{:02}-{:02}", due.month(), due.day()), due.year() - 1)
}

/// Two offices over one mail server: each hears of its own, and is reminded of its own roster.
#[test]
fn offices_hear_of_their_own_folders_and_of_those_who_have_not_handed_in() {
    let server = MailServer::start(Script::new(Encryption::None));
    let (due, year) = overdue_yesterday();
    let mut office = Office::new(LOOK_OFTEN, "");
    let east = "单位名称,级别,联系邮箱\n青塘镇人民政府,乡镇,qingtang@county.example\n东山乡人民政府,乡镇,\n";
    fs::write(office.root.join("east.csv"), east).unwrap();
    for folder in ["east", "west"] {
        fs::create_dir(office.root.join(folder)).unwrap();
    }
    let offices = format!(
        "[units]\ndue = \"{due}\"\nremind_units = true\n\
         [[office]]\nname = \"东片\"\nfolders = \"east\"\nto = \"east@county.example\"\nroster = \"east.csv\"\n\
         [[office]]\nname = \"西片\"\nfolders = \"west\"\nto = \"west@county.example\"\n"
    );
    office.configure(LOOK_OFTEN, &server.keys("none", &offices));
    let text = sound("东山乡人民政府").replace("2022", &year.to_string());
    fs::write(office.root.join("east/东山乡.md"), text).unwrap();
    office.start();
    office.wait("list and reminder", || server.server.mails().len() == 2);
    let mails = server.server.mails();
    let to = |address: &str| {
        let mail = mails.iter().find(|mail| mail.to == [address]).unwrap();
        (subject(&mail.bytes), parse(&mail.bytes).body_text(0).unwrap().into_owned())
    };
    let (list, body) = to("east@county.example");
    assert!(list.contains("青塘镇人民政府") && list.contains("尚未报送"), "{list}");
    assert!(body.contains("青塘镇人民政府") && !body.contains("东山乡"), "{body}");
    let (reminder, body) = to("qingtang@county.example");
    assert!(reminder.contains("请报送") && body.contains("贵单位"), "{reminder} {body}");
    // Started again, nobody is told twice; what fails is told to the office of its folder alone.
    office.stop();
    office.start();
    fs::write(office.root.join("west/石桥镇.md"), faulty("石桥镇人民政府")).unwrap();
    office.wait("the alert", || server.server.mails().len() == 3);
    assert_eq!(server.server.mails()[2].to, ["west@county.example"]);
    office.wait_for_rows("SELECT count(*) FROM notices", &["3"]);
    let missing = "SELECT unit, on_roster, office FROM missing_reports WHERE office = '东片'";
    let this_year = i64::from(gouji::clock::now().to_zoned(jiff::tz::TimeZone::system()).year());
    if i64::from(year) == this_year - 1 {
        office.wait_for_rows(missing, &["青塘镇人民政府|1|东片"]);
    }
}

/// What comes in quiet hours waits, is settled silently, and goes when they end.
#[test]
fn in_quiet_hours_alerts_wait_and_nothing_is_lost() {
    let now = gouji::clock::now().to_zoned(jiff::tz::TimeZone::system());
    let hour = |hours| now.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
    let at = |hours| hour(hours).strftime("%H:%M").to_string();
    let quiet = format!("{INTO_FILES}\nquiet = \"{}-{}\"", at(-2), at(3));
    let mut office = Office::open(LOOK_OFTEN, &quiet);
    office.hand_in("青塘镇.md", faulty("青塘镇人民政府"));
    office.hand_in("东山乡.md", faulty("东山乡人民政府"));
    let states = "SELECT state, count(*) FROM notices GROUP BY state ORDER BY state";
    office.wait_for_rows(states, &["waiting|2"]);
    office.hand_in("东山乡.md", sound("东山乡人民政府"));
    office.wait_for_rows(states, &["superseded|1", "waiting|1"]);
    assert!(office.letters().is_empty());
    // A daily summary that was due before now goes at the start, with what is left.
    office.stop();
    office.configure(LOOK_OFTEN, INTO_FILES);
    office.start();
    let subjects = office.wait_for_letters(1);
    assert!(subjects[0].contains("青塘镇"), "{subjects:?}");
}

/// Of a bundle all reports stand on one page; a page stays where the report was handed in when that
/// is archived; in a folder of their own, those of each drop folder lie apart.
#[test]
fn receipts_of_bundles_of_several_folders_and_of_what_is_archived() {
    use std::io::Write;
    let mut bundle = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in
        [("东山乡.md", faulty("东山乡人民政府")), ("西山乡.md", sound("西山乡人民政府"))]
    {
        bundle.start_file(name, options).unwrap();
        bundle.write_all(text.as_bytes()).unwrap();
    }
    let bundle = bundle.finish().unwrap().into_inner();
    let keys = |receipts: &str| {
        format!(
            "folders = [\"drop\", \"局\"]\nafter = \"archive\"\nreceipts = \"{receipts}\"\n{LOOK_OFTEN}"
        )
    };
    let mut office = Office::new(&keys("beside"), INTO_FILES);
    fs::create_dir(office.root.join("局")).unwrap();
    office.start();
    office.hand_in("乡镇.zip", &bundle);
    let page = |path: &str| fs::read_to_string(office.root.join(path)).unwrap_or_default();
    office.wait("the page of a bundle", || page("drop/乡镇.zip.核查.html").contains("</html>"));
    let told = page("drop/乡镇.zip.核查.html");
    for words in [
        "共有 2 份",
        "东山乡人民政府 2022 年度报告",
        "核查未通过",
        "核查通过",
        "乡镇.zip 中的 东山乡.md",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let archived = |name: &str| office.root.join("archive/2022").join(name).exists();
    office.wait("the bundle is archived", || archived("多个单位/乡镇.zip"));
    assert!(!office.path("乡镇.zip").exists() && office.path("乡镇.zip.核查.html").exists());
    // The corrected report of the same name takes the page over.
    office.hand_in("南山乡.md", faulty("南山乡人民政府"));
    office.wait("it is archived", || archived("南山乡人民政府/南山乡.md"));
    office.hand_in("南山乡.md", sound("南山乡人民政府"));
    office.wait("it follows", || page("drop/南山乡.md.核查.html").contains("核查通过"));
    office.wait("it is archived, too", || archived("南山乡人民政府/南山乡 (2).md"));
    // What is switched to a folder of its own begins there.
    office.stop();
    office.configure(&keys("核查"), INTO_FILES);
    office.start();
    for folder in ["drop", "局"] {
        let report = faulty(&format!("{folder}办公室"));
        fs::write(office.root.join(folder).join("年报.md"), report).unwrap();
    }
    for folder in ["drop", "局"] {
        let path = format!("核查/{folder}/年报.md.核查.html");
        office.wait("a page apart", || {
            fs::read_to_string(office.root.join(&path))
                .is_ok_and(|page| page.contains(&format!("{folder}办公室")))
        });
    }
    office.wait_for_rows("SELECT count(*) FROM receipts WHERE error IS NOT NULL", &["0"]);
}

/// What was found lies beside the report, follows every version, and is never read as a report.
#[test]
fn receipts_lie_beside_reports_and_follow_them() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let keys = format!("{LOOK_OFTEN}\nreceipts = \"beside\"");
    let mut office = Office::open(&keys, INTO_FILES);
    fs::create_dir(office.path("东山")).unwrap();
    office.hand_in("东山/青塘镇.md", faulty("青塘镇人民政府"));
    let receipt = |name: &str| fs::read_to_string(office.path(name)).unwrap_or_default();
    office.wait("a receipt", || !receipt("东山/青塘镇.md.核查.html").is_empty());
    let page = receipt("东山/青塘镇.md.核查.html");
    assert!(
        page.contains("青塘镇人民政府") && page.contains("35") && page.contains("</html>"),
        "{page}"
    );
    assert!(!page.contains("本邮件"), "{page}");
    office.hand_in("东山/青塘镇.md", sound("青塘镇人民政府"));
    office.wait("it follows", || receipt("东山/青塘镇.md.核查.html").contains("核查通过"));
    office.hand_in("照片.docx", b"\xff\xd8\xff\xe0\x00\x10JFIF and so on");
    office.wait("a remedy", || receipt("照片.docx.核查.html").contains("无法读取"));
    let gbk = OsStr::from_bytes(b"\xc7\xe0\xcc\xc1\xd5\xf2.md");
    fs::write(office.root.join("drop").join(gbk), faulty("石桥镇人民政府")).unwrap();
    office.wait("names are bytes", || {
        fs::read_dir(office.root.join("drop")).unwrap().any(|entry| {
            let name = entry.unwrap().file_name();
            name.as_bytes().starts_with(gbk.as_bytes()) && name.len() > gbk.len()
        })
    });
    office.wait_for_rows("SELECT count(*) FROM receipts WHERE error IS NULL", &["3"]);
    office.wait_for_rows("SELECT count(*) FROM paths", &["3"]);
    // A receipt taken away comes back with the next version only; one that cannot be written costs
    // nothing else, is told once, and counted.
    office.stop();
    fs::write(office.root.join("blocked"), "").unwrap();
    office.configure(&format!("{LOOK_OFTEN}\nreceipts = \"blocked\""), INTO_FILES);
    office.start();
    office.hand_in("东山乡.md", faulty("东山乡人民政府"));
    office.hand_in("西山乡.md", faulty("西山乡人民政府"));
    office.wait_for_rows("SELECT count(*) FROM receipts WHERE error IS NOT NULL", &["2"]);
    office.wait_for_rows("SELECT count(*) FROM current_reports", &["4"]);
    assert_eq!(office.log().matches("no receipts can be written").count(), 1);
}
