//! Waiting for tasks to end, and telling of each as it does.

use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::protocol::ApiError;
use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::protocol::select::{FindTasksResponse, GetChangesResponse, TaskFilter, TaskOrder};
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{TaskId, TaskSummary};
use domain::time::Timestamp;
use serde_json::json;

use crate::cli::amounts;
use crate::cli::door::{Door, encode};
use crate::cli::environment;
use crate::cli::report::{self, Format};
use crate::cli::targets;
use crate::process::signals;
use crate::storage::Layout;

/// The longest that one question for changes waits.
const ASK_MS: u64 = 25_000;
/// While so many tasks are waited for, changes are looked at in bunches.
const MANY: u64 = 500;
/// The pause between two bunches.
const BUNCH: Duration = Duration::from_millis(200);
/// How often a holder that has gone may be replaced by another one.
const HANDOVERS: u32 = 5;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Waited {
    /// Nothing of it waits or runs any more.
    Ended(StatusCounts),
    /// The time was over before.
    TimedOut(StatusCounts),
}

/// What is waited for, and how it is told.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Follow {
    pub(in crate::cli) filter: TaskFilter,
    pub(in crate::cli) timeout: Option<Duration>,
    pub(in crate::cli) format: Format,
    /// Ends before this are no news.
    pub(in crate::cli) since: Timestamp,
}

impl Follow {
    /// Waits until nothing that the filter finds is queued or running.
    pub(in crate::cli) fn wait(&self, mut door: Door) -> Result<Waited, ApiError> {
        let began = Instant::now();
        let mut progress = Progress::new(self.format);
        let mut told = Told::new(self.since);
        let mut gone = 0;
        loop {
            match self.look(&door, &mut told, &mut progress) {
                Ok(found) => {
                    let counts = found.counts;
                    if counts.queued + counts.running == 0 {
                        progress.clear();
                        return Ok(Waited::Ended(counts));
                    }
                    progress.draw(&counts, began.elapsed());
                    let Some(limit_ms) = self.time_left(began) else {
                        progress.clear();
                        return Ok(Waited::TimedOut(counts));
                    };
                    let pause = if found.total > MANY {
                        BUNCH
                    } else {
                        Duration::ZERO
                    };
                    let path = format!(
                        "changes?after={}&instance={}&limit_ms={limit_ms}",
                        found.seq,
                        encode(&told.instance)
                    );
                    // A holder that has gone is found out by the next look.
                    if let Ok(changes) = door.get::<GetChangesResponse>(&path) {
                        told.instance = changes.instance;
                        std::thread::sleep(pause);
                    }
                }
                Err(error) => {
                    gone += 1;
                    if gone > HANDOVERS || door.holder().is_none() {
                        progress.clear();
                        return Err(error);
                    }
                    // A server may have taken over, or the holder died: the next one goes on.
                    door = Door::staying(&door.layout.clone())?;
                }
            }
        }
    }

    fn time_left(&self, began: Instant) -> Option<u64> {
        let Some(timeout) = self.timeout else {
            return Some(ASK_MS);
        };
        let left = timeout.checked_sub(began.elapsed())?;
        Some(
            ASK_MS
                .min(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
                .max(1),
        )
    }

    /// Counts, and one line for each task that has ended since the last look.
    fn look(
        &self,
        door: &Door,
        told: &mut Told,
        progress: &mut Progress,
    ) -> Result<FindTasksResponse, ApiError> {
        let found = targets::look(door, &self.filter, 0)?;
        let ended = TaskFilter {
            ended_since_ms: Some(told.until),
            ..self.filter.clone()
        };
        let (_, tasks) = targets::every(door, &ended, TaskOrder::Oldest, u64::MAX)?;
        for task in told.news(tasks) {
            told.count += 1;
            progress.clear();
            let done = u64::try_from(told.count)
                .unwrap_or(u64::MAX)
                .min(found.total);
            report::line(&self.line(&task, done, found.total));
        }
        Ok(found)
    }

    fn line(&self, task: &TaskSummary, done: u64, total: u64) -> String {
        if self.format == Format::Json {
            return json!({ "schema_version": 1, "task": task.id.task, "experiment": task.id.experiment,
                "status": task.status, "reason": task.reason })
            .to_string();
        }
        let elapsed = task.started_at_ms.map(|started| {
            let ended = task.ended_at_ms.unwrap_or(started);
            format!(" in {}", amounts::span(ended.since_ms(started)))
        });
        let reason = task.reason.as_ref().map(|reason| format!(": {reason}"));
        report::printable(&format!(
            "[{done}/{total}] {} {}{}{}",
            task.id.task,
            task.status,
            elapsed.unwrap_or_default(),
            reason.unwrap_or_default()
        ))
        .replace('\n', " ")
    }
}

/// What has been told.
struct Told {
    instance: String,
    until: Timestamp,
    /// Those that ended at that very millisecond.
    at: HashSet<TaskId>,
    count: usize,
}

impl Told {
    fn new(since: Timestamp) -> Self {
        Self {
            instance: String::new(),
            until: since,
            at: HashSet::new(),
            count: 0,
        }
    }

