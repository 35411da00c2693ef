//! Starting the task and its supervisor. Commands are argument vectors: no text ever meets a shell.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that starts processes"
)]

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

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

/// Starts the supervisor of a run; it tells of each change of the record through its standard output, and takes the
/// runs that follow through its standard input.
pub fn supervisor(run_dir: &Path) -> io::Result<tokio::process::Child> {
    // Linux: the very program that runs now, even if its file has been replaced by another version meanwhile.
    let itself = Path::new("/proc/self/exe");
    let program = if itself.exists() {
        itself.to_path_buf()
    } else {
        std::env::current_exe()?
    };
    let mut command = tokio::process::Command::from(Command::new(program));
    command
        .arg("supervise")
        .arg(run_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(false)
        .spawn()
}
