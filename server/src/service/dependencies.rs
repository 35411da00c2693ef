//! What a submission waits for: names that people type become tasks.

use domain::queue::Policy;
use domain::task::TaskId;

use super::{Project, ServiceError};
use crate::dispatcher::State;

/// Replaces names by the tasks that they name: a task stays one, with its experiment filled in; the name of a sweep stands for
/// all of its tasks.
///
/// # Errors
/// [`ServiceError::NoTask`] for a name that is neither.
pub(super) async fn settle(project: &Project, policy: &mut Policy) -> Result<(), ServiceError> {
    if policy.after.is_empty() {
        return Ok(());
    }
    let asked = std::mem::take(&mut policy.after.tasks);
    let found = project
        .dispatcher
        .read(move |state| {
            let mut tasks = Vec::new();
            for name in asked {
                let meant = named(state, &name);
                if meant.is_empty() {
                    return Err(name);
                }
                tasks.extend(meant);
            }
            tasks.sort();
            tasks.dedup();
            Ok(tasks)
        })
        .await?;
    policy.after.tasks = found.map_err(|missing| {
        let name = missing.to_string();
        ServiceError::NoTask(name.trim_start_matches('/').to_owned())
    })?;
    Ok(())
}

fn named(state: &State, name: &TaskId) -> Vec<TaskId> {
    let entries = state.entries().map(|entry| &entry.task);
    let is_there = |task: &TaskId| name.experiment.is_empty() || name.experiment == task.experiment;
    let (mut tasks, mut of_sweep) = (Vec::new(), Vec::new());
    for task in entries.filter(|task| is_there(&task.id)) {
        if task.id.task == name.task {
            tasks.push(task.id.clone());
        } else if task.sweep == name.task {
            of_sweep.push(task.id.clone());
        }
    }
    if tasks.is_empty() { of_sweep } else { tasks }
}
