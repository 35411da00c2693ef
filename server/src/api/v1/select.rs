//! Finding tasks, and waiting for something to change.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use domain::protocol::select::{
    FindTasksRequest, FindTasksResponse, GetChangesQuery, GetChangesResponse,
};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::select;

/// The longest that a client may let us wait.
const MAX_WAIT_MS: u64 = 30_000;

/// `POST /api/v1/tasks/find`
pub async fn find(
    State(state): State<AppState>,
    body: Result<Json<FindTasksRequest>, JsonRejection>,
) -> Result<Json<FindTasksResponse>, ApiFailure> {
    let Json(request) = body?;
    Ok(Json(select::find(&state.project, request).await?))
}

/// `GET /api/v1/changes`: answers when the state's sequence number is another one than the client knows, or in time.
pub async fn changes(
    State(state): State<AppState>,
    query: Result<Query<GetChangesQuery>, QueryRejection>,
) -> Result<Json<GetChangesResponse>, ApiFailure> {
    let Query(query) = query?;
    // Listening first: no change can fall between the look and the wait.
    let mut changes = state.project.dispatcher.subscribe();
    let look = || {
        state
            .project
            .dispatcher
            .read(|state| (state.seq(), state.counts()))
    };
    let (mut seq, mut counts) = look().await?;
    let is_known = seq <= query.after && *query.instance == *state.instance;
    if is_known {
        let limit = Duration::from_millis(query.limit_ms.min(MAX_WAIT_MS));
        // Who fell behind has missed changes: that is news, too.
        tokio::time::timeout(limit, changes.recv()).await.ok();
        (seq, counts) = look().await?;
    }
    Ok(Json(GetChangesResponse {
        seq,
        instance: state.instance.to_string(),
        counts,
    }))
}
