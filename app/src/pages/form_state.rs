//! The signals of the Generator page: the form, its autosave, the raw YAML, and submission.

use domain::config::Key;
use domain::config::yaml::{YamlError, inputs_from_yaml, inputs_to_yaml};
use domain::experiment::template_parameters;
use domain::grid::{Input, SweepOptions};
use domain::protocol::ErrorCode;
use domain::protocol::http::{GetExperimentResponse, PostSweepRequest, PutInputsRequest, Start};
use domain::protocol::templates::SavedTemplate;
use domain::schema::parameters::{Parameter, parameters};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::browser::{self, Debounce};
use crate::client::{self, ClientError};
use crate::i18n::Msg;
use crate::state::AppState;
use crate::view_model::generator::{FormModel, edited_yaml, inputs_of_template};
use crate::view_model::known::Known;
use crate::view_model::plan_form::{FIELDS, PlanTexts, plan};
use crate::view_model::sections::Filter;

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

/// How the one state is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FormView {
    /// Fields in sections.
    #[default]
    Form,
    /// Fields by the segments of their keys, each with its origin.
    Tree,
    /// Text.
    Yaml,
}

/// Something large was done to the form, and can be undone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    /// What was done.
    pub(crate) message: Msg,
    /// What brings the state before it back.
    pub(crate) undo: Undo,
}

/// How to take something back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Undo {
    /// The form as it was.
    Form(Vec<Input>, SweepOptions),
    /// A template that was removed.
    Template(SavedTemplate),
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
    /// Which view is open.
    pub(crate) view: RwSignal<FormView>,
    /// What was done last and can be undone.
    pub(crate) done: RwSignal<Option<Done>>,
    /// Goes up when options were replaced from outside their panel.
    pub(crate) epoch: RwSignal<u32>,
    /// How the runs are planned, as texts by key.
    pub(crate) plan: RwSignal<PlanTexts>,
    /// Run points again that are done already.
    pub(crate) rerun: RwSignal<bool>,
    /// How many points of the grid are completed, and how many queued or running; zeros until they are counted.
    pub(crate) past: RwSignal<(u64, u64)>,
    /// Points that are done, queued or running already.
    pub(crate) known: RwSignal<Known>,
    /// The YAML that a person wrote, or that the template is: its comments and order stay.
    written: StoredValue<Option<String>>,
    save_later: Debounce,
    navigate: StoredValue<Callback<(String,)>>,
}

