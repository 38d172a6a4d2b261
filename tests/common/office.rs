//! A county office for tests: a drop folder, a configuration, the real program, a mail server. Every
//! wait is for a condition, with a deadline; what fails keeps its folder and shows its log.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot set up should panic"
)]
#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{Message, MessageParser};
use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};

use super::smtp::{Script, Server};

/// Longer than anything takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(150);

pub(crate) const LOOK_OFTEN: &str = "rescan = \"200ms\"";
pub(crate) const NO_EVENTS: &str = "rescan = \"200ms\"\nevents = false";
pub(crate) const EVENTS_ONLY: &str = "rescan = \"24h\"";
pub(crate) const INTO_FILES: &str = "coalesce = \"0s\"";

/// A report that passes, of the unit `unit`.
pub(crate) fn sound(unit: &str) -> String {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples/自然资源局2022.md");
    let first = "结合村组会议和集市日，工作人员向群众讲解查询办法，并在便民大厅摆放申请表样本。";
    let text = fs::read_to_string(sample).unwrap();
    assert!(text.contains(first));
    text.replace(first, &words_of(unit)).replace("禾川县自然资源局", unit)
}

/// A sentence that no other unit has: else its report would be found to be a copy.
fn words_of(unit: &str) -> String {
    let signs: Vec<char> = "山水云风松竹梅兰春夏秋冬花草江河湖海".chars().collect();
    let mut state = 0_u32;
    let mut words: String = unit
        .chars()
        .cycle()
        .take(80)
        .map(|c| {
            state = state.wrapping_mul(31).wrapping_add(u32::from(c));
            signs[usize::try_from(state).unwrap() % signs.len()]
        })
        .collect();
    words.push('。');
    words
}

/// The same with a total that does not add up.
pub(crate) fn faulty(unit: &str) -> String {
    let sound = sound(unit);
    let faulty =
        sound.replace("| 29 | 2 | 0 | 0 | 0 | 2 | 33 |", "| 29 | 2 | 0 | 0 | 0 | 2 | 35 |");
    assert_ne!(sound, faulty);
    faulty
}

/// A Word file that fails.
pub(crate) fn word() -> Vec<u8> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples/柳荫乡2019.docx");
    fs::read(sample).unwrap()
}

/// A county office: a folder, a configuration, and gouji, running or not. It fails with its log.
pub(crate) struct Office {
    folder: Option<tempfile::TempDir>,
    pub(crate) root: PathBuf,
    pub(crate) running: Option<Child>,
    starts: usize,
    /// The command that executes gouji; empty: gouji itself.
    inside: Vec<String>,
    /// Below `root`.
    pub(crate) database: &'static str,
}

impl Office {
    pub(crate) fn new(drop_keys: &str, mail_keys: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::create_dir(root.join("drop")).unwrap();
        let office = Self {
            folder: Some(folder),
            root,
            running: None,
            starts: 0,
            inside: Vec::new(),
            database: "gouji.db",
        };
        office.configure(drop_keys, mail_keys);
        office
    }

    /// Another's office, for a command there.
    pub(crate) fn at(root: &Path) -> Self {
        let (root, inside) = (root.to_owned(), Vec::new());
        Self { folder: None, root, running: None, starts: 0, inside, database: "gouji.db" }
    }

    /// Opened for business.
    pub(crate) fn open(drop_keys: &str, mail_keys: &str) -> Self {
        let mut office = Self::new(drop_keys, mail_keys);
        office.start();
        office
    }

    pub(crate) fn configure(&self, drop_keys: &str, mail_keys: &str) {
        let text = format!(
            "[drop]\nsettle = \"150ms\"\n{drop_keys}\n[mail]\nto = [\"office@county.example\"]\n{mail_keys}\n"
        );
        fs::write(self.root.join("gouji.toml"), text).unwrap();
    }

    /// From now on gouji is started by this command, which executes what follows it (`setpriv`,
    /// `unshare`).
    pub(crate) fn inside(&mut self, command: &[&str]) {
        self.inside = command.iter().map(|&word| word.to_owned()).collect();
    }

