//! What narrows or extends a sweep beside the fields: conditions, exclusions, rows, variations, sampling.

use domain::config::Value;
use domain::config::yaml::{from_yaml, to_yaml};
use domain::grid::{
    Assignments, Dropper, Duplicates, Exclusion, PlanError, SampleMethod, SweepOptions, Variation,
};
use leptos::prelude::*;

use super::rows_editor::RowsEditor;
use crate::i18n::{self, Msg};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::generator::caret_line;

/// The panel, folded until something in it is set; drawn anew when options come from elsewhere.
#[component]
pub(crate) fn SweepOptionsPanel() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let is_set = state.form.with_untracked(|form| !form.options().is_empty());
    let parts = Memo::new(move |_| state.form.with(|form| parts_set(form.options())));
    view! {
        <details class="section" open=is_set data-testid="sweep-options">
            <summary>
                <h2>{i18n.say(Msg::SweepOptions)}</h2>
                <span class="hint">{move || (parts.get() > 0).then(|| i18n.t(&Msg::OptionsSet { n: parts.get() }))}</span>
            </summary>
            {move || {
                state.epoch.track();
                parts_view()
            }}
        </details>
    }
    .into_any()
}

fn parts_set(options: &SweepOptions) -> u64 {
    let default = SweepOptions::default();
    [
        !options.conditions.is_empty(),
        !options.exclude.is_empty(),
        !options.rows.is_empty(),
        !options.variations.is_empty(),
        options.sample != default.sample,
        options.duplicates != default.duplicates,
    ]
    .into_iter()
    .filter(|is_set| *is_set)
    .count() as u64
}

#[expect(
    clippy::too_many_lines,
    reason = "one view, whose parts share its signals"
)]
fn parts_view() -> AnyView {
    let i18n = use_app().i18n;
    let state = use_form();
    let options = state.form.with_untracked(|form| form.options().clone());
    let conditions = options.conditions.join("\n");
    let exclude = options
        .exclude
        .iter()
        .map(exclusion_text)
        .collect::<Vec<_>>()
        .join("\n");
    let variations = variations_text(&options.variations);
    let sample = options.sample;
    let duplicates = options.duplicates;
    view! {
        <div class="options">
            <TextOption
                testid="conditions"
                name=Msg::Conditions
                hint=Msg::ConditionsHint
                text=conditions
                set=|options, text| {
                    options.conditions = lines(text);
                    Ok(())
                }
            />
            <TextOption
                testid="exclude"
                name=Msg::Exclusions
                hint=Msg::ExclusionsHint
                text=exclude
                set=|options, text| {
                    options.exclude = lines(text).iter().map(|line| exclusion(line)).collect();
                    Ok(())
                }
            />
            <div class="option" role="group" aria-label=i18n.say(Msg::Rows)>
                <span class="option-name">{i18n.say(Msg::Rows)}</span>
                <div>
                    <RowsEditor/>
                    <p class="hint">{i18n.say(Msg::RowsHint)}</p>
                </div>
            </div>
            <TextOption
                testid="variations"
                name=Msg::Variations
                hint=Msg::VariationsHint
                text=variations
                set=|options, text| {
                    options.variations = read_variations(text)?;
                    Ok(())
                }
            />
            <div class="option" role="group" aria-label=i18n.say(Msg::Sampling)>
                <span class="option-name">{i18n.say(Msg::Sampling)}</span>
                <div>
                    <div class="option-row">
                        <label>
                            {i18n.say(Msg::SampleCount)}
                            <input
                                type="number"
                                min="1"
                                data-testid="sample-count"
                                prop:value=sample.count.to_string()
                                on:change:target=move |event| {
                                    if let Ok(count) = event.target().value().trim().parse() {
                                        state.edit_options(|options| options.sample.count = count);
                                    }
                                }
                            />
                        </label>
                        <label>
                            {i18n.say(Msg::SampleSeed)}
                            <input
                                type="number"
                                min="0"
                                data-testid="sample-seed"
                                prop:value=sample.seed.to_string()
                                on:change:target=move |event| {
                                    if let Ok(seed) = event.target().value().trim().parse() {
                                        state.edit_options(|options| options.sample.seed = seed);
                                    }
                                }
                            />
                        </label>
                        <label>
                            {i18n.say(Msg::SampleMethod)}
                            <select
                                data-testid="sample-method"
                                on:change:target=move |event| {
                                    let method = if event.target().value() == "lhs" {
                                        SampleMethod::LatinHypercube
                                    } else {
                                        SampleMethod::Random
                                    };
                                    state.edit_options(|options| options.sample.method = method);
                                }
                            >
                                <option value="random" selected=sample.method == SampleMethod::Random>{i18n.say(Msg::MethodRandom)}</option>
                                <option value="lhs" selected=sample.method == SampleMethod::LatinHypercube>{i18n.say(Msg::MethodLatin)}</option>
                            </select>
                        </label>
                    </div>
                    <p class="hint">{i18n.say(Msg::SamplingHint)}</p>
                </div>
            </div>
            <div class="option">
                <span class="option-name">{i18n.say(Msg::DuplicatesName)}</span>
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="keep-duplicates"
                        prop:checked=duplicates == Duplicates::Keep
                        on:change:target=move |event| {
                            let keep = if event.target().checked() { Duplicates::Keep } else { Duplicates::Drop };
                            state.edit_options(|options| options.duplicates = keep);
                        }
                    />
                    <span>{i18n.say(Msg::KeepDuplicates)}</span>
                </label>
            </div>
        </div>
    }
    .into_any()
}

