//! Places without data: loading, empty, failed.

use leptos::prelude::*;

use crate::client::ClientError;
use crate::i18n::Msg;
use crate::state::use_app;

/// Grey bars where rows will be.
#[component]
pub(crate) fn Skeleton(
    /// How many bars.
    rows: usize,
) -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <div class="skeleton" role="status" aria-label=i18n.say(Msg::Loading) data-testid="loading">
            {(0..rows).map(|_| view! { <span class="bone"></span> }).collect_view()}
        </div>
    }
}

/// Nothing here, and what to do about it.
#[component]
pub(crate) fn Empty(
    title: Msg,
    hint: Msg,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <div class="empty" data-testid="empty">
            <p class="empty-title">{i18n.say(title)}</p>
            <p>{i18n.say(hint)}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// What failed and a way to try again.
#[component]
pub(crate) fn Failure(error: ClientError, #[prop(into)] retry: Callback<()>) -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <div class="failure" role="alert" data-testid="failure">
            <ErrorText error/>
            <button type="button" on:click=move |_| retry.run(())>{i18n.say(Msg::Retry)}</button>
        </div>
    }
}

/// An error in the person's language: what, then what to do.
#[component]
pub(crate) fn ErrorText(error: ClientError) -> impl IntoView {
    let i18n = use_app().i18n;
    move || {
        let shown = crate::i18n::client_error(i18n.language(), &error);
        view! {
            <p class="error-text">{shown.message}</p>
            {shown.hint.map(|hint| view! { <p class="hint">{hint}</p> })}
        }
    }
}
