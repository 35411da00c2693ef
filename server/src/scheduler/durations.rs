//! How long runs take, judging by those that have ended.

use std::collections::HashMap;

use super::request::SweepId;

/// Mean durations of runs that succeeded, by sweep and by experiment.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    by_sweep: HashMap<SweepId, Mean>,
    by_experiment: HashMap<String, Mean>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    count: u64,
    total_ms: u64,
}

impl Mean {
    fn add(&mut self, count: u64, total_ms: u64) {
        self.count += count;
        self.total_ms = self.total_ms.saturating_add(total_ms);
    }

    fn ms(self) -> Option<u64> {
        self.total_ms.checked_div(self.count)
    }
}

impl Durations {
    /// A run of this sweep has succeeded after so many milliseconds.
    pub fn note(&mut self, sweep: &SweepId, ms: u64) {
        self.note_all(sweep, 1, ms);
    }

    /// So many runs of this sweep have succeeded after so many milliseconds in all.
    pub fn note_all(&mut self, sweep: &SweepId, count: u64, total_ms: u64) {
        if !self.by_sweep.contains_key(sweep) {
            self.by_sweep.insert(sweep.clone(), Mean::default());
        }
        if let Some(mean) = self.by_sweep.get_mut(sweep) {
            mean.add(count, total_ms);
        }
        if !self.by_experiment.contains_key(&sweep.experiment) {
            self.by_experiment
                .insert(sweep.experiment.clone(), Mean::default());
        }
        if let Some(mean) = self.by_experiment.get_mut(&sweep.experiment) {
            mean.add(count, total_ms);
        }
    }

    /// How long a run of this sweep may take, milliseconds: as its siblings took, else as its experiment's runs took.
    pub fn expected_ms(&self, sweep: &SweepId) -> Option<u64> {
        let of_sweep = self.by_sweep.get(sweep).and_then(|mean| mean.ms());
        of_sweep.or_else(|| {
            self.by_experiment
                .get(&sweep.experiment)
                .and_then(|mean| mean.ms())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_tell_more_than_the_experiment_and_strangers_nothing() {
        let sweep = |experiment: &str, sweep: &str| SweepId {
            experiment: experiment.to_owned(),
            sweep: sweep.to_owned(),
        };
        let mut durations = Durations::default();
        durations.note(&sweep("e", "a"), 100);
        durations.note(&sweep("e", "a"), 300);
        durations.note(&sweep("e", "b"), 1_100);
        assert_eq!(durations.expected_ms(&sweep("e", "a")), Some(200));
        assert_eq!(durations.expected_ms(&sweep("e", "c")), Some(500));
        assert_eq!(durations.expected_ms(&sweep("f", "a")), None);
    }
}
