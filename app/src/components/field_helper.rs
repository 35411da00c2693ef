//! Beside a field's text: a switch, its choices, or the signs of the batch syntax for thumbs.

use domain::schema::parameters::{Control, Parameter, ScalarKind};
use leptos::prelude::*;

use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::generator::{choice_text, with_alternative};

/// More choices than this go into a list.
const MAX_CHIPS: usize = 6;
/// Longer choices, all together, go into a list.
const MAX_CHIP_CHARS: usize = 48;

/// The helper that fits the parameter.
#[component]
pub(crate) fn FieldHelper(
    parameter: Parameter,
    text: Memo<String>,
    is_number: bool,
) -> impl IntoView {
    if parameter.control == Control::Switch
        || (parameter.kind.scalar == ScalarKind::Bool && !parameter.kind.list)
    {
        return view! { <Switch parameter text/> }.into_any();
    }
    if !parameter.choices.is_empty() {
        let choices: Vec<String> = parameter.choices.iter().map(ToString::to_string).collect();
        let chars: usize = choices
            .iter()
            .map(|choice| choice.chars().count() + 2)
            .sum();
        return if choices.len() <= MAX_CHIPS && chars <= MAX_CHIP_CHARS {
            view! { <Chips parameter choices text/> }.into_any()
        } else {
            view! { <ChoiceList parameter choices text/> }.into_any()
        };
    }
    if is_number {
        view! { <Signs parameter text/> }.into_any()
    } else {
        ().into_any()
    }
}

/// Off and on: they write `false` and `true`.
#[component]
fn Switch(parameter: Parameter, text: Memo<String>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let default = parameter
        .default
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let words = [("false", Msg::Off), ("true", Msg::On)];
    let label = format!("switch-{}", parameter.key);
    let options = words.map(|(word, name)| {
        let (is_default, key) = (default == word, parameter.key.clone());
        let shown = move || {
            text.with(|text| {
                if text.trim().is_empty() {
                    is_default
                } else {
                    text.trim() == word
                }
            })
        };
        view! {
            <button
                type="button"
                data-testid=format!("{key}-{word}")
                aria-pressed=move || shown().to_string()
                on:click=move |_| state.set(&key, if is_default { "" } else { word })
            >
                {i18n.say(name)}
            </button>
        }
    });
    view! { <div class="segmented" data-testid=label role="group">{options.into_iter().collect_view()}</div> }
}

/// All choices at once: a press chooses, a press with Ctrl, ⌘ or Shift adds an alternative.
#[component]
fn Chips(parameter: Parameter, choices: Vec<String>, text: Memo<String>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let default = parameter.default.as_ref().map(ToString::to_string);
    let chip = move |choice: String| {
        let written = choice_text(&choice);
        let is_default = default.as_ref() == Some(&choice);
        let shown = {
            let written = written.clone();
            move || {
                text.with(|text| match text.trim() {
                    "" => is_default,
                    text => text
                        .trim_matches(['(', ')'])
                        .split('|')
                        .any(|part| part.trim() == written),
                })
            }
        };
        let parameter = parameter.clone();
        let testid = format!("choice-{}-{choice}", parameter.key);
        let name = choice.clone();
        let press = move |event: web_sys::MouseEvent| {
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                let typed = text.get_untracked();
                let base = if typed.trim().is_empty() {
                    default_text(&parameter)
                } else {
                    typed
                };
                state.set(&parameter.key, &with_alternative(&base, &written));
            } else {
                let value = if is_default {
                    String::new()
                } else {
                    written.clone()
                };
                state.set(&parameter.key, &value);
            }
        };
        view! {
            <button
                type="button"
                class="chip"
                data-testid=testid
                aria-pressed=move || shown().to_string()
                title=i18n.say(Msg::ChipHint)
                on:click=press
            >
                {name}
            </button>
        }
    };
    view! { <div class="chips" role="group">{choices.into_iter().map(chip).collect_view()}</div> }
}

fn default_text(parameter: &Parameter) -> String {
    parameter
        .default
        .as_ref()
        .map(|default| choice_text(&default.to_string()))
        .unwrap_or_default()
}

/// Many choices: a native list that writes what is chosen.
#[component]
fn ChoiceList(parameter: Parameter, choices: Vec<String>, text: Memo<String>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let key = parameter.key.clone();
    let testid = format!("select-{key}");
    let is_default = move |choice: &str| {
        parameter
            .default
            .as_ref()
            .is_some_and(|d| d.to_string() == choice)
    };
    let choose = {
        let choices = choices.clone();
        move |index: String| {
            let Some(choice) = index
                .parse::<usize>()
                .ok()
                .and_then(|index| choices.get(index))
            else {
                return;
            };
            let text = if is_default(choice) {
                String::new()
            } else {
                choice_text(choice)
            };
            state.set(&key, &text);
        }
    };
    let chosen = {
        let choices = choices.clone();
        move || {
            let index = text.with(|text| {
                choices
                    .iter()
                    .position(|choice| choice_text(choice) == text.trim())
            });
            index.map(|index| index.to_string()).unwrap_or_default()
        }
    };
    let option = |(index, choice): (usize, String)| view! { <option value=index.to_string()>{choice}</option> };
    view! {
        <select
            class="choice-list"
            data-testid=testid
            aria-label=i18n.say(Msg::Choose)
            prop:value=chosen
            on:change:target=move |event| choose(event.target().value())
        >
            <option value="">{i18n.say(Msg::Choose)}</option>
            {choices.clone().into_iter().enumerate().map(option).collect_view()}
        </select>
    }
}

/// The signs that a numeric keypad lacks, for touch screens.
#[component]
fn Signs(parameter: Parameter, text: Memo<String>) -> impl IntoView {
    let state = use_form();
    let sign = move |(sign, label): (&'static str, &'static str)| {
        let key = parameter.key.clone();
        let press = move |_| state.set(&key, &format!("{}{sign}", text.get_untracked().trim_end()));
        view! {
            <button type="button" class="chip" on:click=press>
                {label}
            </button>
        }
    };
    view! { <div class="signs">{[(" | ", "|"), (":", ":"), ("-", "−")].map(sign).into_iter().collect_view()}</div> }
}
