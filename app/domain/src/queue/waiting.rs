//! Why a run has not started, and when it may.

use serde::{Deserialize, Serialize};

use crate::task::TaskId;
use crate::time::Timestamp;

/// Why a run waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its place among all that wait, from 1.
    pub position: u64,
    /// Since when.
    pub since_ms: Timestamp,
    /// Everything that keeps it, the most telling first; never empty.
    pub reasons: Vec<WaitReason>,
    /// When it may start, judging by how long finished runs of its sweep took; absent if nothing tells.
    pub may_start_at_ms: Option<Timestamp>,
}

/// One thing that keeps a run from starting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WaitReason {
    /// A person has paused the queue.
    QueuePaused,
    /// A person has paused its sweep.
    SweepPaused {
        /// The sweep.
        sweep: String,
    },
    /// A person has paused it.
    TaskPaused,
    /// It is not time yet.
    NotBefore {
        /// When it is.
        at_ms: Timestamp,
    },
    /// It is a retry, after a pause.
    RetryAt {
        /// When the pause ends.
        at_ms: Timestamp,
        /// The retry's number, from 1.
        retry: u32,
    },
    /// Other tasks must end first.
    After {
        /// Some of them.
        tasks: Vec<TaskId>,
        /// All of them.
        count: u64,
    },
    /// A task that it needs has ended without success, and a rerun may help.
    DependencyFailed {
        /// That task.
        task: TaskId,
    },
    /// As many runs of its sweep go on as may.
    SweepLimit {
        /// That many.
        limit: u32,
    },
    /// As many runs of this user go on as may.
    UserLimit {
        /// The user.
        user: String,
        /// That many.
        limit: u32,
    },
    /// Too few slots are free.
    Slots {
        /// What it needs.
        needed: u32,
        /// What is free.
        free: u32,
        /// What there is.
        total: u32,
    },
    /// Too few processors are free.
    Cpus {
        /// What it needs.
        needed: f64,
        /// What is free.
        free: f64,
        /// What there is.
        total: f64,
    },
    /// Too little memory is free, MiB.
    Memory {
        /// What it needs.
        needed_mb: u64,
        /// What is free.
        free_mb: u64,
        /// What there is.
        total_mb: u64,
    },
    /// Too few GPUs are free.
    Gpus {
        /// What it needs.
        needed: u32,
        /// What is free for it.
        free: u32,
        /// What there is.
        total: u32,
        /// Devices that are left to processes that are not ours.
        strangers: u32,
    },
    /// The devices it is pinned to are not free.
    PinnedGpus {
        /// Those that are held, by their ids.
        busy: Vec<String>,
    },
    /// Others have a better claim to what is free.
    Turn {
        /// How many are before it.
        ahead: u64,
    },
    /// Something larger has waited so long that what is free is kept for it.
    KeptFor {
        /// The larger one.
        task: TaskId,
    },
    /// It asks for more than there is: it can only start when that changes.
    TooLarge {
        /// What it asks for, e.g. `4 GPUs, and this machine has 2`.
        what: String,
    },
}
