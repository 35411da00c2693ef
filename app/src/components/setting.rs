//! One setting: its name, what it does, its control, and what is particular about its value.

use domain::protocol::settings::{Interpreter, InterpreterKind};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::icons::{Glyph, Icon};
use crate::client::list_interpreters;
use crate::i18n::{Msg, Phrase, setting_choice};
use crate::pages::SettingsState;
use crate::state::{Remote, use_app};
use crate::view_model::format::group_digits;
use crate::view_model::settings::{Kind, of_text, to_text};

/// The setting of this key.
#[component]
pub(crate) fn SettingField(key: &'static str, kind: Kind) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let draft = state.draft();
    let id = format!("setting-{key}");
    let hint_id = format!("{id}-hint");
    let (testid, label_for, hint_of) = (id.clone(), id.clone(), hint_id.clone());
    let is_changed = move || draft.with(|draft| draft.contains_key(key));
    let range = move || draft.with(|draft| draft.get(key).and_then(|value| value.clone().err()));
    let refused = move || {
        state.problem.with(|problem| match problem {
            Some(crate::client::ClientError::Refused(error)) => error.key.as_deref() == Some(key),
            _ => false,
        })
    };
    let is_listed =
        move |choose: fn(&domain::protocol::settings::GetSettingsResponse) -> &Vec<String>| {
            state
                .look(|settings| choose(settings).iter().any(|pending| pending == key))
                .unwrap_or_default()
        };
    let now = move || {
        let typed = draft.with(|draft| draft.get(key).cloned());
        match typed {
            Some(Ok(Value::Null)) => state.default(key),
            Some(Ok(value)) => value,
            Some(Err(_)) | None => state.saved(key),
        }
    };
    let is_default = move || now() == state.default(key);
    let reset = move |_| state.change(key, Ok(Value::Null));
    let typed = RwSignal::new(None::<String>);
    // What was typed stands there until it is saved or discarded, also if it is none.
    let text = Signal::derive(move || {
        let value = draft.with(|draft| draft.get(key).cloned());
        match (value, typed.get()) {
            (Some(Err(_)), Some(typed)) => typed,
            (Some(Ok(Value::Null)), _) => to_text(kind, &state.default(key)),
            (Some(Ok(value)), _) => to_text(kind, &value),
            _ => to_text(kind, &state.saved(key)),
        }
    });
    let change = move |new: String| {
        state.change(key, of_text(kind, &new));
        typed.set(Some(new));
    };
    let placeholder = Signal::derive(move || to_text(kind, &state.default(key)));
    view! {
        <div class="setting" data-testid=testid data-changed=move || is_changed().to_string()>
            <label class="setting-name" for=label_for>{i18n.say(Msg::SettingName(key))}</label>
            <div class="setting-control">
                <Control key kind id hint_id text placeholder is_invalid=Signal::derive(move || range().is_some() || refused()) on_change=change/>
                <Show when=move || !is_default()>
                    <button
                        type="button"
                        class="icon-button"
                        title=i18n.say(Phrase::BackToDefault)
                        aria-label=i18n.say(Phrase::BackToDefault)
                        on:click=reset
                    >
                        <Icon glyph=Glyph::Reset/>
                    </button>
                </Show>
            </div>
            <p class="hint" id=hint_of>
                {i18n.say(Msg::SettingHint(key))}
                {move || is_listed(|s| &s.pending).then(|| view! {
                    <span class="setting-note" data-testid="pending">{i18n.say(Phrase::FromNextStart)}</span>
                })}
                {move || is_listed(|s| &s.overridden).then(|| view! {
                    <span class="setting-note" data-testid="overridden">{i18n.say(Phrase::ByCommandLine)}</span>
                })}
            </p>
            {move || range().map(|(from, to)| {
                let text = i18n.t(&Msg::MustBeWithin { from: whole(from), to: whole(to) });
                view! { <p class="field-error" role="alert">{text}</p> }
            })}
        </div>
    }
    .into_any()
}

/// A bound as people read it.
fn whole(number: f64) -> String {
    if number.fract() == 0.0 && number >= 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounds are small"
        )]
        let number = number as u128;
        group_digits(number)
    } else {
        number.to_string()
    }
}

