//! CPU and memory of the host, measured only while somebody looks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sysinfo::System;

/// How often a looking client is told, and so the window of the CPU figure.
pub const INTERVAL: Duration = Duration::from_secs(2);

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostLoad {
    /// All cores together, 0 to 100, over the time since the last measurement.
    pub cpu_percent: f32,
    /// Bytes.
    pub memory_used_bytes: u64,
    /// Bytes.
    pub memory_total_bytes: u64,
}

/// Measures the host; clones share the state that CPU use is the difference of.
#[derive(Clone, Debug, Default)]
pub struct HostMonitor {
    system: Arc<Mutex<System>>,
}

impl HostMonitor {
    /// Measures now. Takes well under a millisecond.
    pub fn measure(&self) -> HostLoad {
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        system.refresh_cpu_usage();
        system.refresh_memory();
        HostLoad {
            cpu_percent: system.global_cpu_usage(),
            memory_used_bytes: system.used_memory(),
            memory_total_bytes: system.total_memory(),
        }
    }
}
