//! Snapshots of sources in the store: contents by their hash, a list of them, and a tree to run from.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::StorageError;
use super::atomic;
use super::format::{self, FORMAT};
use super::store::{self, Store};

/// `snapshot.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The files, sorted by path.
    pub files: Vec<StoredFile>,
}

/// One file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredFile {
    /// Relative to the snapshot's root, with `/`.
    pub path: String,
    /// The hash of its content; for a link, of the path it names.
    pub sha256: String,
    /// As git writes it: `100644`, `100755` for a program, `120000` for a link.
    pub mode: String,
    /// Bytes.
    pub size: u64,
    /// Where a link leads: a relative path inside the snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A file that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Relative to the root, with `/`.
    pub path: String,
    /// The path a link names; `None` for a file.
    pub target: Option<String>,
}

/// What [`Store::take`] made of the candidates.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The snapshot's id.
    pub id: String,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Candidates that could not be read, with what they were.
    pub failed: Vec<(String, ReadProblem)>,
}

/// Why a candidate is not in the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadProblem {
    /// It may not be read, or went away.
    Unreadable,
    /// A pipe, a socket or a device.
    NotAFile,
    /// More bytes than allowed.
    TooLarge(u64),
}

/// What a file was when it was hashed: while all of it is the same, its content is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hashed {
    sha256: String,
    size: u64,
    inode: u64,
    mtime_ns: i64,
    ctime_ns: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct HashCache {
    format: u32,
    root: String,
    files: HashMap<String, Hashed>,
}

/// A file changed less than this before it was hashed is hashed again next time: clocks of file systems are coarse.
const SETTLED_NS: i64 = 2_000_000_000;

impl Store {
    /// Stores the candidates under `root` as one snapshot. Files that have not changed since the last time are not read.
    ///
    /// `max_file` bytes are taken of a file at most; `now_ns` is the time, nanoseconds since 1970.
    pub fn take(
        &self,
        root: &Path,
        candidates: &[Candidate],
        max_file: u64,
        now_ns: i64,
    ) -> Result<Taken, StorageError> {
        self.create()?;
        let spelled = root.to_string_lossy();
        // One memory per root: sweeps of several sources alternate.
        let mut memory = store::digest(spelled.as_bytes());
        memory.truncate(16);
        let memory = format!("hashes-{memory}");
        let old: HashCache = self.remembered(&memory).unwrap_or_default();
        let known = if old.root == spelled {
            old.files
        } else {
            HashMap::new()
        };
        let read = self.read_all(root, candidates, max_file, &known)?;
        let mut taken = Taken::default();
        let mut files = Vec::with_capacity(candidates.len());
        let mut cache = HashCache {
            format: FORMAT,
            root: spelled.into_owned(),
            files: HashMap::with_capacity(candidates.len()),
        };
        let mut has_news = known.len() != candidates.len();
        for (candidate, result) in candidates.iter().zip(read.results) {
            match result {
                Ok((file, hashed)) => {
                    taken.bytes += file.size;
                    files.push(file);
                    if let Some(hashed) = hashed.filter(|hashed| {
                        now_ns.saturating_sub(hashed.mtime_ns.max(hashed.ctime_ns)) > SETTLED_NS
                    }) {
                        has_news |= known.get(&candidate.path) != Some(&hashed);
                        cache.files.insert(candidate.path.clone(), hashed);
                    }
                }
                Err(problem) => taken.failed.push((candidate.path.clone(), problem)),
            }
        }
        files.sort();
        taken.files = u64::try_from(files.len()).unwrap_or(u64::MAX);
        taken.id = source_id(&files);
        if !self.root.join(&taken.id).is_dir() {
            // The contents first: a snapshot that is there has all of them, also after a power failure.
            if read.has_stored {
                atomic::sync_file_system(&self.root)?;
            }
            let list = SnapshotFile {
                format: FORMAT,
                files,
            };
            self.put_as(&taken.id, &[("snapshot.json", &format::to_json(&list))])?;
        }
        if has_news {
            self.remember(&memory, &cache)?;
        }
        Ok(taken)
    }

    /// Reads the list of a snapshot.
    pub fn snapshot(&self, id: &str) -> Result<SnapshotFile, StorageError> {
        let text = self.read(id, "snapshot.json")?;
        serde_json::from_slice(&text).map_err(|error| StorageError::Damaged {
            path: self.root.join(id).join("snapshot.json"),
            message: error.to_string(),
        })
    }

