//! What a submission waits for: names that people type become tasks.

use std::collections::BTreeSet;

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

/// Refuses that tasks wait for what waits for them, in however many steps.
pub(super) async fn refuse_circles(
    project: &Project,
    tasks: Vec<TaskId>,
    after: Vec<TaskId>,
) -> Result<(), ServiceError> {
    let look = move |state: &State| circle(state, &tasks, after);
    match project.dispatcher.read(look).await? {
        Some(task) => {
            let message = format!("`{task}` would wait for itself");
            Err(ServiceError::OutOfRange(message))
        }
        None => Ok(()),
    }
}

fn circle(state: &State, tasks: &[TaskId], after: Vec<TaskId>) -> Option<TaskId> {
    let (mut to_visit, mut seen) = (after, BTreeSet::new());
    while let Some(id) = to_visit.pop() {
        if tasks.contains(&id) {
            return Some(id);
        }
        if seen.insert(id.clone())
            && let Some(entry) = state.resolve(&id).and_then(|id| state.entry(id))
        {
            to_visit.extend(entry.task().policy.after.tasks.iter().cloned());
        }
    }
    None
}

fn named(state: &State, name: &TaskId) -> Vec<TaskId> {
    let is_there = |task: &TaskId| name.experiment.is_empty() || name.experiment == task.experiment;
    let (mut tasks, mut of_sweep) = (Vec::new(), Vec::new());
    for entry in state.entries().filter(|entry| is_there(entry.id())) {
        if entry.id().task == name.task {
            tasks.push(entry.id().clone());
        } else if entry.sweep() == name.task {
            of_sweep.push(entry.id().clone());
        }
    }
    if tasks.is_empty() { of_sweep } else { tasks }
}

#[cfg(test)]
mod tests {
    use domain::queue::Dependencies;
    use domain::task::Task;

    use super::*;
    use crate::scheduler::Rules;

    #[test]
    fn a_task_that_would_wait_for_itself_is_found_in_any_number_of_steps() {
        let id = |task: &str| TaskId {
            experiment: "e".to_owned(),
            task: task.to_owned(),
        };
        let mut state = State::new(Rules::default());
        for (name, after) in [("a", vec![]), ("b", vec!["a"]), ("c", vec!["b", "a"])] {
            let mut task = Task {
                id: id(name),
                ..Task::default()
            };
            task.policy.after = Dependencies {
                tasks: after.into_iter().map(id).collect(),
                ..Dependencies::default()
            };
            state.insert(task, vec![]);
        }
        let circle = |task: &str, after: &str| circle(&state, &[id(task)], vec![id(after)]);
        assert_eq!(circle("a", "c"), Some(id("a")));
        assert_eq!(circle("a", "a"), Some(id("a")));
        assert_eq!(circle("c", "a"), None);
        assert_eq!(circle("new", "c"), None);
    }
}
