//! The state of all tasks and runs. All of it can be rebuilt by reading the files again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::identity::Identity;
use domain::run::{CancelledBy, RunRecord, RunStatus, StatusCounts};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::entry::Entry;
use super::shelf::Shelf;
use crate::scheduler::{Holding, Needs, Queue, Rules, SweepId};
use crate::storage::index::Took;
use crate::storage::scan::PackedTask;

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
    pub fn run(&self, id: &RunId) -> Option<RunRecord> {
        let runs = self.entry(&id.task)?.runs();
        let run = runs.iter().rev().find(|run| run.number == id.number);
        run.cloned()
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
        let took = Took::of(&runs);
        // Only a run that has not ended occupies something.
        let live = runs.iter().filter(|run| !run.status.is_terminal());
        let live: Vec<RunRecord> = live.cloned().collect();
        let mut entry = Entry::new(Arc::clone(&task), runs);
        entry.rest();
        let (identity, former) = (task.identity.as_ref(), &task.former);
        if self.put(entry, identity, former, took) {
            for run in live {
                self.place(&task, &run);
            }
        }
    }

    /// Adds a task at rest that nobody has opened.
    pub(super) fn insert_packed(&mut self, packed: PackedTask) {
        let PackedTask {
            head,
            text,
            identity,
            former,
            took,
        } = packed;
        self.put(Entry::packed(head, text), identity.as_ref(), &former, took);
    }

    /// False if a task of this name is there.
    fn put(
        &mut self,
        entry: Entry,
        identity: Option<&Identity>,
        former: &[String],
        took: Took,
    ) -> bool {
        let (id, shown) = (entry.shared_id(), entry.shown());
        let sweep = (took.count > 0).then(|| SweepId {
            experiment: id.experiment.clone(),
            sweep: entry.sweep().to_owned(),
        });
        let Some(place) = self.entries.insert(entry, former) else {
            return false;
        };
        if let Some(identity) = identity {
            self.points.insert(&id.experiment, identity, place);
        }
        *self.counts.slot(shown) += 1;
        if let Some(sweep) = sweep {
            let durations = self.queue.durations_mut();
            durations.note_all(&sweep, took.count, took.total_ms);
        }
        true
    }

    /// Takes a run's new record into the state; false if the run is unknown or has ended already.
    pub(super) fn update(&mut self, id: &RunId, record: RunRecord) -> bool {
        let Some(entry) = self.entries.get_mut(&id.task) else {
            return false;
        };
        let before = entry.shown();
        if !entry.take_run(record.clone()) {
            return false;
        }
        let after = entry.shown();
        let task = entry.task();
        entry.rest();
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
                let Took { count, total_ms } = Took::of(std::slice::from_ref(run));
                if count > 0 {
                    let durations = self.queue.durations_mut();
                    durations.note_all(&sweep_of(task), count, total_ms);
                }
            }
        }
    }
}

/// The sweep of an entry.
pub(super) fn sweep_of_entry(entry: &Entry) -> SweepId {
    SweepId {
        experiment: entry.id().experiment.clone(),
        sweep: entry.sweep().to_owned(),
    }
}

/// The sweep of a task.
pub(super) fn sweep_of(task: &Task) -> SweepId {
    SweepId {
        experiment: task.id.experiment.clone(),
        sweep: task.sweep.clone(),
    }
}
