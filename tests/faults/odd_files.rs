//! Odd names, odd times, odd kinds of files: B11, B16, B17, T21, T22, T23.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use super::is_root;
use super::office::{INTO_FILES, LOOK_OFTEN, Office, faulty, sound};

const REPORTS: &str = "SELECT count(*) FROM reports";
const CURRENT: &str = "SELECT unit, version, verdict FROM current_reports ORDER BY unit";

/// T21, B4.
#[test]
fn times_sizes_links_and_cases_mislead_nobody() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let set_modified = |name: &str, time: SystemTime| {
        OpenOptions::new().write(true).open(office.path(name)).unwrap().set_modified(time).unwrap();
    };
    let year = Duration::from_secs(365 * 86_400);
    for (name, time) in [
        ("future.md", SystemTime::UNIX_EPOCH + year * 130),
        ("dos.md", SystemTime::UNIX_EPOCH + year * 10),
        ("ancient.md", SystemTime::UNIX_EPOCH - year * 40),
    ] {
        office.hand_in(name, sound(&format!("{name}镇人民政府")));
        set_modified(name, time);
    }
    office.wait_for_rows(REPORTS, &["3"]);

    // An edit of the same size that puts the old time back.
    office.hand_in("edit.md", sound("青塘镇人民政府"));
    office.wait_for_rows(REPORTS, &["4"]);
    let time = fs::metadata(office.path("edit.md")).unwrap().modified().unwrap();
    assert_eq!(sound("青塘镇人民政府").len(), faulty("青塘镇人民政府").len());
    office.hand_in("edit.md", faulty("青塘镇人民政府"));
    set_modified("edit.md", time);
    let edited = "SELECT version, verdict FROM current_reports WHERE unit = '青塘镇人民政府'";
    office.wait_for_rows(edited, &["2|failed"]);

    // The same content by other names: a link, a copy in a folder, a name in capitals.
    fs::hard_link(office.path("dos.md"), office.path("link.md")).unwrap();
    fs::create_dir(office.path("folder")).unwrap();
    fs::copy(office.path("dos.md"), office.path("folder/dos.md")).unwrap();
    fs::rename(office.path("dos.md"), office.path("DOS.MD")).unwrap();
    let paths = "SELECT count(*) FROM paths WHERE withdrawn_at IS NULL AND (path_text LIKE '%dos.md' OR path_text LIKE '%link.md')";
    office.wait_for_rows(paths, &["3"]);
    office.wait_for_rows(REPORTS, &["5"]);
    assert_eq!(office.query("SELECT count(*) FROM files"), ["5"]);
    assert_eq!(office.letters().len(), 1);
}

/// T22, B16: read, kept byte by byte, and shown without harm.
#[test]
fn whatever_a_name_is_made_of_it_is_read_and_kept_byte_by_byte() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let longest = [&[b'n'; 252][..], b".md"].concat();
    let names: [&[u8]; 13] = [
        b"\xc7\xe0\xcc\xc1\xd5\xf2.md",
        b"a\nb\tc.md",
        b"-rf.md",
        b"\xff\xfe.md",
        "'; DROP TABLE reports; --\u{202e}dm.md".as_bytes(),
        " 空 格 .md".as_bytes(),
        "📄🧾.md".as_bytes(),
        "\u{e9}.md".as_bytes(),
        "e\u{301}.md".as_bytes(),
        "\"quoted\" `name` $(id) %s.md".as_bytes(),
        b"<script>alert(1)<.md",
        "（二〇二五年度）！.md".as_bytes(),
        &longest,
    ];
    for (number, name) in names.iter().enumerate() {
        let text = faulty(&format!("第{number:02}镇人民政府"));
        fs::write(office.root.join("drop").join(OsStr::from_bytes(name)), text).unwrap();
    }
    office.wait_for_rows(REPORTS, &[&names.len().to_string()]);
    for name in names {
        let hex: String = name.iter().map(|byte| format!("{byte:02X}")).collect();
        let kept = format!("SELECT count(*) FROM paths WHERE hex(path) LIKE '%2F{hex}'");
        assert_eq!(office.query(&kept), ["1"], "{}", name.escape_ascii());
    }
    office.wait_for_rows("SELECT count(*) FROM notices WHERE state = 'waiting'", &["0"]);
    assert!(!office.log().contains('\u{202e}'));
    for letter in office.letters() {
        let head = String::from_utf8_lossy(&letter).into_owned();
        assert!(!head.contains("<script>") && !head.contains('\u{202e}'));
    }
}

