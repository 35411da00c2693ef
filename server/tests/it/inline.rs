//! Runs in the foreground of a real terminal: debuggers work, and everything is kept all the same.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli_tasks::project;
use crate::support::scene::{printed, python};
use crate::support::scripts::GATE;
use crate::support::{Scene, Server, wait_until};

/// A person at a terminal: waits for texts on the screen, and types or does something after each.
const PERSON: &str = r#"
import fcntl, glob, json, os, pty, select, signal, struct, sys, termios, time
order = json.loads(sys.argv[1])
master, slave = pty.openpty()
def size(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
size(30, 100)
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execv(order["command"][0], order["command"])
screen, seen, code = b"", 0, None
give_up = time.monotonic() + 60
def look():
    global screen
    if select.select([master], [], [], 0.01)[0]:
        screen += os.read(master, 65536)
    if time.monotonic() > give_up:
        print(json.dumps({"screen": screen.decode(errors="replace"), "code": "waited in vain"}))
        os.kill(pid, 9)
        sys.exit()
for text, act in order["steps"]:
    while text.encode() not in screen[seen:]:
        look()
    seen = screen.index(text.encode(), seen) + len(text.encode())
    if isinstance(act, str):
        os.write(master, act.encode())
    elif "size" in act:
        size(*act["size"])
    elif "kill" in act:
        record, = glob.glob("_runyard_/train/tasks/*/runs/1/run.json")
        os.kill(json.load(open(record))["supervisor_pid"], signal.SIGKILL)
while code is None:
    look()
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        code = os.waitstatus_to_exitcode(status)
look()
print(json.dumps({"screen": screen.decode(errors="replace"), "code": code, "restored": termios.tcgetattr(slave) == before}))
"#;

/// What is left of `runyard run train.py --inline` at a terminal after these steps.
fn at_a_terminal(scene: &Scene, steps: Value) -> Value {
    let words = ["run", "train.py", "--inline", "--python", python()];
    person(scene, &words, &[], steps)
}

/// What is left of a command that a person types at a terminal, who then does these steps.
pub(crate) fn person(
    scene: &Scene,
    words: &[&str],
    variables: &[(&str, &str)],
    steps: Value,
) -> Value {
    scene.write("person.py", PERSON);
    let mut command = vec![env!("CARGO_BIN_EXE_runyard")];
    command.extend(words);
    let order = json!({ "command": command, "steps": steps });
    let output = Command::new(python())
        .current_dir(scene.root())
        .args(["person.py", &order.to_string()])
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = printed(output);
    let left = printed.json();
    assert_eq!(left["restored"], true, "{left}");
    left
}

fn log(scene: &Scene) -> String {
    let task = scene.only_task("train");
    scene.read(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"))
}

fn outcome(scene: &Scene) -> Value {
    scene.record("train", &scene.only_task("train"), 1)["outcome"].clone()
}

#[test]
fn a_debugger_works_and_what_it_showed_is_in_the_log() {
    let scene = Scene::with("train.py", "x = 41\nbreakpoint()\nprint('after', x)\n");
    let steps = json!([
        ["(Pdb) ", "p x + 1\n"],
        ["42", ""],
        ["(Pdb) ", "c\n"],
        ["after 41", ""]
    ]);
    let left = at_a_terminal(&scene, steps);
    assert_eq!(left["code"], 0, "{left}");
    assert_eq!(outcome(&scene), json!({ "kind": "succeeded" }));
    let log = log(&scene);
    assert!(log.contains("(Pdb) p x + 1\r\n42\r\n"), "{log:?}");
    assert!(log.ends_with("after 41\r\n"), "{log:?}");
    let record = scene.record("train", &scene.only_task("train"), 1);
    assert_eq!(record["execution"]["executor"], json!({ "kind": "inline" }));
}

#[test]
fn the_run_has_a_terminal_of_the_size_of_the_window_and_learns_of_a_change() {
    let scene = Scene::with(
        "train.py",
        "import os, signal\n\
         def tell(*_):\n    print('size', *os.get_terminal_size(0), os.isatty(0), os.isatty(1), flush=True)\n\
         signal.signal(signal.SIGWINCH, tell)\ntell()\ninput()\n",
    );
    let steps = json!([
        ["size 100 30 True True", { "size": [40, 90] }],
        ["size 90 40 True True", "\n"]
    ]);
    assert_eq!(at_a_terminal(&scene, steps)["code"], 0);
}

#[test]
fn an_interrupt_from_the_keyboard_is_the_runs() {
    let scene = Scene::with(
        "train.py",
        "import sys, time\ntry:\n    print('ready', flush=True)\n    time.sleep(600)\n\
         except KeyboardInterrupt:\n    print('interrupted')\n    sys.exit(3)\n",
    );
    let left = at_a_terminal(&scene, json!([["ready", "\u{3}"], ["interrupted", ""]]));
    assert_eq!(left["code"], 1, "{left}");
    assert_eq!(outcome(&scene), json!({ "kind": "failed", "exit_code": 3 }));
}

#[test]
fn the_terminal_is_given_back_also_when_the_supervisor_is_killed() {
    let scene = Scene::with(
        "train.py",
        "import time\nprint('ready', flush=True)\ntime.sleep(600)\n",
    );
    // By the time that something is typed and shown, the record says that it runs.
    let left = at_a_terminal(&scene, json!([["ready", "x"], ["x", { "kill": true }]]));
    assert_eq!(left["code"], 1, "{left}");
    assert_eq!(outcome(&scene), json!({ "kind": "lost" }));
}

#[test]
fn without_a_terminal_input_and_output_pass_through() {
    let scene = Scene::with("train.py", "print('got', input(), flush=True)\n");
    let mut child = scene
        .command()
        .args(["run", "train.py", "--inline", "--python", python()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"a line\n").unwrap();
    let printed = printed(child.wait_with_output().unwrap());
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stdout.starts_with("got a line\n"), "{printed:?}");
    assert_eq!(log(&scene), "got a line\n");
}

#[test]
fn runs_in_the_foreground_go_on_one_after_the_other() {
    let scene = Scene::with(
        "train.py",
        "import argparse, time\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\n\
         n = parser.parse_args().n\nfile = open('events.txt', 'a')\nprint('begin', file=file, flush=True)\ntime.sleep(0.1)\nprint('end', file=file)\n",
    );
    let printed = scene.run(&["train.py", "n=1:3", "--inline", "-j", "3"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(
        scene.events(),
        ["begin", "end", "begin", "end", "begin", "end"]
    );
}

#[test]
fn beside_the_background_a_run_in_the_foreground_waits_for_a_slot_and_touches_no_run() {
    let scene = project(GATE);
    scene.write("ask.py", "print('got', input(), flush=True)\n");
    assert_eq!(scene.runyard(&["run", "-d", "train.py", "n=1:2"]).code, 0);
    wait_until("both slots are taken", || scene.events().len() == 2);
    assert_eq!(
        scene
            .runyard(&["run", "-d", "train.py", "n=3", "gate=later"])
            .code,
        0
    );
    let mut child = scene
        .command()
        .args(["run", "ask.py", "--inline", "--priority", "5"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"a line\n").unwrap();
    wait_until("the background has handed over", || {
        scene.json("_runyard_/.server.json")["kind"] == "foreground"
    });
    let status = |name: &str| {
        let found = scene.runyard(&["ls", name, "--json"]).json();
        found["tasks"][0]["status"].clone()
    };
    wait_until("it waits for a slot", || status("ask_*") == "queued");
    scene.write("open", "");
    let printed = printed(child.wait_with_output().unwrap());
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stdout.starts_with("got a line\n"), "{printed:?}");
    assert!(
        printed
            .stderr
            .contains("the background goes on with 1 task"),
        "{printed:?}"
    );
    scene.write("later", "");
    assert_eq!(scene.runyard(&["wait", "--all"]).code, 0);
    let begun = scene.events();
    let begun = begun.iter().filter(|line| line.starts_with("begin"));
    assert_eq!(begun.count(), 3, "none ran twice");
}

#[test]
fn where_there_is_no_terminal_of_ours_a_run_in_the_foreground_is_refused() {
    let scene = Scene::with("train.py", "print('ran')\n");
    scene.write(
        "_runyard_/settings.toml",
        "[run]\nexecutor = { kind = \"inline\" }\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_status("train", &task, "failed");
    let reason = outcome(&scene)["reason"].clone();
    assert!(reason.as_str().unwrap().contains("`inline`"), "{reason}");
    let printed = scene.run(&["train.py", "--inline", "--rerun"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(printed.stderr.contains("stop the server"), "{printed:?}");
}
