//! The one place that reads the wall clock; everybody else is told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::time::Timestamp;

/// The time now.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
