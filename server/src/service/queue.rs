//! The queue: what goes on, what waits and why, and what persons say about it.

use domain::protocol::http::{ActOnTasksResponse, ListTasksResponse};
use domain::protocol::queue::{
    Capacity, GetQueueQuery, GetQueueResponse, MoveTasksRequest, PatchSweepRequest, PauseRequest,
    SweepState, WaitingRun,
};
use domain::protocol::select::TaskOrder;
use domain::run::ShownStatus;
use domain::task::{RunId, TaskId, TaskSummary};
use domain::time::Timestamp;

use super::{Project, ServiceError, experiments, in_background, policy, select};
use crate::dispatcher::{Pause, State};
use crate::process::clock;
use crate::scheduler::{SweepId, SweepRule};
use crate::storage::sweeps;

/// The most waiting runs that one answer holds.
pub const MAX_ROWS: u64 = 500;
const DEFAULT_ROWS: u64 = 100;

/// `GET /api/v1/queue`
pub async fn get(
    project: &Project,
    query: GetQueueQuery,
) -> Result<GetQueueResponse, ServiceError> {
    let now = clock::now();
    Ok(project
        .dispatcher
        .read(move |state| look(state, query, now))
        .await?)
}

fn look(state: &State, query: GetQueueQuery, now: Timestamp) -> GetQueueResponse {
    let queue = state.queue();
    let limit = match query.limit {
        0 => DEFAULT_ROWS,
        limit => limit.min(MAX_ROWS),
    };
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let forecast = queue.forecast(now);
    let waiting = forecast.page(size(query.offset), size(limit)).into_iter();
    let mut running: Vec<(Option<Timestamp>, RunId)> = queue
        .occupancy()
        .running()
        .map(|(id, holding)| (holding.started_at, id.clone()))
        .collect();
    // Those that have not started yet are the youngest.
    running.sort_by_key(|(at, id)| (at.is_none(), *at, id.clone()));
    let sweeps = queue.sweep_rules();
    GetQueueResponse {
        is_paused: queue.is_paused(),
        capacity: capacity(state),
        running: running.into_iter().map(|(_, id)| id).collect(),
        waiting_count: u64::try_from(queue.len()).unwrap_or(u64::MAX),
        waiting: waiting
            .map(|one| WaitingRun {
                id: one.id,
                priority: one.priority,
                user: one.user,
                waiting: one.waiting,
            })
            .collect(),
        sweeps: sweeps.map(|(sweep, rule)| shown(sweep, *rule)).collect(),
        done_at_ms: forecast.done_at(),
    }
}

fn capacity(state: &State) -> Capacity {
    let queue = state.queue();
    let (total, free) = (queue.rules().total, queue.occupancy().free(queue.rules()));
    let cpus = |milli: u64| milli as f64 / 1000.0;
    Capacity {
        slots: total.slots,
        free_slots: free.slots,
        cpus: cpus(total.milli_cpus),
        free_cpus: cpus(free.milli_cpus),
        memory_mb: total.memory_mb,
        free_memory_mb: free.memory_mb,
        gpus: state.gpu_states(),
    }
}

fn shown(sweep: &SweepId, rule: SweepRule) -> SweepState {
    SweepState {
        experiment: sweep.experiment.clone(),
        sweep: sweep.sweep.clone(),
        policy: rule.policy,
        is_paused: rule.is_paused,
    }
}

/// Says of the rows that wait why they do.
pub(super) fn explain(state: &State, tasks: &mut [TaskSummary], now: Timestamp) {
    let waiting: Vec<TaskId> = tasks
        .iter()
        .filter(|task| task.status == ShownStatus::Queued)
        .map(|task| task.id.clone())
        .collect();
    if waiting.is_empty() {
        return;
    }
    let mut known = state.queue().forecast(now).waiting_of(&waiting);
    for task in tasks {
        task.waiting = known.remove(&task.id);
    }
}

/// The same for an answer with rows.
pub(super) fn explained(
    state: &State,
    mut response: ListTasksResponse,
    now: Timestamp,
) -> ListTasksResponse {
    explain(state, &mut response.tasks, now);
    response
}

/// `POST /api/v1/queue/pause` and `…/resume`
pub async fn pause(
    project: &Project,
    mut what: PauseRequest,
    pause: Pause,
) -> Result<ActOnTasksResponse, ServiceError> {
    if let PauseRequest::Tasks { tasks, filter } = &mut what {
        let filter = filter.take().map(|filter| *filter);
        select::add_found(project, tasks, filter, TaskOrder::Oldest).await?;
    }
    let asked = match &what {
        PauseRequest::Tasks { tasks, .. } => tasks.len(),
        PauseRequest::Queue => 1,
        PauseRequest::Sweep { experiment, sweep } => {
            check_sweep(project, experiment, sweep).await?;
            1
        }
    };
    let refused = project.dispatcher.pause(what, pause).await?;
    let done = asked.saturating_sub(refused.len());
    Ok(ActOnTasksResponse {
        done: u64::try_from(done).unwrap_or(u64::MAX),
        refused,
    })
}

/// `POST /api/v1/queue/move`
pub async fn move_tasks(
    project: &Project,
    mut request: MoveTasksRequest,
) -> Result<ActOnTasksResponse, ServiceError> {
    let filter = request.filter.take();
    select::add_found(project, &mut request.tasks, filter, TaskOrder::Oldest).await?;
    let asked = request.tasks.len();
    let refused = project
        .dispatcher
        .move_tasks(request.tasks, request.to)
        .await?;
    let done = asked.saturating_sub(refused.len());
    Ok(ActOnTasksResponse {
        done: u64::try_from(done).unwrap_or(u64::MAX),
        refused,
    })
}

/// `PATCH /api/v1/experiments/{experiment}/sweeps/{sweep}`: the file first, then the state.
pub async fn patch_sweep(
    project: &Project,
    experiment: String,
    sweep: String,
    request: PatchSweepRequest,
) -> Result<SweepState, ServiceError> {
    policy::check_sweep(request.policy)?;
    check_sweep(project, &experiment, &sweep).await?;
    let _one_at_a_time = project.submitting.write().await;
    let (layout, policy) = (project.layout.clone(), request.policy);
    let id = SweepId { experiment, sweep };
    let named = id.clone();
    in_background(move || {
        Ok(sweeps::set_policy(
            &layout,
            &named.experiment,
            &named.sweep,
            policy,
        )?)
    })
    .await?;
    project
        .dispatcher
        .set_sweep_policy(id.clone(), policy)
        .await?;
    let rule = project
        .dispatcher
        .read(move |state| shown(&id, state.sweep_rule(&id)))
        .await?;
    Ok(rule)
}

/// Refuses a sweep that is not there. Only names that are plain ever become paths.
async fn check_sweep(project: &Project, experiment: &str, sweep: &str) -> Result<(), ServiceError> {
    experiments::check(&project.layout, experiment)?;
    let missing = || ServiceError::NoSweep(sweep.to_owned());
    if domain::names::check_name(sweep).is_err() {
        return Err(missing());
    }
    let (layout, named) = (project.layout.clone(), experiment.to_owned());
    let asked = sweep.to_owned();
    let is_there = in_background(move || Ok(layout.sweep_file(&named, &asked).is_file())).await?;
    if is_there { Ok(()) } else { Err(missing()) }
}
