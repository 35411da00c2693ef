//! Changing keys of a YAML text while every other byte stays: comments, order, spacing, quotes.
//!
//! ```text
//! text --read--> places --splice per change--> text, read again and compared with what was meant
//! ```

use super::yaml::YamlError;
use super::yaml_read::{Mark, Node, Scalar, Style, read, read_unmerged};
use super::yaml_scalar::written;
use super::yaml_splice::{Text, fits};
use super::{Key, Value};

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Another value; the key is added if it is missing.
    Set(Value),
    /// The same, as a YAML source text on one line: `1e-3`, `'0.1 | 0.2'`, `[1, 2]`.
    Source(String),
    /// The key goes; one that is missing may be.
    Remove,
}

/// Why a text could not be edited. Nothing is changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no YAML.
    #[error(transparent)]
    Syntax(#[from] YamlError),
    /// The text is no map.
    #[error("the text is no map of keys to values")]
    NotAMap,
    /// The key stands where a change of it would change something else too: behind an alias, inherited by `<<`, in a
    /// form this editor does not know.
    #[error("`{key}` cannot be changed in place")]
    NotInPlace {
        /// The key.
        key: Key,
    },
}

impl EditError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Syntax(error) => return error.hint(),
            Self::NotAMap => "write `key: value` lines".to_owned(),
            Self::NotInPlace { key } => format!("edit `{key}` in the text itself"),
        })
    }
}

/// Applies changes in order.
///
/// # Errors
/// [`EditError`] for the first that cannot be done.
pub fn edit_yaml(text: &str, changes: &[(Key, Change)]) -> Result<String, EditError> {
    let mut text = text.to_owned();
    for (key, change) in changes {
        text = edited(&text, key, change)?;
    }
    Ok(text)
}

fn edited(text: &str, key: &Key, change: &Change) -> Result<String, EditError> {
    let not_in_place = || EditError::NotInPlace { key: key.clone() };
    let before = read(text)?;
    if !matches!(before, Node::Map(..)) {
        return Err(EditError::NotAMap);
    }
    let parts = key.parts();
    let value = match change {
        Change::Set(value) => Some((flow(value), value.clone())),
        Change::Source(source) => {
            let value = read(source)?.to_value();
            let nothing = source.trim().is_empty();
            Some((source.clone(), if nothing { Value::Null } else { value }))
        }
        Change::Remove => None,
    };
    let mut meant = before.to_value();
    let changes = match &value {
        Some((_, value)) => put(&mut meant, &parts, value.clone()),
        None => take(&mut meant, &parts),
    };
    if !changes {
        return Ok(text.to_owned());
    }
    let made = Editor {
        text: Text::of(text),
        root: read_unmerged(text)?,
    }
    .apply(&parts, value.as_ref().map(|(source, _)| source.as_str()))
    .ok_or_else(not_in_place)?;
    match read(&made) {
        Ok(after) if fits(&after.to_value(), &meant) => Ok(made),
        _ => Err(not_in_place()),
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", written(&Value::Text(key.clone())), flow(value))
                })
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => written(scalar),
    }
}

/// How many parts of a path the name of an entry stands for: `a.b` in a file is one name for two.
fn matching<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    parts: &[String],
) -> Option<(usize, usize)> {
    (1..=parts.len()).rev().find_map(|count| {
        let wanted = parts[..count].join(".");
        let index = names.clone().position(|name| name == wanted)?;
        Some((index, count))
    })
}

/// Sets a value; false if it stands there already.
fn put(tree: &mut Value, parts: &[String], value: Value) -> bool {
    if parts.is_empty() {
        let same = *tree == value;
        *tree = value;
        return !same;
    }
    if let (Value::List(items), Ok(index)) = (&mut *tree, parts[0].parse::<usize>())
        && let Some(item) = items.get_mut(index)
    {
        return put(item, &parts[1..], value);
    }
    if !matches!(tree, Value::Map(_)) {
        *tree = Value::Map(Vec::new());
    }
    let Value::Map(entries) = tree else {
        return false;
    };
    let names = entries.iter().map(|(name, _)| name.as_str());
    if let Some((index, count)) = matching(names, parts) {
        return put(&mut entries[index].1, &parts[count..], value);
    }
    let mut below = Value::Null;
    put(&mut below, &parts[1..], value);
    entries.push((parts[0].clone(), below));
    true
}

