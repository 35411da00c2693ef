//! One parameter: label, text that takes a value or batch syntax, helper, expansion or error, help.

use domain::config::{Key, Value};
use domain::grid::{AxisForm, Expansion, FieldReport};
use domain::schema::parameters::{Parameter, ScalarKind};
use leptos::prelude::*;

use super::field_helper::FieldHelper;
use super::icons::{Glyph, Icon};
use crate::i18n::{self, Msg};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::generator::{caret_line, ghost, type_word};

/// The field of the parameter at `index`.
#[component]
pub(crate) fn Field(index: usize) -> impl IntoView {
    let state = use_form();
    let Some(parameter) = state
        .form
        .with_untracked(|form| form.parameters().get(index).cloned())
    else {
        return ().into_any();
    };
    let key = StoredValue::new(parameter.key.clone());
    let text =
        Memo::new(move |_| key.with_value(|key| state.form.with(|form| form.text(key).to_owned())));
    let report = Memo::new(move |_| state.form.with(|form| form.report(index).cloned()));
    let is_changed = Memo::new(move |_| !text.with(String::is_empty));
    let is_varied =
        Memo::new(move |_| expansion_of(report).is_some_and(|expansion| expansion.count > 1));
    let has_error =
        Memo::new(move |_| report.with(|r| r.as_ref().is_some_and(|r| r.error.is_some())));
    let id = format!("field-{}", parameter.key);
    let note_id = format!("{id}-note");
    let is_number = matches!(
        parameter.kind.scalar,
        ScalarKind::Int | ScalarKind::Float | ScalarKind::Count
    ) && !parameter.kind.list;
    let placeholder = ghost(&parameter);
    let has_expr = parameter.default.is_none() && parameter.default_expr.is_some();
    let i18n = use_app().i18n;
    let is_null = parameter.default == Some(Value::Null);
    let shown_placeholder = move || match (is_null, has_expr) {
        (true, _) => i18n.t(&Msg::NotGiven),
        (_, true) => i18n.t(&Msg::Expression {
            source: placeholder.clone(),
        }),
        _ => placeholder.clone(),
    };
    let note = note_id.clone();
    view! {
        <div
            class="field"
            class:varied=is_varied
            class:changed=is_changed
            class:invalid=has_error
            data-testid=format!("field-row-{}", parameter.key)
        >
            <FieldHead parameter=parameter.clone() is_changed input_id=id.clone()/>
            <div class="field-body">
                <div class="field-control">
                    <input
                        id=id.clone()
                        type="text"
                        class="value"
                        data-testid=id
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        inputmode=if is_number { "decimal" } else { "text" }
                        required=parameter.required
                        placeholder=shown_placeholder
                        aria-invalid=move || has_error.get().to_string()
                        aria-describedby=note_id
                        prop:value=text
                        on:input:target=move |event| {
                            key.with_value(|key| state.set(key, &event.target().value()));
                        }
                    />
                    <FieldHelper parameter=parameter.clone() text is_number/>
                </div>
                <div id=note aria-live="polite">
                    <FieldNote key_=parameter.key.clone() text report/>
                </div>
                {parameter.help.clone().map(|help| view! { <Help help/> })}
            </div>
        </div>
    }
    .into_any()
}

fn expansion_of(report: Memo<Option<FieldReport>>) -> Option<Expansion> {
    report.with(|report| report.as_ref().and_then(|report| report.expansion.clone()))
}

