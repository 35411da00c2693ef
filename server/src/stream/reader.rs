//! One turn of following a log file: look, read a bounded piece, make rows of it. Blocking.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use domain::log::LogDelta;

use super::terminal::{COLUMNS, RowBuilder};
use super::watch::WatchLogError;

/// The most that one turn reads, and how much of a log's end a new or a lagging reader gets.
pub(super) const WINDOW: u64 = 256 * 1024;

/// A reader further behind than this is moved to the newest [`WINDOW`].
const MAX_LAG: u64 = 1024 * 1024;

/// The most rows in one delta.
const MAX_DELTA_ROWS: usize = 1000;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStart {
    /// The last 256 KiB, from the beginning of a line.
    Newest,
    /// A file position, which should be an offset of an earlier row or delta.
    Offset(u64),
}

/// What a follower tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// New rows, a new tail, or both.
    Delta(LogDelta),
    /// What was told before is void; the next delta begins at `offset`.
    Resync {
        /// Bytes that were passed over. Zero if the file was replaced.
        skipped_bytes: u64,
        /// Where it goes on.
        offset: u64,
    },
    /// The run has ended and everything was told. Nothing follows.
    Ended,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FollowLogError {
    /// The file cannot be read: give up.
    #[error("could not read log `{}`", path.display())]
    Read {
        /// The log.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is something else than a file in its place, such as a pipe or a link: give up.
    #[error("log `{}` is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// Showing it ended in a panic, which is a bug: give up on this log.
    #[error("could not show log `{}`", .0.display())]
    Panicked(PathBuf),
    /// Its changes cannot be told: give up.
    #[error(transparent)]
    Watch(#[from] WatchLogError),
}

impl FollowLogError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Watch(error) => error.hint(),
            Self::Read { .. } | Self::NotAFile(_) | Self::Panicked(_) => None,
        }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }
}

/// Whether the run still writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Alive,
    Gone,
}

/// What is behind a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is more to read already.
    More,
    /// Everything was read.
    CaughtUp,
    /// Everything was read and nothing will follow.
    Over,
}

/// Reads a log from turn to turn. Events collect in `ready`, at most those of one turn.
pub(super) struct Reader {
    path: PathBuf,
    /// Begin at the newest part as soon as there is a file.
    seek_newest: bool,
    file: Option<File>,
    builder: RowBuilder,
    told_tail: Vec<String>,
    told_anything: bool,
    pub(super) ready: VecDeque<LogEvent>,
}

impl Reader {
    pub(super) fn new(path: PathBuf, from: LogStart) -> Self {
        let (seek_newest, offset) = match from {
            LogStart::Newest => (true, 0),
            LogStart::Offset(offset) => (false, offset),
        };
        Self {
            path,
            seek_newest,
            file: None,
            builder: RowBuilder::new(COLUMNS, offset),
            told_tail: Vec::new(),
            told_anything: false,
            ready: VecDeque::new(),
        }
    }

    /// Reads what is there, at most [`WINDOW`]. `writer` must have been asked before, so that what was written before
    /// its end is read.
    pub(super) fn turn(&mut self, writer: Writer) -> Result<Progress, FollowLogError> {
        let progress = self.read(writer)?;
        self.tell();
        if progress == Progress::Over {
            self.ready.push_back(LogEvent::Ended);
        }
        Ok(progress)
    }

    fn read(&mut self, writer: Writer) -> Result<Progress, FollowLogError> {
        let Some(length) = self.look()? else {
            // A run that ended without a log has told everything.
            return Ok(self.at_end(writer));
        };
        self.begin_or_skip(length)?;
        let mut piece = vec![0; usize::try_from(WINDOW).unwrap_or(usize::MAX)];
        let filled = self.fill(&mut piece)?;
        self.builder.feed(&piece[..filled]);
        if filled == piece.len() {
            Ok(Progress::More)
        } else {
            Ok(self.at_end(writer))
        }
    }

    fn at_end(&mut self, writer: Writer) -> Progress {
        if writer == Writer::Alive {
            return Progress::CaughtUp;
        }
        self.builder.end();
        Progress::Over
    }

