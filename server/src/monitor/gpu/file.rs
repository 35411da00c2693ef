//! Devices that another program tells of, in a JSON file that it replaces as they change.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::Deserialize;

use super::provider::{GpuProvider, LookAtGpusError, Observed};

/// A file that tells devices is never longer, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A file of devices, read at every look.
#[derive(Debug)]
pub(super) struct DeviceFile {
    pub(super) path: PathBuf,
}

#[derive(Deserialize)]
struct Content {
    devices: Vec<Observed>,
}

impl GpuProvider for DeviceFile {
    fn look(&self) -> Result<Vec<Observed>, LookAtGpusError> {
        let mut bytes = Vec::new();
        File::open(&self.path)
            .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
            .map_err(|source| LookAtGpusError::Read {
                path: self.path.clone(),
                source,
            })?;
        let content: Content =
            serde_json::from_slice(&bytes).map_err(|error| LookAtGpusError::Parse {
                path: self.path.clone(),
                message: error.to_string(),
            })?;
        Ok(content.devices)
    }
}
