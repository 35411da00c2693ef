//! Writing YAML: block style, order kept, nothing that PyYAML would read as something else.

use super::Value;
use super::yaml_scalar::written;

/// The longest list of scalars that stands on one line.
const INLINE_CHARS: usize = 80;

/// Keys beyond this length need the explicit form: readers look no further for the colon.
const IMPLICIT_KEY_CHARS: usize = 500;

/// Writes a tree as YAML that ends with a newline. PyYAML reads back the same values and types.
pub fn to_yaml(tree: &Value) -> String {
    let mut out = String::new();
    match tree {
        Value::Map(entries) if !entries.is_empty() => map(&mut out, entries, 0),
        Value::List(items) if !items.is_empty() && inline(items).is_none() => {
            list(&mut out, items, 0);
        }
        Value::List(items) => line(&mut out, "", &inline(items).unwrap_or_default()),
        scalar => line(&mut out, "", &written(scalar)),
    }
    out
}

/// A key and its colon.
pub(super) fn key(name: &str) -> String {
    let written = written(&Value::Text(name.to_owned()));
    if written.chars().count() > IMPLICIT_KEY_CHARS {
        format!("? {written}\n")
    } else {
        format!("{written}:")
    }
}

/// The rest of a line.
fn line(out: &mut String, space: &str, text: &str) {
    out.push_str(space);
    out.push_str(text);
    out.push('\n');
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn map(out: &mut String, entries: &[(String, Value)], depth: usize) {
    for (index, (name, value)) in entries.iter().enumerate() {
        if index > 0 {
            indent(out, depth);
        }
        out.push_str(&key(name));
        if out.ends_with('\n') {
            indent(out, depth);
            out.push(':');
        }
        match value {
            Value::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                indent(out, depth + 1);
                map(out, inner, depth + 1);
            }
            Value::List(items) if inline(items).is_none() => {
                out.push('\n');
                indent(out, depth + 1);
                list(out, items, depth + 1);
            }
            Value::List(items) => {
                line(out, " ", &inline(items).unwrap_or_default());
            }
            scalar => line(out, " ", &written(scalar)),
        }
    }
}

fn list(out: &mut String, items: &[Value], depth: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, depth);
        }
        out.push_str("- ");
        match item {
            Value::Map(inner) if !inner.is_empty() => map(out, inner, depth + 1),
            Value::List(inner) if inline(inner).is_none() => list(out, inner, depth + 1),
            Value::List(inner) => line(out, "", &inline(inner).unwrap_or_default()),
            scalar => line(out, "", &written(scalar)),
        }
    }
}

/// A short list of scalars on one line; `None` if it is not one.
fn inline(items: &[Value]) -> Option<String> {
    let scalar = |item: &Value| !matches!(item, Value::List(_) | Value::Map(_));
    if !items.iter().all(scalar) {
        return None;
    }
    let text = format!(
        "[{}]",
        items.iter().map(written).collect::<Vec<_>>().join(", ")
    );
    (text.chars().count() <= INLINE_CHARS).then_some(text)
}
