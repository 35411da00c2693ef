//! Points of Python experiments: submitted through the engine, run as tasks, followed to their ends.

use std::io::{BufRead, BufReader, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::engine::Engine;
use crate::support::scene::python;
use crate::support::wait::{wait_for, wait_until};
use crate::support::{Scene, Server, processes};

/// Says which point it is, waits for a gate, fails or leaves a result.
const POINT: &str = r#"
import json, os, sys, time
point, out = os.environ["RUNYARD_POINT"], os.environ["RUNYARD_OUTPUT_DIR"]
with open(os.path.join(os.environ["RUNYARD_RUN_DIR"], "config.json")) as file:
    config = json.load(file)
with open("events.txt", "a") as events:
    events.write(f"begin {point}\n")
print("point", point, "parent", os.getppid(), flush=True)
while config.get("gate") and not os.path.exists(config["gate"]):
    time.sleep(0.02)
if os.environ["RUNYARD_RUN_INDEX"] in config.get("fails", []):
    sys.exit("it fails")
names = ["CALL", "POINT", "OUTPUT_DIR", "TASK_DIR", "RUN_DIR", "RUN_INDEX"]
result = {name: os.environ["RUNYARD_" + name] for name in names}
with open(os.path.join(out, "result.json"), "w") as file:
    json.dump({**result, "config": config}, file)
"#;

fn scene() -> Scene {
    let scene = Scene::with("train.py", "pass\n");
    scene.write("point.py", POINT);
    scene
}

/// The request of a submission of these configs; folders are planned without a batch.
fn submission(engine: &mut Engine, scene: &Scene, configs: &Value) -> Value {
    let plan = json!({
        "script": scene.path("train.py"), "experiment": "main", "output_dir": scene.path("out"),
        "timestamp": { "mode": "none" }, "configs": configs,
    });
    let planned = engine.result("plan", &plan);
    let points: Vec<Value> = configs
        .as_array()
        .unwrap()
        .iter()
        .zip(planned["points"].as_array().unwrap())
        .enumerate()
        .map(|(index, (config, point))| {
            json!({
                "config": config, "index": index, "folder": point["folder"], "identity": point["identity"],
                "name": point["name"],
            })
        })
        .collect();
    json!({
        "script": scene.path("train.py"), "experiment": "main", "command": [python(), scene.path("point.py")],
        "working_dir": scene.root(), "environment": [["MINE", "yes"]], "python": python(),
        "executor": { "kind": "subprocess" }, "limit": null, "retries": 0, "points": points,
    })
}

fn submit(engine: &mut Engine, scene: &Scene, configs: &Value) -> Value {
    let params = submission(engine, scene, configs);
    engine.result("submit", &params)
}

/// The folder of a point of the last plan.
fn folder(params: &Value, point: usize) -> PathBuf {
    PathBuf::from(params["points"][point]["folder"].as_str().unwrap())
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn json_of(path: PathBuf) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_default()
}

#[test]
fn points_run_in_their_folders_and_each_change_is_told_once() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let configs = json!([
        { "name": "good", "x": 1 }, { "name": "second", "x": 2, "fails": ["1"] }, { "name": "never", "x": 3, "fails": ["1", "2"] },
    ]);
    let mut params = submission(&mut engine, &scene, &configs);
    params["retries"] = json!(1);
    let submitted = engine.result("submit", &params);
    assert_eq!(submitted["experiment"], "main");
    assert_eq!(submitted["tasks"].as_array().unwrap().len(), 3);
    let address = submitted["address"].as_str().unwrap();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let counts = engine.until_end();
    assert_eq!(
        (&counts["completed"], &counts["failed"]),
        (&json!(2), &json!(1))
    );

    let told = |index: u64, is_final: bool| {
        let of_point = engine.held().iter().filter(move |said| {
            said["event"] == "task" && said["index"] == index && said["is_final"] == is_final
        });
        of_point
            .map(|said| {
                (
                    said["run"].as_u64().unwrap(),
                    said["status"].as_str().unwrap(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told(0, true), [(1, "completed")]);
    assert_eq!(told(1, true), [(2, "completed")]);
    assert!(
        told(1, false).contains(&(1, "failed")),
        "{:?}",
        told(1, false)
    );
    assert_eq!(told(2, true), [(2, "failed")]);
    let last = engine
        .held()
        .iter()
        .find(|said| said["index"] == 2 && said["is_final"] == true);
    assert_eq!(last.unwrap()["reason"], "it fails");

    let second = folder(&params, 1);
    let result = json_of(second.join("result.json"));
    assert_eq!(
        (&result["CALL"], &result["POINT"]),
        (&json!("main"), &json!("1"))
    );
    assert_eq!(
        (&result["RUN_INDEX"], &result["OUTPUT_DIR"]),
        (&json!("2"), &json!(second))
    );
    assert_eq!(result["RUN_DIR"], json!(second.join(".runyard/run_0002")));
    assert_eq!(result["config"], configs[1]);
    let task = submitted["tasks"][1]["task"].as_str().unwrap();
    assert_eq!(
        result["TASK_DIR"],
        json!(scene.path(&format!("_runyard_/main/tasks/{task}")))
    );
    assert_eq!(
        std::fs::read_link(second.join("log.out")).unwrap(),
        PathBuf::from("logs/run_0002.log")
    );
    assert!(read(second.join("logs/run_0001.log")).contains("it fails"));
    for foreign in [
        "metadata.json",
        "status.json",
        "config.json",
        "metrics",
        "terminal_logs",
    ] {
        assert!(!second.join(foreign).exists(), "{foreign}");
    }
    assert!(!folder(&params, 2).join("result.json").exists());
}

#[test]
fn a_point_is_a_task_like_others_and_a_rerun_replaces_its_result() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let configs = json!([{ "x": 1, "lr": 0.1 }, { "x": 2, "lr": 0.1, "fails": ["2"] }]);
    let params = submission(&mut engine, &scene, &configs);
    let submitted = engine.result("submit", &params);
    engine.until_end();
    let server = Server::start_with(&scene, &["ui", "--port", "0"]);
    let second = submitted["tasks"][1]["task"].as_str().unwrap();
    let task = server.task("main", second);
    assert_eq!(
        task["summary"]["varied"],
        json!([["x", 2], ["fails", ["2"]]]),
        "{task}"
    );
    assert_eq!(task["task"]["call"]["function"], "main");
    assert_eq!(task["task"]["identity"], params["points"][1]["identity"]);
    assert!(
        task["config_yaml"].as_str().unwrap().contains("lr: 0.1"),
        "{task}"
    );
    let experiment = server.get("/api/v1/experiments/main").json();
    assert_eq!(
        experiment["entry"],
        json!({ "kind": "function", "function": "main" })
    );
    let problem = experiment["problem"]["message"].as_str().unwrap();
    assert!(problem.contains("`train.py`"), "{problem}");

    let folder = folder(&params, 1);
    assert!(folder.join("result.json").exists());
    std::fs::write(folder.join("result.pkl"), "of an earlier run").unwrap();
    std::fs::write(folder.join("model.pt"), "saved").unwrap();
    let printed = scene.runyard(&["rerun", second]);
    assert_eq!(printed.code, 0, "{printed:?}");
    wait_until("the second run has failed", || {
        scene.record("main", second, 2)["outcome"]["kind"] == "failed"
    });
    assert!(
        !folder.join("result.json").exists(),
        "what a run leaves is never older than it"
    );
    assert!(!folder.join("result.pkl").exists());
    assert!(folder.join("model.pt").exists());
    assert!(read(folder.join("log.out")).contains("it fails"));
}

#[test]
fn equal_names_of_scripts_and_experiments_are_told_apart() {
    let scene = scene();
    scene.write(
        "main.py",
        "import argparse\nargparse.ArgumentParser().parse_args()\n",
    );
    scene.write("other.py", "pass\n");
    let printed = scene.run(&["main.py"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let mut engine = Engine::start(&scene);
    let mut params = submission(&mut engine, &scene, &json!([{}]));
    let names: Vec<Value> = ["train.py", "other.py", "train.py"]
        .iter()
        .map(|script| {
            params["script"] = json!(scene.path(script));
            engine.result("submit", &params)["experiment"].take()
        })
        .collect();
    assert_eq!(names, ["train-main", "other-main", "train-main"]);
    assert_eq!(
        scene.json("_runyard_/main/experiment.json")["script"],
        "main.py"
    );
}

#[test]
fn at_the_end_of_input_the_engine_leaves_and_its_tasks_go_on() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let params = submission(
        &mut engine,
        &scene,
        &json!([{ "x": 1, "gate": "open" }, { "x": 2, "gate": "open" }]),
    );
    let submitted = engine.result("submit", &params);
    engine.until_status(0, "running");
    assert_eq!(engine.close(), 0);
    scene.write("open", "");
    for (point, task) in submitted["tasks"].as_array().unwrap().iter().enumerate() {
        let task = task["task"].as_str().unwrap();
        wait_until("it has succeeded", || {
            scene.record("main", task, 1)["outcome"]["kind"] == "succeeded"
        });
        assert!(folder(&params, point).join("result.json").exists());
    }
}

fn holder(scene: &Scene, kind: &str) -> u32 {
    wait_for("somebody holds the project", || {
        let holder = scene.json("_runyard_/.server.json");
        (holder["kind"] == kind).then(|| u32::try_from(holder["pid"].as_u64().unwrap()).unwrap())
    })
}

#[test]
fn whoever_holds_the_project_and_however_it_ends_all_events_come() {
    let scene = scene();
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let mut engine = Engine::start(&scene);
    let configs: Vec<Value> = (0..4)
        .map(|number| json!({ "x": number, "gate": format!("open{number}") }))
        .collect();
    submit(&mut engine, &scene, &json!(configs));
    engine.until_status(0, "running");
    // The background dispatcher hands over to a server.
    let server = Server::start_with(&scene, &["ui", "--port", "0"]);
    scene.write("open0", "");
    engine.until_status(0, "completed");
    engine.until_status(1, "running");
    // The server is killed: its run goes on, and another dispatcher is started for the rest.
    server.kill();
    scene.write("open1", "");
    engine.until_status(1, "completed");
    engine.until_status(2, "running");
    let background = holder(&scene, "background");
    processes::signal(background, Signal::KILL);
    scene.write("open2", "");
    scene.write("open3", "");
    let counts = engine.until_end();
    assert_eq!(counts["completed"], 4, "{counts}");
    let finals = engine
        .held()
        .iter()
        .filter(|said| said["is_final"] == true)
        .count();
    // Of the four, two were waited for above.
    assert_eq!(finals, 2, "{:?}", engine.held());
    assert_eq!(scene.events().len(), 4, "none ran twice");
}

#[test]
fn a_cancelled_sweep_ends_and_says_so_of_each_point() {
    let scene = scene();
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let mut engine = Engine::start(&scene);
    let configs = json!([{ "x": 1, "gate": "never" }, { "x": 2 }, { "x": 3 }]);
    let submitted = submit(&mut engine, &scene, &configs);
    engine.until_status(0, "running");
    let cancelled = engine.result("cancel", &json!({ "sweep": submitted["sweep"] }));
    assert_eq!(cancelled["cancelled"], 3);
    let counts = engine.until_end();
    assert_eq!(counts["cancelled"], 3, "{counts}");
    for point in 0..3 {
        let told = engine.until_status(point, "cancelled");
        assert_eq!(told["is_final"], true, "{told}");
    }
    let error = engine.ask("cancel", &json!({ "sweep": "of nobody" }));
    assert_eq!(error["error"]["code"], "not_found", "{error}");
}

#[test]
fn in_one_folder_one_run_goes_on_and_another_is_refused_by_name() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let configs = json!([{ "x": 1, "gate": "open" }]);
    let first = submit(&mut engine, &scene, &configs);
    engine.until_status(0, "running");
    let second = submit(&mut engine, &scene, &configs);
    let refused = engine.until_status(0, "failed");
    assert_eq!(refused["sweep"], second["sweep"]);
    let (reason, first) = (
        refused["reason"].as_str().unwrap(),
        first["tasks"][0]["task"].as_str().unwrap(),
    );
    assert!(reason.contains(&format!("`main/{first}`")), "{reason}");
    scene.write("open", "");
    engine.until_status(0, "completed");
    submit(&mut engine, &scene, &configs);
    engine.until_status(0, "completed");
}

#[test]
fn as_many_run_at_once_as_was_asked_for_and_a_server_keeps_its_slots() {
    let scene = scene();
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let mut engine = Engine::start(&scene);
    let configs: Vec<Value> = (0..4)
        .map(|number| json!({ "x": number, "gate": "open" }))
        .collect();
    let mut params = submission(&mut engine, &scene, &json!(configs));
    params["limit"] = json!(3);
    let submitted = engine.result("submit", &params);
    assert_eq!(submitted["slots"], 3);
    wait_until("three have begun", || scene.events().len() == 3);
    scene.write("open", "");
    assert_eq!(engine.until_end()["completed"], 4);

    let _server = Server::start_with(&scene, &["ui", "--port", "0"]);
    assert_eq!(engine.result("submit", &params)["slots"], 1);
    assert_eq!(engine.until_end()["completed"], 4);
}

#[test]
fn a_submission_that_makes_no_sense_is_refused_as_a_whole() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let good = submission(&mut engine, &scene, &json!([{ "x": 1 }, { "x": 2 }]));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut params = good.clone();
        change(&mut params);
        params
    };
    for (params, told) in [
        (changed(&|all| all["points"] = json!([])), "no points"),
        (
            changed(&|all| all["points"][1]["folder"] = all["points"][0]["folder"].clone()),
            "points 0 and 1",
        ),
        (
            changed(&|all| all["points"][1]["folder"] = json!("out/x")),
            "no absolute path",
        ),
        (
            changed(&|all| all["points"][1]["folder"] = json!("/tmp/../etc")),
            "no absolute path",
        ),
        (
            changed(&|all| all["points"][1]["config"] = json!({ "out": 1 })),
            "config 1 has the key `out`",
        ),
        (
            changed(&|all| all["points"][1]["config"] = json!(3)),
            "config 1 is an integer",
        ),
        (
            changed(&|all| all["command"] = json!([])),
            "the command is empty",
        ),
        (
            changed(&|all| all["executor"] = json!({ "kind": "magic" })),
            "`magic`",
        ),
        (
            changed(&|all| all["environment"] = json!([["A=B", "x"]])),
            "A=B",
        ),
        (
            changed(&|all| all["script"] = json!(scene.path("gone.py"))),
            "gone.py",
        ),
        (changed(&|all| all["limit"] = json!(-1)), "`limit`"),
    ] {
        let error = engine.ask("submit", &params)["error"].take();
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(told), "{told}: {error}");
    }
    assert_eq!(scene.names("_runyard_/main/tasks"), [""; 0]);
    engine.result("submit", &good);
    assert_eq!(engine.until_end()["completed"], 2);
}

