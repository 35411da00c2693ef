//! Config files with `__run__`: folders, numbers, copies of the code, repeats.

use std::fs;

use serde_json::{Value, json};

use crate::support::scene::Printed;
use crate::support::{Scene, Server, wait_until};

const BASE: &str = "\
__run__:
  __main__: pkg.sub.run:main
  __output_dir__: out
  __name__: base/{seed}
  __extra__: kept out
__other__: stays
seed: 666
data:
  path: $EXPYRUN_CWD/data
training:
  lr: 1e-3
";

/// Tells everything a test wants to know, as JSON in the log.
const RUN: &str = r#"
import json, os, sys
import beside.x, lone
from . import helper

def main(name, config):
    with open(os.path.join(os.path.dirname(__file__), "..", "data.json")) as file:
        data = json.load(file)
    print(json.dumps({
        "name": name, "config": config, "cwd": os.getcwd(), "launched": os.environ["EXPYRUN_CWD"],
        "file": os.path.realpath(__file__), "beside": beside.x.__file__, "lone": lone.__file__,
        "data": data, "argv": sys.argv, "config_file": os.environ["RUNYARD_CONFIG"],
    }))
    print("to stderr", file=sys.stderr)
    return {"ignored": True}
"#;

fn scene() -> Scene {
    let scene = Scene::with("base.yml", BASE);
    for (path, text) in [
        ("pkg/__init__.py", ""),
        ("pkg/data.json", "{\"d\": 1}"),
        ("pkg/sub/__init__.py", ""),
        ("pkg/sub/helper.py", ""),
        ("pkg/sub/run.py", RUN),
        ("beside/__init__.py", ""),
        ("beside/x.py", "V = 1\n"),
        ("lone.py", ""),
        ("unrelated/__init__.py", ""),
    ] {
        scene.write(path, text);
    }
    scene
}

fn ok(printed: &Printed) {
    assert_eq!(printed.code, 0, "{printed:?}");
}

/// The first line of a run's log.
fn told(scene: &Scene, folder: &str) -> Value {
    let log = scene.read(&format!("{folder}/outputs.log"));
    let line = log.lines().next().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {log}"))
}

#[test]
fn a_run_gets_a_folder_with_the_promised_files_and_runs_its_own_copy() {
    let scene = scene();
    ok(&scene.run(&["base.yml", "--training.lr", "0.5"]));
    let folder = "out/base/666/exp.0";
    let names = scene.names(folder);
    for name in [
        "beside",
        "config.json",
        "config.yml",
        "env.json",
        "frozen_requirements.txt",
        "lone.py",
        "outputs.log",
        "pkg",
        "raw_config.yml",
        "run.json",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} in {names:?}"
        );
    }
    assert!(!names.iter().any(|name| name == "unrelated"), "{names:?}");
    let told = told(&scene, folder);
    let at = |path: &str| scene.path(path).to_string_lossy().into_owned();
    assert_eq!(told["name"], "base/666");
    assert_eq!(told["cwd"], at(folder));
    assert_eq!(told["launched"], at("").trim_end_matches('/'));
    assert_eq!(told["file"], at("out/base/666/exp.0/pkg/sub/run.py"));
    assert_eq!(told["beside"], at("out/base/666/exp.0/beside/x.py"));
    assert_eq!(told["lone"], at("out/base/666/exp.0/lone.py"));
    assert_eq!(
        told["data"],
        json!({ "d": 1 }),
        "data files are copied, too"
    );
    assert_eq!(told["argv"], json!(["pkg.sub.run:main"]));
    assert_eq!(told["config_file"], at("out/base/666/exp.0/config.yml"));
    let path = format!("{}/data", scene.root().display());
    assert_eq!(
        told["config"],
        json!({ "__other__": "stays", "seed": 666, "data": { "path": path }, "training": { "lr": 0.5 } })
    );
    let plain = |name: &str| scene.plain(&scene.read(&format!("{folder}/{name}")));
    insta::assert_snapshot!("config_yml", plain("config.yml"));
    insta::assert_snapshot!("raw_config_yml", plain("raw_config.yml"));
    assert!(
        scene
            .read(&format!("{folder}/outputs.log"))
            .ends_with("to stderr\n")
    );
    let task = scene.only_task("base");
    assert_eq!(
        scene.record("base", &task, 1)["outcome"],
        json!({ "kind": "succeeded" })
    );
    let identity = scene.json(&format!("_runyard_/base/tasks/{task}/task.json"));
    assert_eq!(identity["run_folder"]["main"], "pkg.sub.run:main");
}