/// A text of several lines that becomes an option, or says why not.
#[component]
fn TextOption(
    testid: &'static str,
    name: Msg,
    hint: Msg,
    text: String,
    set: fn(&mut SweepOptions, &str) -> Result<(), String>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let problem = RwSignal::new(None::<String>);
    let errors = Memo::new(move |_| {
        let is_ours = |by: &Dropper| match by {
            Dropper::Condition(_) => testid == "conditions",
            Dropper::Exclusion(_) => testid == "exclude",
        };
        let errors = state.form.with(|form| form.plan().errors.clone());
        errors
            .into_iter()
            .filter_map(|error| match &error {
                PlanError::Expression { by, text, .. } if is_ours(by) => {
                    Some((text.clone(), error))
                }
                _ => None,
            })
            .collect::<Vec<_>>()
    });
    let rows = RwSignal::new(line_count(&text));
    let label = name.clone();
    let typed = move |text: String| {
        rows.set(line_count(&text));
        let mut options = state.form.with_untracked(|form| form.options().clone());
        match set(&mut options, &text) {
            Ok(()) => {
                problem.set(None);
                state.edit_options(|known| *known = options);
            }
            Err(message) => problem.set(Some(message)),
        }
    };
    view! {
        <div class="option">
            <span class="option-name">{i18n.say(name)}</span>
            <div>
                <textarea
                    class="value"
                    data-testid=testid
                    spellcheck="false"
                    autocapitalize="off"
                    aria-label=i18n.say(label)
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    rows=move || rows.get().to_string()
                    prop:value=text
                    on:input:target=move |event| typed(event.target().value())
                ></textarea>
                {move || problem.get().map(|problem| view! { <p class="field-error" role="alert">{problem}</p> })}
                {move || errors.get().into_iter().map(move |(text, error)| {
                    let shown = i18n::plan_error(i18n.language(), &error);
                    let caret = match &error {
                        PlanError::Expression { error, .. } => caret_line(error.start, error.end),
                        _ => String::new(),
                    };
                    view! {
                        <div class="field-error" data-testid=format!("{testid}-error")>
                            <pre class="caret" aria-hidden="true">{text}"\n"{caret}</pre>
                            <p>{shown.message}</p>
                            {shown.hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                        </div>
                    }
                }).collect_view()}
                <p class="hint">{i18n.say(hint)}</p>
            </div>
        </div>
    }
    .into_any()
}

fn line_count(text: &str) -> usize {
    text.lines().count().clamp(1, 12) + usize::from(text.ends_with('\n'))
}

fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `{lr: 1, seed: 2}` names the values of points, everything else is an expression.
fn exclusion(line: &str) -> Exclusion {
    let values = line
        .starts_with('{')
        .then(|| from_yaml(line).ok())
        .flatten();
    match values {
        Some(Value::Map(entries)) => Exclusion::Values(Assignments(
            entries
                .into_iter()
                .map(|(key, value)| (domain::config::Key::new(key), value))
                .collect(),
        )),
        _ => Exclusion::Expression(line.to_owned()),
    }
}

/// An exclusion as it is typed.
pub(crate) fn exclusion_text(exclusion: &Exclusion) -> String {
    match exclusion {
        Exclusion::Expression(text) => text.clone(),
        Exclusion::Values(Assignments(values)) => {
            let pairs: Vec<String> = values
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// Axes of variations as YAML: each variation a map, its name beside what it sets.
fn variations_text(variations: &[Vec<Variation>]) -> String {
    if variations.is_empty() {
        return String::new();
    }
    let variation = |variation: &Variation| {
        let name = variation.name.clone().map(|name| ("name".to_owned(), name));
        let values = variation.values.0.iter();
        let values = values.map(|(key, value)| (key.to_string(), value.clone()));
        Value::Map(name.into_iter().chain(values).collect())
    };
    let axis = |axis: &Vec<Variation>| Value::List(axis.iter().map(variation).collect());
    to_yaml(&Value::List(variations.iter().map(axis).collect()))
}

fn read_variations(text: &str) -> Result<Vec<Vec<Variation>>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let value = from_yaml(text).map_err(|error| error.to_string())?;
    let list = |value: Value, what: &str| match value {
        Value::List(items) => Ok(items),
        other => Err(format!("`{other}` is not a list of {what}")),
    };
    let variation = |value: Value| match value {
        Value::Map(entries) => {
            let (names, values): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(key, _)| key == "name");
            let values = values.into_iter();
            Ok(Variation {
                name: names.into_iter().next().map(|(_, name)| name),
                values: Assignments(
                    values
                        .map(|(key, value)| (domain::config::Key::new(key), value))
                        .collect(),
                ),
            })
        }
        other => Err(format!("`{other}` is not a map of keys and values")),
    };
    list(value, "axes")?
        .into_iter()
        .map(|axis| {
            list(axis, "variations")?
                .into_iter()
                .map(variation)
                .collect()
        })
        .collect()
}
