//! The state of all tasks and runs. All of it can be rebuilt by reading the files again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use domain::run::{RunRecord, RunStatus, ShownStatus, StatusCounts};
use domain::task::{RunId, Task, TaskId, TaskSummary};

use super::shelf::Shelf;

/// A task with its runs, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The saved task.
    pub task: Arc<Task>,
    /// Its runs; the last one is the latest.
    pub runs: Vec<RunRecord>,
}

impl Entry {
    /// What people see of the task: its latest run's word, or `pending`.
    pub fn shown(&self) -> ShownStatus {
        self.runs
            .last()
            .map_or(ShownStatus::Pending, RunRecord::shown)
    }

    /// What lists show of the task.
    pub fn summary(&self) -> TaskSummary {
        let latest = self.runs.last();
        let task = &self.task;
        TaskSummary {
            id: task.id.clone(),
            status: self.shown(),
            sweep: task.sweep.clone(),
            index: task.index,
            of: task.of,
            created_at_ms: task.created_at_ms,
            varied: task.varied.clone(),
            runs: u32::try_from(self.runs.len()).unwrap_or(u32::MAX),
            started_at_ms: latest.and_then(|run| run.started_at_ms),
            ended_at_ms: latest.and_then(|run| run.ended_at_ms),
            reason: latest.and_then(reason),
            priority: task.policy.priority,
            user: task.user.clone(),
            labels: task.labels.clone(),
            is_pinned: task.is_pinned,
            waiting: None,
            gpus: latest
                .filter(|run| !run.status.is_terminal())
                .map(|run| {
                    run.allocation
                        .gpus
                        .iter()
                        .map(|gpu| gpu.id.clone())
                        .collect()
                })
                .unwrap_or_default(),
        }
    }
}

/// The last error line, or the outcome in words.
fn reason(run: &RunRecord) -> Option<String> {
    let outcome = run
        .outcome
        .as_ref()
        .filter(|outcome| !outcome.is_success())?;
    Some(
        run.error_line
            .clone()
            .unwrap_or_else(|| outcome.to_string()),
    )
}

/// Everything the dispatcher knows.
///
/// Invariants: `counts` equals the entries' words; `waiting` holds exactly the queued runs, first come first;
/// `active` holds exactly the runs that are starting, running or terminating.
#[derive(Debug, Default)]
pub struct State {
    pub(super) entries: Shelf,
    pub(super) waiting: VecDeque<RunId>,
    pub(super) active: BTreeMap<RunId, Option<u32>>,
    /// Runs to be ended as soon as their supervisor is known.
    pub(super) cancel_when_started: BTreeSet<RunId>,
    pub(super) slots: u32,
    /// Nothing starts in this process.
    pub(super) is_held: bool,
    pub(super) counts: StatusCounts,
    pub(super) seq: u64,
    pub(super) points: super::known::Points,
    pub(super) gpus: super::gpus::Gpus,
}

impl State {
    /// An empty state with this many slots.
    pub fn new(slots: u32) -> Self {
        Self {
            slots,
            ..Self::default()
        }
    }

    /// All tasks, oldest sweep first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        self.entries.iter()
    }

    /// All tasks sweep by sweep, oldest sweep first.
    pub fn sweeps(
        &self,
    ) -> impl DoubleEndedIterator<Item = impl DoubleEndedIterator<Item = &Entry> + Clone> + Clone
    {
        self.entries.sweeps()
    }

    /// How many tasks there are.
    pub fn task_count(&self) -> usize {
        self.entries.len()
    }

    /// The name by which a task is known now that has, or had before it was renamed, this one.
    pub fn resolve(&self, id: &TaskId) -> Option<&TaskId> {
        self.entries.resolve(id)
    }

    /// One task.
    pub fn entry(&self, id: &TaskId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// How many tasks show each status.
    pub fn counts(&self) -> StatusCounts {
        self.counts
    }

    /// The number of the latest change.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// How many runs may go on at once.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// The GPUs, with what is held of them.
    pub fn gpus(&self) -> &super::gpus::Gpus {
        &self.gpus
    }

    /// Adds a task with its runs. A task that is known already is left as it is.
    pub fn insert(&mut self, task: Task, runs: Vec<RunRecord>) {
        let entry = Entry {
            task: Arc::new(task),
            runs,
        };
        let (task, shown) = (Arc::clone(&entry.task), entry.shown());
        // Only a run that has not ended waits or occupies something.
        let live: Vec<RunRecord> = entry
            .runs
            .iter()
            .filter(|run| !run.status.is_terminal())
            .cloned()
            .collect();
        let Some(place) = self.entries.insert(entry) else {
            return;
        };
        if let Some(identity) = &task.identity {
            self.points.insert(&task.id.experiment, identity, place);
        }
        *self.counts.slot(shown) += 1;
        for run in live {
            let id = RunId {
                task: task.id.clone(),
                number: run.number,
            };
            self.place(id, &run);
        }
    }

    /// Puts the waiting runs into the order of their queueing.
    pub fn sort_waiting(&mut self) {
        let queued_at = |id: &RunId| {
            let entry = self.entry(&id.task)?;
            let run = entry.runs.iter().find(|run| run.number == id.number)?;
            Some((run.queued_at_ms, self.entries.place(&id.task)?))
        };
        let mut keyed: Vec<_> = self
            .waiting
            .iter()
            .map(|id| (queued_at(id), id.clone()))
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        self.waiting = keyed.into_iter().map(|(_, id)| id).collect();
    }

    /// Takes a run's new record into the state; false if the run is unknown or has ended already.
    pub(super) fn update(&mut self, id: &RunId, record: RunRecord) -> bool {
        let Some(entry) = self.entries.get_mut(&id.task) else {
            return false;
        };
        let before = entry.shown();
        match entry.runs.iter_mut().find(|run| run.number == id.number) {
            Some(run) if run.status.is_terminal() => return false,
            Some(run) => run.clone_from(&record),
            None => entry.runs.push(record.clone()),
        }
        let after = entry.shown();
        *self.counts.slot(before) -= 1;
        *self.counts.slot(after) += 1;
        self.place(id.clone(), &record);
        true
    }

    fn place(&mut self, id: RunId, run: &RunRecord) {
        match run.status {
            RunStatus::Queued => self.waiting.push_back(id),
            RunStatus::Starting | RunStatus::Running | RunStatus::Terminating => {
                // From the decision on, not from what a driver shows; an adopted run from the first moment.
                if self.active.insert(id.clone(), run.supervisor_pid).is_none() {
                    self.gpus.hold(&id, &run.allocation);
                }
            }
            RunStatus::Finished => {
                self.active.remove(&id);
                self.gpus.release(&id);
                self.cancel_when_started.remove(&id);
            }
        }
    }
}
