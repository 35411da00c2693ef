//! The project and its settings.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::protocol::http::{GetProjectResponse, PutSettingsRequest};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::{ServiceError, interpreter};
use crate::storage::project;
use crate::storage::settings::{MAX_SLOTS, Settings};

/// `GET /api/v1/project`
pub async fn get(State(state): State<AppState>) -> Result<Json<GetProjectResponse>, ApiFailure> {
    let project = &state.project;
    let (counts, slots) = project
        .dispatcher
        .read(|state| (state.counts(), state.slots()))
        .await?;
    let experiments = project::experiments(&project.layout)?;
    let root = project.layout.root();
    let found = interpreter::resolve(&project.python, crate::cli::environment::path().as_deref());
    Ok(Json(GetProjectResponse {
        name: root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        path: root.to_string_lossy().into_owned(),
        opened: project
            .opened
            .clone()
            .or_else(|| experiments.first().cloned()),
        experiments,
        slots,
        max_tasks: project.settings.max_tasks,
        interpreter: found.map_or_else(
            |_| project.python.clone(),
            |path| path.to_string_lossy().into_owned(),
        ),
        counts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// `PUT /api/v1/settings`
pub async fn put_settings(
    State(state): State<AppState>,
    body: Result<Json<PutSettingsRequest>, JsonRejection>,
) -> Result<StatusCode, ApiFailure> {
    let Json(PutSettingsRequest { slots }) = body?;
    if !(1..=MAX_SLOTS).contains(&slots) {
        return Err(ServiceError::OutOfRange(format!(
            "`slots` is {slots}, and must be 1 to {MAX_SLOTS}"
        ))
        .into());
    }
    let layout = state.project.layout.clone();
    let write = move || Settings::write_slots(&layout, slots);
    tokio::task::spawn_blocking(write)
        .await
        .map_err(|error| ApiFailure::bad_request(error.to_string()))??;
    state.project.dispatcher.set_slots(slots).await?;
    Ok(StatusCode::NO_CONTENT)
}
