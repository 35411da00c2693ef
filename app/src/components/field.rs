//! One parameter: label, text that takes a value or batch syntax, helper, expansion or error, help.

use domain::config::{Key, Value};
use domain::grid::{AxisForm, Expansion, FieldReport};
use domain::protocol::http::GetExperimentResponse;
use domain::schema::parameters::{Parameter, ScalarKind};
use leptos::prelude::*;

use super::field_helper::FieldHelper;
use super::icons::{Glyph, Icon};
use super::origin::OriginOf;
use crate::i18n::{self, Msg};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::generator::{FieldMark, caret_line, ghost, type_word};

/// The field of the parameter at `index`; in a tree the label is the last segment, and the origin is always in sight.
#[component]
pub(crate) fn Field(index: usize, #[prop(optional)] in_tree: bool) -> impl IntoView {
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
    let mark = Memo::new(move |_| state.form.with(|form| form.mark(index)));
    let has_error = move || mark.get() == FieldMark::Invalid;
    let shows_origin = RwSignal::new(in_tree);
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
    let warnings = state.with_experiment(|experiment| warnings_at(experiment, parameter.line));
    view! {
        <div
            class="field"
            class:changed=is_changed
            data-mark=move || mark.get().as_str()
            data-testid=format!("field-row-{}", parameter.key)
        >
            <FieldHead parameter=parameter.clone() is_changed input_id=id.clone() mark shows_origin in_tree/>
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
                        aria-invalid=move || has_error().to_string()
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
                <Show when=move || shows_origin.get()>
                    <OriginOf index/>
                </Show>
                {warnings.into_iter().map(|message| view! { <p class="field-warning" data-testid="field-warning">{message}</p> }).collect_view()}
                {parameter.help.clone().filter(|_| !in_tree).map(|help| view! { <Help help/> })}
            </div>
        </div>
    }
    .into_any()
}

/// What the reading of the script says of the definition in this line.
fn warnings_at(experiment: &GetExperimentResponse, line: u32) -> Vec<String> {
    let warnings = experiment.schema.warnings.iter();
    warnings
        .filter(|warning| line > 0 && warning.line == line)
        .map(|warning| warning.message.clone())
        .collect()
}

/// Name, type, marks, pin and reset.
#[component]
fn FieldHead(
    parameter: Parameter,
    is_changed: Memo<bool>,
    input_id: String,
    mark: Memo<FieldMark>,
    shows_origin: RwSignal<bool>,
    in_tree: bool,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let key = StoredValue::new(parameter.key.clone());
    let is_pinned =
        Memo::new(move |_| key.with_value(|key| state.pinned.with(|pinned| pinned.contains(key))));
    let name = if in_tree {
        parameter
            .key
            .segments()
            .last()
            .unwrap_or_default()
            .to_owned()
    } else {
        parameter.key.to_string()
    };
    let mark_name = move || {
        i18n.t(&match mark.get() {
            FieldMark::Inherited => Msg::MarkInherited,
            FieldMark::Overridden => Msg::MarkOverridden,
            FieldMark::Swept => Msg::MarkSwept,
            FieldMark::Derived => Msg::MarkDerived,
            FieldMark::Invalid => Msg::MarkInvalid,
        })
    };
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
                <code>{name}</code>
            </label>
            <span class="field-type">{type_word(&parameter)}</span>
            <button
                type="button"
                class="mark"
                data-testid=key.with_value(|key| format!("mark-{key}"))
                aria-expanded=move || shows_origin.get().to_string()
                title=i18n.say(Msg::OriginHint)
                on:click=move |_| shows_origin.update(|shown| *shown = !*shown)
            >
                {mark_name}
            </button>
            {parameter.required.then(|| {
                view! {
                    <span class="required" title=i18n.say(Msg::Required)>
                        <span aria-hidden="true">"*"</span>
                        <span class="required-word">{i18n.say(Msg::Required)}</span>
                    </span>
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
pub(crate) fn FieldNote(
    key_: Key,
    text: Memo<String>,
    report: Memo<Option<FieldReport>>,
) -> impl IntoView {
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
    match (expansion.form, &expansion.group) {
        (AxisForm::Zip, Some(group)) => Msg::ExpandsZippedAs {
            n,
            group: group.clone(),
            values,
        },
        (AxisForm::Zip, None) => Msg::ExpandsZipped { n, values },
        (AxisForm::Sampled, _) => Msg::ExpandsSampled { n, values },
        _ => Msg::Expands { n, values },
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
