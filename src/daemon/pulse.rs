//! What a running gouji tells of itself: a small file beside the database for `gouji status`, and, if
//! asked for, metrics for `node_exporter`. Both are replaced as a whole, twice a minute, and never waited
//! for: no work depends on them.

use std::fmt::Write as _;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tracing::debug;

use crate::check::Verdict;
use crate::config::Settings;
use crate::store::{Status, Store, WaitingFor};

/// What gouji tells of itself. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pulse {
    /// Version of the running program.
    pub(crate) version: String,
    /// Its process.
    pub(crate) pid: u32,
    /// When it started.
    pub(crate) started_at: String,
    /// When this was written.
    pub(crate) at: String,
    /// Files that are ready and not dealt with.
    pub(crate) queued: usize,
    /// Files being read.
    pub(crate) in_work: usize,
    /// Every drop folder.
    pub(crate) folders: Vec<FolderPulse>,
    /// What holds the processes that read documents, e.g. `landlock holds, seccomp holds`; `None` in
    /// the pulse of an older version.
    #[serde(default)]
    pub(crate) readers: Option<String>,
    /// When the snapshot was last published; `None`: not since the start.
    pub(crate) snapshot_at: Option<String>,
}

/// One drop folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderPulse {
    /// Its path, for people.
    pub(crate) path: String,
    /// It is there.
    pub(crate) online: bool,
    /// Why it is not, in English.
    pub(crate) why: Option<String>,
    /// Since when it is not.
    pub(crate) offline_since: Option<String>,
    /// How changes become known; `None`: it has not been looked at yet.
    pub(crate) mode: Option<String>,
    /// When the last look ended.
    pub(crate) last_scan_at: Option<String>,
    /// Files found by it.
    pub(crate) files: Option<usize>,
    /// Files in it that wait.
    pub(crate) waiting: usize,
}

/// Where the pulse of the gouji that works with this database is.
fn path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-state");
    path.into()
}

/// The last pulse of the gouji that works, or worked, with this database.
pub(crate) fn read(database: &Path) -> Option<Pulse> {
    serde_json::from_slice(&std::fs::read(path(database)).ok()?).ok()
}

/// Leaves a pulse beside the database, and the metrics in the file that is configured for them.
///
/// # Errors
/// The metrics cannot be written, where and why.
pub(super) fn leave_all(
    settings: &Settings,
    pulse: &Pulse,
    status: Option<Status>,
) -> anyhow::Result<()> {
    let database = &settings.database.path;
    if let Err(problem) = leave(database, pulse) {
        debug!("cannot write {}: {problem}", path(database).display());
    }
    let (Some(file), Some(status)) = (&settings.metrics_file, status) else { return Ok(()) };
    let [database, log, _] = Store::files_of(database);
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let sizes = Sizes {
        database_bytes: size(&database),
        log_bytes: size(&log),
        free_bytes: rustix::fs::statvfs(&database)
            .map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
    };
    replace(file, metrics(pulse, &status, sizes).as_bytes(), 0o644)
        .with_context(|| format!("cannot write the metrics {}", file.display()))
}

/// Leaves a pulse beside the database.
fn leave(database: &Path, pulse: &Pulse) -> io::Result<()> {
    replace(&path(database), serde_json::to_string(pulse)?.as_bytes(), 0o640)
}

/// Writes a file that readers see whole, as it was or as it is now.
fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&fresh)?;
    // Whatever the umask.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    std::fs::rename(&fresh, path)
}

/// The numbers beside those of [`Status`] and [`Pulse`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sizes {
    database_bytes: u64,
    log_bytes: u64,
    free_bytes: u64,
}

/// The metrics, in the text format of Prometheus, for the textfile collector of `node_exporter`.
/// <https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md>
fn metrics(pulse: &Pulse, status: &Status, sizes: Sizes) -> String {
    let mut text = Text::default();
    text.family("gouji_info", "Version of the running program; always 1.");
    text.sample("gouji_info", &[("version", &pulse.version)], 1);
    text.family("gouji_start_time_seconds", "When it started.");
    text.time("gouji_start_time_seconds", &[], Some(&pulse.started_at));
    text.family("gouji_update_time_seconds", "When these figures were written.");
    text.time("gouji_update_time_seconds", &[], Some(&pulse.at));
    text.family("gouji_folder_online", "1: the drop folder is there.");
    for folder in &pulse.folders {
        text.sample("gouji_folder_online", &[("folder", &folder.path)], folder.online);
    }
    text.family("gouji_folder_last_scan_time_seconds", "When the last look at it ended.");
    for folder in &pulse.folders {
        let (name, labels) = ("gouji_folder_last_scan_time_seconds", [("folder", &*folder.path)]);
        text.time(name, &labels, folder.last_scan_at.as_deref());
    }
    text.family("gouji_files_to_read", "Files that are ready and not recorded.");
    text.sample("gouji_files_to_read", &[], pulse.queued + pulse.in_work);
    waiting(&mut text, status);
    recorded(&mut text, status);
    mails(&mut text, status);
    text.family("gouji_snapshot_time_seconds", "When the copy was last published.");
    text.time("gouji_snapshot_time_seconds", &[], pulse.snapshot_at.as_deref());
    for (name, help, bytes) in [
        ("gouji_database_bytes", "Size of the database.", sizes.database_bytes),
        ("gouji_database_log_bytes", "Size of its write-ahead log.", sizes.log_bytes),
        ("gouji_database_free_bytes", "Free space on its disk.", sizes.free_bytes),
    ] {
        text.family(name, help);
        text.sample(name, &[], bytes);
    }
    text.0
}

