//! Probes and parsers of experiments: asked for, remembered, out of date, forgotten, chosen.

use serde_json::{Value, json};

use crate::support::scene::python;
use crate::support::{Ask, Scene, Server};

/// A default that only the script knows, and one argument that only its own helper makes.
const HIDDEN: &str = "import argparse\nfrom helper import size\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.1)\np.add_argument('--width', type=int, default=size())\np.parse_args()\nopen('worked', 'w')\n";
const HELPER: &str = "import os\ndef size():\n    return len(os.getcwd()) * 0 + int(os.environ.get('NO_SUCH_VARIABLE', '7'))\n";

const TWO: &str = "import argparse\na = argparse.ArgumentParser(description='The first')\na.add_argument('--lr', type=float, default=0.1)\nb = argparse.ArgumentParser(description='The second')\nb.add_argument('--depth', type=int, default=3)\nb.add_argument('--name', default='x')\nif __name__ == '__main__':\n    a.parse_args()\n";

fn hidden() -> Scene {
    let scene = Scene::with("train.py", HIDDEN);
    scene.write("helper.py", HELPER);
    scene
}

fn default_of(experiment: &Value, dest: &str) -> Value {
    let args = experiment["schema"]["parser"]["args"].as_array().unwrap();
    args.iter().find(|arg| arg["dest"] == dest).unwrap()["default"].clone()
}

