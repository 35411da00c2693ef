//! Whether the kernel killed a process because memory ran out. A SIGKILL alone does not tell who sent it, so only what the
//! kernel itself says counts as a proof.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::time::{ClockId, clock_gettime};

/// The inode of the first process id namespace (`PROC_PID_INIT_INO`): only there the kernel's numbers are ours.
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
/// The kernel's log has a clock of its own, which may be behind by this much.
const CLOCK_SLACK: Duration = Duration::from_secs(10);
/// A record of the kernel's log is never longer, bytes.
const MAX_RECORD: usize = 8192;
/// More records than any kernel's log holds.
const MAX_RECORDS: usize = 200_000;

/// What the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It killed nobody for memory.
    Nothing,
    /// It killed somebody for memory since then, and does not say whom.
    Somebody,
    /// It killed this process.
    This,
}

/// What was known when a process was started.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    killed: Option<u64>,
    at: Duration,
}

impl Before {
    /// What is known now.
    pub fn now() -> Self {
        Self {
            killed: killed_in_all(),
            at: since_boot(),
        }
    }

    /// What the kernel says of this process, which was started after `self` and has ended by SIGKILL.
    pub fn judge(&self, pid: u32) -> Evidence {
        let is_more = match (self.killed, killed_in_all()) {
            (Some(before), Some(now)) => now > before,
            // A kernel without the counter may still have a log.
            _ => true,
        };
        if !is_more {
            return Evidence::Nothing;
        }
        let has_our_numbers =
            fs::metadata("/proc/self/ns/pid").is_ok_and(|found| found.ino() == FIRST_PID_NAMESPACE);
        if has_our_numbers && is_in_kernel_log(pid, self.at.saturating_sub(CLOCK_SLACK)) {
            Evidence::This
        } else if self.killed.is_some() {
            Evidence::Somebody
        } else {
            Evidence::Nothing
        }
    }
}

fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// `oom_kill` of `/proc/vmstat`, since Linux 4.13.
fn killed_in_all() -> Option<u64> {
    let text = fs::read_to_string("/proc/vmstat").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

/// Looks through `/dev/kmsg`, one record per read; false where it may not be read.
fn is_in_kernel_log(pid: u32, since: Duration) -> bool {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let Ok(mut log) = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open("/dev/kmsg")
    else {
        return false;
    };
    let mut record = vec![0; MAX_RECORD];
    for _ in 0..MAX_RECORDS {
        match log.read(&mut record) {
            Ok(length @ 1..) => {
                let text = String::from_utf8_lossy(record.get(..length).unwrap_or_default());
                if says_killed(&text, pid, since) {
                    return true;
                }
            }
            // It was overwritten while we read: the next one is there.
            Err(error) if error.raw_os_error() == Some(nix::libc::EPIPE) => {}
            _ => return false,
        }
    }
    false
}

/// True for `<prefix>,<sequence>,<microseconds>,<flags>;… Killed process <pid> (<name>)…` at or after `since`.
fn says_killed(record: &str, pid: u32, since: Duration) -> bool {
    let Some((head, message)) = record.split_once(';') else {
        return false;
    };
    let at = head
        .split(',')
        .nth(2)
        .and_then(|micros| micros.parse().ok());
    let is_recent = at.is_some_and(|at| Duration::from_micros(at) >= since);
    is_recent && message.contains(&format!("Killed process {pid} ("))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_log_names_the_process_after_its_start() {
        let record = "3,1234,9000000,-;Memory cgroup out of memory: Killed process 4321 (python3) total-vm:9kB";
        let at = Duration::from_secs(9);
        assert!(says_killed(record, 4321, at));
        assert!(!says_killed(record, 432, at), "another process");
        assert!(
            !says_killed(record, 4321, at + Duration::from_micros(1)),
            "an earlier one of this number"
        );
        assert!(!says_killed("3,1234,9000000,-;Killed process", 4321, at));
        assert!(!says_killed("", 4321, at));
    }
}