impl FormState {
    /// The state for an experiment that was fetched; what this tab typed but could not save yet wins.
    pub(crate) fn new(app: AppState, experiment: GetExperimentResponse) -> Self {
        let unsaved = app
            .unsaved
            .with_value(|all| all.get(&experiment.name).cloned());
        let typed = unsaved.unwrap_or_else(|| PutInputsRequest {
            inputs: experiment.inputs.clone(),
            options: experiment.options.clone(),
            prefix: experiment.prefix.clone(),
            pinned: None,
            plan: None,
        });
        let planned = typed.plan.unwrap_or_else(|| experiment.plan.clone());
        let pinned = typed.pinned.unwrap_or_else(|| experiment.pinned.clone());
        let form = FormModel::new(parameters_in(&experiment), typed.inputs, typed.options);
        let go = StoredValue::new_local(use_navigate());
        let navigate = Callback::new(move |(path,): (String,)| {
            go.with_value(|go| go(&path, NavigateOptions::default()));
        });
        Self {
            app,
            form: RwSignal::new(form),
            prefix: RwSignal::new(typed.prefix),
            filter: RwSignal::new(Filter::default()),
            pinned: RwSignal::new(pinned),
            yaml: RwSignal::new(None),
            saved: RwSignal::new(SaveState::Saved),
            submission: RwSignal::new(Submission::Idle),
            view: RwSignal::new(FormView::Form),
            done: RwSignal::new(None),
            epoch: RwSignal::new(0),
            plan: RwSignal::new(planned),
            rerun: RwSignal::new(false),
            past: RwSignal::new((0, 0)),
            known: RwSignal::new(Known::default()),
            written: StoredValue::new(
                experiment
                    .template
                    .as_ref()
                    .map(|template| template.text.clone()),
            ),
            save_later: Debounce::new(SAVE_AFTER_MS),
            experiment: StoredValue::new(experiment),
            navigate: StoredValue::new(navigate),
        }
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

    /// Chooses one alternative of an exclusive group, or none.
    pub(crate) fn choose(self, group: &str, key: Option<&Key>) {
        self.edit(|form| form.choose(group, key));
    }

    /// Changes what is set beside the fields.
    pub(crate) fn edit_options(self, change: impl FnOnce(&mut SweepOptions)) {
        self.edit(|form| {
            let mut options = form.options().clone();
            change(&mut options);
            form.set_options(options);
        });
    }

    /// Does something large to the form, says so, and offers to take it back.
    pub(crate) fn edit_undoably(self, message: Msg, change: impl FnOnce(&mut FormModel)) {
        let before = self
            .form
            .with_untracked(|form| Undo::Form(form.inputs(), form.options().clone()));
        self.yaml.set(None);
        self.edit(change);
        self.epoch.update(|epoch| *epoch += 1);
        self.done.set(Some(Done {
            message,
            undo: before,
        }));
    }

    /// Takes back what was done last.
    pub(crate) fn undo(self) {
        let Some(done) = self.done.try_update(Option::take).flatten() else {
            return;
        };
        match done.undo {
            Undo::Form(inputs, options) => {
                self.yaml.set(None);
                self.edit(|form| {
                    form.set_options(options);
                    form.replace(inputs);
                });
                self.epoch.update(|epoch| *epoch += 1);
            }
            Undo::Template(template) => self.put_back(template),
        }
    }

    fn put_back(self, template: SavedTemplate) {
        let name = self.name();
        leptos::task::spawn_local(async move {
            let SavedTemplate {
                name: called,
                inputs,
                options,
                ..
            } = template;
            match client::put_template(&name, &called, inputs, options, false).await {
                Ok(_) => {
                    let _ = self.epoch.try_update(|epoch| *epoch += 1);
                }
                Err(error) => self.app.warn(error.into()),
            }
        });
    }

    /// The experiment's name.
    pub(crate) fn name(self) -> String {
        self.with_experiment(|experiment| experiment.name.clone())
    }

    /// Fetches which points are done.
    pub(crate) fn load_known(self) {
        let name = self.name();
        leptos::task::spawn_local(async move {
            if let Ok(answer) = client::list_completed(&name).await {
                let rule = self.experiment.try_with_value(|e| e.identity.clone());
                if let Some(rule) = rule {
                    let _ = self.known.try_set(Known::new(rule, answer));
                }
            }
        });
    }

    /// A person typed into the YAML editor. Invalid text stays where it is; the form keeps its last valid state.
    pub(crate) fn set_yaml(self, text: String) {
        let parsed = self.form.with_untracked(|form| {
            self.with_experiment(|experiment| match &experiment.template {
                Some(template) => inputs_of_template(&template.text, form.parameters(), &text),
                None => inputs_from_yaml(form.parameters(), &text),
            })
        });
        match parsed {
            Ok(inputs) => {
                self.written.set_value(Some(text.clone()));
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
            self.form.with(|form| {
                let inputs = form.inputs();
                let edited = self
                    .written
                    .with_value(|text| edited_yaml(text.as_ref()?, form.parameters(), &inputs));
                edited.unwrap_or_else(|| inputs_to_yaml(form.parameters(), &inputs))
            })
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
            options: self.form.with_untracked(|form| form.options().clone()),
            prefix: self.prefix.get_untracked(),
            pinned: Some(self.pinned.get_untracked()),
            plan: Some(self.plan.get_untracked()),
        };
        self.app.unsaved.update_value(|all| {
            all.insert(name.clone(), request);
        });
        // Also when the page is left meanwhile: then nothing of this state is there any more, but what was typed is.
        self.save_later.run(move || self.save(&name));
    }

    /// What was typed a moment ago is saved before the page is reloaded, closed or put away, not after the usual pause.
    pub(crate) fn save_when_leaving(self) {
        Effect::new(move |_| {
            // Phones put pages away without a further word.
            let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| {
                if !browser::is_visible() {
                    self.save_now_if_pending();
                }
            });
            let leaving = window_event_listener(leptos::ev::beforeunload, move |_| {
                self.save_now_if_pending();
            });
            on_cleanup(move || {
                hidden.remove();
                leaving.remove();
            });
        });
    }

    fn save_now_if_pending(self) {
        if self.save_later.cancel() {
            self.save(&self.with_experiment(|experiment| experiment.name.clone()));
        }
    }

    fn save(self, name: &str) {
        let name = name.to_owned();
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
        let is_planned = self.plan.with(|texts| plan(texts, FIELDS, "").is_ok());
        fits && is_valid && is_planned && !is_sending && self.prefix_error().is_none()
    }

    /// The plan was changed.
    pub(crate) fn plan_changed(self) {
        self.after_edit();
    }

    /// What is wrong with the prefix.
    pub(crate) fn prefix_error(self) -> Option<domain::names::NameError> {
        self.prefix
            .with(|prefix| domain::names::check_name(prefix).err())
    }

    /// What a submission asks for now, without the digest of its grid; `None` if the plan cannot be used.
    pub(crate) fn request(self) -> Option<PostSweepRequest> {
        let experiment = self.name();
        let plan = self
            .plan
            .with(|texts| plan(texts, FIELDS, &experiment).ok())?;
        Some(plan.fill(self.form.with(|form| PostSweepRequest {
            inputs: form.inputs(),
            options: form.options().clone(),
            prefix: self.prefix.get(),
            rerun: self.rerun.get(),
            ..PostSweepRequest::default()
        })))
    }

    /// Submits what is previewed.
    pub(crate) fn submit(self, start: Start) {
        if !self.can_submit() {
            return;
        }
        let digest = self
            .form
            .with_untracked(|form| Some(form.plan().grid.as_ref()?.digest()));
        let (Some(digest), Some(request)) = (digest, untrack(|| self.request())) else {
            return;
        };
        let request = PostSweepRequest {
            digest,
            start,
            ..request
        };
        self.submission.set(Submission::Sending(start));
        self.save_now_if_pending();
        let name = self.with_experiment(|experiment| experiment.name.clone());
        leptos::task::spawn_local(async move {
            match client::post_sweep(&name, &request).await {
                Ok(answer) => {
                    let _ = self.submission.try_set(Submission::Idle);
                    let (n, skipped) = (answer.count, answer.completed + answer.active);
                    if n == 0 {
                        self.app.tell(Msg::NothingToDo { n: skipped });
                        self.load_known();
                        return;
                    }
                    self.app.tell(match (start, skipped) {
                        (Start::Now, 0) => Msg::TasksQueued { n },
                        (Start::Later, 0) => Msg::TasksCreated { n },
                        (Start::Now, skipped) => Msg::TasksQueuedOthersDone { n, skipped },
                        (Start::Later, skipped) => Msg::TasksCreatedOthersDone { n, skipped },
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
        // A press is a decision: it is not waited for more.
        self.save_now_if_pending();
    }
}

/// What the form of an experiment asks for: the leaves of its template, else what its script accepts.
pub(crate) fn parameters_in(experiment: &GetExperimentResponse) -> Vec<Parameter> {
    match &experiment.template {
        Some(template) => template_parameters(&template.values, &experiment.inputs),
        None => parameters(&experiment.schema.parser),
    }
}

/// The form's state, from any component of the page.
pub(crate) fn use_form() -> FormState {
    expect_context::<FormState>()
}
