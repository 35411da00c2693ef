//! Runyard's build tool: `cargo xtask site [--release]` and `cargo xtask dist`.
//!
//! ```text
//! frontend (wasm32) -> bindgen -> wasm-opt, esbuild -> .br .gz -+
//! style/*.css  -> one file ------------------------------------+-> target/site -> runyard (--features embed)
//! public/*  ---------------------------------------------------+
//! ```

mod compress;
mod css;
mod site;
mod tool;
mod tree;

use anyhow::{Context as _, Result, bail};
use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

/// Name of the binary and stem of the files that the page asks for.
const NAME: &str = "runyard";

/// The source file that embeds `target/site` in the binary.
const EMBEDDER: &str = "server/src/api/assets.rs";

const USAGE: &str = "usage: cargo xtask <command>

  site             build the web client into target/site, quickly, for development
  site --release   the same, optimised and compressed
  dist             site --release, then target/release/runyard with the client inside";

/// How much work goes into the size of the web client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Debug,
    Release,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = root()?;
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["site"] => site::build(&root, Mode::Debug).map(|_| ()),
        ["site", "--release"] => site::build(&root, Mode::Release).map(|_| ()),
        ["dist"] => dist(&root),
        _ => bail!("{USAGE}"),
    }
}

/// The repository: every path of this tool starts there, whatever the current folder.
fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("`xtask` has no parent folder")?;
    env::set_current_dir(root).with_context(|| format!("could not enter `{}`", root.display()))?;
    Ok(root.to_path_buf())
}

fn dist(root: &Path) -> Result<()> {
    let change = site::build(root, Mode::Release)?;
    if change.names_changed {
        // The compiler watches the files that it embedded, not their folder: new names need a fresh look at it.
        let embedder = root.join(EMBEDDER);
        File::options()
            .append(true)
            .open(&embedder)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| {
                format!(
                    "could not touch `{}`, which embeds the client",
                    embedder.display()
                )
            })?;
    }
    tool::step("server with the client inside (release)");
    tool::run(
        tool::cargo()
            .args(["build", "--release", "-p", NAME, "--features", "embed"])
            .args(["--target-dir", "target"])
            .env("LEPTOS_OUTPUT_NAME", NAME)
            .envs(Mode::Release.flags()),
    )?;
    tool::step(&format!("ready: target/release/{NAME}"));
    Ok(())
}
