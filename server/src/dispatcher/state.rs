//! The state of all tasks and runs. All of it can be rebuilt by reading the files again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus, ShownStatus, StatusCounts};
use domain::task::{RunId, Task, TaskId, TaskSummary};
use domain::time::Timestamp;

use super::shelf::Shelf;
use crate::scheduler::{Holding, Needs, Queue, Rules, SweepId};

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
/// Invariants: `counts` equals the entries' words; `queue` holds exactly the queued runs as waiting, and exactly the runs
/// of `active`, which are starting, running or terminating, as going on.
#[derive(Debug, Default)]
pub struct State {
    pub(super) entries: Shelf,
    pub(super) queue: Queue,
    pub(super) active: BTreeMap<RunId, Option<u32>>,
    /// Runs to be ended as soon as their supervisor is known.
    pub(super) cancel_when_started: BTreeMap<RunId, CancelledBy>,
    /// When a run of a sweep that fails fast last failed for good: what was queued before does not go on.
    pub(super) failed_sweeps: HashMap<SweepId, Timestamp>,
    /// Nothing starts in this process.
    pub(super) is_held: bool,
    pub(super) counts: StatusCounts,
    pub(super) seq: u64,
    pub(super) recent: super::recent::Recent,
    pub(super) points: super::known::Points,
    pub(super) gpus: super::gpus::Gpus,
}

impl State {
    /// An empty state whose queue has these rules.
    pub fn new(rules: Rules) -> Self {
        Self {
            queue: Queue::new(rules),
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

    /// One run.
    pub fn run(&self, id: &RunId) -> Option<&RunRecord> {
        let runs = &self.entry(&id.task)?.runs;
        runs.iter().rev().find(|run| run.number == id.number)
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
        self.queue.rules().total.slots
    }

    /// What waits, and what goes on.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Adds a task with its runs. A task that is known already is left as it is. A queued run is not in the queue before
    /// `enqueue` puts it there.
    pub fn insert(&mut self, task: Task, runs: Vec<RunRecord>) {
        let task = Arc::new(task);
        let entry = Entry {
            task: Arc::clone(&task),
            runs,
        };
        let shown = entry.shown();
        // Only a run that has not ended occupies something.
        let (ended, live): (Vec<&RunRecord>, Vec<&RunRecord>) =
            entry.runs.iter().partition(|run| run.status.is_terminal());
        let live: Vec<RunRecord> = live.into_iter().cloned().collect();
        let took: Vec<u64> = ended.into_iter().filter_map(took_ms).collect();
        let Some(place) = self.entries.insert(entry) else {
            return;
        };
        if let Some(identity) = &task.identity {
            self.points.insert(&task.id.experiment, identity, place);
        }
        *self.counts.slot(shown) += 1;
        for ms in took {
            self.queue.durations_mut().note(&sweep_of(&task), ms);
        }
        for run in live {
            self.place(&task, &run);
        }
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
        let task = Arc::clone(&entry.task);
        *self.counts.slot(before) -= 1;
        *self.counts.slot(after) += 1;
        self.place(&task, &record);
        true
    }

    /// Notes what a run occupies, or that it occupies nothing any more.
    fn place(&mut self, task: &Task, run: &RunRecord) {
        let id = RunId {
            task: task.id.clone(),
            number: run.number,
        };
        match run.status {
            RunStatus::Queued => {}
            RunStatus::Starting | RunStatus::Running | RunStatus::Terminating => {
                // What was decided here is held already; an adopted run from the first moment.
                if self.queue.occupancy().holding(&id).is_none() {
                    let holding = Holding {
                        sweep: sweep_of(task),
                        user: task.user.clone(),
                        needs: Needs::of(&task.policy.resources),
                        allocation: run.allocation.clone(),
                        started_at: None,
                    };
                    self.queue.adopt(id.clone(), holding);
                }
                if let Some(at) = run.started_at_ms {
                    self.queue.started(&id, at);
                }
                self.active.insert(id, run.supervisor_pid);
            }
            RunStatus::Finished => {
                self.active.remove(&id);
                self.queue.ended(&id);
                let waits = self.queue.waiting(&id.task);
                if waits.is_some_and(|request| request.id == id) {
                    self.queue.remove(&id.task);
                }
                self.cancel_when_started.remove(&id);
                if let Some(ms) = took_ms(run) {
                    self.queue.durations_mut().note(&sweep_of(task), ms);
                }
            }
        }
    }
}

/// How long a run took that succeeded.
fn took_ms(run: &RunRecord) -> Option<u64> {
    let is_success = run.outcome == Some(Outcome::Succeeded);
    run.ended_at_ms
        .filter(|_| is_success)
        .and_then(|ended| run.elapsed_ms(ended))
}

/// The sweep of a task.
pub(super) fn sweep_of(task: &Task) -> SweepId {
    SweepId {
        experiment: task.id.experiment.clone(),
        sweep: task.sweep.clone(),
    }
}
