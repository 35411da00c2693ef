//! The signals of the Generator page: the form, its autosave, the raw YAML, and submission.

use domain::config::Key;
use domain::config::yaml::{YamlError, inputs_from_yaml, inputs_to_yaml};
use domain::protocol::ErrorCode;
use domain::protocol::http::{GetExperimentResponse, PostSweepRequest, PutInputsRequest, Start};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::browser::Debounce;
use crate::client::{self, ClientError};
use crate::i18n::Msg;
use crate::state::AppState;
use crate::view_model::generator::{Filter, FormModel};

/// Waits after the last key before what was typed is sent.
const SAVE_AFTER_MS: u64 = 400;

/// Whether the server has what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum SaveState {
    /// Nothing was typed yet, or all of it arrived.
    #[default]
    Saved,
    /// On its way.
    Saving,
    /// The server said no or nothing; the next edit tries again.
    Failed,
}

/// Where a submission stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Submission {
    /// None.
    #[default]
    Idle,
    /// The server is at it.
    Sending(Start),
    /// It said no.
    Failed(ClientError),
}

/// Text that is not valid YAML (yet), with what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct YamlDraft {
    /// The text as typed.
    pub(crate) text: String,
    /// What is wrong with it; `None` while it is valid and being edited.
    pub(crate) error: Option<YamlError>,
}

/// All of it: signals only, hence `Copy`.
#[derive(Clone, Copy)]
pub(crate) struct FormState {
    app: AppState,
    experiment: StoredValue<GetExperimentResponse>,
    /// What was typed and what follows.
    pub(crate) form: RwSignal<FormModel>,
    /// The prefix of new tasks.
    pub(crate) prefix: RwSignal<String>,
    /// Which fields are shown.
    pub(crate) filter: RwSignal<Filter>,
    /// Fields on top.
    pub(crate) pinned: RwSignal<Vec<Key>>,
    /// What stands in the YAML editor, if it differs from what the form would write.
    pub(crate) yaml: RwSignal<Option<YamlDraft>>,
    /// Whether the server has it all.
    pub(crate) saved: RwSignal<SaveState>,
    /// Where a submission stands.
    pub(crate) submission: RwSignal<Submission>,
    save_later: Debounce,
    navigate: StoredValue<Callback<(String,)>>,
}

impl FormState {
    /// The state for an experiment that was fetched; what this tab typed but could not save yet wins.
    pub(crate) fn new(app: AppState, experiment: GetExperimentResponse) -> Self {
        let unsaved = app
            .unsaved
            .with_value(|all| all.get(&experiment.name).cloned());
        let (inputs, prefix, pinned) = match unsaved {
            Some(unsaved) => (unsaved.inputs, unsaved.prefix, unsaved.pinned),
            None => (experiment.inputs.clone(), experiment.prefix.clone(), None),
        };
        let pinned = pinned.unwrap_or_else(|| experiment.pinned.clone());
        let go = StoredValue::new_local(use_navigate());
        let navigate = Callback::new(move |(path,): (String,)| {
            go.with_value(|go| go(&path, NavigateOptions::default()));
        });
        let state = Self {
            app,
            form: RwSignal::new(FormModel::new(&experiment.schema.parser, inputs)),
            prefix: RwSignal::new(prefix),
            filter: RwSignal::new(Filter::default()),
            pinned: RwSignal::new(pinned),
            yaml: RwSignal::new(None),
            saved: RwSignal::new(SaveState::Saved),
            submission: RwSignal::new(Submission::Idle),
            save_later: Debounce::new(SAVE_AFTER_MS),
            experiment: StoredValue::new(experiment),
            navigate: StoredValue::new(navigate),
        };
        on_cleanup(move || state.save_now_if_pending());
        state
    }

    /// The experiment as it was fetched.
    pub(crate) fn with_experiment<T>(self, read: impl FnOnce(&GetExperimentResponse) -> T) -> T {
        self.experiment.with_value(read)
    }

    /// A person typed into the field of `key`.
    pub(crate) fn set(self, key: &Key, text: &str) {
        self.edit(|form| form.set(key, text));
    }

    /// Changes the form, and everything that hangs on it.
    pub(crate) fn edit(self, change: impl FnOnce(&mut FormModel)) {
        self.form.update(change);
        if self
            .yaml
            .with_untracked(|draft| draft.as_ref().is_none_or(|draft| draft.error.is_none()))
        {
            self.yaml.set(None);
        }
        self.after_edit();
    }

    /// A person typed into the YAML editor. Invalid text stays where it is; the form keeps its last valid state.
    pub(crate) fn set_yaml(self, text: String) {
        let parsed = self
            .form
            .with_untracked(|form| inputs_from_yaml(form.parameters(), &text));
        match parsed {
            Ok(inputs) => {
                self.form.update(|form| form.replace(inputs));
                self.yaml.set(Some(YamlDraft { text, error: None }));
                self.after_edit();
            }
            Err(error) => self.yaml.set(Some(YamlDraft {
                text,
                error: Some(error),
            })),
        }
    }

