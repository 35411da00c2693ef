//! Removing, restoring, renaming, marking and noting: nothing is lost, nothing leads out, no crash leaves a half.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::scripts::{ECHO, GATE};
use crate::support::{Scene, Server};

fn id(task: &str) -> Value {
    json!({ "experiment": "train", "task": task })
}

fn tasks_dir(scene: &Scene) -> Vec<String> {
    scene.names("_runyard_/train/tasks")
}

/// The names in the trash as the server lists them.
fn trashed(server: &Server) -> Vec<String> {
    let answer = server.get("/api/v1/trash?limit=500").json();
    let mut names: Vec<String> = answer["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"]["task"]["task"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn listed(server: &Server) -> Vec<String> {
    let answer = server.get("/api/v1/tasks?limit=500").json();
    let rows = answer["tasks"].as_array().unwrap();
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| row["id"]["task"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn patch(server: &Server, body: &Value) -> Value {
    let answer = server.ask("PATCH", "/api/v1/tasks").json(body);
    let answer = answer.send(server.port);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn delete_trash(server: &Server, body: &Value) -> (u16, Value) {
    let answer = server.ask("DELETE", "/api/v1/trash").json(body);
    let answer = answer.send(server.port);
    (answer.status, answer.json())
}

#[test]
fn a_removed_task_is_done_no_more_and_comes_back_with_everything() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:2")]);
    server.wait_idle();
    let marks = json!({ "tasks": [id(&tasks[0])], "add_labels": ["best"], "is_pinned": true });
    assert_eq!(patch(&server, &marks)["done"], 1);
    let done = |server: &Server| {
        let answer = server.get("/api/v1/experiments/train/completed").json();
        answer["completed"].as_array().unwrap().len()
    };
    assert_eq!(done(&server), 2);
    let before = server.task("train", &tasks[0]);
    let removed = server.act("remove", "train", &[&tasks[0]]);
    assert_eq!((&removed["done"], done(&server)), (&json!(1), 1));
    assert_eq!(tasks_dir(&scene), [tasks[1].clone()]);
    assert_eq!(trashed(&server), [tasks[0].clone()]);
    assert_eq!(
        server
            .get(&format!("/api/v1/tasks/train/{}", tasks[0]))
            .status,
        404
    );
    assert_eq!(
        server.get("/api/v1/project").json()["counts"]["completed"],
        1
    );
    // Neither does a restart bring it back.
    server.stop();
    let server = Server::start(&scene, "train.py");
    assert_eq!(
        (done(&server), listed(&server)),
        (1, vec![tasks[1].clone()])
    );
    let answer = server.post(
        "/api/v1/tasks/restore",
        &json!({ "tasks": removed["removed"] }),
    );
    assert_eq!(answer.json()["done"], 1, "{}", answer.text());
    assert_eq!(server.task("train", &tasks[0]), before);
    assert_eq!((done(&server), trashed(&server)), (2, vec![]));
    assert_eq!(listed(&server), tasks);
    assert_eq!(
        scene.names("_runyard_/train/trash"),
        [""; 0],
        "no empty folder stays"
    );
    let log = server.get(&format!("/api/v1/runs/train/{}/1/log", tasks[0]));
    assert!(log.text().contains("\"n\": 1"), "{}", log.text());
}

#[test]
fn what_runs_is_not_removed_and_what_waits_is_cancelled_first() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:2")]);
    server.wait_status("train", &tasks[0], "running");
    let answer = server.act("remove", "train", &[&tasks[0], &tasks[1], "nothing"]);
    assert_eq!(answer["done"], 1);
    let why: Vec<&str> = answer["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| refusal["message"].as_str().unwrap())
        .collect();
    assert_eq!(why.len(), 2);
    assert!(why[0].ends_with("is running: cancel it first"), "{why:?}");
    assert!(why[1].starts_with("there is no task"), "{why:?}");
    scene.write("open", "");
    server.wait_idle();
    let back = json!({ "tasks": [{ "task": id(&tasks[1]) }] });
    assert_eq!(
        server.post("/api/v1/tasks/restore", &back).json()["done"],
        1
    );
    assert_eq!(server.status("train", &tasks[1]), "cancelled");
    server.stop();
    let server = Server::start(&scene, "train.py");
    let counts = server.wait_idle();
    assert_eq!(
        (&counts["cancelled"], &counts["completed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(scene.events(), ["begin 1", "end 1"], "it never started");
}

#[test]
fn a_name_that_is_taken_again_is_a_clear_refusal_and_both_stay() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:2")]);
    server.wait_idle();
    server.act("remove", "train", &[&tasks[0]]);
    // Going on with the sweep makes its missing task again, under the same name.
    let sweep = tasks[0].rsplit_once('_').unwrap().0;
    let answer = server.post(
        &format!("/api/v1/experiments/train/sweeps/{sweep}/resume"),
        &json!({}),
    );
    assert_eq!(answer.json()["created"], 1, "{}", answer.text());
    server.wait_idle();
    let back = json!({ "tasks": [{ "task": id(&tasks[0]) }] });
    let refused = server.post("/api/v1/tasks/restore", &back).json();
    assert_eq!(refused["done"], 0);
    let message = refused["refused"][0]["message"].as_str().unwrap();
    assert!(message.contains("again: rename that one"), "{message}");
    let answer = server.post(
        &format!("/api/v1/tasks/train/{}/rename", tasks[0]),
        &json!({ "to": "second try" }),
    );
    assert_eq!(answer.json(), id("second try"), "{}", answer.text());
    assert_eq!(
        server.post("/api/v1/tasks/restore", &back).json()["done"],
        1
    );
    assert_eq!(tasks_dir(&scene).len(), 3);
}

#[test]
fn the_trash_is_emptied_by_entry_and_by_age_and_never_by_accident() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    server.wait_idle();
    let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
    server.act("remove", "train", &names);
    for accident in [
        json!({}),
        json!({ "kind": "tasks" }),
        json!({ "kind": "everything" }),
    ] {
        let (status, _) = delete_trash(&server, &accident);
        assert!((400..500).contains(&status), "{accident}: {status}");
    }
    let one = json!({ "kind": "tasks", "tasks": [{ "task": id(&tasks[0]) }] });
    assert_eq!(delete_trash(&server, &one).1["done"], 1);
    let old = json!({ "kind": "older_than", "days": 1 });
    assert_eq!(delete_trash(&server, &old).1["done"], 0);
    assert_eq!(trashed(&server), tasks[1..]);
    server.stop();
    // The age rule works at a start, on what is older.
    let removal = scene.names("_runyard_/train/trash").remove(0);
    let (from, to) = (removal.as_str(), "1000");
    let path = |name: &str| scene.path(&format!("_runyard_/train/trash/{name}"));
    std::fs::rename(path(from), path(to)).unwrap();
    scene.write("_runyard_/settings.toml", "[trash]\nkeep_days = 30\n");
    let server = Server::start(&scene, "train.py");
    crate::support::wait_until("old ones are deleted", || trashed(&server).is_empty());
    assert_eq!(tasks_dir(&scene), [""; 0]);
}

#[test]
fn a_renamed_task_keeps_its_runs_and_its_old_name_leads_to_it() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:2")]);
    server.wait_status("train", &tasks[0], "running");
    let rename = |server: &Server, task: &str, to: &str| {
        server.post(
            &format!("/api/v1/tasks/train/{task}/rename"),
            &json!({ "to": to }),
        )
    };
    let refused = rename(&server, &tasks[0], "best");
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (409, &json!("conflict"))
    );
    scene.write("open", "");
    server.wait_idle();
    assert_eq!(rename(&server, &tasks[0], &tasks[1]).status, 409);
    assert_eq!(rename(&server, &tasks[0], "best").status, 200);
    let is_right = |server: &Server| {
        for name in ["best", &tasks[0]] {
            let detail = server.task("train", name);
            assert_eq!(detail["summary"]["id"]["task"], "best", "{name}");
            assert_eq!(detail["runs"][0]["number"], 1);
            let log = server.get(&format!("/api/v1/runs/train/{name}/1/log"));
            assert!(log.text().contains("end 1"), "{}", log.text());
        }
    };
    is_right(&server);
    server.stop();
    let server = Server::start(&scene, "train.py");
    is_right(&server);
    assert_eq!(tasks_dir(&scene), ["best".to_owned(), tasks[1].clone()]);
    // Acts by the old name reach it, too.
    assert_eq!(server.act("rerun", "train", &[&tasks[0]])["done"], 1);
    server.wait_idle();
    assert_eq!(server.task("train", "best")["runs"][1]["number"], 2);
}

#[test]
fn two_pages_do_not_lose_each_others_notes() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    let target = format!("/api/v1/tasks/train/{task}/notes");
    let empty = server.get(&target).json();
    assert_eq!(empty["text"], "");
    let first = json!({ "text": "# first\n", "if_match": empty["version"] });
    let saved = server.put(&target, &first);
    assert_eq!(
        (saved.status, &saved.json()["text"]),
        (200, &json!("# first\n"))
    );
    let other_page = json!({ "text": "other", "if_match": empty["version"] });
    let refused = server.put(&target, &other_page);
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (409, &json!("conflict"))
    );
    let file = format!("_runyard_/train/tasks/{task}/notes.md");
    assert_eq!(scene.read(&file), "# first\n");
    let again = json!({ "text": "both", "if_match": saved.json()["version"] });
    assert_eq!(server.put(&target, &again).status, 200);
    let long = json!({ "text": "x".repeat(1024 * 1024 + 1) });
    assert_eq!(server.put(&target, &long).status, 413);
    assert_eq!(scene.read(&file), "both");
    assert_eq!(server.put(&target, &json!({ "text": "" })).status, 200);
    assert!(!scene.path(&file).exists());
}

#[test]
fn what_is_changed_is_on_the_disk_and_refusals_name_the_task() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    let body = json!({ "tasks": [id(&task), id("nothing")], "add_labels": ["a", "b"], "description": "why",
        "priority": 7, "execution": { "nice": 3 } });
    let answer = patch(&server, &body);
    assert_eq!(
        (&answer["done"], &answer["refused"][0]["task"]),
        (&json!(1), &id("nothing"))
    );
    patch(
        &server,
        &json!({ "tasks": [id(&task)], "remove_labels": ["a"], "is_pinned": true }),
    );
    let file = scene.json(&format!("_runyard_/train/tasks/{task}/task.json"));
    assert_eq!(file["labels"], json!(["b"]));
    assert_eq!(file["policy"]["priority"], 7);
    assert_eq!(file["execution"]["nice"], 3);
    server.kill();
    let server = Server::start(&scene, "train.py");
    let detail = server.task("train", &task);
    assert_eq!(detail["summary"]["labels"], json!(["b"]));
    assert_eq!(detail["summary"]["is_pinned"], true);
    assert_eq!(detail["task"]["description"], "why");
    for bad in [
        json!({ "tasks": [id(&task)], "priority": 1001 }),
        json!({ "tasks": [id(&task)], "add_labels": ["a,b"] }),
        json!({ "tasks": [id(&task)], "labels": ["a"] }),
    ] {
        let answer = server
            .ask("PATCH", "/api/v1/tasks")
            .json(&bad)
            .send(server.port);
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text());
    }
}

