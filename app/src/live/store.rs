//! The state of the `tasks` topic: one pure `apply` from messages to what pages must do.

use domain::protocol::ServerMessage;
use domain::run::StatusCounts;
use domain::task::TaskSummary;

/// What a message of the topic means for a page that shows tasks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TasksEvent {
    /// The subscription begins at this number; a list with another one must be fetched again.
    At(u64),
    /// One task is new or has changed.
    Changed {
        /// The state's number with this change.
        seq: u64,
        /// The task as it is now.
        task: Box<TaskSummary>,
    },
    /// Too much changed, or something was missed: fetch again.
    Refetch,
}

/// What is known of the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TasksState {
    seq: Option<u64>,
    instance: String,
    /// Counts per status; `None` before the first message.
    pub(super) counts: Option<StatusCounts>,
}

impl TasksState {
    /// Takes a message in. Numbers already seen change nothing; a jump means that something was missed.
    pub(super) fn apply(&mut self, message: &ServerMessage) -> Option<TasksEvent> {
        match message {
            ServerMessage::Hello {
                server_instance, ..
            } => {
                if self.instance != *server_instance {
                    self.instance.clone_from(server_instance);
                    self.seq = None;
                }
                None
            }
            ServerMessage::TasksSnapshot { seq, counts, .. } => {
                self.seq = Some(*seq);
                self.counts = Some(*counts);
                Some(TasksEvent::At(*seq))
            }
            ServerMessage::TaskChanged {
                seq, task, counts, ..
            } => self.step(*seq, *counts, || TasksEvent::Changed {
                seq: *seq,
                task: task.clone(),
            }),
            ServerMessage::TasksReplaced { seq, counts, .. } => {
                self.step(*seq, *counts, || TasksEvent::Refetch)
            }
            ServerMessage::Resync { .. } => {
                self.seq = None;
                Some(TasksEvent::Refetch)
            }
            _ => None,
        }
    }

    fn step(
        &mut self,
        seq: u64,
        counts: StatusCounts,
        event: impl FnOnce() -> TasksEvent,
    ) -> Option<TasksEvent> {
        let known = self.seq;
        if known.is_some_and(|known| seq <= known) {
            return None;
        }
        self.seq = Some(seq);
        self.counts = Some(counts);
        let is_next = known.is_none_or(|known| seq == known + 1);
        Some(if is_next {
            event()
        } else {
            TasksEvent::Refetch
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(seq: u64, running: u64) -> ServerMessage {
        ServerMessage::TasksReplaced {
            sub: 1,
            seq,
            counts: StatusCounts {
                running,
                ..StatusCounts::default()
            },
        }
    }

    fn hello(instance: &str) -> ServerMessage {
        ServerMessage::Hello {
            major: 1,
            minor: 0,
            server_version: String::new(),
            server_instance: instance.to_owned(),
            now: domain::time::Timestamp(0),
        }
    }

    #[test]
    fn numbers_seen_before_are_ignored_and_a_jump_refetches() {
        let mut state = TasksState::default();
        let snapshot = ServerMessage::TasksSnapshot {
            sub: 1,
            seq: 4,
            counts: StatusCounts::default(),
        };
        assert_eq!(state.apply(&snapshot), Some(TasksEvent::At(4)));
        assert_eq!(state.apply(&replaced(4, 9)), None);
        assert_eq!(state.counts.unwrap().running, 0);
        let changed = ServerMessage::TaskChanged {
            sub: 1,
            seq: 5,
            task: Box::new(crate::view_model::samples::summary("a", 1)),
            counts: StatusCounts::default(),
        };
        assert!(matches!(
            state.apply(&changed),
            Some(TasksEvent::Changed { seq: 5, .. })
        ));
        let skipped = ServerMessage::TaskChanged {
            sub: 1,
            seq: 9,
            task: Box::new(crate::view_model::samples::summary("a", 1)),
            counts: StatusCounts {
                failed: 2,
                ..StatusCounts::default()
            },
        };
        assert_eq!(state.apply(&skipped), Some(TasksEvent::Refetch));
        assert_eq!(state.counts.unwrap().failed, 2);
    }

    #[test]
    fn another_server_process_makes_numbers_void() {
        let mut state = TasksState::default();
        state.apply(&hello("a"));
        state.apply(&replaced(100, 1));
        state.apply(&hello("b"));
        assert_eq!(state.apply(&replaced(3, 2)), Some(TasksEvent::Refetch));
        assert_eq!(state.counts.unwrap().running, 2);
    }
}
