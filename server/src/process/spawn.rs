//! Starting the task and its supervisor. Commands are argument vectors: no text ever meets a shell.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that starts processes"
)]

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};

use crate::storage::format::RunFile;

/// Starts a task in a session and process group of its own, its output going straight into `log`.
pub fn task(run: &RunFile, log: &File) -> io::Result<Box<dyn ChildWrapper>> {
    let (program, arguments) = run
        .command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&run.working_dir)
        .envs(run.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?);
    CommandWrap::from(command).wrap(ProcessSession).spawn()
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