#[test]
fn numbers_of_a_config_reach_the_run_as_they_are() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let params = submission(&mut engine, &scene, &json!([{ "x": 1 }]));
    let text = json!({ "id": 77, "method": "submit", "params": params }).to_string();
    let config =
        "{\"big\": 123456789012345678901234567890, \"nan\": NaN, \"inf\": -Infinity, \"one\": 1.0}";
    engine.raw(&text.replace("{\"x\":1}", config));
    engine.until("it is submitted", |said| said["id"] == 77);
    engine.until_end();
    let found = read(folder(&params, 0).join(".runyard/run_0001/config.json"));
    assert_eq!(found, config);
}

#[test]
fn ten_thousand_points_are_one_submission() {
    let scene = scene();
    let mut engine = Engine::start(&scene);
    let mut params = submission(&mut engine, &scene, &json!([{ "x": 0 }]));
    let points: Vec<Value> = (0..10_000)
        .map(|number| {
            let folder = scene.path(&format!("out/main/p-{number}"));
            // More than other requests may have.
            let text = "x".repeat(450);
            json!({ "config": { "x": number, "gate": "never", "text": text }, "folder": folder, "index": number })
        })
        .collect();
    params["points"] = json!(points);
    let submitted = engine.result("submit", &params);
    assert_eq!(submitted["tasks"].as_array().unwrap().len(), 10_000);
    let is_last = |said: &Value| said["event"] == "task" && said["index"] == 9_999;
    assert_eq!(
        engine.until("the last one is told", is_last)["status"],
        "queued"
    );
}

