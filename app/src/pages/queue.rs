//! Queue: what there is to run on, what runs, and what waits in which order and why.

use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::queue::{
    GetQueueResponse, MoveTasksRequest, MoveTo, PatchSweepRequest, PauseRequest, SweepState,
    WaitingRun,
};
use domain::task::{RunId, TaskId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::browser::{self, Debounce};
use crate::client::{ClientError, get_queue, move_tasks, patch_sweep, pause};
use crate::components::capacity::CapacityView;
use crate::components::notice::{Empty, Failure, Skeleton};
use crate::components::task_row::task_path;
use crate::i18n::{self, Msg, Phrase};
use crate::state::{AppState, Remote, use_app};
use crate::view_model::format::moment;

/// The most waiting runs on the page; the Runs page lists all.
const MAX_WAITING: u64 = 200;

/// The signals of the page.
#[derive(Clone, Copy)]
struct QueueState {
    app: AppState,
    queue: RwSignal<Remote<GetQueueResponse>>,
    /// The task that is being dragged.
    dragged: RwSignal<Option<TaskId>>,
}

impl QueueState {
    fn load(self) {
        spawn_local(async move {
            let answer = get_queue(MAX_WAITING).await;
            let is_on_show = self
                .queue
                .try_with_untracked(|queue| queue.ready().is_some());
            match answer {
                // A hiccup does not take away what is on show.
                Err(ClientError::Unreachable) if is_on_show == Some(true) => {}
                answer => {
                    let _ = self.queue.try_set(answer.into());
                }
            }
        });
    }

    /// Something of the queue.
    fn look<T>(self, choose: impl FnOnce(&GetQueueResponse) -> T) -> Option<T> {
        self.queue.with(|queue| queue.ready().map(choose))
    }

    /// The queue as it is after an act, and what was refused of it.
    fn after(self, done: Result<ActOnTasksResponse, ClientError>) {
        match done {
            Ok(answer) => {
                if let Some(first) = answer.refused.first() {
                    self.app.warn(Msg::Refused {
                        task: first.task.task.clone(),
                        message: first.message.clone(),
                    });
                }
                self.load();
            }
            Err(error) => self.app.warn(error.into()),
        }
    }

    fn hold(self, what: PauseRequest, is_paused: bool) {
        spawn_local(async move { self.after(pause(&what, is_paused).await) });
    }

    fn put(self, task: TaskId, to: MoveTo) {
        let request = MoveTasksRequest {
            tasks: vec![task],
            filter: None,
            to,
        };
        spawn_local(async move { self.after(move_tasks(&request).await) });
    }

    /// One place up or down among those on show.
    fn shift(self, task: &TaskId, is_up: bool) {
        let tasks: Vec<TaskId> = self
            .queue
            .with_untracked(|queue| queue.ready().map(order))
            .unwrap_or_default();
        let Some(at) = tasks.iter().position(|known| known == task) else {
            return;
        };
        let neighbour = if is_up {
            at.checked_sub(1)
        } else {
            Some(at + 1)
        };
        let Some(other) = neighbour.and_then(|at| tasks.get(at)).cloned() else {
            return;
        };
        if is_up {
            self.put(task.clone(), MoveTo::Before { task: other });
        } else {
            self.put(other, MoveTo::Before { task: task.clone() });
        }
    }
}

fn order(queue: &GetQueueResponse) -> Vec<TaskId> {
    queue
        .waiting
        .iter()
        .map(|waiting| waiting.id.task.clone())
        .collect()
}

/// The page.
#[component]
pub(crate) fn QueuePage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = QueueState {
        app,
        queue: RwSignal::new(Remote::Loading),
        dragged: RwSignal::new(None),
    };
    provide_context(state);
    Effect::new(move |_| state.load());
    let load_later = Debounce::new(300);
    app.live
        .on_tasks(move |_| load_later.run(move || state.load()));
    let is_ready = Memo::new(move |_| state.look(|_| ()).is_some());
    view! {
        <Title text=i18n.say(Phrase::NavQueue)/>
        <div class="page queue">
            {move || if is_ready.get() {
                view! { <Body/> }.into_any()
            } else {
                match state.queue.get() {
                    Remote::Failed(error) => view! { <Failure error retry=move |()| state.load()/> }.into_any(),
                    _ => view! { <Skeleton rows=8/> }.into_any(),
                }
            }}
        </div>
    }
}

