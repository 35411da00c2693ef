//! The raw YAML of the same config: two-way; nothing is lost while it is invalid.

use leptos::prelude::*;

use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;

/// The editor.
#[component]
pub(crate) fn YamlEditor() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let text = Memo::new(move |_| state.yaml_text());
    let error = Memo::new(move |_| {
        state
            .yaml
            .with(|draft| draft.as_ref().and_then(|draft| draft.error.clone()))
    });
    let rows = Memo::new(move |_| text.with(|text| text.lines().count().clamp(8, 40) + 1));
    view! {
        <div class="yaml">
            <textarea
                class="yaml-text"
                data-testid="yaml-editor"
                spellcheck="false"
                autocapitalize="off"
                aria-label=i18n.say(Msg::YamlLabel)
                aria-invalid=move || error.with(Option::is_some).to_string()
                rows=move || rows.get().to_string()
                prop:value=text
                on:input:target=move |event| state.set_yaml(event.target().value())
                on:blur=move |_| {
                    // Valid text is shown as the form writes it once the person is done with it.
                    if error.with_untracked(Option::is_none) {
                        state.yaml.set(None);
                    }
                }
            ></textarea>
            {move || {
                error.get().map(|error| {
                    let shown = Msg::YamlError { line: error.line as u64, message: error.message.clone() };
                    view! {
                        <div class="field-error" role="alert" data-testid="yaml-error">
                            <p>{i18n.t(&shown)}</p>
                            <p class="hint">{i18n.t(&Msg::YamlErrorHint)}</p>
                            <button type="button" class="small" on:click=move |_| state.yaml.set(None)>
                                {i18n.t(&Msg::YamlDiscard)}
                            </button>
                        </div>
                    }
                })
            }}
        </div>
    }
}
