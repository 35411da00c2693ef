//! Which ends are tried again, and after how long.

use domain::queue::{Backoff, Retry, RetryOn};
use domain::run::Outcome;

/// The pause before the next run, milliseconds, if an end is to be tried again. `retry` is the number of the run that
/// has ended: 0 for the first.
pub fn pause_ms(policy: &Retry, outcome: &Outcome, retry: u32) -> Option<u64> {
    let end = end_of(outcome)?;
    let is_due = retry < policy.max && policy.on.contains(&end);
    is_due.then(|| backoff_ms(&policy.backoff, retry + 1))
}

/// The kind of an end; `None` for what is never tried again.
fn end_of(outcome: &Outcome) -> Option<RetryOn> {
    match outcome {
        Outcome::Succeeded | Outcome::Cancelled { .. } => None,
        Outcome::Failed { .. } => Some(RetryOn::Failed),
        Outcome::Signaled { .. } => Some(RetryOn::Signaled),
        Outcome::TimedOut => Some(RetryOn::TimedOut),
        Outcome::OutOfMemory => Some(RetryOn::OutOfMemory),
        Outcome::FailedToStart { .. } => Some(RetryOn::FailedToStart),
        Outcome::Lost => Some(RetryOn::Lost),
    }
}

/// The pause before the `nth` retry, from 1: never more than the longest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the longest pause bounds it"
)]
fn backoff_ms(backoff: &Backoff, nth: u32) -> u64 {
    let factor = if backoff.factor.is_finite() {
        backoff.factor.max(1.0)
    } else {
        1.0
    };
    let times = i32::try_from(nth.saturating_sub(1)).unwrap_or(i32::MAX);
    let grown = backoff.first_ms as f64 * factor.powi(times);
    (grown.round() as u64).min(backoff.max_ms)
}

#[cfg(test)]
mod tests {
    use domain::run::CancelledBy;

    use super::*;

    fn policy(max: u32, on: &[RetryOn]) -> Retry {
        Retry {
            max,
            on: on.to_vec(),
            backoff: Backoff {
                first_ms: 1_000,
                factor: 2.0,
                max_ms: 5_000,
            },
        }
    }

    #[test]
    fn only_chosen_ends_are_tried_again_and_a_cancel_never() {
        let ends = [
            (Outcome::Failed { exit_code: 1 }, RetryOn::Failed),
            (Outcome::Signaled { signal: 11 }, RetryOn::Signaled),
            (Outcome::TimedOut, RetryOn::TimedOut),
            (Outcome::OutOfMemory, RetryOn::OutOfMemory),
            (Outcome::Lost, RetryOn::Lost),
            (
                Outcome::FailedToStart {
                    reason: String::new(),
                },
                RetryOn::FailedToStart,
            ),
        ];
        for (outcome, end) in &ends {
            for on in RetryOn::ALL {
                let is_due = pause_ms(&policy(1, &[on]), outcome, 0).is_some();
                assert_eq!(is_due, on == *end, "{outcome:?} {on:?}");
            }
        }
        for outcome in [
            Outcome::Succeeded,
            Outcome::Cancelled {
                by: CancelledBy::User,
            },
            Outcome::Cancelled {
                by: CancelledBy::Rule,
            },
        ] {
            assert_eq!(pause_ms(&policy(9, &RetryOn::ALL), &outcome, 0), None);
        }
    }

    #[test]
    fn the_pause_grows_up_to_its_limit_and_retries_are_counted() {
        let policy = policy(5, &RetryOn::ALL);
        let pauses: Vec<_> = (0..6)
            .map(|retry| pause_ms(&policy, &Outcome::Lost, retry))
            .collect();
        let expected = [1_000, 2_000, 4_000, 5_000, 5_000].map(Some);
        assert_eq!(pauses, [&expected[..], &[None]].concat());
        let odd = Retry {
            max: u32::MAX,
            backoff: Backoff {
                first_ms: u64::MAX,
                factor: f64::NAN,
                max_ms: 7,
            },
            ..Retry::default()
        };
        assert_eq!(pause_ms(&odd, &Outcome::Lost, u32::MAX - 1), Some(7));
    }
}
