//! Tasks that leave, come back, change or get another name. The files are the caller's: it moves them when what is taken
//! off can start no more, and puts back what it could not move.

use std::sync::Arc;

use domain::protocol::http::Refusal;
use domain::run::{RunRecord, RunStatus, ShownStatus};
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::ends::Consequences;
use super::entry::Entry;
use super::event::{Change, ChangeKind, Effect};
use super::orders;
use super::state::State;
use crate::scheduler::Standing;

/// What is done to tasks that neither wait nor run, [`Organise::Change`] apart.
#[derive(Clone, Debug)]
pub enum Organise {
    /// Take them out of the state. What waits or runs is refused.
    TakeOff(Vec<TaskId>),
    /// Take them into the state, runs included. A name that is there is refused.
    PutBack(Vec<Entry>),
    /// What is saved of them has changed: everything but name, sweep and index. It counts from their next start.
    Change(Vec<Task>),
    /// Keep a task from starting that has never started; refused if it has. What is handed over stays in the state, too.
    Hold(TaskId),
    /// Let it go again, changed or as it was.
    Release(Box<Task>),
}

/// Does it.
pub(super) fn organise(
    state: &mut State,
    change: Organise,
    come: &mut Consequences,
    now: Timestamp,
) {
    let mut refused = Vec::new();
    match change {
        Organise::TakeOff(tasks) => {
            let mut taken = Vec::with_capacity(tasks.len());
            for id in tasks {
                match take_off(state, &id) {
                    Ok(entry) => taken.push(entry),
                    Err(message) => refused.push(Refusal { task: id, message }),
                }
            }
            tell_many(state, &mut come.effects, !taken.is_empty());
            for entry in &taken {
                // Nobody is cancelled for it: it may come back, or get another name.
                state.queue.task_stands(entry.id(), Standing::Gone, now);
            }
            come.effects.push(Effect::HandOver(taken));
        }
        Organise::PutBack(entries) => {
            let before = state.task_count();
            for entry in entries {
                let (task, runs) = entry.open();
                if state.entry(&task.id).is_some() {
                    let message = format!("there is a task `{}` already", task.id);
                    let task = task.id.clone();
                    refused.push(Refusal { task, message });
                } else {
                    state.insert((*task).clone(), runs.into_owned());
                    come.came_back(state, &task, now);
                }
            }
            tell_many(state, &mut come.effects, state.task_count() > before);
        }
        Organise::Change(tasks) => {
            for task in tasks {
                let id = task.id.clone();
                if state.change(task) {
                    orders::follow_change(state, &id, come, now);
                    come.changed.push(id);
                } else {
                    let message = format!("there is no task `{id}`");
                    refused.push(Refusal { task: id, message });
                }
            }
        }
        Organise::Hold(id) => match state.never_started(&id) {
            Ok(entry) => {
                state.queue.set_task_held(&id, true, now);
                come.effects.push(Effect::HandOver(vec![entry]));
            }
            Err(message) => refused.push(Refusal { task: id, message }),
        },
        Organise::Release(task) => {
            let id = task.id.clone();
            state.replace(*task);
            state.queue.set_task_held(&id, false, now);
            come.changed.push(id);
        }
    }
    come.effects.push(Effect::Refuse(refused));
}

fn take_off(state: &mut State, id: &TaskId) -> Result<Entry, String> {
    let entry = state
        .entry(id)
        .ok_or_else(|| format!("there is no task `{id}`"))?;
    let shown = entry.shown();
    if shown.is_active() {
        return Err(format!("`{id}` is {shown}: cancel it first"));
    }
    state
        .remove(id)
        .ok_or_else(|| format!("there is no task `{id}`"))
}

/// A list that has grown or shrunk is better fetched again.
fn tell_many(state: &mut State, effects: &mut Vec<Effect>, is_changed: bool) {
    if is_changed {
        state.seq += 1;
        effects.push(Effect::Publish(Change {
            seq: state.seq,
            counts: state.counts,
            kind: ChangeKind::Many,
        }));
    }
}

impl State {
    /// Takes a task out that neither waits nor runs.
    fn remove(&mut self, id: &TaskId) -> Option<Entry> {
        let (place, entry) = self.entries.remove(id)?;
        if let Some(identity) = &entry.task().identity {
            self.points.remove(&id.experiment, identity, place);
        }
        *self.counts.slot(entry.shown()) -= 1;
        Some(entry)
    }

    /// Takes what is saved of a task now; false if there is none of this name.
    fn change(&mut self, task: Task) -> bool {
        let Some(entry) = self.entries.get_mut(&task.id) else {
            return false;
        };
        entry.set_task(Arc::new(task));
        entry.rest();
        true
    }

    /// A task of which nothing has run yet, or why it is none.
    fn never_started(&self, id: &TaskId) -> Result<Entry, String> {
        let entry = self
            .entry(id)
            .ok_or_else(|| format!("there is no task `{id}`"))?;
        let is_queued = |run: &RunRecord| run.status == RunStatus::Queued && run.number == 1;
        match entry.shown() {
            _ if entry.runs().iter().all(is_queued) => Ok(entry.clone()),
            shown if shown.is_active() => Err(format!("`{id}` is {shown}")),
            shown => Err(format!("`{id}` is {shown}, and its runs tell what it was")),
        }
    }

    /// Takes a task that has never started as it is now; its identity may be another.
    fn replace(&mut self, task: Task) {
        let id = task.id.clone();
        let (Some(place), Some(entry)) = (self.entries.place(&id), self.entries.get_mut(&id))
        else {
            return;
        };
        let (before, now) = (entry.task(), Arc::new(task));
        entry.set_task(Arc::clone(&now));
        // Whoever lists what waits sees what will run.
        if let Some(run) = entry.latest().filter(|run| run.status == RunStatus::Queued) {
            let command = now.command.clone();
            entry.take_run(RunRecord { command, ..run });
        }
        entry.rest();
        if let Some(identity) = &before.identity {
            self.points.remove(&id.experiment, identity, place);
        }
        if let Some(identity) = &now.identity {
            self.points.insert(&id.experiment, identity, place);
        }
    }

    /// Tasks that a person may remove, and those of them whose run waits and has to be cancelled before.
    pub fn removable(&self, tasks: Vec<TaskId>) -> Removable {
        let mut found = Removable::default();
        for id in tasks {
            let id = self.resolve(&id).cloned().unwrap_or(id);
            match self.entry(&id).map(Entry::shown) {
                Some(ShownStatus::Running) => found.refused.push(Refusal {
                    message: format!("`{id}` is running: cancel it first"),
                    task: id,
                }),
                Some(shown) => {
                    if shown == ShownStatus::Queued {
                        found.waiting.push(id.clone());
                    }
                    found.tasks.push(id);
                }
                None => found.refused.push(Refusal {
                    message: format!("there is no task `{id}`"),
                    task: id,
                }),
            }
        }
        found
    }
}

/// What [`State::removable`] found.
#[derive(Debug, Default)]
pub struct Removable {
    /// May be removed.
    pub tasks: Vec<TaskId>,
    /// Those of them that wait.
    pub waiting: Vec<TaskId>,
    /// May not, and why.
    pub refused: Vec<Refusal>,
}
