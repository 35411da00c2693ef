//! The interpreters of this machine: virtual environments, conda, uv, and what stands in `PATH`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::protocol::settings::{Interpreter, InterpreterKind, ListInterpretersResponse};

use super::{Project, ServiceError, in_background, interpreter};
use crate::cli::environment;
use crate::process::tool::Tool;

/// The most interpreters that are asked for their version.
const MAX: usize = 40;
/// The most entries of one folder that are looked at.
const MAX_ENTRIES: usize = 200;
/// How long one may take to say its version.
const LIMIT: Duration = Duration::from_secs(5);
/// Neither the person's site nor their startup file runs for this question.
const QUESTION: &str = "import sys; print('%d.%d.%d' % sys.version_info[:3])";

/// `GET /api/v1/settings/interpreters`
pub async fn list(project: &Project) -> Result<ListInterpretersResponse, ServiceError> {
    let root = project.layout.root().to_path_buf();
    in_background(move || {
        let places = Places {
            root,
            home: environment::variable("HOME").map(PathBuf::from),
            path: environment::path(),
            active: ["VIRTUAL_ENV", "CONDA_PREFIX"]
                .into_iter()
                .filter_map(environment::variable)
                .map(PathBuf::from)
                .collect(),
        };
        Ok(ListInterpretersResponse {
            interpreters: find(&places),
        })
    })
    .await
}

/// Runs an interpreter and answers its version.
///
/// # Errors
/// It is not there, or does not run.
pub fn check(python: &Path, path: Option<&str>) -> Result<String, ServiceError> {
    let name = python.to_string_lossy();
    let found = interpreter::resolve(&name, path)?;
    version(&found).ok_or_else(|| ServiceError::InterpreterBroken(name.into_owned()))
}

/// Where to look.
#[derive(Clone, Debug, Default)]
struct Places {
    root: PathBuf,
    home: Option<PathBuf>,
    path: Option<String>,
    active: Vec<PathBuf>,
}

fn find(places: &Places) -> Vec<Interpreter> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let candidates = environments(places)
        .into_iter()
        .map(|prefix| prefix.join("bin/python"))
        .chain(in_path(places.path.as_deref().unwrap_or_default()));
    for python in candidates {
        if found.len() >= MAX || !is_file(&python) || !seen.insert(python.clone()) {
            continue;
        }
        found.push(describe(python));
    }
    found
}

/// The prefixes of environments: the project's, those that are active, conda's, uv's, the person's.
fn environments(places: &Places) -> Vec<PathBuf> {
    let mut all = folders(&places.root);
    all.retain(|folder| folder.join("pyvenv.cfg").is_file());
    if let Some(parent) = places.root.parent() {
        all.extend([".venv", "venv"].map(|name| parent.join(name)));
    }
    all.extend(places.active.iter().cloned());
    let Some(home) = &places.home else { return all };
    let listed = fs::read_to_string(home.join(".conda/environments.txt")).unwrap_or_default();
    all.extend(listed.lines().take(MAX_ENTRIES).map(PathBuf::from));
    for name in [
        "miniconda3",
        "anaconda3",
        "miniforge3",
        "mambaforge",
        "micromamba",
    ] {
        let base = home.join(name);
        all.extend(folders(&base.join("envs")));
        all.push(base);
    }
    all.extend(folders(&home.join(".virtualenvs")));
    all.extend(folders(&home.join(".local/share/uv/python")));
    all
}

/// The folders in a folder, by name.
fn folders(of: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(of) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .take(MAX_ENTRIES)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// `python3`, `python` and `python3.N` of each folder of `PATH`.
fn in_path(path: &str) -> impl Iterator<Item = PathBuf> {
    let names = ["python3".to_owned(), "python".to_owned()]
        .into_iter()
        .chain((8..=20).map(|minor| format!("python3.{minor}")));
    let names: Vec<String> = names.collect();
    path.split(':')
        .filter(|folder| folder.starts_with('/'))
        .flat_map(move |folder| {
            let folder = PathBuf::from(folder);
            names.clone().into_iter().map(move |name| folder.join(name))
        })
        .collect::<Vec<_>>()
        .into_iter()
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file())
}

fn describe(python: PathBuf) -> Interpreter {
    let prefix = python
        .parent()
        .and_then(Path::parent)
        .map(Path::to_path_buf);
    let prefix = prefix.unwrap_or_default();
    let config = fs::read_to_string(prefix.join("pyvenv.cfg")).ok();
    let is_uv = |config: &String| config.lines().any(|line| line.starts_with("uv ="));
    let kind = match &config {
        Some(config) if is_uv(config) => InterpreterKind::Uv,
        Some(_) => InterpreterKind::Venv,
        None if prefix.join("conda-meta").is_dir() => InterpreterKind::Conda,
        None if prefix.components().any(|part| part.as_os_str() == "uv") => InterpreterKind::Uv,
        None => InterpreterKind::System,
    };
    let name = if kind == InterpreterKind::System {
        python.file_name()
    } else {
        prefix.file_name()
    };
    Interpreter {
        name: name.unwrap_or_default().to_string_lossy().into_owned(),
        version: version(&python),
        path: python.to_string_lossy().into_owned(),
        kind,
    }
}

fn version(python: &Path) -> Option<String> {
    let words = ["-I", "-S", "-c", QUESTION];
    let answer = Tool {
        program: python.as_os_str(),
        arguments: words.map(OsStr::new).to_vec(),
        directory: Path::new("/"),
        environment: None,
        limit: LIMIT,
        max_bytes: 100,
    }
    .ask()
    .ok()
    .filter(|answer| answer.is_success)?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let version = text.trim();
    let is_version = |c: char| c.is_ascii_digit() || c == '.';
    (version.starts_with('3') && version.chars().all(is_version)).then(|| version.to_owned())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn fake(at: &Path, says: &str) {
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, format!("#!/bin/sh\n{says}\n")).unwrap();
        fs::set_permissions(at, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn environments_are_told_apart_and_a_broken_one_has_no_version() {
        let dir = tempfile::tempdir().unwrap();
        let (root, home) = (dir.path().join("project"), dir.path().join("home"));
        fake(&root.join(".venv/bin/python"), "echo 3.12.1");
        fs::write(root.join(".venv/pyvenv.cfg"), "home = /usr\n").unwrap();
        fake(&root.join("fast/bin/python"), "echo 3.13.0");
        fs::write(root.join("fast/pyvenv.cfg"), "uv = 0.5.1\n").unwrap();
        let conda = home.join("miniforge3/envs/torch");
        fake(&conda.join("bin/python"), "echo 3.11.9");
        fs::create_dir(conda.join("conda-meta")).unwrap();
        fake(&dir.path().join("bin/python3"), "exit 1");
        symlink("python3", dir.path().join("bin/python")).unwrap();
        let found = find(&Places {
            root,
            home: Some(home),
            path: Some(dir.path().join("bin").to_string_lossy().into_owned()),
            active: vec![conda],
        });
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.name.as_str(), one.kind, one.version.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (".venv", InterpreterKind::Venv, Some("3.12.1")),
                ("fast", InterpreterKind::Uv, Some("3.13.0")),
                ("torch", InterpreterKind::Conda, Some("3.11.9")),
                ("python3", InterpreterKind::System, None),
                ("python", InterpreterKind::System, None),
            ]
        );
    }

    #[test]
    fn an_interpreter_that_does_not_run_is_not_accepted() {
        assert!(matches!(
            check(Path::new("/bin/false"), None),
            Err(ServiceError::InterpreterBroken(_))
        ));
    }
}
