//! How the script was read: which parser, what could not be decided, and what the script itself says.

use domain::protocol::http::GetExperimentResponse;
use domain::protocol::{ParserChoice, Prevented, ProbeSummary, Reading};
use domain::schema::{FieldDifference, Origin, Warning};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::confirm::{Confirm, Question};
use super::notice::ErrorText;
use crate::client::{self, ClientError};
use crate::i18n::Msg;
use crate::pages::{Reload, use_form};
use crate::state::use_app;
use crate::view_model::format::moment;

/// Differences and warnings that are listed before "more" is said.
const LISTED: usize = 50;

/// The bar under the page's head.
#[component]
pub(crate) fn ReadingBar(experiment: GetExperimentResponse) -> impl IntoView {
    let i18n = use_app().i18n;
    let Reading {
        origin,
        parser,
        parsers,
        probe,
    } = experiment.reading;
    let warnings = experiment.schema.warnings;
    let script = experiment.script;
    let can_probe = !experiment.entry.has_template();
    let n = warnings.len() as u64;
    // Without a field, what was said of the reading is all there is.
    let is_all = experiment.schema.parser.args.is_empty();
    let warning = {
        let script = script.clone();
        move |Warning { line, message }: Warning| {
            view! {
                <li>
                    <code>{format!("{script}:{line}")}</code>
                    " "
                    {message}
                </li>
            }
        }
    };
    view! {
        <div class="reading">
            {(parsers.len() > 1).then(|| view! { <ParserSwitch parser parsers/> })}
            {can_probe.then(|| view! { <Probe origin probe/> })}
            {(n > 0).then(|| {
                view! {
                    <details class="warnings" open=is_all data-testid="reading-warnings">
                        <summary>{i18n.say(Msg::ReadingWarnings { n })}</summary>
                        <ul>{warnings.into_iter().take(LISTED).map(warning).collect_view()}</ul>
                    </details>
                }
            })}
        </div>
    }
    .into_any()
}

#[component]
fn ParserSwitch(parser: u32, parsers: Vec<ParserChoice>) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = use_form();
    let Reload(reload) = expect_context();
    let choose = move |index: String| {
        let Ok(index) = index.parse::<u32>() else {
            return;
        };
        let name = state.name();
        spawn_local(async move {
            match client::put_parser(&name, index).await {
                Ok(_) => {
                    let _ = reload.try_run(());
                }
                Err(error) => app.warn(error.into()),
            }
        });
    };
    let option = move |choice: ParserChoice| {
        let name = Msg::ParserChoice {
            label: choice.label,
            line: choice.line.into(),
            n: choice.arguments.into(),
        };
        view! { <option value=choice.index.to_string() selected=choice.index == parser>{i18n.say(name)}</option> }
    };
    view! {
        <label class="parser-switch">
            <span>{i18n.say(Msg::Parser)}</span>
            <select data-testid="parser-switch" on:change:target=move |event| choose(event.target().value())>
                {parsers.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

#[component]
fn Probe(origin: Origin, probe: Option<ProbeSummary>) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = use_form();
    let Reload(reload) = expect_context();
    let question = RwSignal::new(None::<Question>);
    let is_running = RwSignal::new(false);
    let problem = RwSignal::new(None::<ClientError>);
    let has_probe = probe.is_some();
    let run = move |forget: bool| {
        let name = state.name();
        is_running.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = if forget {
                client::delete_probe(&name).await
            } else {
                client::post_probe(&name).await
            };
            let _ = is_running.try_set(false);
            match answer {
                Ok(_) => {
                    let _ = reload.try_run(());
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error));
                }
            }
        });
    };
    let ask = move |_| {
        let script = state.with_experiment(|experiment| experiment.script.clone());
        question.set(Some(Question {
            ask: Msg::AskProbe { script },
            detail: Msg::AskProbeDetail,
            yes: Msg::YesProbe,
            no: Msg::NotNow,
        }));
    };
    let label = move || {
        i18n.t(&match (is_running.get(), has_probe) {
            (true, _) => Msg::Probing,
            (false, true) => Msg::ProbeAgain,
            (false, false) => Msg::Probe,
        })
    };
    view! {
        <div class="probe">
            <span class="hint" data-testid="reading-origin" data-origin=format!("{origin:?}").to_lowercase()>
                {i18n.say(if origin == Origin::Probe { Msg::ReadByProbe } else { Msg::ReadStatically })}
            </span>
            <button
                type="button"
                class="small"
                data-testid="probe"
                title=i18n.say(Msg::ProbeHint)
                disabled=is_running
                aria-busy=move || is_running.get().to_string()
                on:click=ask
            >
                {label}
            </button>
            {has_probe.then(|| view! {
                <button type="button" class="small" data-testid="probe-forget" disabled=is_running on:click=move |_| run(true)>
                    {i18n.say(Msg::ProbeForget)}
                </button>
            })}
            <Confirm question on_yes=move |()| run(false)/>
        </div>
        {move || problem.get().map(|error| view! {
            <div class="failure" role="alert" data-testid="probe-error"><ErrorText error/></div>
        })}
        {probe.map(|probe| view! { <Found probe/> })}
    }
    .into_any()
}

