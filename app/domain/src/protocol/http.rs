//! Request and response bodies of `/api/v1`, one pair per endpoint.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Key;
use crate::experiment::{Entry, Launch, Template};
use crate::grid::{Input, SweepOptions};
use crate::identity::{Identity, IdentityRule};
use crate::log::LogRow;
use crate::queue::{Execution, Policy, SweepPolicy};
use crate::run::{ShownStatus, StatusCounts};
use crate::schema::Schema;
use crate::task::{TaskId, TaskSummary};

/// `GET /api/v1/project`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetProjectResponse {
    /// The served folder's name.
    pub name: String,
    /// The served folder.
    pub path: String,
    /// Its experiments, by name.
    pub experiments: Vec<String>,
    /// The experiment this server was started on.
    pub opened: Option<String>,
    /// How many runs may go on at once.
    pub slots: u32,
    /// The largest sweep that may be submitted.
    pub max_tasks: u64,
    /// The interpreter that runs scripts.
    pub interpreter: String,
    /// How many tasks show each status.
    pub counts: StatusCounts,
    /// The server's version.
    pub version: String,
}

/// `GET /api/v1/experiments/{experiment}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GetExperimentResponse {
    /// The experiment's name.
    pub name: String,
    /// The script, relative to the project where possible.
    pub script: String,
    /// What kind of thing it starts.
    #[serde(default)]
    pub entry: Entry,
    /// What the script accepts; nothing if the parameters come from `template`.
    pub schema: Schema,
    /// The config whose leaves are the parameters, if `entry` has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// What the person set last, batch syntax included.
    pub inputs: Vec<Input>,
    /// What the person set last beside the fields.
    #[serde(default, skip_serializing_if = "SweepOptions::is_empty")]
    pub options: SweepOptions,
    /// The prefix of new tasks.
    pub prefix: String,
    /// Where the schema comes from, and what other parsers there are.
    #[serde(default)]
    pub reading: super::Reading,
    /// Fields that a person wants on top.
    #[serde(default)]
    pub pinned: Vec<Key>,
    /// What a person typed of how its runs are planned, as texts by key; a client knows what they mean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plan: BTreeMap<String, String>,
    /// Why the script could not be read, if it could not; `schema` is then the last one that could.
    pub problem: Option<super::ApiError>,
    /// With it a client computes the identities of points, to mark those of [`ListCompletedResponse`].
    #[serde(default)]
    pub identity: IdentityRule,
}

/// `GET /api/v1/experiments/{experiment}/completed`: the points that a submission skips.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCompletedResponse {
    /// Points whose task shows completed.
    pub completed: Vec<KnownPoint>,
    /// Points that are queued or running now.
    pub active: Vec<KnownPoint>,
}

/// A point that some task has done or is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPoint {
    /// Which work.
    pub identity: Identity,
    /// The name of the task, the newest if there are several.
    pub task: String,
}

/// `PUT /api/v1/experiments/{experiment}/inputs`: keeps what was typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutInputsRequest {
    /// The changed parameters, in order of definition.
    pub inputs: Vec<Input>,
    /// What was set beside the fields.
    #[serde(default, skip_serializing_if = "SweepOptions::is_empty")]
    pub options: SweepOptions,
    /// The prefix of new tasks.
    pub prefix: String,
    /// Fields that a person wants on top; `None` leaves them as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Vec<Key>>,
    /// What was typed of how the runs are planned, as texts by key; `None` leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<BTreeMap<String, String>>,
}

/// `POST /api/v1/experiments/{experiment}/sweeps`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSweepRequest {
    /// The changed parameters, in order of definition.
    pub inputs: Vec<Input>,
    /// What was set beside the fields.
    #[serde(default, skip_serializing_if = "SweepOptions::is_empty")]
    pub options: SweepOptions,
    /// The first part of the tasks' names.
    pub prefix: String,
    /// The digest of the previewed grid; the server refuses another one.
    pub digest: String,
    /// Queue the tasks at once, or only create them.
    pub start: Start,
    /// Create tasks also for points that are completed, queued or running already.
    #[serde(default)]
    pub rerun: bool,
    /// Execute the source as it is now, whatever becomes of the files until a run starts.
    #[serde(default)]
    pub from_snapshot: bool,
    /// What a command line says beyond the fields.
    #[serde(default, skip_serializing_if = "Launch::is_default")]
    pub launch: Launch,
    /// What each of its tasks asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// How its runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// What holds for the sweep as a whole.
    #[serde(default, skip_serializing_if = "SweepPolicy::is_default")]
    pub sweep_policy: SweepPolicy,
    /// What its tasks are marked with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Who submits it; a server with accounts knows that better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
}

