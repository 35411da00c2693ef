//! What the form shows: one parameter per destination, with its kind, control, default and texts.

mod build;
mod help;
mod kind;
mod parameter;
mod python;
#[cfg(test)]
mod tests;

pub use build::parameters;
pub use parameter::{Control, Kind, Parameter, ScalarKind};
pub(crate) use python::python_str;
