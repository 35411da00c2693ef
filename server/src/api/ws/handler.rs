//! The upgrade. The guard has checked Host, Origin and token before.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;

use super::session;
use crate::api::state::AppState;

/// The largest message a client may send, bytes: subscriptions are small.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// `GET /api/v1/ws`
pub async fn upgrade(State(state): State<AppState>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |socket| session::serve(state, socket))
}
