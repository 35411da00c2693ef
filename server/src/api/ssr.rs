//! The pages: rendered here, brought to life in the browser.

use app::{App, Language, Preferences, Theme, shell};
use axum::Router;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};

use super::state::AppState;
use crate::cli::environment;

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
    let headers = use_context::<Parts>()
        .map(|parts| parts.headers)
        .unwrap_or_default();
    provide_context(preferences(&headers));
    let nonce = use_nonce()
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    // `cargo leptos watch` tells its page of rebuilds through a socket of its own.
    let reload = if environment::is_watched() {
        " ws://127.0.0.1:3001"
    } else {
        ""
    };
    let policy = format!(
        "default-src 'self'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         connect-src 'self'{reload}; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    if let (Some(options), Ok(policy)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&policy),
    ) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        options.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// What a person chose before, else the browser's language.
fn preferences(headers: &HeaderMap) -> Preferences {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .unwrap_or_default()
    };
    let cookie = |wanted: &str| {
        let pairs = text(header::COOKIE)
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        pairs
            .filter(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
            .next()
    };
    let accepted = text(header::ACCEPT_LANGUAGE)
        .split(',')
        .find_map(|part| Language::parse(part.split(';').next().unwrap_or_default().trim()));
    Preferences {
        language: cookie("lang")
            .and_then(Language::parse)
            .or(accepted)
            .unwrap_or_default(),
        theme: cookie("theme").and_then(Theme::parse).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_language_wins_over_the_browsers_and_nonsense_is_ignored() {
        let headers = |cookie: &'static str, accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
            preferences(&headers)
        };
        assert_eq!(
            headers("x=1", "de, zh-CN;q=0.9, en;q=0.8").language,
            Language::Zh
        );
        assert_eq!(
            headers("x=1; lang=en; theme=dark", "zh"),
            Preferences {
                language: Language::En,
                theme: Theme::Dark
            }
        );
        assert_eq!(
            headers("lang=<script>; theme=x", "tlh"),
            Preferences::default()
        );
    }
}
