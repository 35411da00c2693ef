//! Acts on everything that a filter finds, and what a page is told before it asks for them.

use serde_json::{Value, json};

use crate::support::scripts::GATE;
use crate::support::{Scene, Server};

const BATCH: &str = r#"
[scheduler]
max_concurrent_experiments = 2
[[experiments]]
name = "low"
command = "echo low"
repeats = 3
[[experiments]]
name = "bad"
command = "echo bad"
priorty = 3
[[experiments]]
name = "high"
command = ["echo", "a b"]
priority = 7
tags = ["x"]
"#;

fn scene() -> Scene {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    scene
}

fn act(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let answer = server.ask(method, path).json(body).send(server.port);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn names(rows: &Value, name: impl Fn(&Value) -> &Value) -> Vec<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| name(row).as_str().unwrap().to_owned())
        .collect()
}

fn waiting(server: &Server) -> Vec<String> {
    let queue = server.get("/api/v1/queue").json();
    names(&queue["waiting"], |row| &row["id"]["task"]["task"])
}

#[test]
fn every_act_is_done_to_all_that_a_filter_finds_but_those_left_out() {
    let scene = scene();
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:5")]);
    server.wait_status("train", &tasks[0], "running");
    let id = |task: &str| json!({ "experiment": "train", "task": task });
    let queued = json!({ "status": ["queued"], "except": [id(&tasks[2])] });

    let marked = json!({ "filter": queued, "add_labels": ["best"] });
    assert_eq!(act(&server, "PATCH", "/api/v1/tasks", &marked)["done"], 3);
    let best = server.get("/api/v1/tasks?label=best").json();
    let best = names(&best["tasks"], |row| &row["id"]["task"]);
    assert_eq!(best, [&*tasks[1], &*tasks[3], &*tasks[4]]);

    let to_front = json!({ "filter": { "status": ["queued"], "labels": ["best"] }, "to": { "kind": "front" } });
    assert_eq!(
        act(&server, "POST", "/api/v1/queue/move", &to_front)["done"],
        3
    );
    assert_eq!(
        waiting(&server),
        [&*tasks[1], &*tasks[3], &*tasks[4], &*tasks[2]]
    );

    let hold = json!({ "kind": "tasks", "filter": queued });
    assert_eq!(
        act(&server, "POST", "/api/v1/queue/pause", &hold)["done"],
        3
    );
    let reasons = |task: &str| server.task("train", task)["summary"]["waiting"]["reasons"].clone();
    assert!(reasons(&tasks[1]).to_string().contains("task_paused"));
    assert!(!reasons(&tasks[2]).to_string().contains("task_paused"));
    assert_eq!(
        act(&server, "POST", "/api/v1/queue/resume", &hold)["done"],
        3
    );

    let cancel = json!({ "filter": queued });
    assert_eq!(
        act(&server, "POST", "/api/v1/tasks/cancel", &cancel)["done"],
        3
    );
    assert_eq!(waiting(&server), [&*tasks[2]]);
    let gone = json!({ "filter": { "status": ["cancelled"] } });
    assert_eq!(
        act(&server, "POST", "/api/v1/tasks/remove", &gone)["done"],
        3
    );
    assert_eq!(server.get("/api/v1/tasks").json()["total"], 2);
}

#[test]
fn a_list_says_whose_tasks_there_are_and_shows_those_of_one() {
    let scene = scene();
    let server = Server::start(&scene, "train.py");
    for user in ["ada", "bob"] {
        let mut body =
            server.submission("train", &[("n", if user == "ada" { "1:2" } else { "3" })]);
        body["user"] = json!(user);
        body["start"] = json!("later");
        let answer = server.post("/api/v1/experiments/train/sweeps", &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let all = server.get("/api/v1/tasks").json();
    assert_eq!(
        (&all["total"], &all["users"]),
        (&json!(3), &json!(["ada", "bob"]))
    );
    let hers = server.get("/api/v1/tasks?user=ada&status=failed").json();
    assert_eq!(hers["counts"]["pending"], 2);
    assert_eq!(
        (&hers["total"], &hers["users"]),
        (&json!(0), &json!(["ada", "bob"]))
    );
}

#[test]
fn what_was_typed_of_the_plan_is_kept_with_the_experiment() {
    let scene = scene();
    let server = Server::start(&scene, "train.py");
    let path = "/api/v1/experiments/train/inputs";
    let put = |body: &Value| {
        let answer = server.ask("PUT", path).json(body).send(server.port);
        assert!(answer.status < 300, "{}", answer.text());
    };
    let plan = json!({ "policy.priority": "5", "policy.retry.max": "many" });
    put(&json!({ "inputs": [], "prefix": "train", "plan": plan }));
    let kept = || server.get("/api/v1/experiments/train").json()["plan"].clone();
    assert_eq!(kept(), plan, "right or wrong");
    put(&json!({ "inputs": [], "prefix": "other" }));
    assert_eq!(
        kept(),
        plan,
        "a client that does not know it leaves it alone"
    );
    put(&json!({ "inputs": [], "prefix": "other", "plan": {} }));
    assert_eq!(kept(), Value::Null);
}

#[test]
fn the_trash_says_what_emptying_it_gives_back() {
    let scene = scene();
    let server = Server::start(&scene, "train.py");
    let size = || server.get("/api/v1/trash/size").json();
    assert_eq!(size(), json!({ "tasks": 0, "bytes": 0 }));
    let task = server.submit("train", &[("n", "1")]).remove(0);
    server.wait_status("train", &task, "running");
    server.act("cancel", "train", &[&task]);
    server.wait_idle();
    let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
    scene.write(&log, "x".repeat(1_000_000));
    server.act("remove", "train", &[&task]);
    let full = size();
    assert_eq!(full["tasks"], 1);
    let bytes = full["bytes"].as_u64().unwrap();
    assert!((1_000_000..1_500_000).contains(&bytes), "{bytes}");
    let everything = json!({ "kind": "all" });
    assert_eq!(
        act(&server, "DELETE", "/api/v1/trash", &everything)["done"],
        1
    );
    assert_eq!(size(), json!({ "tasks": 0, "bytes": 0 }));
}

#[test]
fn a_batch_file_is_looked_at_without_a_trace() {
    let scene = scene();
    let server = Server::start(&scene, "train.py");
    let body = json!({ "text": BATCH, "file": "lab/batch.toml", "dry_run": true });
    let answer = server.post("/api/v1/batches", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(
        (&answer["sweep"], &answer["tasks"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(
        names(&answer["planned"], |entry| &entry["name"]),
        ["high", "low"]
    );
    let (high, low) = (&answer["planned"][0], &answer["planned"][1]);
    assert_eq!((&high["entry"], &low["repeats"]), (&json!(3), &json!(3)));
    assert_eq!(high["policy"]["priority"], 7);
    assert_eq!(
        (&high["command"], &high["labels"]),
        (&json!(["echo", "a b"]), &json!(["x"]))
    );
    let folder = high["working_dir"].as_str().unwrap();
    assert!(folder.ends_with("/lab"), "{folder}");
    let problem = &answer["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["name"]),
        (&json!(11), &json!("bad"))
    );
    assert_eq!(server.get("/api/v1/tasks").json()["total"], 0);
    assert!(!scene.names("_runyard_").contains(&"batch".to_owned()));

    let body = json!({ "text": BATCH, "file": "lab/batch.toml", "start": "later" });
    let answer = server.post("/api/v1/batches", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["tasks"].as_array().unwrap().len(), 4);
    assert_eq!(answer.get("planned"), None);
}
