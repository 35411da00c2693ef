//! GPUs are shared by no two runs, left to strangers who are on them, and told to the tasks that hold them.
//!
//! The machine is a file that the test writes: the server asks it as it would ask a driver.

use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::support::wait::wait_for;
use crate::support::{Scene, Server, Socket, wait_until};

/// Says what it sees of the GPUs, and waits for a file of its own.
const SEER: &str = r#"
import argparse, json, os, time
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int, default=0)
args = parser.parse_args()
names = ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "ROCR_VISIBLE_DEVICES"]
seen = {name: value for name, value in os.environ.items() if name in names or name.startswith("RUNYARD_GPU")}
with open(f"seen-{args.n}.tmp", "w") as file:
    json.dump(seen, file)
os.rename(f"seen-{args.n}.tmp", f"seen-{args.n}")
while not os.path.exists(f"open-{args.n}") and not os.path.exists("open"):
    time.sleep(0.02)
"#;

const FILE: &str = "slots = 8\n[gpu]\nprovider = { kind = \"file\", path = \"gpus.json\" }\n";

/// A device with 80,000 MiB that nobody uses.
fn device(index: u32) -> Value {
    json!({
        "id": index.to_string(),
        "uuid": format!("GPU-{index}f00"),
        "name": "Test 9000",
        "memory_mb": 80_000,
        "used_memory_mb": 0,
        "processes": [],
    })
}

/// The same with a process on it.
fn with_process(index: u32, pid: u32) -> Value {
    let mut device = device(index);
    device["used_memory_mb"] = json!(5_000);
    device["processes"] = json!([{ "pid": pid, "memory_mb": 5_000, "kind": "compute" }]);
    device
}

fn scene(settings: &str, devices: &[Value]) -> Scene {
    let scene = Scene::with("train.py", SEER);
    scene.write("_runyard_/settings.toml", settings);
    show(&scene, devices);
    scene
}

/// From now on the machine has these devices. A reader sees all of it or what was there before.
fn show(scene: &Scene, devices: &[Value]) {
    scene.write("gpus.json.tmp", json!({ "devices": devices }).to_string());
    std::fs::rename(scene.path("gpus.json.tmp"), scene.path("gpus.json")).unwrap();
}

fn serve(scene: &Scene) -> Server {
    Server::start(scene, "train.py")
}

/// Submits runs that ask for GPUs; returns their tasks.
fn submit(server: &Server, n: &str, gpus: &Value) -> Vec<String> {
    let mut body = server.submission("train", &[("n", n)]);
    body["policy"] = json!({ "resources": { "gpus": gpus } });
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer = answer.json();
    let (sweep, count) = (
        answer["sweep"].as_str().unwrap(),
        answer["count"].as_u64().unwrap(),
    );
    (1..=count)
        .map(|index| format!("{sweep}_{index}-of-{count}"))
        .collect()
}

fn count(count: u32) -> Value {
    json!({ "kind": "count", "count": count })
}

/// What a task saw, as soon as it has started.
fn seen(scene: &Scene, n: u32) -> Value {
    wait_for(&format!("task {n} has started"), || {
        let text = scene.read(&format!("seen-{n}"));
        (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap())
    })
}

fn has_started(scene: &Scene, n: u32) -> bool {
    scene.path(&format!("seen-{n}")).exists()
}

/// The machine's load, as a page is told it.
fn load(server: &Server) -> Value {
    let mut socket = Socket::open(server);
    socket.send(&json!({ "type": "subscribe", "sub": 1, "topic": { "kind": "system" } }));
    let messages = socket.read_to("system_load");
    messages.into_iter().next_back().unwrap()
}

/// A process of nobody's run.
struct Stranger(Child);

