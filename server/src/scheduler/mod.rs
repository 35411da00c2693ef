//! Decides which waiting runs start. Pure: it cannot spawn, sleep or lock.
//!
//! ```text
//! Queue::add, remove, task_stands, set_paused, ...   what waits, kept sorted as events come
//! Queue::decide(now)                                 what starts now: classes and starts are looked at, never all
//! Queue::next_wake()                                 when time alone makes something ready
//! Queue::forecast(now)                               order, reasons and times for people; on demand
//! ```

mod decide;
pub mod devices;
mod durations;
mod explain;
mod forecast;
mod moving;
mod occupancy;
mod place;
mod queue;
mod request;
pub mod retry;
mod rules;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Sight, Start};
pub use durations::Durations;
pub use forecast::{Explained, Forecast};
pub use moving::{MoveError, Moved, Refused};
pub use occupancy::{Holding, Occupancy};
pub use place::Place;
pub use queue::{Queue, SweepRule};
pub use request::{Needs, Request, Standing, SweepId};
pub use rules::{Amounts, Rules, milli_cpus};
