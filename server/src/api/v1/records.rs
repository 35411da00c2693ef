//! What a run has recorded.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::protocol::records::{GetMetricsQuery, GetMetricsResponse};
use domain::task::{RunId, TaskId};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::records;

/// `GET /api/v1/runs/{experiment}/{task}/{number}/metrics`
pub async fn metrics(
    State(state): State<AppState>,
    Path((experiment, task, number)): Path<(String, String, u32)>,
    query: Result<Query<GetMetricsQuery>, QueryRejection>,
) -> Result<Json<GetMetricsResponse>, ApiFailure> {
    let Query(query) = query?;
    let task = TaskId { experiment, task };
    let id = RunId { task, number };
    Ok(Json(
        records::metrics(&state.project, &state.watcher, id, query).await?,
    ))
}