impl Stranger {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn runs_that_start_together_never_share_a_device() {
    let scene = scene(FILE, &[device(0), device(1), device(2)]);
    let server = serve(&scene);
    let tasks = submit(&server, "1:6", &count(1));
    let started = || {
        (1..=6)
            .filter(|n| has_started(&scene, *n))
            .collect::<Vec<u32>>()
    };
    wait_until("three have started", || started().len() == 3);
    let first = started();
    let mut devices: Vec<String> = first
        .iter()
        .map(|n| seen(&scene, *n)["CUDA_VISIBLE_DEVICES"].to_string())
        .collect();
    devices.sort();
    assert_eq!(devices, ["\"0\"", "\"1\"", "\"2\""]);
    let waiting = tasks
        .iter()
        .filter(|task| server.status("train", task) == "queued");
    assert_eq!(
        waiting.count(),
        3,
        "there are eight slots and three devices"
    );
    // One ends, and the next gets just its device.
    let ended = first[0];
    scene.write(&format!("open-{ended}"), "");
    wait_until("a fourth has started", || started().len() == 4);
    let fourth = started().into_iter().find(|n| !first.contains(n)).unwrap();
    assert_eq!(
        seen(&scene, fourth)["CUDA_VISIBLE_DEVICES"],
        seen(&scene, ended)["CUDA_VISIBLE_DEVICES"]
    );
    scene.write("open", "");
    server.wait_idle();
    assert_eq!(started().len(), 6);
}

#[test]
fn a_task_finds_its_devices_in_its_environment_and_its_record() {
    let scene = scene(FILE, &[device(0), device(1)]);
    let server = serve(&scene);
    let tasks = submit(
        &server,
        "1",
        &json!({ "kind": "pinned", "ids": ["1", "GPU-0f00"] }),
    );
    assert_eq!(
        seen(&scene, 1),
        json!({
            "CUDA_VISIBLE_DEVICES": "1,0",
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
            "RUNYARD_GPUS": "1,0",
            "RUNYARD_GPU_UUIDS": "GPU-1f00,GPU-0f00",
            "RUNYARD_GPU_NAMES": "Test 9000,Test 9000",
        })
    );
    let record = scene.record("train", &tasks[0], 1);
    let expected = |index: u32| json!({ "id": index.to_string(), "uuid": format!("GPU-{index}f00"), "name": "Test 9000", "memory_mb": 0 });
    assert_eq!(
        record["allocation"]["gpus"],
        json!([expected(1), expected(0)])
    );
    let detail = server.task("train", &tasks[0]);
    assert_eq!(detail["summary"]["gpus"], json!(["1", "0"]));
}

#[test]
fn a_device_with_a_stranger_is_given_as_soon_as_the_stranger_has_left() {
    let stranger = Stranger::new();
    let scene = scene(FILE, &[with_process(0, stranger.0.id())]);
    let server = serve(&scene);
    let tasks = submit(&server, "1", &count(1));
    let gpu = load(&server)["gpus"][0].take();
    assert_eq!(gpu["strangers"], json!([stranger.0.id()]));
    assert_eq!(gpu["is_free"], false);
    assert_eq!(gpu["used_memory_mb"], 5_000);
    assert_eq!(server.status("train", &tasks[0]), "queued");
    assert!(!has_started(&scene, 1));
    drop(stranger);
    show(&scene, &[device(0)]);
    assert_eq!(seen(&scene, 1)["CUDA_VISIBLE_DEVICES"], "0");
}

#[test]
fn a_stranger_who_comes_between_two_runs_is_respected() {
    let stranger = Stranger::new();
    let scene = scene(FILE, &[device(0), device(1)]);
    let server = serve(&scene);
    submit(&server, "1", &count(1));
    assert_eq!(seen(&scene, 1)["CUDA_VISIBLE_DEVICES"], "0");
    show(&scene, &[device(0), with_process(1, stranger.0.id())]);
    // Devices are asked for again once what was seen is a second old.
    let looked = std::time::Instant::now();
    wait_until("what was seen is old", || {
        looked.elapsed().as_millis() > 1_100
    });
    let second = submit(&server, "2", &count(1));
    scene.write("open-1", "");
    assert_eq!(
        seen(&scene, 2)["CUDA_VISIBLE_DEVICES"],
        "0",
        "not the stranger's"
    );
    assert_eq!(server.status("train", &second[0]), "running");
}

#[test]
fn strangers_may_be_ignored() {
    let stranger = Stranger::new();
    let settings = format!("{FILE}strangers = \"ignore\"\n");
    let scene = scene(&settings, &[with_process(0, stranger.0.id())]);
    let server = serve(&scene);
    submit(&server, "1", &count(1));
    assert_eq!(seen(&scene, 1)["CUDA_VISIBLE_DEVICES"], "0");
}

#[test]
fn runs_share_a_device_as_long_as_its_memory_suffices() {
    let scene = scene(FILE, &[device(0)]);
    let server = serve(&scene);
    let tasks = submit(
        &server,
        "1:3",
        &json!({ "kind": "memory", "count": 1, "memory_mb": 30_000 }),
    );
    assert_eq!(seen(&scene, 1)["RUNYARD_GPU_MEMORY_MB"], "30000");
    assert_eq!(seen(&scene, 2)["CUDA_VISIBLE_DEVICES"], "0");
    wait_until("the third waits", || {
        server.status("train", &tasks[2]) == "queued"
    });
    assert!(!has_started(&scene, 3));
    scene.write("open-1", "");
    assert_eq!(seen(&scene, 3)["CUDA_VISIBLE_DEVICES"], "0");
}

#[test]
fn memory_that_strangers_use_is_not_given_away() {
    let stranger = Stranger::new();
    let settings = format!("{FILE}strangers = \"ignore\"\n");
    let mut device_with_stranger = with_process(0, stranger.0.id());
    device_with_stranger["used_memory_mb"] = json!(60_000);
    let scene = scene(&settings, &[device_with_stranger, device(1)]);
    let server = serve(&scene);
    submit(
        &server,
        "1",
        &json!({ "kind": "memory", "count": 1, "memory_mb": 30_000 }),
    );
    assert_eq!(
        seen(&scene, 1)["CUDA_VISIBLE_DEVICES"],
        "1",
        "the first has 20,000 left"
    );
}

#[test]
fn an_adopted_run_keeps_its_device() {
    let scene = scene(FILE, &[device(0), device(1)]);
    let server = serve(&scene);
    submit(&server, "1", &count(1));
    assert_eq!(seen(&scene, 1)["CUDA_VISIBLE_DEVICES"], "0");
    server.kill();
    let server = serve(&scene);
    let tasks = submit(&server, "2:3", &count(1));
    assert_eq!(seen(&scene, 2)["CUDA_VISIBLE_DEVICES"], "1");
    assert_eq!(server.status("train", &tasks[1]), "queued");
    scene.write("open-1", "");
    assert_eq!(
        seen(&scene, 3)["CUDA_VISIBLE_DEVICES"],
        "0",
        "free at its end"
    );
}

#[test]
fn our_own_processes_are_no_strangers() {
    let scene = scene(FILE, &[device(0)]);
    let server = serve(&scene);
    let part = json!({ "kind": "memory", "count": 1, "memory_mb": 30_000 });
    let first = submit(&server, "1", &part);
    seen(&scene, 1);
    let pid = scene.record("train", &first[0], 1)["process"]["pid"]
        .as_u64()
        .unwrap();
    show(&scene, &[with_process(0, u32::try_from(pid).unwrap())]);
    let looked = std::time::Instant::now();
    wait_until("what was seen is old", || {
        looked.elapsed().as_millis() > 1_100
    });
    submit(&server, "2", &part);
    assert_eq!(seen(&scene, 2)["CUDA_VISIBLE_DEVICES"], "0");
}

#[test]
fn declared_devices_are_given_by_their_ids_in_their_makers_variable() {
    let settings = "slots = 4\n[gpu]\nvariable = \"ROCR_VISIBLE_DEVICES\"\ndevices = [{ id = \"0\", name = \"MI300X\" }, { id = \"1\" }]\n";
    let scene = scene(settings, &[]);
    let server = serve(&scene);
    submit(&server, "1", &json!({ "kind": "pinned", "ids": ["1"] }));
    let seen_by_first = seen(&scene, 1);
    assert_eq!(seen_by_first["ROCR_VISIBLE_DEVICES"], "1");
    assert_eq!(seen_by_first.get("CUDA_VISIBLE_DEVICES"), None);
    submit(&server, "2", &count(1));
    assert_eq!(seen(&scene, 2)["ROCR_VISIBLE_DEVICES"], "0");
}

#[test]
fn a_task_that_asks_for_none_sees_none_if_the_settings_say_so() {
    let settings = format!("{FILE}hide_from_others = true\n");
    let scene = scene(&settings, &[device(0)]);
    let server = serve(&scene);
    submit(&server, "1", &json!({ "kind": "none" }));
    assert_eq!(seen(&scene, 1), json!({ "CUDA_VISIBLE_DEVICES": "-1" }));
}

#[test]
fn where_there_is_no_driver_nothing_is_said_and_pins_are_exported() {
    let scene = scene("slots = 4\n", &[]);
    let server = serve(&scene);
    submit(
        &server,
        "1",
        &json!({ "kind": "pinned", "ids": ["0", "1"] }),
    );
    assert_eq!(seen(&scene, 1)["CUDA_VISIBLE_DEVICES"], "0,1");
    let said = server.said().to_lowercase();
    assert!(
        !said.contains("gpu") && !said.contains("nvml") && !said.contains("nvidia"),
        "{said}"
    );
}

#[test]
fn a_file_of_devices_that_cannot_be_read_is_told_once_and_asked_again() {
    let scene = scene(FILE, &[]);
    scene.write("gpus.json", "{");
    let server = serve(&scene);
    let told = || server.said().matches("could not look at the GPUs").count();
    let waiting = submit(&server, "1", &count(1));
    wait_until("it is told", || told() == 1);
    assert_eq!(server.status("train", &waiting[0]), "queued");
    assert_eq!(load(&server)["gpus"], json!([]), "nothing is made up");
    assert_eq!(told(), 1, "once, however often it is looked at");
    show(&scene, &[device(0)]);
    seen(&scene, 1);
}
