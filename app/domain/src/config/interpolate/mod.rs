//! `$VAR` and `{a.b}` inside texts.
//!
//! ```text
//! text --scan--> pieces --resolve (memo, chain, budget)--> value; a text that is one piece keeps the piece's type
//! ```

mod error;
mod resolve;
mod scan;

pub use error::{InterpolateError, InterpolateErrorKind};
pub use resolve::{Environment, Interpolated, Reference, interpolate, interpolate_keys};
pub use scan::{escape, is_dynamic, references};
