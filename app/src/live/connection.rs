//! When to connect, and when to try again: a pure machine.
//!
//! ```text
//! Idle -> Connecting -> Open -> Backoff{attempt} -> Connecting -> ...
//!             |                    ^      any -> Stale (this page is older than the server)
//!             +--------------------+
//! ```

/// The first wait.
const FIRST_DELAY_MS: u32 = 250;
/// The longest wait.
const MAX_DELAY_MS: u32 = 8_000;

/// Where the connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Not started: server rendering, or before hydration.
    #[default]
    Idle,
    /// The socket is being opened.
    Connecting {
        /// Failures in a row so far.
        attempt: u32,
    },
    /// The server has said hello.
    Open,
    /// Waiting before the next try.
    Backoff {
        /// Failures in a row so far, from 1.
        attempt: u32,
        /// How long to wait.
        delay_ms: u32,
    },
    /// The server speaks a newer protocol: only a reload helps.
    Stale,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only the browser has a socket")
)]
pub(crate) enum Event {
    /// The app has started, or the wait is over.
    Connect,
    /// The server has said hello in a protocol we know.
    Hello,
    /// The server has said hello in another major version.
    Foreign,
    /// The socket is closed or could not be opened; `jitter` is random in `0.0..1.0`.
    Closed {
        /// Spreads the tabs of one machine.
        jitter: f64,
    },
}

impl Connection {
    /// Where it stands after `event`. Events that make no sense in a state change nothing.
    #[cfg_attr(
        not(any(feature = "hydrate", test)),
        expect(dead_code, reason = "only the browser has a socket")
    )]
    pub(super) fn after(self, event: Event) -> Self {
        match (self, event) {
            (Self::Idle, Event::Connect) => Self::Connecting { attempt: 0 },
            (Self::Backoff { attempt, .. }, Event::Connect) => Self::Connecting { attempt },
            (Self::Connecting { .. }, Event::Hello) => Self::Open,
            (Self::Connecting { .. } | Self::Open, Event::Foreign) => Self::Stale,
            (Self::Connecting { attempt }, Event::Closed { jitter }) => {
                Self::backoff(attempt + 1, jitter)
            }
            (Self::Open, Event::Closed { jitter }) => Self::backoff(1, jitter),
            (state, _) => state,
        }
    }

    /// Doubles from [`FIRST_DELAY_MS`] to [`MAX_DELAY_MS`]; jitter takes away up to half of it.
    fn backoff(attempt: u32, jitter: f64) -> Self {
        let doubled = FIRST_DELAY_MS
            .saturating_mul(1 << (attempt - 1).min(8))
            .min(MAX_DELAY_MS);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and half of the delay"
        )]
        let less = (f64::from(doubled) / 2.0 * jitter.clamp(0.0, 1.0)) as u32;
        Self::Backoff {
            attempt,
            delay_ms: doubled - less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_ceiling_and_start_anew_after_a_hello() {
        let mut state = Connection::Idle.after(Event::Connect);
        let mut delays = Vec::new();
        for _ in 0..8 {
            state = state.after(Event::Closed { jitter: 0.0 });
            let Connection::Backoff { delay_ms, .. } = state else {
                panic!("{state:?}")
            };
            delays.push(delay_ms);
            state = state.after(Event::Connect);
        }
        assert_eq!(delays, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        let lost = state
            .after(Event::Hello)
            .after(Event::Closed { jitter: 0.0 });
        assert_eq!(
            lost,
            Connection::Backoff {
                attempt: 1,
                delay_ms: 250
            }
        );
    }

    #[test]
    fn jitter_takes_at_most_half() {
        let connecting = Connection::Connecting { attempt: 5 };
        assert_eq!(
            connecting.after(Event::Closed { jitter: 1.0 }),
            Connection::Backoff {
                attempt: 6,
                delay_ms: 4000
            }
        );
    }

    #[test]
    fn a_stale_page_never_connects_again() {
        let stale = Connection::Open.after(Event::Foreign);
        assert_eq!(stale, Connection::Stale);
        for event in [Event::Connect, Event::Hello, Event::Closed { jitter: 0.5 }] {
            assert_eq!(stale.after(event), Connection::Stale);
        }
    }
}
