//! Bodies of `/api/v1/commands` and `/api/v1/batches`: tasks whose commands people wrote.

use serde::{Deserialize, Serialize};

use super::http::Start;
use crate::batch::BatchProblem;
use crate::command::CommandLine;
use crate::queue::{Execution, Policy, SweepPolicy};
use crate::task::TaskId;

/// `POST /api/v1/commands`: one task that runs a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostCommandRequest {
    /// A text for `sh -c`, or a list of words that no shell reads.
    pub command: CommandLine,
    /// The first part of the task's name; absent: made of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The folder it runs in, absolute; absent: the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Variables that it finds over the server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<(String, String)>,
    /// Queue it at once, or only create it.
    #[serde(default)]
    pub start: Start,
    /// What it asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// How its runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// What it is marked with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who submits it; a server with accounts knows that better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
}

/// The answer to [`PostCommandRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCommandResponse {
    /// Its sweep, of which it is the only task.
    pub sweep: String,
    /// The task.
    pub task: TaskId,
}

/// `PUT /api/v1/tasks/{experiment}/{task}/command`: changes what a command's task runs, before its first run has started. What is
/// absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PutCommandRequest {
    /// A text for `sh -c`, or a list of words that no shell reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// The folder it runs in, absolute or below the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Variables to set, over those that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_variables: Vec<(String, String)>,
    /// Variables of its own to take away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_variables: Vec<String>,
}

/// `POST /api/v1/batches`: the experiments of a batch file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostBatchRequest {
    /// The text of the file.
    pub text: String,
    /// True: nothing is written; the answer tells what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Its path, absolute or below the project: its name is the experiment's, and relative paths in it count from its folder.
    pub file: String,
    /// Queue the tasks at once, or only create them.
    #[serde(default)]
    pub start: Start,
    /// What holds for all of it; a limit counts more than the file's `max_concurrent_experiments`.
    #[serde(default, skip_serializing_if = "SweepPolicy::is_default")]
    pub sweep_policy: SweepPolicy,
    /// Variables that its tasks find over the server's own, and under the file's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<(String, String)>,
    /// What its tasks are marked with besides their tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Who submits it; a server with accounts knows that better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
}

/// The answer to [`PostBatchRequest`]: good entries have tasks whatever is wrong with others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostBatchResponse {
    /// The experiment; absent if nothing was created.
    pub experiment: Option<String>,
    /// The sweep; absent if nothing was created.
    pub sweep: Option<String>,
    /// The tasks, in the order in which they were queued.
    pub tasks: Vec<BatchTask>,
    /// What is wrong with the file.
    pub problems: Vec<BatchProblem>,
    /// With `dry_run`: the good entries in the order in which they would start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<PlannedEntry>,
}

/// What an entry of a batch file would become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedEntry {
    /// Its number in the file, from 1.
    pub entry: u32,
    /// Its name.
    pub name: String,
    /// How many tasks are made of it.
    pub repeats: u32,
    /// What is run.
    pub command: CommandLine,
    /// The folder it runs in, absolute.
    pub working_dir: String,
    /// The folder in which it goes on, by its stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    /// What each of its tasks asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// Labels of its tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// One task of a batch file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTask {
    /// The task.
    pub task: TaskId,
    /// The number of its entry in the file, from 1.
    pub entry: u32,
    /// The entry's name.
    pub name: String,
    /// The how-manieth of the entry's repeats, from 1.
    pub repeat: u32,
}
