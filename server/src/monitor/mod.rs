//! The machine: its load, and what it is.

pub mod addresses;
pub mod gpu;
pub mod host;
pub mod machine;
