//! What is shown of a device, and the trait of who shows it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use domain::queue::Device;
use serde::{Deserialize, Serialize};

/// Shows devices. Asked from threads that may block.
pub trait GpuProvider: fmt::Debug + Send + Sync {
    /// All devices as they are now, always in the same order. A machine without any has an empty list, and that is no
    /// error.
    fn look(&self) -> Result<Vec<Observed>, LookAtGpusError>;
}

/// One device as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// What the variable of its maker names it by.
    pub id: String,
    /// `GPU-…`; empty where nobody tells.
    pub uuid: String,
    /// E.g. `NVIDIA H200`.
    pub name: String,
    /// Its memory, MiB; 0 where nobody tells.
    pub memory_mb: u64,
    /// Of this, in use by anybody, MiB.
    pub used_memory_mb: u64,
    /// Use of its processors, percent.
    pub utilization_percent: Option<u32>,
    /// The processes on it.
    pub processes: Vec<GpuProcess>,
    /// True if it does not answer: it is there, and cannot be used.
    pub is_lost: bool,
}

impl Observed {
    /// Its names alone.
    pub fn device(&self) -> Device {
        Device {
            id: self.id.clone(),
            uuid: self.uuid.clone(),
            name: self.name.clone(),
            memory_mb: 0,
        }
    }
}

/// A process on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GpuProcess {
    /// Its number.
    pub pid: u32,
    /// Memory that it uses there, MiB; absent where nobody tells.
    pub memory_mb: Option<u64>,
    /// What it does.
    pub kind: ProcessKind,
}

/// What a process does on a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessKind {
    /// It computes.
    #[default]
    Compute,
    /// It draws a screen: it keeps nobody from computing beyond the memory it takes.
    Graphics,
}

/// Why devices could not be looked at. The next look may succeed.
#[derive(Debug, thiserror::Error)]
pub enum LookAtGpusError {
    /// The driver is there and refuses.
    #[error("the NVIDIA driver did not answer: {message}")]
    Driver {
        /// Its words.
        message: String,
    },
    /// The file of devices cannot be read.
    #[error("could not read the devices in `{path}`")]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file of devices says something else.
    #[error("`{path}` does not tell devices: {message}")]
    Parse {
        /// Its path.
        path: PathBuf,
        /// Line and reason.
        message: String,
    },
}

impl LookAtGpusError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Driver { .. } => {
                "try `nvidia-smi`; runs that need a GPU wait until the driver answers".to_owned()
            }
            Self::Read { .. } | Self::Parse { .. } => {
                "`gpu.provider` in settings.toml names this file; docs/GPUS.md shows its form"
                    .to_owned()
            }
        }
    }
}
