//! Asking a script itself, and choosing among its parsers.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use domain::protocol::http::GetExperimentResponse;
use domain::protocol::{PostProbeRequest, PutParserRequest};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::probe;

type Answer = Result<Json<GetExperimentResponse>, ApiFailure>;

/// `POST /api/v1/experiments/{experiment}/probe`
pub async fn post(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
    body: Result<Json<PostProbeRequest>, JsonRejection>,
) -> Answer {
    let Json(request) = body?;
    Ok(Json(
        probe::probe(&state.project, experiment, request).await?,
    ))
}

/// `DELETE /api/v1/experiments/{experiment}/probe`
pub async fn delete(State(state): State<AppState>, Path(experiment): Path<String>) -> Answer {
    Ok(Json(probe::forget(&state.project, &experiment)?))
}

/// `PUT /api/v1/experiments/{experiment}/parser`
pub async fn put_parser(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
    body: Result<Json<PutParserRequest>, JsonRejection>,
) -> Answer {
    let Json(request) = body?;
    Ok(Json(probe::choose_parser(
        &state.project,
        &experiment,
        &request,
    )?))
}
