//! Which files there are, and in which order they are applied: each once, after those it builds on.

use std::collections::HashMap;
use std::rc::Rc;

use crate::config::merge::described;
use crate::config::{Entry, Format, Key, Node, Place, Tree, Value, read_tree};

use super::error::{At, ConfigError, ConfigErrorKind};
use super::files::Files;
use super::layer::{Assignment, assignments};
use super::policy::Policy;

/// Files of one config at most.
const MAX_FILES: usize = 500;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    /// As [`Files::locate`] named it.
    pub(super) name: String,
    /// As messages name it.
    pub(super) shown: String,
    /// The files it builds on, each with the line that says so.
    parents: Vec<(String, At)>,
    /// What it says about new keys.
    pub(super) policy: Policy,
    /// Its own keys.
    pub(super) own: Vec<Assignment>,
}

/// Reads files once and puts them in order.
pub(super) struct Reader<'a> {
    files: &'a dyn Files,
    known: HashMap<String, Rc<Document>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            known: HashMap::new(),
        }
    }

    /// A file named on the command line.
    pub(super) fn named(&mut self, path: &str) -> Result<Rc<Document>, ConfigError> {
        let name = self.files.locate(&self.files.cwd(), path);
        self.document(&name, &[])
    }

    /// A text that stands in no file; its paths are taken from the working directory.
    pub(super) fn text(
        &mut self,
        name: &str,
        format: Format,
        text: &str,
    ) -> Result<Rc<Document>, ConfigError> {
        let folder = self.files.cwd();
        self.parsed(name, name, &folder, format, text).map(Rc::new)
    }

    /// Everything a document builds on, in the order of application; itself is not among it.
    pub(super) fn ancestors(
        &mut self,
        document: &Rc<Document>,
    ) -> Result<Vec<Rc<Document>>, ConfigError> {
        let mut found = Vec::new();
        let mut open = vec![(document.name.clone(), None)];
        self.collect(document, &mut open, &mut found)?;
        Ok(found)
    }

    fn collect(
        &mut self,
        document: &Rc<Document>,
        open: &mut Vec<(String, Option<At>)>,
        found: &mut Vec<Rc<Document>>,
    ) -> Result<(), ConfigError> {
        for (name, at) in &document.parents {
            if let Some(start) = open.iter().position(|(known, _)| known == name) {
                let mut files: Vec<String> = open[start..]
                    .iter()
                    .map(|(name, _)| self.files.shown(name))
                    .collect();
                files.push(self.files.shown(name));
                return Err(ConfigError::new(ConfigErrorKind::Cycle(files)).at(at.clone()));
            }
            if found.iter().any(|known| known.name == *name) {
                continue;
            }
            open.push((name.clone(), Some(at.clone())));
            let chain: Vec<At> = open.iter().rev().filter_map(|(_, at)| at.clone()).collect();
            let parent = self.document(name, &chain)?;
            self.collect(&parent, open, found)?;
            open.pop();
            found.push(parent);
        }
        Ok(())
    }

    /// `chain`: the lines that lead to the file, the innermost first.
    fn document(&mut self, name: &str, chain: &[At]) -> Result<Rc<Document>, ConfigError> {
        if let Some(known) = self.known.get(name) {
            return Ok(Rc::clone(known));
        }
        // What is wrong with the file stands in the file; that there is none, in the line that names it.
        let with_chain = |error: ConfigError| match (&error.at, chain.split_first()) {
            (None, Some((first, rest))) => ConfigError {
                at: Some(first.clone()),
                chain: rest.to_vec(),
                ..error
            },
            _ => ConfigError {
                chain: chain.to_vec(),
                ..error
            },
        };
        if self.known.len() >= MAX_FILES {
            return Err(with_chain(ConfigError::new(ConfigErrorKind::TooManyFiles(
                MAX_FILES,
            ))));
        }
        let shown = self.files.shown(name);
        let text = self.files.read(name).map_err(|reason| {
            with_chain(ConfigError::new(ConfigErrorKind::Unreadable {
                file: shown.clone(),
                reason,
                hint: "check the path; `imports` counts from the file itself, `__default__` from the working directory unless it begins with a dot".to_owned(),
            }))
        })?;
        let folder = self.files.folder(name);
        let document = self
            .parsed(name, &shown, &folder, Format::of(name), &text)
            .map_err(with_chain)?;
        let document = Rc::new(document);
        self.known.insert(name.to_owned(), Rc::clone(&document));
        Ok(document)
    }

    fn parsed(
        &self,
        name: &str,
        shown: &str,
        folder: &str,
        format: Format,
        text: &str,
    ) -> Result<Document, ConfigError> {
        let at = |place| At::new(shown, place);
        let node = map_of(shown, format, text)?;
        let Tree::Map(entries) = &node.tree else {
            return Ok(Document {
                name: name.to_owned(),
                shown: shown.to_owned(),
                parents: Vec::new(),
                policy: Policy::Pass,
                own: Vec::new(),
            });
        };
        let mut parents = Vec::new();
        let mut policy = None;
        let mut own: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut has_default = false;
        for entry in entries {
            match entry.key.as_str() {
                "imports" => {
                    for (path, place) in paths("imports", entry, &at)? {
                        parents.push((self.files.locate(folder, path), at(place)));
                    }
                }
                "__default__" => {
                    has_default = true;
                    for (path, place) in paths("__default__", entry, &at)? {
                        let from = if path.starts_with('.') {
                            folder.to_owned()
                        } else {
                            self.files.cwd()
                        };
                        parents.push((self.files.locate(&from, path), at(place)));
                    }
                }
                "__new_key_policy__" => {
                    let value = entry.node.to_value();
                    let read = match &value {
                        Value::Text(word) => Policy::of(word),
                        _ => None,
                    };
                    policy = Some(read.ok_or_else(|| {
                        ConfigError::new(ConfigErrorKind::UnknownPolicy(value.to_string()))
                            .at(at(entry.node.at))
                            .about(Key::new("__new_key_policy__"))
                    })?);
                }
                _ => own.push(entry.clone()),
            }
        }
        let usual = if has_default {
            Policy::Warn
        } else {
            Policy::Pass
        };
        Ok(Document {
            name: name.to_owned(),
            shown: shown.to_owned(),
            parents,
            policy: policy.unwrap_or(usual),
            own: assignments(shown, &own)?,
        })
    }
}