/// Takes a key away; false if it is not there.
fn take(tree: &mut Value, parts: &[String]) -> bool {
    let Value::Map(entries) = tree else {
        return false;
    };
    match matching(entries.iter().map(|(name, _)| name.as_str()), parts) {
        Some((index, count)) if count == parts.len() => {
            entries.remove(index);
            true
        }
        Some((index, count)) => take(&mut entries[index].1, &parts[count..]),
        None => false,
    }
}

/// A map on the way to a key: its entries, itself, and which entry the way goes through.
type Step<'a> = (&'a [(Scalar, Node)], &'a Node, usize);

struct Editor {
    text: Text,
    root: Node,
}

impl Editor {
    /// The text with one change; `None` if there is no place for it.
    fn apply(&self, parts: &[String], source: Option<&str>) -> Option<String> {
        let mut node = &self.root;
        let mut rest = parts;
        let mut trail: Vec<Step<'_>> = Vec::new();
        while !rest.is_empty() {
            if node.mark().style == Style::Alias {
                return None;
            }
            match node {
                Node::Map(entries, _) => {
                    let names = entries.iter().map(|(key, _)| key.text.as_str());
                    let Some((index, count)) = matching(names, rest) else {
                        break;
                    };
                    trail.push((entries, node, index));
                    node = &entries[index].1;
                    rest = &rest[count..];
                }
                Node::List(items, _) => {
                    let Some(item) = rest[0].parse().ok().and_then(|at: usize| items.get(at))
                    else {
                        break;
                    };
                    node = item;
                    trail.clear();
                    rest = &rest[1..];
                    if rest.is_empty() {
                        return self.set_item(node, source?);
                    }
                }
                Node::Scalar(_) => break,
            }
        }
        match source {
            None => self.remove(&trail),
            Some(source) => {
                if let (Node::Map(entries, _), false) = (node, rest.is_empty()) {
                    return self.insert(entries, node, rest, source);
                }
                let (entries, _, index) = trail.last()?;
                let (key, node) = &entries[*index];
                Some(if rest.is_empty() {
                    self.set(key, node, source)
                } else {
                    self.set(key, node, &format!("{{{}}}", nested(rest, source)))
                })
            }
        }
    }

    fn set_item(&self, node: &Node, source: &str) -> Option<String> {
        let mark = node.mark();
        let inline = matches!(mark.style, Style::Inline | Style::Alias) && mark.end > mark.start;
        inline.then(|| self.text.splice(mark.start, self.inline_end(mark), source))
    }

    /// Where the colon after a key stands.
    fn colon(&self, key: &Scalar) -> Option<usize> {
        let at = self.text.skip_blanks(self.inline_end(&key.mark));
        (self.text.at(at) == Some(':')).then_some(at)
    }

    fn set(&self, key: &Scalar, node: &Node, source: &str) -> String {
        let Some(colon) = self.colon(key) else {
            // `{a, b: 1}`: a key without a value.
            let end = self.inline_end(&key.mark);
            return self.text.splice(end, end, &format!(": {source}"));
        };
        let mark = node.mark();
        match mark.style {
            Style::Inline | Style::Alias if mark.start > colon && mark.end > mark.start => {
                // After a quoted key the value may stand right behind the colon.
                let space = if mark.start == colon + 1 { " " } else { "" };
                let source = format!("{space}{source}");
                self.text.splice(mark.start, self.inline_end(mark), &source)
            }
            Style::Inline | Style::Alias => {
                self.text
                    .splice(colon + 1, colon + 1, &format!(" {source}"))
            }
            Style::BlockText | Style::Block => {
                let end = self.text.line_end(self.end(node).max(colon));
                let keep = if mark.style == Style::Block && self.text.is_comment(colon + 1) {
                    self.text.range(colon + 1, self.text.line_end(colon))
                } else {
                    String::new()
                };
                self.text
                    .splice(colon + 1, end, &format!(" {source}{keep}"))
            }
        }
    }

