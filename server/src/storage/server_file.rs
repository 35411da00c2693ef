//! Where the running server answers, for commands that want to talk to it.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use serde::{Deserialize, Serialize};

use super::format::{self, FORMAT};
use super::{Layout, StorageError, atomic};

/// The longest file of a background dispatcher's messages, bytes.
const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// What kind of process holds the project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// A server that somebody started on purpose and that stays.
    #[default]
    Server,
    /// A command that runs something in a terminal and leaves when that is done.
    Foreground,
    /// What a detached command left behind: it ends by itself, and hands over to a server.
    Background,
}

/// `.server.json`; its truth is the project's lock, this only says where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The server's process id.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// What kind of process it is.
    #[serde(default)]
    pub kind: HolderKind,
}

impl ServerFile {
    /// Says that this process answers on a port.
    pub fn write(layout: &Layout, port: u16, kind: HolderKind) -> Result<(), StorageError> {
        let file = Self {
            format: FORMAT,
            pid: std::process::id(),
            port,
            kind,
        };
        atomic::write_private(&layout.server(), &format::to_json(&file))
    }

    /// Where the last server answered; `None` if none ever did or it ended in good order.
    pub fn read(layout: &Layout) -> Option<Self> {
        format::read_json(&layout.server()).ok()
    }

    /// The server has ended in good order.
    pub fn remove(layout: &Layout) {
        // Gone already is fine; a stale file misleads nobody, because the lock is free.
        fs::remove_file(layout.server()).ok();
    }

    /// Where a background dispatcher writes its messages: appended to, begun anew beyond `MAX_LOG_BYTES`.
    pub fn open_log(layout: &Layout) -> Result<File, StorageError> {
        let path = layout.background_log();
        let is_long = fs::metadata(&path).is_ok_and(|meta| meta.len() > MAX_LOG_BYTES);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(StorageError::write(&path))?;
        if is_long {
            file.set_len(0).map_err(StorageError::write(&path))?;
        }
        Ok(file)
    }

    /// The access token of the running server.
    pub fn token(layout: &Layout) -> Option<String> {
        fs::read_to_string(layout.token())
            .ok()
            .map(|text| text.trim().to_owned())
    }
}
