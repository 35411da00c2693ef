//! Where a run stands, and the legal ways from one status to the next.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Outcome;

/// Where a run stands. `Finished` carries an [`Outcome`] in the run's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Waits for a slot.
    #[default]
    Queued,
    /// Its supervisor is being started.
    Starting,
    /// Its process runs.
    Running,
    /// It has been told to end.
    Terminating,
    /// It has ended; final.
    Finished,
}

/// A change of status that cannot happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run cannot go from `{from:?}` to `{to:?}`")]
pub struct IllegalTransition {
    /// The present status.
    pub from: RunStatus,
    /// The status asked for.
    pub to: RunStatus,
}

impl RunStatus {
    /// True if nothing can change any more.
    pub fn is_terminal(self) -> bool {
        self == Self::Finished
    }

    /// `to`, if a run may go there from here.
    ///
    /// # Errors
    /// [`IllegalTransition`] for any step back, and for leaving `Finished`.
    pub fn transition(self, to: Self) -> Result<Self, IllegalTransition> {
        use RunStatus::{Finished, Queued, Running, Starting, Terminating};
        match (self, to) {
            (Queued, Starting | Finished)
            | (Starting, Running | Terminating | Finished)
            | (Running, Terminating | Finished)
            | (Terminating, Finished) => Ok(to),
            (from, to) => Err(IllegalTransition { from, to }),
        }
    }
}

/// The one word people see, everywhere.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ShownStatus {
    /// Created, not submitted to the queue.
    #[default]
    Pending,
    /// Waits for a slot.
    Queued,
    /// Starting, running or being terminated.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly by itself or by a time limit.
    Failed,
    /// Ended by a person or a rule.
    Cancelled,
    /// Its supervisor died with it.
    Lost,
}

impl ShownStatus {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Lost,
    ];

    /// The word of a run.
    pub fn of(status: RunStatus, outcome: Option<&Outcome>) -> Self {
        match (status, outcome) {
            (RunStatus::Queued, _) => Self::Queued,
            (RunStatus::Starting | RunStatus::Running | RunStatus::Terminating, _) => Self::Running,
            (RunStatus::Finished, Some(Outcome::Succeeded)) => Self::Completed,
            (RunStatus::Finished, Some(Outcome::Cancelled { .. })) => Self::Cancelled,
            (RunStatus::Finished, Some(Outcome::Lost) | None) => Self::Lost,
            (RunStatus::Finished, Some(_)) => Self::Failed,
        }
    }

    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// The status of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// True while a cancel makes sense.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// True if the latest run has ended.
    pub fn is_finished(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Lost
        )
    }
}

impl fmt::Display for ShownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many tasks show each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusCounts {
    /// Tasks shown as pending.
    pub pending: u64,
    /// Tasks shown as queued.
    pub queued: u64,
    /// Tasks shown as running.
    pub running: u64,
    /// Tasks shown as completed.
    pub completed: u64,
    /// Tasks shown as failed.
    pub failed: u64,
    /// Tasks shown as cancelled.
    pub cancelled: u64,
    /// Tasks shown as lost.
    pub lost: u64,
}

impl StatusCounts {
    /// The number shown for one status.
    pub fn get(&self, status: ShownStatus) -> u64 {
        let mut copy = *self;
        *copy.slot(status)
    }

    /// The counter of one status.
    pub fn slot(&mut self, status: ShownStatus) -> &mut u64 {
        match status {
            ShownStatus::Pending => &mut self.pending,
            ShownStatus::Queued => &mut self.queued,
            ShownStatus::Running => &mut self.running,
            ShownStatus::Completed => &mut self.completed,
            ShownStatus::Failed => &mut self.failed,
            ShownStatus::Cancelled => &mut self.cancelled,
            ShownStatus::Lost => &mut self.lost,
        }
    }

    /// All tasks.
    pub fn total(&self) -> u64 {
        ShownStatus::ALL
            .into_iter()
            .map(|status| self.get(status))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_run_never_changes_and_nothing_goes_back() {
        let all = [
            RunStatus::Queued,
            RunStatus::Starting,
            RunStatus::Running,
            RunStatus::Terminating,
            RunStatus::Finished,
        ];
        for (i, from) in all.into_iter().enumerate() {
            assert!(RunStatus::Finished.transition(from).is_err());
            for to in all.into_iter().take(i + 1) {
                assert!(from.transition(to).is_err(), "{from:?} -> {to:?}");
            }
        }
        assert_eq!(RunStatus::Queued.transition(RunStatus::Running).ok(), None);
    }

    #[test]
    fn every_word_parses_to_itself() {
        for status in ShownStatus::ALL {
            assert_eq!(ShownStatus::parse(status.as_str()), Some(status));
        }
    }
}
