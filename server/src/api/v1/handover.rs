//! A server that starts takes over from what a detached command left behind.

use axum::extract::State;
use axum::http::StatusCode;
use domain::protocol::{ApiError, ErrorCode};

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::storage::server_file::HolderKind;

/// `POST /api/v1/handover`: a background dispatcher lets go of the project and ends. Runs go on under their supervisors, and
/// whoever takes the project next adopts them.
pub async fn post(State(state): State<AppState>) -> Result<StatusCode, ApiFailure> {
    if state.holder.kind() != HolderKind::Background {
        let body = ApiError::new(
            ErrorCode::Conflict,
            "somebody looks after this process, so it does not hand over",
        )
        .with_hint("stop it where it was started");
        return Err(ApiFailure::new(StatusCode::CONFLICT, body));
    }
    state.holder.ask_to_leave();
    Ok(StatusCode::ACCEPTED)
}
