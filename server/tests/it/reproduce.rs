//! What a run can be reproduced from: its folder, its source, its circumstances.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::scene::{printed, python};
use crate::support::scripts::ECHO;
use crate::support::{Scene, Server};

pub(crate) fn git(scene: &Scene, words: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(words)
        .current_dir(scene.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "git {words:?}");
}

/// The folder of the only run of the only task.
pub(crate) fn only_run(scene: &Scene, experiment: &str) -> String {
    let task = scene.only_task(experiment);
    format!("_runyard_/{experiment}/tasks/{task}/runs/1")
}

pub(crate) fn sweep_file(scene: &Scene, experiment: &str) -> Value {
    let names = scene.names(&format!("_runyard_/{experiment}/sweeps"));
    assert_eq!(names.len(), 1, "{names:?}");
    scene.json(&format!("_runyard_/{experiment}/sweeps/{}", names[0]))
}

/// The paths in the snapshot of the only sweep.
pub(crate) fn snapshot(scene: &Scene, experiment: &str) -> Vec<String> {
    let file = sweep_file(scene, experiment);
    let id = file["kept"]["source"].as_str().unwrap().to_owned();
    let list = scene.json(&format!("_runyard_/.store/{id}/snapshot.json"));
    let files = list["files"].as_array().unwrap();
    files
        .iter()
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn left_out(circumstances: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = circumstances["source"]["left_out"].as_array().unwrap();
    list.iter()
        .map(|one| (text(&one["path"]), text(&one["reason"])))
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn a_run_folder_is_complete_and_shares_its_files_with_the_store() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py", "n=2"]).code, 0);
    let run = only_run(&scene, "echo");
    let names = scene.names(&run);
    for name in [
        "config.json",
        "config.yaml",
        "env.json",
        "output.log",
        "requirements.txt",
        "run.json",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    let links = |name: &str| {
        fs::metadata(scene.path(&format!("{run}/{name}")))
            .unwrap()
            .nlink()
    };
    assert!(links("env.json") >= 2 && links("requirements.txt") >= 2);
    let circumstances = scene.json(&format!("{run}/env.json"));
    assert_eq!(circumstances["format"], 1);
    assert_eq!(circumstances["python"]["executable"], python());
    assert!(circumstances["host"]["cpus"].as_u64() > Some(0));
    // The interpreter that runs says what is installed, and pip says the same of it.
    let frozen = Command::new(python())
        .args(["-m", "pip", "freeze", "--disable-pip-version-check"])
        .current_dir("/")
        .output()
        .unwrap();
    if frozen.status.success() {
        let lines = |text: &str| {
            let mut lines: Vec<String> = text
                .lines()
                .filter(|line| !line.starts_with('#') && !line.starts_with("-e "))
                .map(str::to_lowercase)
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(
            lines(&scene.read(&format!("{run}/requirements.txt"))),
            lines(&String::from_utf8_lossy(&frozen.stdout))
        );
    }
}

#[test]
fn a_virtual_environment_without_pip_says_what_is_installed() {
    let scene = Scene::with("echo.py", ECHO);
    let venv = scene.path("env");
    let made = Command::new(python())
        .args(["-m", "venv", "--without-pip"])
        .arg(&venv)
        .status();
    assert!(made.unwrap().success());
    let lib = fs::read_dir(venv.join("lib"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let install = |name: &str, direct: Option<&str>| {
        let dir = lib.join(format!("site-packages/{name}-1.5.dist-info"));
        fs::create_dir_all(&dir).unwrap();
        fs::write(
            dir.join("METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n\nText\n"),
        )
        .unwrap();
        if let Some(direct) = direct {
            fs::write(dir.join("direct_url.json"), direct).unwrap();
        }
    };
    install("Plain_Name", None);
    install(
        "vcs",
        Some(
            r#"{"url":"https://me:secret@example.org/x.git","vcs_info":{"vcs":"git","commit_id":"abc"}}"#,
        ),
    );
    install(
        "mine",
        Some(r#"{"url":"file:///src/mine","dir_info":{"editable":true}}"#),
    );
    let own = venv.join("bin/python");
    let run = |words: &[&str]| {
        let printed = printed(
            scene
                .command()
                .args(["run", "echo.py", "--python", own.to_str().unwrap()])
                .args(words)
                .output()
                .unwrap(),
        );
        assert_eq!(printed.code, 0, "{printed:?}");
    };
    run(&[]);
    let folder = only_run(&scene, "echo");
    assert_eq!(
        scene.read(&format!("{folder}/requirements.txt")),
        "# Editable install (mine==1.5)\n-e /src/mine\nPlain_Name==1.5\nvcs @ git+https://example.org/x.git@abc\n"
    );
    assert_eq!(
        scene.json(&format!("{folder}/env.json"))["python"]["environment"],
        "venv"
    );
    // What is installed later is seen although the answer was remembered.
    install("later", None);
    run(&["n=5"]);
    let task = scene.names("_runyard_/echo/tasks").into_iter().map(|task| {
        scene.read(&format!(
            "_runyard_/echo/tasks/{task}/runs/1/requirements.txt"
        ))
    });
    assert_eq!(task.filter(|text| text.contains("later==1.5")).count(), 1);
}

#[test]
fn no_secret_of_the_environment_reaches_a_file() {
    let scene = Scene::with("echo.py", ECHO);
    scene.write(".env", "SECRET=in-a-file-5f1c\n");
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "-f", ".env", "echo.py"]);
    git(&scene, &["commit", "-qm", "x"]);
    scene.write(".env", "SECRET=changed-file-77aa\n");
    let output = scene
        .command()
        .args(["run", "echo.py", "--python", python()])
        .env("WANDB_API_KEY", "by-name-1d2e3f")
        .env("my_db_password", "by-name-4a5b6c")
        .env("HUB", "hf_ByShape0123456789abcdefXYZ")
        .env("PROXY", "http://someone:by-place-9z@host:1/x")
        .env("PLAIN", "kept-value")
        .env("RUNYARD_LOG", "trace")
        .output()
        .unwrap();
    let printed = printed(output);
    assert_eq!(printed.code, 0, "{printed:?}");
    let secrets = [
        "in-a-file-5f1c",
        "changed-file-77aa",
        "by-name-1d2e3f",
        "by-name-4a5b6c",
        "ByShape0123456789",
        "by-place-9z",
    ];
    let mut texts = vec![(
        "output".to_owned(),
        format!("{}{}", printed.stdout, printed.stderr),
    )];
    let mut folders = vec![scene.path("_runyard_")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
                texts.push((entry.path().display().to_string(), text));
            }
        }
    }
    for (place, text) in texts {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} stands in {place}");
        }
    }
    let circumstances = scene.json(&format!("{}/env.json", only_run(&scene, "echo")));
    let variables = circumstances["environment"].as_array().unwrap();
    assert!(variables.contains(&json!(["PLAIN", "kept-value"])));
    assert!(variables.contains(&json!(["WANDB_API_KEY", "<redacted>"])));
    assert!(left_out(&circumstances).contains(&(".env".to_owned(), "secret".to_owned())));
    let store = fs::metadata(scene.path("_runyard_/.store")).unwrap();
    assert_eq!(store.permissions().mode() & 0o777, 0o700);
}

