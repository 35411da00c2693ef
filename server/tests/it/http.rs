//! `/api/v1` as a page and as a program use it: project, experiments, submissions, tasks, refusals.

use serde_json::{Value, json};

use crate::support::scripts::{ECHO, GATE, REQUIRED};
use crate::support::{Scene, Server};

/// A request that must be refused, and leave no task behind.
fn refused(server: &Server, scene: &Scene, body: &Value) -> (u16, String) {
    let answer = server.post("/api/v1/experiments/train/sweeps", body);
    assert!(
        scene.names("_runyard_/train/sweeps").is_empty(),
        "{}",
        answer.text()
    );
    assert!(
        scene.names("_runyard_/train/tasks").is_empty(),
        "{}",
        answer.text()
    );
    answer.refusal()
}

#[test]
fn the_project_tells_what_it_serves() {
    let scene = Scene::with("train.py", ECHO);
    scene.write("_runyard_/settings.toml", "slots = 3\nmax_tasks = 77\n");
    let server = Server::start(&scene, "train.py");
    let project = server.get("/api/v1/project").json();
    assert_eq!(project["path"], *scene.root().to_string_lossy());
    assert_eq!(
        project["name"],
        *scene.root().file_name().unwrap().to_string_lossy()
    );
    assert_eq!(project["experiments"], json!(["train"]));
    assert_eq!(project["opened"], "train");
    assert_eq!(
        (&project["slots"], &project["max_tasks"]),
        (&json!(3), &json!(77))
    );
    assert_eq!(project["counts"]["pending"], 0);
    assert_eq!(project["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn what_was_typed_stays_over_a_restart_right_or_wrong() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let typed = json!([
        { "key": "text", "text": "'a | b' | \\|" },
        { "key": "lr", "text": "not a number" },
        { "key": "n", "text": "1:" },
        { "key": "mode", "text": "fast | (" },
        { "key": "command", "text": "# : - \"[" }
    ]);
    let answer = server.put(
        "/api/v1/experiments/train/inputs",
        &json!({ "inputs": typed, "prefix": "mine" }),
    );
    assert_eq!(answer.status, 204, "{}", answer.text());
    let before = server.get("/api/v1/experiments/train").json();
    server.kill();
    let server = Server::start(&scene, "train.py");
    let after = server.get("/api/v1/experiments/train").json();
    assert_eq!(before, after);
    assert_eq!(after["prefix"], "mine");
    assert_eq!(after["inputs"], typed);
}

#[test]
fn defaults_a_person_broke_are_told_and_left_alone() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    scene.write("_runyard_/train/defaults.yaml", "lr: [1, 2\n  n: {\n");
    let found = server.get("/api/v1/experiments/train");
    assert_eq!(found.status, 200, "{}", found.text());
    assert!(
        found.json()["problem"]["message"]
            .as_str()
            .unwrap()
            .contains("defaults.yaml")
    );
    assert_eq!(
        scene.read("_runyard_/train/defaults.yaml"),
        "lr: [1, 2\n  n: {\n"
    );
}

#[test]
fn a_script_that_breaks_keeps_its_last_schema_and_takes_no_sweep() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let body = server.submission("train", &[("n", "1:2")]);
    scene.write(
        "train.py",
        "import argparse\nparser = argparse.ArgumentParser(\n",
    );
    let found = server.get("/api/v1/experiments/train").json();
    assert!(
        found["problem"]["message"]
            .as_str()
            .unwrap()
            .contains("not valid Python")
    );
    assert!(found["schema"].to_string().contains("\"lr\""), "{found}");
    assert_eq!(
        refused(&server, &scene, &body),
        (409, "conflict".to_owned())
    );
}

#[test]
fn a_changed_script_shows_its_new_parameters_at_once() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    scene.write("train.py", REQUIRED);
    let found = server.get("/api/v1/experiments/train").json();
    assert!(found["schema"].to_string().contains("\"data\""), "{found}");
}

#[test]
fn a_grid_that_differs_from_the_preview_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[("n", "1:3")]);
    body["inputs"][0]["text"] = "1:4".into();
    assert_eq!(
        refused(&server, &scene, &body),
        (409, "digest_mismatch".to_owned())
    );
    body["digest"] = "".into();
    assert_eq!(
        refused(&server, &scene, &body),
        (409, "digest_mismatch".to_owned())
    );
}

#[test]
fn a_grid_beyond_the_limit_is_refused_whatever_its_size() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for text in ["1:10001", "1:999999999999999999"] {
        let body = server.submission("train", &[("n", text)]);
        assert_eq!(
            refused(&server, &scene, &body),
            (422, "grid_too_large".to_owned()),
            "{text}"
        );
    }
}

