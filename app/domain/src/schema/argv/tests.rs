//! Command lines word by word.

use crate::grid::{Input, plan};
use crate::schema::parameters::parameters;
use crate::schema::{
    Action, Argument, Decided, Literal, Nargs, ParserSchema, SubcommandChoice, Subcommands,
};

use super::argv;

fn known<T>(value: T) -> Decided<T> {
    Decided::Known(value)
}

fn argument(flag: &str, type_name: &str, default: Literal) -> Argument {
    let type_name = known(Some(type_name.to_owned()));
    let dest = flag.trim_start_matches('-').replace('-', "_");
    let flags = if flag.starts_with('-') {
        vec![flag.to_owned()]
    } else {
        Vec::new()
    };
    Argument {
        positional: flags.is_empty(),
        dest,
        flags,
        type_name,
        default,
        ..Argument::default()
    }
}

fn act(flag: &str, action: Action, default: Literal) -> Argument {
    Argument {
        action: known(action),
        type_name: known(None),
        ..argument(flag, "", default)
    }
}

/// The words for typed texts, or the error with its hint.
fn line(args: Vec<Argument>, subcommands: Vec<Subcommands>, texts: &[(&str, &str)]) -> String {
    let parser = ParserSchema {
        args,
        subcommands,
        ..ParserSchema::default()
    };
    let parameters = parameters(&parser);
    let inputs: Vec<Input> = texts
        .iter()
        .map(|(key, text)| Input {
            key: (*key).into(),
            text: (*text).to_owned(),
        })
        .collect();
    let plan = plan(&parameters, &inputs);
    let grid = plan
        .grid
        .unwrap_or_else(|| panic!("{:?} {:?}", plan.fields, plan.errors));
    match argv(&parser, &parameters, &grid.point(0).unwrap(), grid.varied()) {
        Ok(words) => format!("{words:?}"),
        Err(error) => format!("{error}; {}", error.hint().unwrap()),
    }
}

