//! What a person can say about a task on its page, and what it waits for or holds.

use domain::protocol::queue::{PatchTasksRequest, PauseRequest};
use domain::queue::{ExecutorName, WaitReason};
use domain::run::RunRecord;
use domain::task::{TaskDetail, TaskId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::organise::{OrganiseButtons, patch, settle};
use crate::client::{pause, rename_task};
use crate::i18n::{self, Msg, Phrase};
use crate::pages::clock;
use crate::state::{Remote, use_app};
use crate::view_model::format::{bytes, duration};
use crate::view_model::selection::these;

/// Why it waits and when it may start; nothing if it does not wait.
#[component]
pub(crate) fn WaitingBox(
    detail: RwSignal<Remote<TaskDetail>>,
    #[prop(into)] on_change: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let waiting = Memo::new(move |_| {
        detail.with(|detail| {
            let detail = detail.ready()?;
            Some((detail.summary.id.clone(), detail.summary.waiting.clone()?))
        })
    });
    move || {
        waiting.get().map(|(id, waiting)| {
            let is_paused = waiting.reasons.contains(&WaitReason::TaskPaused);
            let hold = move |_| {
                let what = PauseRequest::Tasks { tasks: vec![id.clone()], filter: None };
                spawn_local(async move {
                    let done = pause(&what, !is_paused).await;
                    settle(app, done, Phrase::Changed.into(), on_change);
                });
            };
            let reason = move |reason: WaitReason| {
                let text = move || i18n::wait_reason(i18n.language(), &reason, &|at| clock(app, at));
                view! { <li data-testid="wait-reason">{text}</li> }
            };
            let eta = waiting.may_start_at_ms.map(|at| {
                let time = clock(app, at);
                view! { <p class="number">{i18n.say(Msg::MayStart { time })}</p> }
            });
            let position = Msg::QueuePosition { n: waiting.position };
            view! {
                <section class="waiting-box" data-testid="waiting" aria-label=i18n.say(Phrase::WhyItWaits)>
                    <strong>{i18n.say(position)}</strong>
                    <ul>{waiting.reasons.into_iter().map(reason).collect_view()}</ul>
                    {eta}
                    <button type="button" class="small" data-testid="hold-task" on:click=hold>
                        {i18n.say(if is_paused { Phrase::Resume } else { Phrase::Pause })}
                    </button>
                </section>
            }
        })
    }
}

/// Labels, description, and the acts that change them.
#[component]
pub(crate) fn TaskMarks(
    id: TaskId,
    detail: RwSignal<Remote<TaskDetail>>,
    #[prop(into)] on_change: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let id = StoredValue::new(id);
    let marks = Memo::new(move |_| {
        detail.with(|detail| {
            let task = detail.ready().map(|detail| &detail.task);
            task.map(|task| {
                (
                    task.labels.clone(),
                    task.description.clone(),
                    task.user.clone(),
                )
            })
            .unwrap_or_default()
        })
    });
    let navigate = StoredValue::new_local(leptos_router::hooks::use_navigate());
    let gone = move |()| {
        let _ =
            navigate.try_with_value(|go| go("/runs", leptos_router::NavigateOptions::default()));
    };
    let is_waiting = move || {
        u64::from(detail.with(|detail| {
            detail
                .ready()
                .is_some_and(|detail| detail.summary.waiting.is_some())
        }))
    };
    let label = move |label: String| {
        let gone = label.clone();
        let remove = move |_| {
            let request = PatchTasksRequest {
                tasks: vec![id.get_value()],
                remove_labels: vec![gone.clone()],
                ..PatchTasksRequest::default()
            };
            patch(app, request, on_change);
        };
        let name = Msg::RemoveNamed {
            name: label.clone(),
        };
        view! {
            <span class="label-chip" data-testid="label">
                {label}
                <button type="button" aria-label=i18n.say(name) on:click=remove>"×"</button>
            </span>
        }
    };
    let describe = move |text: String| {
        let request = PatchTasksRequest {
            tasks: vec![id.get_value()],
            description: Some(text),
            ..PatchTasksRequest::default()
        };
        patch(app, request, on_change);
    };
    view! {
        <div class="task-marks">
            {move || marks.with(|(labels, ..)| labels.clone()).into_iter().map(label).collect_view()}
            {move || marks.with(|(.., user)| (!user.is_empty()).then(|| view! { <span class="hint">"@" {user.clone()}</span> }))}
            <input
                type="text"
                class="description"
                data-testid="description"
                aria-label=i18n.say(Phrase::Description)
                placeholder=i18n.say(Phrase::DescriptionHint)
                prop:value=move || marks.with(|(_, description, _)| description.clone())
                on:change:target=move |event| describe(event.target().value())
            />
            <details class="more-acts">
                <summary class="button small" data-testid="more-acts">{i18n.say(Phrase::More)}</summary>
                <div class="more-acts-body">
                    <OrganiseButtons tasks=move |_| these(vec![id.get_value()]) waiting=Signal::derive(is_waiting) on_done=on_change on_gone=gone/>
                    <Rename id/>
                </div>
            </details>
        </div>
    }
    .into_any()
}

