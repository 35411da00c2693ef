//! Rules of the reading that no real parser can show: what is undecided, conditional, warned of, or refused.

use domain::schema::{Action, Argument, Decided, Literal, Nargs, Schema};
use inspect::{DecodeError, NoSources, ReadScriptError, decode, read_script, to_inspect_json};

fn read(source: &str) -> Schema {
    read_script(source, "train.py", &NoSources).expect("the script has a parser")
}

/// Reads `body` between the usual first and last lines of a script.
fn read_body(body: &str) -> Schema {
    read(&format!(
        "import argparse\nimport os\np = argparse.ArgumentParser()\n{body}\np.parse_args()\n"
    ))
}

fn only(body: &str) -> Argument {
    let schema = read_body(body);
    assert_eq!(schema.parser.args.len(), 1, "{body}");
    schema.parser.args[0].clone()
}

fn names(schema: &Schema) -> Vec<&str> {
    schema
        .parser
        .args
        .iter()
        .map(|argument| argument.dest.as_str())
        .collect()
}

fn expr(text: &str) -> Literal {
    Literal::Expr(text.to_owned())
}

#[test]
fn what_depends_on_the_machine_keeps_its_source_text() {
    let cases = [
        ("os.environ.get('X', 1)", "os.environ.get('X', 1)"),
        ("os.cpu_count() or 1", "os.cpu_count() or 1"),
        ("os.getcwd() + '/x'", "os.getcwd() + '/x'"),
        (
            "'cuda' if torch.cuda.is_available() else 'cpu'",
            "'cuda' if torch.cuda.is_available() else 'cpu'",
        ),
        ("f'{os.getpid()}-x'", "f'{os.getpid()}-x'"),
        ("unknown_name", "unknown_name"),
        ("os.path.abspath('x')", "os.path.abspath('x')"),
        ("1 / 0", "1 / 0"),
        (
            "[x for x in os.listdir('.')]",
            "[x for x in os.listdir('.')]",
        ),
    ];
    for (source, text) in cases {
        let argument = only(&format!(
            "import torch\np.add_argument('--a', default={source})"
        ));
        assert_eq!(argument.default, expr(text), "{source}");
    }
}

#[test]
fn every_field_can_be_undecided_by_itself() {
    let argument = only(
        "import x\np.add_argument('--a', type=x.get(), choices=x.choices(), nargs=x.n(), required=x.r(), \
         action=x.action(), help=x.help())",
    );
    assert_eq!(argument.type_name, Decided::Expr("x.get()".to_owned()));
    assert_eq!(argument.choices, Decided::Expr("x.choices()".to_owned()));
    assert_eq!(argument.nargs, Decided::Expr("x.n()".to_owned()));
    assert_eq!(argument.required, Decided::Expr("x.r()".to_owned()));
    assert_eq!(argument.action, Decided::Expr("x.action()".to_owned()));
    assert_eq!(argument.help, Decided::Expr("x.help()".to_owned()));
}

#[test]
fn an_unknown_keyword_dict_leaves_the_other_fields_undecided() {
    let argument = only("import x\np.add_argument('--a', type=int, **x.extra())");
    assert_eq!(argument.type_name, Decided::Known(Some("int".to_owned())));
    assert_eq!(argument.default, expr("x.extra()"));
    assert_eq!(argument.nargs, Decided::Expr("x.extra()".to_owned()));
}

#[test]
fn an_argument_without_certain_flags_is_named_in_a_warning() {
    let schema =
        read_body("p.add_argument('--a')\np.add_argument('--' + os.environ['NAME'], type=int)");
    assert_eq!(names(&schema), ["a"]);
    assert_eq!(schema.warnings.len(), 1);
    assert_eq!(schema.warnings[0].line, 5);
    assert!(
        schema.warnings[0]
            .message
            .contains("'--' + os.environ['NAME']"),
        "{:?}",
        schema.warnings
    );
}

