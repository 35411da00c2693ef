//! What follows from the end of a run: a retry, the end of its sweep, the turn of those that waited for it.

use std::collections::VecDeque;

use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::entry::Entry;
use super::event::Effect;
use super::state::{State, sweep_of, sweep_of_entry};
use super::waiting::is_failure;
use crate::scheduler::{SweepId, retry};
use crate::storage::queue::{Pausable, QueueRow};

/// What one step has come to so far.
#[derive(Debug, Default)]
pub(super) struct Consequences {
    pub(super) effects: Vec<Effect>,
    pub(super) changed: Vec<TaskId>,
    /// Runs that have ended and whose end has not been followed up.
    ended: VecDeque<RunId>,
}

impl Consequences {
    /// Notes that a run has ended.
    pub(super) fn ended(&mut self, id: RunId) {
        self.ended.push_back(id);
    }

    /// Follows up every end, and the ends that follow from it.
    pub(super) fn follow(&mut self, state: &mut State, now: Timestamp) {
        while let Some(id) = self.ended.pop_front() {
            if self.retry(state, &id, now) {
                continue;
            }
            self.fail_fast(state, &id, now);
            let standing = state.standing(&id.task);
            for doomed in state.queue.task_stands(&id.task, standing, now) {
                self.cancel_for(state, &doomed, &id.task, now);
            }
        }
    }

    /// A task is there again, or under another name, with all its runs.
    pub(super) fn came_back(&mut self, state: &mut State, task: &Task, now: Timestamp) {
        state.enqueue(&task.id, 0, now);
        let standing = state.standing(&task.id);
        let former = task.former.iter().map(|name| TaskId {
            experiment: task.id.experiment.clone(),
            task: name.clone(),
        });
        for name in std::iter::once(task.id.clone()).chain(former) {
            for doomed in state.queue.task_stands(&name, standing, now) {
                self.cancel_for(state, &doomed, &name, now);
            }
        }
    }

    /// Queues the next run if the policy says so. The pause counts from the end, so that a restart finds the same time.
    pub(super) fn retry(&mut self, state: &mut State, id: &RunId, now: Timestamp) -> bool {
        let Some(next) = due_retry(state, id) else {
            return false;
        };
        let next_id = RunId {
            task: id.task.clone(),
            number: next.number,
        };
        state.update(&next_id, next);
        state.enqueue(&id.task, 0, now);
        self.changed.push(id.task.clone());
        true
    }

    /// Ends a sweep that fails fast if this run has failed for good.
    fn fail_fast(&mut self, state: &mut State, id: &RunId, now: Timestamp) {
        let Some((sweep, ended_at)) = failed_for_good(state, id) else {
            return;
        };
        let ended_at = ended_at.unwrap_or(now);
        let queued_at = state.run(id).and_then(|run| run.queued_at_ms);
        let known = state.failed_sweeps.get(&sweep);
        if known.is_some_and(|failed_at| queued_at.is_none_or(|at| at <= *failed_at)) {
            // One of those that the first failure was about to end: what was queued after that goes on.
            return;
        }
        state.failed_sweeps.insert(sweep.clone(), ended_at);
        self.end_sweep(state, &sweep, ended_at, &id.task, now);
    }

    /// Cancels by rule what was queued in a sweep up to a time, and ends what runs of it.
    pub(super) fn end_sweep(
        &mut self,
        state: &mut State,
        sweep: &SweepId,
        until: Timestamp,
        because: &TaskId,
        now: Timestamp,
    ) {
        let reason = format!("`{because}` failed, and its sweep ends with the first failure");
        for request in state.queue.waiting_of_sweep(sweep) {
            if request.queued_at <= until {
                self.cancel_waiting(state, &request.id, CancelledBy::Rule, Some(&reason), now);
            }
        }
        let running: Vec<RunId> = state
            .queue
            .occupancy()
            .running()
            .filter(|(_, holding)| holding.sweep == *sweep)
            .map(|(id, _)| id.clone())
            .collect();
        for id in running {
            let queued_at = state.run(&id).and_then(|run| run.queued_at_ms);
            if queued_at.is_none_or(|at| at <= until) {
                self.end_running(state, &id, CancelledBy::Rule);
            }
        }
    }

    /// Cancels a waiting run because a task that it waits for did not succeed.
    pub(super) fn cancel_for(
        &mut self,
        state: &mut State,
        id: &RunId,
        failed: &TaskId,
        now: Timestamp,
    ) {
        let reason = format!("`{failed}` did not succeed, and this waited for it");
        self.cancel_waiting(state, id, CancelledBy::Rule, Some(&reason), now);
    }

