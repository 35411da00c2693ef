//! Batch file: what a file of commands would run and what is wrong with it, before anything of it runs.

use domain::command::CommandLine;
use domain::protocol::commands::{PlannedEntry, PostBatchRequest, PostBatchResponse};
use domain::protocol::http::Start;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use crate::browser::{self, Debounce};
use crate::client::post_batch;
use crate::components::batch_problems::BatchProblems;
use crate::components::notice::{Empty, Failure};
use crate::i18n::{Msg, Phrase};
use crate::state::{AppState, Remote, use_app};
use crate::view_model::format::shell_line;

/// Larger files are no lists that people wrote; requests have their limit, too.
const MAX_BYTES: f64 = 1_000_000.0;
/// The name of a text that was pasted.
const PASTED: &str = "batch.toml";

/// The signals of the page.
#[derive(Clone, Copy)]
struct BatchState {
    app: AppState,
    text: RwSignal<String>,
    file: RwSignal<String>,
    /// What the file would become; `None` before there is one.
    plan: RwSignal<Option<Remote<PostBatchResponse>>>,
    is_sending: RwSignal<bool>,
    look_later: Debounce,
    navigate: StoredValue<Callback<()>>,
}

impl BatchState {
    fn new(app: AppState) -> Self {
        let go = StoredValue::new_local(use_navigate());
        let navigate =
            Callback::new(move |()| go.with_value(|go| go("/runs", NavigateOptions::default())));
        Self {
            app,
            text: RwSignal::new(String::new()),
            file: RwSignal::new(PASTED.to_owned()),
            plan: RwSignal::new(None),
            is_sending: RwSignal::new(false),
            look_later: Debounce::new(300),
            navigate: StoredValue::new(navigate),
        }
    }

    fn request(self) -> PostBatchRequest {
        PostBatchRequest {
            text: self.text.get_untracked(),
            file: self.file.get_untracked(),
            ..PostBatchRequest::default()
        }
    }

    /// Asks what the text would become; an answer for another text is dropped.
    fn look(self) {
        if self.text.with_untracked(|text| text.trim().is_empty()) {
            return self.plan.set(None);
        }
        let request = PostBatchRequest {
            dry_run: true,
            ..self.request()
        };
        spawn_local(async move {
            let answer = post_batch(&request).await;
            let is_current = self.text.try_get_untracked() == Some(request.text)
                && self.file.try_get_untracked() == Some(request.file);
            if is_current {
                self.plan.set(Some(answer.into()));
            }
        });
    }

    fn edit(self, change: impl FnOnce(Self)) {
        change(self);
        self.look_later.run(move || self.look());
    }

    /// Takes a file that was chosen or dropped.
    fn take(self, file: web_sys::File) {
        let name = file.name();
        spawn_local(async move {
            let text = if file.size() <= MAX_BYTES {
                browser::text_of_file(file).await
            } else {
                None
            };
            match text.filter(|text| !text.contains('\0')) {
                Some(text) => {
                    let _ = self.text.try_set(text);
                    let _ = self.file.try_set(name);
                    self.look();
                }
                None => self.app.warn(Phrase::BatchNotText.into()),
            }
        });
    }

    fn submit(self, start: Start) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        let request = PostBatchRequest {
            start,
            ..self.request()
        };
        spawn_local(async move {
            let answer = post_batch(&request).await;
            let _ = self.is_sending.try_set(false);
            match answer {
                Ok(answer) if answer.sweep.is_some() => {
                    let n = answer.tasks.len() as u64;
                    self.app.tell(match start {
                        Start::Now => Msg::TasksQueued { n },
                        Start::Later => Msg::TasksCreated { n },
                    });
                    if let Some(navigate) = self.navigate.try_get_value() {
                        let _ = navigate.try_run(());
                    }
                }
                // The file's folders may have changed since it was looked at.
                Ok(answer) => {
                    let _ = self.plan.try_set(Some(Remote::Ready(answer)));
                }
                Err(error) => self.app.warn(error.into()),
            }
        });
    }
}

/// The page.
#[component]
pub(crate) fn BatchPage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = BatchState::new(app);
    let is_over = RwSignal::new(false);
    let dropped = move |event: web_sys::DragEvent| {
        is_over.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            event.prevent_default();
            state.take(file);
        }
    };
    let dragged = move |event: web_sys::DragEvent| {
        let types = event.data_transfer().map(|data| data.types());
        if types.is_some_and(|types| types.includes(&"Files".into(), 0)) {
            event.prevent_default();
            is_over.set(true);
        }
    };
    view! {
        <Title text=i18n.say(Phrase::BatchFile)/>
        <div class="page batch">
            <nav class="crumbs" aria-label=i18n.say(Msg::Breadcrumb)>
                <A href="/runs">{i18n.say(Msg::NavRuns)}</A>
                <span aria-hidden="true">"/"</span>
                <span>{i18n.say(Phrase::BatchFile)}</span>
            </nav>
            <div class="page-head">
                <h1>{i18n.say(Phrase::BatchFile)}</h1>
            </div>
            <p class="hint">{i18n.say(Phrase::BatchHint)}</p>
            <section
                class="batch-source"
                class:dropping=move || is_over.get()
                data-drop=i18n.say(Phrase::BatchDrop)
                on:dragover=dragged
                on:dragleave=move |_| is_over.set(false)
                on:drop=dropped
            >
                <Source state/>
            </section>
            <Plan state/>
        </div>
    }
}

