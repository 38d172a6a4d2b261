//! What befalls the drop folder: T18, T19, T20, T25.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use super::office::{EVENTS_ONLY, INTO_FILES, LOOK_OFTEN, Office, faulty, sound, word};
use super::{Mount, run};

const REPORTS: &str = "SELECT count(*) FROM reports";
const WITHDRAWN: &str = "SELECT count(*) FROM paths WHERE withdrawn_at IS NOT NULL";

/// T18, B13: the kernel's queue holds 16,384 events and forgets the others, also those of every
/// report here. The timer would look tomorrow.
#[test]
fn events_the_kernel_lost_are_made_up_for_at_once() {
    let office = Office::open(EVENTS_ONLY, INTO_FILES);
    office.wait_for_log("The first scan is over");
    office.signal(Signal::STOP);
    for number in 0..20_000 {
        File::create(office.path(&format!("{number}.tmp"))).unwrap();
    }
    for number in 0..10 {
        office.hand_in(&format!("{number}.md"), sound(&format!("第{number}镇人民政府")));
    }
    office.signal(Signal::CONT);
    office.wait_for_rows(REPORTS, &["10"]);
}

/// T19, B14, B3: a share is unmounted, mounted again, exchanged for another; so is one below.
#[test]
fn shares_that_come_and_go_lose_nothing_and_withdraw_nothing() {
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    let (drop_folder, share) = (office.root.join("drop"), office.root.join("share"));
    fs::create_dir(&share).unwrap();
    let Some(_share) = Mount::tmpfs("8m", &share) else { return };
    let mount =
        |from: &Path, to: &Path| Mount::make(&["--bind", from.to_str().unwrap()], to).unwrap();
    let mounted = mount(&share, &drop_folder);
    office.start();
    office.hand_in("1.md", faulty("第一镇人民政府"));
    fs::create_dir(office.path("below")).unwrap();
    let below = Mount::tmpfs("8m", &office.path("below")).unwrap();
    office.hand_in("below/2.md", faulty("第二镇人民政府"));
    office.wait_for_rows(REPORTS, &["2"]);
    office.wait("the share is marked", || office.path(".gouji-drop").exists());

    drop(below);
    office.wait_for_rows("SELECT state FROM waiting", &["locked"]);
    drop(mounted);
    office.wait_for_log("is away: this is another folder");
    // Dropped into the empty mount point: read, and nothing concluded.
    office.hand_in("3.md", faulty("第三镇人民政府"));
    office.wait_for_rows(REPORTS, &["3"]);
    let status = || String::from_utf8(office.gouji(&["status"]).output().unwrap().stdout).unwrap();
    office.wait("the status says so", || status().contains("another folder"));

    let other = Mount::tmpfs("8m", &drop_folder).unwrap();
    office.hand_in("4.md", faulty("第四镇人民政府"));
    office.wait_for_rows(REPORTS, &["4"]);
    drop(other);

    let _mounted = mount(&share, &drop_folder);
    office.wait_for_log("is back");
    office.wait("the status says so", || !status().contains("another folder"));
    office.hand_in("5.md", faulty("第五镇人民政府"));
    office.wait_for_rows(REPORTS, &["5"]);
    let of_the_share = format!("{WITHDRAWN} AND path_text GLOB '*/[12].md'");
    assert_eq!(office.query(&of_the_share), ["0"]);
    office.wait_for_letters(5);
}

/// T19: the folder is renamed and made anew, again and again.
#[test]
fn a_folder_renamed_and_made_anew_loses_nothing() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    for round in 0..3 {
        office.hand_in(&format!("{round}.md"), faulty(&format!("第{round}镇人民政府")));
        office.wait_for_rows(REPORTS, &[&(round + 1).to_string()]);
        let aside = office.root.join(format!("aside{round}"));
        fs::rename(office.root.join("drop"), &aside).unwrap();
        fs::create_dir(office.root.join("drop")).unwrap();
    }
    office.hand_in("last.md", sound("最后镇人民政府"));
    office.wait_for_rows(REPORTS, &["4"]);
}

/// A Word file of its own: its archive ends with a comment.
fn variant(number: u8) -> Vec<u8> {
    let mut bytes = word();
    let end = bytes.len() - 2;
    bytes.truncate(end);
    bytes.extend([number + 1, 0]);
    bytes.extend(vec![b'x'; usize::from(number) + 1]);
    bytes
}

/// Writes to a file piece by piece, as programs that copy do.
fn copy(path: &Path, bytes: &[u8], pieces: usize, pause: Duration) {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap();
    for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
        file.write_all(piece).unwrap();
        sleep(pause);
    }
}

