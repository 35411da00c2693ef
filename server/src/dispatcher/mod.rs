//! Owns the state of all tasks and runs; everybody else holds a [`Dispatcher`] to it.
//!
//! ```text
//! Event --> step(state, event, now) --> effects --> (run_loop performs them)
//!              pure, tested alone                   launch, cancel, journal, publish
//! ```
//! One loop takes one closed set of events, so everything that can happen stands in `event.rs`.

mod event;
mod gpus;
mod handle;
mod known;
mod load;
mod look;
mod organise;
mod run_loop;
mod shelf;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use event::{Act, Change, ChangeKind, Effect, Event};
pub use gpus::Gpus;
pub use handle::{Dispatcher, DispatcherGone, Organised};
pub use known::Known;
pub use load::reload;
pub use organise::{Organise, Removable};
pub use run_loop::start;
pub(crate) use run_loop::{News, final_news};
pub use state::{Entry, State};
