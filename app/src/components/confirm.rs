//! A question before something that cannot be undone: a modal dialog in the page.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::i18n::Msg;
use crate::state::use_app;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The question, with the number and the thing.
    pub(crate) ask: Msg,
    /// What will happen.
    pub(crate) detail: Msg,
    /// The word on the button that does it.
    pub(crate) yes: Msg,
    /// The word on the button that does nothing.
    pub(crate) no: Msg,
}

/// Shows `question` while there is one. Escape, the backdrop's button and "keep" all mean no.
#[component]
pub(crate) fn Confirm(
    question: RwSignal<Option<Question>>,
    #[prop(into)] on_yes: Callback<()>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if question.with(Option::is_some) {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    let part = move |choose: fn(&Question) -> &Msg| {
        move || question.with(|question| question.as_ref().map(|question| i18n.t(choose(question))))
    };
    let yes = move |_| {
        question.set(None);
        on_yes.run(());
    };
    view! {
        <dialog node_ref=dialog class="confirm" on:close=move |_| question.set(None) data-testid="confirm">
            <p class="confirm-ask">{part(|question| &question.ask)}</p>
            <p>{part(|question| &question.detail)}</p>
            <div class="confirm-buttons">
                <button type="button" on:click=move |_| question.set(None) data-testid="confirm-no">
                    {part(|question| &question.no)}
                </button>
                <button type="button" class="danger" on:click=yes data-testid="confirm-yes">
                    {part(|question| &question.yes)}
                </button>
            </div>
        </dialog>
    }
}
