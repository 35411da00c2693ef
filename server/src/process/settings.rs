//! What a task's process sets on itself before it becomes the task: between fork and exec only code that is not safe could
//! do it, so a small command of ours (`exec-task`) stands between, and is gone when the task begins.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::queue::ProcessLimit;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};

/// The settings of one task's process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// -20 to 19.
    pub nice: Option<i32>,
    /// The file mode creation mask, 0 to 0o777.
    pub umask: Option<u32>,
    /// Soft and hard limits, as `ulimit` sets them.
    pub limits: Vec<ProcessLimit>,
    /// The control group to join: its folder.
    pub cgroup: Option<PathBuf>,
    /// True: standard output is a terminal, and becomes the controlling one.
    pub terminal: bool,
    /// True: that terminal is its standard input, too; else this is empty.
    pub input: bool,
}

/// A setting that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("`{setting}` could not be set: {reason}")]
struct SettingError {
    setting: String,
    reason: String,
}

impl Settings {
    /// True if there is nothing to set, and a task can be started directly.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The words of the command that sets these on itself and then becomes `command`.
    pub fn before(&self, command: &[OsString]) -> Vec<OsString> {
        let settings = serde_json::to_string(self).expect("plain numbers and texts");
        let own = ["/proc/self/exe", "exec-task", &settings, "--"].map(OsString::from);
        own.into_iter().chain(command.iter().cloned()).collect()
    }

    fn apply(&self) -> Result<(), SettingError> {
        if let Some(cgroup) = &self.cgroup {
            join(cgroup).map_err(failed("enforce"))?;
        }
        if self.terminal {
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdout())
                .map_err(|error| failed("capture")(error.into()))?;
        }
        if let Some(nice) = self.nice {
            rustix::process::setpriority_process(None, nice)
                .map_err(|error| failed(format!("nice = {nice}"))(error.into()))?;
        }
        if let Some(umask) = self.umask {
            rustix::process::umask(Mode::from_bits_truncate(umask));
        }
        self.limits.iter().try_for_each(limit)
    }
}

fn failed(setting: impl Into<String>) -> impl FnOnce(io::Error) -> SettingError {
    let setting = setting.into();
    move |error| SettingError {
        setting,
        reason: error.to_string(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a control group is no file of a project"
)]
fn join(cgroup: &Path) -> io::Result<()> {
    std::fs::write(cgroup.join("cgroup.procs"), "0")
}

fn limit(limit: &ProcessLimit) -> Result<(), SettingError> {
    let name = limit.name.as_str();
    let resource = resource(name).ok_or_else(|| SettingError {
        setting: format!("limits.{name}"),
        reason: "there is no such limit".to_owned(),
    })?;
    let both = Rlimit {
        current: limit.value,
        maximum: limit.value,
    };
    rustix::process::setrlimit(resource, both).map_err(|error| {
        let wanted = shown(limit.value);
        let hard = rustix::process::getrlimit(resource).maximum;
        let is_above = hard.is_some_and(|hard| limit.value.is_none_or(|value| value > hard));
        let reason = if is_above {
            format!("it cannot be raised above the hard limit, {}", shown(hard))
        } else {
            io::Error::from(error).to_string()
        };
        SettingError {
            setting: format!("limits.{name} = {wanted}"),
            reason,
        }
    })
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

fn resource(name: &str) -> Option<Resource> {
    Some(match name {
        "as" => Resource::As,
        "core" => Resource::Core,
        "cpu" => Resource::Cpu,
        "data" => Resource::Data,
        "fsize" => Resource::Fsize,
        "memlock" => Resource::Memlock,
        "nofile" => Resource::Nofile,
        "nproc" => Resource::Nproc,
        "stack" => Resource::Stack,
        _ => return None,
    })
}

/// The `exec-task` command: sets what it is told and becomes the task. It returns only if it cannot; the reason is then told
/// through standard input, the writing end of a pipe, which is closed if all went well.
#[expect(
    clippy::disallowed_methods,
    reason = "`process` is the one place that starts processes"
)]
pub fn exec_task(settings: &str, command: &[OsString]) -> u8 {
    let Ok(report) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else {
        return 127;
    };
    let tell = |reason: String| {
        rustix::io::write(&report, reason.as_bytes()).ok();
        127
    };
    let Some((program, arguments)) = command.split_first() else {
        return tell("the command is empty".to_owned());
    };
    let settings: Settings = match serde_json::from_str(settings) {
        Ok(settings) => settings,
        Err(error) => return tell(format!("the settings cannot be read: {error}")),
    };
    let input = if settings.input {
        rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3).map_err(io::Error::from)
    } else {
        let nothing = OpenOptions::new().read(true).open("/dev/null");
        nothing.map(OwnedFd::from)
    };
    let input = match input {
        Ok(input) => Stdio::from(input),
        Err(error) => return tell(format!("its standard input: {error}")),
    };
    if let Err(error) = settings.apply() {
        return tell(error.to_string());
    }
    let error = Command::new(program).args(arguments).stdin(input).exec();
    tell(super::spawn::cannot_execute(
        &program.to_string_lossy(),
        &error,
    ))
}
