//! Events about a submitted sweep, one line for each change, until all of it has ended.
//!
//! The process that holds the project is asked for what has changed and answers when something has: nothing polls. It may end
//! and another take its place meanwhile; its number is then void, and everything is compared with what was told before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use domain::protocol::calls::{GetSweepChangesResponse, RunProgress, TaskProgress};
use domain::protocol::{ApiError, ErrorCode};
use domain::run::ShownStatus;
use domain::task::{RunId, TaskId};
use serde_json::json;
use ureq::http::Method;

use super::serve::Out;
use super::submit::Place;
use crate::cli::remote::{self, Address, encoded};
use crate::cli::{amounts, background};
use crate::process::clock;

/// The longest that the holder of the project is let wait for a change, milliseconds.
const LONG_POLL_MS: u64 = 30_000;

/// Between two attempts to find or start a process that holds the project: nothing tells of one.
const AGAIN: Duration = Duration::from_millis(500);

/// A sweep to follow.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) place: Place,
    pub(super) sweep: String,
    /// The index of each task's point as its author counts.
    pub(super) points: Vec<u64>,
    /// Where it was submitted.
    pub(super) address: Option<Address>,
    pub(super) out: Arc<Out>,
    /// How many sweeps are being followed.
    pub(super) count: Arc<AtomicUsize>,
}

/// What was told of a task: its last run, and how that stood.
type Told = (u32, ShownStatus);

/// Follows a sweep to its end.
pub(super) fn follow(mut followed: Followed) {
    followed.count.fetch_add(1, Ordering::Relaxed);
    let mut told: BTreeMap<u64, Told> = BTreeMap::new();
    let mut known = GetSweepChangesResponse::default();
    let mut has_problem = false;
    loop {
        match followed.ask(&known) {
            Ok(changes) => {
                has_problem = false;
                followed.tell(&changes, &mut told);
                if changes.is_over {
                    followed.end(&changes);
                    break;
                }
                known = changes;
            }
            // All of its tasks were removed.
            Err(error) if error.code == ErrorCode::NotFound => {
                let nothing = GetSweepChangesResponse {
                    is_whole: true,
                    ..GetSweepChangesResponse::default()
                };
                followed.tell(&nothing, &mut told);
                followed.end(&nothing);
                break;
            }
            Err(error) => {
                followed.address = None;
                if !std::mem::replace(&mut has_problem, true) {
                    followed.say(
                        &json!({ "event": "problem", "sweep": followed.sweep, "error": error }),
                    );
                }
                thread::sleep(AGAIN);
            }
        }
    }
    followed.count.fetch_sub(1, Ordering::Relaxed);
}

impl Followed {
    fn ask(
        &mut self,
        known: &GetSweepChangesResponse,
    ) -> Result<GetSweepChangesResponse, ApiError> {
        let path = format!(
            "experiments/{}/sweeps/{}/changes?after={}&instance={}&limit_ms={LONG_POLL_MS}",
            encoded(&self.place.experiment),
            encoded(&self.sweep),
            known.seq,
            known.instance
        );
        let ask = |address: &Address| address.ask(Method::GET, &path, String::new(), None);
        let answer = match self.address.as_ref().map(ask) {
            // The process that was asked has left, or another one has its port.
            None
            | Some(Err(ApiError {
                code: ErrorCode::Internal | ErrorCode::Unauthorized,
                ..
            })) => {
                let address = background::ensure(&self.place.layout, None)?;
                let answer = ask(&address);
                self.address = Some(address);
                answer
            }
            Some(answer) => answer,
        };
        remote::parsed(&answer?)
    }

    fn say(&self, event: &serde_json::Value) {
        self.out.line(&event.to_string());
    }

    /// Tells what is new.
    fn tell(&self, changes: &GetSweepChangesResponse, told: &mut BTreeMap<u64, Told>) {
        for task in &changes.tasks {
            self.tell_task(task, told);
        }
        if !changes.is_whole {
            return;
        }
        let there: std::collections::HashSet<u64> =
            changes.tasks.iter().map(|task| task.index).collect();
        let is_open = |told: &Told| matches!(told.1, ShownStatus::Queued | ShownStatus::Running);
        let removed: Vec<u64> = told
            .iter()
            .filter(|(index, told)| !there.contains(index) && is_open(told))
            .map(|(index, _)| *index)
            .collect();
        for index in removed {
            let Some(told) = told.get_mut(&index) else {
                continue;
            };
            told.1 = ShownStatus::Cancelled;
            self.say(&json!({
                "event": "task", "sweep": self.sweep, "index": self.point(index), "status": told.1, "run": told.0,
                "is_final": true, "reason": "its task was removed", "waiting": null, "run_dir": null, "log": null,
                "started_at_ms": null, "ended_at_ms": null,
            }));
        }
    }

    fn tell_task(&self, task: &TaskProgress, told: &mut BTreeMap<u64, Told>) {
        let last = task.runs.len().saturating_sub(1);
        for (at, run) in task.runs.iter().enumerate() {
            // A run whose process is being started still waits, for whoever looks at it from outside.
            let is_starting = run.status == ShownStatus::Running && run.started_at_ms.is_none();
            let before = told.get(&task.index).copied();
            let is_known = before.is_some_and(|(number, status)| {
                run.number < number || (run.number == number && run.status == status)
            });
            if is_starting || is_known {
                continue;
            }
            told.insert(task.index, (run.number, run.status));
            self.tell_run(task, run, at == last);
        }
    }

    fn tell_run(&self, task: &TaskProgress, run: &RunProgress, is_last: bool) {
        let id = RunId {
            task: TaskId {
                experiment: self.place.experiment.clone(),
                task: task.task.clone(),
            },
            number: run.number,
        };
        let has_folder = run.status != ShownStatus::Queued;
        let dir = has_folder.then(|| self.place.layout.run(&id));
        let waiting = task.waiting.as_ref().filter(|_| !has_folder);
        self.say(&json!({
            "event": "task",
            "sweep": self.sweep,
            "index": self.point(task.index),
            "task": task.task,
            "status": run.status,
            "run": run.number,
            "is_final": is_last && task.is_final,
            "reason": run.reason,
            "waiting": waiting.map(|waiting| amounts::waiting(waiting, clock::now())),
            "run_dir": dir.as_ref().map(|dir| dir.path().to_path_buf()),
            "log": dir.as_ref().map(crate::storage::layout::RunDir::log),
            "started_at_ms": run.started_at_ms,
            "ended_at_ms": run.ended_at_ms,
        }));
    }

    fn end(&self, changes: &GetSweepChangesResponse) {
        self.say(&json!({ "event": "end", "sweep": self.sweep, "counts": changes.counts }));
    }

    /// The index of a task's point; tasks count from 1.
    fn point(&self, task: u64) -> Option<u64> {
        let at = usize::try_from(task).ok()?.checked_sub(1)?;
        self.points.get(at).copied()
    }
}
