//! Following a real file that a thread writes.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::log::LogRow;
use tokio::sync::watch;

use super::{lines, rows_of, text_of};
use crate::stream::reader::{LogEvent, LogStart};
use crate::stream::tail::LogFollower;
use crate::stream::watch::LogWatcher;

/// Nothing here takes this long unless it is broken.
const CEILING: Duration = Duration::from_secs(20);

/// A folder, a log in it, and the run's end.
struct Scene {
    _folder: tempfile::TempDir,
    path: PathBuf,
    watcher: LogWatcher,
    ended: watch::Sender<bool>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join("output.log"),
            _folder: folder,
            watcher: LogWatcher::new().unwrap(),
            ended: watch::Sender::new(false),
        }
    }

    fn follow(&self, from: LogStart) -> LogFollower {
        LogFollower::open(&self.watcher, &self.path, from, self.ended.subscribe()).unwrap()
    }

    fn append(&self, bytes: &[u8]) {
        appender(&self.path).write_all(bytes).unwrap();
    }
}

fn appender(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap()
}

async fn next(follower: &mut LogFollower) -> LogEvent {
    tokio::time::timeout(CEILING, follower.next())
        .await
        .expect("an event in time")
        .unwrap()
}

/// Rows and tail as a client has them, checking that deltas join.
#[derive(Default)]
struct Client {
    rows: Vec<LogRow>,
    tail: Vec<String>,
    offset: Option<u64>,
    skipped: u64,
    resyncs: usize,
    deltas: usize,
    over: bool,
}

impl Client {
    fn apply(&mut self, event: LogEvent) {
        match event {
            LogEvent::Delta(delta) => {
                assert_eq!(
                    delta.from_offset,
                    self.offset.unwrap_or(delta.from_offset),
                    "a gap"
                );
                self.rows.extend(delta.rows);
                self.tail = delta.tail;
                self.offset = Some(delta.offset);
                self.deltas += 1;
            }
            LogEvent::Resync {
                skipped_bytes,
                offset,
            } => {
                *self = Self {
                    offset: Some(offset),
                    skipped: self.skipped + skipped_bytes,
                    resyncs: self.resyncs + 1,
                    ..Self::default()
                };
            }
            LogEvent::Ended => self.over = true,
        }
    }

    fn shows(&self, text: &str) -> bool {
        let rows = self.rows.iter().map(|row| &row.html);
        rows.chain(&self.tail)
            .any(|html| text_of(html).contains(text))
    }

    async fn until(&mut self, follower: &mut LogFollower, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(
                start.elapsed() < CEILING,
                "not in time: {} rows",
                self.rows.len()
            );
            self.apply(next(follower).await);
        }
    }
}

#[tokio::test]
async fn the_first_event_comes_at_once_even_without_a_file() {
    let scene = Scene::new();
    let mut follower = scene.follow(LogStart::Newest);
    let first = next(&mut follower).await;
    assert_eq!(first, LogEvent::Delta(domain::log::LogDelta::default()));
    assert!(follower.caught_up());
    scene.append(b"born\n");
    let mut client = Client::default();
    client
        .until(&mut follower, |client| client.shows("born"))
        .await;
}

#[tokio::test]
async fn every_row_of_a_growing_log_arrives_once_and_in_order() {
    let scene = Scene::new();
    let path = scene.path.clone();
    let ended = scene.ended.clone();
    let writer = std::thread::spawn(move || {
        let mut file = appender(&path);
        for line in 0..3000 {
            writeln!(file, "\x1b[32mline {line}\x1b[0m").unwrap();
        }
        ended.send_replace(true);
    });
    let mut follower = scene.follow(LogStart::Offset(0));
    let mut client = Client::default();
    client.until(&mut follower, |client| client.over).await;
    writer.join().unwrap();
    let log = std::fs::read(&scene.path).unwrap();
    assert_eq!(client.rows, rows_of(&log));
    assert!(client.tail.is_empty());
    assert_eq!(client.offset, Some(log.len() as u64));
}

