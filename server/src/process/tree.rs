//! Everything that descends from this process, however it detached itself.
//!
//! A supervisor is a *child subreaper* (prctl(2), `PR_SET_CHILD_SUBREAPER`): a descendant whose parent dies becomes its
//! child, so that daemons that forked twice and left the session are still found.

use std::fs;
use std::time::Duration;

use rustix::process::{Signal, WaitOptions, WaitStatus, wait};

use super::signals;

/// How often remains are looked for at most, and the pause between: nothing tells of a stranger's child's end.
const ROUNDS: u32 = 50;
const ROUND: Duration = Duration::from_millis(5);

/// Becomes the reaper of orphaned descendants. Without the kernel's support only the process group is looked after.
pub fn become_subreaper() {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1)).ok();
}

/// Sends a signal to every living descendant of this process; returns how many there were.
pub fn signal_descendants(signal: Signal) -> usize {
    let pids = descendants(std::process::id());
    for pid in &pids {
        signals::send(*pid, signal);
    }
    pids.len()
}

/// Kills every process whose environment holds exactly this variable, again until there is none: what a task left
/// behind whose supervisor, the only one who knew its descendants, has died.
///
/// The variable must name one run, so that no stranger has it. Where the system shows no environments, nothing happens.
pub fn kill_marked(name: &str, value: &str) {
    let marker = format!("{name}={value}");
    // Who forks while we look is found in the next round; a process that cannot be killed must not hold us up.
    for _ in 0..ROUNDS {
        let found = marked(marker.as_bytes());
        for pid in &found {
            signals::send(*pid, Signal::KILL);
        }
        if found.is_empty() {
            return;
        }
        std::thread::sleep(ROUND);
    }
}

/// `/proc/<pid>/environ`, proc(5): of other people's processes and of zombies nothing is shown.
fn marked(marker: &[u8]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|pair| pair == marker)
            })
        })
        .collect()
}

/// Reaps children that have ended, without waiting, until it meets this one.
pub fn reap_until(pid: u32) -> Reaped {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((found, status))) if u32::try_from(found.as_raw_nonzero().get()) == Ok(pid) => {
                return Reaped::Sought(status);
            }
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Reaped::Others(Children::Left),
            Err(_) => return Reaped::Others(Children::Gone),
        }
    }
}

/// What [`reap_until`] found.
#[derive(Clone, Copy, Debug)]
pub enum Reaped {
    /// The process has ended, like this.
    Sought(WaitStatus),
    /// It has not; perhaps others have.
    Others(Children),
}

/// Reaps children that have ended, without waiting; says whether any child is left.
///
/// For a subreaper no child means no descendant. Asking the kernel this way costs nothing, while listing the children of
/// a second thread in `/proc` makes the later reaping of this process dear (measured: a millisecond of kernel time).
pub fn reap() -> Children {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Children::Left,
            Err(_) => return Children::Gone,
        }
    }
}

/// What [`reap`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// At least one child still runs.
    Left,
    /// There is no child any more.
    Gone,
}

/// The process ids of all descendants that are not zombies, parents first.
fn descendants(root: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut to_visit = vec![root];
    while let Some(parent) = to_visit.pop() {
        for child in children(parent) {
            to_visit.push(child);
            if !is_zombie(child) {
                found.push(child);
            }
        }
    }
    found
}

/// `/proc/<pid>/task/<tid>/children`, proc(5).
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(Result::ok)
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn is_zombie(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| Some(stat.rsplit_once(')')?.1.trim_start().starts_with('Z')))
        .unwrap_or(true)
}
