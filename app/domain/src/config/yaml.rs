//! YAML that Python's own reader understands the same way.

use super::Value;
pub use super::yaml_emit::to_yaml;
pub use super::yaml_view::{inputs_from_yaml, inputs_to_yaml};

/// Why a YAML text could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// A lowercase sentence.
    pub message: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl YamlError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        None
    }
}

/// Reads a YAML document. An empty one is an empty map.
///
/// # Errors
/// [`YamlError`] with the place.
pub fn from_yaml(text: &str) -> Result<Value, YamlError> {
    serde_yaml::from_str(text).map_err(|error| YamlError {
        message: error.to_string(),
        line: error.location().map_or(1, |at| at.line()),
        column: error.location().map_or(1, |at| at.column()),
    })
}
