//! Run, cancel and rerun, with the question before a cancel and a plain word afterwards.

use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::run::ShownStatus;
use leptos::prelude::*;

use super::confirm::{Confirm, Question};
use crate::client::{Act, ClientError, act_on_tasks};
use crate::i18n::Msg;
use crate::state::{AppState, use_app};
use crate::view_model::runs::Possible;
use crate::view_model::selection::{TO_CANCEL, TO_RERUN, TO_RUN};

/// The buttons that make sense for `tasks`.
#[component]
pub(crate) fn ActButtons(
    /// The tasks to act on, those of them that show one of these statuses; read when a button is pressed.
    #[prop(into)]
    tasks: Callback<&'static [ShownStatus], ActOnTasksRequest>,
    /// What can be done to them.
    #[prop(into)]
    possible: Signal<Possible>,
    /// Called after the server did something.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let question = RwSignal::new(None::<Question>);
    let act = move |act: Act| perform(app, act, tasks.run(fits(act)), on_done);
    let ask = move |_| {
        let Possible {
            cancel: n, running, ..
        } = possible.get_untracked();
        question.set(Some(Question {
            ask: if running == n {
                Msg::AskCancelRunning { n }
            } else {
                Msg::AskCancel { n }
            },
            detail: Msg::AskCancelDetail,
            yes: Msg::YesCancel { n },
            no: Msg::ConfirmNo,
        }));
    };
    let count = move |choose: fn(Possible) -> u64| move || choose(possible.get());
    let (run, cancel, rerun) = (count(|p| p.run), count(|p| p.cancel), count(|p| p.rerun));
    view! {
        <Show when=move || { run() > 0 }>
            <button type="button" class="primary" data-testid="start-button" on:click=move |_| act(Act::Run)>
                {move || app.i18n.t(&Msg::RunTasks { n: run().into() })}
            </button>
        </Show>
        <Show when=move || { cancel() > 0 }>
            <button type="button" class="danger" data-testid="cancel-button" on:click=ask>
                {move || app.i18n.t(&Msg::CancelTasks { n: cancel() })}
            </button>
        </Show>
        <Show when=move || { rerun() > 0 }>
            <button type="button" data-testid="rerun-button" on:click=move |_| act(Act::Rerun)>
                {move || app.i18n.t(&Msg::RerunTasks { n: rerun() })}
            </button>
        </Show>
        <Confirm question on_yes=move |()| act(Act::Cancel)/>
    }
}

fn fits(act: Act) -> &'static [ShownStatus] {
    match act {
        Act::Run => TO_RUN,
        Act::Cancel => TO_CANCEL,
        Act::Rerun => TO_RERUN,
    }
}

/// Asks the server to do it, and says what became of it.
pub(crate) fn perform(app: AppState, act: Act, whom: ActOnTasksRequest, on_done: Callback<()>) {
    if whom == ActOnTasksRequest::default() {
        return;
    }
    leptos::task::spawn_local(async move {
        match act_on_tasks(act, &whom).await {
            Ok(answer) => {
                report(app, act, &answer);
                // The page may be gone by now.
                let _ = on_done.try_run(());
            }
            Err(error) => app.warn(Msg::Error(Box::new(error))),
        }
    });
}

fn report(app: AppState, act: Act, answer: &ActOnTasksResponse) {
    let n = answer.done;
    match answer.refused.first() {
        None => app.tell(match act {
            Act::Run => Msg::DoneRun { n },
            Act::Cancel => Msg::DoneCancel { n },
            Act::Rerun => Msg::DoneRerun { n },
        }),
        // Mixed selections are normal: only an act that did nothing at all is bad news.
        Some(_) if n > 0 => app.tell(Msg::DonePartly {
            n,
            refused: answer.refused.len() as u64,
        }),
        Some(first) => app.warn(Msg::Refused {
            task: first.task.task.clone(),
            message: first.message.clone(),
        }),
    }
}

impl From<ClientError> for Msg {
    fn from(error: ClientError) -> Self {
        Self::Error(Box::new(error))
    }
}
