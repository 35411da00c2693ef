//! The GPUs of this machine: what a driver, a list or a file shows of them.
//!
//! ```text
//! provider   what is shown, and who shows it     nvml      NVIDIA's driver, loaded at run time
//! visible    which of them are ours              declared  devices that a person tells of
//! monitor    one look at a time, for everybody   file      devices that another program tells of
//! owners     whose process it is                 judge     what that means for the next run
//! ```

mod declared;
mod file;
mod judge;
mod monitor;
mod nvml;
mod owners;
mod provider;
mod visible;

pub use judge::{Held, Judged, Rules, judge};
pub use monitor::{GpuMonitor, Look};
pub use owners::{Owner, Owners};
pub use provider::{GpuProcess, GpuProvider, LookAtGpusError, Observed, ProcessKind};
