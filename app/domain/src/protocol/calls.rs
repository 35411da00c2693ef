//! Bodies of `/api/v1/calls`, and of following a sweep: points of Python experiments.

use serde::{Deserialize, Serialize};

use super::http::Start;
use crate::config::Value;
use crate::queue::{Execution, Policy, SweepPolicy, Waiting};
use crate::run::{ShownStatus, StatusCounts};
use crate::time::Timestamp;

/// `POST /api/v1/calls`: one task for each point, all of one sweep, all with the same command.
///
/// A run learns from its environment which point it is: `RUNYARD_CALL`, `RUNYARD_POINT`, `RUNYARD_OUTPUT_DIR`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostCallsRequest {
    /// The script that defines the experiment, absolute.
    pub script: String,
    /// What the experiment is called.
    pub experiment: String,
    /// The name under which the script finds its function; absent: the experiment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// What each run executes, word by word.
    pub command: Vec<String>,
    /// Where, absolute.
    pub working_dir: String,
    /// Variables that the runs find over the server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<(String, String)>,
    /// The interpreter whose packages are kept with the sweep; absent: the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The points.
    pub points: Vec<CallPoint>,
    /// Queue them at once, or only create them.
    #[serde(default)]
    pub start: Start,
    /// What each asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// What holds for all of them together.
    #[serde(default, skip_serializing_if = "SweepPolicy::is_default")]
    pub sweep_policy: SweepPolicy,
    /// How their runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// What they are marked with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What they are for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who submits them; a server with accounts knows that better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
}

/// One point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallPoint {
    /// Its config: a map without the key `out`.
    pub config: Value,
    /// Where its results and its runs stand, absolute; no other point of the submission has it.
    pub folder: String,
    /// Its index as the author counts, from 0.
    pub index: u64,
}

/// The answer to [`PostCallsRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCallsResponse {
    /// The experiment of the project that holds them.
    pub experiment: String,
    /// Their sweep.
    pub sweep: String,
    /// The names of the tasks, in the order of the points.
    pub tasks: Vec<String>,
}

/// The query of `GET /api/v1/experiments/{experiment}/sweeps/{sweep}/changes`: waits until something of the sweep has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetSweepChangesQuery {
    /// The sequence number that is known already.
    pub after: u64,
    /// The process it was a number of; another one answers at once, with everything.
    pub instance: String,
    /// The longest wait, milliseconds; at most 30,000.
    pub limit_ms: u64,
}

/// The answer to [`GetSweepChangesQuery`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GetSweepChangesResponse {
    /// The state's sequence number.
    pub seq: u64,
    /// The process it is a number of.
    pub instance: String,
    /// True if `tasks` are all tasks of the sweep, not only those that have changed.
    pub is_whole: bool,
    /// True if nothing of the sweep waits or runs, and nothing will by itself.
    pub is_over: bool,
    /// How many of its tasks show each status.
    pub counts: StatusCounts,
    /// What has changed, or everything.
    pub tasks: Vec<TaskProgress>,
}

/// How a task of a sweep has come along.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// Its name.
    pub task: String,
    /// Its place in the sweep, from 1.
    pub index: u64,
    /// True if its last run has ended and no other will follow by itself.
    pub is_final: bool,
    /// Its runs, oldest first.
    pub runs: Vec<RunProgress>,
    /// Why it waits; said of the first tasks only where many wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// How one run of it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunProgress {
    /// From 1.
    pub number: u32,
    /// What people see.
    pub status: ShownStatus,
    /// Why it failed, in a few words, or its last error line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When its process was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at_ms: Option<Timestamp>,
    /// When its end was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<Timestamp>,
}
