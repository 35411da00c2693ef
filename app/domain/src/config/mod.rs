//! The config: a tree of values under dotted keys.

mod key;
mod value;
pub mod yaml;
mod yaml_emit;
mod yaml_read;
mod yaml_scalar;
mod yaml_view;

pub use key::Key;
pub use value::{Value, non_finite_name};
