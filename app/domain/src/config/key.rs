//! Dotted keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a value stands in a config: `lr`, or `optimizer.lr` for a nested one.
///
/// Segments are never empty. Order is the order of definition, kept by whoever holds a list of keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// A key from its dotted spelling. The caller vouches that no segment is empty.
    pub fn new(dotted: impl Into<String>) -> Self {
        Self(dotted.into())
    }

    /// The dotted spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Key {
    fn from(dotted: &str) -> Self {
        Self::new(dotted)
    }
}
