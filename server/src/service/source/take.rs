//! A sweep's source into the store.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread;

use domain::run::environment::{Git, LeftOut, LeftOutReason, MAX_LEFT_OUT, Source};

use super::git::Repository;
use super::rules;
use super::walk::{self, Walk};
use crate::service::redact;
use crate::storage::StorageError;
use crate::storage::settings::SnapshotSettings;
use crate::storage::snapshot::ReadProblem;
use crate::storage::store::Store;

/// What a snapshot is taken of.
#[derive(Clone, Debug)]
pub struct SourceRequest<'a> {
    /// The project's folder, canonical.
    pub project: &'a Path,
    /// The script, canonical.
    pub script: &'a Path,
    /// The limits.
    pub settings: &'a SnapshotSettings,
    /// The environment of this process.
    pub variables: &'a [(OsString, OsString)],
    /// The time, nanoseconds since 1970.
    pub now_ns: i64,
}

/// A snapshot that is in the store.
#[derive(Clone, Debug)]
pub struct TakenSource {
    /// The folder it was taken of.
    pub root: PathBuf,
    /// What it is.
    pub source: Source,
    /// The repository, if it is one.
    pub git: Option<Git>,
}

/// Stores the source as it is now.
///
/// The root is the work tree of the script's repository, else the project's folder. What cannot be read is left out and
/// listed; only a store that cannot be written is an error.
pub fn take(store: &Store, request: &SourceRequest<'_>) -> Result<TakenSource, StorageError> {
    let variable = |name: &str| {
        let found = request.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_os_str())
    };
    let folder = request.script.parent().unwrap_or(request.project);
    let repository = Repository::around(folder, request.variables)
        .filter(|repository| !walk::is_broad(&repository.root, variable("HOME")));
    let listed = repository
        .as_ref()
        .and_then(|repository| Some((repository, repository.files()?)));
    let plain = if folder.starts_with(request.project) {
        request.project
    } else {
        folder
    };
    let root = listed
        .as_ref()
        .map_or(plain, |(repository, _)| repository.root.as_path());
    thread::scope(|scope| {
        let asked = listed.as_ref().map(|(repository, listed)| {
            let has_untracked = !listed.untracked.is_empty();
            scope.spawn(move || ask(store, repository, has_untracked))
        });
        let is_broad = walk::is_broad(root, variable("HOME"));
        let mut walk = Walk::new(root, request.settings, is_broad);
        match &listed {
            Some((_, listed)) => walk.take_listed(listed),
            None => walk.take_folder(""),
        }
        let script = walk::relative(root, request.script).unwrap_or_default();
        let listing = walk.finish(&script);
        let max_file = request.settings.max_file_bytes();
        let taken = store.take(root, &listing.files, max_file, request.now_ns)?;
        let mut left_out = listing.left_out;
        let failed = u64::try_from(taken.failed.len()).unwrap_or(u64::MAX);
        left_out.extend(
            taken
                .failed
                .into_iter()
                .map(|(path, problem)| left(path, problem)),
        );
        left_out.sort_by_key(|one| rules::weight(one.reason));
        left_out.truncate(MAX_LEFT_OUT);
        let git = match asked.map(thread::ScopedJoinHandle::join) {
            Some(Ok(git)) => Some(git?),
            _ => None,
        };
        Ok(TakenSource {
            root: root.to_path_buf(),
            source: Source {
                snapshot: taken.id,
                root: root.to_string_lossy().into_owned(),
                files: taken.files,
                bytes: taken.bytes,
                left_out,
                left_out_count: listing.left_out_count + failed,
            },
            git,
        })
    })
}

fn left(path: String, problem: ReadProblem) -> LeftOut {
    let (reason, bytes) = match problem {
        ReadProblem::Unreadable => (LeftOutReason::Unreadable, None),
        ReadProblem::NotAFile => (LeftOutReason::NotAFile, None),
        ReadProblem::TooLarge(bytes) => (LeftOutReason::TooLarge, Some(bytes)),
    };
    LeftOut {
        path,
        reason,
        bytes,
    }
}

fn ask(store: &Store, repository: &Repository, has_untracked: bool) -> Result<Git, StorageError> {
    let head = repository.head();
    let diff = head.revision.as_ref().and_then(|_| repository.diff());
    let (text, is_diff_cut) = diff.unwrap_or_default();
    let kept = redact::diff(&String::from_utf8_lossy(&text));
    let diff = if kept.is_empty() {
        None
    } else {
        Some(store.put(&[("diff.patch", kept.as_bytes())])?)
    };
    Ok(Git {
        is_dirty: !text.is_empty() || has_untracked,
        revision: head.revision,
        branch: head.branch,
        diff,
        is_diff_cut,
    })
}
