//! What a person says about the queue itself: pauses, places, rules of sweeps, changed tasks.

use std::collections::{BTreeMap, HashMap};

use domain::protocol::http::Refusal;
use domain::protocol::queue::{MoveTo, PauseRequest};
use domain::queue::SweepPolicy;
use domain::run::{Outcome, RunRecord, RunStatus, ShownStatus};
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::ends::{self, Consequences};
use super::entry::Entry;
use super::event::{Effect, Pause};
use super::state::State;
use crate::scheduler::{Place, SweepId, SweepRule};
use crate::storage::queue::{self, Noted, Pausable, QueueRow};

/// Pauses or resumes; what does not wait is refused.
pub(super) fn pause(
    state: &mut State,
    what: PauseRequest,
    pause: Pause,
    come: &mut Consequences,
    now: Timestamp,
) {
    let (mut whats, mut refused) = (Vec::new(), Vec::new());
    match what {
        PauseRequest::Queue => whats.push(Pausable::Queue),
        PauseRequest::Sweep { experiment, sweep } => {
            whats.push(Pausable::Sweep { experiment, sweep });
        }
        PauseRequest::Tasks { tasks, filter: _ } => {
            for id in tasks {
                match can_be_paused(state, &id, pause) {
                    Ok(()) => {
                        come.changed.push(id.clone());
                        let TaskId { experiment, task } = id;
                        whats.push(Pausable::Task { experiment, task });
                    }
                    Err(message) => refused.push(Refusal { task: id, message }),
                }
            }
        }
    }
    let mut rows = Vec::new();
    for what in whats {
        set_paused(state, &what, pause, now);
        rows.push(match pause {
            Pause::Begin => QueueRow::Paused { what },
            Pause::End => QueueRow::Resumed { what },
        });
    }
    if !rows.is_empty() {
        come.effects.push(Effect::Note(rows));
    }
    come.effects.push(Effect::Refuse(refused));
}

fn can_be_paused(state: &State, id: &TaskId, pause: Pause) -> Result<(), String> {
    let entry = state
        .entry(id)
        .ok_or_else(|| format!("there is no task `{id}`"))?;
    let is_paused = state.queue.is_task_paused(id);
    match (pause, entry.shown()) {
        (Pause::Begin, ShownStatus::Pending | ShownStatus::Queued) => Ok(()),
        (Pause::Begin, shown) => Err(format!("`{id}` is {shown}")),
        (Pause::End, _) if is_paused => Ok(()),
        (Pause::End, _) => Err(format!("`{id}` is not paused")),
    }
}

fn set_paused(state: &mut State, what: &Pausable, pause: Pause, now: Timestamp) {
    let is_paused = pause == Pause::Begin;
    match what {
        Pausable::Queue => state.queue.set_paused(is_paused),
        Pausable::Sweep { experiment, sweep } => {
            let sweep = SweepId {
                experiment: experiment.clone(),
                sweep: sweep.clone(),
            };
            let rule = SweepRule {
                is_paused,
                ..state.queue.sweep_rule(&sweep)
            };
            state.queue.set_sweep_rule(&sweep, rule, now);
        }
        Pausable::Task { experiment, task } => {
            let id = TaskId {
                experiment: experiment.clone(),
                task: task.clone(),
            };
            state.queue.set_task_paused(&id, is_paused, now);
        }
    }
}

/// Moves waiting tasks; those that cannot be are refused.
pub(super) fn move_tasks(
    state: &mut State,
    tasks: &[TaskId],
    to: &MoveTo,
    come: &mut Consequences,
    now: Timestamp,
) {
    let (moved, refused) = state.queue.move_tasks(tasks, to, now);
    let places = moved.iter().filter_map(|(task, place)| {
        let request = state.queue.waiting(task)?;
        Some((request.id.clone(), (place.at_ms, place.sub)))
    });
    let rows = queue::moved(places);
    if !rows.is_empty() {
        come.effects.push(Effect::Note(rows));
    }
    come.changed.extend(moved.into_iter().map(|(task, _)| task));
    let refused = refused.into_iter().map(|(task, error)| Refusal {
        task,
        message: error.to_string(),
    });
    come.effects.push(Effect::Refuse(refused.collect()));
}

