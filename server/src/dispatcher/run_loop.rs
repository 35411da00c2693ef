//! The one loop: takes events, performs effects.

use std::sync::Arc;
use std::time::Duration;

use domain::protocol::http::ActOnTasksResponse;
use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;
use tokio::sync::{broadcast, mpsc};

use super::entry::Entry;
use super::event::{Change, Effect, Event};
use super::handle::{Dispatcher, Organised, Request};
use super::load::{self, Loaded};
use super::look::Looks;
use super::organise::Organise;
use super::rules;
use super::state::State;
use super::step;
use crate::executor::launch::{self, Idle, Launcher};
use crate::process::{clock, signals};
use crate::storage::index::Keeper;
use crate::storage::queue::{QueueJournal, QueueRow};
use crate::storage::{Layout, StorageError};

/// Requests that may wait; senders wait when it is full.
const REQUESTS: usize = 256;
/// News of runs that may wait; watchers wait when it is full.
const NEWS: usize = 1024;
/// Changes a slow listener may be behind before it has to read again.
const CHANGES: usize = 1024;

/// The longest wait for a time without a look at the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Up to this many runs that are cancelled while they wait get their records before the answer; of more, the journal
/// says it first, and the records follow.
const RECORDED_AT_ONCE: usize = 16;

/// What a run's watcher has to tell.
pub(crate) struct News {
    pub(crate) id: RunId,
    pub(crate) record: Result<RunRecord, StorageError>,
    /// Its supervisor, if that is free for another run.
    pub(crate) idle: Option<Idle>,
}

/// Starts the dispatcher of a project whose lock the caller holds. It loads the files in the background; requests wait
/// until that is done.
pub fn start(layout: Layout, slots: u32, launcher: Launcher) -> Dispatcher {
    let (requests, incoming) = mpsc::channel(REQUESTS);
    let (changes, _) = broadcast::channel(CHANGES);
    let handle = Dispatcher {
        requests,
        changes: changes.clone(),
    };
    tokio::spawn(async move {
        let for_load = layout.clone();
        let settings = launcher.settings.clone();
        let loaded = tokio::task::spawn_blocking(move || {
            let rules = rules::rules(&settings.now().queue, slots);
            load::load(&for_load, rules)
        });
        let loaded = loaded.await;
        match loaded {
            Ok(Ok(loaded)) => run(layout, launcher, loaded, incoming, changes).await,
            Ok(Err(error)) => {
                tracing::error!(%error, hint = error.hint(), "could not load the project");
            }
            Err(error) => tracing::error!(%error, "loading the project broke"),
        }
    });
    handle
}

struct Loop {
    layout: Layout,
    launcher: Arc<Launcher>,
    state: State,
    journal: QueueJournal,
    /// Is told what has come to rest.
    index: Option<Keeper>,
    news: mpsc::Sender<News>,
    changes: broadcast::Sender<Change>,
    looks: Looks,
    /// The supervisor of the run that has just ended, until the step that follows from it is done.
    idle: Option<Idle>,
}

async fn run(
    layout: Layout,
    launcher: Launcher,
    loaded: Loaded,
    mut requests: mpsc::Receiver<Request>,
    changes: broadcast::Sender<Change>,
) {
    let (news, mut incoming_news) = mpsc::channel(NEWS);
    let Loaded {
        mut state,
        journal,
        noted,
        adopted,
        index,
    } = loaded;
    state.is_held = launcher.is_held;
    let (looks, mut seen) = Looks::new(launcher.gpus.clone(), launcher.settings.clone());
    let effects = step::begin(&mut state, noted, clock::now());
    let index = index.map(|index| Keeper::start(layout.clone(), index, clock::now));
    let mut this = Loop {
        index,
        layout,
        launcher: Arc::new(launcher),
        state,
        journal,
        news,
        changes,
        looks,
        idle: None,
    };
    for id in adopted {
        launch::watch_adopted(&this.layout, id, this.news.clone());
    }
    this.perform(effects);
    loop {
        tokio::select! {
            request = requests.recv() => match request {
                Some(request) => this.handle(request),
                // Every handle is gone: the server is shutting down.
                None => return,
            },
            Some(news) = incoming_news.recv() => this.take_news(news),
            Some(seen) = seen.recv() => {
                this.step(Event::GpusSeen { seen });
                this.looks.told(&this.state.gpu_states());
            }
            () = this.looks.due() => {
                this.looks.end_pause();
                this.step(Event::GpusWanted);
            }
            () = timer(this.state.queue().next_wake()) => {
                this.step(Event::TimeCame);
            }
        }
    }
}

