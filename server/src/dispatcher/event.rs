//! Everything that can happen to the dispatcher, and everything it can do.

use std::sync::Arc;

use domain::protocol::http::{Refusal, Start};
use domain::protocol::queue::{MoveTo, PauseRequest};
use domain::queue::SweepPolicy;
use domain::run::{CancelledBy, RunRecord, StatusCounts};
use domain::task::{RunId, Task, TaskId, TaskSummary};

use super::entry::Entry;
use super::gpus::Seen;
use super::organise::Organise;
use crate::scheduler::{Rules, SweepId};
use crate::storage::queue::{QueueRow, QueuedRun};

/// What a person can do to tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Queue the first run of a task that has none.
    Run,
    /// Queue a new run of a finished task.
    Rerun,
    /// End what waits or runs.
    Cancel,
}

/// A fact or a request.
#[derive(Debug)]
pub enum Event {
    /// A sweep was written.
    TasksAdded {
        /// Its tasks.
        tasks: Vec<Task>,
        /// Queue them?
        start: Start,
    },
    /// Somebody acts on tasks.
    ActRequested {
        /// What.
        act: Act,
        /// On which.
        tasks: Vec<TaskId>,
    },
    /// A run's record has changed: started, terminating or finished.
    RunChanged {
        /// The run.
        id: RunId,
        /// Its record now.
        record: Box<RunRecord>,
    },
    /// Somebody has looked at the GPUs.
    GpusSeen {
        /// All of them, as they are now.
        seen: Seen,
    },
    /// The GPUs are to be looked at, however young the last look is.
    GpusWanted,
    /// Tasks leave, come back, or are changed.
    Organised(Organise),
    /// The number of slots was set.
    SlotsSet {
        /// From now on.
        slots: u32,
    },
    /// Other rules hold; the slots stay as they are.
    RulesSet(Rules),
    /// What holds for a sweep was set.
    SweepPolicySet {
        /// The sweep.
        sweep: SweepId,
        /// From now on.
        policy: SweepPolicy,
    },
    /// Somebody pauses or resumes something.
    PauseRequested {
        /// What.
        what: PauseRequest,
        /// Whether it waits from now on.
        pause: Pause,
    },
    /// Somebody puts waiting tasks elsewhere.
    MoveRequested {
        /// These, in their order.
        tasks: Vec<TaskId>,
        /// Where to.
        to: MoveTo,
    },
    /// A time has come that something waited for.
    TimeCame,
}

/// What is done about a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Nothing starts.
    Begin,
    /// It may start again.
    End,
}

/// What is to be done about it, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Note durably that runs wait.
    Enqueue(Vec<QueuedRun>),
    /// Note durably what else was said of the queue.
    Note(Vec<QueueRow>),
    /// Start a run.
    Launch {
        /// The run.
        id: RunId,
        /// Its record so far.
        record: RunRecord,
    },
    /// Look at the GPUs, and tell what is seen.
    LookAtGpus,
    /// Tell a run's supervisor to end it.
    Cancel {
        /// The supervisor.
        supervisor_pid: u32,
        /// Who wants it.
        by: CancelledBy,
    },
    /// Write the record of a run that ended without having started.
    Record {
        /// The run.
        id: RunId,
        /// Its final record.
        record: RunRecord,
    },
    /// Tell who listens.
    Publish(Change),
    /// Answer the person who acted.
    Refuse(Vec<Refusal>),
    /// Give the person who asked for it what was taken off.
    HandOver(Vec<Entry>),
}

/// A change of the state, numbered without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// One more than the previous change's.
    pub seq: u64,
    /// Counts per status after it.
    pub counts: StatusCounts,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// One task.
    Task(Arc<TaskSummary>),
    /// So much that lists are better fetched again.
    Many,
}
