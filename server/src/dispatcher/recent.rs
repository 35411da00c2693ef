//! Which tasks have changed of late, for whoever asks again and again.

use std::collections::{BTreeSet, VecDeque};

use domain::task::TaskId;

use super::event::ChangeKind;
use super::state::State;

/// So many changes are remembered; who is further behind looks at everything.
const REMEMBERED: usize = 8192;

/// The latest changes, oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The number of each change, and the task; `None`: so much that it was not told one by one.
    changes: VecDeque<(u64, Option<TaskId>)>,
}

impl Recent {
    /// Remembers a change.
    pub(super) fn note(&mut self, seq: u64, kind: &ChangeKind) {
        if self.changes.len() >= REMEMBERED {
            self.changes.pop_front();
        }
        let task = match kind {
            ChangeKind::Task(summary) => Some(summary.id.clone()),
            ChangeKind::Many => None,
        };
        self.changes.push_back((seq, task));
    }
}

impl State {
    /// The tasks that have changed since the change with this number; `None` if that is not known, or too much.
    pub fn changed_since(&self, seq: u64) -> Option<BTreeSet<&TaskId>> {
        if seq > self.seq {
            return None;
        }
        let since: Vec<&(u64, Option<TaskId>)> = self
            .recent
            .changes
            .iter()
            .rev()
            .take_while(|(number, _)| *number > seq)
            .collect();
        // Numbers have no gaps: what is missing at the front was forgotten, or happened before this process.
        let count = u64::try_from(since.len()).unwrap_or(u64::MAX);
        if count < self.seq - seq {
            return None;
        }
        since.into_iter().map(|(_, task)| task.as_ref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::task::TaskSummary;

    use super::*;

    fn task(name: usize) -> ChangeKind {
        ChangeKind::Task(Arc::new(TaskSummary {
            id: id(name),
            ..TaskSummary::default()
        }))
    }

    fn id(name: usize) -> TaskId {
        TaskId {
            experiment: "e".to_owned(),
            task: name.to_string(),
        }
    }

    #[test]
    fn who_asks_again_learns_what_has_changed_or_that_nobody_knows() {
        let mut state = State::default();
        let mut tell = |kind: ChangeKind| {
            state.seq += 1;
            state.recent.note(state.seq, &kind);
        };
        (0..5).for_each(|number| tell(task(number % 3)));
        let since = |state: &State, seq| {
            let changed = state.changed_since(seq)?;
            Some(changed.into_iter().cloned().collect::<Vec<_>>())
        };
        assert_eq!(since(&state, 5), Some(vec![]));
        assert_eq!(since(&state, 3), Some(vec![id(0), id(1)]));
        assert_eq!(since(&state, 0), Some(vec![id(0), id(1), id(2)]));
        assert_eq!(since(&state, 6), None, "a number of another process");
        let mut tell = |kind: ChangeKind| {
            state.seq += 1;
            state.recent.note(state.seq, &kind);
        };
        tell(ChangeKind::Many);
        tell(task(7));
        assert_eq!(since(&state, 5), None, "many at once are not told by name");
        assert_eq!(since(&state, 6), Some(vec![id(7)]));
        for number in 0..2 * REMEMBERED {
            state.seq += 1;
            state.recent.note(state.seq, &task(number));
        }
        assert_eq!(since(&state, 7), None, "forgotten");
        assert!(state.recent.changes.len() <= REMEMBERED);
    }
}
