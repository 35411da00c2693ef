//! What follows from an event. No IO: the state changes, and the effects say what is to be done.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::protocol::http::Start;
use domain::run::{RunRecord, RunStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::acts;
use super::ends::{self, Consequences};
use super::event::{Change, ChangeKind, Effect, Event};
use super::orders;
use super::organise;
use super::state::State;
use crate::storage::queue::Noted;

/// Up to this many changed tasks are told one by one; beyond, listeners fetch their lists again.
const TOLD_ONE_BY_ONE: usize = 50;

/// Changes the state and says what is to be done.
pub(super) fn step(state: &mut State, event: Event, now: Timestamp) -> Vec<Effect> {
    let mut come = Consequences::default();
    match event {
        Event::TasksAdded { tasks, start } => add(state, tasks, start, &mut come, now),
        Event::ActRequested { act, tasks } => acts::apply(state, act, tasks, &mut come, now),
        Event::RunChanged { id, record } => {
            if !run_changed(state, id, *record, &mut come) {
                return Vec::new();
            }
        }
        Event::GpusSeen { seen } => state.see_gpus(seen, now),
        Event::GpusWanted => state.gpus.want_look(),
        Event::SlotsSet { slots } => {
            let mut rules = state.queue.rules().clone();
            rules.total.slots = slots;
            state.queue.set_rules(rules);
        }
        Event::RulesSet(mut rules) => {
            rules.total.slots = state.slots();
            state.queue.set_rules(rules);
        }
        Event::SweepPolicySet { sweep, policy } => {
            orders::set_sweep_policy(state, &sweep, policy, &mut come, now);
        }
        Event::PauseRequested { what, pause } => orders::pause(state, what, pause, &mut come, now),
        Event::MoveRequested { tasks, to } => {
            orders::move_tasks(state, &tasks, &to, &mut come, now);
        }
        Event::Organised(change) => organise::organise(state, change, &mut come, now),
        Event::TimeCame => {}
    }
    conclude(state, come, now)
}

/// The effects that a freshly loaded state needs, with what the journal says.
pub(super) fn begin(state: &mut State, mut noted: Noted, now: Timestamp) -> Vec<Effect> {
    let mut come = Consequences::default();
    let places = std::mem::take(&mut noted.places);
    orders::recall(state, noted, &mut come, now);
    ends::catch_up(state, &mut come, now);
    orders::put_in_place(state, places, now);
    conclude(state, come, now)
}

fn conclude(state: &mut State, mut come: Consequences, now: Timestamp) -> Vec<Effect> {
    come.follow(state, now);
    let Consequences {
        mut effects,
        mut changed,
        ..
    } = come;
    start_what_fits(state, now, &mut effects, &mut changed);
    if state.gpus.begin_look() {
        effects.push(Effect::LookAtGpus);
    }
    publish(state, &changed, &mut effects);
    effects
}

fn add(state: &mut State, tasks: Vec<Task>, start: Start, come: &mut Consequences, now: Timestamp) {
    let ids: Vec<(TaskId, u64)> = tasks
        .iter()
        .map(|task| (task.id.clone(), task.index))
        .collect();
    for task in tasks {
        let runs = match start {
            // The sweep's own record says that its tasks wait: no row of the journal is needed.
            Start::Now => vec![RunRecord::queued(
                1,
                task.created_at_ms,
                task.command.clone(),
            )],
            Start::Later => vec![],
        };
        state.insert(task, runs);
    }
    // All of them first: they may wait for each other.
    for (id, index) in &ids {
        state.enqueue(id, *index, now);
    }
    for (id, failed) in doomed_among(state, &ids) {
        come.cancel_for(state, &id, &failed, now);
    }
    come.changed.extend(ids.into_iter().map(|(id, _)| id));
}

/// Those of these tasks that wait in vain from the beginning.
fn doomed_among(state: &State, ids: &[(TaskId, u64)]) -> Vec<(RunId, TaskId)> {
    let waiting = ids.iter().filter_map(|(id, _)| state.queue.waiting(id));
    waiting
        .filter_map(|request| Some((request.id.clone(), request.is_doomed_by()?.clone())))
        .collect()
}

/// Takes news of a run; false if it is none.
fn run_changed(state: &mut State, id: RunId, record: RunRecord, come: &mut Consequences) -> bool {
    let (supervisor_pid, is_over) = (record.supervisor_pid, record.status.is_terminal());
    let asked_by = state.cancel_when_started.get(&id).copied();
    if !state.update(&id, record) {
        return false;
    }
    if let (Some(supervisor_pid), Some(by), false) = (supervisor_pid, asked_by, is_over) {
        state.cancel_when_started.remove(&id);
        come.effects.push(Effect::Cancel { supervisor_pid, by });
    }
    come.changed.push(id.task.clone());
    if is_over {
        come.ended(id);
    }
    true
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
    let sight = state.gpus.sight(now);
    let decision = state.queue.decide(now, sight);
    state.gpus.learn(&decision, sight);
    for start in decision.starts {
        let Some(queued) = state.run(&start.id) else {
            state.queue.ended(&start.id);
            continue;
        };
        let record = RunRecord {
            status: RunStatus::Starting,
            allocation: start.allocation,
            not_before_ms: None,
            ..queued
        };
        let id = start.id;
        state.update(&id, record.clone());
        changed.push(id.task.clone());
        effects.push(Effect::Launch { id, record });
    }
}

fn publish(state: &mut State, changed: &[TaskId], effects: &mut Vec<Effect>) {
    let kinds: Vec<ChangeKind> = if changed.len() > TOLD_ONE_BY_ONE {
        vec![ChangeKind::Many]
    } else {
        let mut seen = BTreeSet::new();
        changed
            .iter()
            .filter(|id| seen.insert(*id))
            .filter_map(|id| state.entry(id))
            .map(|entry| ChangeKind::Task(Arc::new(entry.summary())))
            .collect()
    };
    for kind in kinds {
        state.seq += 1;
        state.recent.note(state.seq, &kind);
        effects.push(Effect::Publish(Change {
            seq: state.seq,
            counts: state.counts,
            kind,
        }));
    }
}
