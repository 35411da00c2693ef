//! What a run uses, sampled while it goes on: nothing of a run under a second, less often the longer it lasts.

use std::fs::File;
use std::time::{Duration, Instant};

use domain::run::{UsageSample, UsageSummary};

use crate::process::clock;
use crate::process::tree::{self, Spared};
use crate::process::usage::{Gauge, ended_children_ms};
use crate::storage::layout::RunDir;
use crate::storage::runs;

/// The shortest pause between two samples, and the time before the first.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_secs(10);

/// The meter of one run.
pub(super) struct Meter {
    started: Instant,
    next_at: Instant,
    /// Made with the first sample.
    gauge: Option<Gauge>,
    /// Made with the first sample; it stays open.
    file: Option<File>,
    /// The time and the processor time of the last sample.
    last: (Instant, u64),
    /// What the children of the runs before had used.
    ended_before_ms: u64,
    peak_memory_bytes: u64,
}

/// The pause behind a sample at this age of a run: a tenth of it, within bounds.
fn pause(age: Duration) -> Duration {
    (age / 10).clamp(SHORTEST, LONGEST)
}

impl Meter {
    /// A meter for the run that is about to begin.
    pub(super) fn start(now: Instant) -> Self {
        Self {
            started: now,
            next_at: now + SHORTEST,
            gauge: None,
            file: None,
            last: (now, 0),
            ended_before_ms: ended_children_ms(),
            peak_memory_bytes: 0,
        }
    }

    /// When the next sample is due.
    pub(super) fn next(&self) -> Instant {
        self.next_at
    }

    /// Takes a sample if one is due.
    pub(super) fn tick(&mut self, dir: &RunDir, spared: &Spared, now: Instant) {
        if now < self.next_at {
            return;
        }
        self.next_at = now + pause(now.saturating_duration_since(self.started));
        let used = self
            .gauge
            .get_or_insert_default()
            .read(&tree::living(spared));
        let cpu_ms = used.cpu_ms + self.ended_ms();
        let (last_at, last_cpu_ms) = std::mem::replace(&mut self.last, (now, cpu_ms));
        let passed_ms = now.saturating_duration_since(last_at).as_secs_f64() * 1000.0;
        self.peak_memory_bytes = self.peak_memory_bytes.max(used.memory_bytes);
        let sample = UsageSample {
            at_ms: clock::now(),
            memory_bytes: used.memory_bytes,
            cpus: rounded(cpu_ms.saturating_sub(last_cpu_ms) as f64 / passed_ms),
            processes: used.processes,
        };
        // A full disk costs samples, never the run.
        if let Err(error) = self.keep(dir, &sample) {
            tracing::warn!(%error, "a sample is lost");
        }
    }

    fn keep(
        &mut self,
        dir: &RunDir,
        sample: &UsageSample,
    ) -> Result<(), crate::storage::StorageError> {
        if self.file.is_none() {
            self.file = Some(runs::open_to_append(&dir.usage())?);
        }
        self.file
            .as_mut()
            .map_or(Ok(()), |file| runs::append_usage(file, dir, sample))
    }

    fn ended_ms(&self) -> u64 {
        ended_children_ms().saturating_sub(self.ended_before_ms)
    }

    /// What was used in all, once nothing of the run is left.
    pub(super) fn summary(&self) -> UsageSummary {
        UsageSummary {
            peak_memory_bytes: self.peak_memory_bytes,
            // A process that was forked by another child of ours is counted by that one alone, until it ends.
            cpu_ms: self.ended_ms().max(self.last.1),
        }
    }
}

/// Thousandths are enough, and short to write.
fn rounded(cpus: f64) -> f64 {
    if cpus.is_finite() {
        (cpus * 1000.0).round() / 1000.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_run_lasts_the_rarer_its_samples() {
        let pauses =
            [0, 1, 10, 30, 99, 100, 100_000].map(|age| pause(Duration::from_secs(age)).as_millis());
        assert_eq!(pauses, [1000, 1000, 1000, 3000, 9900, 10_000, 10_000]);
    }
}
