//! How tasks stand in the queue: what waits, for whom, and where.

use domain::queue::SweepPolicy;
use domain::run::{Outcome, RunRecord, RunStatus, ShownStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::entry::Entry;
use super::state::{State, sweep_of};
use crate::scheduler::{Needs, Place, Request, Standing, SweepId, SweepRule};

impl State {
    /// Puts a task's queued run into the queue, at its natural place: `nth` tells those of one act apart.
    pub(super) fn enqueue(&mut self, task: &TaskId, nth: u64, now: Timestamp) {
        let Some(request) = self.request(task, nth) else {
            return;
        };
        self.queue.add(request, now);
        // Who waited for the end before waits for this one.
        self.queue.task_stands(task, Standing::Open, now);
    }

    /// Takes a changed task into the queue; what it had waited for counts on.
    pub(super) fn requeue(&mut self, task: &TaskId, now: Timestamp) {
        let Some(place) = self.queue.waiting(task).map(|request| request.place) else {
            return;
        };
        if let Some(request) = self.request(task, 0) {
            self.queue.change(Request { place, ..request }, now);
        }
    }

    /// What the queue needs to know of a task's queued run.
    fn request(&self, task: &TaskId, nth: u64) -> Option<Request> {
        let (saved, runs) = self.entry(task)?.open();
        let run = runs.last()?;
        if run.status != RunStatus::Queued {
            return None;
        }
        let policy = &saved.policy;
        let queued_at = run.queued_at_ms.unwrap_or(saved.created_at_ms);
        let not_before = not_before(&saved, run, queued_at);
        // What waits for a time stands where it would if it had come then.
        let at = not_before.map_or(queued_at, |at| at.max(queued_at));
        let after = policy.after.tasks.iter();
        Some(Request {
            id: RunId {
                task: task.clone(),
                number: run.number,
            },
            sweep: sweep_of(&saved),
            user: saved.user.clone(),
            priority: policy.priority,
            needs: Needs::of(&policy.resources),
            place: Place::natural(at.as_ms(), nth),
            queued_at,
            not_before,
            retry: run.retry,
            after: after
                .map(|other| (other.clone(), self.standing(other)))
                .collect(),
            on_failure: policy.after.on_failure,
        })
    }

    /// How a task stands for those that wait for it, whatever it was called then.
    pub(super) fn standing(&self, task: &TaskId) -> Standing {
        let task = self.resolve(task).unwrap_or(task);
        match self.entry(task).map(Entry::shown) {
            Some(ShownStatus::Completed) => Standing::Succeeded,
            Some(ShownStatus::Pending | ShownStatus::Queued | ShownStatus::Running) => {
                Standing::Open
            }
            Some(ShownStatus::Failed | ShownStatus::Cancelled | ShownStatus::Lost) => {
                Standing::Failed
            }
            None => Standing::Gone,
        }
    }

    /// The rule of a sweep; the default if nobody said anything.
    pub fn sweep_rule(&self, sweep: &SweepId) -> SweepRule {
        self.queue.sweep_rule(sweep)
    }

    /// Sets what holds for a sweep, a pause apart.
    pub(super) fn set_sweep_policy(
        &mut self,
        sweep: &SweepId,
        policy: SweepPolicy,
        now: Timestamp,
    ) {
        let rule = SweepRule {
            policy,
            ..self.queue.sweep_rule(sweep)
        };
        self.queue.set_sweep_rule(sweep, rule, now);
    }
}

/// The time that a queued run waits for: a retry for the end of its pause, a first run for what its policy says.
fn not_before(task: &Task, run: &RunRecord, queued_at: Timestamp) -> Option<Timestamp> {
    if run.retry > 0 {
        return run.not_before_ms;
    }
    let policy = &task.policy;
    let delay = i64::try_from(policy.delay_ms).unwrap_or(i64::MAX);
    let delayed = (delay > 0).then(|| Timestamp(queued_at.as_ms().saturating_add(delay)));
    policy.not_before_ms.max(delayed)
}

/// True for an end that is no success and nobody's wish.
pub(super) fn is_failure(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Succeeded | Outcome::Cancelled { .. })
}
