//! `runyard exec`: one command as a task, at the process that holds the project.
//!
//! ```text
//! submit  the words become a request; a server gets it, or a background dispatcher that is started for it
//! follow  its log goes to the terminal as it is written, until it has ended
//! ```
//!
//! There is no foreground dispatcher: a terminal that is closed, or this process killed, ends no run.

mod follow;
mod submit;

pub(super) use submit::{exec, of_this_shell, start, typed_variable};
