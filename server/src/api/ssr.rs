//! The pages: rendered here, brought to life in the browser.

use app::{App, Preferences, shell};
use axum::Router;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};

use super::state::AppState;

/// A route for each page of the client's router.
pub(super) fn pages(state: &AppState) -> Router<AppState> {
    let routes = generate_route_list(App);
    let options = state.options.clone();
    Router::new().leptos_routes_with_context(state, routes, provide_page_context, move || {
        shell(options.clone())
    })
}

/// What a page can ask for while it is rendered, and the content policy that fits its nonce.
fn provide_page_context() {
    let cookies = use_context::<Parts>()
        .and_then(|parts| {
            parts
                .headers
                .get(header::COOKIE)?
                .to_str()
                .ok()
                .map(str::to_owned)
        })
        .unwrap_or_default();
    provide_context(Preferences::from_cookies(&cookies));
    let nonce = use_nonce()
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    let policy = format!(
        "default-src 'self'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    if let (Some(options), Ok(policy)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&policy),
    ) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        options.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
