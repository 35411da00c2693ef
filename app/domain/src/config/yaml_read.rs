//! Reading YAML: structure and places by the library, scalars by our own rules.
//!
//! ```text
//! text --events--> nodes (anchors filled in, `<<` applied, a key once) --resolve--> values
//! ```

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::yaml::YamlError;
use super::yaml_scalar::resolve;
use super::{Entry, Place, Tree, Value};

/// How deep lists and maps may stand inside each other.
pub(super) const MAX_DEPTH: usize = 128;
/// How many bytes aliases may add: a text that repeats itself level by level is no config.
const MAX_ALIASED_BYTES: usize = 4 << 20;

/// A document with its scalars as they are spelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Scalar(Scalar),
    List(Vec<Node>, Mark),
    Map(Vec<(Scalar, Node)>, Mark),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// True if our rules decide what it is: without quotes and without a tag for texts.
    pub(super) plain: bool,
    pub(super) mark: Mark,
}

/// Where a node stands, and what its tag says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at: Place,
    /// The range in the source, in characters, anchors and tags included.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The tag `!replace`.
    pub(super) replace: bool,
    /// How it is written.
    pub(super) style: Style,
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Between its start and its end and nowhere else; nothing at all, if the two are one.
    Inline,
    /// On lines of its own; the range is that of the beginning.
    Block,
    /// `|` or `>`: the range is that of the lines below.
    BlockText,
    /// An alias: what is below it stands elsewhere.
    Alias,
}

impl Node {
    pub(super) fn mark(&self) -> &Mark {
        match self {
            Self::Scalar(scalar) => &scalar.mark,
            Self::List(_, mark) | Self::Map(_, mark) => mark,
        }
    }

    fn mark_mut(&mut self) -> &mut Mark {
        match self {
            Self::Scalar(scalar) => &mut scalar.mark,
            Self::List(_, mark) | Self::Map(_, mark) => mark,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Scalar(scalar) => scalar.value(),
            Self::List(items, _) => Value::List(items.iter().map(Self::to_value).collect()),
            Self::Map(entries, _) => Value::Map(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), node.to_value()))
                    .collect(),
            ),
        }
    }

    /// The same as a tree that other formats share.
    pub(super) fn to_tree(&self) -> super::Node {
        let tree = match self {
            Self::Scalar(scalar) => Tree::Leaf(scalar.value()),
            Self::List(items, _) => Tree::List(items.iter().map(Self::to_tree).collect()),
            Self::Map(entries, _) => Tree::Map(
                entries
                    .iter()
                    .map(|(key, node)| Entry {
                        key: key.text.clone(),
                        key_at: key.mark.at,
                        // The dot of `0.5` leads nowhere.
                        dotted: matches!(key.value(), Value::Text(_)),
                        node: node.to_tree(),
                    })
                    .collect(),
            ),
        };
        super::Node {
            tree,
            at: self.mark().at,
            replace: self.mark().replace,
        }
    }

    /// The memory it takes, roughly.
    fn size(&self) -> usize {
        match self {
            Self::Scalar(scalar) => 64 + scalar.text.len(),
            Self::List(items, _) => 64 + items.iter().map(Self::size).sum::<usize>(),
            Self::Map(entries, _) => {
                let sizes = entries
                    .iter()
                    .map(|(key, node)| 64 + key.text.len() + node.size());
                64 + sizes.sum::<usize>()
            }
        }
    }
}

impl Scalar {
    pub(super) fn value(&self) -> Value {
        if self.plain {
            resolve(&self.text)
        } else {
            Value::Text(self.text.clone())
        }
    }
}

/// Reads a document; an empty one is an empty map.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    read_with(text, merged)
}

/// The same, `<<` left as a key like any other.
pub(super) fn read_unmerged(text: &str) -> Result<Node, YamlError> {
    read_with(text, |entries| once(&entries).map(|()| entries))
}

type Entries = Vec<(Scalar, Node)>;

