//! Everything that descends from this process, however it detached itself.
//!
//! A supervisor is a *child subreaper* (prctl(2), `PR_SET_CHILD_SUBREAPER`): a descendant whose parent dies becomes its
//! child, so that daemons that forked twice and left the session are still found.

use std::fs;

use rustix::process::{Signal, WaitOptions, wait};

use super::signals;

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

/// Reaps children that have ended, without waiting.
pub fn reap() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
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