    /// The folder with a snapshot's files, made if it is not there yet.
    pub fn tree(&self, id: &str) -> Result<PathBuf, StorageError> {
        let tree = self.tree_path(id);
        if tree.is_dir() {
            return Ok(tree);
        }
        let list = self.snapshot(id)?;
        let temporary = self.temporary();
        let result = self
            .build_tree(&list, &temporary)
            .and_then(|()| store::move_dir(&temporary, &tree));
        if result.is_err() {
            fs::remove_dir_all(&temporary).ok();
        }
        result.map_err(StorageError::write(&tree))?;
        Ok(tree)
    }

    /// Copies a snapshot's files into a folder, where they are the person's: writable, and not shared with the store.
    pub fn copy_to(&self, id: &str, folder: &Path) -> Result<(), StorageError> {
        let list = self.snapshot(id)?;
        let copy = |file: &StoredFile| -> io::Result<()> {
            if !is_inside(&file.path) {
                return Err(io::Error::other(format!("`{}` leads out", file.path)));
            }
            let path = folder.join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            if let Some(target) = &file.target {
                fs::remove_file(&path).ok();
                return std::os::unix::fs::symlink(target, &path);
            }
            let mut content = Vec::new();
            File::open(self.content(&file.sha256))?.read_to_end(&mut content)?;
            fs::write(&path, content)?;
            let mode = if file.mode == "100755" { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))
        };
        list.files
            .iter()
            .try_for_each(copy)
            .map_err(StorageError::write(folder))
    }

    /// Where [`Self::tree`] puts a snapshot's files.
    pub fn tree_path(&self, id: &str) -> PathBuf {
        self.root
            .join(if store::is_digest(id) { id } else { "none" })
            .join("tree")
    }

    fn build_tree(&self, list: &SnapshotFile, root: &Path) -> io::Result<()> {
        fs::create_dir(root)?;
        for file in &list.files {
            // The list is ours, and it may have been edited: nothing leaves the tree.
            if !is_inside(&file.path) {
                return Err(io::Error::other(format!("`{}` leads out", file.path)));
            }
            let path = root.join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            match &file.target {
                Some(target) => std::os::unix::fs::symlink(target, &path)?,
                None if file.mode == "100755" => {
                    fs::copy(self.content(&file.sha256), &path)?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o555))?;
                }
                None => store::link_or_copy(&self.content(&file.sha256), &path)?,
            }
        }
        Ok(())
    }

    fn content(&self, sha256: &str) -> PathBuf {
        let shard = sha256.get(..2).unwrap_or("00");
        self.root.join("files").join(shard).join(sha256)
    }

    fn read_all(
        &self,
        root: &Path,
        candidates: &[Candidate],
        max_file: u64,
        known: &HashMap<String, Hashed>,
    ) -> Result<ReadAll, StorageError> {
        let folder = File::open(root).map_err(StorageError::read(root))?;
        let workers = thread::available_parallelism()
            .map_or(2, usize::from)
            .min(8);
        let (next, has_stored) = (AtomicUsize::new(0), AtomicBool::new(false));
        let broken: Mutex<Option<StorageError>> = Mutex::new(None);
        let work = || {
            let mut done = Vec::new();
            loop {
                // Some at a time: a counter for each would be fought over.
                let start = next.fetch_add(64, Ordering::Relaxed);
                let Some(slice) = candidates.get(start..candidates.len().min(start + 64)) else {
                    return done;
                };
                if slice.is_empty() {
                    return done;
                }
                for (at, candidate) in slice.iter().enumerate() {
                    match self.read_one((root, &folder), candidate, max_file, known, &has_stored) {
                        Ok(result) => done.push((start + at, result)),
                        Err(error) => {
                            if let Ok(mut slot) = broken.lock() {
                                slot.get_or_insert(error);
                            }
                            return done;
                        }
                    }
                }
            }
        };
        let mut parts: Vec<(usize, OneRead)> = thread::scope(|scope| {
            let threads: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let mut own = work();
            for thread in threads {
                own.extend(thread.join().unwrap_or_default());
            }
            own
        });
        if let Some(error) = broken.into_inner().ok().flatten() {
            return Err(error);
        }
        parts.sort_by_key(|(at, _)| *at);
        Ok(ReadAll {
            results: parts.into_iter().map(|(_, result)| result).collect(),
            has_stored: has_stored.into_inner(),
        })
    }

    fn read_one(
        &self,
        (root, folder): (&Path, &File),
        candidate: &Candidate,
        max_file: u64,
        known: &HashMap<String, Hashed>,
        has_stored: &AtomicBool,
    ) -> Result<OneRead, StorageError> {
        let path = &candidate.path;
        if let Some(target) = &candidate.target {
            let file = StoredFile {
                path: path.clone(),
                sha256: store::digest(target.as_bytes()),
                mode: "120000".to_owned(),
                size: 0,
                target: Some(target.clone()),
            };
            return Ok(Ok((file, None)));
        }
        let stored = |hashed: &Hashed, mode: u32| StoredFile {
            path: path.clone(),
            sha256: hashed.sha256.clone(),
            mode: if mode & 0o111 == 0 {
                "100644"
            } else {
                "100755"
            }
            .to_owned(),
            size: hashed.size,
            target: None,
        };
        if let (Some(hashed), Ok(meta)) = (known.get(path), fs::symlink_metadata(root.join(path)))
            && meta.is_file()
            && *hashed == identity(&meta, hashed.sha256.clone())
            && self.has_content(hashed)
        {
            return Ok(Ok((stored(hashed, meta.mode()), Some(hashed.clone()))));
        }
        let opened = open_inside(folder, root, path).and_then(|file| Ok((file.metadata()?, file)));
        let Ok((meta, mut file)) = opened else {
            return Ok(Err(ReadProblem::Unreadable));
        };
        if !meta.is_file() {
            return Ok(Err(ReadProblem::NotAFile));
        }
        if meta.len() > max_file {
            return Ok(Err(ReadProblem::TooLarge(meta.len())));
        }
        match self.store_content(&mut file, max_file, has_stored)? {
            Ok((sha256, size)) => {
                let hashed = Hashed {
                    size,
                    ..identity(&meta, sha256)
                };
                Ok(Ok((stored(&hashed, meta.mode()), Some(hashed))))
            }
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// True if the content is there. One of another length is what a power failure leaves of a file that was never synced.
    fn has_content(&self, hashed: &Hashed) -> bool {
        fs::symlink_metadata(self.content(&hashed.sha256))
            .is_ok_and(|meta| meta.is_file() && meta.len() == hashed.size)
    }

    /// Copies what can be read once, hashing what is copied: hash and content cannot differ.
    fn store_content(
        &self,
        file: &mut File,
        max_file: u64,
        has_stored: &AtomicBool,
    ) -> Result<Result<(String, u64), ReadProblem>, StorageError> {
        let mut content = Vec::new();
        if file.take(max_file + 1).read_to_end(&mut content).is_err() {
            return Ok(Err(ReadProblem::Unreadable));
        }
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if size > max_file {
            return Ok(Err(ReadProblem::TooLarge(size)));
        }
        let sha256 = store::hex(&Sha256::digest(&content));
        let path = self.content(&sha256);
        let is_there =
            fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() == size);
        if !is_there {
            let temporary = self.temporary();
            let write = || -> io::Result<()> {
                if let Some(shard) = path.parent() {
                    fs::create_dir_all(shard)?;
                }
                store::new_file(&temporary, 0o444)?.write_all(&content)?;
                fs::rename(&temporary, &path)
            };
            let result = write();
            if result.is_err() {
                fs::remove_file(&temporary).ok();
            }
            result.map_err(StorageError::write(&path))?;
            has_stored.store(true, Ordering::Relaxed);
        }
        Ok(Ok((sha256, size)))
    }
}

