//! Runs one run: prepares its folder, starts its supervisor, notices its end.
//! `contract` says what every way of executing runs promises.

pub mod adopt;
mod contract;
mod gpu_environment;
pub mod launch;
mod prepare;
