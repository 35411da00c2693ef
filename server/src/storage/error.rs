//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

/// A file or folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Reading failed. The caller may go on without this file.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Writing failed. Nothing became visible.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The content is not what it should be. The file is left as it is.
    #[error("`{}` is damaged: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A setting cannot be used. The file is left as it is.
    #[error("`{}`{}: {message}", path.display(), line.map_or_else(String::new, |line| format!(", line {line}")))]
    Setting {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<u32>,
        /// The dotted key, if one is to blame.
        key: Option<String>,
        /// What is wrong with it.
        message: String,
    },
    /// The file was written by a newer version.
    #[error("`{}` has format {found}, and this version reads up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format this version knows.
        known: u32,
    },
    /// A run was to go on in a folder that is not there.
    #[error("there is no folder `{}` to resume", .0.display())]
    ResumeMissing(PathBuf),
    /// Another run goes on in the folder of a point. The caller may try again when that has ended.
    #[error("another run{} goes on in `{}`", by.as_ref().map_or_else(String::new, |task| format!(", of `{task}`,")), folder.display())]
    CallFolderTaken {
        /// The folder.
        folder: PathBuf,
        /// Whose run it is, if that can be told.
        by: Option<String>,
    },
    /// Another process holds the project.
    #[error("another Runyard already serves `{}`", path.display())]
    Locked {
        /// The project.
        path: PathBuf,
        /// Where it answers, if it said so.
        address: Option<String>,
    },
}

impl StorageError {
    /// True if there was no room for what was to be written.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }

    /// A reading error of this path.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    /// A writing error of this path.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Write { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("make the folder writable for you, or start from a folder that is".to_owned())
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                Some(
                    "this file system is mounted read-only: copy the project to one that is not"
                        .to_owned(),
                )
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("the disk is full: free some space and try again".to_owned())
            }
            Self::Read { source, .. } | Self::Write { source, .. }
                if source.kind() == io::ErrorKind::NotADirectory =>
            {
                Some("a file stands where a folder belongs: move it away".to_owned())
            }
            Self::Setting { .. } => {
                Some("correct it, or remove it to have the defaults".to_owned())
            }
            Self::Newer { .. } => Some("install a newer Runyard to read it".to_owned()),
            Self::CallFolderTaken { .. } => {
                Some("wait until it has ended, or cancel it".to_owned())
            }
            Self::Locked {
                address: Some(address),
                ..
            } => Some(format!("open {address}, or stop that one first")),
            Self::Locked { .. } => Some("stop that one first".to_owned()),
            _ => None,
        }
    }
}