type OneRead = Result<(StoredFile, Option<Hashed>), ReadProblem>;

struct ReadAll {
    results: Vec<OneRead>,
    has_stored: bool,
}

/// The id of a source: the SHA-256 of the lines `<sha256> <mode> <path>`, sorted by path.
fn source_id(files: &[StoredFile]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(format!("{} {} {}\n", file.sha256, file.mode, file.path));
    }
    store::hex(&hasher.finalize())
}

fn identity(meta: &fs::Metadata, sha256: String) -> Hashed {
    let ns = |seconds: i64, nanoseconds: i64| seconds.saturating_mul(1_000_000_000) + nanoseconds;
    Hashed {
        sha256,
        size: meta.len(),
        inode: meta.ino(),
        mtime_ns: ns(meta.mtime(), meta.mtime_nsec()),
        ctime_ns: ns(meta.ctime(), meta.ctime_nsec()),
    }
}

/// True for a relative path without a way up.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// Opens a file below `folder`. No link on the way is followed, and a pipe does not keep us waiting.
fn open_inside(folder: &File, root: &Path, path: &str) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    if !is_inside(path) {
        return Err(io::Error::other("leads out"));
    }
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        use rustix::io::Errno;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(folder, path, flags, Mode::empty(), resolve) {
            Ok(descriptor) => return Ok(File::from(descriptor)),
            // A kernel or a sandbox without it: the plain way below.
            Err(Errno::NOSYS | Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let _ = folder;
    Ok(File::from(rustix::fs::open(
        root.join(path),
        flags,
        Mode::empty(),
    )?))
}
