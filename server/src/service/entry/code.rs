//! The modules that run folders get a copy of: the one that is called, and those beside it that it imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Component, Path};

use crate::process::clock;
use crate::service::ServiceError;
use crate::storage::Layout;
use crate::storage::run_folders;
use crate::storage::settings::SnapshotSettings;
use crate::storage::snapshot::Candidate;
use crate::storage::store::Store;
use crate::storage::sweeps::NewTask;

/// Folders that are no part of a package.
const NEVER: [&str; 9] = [
    "__pycache__",
    "_runyard_",
    "node_modules",
    "site-packages",
    ".git",
    ".hg",
    ".svn",
    ".venv",
    ".mypy_cache",
];

/// The largest module whose imports are looked at, bytes.
const MAX_MODULE_BYTES: u64 = 1024 * 1024;

/// Stores the code of tasks that run a copy of it, once for all that have the same.
///
/// Everything in a package is taken, data files too, up to the limits of snapshots; what is left out is logged.
///
/// # Errors
/// The store cannot be written.
pub fn keep(
    layout: &Layout,
    settings: &SnapshotSettings,
    tasks: &mut [NewTask],
) -> Result<(), ServiceError> {
    let mut known: BTreeMap<(String, Vec<String>), (Vec<String>, String)> = BTreeMap::new();
    for NewTask { task, .. } in tasks {
        let Some(folder) = task
            .run_folder
            .as_mut()
            .filter(|run| !run.copied.is_empty())
        else {
            continue;
        };
        let key = (folder.code.clone(), folder.copied.clone());
        if !known.contains_key(&key) {
            let code = Path::new(&folder.code);
            let names = with_imported(code, &folder.copied, settings);
            // The folder of all numbered folders may lie in the package: a copy never holds copies.
            let skipped = Path::new(&folder.parent);
            let candidates = listed(code, &names, skipped, settings);
            let max_file = settings.max_file_bytes();
            let taken = Store::new(layout).take(code, &candidates, max_file, clock::now_ns())?;
            for (path, problem) in &taken.failed {
                tracing::warn!(path, ?problem, "left out of the copy of the code");
            }
            known.insert(key.clone(), (names, taken.id));
        }
        if let Some((names, id)) = known.get(&key) {
            folder.copied.clone_from(names);
            folder.snapshot = Some(id.clone());
        }
    }
    Ok(())
}

/// The modules and packages of `code` that `first` needs, themselves included: found by their imports, however deep.
fn with_imported(code: &Path, first: &[String], settings: &SnapshotSettings) -> Vec<String> {
    let mut found: BTreeSet<String> = first.iter().cloned().collect();
    let mut open: VecDeque<String> = first.iter().cloned().collect();
    while let Some(name) = open.pop_front() {
        for file in listed(code, &[name], Path::new("/"), settings) {
            let path = code.join(&file.path);
            let is_module = path.extension().is_some_and(|ending| ending == "py")
                && fs::metadata(&path).is_ok_and(|meta| meta.len() <= MAX_MODULE_BYTES);
            let Some(source) = is_module
                .then(|| fs::read(&path).ok())
                .flatten()
                .and_then(|bytes| inspect::decode(&bytes).ok())
            else {
                continue;
            };
            for import in inspect::outline(&source).imports {
                let top = import.split('.').next().unwrap_or_default();
                let beside = beside(code, top).filter(|name| !found.contains(name));
                if let Some(name) = beside {
                    found.insert(name.clone());
                    open.push_back(name);
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The file or folder that an import of `top` finds in `code`.
fn beside(code: &Path, top: &str) -> Option<String> {
    if top.is_empty() || NEVER.contains(&top) {
        return None;
    }
    let holds_code = |folder: &Path| {
        fs::read_dir(folder).is_ok_and(|entries| {
            entries.filter_map(Result::ok).any(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "py")
            })
        })
    };
    if holds_code(&code.join(top)) {
        return Some(top.to_owned());
    }
    let file = format!("{top}.py");
    code.join(&file).is_file().then_some(file)
}

/// The files of these modules and packages, sorted; folders called `skipped` are passed over.
fn listed(
    code: &Path,
    names: &[String],
    skipped: &Path,
    settings: &SnapshotSettings,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut total = 0;
    let mut open: Vec<String> = names.iter().rev().cloned().collect();
    while let Some(relative) = open.pop() {
        let path = code.join(&relative);
        let Ok(meta) = fs::symlink_metadata(&path) else {
            continue;
        };
        if meta.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let holds_runs = path == *skipped || run_folders::are_in(&path);
            if NEVER.contains(&&*name) || holds_runs {
                continue;
            }
            let Ok(entries) = fs::read_dir(&path) else {
                continue;
            };
            let mut inside: Vec<String> = entries
                .filter_map(Result::ok)
                .filter_map(|entry| entry.file_name().into_string().ok())
                .map(|name| format!("{relative}/{name}"))
                .collect();
            inside.sort_by(|a, b| b.cmp(a));
            open.extend(inside);
            continue;
        }
        let target = if meta.is_symlink() {
            match fs::read_link(&path) {
                Ok(target) if stays_inside(&relative, &target) => {
                    Some(target.to_string_lossy().into_owned())
                }
                _ => {
                    tracing::warn!(
                        relative,
                        "a link that leads out is left out of the copy of the code"
                    );
                    continue;
                }
            }
        } else {
            None
        };
        let is_cache = [".pyc", ".pyo"]
            .iter()
            .any(|ending| relative.ends_with(ending));
        if is_cache {
            continue;
        }
        total += meta.len();
        if found.len() >= settings.max_files
            || total > settings.max_total_mb.saturating_mul(1_000_000)
        {
            tracing::warn!(
                relative,
                "the copy of the code has reached the limits of `[snapshot]`; this and what follows is left out"
            );
            break;
        }
        found.push(Candidate {
            path: relative,
            target,
        });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// True if a relative link of the file `relative` leads to something beside it or below.
fn stays_inside(relative: &str, target: &Path) -> bool {
    let mut depth = relative.matches('/').count();
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files they read")]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn what_is_imported_from_beside_is_copied_too() {
        let dir = tree(&[
            ("pkg/__init__.py", ""),
            (
                "pkg/run.py",
                "import second.x\ndef f():\n    from third import y\n",
            ),
            ("second/x.py", "import os, numpy, pkg\n"),
            ("third.py", "import fourth\n"),
            ("fourth/data.txt", "no module"),
            ("other/__init__.py", ""),
        ]);
        let names = with_imported(
            dir.path(),
            &["pkg".to_owned()],
            &SnapshotSettings::default(),
        );
        assert_eq!(names, ["pkg", "second", "third.py"]);
    }

    #[test]
    fn data_files_belong_to_a_package_and_caches_and_runs_do_not() {
        let dir = tree(&[
            ("pkg/a.py", ""),
            ("pkg/data/set.json", "{}"),
            ("pkg/__pycache__/a.pyc", ""),
            ("pkg/out/base/exp.0/config.yml", ""),
            ("pkg/out/other/.exp.next", "1"),
            ("pkg/out/other/exp.0/config.yml", ""),
        ]);
        std::os::unix::fs::symlink("a.py", dir.path().join("pkg/b.py")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("pkg/c.py")).unwrap();
        let runs = dir.path().join("pkg/out/base");
        let files = listed(
            dir.path(),
            &["pkg".to_owned()],
            &runs,
            &SnapshotSettings::default(),
        );
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["pkg/a.py", "pkg/b.py", "pkg/data/set.json"]);
    }
}
