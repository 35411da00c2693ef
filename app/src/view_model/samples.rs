//! Small values for tests.

use domain::run::ShownStatus;
use domain::task::{TaskId, TaskSummary};
use domain::time::Timestamp;

/// A pending task of experiment `digits`.
pub(crate) fn summary(task: &str, index: u64) -> TaskSummary {
    TaskSummary {
        id: TaskId {
            experiment: "digits".to_owned(),
            task: task.to_owned(),
        },
        status: ShownStatus::Pending,
        sweep: "s".to_owned(),
        index,
        of: 3,
        created_at_ms: Timestamp(0),
        varied: Vec::new(),
        runs: 0,
        started_at_ms: None,
        ended_at_ms: None,
        reason: None,
    }
}
