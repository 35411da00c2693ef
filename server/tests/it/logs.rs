//! Logs over HTTP: raw bytes by range, and rendered rows.

use serde_json::Value;

use crate::support::scripts::GATE;
use crate::support::{Scene, Server};

const LINES: &str = "import os\nos.write(1, b''.join(b'line %d\\n' % i for i in range(1000)))\n";

fn finished(scene: &Scene) -> (Server, String) {
    let server = Server::start(scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    (server, task)
}

fn whole() -> String {
    (0..1000).map(|i| format!("line {i}\n")).collect()
}

#[test]
fn a_raw_log_is_every_byte_as_plain_text() {
    let scene = Scene::with("train.py", LINES);
    let (server, task) = finished(&scene);
    let answer = server.get(&format!("/api/v1/runs/train/{task}/1/log"));
    assert_eq!((answer.status, answer.text()), (200, whole()));
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        answer.header("x-content-type-options").as_deref(),
        Some("nosniff")
    );
    let disposition = answer.header("content-disposition").unwrap();
    assert!(disposition.ends_with("-run1.log\""), "{disposition}");
}

#[test]
fn a_range_of_a_raw_log_is_exactly_those_bytes() {
    let scene = Scene::with("train.py", LINES);
    let (server, task) = finished(&scene);
    let whole = whole();
    let ask = |range: &str| {
        let ask = server.ask("GET", &format!("/api/v1/runs/train/{task}/1/log"));
        ask.header("Range", range).send(server.port)
    };
    for (range, expected) in [
        ("bytes=0-4", &whole[..5]),
        ("bytes=700-799", &whole[700..800]),
        ("bytes=-6", &whole[whole.len() - 6..]),
        ("bytes=9000-", &whole[9000.min(whole.len())..]),
    ] {
        if expected.is_empty() {
            continue;
        }
        let answer = ask(range);
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (206, expected),
            "{range}"
        );
    }
    assert_eq!(ask("bytes=99999999-").status, 416);
}

#[test]
fn a_run_that_has_no_log_yet_is_not_found() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1|2")]);
    server.wait_status("train", &tasks[0], "running");
    let answer = server.get(&format!("/api/v1/runs/train/{}/1/log", tasks[1]));
    assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    let answer = server.get(&format!("/api/v1/runs/train/{}/2/log", tasks[0]));
    assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
}

#[test]
fn rows_before_an_offset_lead_back_to_the_beginning_without_gap_or_repeat() {
    let scene = Scene::with("train.py", LINES);
    let (server, task) = finished(&scene);
    let mut before = u64::MAX >> 2;
    let mut rows: Vec<String> = Vec::new();
    while before > 0 {
        let target = format!("/api/v1/runs/train/{task}/1/log/rows?before={before}&limit=170");
        let found = server.get(&target).json();
        let page: Vec<String> = found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row: &Value| row["html"].as_str().unwrap().to_owned())
            .collect();
        assert!(page.len() <= 170 && !page.is_empty());
        rows.splice(0..0, page);
        let from = found["from_offset"].as_u64().unwrap();
        assert!(from < before);
        before = from;
    }
    assert_eq!(rows, whole().lines().collect::<Vec<_>>());
    for bad in ["", "?before=-1", "?before=x", "?before=1&limit=-1"] {
        let answer = server.get(&format!("/api/v1/runs/train/{task}/1/log/rows{bad}"));
        assert_eq!(answer.refusal(), (400, "bad_request".to_owned()), "{bad}");
    }
}

#[test]
fn each_run_has_its_own_log() {
    let scene = Scene::with(
        "train.py",
        "import os\nprint(os.path.basename(os.environ['RUNYARD_RUN_DIR']))\n",
    );
    let (server, task) = finished(&scene);
    server.act("rerun", "train", &[&task]);
    server.wait_idle();
    for number in [1, 2] {
        let answer = server.get(&format!("/api/v1/runs/train/{task}/{number}/log"));
        assert_eq!(answer.text(), format!("{number}\n"));
    }
}
