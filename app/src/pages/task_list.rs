//! The signals of the Runs page: fetched pages, selection, and what changes live.

use std::ops::Range;

use domain::protocol::http::ListTasksQuery;
use domain::run::StatusCounts;
use domain::task::TaskSummary;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::Debounce;
use crate::client::{ClientError, list_tasks};
use crate::live::TasksEvent;
use crate::query::RunsQuery;
use crate::state::AppState;
use crate::view_model::runs::{PAGE, TaskPages};
use crate::view_model::selection::Selection;

/// All of it: signals only, hence `Copy`.
#[derive(Clone, Copy)]
pub(crate) struct TaskList {
    app: AppState,
    /// What is filtered by.
    pub(crate) query: Memo<RunsQuery>,
    /// What was fetched.
    pub(crate) pages: RwSignal<TaskPages>,
    /// Why the last fetch failed, if it did.
    pub(crate) error: RwSignal<Option<ClientError>>,
    /// The selected tasks.
    pub(crate) selected: RwSignal<Selection>,
    /// The rows in sight.
    pub(crate) visible: RwSignal<Range<u64>>,
    refetch_later: Debounce,
    generation: StoredValue<u64>,
}

impl TaskList {
    /// A list that follows `query` and the live connection.
    pub(crate) fn new(app: AppState, query: Memo<RunsQuery>) -> Self {
        let list = Self {
            app,
            query,
            pages: RwSignal::new(TaskPages::default()),
            error: RwSignal::new(None),
            selected: RwSignal::new(Selection::default()),
            visible: RwSignal::new(0..30),
            refetch_later: Debounce::new(250),
            generation: StoredValue::new(0),
        };
        Effect::new(move |_| {
            query.with(|_| ());
            list.restart();
        });
        Effect::new(move |_| {
            let rows = list.visible.get();
            list.fetch_missing(rows);
        });
        app.live.on_tasks(move |event| list.on_event(event));
        list
    }

    /// Another query: nothing of the old one is right.
    fn restart(self) {
        self.generation.update_value(|generation| *generation += 1);
        // All of another query are others; what was named stays named.
        if matches!(self.selected.get_untracked(), Selection::All { .. }) {
            self.clear_selection();
        }
        self.pages.set(TaskPages::default());
        self.error.set(None);
        self.fetch_missing(0..30);
    }

    /// Fetches what is in sight anew; the old rows stay on show until then.
    pub(crate) fn refetch(self) {
        let rows = self.visible.get_untracked();
        self.error.set(None);
        if let Some(pages) = self.pages.try_update(|pages| pages.refresh(rows)) {
            self.fetch(pages);
        }
    }

    fn fetch_missing(self, rows: Range<u64>) {
        let wanted = self.pages.try_update_untracked(|pages| pages.ask(rows));
        self.fetch(wanted.unwrap_or_default());
    }

    fn fetch(self, pages: Vec<u64>) {
        let generation = self.generation.get_value();
        let query = self.query.get_untracked().to_list();
        for page in pages {
            let query = ListTasksQuery {
                offset: page * PAGE,
                limit: PAGE,
                ..query.clone()
            };
            spawn_local(async move {
                let answer = list_tasks(&query).await;
                if self.generation.try_get_value() != Some(generation) {
                    return;
                }
                match answer {
                    Ok(answer) => {
                        self.remember(&answer.tasks);
                        self.pages.update(|pages| pages.put(page, answer));
                    }
                    Err(error) => {
                        self.pages.update_untracked(|pages| pages.give_up(page));
                        self.error.set(Some(error));
                    }
                }
            });
        }
    }

    fn on_event(self, event: TasksEvent) {
        match event {
            TasksEvent::At(seq)
                if self
                    .pages
                    .with_untracked(|pages| pages.total().is_none() || pages.seq() == seq) => {}
            TasksEvent::At(_) | TasksEvent::Refetch => self.refetch_soon(),
            TasksEvent::Changed { seq, task } => {
                self.remember(std::slice::from_ref(&task));
                let known = self
                    .pages
                    .with_untracked(|pages| pages.find(&task.id).map(|known| known.status));
                let moves = known != Some(task.status);
                if known.is_some() {
                    self.pages.update(|pages| pages.apply(seq, &task));
                } else {
                    self.pages.update_untracked(|pages| pages.apply(seq, &task));
                }
                // A filter's members and counts change with a status; without one every task keeps its place.
                if moves && (!self.query.with_untracked(RunsQuery::is_empty)) {
                    self.refetch_soon();
                }
            }
        }
    }

    fn refetch_soon(self) {
        self.refetch_later.run(move || self.refetch());
    }

    /// Selected tasks keep their newest known status.
    fn remember(self, tasks: &[TaskSummary]) {
        // Looked at first: whoever shows the selection is only told of a change.
        let is_stale = self
            .selected
            .with_untracked(|selected| selected.clone().remember(tasks));
        if is_stale {
            self.selected.update(|selected| {
                selected.remember(tasks);
            });
        }
    }

    /// Selects a task, or no longer.
    pub(crate) fn toggle(self, task: &TaskSummary) {
        self.selected.update(|selected| selected.toggle(task));
    }

    /// Selects every task that the query finds, now or when something is done to them.
    pub(crate) fn select_all(self) {
        self.selected
            .set(Selection::all(self.query.get_untracked()));
    }

    /// Selects nothing.
    pub(crate) fn clear_selection(self) {
        self.selected.set(Selection::default());
    }

    /// How many the query finds of each status, whatever status it filters by. What is not narrowed is all there is, and
    /// that is known live.
    pub(crate) fn counts(self) -> StatusCounts {
        let is_narrowed = self.query.with(|query| {
            let whatever_status = RunsQuery {
                status: None,
                ..query.clone()
            };
            !whatever_status.is_empty()
        });
        let live = (!is_narrowed).then(|| self.app.counts()).flatten();
        live.unwrap_or_else(|| self.pages.with(TaskPages::counts))
    }

    /// How many are selected of each status.
    pub(crate) fn selected_counts(self) -> StatusCounts {
        let found = self.counts();
        self.selected.with(|selected| selected.counts(found))
    }
}

/// The list's state, from any component of the page.
pub(crate) fn use_task_list() -> TaskList {
    expect_context::<TaskList>()
}