fn set_modified(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    OpenOptions::new().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// T20, B5, B6, B7, B15: every way a file comes into a folder; each is read once, and whole.
#[test]
fn however_a_file_is_copied_it_is_read_once_and_whole() {
    let office = Office::open(LOOK_OFTEN, INTO_FILES);
    let quick = Duration::from_millis(25);
    let rename = |from: &str, to: &str| fs::rename(office.path(from), office.path(to)).unwrap();
    let at = |name: &str| office.path(name);
    std::thread::scope(|scope| {
        // scp, FTP: in place, slowly; and with a pause longer than a file needs to settle.
        scope.spawn(|| copy(&at("slow.docx"), &variant(0), 60, quick));
        scope.spawn(|| copy(&at("pause.docx"), &variant(1), 2, Duration::from_millis(900)));
        // The Explorer: the whole size at once, then the content, then the old time.
        scope.spawn(|| {
            let bytes = variant(2);
            let size = u64::try_from(bytes.len()).unwrap();
            File::create(at("explorer.docx")).unwrap().set_len(size).unwrap();
            sleep(Duration::from_millis(500));
            copy(&at("explorer.docx"), &bytes, 20, quick);
            set_modified(&at("explorer.docx"), 1_500_000_000);
        });
        // Word and WPS: a temporary name, then over the old file.
        scope.spawn(|| {
            copy(&at("~WRD0001.tmp"), &variant(3), 10, quick);
            rename("~WRD0001.tmp", "word.docx");
        });
        // rsync and Syncthing: hidden, then renamed, with the time of the source.
        for (number, hidden, name) in
            [(4, ".rsync.docx.x7Kq2a", "rsync.docx"), (5, ".syncthing.s.docx.tmp", "s.docx")]
        {
            scope.spawn(move || {
                copy(&at(hidden), &variant(number), 10, quick);
                set_modified(&at(hidden), 1_400_000_000);
                rename(hidden, name);
            });
        }
    });
    office.wait_for_rows("SELECT verdict, count(*) FROM files GROUP BY verdict", &["failed|6"]);
    office.wait_for_rows("SELECT count(*) FROM waiting", &["0"]);
    for name in ["slow", "pause", "explorer", "word", "rsync", "s"] {
        let reading = format!("Reading {}", office.path(&format!("{name}.docx")).display());
        assert_eq!(office.logged(&reading), 1, "{reading}\n{}", office.log());
    }
    assert_eq!(office.query(WITHDRAWN), ["0"]);
}

/// T20 at full length: 1 KB a second for three minutes, and a pause of 40 s, with the settling time
/// people have: `cargo test --release --test faults -- --ignored slow_writers`.
#[test]
#[ignore = "takes three minutes"]
fn slow_writers_are_waited_for() {
    let office = Office::new("", INTO_FILES);
    let text = fs::read_to_string(office.root.join("gouji.toml")).unwrap();
    fs::write(office.root.join("gouji.toml"), text.replace("settle = \"150ms\"", "")).unwrap();
    let mut office = office;
    office.start();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            copy(&office.path("slow.docx"), &variant(0), 180, Duration::from_secs(1));
        });
        scope.spawn(|| copy(&office.path("pause.docx"), &variant(1), 2, Duration::from_secs(40)));
    });
    office.wait_for_rows("SELECT verdict, count(*) FROM files GROUP BY verdict", &["failed|2"]);
    assert_eq!(office.logged("Reading"), 2, "{}", office.log());
}

/// T25, B12: the kernel lets gouji watch ten folders.
#[test]
fn with_too_few_watches_the_rest_is_looked_at_on_a_timer() {
    let few = "echo 10 > /proc/sys/user/max_inotify_watches && exec \"$@\"";
    let inside = ["unshare", "--user", "--map-root-user", "sh", "-c", few, "sh"];
    let tried: Vec<&str> = inside[1..].iter().copied().chain(["true"]).collect();
    if !run("unshare", &tried) {
        eprintln!("skipped: no user namespaces, or no unshare");
        return;
    }
    let mut office = Office::new(LOOK_OFTEN, INTO_FILES);
    office.inside(&inside);
    for number in 0..30 {
        fs::create_dir(office.path(&number.to_string())).unwrap();
    }
    office.start();
    office.wait_for_log("raise fs.inotify.max_user_watches");
    for number in 0..30 {
        let name = format!("{number}/{number}.md");
        office.hand_in(&name, sound(&format!("第{number}镇人民政府")));
    }
    office.wait_for_rows(REPORTS, &["30"]);
    assert_eq!(office.logged("max_user_watches"), 1, "said once");
}

/// T25: two thousand folders, and a report in the last of them.
#[test]
fn thousands_of_folders_are_watched() {
    let mut office = Office::new(EVENTS_ONLY, INTO_FILES);
    for number in 0..2000 {
        fs::create_dir_all(office.path(&format!("{}/{number}", number % 40))).unwrap();
    }
    office.start();
    office.wait_for_log("The first scan is over");
    office.hand_in("39/1999/a.md", sound("第一镇人民政府"));
    office.wait_for_rows(REPORTS, &["1"]);
    assert!(office.process("VmHWM") < 100 * 1024, "{} kB", office.process("VmHWM"));
}
