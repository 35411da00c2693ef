//! The websocket: numbered changes without gaps, logs without gap or repeat, also over a restart.

use serde_json::{Value, json};

use crate::support::scripts::GATE;
use crate::support::{Scene, Server, Socket, processes, wait_until};

/// Writes a first part, waits for `open`, writes the rest.
const TWO_PARTS: &str = r#"
import os, time
for i in range(3000):
    print("line", i)
while not os.path.exists("open"):
    time.sleep(0.02)
for i in range(3000, 6000):
    print("line", i)
"#;

/// Collects the rows of log messages, and checks that each begins where the one before ended.
#[derive(Default)]
struct Rows {
    rows: Vec<String>,
    offset: Option<u64>,
}

impl Rows {
    fn take(&mut self, messages: &[Value]) {
        for message in messages {
            assert_ne!(message["type"], "resync", "{message}");
            assert_ne!(message["type"], "error", "{message}");
            if message["type"] != "log_appended" {
                continue;
            }
            let delta = &message["delta"];
            if let Some(offset) = self.offset {
                assert_eq!(delta["from_offset"], offset, "a gap or a repeat");
            }
            self.offset = delta["offset"].as_u64();
            let rows = delta["rows"].as_array().unwrap();
            self.rows.extend(
                rows.iter()
                    .map(|row| row["html"].as_str().unwrap().to_owned()),
            );
        }
    }
}

fn lines(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|i| format!("line {i}")).collect()
}

fn first_part_written(scene: &Scene, task: &str) {
    let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
    wait_until("the first part is written", || {
        scene.read(&log).ends_with("line 2999\n")
    });
}

#[test]
fn hello_comes_first_with_versions_and_the_servers_instance() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let hello = Socket::open(&server).expect("hello");
    assert_eq!((&hello["major"], &hello["minor"]), (&json!(1), &json!(1)));
    assert_eq!(hello["server_version"], env!("CARGO_PKG_VERSION"));
    assert!(hello["now"].as_i64().unwrap() > 1_700_000_000_000);
    let again = Socket::open(&server).expect("hello");
    assert_eq!(hello["server_instance"], again["server_instance"]);
    server.kill();
    let server = Server::start(&scene, "train.py");
    let other = Socket::open(&server).expect("hello");
    assert_ne!(hello["server_instance"], other["server_instance"]);
}

#[test]
fn changes_of_tasks_are_numbered_without_gaps_and_lead_to_the_truth() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_tasks();
    let snapshot = socket.expect("tasks_snapshot");
    socket.expect("caught_up");
    let tasks = server.submit("train", &[("gate", "''"), ("n", "1:8")]);
    let mut seq = snapshot["seq"].as_u64().unwrap();
    let mut last = std::collections::BTreeMap::new();
    let mut counts = Value::Null;
    while counts["completed"] != 8 {
        let message = socket.expect("task_changed");
        seq += 1;
        assert_eq!(message["seq"], seq, "{message}");
        assert_eq!(message["sub"], 1);
        let name = message["task"]["id"]["task"].as_str().unwrap().to_owned();
        last.insert(name, message["task"]["status"].as_str().unwrap().to_owned());
        counts = message["counts"].clone();
    }
    assert!(
        tasks.iter().all(|task| last[task] == "completed"),
        "{last:?}"
    );
    // A list fetched now is not newer than what was told.
    assert_eq!(server.get("/api/v1/tasks").json()["seq"], seq);
}

#[test]
fn a_large_submission_is_told_as_one_change() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.subscribe_tasks();
    let before = socket.read_to("caught_up");
    let seq = before
        .iter()
        .find_map(|message| message["seq"].as_u64())
        .unwrap();
    let mut body = server.submission("train", &[("n", "1:200")]);
    body["start"] = "later".into();
    assert_eq!(
        server
            .post("/api/v1/experiments/train/sweeps", &body)
            .status,
        201
    );
    let told = socket.expect("tasks_replaced");
    assert_eq!(told["seq"], seq + 1);
    assert_eq!(told["counts"]["pending"], 200);
}

#[test]
fn a_log_is_told_line_by_line_exactly_once_while_it_grows() {
    let scene = Scene::with("train.py", TWO_PARTS);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    first_part_written(&scene, &task);
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_log(("train", &task, 1), Some(0));
    let mut rows = Rows::default();
    let first = socket.read_to("caught_up");
    rows.take(&first);
    scene.write("open", "");
    rows.take(&socket.read_to("log_ended"));
    assert_eq!(rows.rows, lines(0..6000));
    let size = scene
        .read(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"))
        .len();
    assert_eq!(rows.offset, Some(size as u64));
}

#[test]
fn a_reader_resumes_at_its_offset_without_gap_or_repeat() {
    let scene = Scene::with("train.py", TWO_PARTS);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    first_part_written(&scene, &task);
    let mut rows = Rows::default();
    let mut socket = Socket::open(&server);
    socket.subscribe_log(("train", &task, 1), Some(0));
    rows.take(&socket.read_to("caught_up"));
    drop(socket);
    let so_far = rows.rows.len();
    assert!(
        so_far > 2900,
        "only the last screen may still change: {so_far}"
    );
    scene.write("open", "");
    server.wait_idle();
    let mut socket = Socket::open(&server);
    socket.subscribe_log(("train", &task, 1), rows.offset);
    rows.take(&socket.read_to("log_ended"));
    assert_eq!(rows.rows, lines(0..6000));
}

#[test]
fn a_reader_resumes_at_another_server_after_a_kill() {
    let scene = Scene::with("train.py", TWO_PARTS);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    first_part_written(&scene, &task);
    let mut rows = Rows::default();
    let mut socket = Socket::open(&server);
    socket.subscribe_log(("train", &task, 1), Some(0));
    rows.take(&socket.read_to("caught_up"));
    server.kill();
    while socket.next().is_some() {}
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.subscribe_log(("train", &task, 1), rows.offset);
    rows.take(&socket.read_to("caught_up"));
    scene.write("open", "");
    rows.take(&socket.read_to("log_ended"));
    assert_eq!(rows.rows, lines(0..6000));
    assert_eq!(server.status("train", &task), "completed");
}

#[test]
fn a_log_of_a_waiting_run_begins_when_it_starts() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1|2")]);
    server.wait_status("train", &tasks[0], "running");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_log(("train", &tasks[1], 1), None);
    scene.write("open", "");
    let mut rows = Rows::default();
    rows.take(&socket.read_to("log_ended"));
    assert_eq!(rows.rows, ["begin 2", "end 2"]);
}

