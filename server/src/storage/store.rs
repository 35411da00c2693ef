//! `.store/`: what many sweeps share, each content once.
//!
//! ```text
//! .store/<id>/requirements.txt     small files; <id> is the SHA-256 of what `sha256sum *` prints for them
//! .store/<id>/snapshot.json        a source: paths, modes, contents; tree/ is made of it when code is to run from it
//! .store/files/<2>/<sha256>        contents of snapshots
//! .store/.<name>.json               what can be found out again: hashes of unchanged files, answers of interpreters
//! .store/tmp/                      what is being written; renamed into place when it is whole and on disk
//! ```
//! An entry is a folder that appears by one rename: it is whole or not there. Two writers of one content may meet: the
//! second finds the first one's and drops its own. Contents are read-only files, and run folders get hard links to them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{Layout, StorageError, format};

/// The shared contents of one project.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) root: PathBuf,
}

/// Numbers what one process writes at a time.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

impl Store {
    /// The store of a project.
    pub fn new(layout: &Layout) -> Self {
        Self {
            root: layout.store(),
        }
    }

    /// Creates its folders, for its owner only: sources and environments are nobody else's business.
    pub fn create(&self) -> Result<(), StorageError> {
        for dir in [&self.root, &self.root.join("tmp"), &self.root.join("files")] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(StorageError::write(dir))?;
        }
        Ok(())
    }

    /// Stores small files as one entry and returns its id. An entry of the same content is used again.
    pub fn put(&self, files: &[(&str, &[u8])]) -> Result<String, StorageError> {
        let id = id_of(files);
        self.put_as(&id, files)?;
        Ok(id)
    }

    /// Stores files under an id that the caller vouches to stand for them.
    pub(super) fn put_as(&self, id: &str, files: &[(&str, &[u8])]) -> Result<(), StorageError> {
        let entry = self.root.join(id);
        if entry.is_dir() {
            return Ok(());
        }
        self.create()?;
        let temporary = self.temporary();
        let write = || -> io::Result<()> {
            fs::DirBuilder::new().mode(0o700).create(&temporary)?;
            for (name, content) in files {
                let mut file = new_file(&temporary.join(name), 0o444)?;
                file.write_all(content)?;
                file.sync_all()?;
            }
            File::open(&temporary)?.sync_all()?;
            move_dir(&temporary, &entry)?;
            File::open(&self.root)?.sync_all()
        };
        let result = write();
        if result.is_err() {
            // Ours alone; what cannot be removed now goes at the next start.
            fs::remove_dir_all(&temporary).ok();
        }
        result.map_err(StorageError::write(&entry))
    }

    /// One file of an entry.
    ///
    /// # Errors
    /// [`StorageError::Read`], not found included; also for an id that could be no entry's.
    pub fn read(&self, id: &str, name: &str) -> Result<Vec<u8>, StorageError> {
        let path = self.file(id, name);
        fs::read(&path).map_err(StorageError::read(&path))
    }

    /// Puts a file of an entry at `target`, as a hard link, or as a copy where links cannot be made. What stands there stays.
    ///
    /// An entry without that file is no error: `false` says so.
    pub fn link(&self, id: &str, name: &str, target: &Path) -> Result<bool, StorageError> {
        let source = self.file(id, name);
        if !source.is_file() {
            return Ok(false);
        }
        link_or_copy(&source, target).map_err(StorageError::write(target))?;
        Ok(true)
    }

    /// What was remembered under this name; nothing if it cannot be read. It can always be found out again.
    pub fn remembered<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        format::read_json(&self.memory(name)).ok()
    }

    /// Remembers something that can be found out again.
    pub fn remember<T: Serialize>(&self, name: &str, what: &T) -> Result<(), StorageError> {
        self.create()?;
        // Not the usual writer: several threads may remember at once.
        let (temporary, path) = (self.temporary(), self.memory(name));
        let write = || -> io::Result<()> {
            new_file(&temporary, 0o600)?.write_all(&format::to_json(what))?;
            fs::rename(&temporary, &path)
        };
        let result = write();
        if result.is_err() {
            fs::remove_file(&temporary).ok();
        }
        result.map_err(StorageError::write(&path))
    }

    fn memory(&self, name: &str) -> PathBuf {
        self.root.join(format!(".{name}.json"))
    }

    /// Removes what dead writers left behind. A writer that lives keeps its own.
    pub fn clean(&self) {
        let Ok(entries) = fs::read_dir(self.root.join("tmp")) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let pid = name.to_string_lossy();
            let pid = pid.split('-').next().unwrap_or_default();
            let is_alive =
                !Path::new("/proc/self").exists() || Path::new("/proc").join(pid).exists();
            if pid.parse::<u32>().is_ok() && !is_alive {
                let path = entry.path();
                fs::remove_file(&path)
                    .or_else(|_| fs::remove_dir_all(&path))
                    .ok();
            }
        }
    }

    /// A path for something new; nobody else gets the same.
    pub(super) fn temporary(&self) -> PathBuf {
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        self.root.join("tmp").join(format!("{pid}-{number}"))
    }

    fn file(&self, id: &str, name: &str) -> PathBuf {
        // An id comes from files that a person may have edited: it must not lead anywhere else.
        let id = if is_digest(id) { id } else { "none" };
        self.root.join(id).join(name)
    }
}

