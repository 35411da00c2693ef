//! A task at rest in little memory: what lists ask of it all the time, and everything else as the text of its row.
//!
//! A hundred thousand finished tasks are looked at in every list and opened one at a time. So their commands, outcomes and
//! policies stay packed until somebody asks.

use std::sync::Arc;

use domain::run::{Outcome, RunRecord, ShownStatus};
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::row::Text;

/// What is asked of a task without opening it.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its name.
    pub id: Arc<TaskId>,
    /// The submission it came from.
    pub sweep: Arc<str>,
    /// Its place in the sweep, from 1.
    pub index: u64,
    /// When it was created.
    pub created_at_ms: Timestamp,
    /// What people see of it: its latest run's word, or `pending`.
    pub shown: ShownStatus,
    /// When its latest run ended.
    pub ended_at_ms: Option<Timestamp>,
    /// How many runs it has.
    pub runs: u32,
    /// True if a person wants it on top of lists.
    pub is_pinned: bool,
    /// True if its policy may try again what has failed.
    pub may_retry: bool,
    /// Who submitted it; empty if nobody knows.
    pub user: Arc<str>,
    /// ` key=value` for each parameter that varies in its sweep, in lower case.
    pub varied: Arc<str>,
}

impl Head {
    /// The head of a task with its runs, oldest first.
    pub fn of(task: &Task, runs: &[RunRecord]) -> Self {
        let latest = runs.last();
        let varied = task.varied.iter();
        let varied: String = varied
            .map(|(key, value)| format!(" {key}={value}").to_lowercase())
            .collect();
        Self {
            id: Arc::new(task.id.clone()),
            sweep: Arc::from(task.sweep.as_str()),
            index: task.index,
            created_at_ms: task.created_at_ms,
            shown: latest.map_or(ShownStatus::Pending, RunRecord::shown),
            ended_at_ms: latest.and_then(|run| run.ended_at_ms),
            runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
            is_pinned: task.is_pinned,
            may_retry: task.policy.retry.max > 0,
            user: Arc::from(task.user.as_str()),
            varied: Arc::from(varied),
        }
    }
}

impl Head {
    /// True if it stands before a task: in an older sweep, or further in front in the same.
    pub fn is_before(&self, task: &Task) -> bool {
        let own = (self.created_at_ms, &*self.sweep, self.index);
        own < (task.created_at_ms, task.sweep.as_str(), task.index)
    }
}

/// How long runs took that succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// How many they are.
    pub count: u64,
    /// All of them together, milliseconds.
    pub total_ms: u64,
}

impl Took {
    /// Those among these runs.
    pub fn of(runs: &[RunRecord]) -> Self {
        let mut took = Self::default();
        for run in runs {
            took.add(run);
        }
        took
    }

    /// Takes in a run, if it has succeeded.
    pub fn add(&mut self, run: &RunRecord) {
        let is_success = run.outcome == Some(Outcome::Succeeded);
        let ended = run.ended_at_ms.filter(|_| is_success);
        if let Some(ms) = ended.and_then(|ended| run.elapsed_ms(ended)) {
            self.count += 1;
            self.total_ms = self.total_ms.saturating_add(ms);
        }
    }
}

/// Packs a task with its runs.
pub fn pack(task: &Task, runs: &[RunRecord]) -> Arc<str> {
    Arc::from(Text::of(task, runs, None).to_json())
}

/// What was packed, or the text of a row whose identity is settled; `None` if the text was made by nobody who packs.
pub fn unpack(id: &TaskId, text: &str) -> Option<(Task, Vec<RunRecord>)> {
    let text: Text = serde_json::from_str(text).ok()?;
    let (mut task, runs, settled) = text.into_parts(id.clone());
    if let Some((_, identity)) = settled {
        task.identity = Some(identity);
    }
    Some((task, runs))
}
