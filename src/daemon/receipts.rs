//! The task that writes receipts: what was found in a file, as a page beside it or in a folder, for
//! those who handed it in. Which are out of date stands in the database, so a crash loses none.
//!
//! A receipt is written under another name and renamed, so that nobody meets half of one; its name is
//! that of the file with an ending that no scan takes for a report. A folder that cannot be written
//! to costs its receipts and nothing else: it is told once, and tried again every hour.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tracing::{debug, error, warn};

use super::ledger::{Ledger, LedgerError};
use super::live::Live;
use super::outbox::stopped;
use crate::clock;
use crate::config::{Receipts as Wanted, Settings};
use crate::notice;
use crate::store::{ReceiptDue, ReceiptWritten};
use crate::watch::ignore::{RECEIPT, RECEIPT_IN_GBK};
use crate::watch::names;

/// Receipts written between two looks at the database.
const BATCH: u32 = 20;
/// How often receipts that could not be written are tried again.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// What the task works with.
pub(super) struct Receipts {
    pub(super) live: Live,
    pub(super) ledger: Ledger,
    /// Notified when something was recorded.
    pub(super) wake: Arc<Notify>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Receipts {
    /// Works until `stopping`.
    pub(super) async fn run(mut self) {
        let mut told = BTreeSet::new();
        let mut again = tokio::time::interval(AGAIN);
        loop {
            match self.catch_up(&mut told).await {
                Ok(()) => {}
                Err(LedgerError::Closed) => return,
                Err(LedgerError::Store(problem)) => error!("receipts wait: {problem}"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                _ = again.tick() => {
                    if self.ledger.ask(|store| store.try_receipts_again()).await.is_err() {
                        debug!("receipts that failed are tried again later");
                    }
                }
                () = stopped(&mut self.stopping) => return,
            }
        }
    }

    /// Writes everything that is due.
    async fn catch_up(&self, told: &mut BTreeSet<PathBuf>) -> Result<(), LedgerError> {
        while self.live.settings().drop.receipts != Wanted::None && !*self.stopping.borrow() {
            let due = self.ledger.ask(|store| store.due_receipts(BATCH)).await?;
            if due.is_empty() {
                return Ok(());
            }
            for file in due {
                let written = self.write(&file, told).await;
                let record = move |store: &mut crate::store::Store| {
                    store.receipts_written(&file, &written, clock::now())
                };
                self.ledger.ask(record).await?;
            }
        }
        Ok(())
    }

    /// Writes the receipts of one file, one for each place where it was handed in.
    async fn write(&self, due: &ReceiptDue, told: &mut BTreeSet<PathBuf>) -> Vec<ReceiptWritten> {
        let setup = self.live.setup();
        let places: Vec<(PathBuf, PathBuf)> = due
            .paths
            .iter()
            .filter_map(|path| Some((path.clone(), place(&setup.settings, path)?)))
            .collect();
        if places.is_empty() || due.documents.is_empty() {
            return Vec::new();
        }
        let zone = &setup.settings.zone;
        let page = match notice::receipt(&due.documents, &setup.stationery, &setup.forms, zone) {
            Ok(page) => Arc::new(page),
            Err(problem) => {
                error!("no receipt of file {}: {problem}", due.file.0);
                return Vec::new();
            }
        };
        let mut written = Vec::new();
        for (report, path) in places {
            let (page, target) = (Arc::clone(&page), path.clone());
            let outcome = spawn_blocking(move || put(&page, &report, &target)).await;
            let outcome = outcome.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
            let error = outcome.err().map(|error| error.to_string());
            let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
            match &error {
                None => _ = told.remove(&folder),
                Some(why) if told.insert(folder.clone()) => warn!(
                    "no receipts can be written to {}: {why}; reports are checked all the same, \
                     `gouji status` counts the receipts that are missing",
                    names::shown(&folder)
                ),
                Some(_) => {}
            }
            written.push(ReceiptWritten { path, error });
        }
        written
    }
}

/// Where the receipt of a report belongs; `None`: the report lies in no drop folder.
fn place(settings: &Settings, report: &Path) -> Option<PathBuf> {
    let drops = &settings.drop.folders;
    let drop = drops.iter().find(|folder| report.starts_with(folder))?;
    match &settings.drop.receipts {
        Wanted::None => None,
        Wanted::Beside => Some(named(report)),
        Wanted::Folder(folder) => {
            let inner = report.strip_prefix(drop).ok()?;
            let folder =
                if drops.len() > 1 { folder.join(own_name(drops, drop)) } else { folder.clone() };
            Some(named(&folder.join(inner)))
        }
    }
}

/// What tells a drop folder from the others: its name, or its whole path where another has that name.
fn own_name(drops: &[PathBuf], drop: &Path) -> PathBuf {
    let alike = drops.iter().filter(|other| other.file_name() == drop.file_name()).count();
    match drop.file_name() {
        Some(name) if alike == 1 => name.into(),
        _ => drop.strip_prefix("/").unwrap_or(drop).to_owned(),
    }
}

/// `报告.docx` has the receipt `报告.docx.核查.html`; a name in GBK has it in GBK.
fn named(report: &Path) -> PathBuf {
    let name = report.file_name().unwrap_or_default();
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend(if name.to_str().is_some() { RECEIPT.as_bytes() } else { RECEIPT_IN_GBK });
    report.with_file_name(OsString::from_vec(bytes))
}

/// Writes a page so that it is there whole or not at all, for those who may read the report.
fn put(page: &str, report: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    if !report.starts_with(folder) {
        std::fs::create_dir_all(folder)?;
    }
    let mode = std::fs::metadata(report).map_or(0o640, |report| report.permissions().mode());
    let hidden = folder.join(format!(".gouji-receipt-{}.tmp", std::process::id()));
    let write = || {
        let mut options = File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&hidden)?;
        file.set_permissions(Permissions::from_mode(mode & 0o666 | 0o600))?;
        file.write_all(page.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&hidden, target)?;
        File::open(folder)?.sync_all()
    };
    write().inspect_err(|_| _ = std::fs::remove_file(&hidden).is_ok())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;
    use crate::watch::is_ignored;

    #[test]
    fn a_receipt_is_named_after_the_bytes_of_its_report_and_never_read() {
        let (gbk, _, _) = encoding_rs::GBK.encode("报告.docx");
        for name in ["报告.docx".as_bytes(), &gbk, b"a\xff\xfe.md", b"-rf.md", b"a\nb.docx"] {
            let report = Path::new("/drop/东山乡").join(OsStr::from_bytes(name));
            let receipt = named(&report);
            assert!(receipt.as_os_str().as_bytes().starts_with(report.as_os_str().as_bytes()));
            assert!(is_ignored(receipt.file_name().unwrap()), "{receipt:?}");
        }
        assert_eq!(named(Path::new("/drop/报告.docx")), Path::new("/drop/报告.docx.核查.html"));
    }

    #[test]
    fn a_receipt_is_replaced_whole_and_one_that_cannot_be_written_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let report = root.path().join("a.docx");
        std::fs::write(&report, "x").unwrap();
        let target = root.path().join("out/in/a.docx.核查.html");
        for page in ["one", "two"] {
            put(page, &report, &target).unwrap();
            assert_eq!(std::fs::read_to_string(&target).unwrap(), page);
        }
        let blocked = root.path().join("a.docx/b.核查.html");
        put("x", &report, &blocked).unwrap_err();
        assert_eq!(std::fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }
}