#[component]
fn Body() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<QueueState>();
    let capacity = Signal::derive(move || {
        state
            .look(|queue| queue.capacity.clone())
            .unwrap_or_default()
    });
    view! {
        <Head/>
        <CapacityView capacity/>
        <section aria-labelledby="queue-running">
            <h2 id="queue-running">{i18n.say(Phrase::RunningNow)}</h2>
            <Running/>
        </section>
        <section aria-labelledby="queue-waiting">
            <h2 id="queue-waiting">{i18n.say(Phrase::WaitingInOrder)}</h2>
            <Waiting/>
        </section>
        <Sweeps/>
    }
}

#[component]
fn Head() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = expect_context::<QueueState>();
    let is_paused = move || state.look(|queue| queue.is_paused).unwrap_or_default();
    let done_at = move || {
        let is_idle =
            |queue: &GetQueueResponse| queue.waiting_count == 0 && queue.running.is_empty();
        let at = state.look(|queue| queue.done_at_ms.filter(|_| !is_idle(queue)));
        let at = at.flatten()?;
        Some(i18n.t(&Msg::AllDoneAt {
            time: clock(app, at),
        }))
    };
    view! {
        <div class="page-head">
            <h1>{i18n.say(Phrase::NavQueue)}</h1>
            <span class="hint" data-testid="queue-eta">{done_at}</span>
            <span class="spacer"></span>
            <button
                type="button"
                data-testid="queue-pause"
                class:primary=is_paused
                on:click=move |_| state.hold(PauseRequest::Queue, !is_paused())
            >
                {move || i18n.t(&if is_paused() { Phrase::ResumeQueue } else { Phrase::PauseQueue }.into())}
            </button>
        </div>
        <Show when=is_paused>
            <p class="queue-paused" role="status" data-testid="queue-is-paused">{i18n.say(Phrase::QueueIsPaused)}</p>
        </Show>
    }
}

/// A moment on the wall clock here.
pub(crate) fn clock(app: AppState, at: domain::time::Timestamp) -> String {
    moment(
        at,
        app.now.get_untracked(),
        browser::utc_offset_minutes(at.as_ms()),
    )
}

#[component]
fn Running() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<QueueState>();
    let running = Memo::new(move |_| {
        state
            .look(|queue| queue.running.clone())
            .unwrap_or_default()
    });
    let link = |run: RunId| {
        view! { <li><A href=task_path(&run.task)>{run.task.task}</A></li> }
    };
    move || {
        let running = running.get();
        if running.is_empty() {
            view! { <p class="hint">{i18n.say(Msg::NothingRuns)}</p> }.into_any()
        } else {
            view! { <ul class="queue-running" data-testid="queue-running">{running.into_iter().map(link).collect_view()}</ul> }.into_any()
        }
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<QueueState>();
    let all = Memo::new(move |_| {
        state
            .look(|queue| queue.waiting.clone())
            .unwrap_or_default()
    });
    let more = move || {
        let (shown, count) =
            state.look(|queue| (queue.waiting.len() as u64, queue.waiting_count))?;
        (count > shown).then(|| i18n.t(&Msg::MoreWaiting { n: count - shown }))
    };
    view! {
        {move || all.with(Vec::is_empty).then(|| view! {
            <Empty title=Phrase::NothingWaits.into() hint=Phrase::NothingWaitsHint.into()/>
        })}
        <ol class="queue-waiting" data-testid="queue-waiting">
            <For each=move || all.get() key=|one| (one.id.clone(), one.waiting.position, one.waiting.reasons.len(), one.waiting.may_start_at_ms) let:one>
                <WaitingRow one/>
            </For>
        </ol>
        {move || more().map(|text| view! { <p><A href="/runs?status=queued">{text}</A></p> })}
    }
}

