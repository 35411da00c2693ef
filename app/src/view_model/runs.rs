//! The list of tasks as the browser holds it: pages that are fetched when they come into sight.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain::protocol::http::ListTasksResponse;
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{TaskId, TaskSummary};

/// Rows per request.
pub(crate) const PAGE: u64 = 100;
/// Pages kept; the farthest from the last one asked for goes first.
const KEPT: usize = 12;

/// The rows fetched so far. A row's place is its offset in the server's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TaskPages {
    pages: BTreeMap<u64, Vec<TaskSummary>>,
    asked: BTreeSet<u64>,
    /// Changes that arrived while an answer was on its way, with their numbers: an answer that was read before them must
    /// not bring an old state back.
    overtaking: BTreeMap<TaskId, (u64, TaskSummary)>,
    total: Option<u64>,
    counts: StatusCounts,
    users: Vec<String>,
    seq: u64,
}

impl TaskPages {
    /// Matching tasks in all; `None` before the first answer.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Counts per status of what was searched for, without the status filter.
    pub(crate) fn counts(&self) -> StatusCounts {
        self.counts
    }

    /// Whose tasks there are.
    pub(crate) fn users(&self) -> &[String] {
        &self.users
    }

    /// The number of the newest state that was fetched.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The row at `index`, if it was fetched.
    pub(crate) fn row(&self, index: u64) -> Option<&TaskSummary> {
        let at = usize::try_from(index % PAGE).ok()?;
        self.pages.get(&(index / PAGE))?.get(at)
    }

    /// The fetched row of a task.
    pub(crate) fn find(&self, id: &TaskId) -> Option<&TaskSummary> {
        self.pages.values().flatten().find(|task| task.id == *id)
    }

    /// The pages to fetch so that `rows` can be shown; they count as asked for from now on.
    pub(crate) fn ask(&mut self, rows: Range<u64>) -> Vec<u64> {
        let end = self.total.map_or(rows.end, |total| rows.end.min(total));
        if rows.start >= end && self.total.is_some() {
            return Vec::new();
        }
        let last = end.max(rows.start + 1).saturating_sub(1) / PAGE;
        let wanted: Vec<u64> = (rows.start / PAGE..=last)
            .filter(|page| !self.pages.contains_key(page) && !self.asked.contains(page))
            .collect();
        self.asked.extend(&wanted);
        wanted
    }

    /// A page was not to be had: it may be asked for again.
    pub(crate) fn give_up(&mut self, page: u64) {
        self.asked.remove(&page);
        if self.asked.is_empty() {
            self.overtaking.clear();
        }
    }

    /// An answer for `page` arrived.
    pub(crate) fn put(&mut self, page: u64, answer: ListTasksResponse) {
        self.asked.remove(&page);
        self.total = Some(answer.total);
        self.counts = answer.counts;
        self.users.clone_from(&answer.users);
        self.seq = self.seq.max(answer.seq);
        let newer = |task: TaskSummary| match self.overtaking.get(&task.id) {
            Some((seq, changed)) if *seq > answer.seq => changed.clone(),
            _ => task,
        };
        self.pages
            .insert(page, answer.tasks.into_iter().map(newer).collect());
        if self.asked.is_empty() {
            self.overtaking.clear();
        }
        while self.pages.len() > KEPT {
            let farthest = self
                .pages
                .keys()
                .copied()
                .max_by_key(|known| known.abs_diff(page));
            if let Some(farthest) = farthest {
                self.pages.remove(&farthest);
            }
        }
    }

    /// Marks every page as old; the rows stay on show until their page arrives again.
    /// Returns the pages to fetch for `rows`.
    pub(crate) fn refresh(&mut self, rows: Range<u64>) -> Vec<u64> {
        let first = rows.start / PAGE;
        let last = rows.end.max(rows.start + 1).saturating_sub(1) / PAGE;
        self.pages.retain(|page, _| (first..=last).contains(page));
        self.asked = (first..=last).collect();
        // What is asked for now is read after every change known so far; and another server counts from the beginning.
        self.overtaking.clear();
        (first..=last).collect()
    }

    /// A task has changed, and this is change number `seq`.
    pub(crate) fn apply(&mut self, seq: u64, task: &TaskSummary) {
        if !self.asked.is_empty() {
            self.overtaking.insert(task.id.clone(), (seq, task.clone()));
        }
        let held = self
            .pages
            .values_mut()
            .flatten()
            .find(|held| held.id == task.id);
        if let Some(held) = held {
            held.clone_from(task);
        }
    }
}

