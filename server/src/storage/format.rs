//! The files' own structs. Changing a domain type must not change a file by accident.
//!
//! Every JSON file starts with `format`. Readers ignore unknown fields and refuse a newer format.
//! The history of the numbers stands in `docs/STORAGE.md`.

use std::path::Path;

use domain::call::Call;
use domain::command::StampedFolder;
use domain::config::{Key, Value};
use domain::experiment::{Entry, Launch, RunFolder};
use domain::identity::{Identity, IdentityRule};
use domain::queue::{Allocation, Execution, Policy, Resources, SweepPolicy, TimeLimits};
use domain::run::{Outcome, RunRecord, RunStatus, UsageSummary};
use domain::schema::{ParserSchema, Schema};
use domain::task::{Task, TaskId};
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StorageError;

/// The newest format of every JSON file.
pub const FORMAT: u32 = 1;

/// `experiment.json`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The script, relative to the project if it lies inside it.
    pub script: String,
    /// What kind of thing the script is. Absent before it existed: a script.
    #[serde(default)]
    pub entry: Entry,
    /// The folder the experiment was opened in, absolute: relative paths of configs count from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_dir: Option<String>,
    /// What the script accepted when it could last be read.
    pub schema: Schema,
    /// The prefix of new tasks' names.
    pub prefix: String,
    /// What the person set last beside the fields.
    #[serde(default, skip_serializing_if = "domain::grid::SweepOptions::is_empty")]
    pub options: domain::grid::SweepOptions,
    /// Keys that make no difference to a point's identity, besides the project's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Key>,
    /// Fields that a person wants on top of the form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<Key>,
    /// What a person typed of how its runs are planned, as texts by key.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub plan: std::collections::BTreeMap<String, String>,
    /// What the script itself said of its parser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeFile>,
    /// The parser that was chosen instead of the one that reads the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parser: Option<ParserFile>,
}

/// What a probe found; it counts while its sources are as they were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeFile {
    /// The words that the script was given.
    pub args: Vec<String>,
    /// The interpreter that ran it.
    pub python: String,
    /// When.
    pub at_ms: Timestamp,
    /// True if later parsers of the script may accept more.
    pub partial: bool,
    /// What the script was not let do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prevented: Vec<domain::protocol::Prevented>,
    /// The real parser.
    pub parser: ParserSchema,
    /// The script and its modules.
    pub sources: Vec<SourceFile>,
}

/// A file that something was learned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its absolute path.
    pub path: String,
    /// The SHA-256 of its content, hexadecimal.
    pub sha256: String,
}

/// One of a script's parsers. A script that was edited may have them in another order: the label tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParserFile {
    /// Its number, from 1; 0 is the one that reads the command line.
    pub index: u32,
    /// Its label.
    pub label: String,
}

/// `sweeps/<sweep>.json`: its presence makes the sweep's tasks exist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The sweep's name.
    pub sweep: String,
    /// The number of its points; of those that were done already there are no tasks.
    pub count: u64,
    /// The digest of the grid that was previewed and launched.
    pub digest: String,
    /// What the person typed.
    pub inputs: Vec<domain::grid::Input>,
    /// What was set beside the fields.
    #[serde(default, skip_serializing_if = "domain::grid::SweepOptions::is_empty")]
    pub options: domain::grid::SweepOptions,
    /// What a command line said beyond that.
    #[serde(default, skip_serializing_if = "Launch::is_default")]
    pub launch: Launch,
    /// When it was submitted.
    pub created_at_ms: Timestamp,
    /// True if its tasks were queued with the submission.
    pub queued: bool,
    /// The rule of its tasks' identities; absent in sweeps of versions that knew none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityRule>,
    /// What its runs can be reproduced from.
    #[serde(default)]
    pub kept: Kept,
    /// What holds for the sweep as a whole.
    #[serde(default, skip_serializing_if = "SweepPolicy::is_default")]
    pub policy: SweepPolicy,
    /// What each of its tasks asked of the queue at first: tasks that are made later get the same.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub task_policy: Policy,
    /// How its runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// What its tasks were marked with at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Who submitted it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
}

/// What a sweep can be reproduced from: entries of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The snapshot of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The folder it was taken of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// `requirements.txt` and, for conda's interpreters, `conda.txt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements: Option<String>,
    /// `env.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Where else code that runs from the snapshot finds modules: a relative folder is inside the snapshot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub python_path: Vec<String>,
}

/// The one part of a sweep's record that a starting run needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeptOnly {
    /// [`SweepFile::kept`].
    pub kept: Kept,
}

/// `task.json`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The submission it came from.
    pub sweep: String,
    /// Its place in the sweep, from 1.
    pub index: u64,
    /// The sweep's number of tasks.
    pub of: u64,
    /// When it was created.
    pub created_at_ms: Timestamp,
    /// The varied parameters with this task's values.
    pub varied: Vec<(Key, Value)>,
    /// Interpreter, script and arguments, word by word.
    pub command: Vec<String>,
    /// The working directory of its runs.
    pub working_dir: String,
    /// Where its runs are kept, if not under the task's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_folder: Option<RunFolder>,
    /// Which experiment of a batch file it is, and where its runs put their folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped_folder: Option<StampedFolder>,
    /// Which point of a Python experiment it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Which work it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The snapshot that its code runs from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// What it asks of the queue.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// How its runs are executed.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// Variables over the server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<(String, String)>,
    /// Who submitted it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// What a person marked it with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Wanted on top of lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_pinned: bool,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it was called before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// When its command was last changed by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at_ms: Option<Timestamp>,
}

