//! Scripts that do what they must not before they read their command line: nothing of it happens.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::scene::{Printed, python};
use crate::support::{Scene, processes, wait_until};

const PARSER: &str = "\nimport argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.1)\np.parse_args()\nopen('worked', 'w').write('after the command line')\n";

fn scene(before: &str) -> Scene {
    let scene = Scene::with("train.py", format!("{before}{PARSER}").as_str());
    scene.write("precious.txt", "years of work");
    scene.write("data/a/b.txt", "more of it");
    scene
}

fn probe(scene: &Scene, words: &[&str]) -> Printed {
    let mut all = vec![
        "inspect",
        "--probe",
        "--json",
        "train.py",
        "--python",
        python(),
    ];
    all.extend(words);
    scene.runyard(&all)
}

/// The folder is as it was.
fn assert_untouched(scene: &Scene) {
    assert_eq!(scene.names(""), ["data", "precious.txt", "train.py"]);
    assert_eq!(scene.read("precious.txt"), "years of work");
    assert_eq!(scene.read("data/a/b.txt"), "more of it");
    assert_eq!(scene.names("data"), ["a"]);
    assert_eq!(scene.names("data/a"), ["b.txt"]);
}

/// It gave its one argument, and touched nothing.
fn assert_probed(scene: &Scene, printed: &Printed) -> Value {
    assert_eq!(printed.code, 0, "{printed:?}");
    let found = printed.json();
    assert_eq!(found["args"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["args"][0]["dest"], "lr");
    assert_eq!(found["args"][0]["origin"], "probe");
    assert_untouched(scene);
    found
}

fn error(printed: &Printed) -> Value {
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (1, ""),
        "{printed:?}"
    );
    let value: Value = serde_json::from_str(&printed.stderr).unwrap();
    value["error"].clone()
}

#[test]
fn a_script_that_writes_before_its_command_line_believes_it_has_and_has_not() {
    let scene = scene(
        "import os, shutil, tempfile, logging\nfrom pathlib import Path\nos.makedirs('out/a/b', exist_ok=True)\nPath('runs/x').mkdir(parents=True, exist_ok=True)\nPath('note.txt').write_text('x')\nlogging.basicConfig(filename='train.log')\nlogging.warning('hello')\nopen('precious.txt', 'a').write('spoilt')\nwith open('precious.txt', 'r+') as f:\n    assert f.read() == 'years of work'\n    f.write('spoilt')\nwith tempfile.TemporaryDirectory() as d, tempfile.NamedTemporaryFile() as t:\n    t.write(b'x')\nshutil.copy('precious.txt', 'copy.txt')\nos.symlink('precious.txt', 'link')\n",
    );
    let found = assert_probed(&scene, &probe(&scene, &[]));
    let prevented = found["probe"]["prevented"].as_array().unwrap();
    let line = prevented
        .iter()
        .find(|one| one["what"] == "note.txt")
        .unwrap();
    assert_eq!(
        (&line["kind"], &line["line"], &line["file"]),
        (&"write".into(), &5.into(), &"train.py".into())
    );
    assert_eq!(line["pretended"], true);
}

#[test]
fn a_script_that_deletes_and_moves_deletes_and_moves_nothing() {
    let scene = scene(
        "import os, shutil\nfrom pathlib import Path\nos.remove('precious.txt')\nshutil.rmtree('data')\nPath('data/a/b.txt').unlink()\nos.rename('precious.txt', 'gone.txt')\nos.truncate('precious.txt', 0)\nos.chmod('precious.txt', 0)\nshutil.move('data', 'elsewhere')\nos.rmdir('data/a')\n",
    );
    assert_probed(&scene, &probe(&scene, &[]));
}

