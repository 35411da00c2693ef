//! `runyard engine`: what another program, the Python package, asks of the engine. JSON lines in, JSON lines out.
//!
//! ```text
//! standard input ──serve──► request ──► methods   pure answers: compose, merge, sweep, identify, plan
//!                              │    └─► submit    submit, cancel: through the project's one door
//!                              └──────► follow    a thread for each submitted sweep: events, as they happen
//! standard output ◄──────────── answers in any order, and events
//! ```
//!
//! What is said is described in `docs/ENGINE.md`. Nothing but JSON is ever printed on standard output.

mod follow;
mod methods;
mod request;
mod serve;
mod submit;

pub(super) use serve::serve;
