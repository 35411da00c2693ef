//! What is kept of the record of a sweep: as long as its file is the same, it is not read again.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::experiment::Launch;
use domain::grid::SweepOptions;

use crate::storage::format::SweepFile;

/// Which file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SweepMark {
    /// The number of the file: one that has taken its place has another.
    pub inode: i64,
    /// When it was written, nanoseconds.
    pub changed_ns: i64,
    /// Its length.
    pub bytes: i64,
}

/// A sweep's record, as its file was.
#[derive(Clone, Debug)]
pub struct SweepRow {
    /// Which file it was.
    pub mark: SweepMark,
    /// What a start asks of it.
    pub(super) text: String,
    pub(super) checksum: i64,
}

impl SweepRow {
    /// Keeps of a record what a start asks of it.
    pub fn of(experiment: &str, file: &SweepFile, mark: SweepMark) -> Self {
        let slim = SweepFile {
            inputs: Vec::new(),
            options: SweepOptions::default(),
            launch: Launch::default(),
            ..file.clone()
        };
        let text =
            serde_json::to_string(&slim).expect("file structs have text keys and finite numbers");
        let checksum = checksum(experiment, &file.sweep, mark, &text);
        Self {
            mark,
            text,
            checksum,
        }
    }

    /// The record, if the row is as it was written.
    pub fn open(&self, experiment: &str, sweep: &str) -> Option<SweepFile> {
        if checksum(experiment, sweep, self.mark, &self.text) != self.checksum {
            return None;
        }
        serde_json::from_str(&self.text).ok()
    }
}

fn checksum(experiment: &str, sweep: &str, mark: SweepMark, text: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    (experiment, sweep, mark, text).hash(&mut hasher);
    i64::from_ne_bytes(hasher.finish().to_ne_bytes())
}