/// True for 64 small hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The id of an entry: the SHA-256 of the lines that `sha256sum` prints for its files, sorted by name.
pub fn id_of(files: &[(&str, &[u8])]) -> String {
    let mut lines: Vec<String> = files
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", digest(content)))
        .collect();
    lines.sort_by(|a, b| a.get(66..).cmp(&b.get(66..)));
    digest(lines.concat().as_bytes())
}

/// Hex SHA-256.
pub fn digest(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn new_file(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

/// Moves a whole folder into place; if somebody was faster with the same content, theirs stays.
pub(super) fn move_dir(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Ok(()) => Ok(()),
        Err(_) if to.is_dir() => {
            fs::remove_dir_all(from).ok();
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// A hard link, or a copy across devices and where a file has as many links as it may have.
pub(super) fn link_or_copy(source: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(source, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(_) => fs::copy(source, target).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&Layout::new(dir.path()));
        (dir, store)
    }

    #[test]
    fn one_content_is_stored_once_by_any_number_of_writers() {
        let (_dir, store) = store();
        let ids: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| store.put(&[("a.txt", b"x".as_slice())]).unwrap()))
                .collect();
            writers.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0] && is_digest(id)));
        assert_eq!(store.read(&ids[0], "a.txt").unwrap(), b"x");
        let left = fs::read_dir(store.root.join("tmp")).unwrap().count();
        assert_eq!(left, 0, "a loser of the race removes its own");
    }

    #[test]
    fn an_id_is_what_sha256sum_says() {
        // printf x | sha256sum; then of the line it prints.
        let x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        assert_eq!(digest(b"x"), x);
        assert_eq!(
            id_of(&[("a.txt", b"x")]),
            digest(format!("{x}  a.txt\n").as_bytes())
        );
    }

    #[test]
    fn an_id_that_is_a_path_leads_nowhere() {
        let (dir, store) = store();
        store.create().unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        assert!(store.read("../..", "secret").is_err());
        assert!(
            !store
                .link("../..", "secret", &dir.path().join("out"))
                .unwrap()
        );
    }

    #[test]
    fn what_a_dead_writer_left_is_removed_and_a_living_ones_is_not() {
        let (_dir, store) = store();
        store.create().unwrap();
        let (dead, own) = (store.root.join("tmp/4194999-0"), store.temporary());
        fs::create_dir(&dead).unwrap();
        fs::write(&own, "half").unwrap();
        store.clean();
        assert!(!dead.exists() && own.exists());
    }
}
