//! What a run occupies while it goes on.

use serde::{Deserialize, Serialize};

/// What a run occupies. Zero of something means that it is not counted for this task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resources {
    /// Slots, 1 to 1024.
    pub slots: u32,
    /// Processors; fractions count. Nothing forces the task to keep to it unless limits are on.
    pub cpus: f64,
    /// Main memory, MiB.
    pub memory_mb: u64,
    /// GPUs.
    #[serde(skip_serializing_if = "GpuRequest::is_none")]
    pub gpus: GpuRequest,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            slots: 1,
            cpus: 0.0,
            memory_mb: 0,
            gpus: GpuRequest::None,
        }
    }
}

/// Which GPUs a run needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GpuRequest {
    /// None; the task sees whatever the environment shows it.
    #[default]
    None,
    /// So many whole devices, any.
    Count {
        /// At least 1.
        count: u32,
    },
    /// A part of one device each: runs share a device as long as its memory suffices.
    Memory {
        /// Devices, at least 1.
        count: u32,
        /// Memory on each of them, MiB.
        memory_mb: u64,
    },
    /// These devices and no others, whole.
    Pinned {
        /// Indices (`"0"`) or UUIDs (`"GPU-…"`); for devices of other makers whatever their variable takes.
        ids: Vec<String>,
    },
}

impl GpuRequest {
    /// True if no device is needed.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// One GPU.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// What the task's variable names it by: an index, or a pinned id.
    pub id: String,
    /// `GPU-…`; empty where the driver does not tell.
    pub uuid: String,
    /// E.g. `NVIDIA H200`; empty where the driver does not tell.
    pub name: String,
    /// The part of its memory that is held, MiB; 0: the whole device.
    pub memory_mb: u64,
}

/// What a run holds besides its slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allocation {
    /// The devices, in the order in which the task sees them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<Device>,
}

impl Allocation {
    /// True if it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.gpus.is_empty()
    }
}
