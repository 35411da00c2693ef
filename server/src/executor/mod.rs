//! Runs one run: prepares its folder, starts its supervisor, notices its end.

pub mod adopt;
pub mod launch;
mod prepare;
