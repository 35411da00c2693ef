//! What tells that a task's folders have not changed.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;

use domain::task::TaskId;
use domain::time::Timestamp;
use rustix::fs::{AtFlags, Stat, statat};
use rustix::io::Errno;

use super::SweepMark;
use crate::storage::{Layout, layout};

/// A folder that was changed less than this before it was looked at may change again within one tick of the clock of its
/// file system, and nobody would see it. Two seconds are the coarsest clock there is.
const SETTLED_MS: i64 = 2000;

/// The state of a task's folder and of the folder of its runs.
///
/// Each file of ours is replaced by a rename and each run is a new folder, so a change of what is saved, or another run,
/// changes a time here. A file that somebody edits in place does not: `runyard reindex` is for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The number of the task's folder: a copy that bears its name is another one.
    pub inode: i64,
    /// When something in the task's folder appeared, went or was replaced, nanoseconds.
    pub changed_ns: i64,
    /// The same of the folder of its runs; 0: there is none.
    pub runs_changed_ns: i64,
}

impl Mark {
    /// The present mark of a task.
    pub fn of(layout: &Layout, id: &TaskId) -> io::Result<Self> {
        let task = fs::symlink_metadata(layout.task(id))?;
        let runs_changed_ns = match fs::symlink_metadata(layout.runs(id)) {
            Ok(runs) => nanoseconds(&runs),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self {
            inode: i64::from_ne_bytes(task.ino().to_ne_bytes()),
            changed_ns: nanoseconds(&task),
            runs_changed_ns,
        })
    }

    /// True if the last change is so long ago that another one would bear another time.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let last_ms = self.changed_ns.max(self.runs_changed_ns) / 1_000_000;
        last_ms < now.0 - SETTLED_MS
    }
}

/// The present mark of a sweep's file, seen from the folder of its experiment's sweeps; `None` if it may change again within
/// one tick of the clock, or is no file.
pub fn sweep_mark(sweeps: &File, file: &str, now: Timestamp) -> Option<SweepMark> {
    let found = statat(sweeps, file, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let mark = SweepMark {
        inode: i64::from_ne_bytes(found.st_ino.to_ne_bytes()),
        changed_ns: modified_ns(&found),
        bytes: found.st_size,
    };
    (mark.changed_ns / 1_000_000 < now.0 - SETTLED_MS).then_some(mark)
}

/// The present marks of an experiment's tasks, looked at from the folder that they are in: the way there is gone once.
#[derive(Debug)]
pub struct Marks {
    tasks: File,
}

impl Marks {
    /// Looks from the folder of an experiment's tasks.
    pub fn open(layout: &Layout, experiment: &str) -> io::Result<Self> {
        let tasks = File::open(layout.tasks(experiment))?;
        Ok(Self { tasks })
    }

    /// [`Mark::of`] a task.
    pub fn of(&self, task: &str) -> io::Result<Mark> {
        let stat = |path: &str| statat(&self.tasks, path, AtFlags::SYMLINK_NOFOLLOW);
        let found = stat(task)?;
        let runs_changed_ns = match stat(&layout::runs_within(task)) {
            Ok(runs) => modified_ns(&runs),
            Err(Errno::NOENT) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(Mark {
            inode: i64::from_ne_bytes(found.st_ino.to_ne_bytes()),
            changed_ns: modified_ns(&found),
            runs_changed_ns,
        })
    }
}

fn modified_ns(found: &Stat) -> i64 {
    let within_second = i64::try_from(found.st_mtime_nsec).unwrap_or(0);
    found
        .st_mtime
        .saturating_mul(1_000_000_000)
        .saturating_add(within_second)
}

fn nanoseconds(found: &fs::Metadata) -> i64 {
    found
        .mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(found.mtime_nsec())
}
