//! From the text of one alternative to a value of the schema's kind.

use crate::config::Value;
use crate::schema::parameters::ScalarKind;

/// What argparse makes of `text`; `None` if it would refuse it.
pub(crate) fn converted(scalar: ScalarKind, text: &str) -> Option<Value> {
    match scalar {
        ScalarKind::Int | ScalarKind::Count => text.trim().parse().ok().map(Value::Int),
        ScalarKind::Float => text.trim().parse().ok().map(Value::Float),
        ScalarKind::Bool => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        ScalarKind::Text | ScalarKind::Any => Some(Value::Text(text.to_owned())),
    }
}
