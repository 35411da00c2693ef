//! Waiting for conditions, never for a guessed time.

use std::time::{Duration, Instant};

/// The longest that anything here may take, also on a busy machine.
pub(crate) const CEILING: Duration = Duration::from_secs(30);
/// How often a condition is looked at that nothing tells of.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until `condition` holds; panics with `what` at the ceiling.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Waits until `look` finds something; panics with `what` at the ceiling.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + CEILING;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "waited in vain until {what}");
        std::thread::sleep(LOOK);
    }
}
