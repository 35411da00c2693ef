//! Settings: every key of `settings.toml`, with what was changed and not saved kept while one looks elsewhere.

use std::collections::BTreeMap;

use domain::protocol::settings::{GetSettingsResponse, PutSettingsRequest, SettingChange};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use serde_json::Value;

use crate::client::{ClientError, get_settings, put_settings};
use crate::components::notice::{ErrorText, Failure, Skeleton};
use crate::components::phone::PhoneSection;
use crate::components::setting::SettingField;
use crate::components::variables::Variables;
use crate::i18n::{Msg, Phrase};
use crate::state::{AppState, Remote, use_app};
use crate::view_model::settings::{SECTIONS, Section, at};

/// What was typed, by key: a value, or a text that is none.
pub(crate) type Draft = BTreeMap<&'static str, Result<Value, (f64, f64)>>;

/// The signals of the page.
#[derive(Clone, Copy)]
pub(crate) struct SettingsState {
    app: AppState,
    /// What the server has.
    pub(crate) remote: RwSignal<Remote<GetSettingsResponse>>,
    /// Why the last change was refused.
    pub(crate) problem: RwSignal<Option<ClientError>>,
    /// True while a change is on its way.
    pub(crate) is_saving: RwSignal<bool>,
}

impl SettingsState {
    fn new(app: AppState) -> Self {
        Self {
            app,
            remote: RwSignal::new(Remote::Loading),
            problem: RwSignal::new(None),
            is_saving: RwSignal::new(false),
        }
    }

    fn load(self) {
        spawn_local(async move {
            let answer = get_settings().await;
            let _ = self.problem.try_set(None);
            let _ = self.remote.try_set(answer.into());
        });
    }

    /// What was typed and not saved.
    pub(crate) fn draft(self) -> RwSignal<Draft> {
        self.app.settings_draft
    }

    /// The saved value of a key.
    pub(crate) fn saved(self, key: &str) -> Value {
        self.look(|settings| at(&settings.values, key))
            .unwrap_or_default()
    }

    /// The value that a key has without a line in the file.
    pub(crate) fn default(self, key: &str) -> Value {
        self.look(|settings| at(&settings.defaults, key))
            .unwrap_or_default()
    }

    /// Something of what the server has.
    pub(crate) fn look<T>(self, choose: impl FnOnce(&GetSettingsResponse) -> T) -> Option<T> {
        self.remote.with(|remote| remote.ready().map(choose))
    }

    /// Something was typed; what equals the saved value is no change.
    pub(crate) fn change(self, key: &'static str, value: Result<Value, (f64, f64)>) {
        let saved = self.remote.with_untracked(|remote| {
            let settings = remote.ready();
            let value = |of: fn(&GetSettingsResponse) -> &Value| {
                settings
                    .map(|settings| at(of(settings), key))
                    .unwrap_or_default()
            };
            (value(|s| &s.values), value(|s| &s.defaults))
        });
        let is_same = match &value {
            Ok(Value::Null) => saved.0 == saved.1,
            Ok(value) => *value == saved.0,
            Err(_) => false,
        };
        self.draft().update(|draft| {
            if is_same {
                draft.remove(key);
            } else {
                draft.insert(key, value);
            }
        });
    }

    /// Sends a change; what was refused stays as it was typed.
    pub(crate) fn send(self, request: PutSettingsRequest, on_done: impl FnOnce() + 'static) {
        if self.is_saving.get_untracked() {
            return;
        }
        self.is_saving.set(true);
        spawn_local(async move {
            let answer = put_settings(&request).await;
            let _ = self.is_saving.try_set(false);
            match answer {
                Ok(settings) => {
                    let _ = self.problem.try_set(None);
                    let _ = self.remote.try_set(Remote::Ready(settings));
                    on_done();
                    self.app.load_project();
                    self.app.tell(Phrase::SettingsSaved.into());
                }
                Err(error) => {
                    let _ = self.problem.try_set(Some(error));
                }
            }
        });
    }

    fn save(self) {
        let changes = self.draft().with_untracked(|draft| {
            let change = |(key, value): (&&'static str, &Result<Value, _>)| SettingChange {
                key: (*key).to_owned(),
                value: value.clone().unwrap_or_default(),
            };
            draft.iter().map(change).collect()
        });
        let revision = self.revision();
        let request = PutSettingsRequest {
            revision,
            changes,
            ..PutSettingsRequest::default()
        };
        let draft = self.draft();
        self.send(request, move || draft.set(Draft::new()));
    }

