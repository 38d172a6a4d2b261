//! `[database] snapshot`: a copy of the database for strangers, published after changes and at most
//! every five minutes (B33). It is made beside the database, where SQLite's locks work, and then
//! copied to its place, which may be a share: written whole under another name, synced, renamed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{debug, info, warn};

use super::live::Live;
use crate::clock;
use crate::store::Store;
use crate::watch::Stamp;

/// How often to see whether something has changed.
const LOOK: Duration = Duration::from_secs(5);
/// The least time between two copies.
const REST: Duration = Duration::from_secs(300);

/// When a copy was last published; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Published(Arc<Mutex<Option<Timestamp>>>);

impl Published {
    pub(super) fn get(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

/// The task that publishes copies.
pub(super) struct Snapshots {
    pub(super) live: Live,
    pub(super) published: Published,
    pub(super) stopping: watch::Receiver<bool>,
}

/// What the files of the database look like: another look means another content, or a checkpoint.
type Look = [Option<Stamp>; 2];

impl Snapshots {
    /// Works until `stopping`. A copy under way at that time is left unfinished; nobody sees it.
    pub(super) async fn run(mut self) {
        let mut last: Option<(Look, PathBuf, Instant)> = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = self.stopping.wait_for(|stopping| *stopping) => return,
            }
            let settings = self.live.settings();
            let Some(to) = settings.database.snapshot.clone() else { continue };
            let database = settings.database.path.clone();
            let look = look(&database);
            let now = clock::instant();
            let is_due = last.as_ref().is_none_or(|(seen, place, at)| {
                *place != to || (*seen != look && now.duration_since(*at) >= REST)
            });
            if !is_due {
                continue;
            }
            let published = self.publish(database, to.clone()).await;
            // What failed is tried again after the rest, whether something changes or not.
            last = Some((if published { look } else { Look::default() }, to, now));
        }
    }

    /// On a thread that may hang with a share: other work goes on.
    async fn publish(&self, database: PathBuf, to: PathBuf) -> bool {
        let shown = to.display().to_string();
        let begun = clock::instant();
        let published = spawn_blocking(move || publish(&database, &to)).await;
        let elapsed_ms = clock::instant().duration_since(begun).as_millis();
        let problem = match published {
            Ok(Ok(())) => {
                debug!(elapsed_ms, "Published a copy of the database as {shown}");
                if self.published.get().is_none() {
                    info!("Publishing copies of the database as {shown}");
                }
                self.published.set(clock::now());
                return true;
            }
            Ok(Err(problem)) => problem.to_string(),
            Err(problem) => format!("BUG: {problem}"),
        };
        warn!("no copy of the database was published: {problem}");
        false
    }
}

fn look(database: &Path) -> Look {
    let [database, log, _] = Store::files_of(database);
    [database, log].map(|file| rustix::fs::lstat(&file).ok().map(|stat| Stamp::of(&stat)))
}

/// Makes a copy and puts it in place.
fn publish(database: &Path, to: &Path) -> anyhow::Result<()> {
    let made = beside(database, "-snapshot");
    let fresh = beside(to, ".new");
    remove(&made)?;
    let copied = Store::copy_into(database, &made)
        .map_err(anyhow::Error::from)
        .and_then(|()| Ok(put(&made, &fresh, to)?));
    remove(&made)?;
    copied
}

fn put(made: &Path, fresh: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(made)?;
    let mut file = File::create(fresh)?;
    io::copy(&mut from, &mut file)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(fresh, to)?;
    if let Some(folder) = to.parent() {
        // Some shares cannot sync a folder.
        _ = File::open(folder).and_then(|folder| folder.sync_all()).is_ok();
    }
    Ok(())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