#[test]
fn numbers_are_not_used_again_and_a_removed_folder_is_not_run_again() {
    let scene = scene();
    ok(&scene.run(&["base.yml"]));
    ok(&scene.run(&["base.yml", "--rerun"]));
    assert_eq!(scene.names("out/base/666"), [".exp.next", "exp.0", "exp.1"]);
    fs::remove_dir_all(scene.path("out/base/666/exp.0")).unwrap();
    fs::remove_dir_all(scene.path("out/base/666/exp.1")).unwrap();
    ok(&scene.run(&["base.yml"]));
    assert_eq!(scene.names("out/base/666"), [".exp.next", "exp.2"]);
    // What was removed by hand shows as lost; the point that is done is done.
    let printed = scene.run(&["base.yml"]);
    ok(&printed);
    assert!(printed.stderr.contains("done already"), "{printed:?}");
    let server = Server::start(&scene, "base.yml");
    let listed = server.get("/api/v1/tasks").json();
    assert_eq!(listed["counts"]["lost"], 2, "{listed}");
    assert_eq!(listed["counts"]["completed"], 1, "{listed}");
}

#[test]
fn debug_runs_the_code_in_place_and_copies_nothing() {
    let scene = scene();
    ok(&scene.run(&["base.yml", "--debug"]));
    let folder = "out/DEBUG/base/666/exp.0";
    let names = scene.names(folder);
    for name in ["pkg", "beside", "frozen_requirements.txt"] {
        assert!(!names.iter().any(|known| known == name), "{names:?}");
    }
    let told = told(&scene, folder);
    assert_eq!(
        told["file"],
        scene.path("pkg/sub/run.py").to_string_lossy().into_owned()
    );
    let config = scene.read(&format!("{folder}/config.yml"));
    let code = format!("__code__: {}\n", scene.root().display());
    assert!(config.contains(&code), "{config}");
}

