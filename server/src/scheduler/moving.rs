//! Putting waiting runs elsewhere among those of their priority.

use std::collections::BTreeSet;
use std::ops::Bound;

use domain::protocol::queue::MoveTo;
use domain::task::TaskId;
use domain::time::Timestamp;

use super::place::Place;
use super::queue::Queue;
use super::request::{Key, Ticket};

/// Why a task was not moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// It does not wait.
    #[error("`{0}` does not wait")]
    NotWaiting(TaskId),
    /// The one that it should stand before does not wait, or is among those that are moved.
    #[error("`{0}` is no waiting task that others could stand before")]
    NoTarget(TaskId),
    /// The one that it should stand before has another priority.
    #[error("`{task}` has priority {priority}, and `{target}` has {other}")]
    OtherPriority {
        /// The task.
        task: TaskId,
        /// Its priority.
        priority: i32,
        /// The one it should stand before.
        target: TaskId,
        /// That one's priority.
        other: i32,
    },
    /// The room between two was used up by very many moves.
    #[error("there is no room left before `{0}`")]
    NoRoom(TaskId),
}

impl MoveError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotWaiting(_) | Self::NoTarget(_) => "`runyard queue` lists what waits",
            Self::OtherPriority { .. } => {
                "change its priority first: places count among tasks of one priority"
            }
            Self::NoRoom(_) => "move them to the front, and then the others behind them",
        }
    }
}

/// Where a task stands now.
pub type Moved = (TaskId, Place);

/// Why one was not moved.
pub type Refused = (TaskId, MoveError);

impl Queue {
    /// Moves tasks, in their order, each among those of its priority. Returns the new places.
    pub fn move_tasks(
        &mut self,
        tasks: &[TaskId],
        to: &MoveTo,
        now: Timestamp,
    ) -> (Vec<Moved>, Vec<Refused>) {
        let (mut groups, refused) = self.by_priority(tasks, to);
        let mut moved = Vec::new();
        let mut refused = refused;
        while let Some((priority, tasks)) = groups.pop() {
            match self.places_for(priority, &tasks, to) {
                Some(places) => moved.extend(tasks.into_iter().zip(places)),
                None => refused.extend(tasks.into_iter().map(|task| {
                    let target = target_of(to).cloned().unwrap_or_else(|| task.clone());
                    (task, MoveError::NoRoom(target))
                })),
            }
        }
        for (task, place) in &moved {
            self.set_place(task, *place, now);
        }
        (moved, refused)
    }

    /// Gives a waiting run another place: it was moved before a restart.
    pub fn set_place(&mut self, task: &TaskId, place: Place, now: Timestamp) {
        if let Some(request) = self.waiting(task).cloned() {
            self.change(super::Request { place, ..request }, now);
        }
    }

    /// The tasks that can be moved, by their priority, and the others.
    fn by_priority(
        &self,
        tasks: &[TaskId],
        to: &MoveTo,
    ) -> (Vec<(i32, Vec<TaskId>)>, Vec<Refused>) {
        let (mut groups, mut refused) = (Vec::<(i32, Vec<TaskId>)>::new(), Vec::new());
        let target = target_of(to);
        let target_priority = target.and_then(|target| {
            let is_moved = tasks.contains(target);
            let waiting = self.waiting(target).filter(|_| !is_moved);
            waiting.map(|request| request.priority)
        });
        let mut seen = BTreeSet::new();
        for task in tasks.iter().filter(|task| seen.insert(*task)) {
            let Some(request) = self.waiting(task) else {
                refused.push((task.clone(), MoveError::NotWaiting(task.clone())));
                continue;
            };
            let priority = request.priority;
            let error = match (target, target_priority) {
                (None, _) => None,
                (Some(target), None) => Some(MoveError::NoTarget(target.clone())),
                (Some(_), Some(other)) if other == priority => None,
                (Some(target), Some(other)) => Some(MoveError::OtherPriority {
                    task: task.clone(),
                    priority,
                    target: target.clone(),
                    other,
                }),
            };
            if let Some(error) = error {
                refused.push((task.clone(), error));
                continue;
            }
            match groups.iter_mut().find(|group| group.0 == priority) {
                Some(group) => group.1.push(task.clone()),
                None => groups.push((priority, vec![task.clone()])),
            }
        }
        (groups, refused)
    }

    /// New places for tasks of one priority. They leave their old ones, so these do not count.
    fn places_for(&self, priority: i32, tasks: &[TaskId], to: &MoveTo) -> Option<Vec<Place>> {
        let line = self.by_priority.get(&priority)?;
        let own: BTreeSet<Ticket> = tasks
            .iter()
            .filter_map(|task| self.by_task.get(task).copied())
            .collect();
        let is_other = |key: &&Key| !own.contains(&key.1);
        let place = |key: &Key| key.0;
        let (before, after) = match to {
            MoveTo::Front => (None, line.iter().find(is_other).map(place)),
            MoveTo::Back => (line.iter().rev().find(is_other).map(place), None),
            MoveTo::Before { task } => {
                let item = self.item(task)?;
                let range = (Bound::Unbounded, Bound::Excluded(item.claim.key));
                let before = line.range(range).rev().find(is_other).map(place);
                (before, Some(item.claim.key.0))
            }
        };
        if before.is_none() && after.is_none() {
            // They are alone: their own places in the new order.
            let mut places: Vec<Place> = line.iter().map(place).collect();
            places.sort_unstable();
            places.dedup();
            if places.len() == tasks.len() {
                return Some(places);
            }
            let last = places.last().copied();
            return Place::between(last, None, tasks.len());
        }
        Place::between(before, after, tasks.len())
    }
}

fn target_of(to: &MoveTo) -> Option<&TaskId> {
    match to {
        MoveTo::Before { task } => Some(task),
        MoveTo::Front | MoveTo::Back => None,
    }
}
