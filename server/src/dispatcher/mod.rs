//! Owns the state of all tasks and runs; everybody else holds a [`Dispatcher`] to it.
//!
//! ```text
//! Event --> step(state, event, now) --> effects --> (run_loop performs them)
//!              pure, tested alone                   launch, cancel, journal, publish
//! ```
//! One loop takes one closed set of events, so everything that can happen stands in `event.rs`.

mod acts;
mod ends;
mod entry;
mod event;
mod gpus;
mod handle;
mod known;
mod load;
mod look;
mod orders;
mod organise;
mod recent;
mod rules;
mod run_loop;
mod shelf;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod waiting;

pub use entry::{Entry, summary};
pub use event::{Act, Change, ChangeKind, Effect, Event, Pause};
pub use handle::{Dispatcher, DispatcherGone, Organised};
pub use known::Known;
pub use load::reload;
pub use organise::{Organise, Removable};
pub use run_loop::start;
pub(crate) use run_loop::{News, final_news};
pub use state::State;
