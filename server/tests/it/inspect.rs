//! `runyard inspect`: its JSON, its table, several scripts, and what it says when something is wrong.

use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::scene::{Printed, python};

fn ask(scene: &Scene, words: &[&str]) -> Printed {
    let mut all = vec!["inspect"];
    all.extend(words);
    scene.runyard(&all)
}

/// The error that a probe of this script gives, folders and interpreters left out.
fn probe_error(text: &str) -> String {
    let scene = Scene::with("train.py", text);
    let printed = ask(
        &scene,
        &[
            "--probe",
            "train.py",
            "--time-limit",
            "20",
            "--python",
            python(),
        ],
    );
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (1, ""),
        "{printed:?}"
    );
    let json = ask(
        &scene,
        &[
            "--probe",
            "--json",
            "train.py",
            "--time-limit",
            "20",
            "--python",
            python(),
        ],
    );
    let value: Value = serde_json::from_str(&json.stderr).unwrap();
    let place = format!("{} {}", value["error"]["file"], value["error"]["line"]);
    format!(
        "{}\n{place}",
        scene.plain(&printed.stderr.replace(python(), "[python]"))
    )
}

#[test]
fn every_key_of_the_json_is_there() {
    let scene = Scene::with(
        "train.py",
        "import argparse, enum, pathlib, sys\nclass Mode(enum.Enum):\n    FAST = 1\np = argparse.ArgumentParser()\ng = p.add_argument_group('model')\ng.add_argument('--lr', '-l', type=float, default=float('inf'), help='rate', metavar='X')\nx = p.add_mutually_exclusive_group(required=True)\nx.add_argument('--a', action='store_true')\nx.add_argument('--b', nargs='?', const=3, type=int)\np.add_argument('--out', type=pathlib.Path, default=pathlib.Path('o'))\np.add_argument('--mode', default=Mode.FAST, choices=[Mode.FAST])\np.add_argument('--s', default=argparse.SUPPRESS)\np.add_argument('--d', default={1: 'a'})\np.add_argument('--set', default={2})\nimport os\np.add_argument('--u', default=os.environ.get('HOME'))\np.set_defaults(kind='z')\ns = p.add_subparsers(dest='cmd', required=True)\nt = s.add_parser('train', aliases=['t'])\nt.add_argument('data', nargs='+')\np.parse_args()\n",
    );
    let printed = ask(&scene, &["--json", "train.py"]);
    assert_eq!(
        (printed.code, printed.stderr.as_str()),
        (0, ""),
        "{printed:?}"
    );
    let found = printed.json();
    let arg = |dest: &str| {
        found["args"]
            .as_array()
            .unwrap()
            .iter()
            .find(|arg| arg["dest"] == dest)
            .unwrap()
            .clone()
    };
    assert_eq!(
        arg("lr"),
        json!({ "dest": "lr", "flags": ["--lr", "-l"], "positional": false, "type": "float", "default": { "$float": "Infinity" },
            "metavar": "X", "help": "rate", "group": "model", "line": 6, "origin": "static" })
    );
    assert_eq!(
        (&arg("a")["mx"], &arg("a")["action"]),
        (&json!("g1"), &json!("store_true"))
    );
    assert_eq!(
        (&arg("b")["const"], &arg("b")["nargs"]),
        (&json!(3), &json!("?"))
    );
    assert_eq!(arg("out")["default"], json!({ "$path": "o" }));
    assert_eq!(
        arg("mode")["default"],
        json!({ "$enum": "Mode.FAST", "value": 1 })
    );
    assert_eq!(arg("s")["default"], json!({ "$suppress": true }));
    assert_eq!(arg("d")["default"], json!({ "$dict": [[1, "a"]] }));
    assert_eq!(arg("set")["default"], json!({ "$set": [2] }));
    assert_eq!(
        arg("u")["default"],
        json!({ "$expr": "os.environ.get('HOME')" })
    );
    assert_eq!(
        (&arg("data")["positional"], &arg("data")["subcommand"]),
        (&json!(true), &json!(["train"]))
    );
    assert_eq!(
        found["subcommands"],
        json!([{ "dest": "cmd", "required": true, "at": [], "choices": [{ "name": "train", "aliases": ["t"] }] }])
    );
    assert_eq!(
        found["exclusive_groups"],
        json!([{ "id": "g1", "required": true }])
    );
    assert_eq!(found["set_defaults"], json!({ "kind": "z" }));
    assert_eq!(
        (&found["alternatives"], &found["warnings"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        (&found["schema_version"], &found["script"]),
        (&json!(1), &json!("train.py"))
    );

    // The real parser says the same, and what it says more is in the same form.
    let probed = ask(
        &scene,
        &["--probe", "--json", "train.py", "--python", python()],
    );
    assert_eq!(probed.code, 0, "{probed:?}");
    let probed = probed.json();
    for (real, read) in probed["args"]
        .as_array()
        .unwrap()
        .iter()
        .zip(found["args"].as_array().unwrap())
    {
        let mut real = real.clone();
        assert_eq!(real["origin"], "probe");
        if real["dest"] == "u" {
            assert_eq!(real["static"], json!({ "default": read["default"] }));
            continue;
        }
        real["origin"] = json!("static");
        assert_eq!(real, *read);
    }
    for key in [
        "subcommands",
        "exclusive_groups",
        "set_defaults",
        "warnings",
    ] {
        assert_eq!(probed[key], found[key], "{key}");
    }
}

#[test]
fn several_scripts_are_told_one_after_the_other_and_one_failure_fails() {
    let scene = Scene::with(
        "a.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', type=int, default=1, help='the\\nhelp')\np.add_argument('--long-name', choices=['a', 'b'], required=True)\np.add_argument('files', nargs='*')\np.parse_args()\n",
    );
    scene.write("b.py", "print()\n");
    let printed = ask(&scene, &["a.py", "b.py"]);
    assert_eq!(printed.code, 1);
    insta::assert_snapshot!(printed.stdout, @r"
    a.py:
    arguments:
      --x          int    1         the help
      --long-name  str    required  {a, b}
      files        str *  -
    b.py:
    ");
    insta::assert_snapshot!(printed.stderr, @r"
    error: `b.py` has no command line parser
    hint: define the options with `argparse`, or give the parameters in a config file
    ");
    let json = ask(&scene, &["--json", "a.py", "a.py"]);
    assert_eq!(json.code, 0);
    let scripts: Vec<Value> = json
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(scripts.len(), 2);
}

#[test]
fn another_parser_of_the_file_is_named_and_can_be_shown() {
    let scene = Scene::with(
        "train.py",
        "import argparse\na = argparse.ArgumentParser()\na.add_argument('--lr')\nb = argparse.ArgumentParser()\nb.add_argument('--depth')\na.parse_args()\n",
    );
    let first = ask(&scene, &["train.py"]);
    insta::assert_snapshot!(first.stderr, @"note: another parser, line 5, 1 arguments: --depth (--parser 1)");
    let second = ask(&scene, &["train.py", "--parser", "1", "--json"]).json();
    assert_eq!(second["args"][0]["dest"], "depth");
    assert_eq!(second["alternatives"][0]["args"][0]["dest"], "lr");
    let refused = ask(&scene, &["train.py", "--parser", "2", "--json"]);
    assert_eq!(refused.code, 1);
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(error["error"]["code"], "bad_request");
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let scene = Scene::new();
    assert_eq!(ask(&scene, &[]).code, 2);
    assert_eq!(ask(&scene, &["x.py", "--time-limit", "0"]).code, 2);
    assert_eq!(ask(&scene, &["x.py", "--probe", "--check"]).code, 2);
}

#[test]
fn errors_of_reading_name_file_line_and_column() {
    let error = |name: &str, text: &[u8]| {
        let scene = Scene::new();
        scene.write(name, text);
        let printed = ask(&scene, &["--json", name]);
        assert_eq!((printed.code, printed.stdout.as_str()), (1, ""));
        let value: Value = serde_json::from_str(&printed.stderr).unwrap();
        value["error"].clone()
    };
    let syntax = error("train.py", b"import argparse\np = (\n");
    assert_eq!(
        (&syntax["file"], &syntax["line"]),
        (&json!("train.py"), &json!(3)),
        "{syntax}"
    );
    assert!(syntax["column"].is_u64() && syntax["hint"].is_string());
    let bytes = error("train.py", b"x = 1\ny = '\xff'\n");
    assert!(bytes["file"].as_str().unwrap().ends_with("/train.py"));
    assert_eq!(bytes["line"], 2, "{bytes}");
    let kind = error("train.sh", b"x");
    assert_eq!(
        (&kind["file"], &kind["code"]),
        (&json!("train.sh"), &json!("conflict"))
    );
}

#[test]
fn a_module_that_is_missing_is_named_with_the_interpreter() {
    insta::assert_snapshot!(probe_error("import argparse\nimport no_such_module_here\n"), @r#"
    error: `train.py` failed before it read its command line: ModuleNotFoundError: No module named 'no_such_module_here' (train.py, line 2)
    hint: install `no_such_module_here` for `[python]`, or give the interpreter that has it: `--python PATH`
    "train.py" 2
    "#);
}

#[test]
fn a_script_that_fails_is_told_with_its_line() {
    insta::assert_snapshot!(probe_error("x = 1\ndef f():\n    return {}['lr']\nf()\n"), @r#"
    error: `train.py` failed before it read its command line: KeyError: 'lr' (train.py, line 3)
    hint: mend it, or give the arguments that the script needs to get that far behind `--`
    "train.py" 3
    "#);
}

#[test]
fn what_was_refused_is_told_when_the_script_could_not_go_on() {
    insta::assert_snapshot!(probe_error("import subprocess\nsubprocess.check_output(['lscpu', '-J'])\n"), @r#"
    error: `train.py` failed before it read its command line: CalledProcessError: Command '['lscpu', '-J']' returned non-zero exit status 127. (train.py, line 2); it was not let start `lscpu -J` (line 2)
    hint: move what it does there behind `parse_args`, or go on with the static reading
    "train.py" 2
    "#);
}

#[test]
fn a_script_that_gives_up_is_told_with_its_words() {
    insta::assert_snapshot!(probe_error("import sys\nsys.exit('usage: train.py DATA')\n"), @r#"
    error: `train.py` ended before it read its command line: usage: train.py DATA
    hint: give the arguments that the script needs to get that far behind `--`
    "train.py" null
    "#);
}

#[test]
fn a_script_without_a_parser_is_told() {
    insta::assert_snapshot!(probe_error("print('hello')\n"), @r#"
    error: `train.py` ran to its end without an `argparse` parser
    hint: define the options with `argparse`, or give the parameters in a config file
    "train.py" null
    "#);
}

#[test]
fn a_program_that_is_no_python_is_told() {
    let scene = Scene::with("train.py", "x = 1\n");
    let printed = ask(&scene, &["--probe", "train.py", "--python", "/bin/false"]);
    assert_eq!(printed.code, 1);
    insta::assert_snapshot!(printed.stderr.trim_end(), @r"
    error: `/bin/false` could not run the probe
    hint: the probe needs Python 3.8 or newer: give `--python PATH`
    ");
}