#[test]
fn pinned_tasks_are_listed_first_and_a_label_finds_its_tasks() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[("n", "1:4")]);
    body["start"] = json!("later");
    let made = server
        .post("/api/v1/experiments/train/sweeps", &body)
        .json();
    let sweep = made["sweep"].as_str().unwrap();
    let name = |index: u32| format!("{sweep}_{index}-of-4");
    patch(
        &server,
        &json!({ "tasks": [id(&name(3))], "is_pinned": true, "add_labels": ["best so far"] }),
    );
    let page = |query: &str| -> (u64, Vec<String>) {
        let answer = server.get(&format!("/api/v1/tasks?{query}")).json();
        let rows = answer["tasks"].as_array().unwrap().iter();
        let names = rows.map(|row| row["id"]["task"].as_str().unwrap().to_owned());
        (answer["total"].as_u64().unwrap(), names.collect())
    };
    let order = vec![name(3), name(1), name(2), name(4)];
    assert_eq!(page(""), (4, order.clone()));
    // A page that begins behind the pinned ones goes on where the one before ended.
    assert_eq!(page("offset=1&limit=2"), (4, order[1..3].to_vec()));
    assert_eq!(page("label=best%20so%20far"), (1, vec![name(3)]));
    assert_eq!(page("label=best"), (0, Vec::new()));
}

