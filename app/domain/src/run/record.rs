//! What is known of one run.

use serde::{Deserialize, Serialize};

use super::{Outcome, RunStatus, ShownStatus, UsageSummary};
use crate::queue::{Allocation, ExecutorName};
use crate::time::Timestamp;

/// One numbered execution of a task, as lists and pages show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// From 1.
    pub number: u32,
    /// Where it stands.
    pub status: RunStatus,
    /// How it ended; present exactly when `status` is `Finished`.
    pub outcome: Option<Outcome>,
    /// When it was queued.
    pub queued_at_ms: Option<Timestamp>,
    /// When its process was started.
    pub started_at_ms: Option<Timestamp>,
    /// When its end was recorded.
    pub ended_at_ms: Option<Timestamp>,
    /// The process id of the task's process.
    pub pid: Option<u32>,
    /// The process id of its supervisor.
    pub supervisor_pid: Option<u32>,
    /// The last line of an error, for lists.
    pub error_line: Option<String>,
    /// What was executed, word by word.
    pub command: Vec<String>,
    /// The number of the automatic retry that it is, from 1; 0: a person asked for it.
    #[serde(default)]
    pub retry: u32,
    /// While it is queued: it does not start before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<Timestamp>,
    /// The devices it holds, or held.
    #[serde(default, skip_serializing_if = "Allocation::is_empty")]
    pub allocation: Allocation,
    /// What executes it.
    #[serde(default)]
    pub executor: ExecutorName,
    /// What it used in all, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageSummary>,
    /// The size of its log when its end was recorded, bytes: of a lost run, how far it is known to have come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<u64>,
    /// What was asked for and could not be had, and what a person should know of its end. The run went on all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl RunRecord {
    /// A run that waits.
    pub fn queued(number: u32, queued_at_ms: Timestamp, command: Vec<String>) -> Self {
        Self {
            number,
            status: RunStatus::Queued,
            queued_at_ms: Some(queued_at_ms),
            command,
            ..Self::default()
        }
    }

    /// What people see.
    pub fn shown(&self) -> ShownStatus {
        ShownStatus::of(self.status, self.outcome.as_ref())
    }

    /// Milliseconds from start to end, or to `now` while it runs; `None` before the start.
    pub fn elapsed_ms(&self, now: Timestamp) -> Option<u64> {
        let started = self.started_at_ms?;
        Some(self.ended_at_ms.unwrap_or(now).since_ms(started))
    }
}
