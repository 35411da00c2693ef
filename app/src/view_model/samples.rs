//! Small values for tests.

use domain::task::{TaskId, TaskSummary};

/// A pending task of experiment `digits`.
pub(crate) fn summary(task: &str, index: u64) -> TaskSummary {
    TaskSummary {
        id: TaskId {
            experiment: "digits".to_owned(),
            task: task.to_owned(),
        },
        sweep: "s".to_owned(),
        index,
        of: 3,
        ..TaskSummary::default()
    }
}
