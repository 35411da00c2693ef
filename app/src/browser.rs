//! The little of the browser that pages touch directly. Nothing here may run during server rendering
//! unless its documentation says so.

use std::time::Duration;

use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::preferences::{Language, Preferences, Theme};

/// What `<html>` says, so that hydration agrees with what the server drew.
pub(crate) fn preferences_of_page() -> Preferences {
    let root = document().document_element();
    let read = |name: &str| {
        root.as_ref()
            .and_then(|root| root.get_attribute(name))
            .unwrap_or_default()
    };
    Preferences {
        language: Language::parse(&read("lang")).unwrap_or_default(),
        theme: Theme::parse(&read("data-theme")).unwrap_or_default(),
    }
}

/// Sets an attribute of `<html>`.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// Keeps a preference for a year.
pub(crate) fn set_cookie(name: &str, value: &str) {
    if let Ok(page) = document().dyn_into::<web_sys::HtmlDocument>() {
        let _ = page.set_cookie(&format!(
            "{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"
        ));
    }
}

/// The folder that the app is served under, without a trailing slash: `<base href>` if the page has one.
pub(crate) fn base_prefix() -> String {
    let base = document()
        .query_selector("base[href]")
        .ok()
        .flatten()
        .and_then(|base| base.get_attribute("href"));
    base.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The scheme and authority for a websocket to this server, e.g. `ws://127.0.0.1:8099`.
#[cfg(feature = "hydrate")]
pub(crate) fn socket_origin() -> String {
    let location = window().location();
    let scheme = if location.protocol().as_deref() == Ok("https:") {
        "wss"
    } else {
        "ws"
    };
    format!("{scheme}://{}", location.host().unwrap_or_default())
}

/// Milliseconds since the epoch by the browser's clock.
pub(crate) fn now_ms() -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit for 292 million years"
    )]
    let now = web_sys::js_sys::Date::now() as i64;
    now
}

/// Minutes to add to UTC to get this browser's wall clock, at a moment in milliseconds since the epoch.
pub(crate) fn utc_offset_minutes(at_ms: i64) -> i64 {
    let date = web_sys::js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "offsets are at most 14 hours"
    )]
    let minutes = date.get_timezone_offset() as i64;
    -minutes
}

/// A number in `0.0..1.0`, for jitter.
#[cfg(feature = "hydrate")]
pub(crate) fn random() -> f64 {
    web_sys::js_sys::Math::random()
}

/// True while the tab can be seen.
pub(crate) fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// What was kept under a name in this browser.
pub(crate) fn stored(name: &str) -> Option<String> {
    window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(name)
        .ok()
        .flatten()
}

/// Keeps a text in this browser; a full or forbidden storage is not an error worth a word.
pub(crate) fn store(name: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(name, text);
    }
}

/// The text of a file that a person chose or dropped; `None` if the browser cannot read it.
#[cfg(feature = "hydrate")]
pub(crate) async fn text_of_file(file: web_sys::File) -> Option<String> {
    let text = wasm_bindgen_futures::JsFuture::from(file.text())
        .await
        .ok()?;
    text.as_string()
}

/// Outside the browser there are no files.
#[cfg(not(feature = "hydrate"))]
#[expect(clippy::unused_async, reason = "the browser's twin waits")]
pub(crate) async fn text_of_file(_file: web_sys::File) -> Option<String> {
    None
}

/// Gives the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    let found = document().get_element_by_id(id);
    if let Some(node) = found.and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = node.focus();
    }
}

/// Puts a text on the clipboard.
pub(crate) fn copy(text: &str) {
    let _ = window().navigator().clipboard().write_text(text);
}

/// True if a media query holds.
pub(crate) fn media(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Loads the page again from the server.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// Calls `tick` every second until the owner is disposed of.
pub(crate) fn every_second(tick: impl Fn() + 'static) -> Option<IntervalHandle> {
    set_interval_with_handle(tick, Duration::from_secs(1)).ok()
}

/// True if a key event was typed into something that takes text.
pub(crate) fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return false;
    };
    matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}

/// Calls `callback` after `delay_ms` without another call of the returned function.
///
/// Returned value: a cheap handle that is `Copy`, safe to call from any event.
#[derive(Clone, Copy)]
pub(crate) struct Debounce {
    pending: StoredValue<Option<TimeoutHandle>>,
    delay: Duration,
}

impl Debounce {
    /// A debounce of `delay_ms`; what is pending is dropped with the owner.
    pub(crate) fn new(delay_ms: u64) -> Self {
        let pending = StoredValue::new(None::<TimeoutHandle>);
        on_cleanup(move || {
            if let Some(Some(handle)) = pending.try_update_value(Option::take) {
                handle.clear();
            }
        });
        Self {
            pending,
            delay: Duration::from_millis(delay_ms),
        }
    }

    /// Runs `callback` when nothing else was asked for in the meantime.
    pub(crate) fn run(self, callback: impl FnOnce() + 'static) {
        self.run_in(self.delay, Box::new(callback));
    }

    /// The same after another delay.
    pub(crate) fn run_after(self, delay_ms: u64, callback: impl FnOnce() + 'static) {
        self.run_in(Duration::from_millis(delay_ms), Box::new(callback));
    }

    fn run_in(self, delay: Duration, callback: Box<dyn FnOnce()>) {
        self.cancel();
        let pending = self.pending;
        let fire = move || {
            let _ = pending.try_update_value(Option::take);
            callback();
        };
        if let Ok(handle) = set_timeout_with_handle(fire, delay) {
            self.pending.set_value(Some(handle));
        }
    }

    /// Forgets what is pending; true if something was.
    pub(crate) fn cancel(self) -> bool {
        let handle = self.pending.try_update_value(Option::take).flatten();
        handle.is_some_and(|handle| {
            handle.clear();
            true
        })
    }
}
