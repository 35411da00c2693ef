//! The machine: its load, and what it is.

pub mod host;
pub mod machine;