#[test]
fn runs_are_forked_from_one_interpreter_whatever_point_they_are() {
    let scene = scene();
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let mut engine = Engine::start(&scene);
    let mut params = submission(
        &mut engine,
        &scene,
        &json!([{ "x": 1 }, { "x": 2 }, { "x": 3 }]),
    );
    params["executor"] = json!({ "kind": "fork", "modules": ["json"] });
    engine.result("submit", &params);
    assert_eq!(engine.until_end()["completed"], 3);
    let mut parents: Vec<String> = (0..3)
        .map(|point| {
            let log = read(folder(&params, point).join("log.out"));
            log.split_whitespace().last().unwrap_or_default().to_owned()
        })
        .collect();
    parents.dedup();
    assert_eq!(parents.len(), 1, "{parents:?}");
}

/// What a stand-in brought: its words, and its descriptors.
fn visit(listener: &UnixListener) -> (UnixStream, Value, Vec<OwnedFd>) {
    let (stream, _) = listener.accept().unwrap();
    let mut bytes = [0; 4096];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(
        &stream,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )
    .unwrap();
    let descriptors = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors.collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    let line = std::str::from_utf8(&bytes[..got.bytes]).unwrap();
    (stream, serde_json::from_str(line).unwrap(), descriptors)
}

