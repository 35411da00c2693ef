//! Errors that a client can branch on.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. HTTP and the websocket share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No or a wrong token.
    Unauthorized,
    /// Host or Origin is not ours.
    Forbidden,
    /// The thing does not exist.
    NotFound,
    /// The request makes no sense.
    BadRequest,
    /// The state does not allow it (any more).
    Conflict,
    /// The grid has more points than the limit.
    GridTooLarge,
    /// The server's expansion differs from the preview.
    DigestMismatch,
    /// A parameter's text could not be used; `key` names it.
    InvalidInput,
    /// The body is too large.
    TooLarge,
    /// The disk is full.
    DiskFull,
    /// Something on this machine failed (disk, process).
    Internal,
    /// A code of a newer server.
    #[serde(other)]
    Unknown,
}

/// The body of every error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: a lowercase sentence that names the thing.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The parameter it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The file it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column in that line, in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl ApiError {
    /// An error that names nothing beyond its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            key: None,
            file: None,
            line: None,
            column: None,
        }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}
