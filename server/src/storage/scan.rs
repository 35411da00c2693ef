//! What is on disk: every task with its runs. What the index knows for certain is not read again.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;

use domain::identity::{Identity, IdentityRule};
use domain::queue::SweepPolicy;
use domain::run::{RunRecord, ShownStatus};
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::format::{RunFile, SweepFile};
use super::index::{Head, Index, Mark, Marks, Row, StoredRow, Took, rule_digest};
use super::settings::Settings;
use super::{Layout, StorageError, identities, project, sweeps, tasks};

/// A task with all its runs, oldest first.
#[derive(Clone, Debug)]
pub struct StoredTask {
    /// The saved task.
    pub task: Task,
    /// Its runs in order.
    pub runs: StoredRuns,
    /// Set if its sweep was queued as it was submitted: a task of such a sweep without any run still waits.
    pub queued_at_ms: Option<Timestamp>,
}

/// A task at rest as the index has it, and its mark is still good.
#[derive(Clone, Debug)]
pub struct PackedTask {
    /// What lists ask of it.
    pub head: Head,
    /// Everything, packed as in the index; unpacked on demand.
    pub text: Arc<str>,
    /// Which work it is.
    pub identity: Option<Identity>,
    /// What it was called before.
    pub former: Vec<String>,
    /// How long its runs took that succeeded.
    pub took: Took,
}

/// The runs of a task, oldest first.
#[derive(Clone, Debug)]
pub enum StoredRuns {
    /// As their files say.
    Read(Vec<RunFile>),
    /// As the index says, and its mark is still good. All of them have ended.
    Indexed(Vec<RunRecord>),
}

impl StoredRuns {
    /// What people see of the task, as far as the files tell.
    pub fn shown(&self) -> ShownStatus {
        let latest = match self {
            Self::Read(runs) => runs.last().map(RunFile::to_record),
            Self::Indexed(runs) => runs.last().cloned(),
        };
        latest.map_or(ShownStatus::Pending, |run| run.shown())
    }

    /// True if there was none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Read(runs) => runs.is_empty(),
            Self::Indexed(runs) => runs.is_empty(),
        }
    }
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The readable tasks, by sweep's time, then place in the sweep.
    pub tasks: Vec<StoredTask>,
    /// Those that the index knows and nothing has to be done about, in the same order.
    pub packed: Vec<PackedTask>,
    /// Task folders whose submission never happened.
    pub unfinished: Vec<TaskId>,
    /// What could not be read: each its own fault domain.
    pub problems: Vec<StorageError>,
    /// How many of the tasks were read from their files.
    pub read: u64,
    /// What holds for sweeps as a whole, by their names; those for which nothing does are left out.
    pub policies: Vec<(String, SweepPolicy)>,
}

/// The help of the index in a scan.
pub struct With<'a> {
    /// The index. One that fails is made anew, and given up if that fails, too.
    pub index: &'a mut Option<Index>,
    /// Now.
    pub now: Timestamp,
    /// Is told the number of tasks that were read from their files so far.
    pub progress: &'a mut dyn FnMut(u64),
}

/// How many new rows are written together.
const BATCH: usize = 2000;
/// Rows are judged by at most so many threads, each of which has at least so many.
const MAX_THREADS: usize = 8;
const MIN_PART: usize = 500;

/// Whether something is to be done about a task of the index.
enum RowState {
    /// Nothing; this is its identity in force.
    AtRest(Option<Identity>),
    /// It waits, or its identity is to be found.
    ToBeDone,
}

/// What has become of a row.
enum Judged {
    /// It holds no more.
    Gone,
    /// It holds, and there is nothing to be done.
    Packed(Box<PackedTask>),
    /// It holds, and there is: its task waits, or the rule of identities is another one.
    Open(Box<Row>),
}

/// Reads all tasks of an experiment from the files. One damaged task or run never hides another.
pub fn scan(layout: &Layout, experiment: &str) -> Result<Scan, StorageError> {
    let with = &mut With {
        index: &mut None,
        now: Timestamp(0),
        progress: &mut |_| {},
    };
    scan_with(layout, experiment, with)
}