#[test]
fn a_parser_whose_every_argument_is_undecided_is_not_an_error() {
    let schema = read_body("for k in os.environ:\n    p.add_argument('--' + k)");
    assert!(schema.parser.args.is_empty());
    assert_eq!(schema.warnings.len(), 1);
}

#[test]
fn arguments_of_both_branches_are_conditional() {
    let schema = read_body(
        "if os.environ.get('A'):\n    p.add_argument('--a')\nelif len(os.listdir()) > 3:\n    p.add_argument('--b')\nelse:\n    p.add_argument('--c')\np.add_argument('--d')",
    );
    let conditions: Vec<Option<&str>> = schema
        .parser
        .args
        .iter()
        .map(|argument| argument.conditional.as_deref())
        .collect();
    assert_eq!(
        conditions,
        [
            Some("os.environ.get('A')"),
            Some("not (os.environ.get('A')) and len(os.listdir()) > 3"),
            Some("not (os.environ.get('A')) and not (len(os.listdir()) > 3)"),
            None
        ]
    );
}

#[test]
fn a_decided_test_leaves_no_condition() {
    let schema = read_body(
        "FAST = True\nif FAST and not None:\n    p.add_argument('--a')\nelse:\n    p.add_argument('--b')",
    );
    assert_eq!(names(&schema), ["a"]);
    assert_eq!(schema.parser.args[0].conditional, None);
}

#[test]
fn a_name_set_in_one_undecided_branch_is_undecided() {
    let argument =
        only("x = 1\nif os.environ.get('A'):\n    x = 2\np.add_argument('--a', default=x)");
    assert_eq!(argument.default, expr("x"));
    let argument =
        only("x = 1\nif os.environ.get('A'):\n    x = 1\np.add_argument('--a', default=x)");
    assert_eq!(argument.default, Literal::Int(1));
}

#[test]
fn a_list_changed_in_an_undecided_branch_is_undecided() {
    let argument =
        only("x = [1]\nif os.environ.get('A'):\n    x.append(2)\np.add_argument('--a', default=x)");
    assert_eq!(argument.default, expr("x"));
}

#[test]
fn an_import_that_may_fail_leaves_its_flag_undecided() {
    let argument = only(
        "try:\n    import apex\n    HAS = True\nexcept ImportError:\n    HAS = False\np.add_argument('--a', default=HAS)",
    );
    assert_eq!(argument.default, expr("HAS"));
}

#[test]
fn an_undecided_loop_runs_once_under_its_own_text() {
    let schema = read_body(
        "n = 0\nfor f in os.listdir('.'):\n    n += 1\n    p.add_argument('--known')\n    p.add_argument('--' + f)\np.add_argument('--n', default=n)",
    );
    assert_eq!(names(&schema), ["known", "n"]);
    assert_eq!(
        schema.parser.args[0].conditional.as_deref(),
        Some("for f in os.listdir('.')")
    );
    assert_eq!(schema.parser.args[1].default, expr("n"));
    assert_eq!(schema.warnings.len(), 1);
}

#[test]
fn a_loop_with_an_undecided_break_is_undecided() {
    let schema = read_body(
        "for n in ('a', 'b'):\n    if os.environ.get(n):\n        break\n    p.add_argument('--' + n)\np.add_argument('--z')",
    );
    assert_eq!(names(&schema), ["z"]);
    assert_eq!(schema.warnings.len(), 1);
}

#[test]
fn endless_loops_and_recursion_end() {
    let schema = read_body(
        "def f(n):\n    return f(n + 1)\nf(0)\ni = 0\nwhile i >= 0:\n    i += 1\np.add_argument('--a', default=i)",
    );
    assert_eq!(schema.parser.args[0].default, expr("i"));
    let deep = format!(
        "x = {}1{}\np.add_argument('--a')",
        "(".repeat(3000),
        ")".repeat(3000)
    );
    assert_eq!(names(&read_body(&deep)), ["a"]);
}