fn read_with(
    text: &str,
    close: fn(Entries) -> Result<Entries, YamlError>,
) -> Result<Node, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        close,
        open: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        root: None,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = *error.marker();
            let lines = text.lines().skip(at.line().saturating_sub(2)).take(2);
            if let Some(line) = lines
                .map(str::trim_start)
                .find(|line| line.starts_with("**"))
            {
                let name = line.split(':').next().unwrap_or(line);
                return failed(at, format!("the key `{name}` begins with a star"));
            }
            failed(at, format!("{}{}", error.info(), builder.inside(text)))
        })?;
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    let message = "a second document begins here, and a config is one document";
                    return Err(failed(span.start, message.to_owned()));
                }
            }
            event => builder.event(event, span)?,
        }
    }
    let nothing = Mark {
        at: Place::START,
        start: 0,
        end: 0,
        replace: false,
        style: Style::Inline,
    };
    Ok(match builder.root {
        None => Node::Map(Vec::new(), nothing),
        Some(Node::Scalar(scalar)) if scalar.plain && scalar.text.is_empty() => {
            Node::Map(Vec::new(), nothing)
        }
        Some(node) => node,
    })
}

fn place(at: Marker) -> Place {
    Place {
        line: u32::try_from(at.line()).unwrap_or(u32::MAX),
        column: u32::try_from(at.col() + 1).unwrap_or(u32::MAX),
    }
}

fn failed(at: Marker, message: String) -> YamlError {
    YamlError {
        message,
        line: at.line(),
        column: at.col() + 1,
    }
}

fn failed_at(at: Place, message: String) -> YamlError {
    YamlError {
        message,
        line: at.line as usize,
        column: at.column as usize,
    }
}

/// A list or a map whose end has not come yet.
enum Open {
    List {
        items: Vec<Node>,
        mark: Mark,
        anchor: usize,
    },
    Map {
        entries: Vec<(Scalar, Node)>,
        key: Option<Scalar>,
        mark: Mark,
        anchor: usize,
    },
}

struct Builder {
    /// What is done with a map that is complete.
    close: fn(Entries) -> Result<Entries, YamlError>,
    open: Vec<Open>,
    /// Finished nodes by their anchor's number.
    anchors: HashMap<usize, Node>,
    aliased: usize,
    root: Option<Node>,
}

impl Builder {
    /// The bracket that was open when something went wrong, for the message.
    fn inside(&self, source: &str) -> String {
        let (mark, what) = match self.open.last() {
            Some(Open::List { mark, .. }) => (mark, "list"),
            Some(Open::Map { mark, .. }) => (mark, "map"),
            None => return String::new(),
        };
        if !matches!(source.chars().nth(mark.start), Some('[' | '{')) {
            return String::new();
        }
        let Place { line, column } = mark.at;
        format!(", inside the {what} that begins at line {line}, column {column}")
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let mut scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                    mark: mark(span),
                };
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    scalar.mark.style = Style::BlockText;
                }
                if let Some(tag) = tag {
                    tagged_scalar(&mut scalar, &tag, span)?;
                }
                self.finished(Node::Scalar(scalar), anchor)
            }
            Event::Alias(anchor) => {
                let Some(mut node) = self.anchors.get(&anchor).cloned() else {
                    return Err(failed(
                        span.start,
                        "the alias stands inside itself".to_owned(),
                    ));
                };
                self.aliased += node.size();
                if self.aliased > MAX_ALIASED_BYTES {
                    let message = format!(
                        "the aliases repeat more than {} MiB",
                        MAX_ALIASED_BYTES >> 20
                    );
                    return Err(failed(span.start, message));
                }
                let mark = node.mark_mut();
                (mark.start, mark.end) = (span.start.index(), span.end.index());
                mark.style = Style::Alias;
                self.finished(node, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                self.deeper(span)?;
                let mut mark = mark(span);
                mark.replace = is_replace(tag.as_deref(), "seq", span)?;
                self.open.push(Open::List {
                    items: Vec::new(),
                    mark,
                    anchor,
                });
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.deeper(span)?;
                let mut mark = mark(span);
                mark.replace = is_replace(tag.as_deref(), "map", span)?;
                self.open.push(Open::Map {
                    entries: Vec::new(),
                    key: None,
                    mark,
                    anchor,
                });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List {
                    items,
                    mut mark,
                    anchor,
                }) => {
                    ended(&mut mark, span);
                    self.finished(Node::List(items, mark), anchor)
                }
                Some(Open::Map {
                    entries,
                    mut mark,
                    anchor,
                    ..
                }) => {
                    ended(&mut mark, span);
                    let entries = (self.close)(entries)?;
                    self.finished(Node::Map(entries, mark), anchor)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn deeper(&self, span: Span) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps stand more than {MAX_DEPTH} levels deep");
            return Err(failed(span.start, message));
        }
        match self.open.last() {
            Some(Open::Map { key: None, .. }) => Err(failed(
                span.start,
                "a key must be a scalar, not a list or a map".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(name) => entries.push((name, node)),
                None => match node {
                    Node::Scalar(scalar) => *key = Some(scalar),
                    other => {
                        return Err(failed_at(
                            other.mark().at,
                            "a key must be a scalar, not a list or a map".to_owned(),
                        ));
                    }
                },
            },
        }
        Ok(())
    }
}