/// The same with the help of the index, which is brought up to date. The result is the same.
pub fn scan_with(
    layout: &Layout,
    experiment: &str,
    with: &mut With<'_>,
) -> Result<Scan, StorageError> {
    let mut scan = Scan::default();
    let committed = sweeps::committed(layout, experiment, with.index, with.now)?;
    scan.policies = committed
        .values()
        .flatten()
        .filter(|sweep| !sweep.policy.is_default())
        .map(|sweep| (sweep.sweep.clone(), sweep.policy))
        .collect();
    let rules = rules(layout, experiment, &committed);
    let mut scanner = Scanner {
        layout,
        experiment,
        committed: &committed,
        rules: &rules,
        digests: rules
            .iter()
            .map(|(sweep, rule)| (*sweep, rule_digest(rule)))
            .collect(),
        names: names(layout, experiment)?,
        fresh: Vec::new(),
    };
    scanner.take_indexed(with, &mut scan);
    scanner.read_rest(with, &mut scan);
    scan.tasks
        .sort_by(|a, b| order(&a.task).cmp(&order(&b.task)));
    let place = |head: &Head| (head.created_at_ms, Arc::clone(&head.sweep), head.index);
    scan.packed.sort_by_cached_key(|packed| place(&packed.head));
    Ok(scan)
}

fn names(layout: &Layout, experiment: &str) -> Result<HashSet<String>, StorageError> {
    let dir = layout.tasks(experiment);
    if !dir.is_dir() {
        return Ok(HashSet::new());
    }
    let entries = fs::read_dir(&dir).map_err(StorageError::read(&dir))?;
    Ok(entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}

struct Scanner<'a> {
    layout: &'a Layout,
    experiment: &'a str,
    committed: &'a HashMap<String, Option<SweepFile>>,
    rules: &'a HashMap<&'a str, IdentityRule>,
    /// The digest of each of these rules.
    digests: HashMap<&'a str, i64>,
    /// What is still to be looked at.
    names: HashSet<String>,
    /// New rows, not written yet.
    fresh: Vec<Row>,
}

