//! Looking at processes through `/proc`, and ending those that a test started.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// The processes (zombies left out) whose command line holds `marker`.
pub(crate) fn with_marker(marker: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            // A zombie's command line is empty.
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|words| String::from_utf8_lossy(&words).contains(marker))
        })
        .collect()
}

/// Sends a signal to one process that this test started; one that is gone is fine.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).ok();
}

/// True while a process with this number exists and is no zombie.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| !words.is_empty())
}

/// How many file descriptors a process has open.
pub(crate) fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
