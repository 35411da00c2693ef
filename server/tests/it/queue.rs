//! The queue with real runs: what waits says why, and starts when it may.

use serde_json::{Value, json};

use crate::support::scripts::GATE;
use crate::support::wait::wait_for;
use crate::support::{Answer, Scene, Server, wait_until};

fn scene(slots: u32) -> Scene {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", format!("slots = {slots}\n"));
    scene
}

/// Submits with a policy for each task and one for the sweep; the names in order.
fn submit(server: &Server, typed: &[(&str, &str)], more: &Value) -> Vec<String> {
    let answer = try_submit(server, typed, more);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (sweep, count) = (
        answer.json()["sweep"].clone(),
        answer.json()["count"].clone(),
    );
    let (sweep, count) = (sweep.as_str().unwrap(), count.as_u64().unwrap());
    (1..=count)
        .map(|index| format!("{sweep}_{index}-of-{count}"))
        .collect()
}

fn try_submit(server: &Server, typed: &[(&str, &str)], more: &Value) -> Answer {
    let mut body = server.submission("train", typed);
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    server.post("/api/v1/experiments/train/sweeps", &body)
}

fn after(task: &str) -> Value {
    json!({ "policy": { "after": { "tasks": [{ "experiment": "train", "task": task }] } } })
}

fn waiting(server: &Server, task: &str) -> Value {
    server.task("train", task)["summary"]["waiting"].clone()
}

fn first_reason(server: &Server, task: &str) -> Value {
    waiting(server, task)["reasons"][0].clone()
}