#[test]
fn debug_is_for_run_files_only() {
    let scene = Scene::with("train.py", "print(1)\n");
    let printed = scene.run(&["train.py", "--debug"]);
    assert_eq!(printed.code, 1);
    insta::assert_snapshot!(scene.plain(&printed.stderr), @r"
    error: `--debug` is for config files with `__run__`
    hint: leave `--debug` out
    ");
}

#[test]
fn a_module_of_a_single_file_works() {
    let scene = Scene::with(
        "one.py",
        "def go(name, config):\n    print(name, config, __file__)\n",
    );
    scene.write(
        "exp.yaml",
        "__run__: {__main__: 'one:go', __output_dir__: out, __name__: 5}\na: [1, null]\n",
    );
    ok(&scene.run(&["exp.yaml"]));
    let log = scene.plain(&scene.read("out/5/exp.0/outputs.log"));
    assert_eq!(log, "5 {'a': [1, None]} [dir]/out/5/exp.0/one.py");
}

#[test]
fn failures_are_recorded_with_a_traceback_that_begins_in_the_persons_code() {
    let scene = Scene::with(
        "one.py",
        "import sys\ndef bad(name, config):\n    raise ValueError('no')\ndef leave(name, config):\n    sys.exit(7)\n",
    );
    for (file, main) in [
        ("bad.yaml", "one:bad"),
        ("leave.yaml", "one:leave"),
        ("gone.yaml", "one:gone"),
        ("none.yaml", "nowhere.x:f"),
    ] {
        scene.write(
            file,
            format!("__run__: {{__main__: '{main}', __output_dir__: out, __name__: {main}}}\n")
                .replace(":bad}", "-bad}")
                .replace(":leave}", "-leave}")
                .replace(":gone}", "-gone}")
                .replace(":f}", "-f}"),
        );
        assert_eq!(scene.run(&[file]).code, 1, "{file}");
    }
    let log = scene.plain(&scene.read("out/one-bad/exp.0/outputs.log"));
    assert_eq!(
        log,
        "Traceback (most recent call last):\n  File \"[dir]/out/one-bad/exp.0/one.py\", line 3, in bad\n    raise ValueError('no')\nValueError: no"
    );
    let record = scene.json("out/one-leave/exp.0/run.json");
    assert_eq!(
        record["outcome"],
        json!({ "kind": "failed", "exit_code": 7 })
    );
    let gone = scene.read("out/one-gone/exp.0/outputs.log");
    assert!(
        gone.contains("module 'one' has no attribute 'gone'"),
        "{gone}"
    );
    let nowhere = scene.read("out/nowhere.x-f/exp.0/outputs.log");
    assert!(nowhere.contains("No module named 'nowhere'"), "{nowhere}");
}

#[test]
fn every_point_of_a_sweep_has_a_folder_of_its_own() {
    let scene = scene();
    let printed = scene.run(&[
        "base.yml",
        "--seed",
        "1:2",
        "training.lr=0.1|0.2|0.3",
        "-j",
        "4",
    ]);
    ok(&printed);
    for seed in [1, 2] {
        let parent = format!("out/base/{seed}");
        assert_eq!(
            scene.names(&parent),
            [".exp.next", "exp.0", "exp.1", "exp.2"]
        );
        let mut rates: Vec<String> = (0..3)
            .map(|index| {
                told(&scene, &format!("{parent}/exp.{index}"))["config"]["training"]["lr"]
                    .to_string()
            })
            .collect();
        rates.sort();
        assert_eq!(rates, ["0.1", "0.2", "0.3"]);
    }
}

#[test]
fn a_sweep_executes_the_code_of_its_submission() {
    let scene = scene();
    let server = Server::start(&scene, "base.yml");
    let experiment = server.get("/api/v1/experiments/base").json();
    assert_eq!(experiment["entry"]["kind"], "run_file");
    assert_eq!(experiment["template"]["values"]["seed"], 666);
    assert_eq!(experiment["template"]["text"], BASE);
    let digest = scene.run(&["base.yml", "--dry-run", "--json"]);
    ok(&digest);
    // A person at the command line, while the page is open: the server takes it.
    let printed = scene.run(&["base.yml", "seed=1|2"]);
    ok(&printed);
    assert!(printed.stdout.contains("2 tasks queued"), "{printed:?}");
    wait_until("both have run", || {
        server.get("/api/v1/tasks").json()["counts"]["completed"] == 2
    });
    let task = server.get("/api/v1/tasks").json()["tasks"][0]["id"]["task"].clone();
    let task = task.as_str().unwrap();
    let log = server.get(&format!("/api/v1/runs/base/{task}/1/log"));
    assert_eq!(log.status, 200);
    assert!(
        log.text().contains("\"name\": \"base/1\""),
        "{}",
        log.text()
    );
    let detail = server.get(&format!("/api/v1/tasks/base/{task}")).json();
    assert!(
        detail["raw_config_yaml"]
            .as_str()
            .unwrap()
            .contains("base/{seed}"),
        "{detail}"
    );
    // The sources change; a rerun executes what was submitted.
    scene.write("pkg/sub/run.py", "raise SystemExit(9)\n");
    let rerun = server.post(
        "/api/v1/tasks/rerun",
        &json!({ "tasks": [{ "experiment": "base", "task": task }] }),
    );
    assert_eq!(rerun.json()["done"], 1);
    wait_until("it has run again", || {
        scene.names("out/base/1").len() == 3
            && !scene.read("out/base/1/exp.1/outputs.log").is_empty()
    });
    assert_eq!(told(&scene, "out/base/1/exp.1")["name"], "base/1");
}

#[test]
fn a_run_is_repeated_from_its_folder_exactly_or_derived_anew() {
    let scene = scene();
    let text = BASE.replace("seed: 666", "seed: 666\nliteral: '!P$HOME {seed}'");
    scene.write("base.yml", text);
    ok(&scene.run(&["base.yml"]));
    assert_eq!(
        told(&scene, "out/base/666/exp.0")["config"]["literal"],
        "$HOME {seed}"
    );
    scene.write("pkg/sub/run.py", "raise SystemExit(9)\n");
    ok(&scene.run(&["out/base/666/exp.0/config.yml"]));
    let again = told(&scene, "out/base/666/exp.1");
    assert_eq!(
        again["config"]["literal"], "$HOME {seed}",
        "not expanded again"
    );
    ok(&scene.run(&["out/base/666/exp.0/raw_config.yml", "--seed", "111"]));
    let derived = told(&scene, "out/base/111/exp.0");
    assert_eq!(derived["name"], "base/111");
    assert_eq!(derived["config"]["literal"], "$HOME {seed}");
}

#[test]
fn a_folder_outside_of_the_project_and_an_installed_package_work() {
    let outside = Scene::new();
    let scene = Scene::with("exp.yaml", "");
    let text = format!(
        "__run__: {{__main__: 'json.tool:main_twin', __output_dir__: '{}', __name__: x}}\n",
        outside.root().display()
    );
    scene.write("exp.yaml", text);
    assert_eq!(
        scene.run(&["exp.yaml"]).code,
        1,
        "the function is not there"
    );
    let log = outside.read("x/exp.0/outputs.log");
    assert!(log.contains("has no attribute 'main_twin'"), "{log}");
    assert!(outside.path("x/exp.0/run.json").is_file());
}

#[test]
fn an_output_folder_that_cannot_be_written_is_a_failed_start() {
    let scene = Scene::with("one.py", "def go(name, config): pass\n");
    scene.write("out", "a file");
    scene.write(
        "exp.yaml",
        "__run__: {__main__: 'one:go', __output_dir__: out, __name__: x}\n",
    );
    let printed = scene.run(&["exp.yaml"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let task = scene.only_task("exp");
    assert_eq!(
        scene.record("exp", &task, 1)["outcome"]["kind"],
        "failed_to_start"
    );
}

#[test]
fn a_dry_run_of_any_kind_writes_nothing() {
    let scene = scene();
    scene.write("train.py", "print(1)\n");
    scene.write("values.yaml", "lr: 0.1\n");
    let before = scene.names("");
    for words in [
        &["base.yml", "--dry-run", "seed=1:3"][..],
        &["base.yml", "--dry-run", "--json", "--debug"],
        &[
            "train.py",
            "--dry-run",
            "--config",
            "values.yaml",
            "lr=0.1|0.2",
        ],
        &["train.py", "--dry-run"],
    ] {
        ok(&scene.run(words));
        assert_eq!(scene.names(""), before, "{words:?}");
    }
    let printed = scene.run(&["base.yml", "--dry-run", "seed=1|1|2"]);
    insta::assert_snapshot!(scene.plain(&printed.stdout), @r#"
    1  pkg.sub.run:main("base/1", config) in [dir]/out/base/1/exp.0  seed=1
    2  pkg.sub.run:main("base/2", config) in [dir]/out/base/2/exp.0  seed=2
    "#);
}

#[test]
fn a_sweep_section_says_what_is_varied_and_the_code_does_not_see_it() {
    let scene = scene();
    let block = "sweep:\n  product: {seed: 1:3, training.lr: 0.1 | 0.2}\n  where: seed < 3\n";
    scene.write("swept.yml", format!("{BASE}{block}"));
    let planned = |words: &[&str]| -> Value {
        let printed = scene.run(&[&["swept.yml", "--dry-run", "--json"], words].concat());
        ok(&printed);
        serde_json::from_str(&printed.stdout).unwrap()
    };
    let all = planned(&[]);
    assert_eq!(all["count"], 4, "{all}");
    assert_eq!(all["tasks"][0]["values"]["sweep"], Value::Null, "{all}");
    assert_eq!(all["tasks"][3]["values"]["training"]["lr"], 0.2);
    // What is typed counts over the section's fields; conditions are added.
    assert_eq!(planned(&["training.lr=0.5"])["count"], 2);
    assert_eq!(planned(&["--where", "training.lr < 0.15"])["count"], 2);
    scene.write(
        "wrong.yml",
        format!("{BASE}sweep:\n  prodct: {{seed: 1:3}}\n"),
    );
    let printed = scene.run(&["wrong.yml", "--dry-run", "--json"]);
    let error: Value = serde_json::from_str(&printed.stderr).unwrap();
    let told = &error["error"];
    assert_eq!(told["hint"], "did you mean `product`?", "{error}");
    assert_eq!(told["file"], "wrong.yml", "{error}");
    assert_eq!(told["line"], 12, "{error}");
    // A single value under that name is a value.
    scene.write("plain.yml", format!("{BASE}sweep: fast\n"));
    let printed = scene.run(&["plain.yml", "--dry-run", "--json"]);
    let plain: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(plain["tasks"][0]["values"]["sweep"], "fast", "{plain}");
}

#[test]
fn results_beside_the_code_are_no_source() {
    let scene = scene();
    ok(&scene.run(&["base.yml"]));
    ok(&scene.run(&["base.yml", "seed=1"]));
    // Two snapshots of the same files are one, though a run was written between them.
    let store = scene.path("_runyard_/.store");
    let snapshots = fs::read_dir(store)
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .join("snapshot.json")
                .exists()
        })
        .count();
    // One of the project, one of the modules that run folders get.
    assert_eq!(snapshots, 2);
    // Who debugs wants to see it run, done or not.
    let again = scene.run(&["base.yml", "--debug"]);
    ok(&again);
    assert!(!again.stderr.contains("done already"), "{}", again.stderr);
}
