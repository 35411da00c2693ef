//! Experiments, what was typed, and submissions.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::protocol::http::{
    GetExperimentResponse, ListCompletedResponse, PostSweepRequest, PostSweepResponse,
    PutInputsRequest, ResumeSweepResponse,
};
use domain::protocol::import::{ImportRequest, ImportResponse};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::{completed, experiments, import, resume, sweeps};

/// `GET /api/v1/experiments/{experiment}`
pub async fn get(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
) -> Result<Json<GetExperimentResponse>, ApiFailure> {
    Ok(Json(experiments::get(&state.project, &experiment)?))
}

/// `PUT /api/v1/experiments/{experiment}/inputs`
pub async fn put_inputs(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
    body: Result<Json<PutInputsRequest>, JsonRejection>,
) -> Result<StatusCode, ApiFailure> {
    let Json(request) = body?;
    experiments::put_inputs(&state.project, &experiment, &request)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/experiments/{experiment}/completed`
pub async fn completed(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
) -> Result<Json<ListCompletedResponse>, ApiFailure> {
    Ok(Json(completed::list(&state.project, experiment).await?))
}

/// `POST /api/v1/experiments/{experiment}/sweeps/{sweep}/resume`
pub async fn resume(
    State(state): State<AppState>,
    Path((experiment, sweep)): Path<(String, String)>,
) -> Result<Json<ResumeSweepResponse>, ApiFailure> {
    Ok(Json(
        resume::resume(&state.project, experiment, sweep).await?,
    ))
}

/// `POST /api/v1/experiments/{experiment}/sweeps`
pub async fn post_sweep(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
    body: Result<Json<PostSweepRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<PostSweepResponse>), ApiFailure> {
    let Json(request) = body?;
    let response = sweeps::submit(&state.project, experiment, request).await?;
    let status = if response.count == 0 {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(response)))
}

/// `POST /api/v1/experiments/{experiment}/import`
pub async fn import(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
    body: Result<Json<ImportRequest>, JsonRejection>,
) -> Result<Json<ImportResponse>, ApiFailure> {
    let Json(request) = body?;
    Ok(Json(import::import(
        &state.project.layout,
        &experiment,
        &request,
    )?))
}
