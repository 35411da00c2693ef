//! Which points of a grid need not run again: the same function as the server's, over the same values.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::grid::{Grid, Mark, Point};
use domain::identity::{Identity, IdentityRule};
use domain::protocol::http::ListCompletedResponse;

/// What is known of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Past {
    /// A task has completed it.
    Completed,
    /// It is queued or running.
    Active,
}

/// The points that a submission skips.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    rule: Arc<IdentityRule>,
    points: Arc<BTreeMap<Identity, (Past, String)>>,
}

impl Known {
    /// From the server's list.
    pub(crate) fn new(rule: IdentityRule, list: ListCompletedResponse) -> Self {
        let of = |past: Past| {
            move |point: domain::protocol::http::KnownPoint| (point.identity, (past, point.task))
        };
        let completed = list.completed.into_iter().map(of(Past::Completed));
        let active = list.active.into_iter().map(of(Past::Active));
        Self {
            rule: Arc::new(rule),
            points: Arc::new(completed.chain(active).collect()),
        }
    }

    /// True if no point is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// What is known of a point, and the task that it was.
    pub(crate) fn past(&self, point: &Point) -> Option<(Past, &str)> {
        if self.points.is_empty() {
            return None;
        }
        let known = self.points.get(&self.rule.of(&point.to_tree()));
        known.map(|(past, task)| (*past, task.as_str()))
    }
}

/// Counts the known points of a grid, a stretch at a time, so that typing stays fluid.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    grid: Arc<Grid>,
    known: Known,
    next: u128,
    /// Points completed so far.
    pub(crate) completed: u64,
    /// Points queued or running so far.
    pub(crate) active: u64,
}

/// Points looked at in one go.
const STRETCH: u128 = 200;
/// Larger grids are not counted: they cannot be submitted at once either.
const MOST: u128 = 100_000;

impl Tally {
    /// A count of `grid`; `None` if there is nothing to count, or too much.
    pub(crate) fn new(grid: Arc<Grid>, known: Known) -> Option<Self> {
        (!known.is_empty() && grid.count() <= MOST).then_some(Self {
            grid,
            known,
            next: 0,
            completed: 0,
            active: 0,
        })
    }

    /// Looks at the next points; true once all were.
    pub(crate) fn step(&mut self) -> bool {
        let end = (self.next + STRETCH).min(self.grid.count());
        while self.next < end {
            if let Some(point) = self.grid.point(self.next) {
                match self.known.past(&point) {
                    Some((Past::Completed, _)) => self.completed += 1,
                    Some((Past::Active, _)) => self.active += 1,
                    None => {}
                }
            }
            self.next += 1;
        }
        self.next >= self.grid.count()
    }
}

/// What the preview says of one raw point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowMark {
    /// It runs.
    Runs,
    /// It runs, though it equals the point with this index, from 0.
    Repeats(u128),
    /// A task did it already, or is about to.
    Past(Past, String),
    /// It does not run, and why.
    Left(Mark),
}

#[cfg(test)]
mod tests {
    use domain::config::parameters_of;
    use domain::config::yaml::from_yaml;
    use domain::grid::{Input, plan};
    use domain::protocol::http::KnownPoint;

    use super::*;

    #[test]
    fn done_points_are_counted_whatever_the_size_of_a_stretch() {
        let parameters = parameters_of(&from_yaml("n: 1\n").unwrap());
        let input = Input {
            key: "n".into(),
            text: "1:450".to_owned(),
        };
        let grid = Arc::new(plan(&parameters, &[input]).grid.unwrap());
        let rule = IdentityRule {
            entry: "train.py".to_owned(),
            ..IdentityRule::default()
        };
        let point = |index: u128| KnownPoint {
            identity: rule.of(&grid.point(index).unwrap().to_tree()),
            task: format!("t{index}"),
        };
        let list = ListCompletedResponse {
            completed: vec![point(0), point(449)],
            active: vec![point(200)],
        };
        let known = Known::new(rule.clone(), list);
        let past = known.past(&grid.point(200).unwrap());
        assert_eq!(past, Some((Past::Active, "t200")));
        assert_eq!(known.past(&grid.point(1).unwrap()), None);
        let mut tally = Tally::new(grid, known).unwrap();
        let mut steps = 1;
        while !tally.step() {
            steps += 1;
        }
        assert_eq!((steps, tally.completed, tally.active), (3, 2, 1));
    }
}