#[test]
fn an_invalid_input_names_its_parameter() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for (key, text) in [
        ("n", "x"),
        ("mode", "slow|fst"),
        ("lr", "1|"),
        ("flag", "maybe"),
    ] {
        let body = server.submission("train", &[(key, text)]);
        assert_eq!(
            refused(&server, &scene, &body),
            (422, "invalid_input".to_owned()),
            "{key}"
        );
        let answer = server
            .post("/api/v1/experiments/train/sweeps", &body)
            .json();
        assert_eq!(answer["key"], key, "{answer}");
        assert!(
            answer["message"].is_string() && answer["hint"].is_string(),
            "{answer}"
        );
    }
    let body = server.submission("train", &[("n", "(1|2)"), ("lr", "(1|2|3)")]);
    assert_eq!(
        refused(&server, &scene, &body),
        (422, "invalid_input".to_owned())
    );
}

#[test]
fn a_prefix_that_is_no_name_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[]);
    for prefix in [
        "",
        "..",
        ".x",
        "a/b",
        "a\\b",
        "/etc/x",
        "a\0b",
        " a",
        &"x".repeat(300),
    ] {
        body["prefix"] = prefix.into();
        assert_eq!(
            refused(&server, &scene, &body),
            (422, "invalid_input".to_owned()),
            "{prefix:?}"
        );
    }
}

#[test]
fn submissions_of_one_second_get_different_names_and_whole_folders() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[("n", "1:5")]);
    body["start"] = "later".into();
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| server.post("/api/v1/experiments/train/sweeps", &body)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .map(|answer| {
                assert_eq!(answer.status, 201, "{}", answer.text());
                answer.json()
            })
            .collect()
    });
    let mut names: Vec<&str> = answers
        .iter()
        .map(|answer| answer["sweep"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "{answers:?}");
    let tasks = scene.names("_runyard_/train/tasks");
    assert_eq!(tasks.len(), 20);
    for task in &tasks {
        assert_eq!(
            scene.names(&format!("_runyard_/train/tasks/{task}")),
            ["config.yaml", "task.json"],
            "a task that waits for nobody has no runs"
        );
        assert_eq!(server.status("train", task), "pending");
    }
}

#[test]
fn tasks_can_be_searched_filtered_and_paged() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let first = server.submit("train", &[("gate", "''"), ("n", "1:12"), ("code", "0")]);
    let second = server.submit("train", &[("gate", "''"), ("n", "100"), ("code", "0|3")]);
    let counts = server.wait_idle();
    assert_eq!(
        (&counts["completed"], &counts["failed"]),
        (&json!(13), &json!(1))
    );
    let list = |query: &str| server.get(&format!("/api/v1/tasks?{query}")).json();
    let names = |found: &Value| -> Vec<String> {
        let tasks = found["tasks"].as_array().unwrap().iter();
        tasks
            .map(|task| task["id"]["task"].as_str().unwrap().to_owned())
            .collect()
    };
    // Newest sweep first, the tasks of a sweep in their order.
    let all = list("");
    assert_eq!(all["total"], 14);
    let expected: Vec<String> = second.iter().chain(&first).cloned().collect();
    assert_eq!(names(&all), expected);
    assert_eq!(names(&list("status=failed")), [second[1].as_str()]);
    assert_eq!(
        list("status=failed")["counts"]["completed"],
        13,
        "counts are those without the filter"
    );
    assert_eq!(names(&list("q=N%3D12")), [first[11].as_str()]);
    assert_eq!(names(&list("q=code%3D3%20task")), [second[1].as_str()]);
    assert_eq!(names(&list("offset=12&limit=5")), first[10..]);
    assert_eq!(names(&list("offset=2&limit=3")), first[..3]);
    assert_eq!(list("offset=99")["tasks"], json!([]));
    assert_eq!(list("experiment=other")["total"], 0);
    let sweep = all["tasks"][13]["sweep"].as_str().unwrap();
    assert_eq!(list(&format!("sweep={sweep}"))["total"], 12);
    assert_eq!(list("limit=100000")["tasks"].as_array().unwrap().len(), 14);
    for bad in ["status=nonsense", "offset=-1", "limit=x"] {
        assert_eq!(
            server.get(&format!("/api/v1/tasks?{bad}")).refusal(),
            (400, "bad_request".to_owned()),
            "{bad}"
        );
    }
}

