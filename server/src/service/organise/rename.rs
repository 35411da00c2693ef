//! Another name for a task.

use std::io::ErrorKind;
use std::sync::Arc;

use domain::names::check_name;
use domain::protocol::organise::RenameTaskRequest;
use domain::task::TaskId;

use super::{OrganiseError, to_the_end};
use crate::dispatcher::{Entry, Organise};
use crate::service::{Project, ServiceError, in_background};
use crate::storage::{StorageError, tasks};

/// `POST /api/v1/tasks/{experiment}/{task}/rename`
///
/// Its old name leads to it as long as no other task has it. A task that waits or runs keeps its name: processes and the
/// queue's journal know it.
pub async fn rename(
    project: &Project,
    id: TaskId,
    request: RenameTaskRequest,
) -> Result<TaskId, ServiceError> {
    check_name(&request.to).map_err(|source| OrganiseError::Name {
        name: request.to.clone(),
        source,
    })?;
    let project = project.clone();
    to_the_end(async move { take_and_rename(&project, id, request.to).await }).await
}

async fn take_and_rename(
    project: &Project,
    id: TaskId,
    to: String,
) -> Result<TaskId, ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let asked = id.clone();
    let known = project
        .dispatcher
        .read(move |state| state.resolve(&asked).cloned())
        .await?;
    let id = known.ok_or_else(|| ServiceError::NoTask(id.to_string()))?;
    if id.task == to {
        return Ok(id);
    }
    let taken = project
        .dispatcher
        .organise(Organise::TakeOff(vec![id.clone()]))
        .await?;
    let Some(entry) = taken.taken.into_iter().next() else {
        let why = taken.refused.into_iter().next();
        let message = why.map_or_else(|| id.to_string(), |refusal| refusal.message);
        return Err(OrganiseError::Active(message).into());
    };
    let new = TaskId {
        experiment: id.experiment.clone(),
        task: to,
    };
    let (layout, from, target) = (project.layout.clone(), id, new.clone());
    let renamed =
        in_background(move || tasks::rename(&layout, &from, &target).map_err(taken_name)).await;
    let (entry, result) = match renamed {
        Ok(former) => {
            let mut task = (*entry.task()).clone();
            task.id = new.clone();
            task.former = former;
            let runs = entry.runs().into_owned();
            (Entry::new(Arc::new(task), runs), Ok(new))
        }
        Err(error) => (entry, Err(error)),
    };
    project
        .dispatcher
        .organise(Organise::PutBack(vec![entry]))
        .await?;
    result
}

fn taken_name(error: StorageError) -> ServiceError {
    match error {
        StorageError::Write { path, source } if source.kind() == ErrorKind::AlreadyExists => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            OrganiseError::Taken(name.into_owned()).into()
        }
        other => other.into(),
    }
}
