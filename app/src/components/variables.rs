//! Variables that every run finds: added and removed at once, secrets never shown again.

use domain::protocol::settings::{PutSettingsRequest, Variable};
use leptos::prelude::*;

use super::confirm::{Confirm, Question};
use super::icons::{Glyph, Icon};
use crate::i18n::{Msg, Phrase};
use crate::pages::SettingsState;
use crate::state::use_app;

/// Parts of names that mean a secret; the server knows more, and has the last word.
const SECRET: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];

/// The list, and a line for one more.
#[component]
pub(crate) fn Variables() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let all = move || {
        state
            .look(|settings| settings.variables.clone())
            .unwrap_or_default()
    };
    let removing = RwSignal::new(None::<String>);
    let question = RwSignal::new(None::<Question>);
    let ask = move |name: String| {
        removing.set(Some(name));
        question.set(Some(Question {
            ask: Phrase::AskRemoveVariable.into(),
            detail: Phrase::AskRemoveSecret.into(),
            yes: Msg::Remove,
            no: Msg::ConfirmNo,
        }));
    };
    let remove = move |()| {
        let request = PutSettingsRequest {
            remove_variables: removing.get_untracked().into_iter().collect(),
            ..PutSettingsRequest::default()
        };
        state.send(request, || ());
    };
    let row = move |variable: Variable| {
        let name = variable.name.clone();
        let value = match variable.value {
            Some(value) => view! { <code class="variable-value">{value}</code> }.into_any(),
            None => view! { <span class="hint">{i18n.say(Phrase::SecretValue)}</span> }.into_any(),
        };
        let label = Msg::RemoveNamed {
            name: variable.name.clone(),
        };
        view! {
            <li class="variable" data-testid="variable">
                <code>{variable.name}</code>
                {value}
                <button type="button" class="icon-button" aria-label=i18n.say(label) on:click=move |_| ask(name.clone())>
                    <Icon glyph=Glyph::Close/>
                </button>
            </li>
        }
    };
    view! {
        <div class="setting">
            <span class="setting-name">{i18n.say(Phrase::Variables)}</span>
            <div class="setting-control variables">
                <ul>{move || all().into_iter().map(row).collect_view()}</ul>
                <NewVariable/>
                <Confirm question on_yes=remove/>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn NewVariable() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let (name, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_marked = RwSignal::new(false);
    let looks_secret =
        move || name.with(|name| SECRET.iter().any(|part| name.to_uppercase().contains(part)));
    let is_secret = move || is_marked.get() || looks_secret();
    let add = move || {
        if name.with_untracked(String::is_empty) {
            return;
        }
        let request = PutSettingsRequest {
            set_variables: vec![Variable {
                name: name.get_untracked().trim().to_owned(),
                value: Some(value.get_untracked()),
                is_secret: is_secret(),
            }],
            ..PutSettingsRequest::default()
        };
        state.send(request, move || {
            name.set(String::new());
            value.set(String::new());
            is_marked.set(false);
        });
    };
    view! {
        <form
            class="variable new"
            on:submit=move |event| {
                event.prevent_default();
                add();
            }
        >
            <input
                type="text"
                data-testid="variable-name"
                placeholder="OMP_NUM_THREADS"
                aria-label=i18n.say(Phrase::VariableName)
                autocomplete="off"
                spellcheck="false"
                prop:value=name
                on:input:target=move |event| name.set(event.target().value())
            />
            <input
                type=move || if is_secret() { "password" } else { "text" }
                data-testid="variable-value"
                placeholder=i18n.say(Phrase::VariableValue)
                aria-label=i18n.say(Phrase::VariableValue)
                autocomplete="new-password"
                spellcheck="false"
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="variable-secret"
                    prop:checked=is_secret
                    disabled=looks_secret
                    on:change:target=move |event| is_marked.set(event.target().checked())
                />
                <span>{i18n.say(Phrase::Secret)}</span>
            </label>
            <button type="submit" data-testid="variable-add" disabled=move || { name.with(String::is_empty) || state.is_saving.get() }>
                {i18n.say(Phrase::Add)}
            </button>
        </form>
    }
}
