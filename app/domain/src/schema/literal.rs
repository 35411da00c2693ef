//! Values as they stand in a script's source.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::config::Value;

/// A value read from source text, richer than a config [`Value`].
///
/// JSON: plain values as themselves; the others as one-key objects: `{"$path": "x"}`,
/// `{"$enum": "Cls.NAME", "value": …}`, `{"$set": […]}`, `{"$dict": [[k, v]…]}`, `{"$suppress": true}`,
/// `{"$float": "NaN"}`, `{"$int": "digits"}` beyond 64 bits, `{"$expr": "source text"}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Literal {
    /// `None`.
    #[default]
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A larger integer: optional minus, then digits.
    BigInt(String),
    /// A floating-point number, non-finite ones included.
    Float(f64),
    /// A text.
    Text(String),
    /// A list or a tuple.
    List(Vec<Literal>),
    /// A set, in source order.
    Set(Vec<Literal>),
    /// A dict with text keys, in source order.
    Map(Vec<(String, Literal)>),
    /// A dict with other keys.
    Dict(Vec<(Literal, Literal)>),
    /// `Path("…")`.
    Path(String),
    /// An enum member.
    Enum {
        /// `Class.MEMBER`.
        name: String,
        /// The member's value.
        value: Box<Literal>,
    },
    /// `argparse.SUPPRESS`.
    Suppress,
    /// What could not be decided: its source text.
    Expr(String),
}

impl Literal {
    /// The config value of the same meaning; `None` where there is none (`Suppress`, `Expr`, non-text keys).
    ///
    /// A path becomes its text, an enum member its value, a set a list.
    pub fn to_value(&self) -> Option<Value> {
        let list = |items: &[Self]| items.iter().map(Self::to_value).collect::<Option<Vec<_>>>();
        match self {
            Self::Null => Some(Value::Null),
            Self::Bool(value) => Some(Value::Bool(*value)),
            Self::Int(value) => Some(Value::Int(*value)),
            Self::BigInt(digits) => Some(Value::BigInt(digits.clone())),
            Self::Float(value) => Some(Value::Float(*value)),
            Self::Text(text) | Self::Path(text) => Some(Value::Text(text.clone())),
            Self::List(items) | Self::Set(items) => list(items).map(Value::List),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| Some((key.clone(), value.to_value()?)))
                .collect::<Option<Vec<_>>>()
                .map(Value::Map),
            Self::Enum { value, .. } => value.to_value(),
            Self::Dict(_) | Self::Suppress | Self::Expr(_) => None,
        }
    }

    /// True unless some part of it could not be decided.
    pub fn is_decided(&self) -> bool {
        match self {
            Self::Expr(_) => false,
            Self::List(items) | Self::Set(items) => items.iter().all(Self::is_decided),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_decided()),
            Self::Dict(entries) => entries
                .iter()
                .all(|(key, value)| key.is_decided() && value.is_decided()),
            Self::Enum { value, .. } => value.is_decided(),
            _ => true,
        }
    }

    fn to_json(&self) -> Json {
        let list = |items: &[Self]| Json::Array(items.iter().map(Self::to_json).collect());
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::BigInt(digits) => json!({ "$int": digits }),
            Self::Float(value) if value.is_finite() => json!(value),
            Self::Float(value) => json!({ "$float": crate::config::non_finite_name(*value) }),
            Self::Text(text) => json!(text),
            Self::List(items) => list(items),
            Self::Set(items) => json!({ "$set": list(items) }),
            Self::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect(),
            ),
            Self::Dict(entries) => {
                let pairs: Vec<Json> = entries
                    .iter()
                    .map(|(key, value)| json!([key.to_json(), value.to_json()]))
                    .collect();
                json!({ "$dict": pairs })
            }
            Self::Path(path) => json!({ "$path": path }),
            Self::Enum { name, value } => json!({ "$enum": name, "value": value.to_json() }),
            Self::Suppress => json!({ "$suppress": true }),
            Self::Expr(source) => json!({ "$expr": source }),
        }
    }

    fn from_json(json: &Json) -> Result<Self, String> {
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None if number.is_u64() => Self::BigInt(number.to_string()),
                None => Self::Float(
                    number
                        .as_f64()
                        .ok_or_else(|| format!("`{number}` is out of range"))?,
                ),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(list_from_json(items)?),
            Json::Object(object) => Self::from_object(object)?,
        })
    }

    fn from_object(object: &Map<String, Json>) -> Result<Self, String> {
        let Some((key, inner)) = object.iter().next().filter(|(key, _)| key.starts_with('$'))
        else {
            return object
                .iter()
                .map(|(key, value)| Ok((key.clone(), Self::from_json(value)?)))
                .collect::<Result<Vec<_>, String>>()
                .map(Self::Map);
        };
        let text = || {
            inner
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("`{key}` needs a text"))
        };
        let items = || {
            inner
                .as_array()
                .ok_or_else(|| format!("`{key}` needs a list"))
        };
        Ok(match key.as_str() {
            "$int" => Self::BigInt(text()?),
            "$float" => Self::Float(
                text()?
                    .parse()
                    .map_err(|_| "`$float` is not a number".to_owned())?,
            ),
            "$path" => Self::Path(text()?),
            "$expr" => Self::Expr(text()?),
            "$suppress" => Self::Suppress,
            "$set" => Self::Set(list_from_json(items()?)?),
            "$dict" => Self::Dict(
                items()?
                    .iter()
                    .map(|pair| match pair.as_array().map(Vec::as_slice) {
                        Some([key, value]) => Ok((Self::from_json(key)?, Self::from_json(value)?)),
                        _ => Err("`$dict` needs pairs".to_owned()),
                    })
                    .collect::<Result<_, String>>()?,
            ),
            "$enum" => Self::Enum {
                name: text()?,
                value: Box::new(Self::from_json(object.get("value").unwrap_or(&Json::Null))?),
            },
            other => return Err(format!("unknown literal `{other}`")),
        })
    }
}

fn list_from_json(items: &[Json]) -> Result<Vec<Literal>, String> {
    items.iter().map(Literal::from_json).collect()
}

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_literal_survives_json() {
        let all = Literal::List(vec![
            Literal::Null,
            Literal::Bool(true),
            Literal::Int(-3),
            Literal::BigInt("123456789012345678901234567890".to_owned()),
            Literal::Float(0.5),
            Literal::Float(f64::NEG_INFINITY),
            Literal::Text("a".to_owned()),
            Literal::Set(vec![Literal::Int(1)]),
            Literal::Map(vec![("k".to_owned(), Literal::Expr("f()".to_owned()))]),
            Literal::Dict(vec![(Literal::Int(1), Literal::Text("one".to_owned()))]),
            Literal::Path("out".to_owned()),
            Literal::Enum {
                name: "Mode.FAST".to_owned(),
                value: Box::new(Literal::Int(1)),
            },
            Literal::Suppress,
        ]);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Literal>(&text).unwrap(), all);
    }
}
