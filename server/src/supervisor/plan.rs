//! When a run is asked to end and when it is killed: pure, the time is an argument.
//!
//! ```text
//! request, soft limit ──► asked (stop signal) ──grace period──► killed, again and again until nothing is left
//! hard limit, second request ──────────────────────────────────► killed
//! ```
//!
//! Times are of the monotonic clock: no change of the wall clock shortens or lengthens a run.

use std::time::{Duration, Instant};

use domain::queue::TimeLimits;
use domain::run::{CancelledBy, Outcome};

/// What was killed and is still there is killed again after this pause.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// Why a run is ended. The first reason stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody said so.
    Cancelled(CancelledBy),
    /// A condition over its metrics holds: this one.
    Stopped(String),
    /// Its time is over.
    TimedOut,
    /// The system ends everything: how the process ends is its own.
    Shutdown,
}

impl Cause {
    /// The outcome that it makes; `None` leaves it to the process.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Cancelled(by) => Some(Outcome::Cancelled { by: *by }),
            Self::Stopped(_) => Some(Outcome::Cancelled {
                by: CancelledBy::Rule,
            }),
            Self::TimedOut => Some(Outcome::TimedOut),
            Self::Shutdown => None,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing.
    Wait,
    /// Ask it to end.
    Ask,
    /// Kill what is left of it.
    Kill,
}

/// The plan of one run's end.
#[derive(Debug)]
pub(super) struct Plan {
    grace: Duration,
    soft_at: Option<Instant>,
    hard_at: Option<Instant>,
    kill_at: Option<Instant>,
    cause: Option<Cause>,
}

impl Plan {
    /// The plan of a run whose process was started at this moment.
    pub(super) fn new(started: Instant, limits: TimeLimits, grace: Duration) -> Self {
        // A limit beyond what the clock can say never comes.
        let at = |ms: Option<u64>| started.checked_add(Duration::from_millis(ms?));
        Self {
            grace,
            soft_at: at(limits.soft_ms),
            hard_at: at(limits.hard_ms),
            kill_at: None,
            cause: None,
        }
    }

    /// Why it is ended, if it is.
    pub(super) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// A request to end. The second one waits for no grace period.
    pub(super) fn request(&mut self, cause: Cause, now: Instant) -> Act {
        if self.cause.is_some() {
            self.kill_at = Some(now);
            return Act::Wait;
        }
        self.cause = Some(cause);
        self.kill_at = now.checked_add(self.grace);
        Act::Ask
    }

    /// What time alone asks for. To be called again until it says [`Act::Wait`].
    pub(super) fn due(&mut self, now: Instant) -> Act {
        let is_over = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        if is_over(self.hard_at) {
            self.hard_at = None;
            self.cause.get_or_insert(Cause::TimedOut);
            self.kill_at = Some(now);
        }
        if is_over(self.kill_at) {
            self.kill_at = Some(now + KILL_AGAIN);
            return Act::Kill;
        }
        if is_over(self.soft_at) {
            self.soft_at = None;
            if self.cause.is_none() {
                return self.request(Cause::TimedOut, now);
            }
        }
        Act::Wait
    }

    /// When time alone asks for something next.
    pub(super) fn next(&self) -> Option<Instant> {
        let soft_at = self.soft_at.filter(|_| self.cause.is_none());
        [soft_at, self.hard_at, self.kill_at]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn plan(soft_ms: Option<u64>, hard_ms: Option<u64>) -> (Instant, Plan) {
        let start = Instant::now();
        let limits = TimeLimits { soft_ms, hard_ms };
        (start, Plan::new(start, limits, ms(100)))
    }

    /// Everything that time alone asks for, as milliseconds after the start.
    fn story(start: Instant, plan: &mut Plan, until_ms: u64) -> Vec<(u64, Act)> {
        let mut acts = Vec::new();
        for at in 0..=until_ms {
            loop {
                match plan.due(start + ms(at)) {
                    Act::Wait => break,
                    act => acts.push((at, act)),
                }
            }
        }
        acts
    }

    #[test]
    fn a_soft_limit_asks_and_kills_after_the_grace_period_and_then_again() {
        let (start, mut plan) = plan(Some(50), None);
        assert_eq!(plan.next(), Some(start + ms(50)));
        let acts = story(start, &mut plan, 1200);
        assert_eq!(acts, [(50, Act::Ask), (150, Act::Kill), (1150, Act::Kill)]);
        assert_eq!(plan.cause(), Some(&Cause::TimedOut));
    }

    #[test]
    fn a_hard_limit_kills_at_once_also_within_a_grace_period() {
        let (start, mut plan) = plan(None, Some(30));
        assert_eq!(story(start, &mut plan, 40), [(30, Act::Kill)]);
        assert_eq!(plan.cause(), Some(&Cause::TimedOut));

        let (start, mut plan) = self::plan(Some(20), Some(30));
        assert_eq!(
            story(start, &mut plan, 40),
            [(20, Act::Ask), (30, Act::Kill)]
        );
    }

    #[test]
    fn the_first_reason_stays_and_a_second_request_kills_at_once() {
        let (start, mut plan) = plan(Some(50), Some(60));
        let by = CancelledBy::User;
        assert_eq!(plan.request(Cause::Cancelled(by), start + ms(10)), Act::Ask);
        assert_eq!(plan.due(start + ms(10)), Act::Wait);
        assert_eq!(plan.request(Cause::Shutdown, start + ms(20)), Act::Wait);
        assert_eq!(story(start, &mut plan, 70).first(), Some(&(20, Act::Kill)));
        assert_eq!(plan.cause(), Some(&Cause::Cancelled(by)));
        let outcome = plan.cause().and_then(Cause::outcome);
        assert_eq!(outcome, Some(Outcome::Cancelled { by }));
    }

    #[test]
    fn without_limits_nothing_is_ever_due() {
        let (start, mut plan) = plan(None, None);
        assert_eq!(plan.next(), None);
        assert_eq!(story(start, &mut plan, 2000), []);
        let (_, endless) = self::plan(Some(u64::MAX), Some(u64::MAX));
        let _ = endless.next();
    }
}
