//! The merged tree: every value with its story.

use std::collections::HashMap;

use crate::config::interpolate::{Environment, interpolate};
use crate::config::{Key, Value};

use super::error::{At, ConfigError, ConfigErrorKind, Warning};
use super::layer::{Assignment, How, What};
use super::origin::{Origin, Replaced, SetBy};

/// A value or a section of the merged config.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) branch: Branch,
    pub(super) origin: Origin,
}

/// What stands in a slot.
#[derive(Clone, Debug)]
pub(super) enum Branch {
    /// Nothing yet.
    Vacant,
    /// A scalar or a list.
    Leaf(Value),
    /// A section, in order.
    Section(Vec<(String, Slot)>),
}

impl Slot {
    /// A slot that nobody has filled.
    pub(super) fn vacant(set_by: SetBy) -> Self {
        Self {
            branch: Branch::Vacant,
            origin: Origin {
                set_by,
                replaced: Vec::new(),
                from: Vec::new(),
            },
        }
    }

    pub(super) fn value(&self) -> Value {
        match &self.branch {
            Branch::Vacant => Value::Map(Vec::new()),
            Branch::Leaf(value) => value.clone(),
            Branch::Section(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(name, slot)| (name.clone(), slot.value()))
                    .collect(),
            ),
        }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        match &self.branch {
            Branch::Section(entries) => entries
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, slot)| slot),
            Branch::Leaf(_) | Branch::Vacant => None,
        }
    }

    /// Applies assignments of one source.
    pub(super) fn apply(
        &mut self,
        assignments: &[Assignment],
        set_by: &dyn Fn(&Assignment) -> SetBy,
    ) {
        for assignment in assignments {
            let by = set_by(assignment);
            let below = self.open(&assignment.name, &by);
            match (&assignment.what, assignment.how) {
                (What::Value(value), _) => below.replace(Branch::Leaf(value.clone()), by),
                (What::Section(inner), How::Merge) => {
                    below.become_section(by);
                    below.apply(inner, set_by);
                }
                (What::Section(inner), How::Replace) => {
                    below.replace(Branch::Section(Vec::new()), by);
                    below.apply(inner, set_by);
                }
                (What::Section(inner), How::OneLevel) => {
                    below.become_section(by);
                    let whole: Vec<Assignment> = inner
                        .iter()
                        .map(|assignment| Assignment {
                            how: How::Replace,
                            ..assignment.clone()
                        })
                        .collect();
                    below.apply(&whole, set_by);
                }
            }
        }
    }

    /// The slot of a name in a section, made if it is missing.
    pub(super) fn open(&mut self, name: &str, set_by: &SetBy) -> &mut Self {
        self.become_section(set_by.clone());
        let Branch::Section(entries) = &mut self.branch else {
            unreachable!("it was made a section above");
        };
        let known = entries.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            entries.push((name.to_owned(), Self::vacant(set_by.clone())));
            entries.len() - 1
        });
        &mut entries[index].1
    }

    fn become_section(&mut self, by: SetBy) {
        if !matches!(self.branch, Branch::Section(_)) {
            self.replace(Branch::Section(Vec::new()), by);
        }
    }

    /// Puts another value here; the one that stood here is remembered.
    pub(super) fn replace(&mut self, branch: Branch, by: SetBy) {
        let mut replaced = std::mem::take(&mut self.origin.replaced);
        if !matches!(self.branch, Branch::Vacant) {
            replaced.insert(
                0,
                Replaced {
                    value: self.value(),
                    set_by: self.origin.set_by.clone(),
                },
            );
        }
        self.branch = branch;
        self.origin = Origin {
            set_by: by,
            replaced,
            from: Vec::new(),
        };
    }

    /// The origins of all leaves, in order; empty sections are leaves.
    pub(super) fn origins(&self, key: &Key, found: &mut Vec<(Key, Origin)>) {
        match &self.branch {
            Branch::Section(entries) if !entries.is_empty() => {
                for (name, slot) in entries {
                    slot.origins(&key.child(name), found);
                }
            }
            _ if key.as_str().is_empty() => {}
            _ => found.push((key.clone(), self.origin.clone())),
        }
    }
}

/// Files and overrides as one config, not resolved yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    /// The merged values; references stand as they were written.
    pub raw: Value,
    /// One story per leaf, in order.
    pub origins: Vec<(Key, Origin)>,
    /// What may be a mistake.
    pub warnings: Vec<Warning>,
    /// The files in the order in which they were applied, as [`Files::locate`](super::Files::locate) named them.
    pub files: Vec<String>,
}

/// A whole config.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    /// The merged values; references stand as they were written.
    pub raw: Value,
    /// The values that a script gets.
    pub resolved: Value,
    /// One story per leaf of `raw`, in order.
    pub origins: Vec<(Key, Origin)>,
    /// What may be a mistake.
    pub warnings: Vec<Warning>,
    /// The files in the order in which they were applied.
    pub files: Vec<String>,
    /// The keys whose values wait for an environment; empty with one.
    pub waiting: Vec<Key>,
}

impl Gathered {
    /// Resolves the references.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Interpolate`] with the place where the text stands.
    pub fn resolve(self, environment: Environment<'_>) -> Result<Composed, ConfigError> {
        let resolved = interpolate(&self.raw, environment).map_err(|error| {
            let key = error.key.clone();
            let failed = ConfigError::new(ConfigErrorKind::Interpolate(error)).about(key.clone());
            match origin_of(&self.origins, &key).map(|origin| &origin.set_by) {
                Some(SetBy::File { file, line, column }) => failed.at(At {
                    file: file.clone(),
                    line: *line,
                    column: *column,
                }),
                _ => failed,
            }
        })?;
        let mut origins = self.origins;
        let index: HashMap<Key, usize> = origins
            .iter()
            .enumerate()
            .map(|(index, (key, _))| (key.clone(), index))
            .collect();
        for (key, from) in resolved.from {
            if let Some(index) = own_or_above(&key, |key| index.get(key).copied()) {
                origins[index].1.from.extend(from);
            }
        }
        Ok(Composed {
            raw: self.raw,
            resolved: resolved.value,
            origins,
            warnings: self.warnings,
            files: self.files,
            waiting: resolved.waiting,
        })
    }
}

impl Composed {
    /// The story of a key: its own, or that of the list or text that it is a part of.
    pub fn origin(&self, key: &Key) -> Option<&Origin> {
        origin_of(&self.origins, key)
    }
}

/// The first of a key and the keys above it that is found.
fn own_or_above<T>(key: &Key, find: impl Fn(&Key) -> Option<T>) -> Option<T> {
    let mut parts = key.parts();
    while !parts.is_empty() {
        let found = find(&Key::of_parts(&parts));
        if found.is_some() {
            return found;
        }
        parts.pop();
    }
    None
}

fn origin_of<'a>(origins: &'a [(Key, Origin)], key: &Key) -> Option<&'a Origin> {
    own_or_above(key, |wanted| {
        origins
            .iter()
            .find(|(known, _)| known == wanted)
            .map(|(_, origin)| origin)
    })
}
