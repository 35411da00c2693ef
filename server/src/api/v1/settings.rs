//! The settings, and the way in for a phone.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::protocol::settings::{
    GetSettingsResponse, ListInterpretersResponse, PostPhoneResponse, PutSettingsRequest,
};
use domain::protocol::{ApiError, ErrorCode};

use crate::api::state::AppState;
use crate::api::{ApiFailure, phone};
use crate::process::clock;
use crate::service::{interpreters, settings};

/// `GET /api/v1/settings`
pub async fn get(State(state): State<AppState>) -> Result<Json<GetSettingsResponse>, ApiFailure> {
    let settings = settings::get(&state.project).await?;
    Ok(Json(with_addresses(&state, settings)))
}

/// `PUT /api/v1/settings`
pub async fn put(
    State(state): State<AppState>,
    body: Result<Json<PutSettingsRequest>, JsonRejection>,
) -> Result<Json<GetSettingsResponse>, ApiFailure> {
    let Json(request) = body?;
    let settings = settings::put(&state.project, request).await?;
    Ok(Json(with_addresses(&state, settings)))
}

fn with_addresses(state: &AppState, settings: GetSettingsResponse) -> GetSettingsResponse {
    GetSettingsResponse {
        addresses: state.access.remote_origins(),
        ..settings
    }
}

/// `GET /api/v1/settings/interpreters`
pub async fn interpreters(
    State(state): State<AppState>,
) -> Result<Json<ListInterpretersResponse>, ApiFailure> {
    Ok(Json(interpreters::list(&state.project).await?))
}

/// `POST /api/v1/phone`
pub async fn phone(State(state): State<AppState>) -> Result<Json<PostPhoneResponse>, ApiFailure> {
    phone::links(&state.access, clock::now())
        .map(Json)
        .ok_or_else(|| {
            let message = "this server answers on this machine only";
            let hint = "start it with `--host ADDRESS --allow-remote` to reach it from a phone";
            let error = ApiError::new(ErrorCode::Conflict, message).with_hint(hint);
            ApiFailure::new(StatusCode::CONFLICT, error)
        })
}
