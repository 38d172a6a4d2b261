//! `gouji rebuild`: a new database from the files in the folders, in place of the one that is there.
//! Mails and notices are taken over where the old database can still be read; nobody is mailed. The
//! old database is moved aside and never deleted: what lay in no folder any more is only there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::import::{Import, Tally, files_in};
use super::terminal::plain;
use super::{Exit, complain};
use crate::clock;
use crate::config::{After, Settings};
use crate::daemon;
use crate::form::Forms;
use crate::store::{ReportDigest, Sha256, Store, StoreError};
use crate::watch::Stamp;

/// Makes the new database and puts it in the place of the old one.
pub(super) async fn rebuild(settings: &Settings, forms: &Forms) -> anyhow::Result<Exit> {
    let path = &settings.database.path;
    let offices = settings.offices()?;
    let _claim = daemon::claim(path)?;
    let fresh = PathBuf::from(format!("{}.new", path.display()));
    remove(&fresh)?;
    let mut tally = Tally::default();
    let mut files = files_in(folders(settings)?, &daemon::own_places(settings), &mut tally)?;
    let old = Old::read(settings, forms);
    if let Some(old) = &old {
        old.put_in_order(&mut files);
    }
    let mut store = Store::open(&fresh, forms, &settings.policy, clock::now())?;
    store.keep_offices(&offices, clock::now())?;
    let mut import = Import::new(store, settings, forms, files.len(), tally)?;
    import.files(&files).await?;
    import.store.end_first_scan(clock::now())?;
    if old.is_some() {
        import.store.take_over(path).context("mails and notices cannot be taken over")?;
    }
    let found = import.store.digests()?;
    let tally = import.end()?;
    let aside = swap(path, &fresh)?;
    let exit = tally.print("recorded")?;
    if let Some(aside) = aside {
        writeln!(std::io::stdout(), "the old database is kept as {}", aside.display())?;
    }
    Ok(exit.max(old.map_or(Exit::Fine, |old| old.compare(&found))))
}

/// The drop folders and the archive. Without one of them the new database would lack its reports.
fn folders(settings: &Settings) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = settings.drop.folders.clone();
    if let After::Archive(archive) = &settings.drop.after
        && archive.exists()
    {
        folders.push(archive.clone());
    }
    for folder in &folders {
        std::fs::read_dir(folder).with_context(|| {
            format!(
                "cannot list {}: without it its reports would be missing; mount its share, or take \
                 it out of [drop] folders",
                folder.display()
            )
        })?;
    }
    Ok(folders)
}

/// Leftovers of a rebuild that was stopped.
fn remove(database: &Path) -> anyhow::Result<()> {
    for file in Store::files_of(database) {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts the new database, which is closed and whose log is empty, in the place of the old one.
fn swap(path: &Path, fresh: &Path) -> anyhow::Result<Option<PathBuf>> {
    let [_, wal, shm] = Store::files_of(fresh);
    for file in [wal, shm] {
        std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    let aside = match path.exists() {
        true => Some(
            Store::set_aside(path, clock::now())
                .with_context(|| format!("cannot move {} aside", path.display()))?,
        ),
        false => None,
    };
    std::fs::rename(fresh, path)
        .with_context(|| format!("cannot move {} to {}", fresh.display(), path.display()))?;
    Ok(aside)
}

/// What the old database knew.
struct Old {
    digests: BTreeSet<ReportDigest>,
    /// When each path got its content: the order in which files became known.
    order: BTreeMap<PathBuf, usize>,
}

impl Old {
    /// `None`: there is none, or it cannot be read any more.
    fn read(settings: &Settings, forms: &Forms) -> Option<Self> {
        let path = &settings.database.path;
        if !path.exists() {
            return None;
        }
        let read = || -> Result<Self, StoreError> {
            Store::look_for_damage(path, || false)?;
            let store = Store::open(path, forms, &settings.policy, clock::now())?;
            let mut known = store.known_paths()?;
            let mut first: BTreeMap<Sha256, usize> = BTreeMap::new();
            for (number, file) in store.contents()?.into_iter().enumerate() {
                first.insert(file, number);
            }
            known.retain(|file| !file.withdrawn);
            let order = known
                .into_iter()
                .map(|file| (file.path, first.get(&file.sha256).copied().unwrap_or(usize::MAX)))
                .collect();
            let digests = store.digests()?;
            store.checkpoint_and_close()?;
            Ok(Self { digests, order })
        };
        read()
            .inspect_err(|problem| {
                complain(&format!(
                    "the old database cannot be read, its mails are not taken over: {problem}"
                ));
            })
            .ok()
    }

    /// In the order in which the files became known, so that of two files alike the same one is the
    /// report as before; new ones last.
    fn put_in_order(&self, files: &mut [(PathBuf, Stamp)]) {
        files.sort_by_key(|(path, _)| {
            (self.order.get(path).copied().unwrap_or(usize::MAX), path.clone())
        });
    }

    /// Tells which current reports are not as they were.
    fn compare(&self, found: &BTreeSet<ReportDigest>) -> Exit {
        let of = |digest: &ReportDigest| (digest.unit.clone(), digest.year, digest.kind.clone());
        let now: BTreeSet<_> = found.iter().map(of).collect();
        for digest in self.digests.difference(found) {
            let year = digest.year.map_or_else(|| "no year".to_owned(), |year| year.to_string());
            let unit = plain(&digest.unit);
            complain(&match now.contains(&of(digest)) {
                true => format!("{unit} {year}: reads or is judged otherwise than before"),
                false => format!(
                    "{unit} {year}: is in no folder any more, or under another name; the old \
                     database has it"
                ),
            });
        }
        if self.digests.is_subset(found) { Exit::Fine } else { Exit::Found }
    }
}
