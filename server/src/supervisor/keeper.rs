//! Makes records survive a power failure while the next run goes on already.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::runs;

/// Ended runs that may wait for the disk; a supervisor that is further ahead waits, too.
const WAITING: usize = 64;

/// A finished run whose record is on its way to the disk. Its lock is held until it is there.
type Ended = (RunDir, FileLock);

/// A thread that waits for the disk. Dropping it waits for the thread.
pub(super) struct Keeper {
    queue: Option<SyncSender<Ended>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start() -> Self {
        let (queue, ended) = sync_channel(WAITING);
        let keep_all = move |ended: Receiver<Ended>| ended.iter().for_each(keep);
        let thread = thread::Builder::new().spawn(move || keep_all(ended)).ok();
        Self {
            queue: Some(queue),
            thread,
        }
    }

    /// Takes over a run whose end is recorded.
    pub(super) fn keep(&self, dir: RunDir, lock: FileLock) {
        let ended = (dir, lock);
        match &self.queue {
            // Without a thread nobody receives, and this one waits for the disk itself.
            Some(queue) => {
                if let Err(unsent) = queue.send(ended) {
                    keep(unsent.0);
                }
            }
            None => keep(ended),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has nothing left to tell.
            thread.join().ok();
        }
    }
}

fn keep((dir, lock): Ended) {
    if let Err(error) = runs::make_durable(&dir) {
        tracing::error!(%error, "a record may not survive a power failure");
    }
    drop(lock);
}
