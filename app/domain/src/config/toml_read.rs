//! Reading TOML with places.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::yaml::YamlError;
use super::{Entry, Node, Place, Tree, Value};

/// Reads a whole text. Keys stand in the order of the text; dates and times become texts.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| {
        let at = lines.place(error.span().map_or(0, |span| span.start));
        YamlError {
            message: error.message().to_owned(),
            line: at.line as usize,
            column: at.column as usize,
        }
    })?;
    Ok(Node {
        tree: Tree::Map(entries(table.get_ref(), &lines)?),
        at: Place::START,
        replace: false,
    })
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(newlines).collect(),
        }
    }

    fn place(&self, byte: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line.saturating_sub(1)];
        let before = self.text.get(start..byte).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            line: number(line),
            column: number(before.chars().count() + 1),
        }
    }
}

fn entries(table: &DeTable<'_>, lines: &Lines<'_>) -> Result<Vec<Entry>, YamlError> {
    let mut found: Vec<(Range<usize>, Entry)> = Vec::with_capacity(table.len());
    for (key, value) in table {
        let entry = Entry {
            key: key.get_ref().to_string(),
            key_at: lines.place(key.span().start),
            dotted: true,
            node: node(value, lines)?,
        };
        found.push((key.span(), entry));
    }
    // The library sorts by name.
    found.sort_by_key(|(span, _)| span.start);
    Ok(found.into_iter().map(|(_, entry)| entry).collect())
}

fn fail(at: Place, message: &str) -> YamlError {
    YamlError {
        message: message.to_owned(),
        line: at.line as usize,
        column: at.column as usize,
    }
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Result<Node, YamlError> {
    let at = lines.place(value.span().start);
    let tree = match value.get_ref() {
        DeValue::String(text) => Tree::Leaf(Value::Text(text.to_string())),
        DeValue::Integer(integer) => {
            let digits = integer.as_str();
            let (sign, unsigned) = match digits.strip_prefix('-') {
                Some(rest) => ("-", rest),
                None => ("", digits.strip_prefix('+').unwrap_or(digits)),
            };
            let digits = format!("{sign}{}", unsigned.replace('_', ""));
            let is_decimal = digits.len() > sign.len()
                && digits[sign.len()..].bytes().all(|b| b.is_ascii_digit());
            let value = match i64::from_str_radix(&digits, integer.radix()) {
                Ok(int) => Value::Int(int),
                Err(_) if integer.radix() == 10 && is_decimal => Value::BigInt(digits),
                Err(_) => {
                    return Err(fail(
                        at,
                        "this is no integer, or one beyond 64 bits in its base",
                    ));
                }
            };
            Tree::Leaf(value)
        }
        DeValue::Float(float) => {
            let text = float.as_str().replace('_', "");
            let float = text.parse().map_err(|_| fail(at, "this is no number"))?;
            Tree::Leaf(Value::Float(float))
        }
        DeValue::Boolean(value) => Tree::Leaf(Value::Bool(*value)),
        DeValue::Datetime(datetime) => Tree::Leaf(Value::Text(datetime.to_string())),
        DeValue::Array(items) => Tree::List(
            items
                .iter()
                .map(|item| node(item, lines))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => Tree::Map(entries(table, lines)?),
    };
    Ok(Node {
        tree,
        at,
        replace: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_keeps_its_order_and_its_types() {
        let text = "z = 1_000\nb = 0x1F\nbig = 99999999999999999999\nf = 1e-3\nn = -nan\nd = 2024-01-01T10:00:00\n\"a.b\" = \"x\"\n[m.y]\nl = [1, \"a\", {k = true}]\n[[rows]]\ni = 1\n[[rows]]\ni = 2\n";
        let json = match read(text) {
            Ok(node) => serde_json::to_string(&node.to_value()).unwrap(),
            Err(error) => error.to_string(),
        };
        insta::assert_snapshot!(json);
    }

    #[test]
    fn places_and_errors_count_lines_and_characters() {
        let node = read("\n[\"é\".m]\n  x = 1\n").unwrap();
        let Tree::Map(entries) = &node.tree else {
            panic!("{node:?}");
        };
        assert_eq!(entries[0].key_at, Place { line: 2, column: 2 });
        let texts = [
            "a = ",
            "a = 1\na = 2",
            "[m]\nx = 1\n[m]\n",
            "x = 0x1_",
            "é = tru",
        ];
        let lines: Vec<String> = texts
            .iter()
            .map(|text| {
                format!(
                    "{text:?}: {}",
                    read(text).map_or_else(|e| e.to_string(), |_| "fine".to_owned())
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