fn order(server: &Server, path: &str, body: &Value) -> Value {
    let answer = server.post(&format!("/api/v1/queue/{path}"), body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn a_chain_runs_link_by_link_and_falls_as_a_whole() {
    let scene = scene(4);
    let server = Server::start(&scene, "train.py");
    let first = submit(&server, &[("n", "1")], &json!({})).remove(0);
    let second = submit(&server, &[("n", "2")], &after(&first)).remove(0);
    let reason = first_reason(&server, &second);
    assert_eq!(
        (&reason["kind"], &reason["count"]),
        (&json!("after"), &json!(1))
    );
    scene.write("open", "");
    server.wait_status("train", &second, "completed");
    assert_eq!(scene.events(), ["begin 1", "end 1", "begin 2", "end 2"]);

    let bad = submit(&server, &[("n", "3"), ("code", "1")], &json!({})).remove(0);
    let waits = submit(&server, &[("n", "4")], &after(&bad)).remove(0);
    let last = submit(&server, &[("n", "5")], &after(&waits)).remove(0);
    for task in [&waits, &last] {
        server.wait_status("train", task, "cancelled");
        let by_rule = json!({ "kind": "cancelled", "by": "rule" });
        assert_eq!(server.task("train", task)["runs"][0]["outcome"], by_rule);
        wait_until("its record is on the disk", || {
            scene.record("train", task, 1)["outcome"] == by_rule
        });
    }
    let reason = server.task("train", &waits)["summary"]["reason"].clone();
    let expected = format!("`train/{bad}` did not succeed, and this waited for it");
    assert_eq!(reason, expected);
    let missing = try_submit(&server, &[("n", "6")], &after("nobody"));
    assert_eq!(missing.status, 404, "{}", missing.text());
}

#[test]
fn a_delayed_run_starts_in_its_time_and_holds_up_nobody() {
    let scene = scene(1);
    let server = Server::start(&scene, "train.py");
    let policy = json!({ "policy": { "delay_ms": 1500 } });
    let late = submit(&server, &[("n", "1"), ("gate", "''")], &policy).remove(0);
    assert_eq!(first_reason(&server, &late)["kind"], "not_before");
    let soon = submit(&server, &[("n", "2"), ("gate", "''")], &json!({})).remove(0);
    server.wait_status("train", &soon, "completed");
    server.wait_status("train", &late, "completed");
    let record = scene.record("train", &late, 1);
    let ms = |key: &str| record[key].as_i64().unwrap();
    assert!(ms("started_at_ms") - ms("queued_at_ms") >= 1500);
    assert!(ms("started_at_ms") - ms("queued_at_ms") < 15_000);
    assert_eq!(scene.events(), ["begin 2", "end 2", "begin 1", "end 1"]);
}

#[test]
fn a_failed_run_is_tried_again_across_a_restart_and_exactly_so_often() {
    let scene = scene(1);
    let server = Server::start(&scene, "train.py");
    let policy = json!({ "policy": { "retry": { "max": 2, "backoff": { "first_ms": 300 } } } });
    let typed = [("n", "1"), ("code", "3")];
    let task = submit(&server, &typed, &policy).remove(0);
    wait_until("it runs", || scene.events() == ["begin 1"]);
    // Nobody is there to see the first end.
    server.kill();
    scene.write("open", "");
    wait_until("its end is recorded", || {
        scene.record("train", &task, 1)["status"] == "finished"
    });
    let server = Server::start(&scene, "train.py");
    wait_until("it has failed for good", || {
        let detail = server.task("train", &task);
        detail["summary"]["status"] == "failed" && detail["summary"]["runs"] == 3
    });
    let runs = server.task("train", &task)["runs"].clone();
    let retries: Vec<_> = (0..3).map(|run| runs[run]["retry"].clone()).collect();
    assert_eq!(retries, [json!(0), json!(1), json!(2)]);
    let ms = |run: usize, key: &str| runs[run][key].as_i64().unwrap();
    assert!(ms(1, "started_at_ms") - ms(0, "ended_at_ms") >= 300);
    assert!(
        ms(2, "started_at_ms") - ms(1, "ended_at_ms") >= 600,
        "the pause doubles"
    );
    server.wait_idle();
}

#[test]
fn a_sweep_that_fails_fast_ends_with_its_first_failure() {
    let scene = scene(2);
    let server = Server::start(&scene, "train.py");
    let policy = json!({ "sweep_policy": { "fail_fast": true } });
    let typed = [("n", "1:4"), ("code", "1"), ("gate", "open1 | never")];
    let tasks = submit(&server, &typed, &policy);
    wait_until("two run", || scene.events().len() == 2);
    scene.write("open1", "");
    let counts = server.wait_idle();
    let failed = counts["failed"].as_u64().unwrap();
    assert_eq!(failed + counts["cancelled"].as_u64().unwrap(), 8);
    assert!((1..=2).contains(&failed), "{counts}");
    let ended = tasks.iter().filter(|task| {
        let run = &server.task("train", task)["runs"][0];
        run["started_at_ms"] != Value::Null && run["outcome"]["by"] == "rule"
    });
    assert_eq!(ended.count() + usize::try_from(failed).unwrap(), 2);
}

#[test]
fn a_sweeps_limit_holds_and_can_be_changed() {
    let scene = scene(4);
    let server = Server::start(&scene, "train.py");
    let policy = json!({ "sweep_policy": { "limit": 1 } });
    let tasks = submit(&server, &[("n", "1:3")], &policy);
    wait_until("one runs", || scene.events() == ["begin 1"]);
    let reason = first_reason(&server, &tasks[1]);
    assert_eq!(reason, json!({ "kind": "sweep_limit", "limit": 1 }));
    let sweep = tasks[0].rsplit_once('_').unwrap().0.to_owned();
    let target = format!("/api/v1/experiments/train/sweeps/{sweep}");
    let patch = |limit: u32| {
        let body = json!({ "policy": { "limit": limit } });
        server.ask("PATCH", &target).json(&body).send(server.port)
    };
    assert_eq!(patch(0).status, 400);
    let answer = patch(3);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["policy"]["limit"], 3);
    wait_until("all run", || scene.events().len() == 3);
    let file = scene.json(&format!("_runyard_/train/sweeps/{sweep}.json"));
    assert_eq!(file["policy"]["limit"], 3);
    scene.write("open", "");
    server.wait_idle();
}

#[test]
fn pauses_and_places_survive_a_restart() {
    let scene = scene(1);
    let server = Server::start(&scene, "train.py");
    order(&server, "pause", &json!({ "kind": "queue" }));
    let tasks = submit(&server, &[("n", "1:4"), ("gate", "''")], &json!({}));
    let id = |task: &str| json!({ "experiment": "train", "task": task });
    let body = json!({ "tasks": [id(&tasks[3])], "to": { "kind": "front" } });
    assert_eq!(order(&server, "move", &body)["done"], 1);
    let body = json!({ "kind": "tasks", "tasks": [id(&tasks[0]), id("nobody")] });
    let answer = order(&server, "pause", &body);
    assert_eq!(
        (&answer["done"], answer["refused"][0]["task"].clone()),
        (&json!(1), id("nobody"))
    );
    server.kill();
    let server = Server::start(&scene, "train.py");
    let queue = wait_for("it has loaded", || {
        let queue = server.get("/api/v1/queue").json();
        (queue["waiting_count"] == 4).then_some(queue)
    });
    assert_eq!(queue["is_paused"], true);
    let names: Vec<_> = (0..4)
        .map(|row| queue["waiting"][row]["id"]["task"]["task"].clone())
        .collect();
    assert_eq!(names[0], tasks[3]);
    assert_eq!(names[3], tasks[0], "what cannot start comes last");
    assert_eq!(queue["capacity"]["free_slots"], 1);
    let kinds = |task: &str| -> Vec<Value> {
        let reasons = waiting(&server, task)["reasons"].clone();
        let reasons = reasons.as_array().unwrap().iter();
        reasons.map(|reason| reason["kind"].clone()).collect()
    };
    assert_eq!(
        kinds(&tasks[0])[..2],
        [json!("queue_paused"), json!("task_paused")]
    );
    order(&server, "resume", &json!({ "kind": "queue" }));
    wait_until("the others have run", || scene.events().len() == 6);
    assert_eq!(scene.events()[0], "begin 4");
    wait_until("only its own pause holds it up", || {
        kinds(&tasks[0]) == [json!("task_paused")]
    });
    let body = json!({ "kind": "tasks", "tasks": [id(&tasks[0])] });
    order(&server, "resume", &body);
    server.wait_idle();
    assert_eq!(scene.events().last().unwrap(), "end 1");
}

#[test]
fn a_task_that_asks_for_too_much_says_so_and_holds_up_nobody() {
    let scene = scene(1);
    let server = Server::start(&scene, "train.py");
    let policy = json!({ "policy": { "resources": { "slots": 2 } } });
    let large = submit(&server, &[("n", "1"), ("gate", "''")], &policy).remove(0);
    let small = submit(&server, &[("n", "2"), ("gate", "''")], &json!({})).remove(0);
    server.wait_status("train", &small, "completed");
    let expected = json!({ "kind": "too_large", "what": "2 slots, and there are 1" });
    assert_eq!(first_reason(&server, &large), expected);
    let bad = json!({ "policy": { "resources": { "slots": 0 } } });
    assert_eq!(try_submit(&server, &[("n", "3")], &bad).status, 400);
    let body = json!({ "changes": [{ "key": "slots", "value": 2 }] });
    let answer = server.put("/api/v1/settings", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    server.wait_status("train", &large, "completed");
}

#[test]
fn the_command_line_says_what_the_queue_is_to_do() {
    let scene = scene(2);
    let printed = scene.run(&[
        "train.py",
        "n=1",
        "gate=''",
        "code=1",
        "--retries",
        "1",
        "--priority",
        "7",
        "--label",
        "nightly",
    ]);
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    let task = scene.only_task("train");
    let file = scene.json(&format!("_runyard_/train/tasks/{task}/task.json"));
    assert_eq!(file["policy"]["priority"], 7);
    assert_eq!(file["labels"], json!(["nightly"]));
    assert_eq!(scene.record("train", &task, 2)["retry"], 1);
    assert!(scene.record("train", &task, 3).is_null());
    let refused = scene.run(&["train.py", "--priority", "1001"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}
