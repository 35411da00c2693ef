//! The source of a sweep: which files belong to it, and what git says.
//!
//! ```text
//! git    the repository, asked without letting its own configuration run anything
//! walk   the files of a folder that is none, and what is never taken
//! take   both into the store, with the list of what was left out
//! ```

pub mod git;
pub mod rules;
pub mod take;
pub mod walk;

pub use take::{SourceRequest, TakenSource, take};
