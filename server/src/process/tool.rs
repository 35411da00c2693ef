//! Short questions to other programs: an argument vector, a time limit, a bounded answer.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::signals;

/// A program's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it wrote to its standard output, at most as many bytes as asked for.
    pub stdout: Vec<u8>,
    /// True if it wrote more.
    pub is_cut: bool,
    /// True if it ended with exit code 0.
    pub is_success: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The program is not there or may not be executed.
    #[error("`{program}` could not be started")]
    Start {
        /// The program.
        program: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It took longer than allowed and was killed with everything in its process group.
    #[error("`{program}` did not answer within {seconds} s")]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
    },
}

/// A question.
#[derive(Clone, Debug)]
pub struct Tool<'a> {
    /// The program: a path, or a name to look up in `PATH`.
    pub program: &'a OsStr,
    /// Its arguments.
    pub arguments: Vec<&'a OsStr>,
    /// Where it works.
    pub directory: &'a Path,
    /// Its whole environment; `None` leaves it this process's own.
    pub environment: Option<Vec<(&'a OsStr, &'a OsStr)>>,
    /// How long it may take.
    pub limit: Duration,
    /// How many bytes of its answer are read.
    pub max_bytes: u64,
}

impl Tool<'_> {
    /// Starts it and waits for the end of its answer. Blocks the thread.
    #[expect(
        clippy::disallowed_methods,
        reason = "`process` is the one that starts processes"
    )]
    pub fn ask(&self) -> Result<Answer, ToolError> {
        let program = || self.program.to_string_lossy().into_owned();
        let mut command = Command::new(self.program);
        command
            .args(&self.arguments)
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        if let Some(environment) = &self.environment {
            command.env_clear().envs(environment.iter().copied());
        }
        let mut child = command.spawn().map_err(|source| ToolError::Start {
            program: program(),
            source,
        })?;
        let pid = child.id();
        let (sender, receiver) = sync_channel(1);
        let (stdout, max_bytes) = (child.stdout.take(), self.max_bytes);
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut is_cut = false;
            if let Some(mut stdout) = stdout {
                // What cannot be read is not part of the answer.
                (&mut stdout).take(max_bytes).read_to_end(&mut bytes).ok();
                is_cut = stdout.read(&mut [0]).is_ok_and(|more| more > 0);
            }
            if is_cut {
                // It may never end by itself if nobody reads on.
                signals::send_to_group(pid, Signal::KILL);
            }
            let is_success = child.wait().is_ok_and(|status| status.success());
            // The asker may have given up.
            sender
                .send(Answer {
                    stdout: bytes,
                    is_cut,
                    is_success,
                })
                .ok();
        });
        receiver.recv_timeout(self.limit).map_err(|_| {
            signals::send_to_group(pid, Signal::KILL);
            ToolError::TimedOut {
                program: program(),
                seconds: self.limit.as_secs(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn sh(script: &str, limit: Duration, max_bytes: u64) -> Tool<'_> {
        Tool {
            program: OsStr::new("sh"),
            arguments: vec![OsStr::new("-c"), OsStr::new(script)],
            directory: Path::new("/"),
            environment: None,
            limit,
            max_bytes,
        }
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let asked = Instant::now();
        let answer = sh("sleep 60 & sleep 60", Duration::from_millis(200), 10).ask();
        assert!(matches!(answer, Err(ToolError::TimedOut { .. })));
        assert!(asked.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let answer = sh("yes", Duration::from_secs(20), 10).ask().unwrap();
        assert_eq!(answer.stdout, b"y\ny\ny\ny\ny\n");
        assert!(answer.is_cut && !answer.is_success);
    }
}
