//! Points of Python experiments, and following a sweep.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::protocol::calls::{
    GetSweepChangesQuery, GetSweepChangesResponse, PostCallsRequest, PostCallsResponse,
};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::{calls, progress};
use crate::storage::server_file::HolderKind;

/// The largest submission, bytes: each point brings its config along.
pub const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// `POST /api/v1/calls`
pub async fn post(
    State(state): State<AppState>,
    body: Result<Json<PostCallsRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<PostCallsResponse>), ApiFailure> {
    let Json(request) = body?;
    // A server's slots are the person's who serves; a background process is there for whoever submits.
    if state.holder.kind() == HolderKind::Background {
        calls::make_room(&state.project, &request).await?;
    }
    let response = calls::submit(&state.project, request).await?;
    Ok((StatusCode::CREATED, Json(response)))
}

/// `GET /api/v1/experiments/{experiment}/sweeps/{sweep}/changes`
pub async fn changes(
    State(state): State<AppState>,
    Path(names): Path<(String, String)>,
    query: Result<Query<GetSweepChangesQuery>, QueryRejection>,
) -> Result<Json<GetSweepChangesResponse>, ApiFailure> {
    let Query(query) = query?;
    let answer = progress::changes(&state.project, names, query, &state.instance).await?;
    Ok(Json(answer))
}