/// What the last probe found.
#[component]
fn Found(probe: ProbeSummary) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let when = moment(
        probe.at_ms,
        app.now.get_untracked(),
        crate::browser::utc_offset_minutes(probe.at_ms.as_ms()),
    );
    let differences = probe.differences;
    let n = (differences.fields.len()
        + differences.only_static.len()
        + differences.only_probe.len()
        + differences.parser.len()) as u64;
    let field = |difference: FieldDifference| {
        let what = if difference.argument.is_empty() {
            difference.field
        } else {
            format!("{} · {}", difference.argument, difference.field)
        };
        view! {
            <tr>
                <th scope="row"><code>{what}</code></th>
                <td><code>{difference.read.to_string()}</code></td>
                <td><code>{difference.probe.to_string()}</code></td>
            </tr>
        }
    };
    let only = |message: fn(String) -> Msg| {
        move |place: domain::schema::ArgumentPlace| {
            view! { <li>{i18n.say(message(place.argument))}</li> }
        }
    };
    let only_static = only(|argument| Msg::OnlyStatic { argument });
    let only_probe = only(|argument| Msg::OnlyProbe { argument });
    let prevented = |Prevented {
                         what, file, line, ..
                     }: Prevented| {
        let place = match (file, line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file,
            _ => String::new(),
        };
        view! { <li><code>{place}</code>" "{what}</li> }
    };
    let rows: Vec<FieldDifference> = differences
        .fields
        .into_iter()
        .chain(differences.parser)
        .take(LISTED)
        .collect();
    let has_rows = !rows.is_empty();
    let has_prevented = !probe.prevented.is_empty();
    view! {
        <details class="warnings" data-testid="probe-result" data-outdated=probe.outdated.to_string()>
            <summary>
                {i18n.say(if probe.outdated {
                    Msg::ProbeOutdated { when }
                } else {
                    Msg::ProbeFound { n, when }
                })}
            </summary>
            {probe.partial.then(|| view! { <p>{i18n.say(Msg::ProbePartial)}</p> })}
            {has_rows.then(|| view! {
                <table class="differences">
                    <thead><tr><th></th><th>{i18n.say(Msg::ReadStatically)}</th><th>{i18n.say(Msg::ReadByProbe)}</th></tr></thead>
                    <tbody>{rows.into_iter().map(field).collect_view()}</tbody>
                </table>
            })}
            <ul>
                {differences.only_static.into_iter().take(LISTED).map(only_static).collect_view()}
                {differences.only_probe.into_iter().take(LISTED).map(only_probe).collect_view()}
            </ul>
            {has_prevented.then(|| view! {
                <p>{i18n.say(Msg::Prevented)}</p>
                <ul>{probe.prevented.into_iter().take(LISTED).map(prevented).collect_view()}</ul>
            })}
        </details>
    }
    .into_any()
}
