//! What every page shares: language, theme, project, live connection, clock and short messages.

use domain::protocol::http::{GetProjectResponse, PutInputsRequest};
use domain::run::StatusCounts;
use domain::time::Timestamp;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::browser;
use crate::client::{self, ClientError};
use crate::i18n::{I18n, Msg};
use crate::live::{Connection, Live};
use crate::pages::Draft;
use crate::preferences::{Language, Preferences, Theme};

/// Something that is fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Remote<T> {
    /// On its way.
    #[default]
    Loading,
    /// Here.
    Ready(T),
    /// Not to be had; a retry may help.
    Failed(ClientError),
}

impl<T> Remote<T> {
    /// The thing, if it is here.
    pub(crate) fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

impl<T> From<Result<T, ClientError>> for Remote<T> {
    fn from(result: Result<T, ClientError>) -> Self {
        result.map_or_else(Self::Failed, Self::Ready)
    }
}

/// A short message that goes away by itself.
#[derive(Clone)]
pub(crate) struct Toast {
    /// What it says.
    pub(crate) message: Msg,
    /// True for bad news, which stays longer.
    pub(crate) is_error: bool,
    /// What takes it back, if it can be.
    pub(crate) undo: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// What the status bar says of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueGlance {
    /// A person has paused it.
    pub(crate) is_paused: bool,
    /// When the last of all is done.
    pub(crate) done_at: Option<Timestamp>,
}

/// The shared state: all signals, hence `Copy`.
#[derive(Clone, Copy)]
pub(crate) struct AppState {
    /// Texts in the chosen language.
    pub(crate) i18n: I18n,
    /// The chosen colours.
    pub(crate) theme: RwSignal<Theme>,
    /// The served project.
    pub(crate) project: RwSignal<Remote<GetProjectResponse>>,
    /// The experiment in the top bar.
    pub(crate) experiment: RwSignal<Option<String>>,
    /// The live connection.
    pub(crate) live: Live,
    /// The server's time; moves once a second while something runs and the tab is visible.
    pub(crate) now: RwSignal<Timestamp>,
    /// The latest short message.
    pub(crate) toast: RwSignal<Option<Toast>>,
    /// What was typed but has not reached the server yet, by experiment.
    pub(crate) unsaved: StoredValue<BTreeMap<String, PutInputsRequest>>,
    /// Settings that were changed and not saved; they outlive the page.
    pub(crate) settings_draft: RwSignal<Draft>,
    /// What the status bar says of the queue.
    pub(crate) queue: RwSignal<QueueGlance>,
    queue_later: browser::Debounce,
    toast_timer: browser::Debounce,
}

impl AppState {
    /// The state before anything was fetched; the same on the server and in the hydrating browser.
    pub(crate) fn new(preferences: Preferences) -> Self {
        Self {
            i18n: I18n::new(preferences.language),
            theme: RwSignal::new(preferences.theme),
            project: RwSignal::new(Remote::Loading),
            experiment: RwSignal::new(None),
            live: Live::new(),
            now: RwSignal::new(Timestamp::default()),
            toast: RwSignal::new(None),
            unsaved: StoredValue::new(BTreeMap::new()),
            settings_draft: RwSignal::new(Draft::new()),
            queue: RwSignal::new(QueueGlance::default()),
            queue_later: browser::Debounce::new(500),
            toast_timer: browser::Debounce::new(6_000),
        }
    }

    /// Fetches the project, and opens the live connection. Called once, in the browser.
    pub(crate) fn start(self) {
        self.touch_clock();
        self.load_project();
        self.live.start();
        // The first event comes as soon as the connection is open.
        self.live
            .on_tasks(move |_| self.queue_later.run(move || self.glance_at_queue()));
        let ticking = Memo::new(move |_| self.counts().is_some_and(|counts| counts.running > 0));
        Effect::new(move |_| {
            if !ticking.get() {
                return;
            }
            let tick = browser::every_second(move || {
                if browser::is_visible() {
                    self.touch_clock();
                }
            });
            on_cleanup(move || {
                if let Some(tick) = tick {
                    tick.clear();
                }
            });
        });
    }

    /// Asks how the queue stands; where nobody answers that, nothing is said of it.
    fn glance_at_queue(self) {
        if self.live.connection.get_untracked() != Connection::Open {
            return;
        }
        leptos::task::spawn_local(async move {
            if let Ok(queue) = client::get_queue(1).await {
                let _ = self.queue.try_set(QueueGlance {
                    is_paused: queue.is_paused,
                    // Of an idle queue there is nothing to say.
                    done_at: queue
                        .done_at_ms
                        .filter(|_| queue.waiting_count > 0 || !queue.running.is_empty()),
                });
            }
        });
    }

    /// Fetches the project anew.
    pub(crate) fn load_project(self) {
        leptos::task::spawn_local(async move {
            let answer = client::get_project().await;
            if let Ok(project) = &answer
                && self.experiment.get_untracked().is_none()
            {
                self.experiment.set(
                    project
                        .opened
                        .clone()
                        .or_else(|| project.experiments.first().cloned()),
                );
            }
            self.project.set(answer.into());
        });
    }

    /// Counts of all tasks: the live ones, else those of the project.
    pub(crate) fn counts(self) -> Option<StatusCounts> {
        self.live.counts.get().or_else(|| {
            self.project
                .with(|project| project.ready().map(|project| project.counts))
        })
    }

    /// Sets `now` to the server's time.
    pub(crate) fn touch_clock(self) {
        self.now.set(Timestamp(
            browser::now_ms() + self.live.clock_skew_ms.get_untracked(),
        ));
    }

    /// Shows a short message.
    pub(crate) fn tell(self, message: Msg) {
        self.show(Toast {
            message,
            is_error: false,
            undo: None,
        });
    }

    /// Shows a short message of something that can be taken back.
    pub(crate) fn tell_undoable(self, message: Msg, undo: impl Fn() + Send + Sync + 'static) {
        self.show(Toast {
            message,
            is_error: false,
            undo: Some(Arc::new(undo)),
        });
    }

    /// Shows a short message of bad news.
    pub(crate) fn warn(self, message: Msg) {
        self.show(Toast {
            message,
            is_error: true,
            undo: None,
        });
    }

    fn show(self, toast: Toast) {
        self.toast.set(Some(toast));
        self.toast_timer.run(move || self.toast.set(None));
    }

    /// Speaks another language from now on, without a reload.
    pub(crate) fn set_language(self, language: Language) {
        self.i18n.set_language(language);
        browser::set_root_attribute("lang", language.as_str());
        browser::set_cookie("lang", language.as_str());
    }

    /// Uses other colours from now on.
    pub(crate) fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
        browser::set_root_attribute("data-theme", theme.as_str());
        browser::set_cookie("theme", theme.as_str());
    }
}

/// The shared state, from any component.
pub(crate) fn use_app() -> AppState {
    expect_context::<AppState>()
}
