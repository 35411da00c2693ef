//! Removing tasks, restoring them, and deleting what was removed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use domain::protocol::http::{ActOnTasksResponse, Refusal};
use domain::protocol::organise::{
    EmptyTrashRequest, EmptyTrashResponse, GetTrashSizeResponse, ListTrashQuery, ListTrashResponse,
    RemoveTasksResponse, RestoreTasksRequest, TrashId, TrashedTask,
};
use domain::run::RunRecord;
use domain::task::TaskId;
use domain::time::Timestamp;

use super::to_the_end;
use crate::dispatcher::{self, Act, Entry, Organise};
use crate::process::clock;
use crate::service::tasks::MAX_ROWS;
use crate::service::{Project, ServiceError, experiments, in_background};
use crate::storage::format::RunFile;
use crate::storage::{Layout, StorageError, project, sweeps, trash};

const DEFAULT_ROWS: u64 = 100;
const DAY_MS: i64 = 86_400_000;

/// `POST /api/v1/tasks/remove`
///
/// A running task is refused. One that waits is cancelled first, so that it comes back as cancelled and does not start by
/// itself when it is restored.
pub async fn remove(
    project: &Project,
    tasks: Vec<TaskId>,
) -> Result<RemoveTasksResponse, ServiceError> {
    let project = project.clone();
    to_the_end(async move { remove_all(&project, tasks).await }).await
}

async fn remove_all(
    project: &Project,
    tasks: Vec<TaskId>,
) -> Result<RemoveTasksResponse, ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let dispatcher = &project.dispatcher;
    let found = dispatcher.read(move |state| state.removable(tasks)).await?;
    let mut refused = found.refused;
    if !found.waiting.is_empty() {
        dispatcher.act(Act::Cancel, found.waiting).await?;
    }
    let taken = dispatcher.organise(Organise::TakeOff(found.tasks)).await?;
    refused.extend(taken.refused);
    let layout = project.layout.clone();
    let (removed, kept) =
        in_background(move || Ok(move_to_trash(&layout, taken.taken, clock::now()))).await?;
    let mut back = Vec::new();
    for (entry, message) in kept {
        refused.push(Refusal {
            task: entry.id().clone(),
            message,
        });
        back.push(entry);
    }
    if !back.is_empty() {
        dispatcher.organise(Organise::PutBack(back)).await?;
    }
    Ok(RemoveTasksResponse {
        done: u64::try_from(removed.len()).unwrap_or(u64::MAX),
        refused,
        removed,
    })
}

type Kept = Vec<(Entry, String)>;

