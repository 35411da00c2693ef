//! Where the running server answers, for commands that want to talk to it.

use std::fs;

use serde::{Deserialize, Serialize};

use super::format::{self, FORMAT};
use super::{Layout, StorageError, atomic};

/// `.server.json`; its truth is the project's lock, this only says where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The server's process id.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl ServerFile {
    /// Says that this process answers on a port.
    pub fn write(layout: &Layout, port: u16) -> Result<(), StorageError> {
        let file = Self {
            format: FORMAT,
            pid: std::process::id(),
            port,
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

    /// The access token of the running server.
    pub fn token(layout: &Layout) -> Option<String> {
        fs::read_to_string(layout.token())
            .ok()
            .map(|text| text.trim().to_owned())
    }
}
