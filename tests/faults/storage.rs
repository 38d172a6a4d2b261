//! What befalls the database: T12, T13, T14.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::Connection;

use super::office::{INTO_FILES, LOOK_OFTEN, Office, faulty, sound, subject};
use super::{Mount, is_root, run};

const NOBODY: u32 = 65_534;
const REPORTS: &str = "SELECT count(*), max(version) FROM reports";

fn unit(number: usize) -> String {
    format!("第{number:03}镇人民政府")
}

/// Hands in reports that fail, from one number to before another.
fn hand_in(office: &Office, numbers: std::ops::Range<usize>) {
    for number in numbers {
        office.hand_in(&format!("{number}.md"), faulty(&unit(number)));
    }
}

/// T12.
#[test]
fn a_full_disk_loses_nothing_and_is_told_once_there_is_space() {
    let mut office =
        Office::new(LOOK_OFTEN, &format!("{INTO_FILES}\n[database]\npath = \"data/gouji.db\""));
    let data = office.root.join("data");
    fs::create_dir(&data).unwrap();
    let Some(_mount) = Mount::tmpfs("8m", &data) else { return };
    office.database = "data/gouji.db";
    office.start();
    hand_in(&office, 0..1);
    office.wait_for_rows(REPORTS, &["1|1"]);
    let mut filler = fs::File::create(data.join("filler")).unwrap();
    while filler.write_all(&[7; 4096]).is_ok() {}
    while filler.write_all(&[7]).is_ok() {}
    hand_in(&office, 1..20);
    office.wait_for_log("no space left");
    let status = String::from_utf8(office.gouji(&["status"]).output().unwrap().stdout).unwrap();
    assert!(status.contains("disk      0 MB free"), "{status}");
    assert!(status.contains("nothing can be recorded soon"), "{status}");
    // Not a wait for something to happen: the disk stays full for a while.
    sleep(Duration::from_secs(2));
    assert_eq!(office.query("PRAGMA integrity_check"), ["ok"]);
    drop(filler);
    fs::remove_file(data.join("filler")).unwrap();
    office.wait_for_rows(REPORTS, &["20|1"]);
    let told = || {
        let letters = office.letters();
        letters.iter().filter(|letter| subject(letter).contains("磁盘空间不足")).count()
    };
    office.wait("the administrator is told", || told() == 1);
    office.wait_for_rows("SELECT count(*) FROM notices WHERE state = 'waiting'", &["0"]);
    assert_eq!(told(), 1);
}

/// T13, B34: whoever deletes the database gets a new one with all that lies in the folders.
#[test]
fn a_database_deleted_or_replaced_under_way_is_made_anew_from_the_folders() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let path = |end: &str| office.root.join(format!("gouji.db{end}"));
    let opened = |times| {
        office.wait("it is opened anew", || office.logged("Opened the database") == times);
    };
    hand_in(&office, 0..3);
    office.wait_for_rows(REPORTS, &["3|1"]);
    let copy = office.root.join("copy.db");
    let vacuum = format!("VACUUM INTO '{}'", copy.display());
    Connection::open(path("")).unwrap().execute_batch(&vacuum).unwrap();
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(path(end)).unwrap();
    }
    hand_in(&office, 3..5);
    office.wait_for_log("the database was deleted or replaced");
    opened(2);
    office.wait_for_rows(REPORTS, &["5|1"]);
    // An old copy is put back in its place, beside the log of the other.
    fs::rename(&copy, path("")).unwrap();
    hand_in(&office, 5..6);
    opened(3);
    office.wait_for_rows(REPORTS, &["6|1"]);
    assert_eq!(office.query("PRAGMA integrity_check"), ["ok"]);
}

/// T13: what is no database of ours is not written to.
#[test]
fn a_strange_file_in_place_of_the_database_ends_the_service_and_stays_as_it_is() {
    let mut office = Office::open(LOOK_OFTEN, INTO_FILES);
    hand_in(&office, 0..1);
    office.wait_for_rows(REPORTS, &["1|1"]);
    let strange = office.root.join("strange");
    fs::write(&strange, "no database at all, but somebody's notes\n".repeat(50)).unwrap();
    fs::rename(&strange, office.root.join("gouji.db")).unwrap();
    hand_in(&office, 1..2);
    office.wait_for_log("is no database of gouji");
    let status = office.running.take().unwrap().wait().unwrap();
    assert_eq!(status.code(), Some(2));
    let kept = fs::read_to_string(office.root.join("gouji.db")).unwrap();
    assert!(kept.starts_with("no database at all"));
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(office.root.join(format!("gouji.db{end}"))).ok();
    }
    office.start();
    office.wait_for_rows(REPORTS, &["2|1"]);
}

