//! Fields of how runs are planned: in the Generator for a sweep, on a task's page for what it asks of the queue.

use leptos::prelude::*;

use super::setting::Control;
use crate::i18n::{Msg, Phrase};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::plan_form::{FIELDS, PlanTexts, plan};
use crate::view_model::settings::{Kind, Setting};

/// The folded part of the Generator.
#[component]
pub(crate) fn HowItRuns() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let texts = state.plan;
    let count = move || texts.with(PlanTexts::len) as u64;
    view! {
        <details class="section how-it-runs" data-testid="how-it-runs">
            <summary>
                <h2>{i18n.say(Phrase::HowItRuns)}</h2>
                <span class="hint">{move || (count() > 0).then(|| i18n.t(&Msg::OptionsSet { n: count() }))}</span>
            </summary>
            <PlanFields fields=FIELDS texts on_change=move |()| state.plan_changed()/>
        </details>
    }
    .into_any()
}

/// The fields over texts by key.
#[component]
pub(crate) fn PlanFields(
    fields: &'static [Setting],
    texts: RwSignal<PlanTexts>,
    #[prop(into)] on_change: Callback<()>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let wrong = Memo::new(move |_| texts.with(|texts| plan(texts, fields, "").err()));
    let field = move |(key, kind): &Setting| {
        let (key, kind) = (*key, *kind);
        let id = format!("plan-{key}");
        let hint_id = format!("{id}-hint");
        let (label_for, hint_of, testid) = (id.clone(), hint_id.clone(), id.clone());
        let text =
            Signal::derive(move || texts.with(|texts| texts.get(key).cloned().unwrap_or_default()));
        let change = move |new: String| {
            let is_off = new.trim().is_empty() || (kind == Kind::Flag && new == "false");
            texts.update(|texts| {
                if is_off {
                    texts.remove(key);
                } else {
                    texts.insert(key.to_owned(), new);
                }
            });
            on_change.run(());
        };
        let is_invalid = Signal::derive(move || wrong.get() == Some(key));
        view! {
            <div class="setting" data-testid=testid>
                <label class="setting-name" for=label_for>{i18n.say(Msg::SettingName(key))}</label>
                <div class="setting-control">
                    <Control key kind id hint_id text placeholder=Signal::stored(String::new()) is_invalid on_change=change/>
                </div>
                <p class="hint" id=hint_of>{i18n.say(Msg::SettingHint(key))}</p>
                {move || is_invalid.get().then(|| view! {
                    <p class="field-error" role="alert">{i18n.say(Phrase::CannotBeUsed)}</p>
                })}
            </div>
        }
    };
    view! { <div class="plan-fields">{fields.iter().map(field).collect_view()}</div> }
}
