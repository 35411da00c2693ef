//! Conditions over a run's metrics that end it. The file of metrics is watched (inotify), read once from its beginning, and
//! each of its rows is looked at once.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use domain::config::Value;
use domain::expr::Expression;
use domain::records::Row;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::storage::layout::RunDir;
use crate::storage::records::RecordReader;

/// How much is read before requests to end are looked at again, bytes.
const TURN: usize = 4 * 1024 * 1024;
/// More metrics than this are not kept: rows are wide, but not endless.
const MAX_METRICS: usize = 10_000;

/// The conditions of one run.
pub(super) struct Rules {
    judge: Judge,
    dir: RunDir,
    events: OwnedFd,
    reader: RecordReader,
}

/// The conditions, and what they are about.
struct Judge {
    conditions: Vec<(String, Expression)>,
    newest: HashMap<String, Value>,
}

/// What one look at the metrics found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// The first condition that holds.
    pub(super) holds: Option<String>,
    /// Conditions that cannot be evaluated, with the reason; they are given up.
    pub(super) given_up: Vec<String>,
    /// True if there is more to read.
    pub(super) is_unfinished: bool,
}

impl Rules {
    /// Watches the metrics of a run; `None` if it has no condition that could be watched. What cannot be is told.
    pub(super) fn watch(dir: &RunDir, conditions: &[String]) -> (Option<Self>, Vec<String>) {
        let mut warnings = Vec::new();
        let mut rules = Vec::new();
        for text in conditions {
            match Expression::parse(text) {
                Ok(rule) => rules.push((text.clone(), rule)),
                Err(error) => {
                    warnings.push(format!("the stop rule `{text}` cannot be read: {error}"));
                }
            }
        }
        if rules.is_empty() {
            return (None, warnings);
        }
        match watch_folder(dir) {
            Ok(events) => {
                let this = Self {
                    judge: Judge {
                        conditions: rules,
                        newest: HashMap::new(),
                    },
                    dir: dir.clone(),
                    events,
                    reader: RecordReader::new(dir.metrics()),
                };
                (Some(this), warnings)
            }
            Err(error) => {
                warnings.push(format!("the stop rules are not watched: {error}"));
                (None, warnings)
            }
        }
    }

    /// Becomes readable when there may be something new.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// Reads what is new and says what it means.
    pub(super) fn look(&mut self) -> Look {
        self.forget_events();
        let mut look = Look::default();
        // A file that cannot be read now is read after the next change.
        if let Err(error) = self.read(&mut look) {
            tracing::warn!(%error, "the metrics could not be read");
        }
        look
    }

