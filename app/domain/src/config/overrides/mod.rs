//! Overrides: what stands on a command line after the file.
//!
//! [`parse`] takes words apart and knows no config; the texts keep their batch syntax. [`typed`] makes a value of one
//! text, for a key that is not swept.

mod error;
mod parse;
mod typed;

pub use error::{OverrideError, OverrideErrorKind};
pub use parse::{Mode, Override, parse};
pub use typed::typed;
