//! Sending JSON and reading answers. Outside the browser every call fails: pages fetch after hydration only.

use domain::protocol::{ApiError, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientError {
    /// The server did not answer.
    Unreachable,
    /// The server said no.
    Refused(ApiError),
    /// The answer was not what this page understands: the page and the server differ in version.
    Unreadable(String),
}

impl ClientError {
    /// The server's code, if it answered with one.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => Some(error.code),
            Self::Unreachable | Self::Unreadable(_) => None,
        }
    }
}

/// How a request changes things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Post,
    Put,
    Patch,
    Delete,
}

/// Reads a resource.
pub(super) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ClientError> {
    decode(&fetch(None, path, String::new()).await?)
}

/// Writes a body and reads the answer.
pub(super) async fn write<B: Serialize, T: DeserializeOwned>(
    write: Write,
    path: &str,
    body: &B,
) -> Result<T, ClientError> {
    decode(&fetch(Some(write), path, encode_body(body)?).await?)
}

/// Writes a body where only success matters.
pub(super) async fn write_only<B: Serialize>(
    write: Write,
    path: &str,
    body: &B,
) -> Result<(), ClientError> {
    fetch(Some(write), path, encode_body(body)?)
        .await
        .map(|_| ())
}

fn encode_body<B: Serialize>(body: &B) -> Result<String, ClientError> {
    serde_json::to_string(body).map_err(|error| ClientError::Unreadable(error.to_string()))
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Unreadable(error.to_string()))
}

/// The error of an answer that is not a success: the server's own, else one made of the status.
#[cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only the browser gets answers")
)]
fn refusal(status: u16, body: &str) -> ClientError {
    if let Ok(error) = serde_json::from_str(body) {
        return ClientError::Refused(error);
    }
    let code = match status {
        401 => ErrorCode::Unauthorized,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        400 | 422 => ErrorCode::BadRequest,
        409 => ErrorCode::Conflict,
        413 => ErrorCode::TooLarge,
        500..=599 => ErrorCode::Internal,
        _ => ErrorCode::Unknown,
    };
    ClientError::Refused(ApiError::new(code, format!("the server answered {status}")))
}

#[cfg(feature = "hydrate")]
async fn fetch(write: Option<Write>, path: &str, body: String) -> Result<String, ClientError> {
    use gloo_net::http::Request;
    let address = super::url(path);
    let unreachable = |_| ClientError::Unreachable;
    let request = match write {
        None => Request::get(&address)
            .header("Accept", "application/json")
            .build(),
        Some(write) => {
            let builder = match write {
                Write::Post => Request::post(&address),
                Write::Put => Request::put(&address),
                Write::Patch => Request::patch(&address),
                Write::Delete => Request::delete(&address),
            };
            builder
                .header("Content-Type", "application/json")
                .body(body)
        }
    };
    let response = request
        .map_err(unreachable)?
        .send()
        .await
        .map_err(unreachable)?;
    let text = response.text().await.map_err(unreachable)?;
    if response.ok() {
        Ok(text)
    } else {
        Err(refusal(response.status(), &text))
    }
}

#[cfg(not(feature = "hydrate"))]
#[expect(clippy::unused_async, reason = "the browser's twin waits")]
async fn fetch(_write: Option<Write>, _path: &str, _body: String) -> Result<String, ClientError> {
    Err(ClientError::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_error_is_kept_and_a_foreign_body_becomes_its_status() {
        let body = r#"{"code":"digest_mismatch","message":"the script changed"}"#;
        assert_eq!(refusal(409, body).code(), Some(ErrorCode::DigestMismatch));
        assert_eq!(
            refusal(502, "<html>bad gateway</html>").code(),
            Some(ErrorCode::Internal)
        );
    }
}
