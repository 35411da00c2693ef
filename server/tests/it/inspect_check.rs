//! The reading of scripts against their real parsers: wrong is nothing, over programs that others wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Scene;
use crate::support::scene::{Printed, printed, python};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The numbers of the last line: scripts, arguments, exact, undecided, wrong, without a parser.
fn sum(printed: &Printed) -> Vec<usize> {
    let last = printed.stdout.lines().last().unwrap_or_default();
    let numbers = last.split(|c: char| !c.is_ascii_digit());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

fn wrong(printed: &Printed) -> Vec<&str> {
    printed
        .stdout
        .lines()
        .filter(|line| line.contains("WRONG"))
        .collect()
}

/// The modules of the standard library that have a command line made with argparse.
fn standard_library() -> Vec<PathBuf> {
    let output = Command::new(python())
        .args([
            "-c",
            "import sysconfig; print(sysconfig.get_paths()['stdlib'])",
        ])
        .output()
        .unwrap();
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    let mut found = Vec::new();
    let mut to_visit = vec![folder.clone()];
    while let Some(dir) = to_visit.pop() {
        for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let is_left_out = [
                "test",
                "tests",
                "idlelib",
                "site-packages",
                "dist-packages",
                "lib2to3",
                "distutils",
                "ensurepip",
                "unittest",
            ]
            .contains(&name.as_str());
            if path.is_dir() && !path.is_symlink() && !is_left_out {
                to_visit.push(path);
            } else if path.extension().is_some_and(|ending| ending == "py")
                && fs::read_to_string(&path)
                    .is_ok_and(|text| text.contains("import argparse") && text.contains("__main__"))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_read_wrong_in_the_standard_library() {
    let scripts = standard_library();
    assert!(scripts.len() >= 10, "{scripts:?}");
    let scene = Scene::new();
    let command = scene
        .command()
        .args(["inspect", "--check", "--python", python()])
        .args(&scripts)
        .output();
    let printed = printed(command.unwrap());
    assert_eq!(wrong(&printed), Vec::<&str>::new(), "{}", printed.stderr);
    assert_eq!(printed.code, 0, "{printed:?}");
    let [compared, arguments, exact, ..] = sum(&printed)[..] else {
        panic!("{printed:?}")
    };
    assert!(compared + 2 >= scripts.len(), "{}", printed.stderr);
    assert!(
        arguments >= 50 && exact * 100 >= arguments * 90,
        "{}",
        printed.stdout
    );
}

#[test]
fn nothing_is_read_wrong_in_the_programs_of_a_dozen_packages() {
    let output = Command::new(repository().join("xtask/inspect-check.sh"))
        .env("RUNYARD", env!("CARGO_BIN_EXE_runyard"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let printed = printed(output);
    assert_eq!(wrong(&printed), Vec::<&str>::new(), "{}", printed.stderr);
    assert_eq!(
        printed.code, 0,
        "`make target/stamps/inspect-venv` installs them: {printed:?}"
    );
    let [compared, arguments, exact, ..] = sum(&printed)[..] else {
        panic!("{printed:?}")
    };
    assert!(compared >= 40, "{}", printed.stderr);
    assert!(arguments >= 300 && exact >= 200, "{}", printed.stdout);
}

/// A reading that is wrong is found: the check does not call everything right.
#[test]
fn what_is_wrong_is_named_and_fails_the_check() {
    let scene = Scene::with(
        "train.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.1)\np.add_argument('--old')\np._actions.pop()\np.parse_args()\n",
    );
    let printed = scene.runyard(&["inspect", "--check", "train.py", "--python", python()]);
    assert_eq!(printed.code, 1, "{printed:?}");
    insta::assert_snapshot!(printed.stdout, @r"
    train.py: 1 arguments, 1 exact, 0 undecided, 1 wrong
        WRONG old (line 4) does not exist
    1 scripts, 1 arguments: 1 exact, 0 undecided, 1 wrong; 0 scripts gave no parser
    ");
}

/// Libraries that build their parsers themselves, asked in the environment where they are installed.
#[test]
fn libraries_that_end_in_argparse_are_probed() {
    let python = repository().join("target/inspect-venv/bin/python");
    let python = python.to_str().unwrap();
    let scripts = [
        (
            "configargparse",
            "import configargparse\np = configargparse.ArgParser()\np.add('-c', '--config', is_config_file=True)\np.add_argument('--lr', type=float, default=0.1)\np.parse_args()\nopen('worked', 'w')\n",
            ["config", "lr"],
        ),
        (
            "simple",
            "from dataclasses import dataclass\nfrom simple_parsing import ArgumentParser\n@dataclass\nclass Options:\n    lr: float = 0.1\np = ArgumentParser()\np.add_argument('--foo', type=int, default=1)\np.add_arguments(Options, dest='options')\np.parse_args()\nopen('worked', 'w')\n",
            ["foo", "options.lr"],
        ),
        (
            "typed",
            "from dataclasses import dataclass\nimport tyro\n@dataclass\nclass Options:\n    lr: float = 0.1\n    name: str = 'x'\ntyro.cli(Options)\nopen('worked', 'w')\n",
            ["lr", "name"],
        ),
    ];
    let scene = Scene::new();
    for (name, text, dests) in scripts {
        let file = format!("use_{name}.py");
        scene.write(&file, text);
        let printed = scene.runyard(&["inspect", "--probe", "--json", &file, "--python", python]);
        assert_eq!(printed.code, 0, "{name}: {printed:?}");
        let found = printed.json();
        let args = found["args"].as_array().unwrap();
        let found: Vec<&str> = args
            .iter()
            .map(|arg| arg["dest"].as_str().unwrap())
            .collect();
        assert_eq!(found, dests, "{name}");
        assert!(!scene.path("worked").exists(), "{name}");
    }
}
