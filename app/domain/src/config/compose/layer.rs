//! One file as a list of assignments: dotted keys taken apart, marks read.

use crate::config::merge::described;
use crate::config::{Entry, Key, Node, Place, Tree, Value};

use super::error::{At, ConfigError, ConfigErrorKind};

/// Before a key: the value takes the place of the whole section. YAML also has the tag `!replace`.
const REPLACE: &str = "!replace ";
/// Before a key: the entries of the value replace those of the section, one level deep.
const STARS: &str = "**";

/// How a value meets the one that stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Maps are merged at every depth; anything else replaces.
    Merge,
    /// Replaces, whatever it is.
    Replace,
    /// Its entries replace those of the section.
    OneLevel,
}

/// One assignment.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) name: String,
    /// Where the key stands.
    pub(super) at: Place,
    pub(super) how: How,
    pub(super) what: What,
}

/// What is assigned.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A scalar or a list.
    Value(Value),
    /// A section; names may stand twice, the later counts.
    Section(Vec<Assignment>),
}

impl What {
    pub(super) fn is_section(&self) -> bool {
        matches!(self, Self::Section(_))
    }
}

/// Kept as it is written at the top of a file: the description of a sweep, whose keys are those of parameters.
const SWEEP: &str = "sweep";

/// The assignments of a file: first the plain keys, then the dotted ones, which so have the last word.
pub(super) fn assignments(file: &str, entries: &[Entry]) -> Result<Vec<Assignment>, ConfigError> {
    section(file, entries, Some(SWEEP))
}

/// The assignments of a map; the entry called `whole` is one value, whatever it holds.
fn section(
    file: &str,
    entries: &[Entry],
    whole: Option<&str>,
) -> Result<Vec<Assignment>, ConfigError> {
    let mut plain = Vec::new();
    let mut dotted = Vec::new();
    for entry in entries {
        let (how, name) = marks(entry);
        let parts = if entry.dotted {
            Key::new(name).parts()
        } else {
            vec![name.to_owned()]
        };
        let fail = |kind| {
            ConfigError::new(kind)
                .at(At::new(file, entry.key_at))
                .about(Key::new(name))
        };
        if parts.iter().any(String::is_empty) {
            return Err(fail(ConfigErrorKind::EmptyPart(entry.key.clone())));
        }
        let what = if whole == Some(name) {
            What::Value(entry.node.to_value())
        } else {
            what(file, &entry.node)?
        };
        if how == How::OneLevel && !what.is_section() {
            return Err(fail(ConfigErrorKind::StarsWithoutMap {
                key: entry.key.clone(),
                target: name.to_owned(),
                found: described(&entry.node.to_value()),
            }));
        }
        let target = if parts.len() == 1 {
            &mut plain
        } else {
            &mut dotted
        };
        target.push(nested(parts, entry.key_at, how, what));
    }
    plain.extend(dotted);
    Ok(plain)
}

fn marks(entry: &Entry) -> (How, &str) {
    if let Some(name) = entry.key.strip_prefix(REPLACE) {
        return (How::Replace, name.trim_start());
    }
    let how = if entry.node.replace {
        How::Replace
    } else {
        How::Merge
    };
    match entry.key.strip_prefix(STARS) {
        Some(name) if how == How::Merge => (How::OneLevel, name),
        _ => (how, &entry.key),
    }
}

fn what(file: &str, node: &Node) -> Result<What, ConfigError> {
    match &node.tree {
        Tree::Map(entries) => section(file, entries, None).map(What::Section),
        _ => Ok(What::Value(node.to_value())),
    }
}

fn nested(mut parts: Vec<String>, at: Place, how: How, what: What) -> Assignment {
    let name = parts.pop().unwrap_or_default();
    let innermost = Assignment {
        name,
        at,
        how,
        what,
    };
    parts
        .into_iter()
        .rev()
        .fold(innermost, |below, name| Assignment {
            name,
            at,
            how: How::Merge,
            what: What::Section(vec![below]),
        })
}
