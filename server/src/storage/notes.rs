//! `notes.md`: what a person writes beside a task.

use std::fs;
use std::io::{ErrorKind, Read};

use domain::task::TaskId;
use rustix::fs::{Mode, OFlags};

use super::atomic::{self, Durability};
use super::{Layout, StorageError};

/// The longest notes, bytes.
pub const MAX_NOTES_BYTES: usize = 1024 * 1024;

/// The notes of a task; empty if there are none. A link in the file's place is not followed.
///
/// # Errors
/// [`StorageError::Damaged`] for a file that is no text, or longer than [`MAX_NOTES_BYTES`]: it is left as it is.
pub fn read(layout: &Layout, id: &TaskId) -> Result<String, StorageError> {
    let path = layout.notes(id);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::open(&path, flags, Mode::empty()) {
        Ok(file) => fs::File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(String::new()),
        Err(error) => return Err(StorageError::read(&path)(error.into())),
    };
    let damaged = |message: &str| StorageError::Damaged {
        path: path.clone(),
        message: message.to_owned(),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_NOTES_BYTES).unwrap_or(u64::MAX) + 1;
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(StorageError::read(&path))?;
    if bytes.len() > MAX_NOTES_BYTES {
        return Err(damaged("notes have at most 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8 text"))
}

/// Replaces the notes of a task; an empty text removes the file.
pub fn write(layout: &Layout, id: &TaskId, text: &str) -> Result<(), StorageError> {
    let path = layout.notes(id);
    if !text.is_empty() {
        return atomic::write(&path, text.as_bytes(), Durability::Disk);
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StorageError::write(&path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_are_a_link_are_not_followed_and_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let id = TaskId {
            experiment: "e".to_owned(),
            task: "a".to_owned(),
        };
        fs::create_dir_all(layout.task(&id)).unwrap();
        assert_eq!(read(&layout, &id).unwrap(), "");
        let secret = dir.path().join("secret");
        fs::write(&secret, "mine").unwrap();
        std::os::unix::fs::symlink(&secret, layout.notes(&id)).unwrap();
        assert!(read(&layout, &id).is_err());
        write(&layout, &id, "# ja\n").unwrap();
        assert_eq!(read(&layout, &id).unwrap(), "# ja\n");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "mine");
        write(&layout, &id, "").unwrap();
        assert!(!layout.notes(&id).exists());
    }
}