    /// Opens the file, or notices that another one has taken its place. Returns its length; `None` without a file.
    fn look(&mut self) -> Result<Option<u64>, FollowLogError> {
        let found = match self.path.symlink_metadata() {
            Ok(metadata) => metadata,
            // Removed: what was written remains readable through the open file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.file.as_ref().map(|file| self.length(file)).transpose();
            }
            Err(error) => return Err(FollowLogError::read(&self.path)(error)),
        };
        let open = match &self.file {
            Some(file) => Some(file.metadata().map_err(FollowLogError::read(&self.path))?),
            None => None,
        };
        if let Some(open) = open.filter(|open| same_file(open, &found)) {
            return Ok(Some(open.len()));
        }
        let replaced = self.file.is_some();
        let file = open_regular(&self.path, &found)?;
        let length = self.length(&file)?;
        self.file = Some(file);
        if replaced {
            self.restart(0, 0);
        }
        Ok(Some(length))
    }

    fn length(&self, file: &File) -> Result<u64, FollowLogError> {
        let metadata = file.metadata().map_err(FollowLogError::read(&self.path))?;
        Ok(metadata.len())
    }

    /// Finds the place to read at: the beginning at first, the newest part after falling behind.
    fn begin_or_skip(&mut self, length: u64) -> Result<(), FollowLogError> {
        if std::mem::take(&mut self.seek_newest) {
            let start = self.newest(length)?;
            self.builder = RowBuilder::new(COLUMNS, start);
        }
        let position = self.builder.position();
        if position > length {
            // The file became shorter: it was written anew.
            self.restart(0, 0);
        }
        let position = self.builder.position();
        if length.saturating_sub(position) > MAX_LAG {
            let start = self.newest(length)?;
            self.restart(start, start - position);
        }
        Ok(())
    }

    fn restart(&mut self, offset: u64, skipped_bytes: u64) {
        self.builder = RowBuilder::new(COLUMNS, offset);
        self.told_tail.clear();
        self.told_anything = true;
        self.ready.push_back(LogEvent::Resync {
            skipped_bytes,
            offset,
        });
    }

    /// Where the newest part of the file begins.
    fn newest(&self, length: u64) -> Result<u64, FollowLogError> {
        let Some(file) = &self.file else { return Ok(0) };
        let start = length.saturating_sub(WINDOW);
        row_start(file, start, length).map_err(FollowLogError::read(&self.path))
    }

    fn fill(&self, piece: &mut [u8]) -> Result<usize, FollowLogError> {
        let Some(file) = &self.file else { return Ok(0) };
        fill_at(file, piece, self.builder.position()).map_err(FollowLogError::read(&self.path))
    }

    /// Makes deltas of what is new, if anything is.
    fn tell(&mut self) {
        let mut from_offset = self.builder.taken_offset();
        while self.builder.finished() > MAX_DELTA_ROWS {
            let rows = self.builder.take_some_rows(MAX_DELTA_ROWS);
            let offset = rows.last().map_or(from_offset, |row| row.end_offset);
            let delta = LogDelta {
                from_offset,
                rows,
                tail: Vec::new(),
                offset,
            };
            self.ready.push_back(LogEvent::Delta(delta));
            self.told_tail.clear();
            from_offset = offset;
        }
        let rows = self.builder.take_rows();
        let tail = self.builder.tail();
        if rows.is_empty() && tail == self.told_tail && self.told_anything {
            return;
        }
        self.told_tail.clone_from(&tail);
        self.told_anything = true;
        self.ready.push_back(LogEvent::Delta(LogDelta {
            from_offset,
            rows,
            tail,
            offset: self.builder.offset(),
        }));
    }
}

/// Opens what `found` describes, refusing anything but a plain file, which also could not have been waited for.
pub(super) fn open_regular(path: &Path, found: &Metadata) -> Result<File, FollowLogError> {
    if !found.is_file() {
        return Err(FollowLogError::NotAFile(path.to_owned()));
    }
    let file = File::open(path).map_err(FollowLogError::read(path))?;
    let opened = file.metadata().map_err(FollowLogError::read(path))?;
    if !opened.is_file() {
        return Err(FollowLogError::NotAFile(path.to_owned()));
    }
    Ok(file)
}

fn same_file(one: &Metadata, other: &Metadata) -> bool {
    one.dev() == other.dev() && one.ino() == other.ino()
}

/// Fills `piece` from a file position on; less than full only at the end of the file.
pub(super) fn fill_at(file: &File, piece: &mut [u8], position: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match file.read_at(&mut piece[filled..], position + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The first place from `start` on, before `end`, where a row begins: behind a line feed, else (one endless progress
/// bar) behind a carriage return, else between two characters.
pub(super) fn row_start(file: &File, start: u64, end: u64) -> io::Result<u64> {
    if start == 0 {
        return Ok(0);
    }
    // One byte more in front: if it is a line feed, the row begins exactly at `start`.
    let length = end.saturating_sub(start - 1).min(WINDOW);
    let mut window = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let filled = fill_at(file, &mut window, start - 1)?;
    let window = &window[..filled];
    // Not to throw away most of the window for the end of one long line.
    let near = &window[..window.len().div_ceil(2)];
    let behind = |byte: u8| near.iter().position(|found| *found == byte);
    let skipped = behind(b'\n').or_else(|| behind(b'\r')).unwrap_or_else(|| {
        let inner = window.iter().skip(1).take(3);
        inner.take_while(|byte| **byte & 0xc0 == 0x80).count()
    });
    Ok(start + skipped as u64)
}
