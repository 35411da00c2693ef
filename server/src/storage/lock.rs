//! Who may write: file locks that die with their holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::StorageError;

/// A lock on a file, held until it is dropped or the process dies, however it dies.
///
/// The descriptor is close-on-exec, so a child never holds it by accident.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    _file: File,
}

impl FileLock {
    /// Takes the lock, or `None` if somebody else holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, StorageError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                path: path.to_path_buf(),
                _file: file,
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
            _file: file,
        })
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
}
