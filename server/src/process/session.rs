//! A process in a session and process group of its own, started by `posix_spawn(3)`: the child borrows this process's memory
//! until it is another program (`CLONE_VFORK`), so the size of this process costs nothing.

use std::ffi::{CString, OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, Signal};

/// Where programs are looked for if no `PATH` says it, as execvp(3) does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program, a path or a name to look up in the `PATH` of `environment`, and its arguments.
    pub command: &'a [OsString],
    /// Its working directory.
    pub working_dir: &'a Path,
    /// Its whole environment; of a name that comes twice the last counts.
    pub environment: Vec<(OsString, OsString)>,
    /// Its standard input; none of the three may be 0, 1 or 2 itself.
    pub stdin: BorrowedFd<'a>,
    /// Its standard output.
    pub stdout: BorrowedFd<'a>,
    /// Its standard error.
    pub stderr: BorrowedFd<'a>,
}

/// This process's environment with these variables over it.
pub fn environment_with(over: &[(String, String)]) -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .chain(over.iter().map(|(name, value)| (name.into(), value.into())))
        .collect()
}

/// Starts it and says its process id, which is also that of its session and group. The child is this process's to reap.
///
/// **This process's working directory changes** to that of the child and then to `/`: it is for processes that name every
/// file by an absolute path. Signals have their default actions in the child, and none is blocked.
///
/// # Errors
/// The working directory cannot be entered, or the program cannot be executed.
pub fn start(launch: &Launch<'_>) -> io::Result<u32> {
    let environment = distinct(&launch.environment);
    let words: Vec<CString> = launch
        .command
        .iter()
        .map(|word| c_string(word.as_bytes()))
        .collect::<io::Result<_>>()?;
    let program = launch.command.first().ok_or_else(empty_command)?;
    rustix::process::chdir(launch.working_dir)?;
    let started = spawn_first(&candidates(program, &launch.environment), |path| {
        posix_spawn(path, &files(launch)?, &attributes()?, &words, &environment)
    });
    // It must not keep a file system busy; a root that cannot be entered hinders nobody.
    rustix::process::chdir("/").ok();
    let pid = started?;
    u32::try_from(pid.as_raw()).map_err(|_| ErrorKind::Other.into())
}

fn empty_command() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "the command is empty")
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes)
        .map_err(|_| io::Error::new(ErrorKind::InvalidInput, "a word holds a NUL byte"))
}

/// `NAME=value`, each name once.
fn distinct(environment: &[(OsString, OsString)]) -> Vec<CString> {
    let last: std::collections::BTreeMap<&OsString, &OsString> = environment
        .iter()
        .map(|(name, value)| (name, value))
        .collect();
    last.into_iter()
        .filter_map(|(name, value)| {
            let mut pair = name.clone().into_vec();
            pair.push(b'=');
            pair.extend_from_slice(value.as_bytes());
            // No system hands over a name or a value with a NUL byte.
            CString::new(pair).ok()
        })
        .collect()
}

/// The paths that a program's name may mean, as execvp(3) tries them.
fn candidates(program: &OsStr, environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(program)];
    }
    let is_path = |(name, _): &&(OsString, OsString)| name == "PATH";
    let path = environment.iter().rev().find(is_path);
    let path = path.map_or(OsStr::new(DEFAULT_PATH), |(_, value)| value);
    std::env::split_paths(path)
        .map(|folder| folder.join(program))
        .collect()
}

/// The first path that can be executed. A file that may not be is the error only if there is no other.
fn spawn_first<T>(paths: &[PathBuf], spawn: impl Fn(&Path) -> nix::Result<T>) -> io::Result<T> {
    let mut refused = None;
    for path in paths {
        match spawn(path) {
            Ok(started) => return Ok(started),
            Err(error @ (nix::Error::ENOENT | nix::Error::ENOTDIR)) => {
                refused.get_or_insert(error);
            }
            Err(error @ nix::Error::EACCES) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.unwrap_or(nix::Error::ENOENT).into())
}

fn files(launch: &Launch<'_>) -> nix::Result<PosixSpawnFileActions> {
    let mut files = PosixSpawnFileActions::init()?;
    for (source, target) in [launch.stdin, launch.stdout, launch.stderr]
        .into_iter()
        .zip(0..)
    {
        files.add_dup2(source.as_raw_fd(), target)?;
    }
    Ok(files)
}

fn attributes() -> nix::Result<PosixSpawnAttr> {
    let mut attributes = PosixSpawnAttr::init()?;
    // The Rust runtime ignores SIGPIPE; what it starts shall not.
    let mut default = SigSet::empty();
    default.add(Signal::SIGPIPE);
    attributes.set_sigdefault(&default)?;
    attributes.set_sigmask(&SigSet::empty())?;
    let session = i32::from(nix::libc::POSIX_SPAWN_SETSID);
    attributes.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
            | PosixSpawnFlags::from_bits_retain(session),
    )?;
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    #[test]
    fn of_a_variable_set_twice_the_last_counts() {
        let environment = [pair("A", "1"), pair("B", ""), pair("A", "2")];
        let texts: Vec<_> = distinct(&environment);
        assert_eq!(texts, [c"A=2".to_owned(), c"B=".to_owned()]);
    }

    #[test]
    fn a_name_is_looked_up_in_the_path_of_the_task_and_a_path_is_taken_as_it_is() {
        let environment = [pair("PATH", "/a:/b"), pair("PATH", "/c")];
        assert_eq!(
            candidates(OsStr::new("sh"), &environment),
            [PathBuf::from("/c/sh")]
        );
        assert_eq!(
            candidates(OsStr::new("./sh"), &environment),
            [PathBuf::from("./sh")]
        );
    }

    #[test]
    fn a_file_that_may_not_be_executed_is_told_only_if_no_other_can_be() {
        let paths = ["/none", "/denied", "/good"].map(PathBuf::from);
        let spawn = |path: &Path| match path.to_str() {
            Some("/denied") => Err(nix::Error::EACCES),
            Some("/good") => Ok(7),
            _ => Err(nix::Error::ENOENT),
        };
        assert_eq!(spawn_first(&paths, spawn).unwrap(), 7);
        let error = spawn_first(&paths[..2], spawn).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let error = spawn_first(&paths[..1], spawn).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