impl Scanner<'_> {
    /// Takes the rows that still hold; the others are forgotten.
    fn take_indexed(&mut self, with: &mut With<'_>, scan: &mut Scan) {
        let Some(index) = with.index else {
            return;
        };
        let stored = index.rows(self.experiment).and_then(|rows| {
            let gone = self.take_rows(rows, scan);
            if gone.is_empty() {
                return Ok(());
            }
            index.store([], &gone)
        });
        if let Err(error) = stored {
            tracing::info!(%error, "the index is damaged and is made anew from the files");
            // Whatever rows were taken were whole: each bears its own checksum.
            *with.index = Index::anew(self.layout)
                .inspect_err(|error| tracing::warn!(%error, "there is no index: every start reads all files"))
                .ok();
        }
    }

    /// Takes rows, most of them beside each other; the names of those that do not hold.
    fn take_rows(&mut self, rows: Vec<StoredRow>, scan: &mut Scan) -> Vec<TaskId> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let part = rows.len().div_ceil(threads.min(MAX_THREADS)).max(MIN_PART);
        let this = &*self;
        let judged: Vec<Vec<Judged>> = thread::scope(|scope| {
            let workers: Vec<_> = rows
                .chunks(part)
                .map(|rows| scope.spawn(|| this.judge(rows)))
                .collect();
            let judged = workers.into_iter().zip(rows.chunks(part));
            judged
                .map(|(worker, rows)| {
                    // A worker that broke has judged nothing: its tasks are read from their files.
                    let nothing = || rows.iter().map(|_| Judged::Gone).collect();
                    worker.join().unwrap_or_else(|_| nothing())
                })
                .collect()
        });
        let mut gone = Vec::new();
        for (row, judged) in rows.into_iter().zip(judged.into_iter().flatten()) {
            match judged {
                Judged::Gone => {
                    gone.push(self.id(row.task));
                    continue;
                }
                Judged::Packed(packed) => scan.packed.push(*packed),
                Judged::Open(opened) => self.take_row(*opened, scan),
            }
            self.names.remove(&row.task);
        }
        gone
    }

    fn judge(&self, rows: &[StoredRow]) -> Vec<Judged> {
        let marks = Marks::open(self.layout, self.experiment).ok();
        let judge = |row: &StoredRow| {
            let is_there = self.names.contains(&row.task)
                && marks
                    .as_ref()
                    .and_then(|marks| marks.of(&row.task).ok())
                    .is_some_and(|mark| mark == row.mark);
            let opened = is_there.then(|| row.open(self.experiment)).flatten();
            match opened.filter(|opened| self.committed.contains_key(&opened.task.sweep)) {
                None => Judged::Gone,
                Some(opened) => match self.state_of(&opened) {
                    RowState::ToBeDone => Judged::Open(Box::new(opened)),
                    RowState::AtRest(identity) => Judged::Packed(Box::new(PackedTask {
                        head: Head::of(&opened.task, &opened.runs),
                        text: Arc::clone(&row.text),
                        took: Took::of(&opened.runs),
                        identity,
                        former: opened.task.former,
                    })),
                },
            }
        };
        rows.iter().map(judge).collect()
    }

    /// Whether something is to be done about a row that holds.
    fn state_of(&self, row: &Row) -> RowState {
        let sweep = self.committed.get(&row.task.sweep).and_then(Option::as_ref);
        if row.runs.is_empty() && queued_at(sweep).is_some() {
            return RowState::ToBeDone;
        }
        let own = &row.task.identity;
        let (Some(sweep), Some(rule)) = (sweep, self.rules.get(row.task.sweep.as_str())) else {
            return RowState::AtRest(own.clone());
        };
        if own.is_some() && sweep.identity.as_ref() == Some(rule) {
            return RowState::AtRest(own.clone());
        }
        let digest = self.digests.get(row.task.sweep.as_str());
        let settled = row.settled.as_ref();
        match settled.filter(|(known, _)| Some(known) == digest) {
            Some((_, identity)) => RowState::AtRest(Some(identity.clone())),
            None => RowState::ToBeDone,
        }
    }

    fn id(&self, task: String) -> TaskId {
        TaskId {
            experiment: self.experiment.to_owned(),
            task,
        }
    }

    fn take_row(&mut self, mut row: Row, scan: &mut Scan) {
        let sweep = self.committed.get(&row.task.sweep).and_then(Option::as_ref);
        let rule = self.rules.get(row.task.sweep.as_str());
        if let (Some(sweep), Some(rule)) = (sweep, rule) {
            let digest = rule_digest(rule);
            let is_own = row.task.identity.is_some() && sweep.identity.as_ref() == Some(rule);
            match &row.settled {
                _ if is_own => {}
                Some((known, identity)) if *known == digest => {
                    row.task.identity = Some(identity.clone());
                }
                _ => {
                    let identity = identities::settle(self.layout, &row.task, sweep, rule);
                    row.settled = identity.clone().map(|identity| (digest, identity));
                    self.fresh.push(row.clone());
                    row.task.identity = identity;
                }
            }
        }
        scan.tasks.push(StoredTask {
            task: row.task,
            runs: StoredRuns::Indexed(row.runs),
            queued_at_ms: queued_at(sweep),
        });
    }

    /// Reads what is left.
    fn read_rest(&mut self, with: &mut With<'_>, scan: &mut Scan) {
        let mut names: Vec<String> = self.names.drain().collect();
        // In an order that is the same every time, so that problems are told in the same order.
        names.sort_unstable();
        for name in names {
            let id = self.id(name);
            if id.task.starts_with('.') {
                scan.unfinished.push(id);
                continue;
            }
            self.read(id, with, scan);
            if self.fresh.len() >= BATCH {
                self.store(with);
            }
        }
        self.store(with);
    }

    fn read(&mut self, id: TaskId, with: &mut With<'_>, scan: &mut Scan) {
        let mark = with.index.as_ref().and_then(|_| {
            let mark = Mark::of(self.layout, &id).ok()?;
            mark.is_settled(with.now).then_some(mark)
        });
        match tasks::read(self.layout, &id) {
            Ok(file) => match self.committed.get(&file.sweep) {
                None => self.unfinished(id, scan),
                Some(sweep) => {
                    let problems = scan.problems.len();
                    let runs = tasks::read_runs(self.layout, &id, &file.former, &mut scan.problems);
                    let is_whole = problems == scan.problems.len();
                    let mut task = file.into_task(id);
                    let mut row = mark.filter(|_| is_whole).and_then(|mark| {
                        Some(Row {
                            runs: tasks::ended(self.layout, &task.id, &runs)?,
                            task: task.clone(),
                            mark,
                            settled: None,
                        })
                    });
                    let rule = self.rules.get(task.sweep.as_str());
                    if let (Some(sweep), Some(rule)) = (sweep, rule) {
                        task.identity = identities::settle(self.layout, &task, sweep, rule);
                        if let Some(row) = row
                            .as_mut()
                            .filter(|row| row.task.identity != task.identity)
                        {
                            let settled = task.identity.clone();
                            row.settled = settled.map(|identity| (rule_digest(rule), identity));
                        }
                    }
                    self.fresh.extend(row);
                    scan.tasks.push(StoredTask {
                        task,
                        runs: StoredRuns::Read(runs),
                        queued_at_ms: queued_at(sweep.as_ref()),
                    });
                    scan.read += 1;
                    (with.progress)(scan.read);
                }
            },
            // A folder without its file, or with half of it, is what a death in the middle of a submission leaves.
            Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                self.unfinished(id, scan);
            }
            Err(StorageError::Damaged { .. }) if self.is_of_no_sweep(&id) => {
                self.unfinished(id, scan);
            }
            Err(problem) => scan.problems.push(problem),
        }
    }

    /// Notes the remains of a submission that never happened. What has runs was submitted, whoever removed the files that
    /// say so: it is never deleted.
    fn unfinished(&self, id: TaskId, scan: &mut Scan) {
        if fs::symlink_metadata(self.layout.runs(&id)).is_ok() {
            scan.problems.push(StorageError::Damaged {
                path: self.layout.task(&id),
                message: "it has runs, but its `task.json` or the record of its sweep is gone"
                    .to_owned(),
            });
        } else {
            scan.unfinished.push(id);
        }
    }

    /// True if the name is that of a task of a sweep, and there is no such sweep.
    fn is_of_no_sweep(&self, id: &TaskId) -> bool {
        sweep_of(id).is_some_and(|sweep| !self.committed.contains_key(sweep))
    }

    fn store(&mut self, with: &mut With<'_>) {
        let fresh = std::mem::take(&mut self.fresh);
        let Some(index) = with.index.as_mut().filter(|_| !fresh.is_empty()) else {
            return;
        };
        if index.store(&fresh, []).is_err() {
            // A damaged page that only writing meets. What was in it is read from the files by the next start.
            let stored = Index::anew(self.layout).and_then(|mut index| {
                index.store(&fresh, [])?;
                Ok(index)
            });
            *with.index = stored
                .inspect_err(|error| tracing::warn!(%error, "the index cannot be written: every start reads all files"))
                .ok();
        }
    }
}

