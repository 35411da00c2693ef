//! What the form shows: one parameter per destination, with its kind, control, default and texts.

use crate::config::{Key, Value};

use super::{Action, Argument, Decided, Literal, Nargs, ParserSchema, Subcommands};

/// One key of a script's config.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `lr`; arguments of a sub-command are `train.lr`. Unique within a parser.
    pub key: Key,
    /// Indices into [`ParserSchema::args`] of the arguments that share this destination; empty for a sub-command choice.
    pub args: Vec<usize>,
    /// How a typed text is read.
    pub kind: Kind,
    /// What the form draws.
    pub control: Control,
    /// The value without any input; `None` if there is none or it could not be decided.
    pub default: Option<Value>,
    /// The source text of an undecided default.
    pub default_expr: Option<String>,
    /// True if the script refuses to start without it.
    pub required: bool,
    /// The allowed values, in order; empty for any.
    pub choices: Vec<Value>,
    /// The value of the bare flag of `nargs="?"`, if it is not `None`.
    pub constant: Option<Value>,
    /// The help, as argparse prints it.
    pub help: Option<String>,
    /// The section's title.
    pub group: Option<String>,
    /// The id of its exclusive group.
    pub mx: Option<String>,
    /// True if one member of its exclusive group must be given.
    pub mx_required: bool,
    /// The path of sub-commands under which it exists.
    pub subcommand: Vec<String>,
    /// Its option strings; empty for a positional.
    pub flags: Vec<String>,
    /// The name in the script's own usage text.
    pub metavar: Option<String>,
    /// Source text of the undecided condition under which it exists.
    pub conditional: Option<String>,
    /// The line of its first definition, from 1; 0 for a sub-command choice.
    pub line: u32,
}

/// How a typed text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The kind of a single value.
    pub scalar: ScalarKind,
    /// True if the script receives a list.
    pub list: bool,
    /// True if it receives a list of lists (`append` with `nargs`): `length` then speaks of the inner lists.
    pub nested: bool,
    /// True if `null` is a value of it.
    pub nullable: bool,
    /// How many items a list has; `None` for any number.
    pub length: Option<Nargs>,
}

/// The kind of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarKind {
    /// True or false.
    Bool,
    /// An integer.
    Int,
    /// A floating-point number.
    Float,
    /// A text.
    Text,
    /// A number of uses.
    Count,
    /// What an unknown converter takes: passed on as it is typed.
    Any,
}

/// What the form draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// On or off.
    Switch,
    /// One of the choices.
    Select,
    /// A number.
    Number,
    /// A line of text.
    Text,
    /// Items.
    List,
    /// The choice of a sub-command.
    Subcommand,
}

/// The parameters of a parser, in the order of definition; each choice of a sub-command stands before what it opens.
///
/// Version and help are left out: they end the script.
pub fn parameters(parser: &ParserSchema) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    for (index, argument) in parser.args.iter().enumerate() {
        if matches!(
            argument.action.known(),
            Some(Action::Version | Action::Help)
        ) {
            continue;
        }
        let key = argument_key(argument);
        if let Some(shared) = found
            .iter_mut()
            .find(|p| p.key == key && !p.args.is_empty())
        {
            shared.args.push(index);
            shared.flags.extend(argument.flags.iter().cloned());
            continue;
        }
        found.push(from_argument(parser, index, key));
    }
    for parameter in &mut found {
        if parameter.args.len() > 1 {
            share(parser, parameter);
        }
    }
    for choice in &parser.subcommands {
        let parameter = from_subcommands(choice, &found);
        let opens = |p: &Parameter| {
            p.subcommand.len() > choice.at.len() && p.subcommand.starts_with(&choice.at)
        };
        let at = found.iter().position(opens).unwrap_or(found.len());
        found.insert(at, parameter);
    }
    found
}

fn dotted(path: &[String], last: &str) -> Key {
    let segments = path.iter().map(String::as_str).chain([last]);
    Key::new(
        segments
            .map(|segment| segment.replace('.', "_"))
            .collect::<Vec<_>>()
            .join("."),
    )
}

fn argument_key(argument: &Argument) -> Key {
    dotted(&argument.subcommand, &argument.dest)
}

fn from_subcommands(choice: &Subcommands, found: &[Parameter]) -> Parameter {
    let base = choice.dest.as_deref().unwrap_or("subcommand");
    let mut key = dotted(&choice.at, base);
    while found.iter().any(|p| p.key == key) {
        key = Key::new(format!("{key}_"));
    }
    Parameter {
        key,
        args: Vec::new(),
        kind: Kind {
            scalar: ScalarKind::Text,
            list: false,
            nested: false,
            nullable: !choice.required,
            length: None,
        },
        control: Control::Subcommand,
        default: (!choice.required).then_some(Value::Null),
        default_expr: None,
        required: choice.required,
        choices: choice
            .choices
            .iter()
            .map(|c| Value::Text(c.name.clone()))
            .collect(),
        constant: None,
        help: None,
        group: None,
        mx: None,
        mx_required: false,
        subcommand: choice.at.clone(),
        flags: Vec::new(),
        metavar: None,
        conditional: None,
        line: 0,
    }
}