fn delete(server: &Server, path: &str) -> Value {
    let answer = Ask::new("DELETE", path)
        .header("Host", format!("127.0.0.1:{}", server.port))
        .header("Authorization", format!("Bearer {}", server.token))
        .send(server.port);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn a_probe_is_merged_remembered_and_forgotten() {
    let scene = hidden();
    let server = Server::start(&scene, "train.py");
    let before = server.get("/api/v1/experiments/train").json();
    assert_eq!(before["reading"]["origin"], "static");
    assert!(
        default_of(&before, "width")["$expr"].is_string(),
        "{before}"
    );

    let answer = server.post("/api/v1/experiments/train/probe", &json!({ "args": [] }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let probed = answer.json();
    assert_eq!(probed["reading"]["origin"], "probe");
    assert_eq!(default_of(&probed, "width"), 7);
    let arg = &probed["schema"]["parser"]["args"][1];
    assert_eq!((&arg["line"], &arg["origin"]), (&json!(5), &json!("probe")));
    assert!(arg["static"]["default"]["$expr"].is_string(), "{arg}");
    let probe = &probed["reading"]["probe"];
    assert_eq!(
        (&probe["outdated"], &probe["partial"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(probe["differences"]["fields"][0]["argument"], "width");
    assert_eq!(probe["differences"]["fields"][0]["undecided"], true);
    assert!(!scene.path("worked").exists() && !scene.path("__pycache__").exists());

    assert_eq!(
        server.get("/api/v1/experiments/train").json(),
        probed,
        "it is remembered"
    );
    server.stop();
    let server = Server::start(&scene, "train.py");
    let again = server.get("/api/v1/experiments/train").json();
    assert_eq!(again["schema"], probed["schema"], "over a restart too");

    // A module of the script has changed: what it said may be wrong now.
    scene.write("helper.py", HELPER.replace('7', "8"));
    let changed = server.get("/api/v1/experiments/train").json();
    assert_eq!(changed["reading"]["origin"], "static");
    assert_eq!(changed["reading"]["probe"]["outdated"], true);
    assert!(default_of(&changed, "width")["$expr"].is_string());
    scene.write("helper.py", HELPER);
    let back = server.get("/api/v1/experiments/train").json();
    assert_eq!(back["reading"]["origin"], "probe", "the old probe was kept");

    let forgotten = delete(&server, "/api/v1/experiments/train/probe");
    assert_eq!(forgotten["reading"], before["reading"]);
    assert!(
        !scene
            .read("_runyard_/train/experiment.json")
            .contains("\"probe\"")
    );
}

#[test]
fn flags_chosen_before_are_passed_word_by_word() {
    let script = "import argparse, sys\nq = argparse.ArgumentParser(add_help=False)\nq.add_argument('--net', default='a')\nearly, rest = q.parse_known_args()\np = argparse.ArgumentParser(parents=[q])\nimport importlib\nimportlib.import_module('net_' + early.net).add(p)\np.parse_args(rest)\n";
    let scene = Scene::with("train.py", script);
    scene.write("net_a.py", "def add(p): p.add_argument('--alpha')\n");
    scene.write(
        "net_b $(touch x).py",
        "def add(p): p.add_argument('--beta')\n",
    );
    let server = Server::start(&scene, "train.py");
    let dests = |args: Value| -> Vec<String> {
        let answer = server.post("/api/v1/experiments/train/probe", &json!({ "args": args }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let found = answer.json();
        let args = found["schema"]["parser"]["args"].as_array().unwrap();
        args.iter()
            .map(|arg| arg["dest"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(dests(json!([])), ["net", "alpha"]);
    assert_eq!(dests(json!(["--net", "b $(touch x)"])), ["net", "beta"]);
    assert!(!scene.path("x").exists());
}

#[test]
fn a_parser_of_several_is_chosen_and_remembered() {
    let scene = Scene::with("train.py", TWO);
    let server = Server::start(&scene, "train.py");
    let path = "/api/v1/experiments/train/parser";
    let first = server.get("/api/v1/experiments/train").json();
    let parsers = first["reading"]["parsers"].clone();
    assert_eq!(
        parsers,
        json!([
            { "index": 0, "label": "The first", "line": 3, "arguments": 1 },
            { "index": 1, "label": "The second", "line": 5, "arguments": 2 },
        ])
    );
    let answer = server.put(path, &json!({ "index": 1 }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let second = answer.json();
    assert_eq!(second["reading"]["parser"], 1);
    assert_eq!(second["reading"]["parsers"], parsers, "their numbers stay");
    assert_eq!(default_of(&second, "depth"), 3);
    assert_eq!(server.get("/api/v1/experiments/train").json(), second);
    let refused = server.put(path, &json!({ "index": 2 }));
    assert_eq!(refused.status, 400);
    insta::assert_snapshot!(refused.json()["message"].as_str().unwrap(), @"there is no parser 2: the script has 2, numbered from 0");
    assert_eq!(
        server.get("/api/v1/experiments/train").json(),
        second,
        "the old choice stays"
    );
    assert_eq!(
        server.put(path, &json!({ "index": 0 })).json()["reading"],
        first["reading"]
    );
}

#[test]
fn the_command_line_uses_what_is_remembered_and_can_say_otherwise() {
    let scene = Scene::with("train.py", TWO);
    let values = |words: &[&str]| {
        let mut all = vec!["train.py", "--dry-run", "--json"];
        all.extend(words);
        let printed = scene.run(&all);
        assert_eq!(printed.code, 0, "{printed:?}");
        printed.json()["tasks"][0]["values"].clone()
    };
    assert_eq!(values(&[]), json!({ "lr": 0.1 }));
    assert_eq!(
        values(&["--parser", "1"]),
        json!({ "depth": 3, "name": "x" })
    );
    let server = Server::start(&scene, "train.py");
    server.put("/api/v1/experiments/train/parser", &json!({ "index": 1 }));
    server.stop();
    assert_eq!(values(&[]), json!({ "depth": 3, "name": "x" }));
    assert_eq!(values(&["--parser", "0"]), json!({ "lr": 0.1 }));
    let refused = scene.run(&["train.py", "--dry-run", "--parser", "5"]);
    assert_eq!(refused.code, 1);
    insta::assert_snapshot!(refused.stderr, @r"
    error: there is no parser 5: the script has 2, numbered from 0
    hint: `runyard inspect SCRIPT` lists the parsers
    ");
}

#[test]
fn a_probe_from_the_command_line_is_remembered_by_the_experiment_and_named_when_out_of_date() {
    let scene = hidden();
    let ran = scene.runyard(&["inspect", "--probe", "train.py", "--python", python()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        scene.names(""),
        ["helper.py", "train.py"],
        "without an experiment nothing is written"
    );
    let server = Server::start(&scene, "train.py");
    let served = scene.runyard(&["inspect", "--probe", "train.py", "--python", python()]);
    assert_eq!(served.code, 0, "{served:?}");
    assert!(
        served.stderr.contains("the project is served"),
        "{}",
        served.stderr
    );
    server.stop();
    assert_eq!(
        scene
            .runyard(&["inspect", "--probe", "train.py", "--python", python()])
            .code,
        0
    );
    let dry = scene.run(&["train.py", "--dry-run", "--json"]);
    assert_eq!(dry.json()["tasks"][0]["values"]["width"], 7, "{dry:?}");
    scene.write("helper.py", HELPER.replace('7', "8"));
    let dry = scene.run(&["train.py", "--dry-run", "--json"]);
    assert_eq!(
        dry.stderr,
        "note: the script has changed since it was probed, so its source is read instead\n"
    );
}

#[test]
fn only_experiments_are_probed_never_paths() {
    let scene = Scene::with("project/train.py", TWO);
    scene.write(
        "outside.py",
        "import argparse\nargparse.ArgumentParser().parse_args()\n",
    );
    let server = Server::start(&scene, "project/train.py");
    let outside = scene
        .path("outside.py")
        .to_string_lossy()
        .replace('/', "%2F");
    for name in [
        "outside",
        "..%2Foutside",
        "..%2F..%2Foutside.py",
        "..",
        "%2e%2e",
        outside.as_str(),
        "train%00",
    ] {
        for (method, end) in [("POST", "probe"), ("PUT", "parser"), ("DELETE", "probe")] {
            let answer = Ask::new(method, &format!("/api/v1/experiments/{name}/{end}"))
                .header("Host", format!("127.0.0.1:{}", server.port))
                .header("Authorization", format!("Bearer {}", server.token))
                .json(&json!({ "args": [], "index": 0, "script": "../outside.py" }))
                .send(server.port);
            assert!(
                matches!(answer.status, 400 | 404),
                "{name} {method}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    assert_eq!(scene.names(""), ["outside.py", "project"]);
}

#[test]
fn nonsense_is_refused_before_anything_runs() {
    let scene = Scene::with("train.py", TWO);
    let server = Server::start(&scene, "train.py");
    for (body, message) in [
        (
            json!({ "time_limit_secs": 0 }),
            "`time_limit_secs` is 0; 1 to 600 are possible",
        ),
        (
            json!({ "time_limit_secs": 601 }),
            "`time_limit_secs` is 601; 1 to 600 are possible",
        ),
        (
            json!({ "args": ["a\0b"] }),
            "`args` are too long, or hold a NUL",
        ),
        (
            json!({ "args": vec!["x"; 2000] }),
            "`args` are too long, or hold a NUL",
        ),
    ] {
        let answer = server.post("/api/v1/experiments/train/probe", &body);
        assert_eq!(
            (answer.status, answer.json()["message"].as_str()),
            (400, Some(message))
        );
    }
    assert_eq!(
        server
            .post("/api/v1/experiments/train/probe", &json!({ "args": "x" }))
            .status,
        422
    );
}
