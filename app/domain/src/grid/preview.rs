//! Every raw point of a grid with what becomes of it.

use serde::{Deserialize, Serialize};

use super::Point;

/// One raw point and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewRow {
    /// Its values.
    pub point: Point,
    /// What becomes of it.
    pub mark: Mark,
    /// The index of an earlier point that it equals, if duplicates are kept.
    pub repeats: Option<u128>,
}

/// What becomes of a raw point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It runs.
    Kept {
        /// Its index among the points that run, from 0: the argument of [`Grid::point`](super::Grid::point).
        number: u128,
    },
    /// A condition or an exclusion leaves it out.
    Dropped {
        /// Which one.
        by: Dropper,
    },
    /// It equals an earlier point, and duplicates are dropped.
    Duplicate {
        /// The index of the point that runs instead, from 0.
        of: u128,
    },
}

/// What leaves a point out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropper {
    /// The condition with this index, from 0.
    Condition(usize),
    /// The exclusion with this index, from 0.
    Exclusion(usize),
}

impl Dropper {
    pub(super) fn in_words(&self) -> &'static str {
        match self {
            Self::Condition(_) => "where",
            Self::Exclusion(_) => "exclude",
        }
    }
}
