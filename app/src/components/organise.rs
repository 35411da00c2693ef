//! Acts on tasks beside run, cancel and rerun: hold, order, label, pin, remove.

use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::protocol::queue::{MoveTasksRequest, MoveTo, PatchTasksRequest, PauseRequest};
use domain::run::ShownStatus;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::client::{ClientError, move_tasks, patch_tasks, pause, remove_tasks, restore_tasks};
use crate::i18n::{Msg, Phrase};
use crate::state::{AppState, use_app};
use crate::view_model::selection::{ANY, TO_HOLD, TO_MOVE};

/// The buttons for some tasks; `waiting` says how many of them wait.
#[component]
pub(crate) fn OrganiseButtons(
    /// The tasks to act on, those of them that show one of these statuses; read when a button is pressed.
    #[prop(into)]
    tasks: Callback<&'static [ShownStatus], ActOnTasksRequest>,
    /// How many of them wait: they can be held and ordered.
    #[prop(into)]
    waiting: Signal<u64>,
    /// Called after the server did something.
    #[prop(into)]
    on_done: Callback<()>,
    /// Called after the tasks were removed.
    #[prop(into)]
    on_gone: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let is_labelling = RwSignal::new(false);
    let hold = move |is_paused: bool| {
        let ActOnTasksRequest { tasks, filter } = tasks.run(TO_HOLD);
        let what = PauseRequest::Tasks {
            tasks,
            filter: filter.map(Box::new),
        };
        spawn_local(async move {
            let done = pause(&what, is_paused).await;
            settle(app, done, Phrase::Changed.into(), on_done);
        });
    };
    let to_front = move |_| {
        let ActOnTasksRequest { tasks, filter } = tasks.run(TO_MOVE);
        let request = MoveTasksRequest {
            tasks,
            filter,
            to: MoveTo::Front,
        };
        spawn_local(async move {
            let done = move_tasks(&request).await;
            settle(app, done, Phrase::MovedToFront.into(), on_done);
        });
    };
    let pin = move |is_pinned: bool| {
        let change = PatchTasksRequest {
            is_pinned: Some(is_pinned),
            ..for_all(tasks.run(ANY))
        };
        patch(app, change, on_done);
    };
    view! {
        <Show when=move || { waiting.get() > 0 }>
            <button type="button" data-testid="hold-button" on:click=move |_| hold(true)>{i18n.say(Phrase::Pause)}</button>
            <button type="button" data-testid="release-button" on:click=move |_| hold(false)>{i18n.say(Phrase::Resume)}</button>
            <button type="button" data-testid="front-button" on:click=to_front>{i18n.say(Phrase::ToFront)}</button>
        </Show>
        <button
            type="button"
            data-testid="label-button"
            aria-expanded=move || is_labelling.get().to_string()
            on:click=move |_| is_labelling.update(|is| *is = !*is)
        >
            {i18n.say(Phrase::Label)}
        </button>
        <button type="button" data-testid="pin-button" on:click=move |_| pin(true)>{i18n.say(Msg::Pin)}</button>
        <button type="button" data-testid="unpin-button" on:click=move |_| pin(false)>{i18n.say(Msg::Unpin)}</button>
        <button type="button" data-testid="remove-button" on:click=move |_| remove(app, tasks.run(ANY), on_gone)>
            {i18n.say(Msg::Remove)}
        </button>
        <Show when=move || is_labelling.get()>
            <LabelForm tasks on_done/>
        </Show>
    }
}

/// A label to add to tasks, or to take away.
#[component]
fn LabelForm(
    tasks: Callback<&'static [ShownStatus], ActOnTasksRequest>,
    on_done: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let label = RwSignal::new(String::new());
    let send = move |is_added: bool| {
        let text = label.get_untracked().trim().to_owned();
        if text.is_empty() {
            return;
        }
        let (add_labels, remove_labels) = if is_added {
            (vec![text], Vec::new())
        } else {
            (Vec::new(), vec![text])
        };
        let request = PatchTasksRequest {
            add_labels,
            remove_labels,
            ..for_all(tasks.run(ANY))
        };
        patch(app, request, on_done);
    };
    view! {
        <form
            class="label-form"
            on:submit=move |event| {
                event.prevent_default();
                send(true);
            }
        >
            <input
                type="text"
                maxlength="64"
                data-testid="label-input"
                aria-label=i18n.say(Phrase::Label)
                placeholder=i18n.say(Phrase::Label)
                prop:value=label
                on:input:target=move |event| label.set(event.target().value())
            />
            <button type="submit" data-testid="label-add">{i18n.say(Phrase::Add)}</button>
            <button type="button" data-testid="label-remove" on:click=move |_| send(false)>{i18n.say(Phrase::TakeAway)}</button>
        </form>
    }
}

/// A change of all these tasks, in which nothing is changed yet.
fn for_all(ActOnTasksRequest { tasks, filter }: ActOnTasksRequest) -> PatchTasksRequest {
    PatchTasksRequest {
        tasks,
        filter,
        ..PatchTasksRequest::default()
    }
}

/// Changes what is saved of tasks, and says what became of it.
pub(crate) fn patch(app: AppState, request: PatchTasksRequest, on_done: Callback<()>) {
    spawn_local(async move {
        let done = patch_tasks(&request).await;
        settle(app, done, Phrase::Changed.into(), on_done);
    });
}

fn report(app: AppState, answer: &ActOnTasksResponse, word: Msg, on_done: Callback<()>) {
    match answer.refused.first() {
        Some(first) if answer.done == 0 => {
            return app.warn(Msg::Refused {
                task: first.task.task.clone(),
                message: first.message.clone(),
            });
        }
        Some(_) => app.tell(Msg::DonePartly {
            n: answer.done,
            refused: answer.refused.len() as u64,
        }),
        None => app.tell(word),
    }
    let _ = on_done.try_run(());
}

/// Moves tasks to the trash; the short message offers to take it back.
pub(crate) fn remove(app: AppState, whom: ActOnTasksRequest, on_done: Callback<()>) {
    spawn_local(async move {
        match remove_tasks(&whom).await {
            Ok(answer) if answer.done == 0 => {
                if let Some(first) = answer.refused.first() {
                    app.warn(Msg::Refused {
                        task: first.task.task.clone(),
                        message: first.message.clone(),
                    });
                }
            }
            Ok(answer) => {
                let removed = answer.removed;
                let undo = move || {
                    let removed = removed.clone();
                    spawn_local(async move {
                        match restore_tasks(removed).await {
                            Ok(answer) => app.tell(Msg::TasksRestored { n: answer.done }),
                            Err(error) => app.warn(error.into()),
                        }
                    });
                };
                app.tell_undoable(Msg::TasksRemoved { n: answer.done }, undo);
                let _ = on_done.try_run(());
            }
            Err(error) => app.warn(error.into()),
        }
    });
}

/// Says what became of an act, task by task.
pub(crate) fn settle(
    app: AppState,
    done: Result<ActOnTasksResponse, ClientError>,
    word: Msg,
    on_done: Callback<()>,
) {
    match done {
        Ok(answer) => report(app, &answer, word, on_done),
        Err(error) => app.warn(error.into()),
    }
}