/// Reads a text that must be a map.
pub(super) fn map_of(shown: &str, format: Format, text: &str) -> Result<Node, ConfigError> {
    let node = read_tree(format, text).map_err(|error| {
        let place = Place {
            line: u32::try_from(error.line).unwrap_or(u32::MAX),
            column: u32::try_from(error.column).unwrap_or(u32::MAX),
        };
        ConfigError::new(ConfigErrorKind::Syntax {
            hint: format.hint(&error),
            message: error.message,
        })
        .at(At::new(shown, place))
    })?;
    if matches!(node.tree, Tree::Map(_)) {
        return Ok(node);
    }
    let found = described(&node.to_value());
    Err(ConfigError::new(ConfigErrorKind::RootNotAMap { found }).at(At::new(shown, node.at)))
}

/// One path, or a list of them.
fn paths<'a>(
    key: &'static str,
    entry: &'a Entry,
    at: &dyn Fn(Place) -> At,
) -> Result<Vec<(&'a str, Place)>, ConfigError> {
    let one = |node: &'a Node| match &node.tree {
        Tree::Leaf(Value::Text(path)) if !path.is_empty() => Ok((path.as_str(), node.at)),
        _ => {
            let value = node.to_value();
            let found = if matches!(&value, Value::Text(_)) {
                "an empty text"
            } else {
                described(&value)
            };
            Err(ConfigError::new(ConfigErrorKind::NotAPath { key, found })
                .at(at(node.at))
                .about(Key::new(key)))
        }
    };
    match &entry.node.tree {
        Tree::List(items) => items.iter().map(one).collect(),
        _ => one(&entry.node).map(|path| vec![path]),
    }
}
