//! Reading YAML: structure by the library, scalars by our own rules.
//!
//! The library resolves plain scalars by YAML 1.2 and keeps neither their spelling nor their quotes. So a document is
//! read twice: once for its shape, and once with every scalar taken as a text, borrowed from the source where that is
//! possible. The character before a borrowed text tells whether it was quoted.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor,
};

use super::Value;
use super::yaml::YamlError;
use super::yaml_scalar::resolve;

/// A document with its scalars as they are spelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Scalar, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// True without quotes.
    pub(super) plain: bool,
    /// Where it stands in the source, in bytes, if that is known.
    pub(super) at: Option<usize>,
}

impl Node {
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Scalar(scalar) if scalar.plain => resolve(&scalar.text),
            Self::Scalar(scalar) => Value::Text(scalar.text.clone()),
            Self::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Self::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), node.to_value()))
                    .collect(),
            ),
        }
    }
}

/// Reads a document; an empty one is an empty map.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    let shape = ShapeSeed
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| located(&error))?;
    if shape == Shape::Nothing {
        return Ok(Node::Map(Vec::new()));
    }
    let seed = NodeSeed {
        shape: &shape,
        source: text,
    };
    let node = seed
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| located(&error))?;
    merged(node, text)
}

fn located(error: &serde_yaml::Error) -> YamlError {
    let (line, column) = error
        .location()
        .map_or((1, 1), |at| (at.line(), at.column()));
    let message = error
        .to_string()
        .replacen(&format!(" at line {line} column {column}"), "", 1);
    YamlError {
        message,
        line,
        column,
    }
}

/// The place of a byte in the source, from 1.
fn place(source: &str, at: Option<usize>) -> (usize, usize) {
    let before = &source[..at.unwrap_or(0).min(source.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Applies `<<`, and refuses a key that stands twice.
fn merged(node: Node, source: &str) -> Result<Node, YamlError> {
    let entries = match node {
        Node::Scalar(_) => return Ok(node),
        Node::List(items) => {
            return items
                .into_iter()
                .map(|item| merged(item, source))
                .collect::<Result<_, _>>()
                .map(Node::List);
        }
        Node::Map(entries) => entries,
    };
    let fail = |at: Option<usize>, message: String| {
        let (line, column) = place(source, at);
        YamlError {
            message,
            line,
            column,
        }
    };
    let mut own: Vec<(Scalar, Node)> = Vec::with_capacity(entries.len());
    let mut below: Vec<(Scalar, Node)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (key, node) in entries {
        if !seen.insert(key.text.clone()) {
            return Err(fail(key.at, format!("key `{}` stands twice", key.text)));
        }
        let node = merged(node, source)?;
        if !key.plain || key.text != "<<" {
            own.push((key, node));
            continue;
        }
        let sources = match node {
            Node::List(items) => items,
            other => vec![other],
        };
        for from in sources {
            let Node::Map(inherited) = from else {
                return Err(fail(
                    key.at,
                    "`<<` needs a map or a list of maps".to_owned(),
                ));
            };
            for (name, value) in inherited {
                if !below.iter().any(|(known, _)| known.text == name.text) {
                    below.push((name, value));
                }
            }
        }
    }
    below.retain(|(inherited, _)| !own.iter().any(|(key, _)| key.text == inherited.text));
    below.extend(own);
    Ok(Node::Map(below))
}

/// What the first reading finds out.
#[derive(Debug, PartialEq)]
enum Shape {
    /// An empty document.
    Nothing,
    /// A scalar that the library took for a number, a boolean or null: certainly without quotes.
    Plain,
    /// A scalar that the library took for a text.
    Text,
    List(Vec<Shape>),
    Map(Vec<(Shape, Shape)>),
}

struct ShapeSeed;

impl<'de> DeserializeSeed<'de> for ShapeSeed {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a map")
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(ShapeSeed)? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(ShapeSeed)? {
            if matches!(key, Shape::List(_) | Shape::Map(_)) {
                return Err(A::Error::custom("a key must be a scalar"));
            }
            entries.push((key, map.next_value_seed(ShapeSeed)?));
        }
        Ok(Shape::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Shape, A::Error> {
        Err(A::Error::custom("tags such as `!name` are not supported"))
    }
}

/// The second reading, led by the shape.
struct NodeSeed<'a> {
    shape: &'a Shape,
    source: &'a str,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.shape {
            Shape::List(_) => deserializer.deserialize_seq(self),
            Shape::Map(_) => deserializer.deserialize_map(self),
            Shape::Nothing | Shape::Plain | Shape::Text => deserializer.deserialize_str(self),
        }
    }
}

impl NodeSeed<'_> {
    /// Where `borrowed` stands in the source, if it is a part of it.
    fn position(&self, borrowed: &str) -> Option<usize> {
        let at = (borrowed.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        (at + borrowed.len() <= self.source.len()).then_some(at)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same document")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node, E> {
        let at = self.position(text);
        let before = at.and_then(|at| self.source.as_bytes().get(at.checked_sub(1)?));
        let plain =
            *self.shape == Shape::Plain || at.is_some() && !matches!(before, Some(b'"' | b'\''));
        Ok(Node::Scalar(Scalar {
            text: text.to_owned(),
            plain,
            at,
        }))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Scalar {
            text: text.to_owned(),
            plain: *self.shape == Shape::Plain,
            at: None,
        }))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Scalar {
            text: String::new(),
            plain: true,
            at: None,
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let Shape::List(shapes) = self.shape else {
            return Err(A::Error::custom("the document changed"));
        };
        let mut items = Vec::with_capacity(shapes.len());
        for shape in shapes {
            items.extend(seq.next_element_seed(NodeSeed {
                shape,
                source: self.source,
            })?);
        }
        // The library counts what was not asked for.
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let Shape::Map(shapes) = self.shape else {
            return Err(A::Error::custom("the document changed"));
        };
        let mut entries = Vec::with_capacity(shapes.len());
        for (key, value) in shapes {
            let seed = |shape| NodeSeed {
                shape,
                source: self.source,
            };
            if let Some(Node::Scalar(key)) = map.next_key_seed(seed(key))? {
                entries.push((key, map.next_value_seed(seed(value))?));
            }
        }
        while map.next_key::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Node::Map(entries))
    }
}
