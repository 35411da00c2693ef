//! Which points have tasks: what a submission asks before it makes new ones.

use std::collections::HashMap;

use domain::identity::Identity;
use domain::protocol::http::{KnownPoint, ListCompletedResponse};
use domain::run::ShownStatus;

use super::entry::Entry;
use super::state::State;

/// What is known of a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A task has completed it; what a later run of another task did changes nothing.
    Completed(String),
    /// No task has completed it, and one is queued or running.
    Active(String),
    /// Nothing that counts: no task, or tasks that wait for a person, failed, were cancelled or lost.
    Open,
}

/// The tasks of every point by experiment, as places in the state's entries. Statuses are looked up, never copied, so
/// that they cannot go stale.
///
/// Identities are kept as the 32 bytes that they are; a text that is none, which no version wrote, is known to nobody.
#[derive(Debug, Default)]
pub(super) struct Points {
    by_experiment: HashMap<String, HashMap<[u8; 32], Places>>,
}

/// The places of a point's tasks, in the order in which they came: mostly one.
#[derive(Debug)]
enum Places {
    One(usize),
    Many(Vec<usize>),
}

impl Places {
    fn all(&self) -> &[usize] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Many(places) => places,
        }
    }

    fn push(&mut self, place: usize) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, place]),
            Self::Many(places) => places.push(place),
        }
    }
}

impl Points {
    pub(super) fn insert(&mut self, experiment: &str, identity: &Identity, place: usize) {
        if !self.by_experiment.contains_key(experiment) {
            self.by_experiment
                .insert(experiment.to_owned(), HashMap::new());
        }
        let points = self.by_experiment.get_mut(experiment);
        if let (Some(points), Some(point)) = (points, identity.digest()) {
            points
                .entry(point)
                .and_modify(|places| places.push(place))
                .or_insert(Places::One(place));
        }
    }

    pub(super) fn remove(&mut self, experiment: &str, identity: &Identity, place: usize) {
        let Some(points) = self.by_experiment.get_mut(experiment) else {
            return;
        };
        let Some(point) = identity.digest() else {
            return;
        };
        let is_over = match points.get_mut(&point) {
            Some(Places::Many(places)) => {
                places.retain(|known| *known != place);
                places.is_empty()
            }
            Some(Places::One(known)) => *known == place,
            None => false,
        };
        if is_over {
            points.remove(&point);
        }
    }
}

impl State {
    /// What is known of a point of an experiment.
    pub fn known(&self, experiment: &str, identity: &Identity) -> Known {
        let points = self.points.by_experiment.get(experiment);
        points
            .and_then(|points| points.get(&identity.digest()?))
            .map_or(Known::Open, |places| self.judge(places.all()))
    }

    /// All points of an experiment that are completed, queued or running, oldest task first.
    pub fn completed(&self, experiment: &str) -> ListCompletedResponse {
        let mut found: Vec<(usize, &[u8; 32], Known)> = self
            .points
            .by_experiment
            .get(experiment)
            .into_iter()
            .flatten()
            .filter_map(|(point, places)| {
                let places = places.all();
                Some((*places.first()?, point, self.judge(places)))
            })
            .collect();
        found.sort_by_key(|(place, _, _)| *place);
        let mut response = ListCompletedResponse::default();
        for (_, point, known) in found {
            let (list, task) = match known {
                Known::Completed(task) => (&mut response.completed, task),
                Known::Active(task) => (&mut response.active, task),
                Known::Open => continue,
            };
            list.push(KnownPoint {
                identity: Identity::from_digest(*point),
                task,
            });
        }
        response
    }

    /// The newest task that completed the point, else the newest that is on its way.
    fn judge(&self, places: &[usize]) -> Known {
        let newest = |wanted: fn(ShownStatus) -> bool| {
            places
                .iter()
                .rev()
                .filter_map(|place| self.entries.at(*place))
                .find(|entry: &&Entry| wanted(entry.shown()))
                .map(|entry| entry.id().task.clone())
        };
        newest(|status| status == ShownStatus::Completed)
            .map(Known::Completed)
            .or_else(|| newest(ShownStatus::is_active).map(Known::Active))
            .unwrap_or(Known::Open)
    }
}

#[cfg(test)]
mod tests {
    use domain::config::Value;
    use domain::identity::identity;
    use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus};
    use domain::task::{Task, TaskId};
    use domain::time::Timestamp;

    use super::*;

    fn task(name: &str, point: i64) -> Task {
        Task {
            id: TaskId {
                experiment: "e".to_owned(),
                task: name.to_owned(),
            },
            sweep: "s".to_owned(),
            index: 1,
            of: 1,
            working_dir: "/".to_owned(),
            identity: Some(of(point)),
            ..Task::default()
        }
    }

    fn of(point: i64) -> Identity {
        identity("e.py", &Value::Int(point), &[], None)
    }

    fn run(outcome: Option<Outcome>) -> RunRecord {
        let queued = RunRecord::queued(1, Timestamp(0), vec![]);
        match outcome {
            None => queued,
            outcome => RunRecord {
                status: RunStatus::Finished,
                outcome,
                ..queued
            },
        }
    }

    #[test]
    fn only_success_is_done_and_only_what_waits_or_runs_is_on_its_way() {
        let by = CancelledBy::User;
        let bad = [
            Outcome::Failed { exit_code: 1 },
            Outcome::Cancelled { by },
            Outcome::Lost,
        ];
        let mut state = State::new(crate::scheduler::Rules::default());
        for (i, outcome) in bad.into_iter().enumerate() {
            state.insert(task(&format!("bad{i}"), 1), vec![run(Some(outcome))]);
        }
        state.insert(task("pending", 1), vec![]);
        assert_eq!(state.known("e", &of(1)), Known::Open);
        state.insert(task("queued", 1), vec![run(None)]);
        assert_eq!(state.known("e", &of(1)), Known::Active("queued".to_owned()));
        state.insert(task("good", 1), vec![run(Some(Outcome::Succeeded))]);
        assert_eq!(
            state.known("e", &of(1)),
            Known::Completed("good".to_owned())
        );
        assert_eq!(state.known("other", &of(1)), Known::Open);
        assert_eq!(state.known("e", &of(2)), Known::Open);
        assert_eq!(state.completed("e").completed.len(), 1);
    }

    #[test]
    fn a_rerun_that_fails_takes_the_done_mark_away() {
        let mut state = State::new(crate::scheduler::Rules::default());
        state.insert(task("a", 1), vec![run(Some(Outcome::Succeeded))]);
        let id = domain::task::RunId {
            task: task("a", 1).id,
            number: 2,
        };
        let second = RunRecord {
            number: 2,
            ..run(Some(Outcome::Failed { exit_code: 1 }))
        };
        assert!(state.update(&id, second));
        assert_eq!(state.known("e", &of(1)), Known::Open);
    }
}
