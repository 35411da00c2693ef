//! Bodies of `/api/v1/queue`, and the acts on tasks beyond run, rerun and cancel.

use serde::{Deserialize, Serialize};

use super::select::TaskFilter;
use crate::queue::{Device, Execution, Policy, SweepPolicy, Waiting};
use crate::task::{RunId, TaskId};

/// `GET /api/v1/queue`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetQueueResponse {
    /// True if a person has paused it: nothing starts.
    pub is_paused: bool,
    /// What there is to run on, and what is free of it.
    pub capacity: Capacity,
    /// The runs that go on, oldest first.
    pub running: Vec<RunId>,
    /// How many wait in all.
    pub waiting_count: u64,
    /// Those that wait, in the order in which they would start now; as many as were asked for.
    pub waiting: Vec<WaitingRun>,
    /// Sweeps with a rule of their own, or paused.
    pub sweeps: Vec<SweepState>,
    /// When the last of all is done, judging by finished siblings; absent if nothing tells.
    pub done_at_ms: Option<crate::time::Timestamp>,
}

/// The query of `GET /api/v1/queue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetQueueQuery {
    /// Waiting runs to skip.
    pub offset: u64,
    /// Waiting runs to return, at most 500; 0 means 100.
    pub limit: u64,
}

/// A run that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingRun {
    /// The run.
    pub id: RunId,
    /// Its task's priority.
    pub priority: i32,
    /// Whose it is.
    pub user: String,
    /// Why it waits.
    pub waiting: Waiting,
}

/// What there is to run on, and what of it is free.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capacity {
    /// Slots.
    pub slots: u32,
    /// Slots that are free.
    pub free_slots: u32,
    /// Processors that runs may occupy.
    pub cpus: f64,
    /// Of these, free.
    pub free_cpus: f64,
    /// Memory that runs may occupy, MiB.
    pub memory_mb: u64,
    /// Of this, free.
    pub free_memory_mb: u64,
    /// GPUs.
    pub gpus: Vec<GpuState>,
}

/// One GPU as it is now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GpuState {
    /// Which one.
    pub device: Device,
    /// Its memory, MiB; 0 where the driver does not tell.
    pub memory_mb: u64,
    /// Of this, in use by anybody, MiB.
    pub used_memory_mb: u64,
    /// Use of its processors, percent; absent where the driver does not tell.
    pub utilization_percent: Option<u32>,
    /// The runs that hold it, or a part of it.
    pub held_by: Vec<RunId>,
    /// Processes on it that are not ours.
    pub strangers: Vec<u32>,
    /// True if it may be given to a run now: nobody holds it, and no stranger's process is in the way.
    pub is_free: bool,
}

/// A sweep's rule, and whether it is paused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepState {
    /// Its experiment.
    pub experiment: String,
    /// Its name.
    pub sweep: String,
    /// Its rule.
    pub policy: SweepPolicy,
    /// True if a person has paused it.
    pub is_paused: bool,
}

/// `POST /api/v1/queue/pause` and `…/resume`. What runs already goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PauseRequest {
    /// The whole queue.
    Queue,
    /// One sweep.
    Sweep {
        /// Its experiment.
        experiment: String,
        /// Its name.
        sweep: String,
    },
    /// Tasks.
    Tasks {
        /// These.
        #[serde(default)]
        tasks: Vec<TaskId>,
        /// All tasks that this finds, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<Box<TaskFilter>>,
    },
}

/// `POST /api/v1/queue/move`: puts waiting tasks elsewhere among those of their priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTasksRequest {
    /// The tasks, in the order in which they should start.
    #[serde(default)]
    pub tasks: Vec<TaskId>,
    /// Behind them all that this finds and that wait, in the order of their sweeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<TaskFilter>,
    /// Where to.
    pub to: MoveTo,
}

/// Where waiting tasks go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoveTo {
    /// Before all others.
    Front,
    /// Behind all others.
    Back,
    /// Right before this one.
    Before {
        /// It waits, too.
        task: TaskId,
    },
}

/// `PATCH /api/v1/experiments/{experiment}/sweeps/{sweep}`: changes the rule of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchSweepRequest {
    /// The rule from now on.
    pub policy: SweepPolicy,
}

/// `PATCH /api/v1/tasks`: changes what is saved of tasks. What is absent stays.
///
/// A policy or an execution counts from a task's next start; a command can be changed only before its first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchTasksRequest {
    /// The tasks.
    pub tasks: Vec<TaskId>,
    /// All tasks that this finds, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<TaskFilter>,
    /// [`Policy::priority`], without the rest of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The whole policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// How its runs are executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<Execution>,
    /// Labels to add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_labels: Vec<String>,
    /// Labels to take away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_labels: Vec<String>,
    /// Pin, or do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_pinned: Option<bool>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
