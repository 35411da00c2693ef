//! What the tests that need Python share: finding one, and one process per test.
#![expect(
    clippy::disallowed_methods,
    reason = "a test may start the interpreter that judges it"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `RUNYARD_TEST_PYTHON`, else the virtual environment of the build, else `python3`; the first that can import `module`.
pub(crate) fn python(module: &str) -> PathBuf {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    let named = std::env::var_os("RUNYARD_TEST_PYTHON").map(PathBuf::from);
    let found = named
        .into_iter()
        .chain([venv, PathBuf::from("python3")])
        .find(|python| {
            let import = format!("import {module}");
            Command::new(python)
                .args(["-c", &import])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
    found.unwrap_or_else(|| panic!("no Python with `{module}`: run `make setup`, or set RUNYARD_TEST_PYTHON to one that has it"))
}

/// Feeds `lines` to a script and returns the lines it prints.
pub(crate) fn ask(python: &Path, script: &str, lines: &[String]) -> Vec<String> {
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the oracle ends");
    writer
        .join()
        .expect("no panic")
        .expect("the oracle reads all");
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout)
        .expect("JSON is UTF-8")
        .lines()
        .map(str::to_owned)
        .collect()
}
