//! What decides over the order, and what there is to run on.

use std::collections::BTreeMap;

use domain::queue::Resources;

use super::place::Place;

/// The rules of a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// What there is.
    pub total: Amounts,
    /// How many runs of one user may go on at once; absent: as many as fit.
    pub user_limit: Option<u32>,
    /// True: between users the one with the smallest share of what runs goes first. False: priorities alone decide.
    pub fair_share: bool,
    /// How much of the machine users are meant to have, in proportion; who is not named has 1.
    pub weights: BTreeMap<String, f64>,
    /// Points of priority that a waiting run gains in an hour. At 0, priorities are strict, and what is low may starve.
    pub ageing_per_hour: f64,
    /// After so many milliseconds of waiting for room, what is free is kept for a run.
    pub keep_after_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            total: Amounts {
                slots: 1,
                ..Amounts::default()
            },
            user_limit: None,
            fair_share: true,
            weights: BTreeMap::new(),
            ageing_per_hour: 1.0,
            keep_after_ms: 600_000,
        }
    }
}

impl Rules {
    /// What a place at a priority is worth: the smaller, the sooner its turn.
    ///
    /// Waiting lifts all at the same pace, so the order of two never changes while they wait: a point of priority is
    /// worth the time in which one is gained, and a claim is the time of arrival less that.
    pub(super) fn worth(&self, priority: i32, place: Place) -> i64 {
        const HOUR_MS: f64 = 3_600_000.0;
        if self.ageing_per_hour <= 0.0 {
            return -i64::from(priority);
        }
        let head_start = f64::from(priority) * HOUR_MS / self.ageing_per_hour;
        place.at_ms.saturating_sub(to_i64(head_start))
    }

    /// The weight of a user; never 0.
    pub(super) fn weight(&self, user: &str) -> f64 {
        self.weights
            .get(user)
            .copied()
            .unwrap_or(1.0)
            .max(f64::MIN_POSITIVE)
    }
}

/// The nearest whole number; what is beyond it saturates.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
fn to_i64(number: f64) -> i64 {
    number.round() as i64
}

/// Whole milliseconds; 0 for what is negative.
pub(super) fn whole_ms(ms: f64) -> u64 {
    u64::try_from(to_i64(ms)).unwrap_or_default()
}

/// Countable things: what there is, what is needed, what is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amounts {
    /// Slots.
    pub slots: u32,
    /// Thousandths of processors.
    pub milli_cpus: u64,
    /// Memory, MiB.
    pub memory_mb: u64,
}

impl Amounts {
    /// What a run occupies; at least one slot.
    pub fn of(resources: &Resources) -> Self {
        Self {
            slots: resources.slots.max(1),
            milli_cpus: milli_cpus(resources.cpus),
            memory_mb: resources.memory_mb,
        }
    }

    /// Everything of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            slots: self.slots.saturating_add(other.slots),
            milli_cpus: self.milli_cpus.saturating_add(other.milli_cpus),
            memory_mb: self.memory_mb.saturating_add(other.memory_mb),
        }
    }

    /// What is left; nothing becomes negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            slots: self.slots.saturating_sub(other.slots),
            milli_cpus: self.milli_cpus.saturating_sub(other.milli_cpus),
            memory_mb: self.memory_mb.saturating_sub(other.memory_mb),
        }
    }

    /// True if there is as much of everything. What is not asked for is never short.
    pub fn covers(self, need: Self) -> bool {
        self.slots >= need.slots
            && self.milli_cpus >= need.milli_cpus
            && self.memory_mb >= need.memory_mb
    }
}

/// Thousandths of a number of processors; 0 for what is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates and makes 0 of what is negative or no number, which is what is wanted"
)]
pub fn milli_cpus(cpus: f64) -> u64 {
    (cpus * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_priority_is_worth_the_time_in_which_it_is_gained() {
        let rules = Rules {
            ageing_per_hour: 2.0,
            ..Rules::default()
        };
        let at = |ms| Place::natural(ms, 0);
        assert_eq!(rules.worth(0, at(1_800_000)), rules.worth(1, at(3_600_000)));
        assert!(rules.worth(1, at(3_600_001)) > rules.worth(0, at(1_800_000)));
        let strict = Rules {
            ageing_per_hour: 0.0,
            ..Rules::default()
        };
        assert!(strict.worth(1, at(i64::MAX)) < strict.worth(0, at(0)));
    }

    #[test]
    fn fractions_of_processors_add_up() {
        let tenth = Amounts {
            milli_cpus: milli_cpus(0.1),
            ..Amounts::default()
        };
        let ten = (0..10).fold(Amounts::default(), |sum, _| sum.plus(tenth));
        assert_eq!(ten.milli_cpus, milli_cpus(1.0));
        assert_eq!(milli_cpus(f64::NAN) + milli_cpus(-1.0), 0);
        assert_eq!(to_i64(f64::INFINITY), i64::MAX);
    }
}
