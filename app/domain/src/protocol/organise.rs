//! Bodies of the trash, of notes and of names.

use serde::{Deserialize, Serialize};

use super::http::Refusal;
use crate::task::{TaskId, TaskSummary};
use crate::time::Timestamp;

/// A removed task. Several may have had one name, one after the other: the time tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrashId {
    /// What it is called, and was.
    pub task: TaskId,
    /// When it was removed; absent in a request: the one that was removed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at_ms: Option<Timestamp>,
}

/// The answer to `POST /api/v1/tasks/remove`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTasksResponse {
    /// How many were removed.
    pub done: u64,
    /// The others, each with the reason.
    pub refused: Vec<Refusal>,
    /// What is in the trash now: give it to `POST /api/v1/tasks/restore` to have everything back.
    pub removed: Vec<TrashId>,
}

/// `POST /api/v1/tasks/restore`; answered as the other acts on tasks are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTasksRequest {
    /// What comes back.
    pub tasks: Vec<TrashId>,
}

/// The query of `GET /api/v1/trash`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTrashQuery {
    /// Only this experiment.
    pub experiment: Option<String>,
    /// Entries to skip.
    pub offset: u64,
    /// Entries to return, at most 500; 0 means 100.
    pub limit: u64,
}

/// `GET /api/v1/trash`: what was removed, last removed first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTrashResponse {
    /// How many there are in all.
    pub total: u64,
    /// After so many days they are deleted; 0: never.
    pub keep_days: u32,
    /// As many as were asked for.
    pub tasks: Vec<TrashedTask>,
}

/// One removed task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrashedTask {
    /// Which one.
    pub id: TrashId,
    /// What a list shows of it; absent if its file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<TaskSummary>,
}

/// `GET /api/v1/trash/size`: what emptying it would give back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetTrashSizeResponse {
    /// How many tasks there are.
    pub tasks: u64,
    /// The room that their files take on the disk. What is kept elsewhere, too (sources, lists of packages), is not counted.
    pub bytes: u64,
}

/// `DELETE /api/v1/trash`: deletes for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EmptyTrashRequest {
    /// Everything.
    All,
    /// What was removed more than so many days ago.
    OlderThan {
        /// Days.
        days: u32,
    },
    /// These.
    Tasks {
        /// Each with its time, or the one that was removed last.
        tasks: Vec<TrashId>,
    },
}

/// The answer to [`EmptyTrashRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmptyTrashResponse {
    /// How many were deleted.
    pub done: u64,
    /// What could not be, and why.
    pub refused: Vec<Refusal>,
}

/// `GET /api/v1/tasks/{experiment}/{task}/notes`, and the answer to `PUT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The text of `notes.md`; empty if there is none.
    pub text: String,
    /// Another one for every text: give it back with a change.
    pub version: String,
}

/// `PUT /api/v1/tasks/{experiment}/{task}/notes`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutNotesRequest {
    /// The new text, at most 1 MiB; empty removes the file.
    pub text: String,
    /// The version that was changed: refused with `conflict` if there is another one now. Absent: whatever is there is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
}

/// `POST /api/v1/tasks/{experiment}/{task}/rename`; answered with the [`TaskId`] from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameTaskRequest {
    /// The new name.
    pub to: String,
}
