//! Generator: the form of an experiment beside the preview of its grid.

use domain::config::Value;
use domain::experiment::Entry;
use domain::grid::SweepOptions;
use domain::protocol::http::GetExperimentResponse;
use domain::task::TaskId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use super::form_state::{FormState, FormView, use_form};
use crate::browser;
use crate::client::{encode, get_experiment, get_task};
use crate::components::done_bar::DoneBar;
use crate::components::import::{self, ImportReport, ImportState};
use crate::components::notice::{Empty, ErrorText, Failure, Skeleton};
use crate::components::parameter_list::{ParameterList, Toolbar};
use crate::components::plan_fields::HowItRuns;
use crate::components::preview_panel::PreviewPanel;
use crate::components::reading::ReadingBar;
use crate::components::sweep_options::SweepOptionsPanel;
use crate::components::tree_view::TreeView;
use crate::components::yaml_editor::YamlEditor;
use crate::i18n::Msg;
use crate::state::{Remote, use_app};
use crate::view_model::generator::literal_inputs;

/// The page: of the experiment in the URL, else of the one that the server was started on.
#[component]
pub(crate) fn GeneratorPage() -> impl IntoView {
    let app = use_app();
    let params = use_params_map();
    let experiment = RwSignal::new(Remote::<GetExperimentResponse>::Loading);
    let name = Memo::new(move |_| {
        params
            .with(|params| params.get("experiment"))
            .or_else(|| app.experiment.get())
    });
    let load = move || {
        let Some(name) = name.get_untracked() else {
            return;
        };
        experiment.set(Remote::Loading);
        leptos::task::spawn_local(async move {
            let answer = get_experiment(&name).await;
            let _ = experiment.try_set(answer.into());
        });
    };
    Effect::new(move |_| {
        if let Some(chosen) = name.get() {
            if app.experiment.get_untracked().as_ref() != Some(&chosen) {
                app.experiment.set(Some(chosen));
            }
            load();
        }
    });
    let reload = Callback::new(move |()| {
        app.load_project();
        load();
    });
    provide_context(Reload(reload));
    let has_none = move || {
        app.project
            .with(|p| p.ready().is_some_and(|p| p.experiments.is_empty()))
    };
    let project_error = move || {
        app.project.with(|project| match project {
            Remote::Failed(error) => Some(error.clone()),
            _ => None,
        })
    };
    view! {
        <Title text=move || app.i18n.t(&Msg::TitleGenerator { experiment: name.get().unwrap_or_default() })/>
        {move || match experiment.get() {
            Remote::Ready(experiment) => view! { <Generator experiment/> }.into_any(),
            Remote::Failed(error) => view! { <Failure error retry=reload/> }.into_any(),
            Remote::Loading if has_none() => {
                view! { <Empty title=Msg::NoExperiments hint=Msg::NoExperimentsHint/> }.into_any()
            }
            Remote::Loading => {
                match project_error() {
                    Some(error) => view! { <Failure error retry=reload/> }.into_any(),
                    None => view! { <GeneratorSkeleton/> }.into_any(),
                }
            }
        }}
    }
}

/// Fetches the experiment again: provided to the page's components.
#[derive(Clone, Copy)]
pub(crate) struct Reload(pub(crate) Callback<()>);

#[component]
fn GeneratorSkeleton() -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <div class="page generator">
            <section class="form-side">
                <h1>{i18n.say(Msg::NavGenerator)}</h1>
                <Skeleton rows=8/>
            </section>
            <aside class="preview-side">
                <Skeleton rows=4/>
            </aside>
        </div>
    }
}

/// A file hovers over the form.
#[derive(Clone, Copy)]
struct Hover(RwSignal<bool>);

#[component]
fn Generator(experiment: GetExperimentResponse) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let problem = experiment.problem.clone();
    let script = experiment.script.clone();
    let entry = entry_of(&experiment);
    let state = FormState::new(app, experiment.clone());
    provide_context(state);
    let imported = ImportState(RwSignal::new(None));
    provide_context(imported);
    state.load_known();
    state.save_when_leaving();
    duplicate_wanted(state);
    let hover = Hover(RwSignal::new(false));
    let dropped = move |event: web_sys::DragEvent| {
        hover.0.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            event.prevent_default();
            import::take(state, imported, file);
        }
    };
    let dragged = move |event: web_sys::DragEvent| {
        let types = event.data_transfer().map(|data| data.types());
        let has_file = types.is_some_and(|types| types.includes(&"Files".into(), 0));
        if has_file {
            event.prevent_default();
            hover.0.set(true);
        }
    };
    view! {
        <div class="page generator">
            <section
                class="form-side"
                class:dropping=move || hover.0.get()
                data-drop=i18n.say(Msg::DropHere)
                aria-labelledby="generator-title"
                on:dragover=dragged
                on:dragleave=move |_| hover.0.set(false)
                on:drop=dropped
            >
                <div class="page-head">
                    <h1 id="generator-title">{i18n.say(Msg::NavGenerator)}</h1>
                    <code class="script">{script}</code>
                    {entry.map(|entry| view! { <span class="hint" data-testid="entry">{i18n.say(entry)}</span> })}
                    <ViewTabs/>
                </div>
                {problem.map(|problem| {
                    let error = crate::client::ClientError::Refused(problem);
                    view! {
                        <div class="failure" data-testid="script-problem">
                            <p>{i18n.say(Msg::ScriptUnreadable)}</p>
                            <ErrorText error/>
                        </div>
                    }
                })}
                <ReadingBar experiment/>
                <DoneBar/>
                <ImportReport/>
                <Toolbar/>
                {move || match state.view.get() {
                    FormView::Form => view! { <ParameterList/> }.into_any(),
                    FormView::Tree => view! { <TreeView/> }.into_any(),
                    FormView::Yaml => view! { <YamlEditor/> }.into_any(),
                }}
                <SweepOptionsPanel/>
                <HowItRuns/>
            </section>
            <PreviewPanel/>
        </div>
    }
    .into_any()
}