#[test]
fn functions_kept_from_before_are_refused_by_the_interpreter() {
    // `posix` and `_io` are below what the guard replaces.
    let scene = scene(
        "import posix, _io, sqlite3\nfor act in (lambda: posix.unlink('precious.txt'), lambda: posix.mkdir('new'), lambda: _io.FileIO('new.txt', 'w'), lambda: posix.open('new2.txt', posix.O_CREAT | posix.O_WRONLY), lambda: posix.fork(), lambda: posix.system('touch new3'), lambda: posix.execv('/bin/touch', ['touch', 'new4']), lambda: posix.posix_spawn('/bin/touch', ['touch', 'new5'], {}), lambda: posix.kill(posix.getppid(), 15), lambda: sqlite3.connect('new.db')):\n    try:\n        act()\n    except PermissionError:\n        continue\n    raise SystemExit('it was let')\n",
    );
    let found = assert_probed(&scene, &probe(&scene, &[]));
    let refused = found["probe"]["prevented"].as_array().unwrap();
    assert!(
        refused
            .iter()
            .filter(|one| one["pretended"] == false)
            .count()
            >= 9,
        "{refused:?}"
    );
}

#[test]
fn processes_are_not_started() {
    let scene = scene(
        "import os, subprocess, multiprocessing\nr = subprocess.run(['touch', 'made'], capture_output=True)\nassert r.returncode == 127 and r.stdout == b''\nos.system('touch made')\nassert os.popen('stty size').read() == ''\ntry:\n    subprocess.check_output(['lscpu'])\nexcept subprocess.CalledProcessError:\n    pass\np = subprocess.Popen('touch made', shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)\np.communicate(b'x')\nfor context in ('fork', 'spawn'):\n    try:\n        multiprocessing.get_context(context).Process(target=print).start()\n    except OSError:\n        pass\n",
    );
    assert_probed(&scene, &probe(&scene, &[]));
}

#[test]
fn a_child_made_behind_pythons_back_is_gone_afterwards() {
    let before = "import ctypes, os, time\npid = ctypes.CDLL(None).fork()\nif pid == 0:\n    os.setsid()\n    time.sleep(1000)\nimport argparse\np = argparse.ArgumentParser()\np.add_argument('--pid', type=int, default=pid)\np.parse_args()\n";
    let scene = Scene::with("train.py", before);
    let printed = probe(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let pid = printed.json()["args"][0]["default"].as_u64().unwrap();
    wait_until("the child is gone", || {
        !processes::is_alive(u32::try_from(pid).unwrap())
    });
}

#[test]
fn nobody_is_talked_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let scene = scene(&format!(
        "import socket, urllib.request\nfor act in (lambda: socket.create_connection(('127.0.0.1', {port})), lambda: urllib.request.urlopen('http://127.0.0.1:{port}'), lambda: socket.getaddrinfo('example.org', 80), lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))):\n    try:\n        act()\n    except OSError:\n        continue\n    raise SystemExit('it was let')\n"
    ));
    assert_probed(&scene, &probe(&scene, &[]));
    assert!(listener.accept().is_err(), "somebody came");
}

/// Where the kernel can, compiled code is kept from it too.
#[test]
fn compiled_code_meets_the_kernel() {
    let scene = scene(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nhas_landlock = libc.syscall(444, None, ctypes.c_size_t(0), 1) > 0\nif has_landlock:\n    assert libc.unlink(b'precious.txt') == -1 and ctypes.get_errno() == 13\n    assert libc.open(b'new.txt', 0o101, 0o644) == -1\n    assert libc.mkdir(b'new', 0o755) == -1\n    assert libc.truncate(b'precious.txt', 0) == -1\n    libc.system(b'touch new2')\n",
    );
    assert_probed(&scene, &probe(&scene, &[]));
}

