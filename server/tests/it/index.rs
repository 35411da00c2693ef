//! The index: it spares reading and never decides what is true.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::support::scripts::GATE;
use crate::support::{Scene, Server, wait_until};

/// Makes the folders of all tasks look as if nothing had happened there for a minute: as after a coffee.
fn let_settle(scene: &Scene) {
    let minute_ago = SystemTime::now() - Duration::from_secs(60);
    for task in scene.names("_runyard_/train/tasks") {
        for dir in ["", "runs"] {
            let path = scene.path(&format!("_runyard_/train/tasks/{task}/{dir}"));
            if let Ok(dir) = File::open(path) {
                dir.set_modified(minute_ago).unwrap();
            }
        }
    }
}

/// What a page and the command line see of all tasks.
fn seen(server: &Server) -> serde_json::Value {
    let mut list = server.get("/api/v1/tasks?limit=500").json();
    list["seq"].take();
    list
}

#[test]
fn reindexing_finds_what_was_edited_in_place_and_tells_what_it_did() {
    let scene = Scene::with("train.py", GATE);
    scene.write("open", "");
    assert_eq!(scene.run(&["train.py", "n=1:3"]).code, 0);
    let_settle(&scene);
    let told = scene.runyard(&["reindex", "--json"]).json();
    assert_eq!(
        (&told["tasks"], &told["indexed"]),
        (&3.into(), &3.into()),
        "{told}"
    );
    let task = scene.names("_runyard_/train/tasks").remove(0);
    let file = format!("_runyard_/train/tasks/{task}/task.json");
    // In place: nothing but the file itself has changed.
    scene.write(
        &file,
        scene
            .read(&file)
            .replace("\"format\":1", "\"format\":1,\"labels\":[\"by hand\"]"),
    );
    assert_eq!(scene.runyard(&["reindex"]).code, 0);
    let server = Server::start(&scene, "train.py");
    assert_eq!(
        server.task("train", &task)["summary"]["labels"][0],
        "by hand"
    );
    let refused = scene.runyard(&["reindex"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("already serves"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_start_with_an_old_index_sees_every_run_that_went_on_without_it() {
    let scene = Scene::with("train.py", GATE);
    scene.write("open", "");
    assert_eq!(scene.run(&["train.py", "n=1:3"]).code, 0);
    let_settle(&scene);
    assert_eq!(scene.runyard(&["reindex"]).code, 0);
    let old = std::fs::read(scene.path("_runyard_/.index.db")).unwrap();
    std::fs::remove_file(scene.path("open")).unwrap();
    let server = Server::start(&scene, "train.py");
    let tasks = scene.names("_runyard_/train/tasks");
    let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
    server.act("rerun", "train", &names[..2]);
    wait_until("it runs again", || {
        scene.record("train", names[0], 2)["status"] == "running"
    });
    server.act("remove", "train", &names[2..]);
    server.kill();
    scene.write("open", "");
    wait_until("it ends without a server", || {
        scene.record("train", names[0], 2)["status"] == "finished"
    });
    // The index of before, as a death before its next row leaves it.
    for left in ["-wal", "-shm"] {
        std::fs::remove_file(scene.path(&format!("_runyard_/.index.db{left}"))).ok();
    }
    scene.write("_runyard_/.index.db", old);
    let server = Server::start(&scene, "train.py");
    server.wait_idle();
    let with_old = seen(&server);
    assert_eq!(with_old["total"], 2);
    for task in &names[..2] {
        assert_eq!(
            server.task("train", task)["runs"].as_array().unwrap().len(),
            2
        );
    }
    server.stop();
    for left in ["", "-wal", "-shm"] {
        std::fs::remove_file(scene.path(&format!("_runyard_/.index.db{left}"))).ok();
    }
    let server = Server::start(&scene, "train.py");
    assert_eq!(seen(&server), with_old);
}
