//! What was done to the whole form, with a way back.

use leptos::prelude::*;

use super::icons::{Glyph, Icon};
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;

/// The bar; nothing while there is nothing to take back.
#[component]
pub(crate) fn DoneBar() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let text = move || {
        state
            .done
            .with(|done| done.as_ref().map(|done| i18n.t(&done.message)))
    };
    view! {
        <div role="status">
            <Show when=move || state.done.with(Option::is_some)>
                <div class="done-bar" data-testid="done-bar">
                    <span>{text}</span>
                    <span class="spacer"></span>
                    <button type="button" class="small" data-testid="undo" on:click=move |_| state.undo()>
                        {i18n.say(Msg::Undo)}
                    </button>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=i18n.say(Msg::Dismiss)
                        title=i18n.say(Msg::Dismiss)
                        on:click=move |_| state.done.set(None)
                    >
                        <Icon glyph=Glyph::Close/>
                    </button>
                </div>
            </Show>
        </div>
    }
}
