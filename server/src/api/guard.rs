//! The guard before every route: Host, Origin, token; and the headers behind every answer.
//!
//! Deny by default: a route is open without a token only if it stands in [`OPEN_PATHS`], and a method is harmless only
//! if it is GET or HEAD.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::protocol::{ApiError, ErrorCode};

use super::access::Access;
use super::error::ApiFailure;
use super::state::AppState;
use crate::process::clock;

/// What anybody may ask: that the server lives, nothing more.
const OPEN_PATHS: [&str; 1] = ["/api/v1/health"];

/// Checks a request and completes its answer.
pub(super) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = match check(&state.access, &request) {
        Ok(Entry::Welcome) => {
            state.holder.was_asked();
            if state.is_read_only && changes_something(&request) {
                *forbidden(
                    "this page is only to look at",
                    "close it, and open the project with `runyard ui`",
                )
            } else {
                next.run(request).await
            }
        }
        Ok(Entry::ExchangeToken(location)) => exchange(&state.access, &location),
        Err(response) => *response,
    };
    harden(response.headers_mut());
    response
}

enum Entry {
    /// Let it through.
    Welcome,
    /// The token stands in the URL: put it into a cookie and go to the URL without it.
    ExchangeToken(String),
}

fn check(access: &Access, request: &Request) -> Result<Entry, Box<Response>> {
    let headers = request.headers();
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    check_host(access, headers)?;
    let is_upgrade = headers.contains_key(header::UPGRADE) || request.uri().path() == "/api/v1/ws";
    let has_bearer = bearer(headers).is_some_and(|token| access.is_token(token));
    if !is_safe || is_upgrade {
        check_origin(access, headers, has_bearer)?;
    }
    if OPEN_PATHS.contains(&request.uri().path()) && is_safe {
        return Ok(Entry::Welcome);
    }
    if is_safe && let Some(location) = credential_in_url(access, request) {
        return Ok(Entry::ExchangeToken(location));
    }
    let has_cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|cookies| access.is_in_cookies(cookies));
    if has_bearer || has_cookie {
        Ok(Entry::Welcome)
    } else {
        Err(unauthorized(request.uri()))
    }
}

/// False for what only asks, however it asks.
fn changes_something(request: &Request) -> bool {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    !is_safe && request.uri().path() != "/api/v1/tasks/find"
}

fn check_host(access: &Access, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_ours = hosts
        .next()
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| access.is_our_host(host));
    if is_ours && hosts.next().is_none() {
        return Ok(());
    }
    Err(forbidden(
        "this server answers only to its own name",
        "open the URL that `runyard` printed",
    ))
}

/// A request that changes something, or opens the socket, must come from one of our own pages, or show the token in a
/// header that no foreign page can set.
fn check_origin(
    access: &Access,
    headers: &HeaderMap,
    has_bearer: bool,
) -> Result<(), Box<Response>> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next();
    let is_ours = origin
        .and_then(|origin| origin.to_str().ok())
        .is_some_and(|origin| access.is_our_origin(origin));
    let is_without = origin.is_none() && has_bearer;
    let site = headers
        .get("sec-fetch-site")
        .and_then(|site| site.to_str().ok());
    let is_same_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    if (is_ours || is_without) && origins.next().is_none() && is_same_site {
        return Ok(());
    }
    Err(forbidden(
        "another site's page may not do this",
        "use the page that this server serves",
    ))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// The URL without its `token` or `ticket`, if it has one and it is right. A ticket is used up by this.
fn credential_in_url(access: &Access, request: &Request) -> Option<String> {
    let uri = request.uri();
    let query = uri.query()?;
    let given = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let has_token = given("token").is_some_and(|token| access.is_token(token));
    // A browser that looks ahead must not use the ticket up before the person has opened the page.
    let is_visit = request.method() == Method::GET
        && !["purpose", "sec-purpose"]
            .into_iter()
            .any(|name| request.headers().contains_key(name));
    let has_ticket =
        || is_visit && given("ticket").is_some_and(|ticket| access.redeem(ticket, clock::now()));
    if !has_token && !has_ticket() {
        return None;
    }
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("token=") && !pair.starts_with("ticket="))
        .collect();
    // A path of ours always begins with exactly one slash: `//evil` would lead away.
    let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
    Some(if rest.is_empty() {
        path
    } else {
        format!("{path}?{}", rest.join("&"))
    })
}

fn exchange(access: &Access, location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let (Ok(cookie), Ok(location)) = (
        HeaderValue::from_str(&access.set_cookie()),
        HeaderValue::from_str(location),
    ) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the small error of a `Result`"
)]
fn unauthorized(uri: &Uri) -> Box<Response> {
    if uri.path().starts_with("/api/") {
        let failure = ApiFailure::new(
            StatusCode::UNAUTHORIZED,
            error(
                ErrorCode::Unauthorized,
                "a token is needed",
                "open the URL that `runyard` printed",
            ),
        );
        return Box::new(failure.into_response());
    }
    let page = include_str!("unauthorized.html");
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    Box::new((StatusCode::UNAUTHORIZED, headers, Body::from(page)).into_response())
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the small error of a `Result`"
)]
fn forbidden(message: &str, hint: &str) -> Box<Response> {
    Box::new(
        ApiFailure::new(
            StatusCode::FORBIDDEN,
            error(ErrorCode::Forbidden, message, hint),
        )
        .into_response(),
    )
}

fn error(code: ErrorCode, message: &str, hint: &str) -> ApiError {
    ApiError::new(code, message).with_hint(hint)
}

/// Headers of every answer. A page brings its own content policy with its nonce.
fn harden(headers: &mut HeaderMap) {
    let fixed: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; sandbox"));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
