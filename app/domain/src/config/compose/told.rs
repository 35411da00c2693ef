//! A config leaf by leaf, each with its story: what `runyard config show` prints and the browser lists.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::interpolate::Reference;
use crate::config::{Key, Value};

use super::merged::{Composed, Gathered};
use super::origin::Origin;

/// One leaf with everything known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The leaf of the raw config.
    pub key: Key,
    /// As it was written, references and all.
    pub raw: Value,
    /// What a script gets; `None` while it waits for an environment or cannot be resolved.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::config::value::given"
    )]
    pub resolved: Option<Value>,
    /// Who set it, what it replaced, what it was made from.
    pub origin: Origin,
}

impl Gathered {
    /// Every leaf, not resolved.
    pub fn told(&self) -> Vec<Told> {
        told(&self.raw, &self.origins, |_| None)
    }
}

impl Composed {
    /// Every leaf.
    pub fn told(&self) -> Vec<Told> {
        told(&self.raw, &self.origins, |key| {
            let waits = self
                .waiting
                .iter()
                .any(|waiting| waiting == key || waiting.as_str().starts_with(&format!("{key}.")));
            (!waits)
                .then(|| at(&self.resolved, &key.parts()).cloned())
                .flatten()
        })
    }
}

fn told(
    raw: &Value,
    origins: &[(Key, Origin)],
    resolved: impl Fn(&Key) -> Option<Value>,
) -> Vec<Told> {
    origins
        .iter()
        .filter_map(|(key, origin)| {
            Some(Told {
                key: key.clone(),
                raw: at(raw, &key.parts())?.clone(),
                resolved: resolved(key),
                origin: origin.clone(),
            })
        })
        .collect()
}

fn at<'a>(value: &'a Value, parts: &[String]) -> Option<&'a Value> {
    let Some((part, rest)) = parts.split_first() else {
        return Some(value);
    };
    match value {
        Value::Map(entries) => {
            let (_, below) = entries.iter().find(|(name, _)| name == part)?;
            at(below, rest)
        }
        _ => None,
    }
}

/// `exp.yaml line 3, was 0.1 (base.yaml line 2), from seed and $HOME`
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.set_by)?;
        for replaced in &self.replaced {
            write!(f, ", was {} ({})", replaced.value, replaced.set_by)?;
        }
        for (index, reference) in self.from.iter().enumerate() {
            f.write_str(if index == 0 { ", from " } else { " and " })?;
            match reference {
                Reference::Key(key) => write!(f, "{key}")?,
                Reference::Variable {
                    name,
                    by_default: false,
                } => write!(f, "${name}")?,
                Reference::Variable {
                    name,
                    by_default: true,
                } => write!(f, "the default of ${name}")?,
            }
        }
        Ok(())
    }
}
