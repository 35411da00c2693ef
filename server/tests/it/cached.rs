//! Points that are done are not done again; numbers stay.

use domain::config::Value as Config;
use domain::identity::IdentityRule;
use serde_json::{Value, json};

use crate::support::scripts::{ECHO, GATE};
use crate::support::{Scene, Server};

/// The numbers of all tasks that were created, `i-of-n`, sorted.
fn numbers(scene: &Scene, experiment: &str) -> Vec<String> {
    let mut numbers: Vec<String> = scene
        .names(&format!("_runyard_/{experiment}/tasks"))
        .iter()
        .map(|name| name.rsplit('_').next().unwrap().to_owned())
        .collect();
    numbers.sort();
    numbers
}

#[test]
fn done_points_are_skipped_and_the_others_keep_their_numbers() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py", "n=2|3"]).code, 0);
    let printed = scene.run(&["echo.py", "n=1:4"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stderr
            .contains("2 of 4 done already, 2 tasks created"),
        "{printed:?}"
    );
    assert_eq!(
        numbers(&scene, "echo"),
        ["1-of-2", "1-of-4", "2-of-2", "4-of-4"]
    );
    let printed = scene.run(&["echo.py", "n=1:4"]);
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (0, ""),
        "{printed:?}"
    );
    assert!(
        printed
            .stderr
            .contains("4 of 4 done already, nothing to do"),
        "{printed:?}"
    );
    let printed = scene.run(&["echo.py", "n=1:4", "--json"]);
    assert_eq!(printed.json()["completed"], 4, "{printed:?}");
    assert_eq!(numbers(&scene, "echo").len(), 4);
    assert_eq!(scene.run(&["echo.py", "n=1:4", "--rerun"]).code, 0);
    assert_eq!(numbers(&scene, "echo").len(), 8);
}

#[test]
fn failures_are_not_done_and_a_new_name_is_not_new_work() {
    let scene = Scene::with("gate.py", GATE);
    scene.write("open", "");
    assert_eq!(scene.run(&["gate.py", "code=1"]).code, 1);
    let printed = scene.run(&["gate.py", "code=1"]);
    assert_eq!(printed.code, 1, "it failed, so it runs again: {printed:?}");
    assert_eq!(scene.run(&["gate.py"]).code, 0);
    let printed = scene.run(&["gate.py", "--prefix", "other"]);
    assert!(
        printed.stderr.contains("1 of 1 done already"),
        "{printed:?}"
    );
}

#[test]
fn an_ignored_key_makes_no_difference_also_to_what_was_done_before() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py", "n=1", "lr=0.5"]).code, 0);
    assert!(
        !scene
            .run(&["echo.py", "n=2", "lr=0.5"])
            .stderr
            .contains("done already")
    );
    scene.write("_runyard_/settings.toml", "[identity]\nignore = [\"n\"]\n");
    let printed = scene.run(&["echo.py", "n=3", "lr=0.5"]);
    assert!(
        printed.stderr.contains("1 of 1 done already"),
        "{printed:?}"
    );
    let printed = scene.run(&["echo.py", "n=3", "lr=0.25"]);
    assert!(!printed.stderr.contains("done already"), "{printed:?}");
}

#[test]
fn a_change_of_the_code_is_new_work_only_if_the_settings_say_so() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py"]).code, 0);
    scene.write("echo.py", format!("{ECHO}\n# another\n"));
    assert!(
        scene
            .run(&["echo.py"])
            .stderr
            .contains("1 of 1 done already")
    );
    scene.write("_runyard_/settings.toml", "[identity]\ncode = true\n");
    assert!(!scene.run(&["echo.py"]).stderr.contains("done already"));
    assert!(
        scene
            .run(&["echo.py"])
            .stderr
            .contains("1 of 1 done already")
    );
    scene.write("echo.py", ECHO);
    let printed = scene.run(&["echo.py"]);
    assert!(
        printed.stderr.contains("1 of 1 done already"),
        "the first run had this code: {printed:?}"
    );
}

#[test]
fn a_client_knows_the_done_points_by_the_same_function() {
    let scene = Scene::with("echo.py", ECHO);
    let server = Server::start(&scene, "echo.py");
    let task = &server.submit("echo", &[("n", "7")])[0];
    server.wait_status("echo", task, "completed");
    let experiment = server.get("/api/v1/experiments/echo").json();
    let rule: IdentityRule = serde_json::from_value(experiment["identity"].clone()).unwrap();
    let yaml = scene.read(&format!("_runyard_/echo/tasks/{task}/config.yaml"));
    let config: Config = domain::config::yaml::from_yaml(&yaml).unwrap();
    let listed = server.get("/api/v1/experiments/echo/completed").json();
    assert_eq!(
        listed,
        json!({ "completed": [{ "identity": rule.of(&config), "task": task }], "active": [] })
    );
    assert_eq!(server.get("/api/v1/experiments/no/completed").status, 404);
}

