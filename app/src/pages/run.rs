//! Run page: the life, the log, the config and the command of one task's runs.

use domain::run::RunStatus;
use domain::task::{RunId, TaskDetail, TaskId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use super::run_config::ConfigView;
use super::run_parts::{CommandView, Lifecycle, NoRunYet, RunChooser};
use crate::browser::Debounce;
use crate::client::{ClientError, get_task};
use crate::components::act_buttons::ActButtons;
use crate::components::environment::EnvironmentView;
use crate::components::log_view::LogView;
use crate::components::notes::NotesView;
use crate::components::notice::{Failure, Skeleton};
use crate::components::status_badge::StatusBadge;
use crate::components::task_head::{TaskMarks, WaitingBox};
use crate::components::task_plan::TaskPlan;
use crate::components::task_row::{Varied, duplicate_path, task_path};
use crate::components::usage::UsageView;
use crate::i18n::{Msg, Phrase};
use crate::live::TasksEvent;
use crate::query::RunTab;
use crate::state::{Remote, use_app};
use crate::view_model::selection::{possible_of, these};

/// The page. Without a number in the URL it shows the latest run.
#[component]
pub(crate) fn RunPage() -> impl IntoView {
    let app = use_app();
    let params = use_params_map();
    let id = Memo::new(move |_| {
        params.with(|params| TaskId {
            experiment: params.get("experiment").unwrap_or_default(),
            task: params.get("task").unwrap_or_default(),
        })
    });
    let detail = RwSignal::new(Remote::<TaskDetail>::Loading);
    let load = move || {
        let wanted = id.get_untracked();
        spawn_local(async move {
            let answer = get_task(&wanted).await;
            if id.try_get_untracked() != Some(wanted) {
                return;
            }
            // A hiccup does not take away what is on show.
            let is_on_show = detail.with_untracked(|detail| detail.ready().is_some());
            match answer {
                Err(ClientError::Unreachable) if is_on_show => {}
                answer => detail.set(answer.into()),
            }
        });
    };
    Effect::new(move |_| {
        id.with(|_| ());
        detail.set(Remote::Loading);
        load();
    });
    let load_later = Debounce::new(100);
    app.live.on_tasks(move |event| match event {
        TasksEvent::Changed { task, .. } if id.try_get_untracked().as_ref() != Some(&task.id) => {}
        _ => load_later.run(load),
    });
    let is_ready = Memo::new(move |_| {
        detail.with(|detail| detail.ready().map(|detail| detail.summary.id.clone()))
    });
    view! {
        <Title text=move || id.with(|id| id.task.clone())/>
        {move || match is_ready.get() {
            Some(id) => view! { <Run id detail on_change=load/> }.into_any(),
            None => {
                match detail.get() {
                    Remote::Failed(error) => view! { <Failure error retry=move |()| load()/> }.into_any(),
                    _ => view! { <div class="page"><Skeleton rows=8/></div> }.into_any(),
                }
            }
        }}
    }
}

#[component]
fn Run(
    id: TaskId,
    detail: RwSignal<Remote<TaskDetail>>,
    #[prop(into)] on_change: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let params = use_params_map();
    let wanted = Memo::new(move |_| {
        params
            .with(|p| p.get("number"))
            .and_then(|text| text.parse::<u32>().ok())
    });
    let run = Memo::new(move |_| {
        detail.with(|detail| {
            let runs = &detail.ready()?.runs;
            match wanted.get() {
                Some(number) => runs.iter().find(|run| run.number == number).cloned(),
                None => runs.last().cloned(),
            }
        })
    });
    let task_status = Memo::new(move |_| {
        detail.with(|d| d.ready().map(|d| d.summary.status).unwrap_or_default())
    });
    let status = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref()
                .map_or(task_status.get(), domain::run::RunRecord::shown)
        })
    });
    let varied = detail.with_untracked(|detail| {
        detail
            .ready()
            .map(|d| d.summary.varied.clone())
            .unwrap_or_default()
    });
    let can = Memo::new(move |_| possible_of(task_status.get()));
    let navigate = StoredValue::new_local(use_navigate());
    let path = StoredValue::new(task_path(&id));
    let after_act = move |()| {
        // A new run is what one wants to see next.
        if wanted.get_untracked().is_some() {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate.with_value(|go| path.with_value(|path| go(path, options)));
        }
        on_change.run(());
    };
    let number = Memo::new(move |_| run.with(|run| run.as_ref().map(|run| run.number)));
    let this = id.clone();
    view! {
        <div class="page run">
            <nav class="crumbs" aria-label=i18n.say(Msg::Breadcrumb)>
                <A href="/runs">{i18n.say(Msg::NavRuns)}</A>
                <span aria-hidden="true">"/"</span>
                <span>{id.experiment.clone()}</span>
            </nav>
            <div class="page-head">
                <h1 class="task-title">{id.task.clone()}</h1>
            </div>
            <div class="run-head">
                <span class="run-status" data-testid="run-status" data-status=move || status.get().as_str()>
                    <StatusBadge status/>
                </span>
                <Varied values=varied/>
                <RunChooser detail number path/>
                <span class="spacer"></span>
                <a class="button" href=duplicate_path(&id) data-testid="duplicate" title=i18n.say(Msg::DuplicateHint)>
                    {i18n.say(Msg::Duplicate)}
                </a>
                <ActButtons tasks=move |_| these(vec![this.clone()]) possible=can on_done=after_act/>
            </div>
            <TaskMarks id=id.clone() detail on_change/>
            <WaitingBox detail on_change/>
            {move || run.get().map(|run| view! { <Lifecycle run/> })}
            <Tabs detail number id=id.clone() on_change/>
        </div>
    }
}

