//! `sweep(configs, variations)` as the Python API documents it: every config with every variation.

use super::{MergeError, Value, merge};
use crate::schema::parameters::python_str;

/// Every config [merged](fn@merge) with every variation, the variations of one config side by side.
///
/// A variation that has a name adds it to the config's (`exp_small`); one without leaves it as it is. A name that says nothing (null,
/// false, 0, empty) and is given all the same takes the place of the config's. Nothing is shared between the results.
///
/// # Errors
/// [`MergeError`] of the first pair that cannot be merged.
pub fn vary(configs: &[Value], variations: &[Value]) -> Result<Vec<Value>, MergeError> {
    let pairs = configs
        .iter()
        .flat_map(|config| variations.iter().map(move |variation| (config, variation)));
    pairs
        .map(|(config, variation)| {
            let mut merged = merge(config, variation)?;
            if let (Some(before), Some(name)) = (name_of(config), name_of(variation))
                && let Value::Map(entries) = &mut merged
                && let Some((_, slot)) = entries.iter_mut().find(|(key, _)| key == "name")
            {
                *slot = joined(Some(before), name);
            }
            Ok(merged)
        })
        .collect()
}

fn name_of(config: &Value) -> Option<&Value> {
    let Value::Map(entries) = config else {
        return None;
    };
    entries
        .iter()
        .find(|(key, _)| key == "name")
        .map(|(_, name)| name)
}

/// The name of a variation behind the name before it.
pub(crate) fn joined(before: Option<&Value>, name: &Value) -> Value {
    match before {
        Some(before) if says(before) && says(name) => {
            Value::Text(format!("{}_{}", python_str(before), python_str(name)))
        }
        _ => name.clone(),
    }
}

/// Whether a name says anything: null, false, 0 and what is empty do not.
fn says(name: &Value) -> bool {
    match name {
        Value::Null | Value::Bool(false) | Value::Int(0) => false,
        Value::Float(float) => *float != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::BigInt(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::from_yaml;

    fn varied(configs: &str, variations: &str) -> String {
        let list = |text: &str| match from_yaml(&format!("x: {text}")).unwrap() {
            Value::Map(mut entries) => match entries.remove(0).1 {
                Value::List(items) => items,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        match vary(&list(configs), &list(variations)) {
            Ok(all) => serde_json::to_string(&all).unwrap(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn names_are_joined_and_what_says_nothing_takes_their_place() {
        for (configs, variations, ours) in [
            (
                "[{name: e}, {name: f}]",
                "[{name: a}, {lr: 1}]",
                r#"[{"name":"e_a"},{"name":"e","lr":1},{"name":"f_a"},{"name":"f","lr":1}]"#,
            ),
            (
                "[{}, {name: null}]",
                "[{name: a}]",
                r#"[{"name":"a"},{"name":"a"}]"#,
            ),
            (
                "[{name: e}]",
                "[{name: null}, {name: ''}, {name: 1}, {name: 0}]",
                r#"[{"name":null},{"name":""},{"name":"e_1"},{"name":0}]"#,
            ),
            ("[{name: e}]", "[]", "[]"),
            ("[]", "[{name: a}]", "[]"),
            (
                "[{m: {k: 0, l: 1}}]",
                "[{m.k: 2}, {m: {k: 3}}, {'**m': {k: 4}}]",
                r#"[{"m":{"k":2,"l":1}},{"m":{"k":3}},{"m":{"k":4,"l":1}}]"#,
            ),
            (
                "[1]",
                "[{}]",
                "error: only a map can be merged, and the base is an integer",
            ),
        ] {
            assert_eq!(varied(configs, variations), ours, "{configs} {variations}");
        }
    }
}
