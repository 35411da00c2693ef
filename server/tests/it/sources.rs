//! What a snapshot takes of a source: repositories, hostile folders, limits.

use crate::reproduce::{git, left_out, only_run, snapshot};
use crate::support::scripts::ECHO;
use crate::support::{Scene, Server};
use serde_json::json;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

#[test]
fn a_repository_is_kept_with_its_revision_its_changes_and_its_new_files() {
    let scene = Scene::with("echo.py", ECHO);
    scene.write("lib/a.py", "A = 1\n");
    scene.write("gone.py", "");
    scene.write("ignored.txt", "x");
    scene.write(".gitignore", "ignored.txt\n");
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-qm", "x"]);
    scene.write("lib/a.py", "A = 2\n");
    scene.write("new.py", "N = 1\n");
    fs::remove_file(scene.path("gone.py")).unwrap();
    let server = Server::start(&scene, "echo.py");
    let task = &server.submit("echo", &[])[0];
    server.wait_status("echo", task, "completed");
    assert_eq!(
        snapshot(&scene, "echo"),
        [".gitignore", "echo.py", "lib/a.py", "new.py"]
    );
    let answer = server
        .get(&format!("/api/v1/runs/echo/{task}/1/environment"))
        .json();
    let git = &answer["circumstances"]["git"];
    assert_eq!(
        (&git["branch"], &git["is_dirty"]),
        (&json!("main"), &json!(true))
    );
    assert_eq!(git["revision"].as_str().unwrap().len(), 40);
    let diff = answer["diff"].as_str().unwrap();
    assert!(
        diff.contains("-A = 1\n+A = 2\n") && diff.contains("deleted file"),
        "{diff}"
    );
    assert!(!answer["requirements"].is_null() && answer["conda"].is_null());
}

#[test]
fn a_hostile_source_is_left_where_it_is() {
    let scene = Scene::with("echo.py", ECHO);
    scene.write("good/a.py", "");
    symlink("/etc", scene.path("etc")).unwrap();
    symlink("/etc/passwd", scene.path("good/passwd.py")).unwrap();
    symlink("good/a.py", scene.path("inside.py")).unwrap();
    symlink("../../..", scene.path("good/up")).unwrap();
    symlink("nowhere", scene.path("dangling")).unwrap();
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        scene.path("pipe.py"),
        rustix::fs::Mode::RWXU,
    )
    .unwrap();
    let sparse = fs::File::create(scene.path("huge.py")).unwrap();
    sparse.set_len(10_000_000_000).unwrap();
    fs::write(
        scene
            .root()
            .join(std::ffi::OsStr::from_bytes(b"bad\xff.py")),
        "",
    )
    .unwrap();
    scene.write("data/loader.py", "");
    scene.write("data/images.bin", "x");
    scene.write("checkpoints/last.pt", "x");
    scene.write("locked.py", "");
    fs::set_permissions(scene.path("locked.py"), fs::Permissions::from_mode(0o0)).unwrap();
    let may_read_anything = fs::read(scene.path("locked.py")).is_ok();
    for is_repository in [false, true] {
        if is_repository {
            fs::remove_dir_all(scene.path("_runyard_")).unwrap();
            git(&scene, &["init", "-q"]);
        }
        let printed = scene.run(&["echo.py"]);
        assert_eq!(printed.code, 0, "{printed:?}");
        let mut taken = snapshot(&scene, "echo");
        taken.retain(|path| !may_read_anything || path != "locked.py");
        assert_eq!(
            taken,
            ["data/loader.py", "echo.py", "good/a.py", "inside.py"]
        );
        let circumstances = scene.json(&format!("{}/env.json", only_run(&scene, "echo")));
        let left = left_out(&circumstances);
        let mut expected = vec![
            ("etc", "link_outside"),
            ("good/passwd.py", "link_outside"),
            ("good/up", "link_outside"),
            ("dangling", "link_outside"),
            ("huge.py", "too_large"),
            ("bad\u{fffd}.py", "not_utf8"),
        ];
        if !is_repository {
            // git does not list pipes.
            expected.extend([("pipe.py", "not_a_file"), ("checkpoints", "data")]);
        }
        for (path, reason) in expected {
            assert!(
                left.contains(&(path.to_owned(), reason.to_owned())),
                "{path}: {left:?}"
            );
        }
        let files = scene.path("_runyard_/.store/files");
        let size = Command::new("du")
            .arg("-sk")
            .arg(files)
            .output()
            .unwrap()
            .stdout;
        let kilobytes: u64 = String::from_utf8_lossy(&size)
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(kilobytes < 1000, "{kilobytes}");
    }
}

