//! Monitor: the logs of what runs now, side by side.

use domain::protocol::http::ListTasksQuery;
use domain::run::ShownStatus;
use domain::task::{RunId, TaskSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::browser::{self, Debounce};
use crate::client::list_tasks;
use crate::components::log_view::LogView;
use crate::components::notice::{Empty, Failure, Skeleton};
use crate::components::status_badge::StatusBadge;
use crate::components::task_row::{Varied, task_path};
use crate::i18n::Msg;
use crate::live::TasksEvent;
use crate::state::{Remote, use_app};

/// The most logs at a time.
const MAX_LOGS: u64 = 6;

/// The page.
#[component]
pub(crate) fn MonitorPage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let tasks = RwSignal::new(Remote::<Vec<TaskSummary>>::Loading);
    let columns = RwSignal::new(2_u32);
    let load = move || {
        spawn_local(async move {
            let query = ListTasksQuery {
                status: Some(ShownStatus::Running),
                limit: MAX_LOGS,
                ..Default::default()
            };
            let answer = list_tasks(&query).await.map(|answer| answer.tasks);
            let _ = tasks.try_set(answer.into());
        });
    };
    Effect::new(move |_| {
        if let Some(kept) = browser::stored("monitor/columns").and_then(|text| text.parse().ok()) {
            columns.set(u32::clamp(kept, 1, 3));
        }
        load();
    });
    let load_later = Debounce::new(200);
    app.live.on_tasks(move |event| {
        let is_known = |task: &TaskSummary| {
            tasks.with_untracked(|all| {
                all.ready()
                    .is_some_and(|all| all.iter().any(|t| t.id == task.id && t.runs == task.runs))
            })
        };
        match event {
            // A log that ends here stays until something else wants its place.
            TasksEvent::Changed { task, .. } if is_known(&task) => tasks.update(|all| {
                if let Remote::Ready(all) = all
                    && let Some(held) = all.iter_mut().find(|held| held.id == task.id)
                {
                    *held = *task;
                }
            }),
            TasksEvent::Changed { task, .. } if task.status != ShownStatus::Running => {}
            _ => load_later.run(load),
        }
    });
    let is_empty = Memo::new(move |_| tasks.with(|all| all.ready().map(Vec::is_empty)));
    view! {
        <Title text=i18n.say(Msg::NavMonitor)/>
        <div class="page monitor">
            <div class="page-head">
                <h1>{i18n.say(Msg::NavMonitor)}</h1>
                <span class="spacer"></span>
                <Columns columns/>
            </div>
            {move || match is_empty.get() {
                Some(true) => {
                    view! {
                        <Empty title=Msg::NothingRuns hint=Msg::NothingRunsHint>
                            <p>
                                <A href="/runs">{i18n.say(Msg::GoToRuns)}</A>
                            </p>
                        </Empty>
                    }
                    .into_any()
                }
                Some(false) => view! { <Tiles tasks columns/> }.into_any(),
                None => {
                    match tasks.get() {
                        Remote::Failed(error) => view! { <Failure error retry=move |()| load()/> }.into_any(),
                        _ => view! { <Skeleton rows=6/> }.into_any(),
                    }
                }
            }}
        </div>
    }
}

#[component]
fn Columns(columns: RwSignal<u32>) -> impl IntoView {
    let i18n = use_app().i18n;
    let option = move |n: u32| {
        view! {
            <button
                type="button"
                data-testid=format!("columns-{n}")
                aria-pressed=move || (columns.get() == n).to_string()
                on:click=move |_| {
                    columns.set(n);
                    browser::store("monitor/columns", &n.to_string());
                }
            >
                {n}
            </button>
        }
    };
    view! {
        <div class="segmented columns" role="group" aria-label=i18n.say(Msg::ColumnsLabel)>
            <span class="segmented-label">{i18n.say(Msg::ColumnsLabel)}</span>
            {[1, 2, 3].map(option).into_iter().collect_view()}
        </div>
    }
}

#[component]
fn Tiles(tasks: RwSignal<Remote<Vec<TaskSummary>>>, columns: RwSignal<u32>) -> impl IntoView {
    let all = move || tasks.with(|all| all.ready().cloned().unwrap_or_default());
    view! {
        <div class="tiles" style:--columns=move || columns.get().to_string()>
            <For each=all key=|task| (task.id.clone(), task.runs) let:task>
                {
                    let run = RunId { task: task.id.clone(), number: task.runs };
                    let id = task.id.clone();
                    let (path, name) = (task_path(&task.id), task.id.task.clone());
                    let task_name = name.clone();
                    let status = Memo::new(move |_| {
                        let find = |all: &Vec<TaskSummary>| all.iter().find(|task| task.id == id).map(|task| task.status);
                        tasks.with(|all| all.ready().and_then(find)).unwrap_or_default()
                    });
                    view! {
                        <section class="tile" data-testid="monitor-tile" data-task=task_name>
                            <header>
                                <StatusBadge status/>
                                <A href=path>{name}</A>
                                <span class="tile-params">
                                    <Varied values=task.varied.clone()/>
                                </span>
                            </header>
                            <LogView run is_compact=true/>
                        </section>
                    }
                }
            </For>
        </div>
    }
}
