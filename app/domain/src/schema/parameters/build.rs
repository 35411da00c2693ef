//! From the arguments of a parser to its parameters.

use crate::config::{Key, Value};
use crate::schema::{Action, Argument, Literal, Nargs, ParserSchema, Subcommands};

use super::help::{help_text, metavar_of};
use super::kind::{choices_of, control_of, default_of, is_required, scalar_kind};
use super::{Control, Kind, Parameter, ScalarKind};

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
    if parameter.default.is_none()
        && parameter.default_expr.is_none()
        && let Some(other) = members
            .iter()
            .skip(1)
            .find(|m| m.default != Literal::Suppress)
    {
        (parameter.default, parameter.default_expr) =
            default_of(other, parameter.kind.scalar, parameter.required);
    }
    if parameter.help.is_none() {
        parameter.help = members
            .iter()
            .find_map(|m| help_text(m, &parameter.choices));
    }
}
