//! The one place that reads the wall clock; everybody else is told the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::time::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The time now.
pub fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

/// The time now as file systems stamp it, nanoseconds since 1970.
pub fn now_ns() -> i64 {
    i64::try_from(since_epoch().as_nanos()).unwrap_or(i64::MAX)
}

/// How many minutes local time is ahead of UTC at a time: `TZ`, else the machine's zone, else 0.
pub fn local_offset_minutes(at: Timestamp) -> i32 {
    jiff::Timestamp::from_millisecond(at.as_ms()).map_or(0, |at| {
        jiff::tz::TimeZone::system().to_offset(at).seconds() / 60
    })
}
