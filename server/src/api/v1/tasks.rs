//! Lists of tasks, one task, and acts on tasks.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::protocol::http::{
    ActOnTasksRequest, ActOnTasksResponse, ListTasksQuery, ListTasksResponse, RepeatRunRequest,
    RepeatRunResponse,
};
use domain::protocol::select::TaskOrder;
use domain::run::GetUsageResponse;
use domain::run::environment::GetEnvironmentResponse;
use domain::task::{RunId, TaskDetail, TaskId};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::dispatcher::Act;
use crate::service::{circumstances, repeat, select, tasks, usage};

type ActBody = Result<Json<ActOnTasksRequest>, JsonRejection>;
type ActAnswer = Result<Json<ActOnTasksResponse>, ApiFailure>;

/// `GET /api/v1/tasks`
pub async fn list(
    State(state): State<AppState>,
    query: Result<Query<ListTasksQuery>, QueryRejection>,
) -> Result<Json<ListTasksResponse>, ApiFailure> {
    let Query(query) = query?;
    Ok(Json(tasks::list(&state.project, query).await?))
}

/// `GET /api/v1/tasks/{experiment}/{task}`
pub async fn get(
    State(state): State<AppState>,
    Path((experiment, task)): Path<(String, String)>,
) -> Result<Json<TaskDetail>, ApiFailure> {
    Ok(Json(
        tasks::get(&state.project, TaskId { experiment, task }).await?,
    ))
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/environment`
pub async fn environment(
    State(state): State<AppState>,
    Path((experiment, task, number)): Path<(String, String, u32)>,
) -> Result<Json<GetEnvironmentResponse>, ApiFailure> {
    let task = TaskId { experiment, task };
    let id = RunId { task, number };
    Ok(Json(circumstances::get(&state.project, id).await?))
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/usage`
pub async fn usage(
    State(state): State<AppState>,
    Path((experiment, task, number)): Path<(String, String, u32)>,
) -> Result<Json<GetUsageResponse>, ApiFailure> {
    let task = TaskId { experiment, task };
    let id = RunId { task, number };
    Ok(Json(usage::get(&state.project, id).await?))
}

/// `POST /api/v1/runs/{experiment}/{task}/{number}/repeat`
pub async fn repeat(
    State(state): State<AppState>,
    Path((experiment, task, number)): Path<(String, String, u32)>,
    body: Result<Json<RepeatRunRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<RepeatRunResponse>), ApiFailure> {
    let Json(request) = body?;
    let task = TaskId { experiment, task };
    let id = RunId { task, number };
    let response = repeat::of_known(&state.project, id, request.from_snapshot).await?;
    Ok((StatusCode::CREATED, Json(response)))
}

/// `POST /api/v1/tasks/run`
pub async fn run(State(state): State<AppState>, body: ActBody) -> ActAnswer {
    act(&state, Act::Run, body).await
}

/// `POST /api/v1/tasks/rerun`
pub async fn rerun(State(state): State<AppState>, body: ActBody) -> ActAnswer {
    act(&state, Act::Rerun, body).await
}

/// `POST /api/v1/tasks/cancel`
pub async fn cancel(State(state): State<AppState>, body: ActBody) -> ActAnswer {
    act(&state, Act::Cancel, body).await
}

async fn act(state: &AppState, act: Act, body: ActBody) -> ActAnswer {
    let Json(ActOnTasksRequest { mut tasks, filter }) = body?;
    select::add_found(&state.project, &mut tasks, filter, TaskOrder::Newest).await?;
    Ok(Json(state.project.dispatcher.act(act, tasks).await?))
}
