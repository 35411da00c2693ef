//! A start with the index finds what a start without it finds, whatever happened to either.

use std::fs;
use std::path::Path;

use domain::queue::SweepPolicy;
use domain::run::{Outcome, RunRecord, RunStatus};
use domain::task::{Task, TaskId};
use domain::time::Timestamp;
use proptest::prelude::*;

use super::{Head, Index, Mark, Marks, rebuild, unpack};
use crate::storage::atomic::Durability;
use crate::storage::format::{self, FORMAT, RunFile, SweepFile, TaskFile};
use crate::storage::scan::{self, PackedTask, StoredRuns, StoredTask, With};
use crate::storage::{Layout, runs, sweeps, tasks};

/// Long after everything.
const LATER: Timestamp = Timestamp(i64::MAX / 4);

fn id(task: &str) -> TaskId {
    TaskId {
        experiment: "e".to_owned(),
        task: task.to_owned(),
    }
}

fn project() -> (tempfile::TempDir, Layout) {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(dir.path());
    fs::create_dir_all(layout.tasks("e")).unwrap();
    fs::create_dir_all(layout.sweeps("e")).unwrap();
    fs::write(layout.experiment_file("e"), "{}").unwrap();
    let sweep = SweepFile {
        format: FORMAT,
        sweep: "s".to_owned(),
        count: 9,
        queued: true,
        ..SweepFile::default()
    };
    fs::write(layout.sweep_file("e", "s"), format::to_json(&sweep)).unwrap();
    (dir, layout)
}

fn add_task(layout: &Layout, name: &str, index: u64) {
    let task = Task {
        id: id(name),
        sweep: "s".to_owned(),
        index,
        of: 9,
        command: vec!["python".to_owned(), name.to_owned()],
        ..Task::default()
    };
    fs::create_dir_all(layout.task(&task.id)).unwrap();
    fs::write(
        layout.task_file(&task.id),
        format::to_json(&TaskFile::of(&task)),
    )
    .unwrap();
}

fn add_run(layout: &Layout, name: &str, number: u32, status: RunStatus) {
    let run = domain::task::RunId {
        task: id(name),
        number,
    };
    let dir = layout.run(&run);
    fs::create_dir_all(dir.path()).unwrap();
    let is_over = status == RunStatus::Finished;
    let record = RunFile {
        format: FORMAT,
        number,
        status,
        outcome: is_over.then_some(Outcome::Failed { exit_code: 3 }),
        command: vec!["python".to_owned(), name.to_owned()],
        ..RunFile::default()
    };
    runs::write(&dir, &record, Durability::Process).unwrap();
}

/// What a start knows of the tasks: name, what is saved, records.
fn facts(tasks: &[StoredTask]) -> Vec<(Task, Vec<RunRecord>, Option<Timestamp>)> {
    let records = |runs: &StoredRuns| match runs {
        StoredRuns::Read(files) => files.iter().map(RunFile::to_record).collect(),
        StoredRuns::Indexed(records) => records.clone(),
    };
    let mut facts: Vec<_> = tasks
        .iter()
        .map(|stored| {
            (
                stored.task.clone(),
                records(&stored.runs),
                // A task that has run waits for nothing that its sweep said.
                stored.queued_at_ms.filter(|_| stored.runs.is_empty()),
            )
        })
        .collect();
    facts.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    facts
}

/// What was packed, as it was stored.
fn opened(packed: PackedTask) -> StoredTask {
    let (task, runs) = unpack(&packed.head.id, &packed.text).unwrap();
    assert_eq!(packed.head, Head::of(&task, &runs));
    assert_eq!(packed.identity, task.identity);
    StoredTask {
        task,
        runs: StoredRuns::Indexed(runs),
        queued_at_ms: None,
    }
}

