//! What follows from an event. No IO: the state changes, and the effects say what is to be done.

use std::sync::Arc;

use domain::protocol::http::{Refusal, Start};
use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus, ShownStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::event::{Act, Change, ChangeKind, Effect, Event};
use super::organise;
use super::state::State;
use crate::scheduler;
use crate::storage::queue::QueuedRun;

/// Up to this many changed tasks are told one by one; beyond, listeners fetch their lists again.
const TOLD_ONE_BY_ONE: usize = 50;

/// Changes the state and says what is to be done.
pub(super) fn step(state: &mut State, event: Event, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    let changed = match event {
        Event::TasksAdded { tasks, start } => add(state, tasks, start, now),
        Event::ActRequested { act, tasks } => apply_act(state, act, tasks, now, &mut effects),
        Event::RunChanged { id, record } => {
            let supervisor_pid = record.supervisor_pid;
            if !state.update(&id, record) {
                return Vec::new();
            }
            if let Some(supervisor_pid) =
                supervisor_pid.filter(|_| state.cancel_when_started.remove(&id))
            {
                effects.push(Effect::Cancel { supervisor_pid });
            }
            vec![id.task]
        }
        Event::GpusSeen { seen } => {
            state.gpus.see(seen, now);
            vec![]
        }
        Event::GpusWanted => {
            state.gpus.want_look();
            vec![]
        }
        Event::Organised(change) => organise::organise(state, change, &mut effects),
        Event::SlotsSet { slots } => {
            state.slots = slots;
            vec![]
        }
    };
    let mut changed = changed;
    start_what_fits(state, now, &mut effects, &mut changed);
    if state.gpus.begin_look() {
        effects.push(Effect::LookAtGpus);
    }
    publish(state, &changed, &mut effects);
    effects
}

/// The effects that a freshly loaded state needs.
pub(super) fn begin(state: &mut State, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut changed = Vec::new();
    start_what_fits(state, now, &mut effects, &mut changed);
    if state.gpus.begin_look() {
        effects.push(Effect::LookAtGpus);
    }
    publish(state, &changed, &mut effects);
    effects
}

fn add(state: &mut State, tasks: Vec<Task>, start: Start, now: Timestamp) -> Vec<TaskId> {
    let ids = tasks.iter().map(|task| task.id.clone()).collect();
    for task in tasks {
        let runs = match start {
            // The sweep's own record says that its tasks wait: no row of the journal is needed.
            Start::Now => vec![RunRecord::queued(1, now, task.command.clone())],
            Start::Later => vec![],
        };
        state.insert(task, runs);
    }
    ids
}

fn apply_act(
    state: &mut State,
    act: Act,
    tasks: Vec<TaskId>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) -> Vec<TaskId> {
    let (mut changed, mut refused, mut queued) = (Vec::new(), Vec::new(), Vec::new());
    for task in tasks {
        let task = state.resolve(&task).cloned().unwrap_or(task);
        let result = match act {
            Act::Run => queue(state, &task, now, |status| status == ShownStatus::Pending)
                .map(|run| queued.push(run)),
            Act::Rerun => {
                queue(state, &task, now, ShownStatus::is_finished).map(|run| queued.push(run))
            }
            Act::Cancel => cancel(state, &task, now).map(|effect| effects.extend(effect)),
        };
        match result {
            Ok(()) => changed.push(task),
            Err(message) => refused.push(Refusal { task, message }),
        }
    }
    if !queued.is_empty() {
        effects.push(Effect::Enqueue(queued));
    }
    effects.push(Effect::Refuse(refused));
    changed
}

fn queue(
    state: &mut State,
    task: &TaskId,
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
    let number = entry.runs.last().map_or(1, |run| run.number + 1);
    let record = RunRecord::queued(number, now, entry.task.command.clone());
    let id = RunId {
        task: task.clone(),
        number,
    };
    state.update(&id, record);
    Ok(QueuedRun { id, at_ms: now })
}

fn cancel(state: &mut State, task: &TaskId, now: Timestamp) -> Result<Option<Effect>, String> {
    let entry = state
        .entry(task)
        .ok_or_else(|| format!("there is no task `{task}`"))?;
    let latest = entry.runs.last().filter(|run| run.shown().is_active());
    let Some(run) = latest.cloned() else {
        return Err(format!("`{task}` is {}", entry.shown()));
    };
    let id = RunId {
        task: task.clone(),
        number: run.number,
    };
    if run.status == RunStatus::Queued {
        let outcome = Some(Outcome::Cancelled {
            by: CancelledBy::User,
        });
        let record = RunRecord {
            status: RunStatus::Finished,
            outcome,
            ended_at_ms: Some(now),
            ..run
        };
        state.waiting.retain(|waiting| *waiting != id);
        state.update(&id, record.clone());
        return Ok(Some(Effect::Record { id, record }));
    }
    let supervisor_pid = state.active.get(&id).copied().flatten();
    if supervisor_pid.is_none() {
        state.cancel_when_started.insert(id);
    }
    Ok(supervisor_pid.map(|supervisor_pid| Effect::Cancel { supervisor_pid }))
}

fn start_what_fits(
    state: &mut State,
    now: Timestamp,
    effects: &mut Vec<Effect>,
    changed: &mut Vec<TaskId>,
) {
    if state.is_held {
        return;
    }
    state.gpus.begin_decision(now);
    let next = scheduler::decide(
        state.waiting.iter().cloned(),
        state.active.len(),
        state.slots,
    );
    for id in next {
        let request = state
            .entry(&id.task)
            .map(|entry| entry.task.policy.resources.gpus.clone())
            .unwrap_or_default();
        let Ok(allocation) = state.gpus.place(&request, now) else {
            break;
        };
        state.waiting.pop_front();
        let queued = state
            .entry(&id.task)
            .and_then(|entry| entry.runs.iter().find(|run| run.number == id.number));
        let Some(queued) = queued.cloned() else {
            continue;
        };
        let record = RunRecord {
            status: RunStatus::Starting,
            allocation,
            ..queued
        };
        state.update(&id, record.clone());
        changed.push(id.task.clone());
        effects.push(Effect::Launch { id, record });
    }
}

fn publish(state: &mut State, changed: &[TaskId], effects: &mut Vec<Effect>) {
    let kinds: Vec<ChangeKind> = if changed.len() > TOLD_ONE_BY_ONE {
        vec![ChangeKind::Many]
    } else {
        let mut once: Vec<&TaskId> = Vec::new();
        for id in changed {
            if !once.contains(&id) {
                once.push(id);
            }
        }
        once.into_iter()
            .filter_map(|id| state.entry(id))
            .map(|entry| ChangeKind::Task(Arc::new(entry.summary())))
            .collect()
    };
    for kind in kinds {
        state.seq += 1;
        effects.push(Effect::Publish(Change {
            seq: state.seq,
            counts: state.counts,
            kind,
        }));
    }
}
