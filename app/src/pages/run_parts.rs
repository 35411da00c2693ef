//! Parts of the run page: history, lifecycle, config, command.

use domain::run::{Outcome, RunRecord};
use domain::task::TaskDetail;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::browser;
use crate::components::icons::{Glyph, Icon};
use crate::components::notice::Empty;
use crate::components::status_badge::StatusGlyph;
use crate::components::task_head::RunFacts;
use crate::i18n::{self, Msg, Phrase};
use crate::state::{Remote, use_app};
use crate::view_model::format::{duration, moment, running_duration, shell_line, shell_word};
use crate::view_model::run::{Stage, Step, lifecycle};

/// The numbered runs of the task; hidden while there is only one.
#[component]
pub(crate) fn RunChooser(
    detail: RwSignal<Remote<TaskDetail>>,
    number: Memo<Option<u32>>,
    path: StoredValue<String>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let runs = Memo::new(move |_| {
        detail.with(|detail| {
            detail
                .ready()
                .map(|d| {
                    d.runs
                        .iter()
                        .map(|run| (run.number, run.shown()))
                        .collect::<Vec<_>>()
                })
                .unwrap_or_default()
        })
    });
    let link = move |(this, status)| {
        view! {
            <A
                href=format!("{}/{this}", path.get_value())
                attr:class="chip"
                attr:data-testid=format!("run-number-{this}")
                attr:aria-pressed=move || (number.get() == Some(this)).to_string()
            >
                <StatusGlyph status=Signal::stored(status)/>
                {i18n.say(Msg::RunNumber { number: this })}
            </A>
        }
    };
    view! {
        <div class="chips runs-of-task" role="group" aria-label=i18n.say(Msg::RunHistory)>
            {move || runs.get().into_iter().map(link).collect_view()}
        </div>
    }
}

/// Queued, started, ended: when, after how long, and how it ended.
#[component]
pub(crate) fn Lifecycle(run: RunRecord) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let step = {
        let run = run.clone();
        move |Step {
                  stage,
                  at,
                  after_ms,
              }: Step| {
            let name = match stage {
                Stage::Queued => Msg::StageQueued,
                Stage::Started => Msg::StageStarted,
                Stage::Ended => Msg::StageEnded,
            };
            let time = at.map(|at| {
                moment(
                    at,
                    app.now.get_untracked(),
                    browser::utc_offset_minutes(at.as_ms()),
                )
            });
            let after = after_ms.map(|ms| match stage {
                Stage::Ended => i18n.t(&Msg::RanFor { time: duration(ms) }),
                _ => i18n.t(&Msg::WaitedFor { time: duration(ms) }),
            });
            let running_since = run
                .started_at_ms
                .filter(|_| stage == Stage::Ended && at.is_none());
            view! {
                <li class="step" data-done=at.is_some().to_string() data-stage=format!("{stage:?}").to_lowercase()>
                    <span class="step-name">{i18n.t(&name)}</span>
                    <span class="number">{time.unwrap_or_else(|| "—".to_owned())}</span>
                    <span class="hint">{after}</span>
                    {running_since.map(|since| {
                        let text = move || running_duration(app.now.get().since_ms(since));
                        view! { <span class="hint">{move || i18n.t(&Msg::RunningFor { time: text() })}</span> }
                    })}
                </li>
            }
        }
    };
    let outcome = run.outcome.clone();
    let error_line = run.error_line.clone();
    let warnings = run.warnings.clone();
    let pid = run.pid;
    let facts = run.clone();
    let life = lifecycle(&run);
    view! {
        <div class="lifecycle" data-testid="lifecycle">
            <ol>{move || life.clone().into_iter().map(step).collect_view()}</ol>
            <dl>
                {pid.map(|pid| view! { <div><dt>"PID"</dt><dd class="number">{pid}</dd></div> })}
                <RunFacts run=facts/>
                {outcome.map(|outcome| {
                    let code = exit_code(&outcome);
                    view! {
                        <div>
                            <dt>{i18n.say(Msg::OutcomeLabel)}</dt>
                            <dd data-testid="outcome">{move || i18n::outcome(i18n.language(), &outcome)}</dd>
                        </div>
                        {code.map(|code| {
                            view! {
                                <div>
                                    <dt>{i18n.say(Msg::ExitCode)}</dt>
                                    <dd class="number" data-testid="exit-code">{code}</dd>
                                </div>
                            }
                        })}
                    }
                })}
            </dl>
            <Warnings warnings/>
            {error_line.map(|line| view! { <p class="error-line" data-testid="error-line">{line}</p> })}
        </div>
    }
}

/// What was asked for and could not be had, and what a person should know of a run's end.
#[component]
fn Warnings(warnings: Vec<String>) -> impl IntoView {
    let i18n = use_app().i18n;
    let item = |warning: String| view! { <li>{warning}</li> };
    (!warnings.is_empty()).then(|| {
        view! {
            <ul class="run-warnings" data-testid="run-warnings" aria-label=i18n.say(Phrase::RunWarnings)>
                {warnings.into_iter().map(item).collect_view()}
            </ul>
        }
    })
}

fn exit_code(outcome: &Outcome) -> Option<i32> {
    match outcome {
        Outcome::Succeeded => Some(0),
        Outcome::Failed { exit_code } => Some(*exit_code),
        _ => None,
    }
}

/// The task was created but never queued.
#[component]
pub(crate) fn NoRunYet() -> impl IntoView {
    view! { <Empty title=Msg::NoRunYet hint=Msg::NoRunYetHint/> }
}

/// What is executed: as one shell line, or a word per line.
#[component]
pub(crate) fn CommandView(
    detail: RwSignal<Remote<TaskDetail>>,
    number: Memo<Option<u32>>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let is_split = RwSignal::new(false);
    let words = Memo::new(move |_| {
        detail.with(|detail| {
            let Some(detail) = detail.ready() else {
                return Vec::new();
            };
            let run = detail
                .runs
                .iter()
                .find(|run| Some(run.number) == number.get());
            run.map_or(&detail.task.command, |run| &run.command).clone()
        })
    });
    let line = Memo::new(move |_| words.with(|words| shell_line(words)));
    let shown = move || {
        if is_split.get() {
            words.with(|words| {
                words
                    .iter()
                    .map(|word| shell_word(word))
                    .collect::<Vec<_>>()
                    .join("\n")
            })
        } else {
            line.get()
        }
    };
    let folder =
        move || detail.with(|detail| detail.ready().map(|detail| detail.task.working_dir.clone()));
    view! {
        <div class="code-block" data-testid="command-line">
            <div class="toolbar">
                <CopyButton text=line/>
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=is_split
                        on:change:target=move |event| is_split.set(event.target().checked())
                    />
                    <span>{i18n.say(Msg::OneWordPerLine)}</span>
                </label>
            </div>
            <pre class="wrap" tabindex="0">{shown}</pre>
            <p class="hint">{i18n.say(Msg::WorkingFolder)} " " <code>{folder}</code></p>
        </div>
    }
}

/// Copies a text.
#[component]
pub(crate) fn CopyButton(text: Memo<String>) -> impl IntoView {
    let app = use_app();
    let copy = move |_| {
        browser::copy(&text.get_untracked());
        app.tell(Msg::Copied);
    };
    view! {
        <button type="button" class="small copy" data-testid="copy" on:click=copy>
            <Icon glyph=Glyph::Copy/>
            {app.i18n.say(Msg::Copy)}
        </button>
    }
}
