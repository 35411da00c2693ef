//! The handlers of `/api/v1`, one file per noun. Thin: extract, call a use case, answer.

pub mod calls;
pub mod commands;
pub mod config;
pub mod experiments;
pub mod handover;
pub mod health;
pub mod logs;
pub mod organise;
pub mod probe;
pub mod project;
pub mod queue;
pub mod records;
pub mod select;
pub mod settings;
pub mod tasks;
pub mod templates;

use axum::http::StatusCode;
use domain::protocol::{ApiError, ErrorCode};

use super::ApiFailure;

/// Answers what no route answers.
pub async fn not_found() -> ApiFailure {
    let body = ApiError::new(ErrorCode::NotFound, "there is nothing at this address");
    ApiFailure::new(StatusCode::NOT_FOUND, body)
}
