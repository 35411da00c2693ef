//! Who may write: file locks that die with their holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::StorageError;

/// A lock on a file, held until it is dropped or the process dies, however it dies.
///
/// The descriptor is close-on-exec, so a child never holds it by accident.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    file: File,
}

impl FileLock {
    /// Takes the lock, or `None` if somebody else holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, StorageError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                path: path.to_path_buf(),
                file,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(StorageError::write(path)(source)),
        }
    }

    /// Waits until the lock is free and takes it. Blocks the thread; wakes when the holder dies.
    pub fn acquire(path: &Path) -> Result<Self, StorageError> {
        let file = open(path)?;
        file.lock().map_err(StorageError::write(path))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Writes a process id into the file, for whoever holds the lock later.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn note(&self, pid: u32) -> Result<(), StorageError> {
        let text = format!("{pid}\n");
        (&self.file)
            .write_all(text.as_bytes())
            .map_err(StorageError::write(&self.path))
    }

    /// The process id that an earlier holder wrote into the file; `None` if none did. What cannot be read counts as 0: somebody
    /// wrote something.
    pub fn noted(&self) -> Option<u32> {
        let mut text = String::new();
        match (&self.file).read_to_string(&mut text) {
            Ok(0) => None,
            _ => Some(text.trim().parse().unwrap_or(0)),
        }
    }

    /// The file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> Result<File, StorageError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(StorageError::write(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_a_lock_and_it_ends_with_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::try_acquire(&path).unwrap();
        assert!(first.is_some());
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        drop(first);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn what_a_holder_noted_is_known_to_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::acquire(&path).unwrap();
        assert_eq!(first.noted(), None);
        first.note(42).unwrap();
        drop(first);
        assert_eq!(FileLock::acquire(&path).unwrap().noted(), Some(42));
    }
}