/// What the experiment starts, if it is more than a script.
fn entry_of(experiment: &GetExperimentResponse) -> Option<Msg> {
    match &experiment.entry {
        Entry::Script => None,
        Entry::Command => Some(Msg::EntryCommand),
        Entry::Function { function } => Some(Msg::EntryFunction {
            function: function.clone(),
        }),
        Entry::ConfigScript { source } => Some(Msg::EntryConfig {
            source: source.clone(),
        }),
        Entry::RunFile { .. } => {
            let values = experiment
                .template
                .as_ref()
                .map(|template| &template.values);
            let text = |key: &str| {
                let run = values.and_then(|values| value_at(values, "__run__"));
                run.and_then(|run| value_at(run, key))
                    .map(ToString::to_string)
                    .unwrap_or_default()
            };
            Some(Msg::EntryRunFile {
                main: text("__main__"),
                folder: text("__output_dir__"),
                name: text("__name__"),
            })
        }
    }
}

fn value_at<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Map(entries) => entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value),
        _ => None,
    }
}

/// Form, tree and YAML: three views of one state. Arrows move between the tabs.
#[component]
fn ViewTabs() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let all = [
        (FormView::Form, Msg::TabForm, "tab-form"),
        (FormView::Tree, Msg::TabTree, "tab-tree"),
        (FormView::Yaml, Msg::TabYaml, "tab-yaml"),
    ];
    let ids = all.each_ref().map(|(view, _, id)| (*view, *id));
    let on_key = move |event: web_sys::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => ids.len() - 1,
            _ => return,
        };
        let now = ids
            .iter()
            .position(|(view, _)| *view == state.view.get_untracked());
        let (view, id) = ids[(now.unwrap_or(0) + step) % ids.len()];
        state.view.set(view);
        browser::focus(id);
    };
    let yaml_broken = move || {
        state
            .yaml
            .with(|draft| draft.as_ref().is_some_and(|draft| draft.error.is_some()))
    };
    let tab = move |(this, name, id): (FormView, Msg, &'static str)| {
        view! {
            <button
                type="button"
                role="tab"
                class="tab"
                id=id
                data-testid=id
                aria-selected=move || (state.view.get() == this).to_string()
                tabindex=move || if state.view.get() == this { "0" } else { "-1" }
                on:click=move |_| state.view.set(this)
                on:keydown=on_key
            >
                {i18n.say(name)}
                <Show when=move || this == FormView::Yaml && yaml_broken()>
                    <span class="tab-mark" title=i18n.say(Msg::YamlBroken)>"!"</span>
                </Show>
            </button>
        }
    };
    view! { <div class="tabs" role="tablist" aria-label=i18n.say(Msg::ViewsLabel)>{all.map(tab).into_iter().collect_view()}</div> }
}

/// `?from=TASK`: the form takes that task's values, and what was typed before can be brought back.
fn duplicate_wanted(state: FormState) {
    let Some(task) = use_query_map().with_untracked(|query| query.get("from")) else {
        return;
    };
    let app = use_app();
    let go = StoredValue::new_local(use_navigate());
    let id = TaskId {
        experiment: state.name(),
        task: task.clone(),
    };
    leptos::task::spawn_local(async move {
        let answer = get_task(&id).await;
        let config = match answer {
            Ok(detail) => detail.config_yaml,
            Err(error) => return app.warn(error.into()),
        };
        let parameters = state
            .form
            .try_with_untracked(|form| form.parameters().clone());
        let Some(parameters) = parameters else { return };
        match literal_inputs(&parameters, &config) {
            Ok(inputs) => state.edit_undoably(Msg::Duplicated { task }, |form| {
                form.set_options(SweepOptions::default());
                form.replace(inputs);
            }),
            Err(error) => app.warn(Msg::YamlError {
                line: error.line as u64,
                message: error.message,
            }),
        }
        // A reload must not do it again.
        let path = format!("/experiments/{}", encode(&id.experiment));
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        let _ = go.try_with_value(|go| go(&path, options));
    });
}
