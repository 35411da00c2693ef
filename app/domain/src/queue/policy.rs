//! When a task may run, how often, and how long.

use serde::{Deserialize, Serialize};

use super::Resources;
use crate::task::TaskId;
use crate::time::Timestamp;

/// What a task asks of the queue. It may be changed until the run has started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// -1000 to 1000; larger goes first. A waiting run gains on others with time, so nothing starves.
    pub priority: i32,
    /// What its runs occupy.
    pub resources: Resources,
    /// What must have ended before.
    #[serde(skip_serializing_if = "Dependencies::is_empty")]
    pub after: Dependencies,
    /// Not before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<Timestamp>,
    /// Not before so many milliseconds have passed since it was queued.
    pub delay_ms: u64,
    /// What is tried again.
    pub retry: Retry,
    /// How long a run may take.
    pub time_limits: TimeLimits,
    /// Conditions over the newest value of each metric; a run for which one holds is ended, cancelled by a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_when: Vec<String>,
}

impl Policy {
    /// True if nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Tasks that must have ended before this one starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dependencies {
    /// The tasks.
    pub tasks: Vec<TaskId>,
    /// What happens if one of them does not succeed.
    pub on_failure: OnFailure,
}

impl Dependencies {
    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

/// What happens to a waiting task when one that it waits for has ended without success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It is cancelled by a rule.
    #[default]
    Cancel,
    /// It waits for a rerun that succeeds.
    Wait,
    /// It runs all the same.
    Run,
}

/// Which ends are tried again, how often, and after how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// How many further runs at most.
    pub max: u32,
    /// After which ends.
    pub on: Vec<RetryOn>,
    /// The pause before each.
    pub backoff: Backoff,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max: 0,
            on: RetryOn::ALL.to_vec(),
            backoff: Backoff::default(),
        }
    }
}

/// An end without success that can be tried again. A cancelled run never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// An exit code other than 0.
    Failed,
    /// A signal that was not ours.
    Signaled,
    /// A time limit.
    TimedOut,
    /// The kernel killed it for memory.
    OutOfMemory,
    /// Its supervisor died with it, or the machine was restarted.
    Lost,
    /// It could not be started.
    FailedToStart,
}

impl RetryOn {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Failed,
        Self::Signaled,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::Lost,
        Self::FailedToStart,
    ];

    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Signaled => "signaled",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::Lost => "lost",
            Self::FailedToStart => "failed_to_start",
        }
    }

    /// The end of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == word)
    }
}

/// The pause before a retry: `first`, `first * factor`, `first * factor^2`, …, never more than `max`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    /// Before the first retry, milliseconds.
    pub first_ms: u64,
    /// At least 1.
    pub factor: f64,
    /// The longest pause, milliseconds.
    pub max_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first_ms: 0,
            factor: 2.0,
            max_ms: 3_600_000,
        }
    }
}

/// How long a run may take, counted from the start of its process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeLimits {
    /// After so many milliseconds it is asked to end, with its grace period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_ms: Option<u64>,
    /// After so many milliseconds it is killed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_ms: Option<u64>,
}

/// What holds for a sweep as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepPolicy {
    /// How many of its runs may go on at once; absent: as many as fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The first run that fails for good cancels what still waits, and ends what runs.
    pub fail_fast: bool,
}

impl SweepPolicy {
    /// True if nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
