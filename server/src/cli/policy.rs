//! What a command line asks of the queue: the same words for every command that makes tasks.

use clap::{Args, ValueEnum};
use domain::expr::Expression;
use domain::quantity::{self, Moment, QuantityError};
use domain::queue::{
    Backoff, Dependencies, GpuRequest, OnFailure, Policy, Resources, Retry, RetryOn, SweepPolicy,
    TimeLimits,
};
use domain::task::TaskId;
use domain::time::Timestamp;

use crate::process::clock;

/// Words about when, where and how often tasks run. Every value has been checked by the parser.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Queue")]
pub struct PolicyArgs {
    /// Larger goes first, -1000 to 1000.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(i32).range(-1000..=1000))]
    pub priority: Option<i32>,
    /// Start when this task, or every task of this sweep, has succeeded; may be repeated.
    #[arg(long, value_name = "TASK")]
    pub after: Vec<String>,
    /// What happens if one of them does not succeed (default: cancel).
    #[arg(long, value_name = "WHAT", requires = "after")]
    pub on_failure: Option<OnFailureWord>,
    /// Start no sooner than this after it was queued, e.g. 90s or 1h30m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub delay: Option<u64>,
    /// Start no sooner than this, e.g. 18:00 or '2026-11-21 18:00'.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Moment>,
    /// How often a run that failed is tried again.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub retries: Option<u32>,
    /// Only after these ends: failed, signaled, `timed_out`, `out_of_memory`, lost, `failed_to_start`.
    #[arg(long, value_name = "ENDS", value_delimiter = ',', value_parser = retry_on, requires = "retries")]
    pub retry_on: Vec<RetryOn>,
    /// The pause before the first retry; it doubles with each further one.
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "retries")]
    pub backoff: Option<u64>,
    /// End a run after this long, as a cancel does.
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub timeout: Option<u64>,
    /// Kill a run after this long.
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub hard_timeout: Option<u64>,
    /// How many runs of this sweep may go on at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub sweep_limit: Option<u32>,
    /// The first run that fails for good cancels the others of its sweep.
    #[arg(long)]
    pub fail_fast: bool,
    /// End a run when this holds of its metrics, e.g. 'loss > 10'; may be repeated.
    #[arg(long, value_name = "EXPRESSION", value_parser = expression)]
    pub stop_when: Vec<String>,
    /// Slots that a run takes (default: 1).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub task_slots: Option<u32>,
    /// GPUs that a run takes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1024), conflicts_with = "gpu_ids")]
    pub gpus: Option<u32>,
    /// These GPUs and no others, e.g. 0,1.
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = gpu_id)]
    pub gpu_ids: Vec<String>,
    /// Only this much memory of each GPU, which others may share, e.g. 8G.
    #[arg(long, value_name = "SIZE", value_parser = memory, conflicts_with = "gpu_ids")]
    pub gpu_memory: Option<u64>,
    /// Processors that a run takes; fractions count.
    #[arg(long, value_name = "N", value_parser = cpus)]
    pub cpus: Option<f64>,
    /// Memory that a run takes, e.g. 16G.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    /// Mark the tasks with this; may be repeated.
    #[arg(long, value_name = "LABEL")]
    pub label: Vec<String>,
}

/// The words of [`OnFailure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnFailureWord {
    /// Cancel the task that waits.
    Cancel,
    /// Wait for a rerun that succeeds.
    Wait,
    /// Run all the same.
    Run,
}

impl PolicyArgs {
    /// What each task asks of the queue.
    ///
    /// A task of `after` without an experiment has an empty one: the submission finds the task, or the sweep, of that name.
    pub fn policy(&self) -> Policy {
        self.policy_at(clock::now())
    }

    fn policy_at(&self, now: Timestamp) -> Policy {
        Policy {
            priority: self.priority.unwrap_or_default(),
            resources: self.resources(),
            after: Dependencies {
                tasks: self.after.iter().map(|text| task_id(text)).collect(),
                on_failure: self
                    .on_failure
                    .map_or(OnFailure::default(), |word| match word {
                        OnFailureWord::Cancel => OnFailure::Cancel,
                        OnFailureWord::Wait => OnFailure::Wait,
                        OnFailureWord::Run => OnFailure::Run,
                    }),
            },
            not_before_ms: self
                .at
                .map(|moment| moment.resolve(now, clock::local_offset_minutes)),
            delay_ms: self.delay.unwrap_or_default(),
            retry: self.retry(),
            time_limits: TimeLimits {
                soft_ms: self.timeout,
                hard_ms: self.hard_timeout,
            },
            stop_when: self.stop_when.clone(),
        }
    }

