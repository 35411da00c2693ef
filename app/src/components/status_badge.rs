//! A status as shape, colour and word.

use domain::run::ShownStatus;
use leptos::prelude::*;

use crate::i18n::Msg;
use crate::state::use_app;
use crate::view_model::runs::glyph;

/// The shape alone, for places where the word stands beside it.
#[component]
pub(crate) fn StatusGlyph(#[prop(into)] status: Signal<ShownStatus>) -> impl IntoView {
    view! {
        <span class="glyph" data-status=move || status.get().as_str() aria-hidden="true">
            {move || glyph(status.get())}
        </span>
    }
}

/// Shape and word.
#[component]
pub(crate) fn StatusBadge(#[prop(into)] status: Signal<ShownStatus>) -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <span class="badge" data-status=move || status.get().as_str()>
            <StatusGlyph status/>
            <span>{move || i18n.t(&Msg::Status(status.get()))}</span>
        </span>
    }
}
