//! Whose a process is: a run's if it descends from the run's supervisor.

use std::collections::BTreeMap;
use std::fs;

use domain::task::RunId;

/// Whose a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A run's of ours.
    Run(RunId),
    /// Somebody else's.
    Stranger,
    /// Nobody can say: the process is not to be seen from here, as in a container whose driver tells the host's numbers.
    Hidden,
}

/// The supervisors of the runs that go on.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    supervisors: BTreeMap<u32, RunId>,
}

impl Owners {
    /// Of these runs.
    pub fn new(supervisors: impl IntoIterator<Item = (u32, RunId)>) -> Self {
        Self {
            supervisors: supervisors.into_iter().collect(),
        }
    }

    /// Whose a process is. A supervisor is the reaper of orphans below it, so that whoever left his parent behind still
    /// descends from it.
    pub fn of(&self, pid: u32) -> Owner {
        self.climb(pid, parent)
    }

    fn climb(&self, pid: u32, parent: impl Fn(u32) -> Option<u32>) -> Owner {
        let Some(mut above) = parent(pid) else {
            return Owner::Hidden;
        };
        if let Some(run) = self.supervisors.get(&pid) {
            return Owner::Run(run.clone());
        }
        // Numbers are reused while we climb: a circle must not hold us.
        for _ in 0..1024 {
            if let Some(run) = self.supervisors.get(&above) {
                return Owner::Run(run.clone());
            }
            match parent(above) {
                Some(next) if next != 0 => above = next,
                _ => break,
            }
        }
        Owner::Stranger
    }
}

/// Field 4 of `/proc/<pid>/stat`, proc(5). The second may hold spaces and parentheses, so counting starts behind it.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use domain::task::TaskId;

    use super::*;

    #[test]
    fn a_process_belongs_to_the_run_that_it_descends_from() {
        let run = RunId {
            task: TaskId::default(),
            number: 1,
        };
        let owners = Owners::new([(10, run.clone())]);
        let family = BTreeMap::from([
            (1, 0),
            (10, 5),
            (5, 1),
            (11, 10),
            (12, 11),
            (13, 1),
            (14, 14),
        ]);
        let owner = |pid| owners.climb(pid, |pid| family.get(&pid).copied());
        assert_eq!(owner(12), Owner::Run(run.clone()));
        assert_eq!(owner(10), Owner::Run(run));
        assert_eq!(owner(13), Owner::Stranger);
        assert_eq!(owner(14), Owner::Stranger, "a circle has an end");
        assert_eq!(owner(99), Owner::Hidden);
    }

    #[test]
    fn the_system_tells_our_own_parent() {
        assert_eq!(
            parent(std::process::id()),
            Some(std::os::unix::process::parent_id())
        );
        assert_eq!(parent(u32::MAX), None);
    }
}
