//! Which tasks are selected: some by name, or all that a query finds, without anybody naming them.

use std::collections::BTreeMap;

use domain::protocol::http::ActOnTasksRequest;
use domain::protocol::select::TaskFilter;
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{TaskId, TaskSummary};

use super::runs::Possible;
use crate::query::RunsQuery;

/// The selected tasks of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selection {
    /// These, with the status they had when last seen.
    Some(BTreeMap<TaskId, ShownStatus>),
    /// All that the query finds, in the moment of an act.
    All {
        /// The query.
        query: RunsQuery,
        /// Those that a person took out again, with their statuses.
        except: BTreeMap<TaskId, ShownStatus>,
    },
}

impl Default for Selection {
    fn default() -> Self {
        Self::Some(BTreeMap::new())
    }
}

impl Selection {
    /// All that `query` finds.
    pub(crate) fn all(query: RunsQuery) -> Self {
        Self::All {
            query,
            except: BTreeMap::new(),
        }
    }

    /// True if a task is selected.
    pub(crate) fn contains(&self, id: &TaskId) -> bool {
        match self {
            Self::Some(tasks) => tasks.contains_key(id),
            Self::All { except, .. } => !except.contains_key(id),
        }
    }

    /// Selects a task, or no longer.
    pub(crate) fn toggle(&mut self, task: &TaskSummary) {
        let (Self::Some(held) | Self::All { except: held, .. }) = self;
        if held.remove(&task.id).is_none() {
            held.insert(task.id.clone(), task.status);
        }
    }

    /// Named tasks take the status that they show now; true if one of them had another.
    pub(crate) fn remember(&mut self, tasks: &[TaskSummary]) -> bool {
        let (Self::Some(held) | Self::All { except: held, .. }) = self;
        let mut is_changed = false;
        for task in tasks {
            if let Some(status) = held.get_mut(&task.id)
                && *status != task.status
            {
                *status = task.status;
                is_changed = true;
            }
        }
        is_changed
    }

    /// How many there are of each status; `found` counts what the list finds, whatever status it filters by.
    pub(crate) fn counts(&self, found: StatusCounts) -> StatusCounts {
        let mut counts = StatusCounts::default();
        match self {
            Self::Some(tasks) => {
                for status in tasks.values() {
                    *counts.slot(*status) += 1;
                }
            }
            Self::All { query, except } => {
                for status in ShownStatus::ALL {
                    if query.status.is_none_or(|wanted| wanted == status) {
                        *counts.slot(status) = found.get(status);
                    }
                }
                for status in except.values() {
                    let slot = counts.slot(*status);
                    *slot = slot.saturating_sub(1);
                }
            }
        }
        counts
    }

    /// Whom an act is for that fits these statuses. Named tasks are all sent, and the server says of each that does not fit
    /// why not; among tasks that nobody named, only those are meant that fit.
    pub(crate) fn whom(&self, fits: &[ShownStatus]) -> ActOnTasksRequest {
        match self {
            Self::Some(tasks) => these(tasks.keys().cloned().collect()),
            Self::All { query, except } => {
                let status: Vec<ShownStatus> = fits
                    .iter()
                    .copied()
                    .filter(|status| query.status.is_none_or(|wanted| wanted == *status))
                    .collect();
                if status.is_empty() {
                    return ActOnTasksRequest::default();
                }
                ActOnTasksRequest {
                    tasks: Vec::new(),
                    filter: Some(TaskFilter {
                        status,
                        except: except.keys().cloned().collect(),
                        ..query.to_filter()
                    }),
                }
            }
        }
    }
}

/// Tasks by name.
pub(crate) fn these(tasks: Vec<TaskId>) -> ActOnTasksRequest {
    ActOnTasksRequest {
        tasks,
        filter: None,
    }
}

/// What can be done to one task.
pub(crate) fn possible_of(status: ShownStatus) -> Possible {
    let mut counts = StatusCounts::default();
    *counts.slot(status) = 1;
    possible_to(counts)
}

/// What can be done to so many of each status.
pub(crate) fn possible_to(counts: StatusCounts) -> Possible {
    let of = |statuses: &[ShownStatus]| statuses.iter().map(|status| counts.get(*status)).sum();
    Possible {
        run: of(TO_RUN),
        cancel: of(TO_CANCEL),
        rerun: of(TO_RERUN),
        running: counts.get(ShownStatus::Running),
    }
}