/// T23: never followed, never waited for.
#[test]
fn what_is_no_regular_file_is_left_alone_and_a_giant_waits() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let outside = office.root.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.md"), faulty("秘密镇人民政府")).unwrap();
    symlink(&outside, office.path("way-out")).unwrap();
    symlink(outside.join("secret.md"), office.path("secret.md")).unwrap();
    symlink(office.path(""), office.path("loop")).unwrap();
    mknodat(CWD, office.path("pipe.md"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let _socket = UnixListener::bind(office.path("socket.md")).unwrap();
    if is_root() {
        // The null device; not everyone who is root may make one.
        let null = makedev(1, 3);
        mknodat(CWD, office.path("null.md"), FileType::CharacterDevice, Mode::from(0o644), null)
            .ok();
    }
    fs::create_dir(office.path("x.docx")).unwrap();
    office.hand_in("x.docx/inside.md", sound("内部镇人民政府"));
    File::create(office.path("giant.docx")).unwrap().set_len(1 << 30).unwrap();
    office.hand_in("last.md", sound("最后镇人民政府"));
    office.wait_for_rows(CURRENT, &["内部镇人民政府|1|passed", "最后镇人民政府|1|passed"]);
    office.wait_for_rows("SELECT state FROM waiting", &["incomplete"]);
    assert!(office.process("VmHWM") < 100 * 1024, "{} kB", office.process("VmHWM"));
    assert!(office.log().contains("is no regular file"));
}

/// B17: a file that gouji may not read waits, and the remedy is said.
#[test]
fn a_file_of_another_user_waits_for_permission() {
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    if is_root() {
        office.belong_to(65_534);
        if !office.gouji(&["config", "check"]).status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: other users may not run {}", env!("CARGO_BIN_EXE_gouji"));
            return;
        }
    }
    office.start();
    office.hand_in("a.md", sound("青塘镇人民政府"));
    fs::set_permissions(office.path("a.md"), Permissions::from_mode(0o000)).unwrap();
    office.wait_for_rows("SELECT state FROM waiting", &["permission"]);
    let detail = office.query("SELECT detail FROM waiting");
    assert!(detail[0].contains("mode 0000") && detail[0].contains("create mask"), "{detail:?}");
    fs::set_permissions(office.path("a.md"), Permissions::from_mode(0o644)).unwrap();
    office.wait_for_rows(REPORTS, &["1"]);
    office.wait_for_rows("SELECT state FROM waiting", &[]);
}

/// B11: a file that is gone before it is read is no matter.
#[test]
fn files_that_vanish_leave_no_trace_and_no_complaint() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    for number in 0..40 {
        let name = format!("{number}.md");
        office.hand_in(&name, sound("青塘镇人民政府"));
        std::thread::sleep(Duration::from_millis(number * 9));
        fs::remove_file(office.path(&name)).unwrap();
    }
    office.hand_in("stays.md", sound("东山乡人民政府"));
    office.wait_for_rows(
        "SELECT count(*) FROM current_reports WHERE unit = '东山乡人民政府'",
        &["1"],
    );
    office.wait_for_rows("SELECT count(*) FROM waiting", &["0"]);
    assert!(!office.log().contains("ERROR"), "{}", office.log());
}
