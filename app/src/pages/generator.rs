//! Generator: the form of an experiment beside the preview of its grid.

use domain::protocol::http::GetExperimentResponse;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::form_state::FormState;
use crate::client::get_experiment;
use crate::components::notice::{Empty, ErrorText, Failure, Skeleton};
use crate::components::parameter_list::ParameterList;
use crate::components::preview_panel::PreviewPanel;
use crate::components::yaml_editor::YamlEditor;
use crate::i18n::Msg;
use crate::state::{Remote, use_app};

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

#[component]
fn Generator(experiment: GetExperimentResponse) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let problem = experiment.problem.clone();
    let script = experiment.script.clone();
    let state = FormState::new(app, experiment);
    provide_context(state);
    let is_yaml = RwSignal::new(false);
    let yaml_broken = move || {
        state
            .yaml
            .with(|draft| draft.as_ref().is_some_and(|draft| draft.error.is_some()))
    };
    let tab = move |yaml: bool, name: Msg, testid: &'static str| {
        view! {
            <button
                type="button"
                role="tab"
                class="tab"
                data-testid=testid
                aria-selected=move || (is_yaml.get() == yaml).to_string()
                on:click=move |_| is_yaml.set(yaml)
            >
                {i18n.say(name)}
                <Show when=move || yaml && yaml_broken()>
                    <span class="tab-mark" title=i18n.say(Msg::YamlBroken)>"!"</span>
                </Show>
            </button>
        }
    };
    view! {
        <div class="page generator">
            <section class="form-side" aria-labelledby="generator-title">
                <div class="page-head">
                    <h1 id="generator-title">{i18n.say(Msg::NavGenerator)}</h1>
                    <code class="script">{script}</code>
                    <div class="tabs" role="tablist">
                        {tab(false, Msg::TabForm, "tab-form")} {tab(true, Msg::TabYaml, "tab-yaml")}
                    </div>
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
                <Show when=move || is_yaml.get() fallback=ParameterList>
                    <YamlEditor/>
                </Show>
            </section>
            <PreviewPanel/>
        </div>
    }
}