impl TaskFile {
    /// The file of a task.
    pub fn of(task: &Task) -> Self {
        Self {
            format: FORMAT,
            sweep: task.sweep.clone(),
            index: task.index,
            of: task.of,
            created_at_ms: task.created_at_ms,
            varied: task.varied.clone(),
            command: task.command.clone(),
            working_dir: task.working_dir.clone(),
            run_folder: task.run_folder.clone(),
            stamped_folder: task.stamped_folder.clone(),
            call: task.call.clone(),
            identity: task.identity.clone(),
            snapshot: task.snapshot.clone(),
            policy: task.policy.clone(),
            execution: task.execution.clone(),
            environment: task.environment.clone(),
            user: task.user.clone(),
            labels: task.labels.clone(),
            is_pinned: task.is_pinned,
            description: task.description.clone(),
            former: task.former.clone(),
            edited_at_ms: task.edited_at_ms,
        }
    }

    /// The task in this file; its name is its folder's.
    pub fn into_task(self, id: TaskId) -> Task {
        Task {
            id,
            sweep: self.sweep,
            index: self.index,
            of: self.of,
            created_at_ms: self.created_at_ms,
            varied: self.varied,
            command: self.command,
            working_dir: self.working_dir,
            run_folder: self.run_folder,
            stamped_folder: self.stamped_folder,
            call: self.call,
            identity: self.identity,
            snapshot: self.snapshot,
            policy: self.policy,
            execution: self.execution,
            environment: self.environment,
            user: self.user,
            labels: self.labels,
            is_pinned: self.is_pinned,
            description: self.description,
            former: self.former,
            edited_at_ms: self.edited_at_ms,
        }
    }
}

/// `run.json`. The dispatcher writes it once before the start; from then on the supervisor owns it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose run it is; absent in records of versions that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// From 1.
    pub number: u32,
    /// Where it stands.
    pub status: RunStatus,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When it was queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at_ms: Option<Timestamp>,
    /// When its process was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at_ms: Option<Timestamp>,
    /// When its end was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<Timestamp>,
    /// The task's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessIdentity>,
    /// Its supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_pid: Option<u32>,
    /// The last line of an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_line: Option<String>,
    /// What is executed, word by word.
    pub command: Vec<String>,
    /// Where.
    pub working_dir: String,
    /// The folder of a point, which this run has to itself while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_folder: Option<String>,
    /// Environment variables set over the server's own.
    pub environment: Vec<(String, String)>,
    /// The file with further variables that must not stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_file: Option<String>,
    /// Seconds between the request to end and SIGKILL.
    pub grace_period_secs: u64,
    /// How it is executed: the task's words over the project's.
    #[serde(default, skip_serializing_if = "Execution::is_default")]
    pub execution: Execution,
    /// What it occupies.
    #[serde(default)]
    pub resources: Resources,
    /// The devices it holds.
    #[serde(default, skip_serializing_if = "Allocation::is_empty")]
    pub allocation: Allocation,
    /// How long it may take.
    #[serde(default)]
    pub time_limits: TimeLimits,
    /// Conditions over its metrics that end it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop_when: Vec<String>,
    /// [`RunRecord::retry`].
    #[serde(default)]
    pub retry: u32,
    /// What it used in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageSummary>,
    /// [`RunRecord::log_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<u64>,
    /// [`RunRecord::warnings`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A process that no reused number can be mistaken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: u32,
    /// Its start time in clock ticks since boot (`/proc/<pid>/stat`, field 22); 0 where the system does not tell.
    pub start_ticks: u64,
    /// `/proc/sys/kernel/random/boot_id`; empty where the system does not tell.
    pub boot_id: String,
}

impl RunFile {
    /// What lists and pages show of it.
    pub fn to_record(&self) -> RunRecord {
        RunRecord {
            number: self.number,
            status: self.status,
            outcome: self.outcome.clone(),
            queued_at_ms: self.queued_at_ms,
            started_at_ms: self.started_at_ms,
            ended_at_ms: self.ended_at_ms,
            pid: self.process.as_ref().map(|process| process.pid),
            supervisor_pid: self.supervisor_pid,
            error_line: self.error_line.clone(),
            command: self.command.clone(),
            retry: self.retry,
            not_before_ms: None,
            allocation: self.allocation.clone(),
            executor: self.execution.executor.clone().unwrap_or_default(),
            usage: self.usage,
            log_bytes: self.log_bytes,
            warnings: self.warnings.clone(),
        }
    }
}

/// The text of a JSON file: one line per top-level field, a newline at the end.
pub fn to_json<T: Serialize>(file: &T) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec(file).expect("file structs have text keys and finite numbers");
    bytes.push(b'\n');
    bytes
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// Reads a JSON file of ours.
///
/// # Errors
/// [`StorageError::Newer`] before anything else is looked at, then [`StorageError::Damaged`].
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StorageError> {
    let bytes = std::fs::read(path).map_err(StorageError::read(path))?;
    let damaged = |error: serde_json::Error| StorageError::Damaged {
        path: path.to_path_buf(),
        message: error.to_string(),
    };
    let FormatOnly { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if format > FORMAT {
        return Err(StorageError::Newer {
            path: path.to_path_buf(),
            found: format,
            known: FORMAT,
        });
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}
