//! Templates: what was typed, kept under a name, loaded, replaced, renamed, removed.

use domain::protocol::templates::SavedTemplate;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::confirm::{Confirm, Question};
use crate::client::{self, ClientError};
use crate::i18n::{self, Msg};
use crate::pages::{Done, FormState, Undo, use_form};
use crate::state::{Remote, use_app};

type List = RwSignal<Remote<Vec<SavedTemplate>>>;

/// The menu; the list is fetched when it is opened.
#[component]
pub(crate) fn Templates() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let list: List = RwSignal::new(Remote::Loading);
    let is_open = RwSignal::new(false);
    let load = move || fetch(state, list);
    Effect::new(move |_| {
        state.epoch.track();
        if is_open.get() {
            load();
        }
    });
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<ClientError>);
    let question = RwSignal::new(None::<Question>);
    let save = move |overwrite: bool| {
        let called = name.get_untracked().trim().to_owned();
        if called.is_empty() {
            return;
        }
        let is_taken = list.with_untracked(|list| {
            list.ready()
                .is_some_and(|all| all.iter().any(|template| template.name == called))
        });
        if is_taken && !overwrite {
            question.set(Some(Question {
                ask: Msg::AskReplaceTemplate { name: called },
                detail: Msg::AskReplaceTemplateDetail,
                yes: Msg::YesReplace,
                no: Msg::NotNow,
            }));
            return;
        }
        let (inputs, options) = state
            .form
            .with_untracked(|form| (form.inputs(), form.options().clone()));
        let experiment = state.name();
        spawn_local(async move {
            match client::put_template(&experiment, &called, inputs, options, overwrite).await {
                Ok(_) => {
                    let _ = problem.try_set(None);
                    let _ = name.try_set(String::new());
                    load();
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error));
                }
            }
        });
    };
    let rows = move || match list.get() {
        Remote::Loading => view! { <p class="hint">{i18n.t(&Msg::Loading)}</p> }.into_any(),
        Remote::Failed(error) => {
            let shown = i18n::client_error(i18n.language(), &error).sentence();
            view! { <p class="field-error">{shown}</p> }.into_any()
        }
        Remote::Ready(all) if all.is_empty() => {
            view! { <p class="hint" data-testid="no-templates">{i18n.t(&Msg::NoTemplates)}</p> }
                .into_any()
        }
        Remote::Ready(all) => {
            let row = |template| view! { <Row template list/> };
            view! { <ul>{all.into_iter().map(row).collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <details class="menu" data-testid="templates" on:toggle=move |event| {
            is_open.set(event_target::<web_sys::Element>(&event).has_attribute("open"));
        }>
            <summary class="button">{i18n.say(Msg::Templates)}</summary>
            <div class="menu-panel">
                {rows}
                <form class="menu-form" on:submit=move |event| {
                    event.prevent_default();
                    save(false);
                }>
                    <input
                        type="text"
                        data-testid="template-name"
                        autocomplete="off"
                        placeholder=i18n.say(Msg::TemplateName)
                        aria-label=i18n.say(Msg::TemplateName)
                        prop:value=name
                        on:input:target=move |event| name.set(event.target().value())
                    />
                    <button type="submit" data-testid="template-save" disabled=move || name.with(|name| name.trim().is_empty())>
                        {i18n.say(Msg::SaveTemplate)}
                    </button>
                </form>
                {move || problem.get().map(|error| {
                    let shown = i18n::client_error(i18n.language(), &error).sentence();
                    view! { <p class="field-error" role="alert" data-testid="template-error">{shown}</p> }
                })}
                <Confirm question on_yes=move |()| save(true)/>
            </div>
        </details>
    }
    .into_any()
}

fn fetch(state: FormState, list: List) {
    let experiment = state.name();
    spawn_local(async move {
        let answer = client::list_templates(&experiment).await;
        let _ = list.try_set(answer.map(|answer| answer.templates).into());
    });
}

#[component]
fn Row(template: SavedTemplate, list: List) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = use_form();
    let new_name = RwSignal::new(None::<String>);
    let template = StoredValue::new(template);
    let name = template.with_value(|template| template.name.clone());
    let count = template.with_value(|template| template.inputs.len() as u64);
    let load = move |_| {
        let SavedTemplate {
            name,
            inputs,
            options,
            ..
        } = template.get_value();
        state.edit_undoably(Msg::TemplateLoaded { name }, |form| {
            form.set_options(options);
            form.replace(inputs);
        });
    };
    let rename = move || {
        let Some(to) = new_name.get_untracked() else {
            return;
        };
        let (experiment, from) = (
            state.name(),
            template.with_value(|template| template.name.clone()),
        );
        spawn_local(async move {
            match client::rename_template(&experiment, &from, to.trim().to_owned()).await {
                Ok(()) => fetch(state, list),
                Err(error) => app.warn(error.into()),
            }
        });
    };
    let delete = move |_| {
        let removed = template.get_value();
        let experiment = state.name();
        spawn_local(async move {
            match client::delete_template(&experiment, &removed.name).await {
                Ok(()) => {
                    let _ = state.done.try_set(Some(Done {
                        message: Msg::TemplateRemoved {
                            name: removed.name.clone(),
                        },
                        undo: Undo::Template(removed),
                    }));
                    fetch(state, list);
                }
                Err(error) => app.warn(error.into()),
            }
        });
    };
    let (kept, testid) = (name.clone(), name.clone());
    view! {
        <li class="template" data-testid="template" data-name=testid>
            <Show
                when=move || new_name.with(Option::is_some)
                fallback=move || {
                    let (name, kept) = (name.clone(), kept.clone());
                    view! {
                        <button type="button" class="template-load" data-testid="template-load" on:click=load>
                            <span>{name}</span>
                            <span class="hint">{i18n.say(Msg::TemplateInputs { n: count })}</span>
                        </button>
                        <button type="button" class="small" data-testid="template-rename" on:click=move |_| new_name.set(Some(kept.clone()))>
                            {i18n.say(Msg::Rename)}
                        </button>
                        <button type="button" class="small" data-testid="template-delete" on:click=delete>
                            {i18n.say(Msg::Remove)}
                        </button>
                    }
                }
            >
                <form class="menu-form" on:submit=move |event| {
                    event.prevent_default();
                    rename();
                }>
                    <input
                        type="text"
                        data-testid="template-new-name"
                        aria-label=i18n.say(Msg::TemplateName)
                        prop:value=move || new_name.get().unwrap_or_default()
                        on:input:target=move |event| new_name.set(Some(event.target().value()))
                    />
                    <button type="submit" class="small" data-testid="template-rename-yes">{i18n.say(Msg::Rename)}</button>
                    <button type="button" class="small" on:click=move |_| new_name.set(None)>{i18n.say(Msg::NotNow)}</button>
                </form>
            </Show>
        </li>
    }
    .into_any()
}
