//! Paths that lead out: class 8, in every place of an address that names a file.

use std::os::unix::fs::symlink;

use crate::support::scripts::GATE;
use crate::support::{Scene, Server, Socket};

/// A secret outside the project, and beside it under a name that begins like the project's.
const SECRET: &str = "the-secret-of-somebody-else";

/// Spellings of a way out, for one segment of an address.
const WAYS: [&str; 30] = [
    "..",
    "%2e%2e",
    "%2E%2E",
    "%252e%252e",
    ".%2e",
    "%2e.",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "..%252f..%252fetc%252fpasswd",
    "..%5c..%5c..%5cetc%5cpasswd",
    "..\\..\\etc\\passwd",
    "%2fetc%2fpasswd",
    "%2Fetc%2Fpasswd",
    "%5c%5cevil%5cshare",
    "C:%5cWindows%5cwin.ini",
    "file:%2f%2f%2fetc%2fpasswd",
    "....%2f%2f....%2f%2fetc%2fpasswd",
    "..;%2f..;%2fetc%2fpasswd",
    "%c0%ae%c0%ae%2fetc%2fpasswd",
    "%uff0e%uff0e",
    "passwd%00",
    "%00",
    "%00.log",
    "..%00",
    ".",
    "%2e",
    "~root",
    "%7eroot",
    "$HOME",
    "CON",
    "train%23",
];

fn scene() -> Scene {
    let scene = Scene::with("project/train.py", GATE);
    scene.write("project-evil/secret.txt", SECRET);
    scene.write("secret.txt", SECRET);
    scene
}

fn serve(scene: &Scene) -> (Server, String) {
    let server = Server::start(scene, "project/train.py");
    let task = server.submit("train", &[("gate", "''")]).remove(0);
    server.wait_idle();
    (server, task)
}

/// The answer must be a refusal that holds nothing of anybody's files.
fn leads_nowhere(server: &Server, target: &str) {
    let answer = server.get(target);
    let text = answer.text();
    assert!(
        matches!(answer.status, 400 | 404),
        "{target}: {} {text}",
        answer.status
    );
    for leak in [SECRET, "root:x:0:0", &server.token, "_runyard_", "[fonts]"] {
        assert!(!text.contains(leak), "{target}: {text}");
    }
}

#[test]
fn no_segment_of_an_address_leads_out() {
    let scene = scene();
    let (server, task) = serve(&scene);
    for way in WAYS {
        for target in [
            format!("/api/v1/experiments/{way}"),
            format!("/api/v1/tasks/{way}/{task}"),
            format!("/api/v1/tasks/train/{way}"),
            format!("/api/v1/runs/{way}/{task}/1/log"),
            format!("/api/v1/runs/train/{way}/1/log"),
            format!("/api/v1/runs/train/{task}/{way}/log"),
            format!("/api/v1/runs/train/{way}/1/log/rows?before=9"),
            format!("/api/v1/runs/train/{task}/{way}/log/rows?before=9"),
            format!("/pkg/{way}"),
            format!("/pkg/..%2f{way}"),
            format!("/{way}/{way}/{way}"),
        ] {
            leads_nowhere(&server, &target);
        }
    }
}

#[test]
fn no_whole_path_leads_out() {
    let scene = scene();
    let (server, task) = serve(&scene);
    let root = scene.root().to_string_lossy().into_owned();
    for target in [
        "/../secret.txt".to_owned(),
        "/../../../../../../etc/passwd".to_owned(),
        "/pkg/../../../../../../etc/passwd".to_owned(),
        "//etc/passwd".to_owned(),
        "/pkg//etc/passwd".to_owned(),
        format!("/pkg/{root}/secret.txt"),
        "/pkg/../project-evil/secret.txt".to_owned(),
        format!("/api/v1/runs/train/{task}/1/log/../../../../../../secret.txt"),
        "/api/v1/runs/train/../../secret.txt/1/log".to_owned(),
        format!("/api/v1/runs/train/{task}/1/run.json"),
        format!("/api/v1/runs/train/{task}/0/log"),
        format!("/api/v1/runs/train/{task}/-1/log"),
        format!("/api/v1/runs/train/{task}/01x/log"),
        format!("/api/v1/runs/train/{task}/4294967296/log"),
        format!("/api/v1/tasks/train/{task}%2fruns%2f1"),
        "/api/v1/tasks/train/../../project-evil".to_owned(),
        format!("/_runyard_/train/tasks/{task}/task.json"),
        "/train.py".to_owned(),
        "/Cargo.toml".to_owned(),
        "/pkg/../../Cargo.toml".to_owned(),
    ] {
        leads_nowhere(&server, &target);
    }
}

#[test]
fn no_body_leads_out() {
    let scene = scene();
    let (server, _) = serve(&scene);
    for name in [
        "..",
        "../..",
        "../../project-evil",
        "/etc",
        "a/../..",
        "..\\..",
        "\0",
        ".",
        "",
    ] {
        let answer = server.act("rerun", name, &["x"]);
        assert_eq!(answer["done"], 0, "{name:?}");
        let answer = server.act("rerun", "train", &[name]);
        assert_eq!(answer["done"], 0, "{name:?}");
    }
    assert_eq!(
        scene.names(""),
        ["events.txt", "project", "project-evil", "secret.txt"]
            .iter()
            .filter(|name| **name != "events.txt")
            .copied()
            .collect::<Vec<_>>()
    );
    assert_eq!(scene.names("project-evil"), ["secret.txt"]);
}

#[test]
fn a_log_that_is_a_link_is_not_followed() {
    let scene = scene();
    let (server, task) = serve(&scene);
    let log = scene.path(&format!(
        "project/_runyard_/train/tasks/{task}/runs/1/output.log"
    ));
    for aim in [
        "/etc/passwd".into(),
        scene.path("secret.txt"),
        scene.path("project/_runyard_/.token"),
        "/dev/zero".into(),
    ] {
        std::fs::remove_file(&log).unwrap();
        symlink(&aim, &log).unwrap();
        leads_nowhere(&server, &format!("/api/v1/runs/train/{task}/1/log"));
        let rows = server.get(&format!(
            "/api/v1/runs/train/{task}/1/log/rows?before=99999"
        ));
        assert!(
            rows.status >= 400,
            "{aim:?}: {} {}",
            rows.status,
            rows.text()
        );
        assert!(
            !rows.text().contains(SECRET) && !rows.text().contains("root:"),
            "{}",
            rows.text()
        );
        let mut socket = Socket::open(&server);
        socket.expect("hello");
        socket.subscribe_log(("train", &task, 1), Some(0));
        let answer = socket.expect("error").to_string();
        assert!(
            !answer.contains(SECRET) && !answer.contains("root:"),
            "{answer}"
        );
    }
}

#[test]
fn a_folder_in_the_place_of_a_log_is_no_log() {
    let scene = scene();
    let (server, task) = serve(&scene);
    let log = scene.path(&format!(
        "project/_runyard_/train/tasks/{task}/runs/1/output.log"
    ));
    std::fs::remove_file(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    leads_nowhere(&server, &format!("/api/v1/runs/train/{task}/1/log"));
    assert_eq!(server.get("/api/v1/health").status, 200);
}