    /// Those that have not been told, in the order of their ends.
    fn news(&mut self, mut tasks: Vec<TaskSummary>) -> Vec<TaskSummary> {
        tasks.retain(|task| task.status.is_finished() && !self.at.contains(&task.id));
        tasks.sort_by_key(|task| task.ended_at_ms);
        for task in &tasks {
            let ended = task.ended_at_ms.unwrap_or_default();
            if ended > self.until {
                self.until = ended;
                self.at.clear();
            }
            self.at.insert(task.id.clone());
        }
        tasks
    }
}

/// One line at the bottom of a terminal, and nothing elsewhere.
#[derive(Debug)]
pub(in crate::cli) struct Progress {
    is_shown: bool,
    is_drawn: bool,
}

impl Progress {
    pub(in crate::cli) fn new(format: Format) -> Self {
        Self {
            is_shown: format == Format::Text
                && std::io::stderr().is_terminal()
                && environment::variable("TERM").is_none_or(|term| term != "dumb"),
            is_drawn: false,
        }
    }

    /// Never shown: the terminal is somebody else's.
    pub(in crate::cli) fn hidden() -> Self {
        Self {
            is_shown: false,
            is_drawn: false,
        }
    }

    /// Shows where it stands.
    pub(in crate::cli) fn draw(&mut self, counts: &StatusCounts, elapsed: Duration) {
        if !self.is_shown {
            return;
        }
        let text = summary(counts, elapsed);
        let width = crate::cli::table::terminal_width()
            .unwrap_or(80)
            .saturating_sub(1);
        let text = crate::cli::table::cut(&text, width);
        write!(std::io::stderr().lock(), "\r\u{1b}[K{text}").ok();
        self.is_drawn = true;
    }

    /// Makes room for a line of its own.
    pub(in crate::cli) fn clear(&mut self) {
        if self.is_drawn {
            write!(std::io::stderr().lock(), "\r\u{1b}[K").ok();
            self.is_drawn = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `12 of 40 done, 2 running, 1 failed, about 3m20s left`.
pub(in crate::cli) fn summary(counts: &StatusCounts, elapsed: Duration) -> String {
    let open = counts.queued + counts.running;
    let total = counts.total() - counts.pending;
    let done = total - open;
    let mut text = format!("{done} of {total} done, {} running", counts.running);
    for status in [
        ShownStatus::Failed,
        ShownStatus::Cancelled,
        ShownStatus::Lost,
    ] {
        let count = counts.get(status);
        if count > 0 {
            text += &format!(", {count} {status}");
        }
    }
    if done > 0 && open > 0 {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        text += &format!(
            ", about {} left",
            amounts::span(elapsed_ms.saturating_mul(open) / done)
        );
    }
    text
}

/// From now on the first Ctrl-C cancels what a filter finds, and the second one ends this process; true once it has happened.
pub(in crate::cli) fn cancel_on_interrupt(layout: &Layout, filter: &TaskFilter) -> Arc<AtomicBool> {
    let happened = Arc::new(AtomicBool::new(false));
    let (told, layout) = (Arc::clone(&happened), layout.clone());
    let request = ActOnTasksRequest {
        tasks: Vec::new(),
        filter: Some(TaskFilter {
            status: vec![ShownStatus::Queued, ShownStatus::Running],
            ..filter.clone()
        }),
    };
    signals::on_interrupt(move || {
        told.store(true, Ordering::Relaxed);
        report::line_to_stderr("cancelling; press Ctrl-C again to leave at once");
        end_on_interrupt();
        let asked = Door::open(&layout).and_then(|door| door.post("tasks/cancel", &request));
        let asked: Result<ActOnTasksResponse, ApiError> = asked;
        if let Err(error) = asked {
            report::line_to_stderr(&error.message);
        }
    });
    happened
}

/// From now on Ctrl-C ends this process with 130 and a clean line.
pub(in crate::cli) fn end_on_interrupt() {
    signals::on_interrupt(|| {
        // What was drawn at the bottom goes; nothing else has to be put in order.
        if std::io::stderr().is_terminal() {
            write!(std::io::stderr().lock(), "\r\u{1b}[K").ok();
        }
        std::process::exit(130);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_many_are_done_what_went_wrong_and_how_long_it_takes() {
        let counts = StatusCounts {
            pending: 3,
            queued: 6,
            running: 2,
            completed: 3,
            failed: 1,
            ..StatusCounts::default()
        };
        assert_eq!(
            summary(&counts, Duration::from_secs(60)),
            "4 of 12 done, 2 running, 1 failed, about 2m00s left"
        );
    }

    #[test]
    fn an_end_is_told_once_also_if_several_share_a_millisecond() {
        let task = |name: &str, ended: i64| TaskSummary {
            id: TaskId {
                experiment: "e".to_owned(),
                task: name.to_owned(),
            },
            status: ShownStatus::Completed,
            ended_at_ms: Some(Timestamp(ended)),
            ..TaskSummary::default()
        };
        let mut told = Told::new(Timestamp(0));
        let names = |tasks: Vec<TaskSummary>| -> String {
            tasks.iter().map(|task| task.id.task.as_str()).collect()
        };
        assert_eq!(names(told.news(vec![task("b", 5), task("a", 4)])), "ab");
        assert_eq!(names(told.news(vec![task("b", 5), task("c", 5)])), "c");
        assert_eq!(
            names(told.news(vec![task("b", 5), task("c", 5), task("d", 6)])),
            "d"
        );
    }
}
