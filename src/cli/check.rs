//! `gouji check FILE…`: reads and checks files and prints what was found. No database, no mail.
//!
//! Several files are read at once, each by a worker process of its own; what is printed keeps the
//! order of the arguments.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Semaphore;

use super::json::{self, Detail};
use super::show::{self, View};
use super::terminal::{Terminal, plain};
use super::{CheckArguments, Exit, complain, processors, readers};
use crate::check::{Policy, Verdict};
use crate::config::Settings;
use crate::document::Refusal;
use crate::form::Forms;
use crate::inspect::{Inspection, Reading, compare_all, inspect, without_report};
use crate::units::roster::Directory;
use crate::watch::is_ignored;
use crate::watch::names::{decoded, decoded_path};
use crate::watch::take::MAX_BYTES;
use crate::worker::{WorkerError, Workers};

/// One report, or what took the place of one.
pub(super) struct Checking<'i> {
    /// The file as given.
    pub(super) file: &'i Path,
    /// What came of it.
    pub(super) inspection: &'i Inspection,
}

impl Checking<'_> {
    /// The file as given; what is in a bundle after `!`.
    pub(super) fn name(&self) -> String {
        let file = decoded_path(self.file);
        match self.inspection.member.as_str() {
            "" => file,
            member => format!("{file}!{member}"),
        }
    }
}

/// How a report is called whose unit could not be found.
pub(super) fn unnamed(file: &str) -> String {
    let name = file.rsplit_once(['/', '!']).map_or(file, |(_, name)| name);
    format!("未识别（{name}）")
}

/// Checks the files and prints; the exit status says what was found.
pub(super) async fn check(
    arguments: CheckArguments,
    settings: Settings,
    forms: Forms,
) -> anyhow::Result<Exit> {
    let detail = Detail { raw: arguments.raw, all: arguments.all };
    let view = View {
        terminal: Terminal::of_stdout(),
        tables: arguments.tables,
        detail,
        forms: &forms,
        policy: &settings.policy,
    };
    let offices = settings.offices()?;
    let mut exit = Exit::Fine;
    let mut files = Vec::new();
    let mut inspected = Vec::new();
    for (file, reading) in start_reading(arguments.files, readers(&settings)) {
        match reading.await.context("BUG: a reading task died")?? {
            Ok(taken) => {
                let found = inspections(&file, taken, &forms, &settings.policy);
                files.extend(found.iter().map(|_| file.clone()));
                inspected.extend(found);
            }
            Err(what) => {
                complain(&what);
                exit = exit.max(Exit::CouldNotCheck);
            }
        }
    }
    // Nothing is printed before everything is read: last year's report may be the last argument.
    compare_all(&mut inspected, &Directory::of(&offices.rosters), &forms, &settings.policy);
    let mut out = std::io::stdout();
    for (file, inspection) in files.iter().zip(&inspected) {
        exit = exit.max(exit_of(inspection));
        let checking = Checking { file, inspection };
        match arguments.json {
            true => writeln!(out, "{}", json::line(&checking, &settings.policy, detail)?)?,
            false => show::report(&mut out, &checking, &view)?,
        }
    }
    Ok(exit)
}

/// The name of a file for people.
pub(super) fn file_name(path: &Path) -> String {
    decoded(path.file_name().unwrap_or(path.as_os_str()))
}

/// Reads and checks one file.
pub(super) async fn inspect_file(
    path: &Path,
    settings: &Settings,
    forms: &Forms,
) -> anyhow::Result<Vec<Inspection>> {
    let taken = take(path, &readers(settings)).await?.map_err(anyhow::Error::msg)?;
    Ok(inspections(path, taken, forms, &settings.policy))
}

fn exit_of(inspection: &Inspection) -> Exit {
    match inspection.verdict {
        Verdict::Passed | Verdict::Ignored => Exit::Fine,
        Verdict::Failed => Exit::Found,
        Verdict::Unreadable | Verdict::Unrecognised => Exit::CouldNotCheck,
    }
}

