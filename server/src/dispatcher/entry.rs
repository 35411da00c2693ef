//! A task with its runs: open while something may happen to it, packed once it is at rest.

use std::borrow::Cow;
use std::sync::Arc;

use domain::run::{RunRecord, ShownStatus};
use domain::task::{Task, TaskId, TaskSummary};
use domain::time::Timestamp;

use crate::storage::index::{Head, pack, unpack};

/// A task with its runs, oldest first.
///
/// Invariant: the head says what task and runs say. Opening a packed one costs some microseconds, so whoever looks at many
/// asks their heads.
#[derive(Clone, Debug)]
pub struct Entry {
    head: Head,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Open {
        task: Arc<Task>,
        runs: Vec<RunRecord>,
    },
    /// All its runs have ended: everything is in this text.
    Packed(Arc<str>),
}

impl Entry {
    /// A task with its runs; the last one is the latest.
    pub fn new(task: Arc<Task>, runs: Vec<RunRecord>) -> Self {
        let head = Head::of(&task, &runs);
        let body = Body::Open { task, runs };
        Self { head, body }
    }

    /// One that was packed already.
    pub(super) fn packed(head: Head, text: Arc<str>) -> Self {
        let body = Body::Packed(text);
        Self { head, body }
    }

    /// What is known of it without opening it.
    pub(super) fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Its name.
    pub fn id(&self) -> &TaskId {
        &self.head.id
    }

    /// Its name, to be kept.
    pub fn shared_id(&self) -> Arc<TaskId> {
        Arc::clone(&self.head.id)
    }

    /// The submission it came from.
    pub fn sweep(&self) -> &str {
        &self.head.sweep
    }

    /// Its place in the sweep, from 1.
    pub fn index(&self) -> u64 {
        self.head.index
    }

    /// When it was created.
    pub fn created_at_ms(&self) -> Timestamp {
        self.head.created_at_ms
    }

    /// What people see of the task: its latest run's word, or `pending`.
    pub fn shown(&self) -> ShownStatus {
        self.head.shown
    }

    /// Who submitted it; empty if nobody knows.
    pub fn user(&self) -> &str {
        &self.head.user
    }

    /// When its latest run ended.
    pub fn ended_at_ms(&self) -> Option<Timestamp> {
        self.head.ended_at_ms
    }

    /// True if a person wants it on top of lists.
    pub fn is_pinned(&self) -> bool {
        self.head.is_pinned
    }

    /// True if its policy may try again what has failed.
    pub(super) fn may_retry(&self) -> bool {
        self.head.may_retry
    }

    /// True if a word, in lower case and without spaces, occurs in its name or its varied values.
    pub fn contains(&self, word: &str) -> bool {
        self.head.varied.contains(word) || self.head.id.task.to_lowercase().contains(word)
    }

    /// True if it is marked with this label.
    pub fn has_label(&self, label: &str) -> bool {
        // Most are marked with nothing, and then their text does not know the word.
        let may_have = match &self.body {
            Body::Open { .. } => true,
            Body::Packed(text) => text.contains("\"labels\""),
        };
        may_have && self.task().labels.iter().any(|known| known == label)
    }

    /// The saved task.
    pub fn task(&self) -> Arc<Task> {
        match &self.body {
            Body::Open { task, .. } => Arc::clone(task),
            Body::Packed(_) => self.open().0,
        }
    }

    /// Its runs, oldest first.
    pub fn runs(&self) -> Cow<'_, [RunRecord]> {
        self.open().1
    }

    /// Its latest run.
    pub fn latest(&self) -> Option<RunRecord> {
        match &self.body {
            Body::Open { runs, .. } => runs.last().cloned(),
            Body::Packed(_) if self.head.runs == 0 => None,
            Body::Packed(_) => self.open().1.last().cloned(),
        }
    }

    /// Task and runs.
    pub fn open(&self) -> (Arc<Task>, Cow<'_, [RunRecord]>) {
        match &self.body {
            Body::Open { task, runs } => (Arc::clone(task), Cow::Borrowed(runs)),
            Body::Packed(text) => {
                let (task, runs) = unpack(&self.head.id, text).unwrap_or_else(|| self.lost());
                (Arc::new(task), Cow::Owned(runs))
            }
        }
    }

    /// What was read once and cannot be read again: a fault of this program, which must not end all others' runs. What is
    /// known is told; such a task has no command, so nothing can be started of it.
    fn lost(&self) -> (Task, Vec<RunRecord>) {
        tracing::error!(id = %self.head.id, "a packed task cannot be opened; `runyard reindex` reads its files again");
        let task = Task {
            id: (*self.head.id).clone(),
            sweep: (*self.head.sweep).to_owned(),
            index: self.head.index,
            created_at_ms: self.head.created_at_ms,
            ..Task::default()
        };
        (task, Vec::new())
    }

    /// Takes another task of the same name, sweep and index.
    pub(super) fn set_task(&mut self, task: Arc<Task>) {
        let runs = self.open().1.into_owned();
        self.become_open(task, runs);
    }

    /// Takes a run's new record; false if that run has ended already.
    pub(super) fn take_run(&mut self, record: RunRecord) -> bool {
        let (task, runs) = self.open();
        let mut runs = runs.into_owned();
        match runs.iter_mut().find(|run| run.number == record.number) {
            Some(run) if run.status.is_terminal() => return false,
            Some(run) => *run = record,
            None => runs.push(record),
        }
        self.become_open(task, runs);
        true
    }

    fn become_open(&mut self, task: Arc<Task>, runs: Vec<RunRecord>) {
        // What is shared with others stays shared.
        let (id, sweep) = (Arc::clone(&self.head.id), Arc::clone(&self.head.sweep));
        let user = Some(&self.head.user).filter(|user| ***user == *task.user);
        let head = Head::of(&task, &runs);
        self.head = Head {
            id,
            sweep,
            user: user.unwrap_or(&head.user).clone(),
            ..head
        };
        self.body = Body::Open { task, runs };
    }

    /// Packs it if nothing goes on.
    pub(super) fn rest(&mut self) {
        if let Body::Open { task, runs } = &self.body
            && runs.iter().all(|run| run.status.is_terminal())
        {
            self.body = Body::Packed(pack(task, runs));
        }
    }

    /// What lists show of the task.
    pub fn summary(&self) -> TaskSummary {
        let (task, runs) = self.open();
        summary(&task, &runs)
    }
}

