//! From a value back to the text of its field.

use crate::config::Value;
use crate::schema::parameters::Parameter;

use super::expand::expand;
use super::typing;

/// The text that, typed into the parameter's field, gives exactly `value`: bare if that works, else quoted.
///
/// Texts of several values may be joined with pipes. What holds a pipe or a parenthesis, begins with a bracket or ends
/// in a backslash, is therefore always quoted.
/// A value that no text gives (a number where the schema wants a text) is shown as people read it.
pub fn text_of(parameter: &Parameter, value: &Value) -> String {
    let plain = value.to_string();
    // A default of a config file holds its references as they were written.
    if typing::from_config(parameter)
        && parameter.default.as_ref() == Some(value)
        && expand(parameter, &plain).is_ok_and(|e| e.single().as_ref() == Some(value))
    {
        return plain;
    }
    let gives = |text: &str| {
        !text.trim().is_empty()
            && expand(parameter, text)
                .ok()
                .and_then(|e| e.literal())
                .is_some_and(|read| typing::same(&read, value))
    };
    let joins = !matches!(value, Value::Text(text) if text.contains(['(', ')', '|']) || text.starts_with(['[', '{']) || text.ends_with('\\'));
    match value {
        Value::Text(_) | Value::List(_) | Value::Map(_) if !joins || !gives(&plain) => {
            let careful = spelled(value);
            if gives(&careful) { careful } else { plain }
        }
        _ => plain,
    }
}

/// Texts in quotes, lists in brackets.
fn spelled(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(spelled).collect::<Vec<_>>().join(", ")
        ),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", spelled(&Value::Text(key.clone())), spelled(value))
                })
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