    /// A task's policy with what is said over it; of everything else it keeps what it has.
    pub fn over(&self, had: &Policy) -> Policy {
        let said = self.policy();
        let mut policy = had.clone();
        macro_rules! take {
            ($if:expr, $($field:ident).+) => {
                if $if {
                    policy.$($field).+ = said.$($field).+;
                }
            };
        }
        take!(self.priority.is_some(), priority);
        take!(!self.after.is_empty(), after);
        take!(self.at.is_some(), not_before_ms);
        take!(self.delay.is_some(), delay_ms);
        take!(self.retries.is_some(), retry.max);
        take!(!self.retry_on.is_empty(), retry.on);
        take!(self.backoff.is_some(), retry.backoff);
        take!(self.timeout.is_some(), time_limits.soft_ms);
        take!(self.hard_timeout.is_some(), time_limits.hard_ms);
        take!(!self.stop_when.is_empty(), stop_when);
        take!(self.task_slots.is_some(), resources.slots);
        take!(self.cpus.is_some(), resources.cpus);
        take!(self.memory.is_some(), resources.memory_mb);
        let names_gpus = self.gpus.is_some() || self.gpu_memory.is_some();
        take!(names_gpus || !self.gpu_ids.is_empty(), resources.gpus);
        policy
    }

    fn resources(&self) -> Resources {
        let gpus = match (self.gpus, self.gpu_memory) {
            _ if !self.gpu_ids.is_empty() => GpuRequest::Pinned {
                ids: self.gpu_ids.clone(),
            },
            (Some(0), _) | (None, None) => GpuRequest::None,
            (count, Some(memory_mb)) => GpuRequest::Memory {
                count: count.unwrap_or(1),
                memory_mb,
            },
            (Some(count), None) => GpuRequest::Count { count },
        };
        Resources {
            slots: self.task_slots.unwrap_or(1),
            cpus: self.cpus.unwrap_or_default(),
            memory_mb: self.memory.unwrap_or_default(),
            gpus,
        }
    }

    fn retry(&self) -> Retry {
        let default = Retry::default();
        Retry {
            max: self.retries.unwrap_or_default(),
            on: if self.retry_on.is_empty() {
                default.on
            } else {
                self.retry_on.clone()
            },
            backoff: Backoff {
                first_ms: self.backoff.unwrap_or_default(),
                ..default.backoff
            },
        }
    }

    /// What holds for the sweep as a whole.
    pub fn sweep_policy(&self) -> SweepPolicy {
        SweepPolicy {
            limit: self.sweep_limit,
            fail_fast: self.fail_fast,
        }
    }
}

/// `EXPERIMENT/TASK`, or a name alone.
fn task_id(text: &str) -> TaskId {
    let (experiment, task) = text.split_once('/').unwrap_or(("", text));
    TaskId {
        experiment: experiment.to_owned(),
        task: task.to_owned(),
    }
}

fn with_hint(error: QuantityError) -> String {
    format!("{error}: {}", error.hint())
}

/// A length of time in milliseconds.
pub(super) fn duration(text: &str) -> Result<u64, String> {
    quantity::parse_duration_ms(text).map_err(with_hint)
}

fn positive_duration(text: &str) -> Result<u64, String> {
    match duration(text)? {
        0 => Err("it must be longer than nothing".to_owned()),
        ms => Ok(ms),
    }
}

fn memory(text: &str) -> Result<u64, String> {
    quantity::parse_memory_mb(text).map_err(with_hint)
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).map_err(with_hint)
}

fn expression(text: &str) -> Result<String, String> {
    match Expression::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}: {}", error.hint())),
    }
}

fn retry_on(text: &str) -> Result<RetryOn, String> {
    RetryOn::parse(text.trim()).ok_or_else(|| {
        let words = RetryOn::ALL.map(RetryOn::as_str).join(", ");
        format!("the ends are {words}")
    })
}

fn gpu_id(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a device has a name".to_owned()),
        id => Ok(id.to_owned()),
    }
}

