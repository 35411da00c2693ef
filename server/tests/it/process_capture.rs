//! Where the output of a run goes, in every mode of capture.

use std::process::{Command, Stdio};

use domain::queue::CaptureMode;
use domain::run::Outcome;

use crate::support::scene::python;
use crate::support::{Scene, Supervised, wait_until};

const MODES: [CaptureMode; 3] = [
    CaptureMode::File,
    CaptureMode::Split,
    CaptureMode::Pty {
        rows: 40,
        columns: 100,
    },
];

fn captured(scene: &Scene, text: &str, mode: CaptureMode) -> Supervised {
    Supervised::python(scene, text, |run| run.execution.capture = Some(mode))
}

#[test]
fn every_mode_keeps_every_byte_in_order_and_the_record_says_how_many() {
    for mode in MODES {
        let scene = Scene::new();
        let text = "import sys\nfor i in range(200000):\n    sys.stdout.write(f'{i}\\n')\n";
        let mut run = captured(&scene, text, mode);
        let record = run.ended();
        assert_eq!(record.outcome, Some(Outcome::Succeeded), "{mode:?}");
        let log = run.log();
        assert_eq!(record.log_bytes, Some(log.len() as u64), "{mode:?}");
        assert_eq!(record.warnings, [""; 0], "{mode:?}");
        let is_whole = log
            .lines()
            .map(str::trim_end)
            .enumerate()
            .all(|(i, line)| line == i.to_string());
        assert!(is_whole && log.lines().count() == 200_000, "{mode:?}");
    }
}

#[test]
fn standard_input_is_empty_and_only_a_terminal_looks_like_one() {
    for mode in MODES {
        let scene = Scene::new();
        let text = "import os, sys\n\
                    print(sys.stdin.read() == '', os.isatty(0), os.isatty(1), os.isatty(2))\n\
                    if os.isatty(1):\n    print(os.get_terminal_size(1), os.open('/dev/tty', os.O_RDWR) > 2)\n";
        let mut run = captured(&scene, text, mode);
        assert_eq!(run.outcome(), Outcome::Succeeded, "{mode:?}: {}", run.log());
        let expected = match mode {
            CaptureMode::Pty { .. } => {
                "True False True True\r\nos.terminal_size(columns=100, lines=40) True\r\n"
            }
            _ => "True False False False\n",
        };
        assert_eq!(run.log(), expected);
    }
}

#[test]
fn split_streams_are_marked_in_the_log_in_order_and_kept_apart_byte_for_byte() {
    let scene = Scene::new();
    // Each line waits until the one before is in the log, so that their order is known.
    let text = r#"
import os, sys, time
log = os.path.join(os.environ["RUNYARD_RUN_DIR"], "output.log")
def say(stream, text, sign):
    stream.write(text)
    stream.flush()
    while sign not in open(log).read():
        time.sleep(0.002)
say(sys.stdout, "one\n", "one\n")
say(sys.stderr, "two\nthree\n", "three\n")
say(sys.stdout, "four", "four")
say(sys.stderr, "five\n", "five\n")
say(sys.stdout, "six\n", "six\n")
"#;
    let mut run = captured(&scene, text, CaptureMode::Split);
    assert_eq!(run.outcome(), Outcome::Succeeded);
    assert_eq!(run.log(), "one\n▌two\n▌three\nfour\n▌five\nsix\n");
    assert_eq!(run.read("stdout.log"), "one\nfoursix\n");
    assert_eq!(run.read("stderr.log"), "two\nthree\nfive\n");
}

#[test]
fn the_error_of_a_split_run_is_read_from_standard_error_without_marks() {
    let scene = Scene::new();
    let text = "import sys\nprint('x' * 1000)\nraise ValueError('no')\n";
    let mut run = captured(&scene, text, CaptureMode::Split);
    let record = run.ended();
    assert_eq!(record.outcome, Some(Outcome::Failed { exit_code: 1 }));
    assert_eq!(record.error_line.as_deref(), Some("ValueError: no"));
    let error = run.read("error.log");
    assert!(
        error.contains("Traceback") && !error.contains('▌'),
        "{error}"
    );
}

#[test]
fn a_background_child_that_holds_the_output_costs_neither_output_nor_the_end() {
    for mode in MODES {
        let scene = Scene::new();
        let text = "import os, time\n\
                    if os.fork() == 0:\n    os.setsid()\n    print('from below', flush=True)\n    open('said', 'w')\n    time.sleep(600)\n\
                    while not os.path.exists('said'):\n    time.sleep(0.01)\n\
                    print('from above', flush=True)\n";
        let mut run = captured(&scene, text, mode);
        let record = run.ended();
        assert_eq!(record.outcome, Some(Outcome::Succeeded), "{mode:?}");
        assert_eq!(
            run.log().replace('\r', ""),
            "from below\nfrom above\n",
            "{mode:?}"
        );
        assert_eq!(
            record.warnings, [""; 0],
            "nobody holds it any more: {mode:?}"
        );
    }
}

/// Takes a descriptor from whoever connects, and holds it.
const HOLDER: &str = "import socket, sys, time\n\
    server = socket.socket(socket.AF_UNIX)\nserver.bind('door')\nserver.listen()\n\
    connection, _ = server.accept()\nsocket.recv_fds(connection, 1, 1)\nopen('held', 'w')\ntime.sleep(600)\n";

#[test]
fn an_output_that_a_stranger_holds_open_is_not_waited_for_and_the_record_says_so() {
    let scene = Scene::new();
    let mut holder = Command::new(python())
        .args(["-c", HOLDER])
        .current_dir(scene.root())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("somebody listens", || scene.path("door").exists());
    let text = "import os, socket, time\n\
                door = socket.socket(socket.AF_UNIX)\n\
                while door.connect_ex('door'):\n    time.sleep(0.01)\n\
                socket.send_fds(door, [b'x'], [1])\n\
                while not os.path.exists('held'):\n    time.sleep(0.01)\n\
                print('all', flush=True)\n";
    let mut run = captured(&scene, text, CaptureMode::Split);
    let record = run.ended();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(record.outcome, Some(Outcome::Succeeded));
    assert_eq!(run.log(), "all\n");
    assert_eq!(record.warnings.len(), 1, "{:?}", record.warnings);
    assert!(record.warnings[0].contains("holds its output open"));
}
