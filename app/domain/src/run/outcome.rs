//! How a run ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who ended a run before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// A person.
    User,
    /// A rule of the sweep or the queue.
    Rule,
}

/// How a run ended. Every finished run has exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Exit code 0.
    Succeeded,
    /// Another exit code.
    Failed {
        /// 1 to 255.
        exit_code: i32,
    },
    /// Ended by a signal that was not ours.
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// Ended by us because its time was over.
    TimedOut,
    /// Killed by the kernel because it, or its control group, took too much memory.
    OutOfMemory,
    /// Ended by us because somebody said so; a queued run that never started counts too.
    Cancelled {
        /// Who said so.
        by: CancelledBy,
    },
    /// The process could not be started.
    FailedToStart {
        /// Why, naming the thing.
        reason: String,
    },
    /// Its supervisor died with it: nobody knows how it ended.
    Lost,
}

impl Outcome {
    /// True for [`Outcome::Succeeded`].
    pub fn is_success(&self) -> bool {
        *self == Self::Succeeded
    }
}

/// A few words, e.g. ``exit code 3``; empty for success.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => Ok(()),
            Self::Failed { exit_code } => write!(f, "exit code {exit_code}"),
            Self::Signaled { signal } => write!(f, "signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Cancelled {
                by: CancelledBy::User,
            } => f.write_str("cancelled"),
            Self::Cancelled {
                by: CancelledBy::Rule,
            } => f.write_str("cancelled by a rule"),
            Self::FailedToStart { reason } => write!(f, "could not start: {reason}"),
            Self::Lost => f.write_str("its supervisor died with it"),
        }
    }
}