fn from_argument(parser: &ParserSchema, index: usize, key: Key) -> Parameter {
    let argument = &parser.args[index];
    let scalar = scalar_kind(argument);
    let required = is_required(argument);
    let (default, default_expr) = default_of(argument, scalar, required);
    let nargs = argument.nargs.known().copied().flatten();
    let collects = matches!(
        argument.action.known(),
        Some(Action::Append | Action::AppendConst | Action::Extend)
    );
    let many = nargs.is_some_and(Nargs::is_list);
    let choices = choices_of(argument);
    let kind = Kind {
        scalar,
        list: collects || many,
        nested: many && argument.action.known() == Some(&Action::Append),
        nullable: default == Some(Value::Null),
        length: nargs.filter(|n| n.is_list() && argument.action.known() != Some(&Action::Extend)),
    };
    let control = control_of(kind, &choices);
    let mx_group = parser
        .exclusive_groups
        .iter()
        .find(|group| argument.mx.as_deref() == Some(&group.id));
    Parameter {
        help: help_text(argument, &choices),
        key,
        args: vec![index],
        kind,
        control,
        default,
        default_expr,
        required,
        choices,
        constant: (nargs == Some(Nargs::Optional) && !argument.positional)
            .then(|| argument.const_value.to_value())
            .flatten()
            .filter(|constant| *constant != Value::Null),
        group: argument.group.clone(),
        mx: argument.mx.clone(),
        mx_required: mx_group.is_some_and(|group| group.required),
        subcommand: argument.subcommand.clone(),
        flags: argument.flags.clone(),
        metavar: metavar_of(argument),
        conditional: argument.conditional.clone(),
        line: argument.line,
    }
}

/// Joins the arguments of one destination: their constants are its choices, a pair of on and off is a switch.
fn share(parser: &ParserSchema, parameter: &mut Parameter) {
    let members: Vec<&Argument> = parameter
        .args
        .iter()
        .map(|index| &parser.args[*index])
        .collect();
    let action = |argument: &Argument| argument.action.known().cloned().unwrap_or_default();
    if members.iter().all(|m| action(m) == Action::StoreConst) {
        let default = parameter
            .default
            .clone()
            .filter(|value| *value != Value::Null);
        let mut choices: Vec<Value> = Vec::new();
        for value in default
            .into_iter()
            .chain(members.iter().filter_map(|m| m.const_value.to_value()))
        {
            if !choices.contains(&value) {
                choices.push(value);
            }
        }
        parameter.choices = choices;
        parameter.control = control_of(parameter.kind, &parameter.choices);
    }
    if members.iter().all(|m| action(m) == Action::AppendConst) {
        parameter.choices = members
            .iter()
            .filter_map(|m| m.const_value.to_value())
            .collect();
    }
    // argparse sets the first default that is not suppressed.
    if parameter.default.is_none() && parameter.default_expr.is_none() {
        if let Some(other) = members
            .iter()
            .skip(1)
            .find(|m| m.default != Literal::Suppress)
        {
            (parameter.default, parameter.default_expr) =
                default_of(other, parameter.kind.scalar, parameter.required);
        }
    }
    if parameter.help.is_none() {
        parameter.help = members
            .iter()
            .find_map(|m| help_text(m, &parameter.choices));
    }
}

/// Names of converters that read a word as true or false.
fn is_bool_converter(name: &str) -> bool {
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

fn scalar_kind(argument: &Argument) -> ScalarKind {
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
fn is_required(argument: &Argument) -> bool {
    if argument.positional {
        let nargs = argument.nargs.known().copied().flatten();
        return !matches!(
            nargs,
            Some(Nargs::Optional | Nargs::ZeroOrMore | Nargs::Remainder)
        );
    }
    argument.required.known().copied().unwrap_or(false)
}

fn default_of(
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
fn as_the_script_gets_it(argument: &Argument, scalar: ScalarKind, value: Value) -> Value {
    let nargs = argument.nargs.known().copied().flatten();
    match (argument.action.known(), value) {
        (Some(Action::StoreTrue), Value::Null | Value::Int(0)) => Value::Bool(false),
        (Some(Action::StoreTrue | Action::StoreFalse), Value::Int(1)) => Value::Bool(true),
        (Some(Action::StoreFalse), Value::Int(0)) => Value::Bool(false),
        (Some(Action::StoreConst), Value::Null) if argument.const_value == Literal::Bool(true) => {
            Value::Bool(false)
        }
        (_, Value::Null) if argument.positional && nargs == Some(Nargs::ZeroOrMore) => {
            Value::List(Vec::new())
        }
        (_, _) if argument.positional && nargs == Some(Nargs::Remainder) => Value::List(Vec::new()),
        (Some(Action::Store), Value::Text(text)) => {
            crate::grid::converted(scalar, &text).unwrap_or(Value::Text(text))
        }
        (_, value) => value,
    }
}

fn choices_of(argument: &Argument) -> Vec<Value> {
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

fn control_of(kind: Kind, choices: &[Value]) -> Control {
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

fn metavar_of(argument: &Argument) -> Option<String> {
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
fn help_text(argument: &Argument, choices: &[Value]) -> Option<String> {
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

fn nargs_text(nargs: Nargs) -> String {
    match serde_json::to_value(nargs) {
        Ok(serde_json::Value::String(symbol)) => symbol,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Python's `%` formatting with names, for `s`, `d`, `i`, `r`, `f` and `g` conversions without width.
fn substitute(help: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
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
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            let after = after.strip_prefix(['s', 'd', 'i', 'r', 'f', 'g'])?;
            Some((lookup(name)?, after))
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

/// `str(value)` in Python.
pub(crate) fn python_str(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Float(float) => python_float(*float),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(python_repr).collect::<Vec<_>>().join(", ")
        ),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("'{key}': {}", python_repr(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn python_repr(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        other => python_str(other),
    }
}

/// `repr` of a float in Python: an exponent below 1e-4 and from 1e16 on.
pub(crate) fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{value:?}").replace("e-5", "e-05");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(small) => format!("{digits}e-{small:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
        None => text,
    }
}
