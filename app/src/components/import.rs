//! Files become inputs: dropped on the form or chosen, with a report of what matched and what did not.

use domain::grid::Input;
use domain::protocol::import::{ImportResponse, UnknownEntry};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::notice::ErrorText;
use crate::browser;
use crate::client::{self, ClientError};
use crate::i18n::Msg;
use crate::pages::{FormState, use_form};
use crate::state::use_app;
use crate::view_model::table::Table;

/// Larger files are no configs of a form.
const MAX_BYTES: f64 = 1_000_000.0;

/// What became of the last file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Imported {
    /// It was read.
    Read {
        /// The file's name.
        name: String,
        /// Values that were taken.
        taken: u64,
        /// Entries that no parameter takes.
        unknown: Vec<UnknownEntry>,
    },
    /// It was not.
    Failed {
        /// The file's name.
        name: String,
        /// Why.
        error: ClientError,
    },
    /// It is too large, or not text.
    NotText {
        /// The file's name.
        name: String,
    },
}

/// The report of the last file, for the button, the drop and the report itself.
#[derive(Clone, Copy)]
pub(crate) struct ImportState(pub(crate) RwSignal<Option<Imported>>);

/// Chooses a file.
#[component]
pub(crate) fn ImportButton() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let report: ImportState = expect_context();
    let chooser = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = chooser.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(state, report, file);
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
        <button type="button" data-testid="import-button" title=i18n.say(Msg::ImportHint) on:click=open>
            {i18n.say(Msg::Import)}
        </button>
        <input
            type="file"
            class="unseen-input"
            tabindex="-1"
            aria-hidden="true"
            data-testid="import-file"
            accept=".yaml,.yml,.toml,.json,.csv,.tsv"
            node_ref=chooser
            on:change=chosen
        />
    }
    .into_any()
}

/// Reads a file into the form: a table into rows, a config into fields.
pub(crate) fn take(state: FormState, ImportState(report): ImportState, file: web_sys::File) {
    let name = file.name();
    let experiment = state.name();
    spawn_local(async move {
        let text = if file.size() <= MAX_BYTES {
            browser::text_of_file(file).await
        } else {
            None
        };
        let Some(text) = text.filter(|text| !text.contains('\0')) else {
            let _ = report.try_set(Some(Imported::NotText { name }));
            return;
        };
        let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        if ["csv", "tsv"].contains(&ending.as_str()) {
            let imported = match Table::read(&text) {
                Some(table) => take_table(state, name, &table),
                None => Imported::NotText { name },
            };
            let _ = report.try_set(Some(imported));
            return;
        }
        let imported = match client::import(&experiment, name.clone(), text).await {
            Ok(answer) => take_config(state, name, answer),
            Err(error) => Imported::Failed { name, error },
        };
        let _ = report.try_set(Some(imported));
    });
}

fn take_table(state: FormState, name: String, table: &Table) -> Imported {
    let rows = table.to_rows();
    let taken = rows.len() as u64;
    let message = Msg::ImportedRows {
        name: name.clone(),
        n: taken,
    };
    state.edit_undoably(message, |form| {
        let mut options = form.options().clone();
        options.rows = rows;
        form.set_options(options);
    });
    Imported::Read {
        name,
        taken,
        unknown: Vec::new(),
    }
}

fn take_config(state: FormState, name: String, answer: ImportResponse) -> Imported {
    let ImportResponse {
        inputs,
        unchanged,
        unknown,
        options,
    } = answer;
    let taken = (inputs.len() + unchanged.len()) as u64;
    let message = Msg::Imported {
        name: name.clone(),
        n: taken,
    };
    let unset = unchanged.into_iter().map(|key| Input {
        key,
        text: String::new(),
    });
    let all: Vec<Input> = inputs.into_iter().chain(unset).collect();
    state.edit_undoably(message, |form| {
        if let Some(options) = options {
            form.set_options(options);
        }
        form.merge(all);
    });
    Imported::Read {
        name,
        taken,
        unknown,
    }
}

/// What became of the last file, until it is dismissed.
#[component]
pub(crate) fn ImportReport() -> impl IntoView {
    let i18n = use_app().i18n;
    let ImportState(report) = expect_context();
    move || {
        let shown = match report.get()? {
            Imported::Read { unknown, .. } if unknown.is_empty() => return None,
            Imported::Read { name, unknown, .. } => view! { <Leftovers name unknown/> }.into_any(),
            Imported::Failed { name, error } => view! {
                <p>{i18n.t(&Msg::ImportFailed { name })}</p>
                <ErrorText error/>
            }
            .into_any(),
            Imported::NotText { name } => {
                view! { <p>{i18n.t(&Msg::ImportNotText { name })}</p> }.into_any()
            }
        };
        Some(view! {
            <div class="failure" role="alert" data-testid="import-report">
                {shown}
                <button type="button" class="small" on:click=move |_| report.set(None)>{i18n.say(Msg::Dismiss)}</button>
            </div>
        })
    }
}

/// Entries that no parameter takes; those that look like a misspelling can be used after all.
#[component]
fn Leftovers(name: String, unknown: Vec<UnknownEntry>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let n = unknown.len() as u64;
    let entry = |entry: UnknownEntry| {
        let used = RwSignal::new(false);
        let text = entry.text.clone();
        let offer = entry.nearest.map(|nearest| {
            let key = nearest.clone();
            let take = move |_| {
                state.set(&key, &text);
                used.set(true);
            };
            view! {
                <button type="button" class="small" disabled=used on:click=take>
                    {i18n.say(Msg::UseFor { key: nearest.to_string() })}
                </button>
            }
        });
        view! {
            <li>
                <code>{entry.key.to_string()}": "{entry.text}</code>
                " "
                {offer}
            </li>
        }
    };
    view! {
        <p>{i18n.say(Msg::ImportUnknown { name, n })}</p>
        <ul class="leftovers">{unknown.into_iter().map(entry).collect_view()}</ul>
    }
    .into_any()
}
