//! Trash: what was removed, to be had back or deleted for good.

use domain::protocol::organise::{EmptyTrashRequest, ListTrashResponse, TrashedTask};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;

use super::queue::clock;
use crate::client::{empty_trash, get_trash_size, list_trash, restore_tasks};
use crate::components::confirm::{Confirm, Question};
use crate::components::notice::{Empty, Failure, Skeleton};
use crate::components::status_badge::StatusBadge;
use crate::components::task_row::Varied;
use crate::i18n::{Msg, Phrase};
use crate::state::{Remote, use_app};
use crate::view_model::format::bytes;

/// The most entries on the page.
const MAX: u64 = 500;

/// The page.
#[component]
pub(crate) fn TrashPage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let trash = RwSignal::new(Remote::<ListTrashResponse>::Loading);
    // Known later than the list: every file is looked at for it.
    let room = RwSignal::new(None::<u64>);
    let load = move || {
        spawn_local(async move {
            let answer = list_trash(MAX).await;
            let _ = trash.try_set(answer.into());
            let size = get_trash_size().await;
            let _ = room.try_set(size.ok().map(|size| size.bytes));
        });
    };
    Effect::new(move |_| load());
    let restore = move |id| {
        spawn_local(async move {
            match restore_tasks(vec![id]).await {
                Ok(answer) => match answer.refused.first() {
                    None => app.tell(Msg::TasksRestored { n: answer.done }),
                    Some(first) => app.warn(Msg::Refused {
                        task: first.task.task.clone(),
                        message: first.message.clone(),
                    }),
                },
                Err(error) => app.warn(error.into()),
            }
            load();
        });
    };
    let total = move || trash.with(|trash| trash.ready().map_or(0, |trash| trash.total));
    let question = RwSignal::new(None::<Question>);
    let ask = move |_| {
        question.set(Some(emptying(total(), room.get_untracked())));
    };
    let empty = move |()| {
        spawn_local(async move {
            match empty_trash(&EmptyTrashRequest::All).await {
                Ok(answer) => app.tell(Msg::TasksDeleted { n: answer.done }),
                Err(error) => app.warn(error.into()),
            }
            load();
        });
    };
    let row = move |task: TrashedTask| {
        let summary = task.summary.clone().unwrap_or_default();
        let id = task.id.clone();
        let removed = task.id.removed_at_ms.map(|at| clock(app, at));
        view! {
            <li class="trash-row" data-testid="trash-row" data-task=task.id.task.task.clone()>
                <StatusBadge status=Signal::stored(summary.status)/>
                <span class="trash-name">{task.id.task.task.clone()}</span>
                <span class="task-params"><Varied values=summary.varied/></span>
                <span class="number hint">{removed}</span>
                <button type="button" class="small" data-testid="restore" on:click=move |_| restore(id.clone())>
                    {i18n.say(Phrase::Restore)}
                </button>
            </li>
        }
    };
    let keep = move || {
        let days = trash.with(|trash| trash.ready().map(|trash| trash.keep_days))?;
        (days > 0).then(|| i18n.t(&Msg::TrashKept { days: days.into() }))
    };
    view! {
        <Title text=i18n.say(Phrase::Trash)/>
        <div class="page trash">
            <nav class="crumbs" aria-label=i18n.say(Msg::Breadcrumb)>
                <A href="/runs">{i18n.say(Msg::NavRuns)}</A>
                <span aria-hidden="true">"/"</span>
                <span>{i18n.say(Phrase::Trash)}</span>
            </nav>
            <div class="page-head">
                <h1>{i18n.say(Phrase::Trash)}</h1>
                <Show when=move || { total() > 0 }>
                    <span class="number" data-testid="trash-size">
                        {move || room.get().map(|size| i18n.t(&Msg::TrashTakes { size: bytes(size) }))}
                    </span>
                </Show>
                <span class="hint">{keep}</span>
                <span class="spacer"></span>
                <Show when=move || { total() > 0 }>
                    <button type="button" class="danger" data-testid="empty-trash" on:click=ask>{i18n.say(Phrase::EmptyTrash)}</button>
                </Show>
                <Confirm question on_yes=empty/>
            </div>
            {move || match trash.get() {
                Remote::Loading => view! { <Skeleton rows=6/> }.into_any(),
                Remote::Failed(error) => view! { <Failure error retry=move |()| load()/> }.into_any(),
                Remote::Ready(trash) if trash.tasks.is_empty() => view! {
                    <Empty title=Phrase::TrashEmpty.into() hint=Phrase::TrashEmptyHint.into()/>
                }
                .into_any(),
                Remote::Ready(trash) => view! { <ul class="trash-list">{trash.tasks.into_iter().map(row).collect_view()}</ul> }.into_any(),
            }}
        </div>
    }
}

/// The question before `n` tasks are deleted, with the room that they take if it is known.
fn emptying(n: u64, room: Option<u64>) -> Question {
    Question {
        ask: match room {
            Some(size) => Msg::DeleteAndFree {
                n,
                size: bytes(size),
            },
            None => Msg::AskEmptyTrash { n },
        },
        detail: Phrase::AskEmptyTrashDetail.into(),
        yes: Msg::DeleteForGood { n },
        no: Msg::ConfirmNo,
    }
}