#[test]
fn the_parser_that_reads_the_command_line_is_chosen() {
    let schema = read(
        "import argparse, sys\na = argparse.ArgumentParser()\na.add_argument('--a')\na.parse_args([])\n\
         b = argparse.ArgumentParser()\nb.add_argument('--b')\nb.parse_known_args()\n\
         c = argparse.ArgumentParser()\nc.add_argument('--c')\nc.parse_args(sys.argv[1:])\n\
         d = argparse.ArgumentParser()\nd.add_argument('--d')\n",
    );
    assert_eq!(names(&schema), ["c"]);
    let others: Vec<&str> = schema
        .alternatives
        .iter()
        .map(|parser| parser.args[0].dest.as_str())
        .collect();
    assert_eq!(others, ["a", "b", "d"]);
}

#[test]
fn arguments_added_after_parsing_do_not_count() {
    let schema = read(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--a')\np.parse_args()\np.add_argument('--b')\n",
    );
    assert_eq!(names(&schema), ["a"]);
}

#[test]
fn functions_that_nobody_calls_are_read_when_the_script_itself_parses_nothing() {
    let schema = read(
        "import argparse\ndef get_args():\n    p = argparse.ArgumentParser()\n    p.add_argument('--a')\n    return p.parse_args()\n",
    );
    assert_eq!(names(&schema), ["a"]);
    let schema =
        read("class Task:\n    def add_args(parser):\n        parser.add_argument('--b')\n");
    assert_eq!(names(&schema), ["b"]);
}

#[test]
fn foreign_add_argument_calls_are_left_out() {
    let schema = read_body(
        "from selenium.webdriver import ChromeOptions\no = ChromeOptions()\no.add_argument('--headless')\np.add_argument('--a')",
    );
    assert_eq!(names(&schema), ["a"]);
    assert!(schema.alternatives.is_empty());
}

#[test]
fn a_parser_from_out_of_reach_is_read_as_far_as_it_is_seen() {
    let schema = read(
        "from lib import get_parser\np = get_parser()\np.add_argument('--a')\nargs = p.parse_args()\n",
    );
    assert_eq!(names(&schema), ["a"]);
    assert!(
        schema.warnings[0].message.contains("get_parser()"),
        "{:?}",
        schema.warnings
    );
}

#[test]
fn a_parser_given_to_unknown_code_brings_a_warning_and_stays_a_parser() {
    let schema =
        read_body("import deepspeed\np = deepspeed.add_config_arguments(p)\np.add_argument('--a')");
    assert_eq!(names(&schema), ["a"]);
    assert!(
        schema.warnings[0]
            .message
            .contains("deepspeed.add_config_arguments(p)"),
        "{:?}",
        schema.warnings
    );
}

#[test]
fn a_script_too_long_to_follow_says_so() {
    let source = "import argparse\ndef get_args():\n    p = argparse.ArgumentParser()\n    \
                  p.add_argument('--a')\n    return p.parse_args()\n\
                  def work():\n    for i in range(4000):\n        [i] * 9000\n"
        .to_owned()
        + &"work()\n".repeat(60)
        + "get_args()\n";
    let schema = read(&source);
    assert_eq!(names(&schema), ["a"]);
    assert!(
        schema.warnings[0].message.contains("too long"),
        "{:?}",
        schema.warnings
    );
}

#[test]
fn warnings_about_what_runs_after_parsing_are_left_out() {
    let schema = read(
        "import argparse, x\np = argparse.ArgumentParser()\np.add_argument('--a')\np.parse_args()\nx.use(p)\n",
    );
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
}

#[test]
fn definitions_know_their_line() {
    let schema =
        read_body("p.add_argument('--a')\n\np.add_argument(\n    '--b',\n    type=int,\n)");
    let lines: Vec<u32> = schema
        .parser
        .args
        .iter()
        .map(|argument| argument.line)
        .collect();
    assert_eq!(lines, [4, 6]);
}

