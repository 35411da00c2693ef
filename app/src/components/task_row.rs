//! One task in the list: a row of the table, a card on a phone.

use domain::config::{Key, Value};
use domain::run::ShownStatus;
use domain::task::TaskSummary;
use leptos::prelude::*;
use leptos_router::components::A;

use super::act_buttons::perform;
use super::confirm::{Confirm, Question};
use super::icons::{Glyph, Icon};
use super::status_badge::StatusBadge;
use crate::browser;
use crate::client::{Act, encode};
use crate::i18n::{Msg, Phrase};
use crate::pages::{clock, use_task_list};
use crate::state::use_app;
use crate::view_model::format::{duration, moment, running_duration};
use crate::view_model::selection::these;

/// The row at `index` of the server's order; a grey bar until it is here.
#[component]
pub(crate) fn TaskRow(index: u64) -> impl IntoView {
    let list = use_task_list();
    let task = Memo::new(move |_| list.pages.with(|pages| pages.row(index).cloned()));
    let id = Memo::new(move |_| task.with(|task| task.as_ref().map(|task| task.id.clone())));
    move || {
        // Read, not only tracked: a memo that nobody read has nothing to listen to.
        match id.get().and_then(|_| task.get_untracked()) {
            Some(known) => view! { <KnownRow task known/> }.into_any(),
            None => {
                view! { <div class="task" role="row"><span class="bone"></span></div> }.into_any()
            }
        }
    }
}

/// The path of a task's page.
pub(crate) fn task_path(task: &domain::task::TaskId) -> String {
    format!("/runs/{}/{}", encode(&task.experiment), encode(&task.task))
}

#[component]
fn KnownRow(task: Memo<Option<TaskSummary>>, known: TaskSummary) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let list = use_task_list();
    let read = move |choose: fn(&TaskSummary) -> Option<String>| {
        move || task.with(|task| task.as_ref().and_then(choose))
    };
    let status = Memo::new(move |_| {
        task.with(|task| task.as_ref().map(|task| task.status).unwrap_or_default())
    });
    let reason = read(|task| task.reason.clone().filter(|_| task.status.is_finished()));
    // Why it waits, what it holds: a line that says more than the status.
    let waits = move || {
        let first = task.with(|task| task.as_ref()?.waiting.as_ref()?.reasons.first().cloned())?;
        Some(crate::i18n::wait_reason(i18n.language(), &first, &|at| {
            clock(app, at)
        }))
    };
    let holds = move || {
        let gpus = task.with(|task| {
            task.as_ref()
                .map(|task| task.gpus.join(", "))
                .unwrap_or_default()
        });
        (!gpus.is_empty()).then(|| format!("GPU {gpus}"))
    };
    let may_start = move || {
        let at = task.with(|task| task.as_ref()?.waiting.as_ref()?.may_start_at_ms)?;
        Some(i18n.t(&Msg::MayStart {
            time: clock(app, at),
        }))
    };
    let marks = Memo::new(move |_| {
        // Where one person is alone, whose a task is says nothing.
        let are_several = list.pages.with(|pages| pages.users().len() > 1);
        let of = |task: &TaskSummary| RowMarks {
            labels: task.labels.clone(),
            priority: task.priority,
            is_pinned: task.is_pinned,
            user: Some(task.user.clone()).filter(|user| are_several && !user.is_empty()),
        };
        task.with(|task| task.as_ref().map(of).unwrap_or_default())
    });
    let elapsed = move || {
        let (start, end) = task.with(|task| {
            task.as_ref()
                .and_then(|t| t.started_at_ms.map(|at| (at, t.ended_at_ms)))
        })?;
        Some(end.map_or_else(
            || running_duration(app.now.get().since_ms(start)),
            |end| duration(end.since_ms(start)),
        ))
    };
    let started = move || {
        let at = task.with(|task| task.as_ref().and_then(|task| task.started_at_ms))?;
        Some(moment(
            at,
            app.now.get_untracked(),
            browser::utc_offset_minutes(at.as_ms()),
        ))
    };
    let started_or_may = move || started().or_else(may_start);
    let id = known.id.clone();
    let is_selected = Memo::new(move |_| list.selected.with(|selected| selected.contains(&id)));
    let (name, path) = (known.id.task.clone(), task_path(&known.id));
    let shown = name.clone();
    let toggle = {
        let known = known.clone();
        move |_| list.toggle(&task.get_untracked().unwrap_or_else(|| known.clone()))
    };
    view! {
        <div
            class="task"
            role="row"
            class:selected=is_selected
            data-testid="task-row"
            data-task=name.clone()
            data-status=move || status.get().as_str()
        >
            <label class="select" role="cell">
                <input
                    type="checkbox"
                    aria-label=i18n.say(Msg::SelectTask { task: name.clone() })
                    prop:checked=is_selected
                    on:change=toggle
                />
            </label>
            <span role="cell" class="task-status">
                <StatusBadge status/>
            </span>
            <span role="cell" class="task-name">
                <A href=path attr:title=name.clone() attr:data-testid="task-link">{shown}</A>
                {move || waits().or_else(holds).map(|text| view! {
                    <span class="reason waits" data-testid="wait-reason" title=text.clone()>{text.clone()}</span>
                })}
                {move || reason().map(|reason| view! { <span class="reason" title=reason.clone()>{reason.clone()}</span> })}
            </span>
            <span role="cell" class="task-params">
                <Marks marks/>
                <Varied values=known.varied.clone()/>
            </span>
            <span role="cell" class="right number task-elapsed">{elapsed}</span>
            <span role="cell" class="right number task-started">{started_or_may}</span>
            <span role="cell" class="task-acts">
                <RowActs task status/>
            </span>
        </div>
    }
}

