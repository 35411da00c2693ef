//! The whole way from sources to a config.

use std::collections::HashSet;

use crate::config::interpolate::Environment;
use crate::config::overrides::Override;
use crate::config::{Format, Key, Node, Tree, Value};

use super::error::{ConfigError, Warning};
use super::files::Files;
use super::merged::{Branch, Composed, Gathered, Slot};
use super::order::{Document, Reader, map_of};
use super::origin::SetBy;
use super::{over, policy};

/// Where values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A file, as named on the command line: relative to the working directory.
    File(String),
    /// A text that stands in no file; its paths are taken from the working directory.
    Text {
        /// As messages name it.
        name: String,
        /// How it is written.
        format: Format,
        /// The text.
        text: String,
    },
    /// Values without lines, such as the defaults of a script; nothing in them is read as a path or a mark.
    Base {
        /// As messages name it.
        name: String,
        /// A map.
        value: Value,
    },
}

/// Gathers and resolves.
///
/// # Errors
/// [`ConfigError`] with the place, the key and the chain of files.
pub fn compose(
    files: &dyn Files,
    sources: &[Source],
    overrides: &[Override],
    environment: Environment<'_>,
) -> Result<Composed, ConfigError> {
    gather(files, sources, overrides)?.resolve(environment)
}

/// Merges sources, left to right, each after what it builds on, then applies the overrides.
///
/// An imported file is applied once, where it is first needed; so a diamond undoes nothing. A file that is a source of its
/// own has its say at its place.
///
/// # Errors
/// As [`compose`], except for what is wrong with references.
pub fn gather(
    files: &dyn Files,
    sources: &[Source],
    overrides: &[Override],
) -> Result<Gathered, ConfigError> {
    let mut reader = Reader::new(files);
    let mut root = Slot::vacant(SetBy::Base {
        name: String::new(),
    });
    root.replace(Branch::Section(Vec::new()), root.origin.set_by.clone());
    let mut applied = HashSet::new();
    let mut names = Vec::new();
    let mut warnings = Vec::new();
    for source in sources {
        let document = match source {
            Source::File(path) => reader.named(path)?,
            Source::Text { name, format, text } => reader.text(name, *format, text)?,
            Source::Base { name, value } => {
                base(&mut root, name, value);
                continue;
            }
        };
        for ancestor in reader.ancestors(&document)? {
            if applied.insert(ancestor.name.clone()) {
                let built_on = built_on(&mut reader, &ancestor, None)?;
                apply(&mut root, &ancestor, built_on.as_ref(), &mut warnings)?;
                names.push(ancestor.name.clone());
            }
        }
        let built_on = built_on(&mut reader, &document, Some(&root))?;
        apply(&mut root, &document, built_on.as_ref(), &mut warnings)?;
        applied.insert(document.name.clone());
        names.push(document.name.clone());
    }
    over::apply(&mut root, overrides)?;
    let mut origins = Vec::new();
    root.origins(&Key::new(""), &mut origins);
    Ok(Gathered {
        raw: root.value(),
        origins,
        warnings,
        files: names,
    })
}

/// A file as it stands, nothing in it read as a path, a mark or a reference: the config that a finished run has.
///
/// # Errors
/// [`ConfigError`] with the place.
pub fn literal(shown: &str, format: Format, text: &str) -> Result<Composed, ConfigError> {
    fn fill(node: &Node, by: SetBy, shown: &str, slot: &mut Slot) {
        match &node.tree {
            Tree::Map(entries) => {
                slot.replace(Branch::Section(Vec::new()), by);
                for entry in entries {
                    let by = SetBy::file(shown, entry.key_at);
                    let below = slot.open(&entry.key, &by);
                    fill(&entry.node, by, shown, below);
                }
            }
            _ => slot.replace(Branch::Leaf(node.to_value()), by),
        }
    }
    let node = map_of(shown, format, text)?;
    let by = SetBy::file(shown, node.at);
    let mut root = Slot::vacant(by.clone());
    fill(&node, by, shown, &mut root);
    let mut origins = Vec::new();
    root.origins(&Key::new(""), &mut origins);
    Ok(Composed {
        raw: root.value(),
        resolved: root.value(),
        origins,
        warnings: Vec::new(),
        files: vec![shown.to_owned()],
        waiting: Vec::new(),
    })
}

fn base(root: &mut Slot, name: &str, value: &Value) {
    fn literal(value: &Value, slot: &mut Slot, by: &SetBy) {
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                for (name, value) in entries {
                    literal(value, slot.open(name, by), by);
                }
            }
            Value::Map(_) => slot.replace(Branch::Section(Vec::new()), by.clone()),
            leaf => slot.replace(Branch::Leaf(leaf.clone()), by.clone()),
        }
    }
    let by = SetBy::Base {
        name: name.to_owned(),
    };
    if matches!(value, Value::Map(entries) if !entries.is_empty()) {
        literal(value, root, &by);
    }
}

/// What the keys of a document are compared with, if its policy asks.
fn built_on(
    reader: &mut Reader<'_>,
    document: &std::rc::Rc<Document>,
    before: Option<&Slot>,
) -> Result<Option<Slot>, ConfigError> {
    if document.policy == policy::Policy::Pass {
        return Ok(None);
    }
    if let Some(before) = before {
        return Ok(Some(before.clone()));
    }
    let mut slot = Slot::vacant(SetBy::Base {
        name: String::new(),
    });
    for ancestor in reader.ancestors(document)? {
        write(&mut slot, &ancestor);
    }
    Ok(Some(slot))
}

fn apply(
    root: &mut Slot,
    document: &Document,
    built_on: Option<&Slot>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    if let Some(known) = built_on {
        policy::check(
            document.policy,
            &document.shown,
            known,
            &document.own,
            warnings,
        )?;
    }
    write(root, document);
    Ok(())
}

fn write(root: &mut Slot, document: &Document) {
    root.apply(&document.own, &|assignment| {
        SetBy::file(&document.shown, assignment.at)
    });
}