    /// A command of gouji here, under whatever it is to run inside. `GOUJI_UNDER_TEST` names another
    /// program than the one built for the tests.
    #[expect(clippy::disallowed_methods, reason = "which program is tested is said from outside")]
    pub(crate) fn gouji(&self, arguments: &[&str]) -> Command {
        let gouji = std::env::var("GOUJI_UNDER_TEST");
        let gouji = gouji.unwrap_or_else(|_| env!("CARGO_BIN_EXE_gouji").to_owned());
        let mut words = self.inside.iter().cloned().chain([gouji]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .arg("--config")
            .arg(self.root.join("gouji.toml"))
            .args(arguments)
            .env_remove("STATE_DIRECTORY")
            .env_remove("CREDENTIALS_DIRECTORY")
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env("NO_COLOR", "1")
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&mut self) {
        self.start_unready();
        self.wait_for_log("Ready");
    }

    /// The same without waiting until it is ready.
    pub(crate) fn start_unready(&mut self) {
        let command = self.gouji(&["run"]);
        self.start_as(command);
    }

    /// Starts a command that was made by [`Office::gouji`].
    pub(crate) fn start_as(&mut self, mut command: Command) {
        assert!(self.running.is_none());
        self.starts += 1;
        let log = fs::File::create(self.log_path()).unwrap();
        self.running = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// Hands the whole office over to another user, and has gouji run as that one.
    pub(crate) fn belong_to(&mut self, user: u32) {
        let id = user.to_string();
        let mut all = vec![self.root.clone()];
        while let Some(path) = all.pop() {
            std::os::unix::fs::chown(&path, Some(user), Some(user)).unwrap();
            if path.is_dir() {
                all.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        self.inside(&["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.root.join(format!("log-{}", self.starts))
    }

    /// The log since the last start.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub(crate) fn wait_for_log(&self, words: &str) {
        self.wait(&format!("log says {words:?}"), || self.log().contains(words));
    }

    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(self.running.as_ref().unwrap())
    }

    /// Kills it without warning.
    pub(crate) fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop; returns how it ended and how long it took.
    pub(crate) fn stop(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        kill_process(self.pid(), Signal::TERM).unwrap();
        let mut child = self.running.take().unwrap();
        (child.wait().unwrap(), begun.elapsed())
    }

    /// A line of `/proc/<pid>/status`, as a number: `VmHWM` (kB), `Threads`.
    pub(crate) fn process(&self, line: &str) -> u64 {
        let path = format!("/proc/{}/status", self.running.as_ref().unwrap().id());
        let status = fs::read_to_string(path).unwrap();
        let found = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
        found.unwrap().split_whitespace().next().unwrap().parse().unwrap()
    }

    /// How many files the process has open.
    pub(crate) fn open_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.running.as_ref().unwrap().id());
        fs::read_dir(path).unwrap().count()
    }

    /// How many lines of the log since the last start contain this.
    pub(crate) fn logged(&self, words: &str) -> usize {
        self.log().lines().filter(|line| line.contains(words)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join("drop").join(name)
    }

    pub(crate) fn hand_in(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The rows of a query, columns joined by `|`. None while there is no database.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(self.root.join(self.database), flags).unwrap();
        db.busy_timeout(DEADLINE).unwrap();
        let mut query = db.prepare(sql).unwrap();
        let columns = query.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let text = |i| {
                row.get::<_, rusqlite::types::Value>(i).map(|value| match value {
                    rusqlite::types::Value::Null => "-".to_owned(),
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
            };
            Ok((0..columns).map(text).collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        };
        query.query_map([], row).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    #[track_caller]
    pub(crate) fn wait_for_rows(&self, sql: &str, expected: &[&str]) {
        let begun = Instant::now();
        loop {
            let rows = self.query(sql);
            if rows == expected {
                return;
            }
            let late = begun.elapsed() >= DEADLINE;
            assert!(!late, "{sql}\nis {rows:?}\nnot {expected:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The mails written as files, in the order of their names.
    pub(crate) fn letters(&self) -> Vec<Vec<u8>> {
        let Ok(folder) = fs::read_dir(self.root.join("mail")) else { return Vec::new() };
        let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Waits until there are this many mails as files, and returns their subjects, sorted.
    #[track_caller]
    pub(crate) fn wait_for_letters(&self, count: usize) -> Vec<String> {
        self.wait(&format!("{count} letters"), || self.letters().len() >= count);
        let letters = self.letters();
        assert_eq!(letters.len(), count);
        let mut subjects: Vec<String> = letters.iter().map(|letter| subject(letter)).collect();
        subjects.sort();
        subjects
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running {
            child.kill().ok();
            child.wait().ok();
        }
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            eprintln!("kept {}", folder.keep().display());
        }
    }
}

pub(crate) fn parse(mail: &[u8]) -> Message<'_> {
    MessageParser::new().parse(mail).unwrap()
}

pub(crate) fn subject(mail: &[u8]) -> String {
    parse(mail).subject().unwrap().to_owned()
}

pub(crate) fn message_id(mail: &[u8]) -> String {
    parse(mail).message_id().unwrap().to_owned()
}

/// A mail server on a thread of its own, for tests that wait without async.
pub(crate) struct MailServer {
    pub(crate) server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl MailServer {
    pub(crate) fn start(script: Script) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let server = runtime.block_on(Server::start(script));
        Self { server, _runtime: runtime }
    }

    /// The `[mail]` keys for this server.
    pub(crate) fn keys(&self, tls: &str, more: &str) -> String {
        let (port, ca) = (self.server.port, self.server.ca_file().display());
        format!(
            "transport = \"smtp\"\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\n\
             ca_file = \"{ca}\"\nfrom = \"gouji@county.example\"\ncoalesce = \"0s\"\n{more}"
        )
    }

    pub(crate) fn units(&self) -> Vec<String> {
        let mut units: Vec<String> = self
            .server
            .mails()
            .iter()
            .map(|mail| {
                let subject = subject(&mail.bytes);
                let unit = ["青塘镇", "东山乡", "柳荫乡", "石桥镇"];
                unit.iter().find(|unit| subject.contains(*unit)).unwrap().to_string()
            })
            .collect();
        units.sort();
        units
    }
}