/// The chooser, the path and the text.
#[component]
fn Source(state: BatchState) -> impl IntoView {
    let i18n = state.app.i18n;
    let chooser = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = chooser.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            state.take(file);
        }
        // The same file can be chosen again.
        input.set_value("");
    };
    let open = move |_| {
        if let Some(input) = chooser.get_untracked() {
            input.click();
        }
    };
    view! {
        <div class="batch-head">
            <button type="button" data-testid="batch-choose" on:click=open>{i18n.say(Phrase::BatchChoose)}</button>
            <input
                type="file"
                class="unseen-input"
                tabindex="-1"
                aria-hidden="true"
                data-testid="batch-input"
                accept=".toml"
                node_ref=chooser
                on:change=chosen
            />
            <label class="batch-path" title=i18n.say(Phrase::BatchPathHint)>
                <span>{i18n.say(Phrase::BatchPath)}</span>
                <input
                    type="text"
                    class="value"
                    data-testid="batch-path"
                    spellcheck="false"
                    autocomplete="off"
                    prop:value=state.file
                    on:input:target=move |event| {
                        let file = event.target().value();
                        state.edit(|state| state.file.set(file));
                    }
                />
            </label>
        </div>
        <textarea
            class="value batch-text"
            data-testid="batch-text"
            rows="10"
            spellcheck="false"
            autocapitalize="off"
            aria-label=i18n.say(Phrase::BatchText)
            placeholder="[[experiments]]\nname = \"baseline\"\ncommand = \"python train.py\""
            prop:value=state.text
            on:input:target=move |event| {
                let text = event.target().value();
                state.edit(|state| state.text.set(text));
            }
        ></textarea>
    }
    .into_any()
}

/// What the file would become.
#[component]
fn Plan(state: BatchState) -> impl IntoView {
    let i18n = state.app.i18n;
    let planned = move |answer: PostBatchResponse| {
        let PostBatchResponse {
            planned, problems, ..
        } = answer;
        let tasks: u64 = planned.iter().map(|entry| u64::from(entry.repeats)).sum();
        let entries = planned.len() as u64;
        let is_empty = planned.is_empty();
        let list = if is_empty {
            view! { <Empty title=Phrase::BatchNothing.into() hint=Phrase::BatchNothingHint.into()/> }.into_any()
        } else {
            view! {
                <div class="batch-actions">
                    <strong data-testid="batch-count">{i18n.say(Msg::BatchPlanned { tasks, entries })}</strong>
                    <span class="spacer"></span>
                    <button
                        type="button"
                        data-testid="batch-create"
                        disabled=state.is_sending
                        on:click=move |_| state.submit(Start::Later)
                    >
                        {i18n.say(Msg::Create)}
                    </button>
                    <button
                        type="button"
                        class="primary"
                        data-testid="batch-run"
                        disabled=state.is_sending
                        on:click=move |_| state.submit(Start::Now)
                    >
                        {i18n.say(Msg::RunTasks { n: tasks.into() })}
                    </button>
                </div>
                <Entries entries=planned/>
            }
            .into_any()
        };
        view! {
            <BatchProblems problems text=state.text/>
            {list}
        }
        .into_any()
    };
    view! {
        <div aria-live="polite">
            {move || match state.plan.get() {
                None | Some(Remote::Loading) => ().into_any(),
                Some(Remote::Failed(error)) => {
                    view! { <Failure error retry=move |()| state.look()/> }.into_any()
                }
                Some(Remote::Ready(answer)) => planned(answer),
            }}
        </div>
    }
    .into_any()
}

/// The entries, in the order in which they would start.
#[component]
fn Entries(entries: Vec<PlannedEntry>) -> impl IntoView {
    let i18n = use_app().i18n;
    let row = move |entry: PlannedEntry| {
        let command = match &entry.command {
            CommandLine::Text(text) => text.clone(),
            CommandLine::Words(words) => shell_line(words),
        };
        let (name, shown) = (entry.name.clone(), entry.name);
        let priority = (entry.policy.priority != 0).then(|| format!("{:+}", entry.policy.priority));
        view! {
            <tr data-testid="batch-entry" data-name=name>
                <td class="number">{entry.entry}</td>
                <td>
                    {shown}
                    {priority.map(|priority| view! { " " <span class="label-chip priority">{priority}</span> })}
                    {entry.labels.into_iter().map(|label| view! { " " <span class="label-chip">{label}</span> }).collect_view()}
                </td>
                <td><pre class="wrap">{command}</pre></td>
                <td class="number">{(entry.repeats > 1).then(|| format!("× {}", entry.repeats))}</td>
                <td><code>{entry.working_dir}</code></td>
            </tr>
        }
    };
    view! {
        <div class="wide">
            <table class="plain-table">
                <thead>
                    <tr>
                        <th scope="col">"#"</th>
                        <th scope="col">{i18n.say(Msg::ColumnTask)}</th>
                        <th scope="col">{i18n.say(Phrase::ColumnCommand)}</th>
                        <th scope="col">{i18n.say(Phrase::ColumnRepeats)}</th>
                        <th scope="col">{i18n.say(Phrase::ColumnWhere)}</th>
                    </tr>
                </thead>
                <tbody>{entries.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