/// What was moved, and what could not be.
fn move_to_trash(layout: &Layout, taken: Vec<Entry>, now: Timestamp) -> (Vec<TrashId>, Kept) {
    let mut by_experiment: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in taken {
        let experiment = entry.id().experiment.clone();
        by_experiment.entry(experiment).or_default().push(entry);
    }
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    for (experiment, entries) in by_experiment {
        let at = trash::begin(layout, &experiment, now);
        for entry in entries {
            let moved = match &at {
                Ok(at) => trash::remove(layout, entry.id(), *at)
                    .map(|()| *at)
                    .map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match moved {
                Ok(at) => removed.push(TrashId {
                    task: entry.id().clone(),
                    removed_at_ms: Some(at),
                }),
                Err(error) => kept.push((entry, error)),
            }
        }
        if let Ok(at) = at
            && let Err(error) = trash::finish(layout, &experiment, at)
        {
            tracing::warn!(%error, "removed tasks may be back after a power failure");
        }
    }
    (removed, kept)
}

/// `POST /api/v1/tasks/restore`
///
/// A task comes back with everything that it was removed with. If another has its name meanwhile, it is refused.
pub async fn restore(
    project: &Project,
    request: RestoreTasksRequest,
) -> Result<ActOnTasksResponse, ServiceError> {
    let project = project.clone();
    to_the_end(async move {
        let _one_at_a_time = project.submitting.write().await;
        // A dispatcher that still reads the files would find what comes back, and refuse it as known.
        project.dispatcher.read(|_| ()).await?;
        let layout = project.layout.clone();
        let (entries, mut refused) =
            in_background(move || Ok(bring_back(&layout, request.tasks))).await?;
        let asked = entries.len();
        let organised = project
            .dispatcher
            .organise(Organise::PutBack(entries))
            .await?;
        let done = asked.saturating_sub(organised.refused.len());
        refused.extend(organised.refused);
        Ok(ActOnTasksResponse {
            done: u64::try_from(done).unwrap_or(u64::MAX),
            refused,
        })
    })
    .await
}

fn bring_back(layout: &Layout, asked: Vec<TrashId>) -> (Vec<Entry>, Vec<Refusal>) {
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    let mut touched = BTreeSet::new();
    for id in asked {
        match bring_one_back(layout, &id) {
            Ok((entry, at)) => {
                touched.insert((id.task.experiment.clone(), at));
                entries.push(entry);
            }
            Err(message) => refused.push(Refusal {
                task: id.task,
                message,
            }),
        }
    }
    for (experiment, at) in touched {
        if let Err(error) = trash::finish(layout, &experiment, at) {
            tracing::warn!(%error, "restored tasks may be in the trash again after a power failure");
        }
    }
    (entries, refused)
}

fn bring_one_back(layout: &Layout, id: &TrashId) -> Result<(Entry, Timestamp), String> {
    let task = &id.task;
    let at = find(layout, id)?;
    let (saved, _) = trash::read(layout, task, at).map_err(|error| error.to_string())?;
    let sweep = sweeps::read(layout, &task.experiment, &saved.sweep);
    if matches!(&sweep, Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound)
    {
        return Err(format!(
            "`{task}` cannot come back: the record of its sweep `{}` is gone",
            saved.sweep
        ));
    }
    trash::restore(layout, task, at).map_err(|error| match &error {
        StorageError::Write { source, .. } if source.kind() == ErrorKind::AlreadyExists => {
            format!("there is a task `{task}` again: rename that one, then restore this one")
        }
        _ => error.to_string(),
    })?;
    match dispatcher::reload(layout, task) {
        Ok(Some(entry)) => Ok((entry, at)),
        Ok(None) => Err(format!("`{task}` is not there any more")),
        Err(error) => Err(error.to_string()),
    }
}

/// When it was removed. Only experiments that exist become paths.
fn find(layout: &Layout, id: &TrashId) -> Result<Timestamp, String> {
    let missing = || format!("`{}` is not in the trash", id.task);
    experiments::check(layout, &id.task.experiment).map_err(|_| missing())?;
    trash::find(layout, id).ok_or_else(missing)
}

/// `GET /api/v1/trash`
pub async fn list(
    project: &Project,
    query: ListTrashQuery,
) -> Result<ListTrashResponse, ServiceError> {
    let (layout, keep_days) = (
        project.layout.clone(),
        project.settings.now().trash.keep_days,
    );
    in_background(move || {
        let all = all(&layout, query.experiment.as_deref())?;
        let limit = match query.limit {
            0 => DEFAULT_ROWS,
            limit => limit.min(MAX_ROWS),
        };
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let page = all.iter().skip(size(query.offset)).take(size(limit));
        Ok(ListTrashResponse {
            total: u64::try_from(all.len()).unwrap_or(u64::MAX),
            keep_days,
            tasks: page.map(|id| describe(&layout, id)).collect(),
        })
    })
    .await
}

/// `GET /api/v1/trash/size`
pub async fn size(project: &Project) -> Result<GetTrashSizeResponse, ServiceError> {
    let layout = project.layout.clone();
    in_background(move || {
        let tasks = u64::try_from(all(&layout, None)?.len()).unwrap_or(u64::MAX);
        let experiments = project::experiments(&layout)?;
        let room = |experiment: &String| trash::room(&layout, experiment);
        let bytes = experiments.iter().map(room).sum();
        Ok(GetTrashSizeResponse { tasks, bytes })
    })
    .await
}

fn all(layout: &Layout, experiment: Option<&str>) -> Result<Vec<TrashId>, ServiceError> {
    let experiments = match experiment {
        Some(experiment) => {
            experiments::check(layout, experiment)?;
            vec![experiment.to_owned()]
        }
        None => project::experiments(layout)?,
    };
    let mut all: Vec<TrashId> = experiments
        .iter()
        .flat_map(|experiment| trash::list(layout, experiment))
        .collect();
    all.sort_by(|a, b| (b.removed_at_ms, &a.task).cmp(&(a.removed_at_ms, &b.task)));
    Ok(all)
}

fn describe(layout: &Layout, id: &TrashId) -> TrashedTask {
    let at = id.removed_at_ms.unwrap_or_default();
    let read = trash::read(layout, &id.task, at);
    let summary = read.ok().map(|(task, runs)| {
        let runs: Vec<RunRecord> = runs.iter().map(RunFile::to_record).collect();
        dispatcher::summary(&task, &runs)
    });
    TrashedTask {
        id: id.clone(),
        summary,
    }
}

/// `DELETE /api/v1/trash`
pub async fn empty(
    project: &Project,
    request: EmptyTrashRequest,
) -> Result<EmptyTrashResponse, ServiceError> {
    let project = project.clone();
    to_the_end(async move {
        let _one_at_a_time = project.submitting.write().await;
        let layout = project.layout.clone();
        in_background(move || delete(&layout, request, clock::now())).await
    })
    .await
}

fn delete(
    layout: &Layout,
    request: EmptyTrashRequest,
    now: Timestamp,
) -> Result<EmptyTrashResponse, ServiceError> {
    let ids = match request {
        EmptyTrashRequest::All => all(layout, None)?,
        EmptyTrashRequest::OlderThan { days } => {
            let limit = now.0.saturating_sub(i64::from(days) * DAY_MS);
            let is_old = |id: &TrashId| id.removed_at_ms.is_some_and(|at| at.0 < limit);
            all(layout, None)?.into_iter().filter(is_old).collect()
        }
        EmptyTrashRequest::Tasks { tasks } => tasks,
    };
    let mut response = EmptyTrashResponse::default();
    for id in ids {
        let deleted = find(layout, &id)
            .and_then(|at| trash::delete(layout, &id.task, at).map_err(|error| error.to_string()));
        match deleted {
            Ok(()) => response.done += 1,
            Err(message) => response.refused.push(Refusal {
                task: id.task,
                message,
            }),
        }
    }
    Ok(response)
}
