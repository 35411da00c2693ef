//! What a run depended on beside its values: the machine, the interpreter, the source, the variables.

use domain::task::RunId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value as Json;

use super::notice::{Empty, Failure, Skeleton};
use crate::client::get_environment;
use crate::i18n::Msg;
use crate::state::{Remote, use_app};

/// The tab. What the server answers is drawn by its shape, so that a new fact shows without a new page.
#[component]
pub(crate) fn EnvironmentView(run: RunId) -> impl IntoView {
    let answer = RwSignal::new(Remote::<Json>::Loading);
    let run = StoredValue::new(run);
    let load = move || {
        let run = run.get_value();
        spawn_local(async move {
            let _ = answer.try_set(get_environment(&run).await.into());
        });
    };
    Effect::new(move |_| load());
    move || match answer.get() {
        Remote::Loading => view! { <Skeleton rows=6/> }.into_any(),
        Remote::Failed(error) => view! { <Failure error retry=move |()| load()/> }.into_any(),
        Remote::Ready(facts) => draw(&facts),
    }
}

fn draw(facts: &Json) -> AnyView {
    let i18n = use_app().i18n;
    let of = |name: &str| &facts["circumstances"][name];
    let sections: Vec<(Msg, &Json)> = vec![
        (Msg::EnvProblems, of("problems")),
        (Msg::EnvGit, of("git")),
        (Msg::EnvDiff, &facts["diff"]),
        (Msg::EnvSource, of("source")),
        (Msg::EnvPython, of("python")),
        (Msg::EnvRequirements, &facts["requirements"]),
        (Msg::EnvConda, &facts["conda"]),
        (Msg::EnvHost, of("host")),
        (Msg::EnvGpu, of("gpu")),
        (Msg::EnvVariables, of("environment")),
    ];
    let known: Vec<(Msg, AnyView)> = sections
        .into_iter()
        .filter_map(|(name, value)| Some((name, shown(value)?)))
        .collect();
    if known.is_empty() {
        return view! { <Empty title=Msg::EnvNone hint=Msg::EnvNoneHint/> }.into_any();
    }
    let section = |(name, body): (Msg, AnyView)| {
        let is_open = !matches!(
            name,
            Msg::EnvVariables | Msg::EnvRequirements | Msg::EnvConda
        );
        view! {
            <details class="section" open=is_open>
                <summary><h2>{i18n.say(name)}</h2></summary>
                <div class="facts">{body}</div>
            </details>
        }
    };
    view! { <div class="sections" data-testid="environment">{known.into_iter().map(section).collect_view()}</div> }
        .into_any()
}

/// A fact by its shape; nothing for what is empty.
fn shown(value: &Json) -> Option<AnyView> {
    match value {
        Json::Null => None,
        Json::String(text) if text.is_empty() => None,
        Json::String(text) if text.contains('\n') => {
            Some(view! { <pre tabindex="0">{text.clone()}</pre> }.into_any())
        }
        Json::String(text) => Some(view! { <code>{text.clone()}</code> }.into_any()),
        Json::Bool(_) | Json::Number(_) => {
            Some(view! { <code>{value.to_string()}</code> }.into_any())
        }
        Json::Array(items) => {
            let pair = |item: &Json| match item.as_array().map(Vec::as_slice) {
                Some([Json::String(name), value]) => Some((name.clone(), shown(value))),
                _ => None,
            };
            let pairs: Option<Vec<_>> = items.iter().map(pair).collect();
            if let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) {
                return Some(list(pairs));
            }
            let items: Vec<AnyView> = items.iter().filter_map(shown).collect();
            (!items.is_empty()).then(|| {
                let item = |item| view! { <li>{item}</li> };
                view! { <ul>{items.into_iter().map(item).collect_view()}</ul> }.into_any()
            })
        }
        Json::Object(entries) => {
            let pairs: Vec<_> = entries
                .iter()
                .map(|(name, value)| (name.replace('_', " "), shown(value)))
                .filter(|(_, value)| value.is_some())
                .collect();
            (!pairs.is_empty()).then(|| list(pairs))
        }
    }
}

fn list(pairs: Vec<(String, Option<AnyView>)>) -> AnyView {
    let pair = |(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! { <dl>{pairs.into_iter().map(pair).collect_view()}</dl> }.into_any()
}
