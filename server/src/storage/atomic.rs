//! Files that are either the old one or the new one, never half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::StorageError;

/// How far a write must have come before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives the death of this process.
    Process,
    /// Survives a power failure.
    Disk,
}

/// Replaces `path` by a file with this content, readable like any file of the user.
pub fn write(path: &Path, content: &[u8], durability: Durability) -> Result<(), StorageError> {
    replace(path, content, 0o666, durability)
}

/// Replaces `path` by a file that only its owner may read, from the first instant.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), StorageError> {
    replace(path, content, 0o600, Durability::Disk)
}

/// Replaces `path` by a file with these permissions, as far as the umask allows them.
pub fn write_with_mode(
    path: &Path,
    content: &[u8],
    mode: u32,
    durability: Durability,
) -> Result<(), StorageError> {
    replace(path, content, mode, durability)
}

/// Removes a file of ours; one that is gone already is fine.
pub fn remove(path: &Path) {
    fs::remove_file(path).ok();
}

/// Creates a folder and those above it.
pub fn create_dir_all(path: &Path) -> Result<(), StorageError> {
    fs::create_dir_all(path).map_err(StorageError::write(path))
}

/// Makes everything written so far under `path`'s file system survive a power failure: one sync for many files.
pub fn sync_file_system(path: &Path) -> Result<(), StorageError> {
    let file = File::open(path).map_err(StorageError::write(path))?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&file).map_err(|source| StorageError::write(path)(source.into()))?;
    #[cfg(not(target_os = "linux"))]
    rustix::fs::fsync(&file).map_err(|source| StorageError::write(path)(source.into()))?;
    Ok(())
}

/// Renames a file or folder, never over something that is there.
///
/// # Errors
/// [`StorageError::Write`] of the new place; with [`io::ErrorKind::AlreadyExists`] if it is taken.
pub fn rename_new(from: &Path, to: &Path) -> Result<(), StorageError> {
    rename_no_replace(from, to).map_err(StorageError::write(to))
}

#[cfg(target_os = "linux")]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system does not know how.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => look_and_rename(from, to),
        done => Ok(done?),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    look_and_rename(from, to)
}

/// Good enough where one process gives out the names.
fn look_and_rename(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Makes the names in a folder survive a power failure.
pub fn sync_dir(path: &Path) -> Result<(), StorageError> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(StorageError::write(path))
}

fn replace(
    path: &Path,
    content: &[u8],
    mode: u32,
    durability: Durability,
) -> Result<(), StorageError> {
    let temporary = temporary_beside(path);
    let result = write_new(&temporary, content, mode, durability)
        .and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // The name is ours alone; a failure to remove it again leaves a harmless file.
        fs::remove_file(&temporary).ok();
    } else if durability == Durability::Disk {
        sync_parent(path).map_err(StorageError::write(path))?;
    }
    result.map_err(StorageError::write(path))
}

fn temporary_beside(path: &Path) -> PathBuf {
    // A number besides the process: two threads may replace one file at the same time.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()))
}

fn write_new(path: &Path, content: &[u8], mode: u32, durability: Durability) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content)?;
    if durability == Durability::Disk {
        file.sync_all()?;
    }
    Ok(())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "x").unwrap();
        assert!(
            write(&path, b"new", Durability::Disk).is_err(),
            "a folder cannot be replaced by a file"
        );
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["sub"]);
    }

    #[test]
    fn many_at_once_replace_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        write(&path, b"whole", Durability::Process).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_private_file_is_readable_by_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_private(&path, b"x").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
