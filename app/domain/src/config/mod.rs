//! The config: a tree of values under dotted keys.

mod key;
mod value;

pub use key::Key;
pub use value::{Value, non_finite_name};
