//! What is kept of one task.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::identity::{Identity, IdentityRule};
use domain::run::RunRecord;
use domain::task::{Task, TaskId};
use serde::{Deserialize, Serialize};

use super::Mark;
use crate::storage::format::TaskFile;

/// A task at rest, as its files were.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The saved task, exactly as its file says it.
    pub task: Task,
    /// Its runs, oldest first; all of them have ended.
    pub runs: Vec<RunRecord>,
    /// What its folders looked like.
    pub mark: Mark,
    /// Its identity under another rule than that of its time, which is in force now: [`rule_digest`] and identity.
    pub settled: Option<(i64, Identity)>,
}

/// Tells rules of identities apart.
pub fn rule_digest(rule: &IdentityRule) -> i64 {
    let mut hasher = DefaultHasher::new();
    format!("{rule:?}").hash(&mut hasher);
    signed(&hasher)
}

/// The text of a row. A run's command is left out where it is the task's.
#[derive(Serialize, Deserialize)]
pub(super) struct Text {
    task: TaskFile,
    runs: Vec<RunRecord>,
    /// Which runs have a command of their own.
    own_commands: Vec<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<(i64, Identity)>,
}

impl Text {
    pub(super) fn of(task: &Task, runs: &[RunRecord], settled: Option<(i64, Identity)>) -> Self {
        let is_own = |run: &RunRecord| run.command != task.command;
        let short = |run: &RunRecord| RunRecord {
            command: if is_own(run) {
                run.command.clone()
            } else {
                Vec::new()
            },
            ..run.clone()
        };
        Self {
            task: TaskFile::of(task),
            runs: runs.iter().map(short).collect(),
            own_commands: runs.iter().map(is_own).collect(),
            settled,
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("file structs have text keys and finite numbers")
    }

    pub(super) fn into_parts(self, id: TaskId) -> (Task, Vec<RunRecord>, Option<(i64, Identity)>) {
        let (task, mut runs) = (self.task.into_task(id), self.runs);
        for (run, is_own) in runs.iter_mut().zip(self.own_commands) {
            if !is_own {
                run.command.clone_from(&task.command);
            }
        }
        (task, runs, self.settled)
    }
}

impl Row {
    pub(super) fn to_text(&self) -> String {
        Text::of(&self.task, &self.runs, self.settled.clone()).to_json()
    }

    pub(super) fn from_text(id: TaskId, text: &str, mark: Mark) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        let (task, runs, settled) = text.into_parts(id);
        Some(Self {
            task,
            runs,
            mark,
            settled,
        })
    }
}

/// What tells that a row is as it was written: the text, and what it is about.
pub(super) fn checksum(id: &TaskId, mark: Mark, text: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    let Mark {
        inode,
        changed_ns,
        runs_changed_ns,
    } = mark;
    (id, inode, changed_ns, runs_changed_ns, text).hash(&mut hasher);
    signed(&hasher)
}

fn signed(hasher: &DefaultHasher) -> i64 {
    i64::from_ne_bytes(hasher.finish().to_ne_bytes())
}