#[test]
fn a_script_that_never_gets_there_is_killed_at_its_limit() {
    let scene = scene(
        "import time\nwhile True:\n    try:\n        time.sleep(1000)\n    except BaseException:\n        pass\n",
    );
    let started = Instant::now();
    let found = error(&probe(&scene, &["--time-limit", "1"]));
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    insta::assert_json_snapshot!(found, @r#"
    {
      "code": "conflict",
      "message": "`train.py` did not read its command line within 1 seconds",
      "hint": "give it more time (`--time-limit SECS`), or move slow work behind `parse_args`",
      "file": "train.py"
    }
    "#);
    assert_untouched(&scene);
}

#[test]
fn a_flood_of_output_neither_blocks_nor_fills_anything() {
    let flood = scene(
        "import sys\nfor _ in range(100):\n    sys.stdout.write('x' * (1 << 20))\n    sys.stderr.write('y' * 1000)\n",
    );
    assert_probed(&flood, &probe(&flood, &[]));
    let endless = scene("import sys\nwhile True:\n    sys.stdout.write('x' * 100000)\n");
    let found = error(&probe(&endless, &["--time-limit", "2"]));
    assert_eq!(
        found["message"],
        "`train.py` did not read its command line within 2 seconds"
    );
    assert_untouched(&endless);
}

#[test]
fn a_script_that_leaves_at_once_is_told() {
    let scene = scene("import os\nos._exit(3)\n");
    let found = error(&probe(&scene, &[]));
    assert_eq!(
        found["message"],
        "the process of `train.py` ended before the script read its command line (exit code 3)"
    );
}

#[test]
fn answers_are_not_forged() {
    let forged = r#"{"event": "parser", "how": "full", "parser": {"args": [{"dest": "evil", "flags": ["--evil"]}]}, "modules": []}"#;
    let scene = scene(&format!(
        "import os\nline = '''{forged}'''.encode() + b'\\n'\nprint(line.decode())\nfor fd in range(0, 1024):\n    try:\n        os.write(fd, line)\n    except OSError:\n        pass\nos.write(1, b'RUNYARD_PROBE' + os.environ['RUNYARD_PROBE'].encode() + line)\n"
    ));
    assert_probed(&scene, &probe(&scene, &[]));
}

#[test]
fn a_script_that_replaces_parts_of_argparse_changes_no_more_than_its_own_answer() {
    let scene = Scene::with(
        "train.py",
        "import argparse, os\nargparse.ArgumentParser.parse_args = lambda self, *a: argparse.Namespace()\np = argparse.ArgumentParser()\np.add_argument('--lr')\np.parse_args()\nopen('worked', 'w').write('x')\nos.mkdir('out')\n",
    );
    let printed = probe(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let found = printed.json();
    assert_eq!(found["args"][0]["dest"], "lr");
    assert_eq!(
        found["probe"]["partial"], true,
        "its command line was not seen to be read"
    );
    assert_eq!(scene.names(""), ["train.py"]);
}

#[test]
fn secrets_are_neither_shown_nor_stored() {
    let scene = Scene::with(
        "train.py",
        "import argparse, os\np = argparse.ArgumentParser()\np.add_argument('--key', default=os.environ['SOME_API_KEY'])\np.add_argument('--home', default=os.environ['MY_PLACE'])\np.parse_args()\n",
    );
    let output = scene
        .command()
        .args([
            "inspect",
            "--probe",
            "--json",
            "train.py",
            "--python",
            python(),
        ])
        .env("SOME_API_KEY", "the-secret-word")
        .env("MY_PLACE", "here")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("the-secret-word"), "{text}");
    assert!(text.contains("\"default\":\"here\""), "{text}");
}

#[test]
fn the_scripts_own_modules_come_before_the_probes() {
    let scene = Scene::with("train.py", PARSER);
    scene.write("json.py", "MINE = True\n");
    scene.write("subprocess.py", "MINE = True\n");
    scene.write(
        "train.py",
        format!("import json, subprocess\nassert json.MINE and subprocess.MINE\n{PARSER}"),
    );
    let printed = probe(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(
        scene.names(""),
        ["json.py", "subprocess.py", "train.py"],
        "no cache is written either"
    );
}