#[test]
fn a_progress_bar_is_a_tail_that_is_replaced() {
    let scene = Scene::with(
        "train.py",
        "import os, time\nos.write(1, b'start\\n')\nfor i in range(50):\n    os.write(1, b'\\r%3d%%' % i)\n\
         while not os.path.exists('open'):\n    time.sleep(0.02)\nos.write(1, b'\\r100%\\n')\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
    wait_until("the bar is drawn", || scene.read(&log).contains(" 49%"));
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_log(("train", &task, 1), None);
    let messages = socket.read_to("caught_up");
    let delta = &messages
        .iter()
        .rev()
        .find(|message| message["type"] == "log_appended")
        .unwrap()["delta"];
    assert_eq!(delta["tail"], json!(["start", " 49%"]));
    scene.write("open", "");
    let mut rows = Rows::default();
    rows.take(&socket.read_to("log_ended"));
    assert_eq!(rows.rows, ["start", "100%"]);
}

#[test]
fn a_subscription_to_nothing_is_an_error_of_that_subscription_only() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_log(("train", "../../../etc/passwd", 1), None);
    let error = socket.expect("error");
    assert_eq!(
        (&error["sub"], &error["code"]),
        (&json!(2), &json!("not_found"))
    );
    socket.subscribe_tasks();
    socket.expect("tasks_snapshot");
}

#[test]
fn nonsense_is_answered_and_ends_nothing() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    for text in [
        "",
        "{",
        "[]",
        "{\"type\": \"shutdown\"}",
        "{\"type\": \"subscribe\", \"sub\": -1, \"topic\": {\"kind\": \"tasks\"}}",
        "{\"type\": \"subscribe\", \"sub\": 1, \"topic\": {\"kind\": \"everything\"}}",
        "\u{0}",
    ] {
        socket.send_text(text);
        assert_eq!(socket.expect("error")["code"], "bad_request", "{text}");
    }
    // A number that nobody holds, and fields of a newer client.
    socket.send(&json!({ "type": "unsubscribe", "sub": 99 }));
    socket.send(&json!({ "type": "subscribe", "sub": 1, "topic": { "kind": "tasks", "new": 1 }, "newer": true }));
    socket.expect("tasks_snapshot");
}

#[test]
fn one_tab_has_a_bounded_number_of_subscriptions() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    let mut subscribe = |sub: u32| {
        socket.send(&json!({ "type": "subscribe", "sub": sub, "topic": { "kind": "tasks" } }));
        let answer = socket.next().unwrap();
        if answer["type"] == "tasks_snapshot" {
            socket.expect("caught_up");
        }
        answer["type"].as_str().unwrap().to_owned()
    };
    for sub in 0..64 {
        assert_eq!(subscribe(sub), "tasks_snapshot", "{sub}");
    }
    assert_eq!(subscribe(64), "error");
    assert_eq!(
        subscribe(63),
        "tasks_snapshot",
        "a number that is used again replaces"
    );
}

#[test]
fn a_message_that_is_too_long_ends_the_socket_and_only_that() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut other = Socket::open(&server);
    other.expect("hello");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.send_text(&"x".repeat(20 * 1024));
    assert_eq!(socket.next(), None);
    other.subscribe_tasks();
    other.expect("tasks_snapshot");
}

#[test]
fn a_session_ends_with_its_client_and_leaves_nothing_open() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_status("train", &task, "running");
    // Whatever is opened once and for all is open after the first session.
    let session = || {
        let mut socket = Socket::open(&server);
        socket.expect("hello");
        socket.subscribe_log(("train", &task, 1), None);
        socket.read_to("caught_up");
        socket.subscribe_tasks();
        socket.read_to("caught_up");
        socket
    };
    drop(session());
    let mut before = processes::open_files(server.pid());
    wait_until("the first session is over", || {
        let now = processes::open_files(server.pid());
        let is_settled = now <= before;
        before = before.min(now);
        is_settled
    });
    let sessions: Vec<Socket> = (0..10).map(|_| session()).collect();
    assert!(processes::open_files(server.pid()) >= before + 10);
    drop(sessions);
    wait_until("the sessions are over", || {
        processes::open_files(server.pid()) <= before
    });
    scene.write("open", "");
    server.wait_idle();
}

#[test]
fn the_machines_load_is_told_while_somebody_looks() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.send(&json!({ "type": "subscribe", "sub": 3, "topic": { "kind": "system" } }));
    let load = socket.expect("system_load");
    assert!((0.0..=100.0).contains(&load["cpu_percent"].as_f64().unwrap()));
    assert!(load["memory_used_bytes"].as_u64() <= load["memory_total_bytes"].as_u64());
    assert!(load["memory_total_bytes"].as_u64().unwrap() > 0);
}
