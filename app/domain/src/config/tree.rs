//! A config text as a tree that knows where everything stands.

use serde::{Deserialize, Serialize};

use super::Value;

/// A place in a text, both from 1; columns are counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Place {
    /// The beginning of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What stands there.
    pub tree: Tree,
    /// Where it begins.
    pub at: Place,
    /// True if it is marked to take the place of the whole section (`!replace`), instead of being merged into it.
    pub replace: bool,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Neither a list nor a map.
    Leaf(Value),
    /// A list.
    List(Vec<Node>),
    /// A map, in order, no key twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As it stands in the text, dots and all.
    pub key: String,
    /// Where the key begins.
    pub key_at: Place,
    /// True if dots in it lead into sections; false for a number.
    pub dotted: bool,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.tree {
            Tree::Leaf(value) => value.clone(),
            Tree::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Tree::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.to_value()))
                    .collect(),
            ),
        }
    }

    /// A tree for a value that stands in no text: everything at one place.
    pub fn of_value(value: &Value, at: Place) -> Self {
        let tree = match value {
            Value::List(items) => {
                Tree::List(items.iter().map(|item| Self::of_value(item, at)).collect())
            }
            Value::Map(entries) => Tree::Map(
                entries
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_at: at,
                        dotted: true,
                        node: Self::of_value(value, at),
                    })
                    .collect(),
            ),
            leaf => Tree::Leaf(leaf.clone()),
        };
        Self {
            tree,
            at,
            replace: false,
        }
    }
}
