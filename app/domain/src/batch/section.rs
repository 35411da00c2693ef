//! Typed reading of one table: every key is taken by its type, and what is left over is unknown.

use std::ops::RangeInclusive;

use super::error::{BatchError, Fault};
use crate::config::{Entry, Node, Place, Tree, Value};
use crate::grid::nearest;

/// One table of the file, and where its errors go.
pub(super) struct Section<'a> {
    /// What it is called in messages: a noun with its article.
    pub(super) called: &'static str,
    /// Where the table stands.
    pub(super) at: Place,
    /// Its entries.
    pub(super) entries: &'a [Entry],
    /// The number of the experiment, if it is one.
    pub(super) number: Option<u32>,
    /// The experiment's name.
    pub(super) name: Option<String>,
    /// What is wrong.
    pub(super) errors: Vec<BatchError>,
}

impl<'a> Section<'a> {
    pub(super) fn find(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(super) fn fail(&mut self, at: Place, key: &str, fault: Fault) {
        self.errors.push(BatchError {
            at,
            entry: self.number,
            name: self.name.clone(),
            key: Some(key.to_owned()),
            fault,
        });
    }

    fn wrong_type(&mut self, entry: &Entry, wanted: &'static str) {
        let fault = Fault::Type {
            key: entry.key.clone(),
            wanted,
            found: noun(&entry.node),
        };
        self.fail(entry.node.at, &entry.key, fault);
    }

    /// Keys that mean nothing here.
    pub(super) fn refuse_unknown(&mut self, known: &[&str]) {
        for entry in self.entries {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let begun = || known.iter().find(|key| key.starts_with(&entry.key));
            let like = nearest(&entry.key, known.iter().copied());
            let fault = Fault::UnknownKey {
                key: entry.key.clone(),
                section: self.called,
                nearest: like.or_else(|| begun().map(|key| (*key).to_owned())),
            };
            self.fail(entry.key_at, &entry.key, fault);
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let entry = self.find(key)?;
        if let Tree::Leaf(Value::Text(text)) = &entry.node.tree {
            return Some(text.clone());
        }
        self.wrong_type(entry, "a text");
        None
    }

    /// A text with something in it.
    pub(super) fn filled(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if text.trim().is_empty() {
            let at = self.find(key).map_or(self.at, |entry| entry.node.at);
            self.fail(at, key, Fault::Empty(key.to_owned()));
            return None;
        }
        Some(text)
    }

    /// A path: a text with something in it and without control characters.
    pub(super) fn path(&mut self, key: &str) -> Option<String> {
        let text = self.filled(key)?;
        if text.chars().any(char::is_control) {
            self.unusable(key, &text, "it holds a control character");
            return None;
        }
        Some(text)
    }

    pub(super) fn unusable(&mut self, key: &str, text: &str, reason: &'static str) {
        let at = self.find(key).map_or(self.at, |entry| entry.node.at);
        let fault = Fault::Text {
            key: key.to_owned(),
            text: text.escape_debug().to_string(),
            reason,
        };
        self.fail(at, key, fault);
    }

    pub(super) fn boolean(&mut self, key: &str) -> Option<bool> {
        let entry = self.find(key)?;
        if let Tree::Leaf(Value::Bool(value)) = entry.node.tree {
            return Some(value);
        }
        self.wrong_type(entry, "true or false");
        None
    }

    /// An integer within a range; a number without fraction counts as one.
    pub(super) fn integer(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let entry = self.find(key)?;
        let value = match &entry.node.tree {
            Tree::Leaf(Value::Int(value)) => *value,
            Tree::Leaf(Value::BigInt(digits)) => {
                self.out_of_range(entry, digits.clone(), range_text(&range));
                return None;
            }
            _ => {
                self.wrong_type(entry, "a whole number");
                return None;
            }
        };
        if range.contains(&value) {
            return Some(value);
        }
        self.out_of_range(entry, value.to_string(), range_text(&range));
        None
    }

    pub(super) fn count(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        self.integer(key, wide)
            .and_then(|value| u32::try_from(value).ok())
    }

    fn out_of_range(&mut self, entry: &Entry, value: String, range: String) {
        let fault = Fault::Range {
            key: entry.key.clone(),
            value,
            range,
        };
        self.fail(entry.node.at, &entry.key, fault);
    }

    /// Seconds, fractions included, as milliseconds; at most a year.
    pub(super) fn seconds(&mut self, key: &str) -> Option<u64> {
        const YEAR: f64 = 366.0 * 86_400.0;
        let entry = self.find(key)?;
        let value = match &entry.node.tree {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a year has fewer seconds than 2^53"
            )]
            Tree::Leaf(Value::Int(value)) => *value as f64,
            Tree::Leaf(Value::Float(value)) => *value,
            _ => {
                self.wrong_type(entry, "a number of seconds");
                return None;
            }
        };
        if !(0.0..=YEAR).contains(&value) {
            self.out_of_range(entry, value.to_string(), "0 to 366 days".to_owned());
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within 0 and a year"
        )]
        Some((value * 1000.0).round() as u64)
    }

    /// A number within a range.
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let entry = self.find(key)?;
        let value = match &entry.node.tree {
            #[expect(clippy::cast_precision_loss, reason = "the ranges are small")]
            Tree::Leaf(Value::Int(value)) => *value as f64,
            Tree::Leaf(Value::Float(value)) => *value,
            _ => {
                self.wrong_type(entry, "a number");
                return None;
            }
        };
        if range.contains(&value) {
            return Some(value);
        }
        let text = format!("{} to {}", range.start(), range.end());
        self.out_of_range(entry, value.to_string(), text);
        None
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let entry = self.find(key)?;
        let Tree::List(items) = &entry.node.tree else {
            self.wrong_type(entry, "a list of texts");
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Tree::Leaf(Value::Text(text)) = &item.tree else {
                let fault = Fault::Type {
                    key: key.to_owned(),
                    wanted: "a list of texts",
                    found: noun(item),
                };
                self.fail(item.at, key, fault);
                return None;
            };
            texts.push(text.clone());
        }
        Some(texts)
    }

    /// The entries of a table.
    pub(super) fn table(&mut self, key: &str) -> Option<&'a [Entry]> {
        let entry = self.find(key)?;
        if let Tree::Map(entries) = &entry.node.tree {
            return Some(entries);
        }
        self.wrong_type(entry, "a table");
        None
    }

    /// `lark_url` and `lark_config` as they stand there; nothing reads them yet.
    pub(super) fn lark(&mut self) -> Option<Value> {
        let url = self.filled("lark_url").map(Value::Text);
        let config = self.table("lark_config").map(|entries| {
            let entry = |entry: &Entry| (entry.key.clone(), entry.node.to_value());
            Value::Map(entries.iter().map(entry).collect())
        });
        let pairs = [("lark_url", url), ("lark_config", config)];
        let kept: Vec<(String, Value)> = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        (!kept.is_empty()).then_some(Value::Map(kept))
    }
}

fn range_text(range: &RangeInclusive<i64>) -> String {
    format!("{} to {}", range.start(), range.end())
}

/// What stands somewhere, as a noun with its article.
pub(super) fn noun(node: &Node) -> &'static str {
    match &node.tree {
        Tree::Leaf(Value::Text(_)) => "a text",
        Tree::Leaf(Value::Int(_) | Value::BigInt(_)) => "a whole number",
        Tree::Leaf(Value::Float(_)) => "a number",
        Tree::Leaf(Value::Bool(_)) => "a boolean",
        Tree::Leaf(_) => "nothing",
        Tree::List(_) => "a list",
        Tree::Map(_) => "a table",
    }
}
