//! Changing what is saved of tasks: labels, pins, descriptions, policies.

use domain::labels;
use domain::protocol::http::{ActOnTasksResponse, Refusal};
use domain::protocol::queue::PatchTasksRequest;
use domain::protocol::select::TaskOrder;
use domain::queue::{Execution, Policy};
use domain::task::Task;

use super::{OrganiseError, to_the_end};
use crate::dispatcher::Organise;
use crate::service::{Project, ServiceError, dependencies, in_background, policy, select};
use crate::storage::atomic::{self, Durability};
use crate::storage::{Layout, tasks};

/// The longest description, characters.
const MAX_DESCRIPTION_CHARS: usize = 10_000;

/// `PATCH /api/v1/tasks`
///
/// The files first, then the state. A change counts from a task's next start; what runs goes on as it was started.
pub async fn patch(
    project: &Project,
    mut request: PatchTasksRequest,
) -> Result<ActOnTasksResponse, ServiceError> {
    check(&request)?;
    let execution = request.execution.as_ref();
    if let Some((_, message)) = execution.and_then(Execution::out_of_range) {
        return Err(ServiceError::OutOfRange(message));
    }
    let filter = request.filter.take();
    select::add_found(project, &mut request.tasks, filter, TaskOrder::Newest).await?;
    if let Some(asked) = &mut request.policy {
        policy::check(asked)?;
        dependencies::settle(project, asked).await?;
        let (tasks, after) = (request.tasks.clone(), asked.after.tasks.clone());
        dependencies::refuse_circles(project, tasks, after).await?;
    }
    let project = project.clone();
    to_the_end(async move { apply_all(&project, request).await }).await
}

async fn apply_all(
    project: &Project,
    request: PatchTasksRequest,
) -> Result<ActOnTasksResponse, ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let asked = request.tasks.clone();
    let (known, mut refused) = project
        .dispatcher
        .read(move |state| {
            let (mut known, mut refused) = (Vec::new(), Vec::new());
            for id in asked {
                match state.resolve(&id).and_then(|id| state.entry(id)) {
                    Some(entry) => known.push((*entry.task()).clone()),
                    None => refused.push(Refusal {
                        message: format!("there is no task `{id}`"),
                        task: id,
                    }),
                }
            }
            (known, refused)
        })
        .await?;
    let layout = project.layout.clone();
    let (changed, failed) = in_background(move || Ok(write(&layout, known, &request))).await?;
    refused.extend(failed);
    let done = u64::try_from(changed.len()).unwrap_or(u64::MAX);
    if !changed.is_empty() {
        project
            .dispatcher
            .organise(Organise::Change(changed))
            .await?;
    }
    Ok(ActOnTasksResponse { done, refused })
}

/// Writes the files; one sync makes all of them durable.
fn write(
    layout: &Layout,
    known: Vec<Task>,
    request: &PatchTasksRequest,
) -> (Vec<Task>, Vec<Refusal>) {
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for mut task in known {
        let id = task.id.clone();
        let refuse = |message: String| Refusal {
            task: id.clone(),
            message,
        };
        let result = labels::changed(&task.labels, &request.add_labels, &request.remove_labels)
            .map_err(|error| refuse(error.to_string()))
            .and_then(|labels| {
                task.labels = labels;
                apply(&mut task, request);
                tasks::update(layout, &id, Durability::Process, |file| {
                    file.labels.clone_from(&task.labels);
                    file.policy.clone_from(&task.policy);
                    file.execution.clone_from(&task.execution);
                    file.is_pinned = task.is_pinned;
                    file.description.clone_from(&task.description);
                })
                .map_err(|error| refuse(error.to_string()))
            });
        match result {
            Ok(()) => changed.push(task),
            Err(refusal) => refused.push(refusal),
        }
    }
    if !changed.is_empty()
        && let Err(error) = atomic::sync_file_system(&layout.state_dir())
    {
        tracing::error!(%error, "changed tasks may be the old ones after a power failure");
    }
    (changed, refused)
}