/// What can be run.
pub(crate) const TO_RUN: &[ShownStatus] = &[ShownStatus::Pending];
/// What can be cancelled.
pub(crate) const TO_CANCEL: &[ShownStatus] = &[ShownStatus::Queued, ShownStatus::Running];
/// What can be run again.
pub(crate) const TO_RERUN: &[ShownStatus] = &[
    ShownStatus::Completed,
    ShownStatus::Failed,
    ShownStatus::Cancelled,
    ShownStatus::Lost,
];
/// What waits in the queue.
pub(crate) const TO_MOVE: &[ShownStatus] = &[ShownStatus::Queued];
/// What can be held back.
pub(crate) const TO_HOLD: &[ShownStatus] = &[ShownStatus::Pending, ShownStatus::Queued];
/// Whatever it shows.
pub(crate) const ANY: &[ShownStatus] = &ShownStatus::ALL;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::samples::summary;

    fn found() -> StatusCounts {
        let mut counts = StatusCounts::default();
        *counts.slot(ShownStatus::Completed) = 40_000;
        *counts.slot(ShownStatus::Queued) = 12;
        *counts.slot(ShownStatus::Running) = 2;
        counts
    }

    fn task(name: &str, status: ShownStatus) -> TaskSummary {
        TaskSummary {
            status,
            ..summary(name, 1)
        }
    }

    #[test]
    fn all_is_a_filter_and_no_list_of_names() {
        let query = RunsQuery {
            q: "lr=0.1".to_owned(),
            user: Some("ada".to_owned()),
            ..RunsQuery::default()
        };
        let mut all = Selection::all(query);
        assert_eq!(all.counts(found()).total(), 40_014);
        all.toggle(&task("a", ShownStatus::Queued));
        assert!(!all.contains(&summary("a", 1).id));
        let possible = possible_to(all.counts(found()));
        assert_eq!((possible.cancel, possible.running), (13, 2));
        let whom = all.whom(TO_CANCEL);
        assert!(whom.tasks.is_empty());
        let filter = whom.filter.unwrap();
        assert_eq!(
            (filter.q.as_str(), filter.user.as_deref()),
            ("lr=0.1", Some("ada"))
        );
        assert_eq!(filter.status, TO_CANCEL);
        assert_eq!(filter.except, [summary("a", 1).id]);
        all.toggle(&task("a", ShownStatus::Queued));
        assert_eq!(all.counts(found()).total(), 40_014);
    }

    #[test]
    fn a_filter_by_status_is_never_widened_by_an_act() {
        let query = RunsQuery {
            status: Some(ShownStatus::Completed),
            ..RunsQuery::default()
        };
        let all = Selection::all(query);
        assert_eq!(all.counts(found()).total(), 40_000);
        assert_eq!(all.whom(TO_CANCEL), ActOnTasksRequest::default());
        let again = all.whom(TO_RERUN).filter.unwrap();
        assert_eq!(again.status, [ShownStatus::Completed]);
        assert_eq!(
            all.whom(ANY).filter.unwrap().status,
            [ShownStatus::Completed]
        );
    }

    #[test]
    fn named_tasks_keep_their_names_and_learn_their_status() {
        let mut some = Selection::default();
        some.toggle(&task("a", ShownStatus::Queued));
        some.toggle(&task("b", ShownStatus::Queued));
        some.toggle(&task("b", ShownStatus::Queued));
        assert!(some.remember(&[task("a", ShownStatus::Running)]));
        assert!(!some.remember(&[task("x", ShownStatus::Running)]));
        assert_eq!(possible_to(some.counts(found())).running, 1);
        assert_eq!(some.whom(TO_RERUN), these(vec![summary("a", 1).id]));
    }

    #[test]
    fn every_status_has_its_act() {
        let mut one_of_each = StatusCounts::default();
        for status in ShownStatus::ALL {
            *one_of_each.slot(status) = 1;
        }
        let expected = Possible {
            run: 1,
            cancel: 2,
            rerun: 4,
            running: 1,
        };
        assert_eq!(possible_to(one_of_each), expected);
        assert_eq!(ANY.len(), ShownStatus::ALL.len());
    }
}
