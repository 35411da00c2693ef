//! Which files are the source: git's list, or a careful walk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use domain::run::environment::{LeftOut, LeftOutReason, MAX_LEFT_OUT};

use super::git::Listed;
use super::rules::{self, Folder};
use crate::storage::run_folders;
use crate::storage::settings::SnapshotSettings;
use crate::storage::snapshot::Candidate;

/// The most names a walk looks at.
const MAX_VISITED: usize = 100_000;

/// The files of a source, and what is none of it.
#[derive(Debug, Default)]
pub struct Listing {
    /// To be taken, sorted by path.
    pub files: Vec<Candidate>,
    /// What is not, the most telling first; at most [`MAX_LEFT_OUT`].
    pub left_out: Vec<LeftOut>,
    /// How many are not.
    pub left_out_count: u64,
}

/// Looks at a source folder by folder or as git lists it.
pub struct Walk<'a> {
    root: &'a Path,
    settings: &'a SnapshotSettings,
    /// The folder holds much more than one project: only code is taken.
    is_broad: bool,
    found: Vec<Found>,
    left_out: Vec<LeftOut>,
    left_out_count: u64,
    visited: usize,
    /// Folders that were looked at, and whether numbered run folders stand in them.
    holds_runs: BTreeMap<String, bool>,
}

struct Found {
    file: Candidate,
    size: u64,
    rank: u8,
}

impl<'a> Walk<'a> {
    /// A walk through `root`, which is canonical.
    pub fn new(root: &'a Path, settings: &'a SnapshotSettings, is_broad: bool) -> Self {
        Self {
            root,
            settings,
            is_broad,
            found: Vec::new(),
            left_out: Vec::new(),
            left_out_count: 0,
            visited: 0,
            holds_runs: BTreeMap::new(),
        }
    }

    /// Takes what git lists: everything tracked, and what is untracked by the rules of a walk.
    pub fn take_listed(&mut self, listed: &Listed) {
        for (paths, is_tracked) in [(&listed.tracked, true), (&listed.untracked, false)] {
            for bytes in paths {
                let Ok(path) = std::str::from_utf8(bytes) else {
                    let shown = String::from_utf8_lossy(bytes).into_owned();
                    self.leave(shown, LeftOutReason::NotUtf8, None);
                    continue;
                };
                // A repository inside this one is listed as a folder.
                let path = path.trim_end_matches('/');
                if is_tracked || self.is_wanted(path) {
                    self.look_at(path, is_tracked);
                }
            }
        }
    }