/// T13: the folder of the database may not be written to, at a start; then it may.
#[test]
fn a_read_only_folder_or_database_is_refused_with_the_remedy_and_nothing_is_lost() {
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    if is_root() {
        office.belong_to(NOBODY);
        if !office.gouji(&["config", "check"]).status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: other users may not run {}", env!("CARGO_BIN_EXE_gouji"));
            return;
        }
    }
    office.start();
    hand_in(&office, 0..1);
    office.wait_for_rows(REPORTS, &["1|1"]);
    office.stop();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let database = office.root.join("gouji.db");
    for (path, closed, open) in [(&database, 0o440, 0o640), (&office.root.clone(), 0o555, 0o755)] {
        set(path, closed);
        hand_in(&office, 1..2);
        let output = office.gouji(&["run"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("writ"), "{said}");
        set(path, open);
    }
    office.start();
    office.wait_for_rows(REPORTS, &["2|1"]);
}

/// T13: `BEGIN EXCLUSIVE` for as long as `GOUJI_LOCKED` says, in seconds:
/// `GOUJI_LOCKED=600 cargo test --release --test faults -- --ignored an_editor`.
#[test]
#[ignore = "waits for longer than a minute, after which the log names who has the lock"]
fn an_editor_with_unsaved_changes_is_waited_out_and_named() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    hand_in(&office, 0..1);
    office.wait_for_rows(REPORTS, &["1|1"]);
    let stranger = Connection::open(office.root.join("gouji.db")).unwrap();
    stranger.busy_timeout(Duration::from_secs(10)).unwrap();
    stranger.execute_batch("BEGIN EXCLUSIVE").unwrap();
    hand_in(&office, 1..30);
    sleep(Duration::from_secs(super::number("GOUJI_LOCKED", 70)));
    let said = format!("(process {})", std::process::id());
    assert!(office.log().contains(&said), "{}", office.log());
    stranger.execute_batch("ROLLBACK").unwrap();
    office.wait_for_rows(REPORTS, &["30|1"]);
}

/// T14, B30: with gouji up, down, and killed.
#[test]
fn a_reader_without_write_permission_reads_at_any_time() {
    if !is_root() || !run("setpriv", &["--version"]) {
        eprintln!("skipped: becoming another user needs root and setpriv");
        return;
    }
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    chown(&office.root, None, Some(NOBODY)).unwrap();
    fs::set_permissions(&office.root, Permissions::from_mode(0o2750)).unwrap();
    office.start();
    hand_in(&office, 0..1);
    office.wait_for_rows(REPORTS, &["1|1"]);
    let mut reader = Office::at(&office.root);
    let id = NOBODY.to_string();
    reader.inside(&["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
    if !reader.gouji(&["config", "check"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: other users may not run {}", env!("CARGO_BIN_EXE_gouji"));
        return;
    }
    let reads = |when: &str, reports: usize| {
        let output = reader.gouji(&["status", "--json"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{when}: {said}");
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(status["reports"]["current"], reports, "{when}");
    };
    reads("up", 1);
    office.stop();
    reads("down", 1);
    office.start();
    hand_in(&office, 1..2);
    office.wait_for_rows(REPORTS, &["2|1"]);
    office.kill();
    reads("killed", 2);
    for end in ["", "-wal", "-shm"] {
        let mode = fs::metadata(office.root.join(format!("gouji.db{end}"))).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o640, "gouji.db{end}");
    }
    // And it cannot write.
    let writes = |office: &Office| office.gouji(&["notices", "retry", "1"]).output().unwrap();
    assert!(!writes(&reader).status.success());
}

/// T13: sound as well, so that the count of the letters of others is not disturbed.
#[test]
fn a_reader_that_stays_holds_up_nothing() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    office.hand_in("0.md", sound(&unit(0)));
    office.wait_for_rows(REPORTS, &["1|1"]);
    let reader = Connection::open(office.root.join("gouji.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM reports").unwrap();
    hand_in(&office, 1..20);
    office.wait_for_rows(REPORTS, &["20|1"]);
    reader.execute_batch("COMMIT").unwrap();
}
