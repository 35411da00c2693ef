//! What two configs differ in.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::leaves::leaves;
use super::yaml_splice::fits;
use super::{Key, Value};

/// A key whose values differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The leaf; where one config has a value and the other a section, both spellings are listed.
    pub key: Key,
    /// The first config's value; `None` if it has no such leaf.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::value::given"
    )]
    pub a: Option<Value>,
    /// The second config's value; `None` if it has no such leaf.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::value::given"
    )]
    pub b: Option<Value>,
}

/// The leaves that differ in value or type, in the order of the first config, then those of the second alone.
///
/// `NaN` equals itself; `1` and `1.0` differ, for scripts can tell them apart.
pub fn diff(a: &Value, b: &Value) -> Vec<Difference> {
    let in_a = leaves(a);
    let in_b = leaves(b);
    let by_key: HashMap<&Key, &Value> = in_b.iter().map(|(key, value)| (key, *value)).collect();
    let known: HashSet<&Key> = in_a.iter().map(|(key, _)| key).collect();
    let from_a = in_a
        .iter()
        .filter(|(key, value)| by_key.get(key).is_none_or(|other| !fits(value, other)))
        .map(|(key, value)| Difference {
            key: key.clone(),
            a: Some((*value).clone()),
            b: by_key.get(key).map(|value| (*value).clone()),
        });
    let from_b = in_b
        .iter()
        .filter(|(key, _)| !known.contains(key))
        .map(|(key, value)| Difference {
            key: key.clone(),
            a: None,
            b: Some((*value).clone()),
        });
    from_a.chain(from_b).collect()
}

#[cfg(test)]
mod tests {
    use super::super::yaml::from_yaml;
    use super::*;

    #[test]
    fn only_what_differs_is_listed() {
        let a = from_yaml("{lr: 0.1, n: .nan, m: {x: 1, y: 2}, l: [1], gone: 1}").unwrap();
        let b = from_yaml("{n: .nan, lr: 0.2, m: {x: 1.0, y: 2, z: 3}, l: [1], e: {}}").unwrap();
        let lines: Vec<String> = diff(&a, &b)
            .iter()
            .map(|d| format!("{}: {:?} {:?}", d.key, d.a, d.b))
            .collect();
        assert_eq!(
            lines,
            [
                "lr: Some(Float(0.1)) Some(Float(0.2))",
                "m.x: Some(Int(1)) Some(Float(1.0))",
                "gone: Some(Int(1)) None",
                "m.z: None Some(Int(3))",
                "e: None Some(Map([]))",
            ]
        );
        assert_eq!(diff(&a, &a), []);
    }
}