/// Only a bracket that closes takes room.
fn ended(mark: &mut Mark, span: Span) {
    if span.is_empty() {
        mark.style = Style::Block;
    } else {
        mark.end = span.start.index() + 1;
    }
}

fn mark(span: Span) -> Mark {
    Mark {
        at: place(span.start),
        start: span.start.index(),
        end: span.end.index(),
        replace: false,
        style: Style::Inline,
    }
}

/// The name of a tag of YAML itself (`!!str`).
fn core_name(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

fn unknown_tag(tag: &Tag, span: Span) -> YamlError {
    let name = match core_name(tag) {
        Some(name) => format!("!!{name}"),
        None => format!("{}{}", tag.handle, tag.suffix),
    };
    failed(span.start, format!("the tag `{name}` is not supported"))
}

fn is_replace(tag: Option<&Tag>, own: &str, span: Span) -> Result<bool, YamlError> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.handle == "!" && tag.suffix == "replace" => Ok(true),
        Some(tag) if core_name(tag) == Some(own) || tag.handle == "!" && tag.suffix.is_empty() => {
            Ok(false)
        }
        Some(tag) => Err(unknown_tag(tag, span)),
    }
}

/// `!!str` and its like say what a scalar is.
fn tagged_scalar(scalar: &mut Scalar, tag: &Tag, span: Span) -> Result<(), YamlError> {
    if tag.handle == "!" && tag.suffix == "replace" {
        scalar.mark.replace = true;
        return Ok(());
    }
    if tag.suffix.is_empty() && tag.handle.starts_with('!') {
        scalar.plain = false;
        return Ok(());
    }
    let value = resolve(&scalar.text);
    let fits = match core_name(tag) {
        Some("str") => {
            scalar.plain = false;
            return Ok(());
        }
        Some("null") => value == Value::Null,
        Some("bool") => matches!(value, Value::Bool(_)),
        Some("int") => matches!(value, Value::Int(_) | Value::BigInt(_)),
        Some("float") => match value {
            Value::Int(_) => {
                scalar.text.push_str(".0");
                true
            }
            other => matches!(other, Value::Float(_)),
        },
        _ => return Err(unknown_tag(tag, span)),
    };
    scalar.plain = true;
    if fits {
        Ok(())
    } else {
        let message = format!("`{}` is no `!!{}`", scalar.text, tag.suffix);
        Err(failed(span.start, message))
    }
}

/// Refuses a key that stands twice.
fn once(entries: &Entries) -> Result<(), YamlError> {
    let mut seen = HashSet::new();
    for (key, _) in entries {
        if !seen.insert(key.text.as_str()) {
            let message = format!("key `{}` stands twice", key.text);
            return Err(failed_at(key.mark.at, message));
        }
    }
    Ok(())
}

/// Applies `<<`, and refuses a key that stands twice.
fn merged(entries: Entries) -> Result<Entries, YamlError> {
    once(&entries)?;
    let is_merge = |key: &Scalar| key.plain && key.text == "<<";
    if !entries.iter().any(|(key, _)| is_merge(key)) {
        return Ok(entries);
    }
    let mut own: Vec<(Scalar, Node)> = Vec::with_capacity(entries.len());
    let mut below: Vec<(Scalar, Node)> = Vec::new();
    let mut inherited = HashSet::new();
    for (key, node) in entries {
        if !is_merge(&key) {
            own.push((key, node));
            continue;
        }
        let sources = match node {
            Node::List(items, _) => items,
            other => vec![other],
        };
        for from in sources {
            let Node::Map(entries, _) = from else {
                let message = "`<<` needs a map or a list of maps".to_owned();
                return Err(failed_at(key.mark.at, message));
            };
            for (name, value) in entries {
                if inherited.insert(name.text.clone()) {
                    below.push((name, value));
                }
            }
        }
    }
    let names: HashSet<&str> = own.iter().map(|(key, _)| key.text.as_str()).collect();
    below.retain(|(name, _)| !names.contains(name.text.as_str()));
    below.extend(own);
    Ok(below)
}