#[component]
fn Rename(id: StoredValue<TaskId>) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let name = RwSignal::new(id.with_value(|id| id.task.clone()));
    let navigate = StoredValue::new_local(leptos_router::hooks::use_navigate());
    let send = move || {
        let to = name.get_untracked().trim().to_owned();
        if to.is_empty() || id.with_value(|id| id.task == to) {
            return;
        }
        spawn_local(async move {
            match rename_task(&id.get_value(), to).await {
                Ok(now) => {
                    let path = super::task_row::task_path(&now);
                    let go = |go: &_| -> () {
                        let go: &dyn Fn(&str, leptos_router::NavigateOptions) = go;
                        go(
                            &path,
                            leptos_router::NavigateOptions {
                                replace: true,
                                ..Default::default()
                            },
                        );
                    };
                    let _ = navigate.try_with_value(|navigate| go(navigate));
                }
                Err(error) => app.warn(error.into()),
            }
        });
    };
    view! {
        <form
            class="label-form"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <input
                type="text"
                data-testid="rename-input"
                aria-label=i18n.say(Phrase::NewName)
                prop:value=name
                on:input:target=move |event| name.set(event.target().value())
            />
            <button type="submit" data-testid="rename">{i18n.say(Msg::Rename)}</button>
        </form>
    }
}

/// What a run holds and used, beside its times.
#[component]
pub(crate) fn RunFacts(run: RunRecord) -> impl IntoView {
    let i18n = use_app().i18n;
    let fact = move |name: Msg, value: String| view! { <div><dt>{i18n.say(name)}</dt><dd class="number">{value}</dd></div> };
    let gpus = (!run.allocation.gpus.is_empty()).then(|| {
        let text = |device: &domain::queue::Device| {
            format!("{} {}", device.id, device.name).trim().to_owned()
        };
        run.allocation
            .gpus
            .iter()
            .map(text)
            .collect::<Vec<_>>()
            .join(", ")
    });
    let executor = match &run.executor {
        ExecutorName::Subprocess => None,
        ExecutorName::Inline => Some("inline".to_owned()),
        ExecutorName::Fork { modules } => Some(format!("fork ({})", modules.join(", "))),
    };
    // Of a run that ended within a moment nothing was measured.
    let usage = run.usage.filter(|usage| usage.peak_memory_bytes > 0);
    let lost_at = (run.shown() == domain::run::ShownStatus::Lost)
        .then_some(run.log_bytes)
        .flatten();
    view! {
        {(run.retry > 0).then(|| fact(Phrase::RetryFact.into(), run.retry.to_string()))}
        {executor.map(|executor| fact(Phrase::Executor.into(), executor))}
        {gpus.map(|gpus| fact(Msg::EnvGpu, gpus))}
        {usage.map(|usage| fact(Phrase::PeakMemory.into(), bytes(usage.peak_memory_bytes)))}
        {usage.map(|usage| fact(Phrase::CpuTime.into(), duration(usage.cpu_ms)))}
        {lost_at.map(|offset| fact(Phrase::LogKnownTo.into(), bytes(offset)))}
    }
}
