//! The built web client: inside the binary, or from the folder that `cargo leptos` builds.

use axum::extract::State;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::access::hex;
use super::state::AppState;

/// Answers with a file of the web client, compressed as the browser can take it.
pub(super) async fn serve(State(state): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    // Programs branch on JSON, also at an address that no version of the API has.
    if uri.path().starts_with("/api/") {
        return super::v1::not_found().await.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    // Asset names are fixed at build time: anything else, `..` and `%` included, is not one of ours.
    let is_plain = path
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        && !path.contains("..");
    if !is_plain || path.is_empty() {
        return not_found();
    }
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz"), ("", "")] {
        if accepted.contains(encoding)
            && let Some(content) = read(&state, &format!("{path}{suffix}"))
        {
            return answer(path, encoding, content, &headers);
        }
    }
    not_found()
}

fn answer(path: &str, encoding: &'static str, content: Vec<u8>, request: &HeaderMap) -> Response {
    let digest = Sha256::digest(&content);
    let tag = format!("\"{}\"", hex(digest.get(..8).unwrap_or_default()));
    let is_known = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(path)),
    );
    // The names never change, so the browser asks each time and is told in a few bytes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if !encoding.is_empty() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

#[cfg(feature = "embed")]
fn read(_state: &AppState, path: &str) -> Option<Vec<u8>> {
    Site::get(path).map(|file| file.data.into_owned())
}

#[cfg(not(feature = "embed"))]
fn read(state: &AppState, path: &str) -> Option<Vec<u8>> {
    std::fs::read(std::path::Path::new(state.options.site_root.as_ref()).join(path)).ok()
}
