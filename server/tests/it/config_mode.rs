//! A script with a config file: its values come from there, and the file is remembered.

use serde_json::{Value, json};

use crate::support::{Scene, Server, wait_until};

/// Prints its arguments and its values; YAML of our own making is simple enough for a few lines.
const SHOW: &str = r#"
import json, os, sys
assert os.environ["RUNYARD_CONFIG"] == os.environ["__PYRUNS_CONFIG__"]
folder = os.path.dirname(os.environ["RUNYARD_CONFIG"])
with open(os.path.join(folder, "config.json")) as file:
    print(json.dumps({"argv": sys.argv[1:], "config": json.load(file), "cwd": os.getcwd()}))
"#;

const BASE: &str = "\
# The learning rate of everything.
lr: 0.1
optimizer: {name: sgd, momentum: 0.9}
layers: [1, 2]
out: runs/{lr}
";

fn scene() -> Scene {
    let scene = Scene::with("train.py", SHOW);
    scene.write("configs/base.yaml", BASE);
    scene
}

fn told(scene: &Scene, task: &str) -> Value {
    scene.json(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"))
}

#[test]
fn the_script_finds_its_values_and_gets_no_arguments() {
    let scene = scene();
    let printed = scene.run(&[
        "train.py",
        "--config",
        "configs/base.yaml",
        "--optimizer.name",
        "adam",
    ]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let task = scene.only_task("train");
    let told = told(&scene, &task);
    assert_eq!(told["argv"], json!([]));
    assert_eq!(told["cwd"], scene.root().to_string_lossy().into_owned());
    assert_eq!(
        told["config"],
        json!({ "lr": 0.1, "optimizer": { "name": "adam", "momentum": 0.9 }, "layers": [1, 2], "out": "runs/0.1" })
    );
    let raw = scene.read(&format!("_runyard_/train/tasks/{task}/raw_config.yaml"));
    assert!(raw.contains("runs/{lr}"), "{raw}");
    let raw = scene.read(&format!(
        "_runyard_/train/tasks/{task}/runs/1/raw_config.yaml"
    ));
    assert!(raw.contains("runs/{lr}"), "{raw}");
}

#[test]
fn the_template_is_remembered_with_its_comments_and_left_by_no_config() {
    let scene = scene();
    assert_eq!(scene.run(&["train.py", "configs/base.yaml"]).code, 0);
    assert_eq!(scene.read("_runyard_/train/template.yaml"), BASE);
    // The file may change or go: the copy counts.
    std::fs::remove_file(scene.path("configs/base.yaml")).unwrap();
    let found = scene
        .run(&["train.py", "--dry-run", "--json", "lr=0.1|0.2"])
        .json();
    assert_eq!(found["tasks"][1]["values"]["out"], "runs/0.2");
    assert_eq!(found["tasks"][0]["argv"], json!([]));
    assert_eq!(found["tasks"][0]["cached"], true, "{found}");
    assert_eq!(found["tasks"][1]["cached"], false, "{found}");
    let plain = scene
        .run(&["train.py", "--no-config", "--dry-run", "--json"])
        .json();
    assert_eq!(plain["tasks"][0]["values"], json!({}));
}

#[test]
fn several_files_and_toml_make_one_template() {
    let scene = scene();
    scene.write("more.toml", "lr = 0.5\n[optimizer]\nmomentum = 0.5\n");
    let words = [
        "train.py",
        "configs/base.yaml",
        "more.toml",
        "--dry-run",
        "--json",
    ];
    let found = scene.run(&words).json();
    let values = &found["tasks"][0]["values"];
    assert_eq!(
        values["optimizer"],
        json!({ "name": "sgd", "momentum": 0.5 })
    );
    assert_eq!(values["out"], "runs/0.5");
}

#[test]
fn a_script_that_asks_for_a_config_says_so_if_there_is_none() {
    let scene = Scene::with("train.py", "import pyruns\nconfig = pyruns.load()\n");
    let printed = scene.run(&["train.py"]);
    assert_eq!(printed.code, 1);
    assert!(scene.names("_runyard_").is_empty());
    insta::assert_snapshot!(scene.plain(&printed.stderr), @r"
    error: `[dir]/train.py` takes its values from a config file (line 2: `pyruns.load()`), and none is known
    hint: name one: `runyard train.py base.yaml`, or `runyard run train.py --config base.yaml`; it is remembered
    ");
    let json: Value = serde_json::from_str(&scene.run(&["train.py", "--json"]).stderr).unwrap();
    assert_eq!(json["error"]["line"], 2);
    // The file that it names itself will do.
    scene.write(
        "train.py",
        "import runyard\nconfig = runyard.read('own.yaml')\n",
    );
    scene.write("own.yaml", "a: 1\n");
    let found = scene.run(&["train.py", "--dry-run", "--json"]).json();
    assert_eq!(found["tasks"][0]["values"], json!({ "a": 1 }));
}

#[test]
fn the_browser_gets_the_template_and_submits_points_of_it() {
    let scene = scene();
    let server = Server::start_with(&scene, &["train.py", "configs/base.yaml", "--port", "0"]);
    let experiment = server.get("/api/v1/experiments/train").json();
    assert_eq!(
        experiment["entry"],
        json!({ "kind": "config_script", "source": "configs/base.yaml" })
    );
    assert_eq!(experiment["template"]["text"], BASE);
    assert_eq!(experiment["template"]["values"]["out"], "runs/{lr}");
    // The browser plans over the leaves of the template, exactly as the server does.
    let template: domain::experiment::Template =
        serde_json::from_value(experiment["template"].clone()).unwrap();
    let inputs = vec![domain::grid::Input {
        key: domain::config::Key::new("lr"),
        text: "1e-3 | 1e-2".to_owned(),
    }];
    let parameters = domain::experiment::template_parameters(&template.values, &inputs);
    let plan = domain::grid::plan(&parameters, &inputs);
    let digest = plan.grid.unwrap().digest();
    let body = json!({ "inputs": inputs, "prefix": "train", "digest": digest, "start": "now" });
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    wait_until("both have run", || {
        server.get("/api/v1/tasks").json()["counts"]["completed"] == 2
    });
    let mut outs: Vec<Value> = scene
        .names("_runyard_/train/tasks")
        .iter()
        .map(|task| told(&scene, task)["config"]["out"].clone())
        .collect();
    outs.sort_by_key(ToString::to_string);
    assert_eq!(outs, [json!("runs/0.001"), json!("runs/0.01")]);
    let stale = json!({ "inputs": inputs, "prefix": "train", "digest": "0", "start": "now" });
    assert_eq!(
        server
            .post("/api/v1/experiments/train/sweeps", &stale)
            .status,
        409
    );
}

#[test]
fn a_config_that_cannot_be_resolved_names_file_line_key_and_remedy() {
    let scene = Scene::with("train.py", "print(1)\n");
    scene.write("base.yaml", "a: 1\nb: $RUNYARD_TEST_MISSING/x\n");
    let printed = scene.run(&["train.py", "base.yaml", "--json"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let error: Value = serde_json::from_str(&printed.stderr).unwrap();
    let error = &error["error"];
    assert_eq!(error["file"], "base.yaml", "{error}");
    assert_eq!(error["line"], 2, "{error}");
    assert_eq!(error["key"], "b", "{error}");
    assert!(
        error["hint"].as_str().unwrap().contains("default"),
        "{error}"
    );
    assert!(scene.names("_runyard_").is_empty(), "nothing was written");
}

#[test]
fn the_sweep_section_of_a_file_is_honoured_and_the_command_line_wins() {
    let scene = Scene::with("train.py", SHOW);
    let text = "lr: 0.1\nseed: 1\nsweep:\n  product: {lr: 0.1 | 0.2 | 0.3, seed: [1, 2]}\n  where: lr < 0.3\n";
    scene.write("base.yaml", text);
    let dry = |words: &[&str]| {
        let mut all = vec!["train.py", "base.yaml", "--dry-run", "--json"];
        all.extend(words);
        let printed = scene.run(&all);
        assert_eq!(printed.code, 0, "{printed:?}");
        printed.json()
    };
    let found = dry(&[]);
    assert_eq!(found["count"], 4, "{found}");
    assert_eq!(found["tasks"][0]["values"], json!({ "lr": 0.1, "seed": 1 }));
    assert_eq!(dry(&["seed=7"])["count"], 2);
    assert_eq!(dry(&["lr=0.1|0.2", "--where", "seed == 1"])["count"], 2);
    let server = Server::start_with(&scene, &["train.py", "base.yaml", "--port", "0"]);
    let experiment = server.get("/api/v1/experiments/train").json();
    assert_eq!(
        experiment["inputs"].as_array().unwrap().len(),
        2,
        "{experiment}"
    );
    assert_eq!(experiment["options"]["where"], json!(["lr < 0.3"]));
    assert!(experiment["template"]["values"].get("sweep").is_none());
    scene.write("bad.yaml", "lr: 0.1\nsweep: {produkt: {lr: 0.1 | 0.2}}\n");
    let printed = scene.run(&["train.py", "bad.yaml", "--dry-run"]);
    insta::assert_snapshot!(scene.plain(&printed.stderr), @r"
    error: `bad.yaml`: `sweep.produkt`: a sweep has no `produkt`
    hint: did you mean `product`?
    ");
}