/// What came of taking a file.
enum Taken {
    /// The worker's answer.
    Read(Reading),
    /// It is there and cannot be opened: in Chinese, in English.
    Shut(&'static str, String),
    /// Its name is that of a temporary or system file.
    Ignored,
}

/// A file's reading, or what is wrong with the argument; or why there are no readers at all.
type ReadingTask = tokio::task::JoinHandle<Result<Result<Taken, String>, WorkerError>>;

/// Starts to read all files, as many at once as there are processors.
fn start_reading(files: Vec<PathBuf>, workers: Workers) -> Vec<(PathBuf, ReadingTask)> {
    // A file's bytes are read once it is its turn, so that few are in memory at a time.
    let turns = Arc::new(Semaphore::new(processors()));
    let start = |file: PathBuf| {
        let (turns, workers, path) = (Arc::clone(&turns), workers.clone(), file.clone());
        let task = tokio::spawn(async move {
            let _turn = turns.acquire_owned().await;
            take(&path, &workers).await
        });
        (file, task)
    };
    files.into_iter().map(start).collect()
}

async fn take(path: &Path, workers: &Workers) -> Result<Result<Taken, String>, WorkerError> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    if is_ignored(name) && path.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        return Ok(Ok(Taken::Ignored));
    }
    Ok(match bytes_of(path) {
        Ok(bytes) => Ok(Taken::Read(workers.read(&decoded(name), &bytes).await?)),
        Err(Closed::Usage(what)) => Err(what),
        Err(Closed::Shut(people, detail)) => Ok(Taken::Shut(people, detail)),
        Err(Closed::TooLarge) => {
            let detail = format!("more than {} MB", MAX_BYTES >> 20);
            Ok(Taken::Read(Reading::Refused(Refusal::TooLarge(detail))))
        }
    })
}

/// Why there are no bytes.
enum Closed {
    /// The argument names no file.
    Usage(String),
    /// The file cannot be opened: in Chinese, in English.
    Shut(&'static str, String),
    TooLarge,
}

/// The bytes of a regular file. Opening never waits, whatever the path leads to.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Closed> {
    let shown = plain(&decoded_path(path));
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let opened = std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Closed::Usage(format!("{shown}: there is no such file")),
        std::io::ErrorKind::PermissionDenied => {
            Closed::Shut("没有读取这个文件的权限", format!("cannot open {shown}: {error}"))
        }
        _ => Closed::Shut("无法打开这个文件", format!("cannot open {shown}: {error}")),
    })?;
    let broken = |error: std::io::Error| {
        Closed::Shut("读取文件时出错", format!("cannot read {shown}: {error}"))
    };
    let metadata = file.metadata().map_err(broken)?;
    if metadata.is_dir() {
        let what = format!("{shown} is a folder; name the files in it, e.g. {shown}/*.docx");
        return Err(Closed::Usage(what));
    }
    if !metadata.is_file() {
        return Err(Closed::Shut("不是普通文件", format!("{shown} is no regular file")));
    }
    if metadata.len() > MAX_BYTES {
        return Err(Closed::TooLarge);
    }
    let mut bytes = Vec::new();
    (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(broken)?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES) {
        true => Ok(bytes),
        false => Err(Closed::TooLarge),
    }
}

/// What was found in a file that was taken.
fn inspections(file: &Path, taken: Taken, forms: &Forms, policy: &Policy) -> Vec<Inspection> {
    let nothing = |verdict| without_report(String::new(), verdict);
    match taken {
        Taken::Read(reading) => inspect(&file_name(file), reading, forms, policy),
        Taken::Shut(reason, detail) => vec![Inspection {
            reason: Some(reason.to_owned()),
            detail: Some(detail),
            ..nothing(Verdict::Unreadable)
        }],
        Taken::Ignored => vec![Inspection {
            reason: Some("临时文件或系统文件，不作处理".to_owned()),
            ..nothing(Verdict::Ignored)
        }],
    }
}
