//! Rules of the form's fields.

use crate::config::Value;
use crate::schema::{Action, Argument, Decided, Literal, Nargs, ParserSchema};

use super::python::python_float;
use super::{Control, Parameter, ScalarKind, parameters};

fn known<T>(value: T) -> Decided<T> {
    Decided::Known(value)
}

fn argument(dest: &str) -> Argument {
    Argument {
        dest: dest.to_owned(),
        flags: vec![format!("--{dest}")],
        ..Argument::default()
    }
}

fn typed(dest: &str, name: &str) -> Argument {
    Argument {
        type_name: known(Some(name.to_owned())),
        ..argument(dest)
    }
}

fn form(args: Vec<Argument>) -> Vec<Parameter> {
    parameters(&ParserSchema {
        args,
        ..ParserSchema::default()
    })
}

fn one(argument: Argument) -> Parameter {
    form(vec![argument]).remove(0)
}

#[test]
fn each_argument_gets_the_control_that_fits() {
    let act = |action: Action| Argument {
        action: known(action),
        ..argument("a")
    };
    let choices = known(Some(vec![Literal::Text("x".to_owned())]));
    let rows = [
        (act(Action::StoreTrue), Control::Switch, ScalarKind::Bool),
        (
            act(Action::BooleanOptional),
            Control::Switch,
            ScalarKind::Bool,
        ),
        (act(Action::Count), Control::Number, ScalarKind::Count),
        (act(Action::Append), Control::List, ScalarKind::Text),
        (typed("a", "int"), Control::Number, ScalarKind::Int),
        (typed("a", "float"), Control::Number, ScalarKind::Float),
        (typed("a", "bool"), Control::Switch, ScalarKind::Bool),
        (typed("a", "str2bool"), Control::Switch, ScalarKind::Bool),
        (typed("a", "parse_bool"), Control::Switch, ScalarKind::Bool),
        (typed("a", "Path"), Control::Text, ScalarKind::Any),
        (argument("a"), Control::Text, ScalarKind::Text),
        (
            Argument {
                choices,
                ..argument("a")
            },
            Control::Select,
            ScalarKind::Text,
        ),
        (
            Argument {
                nargs: known(Some(Nargs::OneOrMore)),
                ..typed("a", "int")
            },
            Control::List,
            ScalarKind::Int,
        ),
        (
            Argument {
                nargs: known(Some(Nargs::Optional)),
                ..typed("a", "int")
            },
            Control::Number,
            ScalarKind::Int,
        ),
    ];
    for (argument, control, scalar) in rows {
        let parameter = one(argument.clone());
        assert_eq!(
            (parameter.control, parameter.kind.scalar),
            (control, scalar),
            "{argument:?}"
        );
    }
}

#[test]
fn a_default_is_what_the_script_gets() {
    let default = |argument: Argument, default: Literal| {
        one(Argument {
            default,
            ..argument
        })
        .default
    };
    let text = |text: &str| Literal::Text(text.to_owned());
    assert_eq!(default(typed("a", "int"), text("5")), Some(Value::Int(5)));
    assert_eq!(
        default(typed("a", "float"), Literal::Int(1)),
        Some(Value::Int(1))
    );
    assert_eq!(
        default(typed("a", "bool"), text("False")),
        Some(Value::Bool(true))
    );
    assert_eq!(default(argument("a"), Literal::Null), Some(Value::Null));
    assert_eq!(default(argument("a"), Literal::Suppress), None);
    let flag = Argument {
        action: known(Action::StoreTrue),
        ..argument("a")
    };
    assert_eq!(default(flag, Literal::Null), Some(Value::Bool(false)));
    let rest = Argument {
        positional: true,
        nargs: known(Some(Nargs::ZeroOrMore)),
        ..argument("a")
    };
    assert_eq!(default(rest, Literal::Null), Some(Value::List(Vec::new())));
    let undecided = one(Argument {
        default: Literal::Expr("os.cpu_count()".to_owned()),
        ..argument("a")
    });
    assert_eq!(
        (undecided.default, undecided.default_expr.as_deref()),
        (None, Some("os.cpu_count()"))
    );
    let required = one(Argument {
        required: known(true),
        ..argument("a")
    });
    assert_eq!(
        (required.default, required.required, required.kind.nullable),
        (None, true, false)
    );
}

#[test]
fn help_is_what_argparse_prints() {
    let help = |text: &str| {
        let help = known(Some(text.to_owned()));
        one(Argument {
            help,
            default: Literal::Float(1e-5),
            ..typed("lr", "float")
        })
        .help
        .unwrap()
    };
    assert_eq!(
        help("rate (default: %(default)s), 50%% of %(type)s"),
        "rate (default: 1e-05), 50% of float"
    );
    assert_eq!(
        help("%(default).2f %(nothing)s 100% %"),
        "0.00 %(nothing)s 100% %"
    );
}

#[test]
fn a_pair_of_flags_is_one_switch() {
    let on = Argument {
        action: known(Action::StoreTrue),
        default: Literal::Bool(true),
        ..argument("cuda")
    };
    let flags = vec!["--no-cuda".to_owned()];
    let off = Argument {
        action: known(Action::StoreFalse),
        default: Literal::Bool(true),
        flags,
        ..argument("cuda")
    };
    let parameters = form(vec![on, off]);
    assert_eq!(parameters.len(), 1);
    assert_eq!(
        (parameters[0].control, parameters[0].args.as_slice()),
        (Control::Switch, &[0, 1][..])
    );
    assert_eq!(parameters[0].flags, ["--cuda", "--no-cuda"]);
}

#[test]
fn constants_of_one_destination_are_its_choices() {
    let constant = |flag: &str, value: &str| Argument {
        flags: vec![flag.to_owned()],
        action: known(Action::StoreConst),
        const_value: Literal::Text(value.to_owned()),
        default: Literal::Text("auto".to_owned()),
        ..argument("mode")
    };
    let parameters = form(vec![constant("--fast", "fast"), constant("--slow", "slow")]);
    assert_eq!(parameters[0].control, Control::Select);
    let choices: Vec<String> = parameters[0]
        .choices
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(choices, ["auto", "fast", "slow"]);
}

#[test]
fn version_and_help_are_no_parameters() {
    let act = |action: Action| Argument {
        action: known(action),
        ..argument("a")
    };
    assert!(form(vec![act(Action::Version), act(Action::Help)]).is_empty());
}

#[test]
fn floats_are_spelled_as_python_does() {
    let rows = [
        (1e-5, "1e-05"),
        (0.0001, "0.0001"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (1.5e-7, "1.5e-07"),
        (f64::NAN, "nan"),
        (-0.0, "-0.0"),
    ];
    for (value, text) in rows {
        assert_eq!(python_float(value), text);
    }
}
