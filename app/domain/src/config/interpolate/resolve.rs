//! From a raw config to its resolved twin.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::config::yaml_scalar::resolve as plain_scalar;
use crate::config::{Key, Value};
use crate::schema::parameters::python_str;

use super::error::{InterpolateError, InterpolateErrorKind};
use super::scan::{MAX_DEFAULTS, Piece, scan};

/// How many references may lead to one value.
const MAX_CHAIN: usize = 200;
/// How many bytes all resolved values may have together.
const MAX_BYTES: usize = 16 << 20;

/// Where variables come from.
#[derive(Clone, Copy)]
pub enum Environment<'a> {
    /// Nowhere: values that need a variable are left as they are, and named in [`Interpolated::waiting`].
    Absent,
    /// A function that knows them.
    Of(&'a dyn Fn(&str) -> Option<String>),
}

impl std::fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Of(_) => "Of",
        })
    }
}

/// What a value was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A variable of the environment.
    Variable {
        /// Its name.
        name: String,
        /// True if it was not set, or empty, and the default was taken.
        by_default: bool,
    },
    /// Another value.
    Key(
        /// Its key.
        Key,
    ),
}

/// A resolved config.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interpolated {
    /// The values.
    pub value: Value,
    /// The keys that wait for the environment, in order; their values are raw.
    pub waiting: Vec<Key>,
    /// What each resolved text was made from, in order.
    pub from: Vec<(Key, Vec<Reference>)>,
}

/// Resolves every text of a config, those in lists and in maps of lists included; keys never.
///
/// # Errors
/// The first key whose value needs something that is missing, or needs itself.
pub fn interpolate(
    raw: &Value,
    environment: Environment<'_>,
) -> Result<Interpolated, InterpolateError> {
    interpolate_keys(raw, environment, &|_| true)
}

/// The same, only for the texts whose key `chosen` answers true for; the others are values as they stand.
///
/// # Errors
/// As [`interpolate`].
pub fn interpolate_keys(
    raw: &Value,
    environment: Environment<'_>,
    chosen: &dyn Fn(&Key) -> bool,
) -> Result<Interpolated, InterpolateError> {
    let mut resolver = Resolver {
        root: raw,
        environment,
        chosen,
        known: HashMap::new(),
        open: Vec::new(),
        bytes: 0,
        waiting: HashSet::new(),
        report: Interpolated::default(),
    };
    let value = resolver.value(&Key::new(""), raw)?;
    Ok(Interpolated {
        value: value.into_value(),
        ..resolver.report
    })
}

/// A value that may still need the environment.
#[derive(Clone)]
enum Outcome {
    Ready(Value),
    /// The raw value.
    Waiting(Value),
}

