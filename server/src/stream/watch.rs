//! Tells followers that their file may have changed, through one watch of the operating system per folder.
//!
//! Folders are watched rather than files: so a file may come into being, be replaced or come back, and nobody polls.
//! One watcher serves the whole process, because the system limits how many there may be.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

/// Why changes of a file cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum WatchLogError {
    /// The system has no watcher for this process: give up, or end other programs that watch files.
    #[error("could not start watching files")]
    Start(#[source] notify::Error),
    /// The folder cannot be watched: it is missing, or the system's limit is reached.
    #[error("could not watch folder `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: notify::Error,
    },
    /// The path has no folder and no name, like `/`.
    #[error("`{}` is not the path of a file", .0.display())]
    NotAFilePath(PathBuf),
}

impl WatchLogError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        let error = match self {
            Self::Start(error) | Self::Folder { source: error, .. } => error,
            Self::NotAFilePath(_) => return None,
        };
        matches!(error.kind, notify::ErrorKind::MaxFilesWatch)
            .then(|| "raise the limit: `sysctl fs.inotify.max_user_watches=524288`".to_owned())
    }
}

/// Who listens to which file, by full path. Shared with the watcher's thread.
type Listeners = Arc<Mutex<HashMap<PathBuf, Vec<Arc<Notify>>>>>;

#[derive(Debug)]
struct Shared {
    watcher: Mutex<RecommendedWatcher>,
    listeners: Listeners,
}

/// The process's one watcher. Clones share it.
#[derive(Clone, Debug)]
pub struct LogWatcher {
    shared: Arc<Shared>,
}

impl LogWatcher {
    /// Starts the watcher and its thread, which sleeps until the system reports something.
    ///
    /// # Errors
    /// If the system grants no watcher.
    pub fn new() -> Result<Self, WatchLogError> {
        let listeners = Listeners::default();
        let told = Arc::clone(&listeners);
        let watcher = notify::recommended_watcher(move |event| tell(&told, event))
            .map_err(WatchLogError::Start)?;
        let watcher = Mutex::new(watcher);
        Ok(Self {
            shared: Arc::new(Shared { watcher, listeners }),
        })
    }

    /// Tells of the changes of one file, which need not exist; its folder must.
    ///
    /// # Errors
    /// If the folder cannot be watched.
    pub fn changes_of(&self, path: &Path) -> Result<FileChanges, WatchLogError> {
        self.listen(path).map(FileChanges)
    }

    /// Listens to one file, which need not exist; its folder must. Changes are told from now on.
    pub(super) fn listen(&self, path: &Path) -> Result<Subscription, WatchLogError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(WatchLogError::NotAFilePath(path.to_owned()));
        };
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        let failed = |source| WatchLogError::Folder {
            folder: parent.to_owned(),
            source,
        };
        // The system knows folders, not their spellings: two spellings of one would share a watch and lose events.
        let folder = parent
            .canonicalize()
            .map_err(|error| failed(notify::Error::io(error)))?;
        let wake = Arc::new(Notify::new());
        let mut watcher = lock(&self.shared.watcher);
        let watched = listens_in(&lock(&self.shared.listeners), &folder);
        if !watched {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .map_err(failed)?;
        }
        let file = folder.join(name);
        lock(&self.shared.listeners)
            .entry(file.clone())
            .or_default()
            .push(Arc::clone(&wake));
        Ok(Subscription {
            shared: Arc::clone(&self.shared),
            file,
            wake,
        })
    }
}

/// The changes of one file, as long as it lives.
#[derive(Debug)]
pub struct FileChanges(Subscription);

impl FileChanges {
    /// Waits until the file may have changed since the last time this returned. Cancel-safe: a change is kept.
    pub async fn changed(&self) {
        self.0.changed().await;
    }
}

/// Listens as long as it lives.
#[derive(Debug)]
pub(super) struct Subscription {
    shared: Arc<Shared>,
    file: PathBuf,
    wake: Arc<Notify>,
}

impl Subscription {
    /// Waits until the file may have changed since the last time this returned. Cancel-safe: a change is kept.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // The watcher's lock first and for the whole time, as in `listen`: else a watch could end that another follower
        // has just found in place.
        let mut watcher = lock(&self.shared.watcher);
        let mut listeners = lock(&self.shared.listeners);
        if let Some(wakes) = listeners.get_mut(&self.file) {
            wakes.retain(|wake| !Arc::ptr_eq(wake, &self.wake));
            if wakes.is_empty() {
                listeners.remove(&self.file);
            }
        }
        let Some(folder) = self.file.parent() else {
            return;
        };
        if !listens_in(&listeners, folder) {
            // The watcher's thread may wait for the listeners before it can answer.
            drop(listeners);
            // A folder that is gone has lost its watch already.
            if let Err(error) = watcher.unwatch(folder) {
                tracing::debug!(folder = %folder.display(), %error, "watch was gone");
            }
        }
    }
}

fn listens_in(listeners: &HashMap<PathBuf, Vec<Arc<Notify>>>, folder: &Path) -> bool {
    listeners.keys().any(|file| file.parent() == Some(folder))
}

/// On the watcher's thread: wakes whoever listens to the files named. Unclear news wakes everybody.
fn tell(
    listeners: &Mutex<HashMap<PathBuf, Vec<Arc<Notify>>>>,
    event: notify::Result<notify::Event>,
) {
    let listeners = lock(listeners);
    match event {
        Ok(event) if event.need_rescan() || event.paths.is_empty() => wake_all(&listeners),
        // Reading is no change; it would wake the reader by its own doing.
        Ok(event) if event.kind.is_access() => {}
        Ok(event) => event
            .paths
            .iter()
            .filter_map(|path| listeners.get(path))
            .flatten()
            .for_each(|wake| wake.notify_one()),
        Err(error) => {
            tracing::warn!(%error, "watching files failed");
            wake_all(&listeners);
        }
    }
}

fn wake_all(listeners: &HashMap<PathBuf, Vec<Arc<Notify>>>) {
    listeners
        .values()
        .flatten()
        .for_each(|wake| wake.notify_one());
}

/// No code panics under these locks, and what they guard is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