/// A submission as the page makes it: done points are to be skipped.
fn submit(server: &Server, experiment: &str, typed: &[(&str, &str)]) -> Value {
    let mut body = server.submission(experiment, typed);
    body["rerun"] = json!(false);
    let answer = server.post(&format!("/api/v1/experiments/{experiment}/sweeps"), &body);
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
    answer.json()
}

#[test]
fn what_runs_already_is_not_run_twice_and_a_resumed_sweep_keeps_its_names() {
    let scene = Scene::with("gate.py", GATE);
    let server = Server::start(&scene, "gate.py");
    let first = submit(&server, "gate", &[("n", "1|2")]);
    assert_eq!((&first["count"], &first["points"]), (&json!(2), &json!(2)));
    let again = submit(&server, "gate", &[("n", "1|2")]);
    assert_eq!(
        (&again["count"], &again["active"], &again["sweep"]),
        (&json!(0), &json!(2), &Value::Null)
    );
    let more = submit(&server, "gate", &[("n", "1:3")]);
    assert_eq!((&more["count"], &more["active"]), (&json!(1), &json!(2)));
    let sweep = more["sweep"].as_str().unwrap().to_owned();
    assert_eq!(more["first"]["task"], format!("{sweep}_3-of-3"));
    // Everything is cancelled: now nobody does points 1 and 2 for the larger sweep any more.
    let listed = server.get("/api/v1/tasks").json();
    let names: Vec<String> = listed["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["id"]["task"].as_str().unwrap().to_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.act("cancel", "gate", &names);
    server.wait_idle();
    scene.write("open", "");
    let resumed = server.post(
        &format!("/api/v1/experiments/gate/sweeps/{sweep}/resume"),
        &json!({}),
    );
    assert_eq!(
        resumed.json(),
        json!({ "sweep": sweep, "points": 3, "completed": 0, "active": 0, "queued": 2, "rerun": 1, "created": 2 })
    );
    server.wait_idle();
    for number in 1..=3 {
        assert_eq!(
            server.status("gate", &format!("{sweep}_{number}-of-3")),
            "completed"
        );
    }
    let resumed = server.post(
        &format!("/api/v1/experiments/gate/sweeps/{sweep}/resume"),
        &json!({}),
    );
    assert_eq!(resumed.json()["completed"], 3);
    server.stop();
    // The files say the same after a restart.
    let server = Server::start(&scene, "gate.py");
    assert_eq!(
        server.status("gate", &format!("{sweep}_1-of-3")),
        "completed"
    );
    let missing = server.post("/api/v1/experiments/gate/sweeps/no/resume", &json!({}));
    assert_eq!(missing.status, 404);
    let outside = server.post(
        "/api/v1/experiments/gate/sweeps/..%2F..%2Fx/resume",
        &json!({}),
    );
    assert_eq!(outside.status, 404);
}

#[test]
fn a_resumed_sweep_runs_what_has_not_succeeded_under_the_same_names() {
    let script = format!(
        "{ECHO}\nimport os\nif vars(parser.parse_args())['n'] == 2 and not os.path.exists('fixed'):\n    sys.exit(3)\n"
    );
    let scene = Scene::with("echo.py", &script);
    assert_eq!(scene.run(&["echo.py", "n=1:3"]).code, 1);
    let names = scene.names("_runyard_/echo/tasks");
    let sweep = names[0].rsplit_once('_').unwrap().0.to_owned();
    scene.write("fixed", "");
    let printed = scene.run(&["echo.py", "--resume", &sweep]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed.stderr.contains("2 of 3 done already, 1 run again"),
        "{printed:?}"
    );
    assert_eq!(scene.names("_runyard_/echo/tasks"), names);
    assert_eq!(
        scene.names(&format!("_runyard_/echo/tasks/{}/runs", names[1])),
        ["1", "2"]
    );
    let printed = scene.run(&["echo.py", "--resume", &sweep]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stderr
            .contains("3 of 3 done already, nothing to do"),
        "{printed:?}"
    );
    let printed = scene.run(&["echo.py", "--resume", "other"]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("there is no sweep `other`"),
        "{printed:?}"
    );
}

#[test]
fn a_dry_run_marks_the_done_points_and_writes_nothing() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py", "n=2"]).code, 0);
    let before = scene.names("_runyard_/echo/tasks");
    let shown = scene
        .run(&["echo.py", "n=1:3", "--dry-run", "--json"])
        .json();
    let cached: Vec<&Value> = shown["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["cached"])
        .collect();
    assert_eq!(cached, [&json!(false), &json!(true), &json!(false)]);
    let printed = scene.run(&["echo.py", "n=1:3", "--dry-run"]);
    assert!(
        printed
            .stderr
            .contains("3 tasks, 1 of those shown done already"),
        "{printed:?}"
    );
    assert_eq!(scene.names("_runyard_/echo/tasks"), before);
}
