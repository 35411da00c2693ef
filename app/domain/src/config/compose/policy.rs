//! `__new_key_policy__`: what a file may add to the files it builds on.

use crate::config::interpolate::is_dynamic;
use crate::config::merge::described;
use crate::config::{Key, Value, leaf_keys};

use super::error::{At, ConfigError, ConfigErrorKind, Warning};
use super::layer::{Assignment, How, What};
use super::merged::{Branch, Slot};

/// What a file says about keys that are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// An error.
    Raise,
    /// A warning.
    Warn,
    /// Nothing.
    Pass,
}

impl Policy {
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "raise" => Some(Self::Raise),
            "warn" => Some(Self::Warn),
            "pass" => Some(Self::Pass),
            _ => None,
        }
    }
}

/// Compares the keys of a file with what it builds on. Keys that begin with `__` are exempt.
pub(super) fn check(
    policy: Policy,
    file: &str,
    known: &Slot,
    own: &[Assignment],
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    if policy == Policy::Pass {
        return Ok(());
    }
    let mut check = Check {
        policy,
        file,
        root: known,
        warnings,
    };
    check.section(&Key::new(""), known, own)
}

struct Check<'a> {
    policy: Policy,
    file: &'a str,
    root: &'a Slot,
    warnings: &'a mut Vec<Warning>,
}

impl Check<'_> {
    fn section(
        &mut self,
        above: &Key,
        known: &Slot,
        own: &[Assignment],
    ) -> Result<(), ConfigError> {
        for assignment in own {
            let key = above.child(&assignment.name);
            let at = At::new(self.file, assignment.at);
            let Some(below) = known.child(&assignment.name) else {
                if !assignment.name.starts_with("__") {
                    self.new_key(key, at)?;
                }
                continue;
            };
            if let Some(message) = other_type(&key, &below.branch, &assignment.what) {
                self.warnings.push(Warning { key, at, message });
            } else if let (What::Section(inner), true) =
                (&assignment.what, assignment.how != How::Replace)
            {
                self.section(&key, below, inner)?;
            }
        }
        Ok(())
    }

    fn new_key(&mut self, key: Key, at: At) -> Result<(), ConfigError> {
        if self.policy == Policy::Raise {
            let keys = leaf_keys(&self.root.value());
            let nearest = crate::grid::nearest(key.as_str(), keys.iter().map(Key::as_str));
            let kind = ConfigErrorKind::NewKey {
                key: key.clone(),
                nearest,
            };
            return Err(ConfigError::new(kind).at(at).about(key));
        }
        // One word for a section that is assigned twice, plain and dotted.
        if !self
            .warnings
            .iter()
            .any(|known| known.key == key && known.at.file == at.file)
        {
            let message = format!("`{key}` is a new key: nothing that the file builds on has it");
            self.warnings.push(Warning { key, at, message });
        }
        Ok(())
    }
}

/// The sentence about a value of another type; integers and other numbers are one type, null and references any.
fn other_type(key: &Key, known: &Branch, what: &What) -> Option<String> {
    let before = match known {
        Branch::Vacant => return None,
        Branch::Section(_) => "a section",
        Branch::Leaf(value) => kind(value)?,
    };
    let after = match what {
        What::Section(_) => "a section",
        What::Value(value) => kind(value)?,
    };
    (before != after).then(|| format!("`{key}` was {before} and becomes {after}"))
}

fn kind(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Text(text) if is_dynamic(text) => None,
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => Some("a number"),
        other => Some(described(other)),
    }
}
