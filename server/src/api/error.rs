//! The one place where errors become answers.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::protocol::{ApiError, ErrorCode};

use crate::dispatcher::DispatcherGone;
use crate::service::ServiceError;
use crate::storage::StorageError;

/// An error answer: a status and a body that programs can branch on.
#[derive(Debug)]
pub struct ApiFailure {
    status: StatusCode,
    body: ApiError,
}

impl ApiFailure {
    /// An answer with this status and body.
    pub fn new(status: StatusCode, body: ApiError) -> Self {
        Self { status, body }
    }

    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ApiError::new(ErrorCode::BadRequest, message),
        )
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<ServiceError> for ApiFailure {
    fn from(error: ServiceError) -> Self {
        let body = error.to_api();
        let status = match body.code {
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Conflict | ErrorCode::DigestMismatch => StatusCode::CONFLICT,
            ErrorCode::InvalidInput | ErrorCode::GridTooLarge => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            _ => {
                tracing::error!(error = %body.message, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, body)
    }
}

impl From<DispatcherGone> for ApiFailure {
    fn from(error: DispatcherGone) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<StorageError> for ApiFailure {
    fn from(error: StorageError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<JsonRejection> for ApiFailure {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        let code = if status == StatusCode::PAYLOAD_TOO_LARGE {
            ErrorCode::TooLarge
        } else {
            ErrorCode::BadRequest
        };
        Self::new(status, ApiError::new(code, rejection.body_text()))
    }
}

impl From<QueryRejection> for ApiFailure {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}
