//! The machine's load.

pub mod host;