#[test]
fn a_repositorys_own_configuration_runs_nothing() {
    let scene = Scene::with("echo.py", ECHO);
    scene.write(
        ".gitattributes",
        "*.py filter=evil diff=evil\n*.txt filter=a=b\n",
    );
    scene.write("x.txt", "1\n");
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-qm", "x"]);
    let mark = |name: &str| format!("touch {}; cat", scene.path(name).display());
    let marks = [
        "m-clean",
        "m-process",
        "m-textconv",
        "m-command",
        "m-external",
        "m-monitor",
        "m-equal",
        "m-hook",
    ];
    for (key, name) in [
        ("filter.evil.clean", "m-clean"),
        ("filter.evil.process", "m-process"),
        ("diff.evil.textconv", "m-textconv"),
        ("diff.evil.command", "m-command"),
        ("diff.external", "m-external"),
        ("core.fsmonitor", "m-monitor"),
        ("filter.a=b.clean", "m-equal"),
    ] {
        // `git config` has no way to write a name with `=` in it that every version takes: the file is written.
        let (section, variable) = key.rsplit_once('.').unwrap();
        let head = section.split_once('.').map_or_else(
            || format!("[{section}]"),
            |(section, sub)| format!("[{section} \"{sub}\"]"),
        );
        let mut config = scene.read(".git/config");
        config.push_str(&format!("{head}\n\t{variable} = \"{}\"\n", mark(name)));
        scene.write(".git/config", config);
    }
    scene.write(
        ".git/config",
        format!(
            "{}[filter \"evil\"]\n\trequired = true\n",
            scene.read(".git/config")
        ),
    );
    for hook in ["post-index-change", "fsmonitor-watchman", "pre-commit"] {
        let path = format!(".git/hooks/{hook}");
        scene.write(
            &path,
            format!("#!/bin/sh\ntouch {}\n", scene.path("m-hook").display()),
        );
        fs::set_permissions(scene.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    scene.write("echo.py", format!("{ECHO}\n# changed\n"));
    scene.write("x.txt", "2\n");
    let printed = scene.run(&["echo.py"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    for name in marks {
        assert!(!scene.path(name).exists(), "{name} was run");
    }
    let circumstances = scene.json(&format!("{}/env.json", only_run(&scene, "echo")));
    assert_eq!(circumstances["git"]["is_dirty"], true);
    assert!(!circumstances["git"]["diff"].is_null());
}

#[test]
fn limits_take_code_first_and_list_the_rest() {
    let scene = Scene::with("z_last.py", ECHO);
    scene.write(
        "_runyard_/settings.toml",
        "[snapshot]\nmax_files = 3\nexclude = [\"secret_lab\"]\n",
    );
    scene.write("secret_lab/x.py", "");
    for index in 0..20 {
        scene.write(&format!("a{index:02}.bin"), "x");
    }
    scene.write("sub/code.py", "");
    scene.write("note.md", "");
    assert_eq!(scene.run(&["z_last.py"]).code, 0);
    assert_eq!(
        snapshot(&scene, "z_last"),
        ["note.md", "sub/code.py", "z_last.py"]
    );
    let circumstances = scene.json(&format!("{}/env.json", only_run(&scene, "z_last")));
    assert_eq!(circumstances["source"]["left_out_count"], 21);
    assert!(left_out(&circumstances).contains(&("secret_lab".to_owned(), "excluded".to_owned())));
}