fn apply(task: &mut Task, request: &PatchTasksRequest) {
    if let Some(policy) = &request.policy {
        task.policy.clone_from(policy);
    }
    if let Some(priority) = request.priority {
        task.policy.priority = priority;
    }
    if let Some(execution) = &request.execution {
        task.execution.clone_from(execution);
    }
    if let Some(is_pinned) = request.is_pinned {
        task.is_pinned = is_pinned;
    }
    if let Some(description) = &request.description {
        task.description.clone_from(description);
    }
}

fn check(request: &PatchTasksRequest) -> Result<(), OrganiseError> {
    let wrong = |key, message| Err(OrganiseError::OutOfRange { key, message });
    for label in &request.add_labels {
        labels::check_label(label).map_err(|source| OrganiseError::Label {
            label: label.clone(),
            source,
        })?;
    }
    if request
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS)
    {
        return wrong("description", "has at most 10,000 characters");
    }
    let priorities = [
        request.priority,
        request.policy.as_ref().map(|policy| policy.priority),
    ];
    if priorities
        .into_iter()
        .flatten()
        .any(|priority| !(-1000..=1000).contains(&priority))
    {
        return wrong("priority", "must be -1000 to 1000");
    }
    request.policy.as_ref().map_or(Ok(()), check_policy)?;
    request.execution.as_ref().map_or(Ok(()), check_execution)
}

fn check_policy(policy: &Policy) -> Result<(), OrganiseError> {
    let wrong = |key, message| Err(OrganiseError::OutOfRange { key, message });
    let factor = policy.retry.backoff.factor;
    if !factor.is_finite() || factor < 1.0 {
        return wrong("policy.retry.backoff.factor", "must be at least 1");
    }
    let limits = policy.time_limits;
    if [limits.soft_ms, limits.hard_ms].contains(&Some(0)) {
        return wrong("policy.time_limits", "must be more than 0 milliseconds");
    }
    Ok(())
}

fn check_execution(execution: &Execution) -> Result<(), OrganiseError> {
    let wrong = |key, message| Err(OrganiseError::OutOfRange { key, message });
    if execution
        .nice
        .is_some_and(|nice| !(-20..=19).contains(&nice))
    {
        return wrong("execution.nice", "must be -20 to 19");
    }
    if execution.umask.is_some_and(|umask| umask > 0o777) {
        return wrong("execution.umask", "must be 0 to 0o777");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_a_priority_changes_nothing_else_of_the_policy() {
        let mut task = Task {
            description: "mine".to_owned(),
            is_pinned: true,
            policy: Policy {
                priority: 3,
                delay_ms: 7,
                ..Policy::default()
            },
            ..Task::default()
        };
        let before = task.clone();
        apply(&mut task, &PatchTasksRequest::default());
        assert_eq!(task, before);
        let request = PatchTasksRequest {
            priority: Some(9),
            ..PatchTasksRequest::default()
        };
        apply(&mut task, &request);
        assert_eq!((task.policy.priority, task.policy.delay_ms), (9, 7));
        assert!(task.is_pinned && task.description == "mine");
    }

    #[test]
    fn values_out_of_range_are_refused_before_anything_is_written() {
        let mut policy = Policy::default();
        policy.retry.backoff.factor = f64::NAN;
        let bad = [
            PatchTasksRequest {
                priority: Some(1001),
                ..PatchTasksRequest::default()
            },
            PatchTasksRequest {
                policy: Some(policy),
                ..PatchTasksRequest::default()
            },
            PatchTasksRequest {
                execution: Some(Execution {
                    umask: Some(0o1000),
                    ..Execution::default()
                }),
                ..PatchTasksRequest::default()
            },
            PatchTasksRequest {
                add_labels: vec!["a,b".to_owned()],
                ..PatchTasksRequest::default()
            },
            PatchTasksRequest {
                description: Some("x".repeat(MAX_DESCRIPTION_CHARS + 1)),
                ..PatchTasksRequest::default()
            },
        ];
        for request in bad {
            assert!(check(&request).is_err(), "{request:?}");
        }
        assert_eq!(check(&PatchTasksRequest::default()), Ok(()));
    }
}
