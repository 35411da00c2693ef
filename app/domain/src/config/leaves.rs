//! The leaves of a config, and one parameter for each.

use crate::schema::parameters::{Control, Kind, Parameter, ScalarKind};

use super::interpolate::is_dynamic;
use super::{Key, Value};

/// The keys of all leaves, in order. Lists are leaves, and so are empty maps.
pub fn leaf_keys(config: &Value) -> Vec<Key> {
    leaves(config).into_iter().map(|(key, _)| key).collect()
}

/// All leaves with their values, in order. Lists are leaves, and so are empty maps.
pub fn leaves(config: &Value) -> Vec<(Key, &Value)> {
    let mut found = Vec::new();
    if let Value::Map(entries) = config {
        collect(&Key::new(""), entries, &mut found);
    }
    found
}

fn collect<'a>(above: &Key, entries: &'a [(String, Value)], found: &mut Vec<(Key, &'a Value)>) {
    for (name, value) in entries {
        let key = above.child(name);
        match value {
            Value::Map(inner) if !inner.is_empty() => collect(&key, inner, found),
            leaf => found.push((key, leaf)),
        }
    }
}

/// One parameter per leaf of a raw config, its kind taken from the value.
///
/// A text stays a text whatever is typed; `null`, empty lists, and texts that need a variable or another key take
/// anything, read as YAML reads it. Control keys (`__run__` and its like) are no parameters.
pub fn parameters_of(config: &Value) -> Vec<Parameter> {
    leaves(config)
        .into_iter()
        .filter(|(key, _)| !key.as_str().starts_with("__"))
        .map(|(key, value)| parameter(key, value))
        .collect()
}

/// The parameter of one value of a config.
pub fn parameter(key: Key, value: &Value) -> Parameter {
    let list = matches!(value, Value::List(_));
    let first = match value {
        Value::List(items) => items.first(),
        other => Some(other),
    };
    let nested = list && matches!(first, Some(Value::List(_)));
    let innermost = match first {
        Some(Value::List(items)) => items.first(),
        other => other,
    };
    let scalar = match innermost {
        Some(Value::Bool(_)) => ScalarKind::Bool,
        Some(Value::Int(_) | Value::BigInt(_)) => ScalarKind::Int,
        Some(Value::Float(_)) => ScalarKind::Float,
        Some(Value::Text(text)) if !is_dynamic(text) => ScalarKind::Text,
        _ => ScalarKind::Any,
    };
    let control = match (list, scalar) {
        (true, _) => Control::List,
        (_, ScalarKind::Bool) => Control::Switch,
        (_, ScalarKind::Int | ScalarKind::Float) => Control::Number,
        _ => Control::Text,
    };
    let group = key
        .as_str()
        .rsplit_once('.')
        .map(|(section, _)| section.to_owned());
    Parameter {
        key,
        args: Vec::new(),
        kind: Kind {
            scalar,
            list,
            nested,
            nullable: true,
            length: None,
        },
        control,
        default: Some(value.clone()),
        default_expr: None,
        required: false,
        choices: Vec::new(),
        constant: None,
        help: None,
        group,
        mx: None,
        mx_required: false,
        subcommand: Vec::new(),
        flags: Vec::new(),
        metavar: None,
        conditional: None,
        line: 0,
    }
}
