//! Alternatives of a script, of which at most one may be given: chosen like radio buttons.

use domain::config::Key;
use leptos::prelude::*;

use super::field::Field;
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;

/// The fields of an exclusive group.
#[component]
pub(crate) fn Either(group: String, members: Vec<usize>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let group = StoredValue::new(group);
    let parameters = state.form.with_untracked(|form| form.parameters().clone());
    let keys: Vec<(usize, Key)> = members
        .into_iter()
        .filter_map(|index| Some((index, parameters.get(index)?.key.clone())))
        .collect();
    let required = keys
        .iter()
        .filter_map(|(index, _)| parameters.get(*index))
        .any(|parameter| parameter.mx_required);
    let chosen =
        Memo::new(move |_| group.with_value(|group| state.form.with(|form| form.chosen(group))));
    let choice = move |key: Option<Key>, label: String, testid: String| {
        let this = key.clone();
        view! {
            <input
                type="radio"
                name=group.with_value(|group| format!("either-{group}"))
                data-testid=testid
                aria-label=label
                prop:checked=move || chosen.get() == this
                on:change=move |_| group.with_value(|group| state.choose(group, key.as_ref()))
            />
        }
    };
    let alternative = |(index, key): (usize, Key)| {
        let this = key.clone();
        let testid = format!("choose-{key}");
        view! {
            <div class="alternative" class:off=move || chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| *chosen != this))>
                <label class="radio">{choice(Some(key.clone()), key.to_string(), testid)}</label>
                <Field index/>
            </div>
        }
    };
    view! {
        <fieldset class="either" data-testid=group.with_value(|group| format!("either-{group}"))>
            <legend>{i18n.say(if required { Msg::EitherRequired } else { Msg::EitherOptional })}</legend>
            {keys.into_iter().map(alternative).collect_view()}
            {(!required).then(|| {
                view! {
                    <label class="alternative none">
                        <span class="radio">
                            {choice(None, i18n.t(&Msg::EitherNone), group.with_value(|group| format!("choose-none-{group}")))}
                        </span>
                        <span>{i18n.say(Msg::EitherNone)}</span>
                    </label>
                }
            })}
        </fieldset>
    }
    .into_any()
}