/// Sets what holds for a sweep. If it fails fast from now on and has failed already, it ends now.
pub(super) fn set_sweep_policy(
    state: &mut State,
    sweep: &SweepId,
    policy: SweepPolicy,
    come: &mut Consequences,
    now: Timestamp,
) {
    let had = state.queue.sweep_rule(sweep).policy;
    state.set_sweep_policy(sweep, policy, now);
    if !policy.fail_fast {
        state.failed_sweeps.remove(sweep);
    }
    if !policy.fail_fast || had.fail_fast {
        return;
    }
    for id in ends_of_sweep(state, sweep) {
        come.ended(id);
    }
}

/// The latest runs of a sweep's tasks that have ended, in the order of their ends.
fn ends_of_sweep(state: &State, sweep: &SweepId) -> Vec<RunId> {
    let mut ended: Vec<(Timestamp, RunId)> = state
        .entries()
        .filter(|entry| entry.sweep() == sweep.sweep && entry.id().experiment == sweep.experiment)
        .filter_map(ends::latest_end)
        .collect();
    ended.sort();
    ended.into_iter().map(|(_, id)| id).collect()
}

/// What follows from a changed policy.
pub(super) fn follow_change(
    state: &mut State,
    id: &TaskId,
    come: &mut Consequences,
    now: Timestamp,
) {
    state.requeue(id, now);
    let request = state.queue.waiting(id);
    let doomed = request.and_then(|request| {
        let failed = request.is_doomed_by()?.clone();
        Some((request.id.clone(), failed))
    });
    if let Some((run, failed)) = doomed {
        come.cancel_for(state, &run, &failed, now);
    }
    // A policy that tries again what has failed already means it.
    let latest = state.entry(id).and_then(Entry::latest);
    let ended = latest.filter(|run| run.status == RunStatus::Finished);
    if let Some(number) = ended.map(|run| run.number) {
        let run = RunId {
            task: id.clone(),
            number,
        };
        if ends::due_retry(state, &run).is_some() {
            come.ended(run);
        }
    }
}

/// Puts everything that waits into the queue of a freshly loaded state, as the journal says.
pub(super) fn recall(state: &mut State, noted: Noted, come: &mut Consequences, now: Timestamp) {
    for what in &noted.paused {
        set_paused(state, what, Pause::Begin, now);
    }
    let mut nth = HashMap::new();
    for run in noted.waiting {
        let command = state
            .entry(&run.id.task)
            .map(|entry| entry.task().command.clone());
        let Some(command) = command else {
            continue;
        };
        nth.insert(run.id.task.clone(), run.nth);
        state.update(
            &run.id,
            RunRecord::queued(run.id.number, run.at_ms, command),
        );
    }
    for cancelled in noted.cancelled {
        let command = state
            .entry(&cancelled.id.task)
            .map(|entry| entry.task().command.clone());
        let Some(command) = command else {
            continue;
        };
        let known = state.run(&cancelled.id);
        let queued = known
            .unwrap_or_else(|| RunRecord::queued(cancelled.id.number, cancelled.at_ms, command));
        let record = RunRecord {
            status: RunStatus::Finished,
            outcome: Some(Outcome::Cancelled { by: cancelled.by }),
            ended_at_ms: Some(cancelled.at_ms),
            error_line: cancelled.reason,
            ..queued
        };
        let id = cancelled.id;
        if state.update(&id, record.clone()) {
            come.effects.push(Effect::Record { id, record });
        }
    }
    let waiting: Vec<(TaskId, u64)> = state
        .entries()
        .filter(|entry| entry.shown() == ShownStatus::Queued)
        .map(|entry| {
            let id = entry.id().clone();
            let nth = nth.get(&id).copied().unwrap_or(entry.index());
            (id, nth)
        })
        .collect();
    for (id, nth) in waiting {
        state.enqueue(&id, nth, now);
    }
}

/// Puts runs where they were moved to before; retries are among them.
pub(super) fn put_in_place(state: &mut State, places: BTreeMap<RunId, (i64, u64)>, now: Timestamp) {
    for (run, (at_ms, sub)) in places {
        let waits = state.queue.waiting(&run.task);
        if waits.is_some_and(|request| request.id == run) {
            let place = Place { at_ms, sub };
            state.queue.set_place(&run.task, place, now);
        }
    }
}
