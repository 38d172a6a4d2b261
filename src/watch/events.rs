//! The kernel's events, as a hint that it is worth looking now. What an event says is not used: which
//! file, created or renamed, in which order. Errors and overflows wake the next look just the same.
//!
//! Folders are watched one by one (not notify's recursive mode, which follows links and mount
//! points), so that a folder the kernel refuses is told and polled, and the others stay watched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tracing::{debug, warn};

use super::Identity;

/// The watches on one drop folder and the folders below it.
#[derive(Debug)]
pub(super) struct Events {
    wake: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeMap<PathBuf, Identity>,
    /// The kernel has refused a watch: told once, and folders are polled.
    refused: bool,
}

impl Events {
    /// No watches yet. `wake` is notified when something happens.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, watcher: None, watched: BTreeMap::new(), refused: false }
    }

    /// Whether some folder could not be watched and must be polled.
    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Watches exactly these folders. Returns whether watches were set: what happened in a folder
    /// before that is only seen by another look.
    pub(super) fn follow(&mut self, folders: &BTreeMap<PathBuf, Identity>) -> bool {
        self.drop_all_but(folders);
        let new: Vec<_> =
            folders.iter().filter(|(path, _)| !self.watched.contains_key(*path)).collect();
        if new.is_empty() {
            return false;
        }
        let (mut is_set, mut is_refused) = (false, false);
        for (path, identity) in &new {
            match self.watch(path) {
                Ok(()) => {
                    self.watched.insert((*path).clone(), **identity);
                    is_set = true;
                }
                Err(error) => match exhausted(&error) {
                    None => debug!("cannot watch {}: {error}", path.display()),
                    Some(limit) => {
                        self.tell(path, limit);
                        is_refused = true;
                        break;
                    }
                },
            }
        }
        self.refused = is_refused;
        is_set
    }

    fn drop_all_but(&mut self, folders: &BTreeMap<PathBuf, Identity>) {
        let watcher = &mut self.watcher;
        self.watched.retain(|path, identity| {
            let stays = folders.get(path) == Some(identity);
            if !stays
                && let Some(watcher) = watcher
                && let Err(error) = watcher.unwatch(path)
            {
                // A folder that is gone has taken its watch with it.
                debug!("{} is not watched any more: {error}", path.display());
            }
            stays
        });
    }

    fn watch(&mut self, path: &Path) -> notify::Result<()> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => none.insert(start(Arc::clone(&self.wake))?),
        };
        watcher.watch(path, RecursiveMode::NonRecursive)
    }

    /// Says what to do about refused watches, when the first one is refused.
    fn tell(&self, path: &Path, limit: &str) {
        if self.refused {
            return;
        }
        warn!(
            "cannot watch {}: inotify limit reached; raise {limit} (sysctl). Going on by looking \
             at the folder on a timer",
            path.display()
        );
    }
}

fn start(wake: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let config = notify::Config::default().with_follow_symlinks(false);
    let hint = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| is_reading(&event)) {
            wake.notify_one();
        }
    };
    RecommendedWatcher::new(hint, config)
}

/// Whether an event says only that someone read something: gouji does so itself at every look.
fn is_reading(event: &notify::Event) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    event.kind.is_access() && event.kind != written && !event.need_rescan()
}

/// The kernel setting behind an error, if it is about a limit. inotify reports both limits as
/// something else: "No space left on device" (ENOSPC) and "Too many open files" (EMFILE).
fn exhausted(error: &notify::Error) -> Option<&'static str> {
    const ENOSPC: i32 = 28;
    const EMFILE: i32 = 24;
    match &error.kind {
        ErrorKind::MaxFilesWatch => Some("fs.inotify.max_user_watches"),
        ErrorKind::Io(error) if error.raw_os_error() == Some(ENOSPC) => {
            Some("fs.inotify.max_user_watches")
        }
        ErrorKind::Io(error) if error.raw_os_error() == Some(EMFILE) => {
            Some("fs.inotify.max_user_instances")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn folder(path: &Path) -> BTreeMap<PathBuf, Identity> {
        let stat = rustix::fs::stat(path).unwrap();
        BTreeMap::from([(path.to_owned(), Identity::of(&stat))])
    }

    async fn woken(wake: &Notify) -> bool {
        tokio::time::timeout(Duration::from_secs(10), wake.notified()).await.is_ok()
    }

    #[tokio::test]
    async fn a_new_file_wakes_and_looking_does_not() {
        let root = tempfile::tempdir().unwrap();
        let wake = Arc::new(Notify::new());
        let mut events = Events::new(Arc::clone(&wake));
        assert!(events.follow(&folder(root.path())));
        assert!(!events.follow(&folder(root.path())), "it is watched already");
        super::super::scan::scan(root.path(), &[]).unwrap();
        let quiet = tokio::time::timeout(Duration::from_millis(200), wake.notified()).await;
        assert!(quiet.is_err(), "looking at the folder woke");
        std::fs::write(root.path().join("a.txt"), "x").unwrap();
        assert!(woken(&wake).await);
    }

    #[tokio::test]
    async fn a_folder_made_anew_at_the_same_place_is_watched_anew() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("drop");
        std::fs::create_dir(&inner).unwrap();
        let wake = Arc::new(Notify::new());
        let mut events = Events::new(Arc::clone(&wake));
        events.follow(&folder(&inner));
        std::fs::rename(&inner, root.path().join("old")).unwrap();
        std::fs::create_dir(&inner).unwrap();
        assert!(events.follow(&folder(&inner)));
        // What the renaming itself left behind.
        while tokio::time::timeout(Duration::from_millis(200), wake.notified()).await.is_ok() {}
        std::fs::write(inner.join("a.txt"), "x").unwrap();
        assert!(woken(&wake).await);
    }

    /// B12.
    #[test]
    fn limits_of_the_kernel_are_named() {
        let io = |code| notify::Error::io(std::io::Error::from_raw_os_error(code));
        assert_eq!(exhausted(&io(28)), Some("fs.inotify.max_user_watches"));
        assert_eq!(exhausted(&io(24)), Some("fs.inotify.max_user_instances"));
        let watches = notify::Error::new(ErrorKind::MaxFilesWatch);
        assert_eq!(exhausted(&watches), Some("fs.inotify.max_user_watches"));
        assert_eq!(exhausted(&io(2)), None);
    }

    /// B13.
    #[test]
    fn an_overflow_is_no_mere_reading() {
        let overflow = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        assert!(!is_reading(&overflow));
        let opened = notify::Event::new(EventKind::Access(AccessKind::Open(AccessMode::Any)));
        assert!(is_reading(&opened));
        assert!(!is_reading(&opened.set_flag(notify::event::Flag::Rescan)));
    }
}