/// What one types into or chooses from.
#[component]
pub(crate) fn Control(
    key: &'static str,
    kind: Kind,
    id: String,
    hint_id: String,
    /// What stands in it.
    #[prop(into)]
    text: Signal<String>,
    /// What stands there while it is empty.
    #[prop(into)]
    placeholder: Signal<String>,
    is_invalid: Signal<bool>,
    /// Something else was typed or chosen.
    #[prop(into)]
    on_change: Callback<String>,
) -> impl IntoView {
    let change = move |new: String| on_change.run(new);
    let invalid = move || is_invalid.get().to_string();
    match kind {
        Kind::Flag => view! {
            <input
                type="checkbox"
                id=id
                aria-describedby=hint_id
                prop:checked=move || text.get() == "true"
                on:change:target=move |event| change(event.target().checked().to_string())
            />
        }
        .into_any(),
        Kind::Lines => view! {
            <textarea
                id=id
                rows=move || text.get().lines().count().clamp(2, 8).to_string()
                spellcheck="false"
                aria-describedby=hint_id
                prop:value=text
                on:change:target=move |event| change(event.target().value())
            ></textarea>
        }
        .into_any(),
        Kind::Choice(words) => choices(key, words, id, hint_id, text, change).into_any(),
        Kind::Capture => choices(key, &["file", "split", "pty"], id, hint_id, text, change).into_any(),
        Kind::Whole(..) | Kind::Number(..) | Kind::Seconds | Kind::Text | Kind::Interpreter => view! {
            <div class="setting-input">
                <input
                    type="text"
                    inputmode=if matches!(kind, Kind::Whole(from, _) if from >= 0) { "numeric" } else { "text" }
                    id=id
                    class=if matches!(kind, Kind::Whole(..) | Kind::Number(..) | Kind::Seconds) { "short" } else { "" }
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby=hint_id
                    aria-invalid=invalid
                    placeholder=placeholder
                    prop:value=text
                    on:input:target=move |event| change(event.target().value())
                />
                {(kind == Kind::Interpreter).then(|| view! { <Interpreters chosen=text on_choose=on_change/> })}
            </div>
        }
        .into_any(),
    }
}

fn choices(
    key: &'static str,
    words: &'static [&'static str],
    id: String,
    hint_id: String,
    text: Signal<String>,
    change: impl Fn(String) + Copy + 'static,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let option = move |word: &'static str| {
        let name = setting_choice(key, word);
        view! {
            <option value=word selected=move || text.get() == word>{i18n.say(Msg::SettingName(name))}</option>
        }
    };
    view! {
        <select id=id aria-describedby=hint_id prop:value=text on:change:target=move |event| change(event.target().value())>
            <option value="" selected=move || text.get().is_empty()>{i18n.say(Phrase::LeaveOpen)}</option>
            {words.iter().map(|word| option(word)).collect_view()}
        </select>
    }
}

/// What was found on the server's machine, on demand: each is asked for its version.
#[component]
fn Interpreters(
    chosen: Signal<String>,
    #[prop(into)] on_choose: Callback<String>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let found = RwSignal::new(None::<Remote<Vec<Interpreter>>>);
    let find = move |_| {
        found.set(Some(Remote::Loading));
        spawn_local(async move {
            let answer = list_interpreters().await.map(|answer| answer.interpreters);
            let _ = found.try_set(Some(answer.into()));
        });
    };
    let row = move |one: Interpreter| {
        let kind = match one.kind {
            InterpreterKind::Venv => Phrase::KindVenv,
            InterpreterKind::Uv => Phrase::KindUv,
            InterpreterKind::Conda => Phrase::KindConda,
            InterpreterKind::System => Phrase::KindSystem,
        };
        let (path, this) = (one.path.clone(), one.path.clone());
        let runs = one.version.is_some();
        let version = move || {
            one.version
                .clone()
                .unwrap_or_else(|| i18n.t(&Phrase::DoesNotRun.into()))
        };
        view! {
            <li>
                <button
                    type="button"
                    class="interpreter"
                    data-testid="interpreter"
                    disabled=!runs
                    aria-pressed=move || (chosen.get() == this).to_string()
                    on:click=move |_| on_choose.run(path.clone())
                >
                    <strong>{one.name}</strong>
                    <span class="number">{version}</span>
                    <span>{i18n.say(kind)}</span>
                    <code>{one.path}</code>
                </button>
            </li>
        }
    };
    view! {
        <button type="button" data-testid="find-interpreters" on:click=find disabled=move || found.with(|found| matches!(found, Some(Remote::Loading)))>
            {move || i18n.t(&if found.with(|found| matches!(found, Some(Remote::Loading))) {
                Msg::Loading
            } else {
                Phrase::FindInterpreters.into()
            })}
        </button>
        {move || match found.get() {
            Some(Remote::Ready(all)) if all.is_empty() => view! { <p class="hint">{i18n.say(Phrase::NoInterpreters)}</p> }.into_any(),
            Some(Remote::Ready(all)) => view! { <ul class="interpreters">{all.into_iter().map(row).collect_view()}</ul> }.into_any(),
            Some(Remote::Failed(error)) => view! { <super::notice::ErrorText error/> }.into_any(),
            _ => ().into_any(),
        }}
    }
}