#[component]
fn Tabs(
    detail: RwSignal<Remote<TaskDetail>>,
    number: Memo<Option<u32>>,
    id: TaskId,
    on_change: Callback<()>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let query = use_query_map();
    let tab = Memo::new(move |_| query.with(RunTab::read));
    let id = StoredValue::new(id);
    let is_waiting = Memo::new(move |_| {
        let is_queued = |detail: &TaskDetail| {
            detail
                .runs
                .iter()
                .any(|run| Some(run.number) == number.get() && run.status == RunStatus::Queued)
        };
        detail.with(|detail| detail.ready().is_some_and(is_queued))
    });
    let link = move |this: RunTab| {
        let name = match this {
            RunTab::Log => Msg::TabLog,
            RunTab::Config => Msg::TabConfig,
            RunTab::Command => Msg::TabCommand,
            RunTab::Environment => Msg::TabEnvironment,
            RunTab::Usage => Phrase::TabUsage.into(),
            RunTab::Plan => Phrase::TabPlan.into(),
            RunTab::Notes => Phrase::Notes.into(),
        };
        view! {
            <a
                class="tab"
                role="tab"
                href=format!("?tab={}", this.as_str())
                data-testid=format!("tab-{}", this.as_str())
                data-noscroll="true"
                aria-selected=move || (tab.get() == this).to_string()
            >
                {i18n.say(name)}
            </a>
        }
    };
    view! {
        <div class="tabs" role="tablist">{RunTab::ALL.map(link).into_iter().collect_view()}</div>
        {move || match (tab.get(), number.get()) {
            (RunTab::Log, Some(number)) => {
                let run = RunId { task: id.get_value(), number };
                view! { <LogView run is_waiting/> }.into_any()
            }
            (RunTab::Log, None) => view! { <NoRunYet/> }.into_any(),
            (RunTab::Config, _) => view! { <ConfigView detail/> }.into_any(),
            (RunTab::Environment, Some(number)) => {
                let run = RunId { task: id.get_value(), number };
                view! { <EnvironmentView run/> }.into_any()
            }
            (RunTab::Environment, None) => view! { <NoRunYet/> }.into_any(),
            (RunTab::Command, _) => view! { <CommandView detail number/> }.into_any(),
            (RunTab::Usage, Some(number)) => {
                let run = RunId { task: id.get_value(), number };
                view! { <UsageView run/> }.into_any()
            }
            (RunTab::Usage, None) => view! { <NoRunYet/> }.into_any(),
            (RunTab::Plan, _) => view! { <TaskPlan id=id.get_value() detail on_change/> }.into_any(),
            (RunTab::Notes, _) => view! { <NotesView task=id.get_value()/> }.into_any(),
        }}
    }
}
