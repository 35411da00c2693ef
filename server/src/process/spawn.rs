//! Starting the task and its supervisor. Commands are argument vectors: no text ever meets a shell.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that starts processes"
)]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, WaitOptions, waitpid};

use super::session::{self, Launch};
use super::settings::Settings;
use crate::storage::format::RunFile;

/// A reason is never longer, bytes.
const MAX_REASON: u64 = 4096;

/// What a task reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct Streams<'a> {
    /// Standard input; `None`: empty.
    pub stdin: Option<BorrowedFd<'a>>,
    /// Standard output.
    pub stdout: BorrowedFd<'a>,
    /// Standard error.
    pub stderr: BorrowedFd<'a>,
}

/// Starts a task in a session and process group of its own and says its process id.
///
/// With settings, its standard input is what they say.
///
/// # Errors
/// Why that is impossible, naming the thing.
pub fn task(run: &RunFile, settings: &Settings, streams: Streams<'_>) -> Result<u32, String> {
    let command: Vec<OsString> = run.command.iter().map(OsString::from).collect();
    let launch = |command: &[OsString], stdin: BorrowedFd<'_>| {
        session::start(&Launch {
            command,
            working_dir: Path::new(&run.working_dir),
            environment: session::environment_with(&run.environment),
            stdin,
            stdout: streams.stdout,
            stderr: streams.stderr,
        })
        .map_err(|error| explain(run, &error))
    };
    if settings.is_empty() {
        return match streams.stdin {
            Some(stdin) => launch(&command, stdin),
            None => launch(&command, nothing()?.as_fd()),
        };
    }
    let (mut report, stdin) = io::pipe().map_err(|error| error.to_string())?;
    let pid = launch(&settings.before(&command), stdin.as_fd())?;
    drop(stdin);
    // It is closed as soon as the process is the task.
    let mut reason = String::new();
    (&mut report)
        .take(MAX_REASON)
        .read_to_string(&mut reason)
        .ok();
    if reason.is_empty() {
        return Ok(pid);
    }
    reap(pid);
    Err(reason)
}

fn nothing() -> Result<File, String> {
    OpenOptions::new()
        .read(true)
        .open("/dev/null")
        .map_err(|error| format!("`/dev/null`: {error}"))
}

fn reap(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    while matches!(
        waitpid(pid, WaitOptions::empty()),
        Err(rustix::io::Errno::INTR)
    ) {}
}

/// Why the command of a run cannot be started, naming the thing.
pub fn explain(run: &RunFile, error: &io::Error) -> String {
    if !Path::new(&run.working_dir).is_dir() {
        return format!("the working directory `{}` does not exist", run.working_dir);
    }
    cannot_execute(run.command.first().map_or("", String::as_str), error)
}

/// Why a program cannot be executed.
pub(super) fn cannot_execute(program: &str, error: &io::Error) -> String {
    const NO_PROGRAM: i32 = nix::libc::ENOEXEC;
    match error.kind() {
        _ if error.raw_os_error() == Some(NO_PROGRAM) => format!(
            "`{program}` is no program: a script says in its first line what runs it, `#!/bin/sh`"
        ),
        ErrorKind::NotFound => format!("`{program}` does not exist"),
        ErrorKind::PermissionDenied => format!("`{program}` may not be executed"),
        _ => format!("`{program}`: {error}"),
    }
}

/// Behind each path that a supervisor gets through its standard input: no path holds this byte.
pub const END_OF_REQUEST: u8 = 0;

/// Starts this program once more, apart from any terminal, its messages appended to `log`. It says on its standard output
/// that it is ready; whoever started it may leave then.
pub fn background(words: &[OsString], folder: &Path, log: File) -> io::Result<Child> {
    Command::new(itself()?)
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
}

/// Starts a program in this terminal and waits for its end: an editor that a person has named.
pub fn and_wait(words: &[String]) -> io::Result<std::process::ExitStatus> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
    Command::new(program).args(arguments).status()
}

/// Puts this process into a session of its own, so that no terminal's end or signal reaches it. One that leads its group
/// already stays where it is.
pub fn leave_terminal() {
    rustix::process::setsid().ok();
}

/// Linux: the very program that runs now, even if its file has been replaced by another version meanwhile.
fn itself() -> io::Result<PathBuf> {
    let itself = PathBuf::from("/proc/self/exe");
    if itself.exists() {
        Ok(itself)
    } else {
        std::env::current_exe()
    }
}

/// Starts the supervisor of a run that goes on in the foreground of this process's terminal. It tells of each change of the
/// record through its standard error; standard input and output are the run's.
pub fn foreground_supervisor(run_dir: &Path) -> io::Result<tokio::process::Child> {
    let mut command = tokio::process::Command::from(Command::new(itself()?));
    command
        .args(["supervise", "--foreground"])
        .arg(run_dir)
        .stderr(Stdio::piped())
        .kill_on_drop(false)
        .spawn()
}

/// Starts the supervisor of a run; it tells of each change of the record through its standard output, and takes the
/// runs that follow through its standard input.
pub fn supervisor(run_dir: &Path) -> io::Result<tokio::process::Child> {
    let mut command = tokio::process::Command::from(Command::new(itself()?));
    command
        .arg("supervise")
        .arg(run_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(false)
        .spawn()
}
