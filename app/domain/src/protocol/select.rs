//! Naming tasks: by name, pattern, status or condition, in one request whatever their number.

use serde::{Deserialize, Serialize};

use crate::run::{ShownStatus, StatusCounts};
use crate::task::{TaskId, TaskSummary};
use crate::time::Timestamp;

/// Which tasks. Everything that is said must hold of a task; if nothing is said, all are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskFilter {
    /// Any of these: a task's name, the beginning of one name only, or a pattern (`digits*`, `*/train_*`). With a `/`, the
    /// experiment's name stands before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<TaskId>,
    /// Words that must all occur in the name or the varied values, case ignored.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// Any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<ShownStatus>,
    /// This experiment, or a pattern of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// This sweep, or a pattern of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<String>,
    /// All of these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Whose they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Expressions over parameters and properties; all of them must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Whose latest run has ended, at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_since_ms: Option<Timestamp>,
}

impl TaskFilter {
    /// True if it means every task.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// The order of found tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskOrder {
    /// Newest sweep first, the tasks of a sweep in their order.
    #[default]
    Newest,
    /// Oldest sweep first.
    Oldest,
}

/// `POST /api/v1/tasks/find`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindTasksRequest {
    /// Which.
    pub filter: TaskFilter,
    /// In which order.
    pub order: TaskOrder,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return, at most 500; 0 counts only.
    pub limit: u64,
}

/// The answer to [`FindTasksRequest`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FindTasksResponse {
    /// The state's sequence number before the search.
    pub seq: u64,
    /// Found tasks in all.
    pub total: u64,
    /// Found tasks per status.
    pub counts: StatusCounts,
    /// The rows asked for.
    pub tasks: Vec<TaskSummary>,
    /// Targets that name no task, or cannot be told apart; whatever the rest of the filter says.
    pub problems: Vec<TargetProblem>,
}

/// A target that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProblem {
    /// As it was given.
    pub target: String,
    /// What is wrong with it.
    pub kind: TargetProblemKind,
    /// Tasks that it could mean: the most alike, or the first of those that begin with it.
    pub candidates: Vec<TaskId>,
    /// How many begin with it.
    pub count: u64,
}

/// What is wrong with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetProblemKind {
    /// No task is called so, begins so, or matches.
    NotFound,
    /// Several tasks begin so.
    Ambiguous,
}

/// The query of `GET /api/v1/changes`: waits until something has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetChangesQuery {
    /// The sequence number that is known already.
    pub after: u64,
    /// The process it was a number of; another one answers at once.
    pub instance: String,
    /// The longest wait, milliseconds; at most 30,000.
    pub limit_ms: u64,
}

/// The answer to [`GetChangesQuery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetChangesResponse {
    /// The state's sequence number; the known one if nothing has changed in time.
    pub seq: u64,
    /// The process it is a number of.
    pub instance: String,
    /// How many tasks show each status.
    pub counts: StatusCounts,
}