#[test]
fn type_names_are_bare() {
    let cases = [
        ("int", Some("int")),
        ("str", None),
        ("None", None),
        ("lambda s: s", Some("lambda")),
        ("argparse.FileType('r')", Some("FileType")),
        ("functools.partial(int, base=16)", Some("partial:int")),
        ("pathlib.Path", Some("Path")),
        ("json.loads", Some("loads")),
        ("str.lower", Some("lower")),
        ("os.path.expanduser", Some("expanduser")),
        ("utils.str2bool", Some("str2bool")),
    ];
    for (source, name) in cases {
        let body =
            format!("import functools, pathlib, json, utils\np.add_argument('--a', type={source})");
        assert_eq!(
            only(&body).type_name,
            Decided::Known(name.map(str::to_owned)),
            "{source}"
        );
    }
}

#[test]
fn actions_that_take_no_value_have_no_nargs() {
    let argument = only("p.add_argument('-v', action='count')");
    assert_eq!(argument.action, Decided::Known(Action::Count));
    assert_eq!(argument.nargs, Decided::Known(None));
    assert_eq!(argument.default, Literal::Null);
    let argument = only("p.add_argument('rest', nargs=argparse.REMAINDER)");
    assert_eq!(argument.nargs, Decided::Known(Some(Nargs::Remainder)));
}