/// Name, type, marks, pin and reset.
#[component]
fn FieldHead(parameter: Parameter, is_changed: Memo<bool>, input_id: String) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let key = StoredValue::new(parameter.key.clone());
    let is_pinned =
        Memo::new(move |_| key.with_value(|key| state.pinned.with(|pinned| pinned.contains(key))));
    let exclusive = parameter.mx.is_some();
    let pin_label = move || {
        i18n.t(if is_pinned.get() {
            &Msg::Unpin
        } else {
            &Msg::Pin
        })
    };
    let flags = parameter.flags.join(" ");
    view! {
        <div class="field-head">
            <label for=input_id title=flags>
                <span class="changed-dot" aria-hidden="true"></span>
                <code>{parameter.key.to_string()}</code>
            </label>
            <span class="field-type">{type_word(&parameter)}</span>
            {parameter.required.then(|| {
                view! {
                    <span class="required" title=i18n.say(Msg::Required)>
                        <span aria-hidden="true">"*"</span>
                        <span class="required-word">{i18n.say(Msg::Required)}</span>
                    </span>
                }
            })}
            {exclusive.then(|| {
                view! {
                    <span class="exclusive" title=i18n.say(Msg::ExclusiveHint)>{i18n.say(Msg::Exclusive)}</span>
                }
            })}
            {parameter.conditional.clone().map(|condition| {
                view! { <span class="exclusive" title=condition>{i18n.say(Msg::Conditional)}</span> }
            })}
            <span class="spacer"></span>
            <Show when=move || is_changed.get()>
                <button
                    type="button"
                    class="icon-button"
                    data-testid=key.with_value(|key| format!("reset-{key}"))
                    title=i18n.say(Msg::Reset)
                    aria-label=i18n.say(Msg::Reset)
                    on:click=move |_| key.with_value(|key| state.set(key, ""))
                >
                    <Icon glyph=Glyph::Reset/>
                </button>
            </Show>
            <button
                type="button"
                class="icon-button pin"
                data-testid=key.with_value(|key| format!("pin-{key}"))
                aria-pressed=move || is_pinned.get().to_string()
                title=pin_label
                aria-label=pin_label
                on:click=move |_| key.with_value(|key| state.toggle_pin(key))
            >
                <Icon glyph=Glyph::Star/>
            </button>
        </div>
    }
}

/// What the text expands to, or what is wrong with it and where.
#[component]
fn FieldNote(key_: Key, text: Memo<String>, report: Memo<Option<FieldReport>>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let key = key_.clone();
    let plan_error = Memo::new(move |_| {
        state.form.with(|form| {
            form.plan()
                .errors
                .iter()
                .find(|error| i18n::concerns(error, &key))
                .cloned()
        })
    });
    let key = key_;
    move || {
        let report = report.get()?;
        if let Some(error) = report.error {
            let shown = i18n::input_error(i18n.language(), &error.kind);
            let typed = text.get();
            let before: String = typed.chars().take(error.start).collect();
            let carets = caret_line(0, error.end - error.start.min(error.end));
            return Some(
                view! {
                    <div class="field-error" data-testid=format!("field-error-{key}")>
                        <pre class="caret" aria-hidden="true">{typed} "\n" <span class="unseen">{before}</span> {carets}</pre>
                        <p>{shown.message}</p>
                        {shown.hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                    </div>
                }
                .into_any(),
            );
        }
        if let Some(error) = plan_error.get() {
            let shown = i18n::plan_error(i18n.language(), &error);
            return Some(
                view! {
                    <div class="field-error" data-testid=format!("field-error-{key}")>
                        <p>{shown.message}</p>
                    </div>
                }
                .into_any(),
            );
        }
        let expansion = report.expansion.filter(|expansion| expansion.count > 1)?;
        let duplicates = expansion.duplicates;
        Some(
            view! {
                <p class="field-expansion" data-testid=format!("field-expansion-{key}")>
                    {i18n.t(&expansion_message(&expansion))}
                    {(duplicates > 0).then(|| {
                        view! { <span class="warn">" "{i18n.t(&Msg::DuplicateValues { n: duplicates })}</span> }
                    })}
                </p>
            }
            .into_any(),
        )
    }
}

fn expansion_message(expansion: &Expansion) -> Msg {
    let mut values = expansion.sample.join(", ");
    if (expansion.sample.len() as u64) < expansion.count {
        values.push_str(", …");
    }
    let n = expansion.count;
    if expansion.form == AxisForm::Zip {
        Msg::ExpandsZipped { n, values }
    } else {
        Msg::Expands { n, values }
    }
}

/// One line of help; a press shows all of it.
#[component]
fn Help(help: String) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <button
            type="button"
            class="help"
            class:open=is_open
            aria-expanded=move || is_open.get().to_string()
            on:click=move |_| is_open.update(|open| *open = !*open)
        >
            {help}
        </button>
    }
}
