//! Going on with a sweep: what failed, was cancelled, lost or never started runs; names and numbers stay.

use std::collections::{BTreeMap, BTreeSet};

use domain::protocol::http::{PostSweepRequest, ResumeSweepResponse, Start};
use domain::run::ShownStatus;
use domain::task::TaskId;

use super::{Project, ServiceError, experiments, in_background, sweeps};
use crate::dispatcher::{Act, Known};
use crate::storage::StorageError;

/// `POST /api/v1/experiments/{experiment}/sweeps/{sweep}/resume`
///
/// Tasks of the sweep that ended without success get a new run, those that wait for a person are queued, and points that
/// have no task because another one was to do them, and did not, get theirs under the number they had from the start.
pub async fn resume(
    project: &Project,
    experiment: String,
    sweep: String,
) -> Result<ResumeSweepResponse, ServiceError> {
    let missing = || ServiceError::NoSweep(sweep.clone());
    experiments::check(&project.layout, &experiment)?;
    if domain::names::check_name(&sweep).is_err() {
        return Err(missing());
    }
    let (layout, named, asked) = (project.layout.clone(), experiment.clone(), sweep.clone());
    let file = in_background(move || {
        crate::storage::sweeps::read(&layout, &named, &asked).map_err(|error| match error {
            StorageError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                ServiceError::NoSweep(asked)
            }
            other => other.into(),
        })
    })
    .await?;
    let own = tasks_of(project, &experiment, &sweep).await?;
    let mut response = ResumeSweepResponse {
        sweep: sweep.clone(),
        points: file.count,
        ..ResumeSweepResponse::default()
    };
    let (mut pending, mut ended) = (Vec::new(), Vec::new());
    let mut indices = BTreeSet::new();
    for (index, (id, status)) in own {
        indices.insert(index);
        match status {
            ShownStatus::Pending => pending.push(id),
            ShownStatus::Completed => response.completed += 1,
            status if status.is_active() => response.active += 1,
            _ => ended.push(id),
        }
    }
    if u64::try_from(indices.len()).unwrap_or(u64::MAX) < file.count {
        let request = PostSweepRequest {
            inputs: file.inputs,
            options: file.options,
            prefix: String::new(),
            digest: file.digest,
            start: Start::Later,
            rerun: false,
            from_snapshot: false,
            launch: file.launch.clone(),
            policy: file.task_policy,
            execution: file.execution,
            sweep_policy: file.policy,
            labels: file.labels,
            user: file.user,
        };
        let (known, created) = sweeps::create_missing(
            project,
            &experiment,
            request,
            (&sweep, file.created_at_ms, &indices),
        )
        .await?;
        for known in known {
            match known {
                Known::Completed(_) => response.completed += 1,
                Known::Active(_) => response.active += 1,
                Known::Open => {}
            }
        }
        response.created = u64::try_from(created.len()).unwrap_or(u64::MAX);
        pending.extend(created);
    }
    let queued = project.dispatcher.act(Act::Run, pending).await?;
    let rerun = project.dispatcher.act(Act::Rerun, ended).await?;
    response.queued = queued.done;
    response.rerun = rerun.done;
    Ok(response)
}

async fn tasks_of(
    project: &Project,
    experiment: &str,
    sweep: &str,
) -> Result<BTreeMap<u64, (TaskId, ShownStatus)>, ServiceError> {
    let (experiment, sweep) = (experiment.to_owned(), sweep.to_owned());
    let look = move |state: &crate::dispatcher::State| {
        let of_sweep = state
            .entries()
            .filter(|entry| entry.sweep() == sweep && entry.id().experiment == experiment);
        of_sweep
            .map(|entry| (entry.index(), (entry.id().clone(), entry.shown())))
            .collect()
    };
    Ok(project.dispatcher.read(look).await?)
}
