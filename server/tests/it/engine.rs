//! `runyard engine`: what it answers by itself.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::engine::Engine;

fn started(scene: &Scene) -> Engine {
    let mut engine = Engine::start(scene);
    let hello: Value = serde_json::from_str(&engine.line()).unwrap();
    assert_eq!(hello["protocol"], 1, "{hello}");
    assert!(hello["runyard"].is_string(), "{hello}");
    engine
}

#[test]
fn requests_overlap_and_each_has_one_answer_whatever_stands_between_them() {
    let scene = Scene::new();
    scene.write("c.yaml", "a: 1\n");
    let mut engine = started(&scene);
    let mut open: HashSet<u64> = HashSet::new();
    for number in 0..100 {
        let merge = json!({ "base": { "n": number }, "update": { "m.k": 1 } });
        open.insert(engine.send("merge", &merge));
        let compose = json!({ "files": [scene.path("c.yaml")], "overrides": ["a=2"] });
        open.insert(engine.send("compose", &compose));
    }
    engine.raw("this is no JSON");
    engine.raw("");
    engine.raw("{\"id\": 900, \"method\": \"\\udc80\"}");
    engine.raw("{\"id\": 901}");
    engine.raw("{\"id\": \"mine\", \"method\": \"no_such_method\"}");
    engine.raw("[1, 2]");
    for _ in 0..2 {
        let error = engine.until("a line without an id is refused", |said| {
            said.get("id").is_some_and(Value::is_null)
        });
        assert_eq!(error["error"]["code"], "bad_request", "{error}");
    }
    for id in [json!(900), json!(901), json!("mine")] {
        let error = engine.until("it is refused", |said| said["id"] == id);
        assert!(error["error"]["message"].is_string(), "{error}");
        assert!(error["error"]["hint"].is_string(), "{error}");
    }
    while !open.is_empty() {
        let answer = engine.until("all are answered", |said| said["id"].is_u64());
        assert!(open.remove(&answer["id"].as_u64().unwrap()), "{answer}");
        assert!(answer["result"]["config"].is_object(), "{answer}");
    }
    assert_eq!(engine.close(), 0);
    assert!(engine.held().is_empty(), "{:?}", engine.held());
}

#[test]
fn what_was_asked_before_the_end_of_input_is_answered() {
    let scene = Scene::new();
    let mut engine = started(&scene);
    let ids: Vec<u64> = (0..50)
        .map(|_| engine.send("merge", &json!({ "base": {}, "update": { "a": 1 } })))
        .collect();
    assert_eq!(engine.close(), 0);
    let answered: HashSet<u64> = engine
        .held()
        .iter()
        .filter_map(|said| said["id"].as_u64())
        .collect();
    assert!(ids.iter().all(|id| answered.contains(id)), "{answered:?}");
}

#[test]
fn numbers_are_those_of_python() {
    let scene = Scene::new();
    let mut engine = started(&scene);
    engine.raw(
        "{\"id\": 1, \"method\": \"merge\", \"params\": {\"base\": {\"nan\": NaN, \"inf\": -Infinity, \
         \"big\": 123456789012345678901234567890, \"one\": 1, \"float\": 1.0}, \"update\": {\"m.k\": Infinity}}}",
    );
    assert_eq!(
        engine.line(),
        "{\"id\": 1, \"result\": {\"config\": {\"nan\": NaN, \"inf\": -Infinity, \
         \"big\": 123456789012345678901234567890, \"one\": 1, \"float\": 1.0, \"m\": {\"k\": Infinity}}}}"
    );
}

#[test]
fn what_is_composed_is_what_the_command_line_shows() {
    let scene = Scene::new();
    scene.write("base.yaml", "model: {width: 32, depth: 2}\nlr: 1e-3\n");
    scene.write("exp.yaml", "imports: base.yaml\nmodel.width: 64\nname: x\n");
    let mut engine = started(&scene);
    let params =
        json!({ "files": [scene.path("exp.yaml")], "overrides": ["model.depth=3", "+new=[1, 2]"] });
    let config = engine.result("compose", &params)["config"].take();
    let words = [
        "config",
        "show",
        "exp.yaml",
        "model.depth=3",
        "+new=[1, 2]",
        "--json",
    ];
    assert_eq!(config, scene.runyard(&words).json());
    assert_eq!(config["model"]["depth"], 3);

    scene.write("var.yaml", "a: $MINE\n");
    let params = json!({ "files": [scene.path("var.yaml")], "variables": { "MINE": "7" } });
    assert_eq!(engine.result("compose", &params)["config"]["a"], 7);

    scene.write("bad.yaml", "a: 1\nb: [1, 2\n");
    let params = json!({ "files": [scene.path("bad.yaml")], "overrides": [] });
    let error = engine.ask("compose", &params)["error"].take();
    assert_eq!(error["code"], "invalid_input", "{error}");
    assert!(
        error["file"].as_str().unwrap().ends_with("bad.yaml"),
        "{error}"
    );
    assert!(error["line"].is_u64(), "{error}");
    let params = json!({ "files": [scene.path("exp.yaml")], "overrides": ["widht=1"] });
    let error = engine.ask("compose", &params)["error"].take();
    assert_eq!(error["key"], "widht", "{error}");
}

