//! What processes use: memory and processor time.

use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// What some processes use at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Resident memory, bytes; memory that several share counts for each.
    pub memory_bytes: u64,
    /// Processor time, user and system, of them and of the children whose end they have seen, milliseconds.
    pub cpu_ms: u64,
    /// How many of them there are.
    pub processes: u32,
}

/// Reads what processes use. It looks at the processes it is asked about and at no others.
#[derive(Debug, Default)]
pub struct Gauge {
    system: System,
}

impl Gauge {
    /// What these processes use. One that is gone counts nothing.
    pub fn read(&mut self, pids: &[u32]) -> Use {
        let asked: Vec<Pid> = pids.iter().map(|pid| Pid::from_u32(*pid)).collect();
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&asked),
            true,
            ProcessRefreshKind::nothing()
                .with_cpu()
                .with_memory()
                .without_tasks(),
        );
        let mut used = Use::default();
        for process in asked.iter().filter_map(|pid| self.system.process(*pid)) {
            used.memory_bytes += process.memory();
            used.cpu_ms += process.accumulated_cpu_time();
            used.cpu_ms += waited_ms(process.pid().as_u32());
            used.processes += 1;
        }
        used
    }
}

/// Processor time of the children whose end this process has seen: fields 16 and 17 of `/proc/<pid>/stat`, proc(5), in
/// hundredths of a second, which sysinfo leaves out.
fn waited_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, behind_name)) = stat.rsplit_once(')') else {
        return 0;
    };
    let ticks: u64 = behind_name
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks * 10
}

/// Processor time of all processes whose end this one has seen, and of those whose end these have seen, milliseconds.
pub fn ended_children_ms() -> u64 {
    let Ok(used) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        return 0;
    };
    let ms = |time: TimeVal| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        u64::try_from(micros).unwrap_or(0)
    };
    (ms(used.user_time()) + ms(used.system_time())) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_a_process_that_is_gone_counts_nothing() {
        let mut gauge = Gauge::default();
        let used = gauge.read(&[std::process::id(), u32::MAX - 1]);
        assert_eq!(used.processes, 1);
        assert!(used.memory_bytes > 1_000_000, "{used:?}");
    }
}
