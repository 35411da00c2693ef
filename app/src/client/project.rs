//! The project, its settings, and the way in for a phone.

use domain::protocol::http::GetProjectResponse;
use domain::protocol::settings::{
    GetSettingsResponse, ListInterpretersResponse, PostPhoneResponse, PutSettingsRequest,
    SettingChange,
};

use super::http::{ClientError, Write, get, write};

/// The served project.
pub(crate) async fn get_project() -> Result<GetProjectResponse, ClientError> {
    get("/api/v1/project").await
}

/// The settings.
pub(crate) async fn get_settings() -> Result<GetSettingsResponse, ClientError> {
    get("/api/v1/settings").await
}

/// Changes settings, all or none.
pub(crate) async fn put_settings(
    request: &PutSettingsRequest,
) -> Result<GetSettingsResponse, ClientError> {
    write(Write::Put, "/api/v1/settings", request).await
}

/// Changes how many runs may go on at once.
pub(crate) async fn put_slots(slots: u32) -> Result<GetSettingsResponse, ClientError> {
    put_settings(&PutSettingsRequest {
        changes: vec![SettingChange {
            key: "slots".to_owned(),
            value: slots.into(),
        }],
        ..PutSettingsRequest::default()
    })
    .await
}

/// The interpreters of the server's machine.
pub(crate) async fn list_interpreters() -> Result<ListInterpretersResponse, ClientError> {
    get("/api/v1/settings/interpreters").await
}

/// Addresses for a phone, each with a ticket.
pub(crate) async fn post_phone() -> Result<PostPhoneResponse, ClientError> {
    write(Write::Post, "/api/v1/phone", &()).await
}