fn cpus(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|cpus: &f64| cpus.is_finite() && (0.0..=100_000.0).contains(cpus))
        .ok_or_else(|| "write a number such as 2 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        policy: PolicyArgs,
    }

    fn line(words: &str) -> Result<PolicyArgs, String> {
        let words = std::iter::once("x").chain(words.split_whitespace());
        Line::try_parse_from(words)
            .map(|line| line.policy)
            .map_err(|error| error.to_string())
    }

    fn policy(words: &str) -> Policy {
        line(words).unwrap().policy_at(Timestamp(0))
    }

    #[test]
    fn what_is_not_said_of_a_task_that_is_there_stays_as_it_is() {
        let had = policy(
            "--priority 3 --after a --delay 1m --retries 2 --retry-on lost --backoff 5s --timeout 1h --hard-timeout 2h --stop-when n>1 \
             --task-slots 2 --gpus 1 --cpus 2 --memory 4G",
        );
        assert_eq!(line("").unwrap().over(&had), had);
        let changed = |change: fn(&mut Policy)| {
            let mut policy = had.clone();
            change(&mut policy);
            policy
        };
        for (words, expected) in [
            ("--priority 4", changed(|policy| policy.priority = 4)),
            ("--retries 7", changed(|policy| policy.retry.max = 7)),
            (
                "--memory 8G",
                changed(|policy| policy.resources.memory_mb = 8192),
            ),
            (
                "--gpus 0",
                changed(|policy| policy.resources.gpus = GpuRequest::None),
            ),
            (
                "--hard-timeout 3h",
                changed(|policy| policy.time_limits.hard_ms = Some(10_800_000)),
            ),
        ] {
            assert_eq!(line(words).unwrap().over(&had), expected, "{words}");
        }
        let all = line(
            "--priority 3 --after a --delay 1m --retries 2 --retry-on lost --backoff 5s --timeout 1h --hard-timeout 2h --stop-when n>1 \
             --task-slots 2 --gpus 1 --cpus 2 --memory 4G",
        );
        assert_eq!(
            all.unwrap().over(&Policy::default()),
            had,
            "everything can be changed"
        );
    }

    #[test]
    fn nothing_said_asks_for_nothing() {
        assert!(policy("").is_default());
        assert!(line("").unwrap().sweep_policy().is_default());
    }

    #[test]
    fn every_word_has_its_place() {
        let policy = policy(
            "--priority -5 --after e/a --after b --on-failure wait --delay 1m --at 1970-01-02T00:00Z --retries 3 \
             --retry-on failed,lost --backoff 5s --timeout 1h --hard-timeout 2h --stop-when loss>10 --task-slots 2 \
             --gpus 2 --gpu-memory 8G --cpus 1.5 --memory 16G",
        );
        let task = |experiment: &str, task: &str| TaskId {
            experiment: experiment.to_owned(),
            task: task.to_owned(),
        };
        let expected = Policy {
            priority: -5,
            resources: Resources {
                slots: 2,
                cpus: 1.5,
                memory_mb: 16_384,
                gpus: GpuRequest::Memory {
                    count: 2,
                    memory_mb: 8_192,
                },
            },
            after: Dependencies {
                tasks: vec![task("e", "a"), task("", "b")],
                on_failure: OnFailure::Wait,
            },
            not_before_ms: Some(Timestamp(86_400_000)),
            delay_ms: 60_000,
            retry: Retry {
                max: 3,
                on: vec![RetryOn::Failed, RetryOn::Lost],
                backoff: Backoff {
                    first_ms: 5_000,
                    ..Backoff::default()
                },
            },
            time_limits: TimeLimits {
                soft_ms: Some(3_600_000),
                hard_ms: Some(7_200_000),
            },
            stop_when: vec!["loss>10".to_owned()],
        };
        assert_eq!(policy, expected);
    }

    #[test]
    fn devices_are_counted_shared_or_named() {
        let gpus = |words| policy(words).resources.gpus;
        assert_eq!(gpus("--gpus 0"), GpuRequest::None);
        assert_eq!(gpus("--gpus 2"), GpuRequest::Count { count: 2 });
        assert_eq!(
            gpus("--gpu-memory 4G"),
            GpuRequest::Memory {
                count: 1,
                memory_mb: 4096
            }
        );
        assert_eq!(
            gpus("--gpu-ids 0,GPU-1"),
            GpuRequest::Pinned {
                ids: vec!["0".to_owned(), "GPU-1".to_owned()]
            }
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_the_parser() {
        for words in [
            "--priority 1001",
            "--on-failure run",
            "--retry-on failed",
            "--retries 1 --retry-on cancelled",
            "--timeout 0",
            "--timeout soon",
            "--gpus 1 --gpu-ids 0",
            "--cpus nan",
            "--cpus -1",
            "--memory 1K",
            "--stop-when loss>",
            "--sweep-limit 0",
            "--at 25:00",
        ] {
            assert!(line(words).is_err(), "{words}");
        }
    }
}