/// How many of some tasks each act can be done to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Possible {
    /// Pending tasks.
    pub(crate) run: u64,
    /// Queued and running ones.
    pub(crate) cancel: u64,
    /// Finished ones.
    pub(crate) rerun: u64,
    /// Running ones among those to cancel.
    pub(crate) running: u64,
}

/// The shape of a status: it tells them apart without colour.
pub(crate) fn glyph(status: ShownStatus) -> &'static str {
    match status {
        ShownStatus::Pending => "○",
        ShownStatus::Queued => "◔",
        ShownStatus::Running => "◐",
        ShownStatus::Completed => "●",
        ShownStatus::Failed => "✕",
        ShownStatus::Cancelled => "◌",
        ShownStatus::Lost => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::samples::summary;

    fn answer(offset: u64, rows: u64, total: u64) -> ListTasksResponse {
        let tasks = (offset..offset + rows)
            .map(|i| summary(&format!("t{i}"), i))
            .collect();
        ListTasksResponse {
            seq: 1,
            total,
            counts: StatusCounts::default(),
            users: Vec::new(),
            tasks,
        }
    }

    #[test]
    fn a_page_is_asked_for_once_and_rows_keep_their_place() {
        let mut pages = TaskPages::default();
        assert_eq!(pages.ask(0..30), [0]);
        assert!(pages.ask(0..30).is_empty());
        pages.put(0, answer(0, 100, 250));
        assert_eq!(pages.ask(90..120), [1]);
        pages.give_up(1);
        assert_eq!(pages.ask(90..120), [1]);
        pages.put(1, answer(100, 100, 250));
        assert_eq!(pages.row(150).unwrap().id.task, "t150");
        assert_eq!(pages.row(240), None);
        assert!(
            pages.ask(250..300).is_empty(),
            "nothing is behind the last row"
        );
    }

    #[test]
    fn far_pages_are_forgotten() {
        let mut pages = TaskPages::default();
        for page in 0..40 {
            pages.put(page, answer(page * PAGE, PAGE, 10_000));
        }
        assert!(pages.row(0).is_none());
        assert!(pages.row(3_950).is_some());
    }

    #[test]
    fn a_change_reaches_a_fetched_row_only() {
        let mut pages = TaskPages::default();
        pages.put(0, answer(0, 3, 3));
        let mut changed = summary("t1", 1);
        changed.status = ShownStatus::Running;
        pages.apply(2, &changed);
        assert_eq!(pages.row(1).unwrap().status, ShownStatus::Running);
        pages.apply(3, &summary("new", 9));
        assert_eq!(pages.find(&summary("new", 9).id), None);
    }

    #[test]
    fn an_answer_that_took_long_does_not_bring_an_old_state_back() {
        let mut pages = TaskPages::default();
        pages.ask(0..30);
        let mut changed = summary("t1", 1);
        changed.status = ShownStatus::Running;
        pages.apply(2, &changed);
        pages.put(0, answer(0, 3, 3));
        assert_eq!(pages.row(1).unwrap().status, ShownStatus::Running);
        pages.put(0, answer(0, 3, 3));
        assert_eq!(pages.row(1).unwrap().status, summary("t1", 1).status);
    }

    #[test]
    fn what_an_ended_server_said_last_does_not_outlive_it() {
        let mut pages = TaskPages::default();
        pages.ask(0..30);
        let mut changed = summary("t1", 1);
        changed.status = ShownStatus::Running;
        pages.apply(9, &changed);
        pages.refresh(0..30);
        pages.put(0, answer(0, 3, 3));
        assert_eq!(pages.row(1).unwrap().status, summary("t1", 1).status);
    }

    #[test]
    fn a_refresh_keeps_what_is_in_sight_on_show() {
        let mut pages = TaskPages::default();
        pages.put(0, answer(0, 100, 300));
        pages.put(2, answer(200, 100, 300));
        assert_eq!(pages.refresh(0..30), [0]);
        assert!(pages.row(5).is_some());
        assert!(pages.row(205).is_none());
    }

    #[test]
    fn every_status_has_a_shape_of_its_own() {
        let glyphs: BTreeSet<_> = ShownStatus::ALL.into_iter().map(glyph).collect();
        assert_eq!(glyphs.len(), ShownStatus::ALL.len());
    }
}