#[test]
fn the_printed_object_has_every_part_of_the_format() {
    let schema = read_body(
        "p.add_argument('--h', help=argparse.SUPPRESS)\ns = p.add_subparsers(dest='cmd')\ns.add_parser('t', aliases=['x']).add_argument('pos', type=int)\np.set_defaults(func='t')",
    );
    let json =
        serde_json::to_string_pretty(&to_inspect_json(&schema, "train.py")).expect("it is JSON");
    insta::assert_snapshot!(json, @r#"
    {
      "schema_version": 1,
      "script": "train.py",
      "args": [
        {
          "dest": "h",
          "flags": [
            "--h"
          ],
          "positional": false,
          "help": {
            "$suppress": true
          },
          "line": 4,
          "origin": "static"
        },
        {
          "dest": "pos",
          "flags": [],
          "positional": true,
          "type": "int",
          "required": true,
          "subcommand": [
            "t"
          ],
          "line": 6,
          "origin": "static"
        }
      ],
      "subcommands": [
        {
          "dest": "cmd",
          "required": false,
          "at": [],
          "choices": [
            {
              "name": "t",
              "aliases": [
                "x"
              ]
            }
          ]
        }
      ],
      "exclusive_groups": [],
      "set_defaults": {
        "func": "t"
      },
      "alternatives": [],
      "warnings": []
    }
    "#);
}

#[test]
fn a_syntax_error_names_its_place() {
    let error = read_script("import argparse\nx = (1,\ny = 2\n", "bad.py", &NoSources)
        .expect_err("no Python");
    let ReadScriptError::Syntax { line, column, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(*line >= 2 && *column >= 1);
    assert!(
        error
            .to_string()
            .starts_with("`bad.py` is not valid Python: "),
        "{error}"
    );
    let error = read_script("print 'two'\n", "old.py", &NoSources).expect_err("Python 2");
    assert!(error.hint().contains("Python 3"), "{}", error.hint());
}

#[test]
fn a_script_without_a_parser_says_which_library_it_uses() {
    let error = |source: &str| {
        read_script(source, "t.py", &NoSources)
            .expect_err("no parser")
            .to_string()
    };
    assert_eq!(error("print(1)\n"), "`t.py` has no command line parser");
    assert_eq!(
        error("import click\n@click.command()\ndef f(): pass\nf()\n"),
        "`t.py` defines its command line with `click`, which cannot be read"
    );
    for library in ["typer", "fire", "hydra", "absl"] {
        let message = error(&format!("from {library} import something\n"));
        assert!(message.contains(&format!("`{library}`")), "{message}");
    }
}

#[test]
fn decoding_follows_the_coding_line() {
    assert_eq!(decode(b"\xef\xbb\xbfx = 1").as_deref(), Ok("x = 1"));
    assert_eq!(
        decode("# -*- coding: utf-8 -*-\nx = 'é'".as_bytes()).as_deref(),
        Ok("# -*- coding: utf-8 -*-\nx = 'é'")
    );
    assert_eq!(
        decode(b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n'\xe9'").as_deref(),
        Ok("#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n'é'")
    );
    assert_eq!(
        decode(b"x = 1\ny = '\xe9'\n"),
        Err(DecodeError::NotUtf8 {
            offset: 11,
            line: 2
        })
    );
    assert_eq!(
        decode(b"# coding: ascii\n'\xe9'"),
        Err(DecodeError::NotAscii {
            offset: 17,
            line: 2
        })
    );
    assert_eq!(
        decode(b"# coding: shift-jis\n"),
        Err(DecodeError::UnknownEncoding {
            name: "shift-jis".to_owned()
        })
    );
    assert_eq!(
        decode(b"x\n\0"),
        Err(DecodeError::Nul { offset: 2, line: 2 })
    );
}

#[test]
fn a_five_thousand_line_script_takes_a_bounded_number_of_steps() {
    let mut lines = String::new();
    for i in 0..2500 {
        let call =
            format!("p.add_argument('--o{i}', type=int,\n    default={i} * 2, help='no. {i}')\n");
        lines.push_str(&call);
    }
    let schema = read_body(&lines);
    assert_eq!(schema.parser.args.len(), 2500);
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
}

#[test]
fn words_that_name_files_are_known_to_the_schema() {
    let schema = read(
        "import argparse\np = argparse.ArgumentParser(fromfile_prefix_chars='@', prefix_chars='-+')\np.add_argument('+a')\np.parse_args()\n",
    );
    assert_eq!(schema.parser.fromfile_prefix_chars.as_deref(), Some("@"));
    assert_eq!(schema.parser.prefix_chars.as_deref(), Some("-+"));
}

#[test]
fn a_library_that_is_not_read_is_named_and_its_remedy_is_true() {
    let error = read_script(
        "import click\n@click.command()\ndef f(): pass\nf()\n",
        "t.py",
        &NoSources,
    )
    .expect_err("no parser");
    assert!(
        matches!(&error, ReadScriptError::OtherLibrary { library, .. } if library == "click"),
        "{error:?}"
    );
    assert!(error.hint().contains("single task"), "{}", error.hint());
}

#[test]
fn a_parser_made_in_another_module_brings_its_own_arguments() {
    struct One;
    impl inspect::Sources for One {
        fn read(&self, path: &str) -> Option<String> {
            (path == "other.py").then(|| {
                "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--own', type=int)\n\
                 if __name__ == '__main__':\n    parser.add_argument('--alone')\n"
                    .to_owned()
            })
        }
    }
    let schema = read_script(
        "from other import parser as base\nbase.add_argument('--more')\nargs = base.parse_args()\n",
        "train.py",
        &One,
    )
    .expect("the script has a parser");
    assert_eq!(names(&schema), ["own", "more"]);
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
}

#[test]
fn folders_above_the_script_are_asked_for_by_their_relative_path() {
    struct Above;
    impl inspect::Sources for Above {
        fn read(&self, path: &str) -> Option<String> {
            (path == "../common/opts.py").then(|| "LR = 0.5\n".to_owned())
        }
    }
    let schema = read_script(
        "import argparse, os, sys\nsys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))\n\
         from common.opts import LR\np = argparse.ArgumentParser()\np.add_argument('--lr', default=LR)\np.parse_args()\n",
        "train.py",
        &Above,
    )
    .expect("the script has a parser");
    assert_eq!(schema.parser.args[0].default, Literal::Float(0.5));
}

#[test]
fn the_place_of_the_project_is_not_known_but_names_in_it_are() {
    let argument = only(
        "from pathlib import Path\np.add_argument('--a', default=Path(__file__).parent / 'x', help=os.path.basename(__file__))",
    );
    assert_eq!(argument.default, expr("Path(__file__).parent / 'x'"));
    assert_eq!(argument.help, Decided::Known(Some("train.py".to_owned())));
}