    /// Ends a run that has not started.
    pub(super) fn cancel_waiting(
        &mut self,
        state: &mut State,
        id: &RunId,
        by: CancelledBy,
        reason: Option<&str>,
        now: Timestamp,
    ) {
        let waits = |run: &RunRecord| run.status == RunStatus::Queued;
        let Some(run) = state.run(id).filter(waits) else {
            return;
        };
        let record = RunRecord {
            status: RunStatus::Finished,
            outcome: Some(Outcome::Cancelled { by }),
            ended_at_ms: Some(now),
            error_line: reason.map(str::to_owned),
            ..run
        };
        state.update(id, record.clone());
        self.resume_task(state, &id.task, now);
        self.changed.push(id.task.clone());
        let id = id.clone();
        self.ended(id.clone());
        self.effects.push(Effect::Record { id, record });
    }

    /// A person's pause of a task ends with the run that it held up.
    fn resume_task(&mut self, state: &mut State, task: &TaskId, now: Timestamp) {
        if state.queue.is_task_paused(task) {
            state.queue.set_task_paused(task, false, now);
            let what = Pausable::Task {
                experiment: task.experiment.clone(),
                task: task.task.clone(),
            };
            self.effects
                .push(Effect::Note(vec![QueueRow::Resumed { what }]));
        }
    }

    /// Tells the supervisor of a run to end it, as soon as there is one.
    pub(super) fn end_running(&mut self, state: &mut State, id: &RunId, by: CancelledBy) {
        match state.active.get(id) {
            Some(Some(supervisor_pid)) => self.effects.push(Effect::Cancel {
                supervisor_pid: *supervisor_pid,
                by,
            }),
            Some(None) => {
                // Who asked first is remembered.
                state.cancel_when_started.entry(id.clone()).or_insert(by);
            }
            None => {}
        }
    }
}

/// The record of the next run of a task whose latest run has ended, if it is to be tried again.
pub(super) fn due_retry(state: &State, id: &RunId) -> Option<RunRecord> {
    let entry = state.entry(&id.task).filter(|entry| entry.may_retry())?;
    let (task, runs) = entry.open();
    let run = runs.last().filter(|run| run.number == id.number)?;
    let outcome = run.outcome.as_ref()?;
    let pause = retry::pause_ms(&task.policy.retry, outcome, run.retry)?;
    let is_over = state
        .failed_sweeps
        .get(&sweep_of(&task))
        .is_some_and(|failed_at| run.queued_at_ms.is_none_or(|at| at <= *failed_at));
    if is_over {
        return None;
    }
    let ended_at = run.ended_at_ms.or(run.started_at_ms).or(run.queued_at_ms)?;
    let pause = i64::try_from(pause).unwrap_or(i64::MAX);
    Some(RunRecord {
        retry: run.retry + 1,
        not_before_ms: Some(Timestamp(ended_at.as_ms().saturating_add(pause))),
        ..RunRecord::queued(run.number + 1, ended_at, task.command.clone())
    })
}

/// The sweep that ends with the failure of this run, and when it failed.
pub(super) fn failed_for_good(state: &State, id: &RunId) -> Option<(SweepId, Option<Timestamp>)> {
    let entry = state.entry(&id.task)?;
    let sweep = sweep_of_entry(entry);
    if !state.queue.sweep_rule(&sweep).policy.fail_fast {
        return None;
    }
    let run = entry.latest().filter(|run| run.number == id.number)?;
    let ends_it = run.outcome.as_ref().is_some_and(is_failure);
    ends_it.then_some((sweep, run.ended_at_ms))
}

/// The latest run of a task, if it has ended, and when.
pub(super) fn latest_end(entry: &Entry) -> Option<(Timestamp, RunId)> {
    let run = entry.latest().filter(|run| run.status.is_terminal())?;
    let id = RunId {
        task: entry.id().clone(),
        number: run.number,
    };
    Some((run.ended_at_ms.unwrap_or_default(), id))
}

/// Follows up what ended while nobody was there to do it, and what waits in vain.
pub(super) fn catch_up(state: &mut State, consequences: &mut Consequences, now: Timestamp) {
    let any_fails_fast = state
        .queue
        .sweep_rules()
        .any(|(_, rule)| rule.policy.fail_fast);
    let mut ended: Vec<(Timestamp, RunId)> = state
        .entries()
        .filter(|entry| {
            let fails_fast = || {
                let rule = state.queue.sweep_rule(&sweep_of_entry(entry));
                rule.policy.fail_fast
            };
            entry.may_retry() || (any_fails_fast && fails_fast())
        })
        .filter_map(latest_end)
        .collect();
    ended.sort();
    for (_, id) in ended {
        consequences.ended(id);
    }
    consequences.follow(state, now);
    for (id, failed) in state.queue.doomed() {
        consequences.cancel_for(state, &id, &failed, now);
    }
    consequences.follow(state, now);
}
