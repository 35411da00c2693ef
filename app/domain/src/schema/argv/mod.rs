//! From a point back to the command line that makes argparse produce it.
//!
//! Each level (the parser, then each chosen sub-command) is written as its options, then its positionals, then the
//! sub-command's name. What argparse would read differently is found out beforehand by its own rules: which words look
//! like options (`level`) and how it deals positional words out (`deal`).

mod build;
mod deal;
mod error;
mod level;
mod options;
mod positionals;
#[cfg(test)]
mod tests;
mod words;

pub use build::argv;
pub use error::ArgvError;
