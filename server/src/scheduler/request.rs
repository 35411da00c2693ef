//! What waits: a run with everything that the decision needs to know of it.

use std::collections::BTreeMap;

use domain::queue::{GpuRequest, OnFailure, Resources};
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::place::Place;
use super::rules::Amounts;

/// A sweep's name within the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SweepId {
    /// Its experiment.
    pub experiment: String,
    /// Its name.
    pub sweep: String,
}

/// A run that is to start some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The run. A task has at most one that waits.
    pub id: RunId,
    /// Its sweep.
    pub sweep: SweepId,
    /// Whose it is.
    pub user: String,
    /// -1000 to 1000.
    pub priority: i32,
    /// What it occupies.
    pub needs: Needs,
    /// Its place among those of its priority.
    pub place: Place,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// It does not start before.
    pub not_before: Option<Timestamp>,
    /// The number of the retry that it is; 0: none.
    pub retry: u32,
    /// The tasks that it waits for, and how they stand.
    pub after: BTreeMap<TaskId, Standing>,
    /// What happens if one of them fails.
    pub on_failure: OnFailure,
}

/// How a task stands that another one waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not run to its end yet, retries included.
    Open,
    /// Its latest run has succeeded.
    Succeeded,
    /// It has ended without success.
    Failed,
    /// It was removed: who waits for it waits until it is restored, or until a person decides.
    Gone,
}

/// What a run occupies, comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Needs {
    /// What is counted.
    pub amounts: Amounts,
    /// GPUs.
    pub gpus: GpuRequest,
}

impl Needs {
    /// Those of a task.
    pub fn of(resources: &Resources) -> Self {
        Self {
            amounts: Amounts::of(resources),
            gpus: resources.gpus.clone(),
        }
    }
}

/// What runs that are treated alike have in common: of these only the first can be the next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassKey {
    pub(super) user: String,
    /// Set only for a sweep with a rule of its own: all others share their classes.
    pub(super) sweep: Option<SweepId>,
    pub(super) priority: i32,
    pub(super) needs: Needs,
}

/// Numbers of waiting runs and of classes, in the order of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ticket(pub(super) u64);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassId(pub(super) u64);

/// The order within a class, and of all of one priority.
pub(super) type Key = (Place, Ticket);

/// Whose turn it is among all: smaller first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    pub(super) worth: i64,
    pub(super) key: Key,
}

/// A request in the queue.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) request: Request,
    pub(super) class: ClassId,
    pub(super) claim: Claim,
    pub(super) standing: Hold,
    /// When it could first have started, as far as this process knows.
    pub(super) ready_at: Timestamp,
}

/// What keeps an item out of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing: it is in its class.
    Ready,
    /// Time.
    Until(Timestamp),
    /// A person, or other tasks.
    Blocked,
}

impl Request {
    /// True if nothing that it waits for stands in its way.
    pub(super) fn dependencies_are_met(&self) -> bool {
        self.after.values().all(|standing| match standing {
            Standing::Open => false,
            Standing::Succeeded => true,
            Standing::Failed | Standing::Gone => self.on_failure == OnFailure::Run,
        })
    }

    /// A task that it waits for in vain, if it is to be cancelled for that.
    pub fn is_doomed_by(&self) -> Option<&TaskId> {
        if self.on_failure != OnFailure::Cancel {
            return None;
        }
        let is_failed = |(_, standing): &(&TaskId, &Standing)| **standing == Standing::Failed;
        self.after.iter().find(is_failed).map(|(task, _)| task)
    }
}