#[test]
fn flags_are_spelled_as_the_script_spells_them() {
    let rows: &[(Argument, &str, &str)] = &[
        (
            argument("--batch-size", "int", Literal::Int(1)),
            "8",
            r#"["--batch-size", "8"]"#,
        ),
        (argument("-q", "int", Literal::Null), "1", r#"["-q", "1"]"#),
        (
            Argument {
                flags: vec!["-e".to_owned(), "--epochs".to_owned()],
                ..argument("--epochs", "int", Literal::Null)
            },
            "3",
            r#"["--epochs", "3"]"#,
        ),
        (
            argument("--command", "str", Literal::Text("echo".to_owned())),
            "rm -rf /",
            r#"["--command", "rm -rf /"]"#,
        ),
        (
            argument("--lr", "float", Literal::Float(0.1)),
            "-1e-5",
            r#"["--lr=-1e-05"]"#,
        ),
        (
            argument("--name", "str", Literal::Null),
            "-x",
            r#"["--name=-x"]"#,
        ),
        (
            argument("--name", "str", Literal::Text("a".to_owned())),
            "\"\"",
            r#"["--name", ""]"#,
        ),
        (
            argument("--flag", "bool", Literal::Bool(true)),
            "false",
            r#"["--flag", ""]"#,
        ),
        (
            argument("--flag", "str2bool", Literal::Bool(true)),
            "no",
            r#"["--flag", "False"]"#,
        ),
        (
            act("--verbose", Action::Count, Literal::Int(1)),
            "3",
            r#"["--verbose", "--verbose"]"#,
        ),
        (
            act("--amp", Action::BooleanOptional, Literal::Bool(true)),
            "false",
            r#"["--no-amp"]"#,
        ),
        (
            act("--tag", Action::Append, Literal::Null),
            "a \"b c\"",
            r#"["--tag", "a", "--tag", "b c"]"#,
        ),
        (
            Argument {
                nargs: known(Some(Nargs::OneOrMore)),
                ..argument("--tags", "str", Literal::Null)
            },
            "a b",
            r#"["--tags", "a", "b"]"#,
        ),
    ];
    for (argument, text, words) in rows {
        assert_eq!(
            line(
                vec![argument.clone()],
                Vec::new(),
                &[(&argument.dest, text)]
            ),
            *words,
            "{text}"
        );
    }
}

#[test]
fn defaults_are_left_out_unless_they_vary() {
    let lr = || vec![argument("--lr", "float", Literal::Float(0.1))];
    assert_eq!(line(lr(), Vec::new(), &[("lr", "0.1")]), "[]");
    assert_eq!(
        line(lr(), Vec::new(), &[("lr", "0.1 | 0.2")]),
        r#"["--lr", "0.1"]"#
    );
}

#[test]
fn a_pair_of_flags_says_both() {
    let pair = || {
        let off = Argument {
            dest: "cuda".to_owned(),
            ..act("--no-cuda", Action::StoreFalse, Literal::Bool(true))
        };
        vec![act("--cuda", Action::StoreTrue, Literal::Bool(true)), off]
    };
    assert_eq!(
        line(pair(), Vec::new(), &[("cuda", "off")]),
        r#"["--no-cuda"]"#
    );
    assert_eq!(line(pair(), Vec::new(), &[]), "[]");
}

#[test]
fn what_cannot_be_said_is_refused_with_the_flag_and_a_remedy() {
    let stuck = act("--pin", Action::StoreTrue, Literal::Bool(true));
    assert_eq!(
        line(vec![stuck], Vec::new(), &[("pin", "false")]),
        "`pin` (--pin): the value `false` cannot be written: the flag only sets `true`; reset it to its default"
    );
    let base = Literal::List(vec![Literal::Text("a".to_owned())]);
    assert_eq!(
        line(
            vec![act("--tag", Action::Append, base)],
            Vec::new(),
            &[("tag", "b")]
        ),
        "`tag` (--tag): argparse always puts the default `[a]` first; begin the list with the default's items"
    );
}

#[test]
fn positionals_follow_the_options_and_two_dashes_protect_them() {
    let tags = || Argument {
        nargs: known(Some(Nargs::OneOrMore)),
        ..argument("--tags", "str", Literal::Null)
    };
    let args = || {
        vec![
            argument("data", "str", Literal::Null),
            tags(),
            argument("--lr", "float", Literal::Float(0.1)),
        ]
    };
    assert_eq!(line(args(), Vec::new(), &[("data", "x")]), r#"["x"]"#);
    assert_eq!(
        line(args(), Vec::new(), &[("data", "-x")]),
        r#"["--", "-x"]"#
    );
    assert_eq!(
        line(args(), Vec::new(), &[("data", "x"), ("tags", "a b")]),
        r#"["--tags", "a", "b", "--", "x"]"#
    );
    assert_eq!(
        line(
            args(),
            Vec::new(),
            &[("data", "x"), ("tags", "a b"), ("lr", "1")]
        ),
        r#"["--tags", "a", "b", "--lr", "1.0", "x"]"#
    );
}

#[test]
fn a_sub_command_stands_between_its_parser_s_options_and_its_own() {
    let tags = Argument {
        nargs: known(Some(Nargs::OneOrMore)),
        ..argument("--tags", "str", Literal::Null)
    };
    let epochs = Argument {
        subcommand: vec!["train".to_owned()],
        ..argument("--epochs", "int", Literal::Int(3))
    };
    let choices = vec![SubcommandChoice {
        name: "train".to_owned(),
        ..SubcommandChoice::default()
    }];
    let subcommands = vec![Subcommands {
        dest: None,
        required: true,
        at: Vec::new(),
        choices,
    }];
    let words = |texts: &[(&str, &str)]| {
        line(
            vec![tags.clone(), epochs.clone()],
            subcommands.clone(),
            texts,
        )
    };
    assert_eq!(
        words(&[("subcommand", "train"), ("train.epochs", "5")]),
        r#"["train", "--epochs", "5"]"#
    );
    assert_eq!(
        words(&[("subcommand", "train"), ("tags", "a")]),
        r#"["--tags=a", "train"]"#
    );
    assert!(
        words(&[("subcommand", "train"), ("tags", "a b")])
            .contains("would swallow the sub-command")
    );
}