fn waiting(text: &mut Text, status: &Status) {
    text.family("gouji_files_waiting", "Files that are not ready, by what they wait for.");
    for (state, word) in WaitingFor::WORDS {
        let count = status.waiting.iter().filter(|file| file.state == state).count();
        text.sample("gouji_files_waiting", &[("state", word)], count);
    }
}

fn recorded(text: &mut Text, status: &Status) {
    text.family("gouji_reports", "Current reports by verdict.");
    text.sample("gouji_reports", &[("verdict", "passed")], status.reports_passed);
    text.sample("gouji_reports", &[("verdict", "failed")], status.reports_failed);
    text.family("gouji_files", "Distinct files recorded, by verdict.");
    let verdicts = [
        (Verdict::Passed, "passed"),
        (Verdict::Failed, "failed"),
        (Verdict::Unreadable, "unreadable"),
        (Verdict::Unrecognised, "unrecognised"),
    ];
    for (verdict, word) in verdicts {
        let count = status.files.get(&Some(verdict)).copied().unwrap_or(0);
        text.sample("gouji_files", &[("verdict", word)], count);
    }
    text.family("gouji_last_recorded_time_seconds", "When the last file was recorded.");
    let last = status.last_recorded_at.map(|at| at.to_string());
    text.time("gouji_last_recorded_time_seconds", &[], last.as_deref());
}

fn mails(text: &mut Text, status: &Status) {
    text.family("gouji_mails", "Mails by what became of them.");
    text.sample("gouji_mails", &[("state", "sent")], status.mails_sent);
    text.sample("gouji_mails", &[("state", "queued")], status.mails_queued);
    let given_up = status.mails_in_trouble.iter().filter(|mail| mail.given_up).count();
    text.sample("gouji_mails", &[("state", "given_up")], given_up);
    text.family("gouji_notices_waiting", "Notices not yet in a mail.");
    text.sample("gouji_notices_waiting", &[], status.notices_waiting);
}

/// Text under way. Writing to a String cannot fail.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, help: &str) {
        _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n").is_ok();
    }

    fn sample<N: Into<Number>>(&mut self, name: &str, labels: &[(&str, &str)], value: N) {
        let Number(value) = value.into();
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        _ = writeln!(self.0, "{name}{labels} {value}").is_ok();
    }

    /// A moment that is known, as Unix seconds.
    fn time(&mut self, name: &str, labels: &[(&str, &str)], at: Option<&str>) {
        let at = at.and_then(|at| at.parse::<jiff::Timestamp>().ok());
        if let Some(at) = at {
            self.sample(name, labels, u64::try_from(at.as_second()).unwrap_or(0));
        }
    }
}

/// A whole number of any kind.
struct Number(u64);

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(value.unsigned_abs().into())
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse() -> Pulse {
        Pulse {
            version: "1".into(),
            pid: 7,
            started_at: "2026-01-31T00:00:00Z".into(),
            at: "2026-01-31T00:01:00Z".into(),
            queued: 2,
            in_work: 1,
            folders: vec![FolderPulse {
                path: "/srv/年报\"x\\".into(),
                online: false,
                why: Some("the folder does not exist".into()),
                offline_since: Some("2026-01-31T00:00:30Z".into()),
                mode: None,
                last_scan_at: None,
                files: None,
                waiting: 0,
            }],
            readers: Some("landlock holds, seccomp holds".into()),
            snapshot_at: None,
        }
    }

    #[test]
    fn metrics_have_a_type_and_escaped_labels_and_leave_out_what_is_not_known() {
        let text = metrics(&pulse(), &Status::default(), Sizes::default());
        assert!(text.contains("gouji_folder_online{folder=\"/srv/年报\\\"x\\\\\"} 0\n"), "{text}");
        assert!(text.contains("\ngouji_start_time_seconds 1769817600\n"), "{text}");
        assert!(text.contains("\ngouji_files_to_read 3\n"), "{text}");
        assert!(!text.contains("\ngouji_last_recorded_time_seconds "), "{text}");
        let named = |line: &str| line.split(['{', ' ']).next().map(str::to_owned);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = named(line).unwrap();
            assert!(text.contains(&format!("# TYPE {name} gauge\n")), "{line}");
        }
    }

    #[test]
    fn a_pulse_is_read_as_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("gouji.db");
        assert_eq!(read(&database), None);
        for _ in 0..2 {
            leave(&database, &pulse()).unwrap();
            assert_eq!(read(&database), Some(pulse()));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