#[test]
fn no_name_leads_out_of_the_project() {
    let scene = Scene::with("project/train.py", ECHO);
    scene.write("secret/notes.md", "the-secret-of-somebody-else");
    scene.write("secret/task.json", "{}");
    let server = Server::start(&scene, "project/train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    let at = server.act("remove", "train", &[&task])["removed"][0]["removed_at_ms"].clone();
    let evil = [
        "..",
        ".",
        "",
        "../../../../secret",
        "/etc",
        "a/../../..",
        "..\\..",
        "\0",
        ".hidden",
        "a/b",
        "C:\\x",
        "x\n",
    ];
    let before = scene.names("project/_runyard_/train");
    for name in evil {
        for (experiment, task) in [(name, "x"), ("train", name)] {
            let id = json!({ "experiment": experiment, "task": task });
            let answer = server.act("remove", experiment, &[task]);
            assert_eq!(answer["done"], 0, "{name:?}");
            for entry in [
                json!({ "task": id }),
                json!({ "task": id, "removed_at_ms": at }),
            ] {
                let body = json!({ "tasks": [entry] });
                let answer = server.post("/api/v1/tasks/restore", &body).json();
                assert_eq!(answer["done"], 0, "{name:?}");
                let body = json!({ "kind": "tasks", "tasks": [entry] });
                assert_eq!(delete_trash(&server, &body).1["done"], 0, "{name:?}");
            }
            let answer = patch(&server, &json!({ "tasks": [id], "is_pinned": true }));
            assert_eq!(answer["done"], 0, "{name:?}");
        }
    }
    let back = json!({ "tasks": [{ "task": id(&task) }] });
    assert_eq!(
        server.post("/api/v1/tasks/restore", &back).json()["done"],
        1
    );
    for name in evil {
        let target = format!("/api/v1/tasks/train/{task}/rename");
        let answer = server.post(&target, &json!({ "to": name }));
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (422, &json!("invalid_input")),
            "{name:?}"
        );
    }
    for way in [
        "..%2f..%2f..%2f..%2fsecret",
        "%2e%2e",
        "..",
        "%2fetc",
        "x%00",
    ] {
        let target = format!("/api/v1/tasks/train/{way}/notes");
        assert!(matches!(server.get(&target).status, 400 | 404), "{way}");
        let written = server.put(&target, &json!({ "text": "mine" })).status;
        assert!(matches!(written, 400 | 404 | 405), "{way}: {written}");
        let renamed = server.post(
            &format!("/api/v1/tasks/train/{way}/rename"),
            &json!({ "to": "y" }),
        );
        assert!(matches!(renamed.status, 400 | 404 | 405), "{way}");
    }
    assert_eq!(scene.names("project/_runyard_/train"), before);
    assert_eq!(scene.read("secret/notes.md"), "the-secret-of-somebody-else");
    assert_eq!(scene.names("secret"), ["notes.md", "task.json"]);
}