    /// What the file was when this page read it.
    pub(crate) fn revision(self) -> Option<String> {
        let revision = |settings: &GetSettingsResponse| settings.revision.clone();
        self.remote
            .with_untracked(|remote| remote.ready().map(revision))
    }
}

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = SettingsState::new(app);
    provide_context(state);
    Effect::new(move |_| state.load());
    guard_unsaved(state);
    let is_ready = Memo::new(move |_| state.remote.with(|remote| remote.ready().is_some()));
    view! {
        <Title text=i18n.say(Phrase::NavSettings)/>
        <div class="page settings">
            <div class="page-head">
                <h1>{i18n.say(Phrase::NavSettings)}</h1>
            </div>
            {move || if is_ready.get() {
                view! { <Body/> }.into_any()
            } else {
                match state.remote.get() {
                    Remote::Failed(error) => view! { <Failure error retry=move |()| state.load()/> }.into_any(),
                    _ => view! { <Skeleton rows=10/> }.into_any(),
                }
            }}
        </div>
    }
}

/// A tab that is closed asks first; another page of ours keeps what was typed.
fn guard_unsaved(state: SettingsState) {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::beforeunload, move |event| {
            if state.draft().with_untracked(|draft| !draft.is_empty()) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

#[component]
fn Body() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let broken = move || {
        state
            .look(|settings| settings.problem.clone())
            .flatten()
            .map(ClientError::Refused)
    };
    let path = move || state.look(|settings| settings.path.clone());
    view! {
        {move || broken().map(|error| view! {
            <div class="failure" role="alert" data-testid="settings-broken">
                <p>{i18n.say(Phrase::SettingsBroken)}</p>
                <ErrorText error/>
            </div>
        })}
        {SECTIONS.iter().map(|section| view! { <SectionView section/> }).collect_view()}
        <PhoneSection/>
        <p class="hint settings-file">{i18n.say(Phrase::SettingsFile)} " " <code>{path}</code></p>
        <SaveBar/>
    }
}

#[component]
fn SectionView(section: &'static Section) -> impl IntoView {
    let i18n = use_app().i18n;
    let heading = format!("settings-{}", section.id);
    let labelled = heading.clone();
    view! {
        <section class="settings-section" aria-labelledby=labelled>
            <header>
                <h2 id=heading>{i18n.say(Msg::SettingName(section.id))}</h2>
                <p class="hint">{i18n.say(Msg::SettingHint(section.id))}</p>
            </header>
            <div class="settings-fields">
                {(section.id == "environment").then(|| view! { <Variables/> })}
                {section.settings.iter().map(|(key, kind)| view! { <SettingField key=*key kind=*kind/> }).collect_view()}
            </div>
        </section>
    }
    .into_any()
}

/// How much is not saved, and what to do about it; always in sight while there is something.
#[component]
fn SaveBar() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let draft = state.draft();
    let count = move || draft.with(|draft| draft.len() as u64);
    let is_wrong = move || draft.with(|draft| draft.values().any(Result::is_err));
    let is_conflict = move || {
        state.problem.with(|problem| {
            let code = problem.as_ref().and_then(ClientError::code);
            code == Some(domain::protocol::ErrorCode::Conflict)
        })
    };
    view! {
        <Show when=move || { count() > 0 || state.problem.with(Option::is_some) }>
            <div class="save-bar" role="region" aria-label=i18n.say(Phrase::Save) data-testid="save-bar">
                {move || state.problem.get().map(|error| view! {
                    <div class="failure" role="alert" data-testid="settings-error"><ErrorText error/></div>
                })}
                <div class="save-buttons">
                    <strong>{move || i18n.t(&Msg::UnsavedChanges { n: count() })}</strong>
                    <span class="spacer"></span>
                    <Show when=is_conflict>
                        <button type="button" data-testid="settings-reload" on:click=move |_| state.load()>
                            {i18n.say(Phrase::ShowAgain)}
                        </button>
                    </Show>
                    <button
                        type="button"
                        data-testid="settings-discard"
                        on:click=move |_| {
                            draft.set(Draft::new());
                            state.problem.set(None);
                        }
                    >
                        {i18n.say(Phrase::Discard)}
                    </button>
                    <button
                        type="button"
                        class="primary"
                        data-testid="settings-save"
                        disabled=move || { is_wrong() || count() == 0 || state.is_saving.get() }
                        on:click=move |_| state.save()
                    >
                        {i18n.say(Phrase::Save)}
                    </button>
                </div>
            </div>
        </Show>
    }
}