    /// What the YAML editor shows.
    pub(crate) fn yaml_text(self) -> String {
        let draft = self
            .yaml
            .with(|draft| draft.as_ref().map(|draft| draft.text.clone()));
        draft.unwrap_or_else(|| {
            self.form
                .with(|form| inputs_to_yaml(form.parameters(), &form.inputs()))
        })
    }

    /// The prefix was typed.
    pub(crate) fn set_prefix(self, prefix: String) {
        self.prefix.set(prefix);
        self.after_edit();
    }

    fn after_edit(self) {
        if matches!(self.submission.get_untracked(), Submission::Failed(_)) {
            self.submission.set(Submission::Idle);
        }
        self.saved.set(SaveState::Saving);
        let name = self.with_experiment(|experiment| experiment.name.clone());
        let request = PutInputsRequest {
            inputs: self.form.with_untracked(FormModel::inputs),
            options: self.with_experiment(|experiment| experiment.options.clone()),
            prefix: self.prefix.get_untracked(),
            pinned: Some(self.pinned.get_untracked()),
        };
        self.app.unsaved.update_value(|all| {
            all.insert(name, request);
        });
        self.save_later.run(move || self.save());
    }

    fn save_now_if_pending(self) {
        if self.save_later.cancel() {
            self.save();
        }
    }

    fn save(self) {
        let Some(name) = self
            .experiment
            .try_with_value(|experiment| experiment.name.clone())
        else {
            return;
        };
        let unsaved = self.app.unsaved;
        let Some(request) = unsaved.with_value(|all| all.get(&name).cloned()) else {
            return;
        };
        leptos::task::spawn_local(async move {
            let state = match client::put_inputs(&name, &request).await {
                Ok(()) => {
                    // Typed on in the meantime: that is saved by its own request.
                    let is_all = unsaved.with_value(|all| all.get(&name) == Some(&request));
                    if is_all {
                        unsaved.update_value(|all| {
                            all.remove(&name);
                        });
                    }
                    if is_all {
                        SaveState::Saved
                    } else {
                        SaveState::Saving
                    }
                }
                Err(_) => SaveState::Failed,
            };
            let _ = self.saved.try_set(state);
        });
    }

    /// True if there is a grid of what is typed, and nothing is being submitted.
    pub(crate) fn can_submit(self) -> bool {
        let max = self.app.project.with(|project| {
            project
                .ready()
                .map_or(u64::MAX, |project| project.max_tasks)
        });
        let fits = self.form.with(|form| {
            form.plan()
                .grid
                .as_ref()
                .is_some_and(|grid| grid.count() <= u128::from(max))
        });
        let is_sending = self
            .submission
            .with(|submission| matches!(submission, Submission::Sending(_)));
        // While the YAML is invalid, what is on show is not what the form would submit.
        let is_valid = self
            .yaml
            .with(|draft| draft.as_ref().is_none_or(|draft| draft.error.is_none()));
        fits && is_valid && !is_sending && self.prefix_error().is_none()
    }

    /// What is wrong with the prefix.
    pub(crate) fn prefix_error(self) -> Option<domain::names::NameError> {
        self.prefix
            .with(|prefix| domain::names::check_name(prefix).err())
    }

    /// Submits what is previewed.
    pub(crate) fn submit(self, start: Start) {
        if !self.can_submit() {
            return;
        }
        let request = self.form.with_untracked(|form| {
            let digest = form.plan().grid.as_ref()?.digest();
            Some(PostSweepRequest {
                inputs: form.inputs(),
                options: self.with_experiment(|experiment| experiment.options.clone()),
                prefix: self.prefix.get_untracked(),
                digest,
                start,
                rerun: false,
                from_snapshot: false,
                launch: domain::experiment::Launch::default(),
            })
        });
        let Some(request) = request else { return };
        self.submission.set(Submission::Sending(start));
        let name = self.with_experiment(|experiment| experiment.name.clone());
        leptos::task::spawn_local(async move {
            match client::post_sweep(&name, &request).await {
                Ok(answer) => {
                    let _ = self.submission.try_set(Submission::Idle);
                    let n = answer.count;
                    self.app.tell(if start == Start::Now {
                        Msg::TasksQueued { n }
                    } else {
                        Msg::TasksCreated { n }
                    });
                    if let Some(navigate) = self.navigate.try_get_value() {
                        let _ = navigate.try_run(("/runs".to_owned(),));
                    }
                }
                Err(error) => {
                    let _ = self.submission.try_set(Submission::Failed(error));
                }
            }
        });
    }

    /// True if the last submission was refused because the script is not what this page shows.
    pub(crate) fn is_outdated(self) -> bool {
        self.submission.with(|submission| match submission {
            Submission::Failed(error) => error.code() == Some(ErrorCode::DigestMismatch),
            _ => false,
        })
    }

    /// Puts a field on top, or back into its section.
    pub(crate) fn toggle_pin(self, key: &Key) {
        self.pinned.update(
            |pinned| match pinned.iter().position(|known| known == key) {
                Some(at) => {
                    pinned.remove(at);
                }
                None => pinned.push(key.clone()),
            },
        );
        self.after_edit();
    }
}

/// The form's state, from any component of the page.
pub(crate) fn use_form() -> FormState {
    expect_context::<FormState>()
}
