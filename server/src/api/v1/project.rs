//! The project.

use axum::Json;
use axum::extract::State;
use domain::protocol::http::GetProjectResponse;

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::storage::project;

/// `GET /api/v1/project`
pub async fn get(State(state): State<AppState>) -> Result<Json<GetProjectResponse>, ApiFailure> {
    let project = &state.project;
    let (counts, slots) = project
        .dispatcher
        .read(|state| (state.counts(), state.slots()))
        .await?;
    let experiments = project::experiments(&project.layout)?;
    let root = project.layout.root();
    let found = project.interpreter();
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
        max_tasks: project.settings.now().max_tasks,
        interpreter: found.map_or_else(
            |_| project.python_name(),
            |path| path.to_string_lossy().into_owned(),
        ),
        counts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}
