//! The queue and the rules of sweeps.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::queue::{
    GetQueueQuery, GetQueueResponse, MoveTasksRequest, PatchSweepRequest, PauseRequest, SweepState,
};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::dispatcher::Pause;
use crate::service::queue;

type PauseBody = Result<Json<PauseRequest>, JsonRejection>;
type ActAnswer = Result<Json<ActOnTasksResponse>, ApiFailure>;

/// `GET /api/v1/queue`
pub async fn get(
    State(state): State<AppState>,
    query: Result<Query<GetQueueQuery>, QueryRejection>,
) -> Result<Json<GetQueueResponse>, ApiFailure> {
    let Query(query) = query?;
    Ok(Json(queue::get(&state.project, query).await?))
}

/// `POST /api/v1/queue/pause`
pub async fn pause(State(state): State<AppState>, body: PauseBody) -> ActAnswer {
    let Json(what) = body?;
    Ok(Json(
        queue::pause(&state.project, what, Pause::Begin).await?,
    ))
}

/// `POST /api/v1/queue/resume`
pub async fn resume(State(state): State<AppState>, body: PauseBody) -> ActAnswer {
    let Json(what) = body?;
    Ok(Json(queue::pause(&state.project, what, Pause::End).await?))
}

/// `POST /api/v1/queue/move`
pub async fn move_tasks(
    State(state): State<AppState>,
    body: Result<Json<MoveTasksRequest>, JsonRejection>,
) -> ActAnswer {
    let Json(request) = body?;
    Ok(Json(queue::move_tasks(&state.project, request).await?))
}

/// `PATCH /api/v1/experiments/{experiment}/sweeps/{sweep}`
pub async fn patch_sweep(
    State(state): State<AppState>,
    Path((experiment, sweep)): Path<(String, String)>,
    body: Result<Json<PatchSweepRequest>, JsonRejection>,
) -> Result<Json<SweepState>, ApiFailure> {
    let Json(request) = body?;
    Ok(Json(
        queue::patch_sweep(&state.project, experiment, sweep, request).await?,
    ))
}