#[test]
fn a_task_shows_its_config_command_and_numbered_runs() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("gate", "''"), ("code", "3"), ("n", "1|2")]);
    server.wait_idle();
    let detail = server.task("train", &tasks[1]);
    assert_eq!(detail["config_yaml"], "'n': 2\ngate: ''\ncode: 3\n");
    assert_eq!(detail["summary"]["varied"], json!([["n", 2]]));
    assert_eq!(
        (&detail["summary"]["index"], &detail["summary"]["of"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(detail["summary"]["status"], "failed");
    let answer = server.act("rerun", "train", &[&tasks[1]]);
    assert_eq!(answer, json!({ "done": 1, "refused": [] }));
    server.wait_idle();
    let runs = server.task("train", &tasks[1])["runs"].clone();
    let numbers: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["number"].clone())
        .collect();
    assert_eq!(numbers, [1, 2], "the failed run stays in the history");
    assert_eq!(runs[0], detail["runs"][0]);
    for run in runs.as_array().unwrap() {
        assert_eq!(run["outcome"], json!({ "kind": "failed", "exit_code": 3 }));
    }
    let folders = scene.names(&format!("_runyard_/train/tasks/{}/runs", tasks[1]));
    assert_eq!(folders, ["1", "2"]);
}

#[test]
fn acts_say_which_tasks_they_were_not_done_to_and_why() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let done = server.submit("train", &[("gate", "''")]).remove(0);
    server.wait_idle();
    let mut body = server.submission("train", &[("gate", "''"), ("n", "7")]);
    body["start"] = "later".into();
    let answer = server
        .post("/api/v1/experiments/train/sweeps", &body)
        .json();
    let pending = answer["first"]["task"].as_str().unwrap().to_owned();
    let why = |act: &str, task: &str| {
        let answer = server.act(act, "train", &[task]);
        assert_eq!(answer["done"], 0, "{act} {task}");
        answer["refused"][0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(why("run", &done), format!("`train/{done}` is completed"));
    assert_eq!(why("cancel", &done), format!("`train/{done}` is completed"));
    assert_eq!(
        why("cancel", &pending),
        format!("`train/{pending}` is pending")
    );
    assert_eq!(
        why("rerun", &pending),
        format!("`train/{pending}` is pending")
    );
    assert_eq!(why("run", "nobody"), "there is no task `train/nobody`");
    // One refusal does not hold up the others.
    let answer = server.act("run", "train", &[&done, &pending, "nobody"]);
    assert_eq!(
        (&answer["done"], answer["refused"].as_array().unwrap().len()),
        (&json!(1), 2)
    );
    server.wait_status("train", &pending, "completed");
}

#[test]
fn a_task_named_twice_in_one_act_runs_once() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[("gate", "''")]).remove(0);
    server.wait_idle();
    let answer = server.act("rerun", "train", &[&task, &task]);
    assert_eq!(answer["done"], 1, "{answer}");
    server.wait_idle();
    assert_eq!(
        server.task("train", &task)["runs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn what_does_not_exist_is_answered_with_404_in_json() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for target in [
        "/api/v1/nothing",
        "/api/v1/",
        "/api/v2/project",
        "/api/v1/experiments/other",
        "/api/v1/tasks/train/other",
        "/api/v1/tasks/other/other",
        "/api/v1/runs/train/other/1/log",
        "/api/v1/runs/train/other/1/log/rows?before=1",
    ] {
        assert_eq!(
            server.get(target).refusal(),
            (404, "not_found".to_owned()),
            "{target}"
        );
    }
    let put = json!({ "inputs": [], "prefix": "x" });
    let answer = server.put("/api/v1/experiments/other/inputs", &put);
    assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    assert_eq!(server.get("/pkg/nothing.js").status, 404);
    assert_eq!(
        server
            .ask("DELETE", "/api/v1/project")
            .send(server.port)
            .status,
        405
    );
}

#[test]
fn bodies_must_be_json_of_a_bounded_size() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let target = "/api/v1/experiments/train/inputs";
    let put = |content_type: &str, body: Vec<u8>| {
        let ask = server
            .ask("PUT", target)
            .header("Content-Type", content_type);
        ask.body(body).send(server.port)
    };
    let huge = format!(
        "{{\"inputs\": [], \"prefix\": \"{}\"}}",
        "x".repeat(5 << 20)
    );
    assert_eq!(
        put("application/json", huge.into()).refusal(),
        (413, "too_large".to_owned())
    );
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let answer = put(kind, br#"{"inputs": [], "prefix": "x"}"#.to_vec());
        assert_eq!(answer.refusal(), (415, "bad_request".to_owned()), "{kind}");
    }
    for body in [
        "",
        "{",
        "[]",
        "{}",
        "{\"inputs\": 1, \"prefix\": \"x\"}",
        "\u{feff}{}",
    ] {
        let answer = put("application/json", body.into());
        assert!(
            matches!(answer.status, 400 | 422),
            "{body}: {}",
            answer.status
        );
        assert_eq!(answer.json()["code"], "bad_request", "{body}");
    }
    let deep = format!(
        "{{\"inputs\": {}1{}, \"prefix\": \"x\"}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(
        put("application/json", deep.into()).status,
        400 | 422
    ));
    assert_eq!(server.get("/api/v1/health").status, 200, "it lives");
}
