//! Finding and running the programs that the build needs; what is missing is named with its remedy.

use anyhow::{Context as _, Result, bail};
use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The oldest wasm-opt whose output still hydrates: 108 breaks the table of function references silently.
const OLDEST_WASM_OPT: u32 = 116;

const NPM_REMEDY: &str = "run `npm ci --prefix xtask`";

/// Tells the person at the terminal what starts now.
pub(crate) fn step(what: &str) {
    eprintln!("==> {what}");
}

/// The cargo that started this tool, so that toolchain overrides stay in force.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command to its end; its output goes to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("could not start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command as a filter: `input` to its stdin, its stdout back.
pub(crate) fn pipe(command: &mut Command, input: Vec<u8>) -> Result<Vec<u8>> {
    let name = shown(command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start `{name}`"))?;
    let mut stdin = child.stdin.take().context("stdin was not piped")?;
    // A thread of its own: with large input both sides would wait for each other.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child
        .wait_with_output()
        .with_context(|| format!("`{name}` was lost"))?;
    let written = writer
        .join()
        .map_err(|_| anyhow::anyhow!("the writer to `{name}` panicked"))?;
    if !output.status.success() {
        bail!("`{name}` ended with {}", output.status);
    }
    written.with_context(|| format!("`{name}` did not read its input"))?;
    Ok(output.stdout)
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// Fails with the remedy unless the compiler can build for the browser.
pub(crate) fn need_wasm_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args([
            "--print",
            "target-libdir",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .output()
        .context("could not start `rustc`; install Rust with rustup")?;
    let libdir = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if !output.status.success() || !libdir.is_dir() {
        bail!(
            "the compiler lacks the target `wasm32-unknown-unknown`; run `rustup target add wasm32-unknown-unknown`"
        );
    }
    Ok(())
}

/// A program with a version, which is part of the key of everything it makes.
pub(crate) struct Tool {
    path: PathBuf,
    /// As the program prints it.
    pub(crate) version: String,
}

impl Tool {
    /// A fresh command line for it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    fn find(root: &Path, name: &str) -> Result<Self> {
        let ours = root.join("xtask/node_modules/.bin").join(name);
        let path = if ours.exists() {
            ours
        } else {
            PathBuf::from(name)
        };
        let output = Command::new(&path)
            .arg("--version")
            .output()
            .with_context(|| format!("could not start `{name}`; {NPM_REMEDY}"))?;
        if !output.status.success() {
            bail!(
                "`{} --version` ended with {}; {NPM_REMEDY}",
                path.display(),
                output.status
            );
        }
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Self { path, version })
    }
}

/// wasm-opt from xtask's npm packages, else from the PATH if it is new enough.
pub(crate) fn wasm_opt(root: &Path) -> Result<Tool> {
    let tool = Tool::find(root, "wasm-opt")?;
    match wasm_opt_version(&tool.version) {
        Some(version) if version >= OLDEST_WASM_OPT => Ok(tool),
        _ => bail!(
            "`{}` is `{}`, which makes broken modules (at least {OLDEST_WASM_OPT} is needed); {NPM_REMEDY}",
            tool.path.display(),
            tool.version
        ),
    }
}

/// The minifier of scripts and style sheets.
pub(crate) fn esbuild(root: &Path) -> Result<Tool> {
    Tool::find(root, "esbuild")
}

/// `wasm-opt version 132 (version_132)` gives 132.
fn wasm_opt_version(text: &str) -> Option<u32> {
    text.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_third_word() {
        assert_eq!(
            wasm_opt_version("wasm-opt version 132 (version_132)"),
            Some(132)
        );
        assert_eq!(wasm_opt_version("wasm-opt version 108"), Some(108));
        assert_eq!(wasm_opt_version("wasm-opt"), None);
    }

    #[test]
    fn a_filter_gets_all_input_and_gives_all_output() {
        let input = vec![b'x'; 1 << 20];
        assert_eq!(
            pipe(&mut Command::new("cat"), input.clone()).unwrap(),
            input
        );
        assert!(pipe(&mut Command::new("false"), Vec::new()).is_err());
    }
}
