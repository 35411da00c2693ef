//! Prefix, slots, and the two buttons: create, run.

use domain::protocol::http::Start;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::notice::ErrorText;
use crate::client::put_slots;
use crate::i18n::{self, Msg};
use crate::pages::{Reload, Submission, use_form};
use crate::state::{Remote, use_app};
use crate::view_model::generator::Preview;

/// The bar under the preview; on a phone it stays in sight.
#[component]
pub(crate) fn SubmitBar(preview: Memo<Preview>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let Reload(reload) = expect_context();
    let count = move || {
        let all = preview.with(|preview| preview.grid.as_ref().map_or(0, |grid| grid.count()));
        let (completed, active) = state.past.get();
        let skipped = if state.rerun.get() {
            0
        } else {
            completed + active
        };
        all.saturating_sub(skipped.into())
    };
    let is_sending =
        move |start: Start| state.submission.with(|s| *s == Submission::Sending(start));
    submit_shortcut();
    let run_text = move || {
        i18n.t(&if is_sending(Start::Now) {
            Msg::Submitting
        } else if count() == 0 && state.past.get() != (0, 0) {
            Msg::AllDone
        } else {
            Msg::RunTasks { n: count() }
        })
    };
    let create_text = move || {
        i18n.t(&if is_sending(Start::Later) {
            Msg::Submitting
        } else {
            Msg::Create
        })
    };
    let problem = move || {
        state.submission.with(|submission| match submission {
            Submission::Failed(error) => Some(error.clone()),
            _ => None,
        })
    };
    view! {
        <div class="submit">
            <div class="submit-fields">
                <Prefix/>
                <Slots/>
            </div>
            <div class="submit-actions">
                {move || {
                    problem().map(|error| {
                        view! {
                            <div class="failure" role="alert" data-testid="submit-error">
                                <ErrorText error/>
                                <Show when=move || state.is_outdated()>
                                    <button type="button" on:click=move |_| reload.run(()) data-testid="reload-script">
                                        {i18n.say(Msg::ReloadScript)}
                                    </button>
                                </Show>
                            </div>
                        }
                    })
                }}
                <div class="submit-buttons">
                    <button
                        type="button"
                        data-testid="create-button"
                        disabled=move || !state.can_submit()
                        title=i18n.say(Msg::CreateHint)
                        on:click=move |_| state.submit(Start::Later)
                    >
                        {create_text}
                    </button>
                    <button
                        type="button"
                        class="primary"
                        data-testid="run-button"
                        disabled=move || !state.can_submit()
                        aria-keyshortcuts="Control+Enter Meta+Enter"
                        on:click=move |_| state.submit(Start::Now)
                    >
                        {run_text}
                    </button>
                    <kbd class="shortcut" aria-hidden="true">"⌘⏎"</kbd>
                </div>
            </div>
        </div>
    }
}

/// ⌘ or Ctrl with Enter runs, from anywhere on the page.
fn submit_shortcut() {
    let state = use_form();
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                state.submit(Start::Now);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

#[component]
fn Prefix() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let error = move || {
        state
            .prefix_error()
            .map(|error| i18n::name_error(i18n.language(), &error))
    };
    view! {
        <label class="submit-field">
            <span>{i18n.say(Msg::Prefix)}</span>
            <input
                type="text"
                data-testid="prefix"
                autocomplete="off"
                spellcheck="false"
                aria-invalid=move || error().is_some().to_string()
                prop:value=state.prefix
                on:input:target=move |event| state.set_prefix(event.target().value())
            />
        </label>
        {move || error().map(|shown| view! { <p class="field-error" data-testid="prefix-error">{shown}</p> })}
    }
}

#[component]
fn Slots() -> impl IntoView {
    let app = use_app();
    let slots = Memo::new(move |_| {
        app.project
            .with(|project| project.ready().map(|project| project.slots))
    });
    let change = move |text: String| {
        let Some(wanted) = text
            .trim()
            .parse::<u32>()
            .ok()
            .filter(|slots| (1..=1024).contains(slots))
        else {
            app.warn(Msg::SlotsRange);
            app.project.notify();
            return;
        };
        spawn_local(async move {
            match put_slots(wanted).await {
                Ok(_) => app.project.update(|project| {
                    if let Remote::Ready(project) = project {
                        project.slots = wanted;
                    }
                }),
                Err(error) => app.warn(error.into()),
            }
        });
    };
    view! {
        <label class="submit-field slots">
            <span title=app.i18n.say(Msg::SlotsHint)>{app.i18n.say(Msg::Slots)}</span>
            <input
                type="number"
                min="1"
                max="1024"
                data-testid="slots"
                prop:value=move || slots.get().map(|slots| slots.to_string()).unwrap_or_default()
                on:change:target=move |event| change(event.target().value())
            />
        </label>
    }
}
