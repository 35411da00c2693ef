//! All rows anew, from the files.

use domain::time::Timestamp;

use super::Index;
use crate::storage::scan::{self, With};
use crate::storage::{Layout, StorageError, project};

/// What a rebuilt index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Experiments.
    pub experiments: u64,
    /// Tasks that were read.
    pub tasks: u64,
    /// Those of them that are in the index: at rest, and not changed within the last seconds.
    pub indexed: u64,
    /// Files that could not be read.
    pub problems: u64,
}

/// Deletes the index and reads everything again. Only the holder of the project's lock may call it.
///
/// `now` is the time; `progress` is told the number of tasks read so far.
pub fn rebuild(
    layout: &Layout,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<Rebuilt, StorageError> {
    let mut index = Some(Index::anew(layout)?);
    let mut done = Rebuilt::default();
    for experiment in project::experiments(layout)? {
        let before = done.tasks;
        let mut with = With {
            index: &mut index,
            now,
            progress: &mut |read| progress(before + read),
        };
        let scan = scan::scan_with(layout, &experiment, &mut with)?;
        for problem in &scan.problems {
            tracing::warn!(%problem, "a file cannot be read");
        }
        done.experiments += 1;
        done.tasks += u64::try_from(scan.tasks.len() + scan.packed.len()).unwrap_or(0);
        done.problems += u64::try_from(scan.problems.len()).unwrap_or(0);
    }
    done.indexed = index.map_or(Ok(0), |index| index.count())?;
    Ok(done)
}
