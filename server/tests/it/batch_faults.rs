//! Batch files that are wrong, hostile, or only looked at: bad entries stop nobody, a dry run leaves no trace.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::batch::{folder, log, plain, run, scene};
use crate::support::Scene;

/// Every file below a folder with its content, links not followed.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut to_visit = vec![root.to_path_buf()];
    while let Some(dir) = to_visit.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                all.insert(name, Vec::new());
                to_visit.push(path);
            } else {
                // A link may lead to a folder.
                all.insert(name, fs::read(path).unwrap_or_default());
            }
        }
    }
    all
}

#[test]
fn a_dry_run_shows_the_final_order_and_leaves_no_trace() {
    let scene = Scene::with(
        "lab/batch.toml",
        r#"
scheduler.base_experiment_dir = "out"
[[experiments]]
name = "second"
command = "python train.py \\\n  --lr 0.1"
[[experiments]]
name = "first"
command = ["python", "train.py", "a b"]
priority = 10
repeats = 2
[[experiments]]
name = "bad"
comand = "x"
"#,
    );
    let before = tree(scene.root());
    let printed = run(&scene, &["--dry-run"]);
    assert_eq!(tree(scene.root()), before, "nothing is written");
    assert_eq!(printed.code, 1, "something is wrong");
    insta::assert_snapshot!(
        "batch_dry_run",
        format!("{}---\n{}", printed.stdout, printed.stderr)
    );
    let printed = run(&scene, &["--dry-run", "--json"]);
    assert_eq!(tree(scene.root()), before, "nothing is written");
    insta::assert_snapshot!(
        "batch_dry_run_json",
        serde_json::to_string_pretty(&printed.json()).unwrap()
    );
}

#[test]
fn a_bad_entry_never_stops_the_others() {
    let scene = scene(
        r#"
scheduler.base_experiment_dir = "out"
[[experiments]]
name = "no command"
[[experiments]]
name = "good"
command = "echo done"
[[experiments]]
name = "resumed"
command = "true"
resume = "2001-01-01__00-00-00"
[[experiments]]
name = "no folder"
command = "true"
cwd = "/nowhere/at/all"
[[experiments]]
name = "fails"
command = "exit 3"
"#,
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let good = folder(&scene, "lab/out", "good");
    assert_eq!(log(&scene, &good), "done\n");
    assert!(
        printed
            .stderr
            .contains("experiment 1 (\"no command\"): `command` is missing"),
        "{printed:?}"
    );
    assert!(
        printed
            .stderr
            .contains("experiment 3 (\"resumed\"): there is no folder"),
        "{printed:?}"
    );
    insta::assert_snapshot!("batch_failures", plain(&printed.stdout));
}

#[test]
fn a_file_that_is_wrong_as_a_whole_creates_nothing() {
    for (batch, word) in [
        ("[[experiments]]\nname = x\n", "line 2"),
        (
            "[scheduler]\nmax_concurrent = 3\n[[experiments]]\nname = 'a'\ncommand = 'touch ran'\n",
            "did you mean",
        ),
        (
            "[[experiments]]\nname = 'a'\ncommand = 'touch ran'\n[other]\n",
            "`other` is no key",
        ),
    ] {
        let scene = Scene::with("lab/batch.toml", batch);
        let printed = run(&scene, &[]);
        assert_eq!(printed.code, 1, "{printed:?}");
        assert!(printed.stderr.contains(word), "{printed:?}");
        assert_eq!(scene.names("lab"), ["batch.toml"], "{printed:?}");
        assert_eq!(scene.names(""), ["lab"]);
    }
}

#[test]
fn options_of_sweeps_are_refused_with_a_batch_file() {
    let scene = Scene::with(
        "lab/batch.toml",
        "[[experiments]]\nname = 'a'\ncommand = 'true'\n",
    );
    for words in [
        &["lr=1"] as &[&str],
        &["--where", "lr < 1"],
        &["--rerun"],
        &["--priority", "3"],
    ] {
        let printed = run(&scene, words);
        assert_eq!(printed.code, 2, "{words:?}: {printed:?}");
        assert!(
            printed.stderr.contains("does not go with a batch file"),
            "{printed:?}"
        );
    }
    assert_eq!(scene.names(""), ["lab"]);
}

#[test]
fn a_config_with_a_run_section_is_no_batch_file() {
    let scene = Scene::with(
        "lab/batch.toml",
        "[scheduler]\nlr = 1\n[__run__]\n__main__ = 'nothing:here'\n",
    );
    let printed = run(&scene, &["--dry-run"]);
    assert!(printed.stderr.contains("__"), "{printed:?}");
    assert!(!printed.stderr.contains("no key of"), "{printed:?}");
}

#[test]
fn what_stands_in_names_tags_and_variables_is_never_executed() {
    let evil = "$(touch pwned)`touch pwned`; touch pwned #'";
    let quoted = serde_json::to_string(evil).unwrap();
    let scene = scene(&format!(
        "scheduler.base_experiment_dir = \"out\"\n[[experiments]]\nname = {quoted}\ncommand = 'printf %s \"$MINE\"'\ntags = [{quoted}]\ndescription = {quoted}\nenvironment = {{ MINE = {quoted} }}\n"
    ));
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let folder = folder(&scene, "lab/out", evil);
    assert_eq!(log(&scene, &folder), evil);
    let everywhere = tree(scene.root());
    assert!(!everywhere.keys().any(|path| path.ends_with("/pwned")));
}

#[test]
fn what_is_kept_for_later_is_private_and_shown_to_nobody() {
    let scene = scene(
        "[scheduler]\nbase_experiment_dir = \"out\"\nlark_url = \"https://example.org/base/x\"\n[[experiments]]\nname = 'a'\ncommand = 'true'\nlark_config = { app_secret = 'hush-hush' }\n",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let task = scene.only_task("batch");
    let kept = format!("_runyard_/batch/tasks/{task}/.kept.json");
    assert_eq!(
        scene.json(&kept)["experiment"]["lark_config"]["app_secret"],
        "hush-hush"
    );
    assert_eq!(
        scene.json(&kept)["scheduler"]["lark_url"],
        "https://example.org/base/x"
    );
    let mode = fs::metadata(scene.path(&kept))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let others = tree(scene.root()).into_iter().filter(|(path, _)| {
        !path.ends_with("/.kept.json")
            && !path.ends_with("/batch.toml")
            && !path.contains("/.store/")
    });
    for (path, content) in others {
        let text = String::from_utf8_lossy(&content).into_owned();
        assert!(!text.contains("hush-hush"), "{path}");
    }
    assert!(!format!("{printed:?}").contains("hush-hush"));
}
