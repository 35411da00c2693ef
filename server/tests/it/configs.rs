//! `runyard config`: what files make together, where values come from, what two configs differ in; and the same over HTTP.

use serde_json::json;

use crate::support::{Scene, Server};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write(
        "base.yaml",
        "lr: 0.1\nseed: 1\nout: ${RUNYARD_IT_OUT:-runs}\nm: {x: 1, y: [1, 2]}\n",
    );
    scene.write(
        "sub/exp.yaml",
        "imports: ../base.yaml\nlr: 0.01  # mine\nname: 'exp-{seed}-{m.y.1}'\n",
    );
    scene
}

#[test]
fn a_config_is_shown_with_where_its_values_come_from() {
    let scene = scene();
    let shown = scene.runyard(&[
        "config",
        "show",
        "sub/exp.yaml",
        "--lr",
        "0.5",
        "+new={a: 1}",
    ]);
    assert_eq!(
        shown.stdout,
        "lr: 0.5\nseed: 1\nout: runs\nm:\n  x: 1\n  'y': [1, 2]\nname: exp-1-2\nnew:\n  a: 1\n"
    );
    let raw = scene.runyard(&["config", "show", "sub/exp.yaml", "--raw", "--json"]);
    assert_eq!(raw.json()["name"], "exp-{seed}-{m.y.1}");
    let told = scene.runyard(&["config", "show", "--provenance", "sub/exp.yaml", "seed=7"]);
    let expected = "\
lr    0.01     sub/exp.yaml line 2, was 0.1 (base.yaml line 1)
seed  7        seed=7 on the command line, was 1 (base.yaml line 2)
out   runs     base.yaml line 3, from the default of $RUNYARD_IT_OUT
m.x   1        base.yaml line 4
m.y   [1, 2]   base.yaml line 4
name  exp-7-2  sub/exp.yaml line 3, from seed and m.y.1
";
    assert_eq!(told.stdout, expected);
    assert_eq!(told.code, 0);
}

#[test]
fn what_is_wrong_with_a_config_is_said_with_file_line_and_key() {
    let scene = scene();
    scene.write("bad.yaml", "imports: sub/exp.yaml\nx: '{nowhere}'\n");
    let text = scene.runyard(&["config", "show", "bad.yaml"]);
    assert_eq!((text.code, text.stdout.as_str()), (1, ""));
    assert!(
        text.stderr.starts_with(
            "error: `bad.yaml` line 2, column 1: `x`: `{nowhere}` names no key\nhint: "
        ),
        "{}",
        text.stderr
    );
    let json = scene.runyard(&["config", "show", "bad.yaml", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    let error = &error["error"];
    assert_eq!(
        (&error["file"], &error["line"], &error["key"]),
        (&json!("bad.yaml"), &json!(2), &json!("x"))
    );
    assert_eq!(scene.runyard(&["config", "show", "lr=1"]).code, 1);
    assert_eq!(scene.runyard(&["config", "show"]).code, 2);
    // Nothing is written for a look at a config.
    assert!(!scene.path("_runyard_").exists());
}

#[test]
fn configs_and_run_folders_are_compared_by_what_differs() {
    let scene = scene();
    scene.write(
        "runs/1/config.yaml",
        "lr: 0.1\nseed: 1\nout: runs\nm: {x: 1, y: [1, 2]}\nname: '{kept}'\n",
    );
    let text = scene.runyard(&["config", "diff", "runs/1", "sub/exp.yaml"]);
    assert_eq!(
        text.stdout,
        "lr\n  - 0.1  (runs/1/config.yaml line 1)\n  + 0.01  (sub/exp.yaml line 2, was 0.1 (base.yaml line 1))\n\
         name\n  - {kept}  (runs/1/config.yaml line 5)\n  + exp-1-2  (sub/exp.yaml line 3, from seed and m.y.1)\n"
    );
    let json = scene
        .runyard(&["config", "diff", "base.yaml", "sub/exp.yaml", "--json"])
        .json();
    assert_eq!(json["differences"][1]["key"], "name");
    assert_eq!(json["differences"][1].get("a"), None);
    let same = scene.runyard(&["config", "diff", "base.yaml", "base.yaml"]);
    assert_eq!(
        (same.stdout.as_str(), same.stderr.as_str()),
        ("", "no differences\n")
    );
    scene.write("empty/x", "");
    let gone = scene.runyard(&["config", "diff", "base.yaml", "empty"]);
    assert!(
        gone.stderr.contains("there is no config file"),
        "{}",
        gone.stderr
    );
}

#[test]
fn the_page_learns_where_the_values_of_a_template_come_from() {
    let scene = scene();
    scene.write("train.py", "import runyard\nconfig = runyard.load()\n");
    let server = Server::start_with(&scene, &["train.py", "sub/exp.yaml", "--port", "0"]);
    let config = server.get("/api/v1/experiments/train/config").json();
    assert_eq!(config["problem"], json!(null));
    let keys = config["keys"].as_array().unwrap();
    let name = keys.iter().find(|told| told["key"] == "name").unwrap();
    assert_eq!(name["raw"], "exp-{seed}-{m.y.1}");
    assert_eq!(name["resolved"], "exp-1-2");
    assert_eq!(
        name["origin"]["from"],
        json!([{"key": "seed"}, {"key": "m.y.1"}])
    );
    assert!(name["origin"]["set_by"]["file"]["line"].is_u64(), "{name}");
    let (status, code) = server.get("/api/v1/experiments/none/config").refusal();
    assert_eq!((status, code.as_str()), (404, "not_found"));
}