#[component]
fn WaitingRow(one: WaitingRun) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = expect_context::<QueueState>();
    let task = one.id.task.clone();
    let name = task.task.clone();
    let shown = name.clone();
    let id = StoredValue::new(task.clone());
    let reasons = one.waiting.reasons.clone();
    let first = move || {
        let language = i18n.language();
        let text = |reason| i18n::wait_reason(language, reason, &|at| clock(app, at));
        reasons.iter().map(text).collect::<Vec<_>>().join(" · ")
    };
    let may_start = one.waiting.may_start_at_ms;
    let eta = move || {
        may_start.map(|at| {
            i18n.t(&Msg::MayStart {
                time: clock(app, at),
            })
        })
    };
    let button = move |phrase: Phrase,
                       sign: &'static str,
                       testid: &'static str,
                       act: fn(QueueState, TaskId)| {
        let label = Msg::ActOnNamed {
            act: phrase,
            name: id.with_value(|id| id.task.clone()),
        };
        view! {
            <button
                type="button"
                class="icon-button"
                title=i18n.say(phrase)
                aria-label=i18n.say(label)
                data-testid=testid
                on:click=move |_| act(state, id.get_value())
            >
                {sign}
            </button>
        }
    };
    let is_dragged = move || {
        state
            .dragged
            .with(|dragged| id.with_value(|id| dragged.as_ref() == Some(id)))
    };
    view! {
        <li
            class="queue-row"
            class:dragged=is_dragged
            data-testid="waiting-row"
            data-task=name.clone()
            draggable="true"
            on:dragstart=move |_| state.dragged.set(Some(id.get_value()))
            on:dragend=move |_| state.dragged.set(None)
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| {
                event.prevent_default();
                if let Some(moved) = state.dragged.get_untracked().filter(|moved| *moved != id.get_value()) {
                    state.put(moved, MoveTo::Before { task: id.get_value() });
                }
                state.dragged.set(None);
            }
        >
            <span class="number queue-position">{one.waiting.position}</span>
            <span class="queue-name">
                <A href=task_path(&task)>{shown}</A>
                <span class="reason" data-testid="wait-reason">{first}</span>
            </span>
            <span class="number queue-eta">{eta}</span>
            <span class="queue-acts">
                {button(Phrase::MoveUp, "↑", "move-up", |state, task| state.shift(&task, true))}
                {button(Phrase::MoveDown, "↓", "move-down", |state, task| state.shift(&task, false))}
                {button(Phrase::ToFront, "⇤", "move-front", |state, task| state.put(task, MoveTo::Front))}
            </span>
        </li>
    }
}

/// Sweeps that have a rule, or are held; each can be changed here.
#[component]
fn Sweeps() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<QueueState>();
    let all = Memo::new(move |_| state.look(|queue| queue.sweeps.clone()).unwrap_or_default());
    view! {
        <Show when=move || all.with(|all| !all.is_empty())>
            <section aria-labelledby="queue-sweeps">
                <h2 id="queue-sweeps">{i18n.say(Phrase::Sweeps)}</h2>
                <ul class="queue-sweeps">
                    <For each=move || all.get() key=|one| (one.experiment.clone(), one.sweep.clone(), one.is_paused, one.policy.limit, one.policy.fail_fast) let:one>
                        <SweepRow one/>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn SweepRow(one: SweepState) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<QueueState>();
    let SweepState {
        experiment,
        sweep,
        policy,
        is_paused,
    } = one;
    let name = StoredValue::new((experiment, sweep.clone()));
    let (path, shown) = (
        format!("/runs?sweep={}", crate::client::encode(&sweep)),
        sweep.clone(),
    );
    let change = move |policy: domain::queue::SweepPolicy| {
        let (experiment, sweep) = name.get_value();
        spawn_local(async move {
            match patch_sweep(&experiment, &sweep, &PatchSweepRequest { policy }).await {
                Ok(()) => state.load(),
                Err(error) => state.app.warn(error.into()),
            }
        });
    };
    let hold = move |_| {
        let (experiment, sweep) = name.get_value();
        state.hold(PauseRequest::Sweep { experiment, sweep }, !is_paused);
    };
    let limit = policy
        .limit
        .map(|limit| limit.to_string())
        .unwrap_or_default();
    view! {
        <li class="queue-sweep" data-testid="sweep-row" data-sweep=sweep>
            <A href=path>{shown}</A>
            <label class="check">
                <span>{i18n.say(Phrase::AtOnce)}</span>
                <input
                    type="number"
                    min="1"
                    max="1024"
                    class="short"
                    data-testid="sweep-limit"
                    placeholder="∞"
                    prop:value=limit
                    on:change:target=move |event| {
                        let limit = event.target().value().trim().parse().ok().filter(|limit| *limit > 0);
                        change(domain::queue::SweepPolicy { limit, ..policy });
                    }
                />
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="sweep-fail-fast"
                    prop:checked=policy.fail_fast
                    on:change:target=move |event| change(domain::queue::SweepPolicy { fail_fast: event.target().checked(), ..policy })
                />
                <span>{i18n.say(Phrase::FailFast)}</span>
            </label>
            <button type="button" class="small" data-testid="sweep-pause" on:click=hold>
                {i18n.say(if is_paused { Phrase::Resume } else { Phrase::Pause })}
            </button>
        </li>
    }
}