#[test]
fn a_sweep_has_one_more_axis_and_its_names_are_joined() {
    let scene = Scene::new();
    let mut engine = started(&scene);
    let params = json!({
        "configs": [{ "name": "e" }, { "name": "f" }], "variations": [{ "name": "a" }, { "lr": 1 }, {}],
    });
    let swept = engine.result("sweep", &params);
    assert_eq!(swept["shape"], json!([2, 3]));
    let names: Vec<&str> = swept["configs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|config| config["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["e_a", "e", "e", "f_a", "f", "f"]);
    let params = json!({ "configs": [{}, {}], "variations": [], "shape": [1, 2] });
    let swept = engine.result("sweep", &params);
    assert_eq!(swept, json!({ "configs": [], "shape": [1, 2, 0] }));
    let params = json!({ "configs": [{}], "variations": [], "shape": [2, 2] });
    assert_eq!(engine.ask("sweep", &params)["error"]["code"], "bad_request");
}

fn plan(scene: &Scene, timestamp: &Value, configs: &Value) -> Value {
    json!({
        "script": scene.path("train.py"), "experiment": "main", "output_dir": scene.path("out"),
        "timestamp": timestamp, "configs": configs,
    })
}

#[test]
fn points_have_places_that_depend_on_their_values_alone() {
    let scene = Scene::with("train.py", "pass\n");
    scene.write(
        "_runyard_/settings.toml",
        "[identity]\nignore = [\"workers\"]\n",
    );
    let mut engine = started(&scene);
    let configs = json!([
        { "name": "../a:b", "x": 1 }, { "x": 1, "workers": 8 }, { "x": 1.0 }, { "m": { "name": "n" }, "x": 1 }
    ]);
    let none = json!({ "mode": "none" });
    let planned = engine.result("plan", &plan(&scene, &none, &configs));
    assert_eq!(planned["timestamp"], Value::Null);
    assert_eq!(planned["folder"], json!(scene.path("out/main")));
    let points = planned["points"].as_array().unwrap();
    assert_eq!(
        points[0]["identity"], points[1]["identity"],
        "neither name nor ignored keys count"
    );
    assert_ne!(points[1]["identity"], points[2]["identity"]);
    assert_ne!(
        points[1]["identity"], points[3]["identity"],
        "a nested name counts"
    );
    let hash = &points[0]["identity"].as_str().unwrap()[..12];
    let folder = scene.path(&format!("out/main/_._a_b-{hash}"));
    assert_eq!(points[0]["folder"], json!(folder));
    let unnamed = scene.path(&format!("out/main/experiment-{hash}"));
    assert_eq!(points[1]["folder"], json!(unnamed));
    assert_eq!(points[0]["name"], "../a:b");
    assert!(!scene.path("out").exists(), "nothing was made");
    let again = engine.result("plan", &plan(&scene, &none, &configs));
    assert_eq!(again, planned);
}

#[test]
fn a_batch_is_new_or_named_or_the_newest_and_never_another() {
    let scene = Scene::with("train.py", "pass\n");
    let mut engine = started(&scene);
    let latest = json!({ "mode": "latest" });
    let error = engine.ask("plan", &plan(&scene, &latest, &json!([])))["error"].take();
    assert_eq!(error["code"], "not_found", "{error}");
    let place = scene.path("out/main").to_string_lossy().into_owned();
    assert!(
        error["message"].as_str().unwrap().contains(&place),
        "{error}"
    );
    let new = json!({ "mode": "new" });
    let made: HashSet<String> = (0..4)
        .map(|_| {
            let planned = engine.result("plan", &plan(&scene, &new, &json!([{}])));
            planned["timestamp"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(made.len(), 4, "two in one second never share one: {made:?}");
    assert_eq!(scene.names("out/main").len(), 4);
    let newest = engine.result("plan", &plan(&scene, &latest, &json!([])))["timestamp"].take();
    assert!(made.contains(newest.as_str().unwrap()), "{newest}");
    let at = |name: &str| json!({ "mode": "at", "value": name });
    let planned = engine.result("plan", &plan(&scene, &at("mine"), &json!([{}])));
    assert_eq!(planned["folder"], json!(scene.path("out/main/mine")));
    for name in ["", ".", "..", "a/b", "../x"] {
        let error = engine.ask("plan", &plan(&scene, &at(name), &json!([])))["error"].take();
        assert_eq!(error["code"], "bad_request", "{name}: {error}");
    }
}

#[test]
fn what_cannot_be_a_point_is_named_by_its_index_before_anything_is_made() {
    let scene = Scene::with("train.py", "pass\n");
    let mut engine = started(&scene);
    let new = json!({ "mode": "new" });
    for (configs, told) in [
        (json!([{}, { "out": 1 }]), "config 1 has the key `out`"),
        (json!([{}, {}, [1]]), "config 2 is a list"),
    ] {
        let error = engine.ask("plan", &plan(&scene, &new, &configs))["error"].take();
        assert_eq!(error["code"], "invalid_input", "{error}");
        assert!(error["message"].as_str().unwrap().contains(told), "{error}");
    }
    let mut missing = plan(&scene, &new, &json!([]));
    missing["script"] = json!(scene.path("gone.py"));
    let error = engine.ask("plan", &missing)["error"].take();
    assert!(
        error["message"].as_str().unwrap().contains("gone.py"),
        "{error}"
    );
    assert!(!scene.path("out").exists());
}
