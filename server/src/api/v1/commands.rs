//! Commands that people wrote, one by one and in batch files.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::protocol::commands::{
    PostBatchRequest, PostBatchResponse, PostCommandRequest, PostCommandResponse,
};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::{batches, commands};

/// `POST /api/v1/commands`
pub async fn post_command(
    State(state): State<AppState>,
    body: Result<Json<PostCommandRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<PostCommandResponse>), ApiFailure> {
    let Json(request) = body?;
    let response = commands::submit(&state.project, request).await?;
    Ok((StatusCode::CREATED, Json(response)))
}

/// `POST /api/v1/batches`
pub async fn post_batch(
    State(state): State<AppState>,
    body: Result<Json<PostBatchRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<PostBatchResponse>), ApiFailure> {
    let Json(request) = body?;
    let response = batches::submit(&state.project, request).await?;
    let status = if response.sweep.is_some() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(response)))
}
