//! The settings through the API: a person's file stays theirs, secrets stay secret, nobody overwrites what they have not seen.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::scripts::ECHO;
use crate::support::{Scene, Server};

/// Prints the variables whose names begin with `SEEN`.
const SEEN: &str =
    "import os\nprint(sorted((k, v) for k, v in os.environ.items() if k.startswith('SEEN')))\n";

fn change(key: &str, value: Value) -> Value {
    json!({ "changes": [{ "key": key, "value": value }] })
}

fn served(settings: &str) -> (Scene, Server) {
    let scene = Scene::with("train.py", ECHO);
    if !settings.is_empty() {
        scene.write("_runyard_/settings.toml", settings);
    }
    let server = Server::start(&scene, "train.py");
    (scene, server)
}

#[test]
fn slots_can_be_set_and_stay_and_nonsense_is_refused_by_its_key() {
    let (scene, server) = served("# ours\nport = 8123\n");
    let answer = server.put("/api/v1/settings", &change("slots", json!(5)));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["values"]["slots"], 5);
    assert_eq!(server.get("/api/v1/project").json()["slots"], 5);
    for (key, value) in [
        ("slots", json!(0)),
        ("slots", json!(1025)),
        ("slots", json!(-1)),
        ("slots", json!("2")),
        ("slots", json!(1.5)),
        ("slot", json!(2)),
        ("run.stop_signal", json!("please")),
        ("snapshot", json!(3)),
        ("python", json!("/no/such/python")),
        ("python", json!("/bin/false")),
        ("environment.set.X", json!("1")),
    ] {
        let before = scene.read("_runyard_/settings.toml");
        let answer = server.put("/api/v1/settings", &change(key, value.clone()));
        assert!(
            matches!(answer.status, 400 | 409 | 422),
            "{key} {value}: {}",
            answer.text()
        );
        assert_eq!(
            scene.read("_runyard_/settings.toml"),
            before,
            "{key} {value}"
        );
    }
    let refused = server.put("/api/v1/settings", &change("slots", json!(0)));
    assert_eq!(refused.refusal(), (422, "invalid_input".to_owned()));
    assert_eq!(refused.json()["key"], "slots");
    server.stop();
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.get("/api/v1/project").json()["slots"], 5);
    let text = scene.read("_runyard_/settings.toml");
    assert!(text.contains("# ours\nport = 8123\n"), "{text}");
}

#[test]
fn who_has_not_seen_the_newest_file_overwrites_nothing() {
    let (scene, server) = served("slots = 3\n");
    let seen = server.get("/api/v1/settings").json()["revision"].clone();
    let first = json!({ "revision": seen, "changes": [{ "key": "max_tasks", "value": 50 }] });
    assert_eq!(server.put("/api/v1/settings", &first).status, 200);
    let second = json!({ "revision": seen, "changes": [{ "key": "slots", "value": 9 }] });
    let answer = server.put("/api/v1/settings", &second);
    assert_eq!(answer.refusal(), (409, "conflict".to_owned()));
    assert_eq!(
        scene.read("_runyard_/settings.toml"),
        "slots = 3\nmax_tasks = 50\n"
    );
    // A person with an editor counts as much.
    let seen = server.get("/api/v1/settings").json()["revision"].clone();
    scene.write("_runyard_/settings.toml", "slots = 4 # by hand\n");
    let third = json!({ "revision": seen, "changes": [{ "key": "slots", "value": 9 }] });
    assert_eq!(server.put("/api/v1/settings", &third).status, 409);
    assert_eq!(
        scene.read("_runyard_/settings.toml"),
        "slots = 4 # by hand\n"
    );
}

#[test]
fn what_counts_from_the_next_start_only_says_so() {
    let (_scene, server) = served("");
    let answer = server.put("/api/v1/settings", &change("port", json!(9001)));
    assert_eq!(answer.json()["pending"], json!(["port"]));
    let answer = server.put("/api/v1/settings", &change("max_tasks", json!(7)));
    assert_eq!(answer.json()["pending"], json!(["port"]));
    assert_eq!(server.get("/api/v1/project").json()["max_tasks"], 7);
    assert_eq!(
        answer.json()["overridden"],
        json!(["python"]),
        "given on the command line"
    );
}

#[test]
fn a_broken_file_is_shown_with_its_line_and_not_written_over() {
    let (scene, server) = served("slots = 3\n");
    scene.write("_runyard_/settings.toml", "slots = 3\nzlots = 4\n");
    let settings = server.get("/api/v1/settings").json();
    assert_eq!(settings["problem"]["line"], 2);
    assert_eq!(settings["values"]["slots"], 3, "what is in force goes on");
    let answer = server.put("/api/v1/settings", &change("slots", json!(5)));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(
        scene.read("_runyard_/settings.toml"),
        "slots = 3\nzlots = 4\n"
    );
}

#[test]
fn variables_reach_every_run_and_a_secret_one_is_never_shown_or_recorded() {
    let scene = Scene::with("train.py", SEEN);
    let server = Server::start(&scene, "train.py");
    let answer = server.put(
        "/api/v1/settings",
        &json!({ "set_variables": [
            { "name": "SEEN_PLAIN", "value": "one" },
            { "name": "SEEN_TOKEN", "value": "s3cr3t-by-name" },
            { "name": "SEEN_MARKED", "value": "s3cr3t-by-mark", "is_secret": true },
        ] }),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains("s3cr3t"), "{}", answer.text());
    assert_eq!(
        server.get("/api/v1/settings").json()["variables"],
        json!([
            { "name": "SEEN_MARKED", "is_secret": true },
            { "name": "SEEN_PLAIN", "value": "one", "is_secret": false },
            { "name": "SEEN_TOKEN", "is_secret": true },
        ])
    );
    let mode = |path: &str| scene.path(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("_runyard_/.secrets.json"), 0o600);
    let tasks = server.submit("train", &[]);
    server.wait_status("train", &tasks[0], "completed");
    let folder = format!("_runyard_/train/tasks/{}/runs/1", tasks[0]);
    assert_eq!(
        scene.read(&format!("{folder}/output.log")).trim(),
        "[('SEEN_MARKED', 's3cr3t-by-mark'), ('SEEN_PLAIN', 'one'), ('SEEN_TOKEN', 's3cr3t-by-name')]"
    );
    for name in scene.names(&folder) {
        if name != "output.log" {
            let text = scene.read(&format!("{folder}/{name}"));
            assert!(!text.contains("s3cr3t"), "{name}: {text}");
        }
    }
    assert!(!scene.read("_runyard_/settings.toml").contains("s3cr3t"));
    let answer = server.put(
        "/api/v1/settings",
        &json!({ "remove_variables": ["SEEN_TOKEN", "SEEN_PLAIN", "SEEN_MARKED"] }),
    );
    assert_eq!(answer.json()["variables"], json!([]));
    assert!(!scene.path("_runyard_/.secrets.json").exists());
}

#[test]
fn the_interpreters_of_the_machine_are_found_with_their_versions() {
    let (_scene, server) = served("");
    let found = server.get("/api/v1/settings/interpreters").json();
    let found = found["interpreters"].as_array().unwrap();
    let runs = |one: &&Value| one["version"].as_str().is_some_and(|v| v.starts_with("3."));
    assert!(found.iter().any(|one| runs(&one)), "{found:?}");
}
