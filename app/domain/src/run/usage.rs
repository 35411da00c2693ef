//! What a run used: memory and processor time of its whole process tree.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What a run used in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSummary {
    /// The most resident memory of all its processes at one sample, bytes.
    pub peak_memory_bytes: u64,
    /// Processor time of all its processes, user and system, milliseconds.
    pub cpu_ms: u64,
}

/// One row of `usage.jsonl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSample {
    /// When.
    pub at_ms: Timestamp,
    /// Resident memory of all its processes, bytes.
    pub memory_bytes: u64,
    /// Processor use since the sample before, in processors: 1.0 is one processor fully used.
    pub cpus: f64,
    /// How many processes it had.
    pub processes: u32,
}

/// What `GET /api/v1/runs/{experiment}/{task}/{number}/usage` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetUsageResponse {
    /// At most [`MAX_SAMPLES`], in the order of time.
    pub samples: Vec<UsageSample>,
    /// How many the series has; if it has more, each part of it is there with its extremes.
    pub total: u64,
    /// What the run used in all, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<UsageSummary>,
}

/// More samples than this are no use on a screen.
pub const MAX_SAMPLES: usize = 1000;

/// How many samples stand for each part of a thinned series: its first, its least and most memory, its most processors.
const PER_PART: usize = 4;

/// At most [`MAX_SAMPLES`] of them. No extreme of memory or processors is lost, and the first and the last stay.
pub fn thinned(samples: Vec<UsageSample>) -> Vec<UsageSample> {
    if samples.len() <= MAX_SAMPLES {
        return samples;
    }
    let Some((last, before)) = samples.split_last() else {
        return samples;
    };
    let length = before.len().div_ceil((MAX_SAMPLES - 1) / PER_PART);
    let mut kept: Vec<UsageSample> = before.chunks(length).flat_map(extremes).collect();
    kept.push(*last);
    kept
}

/// A part's first sample and its extremes, each once, in order.
fn extremes(part: &[UsageSample]) -> Vec<UsageSample> {
    let by_memory = |index: &usize| part.get(*index).map(|sample| sample.memory_bytes);
    let most_cpus = (0..part.len()).max_by(|a, b| {
        let cpus = |index: usize| part.get(index).map_or(0.0, |sample| sample.cpus);
        cpus(*a).total_cmp(&cpus(*b))
    });
    let mut places: Vec<usize> = [
        (!part.is_empty()).then_some(0),
        (0..part.len()).min_by_key(by_memory),
        (0..part.len()).max_by_key(by_memory),
        most_cpus,
    ]
    .into_iter()
    .flatten()
    .collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter_map(|index| part.get(index).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_keeps_its_ends_and_every_extreme() {
        let sample = |index: u32| UsageSample {
            at_ms: Timestamp(i64::from(index)),
            memory_bytes: 100,
            cpus: 1.0,
            processes: 1,
        };
        let mut samples: Vec<UsageSample> = (0..54_321).map(sample).collect();
        samples[20_000].memory_bytes = 9000;
        samples[20_001].memory_bytes = 1;
        samples[54_319].cpus = 8.0;
        let kept = thinned(samples.clone());
        assert!(kept.len() <= MAX_SAMPLES, "{}", kept.len());
        assert!(kept.is_sorted_by_key(|sample| sample.at_ms.0));
        for index in [0, 20_000, 20_001, 54_319, 54_320] {
            assert!(kept.contains(&samples[index]), "{index}");
        }
        samples.truncate(MAX_SAMPLES);
        assert_eq!(
            thinned(samples.clone()),
            samples,
            "a short one stays as it is"
        );
    }
}