const WORD: &str = "import argparse, os, sys\nfrom lab.word import WORD\np = argparse.ArgumentParser()\np.add_argument('--n', type=int, default=0)\np.parse_args()\nprint(WORD, os.getcwd())\n";

#[test]
fn an_edit_after_the_submission_does_not_reach_a_run_from_the_snapshot() {
    let scene = Scene::with("train.py", WORD);
    scene.write("lab/word.py", "WORD = 'before'\n");
    let server = Server::start(&scene, "train.py");
    let submit = |n: &str, from_snapshot: bool| {
        let mut body = server.submission("train", &[("n", n)]);
        body["start"] = json!("later");
        body["from_snapshot"] = json!(from_snapshot);
        let answer = server.post("/api/v1/experiments/train/sweeps", &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["first"]["task"].as_str().unwrap().to_owned()
    };
    let (kept, plain) = (submit("1", true), submit("2", false));
    scene.write("lab/word.py", "WORD = 'after'\n");
    server.act("run", "train", &[&kept, &plain]);
    server.wait_idle();
    let said = |task: &str| scene.read(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"));
    assert_eq!(said(&kept), format!("before {}\n", scene.root().display()));
    assert_eq!(said(&plain), format!("after {}\n", scene.root().display()));
    // The run wrote nothing into the snapshot, not even compiled modules.
    let command = server.task("train", &kept)["task"]["command"][1].clone();
    let tree = Path::new(command.as_str().unwrap())
        .parent()
        .unwrap()
        .to_path_buf();
    assert_eq!(fs::read_dir(tree.join("lab")).unwrap().count(), 1);
    let environment = server
        .get(&format!("/api/v1/runs/train/{kept}/1/environment"))
        .json();
    assert_eq!(environment["is_from_snapshot"], true);
    // A repeat from the snapshot runs it as it was; a plain one runs it as it is, and says that it has changed.
    let repeat = |from_snapshot: bool| {
        let answer = server.post(
            &format!("/api/v1/runs/train/{kept}/1/repeat"),
            &json!({ "from_snapshot": from_snapshot }),
        );
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    };
    for (from_snapshot, word) in [(true, "before"), (false, "after")] {
        let answer = repeat(from_snapshot);
        assert_eq!(answer["source_changed"], true);
        server.wait_idle();
        let task = answer["submitted"]["first"]["task"].as_str().unwrap();
        assert_eq!(said(task), format!("{word} {}\n", scene.root().display()));
    }
    let missing = server.get(&format!("/api/v1/runs/train/{kept}/9/environment"));
    assert_eq!(missing.status, 404);
}

#[test]
fn kills_in_the_middle_leave_no_half_entry() {
    let scene = Scene::with("echo.py", ECHO);
    for index in 0..400 {
        scene.write(
            &format!("lab/m{index}.py"),
            format!("X = {index}\n").repeat(200),
        );
    }
    for round in 0..12u64 {
        // Different every time, so that there is something to write.
        scene.write("lab/m0.py", format!("ROUND = {round}\n"));
        let mut child = scene
            .command()
            .args(["run", "echo.py", "--rerun", "--python", python()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = std::time::Instant::now() + std::time::Duration::from_millis(round * 12);
        while std::time::Instant::now() < end && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().ok();
        child.wait().unwrap();
    }
    let printed = scene.run(&["echo.py", "--rerun"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let mut snapshots = 0;
    for name in scene.names("_runyard_/.store") {
        if name.len() != 64 {
            continue;
        }
        let entry = format!("_runyard_/.store/{name}");
        let list = scene.json(&format!("{entry}/snapshot.json"));
        if list.is_null() {
            let mut lines: Vec<String> = scene
                .names(&entry)
                .iter()
                .map(|file| {
                    format!(
                        "{}  {file}\n",
                        hex(&fs::read(scene.path(&format!("{entry}/{file}"))).unwrap())
                    )
                })
                .collect();
            lines.sort();
            assert_eq!(
                hex(lines.concat().as_bytes()),
                name,
                "an entry is what its name says"
            );
            continue;
        }
        snapshots += 1;
        let mut text = String::new();
        for file in list["files"].as_array().unwrap() {
            let (sha, mode, path) = (
                file["sha256"].as_str().unwrap(),
                file["mode"].as_str().unwrap(),
                file["path"].as_str().unwrap(),
            );
            let content =
                fs::read(scene.path(&format!("_runyard_/.store/files/{}/{sha}", &sha[..2])))
                    .unwrap();
            assert_eq!(hex(&content), sha, "{path}");
            text.push_str(&format!("{sha} {mode} {path}\n"));
        }
        assert_eq!(hex(text.as_bytes()), name);
    }
    assert!(snapshots >= 1);
    assert_eq!(
        scene.names("_runyard_/.store/tmp"),
        Vec::<String>::new(),
        "the next start cleans up"
    );
}

#[test]
fn tasks_of_the_first_format_load_and_count_as_done() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(scene.run(&["echo.py", "n=1|2"]).code, 0);
    // As version 0.1 wrote them: without anything that came later.
    let strip = |path: &str, fields: &[&str]| {
        let mut file = scene.json(path);
        for field in fields {
            file.as_object_mut().unwrap().remove(*field);
        }
        scene.write(path, format!("{file}\n"));
    };
    for task in scene.names("_runyard_/echo/tasks") {
        strip(
            &format!("_runyard_/echo/tasks/{task}/task.json"),
            &["identity", "snapshot", "run_folder"],
        );
    }
    for sweep in scene.names("_runyard_/echo/sweeps") {
        strip(
            &format!("_runyard_/echo/sweeps/{sweep}"),
            &["identity", "kept", "options"],
        );
    }
    strip(
        "_runyard_/echo/experiment.json",
        &["ignore", "entry", "options"],
    );
    fs::remove_dir_all(scene.path("_runyard_/.store")).unwrap();
    let printed = scene.run(&["echo.py", "n=1:3"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stderr
            .contains("2 of 3 done already, 1 task created"),
        "{printed:?}"
    );
}

#[test]
fn a_repeat_takes_texts_literally() {
    let scene = Scene::with("echo.py", ECHO);
    let server = Server::start(&scene, "echo.py");
    let texts = [
        "\"a | b\"",
        "\"$HOME\"",
        "\"{lr}\"",
        "\"1:5\"",
        "\"--flag\"",
    ];
    for text in texts {
        let task = &server.submit("echo", &[("text", text)])[0];
        server.wait_status("echo", task, "completed");
        let answer = server.post(&format!("/api/v1/runs/echo/{task}/1/repeat"), &json!({}));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let again = answer.json()["submitted"]["first"]["task"]
            .as_str()
            .unwrap()
            .to_owned();
        server.wait_status("echo", &again, "completed");
        let said =
            |task: &str| scene.read(&format!("_runyard_/echo/tasks/{task}/runs/1/output.log"));
        assert_eq!(said(task), said(&again));
        assert!(
            said(task).contains(text.trim_matches('"')),
            "{}",
            said(task)
        );
        assert_eq!(answer.json()["source_changed"], false);
    }
}

#[test]
fn a_runs_config_runs_it_again_from_the_command_line() {
    let scene = Scene::with("echo.py", ECHO);
    assert_eq!(
        scene
            .run(&["echo.py", "text=\"a | {b} $HOME\"", "n=4"])
            .code,
        0
    );
    let run = only_run(&scene, "echo");
    let said = scene.read(&format!("{run}/output.log"));
    let again = |words: &[&str]| {
        let before = scene.names("_runyard_/echo/tasks");
        let config = format!("{run}/config.yaml");
        let mut all = vec![config.as_str()];
        all.extend(words);
        let printed = scene.run(&all);
        assert_eq!(printed.code, 0, "{printed:?}");
        let new = scene
            .names("_runyard_/echo/tasks")
            .into_iter()
            .find(|name| !before.contains(name))
            .unwrap();
        let log = scene.read(&format!("_runyard_/echo/tasks/{new}/runs/1/output.log"));
        (printed, log)
    };
    assert_eq!(again(&[]).1, said);
    let (_, log) = again(&["n=5"]);
    assert!(
        log.contains("\"n\": 5") && log.contains("a | {b} $HOME"),
        "{log}"
    );
    scene.write("echo.py", format!("{ECHO}\nprint('edited')\n"));
    let (printed, log) = again(&[]);
    assert!(
        printed
            .stderr
            .contains("the source has changed since that run"),
        "{printed:?}"
    );
    assert!(log.contains("edited"));
    assert_eq!(again(&["--from-snapshot"]).1, said);
    let config = format!("{run}/config.yaml");
    let printed = scene.run(&[&config, "unknown=5"]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("that run has no value `unknown`"),
        "{printed:?}"
    );
}
