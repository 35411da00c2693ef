//! Runs one run: prepares its folder, starts its supervisor, notices its end.

pub mod adopt;
mod gpu_environment;
pub mod launch;
mod prepare;