    /// The rules of a walk for the folders and the name of an untracked file.
    fn is_wanted(&mut self, path: &str) -> bool {
        if self.is_of_a_run(path) {
            return false;
        }
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                return !rules::is_cache(name);
            }
            match rules::folder(name) {
                Folder::Source => {}
                Folder::Data if rules::is_python(path) => {}
                Folder::Cache => return false,
                Folder::Data | Folder::Environment => {
                    self.leave(path.to_owned(), LeftOutReason::Data, None);
                    return false;
                }
            }
        }
        true
    }

    /// True if a folder above `path` holds numbered run folders: what runs wrote is no source.
    fn is_of_a_run(&mut self, path: &str) -> bool {
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            let known = self.holds_runs.get(folder).copied();
            let holds_runs = known.unwrap_or_else(|| {
                let found = run_folders::are_in(&self.root.join(folder));
                self.holds_runs.insert(folder.to_owned(), found);
                if found {
                    self.leave(folder.to_owned(), LeftOutReason::Data, None);
                }
                found
            });
            if holds_runs {
                return true;
            }
            above = folder;
        }
        false
    }

    /// Walks through a folder below the root (`""` for the root itself), nearest files first.
    pub fn take_folder(&mut self, folder: &str) {
        let mut waiting = VecDeque::from([(folder.to_owned(), Folder::Source)]);
        while let Some((folder, kind)) = waiting.pop_front() {
            let Ok(entries) = fs::read_dir(self.root.join(&folder)) else {
                self.leave(folder, LeftOutReason::Unreadable, None);
                continue;
            };
            let mut names: Vec<(String, bool)> = Vec::new();
            for entry in entries.filter_map(Result::ok) {
                self.visited += 1;
                if self.visited > MAX_VISITED {
                    self.leave(folder, LeftOutReason::TooMany, None);
                    return;
                }
                let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
                match entry.file_name().into_string() {
                    Ok(name) => names.push((name, is_dir)),
                    Err(name) => {
                        let shown = join(&folder, &name.to_string_lossy());
                        self.leave(shown, LeftOutReason::NotUtf8, None);
                    }
                }
            }
            names.sort();
            let is_environment = names
                .iter()
                .any(|(name, _)| name == "pyvenv.cfg" || name == "conda-meta");
            let has_python = names.iter().any(|(name, _)| rules::is_python(name));
            let holds_runs = !folder.is_empty() && run_folders::are_in(&self.root.join(&folder));
            if is_environment || holds_runs || (kind == Folder::Data && !has_python) {
                self.leave(folder, LeftOutReason::Data, None);
                continue;
            }
            for (name, is_dir) in names {
                let path = join(&folder, &name);
                if is_dir {
                    self.enter(path, &name, kind, &mut waiting);
                } else if !rules::is_cache(&name)
                    && (kind != Folder::Data || rules::is_python(&name))
                    && !(self.is_broad && rules::rank(&name) > 1)
                {
                    self.look_at(&path, false);
                }
            }
        }
    }

    fn enter(
        &mut self,
        path: String,
        name: &str,
        above: Folder,
        waiting: &mut VecDeque<(String, Folder)>,
    ) {
        match rules::folder(name) {
            Folder::Cache => {}
            Folder::Environment => self.leave(path, LeftOutReason::Data, None),
            _ if rules::is_named(&path, &self.settings.exclude) => {
                self.leave(path, LeftOutReason::Excluded, None);
            }
            Folder::Source if above == Folder::Source && !self.is_broad => {
                waiting.push_back((path, Folder::Source));
            }
            _ => waiting.push_back((path, Folder::Data)),
        }
    }

    /// Looks at one name and takes it if it is a file, or a link to one that is inside.
    fn look_at(&mut self, path: &str, is_tracked: bool) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_included = rules::is_named(path, &self.settings.include);
        if !is_included && rules::is_secret(name) {
            return self.leave(path.to_owned(), LeftOutReason::Secret, None);
        }
        if !is_included && rules::is_named(path, &self.settings.exclude) {
            return self.leave(path.to_owned(), LeftOutReason::Excluded, None);
        }
        let full = self.root.join(path);
        let Ok(meta) = fs::symlink_metadata(&full) else {
            // Tracked and removed: the difference to the commit tells of it.
            if !is_tracked {
                self.leave(path.to_owned(), LeftOutReason::Unreadable, None);
            }
            return;
        };
        let kind = meta.file_type();
        if kind.is_dir() {
            // A submodule, or a repository inside this one.
            return self.take_folder(path);
        }
        let target = if kind.is_symlink() {
            let Some(target) = self.target(path, &full) else {
                return self.leave(path.to_owned(), LeftOutReason::LinkOutside, None);
            };
            Some(target)
        } else if kind.is_file() {
            if meta.len() > self.settings.max_file_bytes() {
                return self.leave(path.to_owned(), LeftOutReason::TooLarge, Some(meta.len()));
            }
            None
        } else {
            return self.leave(path.to_owned(), LeftOutReason::NotAFile, None);
        };
        let size = if target.is_some() { 0 } else { meta.len() };
        self.found.push(Found {
            file: Candidate {
                path: path.to_owned(),
                target,
            },
            size,
            rank: rules::rank(name),
        });
    }

    /// Where a link leads, spelled without any link on the way; `None` if that is not inside the root.
    fn target(&self, path: &str, full: &Path) -> Option<String> {
        let real = fs::canonicalize(full).ok()?;
        let inside = real.strip_prefix(self.root).ok()?.to_str()?;
        let is_taken = |name: &str| {
            !matches!(rules::folder(name), Folder::Cache | Folder::Environment)
                && !rules::is_secret(name)
        };
        if inside.is_empty() || !inside.split('/').all(is_taken) {
            return None;
        }
        let up = "../".repeat(path.matches('/').count());
        Some(format!("{up}{inside}"))
    }

    /// Notes what is left out.
    pub fn leave(&mut self, path: String, reason: LeftOutReason, bytes: Option<u64>) {
        self.left_out_count += 1;
        // Enough to choose from; the count stays exact.
        if self.left_out.len() < 50 * MAX_LEFT_OUT {
            self.left_out.push(LeftOut {
                path,
                reason,
                bytes,
            });
        }
    }

    /// Applies the limits: `first` comes in any case, then code, then texts, then the rest.
    pub fn finish(mut self, first: &str) -> Listing {
        let mut seen = BTreeSet::new();
        let mut found = std::mem::take(&mut self.found);
        found.retain(|one| seen.insert(one.file.path.clone()));
        found.sort_by(|a, b| {
            let key = |one: &Found| {
                (
                    one.file.path != first,
                    one.rank,
                    one.file.path.matches('/').count(),
                )
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| a.file.path.cmp(&b.file.path))
        });
        let mut files = Vec::with_capacity(found.len());
        let mut total = 0u64;
        for one in found {
            if files.len() >= self.settings.max_files {
                self.leave(one.file.path, LeftOutReason::TooMany, None);
            } else if total + one.size > self.settings.max_total_bytes() {
                self.leave(one.file.path, LeftOutReason::TotalTooLarge, Some(one.size));
            } else {
                total += one.size;
                files.push(one.file);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut left_out = self.left_out;
        left_out.sort_by(|a, b| {
            let key = |one: &LeftOut| (rules::weight(one.reason), one.path.clone());
            key(a).cmp(&key(b))
        });
        left_out.truncate(MAX_LEFT_OUT);
        Listing {
            files,
            left_out,
            left_out_count: self.left_out_count,
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The path of `file` below `root`, if it is there and UTF-8.
pub fn relative(root: &Path, file: &Path) -> Option<String> {
    Some(file.strip_prefix(root).ok()?.to_str()?.to_owned())
}

/// True for folders that hold much more than one project.
pub fn is_broad(root: &Path, home: Option<&OsStr>) -> bool {
    let home = home
        .filter(|home| !home.as_bytes().is_empty())
        .map(PathBuf::from);
    root.parent().is_none()
        || root == Path::new("/tmp")
        || home.is_some_and(|home| {
            home.starts_with(root) || fs::canonicalize(home).is_ok_and(|home| home == root)
        })
}
