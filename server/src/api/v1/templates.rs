//! Templates of an experiment.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::protocol::templates::{
    ListTemplatesResponse, PutTemplateRequest, RenameTemplateRequest, SavedTemplate,
};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::templates;

/// `GET /api/v1/experiments/{experiment}/templates`
pub async fn list(
    State(state): State<AppState>,
    Path(experiment): Path<String>,
) -> Result<Json<ListTemplatesResponse>, ApiFailure> {
    Ok(Json(templates::list(&state.project.layout, &experiment)?))
}

/// `PUT /api/v1/experiments/{experiment}/templates/{name}`
pub async fn put(
    State(state): State<AppState>,
    Path((experiment, name)): Path<(String, String)>,
    body: Result<Json<PutTemplateRequest>, JsonRejection>,
) -> Result<Json<SavedTemplate>, ApiFailure> {
    let Json(request) = body?;
    Ok(Json(templates::put(
        &state.project,
        &experiment,
        &name,
        request,
    )?))
}

/// `POST /api/v1/experiments/{experiment}/templates/{name}/rename`
pub async fn rename(
    State(state): State<AppState>,
    Path((experiment, name)): Path<(String, String)>,
    body: Result<Json<RenameTemplateRequest>, JsonRejection>,
) -> Result<StatusCode, ApiFailure> {
    let Json(request) = body?;
    templates::rename(&state.project, &experiment, &name, &request)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/experiments/{experiment}/templates/{name}`
pub async fn delete(
    State(state): State<AppState>,
    Path((experiment, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiFailure> {
    templates::delete(&state.project, &experiment, &name)?;
    Ok(StatusCode::NO_CONTENT)
}
