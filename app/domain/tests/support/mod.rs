//! What the tests that need Python share: a small random source and one Python process per test.
#![expect(
    clippy::disallowed_methods,
    reason = "a test may start the interpreter that judges it"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `RUNYARD_TEST_SEED`, or always the same.
    pub(crate) fn new(salt: u64) -> Self {
        let seed = std::env::var("RUNYARD_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(20_261_121_u64);
        Self(seed ^ salt)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

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
    let mut stdin = child.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
