//! Help texts as argparse prints them.

use crate::config::Value;
use crate::schema::{Argument, Literal, Nargs};

use super::python::python_str;

pub(super) fn metavar_of(argument: &Argument) -> Option<String> {
    match &argument.metavar {
        Literal::Text(text) => Some(text.clone()),
        Literal::List(items) => {
            let words: Vec<String> = items
                .iter()
                .filter_map(Literal::to_value)
                .map(|v| v.to_string())
                .collect();
            Some(words.join(" "))
        }
        _ => None,
    }
}

/// The help as argparse prints it; a text that argparse could not format is shown as it is.
pub(super) fn help_text(argument: &Argument, choices: &[Value]) -> Option<String> {
    let help = argument.help.known().cloned().flatten()?;
    if argument
        .help
        .known()
        .is_some_and(|h| h.as_deref() == Some("==SUPPRESS=="))
    {
        return None;
    }
    let lookup = |name: &str| -> Option<String> {
        Some(match name {
            "default" => match &argument.default {
                Literal::Expr(source) => source.clone(),
                Literal::Suppress => "==SUPPRESS==".to_owned(),
                literal => python_str(&literal.to_value()?),
            },
            "choices" => choices
                .iter()
                .map(python_str)
                .collect::<Vec<_>>()
                .join(", "),
            "dest" => argument.dest.clone(),
            "type" => argument
                .type_name
                .known()
                .cloned()
                .flatten()
                .unwrap_or_else(|| "None".to_owned()),
            "metavar" => metavar_of(argument).unwrap_or_else(|| "None".to_owned()),
            "nargs" => argument
                .nargs
                .known()
                .copied()
                .flatten()
                .map_or("None".to_owned(), nargs_text),
            "const" => python_str(&argument.const_value.to_value()?),
            "required" => if argument.required.known().copied().unwrap_or(false) {
                "True"
            } else {
                "False"
            }
            .to_owned(),
            // The name of the script is not the schema's to know.
            "prog" => "this script".to_owned(),
            _ => return None,
        })
    };
    Some(substitute(&help, lookup))
}

pub(super) fn nargs_text(nargs: Nargs) -> String {
    match serde_json::to_value(nargs) {
        Ok(serde_json::Value::String(symbol)) => symbol,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A number with a fixed number of decimals; anything else as it is.
fn formatted(text: String, width: &str, conversion: char) -> String {
    let decimals = width
        .split_once('.')
        .map_or(Some(6), |(_, digits)| digits.parse::<usize>().ok());
    match (conversion, text.parse::<f64>(), decimals) {
        ('f', Ok(number), Some(decimals)) => format!("{number:.decimals$}"),
        _ => text,
    }
}

/// Python's `%` formatting with names, for `s`, `d`, `i`, `r`, `f` and `g` conversions; widths are left out.
pub(super) fn substitute(help: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(help.len());
    let mut rest = help;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let named = tail
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let replaced = named.and_then(|(name, after)| {
            let (width, after) =
                after.split_at(after.find(|c: char| !c.is_ascii_digit() && c != '.')?);
            let conversion = after.chars().next().filter(|c| "sdirfg".contains(*c))?;
            let text = formatted(lookup(name)?, width, conversion);
            Some((text, &after[1..]))
        });
        if let Some((text, after)) = replaced {
            out.push_str(&text);
            rest = after;
        } else {
            out.push('%');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}
