//! A run's log: raw bytes by range, and rendered rows further up.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::protocol::http::GetLogRowsResponse;
use domain::task::{RunId, TaskId};
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::{ServiceError, tasks};
use crate::storage::StorageError;
use crate::stream;

type RunPath = Path<(String, String, u32)>;

fn run_id((experiment, task, number): (String, String, u32)) -> RunId {
    RunId {
        task: TaskId { experiment, task },
        number,
    }
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/log`, with `Range`.
pub async fn raw(
    State(state): State<AppState>,
    Path(path): RunPath,
    request: Request,
) -> Result<Response, ApiFailure> {
    let id = run_id(path);
    let log = tasks::run_dir(&state.project, id.clone()).await?.log();
    // A link in its place could lead anywhere.
    if !log.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(ServiceError::NoRun(format!("{id}: it has no log yet")).into());
    }
    let Ok(response) = ServeFile::new(log).oneshot(request).await;
    let mut response = response.map(Body::new).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    let name: String = id
        .task
        .task
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    if let Ok(value) =
        HeaderValue::from_str(&format!("inline; filename=\"{name}-run{}.log\"", id.number))
    {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The query of [`rows`].
#[derive(Debug, Deserialize)]
pub struct RowsQuery {
    /// Rows that end at or before this byte offset.
    before: u64,
    /// At most so many, up to 500.
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    200
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/log/rows?before=&limit=`
pub async fn rows(
    State(state): State<AppState>,
    Path(path): RunPath,
    query: Result<Query<RowsQuery>, QueryRejection>,
) -> Result<Json<GetLogRowsResponse>, ApiFailure> {
    let Query(RowsQuery { before, limit }) = query?;
    let log = tasks::run_dir(&state.project, run_id(path)).await?.log();
    let for_error = log.clone();
    let read = tokio::task::spawn_blocking(move || stream::rows_before(&log, before, limit)).await;
    match read {
        Ok(Ok(rows)) => Ok(Json(rows)),
        Ok(Err(error)) => {
            Err(StorageError::read(&for_error)(std::io::Error::other(error.to_string())).into())
        }
        Err(error) => Err(ApiFailure::bad_request(error.to_string())),
    }
}