/// A start with the index; how many tasks it read from files.
fn start(layout: &Layout, now: Timestamp) -> (Vec<StoredTask>, u64) {
    let mut index = Index::open(layout).ok();
    let mut with = With {
        index: &mut index,
        now,
        progress: &mut |_| {},
    };
    let mut scan = scan::scan_with(layout, "e", &mut with).unwrap();
    let packed = scan.packed.into_iter().map(opened);
    scan.tasks.extend(packed);
    (scan.tasks, scan.read)
}

/// Both ways agree; how many tasks were read from files.
fn agree(layout: &Layout, what: &str) -> u64 {
    let full = scan::scan(layout, "e").unwrap();
    let (indexed, read) = start(layout, LATER);
    assert_eq!(facts(&indexed), facts(&full.tasks), "{what}");
    read
}

#[test]
fn what_is_at_rest_is_read_once_and_what_is_not_every_time() {
    let (_dir, layout) = project();
    for (name, index) in [("ended", 1), ("never", 2), ("running", 3), ("begun", 4)] {
        add_task(&layout, name, index);
    }
    add_run(&layout, "ended", 1, RunStatus::Finished);
    add_run(&layout, "running", 1, RunStatus::Running);
    // A death between the folder and its record: the folder will be used, and no mark would tell.
    fs::create_dir_all(layout.runs(&id("begun")).join("1")).unwrap();
    assert_eq!(agree(&layout, "first"), 4);
    assert_eq!(agree(&layout, "second"), 2);
    add_run(&layout, "begun", 1, RunStatus::Running);
    add_run(&layout, "running", 1, RunStatus::Finished);
    assert_eq!(agree(&layout, "they went on"), 2);
    add_run(&layout, "begun", 1, RunStatus::Finished);
    assert_eq!(agree(&layout, "the last has ended"), 1);
    assert_eq!(agree(&layout, "all at rest"), 0);
}

#[test]
fn a_folder_that_has_just_changed_is_not_trusted() {
    let (_dir, layout) = project();
    add_task(&layout, "a", 1);
    let mark = Mark::of(&layout, &id("a")).unwrap();
    let marks = Marks::open(&layout, "e").unwrap();
    assert_eq!(marks.of("a").unwrap(), mark, "without runs");
    add_run(&layout, "a", 1, RunStatus::Finished);
    let mark = Mark::of(&layout, &id("a")).unwrap();
    assert_eq!(marks.of("a").unwrap(), mark, "with runs");
    let now = Timestamp(mark.changed_ns / 1_000_000 + 10);
    for round in 0..2 {
        assert_eq!(start(&layout, now).1, 1, "round {round}");
    }
    assert_eq!(start(&layout, LATER).1, 1);
    assert_eq!(start(&layout, LATER).1, 0);
}

#[test]
fn the_record_of_a_sweep_is_read_again_as_soon_as_it_is_another_file() {
    let (_dir, layout) = project();
    let read = |now: Timestamp| {
        let mut index = Index::open(&layout).ok();
        let found = sweeps::committed(&layout, "e", &mut index, now).unwrap();
        found["s"].clone().unwrap()
    };
    let path = layout.sweep_file("e", "s");
    let full = sweeps::read(&layout, "e", "s").unwrap();
    assert_eq!(read(LATER), full);
    assert_eq!(read(LATER), full, "from the index");
    // In place and as long as before: nothing tells, which is what `runyard reindex` is for.
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replace("\"count\":9", "\"count\":8");
    assert_ne!(edited, text);
    fs::write(&path, &edited).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(before)
        .unwrap();
    assert_eq!(read(LATER).count, 9);
    // A file that has just been written may be written again within one tick of the clock.
    assert_eq!(read(Timestamp(0)).count, 8);
    let policy = SweepPolicy {
        fail_fast: true,
        ..SweepPolicy::default()
    };
    sweeps::set_policy(&layout, "e", "s", policy).unwrap();
    assert_eq!((read(LATER).policy, read(LATER).count), (policy, 8));
    fs::remove_file(&path).unwrap();
    let mut index = Index::open(&layout).ok();
    assert!(
        sweeps::committed(&layout, "e", &mut index, LATER)
            .unwrap()
            .is_empty()
    );
    assert!(index.unwrap().sweeps("e").unwrap().is_empty());
}

