//! Whether the server lives. Open to all, so it tells nothing else.

/// `GET /api/v1/health`
pub async fn get() -> &'static str {
    "ok\n"
}
