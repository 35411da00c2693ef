//! The project and its settings.

use domain::protocol::http::{GetProjectResponse, PutSettingsRequest};

use super::http::{ClientError, Write, get, write_only};

/// The served project.
pub(crate) async fn get_project() -> Result<GetProjectResponse, ClientError> {
    get("/api/v1/project").await
}

/// Changes how many runs may go on at once.
pub(crate) async fn put_settings(slots: u32) -> Result<(), ClientError> {
    write_only(
        Write::Put,
        "/api/v1/settings",
        &PutSettingsRequest { slots },
    )
    .await
}