#[test]
fn a_stand_in_lends_its_output_and_ends_as_it_is_told() {
    let scene = scene();
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("calls");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut engine = Engine::start(&scene);
    let configs = json!([{ "x": 1 }, { "x": 2 }, { "x": 3 }, { "x": 4 }]);
    let mut params = submission(&mut engine, &scene, &configs);
    params["command"] = json!([env!("CARGO_BIN_EXE_runyard"), "stand-in", socket]);
    params["limit"] = json!(1);
    let submitted = engine.result("submit", &params);

    let (mut stream, said, descriptors) = visit(&listener);
    assert_eq!(said["point"], 0, "{said}");
    assert_eq!(said["output_dir"], json!(folder(&params, 0)));
    let config = json_of(PathBuf::from(said["config"].as_str().unwrap()));
    assert_eq!(config, configs[0]);
    let [out, err]: [OwnedFd; 2] = descriptors.try_into().unwrap();
    std::fs::File::from(out).write_all(b"to output\n").unwrap();
    std::fs::File::from(err).write_all(b"to error\n").unwrap();
    stream.write_all(b"{\"exit\": 0}\n").unwrap();
    engine.until_status(0, "completed");
    assert_eq!(
        read(folder(&params, 0).join("log.out")),
        "to output\nto error\n"
    );

    let (mut stream, said, _) = visit(&listener);
    assert_eq!(said["point"], 1, "{said}");
    stream.write_all(b"{\"exit\": 3}\n").unwrap();
    let failed = engine.until_status(1, "failed");
    assert_eq!(failed["reason"], "exit code 3", "{failed}");

    // The program goes without a word.
    drop(visit(&listener));
    let failed = engine.until_status(2, "failed");
    assert!(
        failed["reason"].as_str().unwrap().contains("has gone"),
        "{failed}"
    );

    // A cancelled task dies, and the program sees that.
    let (stream, _, _) = visit(&listener);
    engine.until_status(3, "running");
    engine.result("cancel", &json!({ "sweep": submitted["sweep"] }));
    let mut rest = String::new();
    assert_eq!(BufReader::new(stream).read_line(&mut rest).unwrap(), 0);
    engine.until_status(3, "cancelled");
    engine.until_end();
}
