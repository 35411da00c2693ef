//! Keeps rows up with what happens, in a thread of its own: nobody waits for it.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use domain::task::TaskId;
use domain::time::Timestamp;

use super::{Index, Mark, Row};
use crate::storage::{Layout, StorageError, tasks};

/// Rows are written together this long after the first of them was noted: later than a folder's mark takes to settle.
const TOGETHER: Duration = Duration::from_millis(2500);
/// The most rows that one transaction writes.
const BATCH: usize = 1000;

/// Notes tasks that have come to rest. Dropped, its thread ends; what was noted last is then read from the files by the
/// next start.
#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    noted: Mutex<Noted>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Noted {
    /// Bounded by the number of tasks: each stands here once.
    tasks: BTreeSet<TaskId>,
    is_over: bool,
}

impl Keeper {
    /// Keeps this index. `now` tells the time.
    pub fn start(layout: Layout, index: Index, now: fn() -> Timestamp) -> Self {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || keep(&layout, index, &own, now));
        if let Err(error) = spawned {
            tracing::warn!(%error, "the index is not kept up: the next start reads more files");
            lock(&shared.noted).is_over = true;
        }
        Self { shared }
    }

    /// Notes that a task may be at rest now, or what is saved of it has changed.
    pub fn note(&self, task: TaskId) {
        let mut noted = lock(&self.shared.noted);
        if noted.is_over {
            return;
        }
        let is_first = noted.tasks.is_empty();
        noted.tasks.insert(task);
        drop(noted);
        if is_first {
            self.shared.changed.notify_one();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        lock(&self.shared.noted).is_over = true;
        self.shared.changed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a map that is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(layout: &Layout, mut index: Index, shared: &Shared, now: fn() -> Timestamp) {
    while wait_for_first(shared) {
        thread::sleep(TOGETHER);
        let mut left: Vec<TaskId> = mem::take(&mut lock(&shared.noted).tasks)
            .into_iter()
            .collect();
        while !left.is_empty() {
            let batch: Vec<TaskId> = left.drain(..left.len().min(BATCH)).collect();
            if let Err(error) = write(layout, &mut index, shared, batch, now()) {
                tracing::warn!(%error, "the index is not kept up any more: the next start reads more files");
                let mut noted = lock(&shared.noted);
                noted.is_over = true;
                noted.tasks.clear();
                return;
            }
        }
    }
}

/// Waits until something is noted; false if nobody is left who could.
fn wait_for_first(shared: &Shared) -> bool {
    let noted = lock(&shared.noted);
    let noted = shared
        .changed
        .wait_while(noted, |noted| noted.tasks.is_empty() && !noted.is_over)
        .unwrap_or_else(PoisonError::into_inner);
    !noted.is_over
}

fn write(
    layout: &Layout,
    index: &mut Index,
    shared: &Shared,
    batch: Vec<TaskId>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let mut rows = Vec::with_capacity(batch.len());
    for task in batch {
        match look(layout, &task, now) {
            Looked::Row(row) => rows.push(*row),
            Looked::Soon => {
                lock(&shared.noted).tasks.insert(task);
            }
            Looked::Not => {}
        }
    }
    index.store(&rows, [])
}

enum Looked {
    Row(Box<Row>),
    /// It has changed too lately to tell.
    Soon,
    /// It runs, is gone, or cannot be read: it is noted again when it has ended.
    Not,
}

/// The row of a task, from its files.
fn look(layout: &Layout, id: &TaskId, now: Timestamp) -> Looked {
    let Ok(mark) = Mark::of(layout, id) else {
        return Looked::Not;
    };
    if !mark.is_settled(now) {
        return Looked::Soon;
    }
    let Some((task, runs)) = tasks::at_rest(layout, id) else {
        return Looked::Not;
    };
    // Whatever appeared while it was read shows in the mark, because the mark had settled before.
    if Mark::of(layout, id).ok() != Some(mark) {
        return Looked::Soon;
    }
    Looked::Row(Box::new(Row {
        task,
        runs,
        mark,
        settled: None,
    }))
}
