//! Values as JSON that Python's `json` reads back to the same values.

use super::{Value, non_finite_name};

/// Plain JSON, as Python's `json` writes and reads it: integers of any length as digits, `NaN` and `Infinity` bare.
///
/// Unlike the form that [`Value`] serializes to, nothing is tagged; [`read_tree`](super::read_tree) reads it back.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(int) => out.push_str(&int.to_string()),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(number) if !number.is_finite() => out.push_str(non_finite_name(*number)),
        Value::Float(number) => out.push_str(&serde_json::Value::from(*number).to_string()),
        Value::Text(text) => write_text(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_text(out, key);
                out.push_str(": ");
                write(out, value);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, read_tree};

    #[test]
    fn plain_json_is_what_python_reads_and_reads_back_to_the_same() {
        let tree = Value::Map(vec![
            ("lr".to_owned(), Value::Float(0.001)),
            (
                "n".to_owned(),
                Value::BigInt("123456789012345678901".to_owned()),
            ),
            (
                "x".to_owned(),
                Value::List(vec![
                    Value::Float(f64::NEG_INFINITY),
                    Value::Null,
                    Value::Bool(false),
                    Value::Text("a\"b\u{1}é".to_owned()),
                    Value::Float(1e300),
                    Value::Float(2.0),
                    Value::Map(vec![]),
                ]),
            ),
        ]);
        let text = to_json(&tree);
        assert_eq!(
            text,
            "{\"lr\": 0.001, \"n\": 123456789012345678901, \
             \"x\": [-Infinity, null, false, \"a\\\"b\\u0001é\", 1e+300, 2.0, {}]}"
        );
        assert_eq!(read_tree(Format::Json, &text).unwrap().to_value(), tree);
    }
}
