//! Mails as `.eml` files, for an office without a mail server: a finished mail is one file that
//! opens in any mail program.
//!
//! The name comes from the mail's own time and Message-ID, so that the same mail is the same file:
//! writing it again after a crash changes nothing. A file appears whole or not at all, and one that
//! is there is never written over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::store::QueuedMail;

/// Why a mail could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub(super) struct FileError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the mail into `folder`, which is made if need be.
pub(super) fn write(mail: &QueuedMail, folder: &Path) -> Result<(), FileError> {
    let path = folder.join(name(mail));
    write_at(mail, folder, &path).map_err(|source| FileError { path, source })
}

fn write_at(mail: &QueuedMail, folder: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if path.try_exists()? {
        return Ok(());
    }
    // The same name for every attempt: what a crash left behind is written over, not left lying.
    let partial = path.with_extension("eml.partial");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(&partial)?;
    file.write_all(&mail.bytes)?;
    file.sync_all()?;
    drop(file);
    publish(&partial, path)?;
    File::open(folder)?.sync_all()
}

/// Gives the file its name, unless another has it by now.
fn publish(partial: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(partial, path) {
        Ok(()) => fs::remove_file(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(partial),
        // Some shares know no hard links.
        Err(_) => fs::rename(partial, path),
    }
}

/// `20200113T081500Z-<what stands before the @ of the Message-ID>.eml`.
fn name(mail: &QueuedMail) -> String {
    let time = mail.created_at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
    let id = mail.message_id.trim_matches(['<', '>']);
    let local = id.split('@').next().unwrap_or(id);
    let safe: String =
        local.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    format!("{time}-{safe}.eml")
}
