//! Limits that the kernel keeps: a control group (cgroups(7), version 2) for one run, where this user may make one.
#![expect(
    clippy::disallowed_methods,
    reason = "control groups are no files of a project"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The period that processor time is counted over, microseconds; the kernel's own default.
const PERIOD_US: u64 = 100_000;
/// The least processor time per period that the kernel takes, microseconds.
const LEAST_QUOTA_US: u64 = 1000;
/// How often a group is tried to be removed: the kernel empties it a moment after the last process's end.
const REMOVALS: u32 = 50;
/// The pause between.
const REMOVAL_PAUSE: Duration = Duration::from_millis(2);

/// What a group may use. Zero of something is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Main memory, bytes.
    pub memory_bytes: u64,
    /// Processors; fractions count.
    pub cpus: f64,
}

impl Limits {
    /// True if nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn controllers(&self) -> Vec<&'static str> {
        let memory = (self.memory_bytes > 0).then_some("memory");
        let cpu = (self.cpus > 0.0).then_some("cpu");
        memory.into_iter().chain(cpu).collect()
    }
}

/// A group could not be made. The run goes on without limits.
#[derive(Debug, thiserror::Error)]
pub enum CgroupError {
    /// There is no hierarchy of version 2, or this process is in none.
    #[error("there are no control groups of version 2")]
    None,
    /// The controllers are not available to this user.
    #[error("no control group above this process offers `{controllers}` and may be written")]
    NotOffered {
        /// What is missing.
        controllers: String,
    },
}

/// The group of one run. Dropping it removes it.
#[derive(Debug)]
pub struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    /// Makes a group of this name with these limits, as near above this process's own group as this user may.
    ///
    /// # Errors
    /// [`CgroupError`]: limits cannot be enforced here.
    pub fn create(name: &str, limits: &Limits) -> Result<Self, CgroupError> {
        let (root, own) = hierarchy().ok_or(CgroupError::None)?;
        Self::create_under(&root, &own, name, limits)
    }

    /// [`Self::create`] in the hierarchy mounted at `root`, for a process in the group `own` of it.
    fn create_under(
        root: &Path,
        own: &Path,
        name: &str,
        limits: &Limits,
    ) -> Result<Self, CgroupError> {
        let controllers = limits.controllers();
        own.ancestors()
            .take_while(|folder| folder.starts_with(root))
            .find_map(|parent| make(parent, name, limits, &controllers))
            .ok_or_else(|| CgroupError::NotOffered {
                controllers: controllers.join(" "),
            })
    }

    /// The folder whose `cgroup.procs` processes join.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills everything in it at once, also what forks meanwhile.
    pub fn kill(&self) {
        // Before Linux 5.14 there is no such file; signals do the work then.
        fs::write(self.folder.join("cgroup.kill"), "1").ok();
    }

    /// True if the kernel has killed something in it because its memory was used up.
    pub fn has_run_out_of_memory(&self) -> bool {
        fs::read_to_string(self.folder.join("memory.events"))
            .is_ok_and(|text| count(&text, "oom_kill") > 0)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for _ in 0..REMOVALS {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.raw_os_error() == Some(nix::libc::EBUSY) => {
                    std::thread::sleep(REMOVAL_PAUSE);
                }
                _ => return,
            }
        }
        tracing::warn!(folder = %self.folder.display(), "a control group could not be removed");
    }
}

/// `name <number>` in a file of lines like that.
fn count(text: &str, name: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(found, _)| *found == name)
        .and_then(|(_, number)| number.trim().parse().ok())
        .unwrap_or(0)
}

/// A group under this one, if it offers what is needed and may be written.
fn make(parent: &Path, name: &str, limits: &Limits, controllers: &[&str]) -> Option<Cgroup> {
    let offered = fs::read_to_string(parent.join("cgroup.controllers")).ok()?;
    let is_offered = |name: &&&str| offered.split_whitespace().any(|offer| offer == **name);
    if controllers.iter().filter(is_offered).count() < controllers.len() {
        return None;
    }
    let enabled = fs::read_to_string(parent.join("cgroup.subtree_control")).ok()?;
    for controller in controllers {
        if !enabled.split_whitespace().any(|found| found == *controller) {
            // Refused while the group itself holds processes: the one above may do it.
            fs::write(
                parent.join("cgroup.subtree_control"),
                format!("+{controller}"),
            )
            .ok()?;
        }
    }
    let folder = parent.join(name);
    // What an earlier run of this name left behind counts what happened to that one.
    fs::remove_dir(&folder).ok();
    fs::create_dir(&folder).ok()?;
    let group = Cgroup { folder };
    set(&group.folder, limits).ok()?;
    Some(group)
}

