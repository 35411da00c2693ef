//! Experiments, sweeps and tasks: what is saved before anything runs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::command::StampedFolder;
use crate::config::{Key, Value};
use crate::experiment::RunFolder;
use crate::identity::Identity;
use crate::queue::{Execution, Policy, Waiting};
use crate::run::{RunRecord, ShownStatus};
use crate::time::Timestamp;

/// The name of a task within the project: its experiment and its folder name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskId {
    /// The experiment's name.
    pub experiment: String,
    /// The task's folder name, unique within the experiment.
    pub task: String,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.experiment, self.task)
    }
}

/// One execution of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId {
    /// The task.
    pub task: TaskId,
    /// The run's number, from 1.
    pub number: u32,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.task, self.number)
    }
}

/// A saved, repeatable unit: everything a run needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// The submission it came from.
    pub sweep: String,
    /// Its place in the sweep, from 1.
    pub index: u64,
    /// The sweep's number of tasks.
    pub of: u64,
    /// When it was created.
    pub created_at_ms: Timestamp,
    /// The parameters that vary in its sweep, with this task's values.
    pub varied: Vec<(Key, Value)>,
    /// The interpreter and script followed by the script's arguments: what is executed, word by word.
    pub command: Vec<String>,
    /// The working directory of its runs; with a `run_folder`, each run works in its own folder instead.
    pub working_dir: String,
    /// Where its runs are kept, if not under the task's own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_folder: Option<RunFolder>,
    /// Which experiment of a batch file it is, and where its runs put their folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped_folder: Option<StampedFolder>,
    /// Which point of a Python experiment it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Which work it is; absent in tasks of versions that did not know it.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The snapshot of the source that its code runs from; absent: it runs in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// What it asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// How its runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// Variables that its runs find over the server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<(String, String)>,
    /// Who submitted it; empty in tasks of versions that did not know it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// What a person marked it with, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// True if a person wants it on top of lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_pinned: bool,
    /// What it is for, in its author's words; empty if nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it was called before it was renamed, oldest first: these names lead to it as long as no other task has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// When a person last changed its command; absent if nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at_ms: Option<Timestamp>,
}

/// What a list shows of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskSummary {
    /// Its name.
    pub id: TaskId,
    /// What people see.
    pub status: ShownStatus,
    /// The submission it came from.
    pub sweep: String,
    /// Its place in the sweep, from 1.
    pub index: u64,
    /// The sweep's number of tasks.
    pub of: u64,
    /// When it was created.
    pub created_at_ms: Timestamp,
    /// The parameters that vary in its sweep, with this task's values.
    pub varied: Vec<(Key, Value)>,
    /// The number of its runs so far, the queued one included.
    pub runs: u32,
    /// When the latest run started.
    pub started_at_ms: Option<Timestamp>,
    /// When the latest run ended.
    pub ended_at_ms: Option<Timestamp>,
    /// Why the latest run failed, in a few words, or its last error line.
    pub reason: Option<String>,
    /// [`Policy::priority`].
    #[serde(default)]
    pub priority: i32,
    /// [`Task::user`].
    #[serde(default)]
    pub user: String,
    /// [`Task::labels`].
    #[serde(default)]
    pub labels: Vec<String>,
    /// [`Task::is_pinned`].
    #[serde(default)]
    pub is_pinned: bool,
    /// Why it waits, if it does; absent where lists are so long that nobody looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// The ids of the devices that its running run holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<String>,
}

/// A task with everything its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskDetail {
    /// The list's view of it.
    pub summary: TaskSummary,
    /// The saved task.
    pub task: Task,
    /// The text of its `config.yaml`.
    pub config_yaml: String,
    /// The text of its `raw_config.yaml`, before anything in it was resolved, if that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_config_yaml: Option<String>,
    /// Its runs, oldest first.
    pub runs: Vec<RunRecord>,
}