#[test]
fn a_file_that_is_no_index_is_made_anew() {
    let (_dir, layout) = project();
    add_task(&layout, "a", 1);
    for (what, bytes) in [
        ("text", b"hello".to_vec()),
        ("zeros", vec![0; 8192]),
        ("nothing", Vec::new()),
        ("a header alone", b"SQLite format 3\0".to_vec()),
    ] {
        fs::write(layout.index(), bytes).unwrap();
        assert_eq!(agree(&layout, what), 1, "{what}");
        assert_eq!(agree(&layout, what), 0, "{what}");
    }
    // Another shape, as a newer version may leave it.
    let db = rusqlite::Connection::open(layout.index()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert_eq!(agree(&layout, "another shape"), 1);
    fs::remove_file(layout.index()).unwrap();
    assert_eq!(agree(&layout, "deleted"), 1);
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_index_and_nothing_else() {
    let (_dir, layout) = project();
    add_task(&layout, "a", 1);
    fs::create_dir(layout.index()).unwrap();
    assert_eq!(agree(&layout, "no index"), 1);
    assert_eq!(agree(&layout, "no index"), 1);
}

#[test]
fn rebuilding_finds_edits_in_place_that_no_mark_tells() {
    let (_dir, layout) = project();
    add_task(&layout, "a", 1);
    agree(&layout, "first");
    let text = fs::read_to_string(layout.task_file(&id("a"))).unwrap();
    fs::write(layout.task_file(&id("a")), text.replace("python", "pypy")).unwrap();
    let (known, _) = start(&layout, LATER);
    assert_eq!(
        known[0].task.command[0], "python",
        "this is what a rebuild is for"
    );
    let mut told = Vec::new();
    let rebuilt = rebuild(&layout, LATER, |count| told.push(count)).unwrap();
    assert_eq!((rebuilt.tasks, rebuilt.indexed, told), (1, 1, vec![1]));
    assert_eq!(agree(&layout, "rebuilt"), 0);
}

#[test]
fn a_task_with_runs_is_never_taken_for_remains() {
    let (_dir, layout) = project();
    for (name, index) in [
        ("s_1-of-9", 1),
        ("s_2-of-9", 2),
        ("renamed", 3),
        ("s_4-of-9", 4),
    ] {
        add_task(&layout, name, index);
        add_run(&layout, name, 1, RunStatus::Finished);
    }
    fs::remove_dir_all(layout.runs(&id("s_4-of-9"))).unwrap();
    agree(&layout, "first");
    fs::remove_file(layout.sweep_file("e", "s")).unwrap();
    fs::remove_file(layout.task_file(&id("s_2-of-9"))).unwrap();
    fs::write(layout.task_file(&id("renamed")), "{").unwrap();
    let scan = scan::scan(&layout, "e").unwrap();
    assert_eq!(scan.unfinished, [id("s_4-of-9")], "it has no runs");
    assert_eq!((scan.problems.len(), scan.tasks.len()), (3, 0));
    agree(&layout, "sweep gone");
}

/// What may happen between two starts.
#[derive(Clone, Debug)]
enum Happening {
    NewTask(u8),
    Begin(u8),
    End(u8),
    Patch(u8),
    Rename(u8, u8),
    Remove(u8),
    RemoveRuns(u8),
    Copy(u8, u8),
    FlipByte(u32),
    CutIndex(u32),
    DeleteIndex,
    Start,
}

fn happening() -> impl Strategy<Value = Happening> {
    let task = 0..6_u8;
    prop_oneof![
        3 => task.clone().prop_map(Happening::NewTask),
        3 => task.clone().prop_map(Happening::Begin),
        3 => task.clone().prop_map(Happening::End),
        1 => task.clone().prop_map(Happening::Patch),
        1 => (task.clone(), task.clone()).prop_map(|(a, b)| Happening::Rename(a, b)),
        1 => task.clone().prop_map(Happening::Remove),
        1 => task.clone().prop_map(Happening::RemoveRuns),
        1 => (task.clone(), task).prop_map(|(a, b)| Happening::Copy(a, b)),
        1 => any::<u32>().prop_map(Happening::FlipByte),
        1 => any::<u32>().prop_map(Happening::CutIndex),
        1 => Just(Happening::DeleteIndex),
        4 => Just(Happening::Start),
    ]
}

fn name(number: u8) -> String {
    format!("s_{number}-of-9")
}

fn last_run(layout: &Layout, task: &str) -> u32 {
    let numbers = fs::read_dir(layout.runs(&id(task))).into_iter().flatten();
    numbers
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .max()
        .unwrap_or(0)
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn happen(layout: &Layout, what: &Happening) {
    let there = |number: &u8| layout.task_file(&id(&name(*number))).exists();
    let dir = |number: &u8| layout.task(&id(&name(*number)));
    match what {
        Happening::NewTask(n) if !there(n) => add_task(layout, &name(*n), u64::from(*n)),
        Happening::Begin(n) if there(n) => {
            let task = name(*n);
            add_run(
                layout,
                &task,
                last_run(layout, &task) + 1,
                RunStatus::Running,
            );
        }
        Happening::End(n) if there(n) && last_run(layout, &name(*n)) > 0 => {
            let task = name(*n);
            add_run(layout, &task, last_run(layout, &task), RunStatus::Finished);
        }
        Happening::Patch(n) if there(n) => {
            tasks::update(layout, &id(&name(*n)), Durability::Process, |file| {
                file.is_pinned = !file.is_pinned;
            })
            .unwrap();
        }
        Happening::Rename(a, b) if there(a) && !there(b) => {
            tasks::rename(layout, &id(&name(*a)), &id(&name(*b))).unwrap();
        }
        Happening::Copy(a, b) if there(a) && !there(b) => copy_dir(&dir(a), &dir(b)),
        Happening::Remove(n) if there(n) => fs::remove_dir_all(dir(n)).unwrap(),
        Happening::RemoveRuns(n) if there(n) => {
            fs::remove_dir_all(layout.runs(&id(&name(*n)))).ok();
        }
        Happening::FlipByte(at) => change_index(layout, |bytes| {
            let at = usize::try_from(*at).unwrap() % bytes.len();
            bytes[at] ^= 1 << (at % 8);
        }),
        Happening::CutIndex(at) => change_index(layout, |bytes| {
            bytes.truncate(usize::try_from(*at).unwrap() % bytes.len());
        }),
        Happening::DeleteIndex => {
            fs::remove_file(layout.index()).ok();
        }
        Happening::Start => {
            agree(layout, "in between");
        }
        // It cannot happen to what is not there.
        _ => {}
    }
}

fn change_index(layout: &Layout, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(layout.index()).unwrap_or_default();
    if !bytes.is_empty() {
        change(&mut bytes);
        fs::write(layout.index(), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Also a death between a file and its row is in here: the index knows nothing of what happens between two starts.
    #[test]
    fn after_any_history_a_start_with_the_index_finds_what_the_files_say(
        history in prop::collection::vec(happening(), 1..40)
    ) {
        let (_dir, layout) = project();
        for what in &history {
            happen(&layout, what);
        }
        agree(&layout, "in the end");
        // What a damaged index has lost is back after a start or two.
        agree(&layout, "again");
        agree(&layout, "and again");
        let read = agree(&layout, "for good");
        let at_rest = |stored: &StoredTask| tasks::at_rest(&layout, &stored.task.id).is_some();
        let (tasks, _) = start(&layout, LATER);
        prop_assert_eq!(read, u64::try_from(tasks.iter().filter(|stored| !at_rest(stored)).count()).unwrap());
    }
}
