//! The web client: WASM, its JS glue, the style sheet and the public files, in `target/site`.

use crate::{
    Mode, NAME, compress, css,
    tool::{self, Tool},
    tree::{self, Change, Tree},
};
use anyhow::{Context as _, Result};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// Part of the key of kept results: raise it when the steps below change.
const RECIPE: u32 = 1;

/// What wasm-opt may assume beyond its defaults: what rustc turns on for this target.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds `target/site`; files that come out the same are not touched.
pub(crate) fn build(root: &Path, mode: Mode) -> Result<Change> {
    tool::need_wasm_target()?;
    // Asked for first: a missing tool should not show only after minutes of compiling.
    let finishing = match mode {
        Mode::Debug => None,
        Mode::Release => Some(Finishing {
            wasm_opt: tool::wasm_opt(root)?,
            esbuild: tool::esbuild(root)?,
        }),
    };
    let module = compile(root, mode)?;
    let mut site = client(root, &module, finishing.as_ref())?;

    let mut rest = tree::read(&root.join("public"))?;
    rest.insert(stylesheet(), style(root, finishing.as_ref())?);
    if finishing.is_some() {
        compress::add_siblings(&mut rest)?;
    }
    site.append(&mut rest);

    let change = tree::sync(&root.join("target/site"), &site)?;
    report(&site, &change);
    Ok(change)
}

/// The programs of a release build.
struct Finishing {
    wasm_opt: Tool,
    esbuild: Tool,
}

fn stylesheet() -> PathBuf {
    Path::new("pkg").join(format!("{NAME}.css"))
}

impl Mode {
    /// Compiler flags of both sides. Erased component types make a release client of this size a quarter smaller; a server
    /// without them would draw pages that such a client cannot take over, so both sides have them or neither.
    pub(crate) fn flags(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Debug => None,
            Self::Release => Some(("RUSTFLAGS", "--cfg erase_components")),
        }
    }
}

/// Compiles the entry crate; returns the module as rustc left it.
fn compile(root: &Path, mode: Mode) -> Result<PathBuf> {
    let (profile, folder, shown) = match mode {
        Mode::Debug => ("dev", "debug", "debug"),
        Mode::Release => ("wasm-release", "wasm-release", "release"),
    };
    tool::step(&format!("web client ({shown})"));
    tool::run(
        tool::cargo()
            .args(["build", "-p", "frontend", "--lib", "--target", "wasm32-unknown-unknown"])
            // A folder of its own: features and flags differ from the server's build, which would throw it away.
            .args(["--target-dir", "target/front", "--profile", profile])
            .env("LEPTOS_OUTPUT_NAME", NAME)
            .envs(mode.flags()),
    )?;
    Ok(root
        .join("target/front/wasm32-unknown-unknown")
        .join(folder)
        .join("frontend.wasm"))
}

/// The finished module and its glue. A release result is kept beside its key, because optimising and compressing take
/// far longer than comparing.
fn client(root: &Path, module: &Path, finishing: Option<&Finishing>) -> Result<Tree> {
    let Some(finishing) = finishing else {
        return bindgen(root, module, Mode::Debug);
    };
    let key = key(module, finishing)?;
    let kept = root.join("target/front/finished");
    let key_file = root.join("target/front/finished.key");
    if fs::read_to_string(&key_file).is_ok_and(|old| old == key) {
        return tree::read(&kept);
    }
    let mut tree = bindgen(root, module, Mode::Release)?;
    tool::step("optimise and compress the web client");
    optimise(root, &mut tree, finishing)?;
    minify_scripts(&mut tree, &finishing.esbuild)?;
    compress::add_siblings(&mut tree)?;
    // The key goes last: an interrupted build leaves no key for half a result.
    if key_file.exists() {
        fs::remove_file(&key_file).context("could not remove the key of the last client")?;
    }
    tree::sync(&kept, &tree)?;
    fs::write(&key_file, key).context("could not write the key of the client")?;
    Ok(tree)
}

fn key(module: &Path, finishing: &Finishing) -> Result<String> {
    let bytes =
        fs::read(module).with_context(|| format!("could not read `{}`", module.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Ok(format!(
        "{RECIPE} {:016x} {} bytes, wasm-opt {}, esbuild {}",
        hasher.finish(),
        bytes.len(),
        finishing.wasm_opt.version,
        finishing.esbuild.version
    ))
}

/// Makes the module callable from JS; the result lies under `pkg/`.
fn bindgen(root: &Path, module: &Path, mode: Mode) -> Result<Tree> {
    let folder = root.join("target/front/bindgen");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("could not empty `{}`", folder.display()))?;
    }
    let is_release = mode == Mode::Release;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(module)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(is_release)
        .remove_producers_section(is_release)
        .generate(&folder)
        .context("could not generate the JS glue")?;
    let renamed = |path: PathBuf| {
        // Leptos asks for the short name.
        let is_module = path == Path::new(&format!("{NAME}_bg.wasm"));
        Path::new("pkg").join(if is_module {
            PathBuf::from(format!("{NAME}.wasm"))
        } else {
            path
        })
    };
    Ok(tree::read(&folder)?
        .into_iter()
        .map(|(path, bytes)| (renamed(path), bytes))
        .collect())
}

fn optimise(root: &Path, tree: &mut Tree, finishing: &Finishing) -> Result<()> {
    let path = Path::new("pkg").join(format!("{NAME}.wasm"));
    let bytes = tree.get_mut(&path).context("bindgen wrote no module")?;
    let before = root.join("target/front/before.wasm");
    let after = root.join("target/front/after.wasm");
    fs::write(&before, &*bytes)
        .with_context(|| format!("could not write `{}`", before.display()))?;
    tool::run(
        finishing
            .wasm_opt
            .command()
            .arg("-Oz")
            .args(WASM_FEATURES)
            .arg(&before)
            .arg("-o")
            .arg(&after),
    )?;
    *bytes = fs::read(&after).with_context(|| format!("could not read `{}`", after.display()))?;
    Ok(())
}

fn minify_scripts(tree: &mut Tree, esbuild: &Tool) -> Result<()> {
    for (path, bytes) in tree.iter_mut() {
        if path.extension().is_some_and(|extension| extension == "js") {
            *bytes = minify(esbuild, "js", std::mem::take(bytes))?;
        }
    }
    Ok(())
}

fn minify(esbuild: &Tool, loader: &str, text: Vec<u8>) -> Result<Vec<u8>> {
    let mut command = esbuild.command();
    command
        .args(["--minify", "--log-level=warning", "--charset=utf8"])
        .arg(format!("--loader={loader}"));
    if loader == "js" {
        command.args(["--format=esm", "--target=es2022"]);
    }
    tool::pipe(&mut command, text)
}

fn style(root: &Path, finishing: Option<&Finishing>) -> Result<Vec<u8>> {
    let text = css::bundle(&root.join("style"))?.into_bytes();
    match finishing {
        None => Ok(text),
        Some(finishing) => minify(&finishing.esbuild, "css", text),
    }
}

/// One line per file a browser loads first.
fn report(site: &Tree, change: &Change) {
    for (path, bytes) in site {
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if !["wasm", "js", "css"].contains(&extension) {
            continue;
        }
        let packed = site
            .get(Path::new(&format!("{}.br", path.display())))
            .map(Vec::len);
        let packed = packed
            .map(|size| format!(", {size} with brotli"))
            .unwrap_or_default();
        eprintln!("    {}: {} bytes{packed}", path.display(), bytes.len());
    }
    eprintln!(
        "    target/site: {} files, {} changed",
        site.len(),
        change.written
    );
}
