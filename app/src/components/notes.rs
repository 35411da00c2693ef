//! The notes of a task: plain text, saved when one stops typing, never over what somebody else wrote.

use domain::protocol::ErrorCode;
use domain::protocol::organise::Notes;
use domain::task::TaskId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::notice::{ErrorText, Failure, Skeleton};
use crate::browser::Debounce;
use crate::client::{ClientError, get_notes, put_notes};
use crate::i18n::{Msg, Phrase};
use crate::state::{Remote, use_app};

/// Waits after the last key before the notes are sent.
const SAVE_AFTER_MS: u64 = 600;

/// The editor.
#[component]
pub(crate) fn NotesView(task: TaskId) -> impl IntoView {
    let notes = RwSignal::new(Remote::<Notes>::Loading);
    let task = StoredValue::new(task);
    let load = move || {
        spawn_local(async move {
            let answer = get_notes(&task.get_value()).await;
            let _ = notes.try_set(answer.into());
        });
    };
    Effect::new(move |_| load());
    // Drawn once per version from the server, not at each key.
    let shown = Memo::new(move |_| notes.with(|notes| notes.ready().is_some()));
    move || {
        if shown.get() {
            view! { <Editor task notes on_reload=move |()| load()/> }.into_any()
        } else {
            match notes.get() {
                Remote::Failed(error) => {
                    view! { <Failure error retry=move |()| load()/> }.into_any()
                }
                _ => view! { <Skeleton rows=4/> }.into_any(),
            }
        }
    }
}

#[component]
fn Editor(
    task: StoredValue<TaskId>,
    notes: RwSignal<Remote<Notes>>,
    #[prop(into)] on_reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    let problem = RwSignal::new(None::<ClientError>);
    let is_saved = RwSignal::new(true);
    let text = RwSignal::new(notes.with_untracked(|notes| {
        notes
            .ready()
            .map(|notes| notes.text.clone())
            .unwrap_or_default()
    }));
    let version = StoredValue::new(notes.with_untracked(|notes| {
        notes
            .ready()
            .map(|notes| notes.version.clone())
            .unwrap_or_default()
    }));
    let save = move || {
        let change = Notes {
            text: text.get_untracked(),
            version: version.get_value(),
        };
        spawn_local(async move {
            match put_notes(&task.get_value(), &change).await {
                Ok(saved) => {
                    let _ = version.try_set_value(saved.version);
                    let is_all = text.try_get_untracked() == Some(change.text);
                    let _ = is_saved.try_set(is_all);
                    let _ = problem.try_set(None);
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error));
                }
            }
        });
    };
    let later = Debounce::new(SAVE_AFTER_MS);
    let typed = move |new: String| {
        text.set(new);
        is_saved.set(false);
        later.run(save);
    };
    let is_conflict = move || {
        problem.with(|problem| {
            problem.as_ref().and_then(ClientError::code) == Some(ErrorCode::Conflict)
        })
    };
    // Both texts are kept: theirs is loaded, ours goes behind it.
    let take_theirs = move |_| {
        problem.set(None);
        notes.set(Remote::Loading);
        on_reload.run(());
    };
    let state = move || {
        if problem.with(Option::is_some) {
            Msg::NotSaved
        } else if is_saved.get() {
            Msg::Saved
        } else {
            Msg::Saving
        }
    };
    view! {
        <div class="notes">
            {move || problem.get().map(|error| view! {
                <div class="failure" role="alert" data-testid="notes-error">
                    <ErrorText error/>
                    <Show when=is_conflict>
                        <button type="button" data-testid="notes-reload" on:click=take_theirs>{i18n.say(Phrase::ShowAgain)}</button>
                    </Show>
                </div>
            })}
            <textarea
                data-testid="notes"
                aria-label=i18n.say(Phrase::Notes)
                placeholder=i18n.say(Phrase::NotesHint)
                prop:value=text
                on:input:target=move |event| typed(event.target().value())
            ></textarea>
            <p class="hint" role="status" data-testid="notes-state">{move || i18n.t(&state())}</p>
        </div>
    }
}