    fn forget_events(&self) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.events, &mut buffer);
        while events.next().is_ok() {}
    }

    fn read(&mut self, look: &mut Look) -> Result<(), Box<dyn std::error::Error>> {
        loop {
            let judge = &mut self.judge;
            let turn = self.reader.read(TURN, |row| {
                judge.take(&row, look);
                if look.holds.is_some() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            look.is_unfinished = !turn.is_at_end && look.holds.is_none();
            if !turn.is_opened || look.holds.is_some() {
                return Ok(());
            }
            // What was written before this watch was there is read by the next turn.
            inotify::add_watch(&self.events, self.dir.metrics(), WatchFlags::MODIFY)?;
        }
    }
}

impl Judge {
    fn take(&mut self, row: &Row, look: &mut Look) {
        for (name, field) in row.fields() {
            let is_known = self.newest.contains_key(&*name);
            if let Some(value) = field.scalar()
                && (is_known || self.newest.len() < MAX_METRICS)
            {
                self.newest.insert(name.into_owned(), value);
            }
        }
        if look.holds.is_none() {
            self.judge(look);
        }
    }

    fn judge(&mut self, look: &mut Look) {
        let newest = &self.newest;
        self.conditions.retain(
            |(text, rule)| match rule.holds(|name| newest.get(name).cloned()) {
                Ok(true) => {
                    look.holds.get_or_insert_with(|| text.clone());
                    true
                }
                Ok(false) => true,
                Err(error) => {
                    look.given_up
                        .push(format!("the stop rule `{text}` was given up: {error}"));
                    false
                }
            },
        );
    }
}

/// Tells of files that appear in the run's folder. The log, which may change all the time, tells of nothing.
fn watch_folder(dir: &RunDir) -> io::Result<OwnedFd> {
    let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    inotify::add_watch(
        &events,
        dir.path(),
        WatchFlags::CREATE | WatchFlags::MOVED_TO,
    )?;
    Ok(events)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::Write;

    use domain::records::MAX_ROW_BYTES;

    use super::*;

    struct Metrics {
        _folder: tempfile::TempDir,
        dir: RunDir,
    }

    impl Metrics {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let dir = RunDir::new(folder.path());
            Self {
                _folder: folder,
                dir,
            }
        }

        fn rules(&self, conditions: &[&str]) -> (Rules, Vec<String>) {
            let conditions: Vec<String> =
                conditions.iter().map(|text| (*text).to_owned()).collect();
            let (rules, warnings) = Rules::watch(&self.dir, &conditions);
            (rules.unwrap(), warnings)
        }

        fn log(&self, text: &str) {
            let mut options = OpenOptions::new();
            let mut file = options
                .create(true)
                .append(true)
                .open(self.dir.metrics())
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_condition_counts_the_newest_value_of_each_metric_also_of_different_rows() {
        let metrics = Metrics::new();
        let (mut rules, _) = metrics.rules(&["step > 2 and loss > 1"]);
        assert_eq!(rules.look(), Look::default(), "there is no file yet");
        metrics.log("{\"loss\": 3}\n{\"step\": 1}\n{\"step\": 3, \"loss\": 0.5}\n");
        assert_eq!(rules.look().holds, None);
        metrics.log("{\"step\": 4}\n{\"lo");
        assert_eq!(rules.look().holds, None);
        metrics.log("ss\": 1.5}");
        assert_eq!(rules.look().holds, None, "a torn row is none");
        metrics.log("\n");
        assert_eq!(rules.look().holds.as_deref(), Some("step > 2 and loss > 1"));
    }

    #[test]
    fn values_that_are_not_finite_are_numbers() {
        let metrics = Metrics::new();
        let (mut rules, _) = metrics.rules(&["loss > 1e300"]);
        metrics.log("{\"loss\": \"NaN\"}\n");
        assert_eq!(rules.look().holds, None, "NaN is greater than nothing");
        metrics.log("{\"loss\": \"Infinity\"}\n");
        assert!(rules.look().holds.is_some());
    }

    #[test]
    fn a_rule_that_cannot_be_read_or_evaluated_is_told_and_the_others_count() {
        let metrics = Metrics::new();
        let (mut rules, warnings) = metrics.rules(&["loss >", "name + 1 > 2", "step > 1"]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("`loss >`"), "{warnings:?}");
        metrics.log("{\"name\": \"x\", \"step\": 1}\nno json\n[1]\n{\"step\": 2}\n");
        let look = rules.look();
        assert_eq!(look.holds.as_deref(), Some("step > 1"));
        assert_eq!(look.given_up.len(), 1, "{look:?}");
        assert!(look.given_up[0].contains("`name + 1 > 2`"), "{look:?}");
    }

    #[test]
    fn a_file_that_begins_anew_is_read_anew_and_an_endless_row_is_passed_over() {
        let metrics = Metrics::new();
        let (mut rules, _) = metrics.rules(&["step == 7"]);
        metrics.log(&format!(
            "{{\"x\": \"{}\"}}\n{{\"step\": 1}}\n",
            "y".repeat(MAX_ROW_BYTES)
        ));
        assert_eq!(rules.look().holds, None);
        File::options()
            .write(true)
            .open(metrics.dir.metrics())
            .unwrap()
            .set_len(0)
            .unwrap();
        metrics.log("{\"step\": 7}\n");
        assert!(rules.look().holds.is_some());
    }
}
