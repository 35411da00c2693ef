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
        .filter(|pid| has_marker(*pid, marker))
        .collect()
}

/// The same without what one of them is starting right now: until it is another program, a child shows the command line of
/// its parent, whose memory it has borrowed.
pub(crate) fn themselves_with_marker(marker: &str) -> Vec<u32> {
    let mut found = with_marker(marker);
    found.retain(|pid| parent(*pid).is_some_and(|parent| !has_marker(parent, marker)));
    found
}

/// A zombie's command line is empty.
fn has_marker(pid: u32, marker: &str) -> bool {
    fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|words| String::from_utf8_lossy(&words).contains(marker))
}

/// The second word behind the name, proc(5); `None` if it is gone.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let words = stat.rsplit_once(')')?.1;
    words.split_whitespace().nth(1)?.parse().ok()
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