    /// The reader counts a comment behind a quoted text as a part of it.
    fn inline_end(&self, mark: &Mark) -> usize {
        self.text
            .quoted_end(mark.start)
            .filter(|end| *end < mark.end)
            .unwrap_or(mark.end)
    }

    /// Where the last character of a node stands, one beyond.
    fn end(&self, node: &Node) -> usize {
        let mark = node.mark();
        match (node, mark.style) {
            (_, Style::Alias | Style::Inline) => self.inline_end(mark),
            (Node::Scalar(_), _) => self.text.without_blank_end(mark.end),
            (Node::List(items, _), _) => items.last().map_or(mark.end, |item| self.end(item)),
            (Node::Map(entries, _), _) => entries
                .last()
                .map_or(mark.end, |(key, node)| self.entry_end(key, node)),
        }
    }

    fn entry_end(&self, key: &Scalar, node: &Node) -> usize {
        let own = self
            .colon(key)
            .map_or_else(|| self.inline_end(&key.mark), |colon| colon + 1);
        let mark = node.mark();
        let empty = mark.style == Style::Inline
            && matches!(node, Node::Scalar(scalar) if scalar.plain && scalar.text.is_empty());
        if empty { own } else { own.max(self.end(node)) }
    }

    fn insert(
        &self,
        entries: &[(Scalar, Node)],
        node: &Node,
        rest: &[String],
        source: &str,
    ) -> Option<String> {
        let mark = node.mark();
        if mark.style == Style::Inline && mark.end > mark.start {
            let text = nested(rest, source);
            return Some(if let Some((key, value)) = entries.last() {
                let end = self.entry_end(key, value);
                self.text.splice(end, end, &format!(", {text}"))
            } else {
                let open = self.text.find('{', mark.start)? + 1;
                self.text.splice(open, open, &text)
            });
        }
        let (indent, end) = match entries {
            [] => (0, self.text.len()),
            entries => {
                let (first, _) = entries.first()?;
                let (key, value) = entries.last()?;
                let column = usize::try_from(first.mark.at.column).ok()? - 1;
                (column, self.text.line_end(self.entry_end(key, value)))
            }
        };
        let mut lines = String::new();
        for (depth, part) in rest.iter().enumerate() {
            let spaces = " ".repeat(indent + 2 * depth);
            let name = written(&Value::Text(part.clone()));
            let value = if depth + 1 == rest.len() {
                format!(" {source}")
            } else {
                String::new()
            };
            lines.push_str(&format!("{spaces}{name}:{value}\n"));
        }
        Some(self.text.insert_lines(end, &lines))
    }

    fn remove(&self, trail: &[Step<'_>]) -> Option<String> {
        let (entries, map, index) = trail.last()?;
        let (key, node) = &entries[*index];
        let end = self.entry_end(key, node);
        let flow = map.mark().style == Style::Inline;
        if entries.len() == 1 && trail.len() > 1 && !flow {
            let (above, _, index) = trail[trail.len() - 2];
            let (key, node) = &above[index];
            return Some(self.set(key, node, "{}"));
        }
        let next = entries.get(index + 1).map(|(key, _)| key.mark.start);
        let before = index
            .checked_sub(1)
            .map(|index| self.entry_end(&entries[index].0, &entries[index].1));
        match (flow, before, next) {
            (true, Some(before), _) => Some(self.text.splice(before, end, "")),
            (true, None, Some(next)) => Some(self.text.splice(key.mark.start, next, "")),
            (true, None, None) => Some(self.text.splice(key.mark.start, end, "")),
            (false, _, _) => {
                let line = self.text.line_start(key.mark.start);
                if self.text.is_blank(line, key.mark.start) {
                    Some(self.text.without_lines(line, end))
                } else {
                    // Behind the dash of a list's item.
                    Some(self.text.splice(key.mark.start, next?, ""))
                }
            }
        }
    }
}

/// `a: {b: source}` for two parts.
fn nested(parts: &[String], source: &str) -> String {
    let names: Vec<String> = parts
        .iter()
        .map(|part| written(&Value::Text(part.clone())))
        .collect();
    let Some((last, above)) = names.split_last() else {
        return source.to_owned();
    };
    above
        .iter()
        .rev()
        .fold(format!("{last}: {source}"), |below, name| {
            format!("{name}: {{{below}}}")
        })
}