impl Outcome {
    fn into_value(self) -> Value {
        match self {
            Self::Ready(value) | Self::Waiting(value) => value,
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}

struct Resolver<'a> {
    root: &'a Value,
    environment: Environment<'a>,
    chosen: &'a dyn Fn(&Key) -> bool,
    /// Texts that are done.
    known: HashMap<Key, Outcome>,
    /// Texts being resolved, outermost first.
    open: Vec<Key>,
    bytes: usize,
    waiting: HashSet<Key>,
    report: Interpolated,
}

impl Resolver<'_> {
    fn value(&mut self, key: &Key, raw: &Value) -> Result<Outcome, InterpolateError> {
        match raw {
            Value::Text(text) => self.text(key, text),
            Value::List(items) => {
                let mut waits = false;
                let mut resolved = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let item = self.value(&key.child(&index.to_string()), item)?;
                    waits |= item.is_waiting();
                    resolved.push(item.into_value());
                }
                Ok(outcome(Value::List(resolved), waits))
            }
            Value::Map(entries) => {
                let mut waits = false;
                let mut resolved = Vec::with_capacity(entries.len());
                for (name, item) in entries {
                    let item = self.value(&key.child(name), item)?;
                    waits |= item.is_waiting();
                    resolved.push((name.clone(), item.into_value()));
                }
                Ok(outcome(Value::Map(resolved), waits))
            }
            scalar => {
                self.charge(key, 8)?;
                Ok(Outcome::Ready(scalar.clone()))
            }
        }
    }

    fn charge(&mut self, key: &Key, bytes: usize) -> Result<(), InterpolateError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            return Err(fail(key, InterpolateErrorKind::TooLarge(MAX_BYTES)));
        }
        Ok(())
    }

    fn text(&mut self, key: &Key, text: &str) -> Result<Outcome, InterpolateError> {
        if !(self.chosen)(key) {
            self.charge(key, text.len())?;
            return Ok(Outcome::Ready(Value::Text(text.to_owned())));
        }
        if let Some(known) = self.known.get(key).cloned() {
            self.charge(key, size(&known))?;
            return Ok(known);
        }
        if let Some(start) = self.open.iter().position(|open| open == key) {
            let mut cycle = self.open[start..].to_vec();
            cycle.push(key.clone());
            return Err(fail(&cycle[0].clone(), InterpolateErrorKind::Cycle(cycle)));
        }
        if self.open.len() >= MAX_CHAIN {
            return Err(fail(key, InterpolateErrorKind::TooDeep(MAX_CHAIN)));
        }
        self.open.push(key.clone());
        let mut from = Vec::new();
        let resolved = self.pieces(key, text, 0, &mut from)?;
        self.open.pop();
        let resolved = resolved.map_or_else(
            || Outcome::Waiting(Value::Text(text.to_owned())),
            Outcome::Ready,
        );
        self.charge(key, size(&resolved))?;
        if resolved.is_waiting() && self.waiting.insert(key.clone()) {
            self.report.waiting.push(key.clone());
        }
        if !from.is_empty() {
            self.report.from.push((key.clone(), from));
        }
        self.known.insert(key.clone(), resolved.clone());
        Ok(resolved)
    }

    /// `None` if it waits for the environment.
    fn pieces(
        &mut self,
        key: &Key,
        text: &str,
        depth: usize,
        from: &mut Vec<Reference>,
    ) -> Result<Option<Value>, InterpolateError> {
        if depth > MAX_DEFAULTS {
            return Err(fail(key, InterpolateErrorKind::TooDeep(MAX_DEFAULTS)));
        }
        let pieces = scan(text);
        let alone = pieces.len() == 1;
        let mut joined = String::new();
        let mut waits = false;
        for piece in pieces {
            let value = match piece {
                Piece::Text(text) => Some(Value::Text(text)),
                Piece::Reference(parts) => {
                    from.push(Reference::Key(Key::of_parts(&parts)));
                    match self.target(key, &parts)? {
                        Outcome::Ready(value) => Some(value),
                        Outcome::Waiting(_) => None,
                    }
                }
                Piece::Variable { name, default } => {
                    self.variable(key, name, default.as_deref(), alone, depth, from)?
                }
            };
            match value {
                None => waits = true,
                Some(value) if alone => return Ok(Some(value)),
                Some(value) => {
                    let part = match &value {
                        Value::Text(text) => text.clone(),
                        other => python_str(other),
                    };
                    self.charge(key, part.len())?;
                    joined.push_str(&part);
                }
            }
        }
        Ok((!waits).then_some(Value::Text(joined)))
    }

    fn variable(
        &mut self,
        key: &Key,
        name: String,
        default: Option<&str>,
        alone: bool,
        depth: usize,
        from: &mut Vec<Reference>,
    ) -> Result<Option<Value>, InterpolateError> {
        let typed = |text: String| {
            if alone {
                plain_scalar(text.trim())
            } else {
                Value::Text(text)
            }
        };
        let Environment::Of(variables) = self.environment else {
            from.push(Reference::Variable {
                name,
                by_default: false,
            });
            return Ok(None);
        };
        let found = variables(&name).filter(|text| default.is_none() || !text.is_empty());
        let by_default = found.is_none();
        from.push(Reference::Variable {
            name: name.clone(),
            by_default,
        });
        match (found, default) {
            (Some(text), _) => Ok(Some(typed(text))),
            (None, None) => Err(fail(key, InterpolateErrorKind::NoVariable { name })),
            (None, Some(default)) => {
                let value = self.pieces(key, default, depth + 1, from)?;
                Ok(value.map(|value| match value {
                    // Nothing but characters: typed as the variable itself would be.
                    Value::Text(text) if text == default => typed(text),
                    other => other,
                }))
            }
        }
    }

    /// The resolved value that a path names.
    fn target(&mut self, key: &Key, parts: &[String]) -> Result<Outcome, InterpolateError> {
        let no_key = |this: &Self| {
            let reference = parts.join(".");
            let nearest = nearest_key(this.root, parts);
            fail(key, InterpolateErrorKind::NoKey { reference, nearest })
        };
        let mut at = Key::new("");
        let mut here: Value;
        let mut raw: &Value = self.root;
        for (index, part) in parts.iter().enumerate() {
            if let Some(next) = below(raw, part) {
                raw = next;
            } else {
                // A text may stand for a section.
                let Value::Text(text) = raw else {
                    return Err(no_key(self));
                };
                here = match self.text(&at, &text.clone())? {
                    Outcome::Ready(value) => value,
                    waiting @ Outcome::Waiting(_) => return Ok(waiting),
                };
                for part in &parts[index..] {
                    here = below(&here, part).cloned().ok_or_else(|| no_key(self))?;
                }
                return Ok(Outcome::Ready(here));
            }
            at = at.child(part);
        }
        let raw = raw.clone();
        // A section that holds the text itself needs itself.
        self.value(&at, &raw)
    }
}

fn outcome(value: Value, waits: bool) -> Outcome {
    if waits {
        Outcome::Waiting(value)
    } else {
        Outcome::Ready(value)
    }
}

fn fail(key: &Key, kind: InterpolateErrorKind) -> InterpolateError {
    InterpolateError {
        key: key.clone(),
        kind,
    }
}

fn below<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    match value {
        Value::Map(entries) => entries
            .iter()
            .find(|(name, _)| name == part)
            .map(|(_, value)| value),
        Value::List(items) => {
            let canonical = part == "0" || !part.starts_with('0');
            let index: usize = part.parse().ok().filter(|_| canonical)?;
            items.get(index)
        }
        _ => None,
    }
}

/// The memory a value takes, roughly.
fn size(outcome: &Outcome) -> usize {
    fn of(value: &Value) -> usize {
        8 + match value {
            Value::Text(text) | Value::BigInt(text) => text.len(),
            Value::List(items) => items.iter().map(of).sum(),
            Value::Map(entries) => entries
                .iter()
                .map(|(name, value)| name.len() + of(value))
                .sum(),
            _ => 0,
        }
    }
    match outcome {
        Outcome::Ready(value) | Outcome::Waiting(value) => of(value),
    }
}

/// The key that may have been meant: one that ends alike, or one spelled alike.
fn nearest_key(root: &Value, parts: &[String]) -> Option<String> {
    let keys = crate::config::leaf_keys(root);
    let dotted = parts.join(".");
    let suffix = format!(".{dotted}");
    keys.iter()
        .map(Key::as_str)
        .find(|key| key.ends_with(&suffix))
        .map(str::to_owned)
        .or_else(|| crate::grid::nearest(&dotted, keys.iter().map(Key::as_str)))
}