/// Waits for a time; for ever if there is none.
///
/// The machine's timers stand still while it sleeps, and its clock may be set: a long wait is taken in parts.
async fn timer(until: Option<Timestamp>) {
    let Some(until) = until else {
        return std::future::pending().await;
    };
    let ms = until.since_ms(clock::now());
    // A millisecond more: a timer that fires early would find nothing to do.
    let wait = Duration::from_millis(ms.saturating_add(1)).min(LONGEST_WAIT);
    tokio::time::sleep(wait).await;
}

impl Loop {
    fn handle(&mut self, request: Request) {
        match request {
            Request::Read(look) => look(&self.state),
            Request::Add { tasks, start, done } => {
                self.step(Event::TasksAdded { tasks, start });
                done.send(()).ok();
            }
            Request::Act { act, tasks, done } => {
                let asked = tasks.len();
                let refused = self.step(Event::ActRequested { act, tasks }).refused;
                let done_count = u64::try_from(asked.saturating_sub(refused.len())).unwrap_or(0);
                done.send(ActOnTasksResponse {
                    done: done_count,
                    refused,
                })
                .ok();
            }
            Request::LookAtGpus { done } => {
                self.looks.tell(done);
                self.step(Event::GpusWanted);
            }
            Request::Organise { change, done } => {
                let touched: Vec<TaskId> = match &change {
                    Organise::TakeOff(_) | Organise::Hold(_) => Vec::new(),
                    Organise::Release(task) => vec![task.id.clone()],
                    Organise::PutBack(entries) => {
                        entries.iter().map(|entry| entry.id().clone()).collect()
                    }
                    Organise::Change(tasks) => tasks.iter().map(|task| task.id.clone()).collect(),
                };
                done.send(self.step(Event::Organised(change))).ok();
                for task in touched {
                    self.note(task);
                }
            }
            Request::SetSlots { slots, done } => {
                self.step(Event::SlotsSet { slots });
                done.send(()).ok();
            }
            Request::SetRules { settings, done } => {
                let rules = rules::rules(&settings, self.state.slots());
                self.step(Event::RulesSet(rules));
                done.send(()).ok();
            }
            Request::Order { event, done } => {
                done.send(self.step(*event).refused).ok();
            }
        }
    }

    fn take_news(&mut self, news: News) {
        let News { id, record, idle } = news;
        let record = record.unwrap_or_else(|error| {
            tracing::error!(%id, %error, "a run's record is lost");
            let queued = RunRecord::queued(id.number, clock::now(), Vec::new());
            let known = self.state.run(&id).unwrap_or(queued);
            let outcome = match known.status {
                RunStatus::Starting => Outcome::FailedToStart {
                    reason: error.to_string(),
                },
                _ => Outcome::Lost,
            };
            RunRecord {
                status: RunStatus::Finished,
                outcome: Some(outcome),
                ended_at_ms: Some(clock::now()),
                ..known
            }
        });
        self.idle = idle;
        let ended = record.status.is_terminal().then(|| id.task.clone());
        let record = Box::new(record);
        self.step(Event::RunChanged { id, record });
        if let Some(task) = ended {
            self.note(task);
        }
        // Nothing waits for its slot.
        self.idle = None;
    }

