//! The config of a task: resolved, or as what differs from the defaults or from another task.

use domain::config::yaml::from_yaml;
use domain::config::{Value, leaves};
use domain::task::{TaskDetail, TaskId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::form_state::parameters_in;
use super::run_parts::CopyButton;
use crate::client::{get_experiment, get_task};
use crate::i18n::Msg;
use crate::state::{Remote, use_app};

/// A config as its leaves, in order.
type Leaves = Vec<(String, String)>;

/// What the config is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Against {
    #[default]
    Nothing,
    Defaults,
    Task(String),
}

/// The resolved config, with a comparison.
#[component]
pub(crate) fn ConfigView(detail: RwSignal<Remote<TaskDetail>>) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let text = Memo::new(move |_| {
        detail.with(|detail| {
            detail
                .ready()
                .map(|d| d.config_yaml.clone())
                .unwrap_or_default()
        })
    });
    let against = RwSignal::new(Against::Nothing);
    let other = RwSignal::new(Remote::<Leaves>::Loading);
    let id = move || {
        detail.with_untracked(|detail| detail.ready().map(|detail| detail.summary.id.clone()))
    };
    Effect::new(move |_| {
        let (Some(id), wanted) = (id(), against.get()) else {
            return;
        };
        other.set(Remote::Loading);
        spawn_local(async move {
            let answer = match wanted {
                Against::Nothing => return,
                Against::Defaults => get_experiment(&id.experiment)
                    .await
                    .map(|experiment| defaults(&parameters_in(&experiment))),
                Against::Task(task) => get_task(&TaskId { task, ..id })
                    .await
                    .map(|detail| leaves_of(&detail.config_yaml)),
            };
            let _ = other.try_set(answer.into());
        });
    });
    let choose = move |wanted: Against, name: Msg, testid: &'static str| {
        let this = wanted.clone();
        view! {
            <button
                type="button"
                data-testid=testid
                aria-pressed=move || (against.get() == this).to_string()
                on:click=move |_| against.set(wanted.clone())
            >
                {i18n.say(name)}
            </button>
        }
    };
    let named = move |name: String| {
        let name = name.trim().to_owned();
        against.set(if name.is_empty() {
            Against::Nothing
        } else {
            Against::Task(name)
        });
    };
    let shown = move || match (against.get(), other.get()) {
        (Against::Nothing, _) => view! { <pre tabindex="0">{text}</pre> }.into_any(),
        (_, Remote::Loading) => view! { <p class="hint">{i18n.t(&Msg::Loading)}</p> }.into_any(),
        (_, Remote::Failed(error)) => {
            view! { <div class="failure"><crate::components::notice::ErrorText error/></div> }
                .into_any()
        }
        (_, Remote::Ready(other)) => differences(i18n, &leaves_of(&text.get()), &other),
    };
    view! {
        <div class="code-block" data-testid="config-yaml">
            <div class="toolbar">
                <CopyButton text=text/>
                <div class="segmented" role="group" aria-label=i18n.say(Msg::CompareWith)>
                    {choose(Against::Nothing, Msg::CompareNothing, "config-all")}
                    {choose(Against::Defaults, Msg::CompareDefaults, "config-defaults")}
                </div>
                <input
                    type="text"
                    class="compare-task"
                    data-testid="config-task"
                    placeholder=i18n.say(Msg::CompareTask)
                    aria-label=i18n.say(Msg::CompareTask)
                    on:change:target=move |event| named(event.target().value())
                />
            </div>
            {shown}
        </div>
    }
    .into_any()
}

fn leaves_of(yaml: &str) -> Leaves {
    let config = from_yaml(yaml).unwrap_or_default();
    leaves(&config)
        .into_iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

fn defaults(parameters: &[domain::schema::parameters::Parameter]) -> Leaves {
    let value = |value: &Value| value.to_string();
    parameters
        .iter()
        .filter_map(|parameter| {
            Some((
                parameter.key.to_string(),
                value(parameter.default.as_ref()?),
            ))
        })
        .collect()
}

/// One row per key whose values differ.
fn differences(i18n: crate::i18n::I18n, ours: &Leaves, theirs: &Leaves) -> AnyView {
    let find = |all: &Leaves, key: &str| {
        let found = all.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = ours.iter().map(|(key, _)| key).collect();
    keys.extend(
        theirs
            .iter()
            .map(|(key, _)| key)
            .filter(|key| find(ours, key).is_none()),
    );
    let rows: Vec<(String, Option<String>, Option<String>)> = keys
        .into_iter()
        .map(|key| (key.clone(), find(ours, key), find(theirs, key)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .collect();
    if rows.is_empty() {
        return view! { <p class="hint" data-testid="no-differences">{i18n.t(&Msg::NoDifferences)}</p> }.into_any();
    }
    let cell = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
    let row = |(key, ours, theirs): (String, Option<String>, Option<String>)| {
        view! {
            <tr>
                <th scope="row"><code>{key}</code></th>
                <td><code>{cell(ours)}</code></td>
                <td><code>{cell(theirs)}</code></td>
            </tr>
        }
    };
    view! {
        <table class="differences" data-testid="config-differences">
            <thead>
                <tr>
                    <th></th>
                    <th>{i18n.t(&Msg::CompareOurs)}</th>
                    <th>{i18n.t(&Msg::CompareTheirs)}</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
