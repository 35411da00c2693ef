//! One `add_argument` call: from its arguments to an action, by argparse's own rules.

use std::rc::Rc;

use crate::model::objects::{ActionObj, ParserObj};
use crate::value::{Args, SUPPRESS, Value};

/// A call that gives no action: why, as source text or a sentence.
pub(crate) type Refused = String;

/// Builds the action of a call on a parser (or on a group of it).
///
/// # Errors
/// The flags are undecided: their text.
pub(crate) fn build(parser: &ParserObj, args: &Args, line: u32) -> Result<ActionObj, Refused> {
    if let Some(text) = &args.open_pos {
        return Err(format!("*{text}"));
    }
    let flags = flag_texts(args)?;
    let prefix = &parser.prefix_chars;
    let starts_option = |flag: &str| {
        flag.chars()
            .next()
            .is_some_and(|first| prefix.contains(first))
    };
    let positional = match flags.as_slice() {
        [] => true,
        [only] => !starts_option(only),
        _ => false,
    };
    let dest = if positional {
        positional_dest(args, &flags)?
    } else {
        optional_dest(args, &flags, prefix)?
    };
    let field = Fields { args };
    let action = field.get("action", || Value::str("store"));
    let action = if action == Value::None {
        Value::str("store")
    } else {
        standard(resolved(parser, "action", action))
    };
    let nargs = field.get("nargs", || Value::None);
    let required = if positional {
        positional_required(&nargs, field.has("default"))
    } else {
        field.get("required", || Value::Bool(false))
    };
    let flags = if positional {
        Vec::new()
    } else {
        expanded(flags, &action)
    };
    let inherited = parser.defaults.get(&dest).cloned().or_else(|| {
        (parser.argument_default != Value::None).then(|| parser.argument_default.clone())
    });
    Ok(ActionObj {
        default: field.get("default", || {
            inherited.unwrap_or_else(|| action_default(&action))
        }),
        dest,
        flags,
        positional,
        type_fn: resolved(parser, "type", field.get("type", || Value::None)),
        choices: field.get("choices", || Value::None),
        nargs,
        required,
        const_value: field.get("const", || Value::None),
        metavar: field.get("metavar", || Value::None),
        help: field.get("help", || match action.as_str() {
            Some("version") => Value::str("show program's version number and exit"),
            _ => Value::None,
        }),
        action,
        line,
        conditional: None,
    })
}

struct Fields<'c> {
    args: &'c Args,
}

impl Fields<'_> {
    fn has(&self, name: &str) -> bool {
        self.args.keyword(name).is_some()
    }

    /// The keyword; without it the default, unless a `**value` that is not known may have given it.
    fn get(&self, name: &str, default: impl FnOnce() -> Value) -> Value {
        match (self.args.keyword(name), &self.args.open_kw) {
            (Some(value), _) => value.clone(),
            (None, Some(text)) => Value::Unknown(text.clone()),
            (None, None) => default(),
        }
    }
}

fn flag_texts(args: &Args) -> Result<Vec<Rc<str>>, Refused> {
    args.pos
        .iter()
        .map(|value| match value {
            Value::Str(text) => Ok(text.clone()),
            Value::Unknown(text) => Err(text.to_string()),
            other => Err(format!("{other:?}")),
        })
        .collect()
}

fn positional_dest(args: &Args, flags: &[Rc<str>]) -> Result<Rc<str>, Refused> {
    match (flags.first(), args.keyword("dest"), &args.open_kw) {
        (Some(name), _, _) | (None, Some(Value::Str(name)), _) => Ok(name.clone()),
        (None, Some(Value::Unknown(text)), _) | (None, None, Some(text)) => Err(text.to_string()),
        _ => Err("no name".to_owned()),
    }
}

fn optional_dest(args: &Args, flags: &[Rc<str>], prefix: &str) -> Result<Rc<str>, Refused> {
    match args.keyword("dest") {
        Some(Value::Str(dest)) => return Ok(dest.clone()),
        Some(Value::None) | None => {}
        Some(Value::Unknown(text)) => return Err(format!("dest={text}")),
        Some(other) => return Err(format!("dest={other:?}")),
    }
    let is_long = |flag: &&Rc<str>| {
        flag.chars()
            .nth(1)
            .is_some_and(|second| prefix.contains(second))
    };
    let named = flags
        .iter()
        .find(is_long)
        .or_else(|| flags.first())
        .map_or("", |flag| &**flag);
    let dest = named
        .trim_start_matches(|c| prefix.contains(c))
        .replace('-', "_");
    if dest.is_empty() {
        Err(named.to_owned())
    } else {
        Ok(Rc::from(dest))
    }
}

/// A positional must be given unless `nargs` is `?`, or `*` with a default.
fn positional_required(nargs: &Value, has_default: bool) -> Value {
    match nargs {
        Value::Unknown(text) => Value::Unknown(text.clone()),
        Value::Str(symbol) => Value::Bool(match &**symbol {
            "?" => false,
            "*" => !has_default,
            _ => true,
        }),
        _ => Value::Bool(true),
    }
}

/// True for `argparse.BooleanOptionalAction`.
pub(crate) fn is_boolean_optional(action: &Value) -> bool {
    action
        .extern_name()
        .is_some_and(|name| name.rsplit('.').next() == Some("BooleanOptionalAction"))
}

/// `BooleanOptionalAction` adds `--no-x` after each long flag.
fn expanded(flags: Vec<Rc<str>>, action: &Value) -> Vec<Rc<str>> {
    if !is_boolean_optional(action) {
        return flags;
    }
    let mut all = Vec::new();
    for flag in flags {
        let negative = flag
            .strip_prefix("--")
            .map(|rest| Rc::from(format!("--no-{rest}")));
        all.push(flag);
        all.extend(negative);
    }
    all
}

fn action_default(action: &Value) -> Value {
    match action.as_str() {
        Some("store_true") => Value::Bool(false),
        Some("store_false") => Value::Bool(true),
        Some("version" | "help") => Value::str(SUPPRESS),
        _ => match action {
            Value::Unknown(text) => Value::Unknown(text.clone()),
            _ => Value::None,
        },
    }
}

/// argparse's own classes by the names under which they are registered.
fn standard(action: Value) -> Value {
    let name = match action.extern_name() {
        Some("argparse._StoreAction") => "store",
        Some("argparse._StoreConstAction") => "store_const",
        Some("argparse._StoreTrueAction") => "store_true",
        Some("argparse._StoreFalseAction") => "store_false",
        Some("argparse._AppendAction") => "append",
        Some("argparse._AppendConstAction") => "append_const",
        Some("argparse._ExtendAction") => "extend",
        Some("argparse._CountAction") => "count",
        Some("argparse._HelpAction") => "help",
        Some("argparse._VersionAction") => "version",
        _ => return action,
    };
    Value::str(name)
}

/// A name that the script registered stands for a function or class.
fn resolved(parser: &ParserObj, kind: &str, value: Value) -> Value {
    match value.as_str() {
        Some(name) => parser
            .registered
            .iter()
            .rev()
            .find(|(known, registered, _)| &**known == kind && &**registered == name)
            .map_or(value.clone(), |(_, _, function)| function.clone()),
        None => value,
    }
}
