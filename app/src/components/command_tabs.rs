//! The choice of a sub-command: one tab each, arrows move between them.

use leptos::prelude::*;

use super::field::FieldNote;
use crate::browser;
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;

/// The tabs of the sub-command parameter at `index`.
#[component]
pub(crate) fn CommandTabs(index: usize) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let Some(parameter) = state
        .form
        .with_untracked(|form| form.parameters().get(index).cloned())
    else {
        return ().into_any();
    };
    let key = StoredValue::new(parameter.key.clone());
    let text = Memo::new(move |_| {
        key.with_value(|key| state.form.with(|form| form.text(key).trim().to_owned()))
    });
    let report = Memo::new(move |_| state.form.with(|form| form.report(index).cloned()));
    let mut names: Vec<String> = parameter.choices.iter().map(ToString::to_string).collect();
    if !parameter.required {
        names.insert(0, String::new());
    }
    let names = StoredValue::new(names);
    let id = move |at: usize| key.with_value(|key| format!("command-{key}-{at}"));
    let choose = move |at: usize| {
        if let Some(name) = names.with_value(|names| names.get(at).cloned()) {
            key.with_value(|key| state.set(key, &name));
            browser::focus(&id(at));
        }
    };
    let on_key = move |at: usize, event: web_sys::KeyboardEvent| {
        let last = names.with_value(Vec::len).saturating_sub(1);
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1).min(last),
            "ArrowLeft" | "ArrowUp" => at.saturating_sub(1),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        choose(to);
    };
    let chosen_at = Memo::new(move |_| {
        names.with_value(|names| text.with(|text| names.iter().position(|name| name == text)))
    });
    let tab = |(at, name): (usize, String)| {
        let shown = name.clone();
        let is_chosen = move || chosen_at.get() == Some(at);
        view! {
            <button
                type="button"
                role="tab"
                class="tab"
                id=id(at)
                data-testid=key.with_value(|key| format!("choice-{key}-{name}"))
                aria-selected=move || is_chosen().to_string()
                tabindex=move || if chosen_at.get().unwrap_or(0) == at { "0" } else { "-1" }
                on:click=move |_| choose(at)
                on:keydown=move |event| on_key(at, event)
            >
                {move || if shown.is_empty() { i18n.t(&Msg::NoCommand) } else { shown.clone() }}
            </button>
        }
    };
    let label = parameter.key.to_string();
    let named = label.clone();
    view! {
        <div class="commands" data-testid=format!("field-row-{}", parameter.key)>
            <div class="tabs" role="tablist" aria-label=named>
                <span class="commands-label">
                    <code>{label}</code>
                </span>
                {names.get_value().into_iter().enumerate().map(tab).collect_view()}
            </div>
            <div aria-live="polite">
                <FieldNote key_=parameter.key.clone() text report/>
            </div>
        </div>
    }
    .into_any()
}