fn set(folder: &Path, limits: &Limits) -> io::Result<()> {
    if limits.memory_bytes > 0 {
        fs::write(folder.join("memory.max"), limits.memory_bytes.to_string())?;
        // One of a run's processes alone is of no use.
        fs::write(folder.join("memory.oom.group"), "1").ok();
    }
    if limits.cpus > 0.0 {
        fs::write(
            folder.join("cpu.max"),
            format!("{} {PERIOD_US}", quota_us(limits.cpus)),
        )?;
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest integer in range"
)]
fn quota_us(cpus: f64) -> u64 {
    ((cpus * PERIOD_US as f64) as u64).max(LEAST_QUOTA_US)
}

/// Where version 2 is mounted, and this process's own group there.
fn hierarchy() -> Option<(PathBuf, PathBuf)> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let root = mount_point(&mounts)?;
    let own = own_group(&groups)?;
    let folder = root.join(own.trim_start_matches('/'));
    Some((root, folder))
}

/// The fifth field of the first line of `/proc/self/mountinfo` whose file system is `cgroup2`.
fn mount_point(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (head, tail) = line.split_once(" - ")?;
        let is_v2 = tail.split(' ').next() == Some("cgroup2");
        is_v2.then(|| head.split(' ').nth(4).map(PathBuf::from))?
    })
}

/// The path behind `0::` in `/proc/self/cgroup`.
fn own_group(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| line.strip_prefix("0::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        memory_bytes: 1 << 30,
        cpus: 1.5,
    };

    /// A folder that looks like a hierarchy: `user` is delegated to us and `user/scope` is where this process is.
    fn hierarchy_with(offered: &str, enabled: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for group in ["", "user", "user/scope"] {
            let folder = dir.path().join(group);
            fs::create_dir_all(&folder).unwrap();
            let (offered, enabled) = if group == "user" {
                (offered, enabled)
            } else {
                ("", "")
            };
            fs::write(folder.join("cgroup.controllers"), offered).unwrap();
            fs::write(folder.join("cgroup.subtree_control"), enabled).unwrap();
        }
        dir
    }

    fn create(dir: &tempfile::TempDir, limits: &Limits) -> Result<Cgroup, CgroupError> {
        let own = dir.path().join("user/scope");
        Cgroup::create_under(dir.path(), &own, "runyard-7", limits)
    }

    #[test]
    fn a_run_gets_a_group_where_the_controllers_are_offered_with_its_limits() {
        let dir = hierarchy_with("cpu memory pids\n", "memory pids\n");
        let group = create(&dir, &LIMITS).unwrap();
        assert_eq!(group.folder(), dir.path().join("user/runyard-7"));
        let read = |name: &str| fs::read_to_string(group.folder().join(name)).unwrap();
        assert_eq!(read("memory.max"), "1073741824");
        assert_eq!(read("memory.oom.group"), "1");
        assert_eq!(read("cpu.max"), "150000 100000");
        let enabled = fs::read_to_string(dir.path().join("user/cgroup.subtree_control")).unwrap();
        assert_eq!(enabled, "+cpu", "memory was enabled already");
    }

    #[test]
    fn where_a_controller_is_missing_there_is_no_group_and_the_error_names_it() {
        let dir = hierarchy_with("cpu pids\n", "cpu\n");
        let error = create(&dir, &LIMITS).unwrap_err();
        assert!(error.to_string().contains("`memory cpu`"), "{error}");
        assert!(!dir.path().join("user/runyard-7").exists());
        let only_cpu = Limits {
            memory_bytes: 0,
            ..LIMITS
        };
        assert!(create(&dir, &only_cpu).is_ok());
    }

    #[test]
    fn a_group_in_which_the_kernel_killed_for_memory_says_so() {
        let dir = hierarchy_with("cpu memory\n", "cpu memory\n");
        let group = create(&dir, &LIMITS).unwrap();
        assert!(!group.has_run_out_of_memory());
        let events = |kills: u32| format!("low 0\noom 3\noom_kill {kills}\noom_group_kill 0\n");
        fs::write(group.folder().join("memory.events"), events(0)).unwrap();
        assert!(!group.has_run_out_of_memory());
        fs::write(group.folder().join("memory.events"), events(2)).unwrap();
        assert!(group.has_run_out_of_memory());
    }

    #[test]
    fn the_hierarchy_is_found_beside_the_old_one() {
        let mounts = "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      31 24 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
        assert_eq!(
            mount_point(mounts),
            Some(PathBuf::from("/sys/fs/cgroup/unified"))
        );
        assert_eq!(
            own_group("4:memory:/x\n0::/user.slice/a\n"),
            Some("/user.slice/a")
        );
        assert_eq!(own_group("4:memory:/x\n"), None);
    }
}
