//! How a value of an argument is read, and what it is without being given.

use crate::config::Value;
use crate::schema::{Action, Argument, Decided, Literal, Nargs};

use super::{Control, Kind, ScalarKind};

/// Names of converters that read a word as true or false.
pub(super) fn is_bool_converter(name: &str) -> bool {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    matches!(
        plain.as_str(),
        "str2bool"
            | "strtobool"
            | "boolean"
            | "stringtobool"
            | "string2bool"
            | "parsebool"
            | "parseboolean"
            | "tobool"
            | "booltype"
            | "strbool"
            | "boolstr"
            | "boolstring"
            | "s2b"
            | "str2boolean"
            | "strtoboolean"
            | "argbool"
            | "booleanstring"
            | "boolflag"
            | "boolarg"
    )
}

pub(super) fn scalar_kind(argument: &Argument) -> ScalarKind {
    let constant_kind = || match argument.const_value {
        Literal::Bool(_) => ScalarKind::Bool,
        Literal::Int(_) | Literal::BigInt(_) => ScalarKind::Int,
        Literal::Float(_) => ScalarKind::Float,
        Literal::Text(_) => ScalarKind::Text,
        _ => ScalarKind::Any,
    };
    match argument.action.known() {
        Some(Action::StoreTrue | Action::StoreFalse | Action::BooleanOptional) => {
            return ScalarKind::Bool;
        }
        Some(Action::Count) => return ScalarKind::Count,
        Some(Action::StoreConst | Action::AppendConst) => return constant_kind(),
        _ => {}
    }
    match &argument.type_name {
        Decided::Expr(_) => ScalarKind::Any,
        Decided::Known(None) => match argument.default {
            // Without a converter the script receives a text, but its author thinks of a number.
            Literal::Int(_) | Literal::Float(_) | Literal::Bool(_) => ScalarKind::Any,
            _ => ScalarKind::Text,
        },
        Decided::Known(Some(name)) => match name.as_str() {
            "int" => ScalarKind::Int,
            "float" => ScalarKind::Float,
            "str" => ScalarKind::Text,
            // `bool("False")` is True: only the empty text is False, and argv writes just that.
            "bool" => ScalarKind::Bool,
            name if is_bool_converter(name) => ScalarKind::Bool,
            _ => ScalarKind::Any,
        },
    }
}

/// A positional is required unless its `nargs` lets it be empty, whatever `required` says.
pub(super) fn is_required(argument: &Argument) -> bool {
    if argument.positional {
        let nargs = argument.nargs.known().copied().flatten();
        return !matches!(
            nargs,
            Some(Nargs::Optional | Nargs::ZeroOrMore | Nargs::Remainder)
        );
    }
    argument.required.known().copied().unwrap_or(false)
}

pub(super) fn default_of(
    argument: &Argument,
    scalar: ScalarKind,
    required: bool,
) -> (Option<Value>, Option<String>) {
    if !argument.default.is_decided() {
        let source = match &argument.default {
            Literal::Expr(source) => source.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        return (None, Some(source));
    }
    let value = argument.default.to_value();
    if required && matches!(value, None | Some(Value::Null)) {
        return (None, None);
    }
    (
        value.map(|value| as_the_script_gets_it(argument, scalar, value)),
        None,
    )
}

/// argparse converts a default that is a text; a positional without words gives a list of its own.
pub(super) fn as_the_script_gets_it(
    argument: &Argument,
    scalar: ScalarKind,
    value: Value,
) -> Value {
    let nargs = argument.nargs.known().copied().flatten();
    let flag = matches!(
        argument.action.known(),
        Some(Action::StoreTrue | Action::StoreFalse)
    );
    let sets_true = argument.action.known() == Some(&Action::StoreTrue)
        || argument.action.known() == Some(&Action::StoreConst)
            && argument.const_value == Literal::Bool(true);
    match (argument.action.known(), value) {
        // A switch that is not set reads as off, whatever stands for it.
        (_, Value::Null) if sets_true => Value::Bool(false),
        (_, Value::Int(bit @ 0..=1)) if flag => Value::Bool(bit == 1),
        (_, Value::Null) if argument.positional && nargs == Some(Nargs::ZeroOrMore) => {
            Value::List(Vec::new())
        }
        (_, _) if argument.positional && nargs == Some(Nargs::Remainder) => Value::List(Vec::new()),
        (Some(Action::Store), Value::Text(text))
            if argument.type_name == Decided::Known(Some("bool".to_owned())) =>
        {
            Value::Bool(!text.is_empty())
        }
        (Some(Action::Store), Value::Text(text)) => {
            crate::grid::converted(scalar, &text).unwrap_or(Value::Text(text))
        }
        (_, value) => value,
    }
}

pub(super) fn choices_of(argument: &Argument) -> Vec<Value> {
    match argument.action.known() {
        Some(Action::StoreConst) => {
            let default = argument
                .default
                .to_value()
                .filter(|value| *value != Value::Null);
            default
                .into_iter()
                .chain(argument.const_value.to_value())
                .collect()
        }
        Some(Action::AppendConst) => argument.const_value.to_value().into_iter().collect(),
        _ => argument
            .choices
            .known()
            .cloned()
            .flatten()
            .unwrap_or_default()
            .iter()
            .filter_map(Literal::to_value)
            .collect(),
    }
}

pub(super) fn control_of(kind: Kind, choices: &[Value]) -> Control {
    match kind {
        Kind { list: true, .. } => Control::List,
        Kind {
            scalar: ScalarKind::Bool,
            ..
        } => Control::Switch,
        _ if !choices.is_empty() => Control::Select,
        Kind {
            scalar: ScalarKind::Int | ScalarKind::Float | ScalarKind::Count,
            ..
        } => Control::Number,
        _ => Control::Text,
    }
}
