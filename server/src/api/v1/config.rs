//! Where the values of a form's config come from.

use axum::Json;
use axum::extract::{Path, State};
use domain::protocol::config::GetConfigResponse;

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::cli::environment;
use crate::service::config;

/// `GET /api/v1/experiments/{experiment}/config`
pub async fn get(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
) -> Result<Json<GetConfigResponse>, ApiFailure> {
    let layout = &state.project.layout;
    Ok(Json(config::of_experiment(
        layout,
        &experiment,
        &environment::variable,
    )?))
}
