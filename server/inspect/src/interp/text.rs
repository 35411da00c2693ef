//! Python's texts of values: `str`, `repr`, number parsing, rounding.

use super::machine::{Interp, MAX_TEXT};
use crate::value::Value;

impl Interp<'_> {
    /// `str(value)`; `None` if it is not certain.
    pub(crate) fn str_of(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Str(text) | Value::Path(text) => Some(text.to_string()),
            Value::Member(member) => {
                let custom = self.class_lookup(member.class, "__str__");
                if let Some(Value::Func(func)) = custom {
                    let bound = Value::Bound(std::rc::Rc::new((value.clone(), func)));
                    return self
                        .call(&bound, crate::value::Args::default())
                        .as_str()
                        .map(str::to_owned);
                }
                self.is_plain_enum(member.class)
                    .then(|| format!("{}.{}", member.class_name, member.name))
            }
            other => self.repr(other),
        }
    }

    /// `repr(value)`; `None` if it is not certain.
    pub(crate) fn repr(&mut self, value: &Value) -> Option<String> {
        if !self.step() || !self.enter() {
            return None;
        }
        let text = self
            .repr_inside(value)
            .filter(|text| text.len() <= MAX_TEXT);
        self.leave();
        text
    }

    fn repr_inside(&mut self, value: &Value) -> Option<String> {
        Some(match value {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float_repr(*value),
            Value::Str(text) => quoted(text)?,
            Value::List(_) => format!("[{}]", self.joined_reprs(value)?),
            Value::Tuple(items) if items.len() == 1 => format!("({},)", self.joined_reprs(value)?),
            Value::Tuple(_) => format!("({})", self.joined_reprs(value)?),
            Value::Dict(id) => {
                let dict = self.heap.dict(*id).clone();
                if dict.unknown.is_some() {
                    return None;
                }
                let mut parts = Vec::new();
                for (key, value) in dict.entries.values() {
                    parts.push(format!("{}: {}", self.repr(key)?, self.repr(value)?));
                }
                format!("{{{}}}", parts.join(", "))
            }
            _ => return None,
        })
    }

    fn joined_reprs(&mut self, value: &Value) -> Option<String> {
        let items = self.items_of(value)?;
        let parts = items
            .iter()
            .map(|item| self.repr(item))
            .collect::<Option<Vec<_>>>()?;
        Some(parts.join(", "))
    }
}

/// `repr` of a text; `None` where Python's choice of escapes is not reproduced.
fn quoted(text: &str) -> Option<String> {
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
    {
        return None;
    }
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    Some(out)
}

/// `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.
pub(crate) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') {
        plain
    } else {
        plain + ".0"
    }
}

/// `int(text)`.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    let text = text.trim().replace('_', "");
    text.strip_prefix('+').unwrap_or(&text).parse().ok()
}

/// `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase().replace('_', "");
    let unsigned = text.trim_start_matches(['+', '-']);
    let named = matches!(unsigned, "inf" | "infinity" | "nan");
    if !named && !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().ok()
}

/// `round(value, digits)`: Python rounds the exact decimal value half to even, as formatting does.
pub(crate) fn round(value: &Value, digits: Option<&Value>) -> Option<Value> {
    match (value, digits) {
        (Value::Float(value), None | Some(Value::None)) if value.abs() < 1e15 => {
            #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
            let rounded = value.round_ties_even() as i128;
            Some(Value::Int(rounded))
        }
        (Value::Float(value), Some(digits)) => {
            let digits = usize::try_from(digits.as_int()?)
                .ok()
                .filter(|digits| *digits < 20)?;
            format!("{value:.digits$}").parse().ok().map(Value::Float)
        }
        (value, None) => value.as_int().map(Value::Int),
        _ => None,
    }
}
