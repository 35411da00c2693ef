//! One row: its text as it was written, and the fields in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::config::Value;

/// What Python's `json` writes for floats that JSON does not know.
const CONSTANTS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// A row of a file of records: a JSON object.
///
/// It is kept as the text that was written, so that integers of any length and the digits of floats reach whoever reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(Box<RawValue>);

impl Row {
    /// The row that stands in a line, `None` if there is none.
    ///
    /// Bare `NaN`, `Infinity` and `-Infinity` become the texts that stand for them; space around the row does not count.
    pub fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if !text.starts_with('{') {
            return None;
        }
        let parse = |text: &str| RawValue::from_string(text.to_owned()).ok();
        parse(text)
            .or_else(|| parse(&with_quoted_constants(text)?))
            .map(Self)
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Its fields in order; of equal keys the last one counts, in the place of the first. Empty if a key is no Unicode text.
    pub fn fields(&self) -> Vec<(Cow<'_, str>, Field<'_>)> {
        serde_json::from_str::<Fields<'_>>(self.text())
            .map_or_else(|_| Vec::new(), |fields| fields.0)
    }
}

/// Two rows are equal if they were written equally.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// The value of a field, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a>(&'a str);

impl<'a> Field<'a> {
    /// The field of a value that was kept.
    pub fn of(value: &'a RawValue) -> Self {
        Self(value.get())
    }

    /// The value, to be kept.
    pub fn raw(self) -> Box<RawValue> {
        RawValue::from_string(self.0.to_owned()).unwrap_or_default()
    }

    /// The JSON text.
    pub fn json(self) -> &'a str {
        self.0
    }

    /// The number, if it is one; `"NaN"`, `"Infinity"` and `"-Infinity"` are. Of a long integer the nearest float.
    pub fn number(self) -> Option<f64> {
        match self.0 {
            r#""NaN""# => Some(f64::NAN),
            r#""Infinity""# => Some(f64::INFINITY),
            r#""-Infinity""# => Some(f64::NEG_INFINITY),
            json if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => json.parse().ok(),
            _ => None,
        }
    }

    /// What an expression computes with: a number, a text or a truth value; `None` for everything else.
    pub fn scalar(self) -> Option<Value> {
        match self.0 {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            json => match (json.parse(), self.number()) {
                (Ok(integer), _) => Some(Value::Int(integer)),
                (_, Some(number)) => Some(Value::Float(number)),
                _ if json.starts_with('"') => serde_json::from_str(json).ok().map(Value::Text),
                _ => None,
            },
        }
    }

    /// For a table: a text without its quotes, nothing for `null`, everything else as it was written.
    pub fn plain(self) -> Cow<'a, str> {
        match self.0 {
            "null" => Cow::Borrowed(""),
            json if json.starts_with('"') => {
                serde_json::from_str(json).map_or(Cow::Borrowed(json), Cow::Owned)
            }
            json => Cow::Borrowed(json),
        }
    }
}

struct Fields<'a>(Vec<(Cow<'a, str>, Field<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut places: HashMap<Cow<'de, str>, usize> = HashMap::new();
        let mut fields: Vec<(Cow<'de, str>, Field<'de>)> = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            let value = Field(map.next_value::<&RawValue>()?.get());
            let place = *places.entry(key.clone()).or_insert(fields.len());
            match fields.get_mut(place) {
                Some(known) => known.1 = value,
                None => fields.push((key, value)),
            }
        }
        Ok(Fields(fields))
    }
}

/// Borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text with quotes around the constants that stand bare as values; `None` if there are none.
fn with_quoted_constants(text: &str) -> Option<String> {
    let mut quoted = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut is_any = false;
    while let Some(c) = rest.chars().next() {
        let constant = CONSTANTS.into_iter().find(|name| rest.starts_with(name));
        let taken = match (c, constant) {
            ('"', _) => string_end(rest)?,
            // A key must have its own quotes.
            (_, Some(name)) if !rest[name.len()..].trim_start().starts_with(':') => {
                is_any = true;
                quoted.push('"');
                quoted.push_str(name);
                quoted.push('"');
                rest = &rest[name.len()..];
                continue;
            }
            _ => c.len_utf8(),
        };
        let (done, left) = rest.split_at(taken);
        quoted.push_str(done);
        rest = left;
    }
    is_any.then_some(quoted)
}

/// The length of the JSON string at the beginning of `text`, quotes included.
fn string_end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(json: &str) -> Field<'_> {
        Field(json)
    }

    #[test]
    fn a_number_keeps_its_digits_and_says_what_it_is_worth() {
        let row =
            Row::read(br#"{"n": 123456789012345678901234567890, "x": 0.10, "t": 1e999}"#).unwrap();
        let fields = row.fields();
        assert_eq!(fields[0].1.json(), "123456789012345678901234567890");
        assert_eq!(fields[0].1.number(), Some(1.234_567_890_123_456_8e29));
        assert_eq!(fields[1].1.plain(), "0.10");
        assert_eq!(fields[2].1.number(), Some(f64::INFINITY));
    }

    #[test]
    fn an_expression_meets_numbers_texts_and_truth_values_and_nothing_else() {
        let cases = [
            ("7", Some(Value::Int(7))),
            ("-0.5", Some(Value::Float(-0.5))),
            (
                "9223372036854775808",
                Some(Value::Float(9_223_372_036_854_775_808.0)),
            ),
            (r#""Infinity""#, Some(Value::Float(f64::INFINITY))),
            (r#""a\nb""#, Some(Value::Text("a\nb".to_owned()))),
            (r#""7""#, Some(Value::Text("7".to_owned()))),
            ("true", Some(Value::Bool(true))),
            ("null", None),
            ("[1]", None),
            (r#"{"a": 1}"#, None),
        ];
        for (json, expected) in cases {
            assert_eq!(field(json).scalar(), expected, "{json}");
        }
        assert!(matches!(field(r#""NaN""#).scalar(), Some(Value::Float(x)) if x.is_nan()));
    }

    #[test]
    fn constants_are_values_where_they_stand_bare_and_nowhere_else() {
        let texts = [
            (r#"{"a": NaN}"#, Some(r#"{"a": "NaN"}"#)),
            (
                r#"{"NaN": -Infinity, "b": "\" NaN"}"#,
                Some(r#"{"NaN": "-Infinity", "b": "\" NaN"}"#),
            ),
            ("{NaN: 1}", None),
            (r#"{"a": xNaN}"#, None),
            (r#"{"a": NaNN}"#, None),
            (r#"{"a": -NaN}"#, None),
            (r#"{"a": NaN, "b}"#, None),
        ];
        for (text, expected) in texts {
            let row = Row::read(text.as_bytes());
            assert_eq!(row.as_ref().map(Row::text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader_and_every_row_is_an_object(line in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut object = b"{".to_vec();
            object.extend(&line);
            for line in [line, object] {
                if let Some(row) = Row::read(&line) {
                    let known: serde_json::Value = serde_json::from_str(row.text()).unwrap();
                    prop_assert!(known.is_object());
                }
            }
        }

        #[test]
        fn every_float_that_was_written_comes_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            let written = if number.is_finite() { format!("{number:?}") } else { format!("\"{}\"", crate::config::non_finite_name(number)) };
            let row = Row::read(format!("{{\"x\": {written}}}").as_bytes()).unwrap();
            let read = row.fields()[0].1.number().unwrap();
            prop_assert!(read.to_bits() == number.to_bits() || (read.is_nan() && number.is_nan()));
        }
    }
}