/// Two entries are equal if they say the same, packed or not.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.open() == other.open()
    }
}

/// What lists show of a task with its runs.
pub fn summary(task: &Task, runs: &[RunRecord]) -> TaskSummary {
    let latest = runs.last();
    let going_on = latest.filter(|run| !run.status.is_terminal());
    TaskSummary {
        id: task.id.clone(),
        status: latest.map_or(ShownStatus::Pending, RunRecord::shown),
        sweep: task.sweep.clone(),
        index: task.index,
        of: task.of,
        created_at_ms: task.created_at_ms,
        varied: task.varied.clone(),
        runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
        started_at_ms: latest.and_then(|run| run.started_at_ms),
        ended_at_ms: latest.and_then(|run| run.ended_at_ms),
        reason: latest.and_then(reason),
        priority: task.policy.priority,
        user: task.user.clone(),
        labels: task.labels.clone(),
        is_pinned: task.is_pinned,
        waiting: None,
        gpus: going_on.map_or_else(Vec::new, |run| {
            let gpus = run.allocation.gpus.iter();
            gpus.map(|gpu| gpu.id.clone()).collect()
        }),
    }
}

/// The last error line, or the outcome in words.
fn reason(run: &RunRecord) -> Option<String> {
    let outcome = run
        .outcome
        .as_ref()
        .filter(|outcome| !outcome.is_success())?;
    Some(
        run.error_line
            .clone()
            .unwrap_or_else(|| outcome.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use domain::config::{Key, Value};
    use domain::run::{Outcome, RunStatus};

    use super::*;

    fn task() -> Arc<Task> {
        Arc::new(Task {
            id: TaskId {
                experiment: "e".to_owned(),
                task: "Träger_1-of-2".to_owned(),
            },
            sweep: "s".to_owned(),
            index: 1,
            of: 2,
            varied: vec![(Key::new("Model"), Value::Text("ViT".to_owned()))],
            command: vec!["python".to_owned(), "x.py".to_owned()],
            labels: vec!["good".to_owned()],
            ..Task::default()
        })
    }

    fn ended(number: u32, command: &[&str]) -> RunRecord {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        RunRecord {
            status: RunStatus::Finished,
            outcome: Some(Outcome::Failed { exit_code: 3 }),
            started_at_ms: Some(Timestamp(5)),
            ended_at_ms: Some(Timestamp(9)),
            log_bytes: Some(7),
            warnings: vec!["w".to_owned()],
            ..RunRecord::queued(number, Timestamp(1), command)
        }
    }

    #[test]
    fn a_packed_task_says_what_it_said_before() {
        let own = ended(2, &["python", "y.py"]);
        let runs = vec![ended(1, &["python", "x.py"]), own];
        let open = Entry::new(task(), runs.clone());
        let mut packed = open.clone();
        packed.rest();
        assert!(matches!(packed.body, Body::Packed(_)));
        assert_eq!(packed, open);
        assert_eq!(packed.head, open.head);
        assert_eq!(packed.summary(), open.summary());
        assert_eq!((packed.runs().into_owned(), packed.task()), (runs, task()));
    }

    #[test]
    fn what_goes_on_stays_open_and_what_ends_never_changes() {
        let mut entry = Entry::new(task(), vec![]);
        entry.rest();
        assert!(entry.take_run(RunRecord::queued(1, Timestamp(1), vec![])));
        entry.rest();
        assert!(matches!(entry.body, Body::Open { .. }));
        assert_eq!(entry.shown(), ShownStatus::Queued);
        assert!(entry.take_run(ended(1, &[])));
        entry.rest();
        assert!(matches!(entry.body, Body::Packed(_)));
        assert_eq!(entry.ended_at_ms(), Some(Timestamp(9)));
        assert!(!entry.take_run(RunRecord::queued(1, Timestamp(1), vec![])));
        assert_eq!(
            (entry.shown(), entry.runs().len()),
            (ShownStatus::Failed, 1)
        );
    }

    #[test]
    fn words_are_found_in_names_and_varied_values_whatever_their_case() {
        let mut entry = Entry::new(task(), vec![]);
        entry.rest();
        for (word, expected) in [
            ("träger", true),
            ("model=vit", true),
            ("vit", true),
            ("x.py", false),
        ] {
            assert_eq!(entry.contains(word), expected, "{word}");
        }
    }
}