    /// The next start need not read this task's files again, if it is at rest.
    fn note(&self, task: TaskId) {
        if let Some(index) = &self.index {
            index.note(task);
        }
    }

    fn step(&mut self, event: Event) -> Organised {
        let effects = step::step(&mut self.state, event, clock::now());
        let answer = self.perform(effects);
        self.looks.plan(self.state.gpus.waits_for_strangers());
        answer
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Organised {
        let mut answer = Organised::default();
        let mut unstarted = Vec::new();
        for effect in effects {
            match effect {
                Effect::Enqueue(runs) => {
                    if let Err(error) = self.journal.enqueue(&runs) {
                        // The runs wait in memory and are lost only if the server dies before they start.
                        tracing::error!(%error, "could not note durably that runs wait");
                    }
                }
                Effect::Note(rows) => {
                    if let Err(error) = self.journal.note(&rows) {
                        tracing::error!(%error, "could not note durably what was said of the queue");
                    }
                }
                Effect::Launch { id, record } => {
                    let task = self.state.entry(&id.task).map(Entry::task);
                    if let Some(task) = task {
                        launch::launch(
                            &self.launcher,
                            &self.layout,
                            task,
                            record,
                            self.news.clone(),
                            self.idle.take(),
                        );
                    }
                }
                Effect::LookAtGpus => self.looks.look(&self.state),
                Effect::Cancel { supervisor_pid, by } => {
                    let signal = match by {
                        CancelledBy::User => signals::CANCEL,
                        CancelledBy::Rule => signals::CANCEL_BY_RULE,
                    };
                    signals::send(supervisor_pid, signal);
                }
                Effect::Record { id, record } => {
                    let task = self.state.entry(&id.task).map(Entry::task);
                    unstarted.extend(task.map(|task| (task, record)));
                }
                Effect::Publish(change) => {
                    // Nobody listening is fine.
                    self.changes.send(change).ok();
                }
                Effect::Refuse(refused) => answer.refused.extend(refused),
                Effect::HandOver(taken) => answer.taken.extend(taken),
            }
        }
        self.record(unstarted);
        answer
    }

    /// Writes the records of runs that ended without having started.
    fn record(&mut self, unstarted: Vec<(Arc<Task>, RunRecord)>) {
        let (launcher, layout) = (Arc::clone(&self.launcher), self.layout.clone());
        if unstarted.len() <= RECORDED_AT_ONCE {
            return write_records(&launcher, &layout, unstarted);
        }
        let rows: Vec<QueueRow> = unstarted.iter().filter_map(cancelled_row).collect();
        if let Err(error) = self.journal.note(&rows) {
            tracing::error!(%error, "could not note durably that runs are cancelled");
        }
        // Each is a folder with several files: what can start must not wait for thousands of them.
        tokio::task::spawn_blocking(move || write_records(&launcher, &layout, unstarted));
    }
}

fn write_records(launcher: &Launcher, layout: &Layout, unstarted: Vec<(Arc<Task>, RunRecord)>) {
    for (task, record) in unstarted {
        if let Err(error) = launch::record_unstarted(launcher, layout, &task, record) {
            tracing::error!(id = %task.id, %error, "could not record a cancelled run");
        }
    }
}

fn cancelled_row((task, record): &(Arc<Task>, RunRecord)) -> Option<QueueRow> {
    let Some(Outcome::Cancelled { by }) = record.outcome else {
        return None;
    };
    Some(QueueRow::Cancelled {
        experiment: task.id.experiment.clone(),
        runs: vec![(task.id.task.clone(), record.number)],
        at_ms: record.ended_at_ms.unwrap_or_default(),
        by,
        reason: record.error_line.clone(),
    })
}

/// What a watcher reports when the supervisor has gone.
pub(crate) fn final_news(layout: &Layout, id: RunId) -> News {
    let record = load::read_settled(layout, &id);
    News {
        id,
        record,
        idle: None,
    }
}