fn queued_at(sweep: Option<&SweepFile>) -> Option<Timestamp> {
    sweep
        .filter(|sweep| sweep.queued)
        .map(|sweep| sweep.created_at_ms)
}

/// The rule of identities in force for every sweep that can be read.
pub(super) fn rules<'a>(
    layout: &Layout,
    experiment: &str,
    committed: &'a HashMap<String, Option<SweepFile>>,
) -> HashMap<&'a str, IdentityRule> {
    let Ok(file) = project::read_experiment(layout, experiment) else {
        return HashMap::new();
    };
    // Settings that cannot be understood end a start elsewhere, with a message.
    let settings = Settings::read(layout).unwrap_or_default().identity;
    let sweeps = committed.values().flatten();
    sweeps
        .map(|sweep| {
            (
                sweep.sweep.as_str(),
                identities::rule_of(sweep, &file, &settings),
            )
        })
        .collect()
}

/// The sweep that a task's name names, if it was never renamed: `<sweep>_<i>-of-<n>`.
fn sweep_of(id: &TaskId) -> Option<&str> {
    let (sweep, place) = id.task.rsplit_once('_')?;
    let (index, of) = place.split_once("-of-")?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(index) && is_number(of)).then_some(sweep)
}

fn order(task: &Task) -> (Timestamp, &str, u64) {
    (task.created_at_ms, &task.sweep, task.index)
}