#[tokio::test]
async fn a_reader_that_resumes_has_neither_gap_nor_repeat() {
    let scene = Scene::new();
    let half = lines(200, |line| format!("line {line}"));
    scene.append(half.as_bytes());
    let mut client = Client::default();
    let mut first = scene.follow(LogStart::Newest);
    client
        .until(&mut first, |client| client.shows("line 199"))
        .await;
    drop(first);
    scene.append(b"line 200\nline 201");
    let mut second = scene.follow(LogStart::Offset(client.offset.unwrap()));
    client
        .until(&mut second, |client| client.shows("line 201"))
        .await;
    scene.ended.send_replace(true);
    client.until(&mut second, |client| client.over).await;
    let log = std::fs::read(&scene.path).unwrap();
    assert_eq!(client.rows, rows_of(&log));
}

#[tokio::test]
async fn a_progress_bar_replaces_the_tail() {
    let scene = Scene::new();
    scene.append(b"start\n");
    let mut follower = scene.follow(LogStart::Newest);
    let mut client = Client::default();
    for percent in [10, 50, 90] {
        scene.append(format!("\r{percent}%").as_bytes());
        let shown = format!("{percent}%");
        client
            .until(&mut follower, |client| client.tail.last() == Some(&shown))
            .await;
        assert_eq!(client.tail.len(), 2);
    }
    assert!(client.rows.is_empty());
}

#[tokio::test]
async fn a_new_reader_of_a_large_log_gets_its_newest_part() {
    let scene = Scene::new();
    let log = lines(100_000, |line| format!("line {line:06}"));
    scene.append(log.as_bytes());
    let mut follower = scene.follow(LogStart::Newest);
    let mut client = Client::default();
    client
        .until(&mut follower, |client| client.shows("line 099999"))
        .await;
    assert!(follower.caught_up());
    let start = client.rows[0].end_offset - 12;
    assert_eq!(start % 12, 0, "not a line's start");
    assert!(log.len() as u64 - start <= 256 * 1024);
    assert_eq!(client.resyncs, 0);
}

#[tokio::test]
async fn a_reader_left_behind_is_moved_to_the_newest_part_and_told_so() {
    let scene = Scene::new();
    scene.append(b"seen\n");
    let mut follower = scene.follow(LogStart::Offset(0));
    let mut client = Client::default();
    client
        .until(&mut follower, |client| client.shows("seen"))
        .await;
    let much = lines(400_000, |line| format!("line {line:06}"));
    scene.append(much.as_bytes());
    client
        .until(&mut follower, |client| client.shows("line 399999"))
        .await;
    assert_eq!(client.resyncs, 1);
    let kept = much.len() as u64 - client.skipped;
    assert!(kept <= 256 * 1024, "{kept}");
    assert!(kept > 200 * 1024, "{kept}");
}

#[tokio::test]
async fn a_log_written_anew_starts_again() {
    let scene = Scene::new();
    scene.append(b"a long first log\n");
    let mut follower = scene.follow(LogStart::Newest);
    let mut client = Client::default();
    client
        .until(&mut follower, |client| client.shows("first"))
        .await;
    File::options()
        .write(true)
        .truncate(true)
        .open(&scene.path)
        .unwrap();
    scene.append(b"short\n");
    client
        .until(&mut follower, |client| client.shows("short"))
        .await;
    assert!(client.resyncs >= 1);
    assert!(!client.shows("first"));
    let other = scene.path.with_extension("new");
    appender(&other)
        .write_all(b"another file, longer than before\n")
        .unwrap();
    rename(&other, &scene.path);
    client
        .until(&mut follower, |client| client.shows("another"))
        .await;
    assert!(!client.shows("short"));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test plays the task that replaces its log"
)]
fn rename(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap();
}