/// Whether new tasks are queued at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Queue them.
    #[default]
    Now,
    /// Only create them.
    Later,
}

/// The answer to [`PostSweepRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostSweepResponse {
    /// The sweep's name; absent if there was nothing to do.
    pub sweep: Option<String>,
    /// The number of tasks created.
    pub count: u64,
    /// The number of points asked for: `count + completed + active`.
    pub points: u64,
    /// Points skipped because a task has completed them already.
    pub completed: u64,
    /// Points skipped because they are queued or running already.
    pub active: u64,
    /// The first task created.
    pub first: Option<TaskId>,
}

/// `POST /api/v1/experiments/{experiment}/sweeps/{sweep}/resume`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeSweepResponse {
    /// The sweep.
    pub sweep: String,
    /// The number of its points.
    pub points: u64,
    /// Points that are completed, by its own tasks or by others.
    pub completed: u64,
    /// Points that were queued or running already.
    pub active: u64,
    /// Tasks that waited for a person and are queued now, new ones included.
    pub queued: u64,
    /// Tasks that had ended without success and get a new run.
    pub rerun: u64,
    /// Tasks created for points that had none.
    pub created: u64,
}

/// `POST /api/v1/runs/{experiment}/{task}/{number}/repeat`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepeatRunRequest {
    /// Execute the source as it was, not as it is now.
    pub from_snapshot: bool,
}

/// The answer to [`RepeatRunRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatRunResponse {
    /// The new task, in a sweep of its own.
    pub submitted: PostSweepResponse,
    /// True if the source is not what it was; absent if no snapshot tells.
    pub source_changed: Option<bool>,
    /// True if other packages are installed than then; absent if that is not known.
    pub requirements_changed: Option<bool>,
}

/// The query of `GET /api/v1/tasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTasksQuery {
    /// Words that must all occur in the name or the varied values, case ignored.
    pub q: String,
    /// Only this status.
    pub status: Option<ShownStatus>,
    /// Only this experiment.
    pub experiment: Option<String>,
    /// Only this sweep.
    pub sweep: Option<String>,
    /// Only with this label.
    pub label: Option<String>,
    /// Only of this user.
    pub user: Option<String>,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return, at most 500; 0 means 100.
    pub limit: u64,
}

/// `GET /api/v1/tasks`: pinned tasks first, then the newest sweep, tasks of a sweep in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListTasksResponse {
    /// The state's sequence number: socket events of the `tasks` topic with a larger one are newer.
    pub seq: u64,
    /// Matching tasks in all.
    pub total: u64,
    /// Counts per status, without the status filter.
    pub counts: StatusCounts,
    /// Whose tasks there are, without the filters of status and user; at most 50, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The rows asked for.
    pub tasks: Vec<TaskSummary>,
}

/// `POST /api/v1/tasks/{act}` with `act` one of `run`, `cancel`, `rerun`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActOnTasksRequest {
    /// The tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskId>,
    /// All tasks that this finds, too, at the moment of the act: nobody sends 40,000 names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<super::select::TaskFilter>,
}

/// What became of an act, task by task: nothing is dropped silently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActOnTasksResponse {
    /// How many it was done to.
    pub done: u64,
    /// The others, each with the reason.
    pub refused: Vec<Refusal>,
}

/// Why an act was not done to one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The task.
    pub task: TaskId,
    /// A lowercase sentence.
    pub message: String,
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/log/rows?before=OFFSET&limit=N`: rows that end at or before an offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetLogRowsResponse {
    /// The file position where the first row starts; 0 is the beginning of the log.
    pub from_offset: u64,
    /// The rows, oldest first.
    pub rows: Vec<LogRow>,
}