#[test]
fn a_server_killed_while_it_removes_and_renames_leaves_every_task_in_exactly_one_place() {
    let scene = Scene::with("train.py", ECHO);
    let mut server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[("n", "1:60")]);
    body["start"] = json!("later");
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mut places_seen = std::collections::BTreeSet::new();
    for round in 0..12_u64 {
        let tasks = listed(&server);
        assert_eq!(tasks.len(), 60, "round {round}");
        let ids: Vec<Value> = tasks.iter().map(|task| id(task)).collect();
        let port = server.port;
        let remove = server
            .ask("POST", "/api/v1/tasks/remove")
            .json(&json!({ "tasks": ids[..59] }));
        let rename = server
            .ask("POST", &format!("/api/v1/tasks/train/{}/rename", tasks[59]))
            .json(&json!({ "to": format!("zz {round}") }));
        let asking = thread::spawn(move || {
            rename.try_send(port);
            remove.try_send(port);
        });
        // Another instant in every round; the rule holds at each.
        thread::sleep(Duration::from_micros(round * 900));
        server.kill();
        asking.join().unwrap();
        server = Server::start(&scene, "train.py");
        let (here, there) = (listed(&server), trashed(&server));
        assert_eq!(
            here.len() + there.len(),
            60,
            "round {round}: {here:?} {there:?}"
        );
        assert!(
            here.iter().all(|task| !there.contains(task)),
            "round {round}"
        );
        places_seen.insert(there.len());
        let back: Vec<Value> = there
            .iter()
            .map(|task| json!({ "task": id(task) }))
            .collect();
        let answer = server
            .post("/api/v1/tasks/restore", &json!({ "tasks": back }))
            .json();
        assert_eq!(answer["done"], there.len(), "round {round}: {answer}");
    }
    assert!(
        places_seen.len() > 1,
        "no kill came between: {places_seen:?}"
    );
}
