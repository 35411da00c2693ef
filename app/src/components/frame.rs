//! The frame around every page: skip link, navigation, top bar, page, status bar, short messages.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use super::icons::{Glyph, Icon};
use super::status_bar::StatusBar;
use super::top_bar::TopBar;
use crate::browser;
use crate::i18n::{Msg, Phrase};
use crate::state::use_app;

/// The rooms, with the key that follows `g`.
const ROOMS: [(&str, Glyph, Msg, &str); 5] = [
    ("/", Glyph::Generator, Msg::NavGenerator, "g"),
    ("/runs", Glyph::Runs, Msg::NavRuns, "r"),
    ("/monitor", Glyph::Monitor, Msg::NavMonitor, "m"),
    ("/queue", Glyph::Queue, Msg::Phrase(Phrase::NavQueue), "q"),
    (
        "/settings",
        Glyph::Settings,
        Msg::Phrase(Phrase::NavSettings),
        "s",
    ),
];

/// The frame.
#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    let i18n = use_app().i18n;
    room_shortcuts();
    view! {
        <a class="skip" href="#main">{i18n.say(Msg::SkipToContent)}</a>
        <div class="frame">
            <Navigation/>
            <div class="column">
                <TopBar/>
                <main id="main" tabindex="-1">{children()}</main>
                <StatusBar/>
            </div>
        </div>
        <Toaster/>
    }
}

#[component]
fn Navigation() -> impl IntoView {
    let i18n = use_app().i18n;
    let path = use_location().pathname;
    let room = move |(href, glyph, name, key): (&'static str, Glyph, Msg, &'static str)| {
        let shortcut = Msg::Shortcut {
            keys: format!("g {key}"),
        };
        view! {
            <li>
                <a
                    href=href
                    class="room"
                    title=i18n.say(shortcut)
                    aria-current=move || path.with(|path| is_room(href, path)).then_some("page")
                >
                    <Icon glyph/>
                    <span>{i18n.say(name)}</span>
                </a>
            </li>
        }
    };
    view! {
        <nav class="nav" aria-label=i18n.say(Msg::NavLabel)>
            <div class="logo">
                <img src="/favicon.svg" alt="" width="24" height="24"/>
                <span>"Runyard"</span>
            </div>
            <ul>{ROOMS.into_iter().map(room).collect_view()}</ul>
        </nav>
    }
}

/// True if the page at `path` belongs to the room that begins at `href`.
fn is_room(href: &str, path: &str) -> bool {
    if href == "/" {
        path == "/" || path.starts_with("/experiments/")
    } else {
        path.starts_with(href)
    }
}

#[component]
fn Toaster() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="toaster" role="status" aria-live="polite">
            {move || {
                app.toast.get().map(|toast| {
                    view! {
                        <div class="toast" class:error=toast.is_error data-testid="toast">
                            <span>{app.i18n.t(&toast.message)}</span>
                            {toast.undo.map(|undo| view! {
                                <button
                                    type="button"
                                    class="small"
                                    data-testid="toast-undo"
                                    on:click=move |_| {
                                        app.toast.set(None);
                                        undo();
                                    }
                                >
                                    {app.i18n.say(Msg::Undo)}
                                </button>
                            })}
                            <button
                                type="button"
                                class="icon-button"
                                aria-label=app.i18n.say(Msg::Dismiss)
                                on:click=move |_| app.toast.set(None)
                            >
                                <Icon glyph=Glyph::Close/>
                            </button>
                        </div>
                    }
                })
            }}
        </div>
    }
}

/// `g` and then a room's key goes there, unless the person is typing.
fn room_shortcuts() {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let armed = StoredValue::new(false);
        let navigate = navigate.clone();
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if browser::is_typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key()
            {
                return;
            }
            let key = event.key();
            if armed.get_value() {
                armed.set_value(false);
                if let Some((href, ..)) = ROOMS.iter().find(|(_, _, _, wanted)| *wanted == key) {
                    navigate(href, NavigateOptions::default());
                }
            } else {
                armed.set_value(key == "g");
            }
        });
        on_cleanup(move || handle.remove());
    });
}
