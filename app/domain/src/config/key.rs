//! Dotted keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a value stands in a config: `lr`, or `optimizer.lr` for a nested one.
///
/// Segments are never empty. Order is the order of definition, kept by whoever holds a list of keys. A dot that belongs
/// to a name is written `\.`: `layers.conv1\.weight`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// A key from its dotted spelling. The caller vouches that no segment is empty.
    pub fn new(dotted: impl Into<String>) -> Self {
        Self(dotted.into())
    }

    /// A key from the names of its levels, outermost first; dots inside names are kept apart.
    pub fn of_parts<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> Self {
        let mut dotted = String::new();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                dotted.push('.');
            }
            dotted.push_str(&part.as_ref().replace('.', "\\."));
        }
        Self(dotted)
    }

    /// The dotted spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The names of the levels, outermost first: what [`Key::of_parts`] was given.
    pub fn parts(&self) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut chars = self.0.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek() == Some(&'.') => {
                    chars.next();
                    if let Some(part) = parts.last_mut() {
                        part.push('.');
                    }
                }
                '.' => parts.push(String::new()),
                c => {
                    if let Some(part) = parts.last_mut() {
                        part.push(c);
                    }
                }
            }
        }
        parts
    }

    /// The key one level below.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let name = name.replace('.', "\\.");
        if self.0.is_empty() {
            Self(name)
        } else {
            Self(format!("{}.{name}", self.0))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_inside_names_are_kept_apart() {
        let key = Key::of_parts(["layers", "conv1.weight", "lr"]);
        assert_eq!(key.as_str(), "layers.conv1\\.weight.lr");
        assert_eq!(key.parts(), ["layers", "conv1.weight", "lr"]);
        assert_eq!(Key::new("").child("a.b").parts(), ["a.b"]);
    }
}