#[tokio::test]
async fn the_end_of_the_run_tells_everything_written_before_it() {
    let scene = Scene::new();
    let mut follower = scene.follow(LogStart::Newest);
    let mut client = Client::default();
    client.apply(next(&mut follower).await);
    scene.append(b"one\n50%\r100%");
    scene.ended.send_replace(true);
    client.until(&mut follower, |client| client.over).await;
    let rows: Vec<&str> = client.rows.iter().map(|row| row.html.as_str()).collect();
    assert_eq!(rows, ["one", "100%"]);
    assert!(client.tail.is_empty());
    let more = tokio::time::timeout(Duration::from_millis(1), follower.next());
    assert!(more.await.is_err(), "something follows the end");
}

#[tokio::test]
async fn a_run_whose_owner_is_gone_has_ended() {
    let mut scene = Scene::new();
    scene.append(b"orphan\n");
    let mut follower = scene.follow(LogStart::Newest);
    scene.ended = watch::Sender::new(false);
    let mut client = Client::default();
    client.apply(next(&mut follower).await);
    assert!(client.shows("orphan"));
    assert!(follower.caught_up() && !client.over);
    client.apply(next(&mut follower).await);
    assert!(client.over);
}

#[tokio::test]
async fn a_cancelled_wait_loses_nothing() {
    let scene = Scene::new();
    let mut follower = scene.follow(LogStart::Offset(0));
    let mut client = Client::default();
    let path = scene.path.clone();
    let ended = scene.ended.clone();
    let writer = std::thread::spawn(move || {
        let mut file = appender(&path);
        for line in 0..2000 {
            writeln!(file, "line {line}").unwrap();
        }
        ended.send_replace(true);
    });
    let start = Instant::now();
    while !client.over {
        assert!(start.elapsed() < CEILING);
        // Dropped at whatever point it has reached, over and over.
        if let Ok(event) = tokio::time::timeout(Duration::from_micros(200), follower.next()).await {
            client.apply(event.unwrap());
        }
    }
    writer.join().unwrap();
    assert_eq!(client.rows, rows_of(&std::fs::read(&scene.path).unwrap()));
}

#[tokio::test]
async fn deltas_are_coalesced_while_data_keeps_coming() {
    let scene = Scene::new();
    let path = scene.path.clone();
    let ended = scene.ended.clone();
    let start = Instant::now();
    let writer = std::thread::spawn(move || {
        let mut file = appender(&path);
        while start.elapsed() < Duration::from_millis(400) {
            file.write_all(b"x").unwrap();
            std::thread::yield_now();
        }
        ended.send_replace(true);
    });
    let mut follower = scene.follow(LogStart::Offset(0));
    let mut client = Client::default();
    client.until(&mut follower, |client| client.over).await;
    let most = start.elapsed().as_millis() / 40 + 3;
    writer.join().unwrap();
    // One turn of many rows may make several deltas; rows are few here.
    assert!(
        (client.deltas as u128) <= most + (client.rows.len() / 1000) as u128,
        "{} deltas",
        client.deltas
    );
}

#[tokio::test]
async fn readers_of_one_folder_come_and_go_without_disturbing_each_other() {
    let scene = Scene::new();
    let mut stays = scene.follow(LogStart::Newest);
    let leaves = scene.follow(LogStart::Newest);
    let mut client = Client::default();
    client.apply(next(&mut stays).await);
    drop(leaves);
    scene.append(b"still heard\n");
    client
        .until(&mut stays, |client| client.shows("still heard"))
        .await;
    drop(stays);
    let mut again = scene.follow(LogStart::Newest);
    client.offset = None;
    client.apply(next(&mut again).await);
    scene.append(b"heard again\n");
    client
        .until(&mut again, |client| client.shows("heard again"))
        .await;
}

#[tokio::test]
async fn a_missing_folder_and_a_link_are_refused() {
    let scene = Scene::new();
    let missing = scene.path.join("none/output.log");
    let opened = LogFollower::open(
        &scene.watcher,
        missing,
        LogStart::Newest,
        scene.ended.subscribe(),
    );
    assert!(opened.is_err());
    std::os::unix::fs::symlink("/etc/hostname", &scene.path).unwrap();
    let mut follower = scene.follow(LogStart::Newest);
    let error = follower.next().await.unwrap_err().to_string();
    assert!(error.ends_with("is not a regular file"), "{error}");
}