/// What stands before a row's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct RowMarks {
    labels: Vec<String>,
    priority: i32,
    is_pinned: bool,
    user: Option<String>,
}

/// Pin, owner, labels, and a priority that is not the usual one.
#[component]
fn Marks(marks: Memo<RowMarks>) -> impl IntoView {
    let i18n = use_app().i18n;
    let chip = |label: String| {
        let path = format!("/runs?label={}", encode(&label));
        view! { <A href=path attr:class="label-chip" attr:data-testid="label">{label}</A> }
    };
    move || {
        let RowMarks {
            labels,
            priority,
            is_pinned,
            user,
        } = marks.get();
        let owner = user.map(|user| {
            let path = format!("/runs?user={}", encode(&user));
            let title = Msg::OwnedBy { user: user.clone() };
            view! {
                <A href=path attr:class="label-chip owner" attr:title=i18n.t(&title) attr:data-testid="owner">"@"{user}</A>
            }
        });
        view! {
            {is_pinned.then(|| view! {
                <span class="pinned" role="img" aria-label=i18n.say(Phrase::Pinned) data-testid="pinned"><Icon glyph=Glyph::Star/></span>
            })}
            {owner}
            {(priority != 0).then(|| view! {
                <span class="label-chip priority" title=i18n.say(Msg::SettingName("policy.priority"))>{format!("{priority:+}")}</span>
            })}
            {labels.into_iter().map(chip).collect_view()}
        }
    }
}

/// The parameters that vary in the sweep, with this task's values.
#[component]
pub(crate) fn Varied(values: Vec<(Key, Value)>) -> impl IntoView {
    let pair = |(key, value): (Key, Value)| {
        view! {
            <span class="pair">
                <span class="pair-key">{key.to_string()}</span>
                <span class="pair-value">{value.to_string()}</span>
            </span>
        }
    };
    values.into_iter().map(pair).collect_view()
}

/// The one act that fits the row's status.
#[component]
fn RowActs(task: Memo<Option<TaskSummary>>, status: Memo<ShownStatus>) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let question = RwSignal::new(None::<Question>);
    let nothing = Callback::new(|()| ());
    let act = move |act: Act| {
        let tasks = task.with_untracked(|task| task.iter().map(|task| task.id.clone()).collect());
        perform(app, act, these(tasks), nothing);
    };
    let ask = move |_| {
        let ask = if status.get_untracked() == ShownStatus::Running {
            Msg::AskCancelRunning { n: 1 }
        } else {
            Msg::AskCancel { n: 1 }
        };
        question.set(Some(Question {
            ask,
            detail: Msg::AskCancelDetail,
            yes: Msg::YesCancel { n: 1 },
            no: Msg::ConfirmNo,
        }));
    };
    let again = task.with_untracked(|task| task.as_ref().map(|task| duplicate_path(&task.id)));
    let button = move || {
        match status.get() {
        ShownStatus::Pending => view! {
            <button type="button" class="small" data-testid="row-run" on:click=move |_| act(Act::Run)>
                {i18n.say(Msg::ActRun)}
            </button>
        }
        .into_any(),
        ShownStatus::Queued | ShownStatus::Running => view! {
            <button type="button" class="small" data-testid="row-cancel" on:click=ask>
                {i18n.say(Msg::ActCancel)}
            </button>
            <Confirm question on_yes=move |()| act(Act::Cancel)/>
        }
        .into_any(),
        _ => view! {
            <button type="button" class="small" data-testid="row-rerun" on:click=move |_| act(Act::Rerun)>
                {i18n.say(Msg::ActRerun)}
            </button>
        }
        .into_any(),
    }
    };
    view! {
        {button}
        {again.map(|path| view! {
            <a
                class="icon-link"
                href=path
                data-testid="row-duplicate"
                title=i18n.say(Msg::DuplicateHint)
                aria-label=i18n.say(Msg::DuplicateHint)
            >
                <Icon glyph=Glyph::Copy/>
            </a>
        })}
    }
}

/// The Generator with a task's values.
pub(crate) fn duplicate_path(task: &domain::task::TaskId) -> String {
    format!(
        "/experiments/{}?from={}",
        encode(&task.experiment),
        encode(&task.task)
    )
}
