//! The thin bar that is always there: what goes on, and whether this page hears of it.

use domain::run::ShownStatus;
use leptos::prelude::*;
use leptos_router::components::A;

use super::status_badge::StatusGlyph;
use crate::browser;
use crate::i18n::{Msg, Phrase};
use crate::live::Connection;
use crate::state::use_app;

/// The bar: a live region for screen readers.
#[component]
pub(crate) fn StatusBar() -> impl IntoView {
    let app = use_app();
    let count = move |status: ShownStatus| {
        let number = move || app.counts().map(|counts| counts.get(status));
        let text = move || match (number(), status) {
            (None, _) => String::new(),
            (Some(n), ShownStatus::Running) => app.i18n.t(&Msg::CountRunning { n }),
            (Some(n), ShownStatus::Queued) => app.i18n.t(&Msg::CountQueued { n }),
            (Some(n), _) => app.i18n.t(&Msg::CountFailed { n }),
        };
        view! {
            <A
                href=format!("/runs?status={status}")
                attr:class="status-count"
                attr:data-status=status.as_str()
                attr:data-zero=move || (number().unwrap_or(0) == 0).to_string()
            >
                <StatusGlyph status=Signal::stored(status)/>
                <span>{text}</span>
            </A>
        }
    };
    view! {
        <footer class="status-bar" role="status" aria-live="polite" data-testid="status-bar">
            {[ShownStatus::Running, ShownStatus::Queued, ShownStatus::Failed].map(count).into_iter().collect_view()}
            <QueueState/>
            <span class="spacer"></span>
            <ConnectionState/>
        </footer>
    }
}

/// That the queue is held, or when all of it is done.
#[component]
fn QueueState() -> impl IntoView {
    let app = use_app();
    let text = move || {
        let glance = app.queue.get();
        if glance.is_paused {
            Some(app.i18n.t(&Phrase::QueuePausedShort.into()))
        } else {
            let time = crate::pages::clock(app, glance.done_at?);
            Some(app.i18n.t(&Msg::AllDoneAt { time }))
        }
    };
    view! {
        {move || text().map(|text| view! {
            <A href="/queue" attr:class="status-queue" attr:data-testid="status-queue" attr:data-paused=move || app.queue.get().is_paused.to_string()>
                {text}
            </A>
        })}
    }
}

#[component]
fn ConnectionState() -> impl IntoView {
    let app = use_app();
    let state = move || app.live.connection.get();
    let word = move || match state() {
        Connection::Open => "open",
        Connection::Idle | Connection::Connecting { attempt: 0 } => "connecting",
        Connection::Connecting { .. } | Connection::Backoff { .. } => "lost",
        Connection::Stale => "stale",
    };
    let text = move || {
        app.i18n.t(&match state() {
            Connection::Open => Msg::ConnectionOpen,
            Connection::Idle | Connection::Connecting { attempt: 0 } => Msg::ConnectionOpening,
            Connection::Connecting { .. } | Connection::Backoff { .. } => Msg::ConnectionLost,
            Connection::Stale => Msg::ConnectionStale,
        })
    };
    view! {
        <span class="connection" data-testid="connection" data-state=word>
            <span class="connection-dot" aria-hidden="true"></span>
            <span>{text}</span>
        </span>
        <Show when=move || state() == Connection::Stale>
            <button type="button" class="small" on:click=|_| browser::reload()>{app.i18n.say(Msg::Reload)}</button>
        </Show>
    }
}
