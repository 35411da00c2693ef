//! What a person does to tasks: run, rerun, cancel.

use domain::protocol::http::Refusal;
use domain::run::{CancelledBy, RunRecord, RunStatus, ShownStatus};
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::ends::Consequences;
use super::event::{Act, Effect};
use super::state::State;
use crate::storage::queue::QueuedRun;

/// Acts on tasks; every one is either done or refused with a reason.
pub(super) fn apply(
    state: &mut State,
    act: Act,
    tasks: Vec<TaskId>,
    come: &mut Consequences,
    now: Timestamp,
) {
    let (mut refused, mut queued) = (Vec::new(), Vec::<QueuedRun>::new());
    for task in tasks {
        let task = state.resolve(&task).cloned().unwrap_or(task);
        let nth = u64::try_from(queued.len()).unwrap_or(u64::MAX);
        let result = match act {
            Act::Run => queue(state, &task, nth, now, |status| {
                status == ShownStatus::Pending
            })
            .map(|run| queued.push(run)),
            Act::Rerun => {
                queue(state, &task, nth, now, ShownStatus::is_finished).map(|run| queued.push(run))
            }
            Act::Cancel => cancel(state, &task, come, now),
        };
        match result {
            Ok(()) => come.changed.push(task),
            Err(message) => refused.push(Refusal { task, message }),
        }
    }
    // All of them have their records: how they stand for each other is known.
    for run in &queued {
        state.enqueue(&run.id.task, run.nth, now);
    }
    let doomed: Vec<(RunId, TaskId)> = queued
        .iter()
        .filter_map(|run| state.queue.waiting(&run.id.task))
        .filter_map(|request| Some((request.id.clone(), request.is_doomed_by()?.clone())))
        .collect();
    if !queued.is_empty() {
        come.effects.push(Effect::Enqueue(queued));
    }
    for (id, failed) in doomed {
        come.cancel_for(state, &id, &failed, now);
    }
    come.effects.push(Effect::Refuse(refused));
}

fn queue(
    state: &mut State,
    task: &TaskId,
    nth: u64,
    now: Timestamp,
    allowed: impl Fn(ShownStatus) -> bool,
) -> Result<QueuedRun, String> {
    let entry = state
        .entry(task)
        .ok_or_else(|| format!("there is no task `{task}`"))?;
    let shown = entry.shown();
    if !allowed(shown) {
        return Err(format!("`{task}` is {shown}"));
    }
    let (saved, runs) = entry.open();
    let number = runs.last().map_or(1, |run| run.number + 1);
    let record = RunRecord::queued(number, now, saved.command.clone());
    let id = RunId {
        task: task.clone(),
        number,
    };
    state.update(&id, record);
    Ok(QueuedRun {
        id,
        at_ms: now,
        nth,
    })
}

fn cancel(
    state: &mut State,
    task: &TaskId,
    come: &mut Consequences,
    now: Timestamp,
) -> Result<(), String> {
    let entry = state
        .entry(task)
        .ok_or_else(|| format!("there is no task `{task}`"))?;
    let is_active = |run: &RunRecord| run.shown().is_active();
    let Some(run) = entry.latest().filter(is_active) else {
        return Err(format!("`{task}` is {}", entry.shown()));
    };
    let status = run.status;
    let id = RunId {
        task: task.clone(),
        number: run.number,
    };
    if status == RunStatus::Queued {
        come.cancel_waiting(state, &id, CancelledBy::User, None, now);
    } else {
        come.end_running(state, &id, CancelledBy::User);
    }
    Ok(())
}
