//! What a run records, over HTTP: from an offset on, as it grows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Scene, Server};

/// Records a row for each line of `rows` that appears beside it, until the line is `end`.
const SCRIPT: &str = r#"
import os, time
folder = os.environ["RUNYARD_RUN_DIR"]
done = 0
while True:
    lines = open("rows").read().split("\n")[:-1]
    for line in lines[done:]:
        if line == "end":
            raise SystemExit
        with open(folder + "/metrics.jsonl", "a", newline="") as file:
            file.write(line.replace("|", "\n"))
    done = len(lines)
    time.sleep(0.01)
"#;

struct Running {
    scene: Scene,
    server: Server,
    task: String,
}

impl Running {
    fn start() -> Self {
        let scene = Scene::with("train.py", SCRIPT);
        scene.write("rows", "");
        let server = Server::start(&scene, "train.py");
        let task = server.submit("train", &[]).remove(0);
        server.wait_status("train", &task, "running");
        Self {
            scene,
            server,
            task,
        }
    }

    fn ask(&self, query: &str) -> Value {
        let path = format!("/api/v1/runs/train/{}/1/metrics?{query}", self.task);
        let answer = self.server.get(&path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Goes on behind an answer, waiting for what comes.
    fn after(&self, answer: &Value) -> Value {
        let file = answer["file"].as_str().unwrap_or_default();
        self.ask(&format!(
            "after={}&file={file}&wait_ms=20000",
            answer["next"]
        ))
    }

    fn record(&self, lines: &str) {
        let before = self.scene.read("rows");
        self.scene.write("rows.new", before + lines);
        std::fs::rename(self.scene.path("rows.new"), self.scene.path("rows")).unwrap();
    }
}

#[test]
fn a_follower_gets_each_row_once_as_it_was_written_and_hears_of_the_end() {
    let run = Running::start();
    let first = run.ask("");
    assert_eq!(first["rows"], json!([]));
    assert_eq!(
        (&first["is_final"], &first["next"]),
        (&json!(false), &json!(0))
    );
    run.record("{\"step\": 1, \"n\": 123456789012345678901234567890}|{\"loss\": NaN}|{\"st\n");
    let mut rows = Vec::new();
    let mut answer = first;
    while rows.len() < 2 {
        answer = run.after(&answer);
        rows.extend(answer["rows"].as_array().unwrap().clone());
    }
    assert_eq!(rows[1], json!({"loss": "NaN"}));
    let path = format!("/api/v1/runs/train/{}/1/metrics", run.task);
    let text = run.server.get(&path).text();
    assert!(
        text.contains("\"n\": 123456789012345678901234567890"),
        "{text}"
    );
    run.record("ep\": 2}|\n");
    answer = run.after(&answer);
    assert_eq!(
        answer["rows"],
        json!([{"step": 2}]),
        "a torn row waits for its end"
    );
    run.record("end\n");
    while answer["is_final"] != true {
        answer = run.after(&answer);
        assert_eq!(
            (&answer["rows"], &answer["is_anew"]),
            (&json!([]), &json!(false))
        );
    }
    run.server.wait_status("train", &run.task, "completed");
}

#[test]
fn an_answer_comes_with_the_row_and_not_with_the_end_of_the_wait() {
    let run = Running::start();
    run.record("{\"step\": 1}|\n");
    let first = run.after(&json!({ "next": 0 }));
    let begin = Instant::now();
    run.record("{\"step\": 2}|\n");
    assert_eq!(run.after(&first)["rows"], json!([{"step": 2}]));
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "{:?}",
        begin.elapsed()
    );
    run.record("end\n");
}

#[test]
fn pages_are_as_long_as_asked_and_a_file_that_was_replaced_is_answered_from_its_beginning() {
    let run = Running::start();
    run.record("{\"step\": 1}|{\"step\": 2}|{\"step\": 3}|\n");
    let mut whole = run.after(&json!({ "next": 0 }));
    while whole["rows"].as_array().unwrap().len() < 3 {
        whole = run.ask("");
    }
    let first = run.ask("limit=2");
    assert_eq!(first["rows"], json!([{"step": 1}, {"step": 2}]));
    assert_eq!(first["has_more"], true);
    let rest = run.after(&first);
    assert_eq!(
        (&rest["rows"], &rest["is_anew"]),
        (&json!([{"step": 3}]), &json!(false))
    );
    let folder = format!("_runyard_/train/tasks/{}/runs/1", run.task);
    let path = run.scene.path(&format!("{folder}/metrics.jsonl"));
    run.scene.write(
        &format!("{folder}/new"),
        "{\"other\": 1}\n{\"other\": 2}\n{\"other\": 3}\n{\"other\": 4}\n",
    );
    std::fs::rename(run.scene.path(&format!("{folder}/new")), path).unwrap();
    let anew = run.after(&rest);
    assert_eq!(anew["is_anew"], true);
    assert_eq!(anew["rows"].as_array().unwrap().len(), 4);
    run.record("end\n");
}

#[test]
fn a_run_that_nobody_knows_has_no_records() {
    let scene = Scene::with("train.py", "");
    let server = Server::start(&scene, "train.py");
    let answer = server.get("/api/v1/runs/train/none/1/metrics");
    assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    let path = format!("/api/v1/runs/train/{task}/1/metrics?wait_ms=20000");
    let answer = server.get(&path).json();
    assert_eq!(
        (&answer["rows"], &answer["is_final"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(
        server
            .get(&format!("/api/v1/runs/train/{task}/1/metrics?after=x"))
            .status,
        400
    );
}
