//! The signals of the Runs page: fetched pages, selection, and what changes live.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::protocol::http::ListTasksQuery;
use domain::run::ShownStatus;
use domain::task::{TaskId, TaskSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::Debounce;
use crate::client::{ClientError, list_tasks};
use crate::live::TasksEvent;
use crate::query::RunsQuery;
use crate::state::AppState;
use crate::view_model::runs::{PAGE, TaskPages};

/// All of it: signals only, hence `Copy`.
#[derive(Clone, Copy)]
pub(crate) struct TaskList {
    /// What is filtered by.
    pub(crate) query: Memo<RunsQuery>,
    /// What was fetched.
    pub(crate) pages: RwSignal<TaskPages>,
    /// Why the last fetch failed, if it did.
    pub(crate) error: RwSignal<Option<ClientError>>,
    /// Selected tasks with the status they had when last seen.
    pub(crate) selected: RwSignal<BTreeMap<TaskId, ShownStatus>>,
    /// The rows in sight.
    pub(crate) visible: RwSignal<Range<u64>>,
    refetch_later: Debounce,
    generation: StoredValue<u64>,
}

impl TaskList {
    /// A list that follows `query` and the live connection.
    pub(crate) fn new(app: AppState, query: Memo<RunsQuery>) -> Self {
        let list = Self {
            query,
            pages: RwSignal::new(TaskPages::default()),
            error: RwSignal::new(None),
            selected: RwSignal::new(BTreeMap::new()),
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
        let is_stale = self.selected.with_untracked(|selected| {
            tasks.iter().any(|task| {
                selected
                    .get(&task.id)
                    .is_some_and(|status| *status != task.status)
            })
        });
        if is_stale {
            self.selected.update(|selected| {
                for task in tasks {
                    if let Some(status) = selected.get_mut(&task.id) {
                        *status = task.status;
                    }
                }
            });
        }
    }

    /// Selects a task, or no longer.
    pub(crate) fn toggle(self, task: &TaskSummary) {
        self.selected.update(|selected| {
            if selected.remove(&task.id).is_none() {
                selected.insert(task.id.clone(), task.status);
            }
        });
    }

    /// Selects every task that matches the query.
    pub(crate) fn select_all(self) {
        let query = self.query.get_untracked().to_list();
        spawn_local(async move {
            let mut all = BTreeMap::new();
            loop {
                let query = ListTasksQuery {
                    offset: all.len() as u64,
                    limit: 500,
                    ..query.clone()
                };
                match list_tasks(&query).await {
                    Ok(answer) => {
                        let before = all.len();
                        all.extend(answer.tasks.into_iter().map(|task| (task.id, task.status)));
                        if all.len() == before || all.len() as u64 >= answer.total {
                            break;
                        }
                    }
                    Err(error) => {
                        let _ = self.error.try_set(Some(error));
                        break;
                    }
                }
            }
            let _ = self.selected.try_set(all);
        });
    }
}

/// The list's state, from any component of the page.
pub(crate) fn use_task_list() -> TaskList {
    expect_context::<TaskList>()
}
